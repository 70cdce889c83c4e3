//! One client's session: who it is, its lane, and what it waits for.
//!
//! [`Session::run`] alternates between two ways of working. In `relay` it turns on readiness alone: whole messages are admitted and passed
//! on from the worker's buffer without waiting for anything else. What needs an answer before the next request may be read (a
//! bind, StartTLS, a password change inside a restricted session, the first use of a lane) leaves the relay and is done
//! in sequence, while nothing further of this client is parsed (lane rule 2).

mod admit;
mod answers;
mod ask;
mod bind;
mod bound;
mod choice;
mod deadlines;
mod edge;
mod external;
mod facts;
mod guarded;
mod lanes;
mod last_grace;
mod names;
mod offered;
mod opaque;
mod owner;
mod record;
mod referrals;
mod relay;
mod restricted;
mod rules;
mod sasl;
mod second_look;
mod shaped;
mod start_tls;
mod translated;
mod turned_away;

use crate::client::Client;
use crate::door::Arrival;
use crate::gateway::{Route, Shared};
use crate::guard::Reservation;
use crate::in_flight::InFlight;
use crate::inbound::Inbound;
use crate::lane::{Lane, LaneLoss};
use crate::outbound::Outbound;
use crate::refusal::Refusal;
use crate::registry::Registered;
use crate::settings::TlsSource;
use crate::shape::Wanted;
use guarded::Watched;
use postern_identity::decide::{RouteRules, RuleName};
use postern_identity::{Proven, Standing};
use postern_ldap::{FrameError, MessageId, ResultCode, answer};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Sleep, timeout};
use zeroize::Zeroizing;

/// What is known of a connection before its first octet.
pub(crate) struct Facts {
    /// The client's address: what a trusted load balancer says, or the other end of the connection.
    pub(crate) peer: SocketAddr,
    /// Whether TLS is on.
    pub(crate) secure: bool,
    /// The TLS offered on request.
    pub(crate) start_tls: Option<TlsSource>,
    /// The listener, and what came before the first message.
    pub(crate) arrival: Arrival,
}

/// Who the session is.
pub(crate) enum Identity {
    /// Nobody yet, or nobody any more.
    Anonymous,
    /// Whoever the directory accepted, on the lane this session holds.
    Bound(Box<SignedIn>),
    /// As bound, but only to change the own password.
    Restricted(Box<SignedIn>),
}

/// The facts of a successful bind, kept to be judged again under other rules.
pub(crate) struct SignedIn {
    /// The bind name: as sent, or the DN of the account it means.
    pub(crate) name: Box<[u8]>,
    /// What the directory said.
    pub(crate) standing: Standing,
    /// Whether it confirmed the password.
    pub(crate) proven: Proven,
    /// The rule that let it in.
    pub(crate) rule: RuleName,
    /// Whether the standing was asked for. On a transparent route it may not have been; other rules cannot judge by it then.
    pub(crate) known: bool,
}

/// For how long the rules of a session hold within one generation.
#[derive(Clone, Copy, Default)]
struct RulesHold {
    /// Somebody else may have others.
    conditional: bool,
    /// From this tick on they may be others, because time has passed.
    until: Option<u32>,
    /// Whoever it is once it has signed in may be let write.
    may_write: bool,
}

/// The rules of this connection while nobody is signed in on it: every sign-in begins with them, and what they rest on changes seldom.
struct NobodysRules {
    generation: u64,
    secure: bool,
    rules: Option<Arc<RouteRules>>,
    hold: RulesHold,
}

/// One session.
pub(crate) struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) route: Arc<Route>,
    /// The rules of the generation this session last saw. `None` while no policy speaks of the route: nothing passes then.
    pub(crate) rules: Option<Arc<RouteRules>>,
    generation: u64,
    rules_hold: RulesHold,
    nobodys_rules: Option<NobodysRules>,
    pub(crate) facts: Facts,
    registered: Registered,
    client: Client,
    inbound: Inbound,
    outbound: Outbound,
    lane: Option<Box<Lane>>,
    identity: Identity,
    /// The name it gave, if that is not the one it is signed in by.
    given: Option<Box<names::Given>>,
    /// Its DN, looked up where it is needed and the name it is signed in by is none.
    own_dn: Option<Box<str>>,
    /// Whether it has asked for something that may change whose a name is.
    changes_names: bool,
    in_flight: InFlight,
    /// Searches without controls need no look at anything but the header.
    fast: bool,
    /// The client has sent its last octet and may still read.
    half_closed: bool,
    marks: Marks,
    bound: bound::Bound,
    /// See [`Session::note_changes`].
    changes_known: u64,
    timer: Pin<Box<Sleep>>,
    /// How often deadlines are looked at.
    period: Duration,
    /// The first request of an anonymous session on a reused lane, until something has come back (lane rule 6).
    retry: Option<Zeroizing<Vec<u8>>>,
    /// Requests in flight whose end concerns the guard.
    guarded: Vec<Watched>,
    /// The guard's leave for the request that is about to be admitted.
    granted: Option<Reservation>,
    /// Whose passwords its requests write.
    owners: owner::Owners,
    /// How often the bind at hand was sent.
    binds_sent: u8,
    /// Why the bind at hand is refused before its name is anybody's.
    refused_at_edge: Option<Refusal>,
    /// What is wanted of the entries of searches in flight, on a route that shows another product.
    shaped: Vec<(MessageId, Box<Wanted>)>,
}

/// Times of a session, in ticks.
struct Marks {
    connected: u32,
    /// The last request, or none yet.
    request: Option<u32>,
    /// Whether anybody ever signed in.
    signed_in: bool,
    /// Whether the directory behind the route was ever asked for something: then the route stays what it is.
    route_used: bool,
    /// Since when part of a request is here.
    partial: Option<u32>,
    /// Since when the client has not taken what is waiting for it.
    stalled: Option<u32>,
    /// When the directory was last left unread because the client had octets to take.
    unheard: u32,
}

/// Why the relay stops.
pub(crate) enum Event {
    /// A request that is to be done in sequence.
    Request(Zeroizing<Vec<u8>>),
    /// The lane cannot go on.
    LaneLost(LaneLoss),
    /// The session is over.
    Leave(Leave),
}

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// The client said so, or closed.
    Done,
    /// The client's socket failed, or takes nothing any more.
    Gone,
    /// The client did not speak LDAP.
    Frame(FrameError),
    /// The client broke the protocol.
    Protocol(&'static str),
    /// It waited or was waited for too long.
    Late(&'static str),
    /// The gateway stops.
    Draining,
    /// The directory was lost, and with it what this session was allowed.
    DirectoryLost,
    /// New rules do not let it stay.
    Rules,
    /// It signed in too long ago.
    Aged,
    /// The account stands otherwise than when it signed in.
    Standing,
    /// Its server is drained.
    Drained,
}

impl Leave {
    /// What the client is told, if it is told anything (RFC 4511 §4.4.1).
    fn notice(self) -> Option<(ResultCode, &'static str)> {
        match self {
            Leave::Done | Leave::Gone | Leave::Frame(FrameError::NotLdap) => None,
            Leave::Frame(FrameError::TooLarge) => Some((ResultCode::PROTOCOL_ERROR, "the request is too large")),
            Leave::Frame(FrameError::Malformed) => Some((ResultCode::PROTOCOL_ERROR, "the request is malformed")),
            Leave::Protocol(text) => Some((ResultCode::PROTOCOL_ERROR, text)),
            Leave::Late(text) => Some((ResultCode::UNAVAILABLE, text)),
            Leave::Draining => Some((ResultCode::UNAVAILABLE, "the gateway is shutting down")),
            Leave::DirectoryLost => Some((ResultCode::UNAVAILABLE, "the connection to the directory was lost")),
            Leave::Rules => Some((
                ResultCode::STRONGER_AUTH_REQUIRED,
                "sign in again: the rules have changed",
            )),
            Leave::Aged => Some((
                ResultCode::STRONGER_AUTH_REQUIRED,
                "sign in again: this sign-in is too old",
            )),
            Leave::Standing => Some((
                ResultCode::STRONGER_AUTH_REQUIRED,
                "sign in again: something about the account has changed",
            )),
            Leave::Drained => Some((
                ResultCode::UNAVAILABLE,
                "connect again: this directory server is being taken out of service",
            )),
        }
    }
}

impl Session {
    pub(crate) fn new(
        shared: Arc<Shared>,
        route: Arc<Route>,
        client: Client,
        facts: Facts,
        registered: Registered,
    ) -> Self {
        let limits = &shared.limits;
        let shortest = [
            limits.first_octet,
            limits.bind,
            limits.request,
            limits.operation,
            limits.idle,
            limits.write_stall,
        ]
        .into_iter()
        .min()
        .unwrap_or_default();
        let period = (shortest / 4).clamp(Duration::from_millis(50), Duration::from_secs(15));
        let marks = Marks {
            connected: shared.ticker.now(),
            request: None,
            signed_in: false,
            route_used: false,
            partial: None,
            stalled: None,
            unheard: 0,
        };
        let generation = shared.generation.get();
        let mut session = Self {
            generation,
            rules: None,
            rules_hold: RulesHold::default(),
            nobodys_rules: None,
            facts,
            registered,
            client,
            inbound: Inbound::default(),
            outbound: Outbound::default(),
            lane: None,
            identity: Identity::Anonymous,
            given: None,
            own_dn: None,
            changes_names: false,
            in_flight: InFlight::default(),
            fast: false,
            half_closed: false,
            marks,
            bound: bound::Bound::default(),
            changes_known: 0,
            timer: Box::pin(tokio::time::sleep(period)),
            period,
            retry: None,
            guarded: Vec::new(),
            granted: None,
            owners: owner::Owners::default(),
            binds_sent: 0,
            refused_at_edge: None,
            shaped: Vec::new(),
            shared,
            route,
        };
        session.take_rules();
        session.set_fast();
        session
    }

    /// Serves the client until it leaves or must.
    pub(crate) async fn run(mut self) {
        let mut registered = false;
        let why = loop {
            let event = poll_fn(|context| {
                if !std::mem::replace(&mut registered, true) {
                    self.registered.leave_waker(context.waker());
                }
                self.poll_relay(context)
            })
            .await;
            // The slow ways are boxed: an idle session's task stays small.
            let flow = match event {
                Event::Request(frame) => Box::pin(self.request(frame)).await,
                Event::LaneLost(loss) => Box::pin(self.lane_lost(loss)).await,
                Event::Leave(why) => ControlFlow::Break(why),
            };
            if let ControlFlow::Break(why) = flow {
                break why;
            }
        };
        Box::pin(self.leave(why)).await;
    }

    /// Says good-bye where somebody listens, and gives the lane back.
    async fn leave(mut self, why: Leave) {
        let notice = why.notice();
        let in_parts = self.lane.as_ref().is_some_and(|lane| lane.streaming > 0);
        self.give_lane_back();
        for pending in self.in_flight.take_all() {
            self.given_up(&pending);
        }
        if let Some((code, text)) = notice.filter(|_| !in_parts) {
            tracing::info!(
                target: "postern::session",
                session = self.registered.number, route = &*self.route.name, client = %self.facts.peer, code = code.0, text,
                "session ended"
            );
            self.outbound.push(&answer::notice_of_disconnection(code, text));
        }
        if why != Leave::Gone {
            // Bounded: a client that does not read its notice has had its chance.
            let _ = timeout(Duration::from_secs(1), async {
                self.flush().await?;
                self.client.shutdown().await
            })
            .await;
        }
    }

    /// Waits until the client's socket has everything.
    async fn flush(&mut self) -> std::io::Result<()> {
        poll_fn(|context| self.outbound.poll_drain(&mut self.client, context)).await
    }

    /// Waits until the client's socket has everything, for as long as a client may stall.
    async fn flush_in_time(&mut self) -> ControlFlow<Leave> {
        let limit = self.shared.limits.write_stall;
        let mut flush = pin!(self.flush());
        // Nearly always it takes all of it at once, and then no timer is made for it.
        let at_once = poll_fn(|context| Poll::Ready(flush.as_mut().poll(context))).await;
        let flushed = match at_once {
            Poll::Ready(flushed) => Ok(flushed),
            Poll::Pending => timeout(limit, flush).await,
        };
        match flushed {
            Ok(Ok(())) => ControlFlow::Continue(()),
            _ => ControlFlow::Break(Leave::Gone),
        }
    }

    fn is_transparent(&self) -> bool {
        self.rules
            .as_ref()
            .is_some_and(|rules| rules.surface.value.is_transparent())
    }

    fn is_bound(&self) -> bool {
        !matches!(self.identity, Identity::Anonymous)
    }

    fn frame_limit(&self) -> usize {
        if self.is_bound() {
            self.shared.limits.frame
        } else {
            self.shared.limits.frame_before_bind
        }
    }

    fn refusal_for_lost(loss: LaneLoss) -> Refusal {
        if loss == LaneLoss::Silent {
            Refusal::DirectorySilent
        } else {
            Refusal::DirectoryLost
        }
    }
}

#[cfg(test)]
mod tests;
