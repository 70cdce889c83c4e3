use super::*;
use crate::standing::{Evidence, Source, Standing};

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn facts(state: State) -> AccountFacts {
    AccountFacts {
        standing: Standing {
            state,
            cause: None,
            warning: None,
            evidence: Evidence {
                source: Source::Entry,
                result_code: None,
                told_by: "test",
            },
        },
        active: state != State::Disabled,
        must_change: Some(state == State::MustChange),
        cannot_change: None,
        never_expires: None,
        password_set: None,
        expires: None,
        grace_left: None,
        last_success: None,
        last_failure: None,
        failures: Some(2),
        locked_at: None,
        locked_until: None,
        account_ends: None,
    }
}

fn told() -> Told {
    Told {
        must_change: true,
        failures: true,
        locked: true,
        ..Told::default()
    }
}

fn shown(state: State) -> Attributes {
    let mut attributes = Attributes::default();
    show(&mut attributes, &facts(state), told(), now());
    attributes
}

fn with(attributes: &Attributes, key: Key, value: Value) -> Attributes {
    let mut changed = attributes.clone();
    changed.set(key, value);
    changed
}

#[test]
fn what_nobody_touched_changes_nothing_in_any_state() {
    for state in [
        State::Active,
        State::MustChange,
        State::Disabled,
        State::Expired,
        State::Unknown,
    ] {
        assert_eq!(changes(&shown(state), &shown(state)), Ok(Vec::new()));
        // What is left out says nothing.
        assert_eq!(changes(&shown(state), &Attributes::default()), Ok(Vec::new()));
    }
}

#[test]
fn each_switch_is_a_change_of_standing_and_switching_twice_is_none() {
    let active = || Key::core("active");
    let on = shown(State::Active);
    let off = with(&on, active(), Value::Boolean(false));
    assert_eq!(changes(&on, &off), Ok(vec![StandingChange::Disable]));
    assert_eq!(changes(&off, &off), Ok(Vec::new()));
    assert_eq!(changes(&off, &on), Ok(vec![StandingChange::Enable]));
    let state = |value| Value::complex([("passwordMustChange", Value::Boolean(value))]);
    let forced = with(&on, Key::of(PASSWORD, "passwordState"), state(true));
    assert_eq!(changes(&on, &forced), Ok(vec![StandingChange::ForceChange]));
    let withdrawn = with(&on, Key::of(PASSWORD, "passwordState"), state(false));
    assert_eq!(
        changes(&forced, &withdrawn),
        Ok(vec![StandingChange::WithdrawForceChange])
    );
    let lock = |value| Value::complex([("on", Value::Boolean(value))]);
    let locked = with(&on, Key::of(PASSWORD, "locked"), lock(true));
    assert_eq!(changes(&on, &locked), Ok(vec![StandingChange::Lock]));
    let open = with(&on, Key::of(PASSWORD, "locked"), lock(false));
    assert_eq!(changes(&locked, &open), Ok(vec![StandingChange::Unlock]));
    assert_eq!(changes(&on, &open), Ok(Vec::new()));
}

#[test]
fn whoever_is_kept_out_is_kept_out_first_and_let_in_last() {
    let before = with(
        &with(&Attributes::default(), Key::core("active"), Value::Boolean(false)),
        Key::of(PASSWORD, "locked"),
        Value::complex([("on", Value::Boolean(false))]),
    );
    let after = with(
        &with(&Attributes::default(), Key::core("active"), Value::Boolean(true)),
        Key::of(PASSWORD, "locked"),
        Value::complex([("on", Value::Boolean(true))]),
    );
    assert_eq!(
        changes(&before, &after),
        Ok(vec![StandingChange::Lock, StandingChange::Enable])
    );
}

#[test]
fn what_is_worked_out_cannot_be_written() {
    let before = shown(State::Expired);
    let key = Key::of(ACCOUNT, "expired");
    let after = with(&before, key.clone(), Value::Boolean(false));
    assert_eq!(changes(&before, &after).unwrap_err().kind, EditFaultKind::Mutability);
    assert_eq!(
        changes(&before, &with(&before, key, Value::Boolean(true))),
        Ok(Vec::new())
    );
}

#[test]
fn a_password_of_nobody_s_is_never_called_local() {
    let decision = Decision {
        authority: Authority::Unknown,
        rule: crate::decide::RuleName::built_in("test"),
        page: None,
        pinned: false,
        told_to: Arc::new([]),
    };
    let mut attributes = Attributes::default();
    show_owner(&mut attributes, &decision, None);
    assert_eq!(
        attributes.get(&Key::of(ACCOUNT, "authority")),
        Some(&Value::text("unknown"))
    );
}

#[test]
fn a_lock_says_by_whom_and_how_long() {
    let since: Timestamp = "2026-11-22T11:00:00Z".parse().unwrap();
    let until: Timestamp = "2026-11-22T12:30:00Z".parse().unwrap();
    let locked_facts = AccountFacts {
        locked_at: Some(since),
        locked_until: Some(until),
        ..facts(State::Locked {
            by: LockedBy::Failures,
            until: Some(until),
        })
    };
    let mut attributes = Attributes::default();
    show(&mut attributes, &locked_facts, told(), now());
    let wanted = Value::complex([
        ("on", Value::Boolean(true)),
        ("reason", Value::Integer(0)),
        ("lockDate", Value::Moment(since)),
        ("duration", Value::Integer(5400)),
    ]);
    assert_eq!(attributes.get(&Key::of(PASSWORD, "locked")), Some(&wanted));
    assert_eq!(
        attributes.get(&Key::of(ACCOUNT, "standing")),
        Some(&Value::text("locked"))
    );
}

#[test]
fn what_is_taken_out_leaves_what_is_mapped() {
    let mapped = with(&shown(State::Active), Key::core("userName"), Value::text("bob"));
    let left = take(&mapped);
    assert_eq!(left.0.len(), 1);
    assert_eq!(left.text("userName"), Some("bob"));
}
