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
mod lanes;
mod record;
mod relay;
mod restricted;
mod start_tls;

use crate::client::Client;
use crate::gateway::{Route, Shared};
use crate::in_flight::InFlight;
use crate::inbound::Inbound;
use crate::lane::{Lane, LaneIdentity, LaneLoss};
use crate::outbound::Outbound;
use crate::refusal::Refusal;
use crate::registry::Registered;
use crate::settings::TlsSource;
use crate::ticker::ticks;
use postern_identity::decide::{Admission, RouteRules, RuleName, Surface, TlsRule};
use postern_identity::{Proven, Standing};
use postern_ldap::{FrameError, ResultCode, answer};
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
    /// The client's address.
    pub(crate) peer: SocketAddr,
    /// Whether TLS is on.
    pub(crate) secure: bool,
    /// The TLS offered on request.
    pub(crate) start_tls: Option<TlsSource>,
}

/// How long a session that is nobody keeps a lane it does not use.
const UNUSED: Duration = Duration::from_secs(1);

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
    /// The bind name as sent.
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

/// One session.
pub(crate) struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) route: Arc<Route>,
    /// The rules of the generation this session last saw. `None` while no policy speaks of the route: nothing passes then.
    pub(crate) rules: Option<Arc<RouteRules>>,
    generation: u64,
    pub(crate) facts: Facts,
    registered: Registered,
    client: Client,
    inbound: Inbound,
    outbound: Outbound,
    lane: Option<Lane>,
    identity: Identity,
    in_flight: InFlight,
    /// Searches without controls need no look at anything but the header.
    fast: bool,
    /// The client has sent its last octet and may still read.
    half_closed: bool,
    marks: Marks,
    timer: Pin<Box<Sleep>>,
    /// How often deadlines are looked at.
    period: Duration,
    /// The first request of an anonymous session on a reused lane, until something has come back (lane rule 6).
    retry: Option<Zeroizing<Vec<u8>>>,
}

/// Times of a session, in ticks.
struct Marks {
    connected: u32,
    /// The last request, or none yet.
    request: Option<u32>,
    /// Whether anybody ever signed in.
    signed_in: bool,
    /// Since when part of a request is here.
    partial: Option<u32>,
    /// Since when the client has not taken what is waiting for it.
    stalled: Option<u32>,
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
            partial: None,
            stalled: None,
        };
        let generation = shared.generation.get();
        let rules = shared.decide.route(&route.name);
        let mut session = Self {
            generation,
            rules,
            facts,
            registered,
            client,
            inbound: Inbound::default(),
            outbound: Outbound::default(),
            lane: None,
            identity: Identity::Anonymous,
            in_flight: InFlight::default(),
            fast: false,
            half_closed: false,
            marks,
            timer: Box::pin(tokio::time::sleep(period)),
            period,
            retry: None,
            shared,
            route,
        };
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
        let notice = match why {
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
        };
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
        match timeout(limit, self.flush()).await {
            Ok(Ok(())) => ControlFlow::Continue(()),
            _ => ControlFlow::Break(Leave::Gone),
        }
    }

    /// Takes up the rules now in force, and judges the session again under them from what it remembers. No I/O.
    fn new_rules(&mut self) -> ControlFlow<Leave> {
        self.generation = self.shared.generation.get();
        self.rules = self.shared.decide.route(&self.route.name);
        let flow = self.judge_again();
        self.set_fast();
        // A search that stays open was admitted by rules that are no more: it goes on only if nothing in the new ones could touch it.
        let closed = self.rules.as_ref().is_none_or(|rules| {
            rules.look_inside_searches()
                || !rules
                    .operations
                    .value
                    .contains(postern_identity::decide::Operation::Search)
        });
        if closed && self.in_flight.any_lasting() {
            return ControlFlow::Break(Leave::Rules);
        }
        flow
    }

    fn judge_again(&mut self) -> ControlFlow<Leave> {
        let signed_in = match &self.identity {
            Identity::Anonymous => return ControlFlow::Continue(()),
            Identity::Bound(signed_in) | Identity::Restricted(signed_in) => signed_in,
        };
        if self.is_transparent() {
            return ControlFlow::Continue(());
        }
        // What was not asked for cannot be judged. The directory itself holds this lane to what it knows of the account.
        if !signed_in.known {
            return ControlFlow::Continue(());
        }
        let verdict = self.ask(&signed_in.name, &signed_in.standing, signed_in.proven);
        let identity = std::mem::replace(&mut self.identity, Identity::Anonymous);
        let (Identity::Bound(mut signed_in) | Identity::Restricted(mut signed_in)) = identity else {
            return ControlFlow::Continue(());
        };
        signed_in.rule = verdict.rule;
        match verdict.admission {
            Admission::Allow => self.identity = Identity::Bound(signed_in),
            Admission::Restrict => self.identity = Identity::Restricted(signed_in),
            Admission::Refuse => {
                if let Some(lane) = &mut self.lane {
                    lane.tainted = true;
                }
                return ControlFlow::Break(Leave::Rules);
            }
        }
        ControlFlow::Continue(())
    }

    /// Works out whether plain searches may skip every other look.
    fn set_fast(&mut self) {
        let lane_fits = self.lane_fits();
        self.fast = lane_fits
            && self.rules.as_ref().is_some_and(|rules| {
                rules
                    .operations
                    .value
                    .contains(postern_identity::decide::Operation::Search)
                    && !rules.look_inside_searches()
                    && (self.facts.secure || rules.tls.value != TlsRule::Always)
                    && match self.identity {
                        Identity::Anonymous => rules.anonymous.value,
                        Identity::Bound(_) => true,
                        Identity::Restricted(_) => false,
                    }
            });
    }

    /// Lane rule 1: whether the directory takes the lane for whom the session is.
    fn lane_fits(&self) -> bool {
        matches!(
            (&self.identity, self.lane.as_ref().map(|lane| lane.identity)),
            (Identity::Anonymous, Some(LaneIdentity::Anonymous))
                | (
                    Identity::Bound(_) | Identity::Restricted(_),
                    Some(LaneIdentity::Session)
                )
        )
    }

    fn is_transparent(&self) -> bool {
        self.rules
            .as_ref()
            .is_some_and(|rules| rules.surface.value == Surface::Transparent)
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

    /// What has taken too long, if anything.
    fn overdue(&mut self) -> Option<Event> {
        // Sessions that ask nothing, and searches that never end, meet new rules here.
        if self.generation != self.shared.generation.get()
            && let ControlFlow::Break(why) = self.new_rules()
        {
            return Some(Event::Leave(why));
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
        if self
            .in_flight
            .oldest()
            .is_some_and(|since| late(since, limits.operation))
        {
            return Some(Event::LaneLost(LaneLoss::Silent));
        }
        if matches!(self.identity, Identity::Anonymous) && self.in_flight.is_empty() {
            // Nobody needs this lane to be whom they are.
            if self.marks.request.is_some_and(|since| late(since, UNUSED)) {
                self.give_lane_back();
            }
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
    async fn exchange(&mut self, lane: &mut Lane, request: &[u8]) -> Result<Zeroizing<Vec<u8>>, LaneLoss> {
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

    fn refusal_for_lost(loss: LaneLoss) -> Refusal {
        if loss == LaneLoss::Silent {
            Refusal::DirectorySilent
        } else {
            Refusal::DirectoryLost
        }
    }
}
