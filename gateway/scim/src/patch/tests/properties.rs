//! What holds of every request.

use super::*;
use proptest::prelude::*;
use proptest::sample::select;

fn path() -> impl Strategy<Value = String> {
    select(vec![
        "title",
        "displayName",
        "active",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "emails[type eq \"work\"]",
        "emails[type eq \"work\"].value",
        "emails[type eq \"home\"].primary",
        "emails[value co \"x\"]",
        "phoneNumbers[type eq \"mobile\"].value",
        "addresses[type eq \"work\" and region eq \"a\"].locality",
        "groups",
        "id",
        "password",
        "userName",
        "userType",
        "nothing",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    ])
    .prop_map(ToOwned::to_owned)
}

fn value() -> impl Strategy<Value = Json> {
    let single = prop_oneof![
        Just(json!(null)),
        Just(json!("")),
        Just(json!("x")),
        Just(json!("True")),
        Just(json!(false)),
        Just(json!(7)),
        Just(json!({"value": "x"})),
        Just(json!({"value": "y", "type": "home", "primary": true})),
        Just(json!({"givenName": "x", "familyName": null})),
        Just(json!({"department": "x", "manager": "id-3"})),
        Just(json!({"unknown": 1})),
    ];
    prop_oneof![4 => single.clone(), 1 => proptest::collection::vec(single, 0..3).prop_map(Json::from)]
}

fn operation() -> impl Strategy<Value = Json> {
    let verb = select(vec!["add", "replace", "remove", "Add", "Replace"]);
    let plain =
        (verb.clone(), path(), value()).prop_map(|(op, path, value)| json!({"op": op, "path": path, "value": value}));
    let removal = path().prop_map(|path| json!({"op": "remove", "path": path}));
    let without_path = (verb, proptest::collection::btree_map(path(), value(), 0..3))
        .prop_map(|(op, values)| json!({"op": op, "value": values}));
    prop_oneof![3 => plain, 1 => removal, 1 => without_path]
}

fn operations() -> impl Strategy<Value = Json> {
    proptest::collection::vec(operation(), 1..5).prop_map(Json::from)
}

fn applied(operations: &Json, on: &Attributes, strictness: Strictness) -> Option<Attributes> {
    let mut resource = alice();
    resource.attributes = on.clone();
    let patch = Patch::read(body(operations), &user(), strictness).ok()?;
    Some(patch.apply(&resource, &user(), &read_id).ok()?.attributes)
}

fn is_well_formed(value: &Value) -> bool {
    match value {
        Value::Many(values) => {
            !values.is_empty()
                && values
                    .iter()
                    .all(|value| !matches!(value, Value::Many(_)) && is_well_formed(value))
        }
        Value::Complex(subs) => {
            !subs.is_empty()
                && subs
                    .values()
                    .all(|sub| !matches!(sub, Value::Complex(_)) && is_well_formed(sub))
        }
        Value::Text(text) => !text.is_empty(),
        _ => true,
    }
}

proptest! {
    #[test]
    fn strict_takes_nothing_that_lenient_refuses(operations in operations()) {
        if applied(&operations, &alice().attributes, Strictness::Strict).is_some() {
            prop_assert!(applied(&operations, &alice().attributes, Strictness::Lenient).is_some(), "{operations}");
        }
    }

    #[test]
    fn one_operation_done_twice_is_done_once(operation in operation()) {
        let operations = json!([operation]);
        // Whoever changes the value that a filter chose by is not chosen again.
        prop_assume!(!operations.to_string().contains("value co"));
        if let Some(once) = applied(&operations, &alice().attributes, Strictness::Lenient) {
            let twice = applied(&operations, &once, Strictness::Lenient);
            prop_assert_eq!(twice, Some(once.clone()), "{}", operations);
            let doubled = applied(&json!([operation, operation]), &alice().attributes, Strictness::Lenient);
            prop_assert_eq!(doubled, Some(once), "{}", operations);
        }
    }

    #[test]
    fn whatever_is_done_the_outcome_is_a_resource(operations in operations()) {
        if let Some(after) = applied(&operations, &alice().attributes, Strictness::Lenient) {
            prop_assert_eq!(after.text("userName").is_some(), true);
            prop_assert_eq!(after.get(&Key::core("groups")).cloned(), alice().attributes.get(&Key::core("groups")).cloned());
            for (key, value) in &after.0 {
                let attribute = user().of(key).cloned();
                prop_assert!(is_well_formed(value), "{:?} {:?} {}", key, value, operations);
                prop_assert_eq!(attribute.is_some_and(|known| known.multi_valued), matches!(value, Value::Many(_)), "{:?} {}", key, operations);
                prop_assert!(value.each().iter().filter(|one| one.sub("primary").is_some()).count() < 2);
            }
        }
    }

    #[test]
    fn no_request_makes_it_panic(text in r#"\{"schemas":\["urn:ietf:params:scim:api:messages:2.0:PatchOp"\],"Operations":\[\{("(op|path|value)":("add"|"remove"|"emails\[\]"|null|\[\]|\{\}|1),?){0,4}\}\]\}"#) {
        if let Ok(body) = crate::json::read(text.as_bytes()) {
            for strictness in [Strictness::Lenient, Strictness::Strict] {
                if let Ok(patch) = Patch::read(body.clone(), &user(), strictness) {
                    let _ = patch.apply(&alice(), &user(), &read_id);
                }
            }
        }
    }
}
