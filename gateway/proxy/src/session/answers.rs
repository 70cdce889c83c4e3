//! Answers on their way to the client: whole ones in runs, large ones as they come, none that nobody waits for.

use super::referrals::Referred;
use super::relay::Turn;
use super::{Event, Leave, Session};
use crate::in_flight::{Care, Pending, answers, final_response};
use crate::lane::{LaneLoss, loss};
use crate::scratch;
use postern_identity::decide::Operation;
use postern_ldap::result::LdapResult;
use postern_ldap::{Header, Message, MessageId, ResultCode, answer, frame, result, tag};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, ReadBuf};
use zeroize::Zeroize;

/// Answers larger than this are passed on as they come instead of being held until they are whole.
const LARGE: usize = 32 * 1024;

impl Session {
    /// Answers. Not read while the client has octets to take.
    pub(super) fn read_lane(&mut self, context: &mut Context<'_>) -> Turn {
        if !self.outbound.is_empty() {
            self.marks.unheard = self.shared.ticker.now();
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
            // An extended answer may hold a password the server made up (RFC 3062).
            let secret = self.in_flight.any(Operation::Extended);
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
            if secret {
                buffer.zeroize();
            }
            match (outcome, &mut self.lane) {
                (Ok(rest), Some(lane)) => {
                    lane.inbound = rest;
                    self.judge_owner_again()
                        .map_or(Turn::Moved, |request| Turn::Stop(Event::Request(request)))
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
            Some(answer) => {
                let fate = self.fate(&header, answer)?;
                self.fate_at_edge(fate, &header, answer)
                    .map(|fate| Some((header, fate)))
            }
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
            && self.route.suffix.is_none()
            && self.route.shape.is_none()
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
        if !answers(pending.sent(), header.operation) {
            return self.misnamed(&pending, header, answer);
        }
        if !tag::ends_operation(header.operation) {
            // Time is what passes without an answer: a long list that keeps coming is not late.
            self.in_flight.refresh_found(self.shared.ticker.now());
        }
        match header.operation {
            tag::SEARCH_ENTRY if pending.care.edits_entries() => self
                .edited(answer, pending.care)
                .map(Fate::Change)
                .ok_or(Event::LaneLost(LaneLoss::Protocol)),
            tag::SEARCH_ENTRY | tag::INTERMEDIATE_RESPONSE => Ok(Fate::Pass),
            tag::SEARCH_REFERENCE => match self.referred(answer) {
                Referred::Pass => Ok(Fate::Pass),
                Referred::Changed(changed) => Ok(Fate::Change(changed)),
                Referred::Nothing => Ok(Fate::Drop),
                Referred::Broken => Err(Event::LaneLost(LaneLoss::Protocol)),
            },
            _ => {
                let code = result::peek_code(answer, header).ok_or(Event::LaneLost(LaneLoss::Protocol))?;
                let referred = if code == ResultCode::REFERRAL {
                    self.referred_result(answer, pending.care.has(Care::RECORD))
                } else {
                    Referred::Pass
                };
                self.in_flight.end_found();
                if self.premise_failed(pending.id, code) {
                    // It was not looked at any further: no password was tested.
                    self.guarded_ended(pending.id, ResultCode::BUSY);
                    return Ok(Fate::Drop);
                }
                // Where a password is written is not for a client that asked in other words to follow.
                let followed = !pending.care.has(Care::TRANSLATED) || code != ResultCode::REFERRAL;
                if let (Referred::Nothing, _) | (_, false) = (&referred, followed) {
                    self.leaves_doubt(&pending);
                    self.guarded_ended(pending.id, code);
                    return Ok(Fate::Change(self.held_elsewhere(&pending)));
                }
                if pending.care.has(Care::TRANSLATED) {
                    let translated = self
                        .translated_answer(pending.operation, pending.care, answer)
                        .ok_or(Event::LaneLost(LaneLoss::Protocol))?;
                    self.guarded_ended(pending.id, translated.tested);
                    self.ended(&pending, translated.code, answer);
                    return Ok(Fate::Change(translated.octets));
                }
                self.ended(&pending, code, answer);
                let changed = match referred {
                    Referred::Changed(changed) => Some(changed),
                    Referred::Broken => return Err(Event::LaneLost(LaneLoss::Protocol)),
                    Referred::Pass | Referred::Nothing => None,
                };
                if pending.care.has(Care::STRIP) {
                    // Pre-read and post-read controls return attributes too.
                    return self
                        .stripped(changed.as_deref().unwrap_or(answer))
                        .map(Fate::Change)
                        .ok_or(Event::LaneLost(LaneLoss::Protocol));
                }
                Ok(changed.map_or(Fate::Pass, Fate::Change))
            }
        }
    }

    /// Samba answers a request with a critical control it does not know as if it had been an extended one. It is the answer all the same, and is
    /// given the name it ought to have, but on a transparent route. Only an error: nothing was done.
    #[cold]
    fn misnamed(&mut self, pending: &Pending, header: &Header, answer: &[u8]) -> Result<Fate, Event> {
        let Some(named) = as_answer_to(pending, header, answer) else {
            return Err(Event::LaneLost(LaneLoss::Protocol));
        };
        let walked = frame::walk(&named, named.len()).ok().flatten();
        let header = walked.ok_or(Event::LaneLost(LaneLoss::Protocol))?;
        Ok(match self.fate(&header, &named)? {
            Fate::Pass if self.is_transparent() => Fate::Pass,
            Fate::Pass => Fate::Change(named),
            changed => changed,
        })
    }

    /// An entry with what must not be in it taken out.
    fn edited(&self, answer: &[u8], care: Care) -> Option<Vec<u8>> {
        let mut octets = None;
        if care.has(Care::ROOT_DSE) {
            octets = Some(self.root_dse(&Message::parse(answer).ok()?, care.asked()).ok()?);
        }
        if care.has(Care::STRIP) {
            octets = Some(self.stripped(octets.as_deref().unwrap_or(answer))?);
        }
        octets
    }
}

/// An error that came as an extended response, as the answer to what was asked.
fn as_answer_to(pending: &Pending, header: &Header, octets: &[u8]) -> Option<Vec<u8>> {
    if header.operation != tag::EXTENDED_RESPONSE {
        return None;
    }
    let message = Message::parse(octets).ok()?;
    let result = LdapResult::parse(&message).ok()?;
    if matches!(result.code, ResultCode::SUCCESS | ResultCode::REFERRAL) {
        return None;
    }
    let controls: Vec<&[u8]> = message
        .controls
        .into_iter()
        .flatten()
        .map(|control| control.whole)
        .collect();
    let content = answer::result_content(result.code, result.matched_dn, result.diagnostic);
    Some(answer::message(
        pending.id,
        final_response(pending.sent()),
        &content,
        &controls,
    ))
}

/// What becomes of an answer.
pub(super) enum Fate {
    /// It goes on as it is.
    Pass,
    /// It goes on as it comes, this part of it first.
    Stream,
    /// It does not go on.
    Drop,
    /// This goes on instead.
    Change(Vec<u8>),
}
