//! A password change as its owner makes it: on a connection of the owner's, signed in with the old password.
//!
//! On products where a change that anybody else sends counts as a reset, however right the old password in it is. The sign-in proves the old
//! password before anything else is told of the new one.

use super::ServiceLanes;
use super::lane::Lane;
use crate::upstream::ServerIndex;
use crate::upstream::error::ConnectError;
use postern_identity::{PasswordRefusal, PasswordRule, Proven, Secret, State};

/// What the sign-in with the old password came to.
pub(super) enum Proof {
    /// The owner is signed in on this lane.
    SignedIn(Lane),
    /// The password is right, but has expired and signs nobody in.
    RightButExpired,
    /// Not proven.
    Refused(PasswordRefusal),
    /// It was sent and not answered.
    Unanswered,
}

impl ServiceLanes {
    /// Signs the owner in on this server. An error: the password was not sent.
    pub(super) async fn as_owner(&self, server: ServerIndex, dn: &str, old: &Secret) -> Result<Proof, ConnectError> {
        let settings = self.upstream.settings();
        let mut lane = Lane::anonymous(self.upstream.connect_to(server).await?);
        let dialect = self.upstream.dialect();
        let signed_in = lane
            .sign_in(dialect, (dn, old), settings.allow_plaintext, settings.answer_timeout)
            .await;
        let (standing, proven) = match signed_in {
            Ok(told) => told,
            Err(ConnectError::PlaintextRefused) => return Err(ConnectError::PlaintextRefused),
            Err(_) => return Ok(Proof::Unanswered),
        };
        let refused = |rule, told_by| {
            Proof::Refused(PasswordRefusal {
                rule,
                result_code: standing.evidence.result_code.unwrap_or_default(),
                told_by,
            })
        };
        Ok(match (proven, standing.state) {
            (Proven::Yes, State::Expired) => Proof::RightButExpired,
            (Proven::Yes, _) => Proof::SignedIn(lane),
            (Proven::No, _) => refused(Some(PasswordRule::WrongOld), "sign-in with the old password"),
            // Locked, switched off, …: the old password was not looked at.
            (Proven::Unknown, _) => refused(None, "the owner cannot sign in"),
        })
    }
}
