//! Every reply is checked before it counts, and says what its connection does next.

use super::Worker;
use crate::arguments::Work;
use crate::ber;
use crate::connection::{Kind, Outstanding};
use std::time::Instant;

impl Worker<'_> {
    /// Handles every whole reply that was received; false where the connection was replaced.
    pub(super) fn replies(&mut self, at: usize) -> bool {
        let received = std::mem::take(&mut self.connections[at].received);
        let mut used = 0;
        let mut now = None;
        loop {
            let (length, reply) = match ber::reply(&received[used..]) {
                Ok(Some(whole)) => whole,
                Ok(None) => break,
                Err(error) => {
                    self.broken(at, &format!("protocol: {error}"));
                    return false;
                }
            };
            used += length;
            let now = *now.get_or_insert_with(Instant::now);
            match self.judge(at, &reply) {
                Ok(None) => {}
                Ok(Some((done, good))) => {
                    if self.fatal || !self.answered(at, &done, good, now) {
                        return false;
                    }
                }
                Err(why) => {
                    self.broken(at, &why);
                    return false;
                }
            }
        }
        let connection = &mut self.connections[at];
        if used < received.len() {
            connection.received.extend_from_slice(&received[used..]);
        } else if received.capacity() <= 1 << 18 && self.settings.work != Work::Idle {
            connection.received = received; // kept for its room; idle connections are many and need none
            connection.received.clear();
        }
        true
    }

    /// Whether a reply is one that was asked for. `Some` where it ends its request, with whether that went well;
    /// `Err` where the server can not be followed any further.
    fn judge(&mut self, at: usize, reply: &ber::Reply<'_>) -> Result<Option<(Outstanding, bool)>, String> {
        if reply.id == 0 {
            let text = String::from_utf8_lossy(reply.text);
            return Err(format!("notice of disconnection: code {} {text}", reply.code));
        }
        let outstanding = &mut self.connections[at].outstanding;
        let Some(place) = outstanding.iter().position(|request| request.id == reply.id) else {
            return Err("protocol: a reply with no request of that message id".to_string());
        };
        let kind = outstanding[place].kind;
        match (kind, reply.op) {
            (Kind::Search, ber::SEARCH_ENTRY) => {
                outstanding[place].entries += 1;
                let user = outstanding[place].user;
                if self.settings.check_dn {
                    self.fill(&self.settings.dn, user);
                    if !reply.text.eq_ignore_ascii_case(self.filled.as_bytes()) {
                        self.error("wrong entry");
                    }
                }
                return Ok(None);
            }
            (Kind::Search, ber::SEARCH_DONE) | (Kind::Bind | Kind::SetupBind, ber::BIND_RESPONSE) => {}
            (_, op) => return Err(format!("protocol: reply 0x{op:02x} to the wrong request")),
        }
        let request = outstanding.swap_remove(place);
        let wanted = if self.settings.work == Work::Bind {
            self.settings.expect_code
        } else {
            0
        };
        let mut good = reply.code == wanted;
        if !good {
            let what = if kind == Kind::Search { "search" } else { "bind" };
            self.error(&format!("{what}: code {}", reply.code));
        } else if kind == Kind::Search && request.entries != self.settings.expect_entries {
            good = false;
            self.error(&format!("search: {} entries", request.entries));
        }
        Ok(Some((request, good)))
    }

    /// Counts an answered request and makes the next; false where the connection was replaced.
    fn answered(&mut self, at: usize, request: &Outstanding, good: bool, now: Instant) -> bool {
        let more = now < self.measure_to;
        match (self.settings.work, request.kind) {
            (_, Kind::SetupBind) if !good => {
                self.broken(at, "the first bind failed");
                return false;
            }
            (_, Kind::SetupBind) => {
                self.begin_work(at);
                return true;
            }
            (Work::BindSearch | Work::Connect, Kind::Bind) if good => {
                self.send(at, Kind::Search, request.user, Some(request.started));
                return true;
            }
            (Work::BindSearch, Kind::Bind) => {}
            _ if good => self.count(request.started, now, request.entries),
            _ => {}
        }
        match self.settings.work {
            Work::Bind | Work::BindSearch if more => self.send_for_any(at, Kind::Bind),
            Work::Search if more => self.send_for_any(at, Kind::Search),
            Work::Connect => {
                self.unbind(at, more);
                return false;
            }
            _ => {}
        }
        true
    }

    fn unbind(&mut self, at: usize, open_again: bool) {
        let connection = &mut self.connections[at];
        let id = connection.take_id();
        ber::unbind(&mut connection.to_send, id);
        self.flush(at);
        let connection = &mut self.connections[at];
        self.unready += usize::from(connection.ready);
        connection.ready = false;
        connection.drop_socket();
        if open_again {
            self.open(at);
            self.flush(at);
        }
    }

    fn count(&mut self, started: Instant, now: Instant, entries: u32) {
        if now >= self.measure_from && now < self.measure_to {
            self.tally.latency.add((now - started).as_nanos() as u64);
            self.tally.operations += 1;
            self.tally.entries += u64::from(entries);
        }
    }
}
