//! The answer to a bind, read.
//!
//! The server looks at one-time passwords first, then at locks, then at the password, then at its age. So success and "expired" prove
//! the password; 19 and 53 come before it was looked at and prove nothing; any other 49 says that it was wrong.

use crate::upstream::dialect::BindAnswer;
use crate::upstream::openldap::bind::{Malformed, Netscape, Said, said};
use postern_identity::{Cause, Evidence, LockedBy, Proven, Source, Standing, State, Warning};
use postern_ldap::ResultCode;
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning, error};

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

/// The directory has let it in: the controls say how the password stands. The expired control comes unasked, also with every grace
/// sign-in, so the password policy control wins; without that a new password is due either way.
pub(in crate::upstream) fn accepted(said: &Said) -> Reading {
    match said {
        Said::Nothing => Reading::proven(State::Active, "result code"),
        Said::Policy(response) => accepted_with(*response),
        Said::Netscape(Netscape::Expired) => Reading::proven(State::MustChange, "netscape expired"),
        Said::Netscape(Netscape::Expiring(seconds)) => {
            Reading::proven(State::Expiring { seconds: *seconds }, "netscape expiring").because(Cause::Age)
        }
    }
}

fn accepted_with(response: PasswordPolicyResponse) -> Reading {
    let warning = response.warning.map(|warning| match warning {
        PolicyWarning::TimeBeforeExpiration(seconds) => Warning::ExpiresIn(seconds.into()),
        PolicyWarning::GraceRemaining(left) => Warning::GraceLeft(left),
    });
    match (response.error, warning) {
        (Some(error::CHANGE_AFTER_RESET), warning) => Reading {
            warning,
            ..Reading::proven(State::MustChange, "ppolicy error 2").because(Cause::AdministratorReset)
        },
        // Let in and yet expired, locked, …: an answer that contradicts itself is not believed.
        (Some(_), _) => Reading::unknown("ppolicy error beside success"),
        (None, Some(Warning::GraceLeft(left))) => {
            Reading::proven(State::ExpiredGrace { left }, "ppolicy grace").because(Cause::Age)
        }
        (None, Some(Warning::ExpiresIn(seconds))) => {
            Reading::proven(State::Expiring { seconds }, "ppolicy expiry").because(Cause::Age)
        }
        (None, None) => Reading::proven(State::Active, "ppolicy"),
    }
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

/// What an answer means, before its evidence is put beside it.
#[derive(Clone, Copy)]
pub(in crate::upstream) struct Reading {
    pub(in crate::upstream) state: State,
    pub(in crate::upstream) cause: Option<Cause>,
    pub(in crate::upstream) warning: Option<Warning>,
    pub(in crate::upstream) told_by: &'static str,
    pub(in crate::upstream) proven: Proven,
}

impl Reading {
    pub(in crate::upstream) fn proven(state: State, told_by: &'static str) -> Self {
        Self {
            state,
            proven: Proven::Yes,
            ..Self::unknown(told_by)
        }
    }

    pub(in crate::upstream) fn unknown(told_by: &'static str) -> Self {
        Self {
            state: State::Unknown,
            cause: None,
            warning: None,
            told_by,
            proven: Proven::Unknown,
        }
    }

    pub(in crate::upstream) fn because(self, cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            ..self
        }
    }

    pub(in crate::upstream) fn of(self, code: ResultCode) -> (Standing, Proven) {
        let standing = Standing {
            state: self.state,
            cause: self.cause,
            warning: self.warning,
            evidence: Evidence {
                source: Source::Bind,
                result_code: Some(code.0),
                told_by: self.told_by,
            },
        };
        (standing, self.proven)
    }
}

#[cfg(test)]
mod tests;
