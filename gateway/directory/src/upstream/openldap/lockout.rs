//! When slapd's overlay locks an account by failures (pwdLockout, pwdMaxFailure, pwdFailureCountInterval), and how many it counts.

use super::{entry, time};
use crate::upstream::entry::Entry;
use crate::upstream::lockout::Lockout;
use postern_identity::{State, Timestamp};

/// `None` where the policy locks nobody, or says something that cannot be read.
pub(super) fn read(account: &Entry, policy: &Entry, now: Timestamp) -> Option<Lockout> {
    if policy.text("pwdLockout") != Some("TRUE") {
        return None;
    }
    let number = |attribute| -> Option<u32> {
        if policy.has(attribute) {
            policy.text(attribute)?.parse().ok()
        } else {
            Some(0)
        }
    };
    let threshold = number("pwdMaxFailure").filter(|threshold| *threshold > 0)?;
    // What cannot be read as a length of time is none: then nothing ever expires, which is the careful reading.
    let interval_seconds = number("pwdFailureCountInterval").unwrap_or(0);
    let failures = account
        .values("pwdFailureTime")
        .filter(|value| counts(value, interval_seconds, now))
        .count();
    let state = entry::read(account, Some(policy), now).state;
    Some(Lockout {
        threshold,
        interval_seconds,
        failures: u32::try_from(failures).unwrap_or(u32::MAX),
        locked: matches!(state, State::Locked { .. }),
    })
}

/// Whether the overlay counts a failure of this time still. One that cannot be read counts.
fn counts(value: &[u8], interval_seconds: u32, now: Timestamp) -> bool {
    let at = std::str::from_utf8(value).ok().and_then(time::parse);
    interval_seconds == 0 || at.is_none_or(|at| now.duration_since(at).as_secs() <= i64::from(interval_seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";

    fn policy(more: &[(&str, &[&str])]) -> Entry {
        let mut attributes: Vec<(&str, &[&str])> = vec![("pwdLockout", &["TRUE"]), ("pwdMaxFailure", &["5"])];
        attributes.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        attributes.extend_from_slice(more);
        Entry::new("cn=default", &attributes)
    }

    fn read_at(account: &[(&str, &[&str])], policy: &Entry) -> Option<Lockout> {
        read(&Entry::new("uid=a", account), policy, NOW.parse().unwrap())
    }

    const FAILED: (&str, &[&str]) = (
        "pwdFailureTime",
        &[
            "20261122115959.000001Z",
            "20261122115000Z",
            "20261122110000Z",
            "not a time",
        ],
    );

    #[test]
    fn failures_within_the_interval_count_and_those_that_cannot_be_read() {
        let read = |seconds: &str| {
            let policy = policy(&[("pwdFailureCountInterval", &[seconds])]);
            read_at(&[FAILED], &policy).unwrap()
        };
        assert_eq!((read("600").failures, read("600").interval_seconds), (3, 600));
        assert_eq!(read("599").failures, 2);
        assert_eq!((read("0").failures, read("0").interval_seconds), (4, 0));
        assert_eq!((read("soon").failures, read("soon").interval_seconds), (4, 0));
        assert_eq!(read("0").threshold, 5);
    }

    #[test]
    fn a_policy_that_locks_nobody_has_no_threshold() {
        for other in [
            ("pwdLockout", &["FALSE"][..]),
            ("pwdLockout", &[]),
            ("pwdMaxFailure", &["0"]),
            ("pwdMaxFailure", &[]),
            ("pwdMaxFailure", &["many"]),
        ] {
            assert_eq!(read_at(&[FAILED], &policy(&[other])), None, "{other:?}");
        }
    }

    #[test]
    fn an_account_that_is_locked_is_told_so() {
        let locked = ("pwdAccountLockedTime", &["20261122115900Z"][..]);
        assert!(read_at(&[FAILED, locked], &policy(&[])).unwrap().locked);
        assert!(!read_at(&[FAILED], &policy(&[])).unwrap().locked);
        let over = policy(&[("pwdLockoutDuration", &["30"])]);
        assert!(!read_at(&[locked], &over).unwrap().locked);
    }
}
