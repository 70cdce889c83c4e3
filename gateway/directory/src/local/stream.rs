//! The embedded directory's end of a lane: octets in, octets out, no task of its own. Whoever reads drives what is under way, so that
//! what nobody reads is not worked out, and dropping the stream drops everything but a write the store already has.

use super::LocalDirectory;
use super::answer::Answer;
use super::operation::{self, Kind, Step};
use super::paging::Paused;
use super::session::{Actor, Session};
use crate::transport::{Share, Stream};
use postern_ldap::{Header, MessageId, ResultCode, answer, frame, tag};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use zeroize::{Zeroize, Zeroizing};

/// The most octets a request may have.
pub(crate) const LARGEST_REQUEST: usize = 16 * 1024 * 1024;
/// The most octets taken while the first request among them has to wait.
const INBOUND: usize = 64 * 1024;
/// While so many octets of answers wait to be read, no search goes on.
pub(crate) const OUTBOUND: usize = 256 * 1024;
/// The most operations under way at once.
pub(crate) const MOST_RUNNING: usize = 16;
/// How often operations may go on in one call before others of the thread have their turn.
const TURNS: usize = 2;

/// One end of a connection to a [`LocalDirectory`]; the other end is whoever holds it.
pub(super) struct LocalStream {
    directory: Arc<LocalDirectory>,
    session: Arc<Session>,
    share: Share,
    inbound: Inbound,
    outbound: Outbound,
    running: Vec<Running>,
    paused: Paused,
    state: State,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Nothing more comes in; what came is still done.
    Shut,
    /// Nothing more is done; what is left to read is read.
    Over,
}

type Work = Pin<Box<dyn Future<Output = Step> + Send>>;

struct Running {
    id: MessageId,
    kind: Kind,
    /// The tag of the request.
    operation: u8,
    work: Work,
}

impl LocalStream {
    pub(super) fn new(directory: Arc<LocalDirectory>, actor: Actor) -> Self {
        Self {
            directory,
            session: Arc::new(Session::new(actor)),
            share: Share::OURS,
            inbound: Inbound::default(),
            outbound: Outbound::default(),
            running: Vec::new(),
            paused: Paused::default(),
            state: State::Open,
            reader: None,
            writer: None,
        }
    }

    /// Starts what may start.
    fn admit(&mut self) {
        while self.state != State::Over {
            let header = match frame::walk(self.inbound.rest(), LARGEST_REQUEST) {
                Ok(Some(header)) if header.length <= self.inbound.rest().len() => header,
                Ok(_) => return,
                Err(_) => return self.disconnect(),
            };
            let octets = self.inbound.rest().get(..header.length).unwrap_or_default();
            let Some(kind) = operation::kind(&header, octets) else {
                return self.disconnect();
            };
            let waits = match kind {
                Kind::Unbind | Kind::Abandon(_) | Kind::Cancel(_) => false,
                // A large one waits for all before it, so that what is held is bounded.
                Kind::Together => {
                    self.running.len() >= MOST_RUNNING
                        || self.running.iter().any(|running| running.kind == Kind::Alone)
                        || (header.length > INBOUND && !self.running.is_empty())
                }
                Kind::Alone => !self.running.is_empty(),
            };
            if waits {
                return;
            }
            if header.id.0 == 0 || self.running.iter().any(|running| running.id == header.id) {
                return self.disconnect();
            }
            let request = Zeroizing::new(octets.to_vec());
            self.inbound.consume(header.length);
            if let Some(writer) = self.writer.take() {
                writer.wake();
            }
            self.start(kind, &header, request);
        }
    }

    fn start(&mut self, kind: Kind, header: &Header, request: Zeroizing<Vec<u8>>) {
        match kind {
            Kind::Unbind => {
                self.running.clear();
                self.state = State::Over;
            }
            Kind::Abandon(id) => self
                .running
                .retain(|running| running.id != id || running.kind == Kind::Alone),
            Kind::Cancel(id) => self.cancel(header.id, id),
            Kind::Together | Kind::Alone => {
                if header.operation == tag::BIND_REQUEST {
                    // RFC 4511 §4.2.1: from here on it is nobody, until the answer.
                    self.session = Arc::new(Session::within(self.share, Actor::Anonymous));
                    self.paused = Paused::default();
                }
                let (directory, session) = (Arc::clone(&self.directory), Arc::clone(&self.session));
                let page = self.paused.resume(header, &request);
                self.running.push(Running {
                    id: header.id,
                    kind,
                    operation: header.operation,
                    work: Box::pin(operation::run(directory, session, *header, request, page)),
                });
            }
        }
    }

    /// Cancel (RFC 3909): unlike abandon it is answered, and so is what it ends.
    fn cancel(&mut self, id: MessageId, cancelled: Option<MessageId>) {
        let answer = match cancelled {
            None => Answer::malformed("the cancel request cannot be read"),
            Some(cancelled) => match self.running.iter().position(|running| running.id == cancelled) {
                None => Answer::new(ResultCode::NO_SUCH_OPERATION, ""),
                Some(place)
                    if self
                        .running
                        .get(place)
                        .is_none_or(|running| running.kind == Kind::Alone) =>
                {
                    Answer::new(ResultCode::CANNOT_CANCEL, "")
                }
                Some(place) => {
                    let running = self.running.swap_remove(place);
                    let ended = Answer::new(ResultCode::CANCELED, "");
                    self.outbound.push(ended.message(running.id, running.operation));
                    Answer::success()
                }
            },
        };
        self.outbound.push(answer.extended(id, None, None));
    }

    /// What came is no LDAP, and what follows cannot be read either (RFC 4511 §4.1.1).
    fn disconnect(&mut self) {
        self.running.clear();
        self.state = State::Over;
        self.outbound.push(answer::notice_of_disconnection(
            ResultCode::PROTOCOL_ERROR,
            "the request cannot be read",
        ));
    }

    /// Lets everything under way go on as far as it does at once. False: nothing did.
    fn drive(&mut self, context: &mut Context<'_>) -> bool {
        let mut moved = false;
        let mut place = 0;
        while self.outbound.waiting() < OUTBOUND
            && let Some(running) = self.running.get_mut(place)
        {
            let Poll::Ready(step) = running.work.as_mut().poll(context) else {
                place += 1;
                continue;
            };
            moved = true;
            match step {
                Step::Done(octets) => {
                    self.outbound.push(octets);
                    self.running.swap_remove(place);
                }
                Step::Bound(octets, actor) => {
                    self.outbound.push(octets);
                    self.session = Arc::new(Session::within(self.share, actor));
                    self.running.swap_remove(place);
                }
                Step::Page(octets, page) => {
                    self.outbound.push(octets);
                    self.paused.keep(page);
                    self.running.swap_remove(place);
                }
                Step::More(octets, search) => {
                    self.outbound.push(octets);
                    running.work = Box::pin(search.step());
                    place += 1;
                }
            }
        }
        moved
    }

    /// Whether nothing will be answered any more.
    fn is_over(&self) -> bool {
        self.running.is_empty() && self.state != State::Open
    }
}

impl Stream for LocalStream {
    fn serve(&mut self, share: Share) {
        self.share = share;
        self.session = Arc::new(Session::within(share, self.session.actor.clone()));
    }
}

impl AsyncRead for LocalStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if into.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let mut turns = 0;
        while this.outbound.waiting() == 0 {
            this.admit();
            if !this.drive(context) {
                break;
            }
            turns += 1;
            if turns == TURNS {
                context.waker().wake_by_ref();
                break;
            }
        }
        if this.outbound.hand_out(into) || this.is_over() {
            return Poll::Ready(Ok(()));
        }
        match &mut this.reader {
            Some(reader) => reader.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

impl AsyncWrite for LocalStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.state != State::Open {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let mut taken = this.inbound.take(octets);
        if taken == 0 && !octets.is_empty() {
            // Whoever writes much before reading anything makes room by itself; and whoever reads meanwhile is to look again, for what is under
            // way now wakes this one.
            this.admit();
            if this.drive(context) {
                this.admit();
            }
            if let Some(reader) = this.reader.take() {
                reader.wake();
            }
            taken = this.inbound.take(octets);
        }
        if taken == 0 && !octets.is_empty() {
            this.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        if let Some(reader) = this.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.state == State::Open {
            this.state = State::Shut;
        }
        if let Some(reader) = this.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(()))
    }
}

/// Requests that came and were not started. They may hold passwords, so whatever goes is wiped.
#[derive(Default)]
struct Inbound {
    octets: Zeroizing<Vec<u8>>,
    start: usize,
}

impl Inbound {
    fn rest(&self) -> &[u8] {
        self.octets.get(self.start..).unwrap_or_default()
    }

    /// Takes as many octets as there is room for: the rest of the first request at least.
    fn take(&mut self, octets: &[u8]) -> usize {
        let first = match frame::walk(self.rest(), LARGEST_REQUEST) {
            Ok(Some(header)) => header.length,
            _ => 0,
        };
        let room = first.max(INBOUND).saturating_sub(self.rest().len());
        let taken = octets.get(..room.min(octets.len())).unwrap_or_default();
        self.push(taken);
        taken.len()
    }

    fn push(&mut self, octets: &[u8]) {
        let needed = self.rest().len() + octets.len();
        if self.octets.capacity() < self.start + needed {
            // Grown by hand: what grows by itself leaves a copy behind.
            let mut grown = Zeroizing::new(Vec::with_capacity(needed.next_power_of_two()));
            grown.extend_from_slice(self.rest());
            self.octets = grown;
            self.start = 0;
        }
        self.octets.extend_from_slice(octets);
    }

    fn consume(&mut self, count: usize) {
        let end = (self.start + count).min(self.octets.len());
        self.octets.get_mut(self.start..end).unwrap_or_default().zeroize();
        self.start = end;
        if self.start == self.octets.len() {
            self.start = 0;
            if self.octets.capacity() > INBOUND {
                self.octets = Zeroizing::default();
            } else {
                self.octets.clear();
            }
        }
    }
}

/// Answers nobody has read yet.
#[derive(Default)]
struct Outbound {
    octets: Vec<u8>,
    start: usize,
}

impl Outbound {
    fn waiting(&self) -> usize {
        self.octets.len() - self.start
    }

    fn push(&mut self, octets: Vec<u8>) {
        if self.octets.is_empty() {
            self.octets = octets;
        } else {
            self.octets.extend_from_slice(&octets);
        }
    }

    /// False: there was nothing.
    fn hand_out(&mut self, into: &mut ReadBuf<'_>) -> bool {
        let rest = self.octets.get(self.start..).unwrap_or_default();
        let given = rest.get(..into.remaining().min(rest.len())).unwrap_or_default();
        if given.is_empty() {
            return false;
        }
        into.put_slice(given);
        self.start += given.len();
        if self.start == self.octets.len() {
            self.start = 0;
            self.octets = Vec::new();
        }
        true
    }
}
