//! What sign-ins have told of a few accounts: whose owner has had a notice, and who has grace sign-ins left.
//!
//! Numbers and states by a keyed hash of the account's name: no name, no credential, nothing that outlives the process, and nothing by which
//! anybody is ever let in. It is bounded, and what falls out of it costs little: somebody is told once more, or a last grace sign-in is spent.

use crate::ticker::ticks;
use postern_identity::{DirectoryName, DistinguishedName, State, StateName};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The most accounts: about 3 MiB.
const MOST: usize = 65_536;
/// After this long a state that counts nothing down is taken for a new one.
const ANEW: Duration = Duration::from_hours(7 * 24);

/// Shared by all sessions; looked at once a sign-in, never by searches.
pub(crate) struct Remembered {
    key: RandomState,
    accounts: Mutex<HashMap<AccountMark, Last>>,
    /// How many there are, so that where there are none nobody takes the lock.
    count: AtomicUsize,
}

/// An account in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AccountMark(u64);

/// The last proven sign-in of an account.
#[derive(Clone, Copy)]
struct Last {
    state: StateName,
    /// What the state counts down: grace sign-ins, or seconds.
    left: u64,
    /// When the owner was told of this state, in ticks.
    told: Option<u32>,
}

impl Remembered {
    pub(crate) fn new() -> Self {
        Self {
            key: RandomState::new(),
            accounts: Mutex::default(),
            count: AtomicUsize::new(0),
        }
    }

    /// The mark of a bind name: the same for every spelling of one DN.
    pub(crate) fn mark(&self, directory: &DirectoryName, name: &[u8]) -> AccountMark {
        AccountMark(match DistinguishedName::parse(name) {
            Ok(name) => self.key.hash_one((directory, name)),
            Err(_) => self.key.hash_one((directory, name.to_ascii_lowercase())),
        })
    }

    /// Whether nothing can be found.
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    /// Takes note of a sign-in with the right password. Returns whether its owner is to be told, if that is `wanted`: once for each time
    /// the account comes into a state, for states that count down until the number goes up again.
    pub(crate) fn signed_in(&self, mark: AccountMark, state: State, wanted: bool, now: u32) -> bool {
        let left = match state {
            State::ExpiredGrace { left } => left.into(),
            State::Expiring { seconds } => seconds,
            _ => 0,
        };
        let counts_down = matches!(state, State::ExpiredGrace { .. } | State::Expiring { .. });
        let state = state.name();
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let told = accounts
            .get(&mark)
            .filter(|last| last.state == state && left <= last.left)
            .and_then(|last| last.told)
            .filter(|told| counts_down || now.saturating_sub(*told) < ticks(ANEW));
        let due = wanted && told.is_none();
        let told = if due { Some(now) } else { told };
        if told.is_some() || state == StateName::ExpiredGrace {
            if accounts.len() >= MOST
                && !accounts.contains_key(&mark)
                && let Some(other) = accounts.keys().next().copied()
            {
                accounts.remove(&other);
            }
            accounts.insert(mark, Last { state, left, told });
        } else {
            accounts.remove(&mark);
        }
        self.count.store(accounts.len(), Ordering::Relaxed);
        due
    }

    /// The grace sign-ins that were left after the account's last sign-in; `None` if it is not known to be in grace.
    pub(crate) fn grace_left(&self, mark: AccountMark) -> Option<u64> {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let last = accounts.get(&mark)?;
        (last.state == StateName::ExpiredGrace).then_some(last.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: fn(u32) -> State = |left| State::ExpiredGrace { left };

    fn mark(remembered: &Remembered, name: &str) -> AccountMark {
        remembered.mark(&DirectoryName("people".into()), name.as_bytes())
    }

    #[test]
    fn somebody_in_grace_is_told_once_until_a_new_grace_begins() {
        let remembered = Remembered::new();
        let bob = mark(&remembered, "uid=bob,dc=example");
        let told = |state, now| remembered.signed_in(bob, state, true, now);
        assert!(told(GRACE(2), 0));
        assert!(!told(GRACE(1), 1) && !told(GRACE(0), u32::MAX));
        assert!(told(GRACE(2), 3), "more are left than before");
        assert!(!told(GRACE(2), 4));
        remembered.signed_in(bob, State::Active, false, 5);
        assert!(remembered.is_empty());
        assert!(told(GRACE(1), 6), "the password was changed in between");
        assert!(
            told(State::Expired, 7) && told(GRACE(1), 8),
            "another state is told too"
        );
    }

    #[test]
    fn a_state_that_counts_nothing_is_told_again_after_a_week() {
        let remembered = Remembered::new();
        let bob = mark(&remembered, "uid=bob,dc=example");
        let told = |now| remembered.signed_in(bob, State::MustChange, true, now);
        assert!(told(10) && !told(11) && !told(9 + ticks(ANEW)));
        assert!(told(10 + ticks(ANEW)) && !told(11 + ticks(ANEW)));
    }

    #[test]
    fn every_spelling_is_one_account_and_every_directory_has_its_own() {
        let remembered = Remembered::new();
        let bob = mark(&remembered, "uid=bob,dc=example");
        assert_eq!(bob, mark(&remembered, "UID = Bob , DC=Example"));
        assert_ne!(bob, mark(&remembered, "uid=bo,dc=example"));
        assert_ne!(
            bob,
            remembered.mark(&DirectoryName("others".into()), b"uid=bob,dc=example")
        );
        assert_eq!(mark(&remembered, "bob@example"), mark(&remembered, "BOB@example"));
    }

    #[test]
    fn grace_is_known_on_every_route_whether_a_notice_is_wanted_or_not() {
        let remembered = Remembered::new();
        let bob = mark(&remembered, "uid=bob,dc=example");
        assert_eq!(remembered.grace_left(bob), None);
        remembered.signed_in(bob, GRACE(1), false, 0);
        assert_eq!(remembered.grace_left(bob), Some(1));
        assert!(remembered.signed_in(bob, GRACE(1), true, 1), "nobody was told yet");
        remembered.signed_in(bob, State::MustChange, true, 2);
        assert_eq!(remembered.grace_left(bob), None);
    }

    #[test]
    fn it_never_holds_more_than_its_bound() {
        let remembered = Remembered::new();
        for number in 0..MOST as u64 + 100 {
            assert!(remembered.signed_in(AccountMark(number), GRACE(1), true, 0));
        }
        assert_eq!(remembered.count.load(Ordering::Relaxed), MOST);
    }
}
