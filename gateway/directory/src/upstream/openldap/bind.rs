//! The answer to a bind, read.
//!
//! slapd tests locks before the password and ages after it. So success and "expired" prove the password, "locked" proves nothing,
//! and any other 49 says that it was wrong (or that a lock is not admitted to, which must look the same).

use crate::upstream::dialect::BindAnswer;
use postern_identity::{Cause, Evidence, LockedBy, Proven, Source, Standing, State, Warning};
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning, error};
use postern_ldap::{ResultCode, oid};

pub(super) fn read(answer: &BindAnswer<'_>) -> (Standing, Proven) {
    let read = match said(answer) {
        Err(Malformed) => Reading::unknown("malformed control"),
        Ok(Said::Policy(response)) => from_policy(answer.code, response),
        Ok(Said::Netscape(netscape)) => from_netscape(answer.code, netscape),
        Ok(Said::Nothing) => from_code(answer.code),
    };
    let standing = Standing {
        state: read.state,
        cause: read.cause,
        warning: read.warning,
        evidence: Evidence {
            source: Source::Bind,
            result_code: Some(answer.code.0),
            told_by: read.told_by,
        },
    };
    (standing, read.proven)
}

/// What the controls said. The password policy control is the more exact one and wins; slapd never sends both, 389 Directory Server does.
pub(in crate::upstream) enum Said {
    Nothing,
    Policy(PasswordPolicyResponse),
    Netscape(Netscape),
}

/// draft-vchu-ldap-pwd-policy: sent by slapd only where `ppolicy_send_netscape_controls` is on and the client did not ask.
pub(in crate::upstream) enum Netscape {
    Expired,
    Expiring(u64),
}

pub(in crate::upstream) struct Malformed;

/// Reads every control to the end: of an answer with one broken part nothing is believed.
pub(in crate::upstream) fn said(answer: &BindAnswer<'_>) -> Result<Said, Malformed> {
    let mut policy = None;
    let mut netscape = None;
    for control in answer.controls {
        let control = control.map_err(|_| Malformed)?;
        let fresh = match control.oid {
            oid::PASSWORD_POLICY => {
                let value = control.value.ok_or(Malformed)?;
                policy
                    .replace(PasswordPolicyResponse::parse(value).map_err(|_| Malformed)?)
                    .is_none()
            }
            // The value is "0" and says nothing.
            oid::NETSCAPE_EXPIRED => netscape.replace(Netscape::Expired).is_none(),
            oid::NETSCAPE_EXPIRING => {
                let seconds = seconds(control.value.ok_or(Malformed)?)?;
                netscape.replace(Netscape::Expiring(seconds)).is_none()
            }
            _ => true,
        };
        if !fresh {
            return Err(Malformed); // twice: which of them is meant?
        }
    }
    Ok(match (policy, netscape) {
        (Some(policy), _) => Said::Policy(policy),
        (None, Some(netscape)) => Said::Netscape(netscape),
        (None, None) => Said::Nothing,
    })
}

/// ASCII digits: at most ten, which is more than slapd's own integer holds.
fn seconds(value: &[u8]) -> Result<u64, Malformed> {
    if value.is_empty() || value.len() > 10 || !value.iter().all(u8::is_ascii_digit) {
        return Err(Malformed);
    }
    Ok(value
        .iter()
        .fold(0, |seconds, digit| seconds * 10 + u64::from(digit - b'0')))
}

fn from_policy(code: ResultCode, response: PasswordPolicyResponse) -> Reading {
    let warning = response.warning.map(|warning| match warning {
        PolicyWarning::TimeBeforeExpiration(seconds) => Warning::ExpiresIn(seconds.into()),
        PolicyWarning::GraceRemaining(left) => Warning::GraceLeft(left),
    });
    let read = match (code, response.error, warning) {
        (ResultCode::SUCCESS, Some(error::CHANGE_AFTER_RESET), _) => {
            Reading::proven(State::MustChange, "ppolicy error 2").because(Cause::AdministratorReset)
        }
        (ResultCode::SUCCESS, None, Some(Warning::GraceLeft(left))) => {
            return Reading::proven(State::ExpiredGrace { left }, "ppolicy grace").because(Cause::Age);
        }
        (ResultCode::SUCCESS, None, Some(Warning::ExpiresIn(seconds))) => {
            return Reading::proven(State::Expiring { seconds }, "ppolicy expiry").because(Cause::Age);
        }
        (ResultCode::SUCCESS, None, None) => Reading::proven(State::Active, "ppolicy"),
        // Let in and yet expired, locked, …: an answer that contradicts itself is not believed.
        (ResultCode::SUCCESS, Some(_), _) => return Reading::unknown("ppolicy error beside success"),
        // The overlay looks at the age only after the password was right.
        (ResultCode::INVALID_CREDENTIALS, Some(error::PASSWORD_EXPIRED), _) => {
            Reading::proven(State::Expired, "ppolicy error 0").because(Cause::Age)
        }
        (ResultCode::INVALID_CREDENTIALS, Some(error::ACCOUNT_LOCKED), _) => Reading {
            state: State::Locked {
                by: LockedBy::Unsaid,
                until: None,
            },
            ..Reading::unknown("ppolicy error 1")
        },
        (other, _, _) => return from_code(other),
    };
    Reading { warning, ..read }
}

fn from_netscape(code: ResultCode, netscape: Netscape) -> Reading {
    match (code, netscape) {
        // "Must change" and "this was a grace sign-in" look the same. Either way the owner has to set a new password now, so
        // it is read as the stricter of the two.
        (ResultCode::SUCCESS, Netscape::Expired) => Reading::proven(State::MustChange, "netscape expired"),
        (ResultCode::SUCCESS, Netscape::Expiring(seconds)) => {
            Reading::proven(State::Expiring { seconds }, "netscape expiring").because(Cause::Age)
        }
        // "Expired" (the password was right) and "locked" (it was not looked at) look the same too.
        (ResultCode::INVALID_CREDENTIALS, Netscape::Expired) => Reading::unknown("netscape expired"),
        (other, _) => from_code(other),
    }
}

/// What the result code says alone.
fn from_code(code: ResultCode) -> Reading {
    match code {
        ResultCode::SUCCESS => Reading::proven(State::Active, "result code"),
        // Wrong password, no such account, or a lock that is not admitted to.
        ResultCode::INVALID_CREDENTIALS => Reading {
            proven: Proven::No,
            ..Reading::unknown("result code")
        },
        ResultCode::CONFIDENTIALITY_REQUIRED | ResultCode::STRONGER_AUTH_REQUIRED => Reading {
            state: State::TransportRefused,
            ..Reading::unknown("result code")
        },
        // 53 to an unauthenticated bind, 34 to a name that is no DN, and whatever else: the password was not looked at.
        _ => Reading::unknown("result code"),
    }
}

struct Reading {
    state: State,
    cause: Option<Cause>,
    warning: Option<Warning>,
    told_by: &'static str,
    proven: Proven,
}

impl Reading {
    fn proven(state: State, told_by: &'static str) -> Self {
        Self {
            state,
            proven: Proven::Yes,
            ..Self::unknown(told_by)
        }
    }

    fn unknown(told_by: &'static str) -> Self {
        Self {
            state: State::Unknown,
            cause: None,
            warning: None,
            told_by,
            proven: Proven::Unknown,
        }
    }

    fn because(self, cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
