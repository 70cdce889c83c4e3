//! Waiting, and how long: the session's one timer keeps the time of everything.

use super::{Event, Identity, Leave, Session};
use crate::lane::{Lane, LaneLoss};
use crate::ticker::ticks;
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long a session that is nobody keeps a lane it does not use.
const UNUSED: Duration = Duration::from_secs(1);

impl Session {
    /// What has taken too long, if anything.
    pub(super) fn overdue(&mut self) -> Option<Event> {
        // Sessions that ask nothing, and searches that never end, meet new rules here; so does everybody when a window of time ends.
        if (self.generation != self.shared.generation.get() || self.rules_are_over())
            && let ControlFlow::Break(why) = self.new_rules()
        {
            return Some(Event::Leave(why));
        }
        if let Some(event) = self.outstayed() {
            return Some(event);
        }
        let limits = self.shared.limits;
        let now = self.shared.ticker.now();
        let late = |since: u32, limit: Duration| now.saturating_sub(since) >= ticks(limit);
        if self.marks.stalled.is_some_and(|since| late(since, limits.write_stall)) {
            return Some(Event::Leave(Leave::Gone));
        }
        if self.marks.partial.is_some_and(|since| late(since, limits.request)) {
            return Some(Event::Leave(Leave::Late("the request took too long to arrive")));
        }
        // While its client does not take what it said, a directory cannot be heard, and is not silent.
        if self
            .in_flight
            .oldest()
            .is_some_and(|since| late(since.max(self.marks.unheard), limits.operation))
        {
            return Some(Event::LaneLost(LaneLoss::Silent));
        }
        if self.half_closed && self.client.has_failed() {
            return Some(Event::Leave(Leave::Gone));
        }
        if matches!(self.identity, Identity::Anonymous) {
            // Nobody needs this lane to be whom they are.
            if self.in_flight.is_empty() && self.marks.request.is_some_and(|since| late(since, UNUSED)) {
                self.give_lane_back();
            }
            // What is under way does not count: the root DSE may be asked for again and again.
            let open = self.rules.as_ref().is_some_and(|rules| rules.anonymous.value);
            if !open && !self.marks.signed_in && late(self.marks.connected, limits.first_octet) {
                return Some(Event::Leave(Leave::Late("nobody signed in for too long")));
            }
        }
        match self.marks.request {
            None if late(self.marks.connected, limits.first_octet) => {
                Some(Event::Leave(Leave::Late("nothing was asked for too long")))
            }
            Some(since) if self.in_flight.is_empty() && late(since, limits.idle) => {
                Some(Event::Leave(Leave::Late("nothing was asked for too long")))
            }
            _ => None,
        }
    }

    /// Sends one request on a lane this session holds and waits for its answer, for as long as a bind may take. The session's own timer keeps
    /// the time: setting another for every bind costs a lock that all workers share.
    pub(super) async fn exchange(&mut self, lane: &mut Lane, request: &[u8]) -> Result<Zeroizing<Vec<u8>>, LaneLoss> {
        let limits = self.shared.limits;
        let deadline = self
            .shared
            .ticker
            .now()
            .saturating_add(ticks(limits.bind))
            .saturating_add(1);
        let mut answer = pin!(lane.exchange(request, limits.answer));
        poll_fn(|context| {
            if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                return Poll::Ready(answer);
            }
            while self.timer.as_mut().poll(context).is_ready() {
                let next = tokio::time::Instant::now() + self.period;
                self.timer.as_mut().reset(next);
                if self.shared.ticker.now() >= deadline {
                    return Poll::Ready(Err(LaneLoss::Silent));
                }
            }
            Poll::Pending
        })
        .await
    }
}
