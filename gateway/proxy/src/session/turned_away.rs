//! Somebody the directory turned away because the password must be changed first, on a product that lets nobody in to do that.
//!
//! The answer that turned them away proves the password. Where the verdict is "restrict" the session is let in for that one change, without a
//! lane: nothing is ever sent up in its name. The change goes over our own service account, with the old password from the request itself, so
//! that the directory checks it and holds the change to all its rules. What the service account may do besides is never used.

use super::translated::{Untranslated, asks_for_policy, password_modify, tested, told_change};
use super::{Identity, Leave, Session};
use crate::in_flight::operation_of;
use crate::refusal::Refusal;
use postern_directory::WriteError;
use postern_identity::audit::Outcome;
use postern_identity::decide::Operation;
use postern_identity::{PasswordRule, Proven, Secret, Source, Standing};
use postern_ldap::{Header, Message, ResultCode};
use std::ops::ControlFlow;

impl Session {
    /// Whether an answer to a bind that lets nobody in proves enough for its owner to change the password here.
    pub(super) fn may_come_to_change(&self, code: ResultCode, standing: &Standing, proven: Proven) -> bool {
        code == ResultCode::INVALID_CREDENTIALS
            && proven == Proven::Yes
            && self.dialect().changes_through_service(&standing.state)
            && self.route.upstream.settings().service_account.is_some()
    }

    /// Whether the session is let in to change its password though the directory turned it away: then it has no lane.
    pub(super) fn is_turned_away(&self) -> bool {
        matches!(&self.identity, Identity::Restricted(signed_in)
            if signed_in.standing.evidence.source == Source::BindForChange)
    }

    /// Does the one thing such a session may do, and signs it in with the new password (lane rule 7).
    pub(super) async fn change_turned_away(&mut self, header: &Header, frame: &[u8]) -> ControlFlow<Leave> {
        let Some(operation) = operation_of(header.operation) else {
            return ControlFlow::Continue(());
        };
        let octets = match Message::parse(frame) {
            Ok(message) => self.changed_through_service(header, operation, &message, frame).await,
            Err(_) => self.refuse(header.id, operation, Refusal::Malformed, None),
        };
        self.forget_owned(Some(header.id));
        self.give_up_leave();
        self.take_rules_anew();
        self.set_fast();
        self.outbound.push(&octets);
        self.flush_in_time().await
    }

    async fn changed_through_service(
        &mut self,
        header: &Header,
        operation: Operation,
        message: &Message<'_>,
        frame: &[u8],
    ) -> Vec<u8> {
        let Some(change) = password_modify(message) else {
            let rule = match &self.identity {
                Identity::Restricted(signed_in) => Some(signed_in.rule.clone()),
                Identity::Anonymous | Identity::Bound(_) => None,
            };
            return self.refuse(header.id, operation, Refusal::Restricted, rule.as_ref());
        };
        let Some(new) = change.new.map(Secret::new) else {
            return self.refuse_change(message, operation, Refusal::NewPasswordNeeded, PasswordRule::Quality);
        };
        // Without the old one it would be a reset, which nobody who signs in may ask our service account for.
        let Some(old) = change.old.map(Secret::new) else {
            return self.refuse_change(message, operation, Refusal::OldPasswordNeeded, PasswordRule::OldNeeded);
        };
        // Its own and nobody else's: what the request calls it was compared with that when it was admitted.
        let dn = match self.target(None) {
            Ok(dn) => dn,
            Err(Untranslated::Refused(refusal, rule)) => return self.refuse_change(message, operation, refusal, rule),
            Err(Untranslated::Unresolved) => {
                return self.refuse(header.id, operation, Refusal::DirectoryUnreachable, None);
            }
        };
        // Whether the connection is protected the service account's own lane sees to.
        if let Err(Untranslated::Refused(refusal, rule)) = self.check_password(Some(&old), &new, true) {
            return self.refuse_change(message, operation, refusal, rule);
        }
        let watched = match self.ask_guard_for_change(header, frame).await {
            Ok(watched) => watched,
            Err(answer) => return answer,
        };
        // The guard may have let it wait, and other rules may hold now: those are asked when it is asked once more.
        if self.generation != self.shared.generation.get() {
            self.settle_watched(watched, ResultCode::UNAVAILABLE); // nothing was sent
            return self.refuse(header.id, operation, Refusal::DirectoryUnreachable, None);
        }
        let policy_asked = asks_for_policy(message);
        self.take_leave_in_sequence(frame);
        match self.route.service.write_password(&dn, Some(&old), &new).await {
            Ok(()) => {
                self.settle_watched(watched, ResultCode::SUCCESS);
                let how = (operation, Outcome::Allowed, ResultCode::SUCCESS);
                self.record_change_by("built-in:changed-by-service-account", how, header.id);
                self.sign_in_again(header, &new).await;
                told_change(header.id, operation, None, policy_asked)
            }
            Err(WriteError::Refused(refusal)) => {
                self.settle_watched(watched, tested(refusal));
                let told = self.told_refusal(operation, refusal);
                self.record_change((operation, Outcome::Failed, told.code), header.id);
                told_change(header.id, operation, Some(told), policy_asked)
            }
            Err(WriteError::OutcomeUnknown) => {
                // Dropped unsettled it counts as wrong, and what was written may have been.
                self.guarded.push(watched);
                self.forget_watched(|known| known.id == header.id);
                self.refuse(header.id, operation, Refusal::OutcomeUnknown, None)
            }
            Err(WriteError::ProofUnknown) => {
                // The old password may have been counted as wrong.
                self.guarded.push(watched);
                self.forget_watched(|known| known.id == header.id);
                self.refuse(header.id, operation, Refusal::DirectoryUnreachable, None)
            }
            Err(WriteError::Unprotected) => {
                self.settle_watched(watched, ResultCode::UNAVAILABLE); // nothing was sent
                let rule = PasswordRule::Transport;
                self.refuse_change(message, operation, Refusal::PasswordUnwritable, rule)
            }
            Err(error @ (WriteError::Connect(_) | WriteError::LookUp(_) | WriteError::NotPossible)) => {
                self.settle_watched(watched, ResultCode::UNAVAILABLE); // nothing was sent
                tracing::warn!(
                    target: "postern::directory",
                    session = self.registered.number, %error, "a password cannot be changed by the service account"
                );
                self.refuse(header.id, operation, Refusal::DirectoryUnreachable, None)
            }
        }
    }
}
