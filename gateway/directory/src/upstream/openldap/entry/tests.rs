use super::*;
use postern_identity::Source;

const NOW: &str = "2026-11-22T12:00:00Z";
const DAY: i64 = 86_400;

/// The time that many seconds before `NOW`, as slapd writes it.
fn ago(seconds: i64) -> String {
    let then = now().checked_sub(SignedDuration::from_secs(seconds)).unwrap();
    then.strftime("%Y%m%d%H%M%SZ").to_string()
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn policy(changes: &[(&str, &str)]) -> Entry {
    let mut attributes = vec![
        ("pwdMaxAge", "7776000"),
        ("pwdExpireWarning", "1209600"),
        ("pwdLockout", "TRUE"),
        ("pwdLockoutDuration", "0"),
        ("pwdMustChange", "TRUE"),
    ];
    attributes.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    attributes.extend_from_slice(changes);
    entry(&attributes)
}

/// Values of the same attribute come together, as in an entry.
fn entry(attributes: &[(&str, &str)]) -> Entry {
    let mut grouped: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, value) in attributes {
        match grouped.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value),
            None => grouped.push((name, vec![value])),
        }
    }
    let borrowed: Vec<(&str, &[&str])> = grouped
        .iter()
        .map(|(name, values)| (*name, values.as_slice()))
        .collect();
    Entry::new("uid=someone,dc=example,dc=org", &borrowed)
}

fn standing(account: &[(&str, &str)], changes: &[(&str, &str)]) -> (State, &'static str) {
    let read = read(&entry(account), Some(&policy(changes)), now());
    assert_eq!(read.evidence.source, Source::Entry);
    (read.state, read.evidence.told_by)
}

fn locked(by: LockedBy, until: Option<Timestamp>) -> State {
    State::Locked { by, until }
}

#[test]
fn a_young_password_without_a_lock_is_active() {
    let changed = ago(DAY);
    assert_eq!(
        standing(&[("pwdChangedTime", &changed)], &[]),
        (State::Active, "pwdChangedTime")
    );
    // Exactly as old as it may be is not too old.
    let changed = ago(90 * DAY);
    let account = [("pwdChangedTime", changed.as_str())];
    assert_eq!(standing(&account, &[("pwdExpireWarning", "0")]).0, State::Active);
}

#[test]
fn a_reset_counts_only_where_the_policy_wants_a_change() {
    let account = [("pwdReset", "TRUE")];
    assert_eq!(standing(&account, &[]), (State::MustChange, "pwdReset"));
    assert_eq!(standing(&account, &[("pwdMustChange", "FALSE")]).0, State::Active);
    assert_eq!(standing(&[("pwdReset", "FALSE")], &[]).0, State::Active);
}

#[test]
fn a_lock_stands_before_a_reset_and_a_reset_before_age() {
    let changed = ago(200 * DAY);
    let account = [
        ("pwdAccountLockedTime", "000001010000Z"),
        ("pwdReset", "TRUE"),
        ("pwdChangedTime", changed.as_str()),
    ];
    assert_eq!(standing(&account, &[]).0, locked(LockedBy::Administrator, None));
    assert_eq!(standing(&account[1..], &[]).0, State::MustChange);
    assert_eq!(standing(&account[2..], &[]).0, State::Expired);
}

#[test]
fn a_lock_lasts_as_long_as_the_policy_says() {
    let since = ago(600);
    let account = [("pwdAccountLockedTime", since.as_str())];
    assert_eq!(standing(&account, &[]).0, locked(LockedBy::Failures, None));
    let until = now() + SignedDuration::from_secs(300);
    assert_eq!(
        standing(&account, &[("pwdLockoutDuration", "900")]).0,
        locked(LockedBy::Failures, Some(until))
    );
    assert_eq!(standing(&account, &[("pwdLockoutDuration", "600")]).0, State::Active);
    assert_eq!(standing(&account, &[("pwdLockout", "FALSE")]).0, State::Active);
}

#[test]
fn a_lock_in_the_future_is_not_in_effect_yet() {
    let future = ago(-60);
    assert_eq!(standing(&[("pwdAccountLockedTime", &future)], &[]).0, State::Active);
}

#[test]
fn a_delay_after_a_failure_is_a_lock_until_it_ends() {
    let (end, over) = (ago(-5), ago(5));
    let until = now() + SignedDuration::from_secs(5);
    assert_eq!(
        standing(&[("pwdAccountTmpLockoutEnd", &end)], &[]).0,
        locked(LockedBy::Failures, Some(until))
    );
    assert_eq!(standing(&[("pwdAccountTmpLockoutEnd", &over)], &[]).0, State::Active);
}

#[test]
fn first_and_last_days_count_even_where_nothing_locks() {
    let (past, future) = (ago(DAY), ago(-DAY));
    let unlocked = [("pwdLockout", "FALSE")];
    assert_eq!(standing(&[("pwdStartTime", &future)], &unlocked).0, State::NotYetValid);
    assert_eq!(standing(&[("pwdEndTime", &past)], &unlocked).0, State::AccountExpired);
    assert_eq!(
        standing(&[("pwdStartTime", &past), ("pwdEndTime", &future)], &unlocked).0,
        State::Active
    );
}

#[test]
fn an_account_nobody_used_for_too_long_is_locked() {
    let last = ago(31 * DAY);
    let account = [("pwdLastSuccess", last.as_str())];
    assert_eq!(
        standing(&account, &[("pwdMaxIdle", "2592000")]).0,
        locked(LockedBy::Idleness, None)
    );
    assert_eq!(standing(&account, &[("pwdMaxIdle", "0")]).0, State::Active);
}

#[test]
fn an_old_password_has_the_grace_sign_ins_that_are_not_used_up() {
    let changed = ago(91 * DAY);
    let (first, second) = (ago(20), ago(10));
    let account = [
        ("pwdChangedTime", changed.as_str()),
        ("pwdGraceUseTime", first.as_str()),
        ("pwdGraceUseTime", second.as_str()),
    ];
    assert_eq!(
        standing(&account, &[("pwdGraceAuthNLimit", "3")]).0,
        State::ExpiredGrace { left: 1 }
    );
    assert_eq!(standing(&account, &[("pwdGraceAuthNLimit", "2")]).0, State::Expired);
    assert_eq!(
        standing(&account[..1], &[("pwdGraceAuthNLimit", "2")]).0,
        State::ExpiredGrace { left: 2 }
    );
}

#[test]
fn grace_itself_expires() {
    let changed = ago(91 * DAY);
    let account = [("pwdChangedTime", changed.as_str())];
    let grace = |expiry| [("pwdGraceAuthNLimit", "3"), ("pwdGraceExpiry", expiry)];
    assert_eq!(standing(&account, &grace("86401")).0, State::ExpiredGrace { left: 3 });
    assert_eq!(standing(&account, &grace("86399")).0, State::Expired);
}

#[test]
fn a_password_near_its_end_expires_soon() {
    let changed = ago(85 * DAY);
    let account = [("pwdChangedTime", changed.as_str())];
    assert_eq!(standing(&account, &[]).0, State::Expiring { seconds: 432_000 });
    assert_eq!(standing(&account, &[("pwdExpireWarning", "432000")]).0, State::Active);
}

#[test]
fn passwords_without_a_day_or_without_a_policy_on_age_never_expire() {
    assert_eq!(standing(&[], &[]).0, State::Active);
    let changed = ago(9000 * DAY);
    assert_eq!(
        standing(&[("pwdChangedTime", &changed)], &[("pwdMaxAge", "0")]).0,
        State::Active
    );
}

#[test]
fn without_a_policy_nothing_that_depends_on_it_is_claimed() {
    for attribute in [
        "pwdPolicySubentry",
        "pwdAccountLockedTime",
        "pwdReset",
        "pwdChangedTime",
    ] {
        let account = entry(&[(attribute, "TRUE")]);
        assert_eq!(read(&account, None, now()).state, State::Unknown, "{attribute}");
    }
    assert_eq!(read(&entry(&[]), None, now()).state, State::Active);
}

#[test]
fn an_attribute_that_cannot_be_read_makes_the_standing_unknown_and_is_named() {
    for attribute in [
        "pwdStartTime",
        "pwdEndTime",
        "pwdAccountLockedTime",
        "pwdChangedTime",
        "pwdReset",
    ] {
        assert_eq!(standing(&[(attribute, "yesterday")], &[]), (State::Unknown, attribute));
    }
    for attribute in ["pwdLockout", "pwdMaxAge", "pwdLockoutDuration", "pwdMustChange"] {
        let since = ago(60);
        let account = [("pwdAccountLockedTime", since.as_str()), ("pwdReset", "TRUE")];
        let account = if attribute == "pwdLockoutDuration" {
            &account[..1]
        } else {
            &account[1..]
        };
        let with_max_age = if attribute == "pwdMaxAge" {
            &account[1..]
        } else {
            account
        };
        assert_eq!(
            standing(with_max_age, &[(attribute, "-1")]),
            (State::Unknown, attribute)
        );
    }
}
