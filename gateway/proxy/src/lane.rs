//! One connection to a directory server, and what must be known of it before anything is sent on it.

use crate::acting;
use crate::outbound::Outbound;
use crate::scratch;
use crate::settings::Limits;
use postern_directory::Transport;
use postern_directory::{Load, ServerIndex};
use postern_ldap::{Header, frame, tag};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use zeroize::{Zeroize, Zeroizing};

/// A lane in the hands of one session. Boxed wherever it goes: at a sign-in it goes through many hands.
pub(crate) struct Lane {
    pub(crate) transport: Transport,
    pub(crate) server: ServerIndex,
    pub(crate) outbound: Outbound,
    /// The beginning of an answer whose rest has not come.
    pub(crate) inbound: Vec<u8>,
    /// Octets still to come of an answer too large to be held, passed on as they come.
    pub(crate) streaming: usize,
    pub(crate) identity: LaneIdentity,
    /// It has served another session, and nothing has come on it since.
    pub(crate) reused: bool,
    /// It must not serve another session, whatever happens now.
    pub(crate) tainted: bool,
    /// Page cursors that live on it.
    pub(crate) cursors: u32,
    /// The proxied authorization control (RFC 4370) put on every request: the lane is our service account's, acting for one account.
    /// There is no way around it: it is put on where octets leave for the directory.
    acting: Option<Box<[u8]>>,
    /// The place it takes among the lanes of its route while in use.
    pub(crate) place: Option<OwnedSemaphorePermit>,
    /// Counts it among the lanes in use to its server.
    pub(crate) load: Option<Load>,
}

/// Who the directory takes this lane for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LaneIdentity {
    /// Nobody ever bound on it, or its anonymous bind was answered 0.
    Anonymous,
    /// Whoever the session that holds it is: its bind was answered 0 on this lane.
    Session,
    /// Somebody, or nobody after a failed bind: nothing but a bind may be sent on it.
    Stale,
}

/// Why a lane cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LaneLoss {
    /// The server closed it.
    #[error("the server closed the connection")]
    Closed,
    /// The socket failed.
    #[error("the connection failed")]
    Broken,
    /// The server sent what is no LDAP, an answer nobody waits for, or an answer of the wrong kind.
    #[error("the server broke the protocol")]
    Protocol,
    /// The server said that it closes it.
    #[error("the server gave notice of disconnection")]
    Notice,
    /// A request could not be made in the name this lane acts for.
    #[error("a request could not be made in another's name")]
    Unsendable,
    /// Nothing came in time.
    #[error("the server did not answer in time")]
    Silent,
}

impl Lane {
    pub(crate) fn new(transport: Transport, server: ServerIndex, place: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            transport,
            server,
            outbound: Outbound::default(),
            inbound: Vec::new(),
            streaming: 0,
            identity: LaneIdentity::Anonymous,
            reused: false,
            tainted: false,
            cursors: 0,
            acting: None,
            place,
            load: None,
        }
    }

    /// From now on every request is made for another, with this control. Such a lane serves one session and is closed with it (lane rule 5).
    pub(crate) fn act_for(&mut self, control: Vec<u8>) {
        self.acting = Some(control.into());
        self.tainted = true;
    }

    /// Whether its requests are made for another.
    pub(crate) fn acts(&self) -> bool {
        self.acting.is_some()
    }

    /// Puts requests on their way: what the socket takes at once, and the rest later.
    pub(crate) fn put(&mut self, context: &mut Context<'_>, requests: &[u8]) -> Result<(), LaneLoss> {
        match &self.acting {
            None => self.outbound.write(&mut self.transport, context, requests),
            Some(control) => {
                let dressed = acting::dressed(requests, control)?;
                self.outbound.write(&mut self.transport, context, &dressed)
            }
        }
        .map_err(loss)
    }

    /// Whether nothing of this session is left on it (lane rule 5). The caller adds that no answer is owed.
    pub(crate) fn is_clean(&self) -> bool {
        !self.tainted && self.cursors == 0 && self.streaming == 0 && self.inbound.is_empty() && self.outbound.is_empty()
    }

    /// Whether an idle lane is still open with nothing to read: anything else makes it useless.
    pub(crate) fn is_quiet(&mut self) -> bool {
        let mut octet = [0];
        let mut buffer = ReadBuf::new(&mut octet);
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(&mut self.transport)
            .poll_read(&mut context, &mut buffer)
            .is_pending()
    }

    /// Sends all of `octets` and waits until the socket has them.
    pub(crate) async fn send(&mut self, octets: &[u8]) -> Result<(), LaneLoss> {
        let mut first = true;
        poll_fn(|context| {
            if std::mem::take(&mut first)
                && let Err(loss) = self.put(context, octets)
            {
                return Poll::Ready(Err(loss));
            }
            self.outbound
                .poll_drain(&mut self.transport, context)
                .map_err(|_| LaneLoss::Broken)
        })
        .await
        .map_err(|_| LaneLoss::Broken)
    }

    /// The next whole message, held in memory: for answers to what we wait for. Never larger than `limit`.
    pub(crate) async fn receive(&mut self, limit: usize) -> Result<Zeroizing<Vec<u8>>, LaneLoss> {
        loop {
            if let Some(header) = whole(&self.inbound, limit)? {
                let rest = self.inbound.split_off(header.length);
                return Ok(Zeroizing::new(std::mem::replace(&mut self.inbound, rest)));
            }
            let inbound = &mut self.inbound;
            let transport = &mut self.transport;
            let read = poll_fn(|context| {
                scratch::with(|buffer| {
                    let mut buffer = ReadBuf::new(buffer);
                    match Pin::new(&mut *transport).poll_read(context, &mut buffer) {
                        Poll::Ready(Ok(())) => {
                            let taken = taken(inbound, buffer.filled(), limit);
                            buffer.filled_mut().zeroize(); // a password the server made up may be in it
                            Poll::Ready(Ok(taken))
                        }
                        Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                        Poll::Pending => Poll::Pending,
                    }
                })
            })
            .await;
            match read.map_err(loss)? {
                Taken::Nothing => return Err(LaneLoss::Closed),
                Taken::Whole(message) => return Ok(message),
                Taken::Part => {}
            }
        }
    }

    /// As [`Lane::exchange`], within the time a bind may take.
    pub(crate) async fn exchange_in_time(
        &mut self,
        request: &[u8],
        limits: &Limits,
    ) -> Result<Zeroizing<Vec<u8>>, LaneLoss> {
        timeout(limits.bind, self.exchange(request, limits.answer))
            .await
            .unwrap_or(Err(LaneLoss::Silent))
    }

    /// Sends one request and waits for the answer that ends it. Nothing else may be in flight. Any other answer is a fault.
    pub(crate) async fn exchange(&mut self, request: &[u8], limit: usize) -> Result<Zeroizing<Vec<u8>>, LaneLoss> {
        let header = whole(request, usize::MAX)?.ok_or(LaneLoss::Protocol)?;
        let wanted = tag::response_to(header.operation).ok_or(LaneLoss::Protocol)?;
        self.send(request).await?;
        loop {
            let answer = self.receive(limit).await?;
            let got = whole(&answer, limit)?.ok_or(LaneLoss::Protocol)?;
            self.reused = false;
            if got.id.0 == 0 {
                return Err(LaneLoss::Notice);
            }
            if got.id != header.id {
                return Err(LaneLoss::Protocol);
            }
            if got.operation == wanted {
                return Ok(answer);
            }
            if got.operation != tag::INTERMEDIATE_RESPONSE {
                return Err(LaneLoss::Protocol);
            }
        }
    }
}

/// What one read brought.
enum Taken {
    /// The end.
    Nothing,
    /// Exactly one message, nothing before or behind it: the usual case, copied once.
    Whole(Zeroizing<Vec<u8>>),
    /// Anything else, kept in the lane.
    Part,
}

fn taken(inbound: &mut Vec<u8>, octets: &[u8], limit: usize) -> Taken {
    if octets.is_empty() {
        return Taken::Nothing;
    }
    if inbound.is_empty()
        && let Ok(Some(header)) = whole(octets, limit)
        && header.length == octets.len()
    {
        return Taken::Whole(Zeroizing::new(octets.to_vec()));
    }
    inbound.extend_from_slice(octets);
    Taken::Part
}

/// The header of the message that begins `octets`, if all of it is there.
fn whole(octets: &[u8], limit: usize) -> Result<Option<Header>, LaneLoss> {
    let header = frame::walk(octets, limit).map_err(|_| LaneLoss::Protocol)?;
    Ok(header.filter(|header| octets.len() >= header.length))
}

/// What a failed read or write means.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn loss(error: io::Error) -> LaneLoss {
    match error.kind() {
        // Many servers close without TLS's goodbye.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => LaneLoss::Closed,
        _ => LaneLoss::Broken,
    }
}
