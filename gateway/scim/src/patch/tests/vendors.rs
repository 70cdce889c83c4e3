//! What programs really send.

use super::*;

fn manager(id: Option<&str>) -> Attributes {
    let value = id.map(|id| Value::complex([("value", Value::text(id))]));
    alice_with(Key::of(ENTERPRISE, "manager"), value)
}

#[test]
fn entra_capitalizes_and_sends_booleans_as_text() {
    let off = alice_with(Key::core("active"), Some(Value::Boolean(false)));
    for operation in [
        json!({"op": "Replace", "path": "active", "value": "False"}),
        json!({"op": "Add", "path": "active", "value": "false"}),
        json!({"op": "replace", "value": {"active": false}}),
        json!({"OP": "REPLACE", "Path": "Active", "Value": "False"}),
    ] {
        assert_eq!(patched(json!([operation])), off, "{operation}");
    }
}

#[test]
fn entra_without_a_path_names_paths() {
    let expected = {
        let mut attributes = emails([email("new@work.example", "work"), home()]);
        attributes.set(
            Key::core("name"),
            Value::complex([("givenName", Value::text("A")), ("familyName", Value::text("Adams"))]),
        );
        attributes.set(Key::of(ENTERPRISE, "department"), Value::text("Sales"));
        attributes
    };
    let operation = json!({"op": "replace", "value": {
        "name.givenName": "A",
        "emails[type eq \"work\"].value": "new@work.example",
        format!("{ENTERPRISE}:department"): "Sales",
        "unmapped": "x", "addresses.unmapped": "y",
    }});
    assert_eq!(patched(json!([operation])), expected);
}

#[test]
fn what_a_selector_chooses_is_made_if_it_is_not_there() {
    let mobile = |value: &str| Value::complex([("type", Value::text("mobile")), ("value", Value::text(value))]);
    let phones = |values: Vec<Value>| alice_with(Key::core("phoneNumbers"), Some(Value::Many(values)));
    for verb in ["Add", "Replace"] {
        let one = json!([{"op": verb, "path": "phoneNumbers[type eq \"Mobile\"].value", "value": "+1 555"}]);
        assert_eq!(patched(one), phones(vec![mobile("+1 555")]));
        let whole = json!([{"op": verb, "path": "phoneNumbers[type eq \"mobile\"]", "value": [{"value": "+1 555"}]}]);
        assert_eq!(patched(whole), phones(vec![mobile("+1 555")]));
    }
    let address = |path: &str, value: &str| json!({"op": "Add", "path": format!("addresses[type eq \"work\"].{path}"), "value": value});
    let built = patched(json!([address("locality", "Oslo"), address("region", "Viken")]));
    let expected = Value::complex([
        ("type", Value::text("work")),
        ("locality", Value::text("Oslo")),
        ("region", Value::text("Viken")),
    ]);
    assert_eq!(
        built,
        alice_with(Key::core("addresses"), Some(Value::Many(vec![expected]))),
        "several build one element"
    );
    let primary_first = json!([
        {"op": "Add", "path": "phoneNumbers[type eq \"work\"].primary", "value": "True"},
        {"op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "1"},
    ]);
    let work_phone = primary(Value::complex([
        ("type", Value::text("work")),
        ("value", Value::text("1")),
    ]));
    assert_eq!(patched(primary_first), phones(vec![work_phone]));
    let only_primary = json!([{"op": "Add", "path": "phoneNumbers[type eq \"work\"].primary", "value": true}]);
    assert_eq!(
        patched(only_primary),
        alice().attributes,
        "an element without a value is none"
    );
}

#[test]
fn a_manager_is_an_id_in_every_form() {
    let path = format!("{ENTERPRISE}:manager");
    for value in [
        json!("id-8"),
        json!({"value": "id-8"}),
        json!([{"value": "id-8"}]),
        json!({"$ref": "https://h/v2/Users/id-8"}),
        json!({"value": "id-8", "displayName": "x", "$ref": null}),
    ] {
        for verb in ["add", "Replace"] {
            assert_eq!(
                patched(json!([{"op": verb, "path": path, "value": value}])),
                manager(Some("id-8")),
                "{verb} {value}"
            );
        }
        assert_eq!(
            patched(json!([{"op": "replace", "value": {ENTERPRISE: {"manager": value}}}])),
            manager(Some("id-8"))
        );
    }
    assert_eq!(
        patched(json!([{"op": "replace", "path": format!("{path}.value"), "value": "id-8"}])),
        manager(Some("id-8"))
    );
    for value in [
        json!(""),
        json!(null),
        json!({"value": ""}),
        json!({"value": null}),
        json!([]),
    ] {
        assert_eq!(
            patched(json!([{"op": "replace", "path": path, "value": value}])),
            manager(None),
            "{value}"
        );
    }
    for operation in [
        json!({"op": "remove", "path": path}),
        json!({"op": "Remove", "path": path, "value": {"value": "id-9"}}),
        json!({"op": "remove", "path": format!("{path}[value eq \"id-9\"]")}),
        json!({"op": "remove", "path": format!("{path}.value")}),
    ] {
        assert_eq!(patched(json!([operation])), manager(None), "{operation}");
    }
    let mut told = alice();
    let known = Value::complex([("value", Value::text("id-9")), ("displayName", Value::text("Nina"))]);
    told.attributes.set(Key::of(ENTERPRISE, "manager"), known);
    let patch = Patch::read(
        body(&json!([{"op": "replace", "path": path, "value": "id-8"}])),
        &user(),
        Strictness::Lenient,
    )
    .unwrap();
    assert_eq!(
        patch.apply(&told, &user(), &read_id).unwrap().attributes,
        manager(Some("id-8")),
        "a name told of another is forgotten"
    );
}

#[test]
fn empty_text_and_null_clear() {
    for value in [json!(""), json!(null)] {
        for verb in ["Add", "replace"] {
            let operation = json!([{"op": verb, "path": "title", "value": value}]);
            assert_eq!(
                patched(operation),
                alice_with(Key::core("title"), None),
                "{verb} {value}"
            );
        }
    }
    let cleared = emails([home()]);
    assert_eq!(
        patched(json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": ""}])),
        cleared
    );
    assert_eq!(
        patched(json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": null}])),
        cleared
    );
    assert_eq!(
        patched(json!([{"op": "replace", "path": "emails[type eq \"mobile\"].value", "value": ""}])),
        alice().attributes
    );
    for value in [json!([]), json!(null), json!("")] {
        let none = alice_with(Key::core("emails"), None);
        assert_eq!(
            patched(json!([{"op": "replace", "path": "emails", "value": value}])),
            none,
            "{value}"
        );
    }
}

#[test]
fn a_removal_that_lists_values_removes_those() {
    let operation = json!([{"op": "Remove", "path": "emails", "value": [{"value": "alice@work.example"}]}]);
    assert_eq!(patched(operation), emails([home()]));
    let other = json!([{"op": "Remove", "path": "emails", "value": [{"value": "alice@work.example", "type": "home"}]}]);
    assert_eq!(patched(other), alice().attributes);
}

#[test]
fn an_external_id_that_is_kept_nowhere_stops_nothing() {
    let mut types = user();
    types
        .core
        .attributes
        .retain(|known| known.name.as_ref() != "externalId");
    let operations =
        json!([{"op": "add", "path": "externalId", "value": "x"}, {"op": "replace", "path": "title", "value": "Boss"}]);
    let read = |strictness| Patch::read(body(&operations), &types, strictness);
    let after = read(Strictness::Lenient)
        .unwrap()
        .apply(&alice(), &types, &read_id)
        .unwrap()
        .attributes;
    assert_eq!(after, alice_with(Key::core("title"), Some(Value::text("Boss"))));
    assert_eq!(
        read(Strictness::Strict).err().map(|fault| fault.kind),
        Some(EditFaultKind::InvalidPath)
    );
}

#[test]
fn operations_in_whatever_case_or_alone_are_read() {
    let one = json!({"op": "replace", "path": "title", "value": "Boss"});
    for request in [
        json!({"schemas": [PATCH_OP], "operations": [one]}),
        json!({"Schemas": [PATCH_OP.to_lowercase()], "OPERATIONS": one}),
    ] {
        let patch = Patch::read(request, &user(), Strictness::Lenient).unwrap();
        let after = patch.apply(&alice(), &user(), &read_id).unwrap().attributes;
        assert_eq!(after, alice_with(Key::core("title"), Some(Value::text("Boss"))));
    }
}
