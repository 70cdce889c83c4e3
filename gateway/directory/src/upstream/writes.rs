//! Which server took the last write of an account, for a while: so that whoever has just changed a password can sign in with it, though
//! other servers have not heard of it yet.

use super::choice::AccountHash;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The most accounts remembered at once. While there are more, everybody goes where writes go.
const MOST: usize = 100_000;

/// The writes of the last while.
pub(super) struct Writes {
    /// How long a write is remembered; zero for not at all.
    window: Duration,
    /// Whether there may be any, so that sign-ins without one take no lock.
    any: AtomicBool,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    by_account: HashMap<AccountHash, (Wrote, Instant)>,
    /// When those that are over were last taken out.
    swept: Option<Instant>,
    /// Until when somebody's write may have been forgotten.
    forgot_until: Option<Instant>,
}

/// Where the account's last write went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrote {
    /// Nowhere that is known, or too long ago.
    Nowhere,
    /// To this server.
    To(usize),
    /// It is not known where, but not to a reader.
    Somewhere,
}

impl Writes {
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window,
            any: AtomicBool::new(false),
            noted: Mutex::default(),
        }
    }

    /// Whether anything is remembered at all.
    pub(super) fn is_kept(&self) -> bool {
        !self.window.is_zero()
    }

    /// Whether anything may be remembered now.
    pub(super) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// A write of this account went there.
    pub(super) fn note(&self, account: AccountHash, went: Wrote, now: Instant) {
        if !self.is_kept() {
            return;
        }
        let until = now + self.window;
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.by_account.len() >= MOST {
            noted.sweep(now, self.window);
        }
        if noted.by_account.len() >= MOST && !noted.by_account.contains_key(&account) {
            noted.forgot_until = Some(until);
        } else {
            noted.by_account.insert(account, (went, until));
        }
        self.any.store(true, Ordering::Release);
    }

    /// Where its last write went.
    pub(super) fn of(&self, account: AccountHash, now: Instant) -> Wrote {
        if !self.any() {
            return Wrote::Nowhere;
        }
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.sweep(now, self.window);
        if noted.by_account.is_empty() && noted.forgot_until.is_none() {
            self.any.store(false, Ordering::Release);
        }
        match noted.by_account.get(&account) {
            Some((went, until)) if *until > now => *went,
            _ if noted.forgot_until.is_some() => Wrote::Somewhere,
            _ => Wrote::Nowhere,
        }
    }
}

impl Noted {
    /// Takes out what is over: once in a window, so that it costs each write and each sign-in little.
    fn sweep(&mut self, now: Instant, window: Duration) {
        if self.swept.is_some_and(|swept| now < swept + window) {
            return;
        }
        self.swept = Some(now);
        self.by_account.retain(|_, (_, until)| *until > now);
        self.forgot_until = self.forgot_until.filter(|until| *until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn account(number: usize) -> AccountHash {
        AccountHash::of(format!("cn={number}").as_bytes())
    }

    #[test]
    fn a_write_is_remembered_for_its_window_and_for_its_account_alone() {
        let (writes, now) = (Writes::new(WINDOW), Instant::now());
        assert_eq!(writes.of(account(1), now), Wrote::Nowhere);
        writes.note(account(1), Wrote::To(2), now);
        assert_eq!(writes.of(account(1), now), Wrote::To(2));
        assert_eq!(writes.of(account(2), now), Wrote::Nowhere);
        writes.note(account(1), Wrote::To(0), now);
        assert_eq!(writes.of(account(1), now), Wrote::To(0), "the last one counts");
        let almost = now + WINDOW.checked_sub(Duration::from_millis(1)).unwrap();
        assert_eq!(writes.of(account(1), almost), Wrote::To(0));
        assert_eq!(writes.of(account(1), now + WINDOW), Wrote::Nowhere);
    }

    #[test]
    fn without_a_window_nothing_is_remembered() {
        let (writes, now) = (Writes::new(Duration::ZERO), Instant::now());
        writes.note(account(1), Wrote::To(2), now);
        assert_eq!(writes.of(account(1), now), Wrote::Nowhere);
    }

    #[test]
    fn too_many_writes_make_everybody_go_where_writes_go_until_the_window_is_over() {
        let (writes, now) = (Writes::new(WINDOW), Instant::now());
        for number in 0..=MOST {
            writes.note(account(number), Wrote::To(1), now);
        }
        assert_eq!(writes.of(account(0), now), Wrote::To(1));
        assert_eq!(writes.of(account(MOST), now), Wrote::Somewhere);
        assert_eq!(writes.of(account(MOST), now + WINDOW), Wrote::Nowhere);
        assert!(
            writes.noted.lock().unwrap().by_account.is_empty(),
            "and nothing is kept"
        );
    }
}
