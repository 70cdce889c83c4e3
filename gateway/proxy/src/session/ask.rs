//! A bind on its way to the directory and back: with our own control, on a lane that may carry it.

use super::Session;
use super::record::lossy;
use crate::lane::{Lane, LaneLoss};
use crate::pool::NoLane;
use crate::refusal::Refusal;
use postern_directory::Dialect;
use postern_identity::decide::{BindQuestion, BindVerdict, RouteRules};
use postern_identity::{Proven, Standing};
use postern_ldap::control::ppolicy;
use postern_ldap::{Message, oid, splice};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What the directory said to a bind, and the lane that carried it.
pub(super) struct Answered {
    pub(super) lane: Box<Lane>,
    pub(super) octets: Zeroizing<Vec<u8>>,
}

impl Session {
    /// Puts the bind to the directory, with our own control where the rules need to know the standing, and takes up the rules in force when
    /// the answer came. If they need it only now, the bind is put once more: an answer without the control says too little to judge by.
    /// Returns whether the control was ours.
    pub(super) async fn ask_of_account(
        &mut self,
        message: &Message<'_>,
        frame: &[u8],
        asked: bool,
        transparent: bool,
    ) -> (bool, Result<Answered, Refusal>) {
        let spliced = if transparent {
            None
        } else {
            self.with_policy_control(message)
        };
        let request = spliced.as_ref().map_or(frame, |octets| octets.as_slice());
        let answered = self.ask_directory(request).await;
        if self.generation != self.shared.generation.get() {
            let _ = self.new_rules(); // nobody is signed in meanwhile, so nobody can be sent away
        }
        match answered {
            Ok(answered) if transparent && !asked && !self.is_transparent() => {
                // Whom the directory takes it for now, another session must not meet.
                let mut lane = answered.lane;
                lane.tainted |= !self.route.upstream.suits(lane.server, &self.want_of_bind(frame));
                self.lane = Some(lane);
                let spliced = self.with_policy_control(message);
                let request = spliced.as_ref().map_or(frame, |octets| octets.as_slice());
                (spliced.is_some(), self.ask_directory(request).await)
            }
            answered => (spliced.is_some(), answered),
        }
    }

    /// Asks whoever holds the rules.
    pub(super) fn ask(&self, name: &[u8], standing: &Standing, proven: Proven) -> BindVerdict {
        self.ask_with_rules(name, standing, proven).0
    }

    /// The same, with what may pass for that account from now on where that is known with it.
    pub(super) fn ask_with_rules(
        &self,
        name: &[u8],
        standing: &Standing,
        proven: Proven,
    ) -> (BindVerdict, Option<Arc<RouteRules>>) {
        self.shared.decide.sign_in(&BindQuestion {
            route: &self.route.name,
            // The whole name: conditions must not be asked about the beginning of one.
            account: &lossy(name),
            connection: &self.facts.connection(),
            standing,
            proven,
        })
    }

    /// The request with our own password policy control, replacing the client's: slapd refuses one with an empty value.
    fn with_policy_control(&self, message: &Message<'_>) -> Option<Zeroizing<Vec<u8>>> {
        if !self.dialect().knows_ppolicy_control() {
            return without_policy_control(message);
        }
        let capabilities = self.route.upstream.capabilities();
        if capabilities.known && !capabilities.password_policy {
            return None;
        }
        let control = ppolicy::request_octets();
        let request = if message.controls.is_empty() {
            Ok(splice::with_control(message, control))
        } else {
            splice::with_controls(message, |other| other.oid != oid::PASSWORD_POLICY, &[control])
        };
        request.ok().map(Zeroizing::new)
    }

    /// Sends a bind and waits for its answer. A reused lane that turns out to be dead before a single octet of answer came is replaced
    /// once (lane rule 6).
    pub(super) async fn ask_directory(&mut self, request: &[u8]) -> Result<Answered, Refusal> {
        self.marks.route_used = true;
        let want = self.want_of_bind(request);
        // A lane that cannot be used gives up its place before another is waited for. One to another server may serve another session.
        let own = self.lane.take().filter(|lane| lane.is_clean());
        let (own, other) = match own {
            Some(lane) if self.route.upstream.suits(lane.server, &want) => (Some(lane), None),
            other => (None, other),
        };
        if let Some(other) = other {
            self.route.pool.give_back(other);
        }
        let mut lane = match own {
            Some(lane) => lane,
            None => self.route.pool.take(&want, self.share()).await.map_err(no_lane)?,
        };
        loop {
            let was_reused = lane.reused;
            self.binds_sent = self.binds_sent.saturating_add(1);
            match self.exchange(&mut lane, request).await {
                Ok(octets) => return Ok(Answered { lane, octets }),
                Err(LaneLoss::Closed | LaneLoss::Broken) if was_reused && lane.reused && lane.inbound.is_empty() => {
                    drop(lane);
                    lane = self.route.pool.fresh(&want, self.share()).await.map_err(no_lane)?;
                }
                Err(loss) => {
                    // A server that hangs takes connections and answers none: only so it is known. One that is gone is found out
                    // by connecting, and one that hung up on a client's odd request is not gone.
                    if loss == LaneLoss::Silent {
                        self.route.upstream.lost(lane.server);
                    }
                    return Err(Self::refusal_for_lost(loss));
                }
            }
        }
    }

    pub(super) fn dialect(&self) -> &dyn Dialect {
        self.route.upstream.dialect()
    }
}

/// The request without a password policy control of the client's, for a directory that does not know it: were it critical it would be
/// refused there (RFC 4511 §4.1.11), though we answer it. `None` if there is none.
fn without_policy_control(message: &Message<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let asks = message
        .controls
        .into_iter()
        .flatten()
        .any(|control| control.oid == oid::PASSWORD_POLICY);
    let request = asks.then(|| splice::with_controls(message, |other| other.oid != oid::PASSWORD_POLICY, &[]));
    request.and_then(Result::ok).map(Zeroizing::new)
}

/// Why there is no lane, as the client is told.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn no_lane(reason: NoLane) -> Refusal {
    match reason {
        NoLane::Busy => Refusal::LanesBusy,
        NoLane::Unreachable(error) => {
            tracing::warn!(target: "postern::directory", %error, "no directory server can be reached");
            Refusal::DirectoryUnreachable
        }
    }
}
