//! The answer to a bind, read.
//!
//! slapd tests locks before the password and ages after it. So success and "expired" prove the password, "locked" proves nothing,
//! and any other 49 says that it was wrong (or that a lock is not admitted to, which must look the same).

use crate::upstream::bind_controls::{Malformed, Netscape, Said, accepted, said, warning};
use crate::upstream::dialect::BindAnswer;
use crate::upstream::reading::Reading;
use postern_identity::{Cause, LockedBy, Proven, Standing, State};
use postern_ldap::ResultCode;
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, error};

pub(super) fn read(answer: &BindAnswer<'_>) -> (Standing, Proven) {
    let read = match (said(answer), answer.code) {
        (Err(Malformed), _) => Reading::unknown("malformed control"),
        (Ok(said), ResultCode::SUCCESS) => accepted(&said),
        (Ok(Said::Policy(response)), ResultCode::INVALID_CREDENTIALS) => refused(response),
        // "Expired" (the password was right) and "locked" (it was not looked at) look the same.
        (Ok(Said::Netscape(Netscape::Expired)), ResultCode::INVALID_CREDENTIALS) => {
            Reading::unknown("netscape expired")
        }
        (Ok(_), code) => from_code(code),
    };
    read.of(answer.code)
}

fn refused(response: PasswordPolicyResponse) -> Reading {
    let read = match response.error {
        // The overlay looks at the age only after the password was right.
        Some(error::PASSWORD_EXPIRED) => Reading::proven(State::Expired, "ppolicy error 0").because(Cause::Age),
        Some(error::ACCOUNT_LOCKED) => Reading {
            state: State::Locked {
                by: LockedBy::Unsaid,
                until: None,
            },
            ..Reading::unknown("ppolicy error 1")
        },
        _ => return from_code(ResultCode::INVALID_CREDENTIALS),
    };
    Reading {
        warning: warning(response),
        ..read
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

#[cfg(test)]
mod tests;
