//! When FreeIPA locks an account by failures (krbPwdMaxFailure, krbPwdFailureCountInterval), and how many it counts: all of them, until the
//! interval after the last is over.

use super::entry::{self, FAILED_COUNT};
use crate::upstream::ds389::values::{number, time};
use crate::upstream::entry::Entry;
use crate::upstream::lockout::{Lockout, LockoutPolicy};
use crate::upstream::reading::Unreadable;
use postern_identity::{State, Timestamp};

/// The most failures that are told one by one.
const MOST: usize = 1024;

/// What cannot be read of the policy is not known; what cannot be read of the failures counts.
pub(super) fn read(account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Lockout {
    let count = match (entry::counts(account), number(account, FAILED_COUNT)) {
        (Ok(false), _) => 0,
        (_, Ok(count)) => usize::try_from(count.unwrap_or(0)).unwrap_or(0).clamp(1, MOST),
        (_, Err(_)) => 1,
    };
    let age = match time(account, "krbLastFailedAuth") {
        Ok(Some(last)) => u32::try_from(now.duration_since(last).as_secs().max(0)).unwrap_or(u32::MAX),
        _ => 0,
    };
    Lockout {
        policy: policy
            .and_then(|policy| read_policy(policy).ok())
            .unwrap_or(LockoutPolicy::Unknown),
        failure_ages: vec![age; count],
        locked: matches!(entry::read(account, policy, now).state, State::Locked { .. }),
    }
}

fn read_policy(policy: &Entry) -> Result<LockoutPolicy, Unreadable> {
    let whole = |attribute| {
        let number = number(policy, attribute)?.unwrap_or(0);
        u32::try_from(number).map_err(|_| Unreadable(attribute))
    };
    Ok(match whole("krbPwdMaxFailure")? {
        0 => LockoutPolicy::Never,
        threshold => LockoutPolicy::Locks {
            threshold,
            // 0: forgotten as soon as the second is over, which is no window anybody can count in; taken as for ever, the safe side.
            interval_seconds: whole("krbPwdFailureCountInterval")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";
    const POLICY: &[(&str, &[&str])] = &[
        ("krbPwdMaxFailure", &["6"]),
        ("krbPwdFailureCountInterval", &["60"]),
        ("krbPwdLockoutDuration", &["600"]),
    ];

    fn lockout(account: &[(&str, &[&str])], policy: Option<&[(&str, &[&str])]>) -> Lockout {
        let policy = policy.map(|policy| Entry::new("cn=global_policy", policy));
        read(&Entry::new("uid=a", account), policy.as_ref(), NOW.parse().unwrap())
    }

    #[test]
    fn all_failures_are_as_old_as_the_last() {
        let account = [
            ("krbLoginFailedCount", &["3"][..]),
            ("krbLastFailedAuth", &["20261122115930Z"]),
        ];
        let read = lockout(&account, Some(POLICY));
        assert_eq!((read.failures(60), read.failures(29), read.failures(0)), (3, 0, 3));
        assert_eq!(
            read.policy,
            LockoutPolicy::Locks {
                threshold: 6,
                interval_seconds: 60
            }
        );
        assert!(!read.locked);
        let unlocked = [account[0], account[1], ("krbLastAdminUnlock", &["20261122115930Z"])];
        assert_eq!(lockout(&unlocked, Some(POLICY)).failures(0), 0);
        assert_eq!(lockout(&[("krbLoginFailedCount", &["many"])], None).failures(0), 1);
        assert_eq!(lockout(&[("krbLoginFailedCount", &["0"])], None).failures(0), 0);
    }

    #[test]
    fn a_policy_without_a_number_never_locks_and_one_that_cannot_be_read_is_unknown() {
        assert_eq!(lockout(&[], Some(&[])).policy, LockoutPolicy::Never);
        assert_eq!(
            lockout(&[], Some(&[("krbPwdMaxFailure", &["0"])])).policy,
            LockoutPolicy::Never
        );
        assert_eq!(
            lockout(&[], Some(&[("krbPwdMaxFailure", &["-1"])])).policy,
            LockoutPolicy::Unknown
        );
        assert_eq!(lockout(&[], None).policy, LockoutPolicy::Unknown);
    }

    #[test]
    fn an_account_that_is_locked_is_told_so() {
        let account = [
            ("krbLoginFailedCount", &["6"][..]),
            ("krbLastFailedAuth", &["20261122115500Z"]),
        ];
        assert!(lockout(&account, Some(POLICY)).locked);
        let over = [account[0], ("krbLastFailedAuth", &["20261122114500Z"][..])];
        assert!(!lockout(&over, Some(POLICY)).locked);
    }
}
