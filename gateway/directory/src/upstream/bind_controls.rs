//! What the controls beside the answer to a bind say, on products of the password policy draft and of Netscape's.

use super::dialect::BindAnswer;
use super::reading::Reading;
use postern_identity::{Cause, State, Warning};
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning, error};
use postern_ldap::oid;

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

/// What the control warns of.
pub(in crate::upstream) fn warning(response: PasswordPolicyResponse) -> Option<Warning> {
    response.warning.map(|warning| match warning {
        PolicyWarning::TimeBeforeExpiration(seconds) => Warning::ExpiresIn(seconds.into()),
        PolicyWarning::GraceRemaining(left) => Warning::GraceLeft(left),
    })
}

fn accepted_with(response: PasswordPolicyResponse) -> Reading {
    match (response.error, warning(response)) {
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
