//! The answer to a bind, read.
//!
//! The server looks at one-time passwords first, then at locks, then at the password, then at its age. So success and "expired" prove
//! the password; 19 and 53 come before it was looked at and prove nothing; any other 49 says that it was wrong.

use crate::upstream::bind_controls::{Malformed, Netscape, Said, accepted, said};
use crate::upstream::dialect::BindAnswer;
use crate::upstream::reading::Reading;
use postern_identity::{Cause, LockedBy, Proven, Standing, State};
use postern_ldap::ResultCode;
use postern_ldap::control::ppolicy::error;

/// The text of the one 49 that proves the password.
const EXPIRED: &[u8] = b"password expired!";

pub(super) fn read(answer: &BindAnswer<'_>) -> (Standing, Proven) {
    let reading = match (said(answer), answer.code) {
        (Err(Malformed), _) => Reading::unknown("malformed control"),
        (Ok(said), ResultCode::SUCCESS) => accepted(&said),
        (Ok(said), ResultCode::INVALID_CREDENTIALS) => turned_away(&said, answer.diagnostic),
        (Ok(_), _) => kept_out(answer.code, answer.diagnostic),
    };
    reading.of(answer.code)
}

/// 49: wrong, nobody's, or right and expired. Other words than the server's own are a plug-in's (FreeIPA's "Password is expired." comes
/// before the password was looked at) and prove nothing.
fn turned_away(said: &Said, text: &[u8]) -> Reading {
    let expired = Reading::proven(State::Expired, EXPIRED_TEXT).because(Cause::Age);
    let error = match said {
        Said::Policy(response) => Some(response.error),
        Said::Netscape(_) | Said::Nothing => None,
    };
    match (text, said, error) {
        (EXPIRED, _, None | Some(None | Some(error::PASSWORD_EXPIRED))) => expired,
        (b"", _, Some(Some(error::PASSWORD_EXPIRED))) => Reading {
            told_by: "ppolicy error 0",
            ..expired
        },
        (b"", Said::Netscape(Netscape::Expired), _) => Reading {
            told_by: "netscape expired",
            ..expired
        },
        (b"", Said::Nothing, _) => Reading {
            proven: Proven::No,
            ..Reading::unknown("result code")
        },
        _ => Reading::unknown("49 with other words"),
    }
}

const EXPIRED_TEXT: &str = "text: password expired";

/// Everything else: the password was not looked at.
pub(in crate::upstream) fn kept_out(code: ResultCode, text: &[u8]) -> Reading {
    let locked = |by, told_by| Reading {
        state: State::Locked { by, until: None },
        ..Reading::unknown(told_by)
    };
    let state = |state, told_by| Reading {
        state,
        ..Reading::unknown(told_by)
    };
    let begins = |words: &str| text.starts_with(words.as_bytes());
    match code {
        ResultCode::CONSTRAINT_VIOLATION if begins("Exceed password retry limit") => {
            locked(LockedBy::Failures, "text: retry limit")
        }
        // passwordLegacyPolicy off: the wrong password that locks. The next one is told in words.
        ResultCode::CONSTRAINT_VIOLATION if text.is_empty() => locked(LockedBy::Failures, "19 without words"),
        ResultCode::CONSTRAINT_VIOLATION if begins("Account inactivity limit exceeded") => {
            locked(LockedBy::Idleness, "text: inactivity limit")
        }
        // A one-time password that was used too often, is too old or not valid yet.
        ResultCode::CONSTRAINT_VIOLATION if begins("TPR checking") => {
            locked(LockedBy::Unsaid, "text: one-time password")
        }
        ResultCode::UNWILLING_TO_PERFORM if begins("Account inactivated") => {
            state(State::Disabled, "text: account inactivated")
        }
        ResultCode::UNWILLING_TO_PERFORM if begins("Minimum SSF not met") => {
            state(State::TransportRefused, "text: minimum SSF")
        }
        ResultCode::CONFIDENTIALITY_REQUIRED | ResultCode::STRONGER_AUTH_REQUIRED => {
            state(State::TransportRefused, "result code")
        }
        _ => Reading::unknown("result code"),
    }
}

/// The reverse: what a sign-in with the right password is answered. Locks come before the password is looked at, in codes of their own.
pub(super) fn foresee(state: &State) -> Option<(ResultCode, Proven)> {
    match state {
        State::Active | State::MustChange | State::ExpiredGrace { .. } | State::Expiring { .. } => {
            Some((ResultCode::SUCCESS, Proven::Yes))
        }
        State::Expired => Some((ResultCode::INVALID_CREDENTIALS, Proven::Yes)),
        State::Locked { .. } => Some((ResultCode::CONSTRAINT_VIOLATION, Proven::Unknown)),
        State::Disabled => Some((ResultCode::UNWILLING_TO_PERFORM, Proven::Unknown)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
