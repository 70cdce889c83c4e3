//! One account's count: what was let up, what came of it, what the directory said of it. Pure: the time is handed in, in ticks.

use super::budget::{self, Budget, MOST};
use crate::ticker::A_SECOND;
use postern_directory::{Lockout, LockoutPolicy};
use postern_identity::decide::GuardRules;
use std::num::NonZeroU32;

/// How long the same wrong password is answered here.
const REPEATED: u32 = 60 * A_SECOND;
/// How long what the directory said of an account that has something against it is believed.
const BELIEVED: u32 = 10 * A_SECOND;
/// The same of one that has nothing against it.
const BELIEVED_QUIET: u32 = 60 * A_SECOND;
/// How long a request whose answer was lost may still be on its way to be counted.
const GHOST: u32 = 30 * A_SECOND;
/// The same where the directory closed the connection: whatever it read from there it has done by then.
const GHOST_HUNG_UP: u32 = 2 * A_SECOND;
/// Ours end later than the directory's, which began earlier and counts whole seconds.
const MARGIN: u32 = 2 * A_SECOND;
const TAGS: usize = 3;
const NETWORKS: usize = 3;

/// One account. Small: there may be very many.
#[derive(Clone, Default)]
pub(super) struct Account {
    /// Keyed hashes of the wrong passwords tried last.
    tags: [u64; TAGS],
    /// Networks of the last successes.
    networks: [u64; NETWORKS],
    tag_at: [u32; TAGS],
    network_at: [u32; NETWORKS],
    /// When the wrong ones that still count were answered, the oldest first.
    spent: [u32; MOST as usize],
    /// By the account's own policy; 0 is until the next success. Meaningless while `total` is 0.
    window_seconds: u32,
    /// Until when `others` count.
    others_until: u32,
    read_at: u32,
    used_at: u32,
    /// Until when a request whose answer was lost may be counted yet.
    haunted_until: u32,
    /// How many were ever spent, and how often the directory was read: what came first is told by these, not by the time.
    spent_ever: u16,
    reads: u16,
    in_flight: u16,
    spent_count: u8,
    /// How many of those were not answered: they may have been counted, or not, or may be yet.
    lost: u8,
    /// Wrong ones the directory counts that did not come from here.
    others: u8,
    /// By the account's own policy; 0 while that is not known.
    total: u8,
    flags: u8,
}

/// The directory has said what it has to say, once at least.
const READ: u8 = 1;
/// It must be asked before anything more goes up.
const NEEDS_READ: u8 = 2;
/// Somebody is asking it.
const READING: u8 = 4;
/// It was asked in vain.
const TRIED: u8 = 8;
/// The account is there: found, or signed in to.
const KNOWN: u8 = 16;
/// It was looked for and is not there.
const NOBODY: u8 = 32;
/// The directory has shown us a count, so that a lower one is the truth and not a thing hidden from us.
const VISIBLE: u8 = 64;
/// The directory had locked it already: it looks at no password, and nothing we let up does any harm.
const LOCKED: u8 = 128;

/// What an attempt is judged by.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a> {
    /// Now, in ticks.
    pub(super) now: u32,
    /// Where it comes from.
    pub(super) network: u64,
    /// The route's rules.
    pub(super) rules: &'a GuardRules,
    /// Gateways that share the budget.
    pub(super) nodes: NonZeroU32,
    /// Whether the directory can be asked.
    pub(super) can_read: bool,
    /// Whether everybody was looked at where this account is, after the start.
    pub(super) looked_at: &'a dyn Fn() -> bool,
}

/// What becomes of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It goes up, and must be settled.
    Go(Ticket),
    /// Those on their way must come back first.
    Wait,
    /// The directory must be asked first, by whoever gets this: [`Account::learn`] or [`Account::stop_reading`] must follow.
    Read(Mark),
    /// This very password was wrong a moment ago.
    Repeated,
    /// No more may go up.
    Spent,
    /// No more may go up until it is known what became of those whose answers were lost.
    Unsettled,
}

/// One attempt on its way, and what was known when it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    spent_ever: u16,
    reads: u16,
}

/// What had been spent when a reading began, and when that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    spent_ever: u16,
    at: u32,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The password was right and the directory let it in: it counts from nothing again.
    Right,
    /// The password was changed: the same, and what was wrong may be right now.
    Changed,
    /// The password was right and something else stood in the way (expired): nothing was counted.
    Proven,
    /// The directory said that it did not look, or nothing was sent.
    Released,
    /// Wrong; sent so many times, with the hash of the password where that is to be remembered.
    Wrong {
        /// How often it went up.
        times: u8,
        /// Of the password.
        tag: Option<u64>,
    },
    /// Nobody knows. It may have been wrong, so it counts.
    Lost {
        /// How often it went up.
        times: u8,
        /// Whether the directory closed the connection: then it cannot be counted much later.
        hung_up: bool,
    },
}

/// What a reading of the directory came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Facts {
    /// It is there. `exact`: the count is of the server that counts our attempts, so a lower one than ours is the truth.
    Found { lockout: Lockout, exact: bool },
    /// It is not.
    Nobody,
    /// The directory could not be asked.
    Unread,
}

impl Account {
    /// One nobody has tried yet. `ask_first`: what happened to it before is not known here.
    pub(super) fn new(now: u32, ask_first: bool) -> Self {
        Self {
            read_at: now,
            used_at: now,
            flags: if ask_first { NEEDS_READ } else { 0 },
            ..Self::default()
        }
    }

    /// Something may have been counted that is not known here.
    pub(super) fn ask_first(&mut self) {
        self.flags |= NEEDS_READ;
    }

    /// Whether this attempt may go up. `tag` is worked out only where there is something to compare it with.
    pub(super) fn ask(&mut self, terms: &Terms<'_>, tag: impl FnOnce() -> u64) -> Answer {
        let budget = self.budget(terms.rules, terms.nodes);
        self.used_at = terms.now;
        self.forget_old(terms.now, budget.window_seconds);
        if self.is_repeated(terms.now, tag) {
            return Answer::Repeated;
        }
        if self.is(READING) {
            return Answer::Wait;
        }
        if terms.can_read && self.must_be_read(terms.now) {
            self.flags |= READING;
            return Answer::Read(Mark {
                spent_ever: self.spent_ever,
                at: terms.now,
            });
        }
        let known = self.knows(terms.network, terms.now, terms.rules.known_seconds);
        let in_flight = u8::try_from(self.in_flight).unwrap_or(u8::MAX);
        if budget.left(self.spent_count.saturating_add(in_flight), self.others, known) > 0 {
            self.in_flight = self.in_flight.saturating_add(1);
            return Answer::Go(Ticket {
                spent_ever: self.spent_ever,
                reads: self.reads,
            });
        }
        if self.in_flight > 0 && budget.left(self.spent_count, self.others, known) > 0 {
            return Answer::Wait;
        }
        let answered = self.spent_count.saturating_sub(self.lost);
        if self.is_haunted(terms.now) && budget.left(answered, self.others, known) > 0 {
            // Not a word against the password: the directory went away, and that is what is said.
            Answer::Unsettled
        } else {
            Answer::Spent
        }
    }

    /// What came of an attempt that went up.
    pub(super) fn settle(&mut self, ticket: Ticket, outcome: Outcome, network: u64, now: u32) {
        self.in_flight = self.in_flight.saturating_sub(1);
        match outcome {
            Outcome::Right | Outcome::Changed => {
                self.remember(network, now);
                self.clear(ticket, now);
                if outcome == Outcome::Changed {
                    self.forget_tags();
                }
            }
            Outcome::Proven => self.remember(network, now),
            Outcome::Released => {}
            Outcome::Wrong { times, tag } => {
                self.spend(times, now);
                if let Some(tag) = tag {
                    let (tags, tag_at) = (&mut self.tags, &mut self.tag_at);
                    replace_oldest(tags, tag_at, tag, now);
                }
            }
            Outcome::Lost { times, hung_up } => {
                // It may arrive late, and counts from then on.
                let until = now.saturating_add(if hung_up { GHOST_HUNG_UP } else { GHOST });
                self.spend(times, until);
                self.lost = self.lost.saturating_add(times).min(self.spent_count);
                self.haunted_until = self.haunted_until.max(until);
            }
        }
    }

    /// What the directory said, asked after the answer that gave `mark`.
    pub(super) fn learn(&mut self, mark: Mark, facts: Facts, now: u32, rules: &GuardRules) {
        self.flags &= !(READING | NEEDS_READ);
        self.reads = self.reads.wrapping_add(1);
        self.read_at = now;
        let since = u8::try_from(self.spent_ever.wrapping_sub(mark.spent_ever)).unwrap_or(u8::MAX);
        if since > 0 {
            self.flags |= NEEDS_READ; // what was spent meanwhile may or may not be in it
        }
        match facts {
            Facts::Unread => self.flags |= TRIED,
            Facts::Nobody => {
                self.flags = (self.flags | READ | NOBODY) & !(KNOWN | LOCKED);
                (self.total, self.others) = (0, 0);
            }
            Facts::Found { lockout, exact } => {
                self.flags = (self.flags | READ | KNOWN) & !(NOBODY | LOCKED);
                let exact = exact && !self.is_haunted(mark.at);
                self.take_lockout(&lockout, exact, since, (now, rules));
            }
        }
    }

    fn take_lockout(&mut self, lockout: &Lockout, exact: bool, since: u8, (now, rules): (u32, &GuardRules)) {
        self.others = 0;
        let seconds = match lockout.policy {
            LockoutPolicy::Never => {
                self.total = 0;
                return;
            }
            LockoutPolicy::Unknown => {
                self.total = 0;
                rules.window_seconds
            }
            LockoutPolicy::Locks {
                threshold,
                interval_seconds,
            } => {
                self.total = budget::total(threshold);
                self.window_seconds = interval_seconds;
                interval_seconds
            }
        };
        if lockout.locked {
            self.flags |= LOCKED;
            return;
        }
        let counted = u8::try_from(lockout.failures(seconds)).unwrap_or(u8::MAX);
        let ours = self.spent_count.saturating_sub(since);
        if counted >= ours {
            self.others = counted - ours;
            self.others_until = now.saturating_add(window(seconds));
            if counted > 0 {
                self.flags |= VISIBLE;
            }
        } else if exact && self.is(VISIBLE) {
            // Cleared past us: an administrator unlocked it or set a password, or its owner signed in around us.
            self.drop_oldest(ours - counted);
        } else if exact {
            // What was not answered was not counted either.
            self.drop_oldest((ours - counted).min(self.lost));
        }
    }

    /// Nobody is asking the directory any more.
    pub(super) fn stop_reading(&mut self) {
        self.flags &= !READING;
    }

    /// A password of it was written: what was wrong may be right now.
    pub(super) fn forget_tags(&mut self) {
        self.tag_at = [0; TAGS];
        self.tags = [0; TAGS];
    }

    /// Through another door the password was written or the lock lifted: the directory counts from nothing again.
    pub(super) fn start_anew(&mut self, now: u32) {
        let ticket = Ticket {
            spent_ever: self.spent_ever,
            reads: self.reads,
        };
        self.clear(ticket, now);
        self.forget_tags();
    }

    /// Whether it is an account and not just a name.
    pub(super) fn is_known(&self) -> bool {
        self.is(KNOWN)
    }

    /// Whether it is a name that was looked for in vain.
    pub(super) fn is_nobody(&self) -> bool {
        self.is(NOBODY)
    }

    /// Whether somebody holds a ticket or mark of it.
    pub(super) fn is_busy(&self) -> bool {
        self.in_flight > 0 || self.is(READING)
    }

    /// Whether anything is counted against it.
    pub(super) fn is_counted(&mut self, now: u32, rules: &GuardRules) -> bool {
        let seconds = if self.total == 0 {
            rules.window_seconds
        } else {
            self.window_seconds
        };
        self.forget_old(now, seconds);
        self.spent_count > 0 || self.others > 0
    }

    /// For how long, in ticks, its directory counts a wrong password, if that is known.
    pub(super) fn window(&self) -> Option<u32> {
        (self.total > 0).then(|| window(self.window_seconds))
    }

    /// When anybody last tried it.
    pub(super) fn used_at(&self) -> u32 {
        self.used_at
    }

    fn budget(&self, rules: &GuardRules, nodes: NonZeroU32) -> Budget {
        if self.total == 0 {
            Budget::new(LockoutPolicy::Unknown, rules, nodes)
        } else {
            Budget::of(self.total, self.window_seconds, nodes)
        }
    }

    fn must_be_read(&self, now: u32) -> bool {
        if self.is(NEEDS_READ) {
            return true;
        }
        let age = now.saturating_sub(self.read_at);
        let counted = self.spent_count > 0 || self.others > 0 || self.is(LOCKED);
        // One may be on its way whatever is known. For a second it must be known, and lately, what the account bears.
        let crowded = self.in_flight > 0
            && if self.is(READ) {
                age > BELIEVED_QUIET
            } else {
                !self.is(TRIED) || age > BELIEVED
            };
        // What was lost can be told from then on.
        let settled = self.lost > 0 && !self.is_haunted(now) && self.read_at <= self.haunted_until;
        crowded || settled || (counted && age > BELIEVED)
    }

    fn is_repeated(&self, now: u32, tag: impl FnOnce() -> u64) -> bool {
        let live = |at: u32| at != 0 && now.saturating_sub(at) <= REPEATED;
        if !self.tag_at.iter().any(|at| live(*at)) {
            return false;
        }
        let tag = tag();
        let mut found = 0;
        for (known, at) in self.tags.iter().zip(self.tag_at) {
            found |= u8::from(live(at)) & super::keys::same(*known, tag);
        }
        found != 0
    }

    fn knows(&self, network: u64, now: u32, seconds: u32) -> bool {
        let known = |(known, at): (&u64, &u32)| {
            *known == network && *at != 0 && now.saturating_sub(*at) <= seconds.saturating_mul(A_SECOND)
        };
        self.networks.iter().zip(&self.network_at).any(known)
    }

    fn remember(&mut self, network: u64, now: u32) {
        self.flags = (self.flags | KNOWN) & !NOBODY;
        replace_oldest(&mut self.networks, &mut self.network_at, network, now);
    }

    /// The directory counts from nothing again. What was answered or read after this attempt left may be newer than that, and stays.
    fn clear(&mut self, ticket: Ticket, now: u32) {
        self.flags &= !LOCKED;
        let since = u8::try_from(self.spent_ever.wrapping_sub(ticket.spent_ever)).unwrap_or(u8::MAX);
        let kept = if self.is_haunted(now) {
            since.max(self.lost)
        } else {
            since
        };
        self.drop_oldest(self.spent_count.saturating_sub(kept));
        if self.reads == ticket.reads {
            self.others = 0;
        }
        if self.spent_count == 0 && self.others == 0 {
            self.flags &= !NEEDS_READ;
        }
    }

    /// Whether a request whose answer was lost may be counted yet.
    fn is_haunted(&self, now: u32) -> bool {
        self.lost > 0 && now <= self.haunted_until
    }

    fn spend(&mut self, times: u8, at: u32) {
        for _ in 0..times {
            if self.spent_count == MOST {
                self.drop_oldest(1);
            }
            if let Some(place) = self.spent.get_mut(usize::from(self.spent_count)) {
                *place = at;
                self.spent_count += 1;
            }
            self.spent_ever = self.spent_ever.wrapping_add(1);
        }
        self.flags |= NEEDS_READ;
    }

    fn forget_old(&mut self, now: u32, window_seconds: u32) {
        let window = window(window_seconds);
        let over = |at: &u32| now.saturating_sub(*at) > window;
        let live = usize::from(self.spent_count);
        let old = self.spent.iter().take(live).take_while(|at| over(at)).count();
        self.drop_oldest(u8::try_from(old).unwrap_or(0));
        if self.others > 0 && now > self.others_until {
            self.others = 0;
        }
    }

    fn drop_oldest(&mut self, count: u8) {
        let count = count.min(self.spent_count);
        self.spent.rotate_left(usize::from(count));
        self.spent_count -= count;
        self.lost = self.lost.min(self.spent_count);
    }

    fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// A directory's interval in ticks, a little longer; one that never ends is all the time there is.
pub(super) fn window(seconds: u32) -> u32 {
    match seconds {
        0 => u32::MAX,
        seconds => seconds.saturating_mul(A_SECOND).saturating_add(MARGIN),
    }
}

/// Puts a value where it is already, or in place of the one that is oldest. 0 is no time: the first tick counts as the second.
fn replace_oldest<const N: usize>(values: &mut [u64; N], times: &mut [u32; N], value: u64, now: u32) {
    let place = values
        .iter()
        .zip(times.iter())
        .position(|(known, at)| *known == value && *at != 0)
        .or_else(|| (0..N).min_by_key(|place| times.get(*place)))
        .unwrap_or(0);
    if let (Some(known), Some(at)) = (values.get_mut(place), times.get_mut(place)) {
        (*known, *at) = (value, now.max(1));
    }
}

#[cfg(test)]
mod tests;
