//! Why slapd did not take a new password.
//!
//! The password policy control says it best, but one of its errors means two things, the check modules say more in their text than in
//! the control, and some refusals come without it. Modules write the account's DN into their texts: nothing of a text goes on from here.

use crate::upstream::write::WriteAnswer;
use postern_identity::{PasswordRefusal, PasswordRule};
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, error};
use postern_ldap::{ResultCode, oid};

/// draft-behera-ldap-password-policy-11 §6.2: newer than the numbers most clients know.
const PASSWORD_TOO_LONG: u32 = 9;

pub(super) fn read(answer: &WriteAnswer<'_>) -> PasswordRefusal {
    let (rule, told_by) = by_control(answer)
        .or_else(|| by_text(answer.diagnostic))
        .unwrap_or_else(|| by_code(answer.code));
    PasswordRefusal {
        rule,
        result_code: answer.code.0,
        told_by,
    }
}

type Said = (Option<PasswordRule>, &'static str);

/// A control that cannot be read says nothing.
fn by_control(answer: &WriteAnswer<'_>) -> Option<Said> {
    let control = answer.controls.find(oid::PASSWORD_POLICY).ok()??;
    let response = PasswordPolicyResponse::parse(control.value?).ok()?;
    let (rule, told_by) = match response.error? {
        error::PASSWORD_MOD_NOT_ALLOWED => (PasswordRule::Forbidden, "ppolicy error 3"),
        // With the old password, it is wrong; without it, it is wanted.
        error::MUST_SUPPLY_OLD_PASSWORD if answer.code == ResultCode::UNWILLING_TO_PERFORM => {
            (PasswordRule::WrongOld, "ppolicy error 4")
        }
        error::MUST_SUPPLY_OLD_PASSWORD => (PasswordRule::OldNeeded, "ppolicy error 4"),
        // Every module's refusal comes with this one, whatever it is about.
        error::INSUFFICIENT_PASSWORD_QUALITY => {
            return by_module(answer.diagnostic).or(Some((Some(PasswordRule::Quality), "ppolicy error 5")));
        }
        error::PASSWORD_TOO_SHORT => (PasswordRule::TooShort, "ppolicy error 6"),
        error::PASSWORD_TOO_YOUNG => (PasswordRule::TooYoung, "ppolicy error 7"),
        error::PASSWORD_IN_HISTORY => (PasswordRule::History, "ppolicy error 8"),
        PASSWORD_TOO_LONG => (PasswordRule::TooLong, "ppolicy error 9"),
        // Whoever writes must first change a password of its own.
        error::CHANGE_AFTER_RESET => (PasswordRule::Forbidden, "ppolicy error 2"),
        _ => return None,
    };
    Some((Some(rule), told_by))
}

/// What the overlay and the password modify operation say, word for word.
const TEXTS: &[(&[u8], PasswordRule, &str)] = &[
    (
        b"Password is too young to change",
        PasswordRule::TooYoung,
        "text: too young",
    ),
    (
        b"Password is not being changed from existing value",
        PasswordRule::History,
        "text: not changed",
    ),
    (
        b"Password is in history of old passwords",
        PasswordRule::History,
        "text: in history",
    ),
    (
        b"Password fails quality checking policy",
        PasswordRule::Policy,
        "text: quality checking",
    ),
    (
        b"Password policy only allows one password value",
        PasswordRule::Policy,
        "text: one value",
    ),
    (
        b"User alteration of password is not allowed",
        PasswordRule::Forbidden,
        "text: not allowed",
    ),
    (
        b"Must supply old password to be changed as well as new one",
        PasswordRule::OldNeeded,
        "text: old password",
    ),
    (
        b"Must supply correct old password to change to new one",
        PasswordRule::WrongOld,
        "text: correct old password",
    ),
    (
        b"unwilling to verify old password",
        PasswordRule::WrongOld,
        "text: unwilling to verify",
    ),
];

fn by_text(text: &[u8]) -> Option<Said> {
    let known = TEXTS.iter().find(|(known, _, _)| *known == text);
    known
        .map(|(_, rule, told_by)| (Some(*rule), *told_by))
        .or_else(|| by_module(text))
}

/// The texts of ppm and of check_password.so, which differ in their first words alone: behind the DN comes what is wrong.
fn by_module(text: &[u8]) -> Option<Said> {
    let text = std::str::from_utf8(text).ok()?;
    if !text.starts_with("Password for dn=\"") && !text.starts_with("Bad password for dn=\"") {
        return None;
    }
    let (_, wrong) = text.rsplit_once("\" ")?;
    Some(if wrong.contains("too short") {
        (Some(PasswordRule::TooShort), "check module: too short")
    } else if wrong.contains("dictionary") || wrong == "is too weak" {
        (Some(PasswordRule::Dictionary), "check module: dictionary")
    } else {
        (Some(PasswordRule::Quality), "check module")
    })
}

fn by_code(code: ResultCode) -> Said {
    let rule = match code {
        ResultCode::CONSTRAINT_VIOLATION => Some(PasswordRule::Policy),
        ResultCode::INSUFFICIENT_ACCESS_RIGHTS => Some(PasswordRule::Forbidden),
        ResultCode::CONFIDENTIALITY_REQUIRED => Some(PasswordRule::Transport),
        _ => None,
    };
    (rule, "result code")
}

#[cfg(test)]
mod tests;
