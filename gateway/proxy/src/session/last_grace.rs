//! What is done with sign-ins that come to their last: owners are told, and a route may keep the last grace sign-in from being spent.
//!
//! A directory counts a grace sign-in before it tells of it, so the last one can only be kept by not asking. The password of such a sign-in
//! is not proven then: it is answered as a wrong one, right or not, and the owner needs another way to a new password. Only accounts
//! that were in grace at their last sign-in here are looked up, so for others nothing changes.

use super::Session;
use crate::refusal::Refusal;
use crate::surface::Shown;
use postern_directory::LookUpError;
use postern_identity::audit::{Notice, Outcome};
use postern_identity::decide::{BindVerdict, Operation, RouteRules};
use postern_identity::{Evidence, Proven, Source, Standing, State, disclose};
use postern_ldap::{Message, oid};
use std::sync::Arc;

impl Session {
    /// Takes note of a sign-in the directory has judged, and has its owner told where the rules want it and it is news.
    pub(super) fn take_note(&self, name: &[u8], standing: &Standing, proven: Proven, verdict: &BindVerdict) {
        let remembered = &self.shared.remembered;
        let news = verdict.notice || matches!(standing.state, State::ExpiredGrace { .. });
        if proven != Proven::Yes || (!news && remembered.is_empty()) {
            return;
        }
        let mark = remembered.mark(self.route.upstream.name(), name);
        if remembered.signed_in(mark, standing.state, verdict.notice, self.shared.ticker.now()) {
            self.shared.audit.notice(&Notice {
                route: &self.route.name,
                session: self.registered.number,
                account: &super::record::readable(name),
                state: standing.state,
                rule: verdict.rule.as_str(),
                generation: self.generation,
            });
        }
    }

    /// The grace sign-ins an account had left, if the route keeps the last one and the account is known to be in grace. Where none is left
    /// the directory refuses by itself, and proves the password by it.
    pub(super) fn may_be_last_grace(&self, name: &[u8], rules: &RouteRules) -> Option<u64> {
        let remembered = &self.shared.remembered;
        // A route may be transparent for a while, whatever its files say.
        if !rules.keep_last_grace.value || rules.surface.value.is_transparent() || remembered.is_empty() {
            return None;
        }
        let mark = remembered.mark(self.route.upstream.name(), name);
        remembered.grace_left(mark).filter(|left| *left > 0)
    }

    /// The answer to a sign-in that is not put to the directory, for it would spend the account's last grace sign-in.
    pub(super) async fn kept_last_grace(
        &mut self,
        message: &Message<'_>,
        name: &[u8],
        rules: &RouteRules,
        left: u64,
    ) -> Option<Vec<u8>> {
        let route = Arc::clone(&self.route);
        match route.service.look_up(std::str::from_utf8(name).ok()?).await {
            Ok(account) if account.standing.state == (State::ExpiredGrace { left: 1 }) => {
                Some(self.refuse_last_grace(message, name, &account.standing, rules))
            }
            Ok(_) | Err(LookUpError::NotFound | LookUpError::Ambiguous) => None,
            // Only where it is the last for all we know; that is a failure of ours, not of the password.
            Err(LookUpError::Connect(_)) if left == 1 => {
                let refusal = Refusal::DirectoryUnreachable;
                Some(self.refuse_name(message.id, Operation::Bind, refusal, None, Some(name)))
            }
            Err(error) => {
                tracing::warn!(
                    target: "postern::directory",
                    session = self.registered.number, route = &*route.name, %error,
                    "a last grace sign-in cannot be kept: the account cannot be looked up"
                );
                None
            }
        }
    }

    /// Nothing proves the password, so nothing is told: the octets of a wrong one. What was read of the account is on record.
    fn refuse_last_grace(&self, message: &Message<'_>, name: &[u8], read: &Standing, rules: &RouteRules) -> Vec<u8> {
        let (_, code, _) = Refusal::LastGraceKept.entry();
        let evidence = Evidence {
            source: Source::Bind,
            result_code: None,
            told_by: "not asked",
        };
        let unknown = Standing::unknown(evidence);
        let verdict = self.ask(name, &unknown, Proven::Unknown);
        self.record(
            Operation::Bind,
            Outcome::Refused,
            code,
            rules.keep_last_grace.rule.as_str(),
            Some(name),
            Some((read, Proven::Unknown)),
        );
        let asked = message
            .controls
            .find(oid::PASSWORD_POLICY)
            .is_ok_and(|control| control.is_some());
        let shown = Shown {
            id: message.id,
            verdict: &verdict,
            told: disclose(&unknown, Proven::Unknown),
            asked,
        };
        shown.refused()
    }
}
