//! The guard: wrong passwords are held off before the directory locks the account they are tried on.
//!
//! Whatever tests a password asks first ([`Guard::ask`]) and says afterwards what came of it ([`Reservation::settle`]). For each
//! account at most one wrong password less than locks it goes up in the time its directory counts them (`budget`); what is on its
//! way counts as wrong until it has come back, so that fifty at once are not more than one after the other: those over the budget
//! wait for the others. The last two are kept for networks from which the account was lately signed in to. The same wrong password
//! is answered here for a minute and costs nothing. When the budget is spent everybody is answered here until it is not.
//!
//! **An account, not a name.** A DN in plain letters is the same account in every spelling and known by its normal form. Any other
//! name (letters outside ASCII, rare types, what is no DN) is looked up first, as our own service account, and is the account whose DN
//! comes back (`names`).
//!
//! **The directory has the last word.** Its threshold, its interval and what it has counted are read when they are needed: before a second
//! attempt beside or after a wrong one, and before a first one as long as something may have happened that is not known here (after a
//! start, or when the table was too small). An account that nobody fails to sign in to costs no look-up. Where it cannot be
//! read, the rules' own numbers hold.
//!
//! **What timing tells.** An answer of ours comes sooner than one of the directory: that a budget is spent, or a password repeated, can be
//! told by a clock. Both hold for names nobody has as well.

mod account;
mod around;
mod budget;
mod keys;
mod names;
mod network;
mod table;
mod waiting;

pub use budget::Budget;
pub use keys::GuardSeed;

pub(crate) use account::Outcome;
pub(crate) use names::TestedBy;

use crate::ticker::{A_SECOND, Ticker};
use account::{Answer, Facts, Mark, Terms, Ticket};
use keys::Keys;
use names::{Named, Names};
use postern_directory::{Account, ConnectError, LookUpError, ServiceLanes, Upstream};
use postern_identity::DistinguishedName;
use postern_identity::decide::GuardRules;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use table::Table;
use tokio::time::{Instant, timeout_at};
use waiting::Waiting;

/// What every guard of a process is made with.
#[derive(Clone)]
pub struct GuardSettings {
    /// Random octets of this process.
    pub seed: GuardSeed,
    /// Gateways in front of the same directories that do not know of each other: each takes its share.
    pub nodes: NonZeroU32,
}

/// The guard of one directory.
pub(crate) struct Guard {
    table: Table,
    names: Names,
    keys: Keys,
    waiting: Waiting,
    lanes: Option<ServiceLanes>,
    /// Below which entry everybody was looked at after the start.
    looked_below: OnceLock<DistinguishedName>,
    /// Whether one server both counts failures and is asked for them.
    one_server: bool,
    nodes: NonZeroU32,
    ticker: Arc<Ticker>,
    /// When it was last told that accounts cannot be looked up.
    complained_at: AtomicU32,
    /// Until when the directory is not asked, for it did not answer.
    away_until: AtomicU32,
    counts: Counts,
}

/// An attempt at a password.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// Whose, as the client says it.
    pub(crate) name: &'a [u8],
    /// The password.
    pub(crate) password: &'a [u8],
    /// What puts it to the test.
    pub(crate) by: TestedBy,
    /// Where the client is.
    pub(crate) client: IpAddr,
    /// The rules of its route.
    pub(crate) rules: &'a GuardRules,
}

/// What becomes of an attempt.
pub(crate) enum Asked {
    /// It may go up.
    Go(Reservation),
    /// It is answered here as wrong.
    Held(Held),
    /// Others of the account are on their way and did not come back in time, or never will.
    Late,
}

/// Why an attempt is answered here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Held {
    /// No more may go up.
    Spent,
    /// This very password was wrong a moment ago.
    Repeated,
}

impl Held {
    /// Both, in the order of `repr`.
    pub const ALL: [Self; 2] = [Self::Spent, Self::Repeated];

    /// As metrics name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spent => "spent",
            Self::Repeated => "repeated",
        }
    }
}

/// How long a look-up waits for one of our lanes, and how long for the directory.
const LOOK_UP: Duration = Duration::from_secs(3);
/// How long a directory that did not answer is not asked again.
const AWAY: u32 = 2 * A_SECOND;
/// Between two lines of the log about look-ups that fail.
const COMPLAINTS: u32 = 60 * A_SECOND;
/// What a look-up came to, as metrics name it.
const LOOKED_UP: [&str; 3] = ["found", "not_found", "failed"];

/// What is counted.
#[derive(Default)]
struct Counts {
    held: [AtomicU64; Held::ALL.len()],
    looked_up: [AtomicU64; LOOKED_UP.len()],
}

/// An attempt that goes up. Dropped without an answer it counts as wrong.
pub(crate) struct Reservation {
    guard: Arc<Guard>,
    subject: u64,
    form: u8,
    ticket: Option<Ticket>,
    network: u64,
    rules: GuardRules,
}

impl Guard {
    pub(crate) fn new(upstream: &Arc<Upstream>, settings: &GuardSettings, ticker: Arc<Ticker>) -> Arc<Self> {
        let can_read = upstream.settings().service_account.is_some();
        Arc::new(Self {
            table: Table::new(table::MOST_ACCOUNTS, table::MOST_NAMES),
            names: Names::default(),
            keys: Keys::new(&settings.seed, &upstream.name().0),
            waiting: Waiting::default(),
            lanes: can_read.then(|| ServiceLanes::new(Arc::clone(upstream))),
            looked_below: OnceLock::new(),
            one_server: upstream.settings().servers.len() == 1,
            nodes: settings.nodes,
            ticker,
            complained_at: AtomicU32::new(0),
            away_until: AtomicU32::new(0),
            counts: Counts::default(),
        })
    }

    /// Whether an attempt may go up, waiting for others of the account and for the directory where it must.
    pub(crate) async fn ask(self: &Arc<Self>, attempt: &Attempt<'_>, patience: Duration) -> Asked {
        let deadline = Instant::now() + patience;
        let look_up = LOOK_UP.min(patience / 2);
        let subject = match self.resolve(attempt.name, look_up).await {
            Resolved::Subject(subject) => subject,
            Resolved::Impossible => return self.held(Held::Spent),
            Resolved::Away => return Asked::Late,
        };
        loop {
            let mut answer = self.answer(subject, attempt);
            if answer == Answer::Wait {
                let place = self.waiting.enter(subject);
                let mut woken = pin!(place.notify.notified());
                woken.as_mut().enable();
                // Between the first look and this one it may have been too late to be woken.
                answer = self.answer(subject, attempt);
                if answer == Answer::Wait {
                    if timeout_at(deadline, woken).await.is_err() {
                        return Asked::Late;
                    }
                    continue;
                }
            }
            match answer {
                Answer::Read(mark) => {
                    let read = timeout_at(deadline, self.read(subject, mark, attempt, look_up)).await;
                    if read.is_err() || Instant::now() >= deadline {
                        return Asked::Late;
                    }
                }
                other => {
                    if let Some(asked) = self.asked(subject, attempt, other) {
                        return asked;
                    }
                }
            }
        }
    }

    /// The same where nothing has to be waited for; `None` where something has.
    pub(crate) fn ask_now(self: &Arc<Self>, attempt: &Attempt<'_>) -> Option<Asked> {
        let subject = match self.names.of(attempt.name, &self.keys, self.ticker.now()) {
            Named::Subject(subject) => subject,
            Named::Unresolved { alone, .. } if self.lanes.is_none() => alone,
            Named::Unresolved { .. } => return None,
            Named::Impossible => return Some(self.held(Held::Spent)),
        };
        let answer = self.answer(subject, attempt);
        if let Answer::Read(_) = answer {
            self.table.stop_reading(subject);
            self.waiting.wake_all(subject);
        }
        self.asked(subject, attempt, answer)
    }

    /// What is remembered of a wrong password.
    pub(crate) fn tag(&self, reservation: &Reservation, password: &[u8]) -> u64 {
        self.keys.password(reservation.subject, reservation.form, password)
    }

    /// A password was written: `name` says whose, where that is known.
    pub(crate) fn password_written(&self, name: Option<&[u8]>) {
        let subject = name.and_then(|name| match self.names.of(name, &self.keys, self.ticker.now()) {
            Named::Subject(subject) => Some(subject),
            Named::Unresolved { .. } | Named::Impossible => None,
        });
        self.table.forget_tags(subject);
    }

    /// Through another door this account's password was written, or its lock lifted: its directory counts from nothing again.
    pub(crate) fn start_anew(&self, dn: &str) {
        self.table.start_anew(Names::account(dn, &self.keys), self.ticker.now());
    }

    /// Entries were added, renamed or deleted: odd names may mean others now.
    pub(crate) fn names_changed(&self) {
        self.names.forget();
    }

    /// Calls `each` with how many were answered here, and why.
    pub(crate) fn held_counts(&self, mut each: impl FnMut(Held, u64)) {
        for (held, count) in Held::ALL.into_iter().zip(&self.counts.held) {
            each(held, count.load(Ordering::Relaxed));
        }
    }

    /// Calls `each` with how many look-ups there were, by what they came to.
    pub(crate) fn look_ups(&self, mut each: impl FnMut(&'static str, u64)) {
        for (result, count) in LOOKED_UP.into_iter().zip(&self.counts.looked_up) {
            each(result, count.load(Ordering::Relaxed));
        }
    }

    /// How many accounts, and names that may be nobody's, are remembered.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        self.table.counts()
    }

    fn answer(&self, subject: u64, attempt: &Attempt<'_>) -> Answer {
        let terms = Terms {
            now: self.ticker.now(),
            network: network::of(attempt.client, attempt.rules),
            rules: attempt.rules,
            nodes: self.nodes,
            can_read: self.lanes.is_some(),
            looked_at: &|| self.was_looked_at(attempt.name),
        };
        self.table.ask(subject, &terms, || {
            self.keys
                .password(subject, names::form(attempt.name, attempt.by), attempt.password)
        })
    }

    fn asked(self: &Arc<Self>, subject: u64, attempt: &Attempt<'_>, answer: Answer) -> Option<Asked> {
        match answer {
            Answer::Go(ticket) => Some(Asked::Go(Reservation {
                guard: Arc::clone(self),
                subject,
                form: names::form(attempt.name, attempt.by),
                ticket: Some(ticket),
                network: network::of(attempt.client, attempt.rules),
                rules: *attempt.rules,
            })),
            Answer::Spent | Answer::Repeated => {
                // Whoever was woken for it passes it on.
                self.waiting.wake_one(subject);
                Some(self.held(if answer == Answer::Spent {
                    Held::Spent
                } else {
                    Held::Repeated
                }))
            }
            Answer::Unsettled => {
                self.waiting.wake_one(subject);
                Some(Asked::Late)
            }
            Answer::Wait | Answer::Read(_) => None,
        }
    }

    fn held(&self, held: Held) -> Asked {
        if let Some(count) = self.counts.held.get(held as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        Asked::Held(held)
    }

    /// The account a name means.
    async fn resolve(&self, name: &[u8], patience: Duration) -> Resolved {
        let (text, alone) = match self.names.of(name, &self.keys, self.ticker.now()) {
            Named::Subject(subject) => return Resolved::Subject(subject),
            Named::Unresolved { text, alone } => (text, alone),
            Named::Impossible => return Resolved::Impossible,
        };
        let Some(lanes) = &self.lanes else {
            return Resolved::Subject(alone);
        };
        // Whose guesses they are nobody could say.
        if lanes.is_untold(&text) {
            return Resolved::Impossible;
        }
        let subject = match self.look_up(lanes, &text, patience).await {
            Ok(account) => Names::account(&account.dn, &self.keys),
            Err(LookUpError::NotFound | LookUpError::Ambiguous) => alone,
            // A sign-in would find nobody either, and many spellings sent to a directory that only hangs would all be counted in the end.
            Err(error) if is_away(error) => return Resolved::Away,
            // Not kept: somebody may set it right in a moment.
            Err(_) => return Resolved::Subject(alone),
        };
        self.names.keep(alone, subject, self.ticker.now());
        Resolved::Subject(subject)
    }

    /// Looks an account up, for a short while only: a directory that is away is told of by the sign-in itself.
    async fn look_up(&self, lanes: &ServiceLanes, name: &str, patience: Duration) -> Result<Account, LookUpError> {
        let now = self.ticker.now();
        if now < self.away_until.load(Ordering::Relaxed) {
            return Err(ConnectError::TimedOut.into());
        }
        // Boxed, for it is rare: what every sign-in waits in stays small.
        let looked_up = Box::pin(lanes.look_up_bind_name(name, patience)).await;
        // Where our own few lanes are busy that says nothing of the directory: the next one may find one free.
        let busy = matches!(looked_up, Err(LookUpError::Connect(ConnectError::Busy)));
        if !busy && looked_up.as_ref().is_err_and(|error| is_away(*error)) {
            self.away_until
                .store(self.ticker.now().saturating_add(AWAY), Ordering::Relaxed);
        }
        self.counted(looked_up)
    }

    /// Asks the directory what the account bears and what has been counted against it.
    async fn read(&self, subject: u64, mark: Mark, attempt: &Attempt<'_>, patience: Duration) {
        let mut reading = Reading {
            guard: self,
            subject,
            done: false,
        };
        let Some(lanes) = &self.lanes else { return };
        let facts = match std::str::from_utf8(attempt.name) {
            Err(_) => Facts::Nobody,
            Ok(name) => match self.look_up(lanes, name.trim(), patience).await {
                Ok(account) => Facts::Found {
                    lockout: account.lockout,
                    exact: self.one_server,
                },
                Err(LookUpError::NotFound | LookUpError::Ambiguous) => Facts::Nobody,
                Err(_) => Facts::Unread,
            },
        };
        self.table.learn(subject, mark, facts, self.ticker.now(), attempt.rules);
        reading.done = true;
    }

    /// Now and then: a directory that is away would fill the log.
    fn complain(&self, error: LookUpError) {
        let now = self.ticker.now();
        let last = self.complained_at.load(Ordering::Relaxed);
        let due = last == 0 || now.saturating_sub(last) > COMPLAINTS;
        let mine = |to: u32| {
            let swapped = self
                .complained_at
                .compare_exchange(last, to, Ordering::Relaxed, Ordering::Relaxed);
            swapped.is_ok()
        };
        if due && mine(now.max(1)) {
            tracing::warn!(target: "postern::guard", %error,
                "accounts cannot be looked up: the guard goes by its rules alone");
        }
    }

    fn counted(&self, looked_up: Result<Account, LookUpError>) -> Result<Account, LookUpError> {
        let place = match &looked_up {
            Ok(_) => 0,
            Err(LookUpError::NotFound | LookUpError::Ambiguous) => 1,
            Err(error) => {
                self.complain(*error);
                2
            }
        };
        if let Some(count) = self.counts.looked_up.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        looked_up
    }
}

impl Reservation {
    /// What came of it.
    pub(crate) fn settle(mut self, outcome: Outcome) {
        self.end(outcome);
    }

    fn end(&mut self, outcome: Outcome) {
        let Some(ticket) = self.ticket.take() else { return };
        let guard = &self.guard;
        let terms = (self.network, guard.ticker.now(), &self.rules);
        guard.table.settle(self.subject, ticket, outcome, terms);
        match outcome {
            Outcome::Wrong { .. } | Outcome::Lost { .. } => guard.waiting.wake_all(self.subject),
            Outcome::Right | Outcome::Changed | Outcome::Proven | Outcome::Released => {
                guard.waiting.wake_one(self.subject);
            }
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.end(Outcome::Lost {
            times: 1,
            hung_up: false,
        });
    }
}

/// What a name comes to.
enum Resolved {
    /// This account, or this name.
    Subject(u64),
    /// Nobody.
    Impossible,
    /// The directory is away.
    Away,
}

/// Whether the directory could not be reached, so that a sign-in could not reach it either.
fn is_away(error: LookUpError) -> bool {
    matches!(error, LookUpError::Connect(error) if !matches!(error, ConnectError::ServiceAccountRefused(_) | ConnectError::PlaintextRefused))
}

/// A reading under way: whoever is cut off in the middle of it leaves nobody waiting.
struct Reading<'g> {
    guard: &'g Guard,
    subject: u64,
    done: bool,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.guard.table.stop_reading(self.subject);
        }
        self.guard.waiting.wake_all(self.subject);
    }
}

#[cfg(test)]
mod tests;
