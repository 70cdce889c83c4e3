//! What a registrar does in which order, and what it does not do.

#![allow(clippy::unnecessary_wraps, reason = "wishes may fail, and these do not")]

mod stage;

use super::*;
use crate::audit::Outcome;
use crate::provisioning::{Attributes, Key, Value};
use crate::secret::Secret;
use futures_util::FutureExt as _;
use stage::{BOB, Stage, actor, set};

const USER: ResourceKind = ResourceKind::User;

/// Nothing on this stage waits.
fn now<T>(reply: impl Future<Output = T>) -> T {
    reply.now_or_never().unwrap()
}

fn edit(attributes: Attributes, password: Option<&str>) -> Edit {
    Edit {
        attributes,
        password: password.map(Secret::new),
        members: MembersChange::default(),
    }
}

fn titled(resource: &Resource, password: Option<&'static str>) -> Result<Edit, EditFault> {
    let mut attributes = resource.attributes.clone();
    attributes.set(Key::core("title"), Value::text("Dr."));
    Ok(edit(attributes, password))
}

fn with_password(resource: &Resource) -> Result<Edit, EditFault> {
    titled(resource, Some("a new secret"))
}

fn without_password(resource: &Resource) -> Result<Edit, EditFault> {
    titled(resource, None)
}

fn switched_off(resource: &Resource) -> Result<Edit, EditFault> {
    let mut attributes = resource.attributes.clone();
    attributes.set(Key::core("active"), Value::Boolean(false));
    Ok(edit(attributes, None))
}

fn locked(resource: &Resource) -> Result<Edit, EditFault> {
    let mut attributes = resource.attributes.clone();
    let on = Value::complex([("on", Value::Boolean(true))]);
    attributes.set(Key::of(account_state::PASSWORD, "locked"), on);
    Ok(edit(attributes, None))
}

fn new_user(password: Option<&str>) -> Edit {
    let mut attributes = Attributes::default();
    attributes.set(Key::core("userName"), Value::text("Bob"));
    edit(attributes, password)
}

fn done(stage: &Stage) -> Vec<String> {
    stage.script().done.clone()
}

#[test]
fn a_provider_s_password_is_refused_before_anything_is_written() {
    let (registrar, stage) = set();
    stage.script().provider_after = Some(0);
    let refused = now(registrar.edit(actor(true), (USER, BOB), None, false, &with_password)).unwrap_err();
    let page = Some("https://sso.example.com/forgot".into());
    assert_eq!(refused, ProvisioningError::Federated { page });
    assert_eq!(done(&stage), ["read"]);
    let made = now(registrar.create(actor(true), USER, new_user(Some("a first secret")))).unwrap_err();
    assert!(matches!(made, ProvisioningError::Federated { .. }));
    assert!(!done(&stage).contains(&"create".to_owned()));
}

#[test]
fn a_password_that_becomes_a_provider_s_meanwhile_is_not_written_and_the_rest_is_put_back() {
    let (registrar, stage) = set();
    stage.script().provider_after = Some(1);
    let refused = now(registrar.edit(actor(true), (USER, BOB), None, false, &with_password)).unwrap_err();
    assert!(matches!(refused, ProvisioningError::Federated { .. }));
    assert_eq!(done(&stage), ["read", "write Dr. false", "write - false"]);
}

#[test]
fn a_refused_password_leaves_the_attributes_as_they_were() {
    let (registrar, stage) = set();
    stage.script().refuses = true;
    let refused = now(registrar.edit(actor(true), (USER, BOB), None, false, &with_password)).unwrap_err();
    assert!(matches!(refused, ProvisioningError::Password(_)));
    assert_eq!(done(&stage), ["read", "write Dr. false", "password", "write - false"]);
    assert_eq!(stage.script().title, None);
}

#[test]
fn a_refused_password_leaves_the_account_as_it_stood() {
    let (registrar, stage) = set();
    stage.script().refuses = true;
    let wish = |resource: &Resource| {
        let mut both = switched_off(resource)?;
        both.password = Some(Secret::new("a new secret"));
        Ok(both)
    };
    now(registrar.edit(actor(true), (USER, BOB), None, false, &wish)).unwrap_err();
    assert_eq!(done(&stage), ["read", "password"], "it was switched off all the same");
}

#[test]
fn nobody_is_told_that_nothing_was_changed_where_a_part_of_it_stays() {
    let edited = |prepare: fn(&Stage), wish: fn(&Resource) -> Result<Edit, EditFault>| {
        let (registrar, stage) = set();
        prepare(&stage);
        now(registrar.edit(actor(true), (USER, BOB), None, false, &wish)).unwrap_err()
    };
    let unknown = ProvisioningError::OutcomeUnknown;
    // It was written, and cannot be read any more.
    assert_eq!(edited(|stage| stage.script().reads = Some(1), with_password), unknown);
    // What was written cannot be put back.
    let refused_then_away = |stage: &Stage| {
        stage.script().writes = Some(1);
        stage.script().stands_still = true;
    };
    let titled_and_off = |resource: &Resource| {
        let mut both = switched_off(resource)?;
        both.attributes.set(Key::core("title"), Value::text("Dr."));
        Ok(both)
    };
    assert_eq!(edited(refused_then_away, titled_and_off), unknown);
    // A password is not taken back.
    let with_password_and_off = |resource: &Resource| {
        let mut both = switched_off(resource)?;
        both.password = Some(Secret::new("a new secret"));
        Ok(both)
    };
    assert_eq!(
        edited(|stage| stage.script().stands_still = true, with_password_and_off),
        unknown
    );
    // Nothing was written: it is told so.
    assert_eq!(
        edited(|stage| stage.script().writes = Some(0), without_password),
        ProvisioningError::Unavailable
    );
    assert_eq!(
        edited(|stage| stage.script().stands_still = true, switched_off),
        ProvisioningError::Unavailable
    );
}

#[test]
fn what_others_changed_meanwhile_is_worked_out_anew_and_not_for_ever() {
    let (registrar, stage) = set();
    stage.script().contended = 2;
    now(registrar.edit(actor(true), (USER, BOB), None, false, &without_password)).unwrap();
    assert_eq!(done(&stage).iter().filter(|step| *step == "read").count(), 3);
    stage.script().contended = usize::MAX;
    stage.script().title = None;
    let given_up = now(registrar.edit(actor(true), (USER, BOB), None, false, &without_password));
    assert_eq!(given_up.unwrap_err(), ProvisioningError::Contended);
}

#[test]
fn another_state_than_the_caller_knows_is_not_changed() {
    let (registrar, stage) = set();
    let other = [Version("41".into())];
    let refused = now(registrar.edit(actor(true), (USER, BOB), Some(&other), false, &without_password)).unwrap_err();
    assert_eq!(refused, ProvisioningError::Changed);
    let removed = now(registrar.delete(actor(true), USER, BOB, Some(&other))).unwrap_err();
    assert_eq!(removed, ProvisioningError::Changed);
    assert_eq!(done(&stage), ["read", "read"]);
    let this = [Version("0".into())];
    now(registrar.edit(actor(true), (USER, BOB), Some(&this), false, &without_password)).unwrap();
    assert!(
        done(&stage).contains(&"write Dr. true".to_owned()),
        "the directory is held to it"
    );
}

#[test]
fn who_may_not_touch_passwords_may_switch_accounts_off_and_no_more() {
    let (registrar, stage) = set();
    for wish in [with_password as fn(&Resource) -> _, locked] {
        let refused = now(registrar.edit(actor(false), (USER, BOB), None, false, &wish)).unwrap_err();
        assert_eq!(refused, ProvisioningError::NoScope);
    }
    let made = now(registrar.create(actor(false), USER, new_user(Some("a first secret")))).unwrap_err();
    assert_eq!(made, ProvisioningError::NoScope);
    assert_eq!(done(&stage), ["read", "read"]);
    now(registrar.edit(actor(false), (USER, BOB), None, false, &switched_off)).unwrap();
    assert!(done(&stage).ends_with(&["disable".to_owned(), "told Stopped".to_owned(), "read".to_owned()]));
}

#[test]
fn a_name_that_is_promised_to_another_is_taken_in_whatever_case() {
    let (registrar, stage) = set();
    let mut other = Attributes::default();
    other.set(Key::core("userName"), Value::text("BOB"));
    let _promise = now(registrar.promise(USER, &other)).unwrap();
    let refused = now(registrar.create(actor(true), USER, new_user(None))).unwrap_err();
    let attribute = "userName".into();
    assert_eq!(refused, ProvisioningError::Taken { attribute });
    assert!(done(&stage).is_empty());
}

#[test]
fn a_promise_is_let_go_unless_nobody_knows_what_became_of_it() {
    let (registrar, stage) = set();
    now(registrar.create(actor(true), USER, new_user(None))).unwrap();
    assert!(stage.script().promised.is_empty());
    stage.script().create = Some(ProvisioningError::Unavailable);
    now(registrar.create(actor(true), USER, new_user(None))).unwrap_err();
    assert!(stage.script().promised.is_empty());
    stage.script().create = Some(ProvisioningError::OutcomeUnknown);
    now(registrar.create(actor(true), USER, new_user(None))).unwrap_err();
    assert_eq!(stage.script().promised.len(), 1);
}

#[test]
fn nobody_is_made_to_change_a_password_that_is_not_there() {
    let (registrar, stage) = set();
    let mut wish = new_user(None);
    let state = Value::complex([("passwordMustChange", Value::Boolean(true))]);
    wish.attributes
        .set(Key::of(account_state::PASSWORD, "passwordState"), state);
    let refused = now(registrar.create(actor(true), USER, wish)).unwrap_err();
    assert!(matches!(refused, ProvisioningError::Edit(_)));
    assert!(done(&stage).is_empty());
}

#[test]
fn members_come_and_go_without_the_group_being_read() {
    let (registrar, stage) = set();
    let change = MembersChange {
        add: vec![BOB],
        ..MembersChange::default()
    };
    now(registrar.change_members(actor(true), BOB, &change)).unwrap();
    assert_eq!(done(&stage), ["members +1 -0"]);
}

#[test]
fn every_change_is_on_record_with_what_it_was_and_never_with_a_secret() {
    let (registrar, stage) = set();
    stage.script().title = Some("Ms.".to_owned());
    now(registrar.edit(actor(true), (USER, BOB), None, false, &with_password)).unwrap();
    now(registrar.delete(actor(true), USER, BOB, None)).unwrap();
    let lines = stage.script().lines.clone();
    let (name, outcome, rest) = &lines[0];
    assert_eq!((*name, *outcome), ("scim.user_changed", Outcome::Allowed));
    for told in ["title", "Ms.", "Dr.", "password", "(set)"] {
        assert!(rest.contains(told), "{told}: {rest}");
    }
    assert!(!rest.contains("a new secret"));
    assert_eq!((lines[1].0, lines[1].1), ("scim.user_removed", Outcome::Allowed));
    assert!(done(&stage).ends_with(&["delete".to_owned(), "told Stopped".to_owned()]));
}

#[test]
fn nobody_is_looked_for_by_whose_the_password_is() {
    let (registrar, stage) = set();
    let path = Path {
        key: account_state::owner_keys()[0].clone(),
        sub: None,
    };
    let query = Query {
        kind: USER,
        filter: Some(Filter::Not(Box::new(Filter::Present(path)))),
        sort: None,
    };
    let refused = now(registrar.list(actor(true), &query)).unwrap_err();
    assert!(matches!(
        refused,
        ProvisioningError::Edit(EditFault {
            kind: EditFaultKind::InvalidFilter,
            ..
        })
    ));
    assert!(done(&stage).is_empty());
}

#[test]
fn a_password_is_looked_at_as_far_as_the_directory_tells_its_rules() {
    let (registrar, _) = set();
    let against = now(registrar.validate(actor(true), Some(BOB), &Secret::new("short"))).unwrap();
    assert_eq!(against.rules, [crate::PasswordRule::TooShort]);
    assert!(
        now(registrar.validate(actor(true), Some(BOB), &Secret::new("long enough for it")))
            .unwrap()
            .is_nothing()
    );
    let refused = now(registrar.validate(actor(false), None, &Secret::new("x"))).unwrap_err();
    assert_eq!(refused, ProvisioningError::NoScope);
}
