//! Why a password write was refused.
//!
//! The control tells kinds of rules apart, the text of a modify tells more: too short and too simple share an error, and a password from the
//! history is refused without the control. By password modify (RFC 3062) the text is always the same, so there only the control speaks, and
//! its absence means history: our own writes ask for it.

use crate::upstream::write::WriteAnswer;
use postern_identity::{PasswordRefusal, PasswordRule};
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, error};
use postern_ldap::{ResultCode, oid};

/// RFC 4511 appendix A.
pub(in crate::upstream) const NO_SUCH_ATTRIBUTE: ResultCode = ResultCode(16);

type Told = (Option<PasswordRule>, &'static str);

pub(in crate::upstream) fn read(answer: &WriteAnswer<'_>) -> PasswordRefusal {
    let (rule, told_by) = match answer.code {
        ResultCode::CONFIDENTIALITY_REQUIRED | ResultCode::STRONGER_AUTH_REQUIRED => {
            (Some(PasswordRule::Transport), "result code")
        }
        // Of the old password alone: whoever asks is signed in already.
        ResultCode::INVALID_CREDENTIALS if answer.extended => (Some(PasswordRule::WrongOld), "result code"),
        NO_SUCH_ATTRIBUTE if !answer.extended => (Some(PasswordRule::WrongOld), "result code"),
        code => match said(answer) {
            Err(Malformed) => (None, "malformed control"),
            Ok(error) => by_rule(code, error, answer),
        },
    };
    PasswordRefusal {
        rule,
        result_code: answer.code.0,
        told_by,
    }
}

fn by_rule(code: ResultCode, error: Option<u32>, answer: &WriteAnswer<'_>) -> Told {
    let text = answer.diagnostic;
    match error {
        Some(error::PASSWORD_MOD_NOT_ALLOWED) => (Some(PasswordRule::Forbidden), "ppolicy error 3"),
        Some(error::MUST_SUPPLY_OLD_PASSWORD) => (Some(PasswordRule::OldNeeded), "ppolicy error 4"),
        Some(error::INSUFFICIENT_PASSWORD_QUALITY) => match by_text(code, text) {
            Some(told) => told,
            None => (Some(PasswordRule::Quality), "ppolicy error 5"),
        },
        Some(error::PASSWORD_TOO_SHORT) => (Some(PasswordRule::TooShort), "ppolicy error 6"),
        Some(error::PASSWORD_TOO_YOUNG) => (Some(PasswordRule::TooYoung), "ppolicy error 7"),
        Some(error::PASSWORD_IN_HISTORY) => (Some(PasswordRule::History), "ppolicy error 8"),
        Some(_) => (None, "unknown ppolicy error"),
        None => by_text(code, text).unwrap_or(match code {
            ResultCode::CONSTRAINT_VIOLATION if answer.extended && text == b"Failed to update password\n" => {
                (Some(PasswordRule::History), "no control beside the text")
            }
            ResultCode::INSUFFICIENT_ACCESS_RIGHTS => (Some(PasswordRule::Forbidden), "result code"),
            _ => (None, "result code"),
        }),
    }
}

/// The server's own words, as far as one rule follows from them.
fn by_text(code: ResultCode, text: &[u8]) -> Option<Told> {
    let text = text.to_ascii_lowercase();
    let begins = |words: &str| text.starts_with(words.as_bytes());
    let holds = |words: &str| text.windows(words.len()).any(|part| part == words.as_bytes());
    let told = |rule, told_by| Some((Some(rule), told_by));
    match code {
        ResultCode::CONSTRAINT_VIOLATION if begins("invalid password syntax") => {
            if holds("at least") && holds("characters long") {
                told(PasswordRule::TooShort, "text: length")
            } else {
                told(PasswordRule::Quality, "text: syntax")
            }
        }
        ResultCode::CONSTRAINT_VIOLATION if begins("within password minimum age") => {
            told(PasswordRule::TooYoung, "text: minimum age")
        }
        ResultCode::CONSTRAINT_VIOLATION if begins("password in history") => {
            told(PasswordRule::History, "text: history")
        }
        // Not this password's fault: no password at all would be taken.
        ResultCode::CONSTRAINT_VIOLATION if holds("error loading dictionary") => {
            Some((None, "text: the directory cannot load its dictionary"))
        }
        ResultCode::CONSTRAINT_VIOLATION
            if begins("password failed dictionary check")
                || begins("password contains a restricted word")
                || begins("password found in breach database") =>
        {
            told(PasswordRule::Dictionary, "text: list of words")
        }
        ResultCode::UNWILLING_TO_PERFORM if begins("user is not allowed to change password") => {
            told(PasswordRule::Forbidden, "text: not allowed")
        }
        ResultCode::UNWILLING_TO_PERFORM if begins("minimum ssf not met") => {
            told(PasswordRule::Transport, "text: minimum SSF")
        }
        _ => None,
    }
}

struct Malformed;

/// The error of the password policy control. Of an answer with one broken part nothing is believed.
fn said(answer: &WriteAnswer<'_>) -> Result<Option<u32>, Malformed> {
    let mut found = None;
    for control in answer.controls {
        let control = control.map_err(|_| Malformed)?;
        if control.oid == oid::PASSWORD_POLICY {
            let value = control.value.ok_or(Malformed)?;
            let response = PasswordPolicyResponse::parse(value).map_err(|_| Malformed)?;
            if found.replace(response.error).is_some() {
                return Err(Malformed); // twice: which of them is meant?
            }
        }
    }
    Ok(found.flatten())
}

#[cfg(test)]
mod tests;
