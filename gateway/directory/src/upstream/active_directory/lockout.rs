//! When a domain controller locks an account by failures, and how many it counts.

use super::entry::{Account, LOCKOUT_THRESHOLD, Lock, OBSERVATION_WINDOW, Policy};
use super::filetime::{Length, Moment};
use crate::upstream::entry::Entry;
use crate::upstream::lockout::{Lockout, LockoutPolicy};
use postern_identity::Timestamp;

/// The most failures taken from an entry: no threshold is higher.
const MOST: u32 = 999;

/// What cannot be read of the policy is not known; what cannot be read of the failures counts.
pub(super) fn read(account: &Entry, policy: Option<&Entry>, now: Timestamp) -> Lockout {
    let counted = account
        .text("badPwdCount")
        .and_then(|count| count.parse::<u32>().ok())
        .unwrap_or(0)
        .min(MOST);
    // All of them count until the time is over since the last (MS-SAMR §3.1.1.8.3).
    let age = match Account(account).moment("badPasswordTime") {
        Ok(Some(Moment::At(last))) => u32::try_from(now.duration_since(last).as_secs().max(0)).unwrap_or(u32::MAX),
        Ok(Some(Moment::Zero)) => u32::MAX,
        Ok(Some(Moment::Never) | None) | Err(_) => 0,
    };
    let policy = policy.map(Policy);
    let locked = Account(account).locked(policy.as_ref(), now);
    Lockout {
        policy: policy.as_ref().and_then(read_policy).unwrap_or(LockoutPolicy::Unknown),
        failure_ages: vec![age; usize::try_from(counted).unwrap_or(0)],
        // It may be over where nobody knows how long it lasts.
        locked: matches!(locked, Ok(Lock::Locked { .. })),
    }
}

fn read_policy(policy: &Policy<'_>) -> Option<LockoutPolicy> {
    let threshold = policy.number(LOCKOUT_THRESHOLD).ok()??;
    if threshold == 0 {
        return Some(LockoutPolicy::Never);
    }
    let interval_seconds = match policy.length(OBSERVATION_WINDOW).ok()?? {
        Length::Zero | Length::Forever => 0,
        Length::Seconds(seconds) => u32::try_from(seconds).unwrap_or(u32::MAX),
    };
    Some(LockoutPolicy::Locks {
        threshold,
        interval_seconds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";
    /// 600 seconds before.
    const TEN_MINUTES_AGO: &str = "134398218000000000";

    fn lockout(account: &[(&str, &[&str])], policy: Option<&[(&str, &[&str])]>) -> Lockout {
        let policy = policy.map(|policy| Entry::new("DC=ad", policy));
        read(&Entry::new("CN=a", account), policy.as_ref(), NOW.parse().unwrap())
    }

    #[test]
    fn failures_count_until_the_time_is_over_since_the_last() {
        let read = lockout(
            &[("badPwdCount", &["3"]), ("badPasswordTime", &[TEN_MINUTES_AGO])],
            None,
        );
        assert_eq!((read.failures(1800), read.failures(600), read.failures(599)), (3, 3, 0));
        assert_eq!(read.failures(0), 3, "without an end they count until a success");
        assert_eq!(read.policy, LockoutPolicy::Unknown);
    }

    #[test]
    fn failures_whose_time_cannot_be_read_count_and_an_absurd_number_is_bounded() {
        let unreadable = lockout(&[("badPwdCount", &["2"]), ("badPasswordTime", &["yesterday"])], None);
        assert_eq!(unreadable.failures(1), 2);
        let absurd = lockout(&[("badPwdCount", &["4000000000"])], None);
        assert_eq!(absurd.failures(1), MOST);
        let none = lockout(&[("badPwdCount", &["0"]), ("badPasswordTime", &["0"])], None);
        assert_eq!(none.failures(0), 0);
    }

    #[test]
    fn the_domain_or_a_fine_grained_policy_says_when_it_locks() {
        let read = |policy: &[(&str, &[&str])]| lockout(&[], Some(policy)).policy;
        let locks = |threshold, interval_seconds| LockoutPolicy::Locks {
            threshold,
            interval_seconds,
        };
        let (window, threshold) = ("lockOutObservationWindow", "lockoutThreshold");
        for (policy, wanted) in [
            (
                &[(threshold, &["5"][..]), (window, &["-18000000000"])][..],
                locks(5, 1800),
            ),
            (&[(threshold, &["5"]), (window, &["-9223372036854775808"])], locks(5, 0)),
            (&[(threshold, &["0"])], LockoutPolicy::Never),
            (&[(threshold, &["5"])], LockoutPolicy::Unknown),
            (&[(threshold, &["many"]), (window, &["-1"])], LockoutPolicy::Unknown),
            (
                &[(threshold, &["5"]), (window, &["18000000000"])],
                LockoutPolicy::Unknown,
            ),
            (&[], LockoutPolicy::Unknown),
            (
                &[
                    ("msDS-LockoutThreshold", &["3"]),
                    ("msDS-LockoutObservationWindow", &["-600000000"]),
                ],
                locks(3, 60),
            ),
        ] {
            assert_eq!(read(policy), wanted, "{policy:?}");
        }
    }

    #[test]
    fn an_account_that_is_locked_is_told_so() {
        let since = ("lockoutTime", &[TEN_MINUTES_AGO][..]);
        let lasts = |ticks| [("lockoutDuration", ticks)];
        assert!(lockout(&[since], Some(&lasts(&["-18000000000"][..]))).locked);
        assert!(lockout(&[since], Some(&lasts(&["-9223372036854775808"]))).locked);
        assert!(!lockout(&[since], Some(&lasts(&["-3000000000"]))).locked);
        // Nobody knows how long it lasts: it may be over.
        assert!(!lockout(&[since], None).locked);
        assert!(!lockout(&[("lockoutTime", &["0"])], Some(&lasts(&["-18000000000"]))).locked);
        // What the server worked out itself wins.
        let computed = |flags| [since, ("msDS-User-Account-Control-Computed", flags)];
        assert!(lockout(&computed(&["16"][..]), None).locked);
        assert!(!lockout(&computed(&["0"]), Some(&lasts(&["-18000000000"]))).locked);
    }
}
