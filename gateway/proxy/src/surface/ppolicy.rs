//! A standing in the words of draft-behera-ldap-password-policy §6.2.

use postern_identity::decide::Admission;
use postern_identity::{Disclosed, State, Warning};
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning, error};

/// One error or one warning, as slapd sends them: clients that read one of two are not put to the test, except where a warning stands
/// beside "must change" already.
pub(super) fn response(told: Disclosed, admission: Admission) -> PasswordPolicyResponse {
    let warning = |warning| PasswordPolicyResponse {
        warning: Some(warning),
        error: None,
    };
    let failed = |error| PasswordPolicyResponse {
        warning: None,
        error: Some(error),
    };
    match told.state() {
        State::MustChange => PasswordPolicyResponse {
            warning: told.warning().map(encoded),
            error: Some(error::CHANGE_AFTER_RESET),
        },
        // A client that is let in restricted must understand that a new password is wanted, whatever the old one's state was called.
        State::Expired if admission == Admission::Restrict => failed(error::CHANGE_AFTER_RESET),
        State::Expired => failed(error::PASSWORD_EXPIRED),
        State::ExpiredGrace { left } => warning(PolicyWarning::GraceRemaining(left.min(MOST))),
        State::Expiring { seconds } => warning(PolicyWarning::TimeBeforeExpiration(clamp(seconds))),
        State::Locked { .. } | State::Disabled | State::AccountExpired | State::NotYetValid => {
            failed(error::ACCOUNT_LOCKED)
        }
        State::Active | State::OutsideHours | State::WrongWorkstation | State::TransportRefused | State::Unknown => {
            PasswordPolicyResponse::default()
        }
    }
}

fn encoded(warning: Warning) -> PolicyWarning {
    match warning {
        Warning::ExpiresIn(seconds) => PolicyWarning::TimeBeforeExpiration(clamp(seconds)),
        Warning::GraceLeft(left) => PolicyWarning::GraceRemaining(left.min(MOST)),
    }
}

/// The control's number has 31 bits.
const MOST: u32 = 0x7fff_ffff;

pub(super) fn clamp(seconds: u64) -> u32 {
    u32::try_from(seconds).unwrap_or(MOST).min(MOST)
}
