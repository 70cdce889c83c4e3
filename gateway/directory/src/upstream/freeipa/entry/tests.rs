use super::*;

const NOW: &str = "2026-11-22T12:00:00Z";
const DAY: i64 = 86_400;

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// The time that many seconds after `NOW`, as the server writes it.
fn in_(seconds: i64) -> String {
    let then = Timestamp::from_second(now().as_second() + seconds).unwrap();
    then.strftime("%Y%m%d%H%M%SZ").to_string()
}

fn entry(attributes: &[(&str, &str)]) -> Entry {
    let values: Vec<[&str; 1]> = attributes.iter().map(|(_, value)| [*value]).collect();
    let borrowed: Vec<(&str, &[&str])> = attributes
        .iter()
        .zip(&values)
        .map(|((name, _), value)| (*name, &value[..]))
        .collect();
    Entry::new("uid=someone,cn=users,cn=accounts,dc=example,dc=org", &borrowed)
}

fn policy(changes: &[(&str, &str)]) -> Entry {
    let mut attributes = vec![
        ("krbPwdMaxFailure", "6"),
        ("krbPwdFailureCountInterval", "60"),
        ("krbPwdLockoutDuration", "600"),
        ("passwordGraceLimit", "-1"),
    ];
    attributes.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    attributes.extend_from_slice(changes);
    entry(&attributes)
}

fn state(account: &[(&str, &str)], changes: &[(&str, &str)]) -> State {
    read(&entry(account), Some(&policy(changes)), now()).state
}

fn locked(until: Option<i64>) -> State {
    State::Locked {
        by: LockedBy::Failures,
        until: until.map(|seconds| Timestamp::from_second(now().as_second() + seconds).unwrap()),
    }
}

#[test]
fn an_expiry_to_come_is_active_and_expiring_in_its_last_days() {
    let (far, soon) = (in_(60 * DAY), in_(3 * DAY));
    assert_eq!(state(&[("krbPasswordExpiration", &far)], &[]), State::Active);
    assert_eq!(
        state(&[("krbPasswordExpiration", &soon)], &[]),
        State::Expiring { seconds: 259_200 }
    );
    assert_eq!(state(&[], &[]), State::Active);
    assert_eq!(
        state(&[("krbPasswordExpiration", "99991231235959Z")], &[]),
        State::Active
    );
}

#[test]
fn a_password_that_expired_when_it_was_set_was_set_by_somebody_else() {
    let (set, second_later, expired) = (in_(-DAY), in_(1 - DAY), in_(-60));
    let expires = |at| ("krbPasswordExpiration", at);
    let changed = ("krbLastPwdChange", set.as_str());
    for at in [set.as_str(), &second_later] {
        let read = read(&entry(&[expires(at), changed]), Some(&policy(&[])), now());
        assert_eq!(
            (read.state, read.cause),
            (State::MustChange, Some(Cause::AdministratorReset))
        );
    }
    assert_eq!(state(&[expires(&expired), changed], &[]), State::Expired);
    assert_eq!(state(&[expires(&expired)], &[]), State::Expired);
    // What is read after a sign-in that said nothing needs no policy.
    assert_eq!(
        read(&entry(&[expires(&set), changed]), None, now()).state,
        State::MustChange
    );
    assert_eq!(
        read(&entry(&[expires(&expired), changed]), None, now()).state,
        State::Expired
    );
}

#[test]
fn grace_is_what_the_policy_leaves() {
    let expired = in_(-60);
    let expires = ("krbPasswordExpiration", expired.as_str());
    let three = ("passwordGraceLimit", "3");
    assert_eq!(state(&[expires], &[three]), State::ExpiredGrace { left: 3 });
    for (used, wanted) in [
        ("2", State::ExpiredGrace { left: 1 }),
        ("3", State::Expired),
        ("9", State::Expired),
    ] {
        assert_eq!(state(&[expires, ("passwordGraceUserTime", used)], &[three]), wanted);
    }
    for limit in ["0", "-1"] {
        assert_eq!(state(&[expires], &[("passwordGraceLimit", limit)]), State::Expired);
    }
}

#[test]
fn failures_lock_for_the_duration_after_the_last_unless_somebody_unlocked_since() {
    let (recent, past) = (in_(-60), in_(-600));
    let failed = |count, at| [("krbLoginFailedCount", count), ("krbLastFailedAuth", at)];
    assert_eq!(state(&failed("6", &recent), &[]), locked(Some(540)));
    assert_eq!(state(&failed("5", &recent), &[]), State::Active);
    assert_eq!(state(&failed("6", &past), &[]), State::Active);
    assert_eq!(
        state(&failed("6", &past), &[("krbPwdLockoutDuration", "0")]),
        locked(None)
    );
    assert_eq!(
        state(&failed("6", &recent), &[("krbPwdMaxFailure", "0")]),
        State::Active
    );
    let [count, at] = failed("6", &recent);
    assert_eq!(state(&[count, at, ("krbLastAdminUnlock", &recent)], &[]), State::Active);
    assert_eq!(
        state(&[count, at, ("krbLastAdminUnlock", &past)], &[]),
        locked(Some(540))
    );
}

#[test]
fn a_lock_stands_before_the_last_day_that_before_inactivity_and_that_before_the_age() {
    let (recent, over) = (in_(-60), in_(-1));
    let account = [
        ("krbLoginFailedCount", "6"),
        ("krbLastFailedAuth", recent.as_str()),
        ("krbPrincipalExpiration", over.as_str()),
        ("nsAccountLock", "TRUE"),
        ("krbPasswordExpiration", over.as_str()),
    ];
    assert_eq!(state(&account, &[]), locked(Some(540)));
    assert_eq!(state(&account[2..], &[]), State::AccountExpired);
    assert_eq!(state(&account[3..], &[]), State::Disabled);
    assert_eq!(state(&account[4..], &[]), State::Expired);
}

#[test]
fn without_a_policy_failures_leave_open_whether_it_is_locked() {
    let recent = in_(-60);
    let failed = [("krbLoginFailedCount", "1"), ("krbLastFailedAuth", recent.as_str())];
    assert_eq!(read(&entry(&failed), None, now()).state, State::Unknown);
    assert_eq!(
        read(&entry(&[("krbLoginFailedCount", "0")]), None, now()).state,
        State::Active
    );
    let expired = [failed[0], failed[1], ("krbPasswordExpiration", recent.as_str())];
    assert_eq!(read(&entry(&expired), None, now()).state, State::Expired);
}

#[test]
fn the_age_of_a_password_counts_only_where_one_is_used() {
    let expired = in_(-60);
    let with = |kinds: &[&str]| {
        let account = Entry::new(
            "uid=a",
            &[
                ("krbPasswordExpiration", &[expired.as_str()]),
                ("ipaUserAuthType", kinds),
            ],
        );
        read(&account, None, now()).state
    };
    for kinds in [&["radius"][..], &["idp"], &["RADIUS", "idp"]] {
        assert_eq!(with(kinds), State::Active, "{kinds:?}");
    }
    for kinds in [&[][..], &["password"], &["otp"], &["radius", "password"], &["hardened"]] {
        assert_eq!(with(kinds), State::Expired, "{kinds:?}");
    }
}

#[test]
fn what_cannot_be_read_is_unknown_and_says_which() {
    for told_by in [
        "krbPasswordExpiration",
        "krbPrincipalExpiration",
        "krbLoginFailedCount",
        "krbLastFailedAuth",
    ] {
        let read = read(
            &entry(&[(told_by, "soon"), ("krbLastAdminUnlock", "20261122115930Z")]),
            Some(&policy(&[])),
            now(),
        );
        assert_eq!((read.state, read.evidence.told_by), (State::Unknown, told_by));
    }
}

proptest::proptest! {
    #[test]
    fn no_value_makes_reading_fail(
        account in proptest::collection::vec((0..ACCOUNT_ATTRIBUTES.len(), "[-0-9A-Za-z]{0,20}"), 0..8),
        rules in proptest::collection::vec((0..POLICY_ATTRIBUTES.len(), "[-0-9]{0,20}"), 0..8),
    ) {
        let account: Vec<_> = account.iter().map(|(at, value)| (ACCOUNT_ATTRIBUTES[*at], value.as_str())).collect();
        let rules: Vec<_> = rules.iter().map(|(at, value)| (POLICY_ATTRIBUTES[*at], value.as_str())).collect();
        read(&entry(&account), Some(&entry(&rules)), now());
        super::super::lockout::read(&entry(&account), Some(&entry(&rules)), now());
        for change in postern_identity::StandingChange::ALL {
            super::super::writes::change_standing(change, &entry(&account), now());
        }
    }
}
