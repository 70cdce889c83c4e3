//! Standing → code, control, text. The only place that turns a verdict into an answer to a bind.

use postern_identity::decide::{Admission, BindVerdict, Surface};
use postern_identity::{Disclosed, State, Warning};
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning, error};
use postern_ldap::{Message, MessageId, ResultCode, answer, oid, splice, tag};

/// What the answer is made of.
pub(crate) struct Shown<'a> {
    /// The message it answers.
    pub(crate) id: MessageId,
    /// The verdict.
    pub(crate) verdict: &'a BindVerdict,
    /// What may be told.
    pub(crate) told: Disclosed,
    /// Whether the client sent the password policy request control.
    pub(crate) asked: bool,
}

impl Shown<'_> {
    /// The answer to a bind the directory accepted and the verdict lets in: the directory's own, its password policy controls replaced
    /// by the surface's. Controls we know nothing of stay (they were not ours to ask for, nor to swallow).
    pub(crate) fn let_in(&self, accepted: &Message<'_>) -> Vec<u8> {
        let control = self.control();
        let keep = |oid: &[u8]| {
            !matches!(
                oid,
                oid::PASSWORD_POLICY | oid::NETSCAPE_EXPIRED | oid::NETSCAPE_EXPIRING
            )
        };
        let more: Vec<&[u8]> = control.iter().map(Vec::as_slice).collect();
        splice::with_controls(accepted, |control| keep(control.oid), &more)
            .unwrap_or_else(|_| answer::result(self.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &more))
    }

    /// The answer to a bind that is refused, by the directory or by the verdict. Whatever is not told is the same octets for everybody.
    pub(crate) fn refused(&self) -> Vec<u8> {
        let control = self.control();
        let more: Vec<&[u8]> = control.iter().map(Vec::as_slice).collect();
        let text = self.verdict.text.as_deref().unwrap_or("");
        answer::result(
            self.id,
            tag::BIND_RESPONSE,
            ResultCode::INVALID_CREDENTIALS,
            text,
            &more,
        )
    }

    /// The password policy control, if the client asked: on its own surface what may be told, on others the empty one every client of
    /// such a server gets.
    fn control(&self) -> Option<Vec<u8>> {
        let response = match self.verdict.surface {
            Surface::Ppolicy => ppolicy(self.told, self.verdict.admission),
            Surface::Text | Surface::Plain | Surface::Transparent => PasswordPolicyResponse::default(),
        };
        self.asked.then(|| response.control())
    }
}

/// A standing in the words of draft-behera-ldap-password-policy §6.2. One error or one warning, as slapd sends them: clients that read one of
/// two are not put to the test, except where a warning stands beside "must change" already.
fn ppolicy(told: Disclosed, admission: Admission) -> PasswordPolicyResponse {
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
        State::ExpiredGrace { left } => warning(PolicyWarning::GraceRemaining(left)),
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
        Warning::GraceLeft(left) => PolicyWarning::GraceRemaining(left),
    }
}

/// The control's number has 31 bits.
fn clamp(seconds: u64) -> u32 {
    u32::try_from(seconds).unwrap_or(u32::MAX).min(0x7fff_ffff)
}

#[cfg(test)]
mod tests;
