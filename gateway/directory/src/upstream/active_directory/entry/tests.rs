use super::*;
use postern_identity::Source;
use postern_identity::StateName;
use proptest::prelude::*;

type Attributes<'a> = &'a [(&'a str, &'a [&'a str])];

/// A Sunday, in the twelfth hour of the week.
const NOW: &str = "2026-11-22T12:00:00Z";
const AN_HOUR_AGO: &str = "134398188000000000";
const IN_THREE_DAYS: &str = "134400816000000000";
const IN_A_MONTH: &str = "134424144000000000";
const NEVER: &str = "9223372036854775807";

const POLICY: Attributes<'_> = &[
    ("maxPwdAge", &["-36288000000000"]),
    ("lockoutDuration", &["-18000000000"]),
];

fn read_with(account: Attributes<'_>, policy: Option<Attributes<'_>>) -> Standing {
    let mut all: Vec<(&str, &[&str])> = vec![("userAccountControl", &["512"]), ("pwdLastSet", &[AN_HOUR_AGO])];
    all.retain(|(name, _)| !account.iter().any(|(other, _)| other == name));
    all.extend_from_slice(account);
    let policy = policy.map(|policy| Entry::new("DC=ad", policy));
    read(&Entry::new("CN=a", &all), policy.as_ref(), NOW.parse().unwrap())
}

fn state(account: Attributes<'_>) -> State {
    read_with(account, Some(POLICY)).state
}

#[test]
fn an_account_nobody_objects_to_is_active() {
    assert_eq!(state(&[]), State::Active);
    assert_eq!(state(&[("accountExpires", &["0"])]), State::Active);
    assert_eq!(state(&[("accountExpires", &[NEVER])]), State::Active);
    assert_eq!(state(&[("accountExpires", &[IN_A_MONTH])]), State::Active);
    assert_eq!(state(&[("lockoutTime", &["0"])]), State::Active);
    assert_eq!(state(&[("userWorkstations", &[""])]), State::Active);
}

#[test]
fn what_the_server_worked_out_says_how_long_the_password_lasts() {
    let ends = |moment| read_with(&[("msDS-UserPasswordExpiryTimeComputed", &[moment])], None);
    for (moment, wanted) in [
        ("0", State::MustChange),
        (AN_HOUR_AGO, State::Expired),
        (IN_THREE_DAYS, State::Expiring { seconds: 3 * 86_400 }),
        (IN_A_MONTH, State::Active),
        (NEVER, State::Active),
        ("soon", State::Unknown),
    ] {
        assert_eq!(ends(moment).state, wanted, "{moment}");
    }
    assert_eq!(ends(AN_HOUR_AGO).cause, Some(Cause::Age));
    assert_eq!(ends("0").cause, Some(Cause::AdministratorReset));
    assert_eq!(ends("0").evidence.source, Source::Entry);
}

#[test]
fn without_it_the_same_is_worked_out_from_the_policy() {
    let set = |moment, policy| read_with(&[("pwdLastSet", &[moment])], policy).state;
    let three_days_before_the_end = "134364528000000000";
    assert_eq!(set("0", Some(POLICY)), State::MustChange);
    assert_eq!(set("132000000000000000", Some(POLICY)), State::Expired);
    assert_eq!(
        set(three_days_before_the_end, Some(POLICY)),
        State::Expiring { seconds: 3 * 86_400 }
    );
    let fine: Attributes<'_> = &[("msDS-MaximumPasswordAge", &["-9223372036854775808"])];
    for ageless in [
        fine,
        &[("maxPwdAge", &["0"])],
        &[("maxPwdAge", &["-9223372036854775808"])],
    ] {
        assert_eq!(set("132000000000000000", Some(ageless)), State::Active);
    }
    assert_eq!(
        set("132000000000000000", None),
        State::Unknown,
        "nobody knows how long it lasts"
    );
    assert_eq!(set("132000000000000000", Some(&[])), State::Unknown);
}

#[test]
fn passwords_that_never_end_need_not_be_changed_either() {
    for (control, told_by) in [
        ("66048", "passwords do not expire"),
        ("262656", "userAccountControl: signs in by smart card"),
        ("4096", "passwords do not expire"),
    ] {
        let standing = read_with(
            &[("userAccountControl", &[control]), ("pwdLastSet", &["0"])],
            Some(POLICY),
        );
        assert_eq!(
            (standing.state, standing.evidence.told_by),
            (State::Active, told_by),
            "{control}"
        );
    }
}

#[test]
fn a_lock_lasts_as_long_as_the_policy_says() {
    let since = ("lockoutTime", &[AN_HOUR_AGO][..]);
    let locked = |until| State::Locked {
        by: LockedBy::Failures,
        until,
    };
    let lasts = |duration| read_with(&[since], Some(&[("lockoutDuration", &[duration]), POLICY[0]])).state;
    assert_eq!(lasts("-18000000000"), State::Active, "half an hour is over");
    let end = "2026-11-22T13:00:00Z".parse().unwrap();
    assert_eq!(lasts("-72000000000"), locked(Some(end)));
    assert_eq!(lasts("-9223372036854775808"), locked(None));
    assert_eq!(lasts("0"), locked(None));
    assert_eq!(read_with(&[since], None).state, State::Unknown);
    let computed = |flags| read_with(&[since, ("msDS-User-Account-Control-Computed", &[flags])], Some(POLICY)).state;
    assert_eq!(computed("0"), State::Active);
    assert_eq!(computed("16").name(), locked(None).name());
}

#[test]
fn of_several_reasons_the_first_of_a_sign_in_is_told() {
    let all: Attributes<'_> = &[
        ("lockoutTime", &[AN_HOUR_AGO]),
        ("msDS-User-Account-Control-Computed", &["16"]),
        ("userAccountControl", &["514"]),
        ("accountExpires", &[AN_HOUR_AGO]),
        ("pwdLastSet", &["0"]),
        ("userWorkstations", &["ELSEWHERE"]),
    ];
    let without = |count: usize| state(&all[count..]).name();
    assert_eq!(without(0), StateName::Locked);
    assert_eq!(without(2), StateName::Disabled);
    assert_eq!(without(3), StateName::AccountExpired);
    assert_eq!(without(4), StateName::MustChange);
    assert_eq!(without(5), StateName::Unknown);
}

#[test]
fn the_domain_of_an_account_is_the_end_of_its_name() {
    for (dn, domain) in [
        (
            "CN=ok,CN=Users,DC=ad,DC=example,DC=org",
            Some("dc=ad,dc=example,dc=org"),
        ),
        ("DC=ad,DC=example,DC=org", Some("dc=ad,dc=example,dc=org")),
        ("CN=Doe\\, Jane,OU=a\\2cdc\\=b,DC=ad", Some("dc=ad")),
        ("CN=a,DC=b,OU=c,DC=d", Some("dc=d")),
        ("CN=x\\,dc=foo,DC=d", Some("dc=d")),
        ("CN=x", None),
        ("", None),
        ("alice", None),
    ] {
        let found = domain_of(dn);
        if dn.contains("foo") {
            assert_ne!(found.as_deref(), Some("dc=foo,dc=d"));
        } else {
            assert_eq!(found.as_deref(), domain, "{dn}");
        }
    }
}

#[test]
fn hours_are_bits_of_a_week_in_utc() {
    let at = |octet: usize, bit: u8, now: &str| {
        let mut hours = [0_u8; 21];
        hours[octet] = 1 << bit;
        may_sign_in_at(&hours, now.parse().unwrap()).unwrap()
    };
    // Sunday 12:00 is the thirteenth hour: octet 1, bit 4.
    assert!(at(1, 4, NOW));
    assert!(!at(1, 5, NOW) && !at(0, 4, NOW));
    assert!(at(1, 4, "2026-11-22T12:59:59Z") && !at(1, 4, "2026-11-22T13:00:00Z"));
    assert!(at(0, 0, "2026-11-22T00:00:00Z") && at(20, 7, "2026-11-21T23:59:59Z"));
    assert!(at(0, 0, "1969-12-28T00:30:00Z"), "before 1970 too");
    assert!(may_sign_in_at(&[0xff; 20], NOW.parse().unwrap()).is_err());
    let none = "\0".repeat(21);
    assert_eq!(state(&[("logonHours", &[&none])]), State::OutsideHours);
    assert_eq!(state(&[("logonHours", &["short"])]), State::Unknown);
}

#[test]
fn what_is_not_shown_or_cannot_be_read_is_unknown() {
    let alone = |attributes: Attributes<'_>| {
        let entry = Entry::new("CN=a", attributes);
        read(&entry, None, NOW.parse().unwrap())
    };
    assert_eq!(alone(&[]).evidence.told_by, "userAccountControl: not shown");
    assert_eq!(
        alone(&[("userAccountControl", &["512"])]).evidence.told_by,
        "pwdLastSet: not shown"
    );
    for account in [
        &[("userAccountControl", &["on"][..])][..],
        &[("accountExpires", &["later"])],
        &[("lockoutTime", &["-1"])],
        &[("pwdLastSet", &["-1"])],
        &[("lockoutTime", &["1"]), ("msDS-User-Account-Control-Computed", &["x"])],
    ] {
        assert_eq!(state(account), State::Unknown, "{account:?}");
    }
}

proptest! {
    #[test]
    fn no_value_makes_it_fall(values in proptest::collection::vec("-?[0-9]{0,20}", 16)) {
        let value = |at: usize| [values[at].as_str()];
        let shown: Vec<[&str; 1]> = (0..16).map(value).collect();
        let names = ACCOUNT_ATTRIBUTES.iter().copied().zip(shown.iter().map(|value| &value[..]));
        let account: Vec<_> = names.collect();
        let policy: Vec<_> = POLICY_ATTRIBUTES.iter().copied().zip(shown.iter().map(|value| &value[..])).collect();
        let (account, policy) = (Entry::new("CN=a", &account), Entry::new("DC=a", &policy));
        let _ = read(&account, Some(&policy), NOW.parse().unwrap());
    }
}
