//! The fast way: octets in, headers walked, whole messages passed on, from the worker's buffer, without waiting.

use super::admit::Admit;
use super::{Event, Leave, Session};
use crate::in_flight::{Care, answers};
use crate::inbound::{self, Inbound};
use crate::lane::{LaneLoss, loss};
use crate::registry::Phase;
use crate::{root_dse, scratch};
use postern_identity::decide::{Operation, References};
use postern_ldap::{Header, Message, MessageId, frame, result, tag};
use std::ops::{ControlFlow, Range};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, ReadBuf};
use zeroize::{Zeroize, Zeroizing};

/// Answers larger than this are passed on as they come instead of being held until they are whole.
const LARGE: usize = 32 * 1024;

/// What one turn of one side came to.
enum Turn {
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
            return self.stopping().map_or(Turn::Waiting, Turn::Stop);
        }
        if self.inbound.is_ready(self.frame_limit()) {
            return self.buffered_requests(context);
        }
        if self.half_closed {
            return if self.in_flight.is_empty() {
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
            let admitted = self.admit(&header, request);
            if let Admit::Pass = admitted {
                done += header.length;
                continue;
            }
            // Everything before this request leaves first: the order of requests is kept.
            if let Err(loss) = self.pass(context, octets.get(run..done).unwrap_or_default()) {
                turn = Turn::Stop(Event::LaneLost(loss));
                break;
            }
            done += header.length;
            run = done;
            match admitted {
                Admit::Pass | Admit::Swallow => {}
                Admit::Changed(changed) => {
                    if let Err(loss) = self.pass(context, &changed) {
                        turn = Turn::Stop(Event::LaneLost(loss));
                        break;
                    }
                }
                Admit::Answer(answer) => {
                    if self.outbound.write(&mut self.client, context, &answer).is_err() {
                        turn = Turn::Stop(Event::Leave(Leave::Gone));
                        break;
                    }
                }
                Admit::InSequence => {
                    turn = Turn::Stop(Event::Request(Zeroizing::new(request.to_vec())));
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
        lane.outbound.write(&mut lane.transport, context, octets).map_err(loss)
    }

    /// Answers. Not read while the client has octets to take.
    fn read_lane(&mut self, context: &mut Context<'_>) -> Turn {
        if !self.outbound.is_empty() {
            return Turn::Waiting;
        }
        scratch::with(|buffer| {
            let Some(lane) = &mut self.lane else {
                return Turn::Waiting;
            };
            let mut read = ReadBuf::new(buffer);
            match Pin::new(&mut lane.transport).poll_read(context, &mut read) {
                Poll::Pending => return Turn::Waiting,
                Poll::Ready(Err(error)) => return Turn::Stop(Event::LaneLost(loss(error))),
                Poll::Ready(Ok(())) => {}
            }
            let octets = read.filled();
            if octets.is_empty() {
                return Turn::Stop(Event::LaneLost(LaneLoss::Closed));
            }
            lane.reused = false;
            self.retry = None;
            let mut held = std::mem::take(&mut lane.inbound);
            let outcome = if held.is_empty() {
                self.answers(context, octets)
                    .map(|used| octets.get(used..).unwrap_or_default().to_vec())
            } else {
                held.extend_from_slice(octets);
                self.answers(context, &held).map(|used| {
                    held.drain(..used);
                    // Memory grown for one large answer is not kept by an idle lane.
                    if held.is_empty() { Vec::new() } else { held }
                })
            };
            match (outcome, &mut self.lane) {
                (Ok(rest), Some(lane)) => {
                    lane.inbound = rest;
                    Turn::Moved
                }
                (Ok(_), None) => Turn::Moved,
                (Err(event), _) => Turn::Stop(event),
            }
        })
    }

    /// Passes on the answers that begin `octets`, whole ones in runs and large ones as they come. Returns how many octets are done with.
    fn answers(&mut self, context: &mut Context<'_>, octets: &[u8]) -> Result<usize, Event> {
        let mut done = 0;
        let mut run = 0..0;
        if let Some(lane) = &mut self.lane {
            let streamed = lane.streaming.min(octets.len());
            lane.streaming -= streamed;
            done = streamed;
            run = 0..streamed;
        }
        let mut end = Ok(());
        loop {
            let rest = octets.get(done..).unwrap_or_default();
            let (header, fate) = match self.next_answer(rest) {
                Ok(Some(answer)) => answer,
                Ok(None) => break,
                Err(event) => {
                    // What came whole before it was answered and counted: it still goes out.
                    end = Err(event);
                    break;
                }
            };
            match fate {
                Fate::Pass => {
                    done += header.length;
                    run.end = done;
                }
                Fate::Stream => {
                    if let Some(lane) = &mut self.lane {
                        lane.streaming = header.length - rest.len();
                    }
                    done += rest.len();
                    run.end = done;
                    break;
                }
                Fate::Drop => {
                    self.hand_over(context, octets, &run)?;
                    done += header.length;
                    run = done..done;
                }
                Fate::Change(changed) => {
                    self.hand_over(context, octets, &run)?;
                    self.hand_over(context, &changed, &(0..changed.len()))?;
                    done += header.length;
                    run = done..done;
                }
            }
        }
        self.hand_over(context, octets, &run)?;
        end.map(|()| done)
    }

    /// The answer that begins `rest` and what becomes of it; `None` if more of it must come first.
    fn next_answer(&mut self, rest: &[u8]) -> Result<Option<(Header, Fate)>, Event> {
        let walked = frame::walk(rest, self.shared.limits.answer);
        let Some(header) = walked.map_err(|_| Event::LaneLost(LaneLoss::Protocol))? else {
            return Ok(None);
        };
        match rest.get(..header.length) {
            Some(answer) => self.fate(&header, answer).map(|fate| Some((header, fate))),
            None if header.length > LARGE && self.may_stream(&header) => Ok(Some((header, Fate::Stream))),
            None => Ok(None),
        }
    }

    /// Writes to the client what it takes now and keeps the rest.
    fn hand_over(&mut self, context: &mut Context<'_>, octets: &[u8], run: &Range<usize>) -> Result<(), Event> {
        let octets = octets.get(run.clone()).unwrap_or_default();
        if octets.is_empty() {
            return Ok(());
        }
        self.outbound
            .write(&mut self.client, context, octets)
            .map_err(|_| Event::Leave(Leave::Gone))
    }

    /// Whether an answer of which only a part has come may be passed on in parts: an entry nobody wants to look into.
    fn may_stream(&mut self, header: &Header) -> bool {
        header.operation == tag::SEARCH_ENTRY
            && self
                .in_flight
                .find(header.id)
                .is_some_and(|pending| pending.operation == Operation::Search && !pending.care.edits_entries())
    }

    /// What becomes of one whole answer. Lane rule 3: an answer nobody waits for ends the lane and is never passed on.
    #[inline]
    fn fate(&mut self, header: &Header, answer: &[u8]) -> Result<Fate, Event> {
        let Some(pending) = self.in_flight.find(header.id) else {
            if header.id == MessageId(0) {
                return Err(Event::LaneLost(LaneLoss::Notice));
            }
            if self.in_flight.swallows(header.id, header.operation) {
                return Ok(Fate::Drop);
            }
            return Err(Event::LaneLost(LaneLoss::Protocol));
        };
        if !answers(pending.operation, header.operation) {
            return Err(Event::LaneLost(LaneLoss::Protocol));
        }
        match header.operation {
            tag::SEARCH_ENTRY if pending.care.edits_entries() => self
                .edited(answer, pending.care)
                .map(Fate::Change)
                .ok_or(Event::LaneLost(LaneLoss::Protocol)),
            tag::SEARCH_ENTRY | tag::INTERMEDIATE_RESPONSE => Ok(Fate::Pass),
            tag::SEARCH_REFERENCE => {
                let dropped = self
                    .rules
                    .as_ref()
                    .is_none_or(|rules| rules.references.value == References::Drop);
                Ok(if dropped { Fate::Drop } else { Fate::Pass })
            }
            _ => {
                let code = result::peek_code(answer, header).ok_or(Event::LaneLost(LaneLoss::Protocol))?;
                self.in_flight.end_found();
                self.ended(&pending, code, answer);
                if pending.care.has(Care::STRIP) {
                    // Pre-read and post-read controls return attributes too.
                    return self
                        .stripped(answer)
                        .map(Fate::Change)
                        .ok_or(Event::LaneLost(LaneLoss::Protocol));
                }
                Ok(Fate::Pass)
            }
        }
    }

    /// An entry with what must not be in it taken out.
    fn edited(&self, answer: &[u8], care: Care) -> Option<Vec<u8>> {
        let mut octets = None;
        if care.has(Care::ROOT_DSE) {
            let start_tls = self.facts.start_tls.is_some() && !self.facts.secure;
            octets = Some(root_dse::rewritten(&Message::parse(answer).ok()?, start_tls).ok()?);
        }
        if care.has(Care::STRIP) {
            octets = Some(self.stripped(octets.as_deref().unwrap_or(answer))?);
        }
        octets
    }
}

/// What becomes of an answer.
enum Fate {
    /// It goes on as it is.
    Pass,
    /// It goes on as it comes, this part of it first.
    Stream,
    /// It does not go on.
    Drop,
    /// This goes on instead.
    Change(Vec<u8>),
}
