//! Standing → code, control, text. The only place that turns a verdict into an answer to a bind.
//!
//! A route may have several surfaces at once: each adds what it has to say, in a place where the others say nothing. What may not be told
//! is, on every mixture, the same octets for everybody.

mod active_directory;
mod netscape;
pub(crate) mod password;
mod ppolicy;

use postern_identity::Disclosed;
use postern_identity::decide::{Admission, BindVerdict, Surface, Surfaces};
use postern_ldap::control::netscape::NetscapePassword;
use postern_ldap::control::ppolicy::PasswordPolicyResponse;
use postern_ldap::{Message, MessageId, ResultCode, answer, oid, splice, tag};
use std::borrow::Cow;

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
    /// The answer to a bind the directory accepted and the verdict lets in: the directory's own, its password controls replaced by the
    /// surfaces'. Controls we know nothing of stay (they were not ours to ask for, nor to swallow). Whoever is let in restricted is told why.
    pub(crate) fn let_in(&self, accepted: &Message<'_>) -> Vec<u8> {
        let controls = self.controls();
        let keep = |oid: &[u8]| {
            !matches!(
                oid,
                oid::PASSWORD_POLICY | oid::NETSCAPE_EXPIRED | oid::NETSCAPE_EXPIRING
            )
        };
        let more: Vec<&[u8]> = controls.iter().map(Vec::as_slice).collect();
        let text = self.verdict.text.as_deref().unwrap_or("");
        let plainly = || answer::result(self.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, text, &more);
        let Ok(reply) = splice::with_controls(accepted, |control| keep(control.oid), &more) else {
            return plainly();
        };
        if self.verdict.admission == Admission::Allow || text.is_empty() {
            return reply;
        }
        let content = answer::result_content(ResultCode::SUCCESS, b"", text.as_bytes());
        Message::parse(&reply).map_or_else(|_| plainly(), |message| splice::with_content(&message, &content))
    }

    /// The answer to a bind the directory refused though the password was right, where whoever it was is let in to change it.
    pub(crate) fn let_in_to_change(&self) -> Vec<u8> {
        let controls = self.controls();
        let more: Vec<&[u8]> = controls.iter().map(Vec::as_slice).collect();
        let text = self.verdict.text.as_deref().unwrap_or("");
        answer::result(self.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, text, &more)
    }

    /// The answer to a bind that is refused, by the directory or by the verdict. Whatever is not told is the same octets for everybody.
    pub(crate) fn refused(&self) -> Vec<u8> {
        let controls = self.controls();
        let more: Vec<&[u8]> = controls.iter().map(Vec::as_slice).collect();
        answer::result(
            self.id,
            tag::BIND_RESPONSE,
            ResultCode::INVALID_CREDENTIALS,
            &self.text(),
            &more,
        )
    }

    /// What is shown: the standing, or what it is told as.
    fn told(&self) -> Disclosed {
        let Self { verdict, told, .. } = self;
        verdict.told_as.map_or(*told, |state| told.told_as(state))
    }

    /// The text of a refusal: the part of Active Directory first, for its clients look for it there, then the words for the person.
    fn text(&self) -> Cow<'_, str> {
        let words = self.verdict.text.as_deref().unwrap_or("");
        if self.verdict.surface.contains(Surface::Ad) {
            Cow::Owned(active_directory::refused(self.told().state(), words))
        } else {
            Cow::Borrowed(words)
        }
    }

    /// The password policy control, if the client asked: on its own surface what may be told, on others the empty one every client of
    /// such a server gets. Netscape's go to those who were not told by it, as slapd does: a client that reads both takes "expired"
    /// for the last word, also where the other says that grace is left.
    fn controls(&self) -> Vec<Vec<u8>> {
        let surfaces = self.verdict.surface;
        let by_policy_control = surfaces.contains(Surface::Ppolicy);
        let mut controls = Vec::new();
        if self.asked {
            let response = if by_policy_control {
                ppolicy::response(self.told(), self.verdict.admission)
            } else {
                PasswordPolicyResponse::default()
            };
            controls.push(response.control());
        }
        if surfaces.contains(Surface::Netscape) && !(by_policy_control && self.asked) {
            controls.extend(netscape::control(self.told()).map(NetscapePassword::control));
        }
        controls
    }
}

/// How a session that may only change its password is refused whatever else it asks for: in the directory's words, or in those of Active
/// Directory where the route speaks so; Netscape's "expired" is on every such answer, as 389 Directory Server has it.
pub(crate) fn restricted(
    surfaces: Surfaces,
    of_directory: (ResultCode, &'static str),
) -> (ResultCode, &'static str, Option<Vec<u8>>) {
    let (code, text) = if surfaces.contains(Surface::Ad) {
        active_directory::RESTRICTED
    } else {
        of_directory
    };
    let control = surfaces
        .contains(Surface::Netscape)
        .then(|| netscape::EXPIRED.control());
    (code, text, control)
}

#[cfg(test)]
mod tests;
