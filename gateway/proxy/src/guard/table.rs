//! The accounts, in shards behind short locks, bounded.
//!
//! Names of which nobody knows whether they are anybody's have a place of their own: whoever makes up names pushes out
//! such names, never an account. What is pushed out while something counts against it is not forgotten to an attacker's good: for as
//! long as it would have counted, whoever is not in the table is asked of the directory first ([`Table::ask`]), which has counted too.

use super::account::{Account, Answer, Facts, Mark, Outcome, Terms, Ticket, window};
use postern_identity::decide::GuardRules;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

const SHARDS: usize = 16;
/// The most accounts.
pub(super) const MOST_ACCOUNTS: usize = 256 * 1024;
/// The most names beside them.
pub(super) const MOST_NAMES: usize = 64 * 1024;

/// The table.
pub(super) struct Table {
    shards: [Mutex<Shard>; SHARDS],
    most_accounts: usize,
    most_names: usize,
    /// Until when what is not in the table may have been, in ticks.
    forgotten_until: AtomicU32,
    /// The longest any directory was seen to count a wrong password, in ticks: what happened before this process began counts so long.
    longest: AtomicU32,
    /// Who had something against them when everybody was looked at, once that is done.
    with_failures: OnceLock<HashSet<u64, BuildHasherDefault<AsItIs>>>,
}

type Accounts = HashMap<u64, Account, BuildHasherDefault<AsItIs>>;

#[derive(Default)]
struct Shard {
    accounts: Accounts,
    names: Accounts,
}

impl Table {
    pub(super) fn new(most_accounts: usize, most_names: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            most_accounts: most_accounts / SHARDS,
            most_names: most_names / SHARDS,
            forgotten_until: AtomicU32::new(0),
            longest: AtomicU32::new(0),
            with_failures: OnceLock::new(),
        }
    }

    /// Whether an attempt on `subject` may go up.
    pub(super) fn ask(&self, subject: u64, terms: &Terms<'_>, tag: impl FnOnce() -> u64) -> Answer {
        let mut shard = self.shard(subject);
        if let Some(account) = shard.find(subject) {
            return account.ask(terms, tag);
        }
        self.saw_window(window(terms.rules.window_seconds));
        let clean = || {
            let with_failures = self.with_failures.get();
            with_failures.is_some_and(|with_failures| !with_failures.contains(&subject)) && (terms.looked_at)()
        };
        let unsure = (terms.now < self.longest.load(Ordering::Relaxed) && !clean())
            || terms.now < self.forgotten_until.load(Ordering::Relaxed);
        let mut account = Account::new(terms.now, terms.can_read && unsure);
        let answer = account.ask(terms, tag);
        self.make_room(&mut shard, false, terms.now, terms.rules);
        shard.names.insert(subject, account);
        answer
    }

    /// The directory has counted something against this account that went by us.
    pub(super) fn ask_first(&self, subject: u64, now: u32) {
        let rules = GuardRules::default();
        let mut shard = self.shard(subject);
        if let Some(account) = shard.find(subject) {
            account.ask_first();
            return;
        }
        self.make_room(&mut shard, false, now, &rules);
        shard.names.insert(subject, Account::new(now, true));
    }

    /// The same of somebody, nobody knows whom.
    pub(super) fn doubt_everybody(&self, now: u32) {
        let longest = self
            .longest
            .load(Ordering::Relaxed)
            .max(window(GuardRules::default().window_seconds));
        self.forgotten_until
            .fetch_max(now.saturating_add(longest), Ordering::Relaxed);
    }

    /// Everybody was looked at: these had something against them.
    pub(super) fn looked_at(&self, with_failures: impl IntoIterator<Item = u64>) {
        let _ = self.with_failures.set(with_failures.into_iter().collect());
    }

    /// What came of an attempt that got a ticket.
    pub(super) fn settle(&self, subject: u64, ticket: Ticket, outcome: Outcome, terms: (u64, u32, &GuardRules)) {
        let (network, now, rules) = terms;
        self.change(subject, now, rules, |account| {
            account.settle(ticket, outcome, network, now);
        });
    }

    /// What the directory said to whoever got a mark.
    pub(super) fn learn(&self, subject: u64, mark: Mark, facts: Facts, now: u32, rules: &GuardRules) {
        self.change(subject, now, rules, |account| {
            account.learn(mark, facts, now, rules);
            if let Some(window) = account.window() {
                self.saw_window(window);
            }
        });
    }

    /// Whoever got a mark does not come back with an answer.
    pub(super) fn stop_reading(&self, subject: u64) {
        if let Some(account) = self.shard(subject).find(subject) {
            account.stop_reading();
        }
    }

    /// A password of this account was written, or of any.
    pub(super) fn forget_tags(&self, subject: Option<u64>) {
        if let Some(subject) = subject {
            if let Some(account) = self.shard(subject).find(subject) {
                account.forget_tags();
            }
            return;
        }
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let Shard { accounts, names } = &mut *shard;
            accounts
                .values_mut()
                .chain(names.values_mut())
                .for_each(Account::forget_tags);
        }
    }

    /// The directory counts from nothing again for this account.
    pub(super) fn start_anew(&self, subject: u64, now: u32) {
        if let Some(account) = self.shard(subject).find(subject) {
            account.start_anew(now);
        }
    }

    /// Accounts and names in it.
    pub(super) fn counts(&self) -> (usize, usize) {
        self.shards.iter().fold((0, 0), |(accounts, names), shard| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            (accounts + shard.accounts.len(), names + shard.names.len())
        })
    }

    fn shard(&self, subject: u64) -> MutexGuard<'_, Shard> {
        // The lowest and highest bits choose a place within a shard's map.
        let number = usize::try_from((subject >> 32) & 0xff).unwrap_or(0) % SHARDS;
        let shard = self.shards.get(number).unwrap_or(&self.shards[0]);
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, subject: u64, now: u32, rules: &GuardRules, change: impl FnOnce(&mut Account)) {
        let mut shard = self.shard(subject);
        let Some(account) = shard.find(subject) else { return };
        change(account);
        let is_known = account.is_known();
        if is_known && let Some(account) = shard.names.remove(&subject) {
            self.make_room(&mut shard, true, now, rules);
            shard.accounts.insert(subject, account);
        } else if !is_known && let Some(account) = shard.accounts.remove(&subject) {
            // It is gone from the directory.
            self.make_room(&mut shard, false, now, rules);
            shard.names.insert(subject, account);
        }
    }

    /// Before one is added: where there is no room, a quarter goes, those with nothing against them first, and of them those that
    /// were not tried for the longest time.
    fn make_room(&self, shard: &mut Shard, of_accounts: bool, now: u32, rules: &GuardRules) {
        let (map, most) = if of_accounts {
            (&mut shard.accounts, self.most_accounts)
        } else {
            (&mut shard.names, self.most_names)
        };
        if map.len() < most {
            return;
        }
        let mut candidates: Vec<(bool, u32, u64)> = map
            .iter_mut()
            .filter(|(_, account)| !account.is_busy())
            .map(|(subject, account)| {
                let counted = !account.is_nobody() && account.is_counted(now, rules);
                (counted, account.used_at(), *subject)
            })
            .collect();
        let leaving = (most / 4).max(1).min(candidates.len());
        if leaving < candidates.len() {
            candidates.select_nth_unstable(leaving);
        }
        for (counted, _, subject) in candidates.into_iter().take(leaving) {
            let Some(account) = map.remove(&subject) else { continue };
            if counted {
                let window = account.window().unwrap_or_else(|| window(rules.window_seconds));
                self.forgotten_until
                    .fetch_max(now.saturating_add(window), Ordering::Relaxed);
            }
        }
    }

    fn saw_window(&self, window: u32) {
        if self.longest.load(Ordering::Relaxed) < window {
            self.longest.fetch_max(window, Ordering::Relaxed);
        }
    }
}

impl Shard {
    fn find(&mut self, subject: u64) -> Option<&mut Account> {
        let Self { accounts, names } = self;
        accounts.get_mut(&subject).or_else(|| names.get_mut(&subject))
    }
}

/// What is looked up by is a keyed hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        self.0 = octets
            .iter()
            .fold(self.0, |sum, octet| sum.rotate_left(8) ^ u64::from(*octet));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

#[cfg(test)]
mod tests;
