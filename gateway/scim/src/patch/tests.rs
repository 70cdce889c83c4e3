//! PATCH as the RFC has it, as programs send it, and what is refused.
#![allow(clippy::needless_pass_by_value, reason = "requests are written where they are sent")]

mod groups;
mod properties;
mod vendors;

use super::*;
use crate::fixture::{ENTERPRISE, STATE, USER, alice, email, read_id, user};
use postern_identity::provisioning::{Attributes, EditFaultKind};
use serde_json::{Value as Json, json};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn body(operations: &Json) -> Json {
    json!({"schemas": [PATCH_OP], "Operations": operations})
}

fn edited(operations: &Json, strictness: Strictness) -> Result<Edit, EditFault> {
    Patch::read(body(operations), &user(), strictness)?.apply(&alice(), &user(), &read_id)
}

fn patched(operations: Json) -> Attributes {
    match edited(&operations, Strictness::Lenient) {
        Ok(edit) => edit.attributes,
        Err(fault) => panic!("{operations}: {fault}"),
    }
}

fn fault_of(operations: &Json, strictness: Strictness) -> EditFault {
    match edited(operations, strictness) {
        Err(fault) => fault,
        Ok(_) => panic!("{operations} was taken"),
    }
}

fn refused(operations: Json) -> EditFaultKind {
    fault_of(&operations, Strictness::Lenient).kind
}

/// Alice with one attribute as given.
fn alice_with(key: Key, value: Option<Value>) -> Attributes {
    let mut attributes = alice().attributes;
    match value {
        Some(value) => attributes.set(key, value),
        None => attributes.clear(&key),
    }
    attributes
}

fn emails(values: impl Into<Vec<Value>>) -> Attributes {
    alice_with(Key::core("emails"), Some(Value::Many(values.into())))
}

fn work() -> Value {
    email("alice@work.example", "work")
}

fn home() -> Value {
    email("alice@home.example", "home")
}

fn primary(value: Value) -> Value {
    merge(value, &[("primary", Value::Boolean(true))])
}

fn merge(value: Value, more: &[(&'static str, Value)]) -> Value {
    match value {
        Value::Complex(mut subs) => {
            subs.extend(more.iter().map(|(name, value)| ((*name).into(), value.clone())));
            Value::Complex(subs)
        }
        other => other,
    }
}

#[test]
fn add_appends_to_several_values_and_sets_a_single_one() {
    let other = json!({"value": "b@x", "type": "home"});
    let three = emails([work(), home(), email("b@x", "home")]);
    assert_eq!(
        patched(json!([{"op": "add", "path": "emails", "value": [other]}])),
        three
    );
    assert_eq!(patched(json!([{"op": "add", "path": "emails", "value": other}])), three);
    assert_eq!(patched(json!([{"op": "add", "value": {"emails": [other]}}])), three);
    assert_eq!(
        patched(json!([{"op": "add", "path": "title", "value": "Boss"}])),
        alice_with(Key::core("title"), Some(Value::text("Boss")))
    );
}

#[test]
fn adding_what_is_there_changes_nothing() {
    for operations in [
        json!([{"op": "add", "path": "emails", "value": [{"value": "alice@work.example", "type": "work"}]}]),
        json!([{"op": "add", "path": "emails", "value": [{"value": "alice@work.example"}]}]),
        json!([{"op": "add", "path": "title", "value": "Engineer"}]),
        json!([{"op": "add", "value": {"name": {"givenName": "Alice"}, "userName": "alice"}}]),
        json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "alice@work.example"}]),
        json!([{"op": "add", "path": "emails", "value": []}, {"op": "add", "path": "emails", "value": null}]),
    ] {
        assert_eq!(patched(operations.clone()), alice().attributes, "{operations}");
    }
}

#[test]
fn replace_sets_several_values_and_merges_a_complex_one() {
    assert_eq!(
        patched(json!([{"op": "replace", "path": "emails", "value": [{"value": "b@x", "type": "work"}]}])),
        emails([email("b@x", "work")])
    );
    assert_eq!(
        patched(json!([{"op": "replace", "value": {"emails": [{"value": "b@x", "type": "work"}]}}])),
        emails([email("b@x", "work")])
    );
    let name = Value::complex([
        ("givenName", Value::text("Alicia")),
        ("familyName", Value::text("Adams")),
    ]);
    let renamed = alice_with(Key::core("name"), Some(name));
    assert_eq!(
        patched(json!([{"op": "replace", "path": "name", "value": {"givenName": "Alicia"}}])),
        renamed
    );
    assert_eq!(
        patched(json!([{"op": "replace", "path": "name.givenName", "value": "Alicia"}])),
        renamed
    );
    assert_eq!(
        patched(json!([{"op": "replace", "path": "displayName", "value": "new"}])),
        alice_with(Key::core("displayName"), Some(Value::text("new"))),
        "what is absent is added"
    );
    let without_given = alice_with(
        Key::core("name"),
        Some(Value::complex([("familyName", Value::text("Adams"))])),
    );
    assert_eq!(
        patched(json!([{"op": "replace", "path": "name", "value": {"givenName": null}}])),
        without_given
    );
}

#[test]
fn remove_takes_the_attribute_its_elements_or_a_part_of_them() {
    let gone = |name| alice_with(Key::core(name), None);
    assert_eq!(patched(json!([{"op": "remove", "path": "title"}])), gone("title"));
    assert_eq!(patched(json!([{"op": "remove", "path": "emails"}])), gone("emails"));
    assert_eq!(
        patched(json!([{"op": "remove", "path": "emails[type eq \"work\"]"}])),
        emails([home()])
    );
    assert_eq!(
        patched(json!([{"op": "remove", "path": "emails[type eq \"work\"].value"}])),
        emails([home()]),
        "what is empty then goes too"
    );
    assert_eq!(
        patched(json!([{"op": "remove", "path": "emails[value ew \".example\"]"}])),
        gone("emails")
    );
    let without_type = Value::complex([("value", Value::text("alice@work.example"))]);
    assert_eq!(
        patched(json!([{"op": "remove", "path": "emails[type eq \"work\"].type"}])),
        emails([without_type, home()])
    );
    assert_eq!(
        patched(json!([{"op": "remove", "path": "name.givenName"}])),
        alice_with(
            Key::core("name"),
            Some(Value::complex([("familyName", Value::text("Adams"))]))
        )
    );
    assert_eq!(
        patched(json!([{"op": "remove", "path": "emails[type eq \"nowhere\"]"}])),
        alice().attributes,
        "what is gone is gone"
    );
    assert_eq!(
        patched(json!([{"op": "remove", "path": "displayName"}])),
        alice().attributes
    );
}

#[test]
fn only_the_elements_a_filter_chooses_change() {
    assert_eq!(
        patched(json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@work.example"}])),
        emails([email("new@work.example", "work"), home()])
    );
    assert_eq!(
        patched(json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "new@work.example"}}])),
        emails([email("new@work.example", "work"), home()])
    );
    assert_eq!(
        patched(json!([{"op": "add", "path": "emails[value co \"home\"]", "value": {"primary": true}}])),
        emails([work(), primary(home())])
    );
}

#[test]
fn one_value_is_primary() {
    let first = json!({"op": "replace", "path": "emails[type eq \"work\"].primary", "value": true});
    assert_eq!(patched(json!([first])), emails([primary(work()), home()]));
    for second in [
        json!({"op": "add", "path": "emails[type eq \"home\"].primary", "value": "True"}),
        json!({"op": "add", "path": "emails", "value": [{"value": "alice@home.example", "type": "home", "primary": true}]}),
        json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": {"value": "alice@home.example", "primary": true}}),
    ] {
        assert_eq!(
            patched(json!([first, second])),
            emails([work(), primary(home())]),
            "{second}"
        );
    }
    assert_eq!(
        patched(json!([first, {"op": "replace", "path": "emails[type eq \"work\"].primary", "value": false}])),
        alice().attributes
    );
    assert_eq!(
        refused(json!([{"op": "replace", "path": "emails.primary", "value": true}])),
        EditFaultKind::InvalidValue
    );
}

#[test]
fn extensions_and_urns_are_paths_too() {
    let department = alice_with(Key::of(ENTERPRISE, "department"), Some(Value::text("Sales")));
    for operation in [
        json!({"op": "replace", "path": format!("{ENTERPRISE}:department"), "value": "Sales"}),
        json!({"op": "replace", "path": ENTERPRISE, "value": {"department": "Sales"}}),
        json!({"op": "add", "value": {ENTERPRISE: {"department": "Sales"}}}),
        json!({"op": "add", "value": {format!("{ENTERPRISE}:department"): "Sales"}}),
    ] {
        assert_eq!(patched(json!([operation])), department, "{operation}");
    }
    assert_eq!(
        patched(json!([{"op": "replace", "path": format!("{USER}:title"), "value": "Boss"}])),
        alice_with(Key::core("title"), Some(Value::text("Boss")))
    );
    let mut without = alice().attributes;
    without.0.retain(|key, _| key.extension.is_none());
    for operation in [
        json!({"op": "remove", "path": ENTERPRISE}),
        json!({"op": "replace", "path": ENTERPRISE, "value": null}),
        json!({"op": "replace", "value": {ENTERPRISE: null}}),
    ] {
        assert_eq!(patched(json!([operation])), without, "{operation}");
    }
}

#[test]
fn operations_are_done_in_order_and_all_or_none() {
    let in_order = json!([
        {"op": "remove", "path": "emails"},
        {"op": "add", "path": "emails", "value": [{"value": "b@x", "type": "work"}]},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "c@x"},
    ]);
    assert_eq!(patched(in_order), emails([email("c@x", "work")]));
    let fails_at_last = json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "remove", "path": "userName"}]);
    assert_eq!(refused(fails_at_last), EditFaultKind::Mutability);
}

#[test]
fn a_password_goes_its_own_way() {
    for operation in [
        json!({"op": "replace", "path": "password", "value": "not told"}),
        json!({"op": "add", "value": {"PASSWORD": "not told"}}),
        json!({"op": "replace", "path": format!("{USER}:password"), "value": "not told"}),
    ] {
        let edit = edited(&json!([operation]), Strictness::Lenient).unwrap();
        assert_eq!(edit.password.unwrap().expose(), b"not told");
        assert_eq!(edit.attributes, alice().attributes);
    }
    assert_eq!(
        refused(json!([{"op": "remove", "path": "password"}])),
        EditFaultKind::Mutability
    );
    assert_eq!(
        refused(json!([{"op": "replace", "path": "password", "value": ""}])),
        EditFaultKind::InvalidValue
    );
    assert!(
        edited(
            &json!([{"op": "replace", "value": {"password": null}}]),
            Strictness::Lenient
        )
        .unwrap()
        .password
        .is_none()
    );
}

#[test]
fn what_nobody_may_write_is_not_written() {
    for path in [
        "id",
        "meta",
        "meta.created",
        "groups",
        "groups[value eq \"id-1\"]",
        "schemas",
    ] {
        let operation = json!([{"op": "remove", "path": path}]);
        assert_eq!(refused(operation), EditFaultKind::Mutability, "{path}");
    }
    for operation in [
        json!({"op": "replace", "path": "id", "value": "id-7"}),
        json!({"op": "replace", "path": format!("{STATE}:passwordState.loginAttempts"), "value": 0}),
        json!({"op": "replace", "path": format!("{ENTERPRISE}:manager.displayName"), "value": "x"}),
        json!({"op": "replace", "path": format!("{ENTERPRISE}:manager.$ref"), "value": "x"}),
        json!({"op": "replace", "value": {"id": "id-8"}}),
        json!({"op": "replace", "value": {"groups": [{"value": "id-2"}]}}),
        json!({"op": "remove", "path": "userName"}),
        json!({"op": "replace", "path": "userName", "value": ""}),
    ] {
        assert_eq!(refused(json!([operation])), EditFaultKind::Mutability, "{operation}");
    }
    let repeated = json!([{"op": "replace", "value": {
        "id": "id-7", "schemas": [USER], "meta": {"version": "old"}, "title": "Engineer",
        "groups": [{"value": "id-1", "display": "staff", "$ref": "../Groups/id-1"}],
    }}]);
    assert_eq!(
        patched(repeated),
        alice().attributes,
        "what is repeated as it is, is well"
    );
}

#[test]
fn what_is_immutable_is_set_once() {
    let set = json!({"op": "add", "path": "userType", "value": "employee"});
    let with_type = alice_with(Key::core("userType"), Some(Value::text("employee")));
    assert_eq!(patched(json!([set])), with_type);
    let mut employee = alice();
    employee.attributes = with_type;
    let patch = |operations: Json| {
        let patch = Patch::read(body(&operations), &user(), Strictness::Lenient).unwrap();
        patch
            .apply(&employee, &user(), &read_id)
            .map(|edit| edit.attributes)
            .map_err(|fault| fault.kind)
    };
    assert_eq!(patch(json!([set])), Ok(employee.attributes.clone()));
    for operation in [
        json!({"op": "replace", "path": "userType", "value": "guest"}),
        json!({"op": "remove", "path": "userType"}),
    ] {
        assert_eq!(patch(json!([operation])), Err(EditFaultKind::Mutability));
    }
}

#[test]
fn what_is_no_patch_is_refused_for_its_reason() {
    use EditFaultKind::{InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, NoTarget};
    let whole = |request: Json| {
        Patch::read(request, &user(), Strictness::Lenient)
            .err()
            .map(|fault| fault.kind)
    };
    for request in [
        json!([]),
        json!({"schemas": [PATCH_OP]}),
        json!({"schemas": [PATCH_OP], "Operations": []}),
        json!({"schemas": [USER], "Operations": [{"op": "remove", "path": "title"}]}),
        json!({"schemas": [PATCH_OP], "Operations": ["remove"]}),
        json!({"schemas": [PATCH_OP], "Operations": vec![json!({"op": "remove", "path": "title"}); read::MOST_OPERATIONS + 1]}),
    ] {
        assert_eq!(whole(request), Some(InvalidSyntax));
    }
    for (operation, kind) in [
        (json!({"path": "title", "value": "x"}), InvalidSyntax),
        (json!({"op": "move", "path": "title", "value": "x"}), InvalidSyntax),
        (json!({"op": 1}), InvalidSyntax),
        (json!({"op": "remove"}), NoTarget),
        (json!({"op": "remove", "value": {"title": "x"}}), NoTarget),
        (json!({"op": "add", "value": "x"}), InvalidValue),
        (json!({"op": "add", "path": "title"}), InvalidValue),
        (json!({"op": "add", "path": 1, "value": 1}), InvalidPath),
        (json!({"op": "add", "path": "nothing", "value": 1}), InvalidPath),
        (json!({"op": "add", "path": "name.nothing", "value": 1}), InvalidPath),
        (
            json!({"op": "add", "path": "emails[type eq \"work\"", "value": 1}),
            InvalidPath,
        ),
        (
            json!({"op": "add", "path": "emails[nothing eq \"work\"].value", "value": "x"}),
            InvalidFilter,
        ),
        (
            json!({"op": "add", "path": "emails[primary gt true].value", "value": "x"}),
            InvalidFilter,
        ),
        (json!({"op": "add", "path": "title", "value": {"a": 1}}), InvalidValue),
        (json!({"op": "add", "path": "active", "value": "maybe"}), InvalidValue),
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "x", "type": "nowhere"}]}),
            InvalidValue,
        ),
        (
            json!({"op": "add", "path": "emails[type eq \"nowhere\"].value", "value": "x"}),
            InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "emails[value co \"nowhere\"].value", "value": "x"}),
            NoTarget,
        ),
        (
            json!({"op": "add", "value": {"emails[type eq ].value": "x"}}),
            InvalidPath,
        ),
        (json!({"op": "add", "path": ENTERPRISE, "value": "x"}), InvalidPath),
    ] {
        assert_eq!(refused(json!([operation])), kind, "{operation}");
    }
}

#[test]
fn a_strict_client_is_told_where_the_rfc_says_so() {
    use EditFaultKind::{InvalidPath, InvalidSyntax, InvalidValue, NoTarget};
    for (operation, kind) in [
        (json!({"op": "Add", "path": "title", "value": "x"}), InvalidSyntax),
        (json!({"op": "remove", "path": "emails[type eq \"nowhere\"]"}), NoTarget),
        (
            json!({"op": "replace", "path": "emails[value eq \"x\"].value", "value": "x"}),
            NoTarget,
        ),
        (
            json!({"op": "replace", "path": "phoneNumbers.value", "value": "1"}),
            NoTarget,
        ),
        (
            json!({"op": "remove", "path": "emails", "value": [{"value": "x"}]}),
            InvalidSyntax,
        ),
        (json!({"op": "add", "value": {"name.givenName": "x"}}), InvalidPath),
        (json!({"op": "add", "value": {"nothing": "x"}}), InvalidPath),
        (
            json!({"op": "replace", "path": "active", "value": "False"}),
            InvalidValue,
        ),
        (
            json!({"op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": "id-8"}),
            InvalidValue,
        ),
        (
            json!({"op": "add", "path": ENTERPRISE, "value": {"department": "x"}}),
            InvalidPath,
        ),
    ] {
        assert_eq!(
            fault_of(&json!([operation]), Strictness::Strict).kind,
            kind,
            "{operation}"
        );
        assert!(edited(&json!([operation]), Strictness::Lenient).is_ok(), "{operation}");
    }
    let no_schemas = json!({"Operations": [{"op": "remove", "path": "title"}]});
    assert!(Patch::read(no_schemas.clone(), &user(), Strictness::Strict).is_err());
    assert!(Patch::read(no_schemas, &user(), Strictness::Lenient).is_ok());
}
