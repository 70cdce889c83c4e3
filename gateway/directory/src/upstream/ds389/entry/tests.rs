use super::*;
use postern_identity::Source;

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
    Entry::new("uid=someone,dc=example,dc=org", &borrowed)
}

/// As `cn=config` shows it: everything is said.
fn policy(changes: &[(&str, &str)]) -> Entry {
    let mut attributes = vec![
        ("passwordMustChange", "on"),
        ("passwordExp", "on"),
        ("passwordWarning", "1209600"),
        ("passwordGraceLimit", "0"),
        ("passwordSendExpiringTime", "off"),
        ("passwordLockout", "on"),
        ("passwordUnlock", "on"),
        ("passwordMaxFailure", "5"),
        ("passwordResetFailureCount", "600"),
        ("passwordTPRMaxUse", "-1"),
        ("passwordTPRDelayExpireAt", "-1"),
        ("passwordTPRDelayValidFrom", "-1"),
    ];
    attributes.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    attributes.extend_from_slice(changes);
    entry(&attributes)
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
fn an_expiry_far_away_or_none_is_active() {
    let far = in_(60 * DAY);
    let account = [("passwordExpirationTime", far.as_str())];
    assert_eq!(standing(&account, &[]).0, State::Active);
    assert_eq!(standing(&[], &[]), (State::Active, "no passwordExpirationTime"));
    let days = u64::try_from(60 * DAY).unwrap();
    assert_eq!(
        standing(&account, &[("passwordSendExpiringTime", "on")]).0,
        State::Expiring { seconds: days }
    );
}

#[test]
fn the_first_second_of_1970_is_must_change_where_the_policy_wants_that() {
    let account = [("passwordExpirationTime", MUST_CHANGE)];
    assert_eq!(standing(&account, &[]), (State::MustChange, "passwordExpirationTime"));
    assert_eq!(standing(&account, &[("passwordExp", "off")]).0, State::MustChange);
    // Nobody has to, and the first sign-in starts the time of warning.
    let off = ("passwordMustChange", "off");
    assert_eq!(standing(&account, &[off]).0, State::Expiring { seconds: 1_209_600 });
    assert_eq!(standing(&account, &[off, ("passwordExp", "off")]).0, State::Active);
    let marked = [("passwordExpirationTime", "19700101000001Z")];
    assert_eq!(standing(&marked, &[]).0, State::Expiring { seconds: 1_209_600 });
}

#[test]
fn one_time_passwords_stand_before_inactivity_inactivity_before_failures_and_failures_before_the_password() {
    let until = in_(DAY);
    let account = [
        ("pwdTPRReset", "TRUE"),
        ("pwdTPRUseCount", "2"),
        ("nsAccountLock", "true"),
        ("passwordRetryCount", "5"),
        ("accountUnlockTime", until.as_str()),
        ("passwordExpirationTime", MUST_CHANGE),
    ];
    let one_use = [("passwordTPRMaxUse", "2")];
    assert_eq!(standing(&account, &one_use).1, "pwdTPRUseCount");
    assert_eq!(standing(&account[1..], &one_use).0, State::Disabled);
    assert_eq!(standing(&account, &[]).0, State::Disabled, "no limit of uses");
    assert_eq!(standing(&account[3..], &[]).1, "accountUnlockTime");
    assert_eq!(standing(&account[5..], &[]).0, State::MustChange);
}

#[test]
fn a_one_time_password_is_held_back_by_uses_end_or_beginning() {
    let (before, after) = (in_(-60), in_(60));
    let uses = ("passwordTPRMaxUse", "2");
    let end = ("passwordTPRDelayExpireAt", "600");
    let beginning = ("passwordTPRDelayValidFrom", "600");
    let until = Some(Timestamp::from_second(now().as_second() + 60).unwrap());
    let unsaid = |until| locked(LockedBy::Unsaid, until);
    for (stamp, policy, state) in [
        (("pwdTPRUseCount", "2"), uses, unsaid(None)),
        (("pwdTPRUseCount", "1"), uses, State::MustChange),
        (("pwdTPRUseCount", "-1"), uses, State::MustChange),
        (("pwdTPRExpireAt", before.as_str()), end, unsaid(None)),
        (("pwdTPRExpireAt", &after), end, State::MustChange),
        (("pwdTPRExpireAt", "-1"), end, State::MustChange),
        (("pwdTPRValidFrom", &after), beginning, unsaid(until)),
        (("pwdTPRValidFrom", &before), beginning, State::MustChange),
        (("pwdTPRValidFrom", "-1"), beginning, State::MustChange),
        // The policy has no such limit any more.
        (("pwdTPRExpireAt", &before), uses, State::MustChange),
    ] {
        let account = [("pwdTPRReset", "TRUE"), stamp, ("passwordExpirationTime", MUST_CHANGE)];
        assert_eq!(standing(&account, &[policy]).0, state, "{stamp:?}");
    }
}

#[test]
fn a_lock_needs_failures_enough_and_a_time_that_lasts() {
    let (before, after) = (in_(-60), in_(60));
    let until = Some(Timestamp::from_second(now().as_second() + 60).unwrap());
    let by_failures = |until| locked(LockedBy::Failures, until);
    let on = ("passwordLockout", "on");
    for (count, unlock, change, state) in [
        ("5", after.as_str(), on, by_failures(until)),
        ("6", &after, on, by_failures(until)),
        ("4", &after, on, State::Active),
        ("5", &before, on, State::Active),
        ("5", &after, ("passwordLockout", "off"), State::Active),
        ("5", &after, ("passwordMaxFailure", "6"), State::Active),
        // For ever, where nothing but an administrator unlocks.
        ("5", MUST_CHANGE, ("passwordUnlock", "off"), by_failures(None)),
        ("5", MUST_CHANGE, on, State::Active),
        ("65535", LOCKED_FOR_GOOD, on, locked(LockedBy::Administrator, None)),
        ("0", LOCKED_FOR_GOOD, on, State::Active),
    ] {
        let account = [("passwordRetryCount", count), ("accountUnlockTime", unlock)];
        assert_eq!(standing(&account, &[change]).0, state, "{count} {unlock} {change:?}");
    }
    assert_eq!(standing(&[("passwordRetryCount", "5")], &[]).0, State::Active);
}

#[test]
fn an_expired_password_has_what_is_left_of_the_grace() {
    let over = in_(-60);
    let expired = ("passwordExpirationTime", over.as_str());
    let three = ("passwordGraceLimit", "3");
    assert_eq!(standing(&[expired], &[]).0, State::Expired);
    assert_eq!(standing(&[expired], &[three]).0, State::ExpiredGrace { left: 3 });
    for (used, state) in [
        ("2", State::ExpiredGrace { left: 1 }),
        ("3", State::Expired),
        ("4", State::Expired),
    ] {
        let account = [expired, ("passwordGraceUserTime", used)];
        assert_eq!(standing(&account, &[three]).0, state, "{used}");
    }
    assert_eq!(standing(&[expired], &[("passwordExp", "off")]).0, State::Active);
    let to_the_second = in_(0);
    assert_eq!(
        standing(&[("passwordExpirationTime", &to_the_second)], &[]).0,
        State::Expired
    );
}

#[test]
fn the_first_warning_gives_the_whole_time_of_warning_and_later_ones_what_is_left() {
    let soon = in_(5 * DAY);
    let expires = ("passwordExpirationTime", soon.as_str());
    assert_eq!(standing(&[expires], &[]).0, State::Expiring { seconds: 1_209_600 });
    assert_eq!(
        standing(&[expires, ("passwordExpWarned", "0")], &[]).0,
        State::Expiring { seconds: 1_209_600 }
    );
    assert_eq!(
        standing(&[expires, ("passwordExpWarned", "1")], &[]).0,
        State::Expiring { seconds: 432_000 }
    );
}

#[test]
fn what_a_policy_of_its_own_does_not_say_is_the_servers_default() {
    let (until, over, soon) = (in_(60), in_(-60), in_(DAY - 1));
    let read = |account: &[(&str, &str)], policy: &[(&str, &str)]| read(&entry(account), Some(&entry(policy)), now());
    let failures = [("passwordRetryCount", "3"), ("accountUnlockTime", until.as_str())];
    assert_eq!(read(&failures, &[]).state, State::Active);
    assert!(matches!(
        read(&failures, &[("passwordLockout", "on")]).state,
        State::Locked { .. }
    ));
    let expired = [("passwordExpirationTime", over.as_str())];
    assert_eq!(read(&expired, &[]).state, State::Active);
    assert_eq!(read(&expired, &[("passwordExp", "on")]).state, State::Expired);
    let expiring = [("passwordExpirationTime", soon.as_str())];
    assert_eq!(
        read(&expiring, &[("passwordExp", "on")]).state,
        State::Expiring { seconds: 86_400 }
    );
}

#[test]
fn without_a_policy_only_what_needs_none_is_said() {
    let (before, after) = (in_(-60), in_(60));
    let count = ("passwordRetryCount", "3");
    for (account, state) in [
        (&[][..], State::Active),
        (&[("nsAccountLock", "true")], State::Disabled),
        (&[("passwordExpirationTime", &after)], State::Active),
        (&[("passwordExpirationTime", &before)], State::Unknown),
        (&[("passwordExpirationTime", MUST_CHANGE)], State::Unknown),
        (&[("accountUnlockTime", &after)], State::Active),
        (&[count, ("accountUnlockTime", &after)], State::Unknown),
        (&[count, ("accountUnlockTime", MUST_CHANGE)], State::Unknown),
        (&[count, ("accountUnlockTime", &before)], State::Active),
        (&[("pwdTPRReset", "TRUE"), ("nsAccountLock", "true")], State::Unknown),
        (&[("pwdpolicysubentry", "cn=hidden")], State::Unknown),
    ] {
        assert_eq!(read(&entry(account), None, now()).state, state, "{account:?}");
    }
}

#[test]
fn what_cannot_be_read_is_unknown_and_says_which() {
    for (account, change, told_by) in [
        (
            ("passwordExpirationTime", "soon"),
            ("passwordExp", "on"),
            "passwordExpirationTime",
        ),
        (
            ("passwordRetryCount", "many"),
            ("passwordExp", "on"),
            "passwordRetryCount",
        ),
        (
            ("passwordExpirationTime", "19700101000000Z"),
            ("passwordMustChange", "maybe"),
            "passwordMustChange",
        ),
        (("pwdTPRReset", "maybe"), ("passwordExp", "on"), "pwdTPRReset"),
    ] {
        assert_eq!(standing(&[account], &[change]), (State::Unknown, told_by));
    }
}

proptest::proptest! {
    #[test]
    fn no_value_makes_reading_fail(
        account in proptest::collection::vec((0..ACCOUNT_ATTRIBUTES.len(), "[-0-9A-Za-z]{0,20}"), 0..8),
        rules in proptest::collection::vec((0..POLICY_ATTRIBUTES.len(), "on|off|[-0-9]{0,20}"), 0..8),
    ) {
        let account: Vec<_> = account.iter().map(|(at, value)| (ACCOUNT_ATTRIBUTES[*at], value.as_str())).collect();
        let rules: Vec<_> = rules.iter().map(|(at, value)| (POLICY_ATTRIBUTES[*at], value.as_str())).collect();
        read(&entry(&account), Some(&entry(&rules)), now());
        super::super::lockout::read(&entry(&account), Some(&entry(&rules)), now());
    }
}
