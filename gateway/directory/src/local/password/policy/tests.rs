use super::bind::{Gate, Outcome};
use super::*;
use crate::upstream::dialect::{BindAnswer, Dialect};
use crate::upstream::openldap::OpenLdap;
use jiff::SignedDuration;
use postern_identity::{LockedBy, Proven, State, Timestamp};
use postern_ldap::Controls;
use std::fmt::Write as _;

mod failures;
mod figures;
mod read_back;

const LOCKED_UNSAID: State = State::Locked {
    by: LockedBy::Unsaid,
    until: None,
};

fn now() -> Timestamp {
    "2026-11-22T12:00:00.5Z".parse().unwrap()
}

fn ago(seconds: i64) -> String {
    time::write(later(-seconds))
}

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn entry(attributes: &[(&str, &[&str])]) -> Entry {
    let mut entry = Entry::new();
    entry.set("userPassword", vec![b"{SASL}somebody".to_vec()]);
    for (name, values) in attributes {
        entry.set(name, values.iter().map(|value| value.as_bytes().to_vec()).collect());
    }
    entry
}

/// The policy slapd's answers were recorded with: 90 days, 3 grace sign-ins, 14 days of warning, 5 failures.
fn recorded() -> Policy {
    policy(&[
        ("pwdMaxAge", "7776000"),
        ("pwdExpireWarning", "1209600"),
        ("pwdGraceAuthNLimit", "3"),
        ("pwdLockout", "TRUE"),
        ("pwdMaxFailure", "5"),
        ("pwdMustChange", "TRUE"),
    ])
}

fn policy(attributes: &[(&str, &str)]) -> Policy {
    let mut entry = Entry::new();
    for (name, value) in attributes {
        entry.set(name, vec![value.as_bytes().to_vec()]);
    }
    Policy::read(&entry).unwrap()
}

fn sign_in(account: &mut Entry, policy: &Policy, right: bool, now: Timestamp) -> Outcome {
    let outcome = match before_bind(account, policy, now) {
        Gate::Shut(outcome) => outcome,
        Gate::Open => after_bind(account, policy, right, now),
    };
    apply(&outcome.changes, account);
    outcome
}

fn control(outcome: &Outcome) -> String {
    let mut hexadecimal = String::new();
    for octet in outcome.response.value() {
        write!(hexadecimal, "{octet:02x}").unwrap();
    }
    hexadecimal
}

fn texts(account: &Entry, attribute: &str) -> Vec<String> {
    let values = account.values(&key(attribute)).iter();
    values.map(|value| String::from_utf8(value.clone()).unwrap()).collect()
}

#[test]
fn every_state_is_answered_in_slapds_octets() {
    let days = |days: i64| ago(days * 86_400);
    let (young, old, aging) = (days(1), days(200), days(85));
    let changed = |time: &str| entry(&[("pwdChangedTime", &[time])]);
    let with = |mut account: Entry, name: &str, values: &[&str]| {
        account.set(name, values.iter().map(|value| value.as_bytes().to_vec()).collect());
        account
    };
    let locked = || with(changed(&young), "pwdAccountLockedTime", &["000001010000Z"]);
    let used = [
        "20261101000000.000001Z",
        "20261101000000.000002Z",
        "20261101000000.000003Z",
    ];
    let cases = [
        ("correct", changed(&young), true, 0, "3000", State::Active, Proven::Yes),
        ("wrong", changed(&young), false, 49, "3000", State::Unknown, Proven::No),
        (
            "must change",
            with(changed(&young), "pwdReset", &["TRUE"]),
            true,
            0,
            "3003810102",
            State::MustChange,
            Proven::Yes,
        ),
        (
            "must change, wrong",
            with(changed(&young), "pwdReset", &["TRUE"]),
            false,
            49,
            "3000",
            State::Unknown,
            Proven::No,
        ),
        (
            "locked",
            locked(),
            true,
            49,
            "3003810101",
            LOCKED_UNSAID,
            Proven::Unknown,
        ),
        (
            "locked, wrong",
            locked(),
            false,
            49,
            "3003810101",
            LOCKED_UNSAID,
            Proven::Unknown,
        ),
        (
            "locked and must change",
            with(locked(), "pwdReset", &["TRUE"]),
            true,
            49,
            "3003810101",
            LOCKED_UNSAID,
            Proven::Unknown,
        ),
        (
            "expired",
            with(changed(&old), "pwdGraceUseTime", &used),
            true,
            49,
            "3003810100",
            State::Expired,
            Proven::Yes,
        ),
        (
            "expired, wrong",
            with(changed(&old), "pwdGraceUseTime", &used),
            false,
            49,
            "3000",
            State::Unknown,
            Proven::No,
        ),
        (
            "expired and must change",
            with(changed(&old), "pwdReset", &["TRUE"]),
            true,
            0,
            "3008a003800100810102",
            State::MustChange,
            Proven::Yes,
        ),
        (
            "expiring",
            changed(&aging),
            true,
            0,
            "3007a0058003069780",
            State::Expiring { seconds: 432_000 },
            Proven::Yes,
        ),
        (
            "expiring, wrong",
            changed(&aging),
            false,
            49,
            "3000",
            State::Unknown,
            Proven::No,
        ),
        (
            "grace",
            changed(&old),
            true,
            0,
            "3005a003810102",
            State::ExpiredGrace { left: 2 },
            Proven::Yes,
        ),
        (
            "second grace",
            with(changed(&old), "pwdGraceUseTime", &used[..1]),
            true,
            0,
            "3005a003810101",
            State::ExpiredGrace { left: 1 },
            Proven::Yes,
        ),
        (
            "third grace",
            with(changed(&old), "pwdGraceUseTime", &used[..2]),
            true,
            0,
            "3005a003810100",
            State::ExpiredGrace { left: 0 },
            Proven::Yes,
        ),
        (
            "no day: never expires",
            entry(&[]),
            true,
            0,
            "3000",
            State::Active,
            Proven::Yes,
        ),
    ];
    for (case, mut account, right, code, value, state, proven) in cases {
        let outcome = sign_in(&mut account, &recorded(), right, now());
        assert_eq!((outcome.code.0, control(&outcome).as_str()), (code, value), "{case}");
        assert_eq!(outcome.must_change, state == State::MustChange, "{case}");
        assert_eq!(told(&outcome), (state, proven), "{case}");
    }
}

/// What our own dialect makes of an answer.
fn told(outcome: &Outcome) -> (State, Proven) {
    let control = outcome.response.control();
    let (standing, proven) = OpenLdap::new().read_bind(&BindAnswer {
        code: outcome.code,
        diagnostic: b"",
        controls: Controls::new(&control),
        ppolicy_asked: true,
    });
    (standing.state, proven)
}

#[test]
fn without_use_lockout_a_lock_looks_like_a_wrong_password_and_nobody_like_both() {
    let mut locked = entry(&[("pwdAccountLockedTime", &["000001010000Z"])]);
    let hidden = sign_in(&mut locked, &recorded(), true, now()).hiding_locks();
    let wrong = sign_in(&mut entry(&[]), &recorded(), false, now());
    let look = |outcome: &Outcome| (outcome.code, outcome.response, outcome.must_change);
    assert_eq!(look(&hidden), look(&wrong));
    assert_eq!(look(&no_account()), look(&wrong));
}

#[test]
fn first_and_last_days_and_idleness_stop_sign_ins() {
    let idle = Policy {
        max_idle: 100,
        ..recorded()
    };
    let tomorrow = time::write(later(86_400));
    let without_lockout = Policy {
        lockout: false,
        ..recorded()
    };
    for (case, policy, name, value, locked) in [
        ("not yet", recorded(), "pwdStartTime", tomorrow.clone(), true),
        ("begun", recorded(), "pwdStartTime", ago(0), false),
        ("ended", recorded(), "pwdEndTime", ago(0), true),
        ("not ended", recorded(), "pwdEndTime", tomorrow.clone(), false),
        (
            "ended, whatever the policy",
            without_lockout.clone(),
            "pwdEndTime",
            ago(0),
            true,
        ),
        (
            "locked, without pwdLockout",
            without_lockout,
            "pwdAccountLockedTime",
            ago(0),
            false,
        ),
        ("idle", idle.clone(), "pwdLastSuccess", ago(101), true),
        ("not idle", idle.clone(), "pwdLastSuccess", ago(100), false),
        (
            "idle since the password was set",
            idle.clone(),
            "pwdChangedTime",
            ago(101),
            true,
        ),
        (
            "locked from tomorrow on",
            recorded(),
            "pwdAccountLockedTime",
            tomorrow,
            false,
        ),
        ("locked", recorded(), "pwdAccountLockedTime", ago(0), true),
        (
            "for good, in another spelling",
            Policy {
                lockout_duration: 1,
                ..recorded()
            },
            "pwdAccountLockedTime",
            "00000101000000Z".to_owned(),
            true,
        ),
    ] {
        let account = entry(&[(name, &[&value])]);
        let shut = matches!(before_bind(&account, &policy, now()), Gate::Shut(_));
        assert_eq!(shut, locked, "{case}");
        // And nothing leads around the gate.
        assert_eq!(after_bind(&account, &policy, true, now()).is_in(), !locked, "{case}");
    }
    let mut account = entry(&[]);
    assert!(sign_in(&mut account, &idle, true, now()).is_in());
    assert_eq!(texts(&account, "pwdLastSuccess"), ["20261122120000Z"]);
    assert!(sign_in(&mut account, &recorded(), true, now()).changes.is_empty());
}

#[test]
fn times_that_cannot_be_read_keep_their_account_out() {
    for name in [
        "pwdStartTime",
        "pwdEndTime",
        "pwdAccountLockedTime",
        "pwdAccountTmpLockoutEnd",
        "pwdChangedTime",
    ] {
        for values in [&["soon"][..], &["20261101000000Z", "20261102000000Z"]] {
            let mut account = entry(&[(name, values)]);
            assert!(!sign_in(&mut account, &recorded(), true, now()).is_in(), "{name}");
        }
    }
}

#[test]
fn grace_ends_with_its_own_days() {
    let policy = Policy {
        grace_expiry: 100,
        ..recorded()
    };
    for (age, value) in [
        // The last second of the password's own.
        (7_776_000, "3005a003800100"),
        (7_776_001, "3005a003810102"),
        (7_776_100, "3005a003810102"),
        (7_776_101, "3003810100"),
    ] {
        let mut account = entry(&[("pwdChangedTime", &[&ago(age)])]);
        assert_eq!(control(&sign_in(&mut account, &policy, true, now())), value, "{age}");
    }
}

#[test]
fn an_account_without_a_password_is_wrong_and_nothing_is_counted() {
    let mut account = Entry::new();
    for right in [true, false] {
        let outcome = sign_in(&mut account, &recorded(), right, now());
        assert_eq!(
            (outcome.code.0, control(&outcome).as_str(), outcome.changes.len()),
            (49, "3000", 0)
        );
    }
}

#[test]
fn the_built_in_policy_holds_what_administrators_set_and_nothing_else() {
    let policy = Policy::built_in();
    let mut account = entry(&[("pwdChangedTime", &["19990101000000Z"])]);
    for _ in 0..1_000 {
        assert!(sign_in(&mut account, &policy, false, now()).changes.is_empty());
    }
    assert_eq!(control(&sign_in(&mut account, &policy, true, now())), "3000");
    account.set("pwdReset", vec![b"TRUE".to_vec()]);
    assert!(sign_in(&mut account, &policy, true, now()).must_change);
    account.set("pwdAccountLockedTime", vec![LOCKED_FOR_GOOD.into()]);
    assert!(!sign_in(&mut account, &policy, true, now()).is_in());
}
