//! Writing a password, and what a domain controller has against one.

use crate::upstream::unicode_password;
use crate::upstream::write::{Modification, ModificationKind, WriteAnswer, WriteRequest};
use postern_identity::{PasswordRefusal, PasswordRule, Secret};
use postern_ldap::{ResultCode, control, oid};

const ATTRIBUTE: &str = "unicodePwd";
/// SEQUENCE { 1 }: the reset keeps to the rules a change keeps to (MS-ADTS §3.1.1.3.4.1.27).
const POLICY_HINTS: &[u8] = &[0x30, 3, 2, 1, 1];

/// Why it is not even sent.
pub(super) fn problem(old: Option<&Secret>, new: &Secret, protected: bool) -> Option<PasswordRule> {
    if !protected {
        // Windows refuses it, and Samba where it is not told otherwise: but then the password has been sent.
        Some(PasswordRule::Transport)
    } else if unicode_password::encode(new).is_none() {
        Some(PasswordRule::Quality)
    } else if old.is_some_and(|old| unicode_password::encode(old).is_none()) {
        // It cannot be the present one: no password here has such octets.
        Some(PasswordRule::WrongOld)
    } else {
        None
    }
}

/// With the old password one modify that takes it away and adds the new one, which everybody may send who knows it; without it a reset.
pub(super) fn write(dn: &str, old: Option<&Secret>, new: &Secret) -> WriteRequest {
    // What has no spelling becomes a value of no octets, which is no password in quotes and is refused.
    let value = |password: &Secret| vec![unicode_password::encode(password).unwrap_or_default()];
    let change = |kind, values| Modification {
        kind,
        attribute: ATTRIBUTE,
        values,
    };
    match old {
        Some(old) => WriteRequest::modify(
            dn,
            &[
                change(ModificationKind::Delete, value(old)),
                change(ModificationKind::Add, value(new)),
            ],
        ),
        // Servers before Windows Server 2012 know the control by its older number alone. Whoever knows neither ignores both.
        None => WriteRequest::modify(dn, &[change(ModificationKind::Replace, value(new))])
            .with_control(control::encode(oid::AD_POLICY_HINTS, false, Some(POLICY_HINTS)))
            .with_control(control::encode(
                oid::AD_POLICY_HINTS_DEPRECATED,
                false,
                Some(POLICY_HINTS),
            )),
    }
}

/// The text begins with a Win32 error code in eight digits. Samba goes on to say which rule it was; Windows does not.
pub(super) fn read_refusal(answer: &WriteAnswer<'_>) -> PasswordRefusal {
    let (rule, told_by) = match (error_code(answer.diagnostic), answer.code) {
        // ERROR_PASSWORD_RESTRICTION
        (Some(0x52d), _) => broken_rule(answer.diagnostic),
        // ERROR_INVALID_PASSWORD
        (Some(0x56), _) => (Some(PasswordRule::WrongOld), "error 56"),
        // ERROR_ACCOUNT_LOCKED_OUT: said before the old password is looked at, so it is told as a wrong one.
        (Some(0x775), _) => (Some(PasswordRule::WrongOld), "error 775: locked"),
        // ERROR_ACCESS_DENIED
        (Some(0x5), _) => (Some(PasswordRule::Forbidden), "error 5"),
        // ERROR_GEN_FAILURE: the connection is not protected, or, which we see to, the value is malformed.
        (Some(0x1f), _) => (Some(PasswordRule::Transport), "error 1f"),
        (_, ResultCode::INSUFFICIENT_ACCESS_RIGHTS) => (Some(PasswordRule::Forbidden), "result code"),
        (_, ResultCode::STRONGER_AUTH_REQUIRED | ResultCode::CONFIDENTIALITY_REQUIRED) => {
            (Some(PasswordRule::Transport), "result code")
        }
        _ => (None, "result code"),
    };
    PasswordRefusal {
        rule,
        result_code: answer.code.0,
        told_by,
    }
}

/// Samba's words for 52D (`check_password_restrictions`).
fn broken_rule(text: &[u8]) -> (Option<PasswordRule>, &'static str) {
    const WORDS: [(&[u8], PasswordRule, &str); 6] = [
        (
            b"the password is too short",
            PasswordRule::TooShort,
            "error 52d: too short",
        ),
        (b"password is too young", PasswordRule::TooYoung, "error 52d: too young"),
        (b"already used", PasswordRule::History, "error 52d: already used"),
        (b"complexity criteria", PasswordRule::Quality, "error 52d: complexity"),
        (b"changes are disabled", PasswordRule::Forbidden, "error 52d: disabled"),
        (b"can't be changed", PasswordRule::Forbidden, "error 52d: not changed"),
    ];
    let says = |words: &[u8]| text.windows(words.len()).any(|part| part.eq_ignore_ascii_case(words));
    WORDS
        .into_iter()
        .find(|(words, ..)| says(words))
        .map_or((Some(PasswordRule::Policy), "error 52d"), |(_, rule, told_by)| {
            (Some(rule), told_by)
        })
}

/// The eight digits before the first colon.
fn error_code(text: &[u8]) -> Option<u32> {
    let (digits, rest) = text.split_at_checked(8)?;
    if rest.first() != Some(&b':') || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests;
