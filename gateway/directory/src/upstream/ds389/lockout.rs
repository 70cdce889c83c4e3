//! When the server locks an account by failures (passwordLockout, passwordMaxFailure, passwordResetFailureCount), and how many it counts.
//!
//! It counts from the first failure on and forgets them all at once, `passwordResetFailureCount` seconds later (`retryCountResetTime`).

use super::entry::{self, RETRY_COUNT};
use super::values::{number, switch, time};
use crate::upstream::entry::Entry;
use crate::upstream::lockout::{Lockout, LockoutPolicy};
use crate::upstream::reading::Unreadable;
use postern_identity::{LockedBy, State, Timestamp};

/// The most failures that are told one by one: more lock everywhere (`passwordMaxFailure` is at most 32767, and a handful where anybody cares).
const MOST: usize = 1024;

/// What cannot be read of the policy is not known; what cannot be read of the failures counts.
pub(super) fn read(account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Lockout {
    let policy_read = policy.and_then(|policy| read_policy(policy).ok());
    let state = entry::read(account, policy, now).state;
    Lockout {
        failure_ages: ages(account, policy_read, now),
        policy: policy_read.unwrap_or(LockoutPolicy::Unknown),
        // An administrator's lock is made of the same attributes.
        locked: matches!(
            state,
            State::Locked {
                by: LockedBy::Failures | LockedBy::Administrator,
                ..
            }
        ),
    }
}

fn ages(account: &Entry, policy: Option<LockoutPolicy>, now: Timestamp) -> Vec<u32> {
    let interval = match policy {
        Some(LockoutPolicy::Locks { interval_seconds, .. }) => i64::from(interval_seconds),
        _ => 0,
    };
    let age = match time(account, "retryCountResetTime") {
        // The next wrong password is the first again.
        Ok(Some(reset)) if reset < now => return Vec::new(),
        Ok(Some(reset)) if interval > 0 => interval.saturating_sub(reset.duration_since(now).as_secs()).max(0),
        _ => 0,
    };
    vec![u32::try_from(age).unwrap_or(u32::MAX); count(account)]
}

fn count(account: &Entry) -> usize {
    match number(account, RETRY_COUNT) {
        Ok(count) => usize::try_from(count.unwrap_or(0)).unwrap_or(0).min(MOST),
        // One at the least.
        Err(_) => 1,
    }
}

fn read_policy(policy: &Entry) -> Result<LockoutPolicy, Unreadable> {
    if !switch(policy, "passwordLockout")?.unwrap_or(false) {
        return Ok(LockoutPolicy::Never);
    }
    let whole = |number: i64, attribute| u32::try_from(number).map_err(|_| Unreadable(attribute));
    let interval = number(policy, "passwordResetFailureCount")?.unwrap_or(600);
    Ok(LockoutPolicy::Locks {
        // 0 locks at the first one too.
        threshold: whole(entry::most_failures(policy)?, "passwordMaxFailure")?.max(1),
        interval_seconds: whole(interval, "passwordResetFailureCount")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";

    fn policy(more: &[(&str, &[&str])]) -> Entry {
        let mut attributes: Vec<(&str, &[&str])> = vec![("passwordLockout", &["on"]), ("passwordMaxFailure", &["5"])];
        attributes.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        attributes.extend_from_slice(more);
        Entry::new("cn=config", &attributes)
    }

    fn lockout(account: &[(&str, &[&str])], policy: Option<&Entry>) -> Lockout {
        read(&Entry::new("uid=a", account), policy, NOW.parse().unwrap())
    }

    #[test]
    fn failures_count_until_the_server_forgets_them_all_at_once() {
        let counted = |reset: &'static [&'static str]| {
            let account = [("passwordRetryCount", &["3"][..]), ("retryCountResetTime", reset)];
            lockout(&account, Some(&policy(&[]))).failure_ages
        };
        // The first of them was nine minutes ago, of ten.
        assert_eq!(counted(&["20261122120100Z"]), [540; 3]);
        assert_eq!(counted(&["20261122115959Z"]), [0; 0]);
        assert_eq!(counted(&[]), [0; 3], "nobody knows since when");
        assert_eq!(counted(&["soon"]), [0; 3]);
        let account = [
            ("passwordRetryCount", &["3"][..]),
            ("retryCountResetTime", &["20261122120100Z"]),
        ];
        assert_eq!(
            lockout(&account, None).failure_ages,
            [0; 3],
            "nobody knows the interval"
        );
        assert_eq!(lockout(&[("passwordRetryCount", &["0"])], None).failure_ages, [0; 0]);
        assert_eq!(lockout(&[("passwordRetryCount", &["many"])], None).failure_ages, [0]);
        assert_eq!(
            lockout(&[("passwordRetryCount", &["65535"])], None).failure_ages.len(),
            MOST
        );
        assert_eq!(lockout(&[("passwordRetryCount", &["-1"])], None).failure_ages, [0; 0]);
    }

    #[test]
    fn a_policy_locks_by_a_number_never_or_cannot_be_read() {
        let read = |more: &[(&str, &[&str])]| lockout(&[], Some(&policy(more))).policy;
        let locks = |threshold, interval_seconds| LockoutPolicy::Locks {
            threshold,
            interval_seconds,
        };
        for (more, wanted) in [
            (&[][..], locks(5, 600)),
            (&[("passwordResetFailureCount", &["60"][..])], locks(5, 60)),
            (&[("passwordMaxFailure", &[])], locks(3, 600)),
            (&[("passwordMaxFailure", &["0"])], locks(1, 600)),
            (&[("passwordLockout", &["off"])], LockoutPolicy::Never),
            (&[("passwordLockout", &[])], LockoutPolicy::Never),
            (&[("passwordLockout", &["maybe"])], LockoutPolicy::Unknown),
            (&[("passwordMaxFailure", &["many"])], LockoutPolicy::Unknown),
            (&[("passwordResetFailureCount", &["-1"])], LockoutPolicy::Unknown),
        ] {
            assert_eq!(read(more), wanted, "{more:?}");
        }
        assert_eq!(lockout(&[], None).policy, LockoutPolicy::Unknown);
    }

    #[test]
    fn an_account_that_is_locked_is_told_so() {
        let until = |time: &'static [&'static str]| [("passwordRetryCount", &["5"][..]), ("accountUnlockTime", time)];
        assert!(lockout(&until(&["20261122130000Z"]), Some(&policy(&[]))).locked);
        assert!(lockout(&until(&["99991231235959Z"]), Some(&policy(&[]))).locked);
        let forever = policy(&[("passwordUnlock", &["off"])]);
        assert!(lockout(&until(&["19700101000000Z"]), Some(&forever)).locked);
        assert!(!lockout(&until(&["20261122110000Z"]), Some(&policy(&[]))).locked);
        assert!(
            !lockout(&until(&["20261122130000Z"]), None).locked,
            "it may not lock at all"
        );
        assert!(!lockout(&[("nsAccountLock", &["true"])], Some(&policy(&[]))).locked);
    }
}
