//! What an account's entry says of its standing.

use super::attribute::{
    CHANGED, DELAYED_UNTIL, FAILURES, FIRST_DAY, GRACE_USED, LAST_DAY, LAST_SUCCESS, LOCKED, PASSWORD, RESET,
};
use super::replace::{Replace, removed};
use super::{LOCKED_FOR_GOOD, Policy, key, time};
use crate::local::entry::Entry;
use postern_identity::Timestamp;

/// A time that is there and cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// An account's entry, read.
pub(super) struct Account<'a>(pub(super) &'a Entry);

impl Account<'_> {
    pub(super) fn has_password(&self) -> bool {
        !self.values(PASSWORD).is_empty()
    }

    pub(super) fn values(&self, attribute: &str) -> &[Vec<u8>] {
        self.0.values(&key(attribute))
    }

    /// In seconds of the epoch.
    pub(super) fn time(&self, attribute: &str) -> Result<Option<i64>, Unreadable> {
        if self.values(attribute).is_empty() {
            return Ok(None);
        }
        let read = self.0.text(&key(attribute)).and_then(time::parse);
        read.map(|time| Some(time.as_second())).ok_or(Unreadable)
    }

    /// Seconds of those values that can be read; the others are now.
    pub(super) fn failures(&self, now: i64) -> impl Iterator<Item = i64> {
        self.values(FAILURES).iter().map(move |value| {
            let text = std::str::from_utf8(value).ok();
            text.and_then(time::parse).map_or(now, Timestamp::as_second)
        })
    }

    pub(super) fn is_reset(&self) -> bool {
        self.values(RESET)
            .iter()
            .any(|value| value.eq_ignore_ascii_case(b"TRUE"))
    }

    /// Grace sign-ins that were used.
    pub(super) fn grace_used(&self) -> u32 {
        u32::try_from(self.values(GRACE_USED).len()).unwrap_or(u32::MAX)
    }

    /// Whether something stops every sign-in, in the overlay's order. What cannot be read does.
    pub(super) fn is_locked(&self, policy: &Policy, now: Timestamp) -> bool {
        self.locked(policy, now.as_second()).unwrap_or(true)
    }

    fn locked(&self, policy: &Policy, now: i64) -> Result<bool, Unreadable> {
        if self.time(FIRST_DAY)?.is_some_and(|first| now < first)
            || self.time(LAST_DAY)?.is_some_and(|last| last <= now)
        {
            return Ok(true);
        }
        if !policy.lockout {
            return Ok(false);
        }
        if self.time(DELAYED_UNTIL)?.is_some_and(|end| now < end) {
            return Ok(true);
        }
        if policy.max_idle > 0 {
            let last = match self.time(LAST_SUCCESS)? {
                None => self.time(CHANGED)?,
                last => last,
            };
            if last.is_some_and(|last| now > last.saturating_add(policy.max_idle.into())) {
                return Ok(true);
            }
        }
        let Some(since) = self.time(LOCKED)? else {
            return Ok(false);
        };
        // Not in effect yet.
        if now < since {
            return Ok(false);
        }
        Ok(is_for_good(since)
            || policy.lockout_duration == 0
            || now < since.saturating_add(policy.lockout_duration.into()))
    }

    /// Whether there is a lock whose time has passed.
    pub(super) fn has_spent_lock(&self, policy: &Policy, now: Timestamp) -> bool {
        let now = now.as_second();
        policy.lockout
            && policy.lockout_duration > 0
            && matches!(self.time(LOCKED), Ok(Some(since)) if !is_for_good(since)
                && since.saturating_add(policy.lockout_duration.into()) <= now)
    }
}

/// `000001010000Z`, in whatever spelling: nobody was locked before computers kept time.
fn is_for_good(since: i64) -> bool {
    since < 0
}

/// Whether an administrator locked the account.
pub(crate) fn is_locked_by_administrator(account: &Entry) -> bool {
    account.text(&key(LOCKED)) == Some(LOCKED_FOR_GOOD)
        || matches!(Account(account).time(LOCKED), Ok(Some(since)) if is_for_good(since))
}

/// What goes with the lock, when a modify takes `pwdAccountLockedTime` away: the failures that led to it, and a delay.
pub fn lock_lifted(account: &Entry) -> Vec<Replace> {
    removed(account, &[FAILURES, DELAYED_UNTIL]).collect()
}
