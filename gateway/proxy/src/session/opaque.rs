//! Routes on which nothing is enforced: from the first request on, octets go both ways unread. Mechanisms that put a layer of their own around
//! everything after the sign-in (GSSAPI, DIGEST-MD5) need that. What is left of us: TLS, limits on connections, idleness and slowness, and a
//! line on record at the beginning and at the end.

use super::ask::no_lane;
use super::{Leave, Session, sasl};
use crate::in_flight::operation_of;
use crate::lane::Lane;
use crate::outbound::Outbound;
use crate::registry::Phase;
use crate::scratch;
use crate::ticker::ticks;
use postern_directory::Want;
use postern_identity::audit::{Event, Outcome};
use postern_ldap::{Header, Message};
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use zeroize::{Zeroize, Zeroizing};

/// How far a relay is.
struct Progress {
    /// When an octet was last read, in ticks.
    moved: u32,
    /// The client has sent its last octet.
    client_ended: bool,
    /// The directory has.
    directory_ended: bool,
}

/// What one turn of one direction came to.
enum Turn {
    Moved,
    Waiting,
    /// The side that is read has sent its last octet, and the other has everything.
    Ended,
    Failed,
}

impl Session {
    /// Passes on the first request and everything after it, in both directions, until either side ends.
    pub(super) async fn pass_everything_on(
        &mut self,
        header: &Header,
        first: Zeroizing<Vec<u8>>,
    ) -> ControlFlow<Leave> {
        self.marks.route_used = true;
        self.lane = None;
        // Whatever it is for: nobody looks.
        let want = Want {
            account: None,
            writes: true,
        };
        let mut lane = match self.route.pool.fresh(&want, self.share()).await.map_err(no_lane) {
            Ok(lane) => lane,
            Err(refusal) => {
                let Some(operation) = operation_of(header.operation) else {
                    return ControlFlow::Break(Leave::Done);
                };
                let octets = self.refuse(header.id, operation, refusal, None);
                self.outbound.push(&octets);
                return self.flush_in_time().await;
            }
        };
        let message = Message::parse(&first);
        let name = message.map_or(&b""[..], |message| sasl::claimed_name(&message));
        let account = super::record::readable(name).into_owned();
        let server = self.route.upstream.server_name(lane.server).to_owned();
        self.record_opaque("built-in:opaque-begins", &account, &server);
        lane.outbound.push(&first);
        let taken = self.inbound.take();
        lane.outbound.push(taken.rest());
        drop((first, taken));
        let mut progress = Progress {
            moved: self.shared.ticker.now(),
            client_ended: self.half_closed,
            directory_ended: false,
        };
        poll_fn(|context| self.poll_opaquely(&mut lane, &mut progress, context)).await;
        self.record_opaque("built-in:opaque-ends", &account, &server);
        // No notice: nobody knows what the client would take it for.
        ControlFlow::Break(Leave::Done)
    }

    /// Ready when it is over.
    fn poll_opaquely(&mut self, lane: &mut Lane, progress: &mut Progress, context: &mut Context<'_>) -> Poll<()> {
        // Nobody can be told, and nobody knows what is under way.
        if self.shared.registry.phase() != Phase::Running {
            return Poll::Ready(());
        }
        while self.timer.as_mut().poll(context).is_ready() {
            let next = tokio::time::Instant::now() + self.period;
            self.timer.as_mut().reset(next);
            let limits = &self.shared.limits;
            let silent = self.shared.ticker.now().saturating_sub(progress.moved);
            let stuck = !(self.outbound.is_empty() && lane.outbound.is_empty());
            if silent >= ticks(limits.idle) || (stuck && silent >= ticks(limits.write_stall)) {
                return Poll::Ready(());
            }
        }
        loop {
            let up = pass(
                &mut self.client,
                &mut progress.client_ended,
                (&mut lane.transport, &mut lane.outbound),
                context,
            );
            let down = pass(
                &mut lane.transport,
                &mut progress.directory_ended,
                (&mut self.client, &mut self.outbound),
                context,
            );
            match (&up, &down) {
                (Turn::Failed, _) | (_, Turn::Failed | Turn::Ended) => return Poll::Ready(()),
                (Turn::Moved, _) | (_, Turn::Moved) => progress.moved = self.shared.ticker.now(),
                (Turn::Ended, Turn::Waiting) => {
                    // The directory may still have answers for a client that only reads.
                    return match Pin::new(&mut lane.transport).poll_shutdown(context) {
                        Poll::Ready(Err(_)) => Poll::Ready(()),
                        _ => Poll::Pending,
                    };
                }
                (Turn::Waiting, Turn::Waiting) => return Poll::Pending,
            }
        }
    }

    fn record_opaque(&self, rule: &str, account: &str, server: &str) {
        self.shared.audit.record(&Event {
            route: &self.route.name,
            client: Some(self.facts.peer),
            session: self.registered.number,
            account,
            resolved: None,
            operation: "opaque",
            outcome: Outcome::Allowed,
            result_code: 0,
            rule,
            standing: None,
            server: Some(server),
            owned: None,
            generation: self.shared.generation.get(),
        });
    }
}

/// Reads what one side has and gives it to the other. Nothing is read while the other has octets to take.
fn pass<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    from: &mut R,
    ended: &mut bool,
    (to, outbound): (&mut W, &mut Outbound),
    context: &mut Context<'_>,
) -> Turn {
    if !outbound.is_empty() {
        return match outbound.poll_drain(to, context) {
            Poll::Ready(Ok(())) => Turn::Moved,
            Poll::Ready(Err(_)) => Turn::Failed,
            Poll::Pending => Turn::Waiting,
        };
    }
    if *ended {
        return Turn::Ended;
    }
    scratch::with(|buffer| {
        let mut read = ReadBuf::new(buffer);
        match Pin::new(from).poll_read(context, &mut read) {
            Poll::Pending => return Turn::Waiting,
            Poll::Ready(Err(_)) => return Turn::Failed,
            Poll::Ready(Ok(())) => {}
        }
        let count = read.filled().len();
        if count == 0 {
            *ended = true;
            return Turn::Moved;
        }
        let octets = buffer.get_mut(..count).unwrap_or_default();
        let written = outbound.write(to, context, octets);
        octets.zeroize(); // passwords may be in it
        if written.is_ok() { Turn::Moved } else { Turn::Failed }
    })
}
