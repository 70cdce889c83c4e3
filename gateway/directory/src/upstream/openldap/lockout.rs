//! When slapd's overlay locks an account by failures (pwdLockout, pwdMaxFailure, pwdFailureCountInterval), and how many it counts.

use super::{entry, time};
use crate::upstream::entry::Entry;
use crate::upstream::lockout::{Lockout, LockoutPolicy};
use postern_identity::{LockedBy, State, Timestamp};

/// What cannot be read of the policy is not known; what cannot be read of the failures counts.
pub(super) fn read(account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Lockout {
    let age = |value: &[u8]| {
        let at = std::str::from_utf8(value).ok().and_then(time::parse);
        at.map_or(0, |at| {
            u32::try_from(now.duration_since(at).as_secs().max(0)).unwrap_or(u32::MAX)
        })
    };
    // A lock by failures may be over where nobody knows how long it lasts; an administrator's is not.
    let state = entry::read(account, policy, now).state;
    let for_good = account.text("pwdAccountLockedTime") == Some(entry::LOCKED_FOR_GOOD);
    let by_failures = |by: LockedBy| by == LockedBy::Failures || for_good;
    Lockout {
        policy: policy.and_then(read_policy).unwrap_or(LockoutPolicy::Unknown),
        failure_ages: account.values("pwdFailureTime").map(age).collect(),
        locked: matches!(state, State::Locked { by, .. } if by_failures(by)) || (policy.is_none() && for_good),
    }
}

fn read_policy(policy: &Entry) -> Option<LockoutPolicy> {
    let number = |attribute| -> Option<u32> {
        if policy.has(attribute) {
            policy.text(attribute)?.parse().ok()
        } else {
            Some(0)
        }
    };
    match policy.text("pwdLockout") {
        Some("TRUE") => {}
        Some("FALSE") | None => return Some(LockoutPolicy::Never),
        Some(_) => return None,
    }
    Some(match number("pwdMaxFailure")? {
        0 => LockoutPolicy::Never,
        threshold => LockoutPolicy::Locks {
            threshold,
            interval_seconds: number("pwdFailureCountInterval")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";
    const FAILED: (&str, &[&str]) = (
        "pwdFailureTime",
        &[
            "20261122115959.000001Z",
            "20261122115000Z",
            "20261122110000Z",
            "not a time",
        ],
    );

    fn policy(more: &[(&str, &[&str])]) -> Entry {
        let mut attributes: Vec<(&str, &[&str])> = vec![("pwdLockout", &["TRUE"]), ("pwdMaxFailure", &["5"])];
        attributes.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        attributes.extend_from_slice(more);
        Entry::new("cn=default", &attributes)
    }

    fn lockout(account: &[(&str, &[&str])], policy: Option<&Entry>) -> Lockout {
        read(&Entry::new("uid=a", account), policy, NOW.parse().unwrap())
    }

    #[test]
    fn failures_within_the_interval_count_and_those_that_cannot_be_read() {
        let read = lockout(&[FAILED], None);
        for (interval, count) in [(600, 3), (599, 2), (0, 4), (1, 2)] {
            assert_eq!(read.failures(interval), count, "{interval}");
        }
        assert_eq!(read.policy, LockoutPolicy::Unknown);
    }

    #[test]
    fn a_policy_locks_by_a_number_never_or_cannot_be_read() {
        let read = |more: &[(&str, &[&str])]| lockout(&[], Some(&policy(more))).policy;
        let locks = |threshold, interval_seconds| LockoutPolicy::Locks {
            threshold,
            interval_seconds,
        };
        for (more, wanted) in [
            (&[][..], locks(5, 0)),
            (&[("pwdFailureCountInterval", &["600"][..])], locks(5, 600)),
            (&[("pwdMaxFailure", &["3"])], locks(3, 0)),
            (&[("pwdMaxFailure", &["0"])], LockoutPolicy::Never),
            (&[("pwdMaxFailure", &[])], LockoutPolicy::Never),
            (&[("pwdLockout", &["FALSE"])], LockoutPolicy::Never),
            (&[("pwdLockout", &[])], LockoutPolicy::Never),
            (&[("pwdLockout", &["maybe"])], LockoutPolicy::Unknown),
            (&[("pwdMaxFailure", &["many"])], LockoutPolicy::Unknown),
            (&[("pwdFailureCountInterval", &["soon"])], LockoutPolicy::Unknown),
        ] {
            assert_eq!(read(more), wanted, "{more:?}");
        }
    }

    #[test]
    fn an_account_that_is_locked_is_told_so() {
        let since = |time| [("pwdAccountLockedTime", time)];
        let a_minute_ago = since(&["20261122115900Z"][..]);
        let for_good = since(&["000001010000Z"][..]);
        assert!(lockout(&a_minute_ago, Some(&policy(&[]))).locked);
        assert!(lockout(&for_good, Some(&policy(&[]))).locked);
        assert!(lockout(&for_good, None).locked);
        // It may be over, and then what was counted is in force.
        assert!(!lockout(&a_minute_ago, None).locked);
        assert!(!lockout(&a_minute_ago, Some(&policy(&[("pwdLockoutDuration", &["30"])]))).locked);
        assert!(!lockout(&[FAILED], Some(&policy(&[]))).locked);
    }
}
