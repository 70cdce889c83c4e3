//! How a session comes by its lane, loses it and gives it back; and everything else that is done in sequence.

use super::admit::Admit;
use super::ask::no_lane;
use super::shaped::standing_changed;
use super::{Identity, Leave, Session};
use crate::gateway::Route;
use crate::in_flight::{Care, final_response, operation_of};
use crate::lane::{Lane, LaneIdentity, LaneLoss};
use crate::refusal::Refusal;
use crate::settings::Limits;
use postern_directory::{Share, Want};
use postern_identity::audit::Outcome;
use postern_identity::decide::Operation;
use postern_ldap::extended::ExtendedRequest;
use postern_ldap::result::LdapResult;
use postern_ldap::{Header, Message, MessageId, ResultCode, answer, bind, frame, oid, tag};
use std::ops::ControlFlow;
use std::sync::Arc;
use zeroize::Zeroizing;

impl Session {
    /// Does one request in sequence. A leave to write, or to test a password, is this request's alone, however it ends.
    pub(super) async fn request(&mut self, frame: Zeroizing<Vec<u8>>) -> ControlFlow<Leave> {
        self.give_up_leave();
        let flow = self.in_sequence(frame).await;
        self.give_up_grant();
        self.give_up_leave();
        flow
    }

    async fn in_sequence(&mut self, frame: Zeroizing<Vec<u8>>) -> ControlFlow<Leave> {
        let Ok(Some(header)) = frame::walk(&frame, usize::MAX) else {
            return ControlFlow::Continue(());
        };
        let start_tls = header.operation == tag::EXTENDED_REQUEST && is_start_tls(&frame);
        if self.route.sign_in.opaque && !(start_tls && self.may_start_tls()) {
            return Box::pin(self.pass_everything_on(&header, frame)).await;
        }
        if header.operation == tag::BIND_REQUEST {
            return self.bind(header.id, &frame).await;
        }
        if start_tls {
            return Box::pin(self.start_tls(header.id)).await;
        }
        self.resolve_own_dn_for(&frame).await;
        // As the directory would have it: whose passwords it is about is asked of what goes up.
        let (header, frame) = if self.route.shape.is_some() && matches!(self.identity, Identity::Bound(_)) {
            let (route, patience) = (Arc::clone(&self.route), self.shared.limits.bind);
            let Some(frame) = Box::pin(standing_changed(route, patience, frame)).await else {
                let octets = self.refuse(header.id, Operation::Modify, Refusal::ShownOnly, None);
                self.outbound.push(&octets);
                return self.flush_in_time().await;
            };
            (frame::walk(&frame, usize::MAX).ok().flatten().unwrap_or(header), frame)
        } else {
            (header, frame)
        };
        if let Err(answer) = Box::pin(self.ask_owner_in_force(&header, &frame)).await? {
            let answer = self.to_client(&answer);
            self.outbound.push(&answer);
            return self.flush_in_time().await;
        }
        // It may have been admitted before the session was restricted.
        if let Err(octets) = self.still_restricted_may(&header, &frame) {
            self.outbound.push(&octets);
            return self.flush_in_time().await;
        }
        if self.is_turned_away() {
            return Box::pin(self.change_turned_away(&header, &frame)).await;
        }
        if matches!(self.identity, Identity::Restricted(_)) {
            return Box::pin(self.change_own_password(&header, &frame)).await;
        }
        if let Err(answer) = self.ask_guard_in_sequence(&header, &frame).await {
            self.outbound.push(&answer);
            return self.flush_in_time().await;
        }
        if self.lane_fits() {
            self.send_admitted(&header, &frame).await
        } else {
            self.first_on_lane(&header, frame).await
        }
    }

    /// The first request of an anonymous session: a lane is found for it.
    async fn first_on_lane(&mut self, header: &Header, request: Zeroizing<Vec<u8>>) -> ControlFlow<Leave> {
        let Some(operation) = operation_of(header.operation) else {
            return ControlFlow::Continue(());
        };
        // A bound session without its lane cannot come here: losing the lane ends it.
        if self.is_bound() {
            return ControlFlow::Break(Leave::DirectoryLost);
        }
        self.give_lane_back();
        self.marks.route_used = true;
        let want = self.want_of_nobody(operation);
        match anonymous_lane(&self.route, self.shared.limits, &want, self.share()).await {
            Ok(lane) => {
                let reused = lane.reused;
                self.lane = Some(lane);
                self.set_fast();
                self.retry = (reused && operation == Operation::Search).then(|| request.clone());
                self.send_admitted(header, &request).await
            }
            Err(refusal) => {
                let octets = self.refuse(header.id, operation, refusal, None);
                self.outbound.push(&octets);
                self.flush_in_time().await
            }
        }
    }

    /// Admits a request again, now that there is a lane, and sends what comes of it.
    async fn send_admitted(&mut self, header: &Header, request: &[u8]) -> ControlFlow<Leave> {
        // A lane may have been long in coming.
        if self.generation != self.shared.generation.get() {
            self.new_rules()?;
        }
        let admitted = self.admit(header, request);
        let up: &[u8] = match &admitted {
            Admit::Pass => request,
            Admit::Changed(changed) => changed,
            Admit::Answer(answer) => {
                let answer = self.to_client(answer);
                self.outbound.push(&answer);
                return self.flush_in_time().await;
            }
            Admit::Swallow => return ControlFlow::Continue(()),
            // It was to be waited for once more, and its turn has been: nothing of it was sent, and it must not be left without an answer.
            Admit::InSequence | Admit::Later => {
                if let Some(operation) = operation_of(header.operation) {
                    let octets = self.refuse(header.id, operation, Refusal::DirectorySilent, None);
                    self.outbound.push(&octets);
                }
                return self.flush_in_time().await;
            }
            Admit::Leave(why) => return ControlFlow::Break(*why),
        };
        let Some(lane) = &mut self.lane else {
            return ControlFlow::Continue(());
        };
        let sent = tokio::time::timeout(self.shared.limits.bind, lane.send(up))
            .await
            .unwrap_or(Err(LaneLoss::Silent));
        match sent {
            Ok(()) => ControlFlow::Continue(()),
            Err(loss) => Box::pin(self.lane_lost(loss)).await,
        }
    }

    /// The lane is gone. Everything in flight is answered; a session that was somebody on it ends.
    pub(super) async fn lane_lost(&mut self, loss: LaneLoss) -> ControlFlow<Leave> {
        let retry = self.retry.take();
        let Some(lane) = self.lane.take() else {
            return ControlFlow::Continue(());
        };
        if loss == LaneLoss::Silent {
            self.route.upstream.lost(lane.server);
        }
        if lane.streaming > 0 {
            return ControlFlow::Break(Leave::Gone); // in the middle of an answer: nothing can follow
        }
        let untouched = lane.reused && lane.inbound.is_empty();
        let server = self.route.upstream.server_name(lane.server).to_owned();
        drop(lane);
        self.fast = false;
        if let Some(request) = retry.filter(|_| untouched && self.in_flight.len() == 1 && loss == LaneLoss::Closed) {
            return self.once_more(&request).await;
        }
        tracing::warn!(
            target: "postern::directory",
            session = self.registered.number, route = &*self.route.name, %server, reason = %loss,
            in_flight = self.in_flight.len(), "a lane was lost"
        );
        self.has_changed_names();
        self.forget_watched(|_| true); // nobody knows what came of them
        self.forget_owned(None);
        for pending in self.in_flight.take_all() {
            let refusal = match pending.operation {
                Operation::Bind | Operation::Search | Operation::Compare => Self::refusal_for_lost(loss),
                // Only those that may have changed something leave an unknown outcome behind (lane rule 6).
                Operation::Extended if !pending.care.has(Care::RECORD) => Self::refusal_for_lost(loss),
                _ => Refusal::OutcomeUnknown,
            };
            let (rule, code, text) = refusal.entry();
            self.record(pending.operation, Outcome::Unavailable, code, rule, None, None);
            self.outbound.push(&answer::result(
                pending.id,
                final_response(pending.operation),
                code,
                text,
                &[],
            ));
        }
        if self.is_bound() {
            return ControlFlow::Break(Leave::DirectoryLost);
        }
        self.flush_in_time().await
    }

    /// Lane rule 6: a search that met the end of a reused lane before anything came back is sent once on a fresh one.
    async fn once_more(&mut self, request: &[u8]) -> ControlFlow<Leave> {
        self.forget_watched(|_| true);
        let waiting = self.in_flight.take_all();
        let Ok(Some(header)) = frame::walk(request, usize::MAX) else {
            return ControlFlow::Break(Leave::DirectoryLost);
        };
        let want = self.want_of_nobody(Operation::Search);
        match self.route.pool.fresh(&want, self.share()).await.map_err(no_lane) {
            Ok(lane) => {
                self.lane = Some(lane);
                self.set_fast();
                self.send_admitted(&header, request).await
            }
            Err(refusal) => {
                for pending in waiting {
                    let octets = self.refuse(pending.id, pending.operation, refusal, None);
                    self.outbound.push(&octets);
                }
                self.flush_in_time().await
            }
        }
    }

    /// Gives the lane to the next session if nothing of this one is left on it, else closes it.
    pub(super) fn give_lane_back(&mut self) {
        self.fast = false;
        if let Some(lane) = self.lane.take()
            && self.in_flight.owes_nothing()
        {
            self.route.pool.give_back(lane);
        }
    }
}

fn is_start_tls(request: &[u8]) -> bool {
    Message::parse(request)
        .and_then(|message| ExtendedRequest::parse(&message).map(|request| request.oid == oid::START_TLS))
        .unwrap_or(false)
}

/// A lane on which the directory knows nobody (lane rule 4): a reused one is anonymously bound first and must have said 0 to it.
async fn anonymous_lane(route: &Route, limits: Limits, want: &Want, share: Share) -> Result<Box<Lane>, Refusal> {
    let mut lane = route.pool.take(want, share).await.map_err(no_lane)?;
    if !lane.reused && lane.identity == LaneIdentity::Anonymous {
        return Ok(lane);
    }
    let request = bind::simple(MessageId(1), b"", b"", &[]);
    let answered = lane.exchange_in_time(&request, &limits).await;
    let accepted = answered.is_ok_and(|octets| {
        Message::parse(&octets)
            .and_then(|message| LdapResult::parse(&message).map(|result| result.code == ResultCode::SUCCESS))
            .unwrap_or(false)
    });
    if accepted {
        lane.identity = LaneIdentity::Anonymous;
        lane.reused = true; // it may still be closed under us, by a server that was about to
        return Ok(lane);
    }
    drop(lane);
    route.pool.fresh(want, share).await.map_err(no_lane)
}
