//! The fast way: octets in, headers walked, whole messages passed on, from the worker's buffer, without waiting.

use super::admit::Admit;
use super::{Event, Leave, Session};
use crate::inbound::{self, Inbound};
use crate::lane::LaneLoss;
use crate::registry::Phase;
use crate::scratch;
use postern_ldap::tag;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, ReadBuf};
use zeroize::{Zeroize, Zeroizing};

/// What one turn of one side came to.
pub(super) enum Turn {
    /// Something moved; there may be more.
    Moved,
    /// Nothing can move now; the socket will wake the task.
    Waiting,
    /// The relay must stop for this.
    Stop(Event),
}

impl Session {
    /// Moves octets both ways until something needs more than that.
    pub(super) fn poll_relay(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if let Some(event) = self.stopping() {
            return Poll::Ready(event);
        }
        while self.timer.as_mut().poll(context).is_ready() {
            let next = tokio::time::Instant::now() + self.period;
            self.timer.as_mut().reset(next);
            if let Some(event) = self.overdue() {
                return Poll::Ready(event);
            }
        }
        if let Some(request) = self.judge_owner_again() {
            return Poll::Ready(Event::Request(request));
        }
        loop {
            let mut moved = false;
            for turn in [Self::write_client, Self::write_lane, Self::read_lane, Self::read_client] {
                match turn(self, context) {
                    Turn::Moved => moved = true,
                    Turn::Waiting => {}
                    Turn::Stop(event) => return Poll::Ready(event),
                }
            }
            if !moved {
                return Poll::Pending;
            }
        }
    }

    /// Whether the gateway stops, and this session can.
    fn stopping(&mut self) -> Option<Event> {
        match self.shared.registry.phase() {
            Phase::Running => None,
            Phase::Draining if !self.in_flight.is_empty() => None,
            Phase::Draining | Phase::Ending => Some(Event::Leave(Leave::Draining)),
        }
    }

    /// What the client has not taken yet goes first.
    fn write_client(&mut self, context: &mut Context<'_>) -> Turn {
        if self.outbound.is_empty() {
            return Turn::Waiting;
        }
        match self.outbound.poll_drain(&mut self.client, context) {
            Poll::Ready(Ok(())) => {
                self.marks.stalled = None;
                Turn::Moved
            }
            Poll::Ready(Err(_)) => Turn::Stop(Event::Leave(Leave::Gone)),
            Poll::Pending => {
                self.marks.stalled.get_or_insert(self.shared.ticker.now());
                Turn::Waiting
            }
        }
    }

    fn write_lane(&mut self, context: &mut Context<'_>) -> Turn {
        let Some(lane) = &mut self.lane else {
            return Turn::Waiting;
        };
        if lane.outbound.is_empty() {
            return Turn::Waiting;
        }
        match lane.outbound.poll_drain(&mut lane.transport, context) {
            Poll::Ready(Ok(())) => Turn::Moved,
            Poll::Ready(Err(_)) => Turn::Stop(Event::LaneLost(LaneLoss::Closed)),
            Poll::Pending => Turn::Waiting,
        }
    }

    /// Requests. Not read while either side has octets to take: a client that does not read its answers gets no more of them.
    fn read_client(&mut self, context: &mut Context<'_>) -> Turn {
        // Nor in the middle of an answer that is passed on in parts: no answer of ours may end up inside it.
        let lane_takes = self
            .lane
            .as_ref()
            .is_none_or(|lane| lane.outbound.is_empty() && lane.streaming == 0);
        if !self.outbound.is_empty() || !lane_takes || self.shared.registry.phase() != Phase::Running {
            // The rest of a request is not late while nobody reads it.
            if let Some(since) = &mut self.marks.partial {
                *since = self.shared.ticker.now();
            }
            return self.stopping().map_or(Turn::Waiting, Turn::Stop);
        }
        if self.inbound.is_ready(self.frame_limit()) {
            return self.buffered_requests(context);
        }
        if self.half_closed {
            // An operation that stays open by its nature has nobody to wait for it any more.
            return if self.in_flight.only_lasting() {
                Turn::Stop(Event::Leave(Leave::Done))
            } else {
                Turn::Waiting
            };
        }
        scratch::with(|buffer| {
            let mut read = ReadBuf::new(buffer);
            match Pin::new(&mut self.client).poll_read(context, &mut read) {
                Poll::Pending => return Turn::Waiting,
                Poll::Ready(Err(_)) => return Turn::Stop(Event::Leave(Leave::Gone)),
                Poll::Ready(Ok(())) => {}
            }
            let count = read.filled().len();
            if count == 0 {
                self.half_closed = true;
                return Turn::Moved;
            }
            self.marks.request = Some(self.shared.ticker.now());
            let octets = buffer.get_mut(..count).unwrap_or_default();
            if !self.inbound.is_empty() {
                self.inbound.push(octets);
                octets.zeroize();
                return if self.inbound.is_ready(self.frame_limit()) {
                    self.buffered_requests(context)
                } else {
                    Turn::Moved
                };
            }
            let (used, plain, turn) = self.requests(context, octets);
            let rest = octets.get(used..).unwrap_or_default();
            if !rest.is_empty() {
                self.inbound.push(rest);
                self.marks.partial = Some(self.shared.ticker.now());
            }
            if !plain || !rest.is_empty() {
                octets.zeroize(); // passwords may have come with it
            }
            turn
        })
    }

    /// Requests that wait in the session.
    fn buffered_requests(&mut self, context: &mut Context<'_>) -> Turn {
        let mut taken: Inbound = self.inbound.take();
        let (used, _, turn) = self.requests(context, taken.rest());
        taken.consume(used);
        self.marks.partial = if taken.is_empty() {
            None
        } else {
            Some(self.shared.ticker.now())
        };
        self.inbound.put_back(taken);
        turn
    }

    /// Admits the whole requests that begin `octets`. Returns how many octets are done with, whether all of them were plain searches,
    /// and how to go on. Requests that pass unchanged go out in runs, one write a run.
    fn requests(&mut self, context: &mut Context<'_>, octets: &[u8]) -> (usize, bool, Turn) {
        let mut done = 0;
        let mut run = 0;
        let mut plain = true;
        let mut turn = Turn::Moved;
        loop {
            if self.generation != self.shared.generation.get()
                && let ControlFlow::Break(why) = self.new_rules()
            {
                turn = Turn::Stop(Event::Leave(why));
                break;
            }
            let rest = octets.get(done..).unwrap_or_default();
            let header = match inbound::next(rest, self.frame_limit()) {
                Ok(Some(header)) => header,
                Ok(None) => break,
                Err(error) => {
                    turn = Turn::Stop(Event::Leave(Leave::Frame(error)));
                    break;
                }
            };
            let request = rest.get(..header.length).unwrap_or_default();
            plain &= header.operation == tag::SEARCH_REQUEST;
            let (admitted, renamed) = self.admit_at_edge(&header, request);
            if let Admit::Pass = admitted {
                done += header.length;
                continue;
            }
            // Everything before this request leaves first: the order of requests is kept.
            if let Err(loss) = self.pass(context, octets.get(run..done).unwrap_or_default()) {
                turn = Turn::Stop(Event::LaneLost(loss));
                // What is in flight already, or answered, is not to be admitted again; the rest is, without this lane.
                run = done;
                match admitted {
                    Admit::Pass | Admit::InSequence | Admit::Later => {}
                    Admit::Changed(_) | Admit::Swallow => done += header.length,
                    Admit::Answer(answer) => {
                        done += header.length;
                        let answer = self.to_client(&answer);
                        self.outbound.push(&answer);
                    }
                    Admit::Leave(why) => turn = Turn::Stop(Event::Leave(why)),
                }
                run = run.max(done);
                break;
            }
            if let Admit::Later = admitted {
                run = done;
                turn = Turn::Waiting;
                break;
            }
            done += header.length;
            run = done;
            match admitted {
                Admit::Pass | Admit::Swallow | Admit::Later => {}
                Admit::Changed(changed) => {
                    if let Err(loss) = self.pass(context, &changed) {
                        turn = Turn::Stop(Event::LaneLost(loss));
                        break;
                    }
                }
                Admit::Answer(answer) => {
                    let answer = self.to_client(&answer);
                    if self.outbound.write(&mut self.client, context, &answer).is_err() {
                        turn = Turn::Stop(Event::Leave(Leave::Gone));
                        break;
                    }
                }
                Admit::InSequence => {
                    turn = Turn::Stop(Event::Request(
                        renamed.unwrap_or_else(|| Zeroizing::new(request.to_vec())),
                    ));
                    break;
                }
                Admit::Leave(why) => {
                    turn = Turn::Stop(Event::Leave(why));
                    break;
                }
            }
        }
        if run < done
            && let Err(loss) = self.pass(context, octets.get(run..done).unwrap_or_default())
        {
            return (done, plain, Turn::Stop(Event::LaneLost(loss)));
        }
        (done, plain, turn)
    }

    /// Sends whole requests up the lane.
    fn pass(&mut self, context: &mut Context<'_>, octets: &[u8]) -> Result<(), LaneLoss> {
        if octets.is_empty() {
            return Ok(());
        }
        let lane = self.lane.as_mut().ok_or(LaneLoss::Broken)?;
        lane.put(context, octets)
    }
}
