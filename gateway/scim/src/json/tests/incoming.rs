//! POST and PUT.

use super::super::convert::MOST_VALUES;
use super::*;
use crate::fixture::{ENTERPRISE, GROUP, STATE, USER, alice, email, group, read_id, staff, user};
use postern_identity::provisioning::{Attributes, EditFault, Key, ResourceId, Value};
use serde_json::{Value as Json, json};

fn with_user(mut rest: Json) -> Json {
    let object = rest.as_object_mut().unwrap();
    object.entry("schemas").or_insert_with(|| json!([USER]));
    object.entry("userName").or_insert_with(|| json!("alice"));
    rest
}

fn lenient(rest: Json) -> Incoming {
    let body = with_user(rest);
    resource(body.clone(), &user(), Strictness::Lenient).unwrap_or_else(|fault| panic!("{body}: {fault}"))
}

fn fault(rest: Json, strictness: Strictness) -> EditFault {
    let body = with_user(rest);
    match resource(body.clone(), &user(), strictness) {
        Err(fault) => fault,
        Ok(_) => panic!("{body} was taken"),
    }
}

fn refused(rest: Json) -> String {
    let fault = fault(rest, Strictness::Lenient);
    assert_eq!(fault.kind, EditFaultKind::InvalidValue, "{fault}");
    fault.detail.into_owned()
}

fn core(incoming: &Incoming, name: &str) -> Option<Value> {
    incoming.attributes.get(&Key::core(name)).cloned()
}

#[test]
fn a_user_as_entra_and_okta_send_it_is_read() {
    let incoming = lenient(json!({
        "schemas": [USER, ENTERPRISE, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User"],
        "id": "client's own", "meta": {"resourceType": "User"}, "groups": [], "externalId": "ext-1",
        "USERNAME2": "nobody knows it",
        "active": "True",
        "displayName": 42,
        "name": {"formatted": "Alice Adams", "familyName": "Adams", "middleName": null},
        "emails": {"primary": true, "type": "Work", "value": "a@x", "display": "a@x"},
        "phoneNumbers": ["+1 555"],
        "title": "", "nickName": null, "addresses": [],
        "password": "not told",
        ENTERPRISE: {"department": "Tools", "manager": "id-9", "unknown": 1},
    }));
    assert_eq!(core(&incoming, "active"), Some(Value::Boolean(true)));
    assert_eq!(core(&incoming, "displayName"), Some(Value::text("42")));
    assert_eq!(core(&incoming, "externalId"), Some(Value::text("ext-1")));
    let work = Value::complex([
        ("value", Value::text("a@x")),
        ("type", Value::text("work")),
        ("primary", Value::Boolean(true)),
    ]);
    assert_eq!(core(&incoming, "emails"), Some(Value::Many(vec![work])));
    assert_eq!(
        core(&incoming, "phoneNumbers"),
        Some(Value::Many(vec![Value::complex([("value", Value::text("+1 555"))])]))
    );
    for cleared in [
        "title",
        "nickName",
        "addresses",
        "groups",
        "id",
        "meta",
        "schemas",
        "password",
    ] {
        assert_eq!(core(&incoming, cleared), None, "{cleared}");
    }
    let of_extension = |name| incoming.attributes.get(&Key::of(ENTERPRISE, name)).cloned();
    assert_eq!(of_extension("department"), Some(Value::text("Tools")));
    assert_eq!(
        of_extension("manager"),
        Some(Value::complex([("value", Value::text("id-9"))]))
    );
    assert_eq!(incoming.password.unwrap().expose(), b"not told");
    assert!(incoming.members.is_none());
}

#[test]
fn an_extension_counts_though_schemas_does_not_name_it() {
    let incoming = lenient(json!({ENTERPRISE.to_uppercase(): {"DEPARTMENT": "Tools"}}));
    assert_eq!(
        incoming.attributes.get(&Key::of(ENTERPRISE, "department")),
        Some(&Value::text("Tools"))
    );
    let under_core = lenient(json!({USER: {"title": "x"}}));
    assert_eq!(core(&under_core, "title"), Some(Value::text("x")));
    assert!(
        fault(json!({ENTERPRISE: "x"}), Strictness::Lenient)
            .detail
            .contains("is an object")
    );
}

#[test]
fn what_is_required_is_asked_for() {
    let body = |text: &str| resource(serde_json::from_str(text).unwrap(), &user(), Strictness::Lenient);
    let kind = |text: &str| body(text).err().map(|fault| (fault.kind, fault.detail.into_owned()));
    let no_name = kind(&format!(r#"{{"schemas": ["{USER}"], "userName": ""}}"#)).unwrap();
    assert_eq!(no_name, (EditFaultKind::InvalidValue, "userName is required".into()));
    for text in [
        r#"{"userName": "a"}"#,
        r#"{"schemas": [], "userName": "a"}"#,
        r#"{"schemas": ["urn:x"], "userName": "a"}"#,
    ] {
        assert_eq!(kind(text).unwrap().0, EditFaultKind::InvalidSyntax, "{text}");
    }
    assert!(
        body(&format!(
            r#"{{"SCHEMAS": ["{}"], "userName": "a"}}"#,
            USER.to_lowercase()
        ))
        .is_ok()
    );
}

#[test]
fn values_that_do_not_fit_are_refused_by_name_and_never_quoted() {
    for (body, why) in [
        (json!({"active": "maybe secret"}), "active is true or false"),
        (json!({"name": "secret"}), "name is an object"),
        (json!({"name": {"givenName": {"secret": 1}}}), "name.givenName is text"),
        (json!({"title": ["secret", "b"]}), "title has one value"),
        (
            json!({"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": "true"}]}),
            "more than one primary",
        ),
        (
            json!({"emails": [{"value": "a", "type": "secret"}]}),
            "emails.type has no such place here; there are work, home",
        ),
        (
            json!({"x509Certificates": [{"value": "secret!"}]}),
            "x509Certificates.value is base64",
        ),
        (json!({"password": 1}), "password is text"),
        (json!({STATE: {"size": 1.5}}), "size is a whole number"),
        (json!({STATE: {"score": "NaN"}}), "score is a number"),
        (
            json!({"emails": vec![json!({"value": "x"}); MOST_VALUES + 1]}),
            "more than 1000 values",
        ),
    ] {
        let said = refused(body);
        assert!(said.contains(why), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn numbers_moments_and_octets_are_read_in_the_spellings_there_are() {
    let state = |body: Json, name| {
        lenient(json!({STATE: body}))
            .attributes
            .get(&Key::of(STATE, name))
            .cloned()
    };
    assert_eq!(state(json!({"size": "17"}), "size"), Some(Value::Integer(17)));
    assert_eq!(state(json!({"size": 17.0}), "size"), Some(Value::Integer(17)));
    assert_eq!(state(json!({"score": 17}), "score"), Some(Value::Decimal(17.0)));
    for text in ["+/8=", "-_8=", "-_8", "+/\n8"] {
        let certificates = core(&lenient(json!({"x509Certificates": [text]})), "x509Certificates");
        let octets = Value::complex([("value", Value::Octets(vec![0xfb, 0xff]))]);
        assert_eq!(certificates, Some(Value::Many(vec![octets])), "{text}");
    }
    let mut types = user();
    types
        .core
        .attributes
        .push(postern_identity::provisioning::Attribute::new(
            "hired",
            postern_identity::provisioning::Shape::Moment,
            "",
        ));
    let hired = |text: &str| resource(with_user(json!({"hired": text})), &types, Strictness::Lenient);
    let at = |text: &str| hired(text).ok().and_then(|incoming| core(&incoming, "hired"));
    let expected = Some(Value::Moment("2026-01-02T02:04:05Z".parse().unwrap()));
    assert_eq!(at("2026-01-02T03:04:05+01:00"), expected);
    assert_eq!(at("2026-01-02T02:04:05.000Z"), expected);
    for text in [
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-01-02 03:04:05Z",
        "yesterday",
        "2026-13-02T03:04:05Z",
        "2026-01-02T03:04:05[UTC]",
    ] {
        assert_eq!(
            hired(text).err().map(|fault| fault.kind),
            Some(EditFaultKind::InvalidValue),
            "{text}"
        );
    }
}

#[test]
fn elements_of_one_type_and_value_are_one_and_empty_ones_none() {
    let incoming = lenient(json!({"emails": [
        {"value": "a", "type": "work"}, {"value": "a", "type": "WORK", "primary": true}, {"value": "", "type": "home"}, {"type": "home", "primary": true}, {"type": "home", "value": null}, {}, null, ""
    ]}));
    let one = Value::complex([
        ("value", Value::text("a")),
        ("type", Value::text("work")),
        ("primary", Value::Boolean(true)),
    ]);
    assert_eq!(core(&incoming, "emails"), Some(Value::Many(vec![one])));
}

#[test]
fn a_strict_client_is_told_of_everything() {
    for (body, kind) in [
        (json!({"unknown": 1}), EditFaultKind::InvalidSyntax),
        (json!({"urn:unknown": {}}), EditFaultKind::InvalidValue),
        (json!({"name": {"unknown": 1}}), EditFaultKind::InvalidSyntax),
        (json!({"active": "True"}), EditFaultKind::InvalidValue),
        (json!({"active": ""}), EditFaultKind::InvalidValue),
        (json!({"displayName": 42}), EditFaultKind::InvalidValue),
        (json!({"emails": {"value": "a"}}), EditFaultKind::InvalidValue),
        (json!({"emails": ["a"]}), EditFaultKind::InvalidValue),
        (json!({ENTERPRISE: {"manager": "id-9"}}), EditFaultKind::InvalidValue),
        (json!({STATE: {"size": "1"}}), EditFaultKind::InvalidValue),
    ] {
        lenient(body.clone());
        assert_eq!(fault(body.clone(), Strictness::Strict).kind, kind, "{body}");
    }
    let plain =
        with_user(json!({"schemas": [USER, "urn:unknown:without:data"], "id": "x", "title": "", "externalId": "e"}));
    assert!(resource(plain, &user(), Strictness::Strict).is_ok());
}

#[test]
fn members_are_read_by_their_ids() {
    let members = |members: Json| {
        let body = json!({"schemas": [GROUP], "displayName": "staff", "members": members});
        resource(body, &group(), Strictness::Lenient).map(|incoming| incoming.members)
    };
    let expected = Some(vec!["id-1".to_owned(), "id-2".to_owned()]);
    assert_eq!(
        members(json!([{"value": "id-1", "type": "User"}, {"VALUE": "id-2", "$ref": null}])).unwrap(),
        expected
    );
    assert_eq!(
        members(json!([{"$ref": "https://h/scim/v2/Users/id-1"}, "id-2", {"value": "id-1"}])).unwrap(),
        expected
    );
    assert_eq!(
        members(json!({"value": "id-1"})).unwrap(),
        Some(vec!["id-1".to_owned()])
    );
    assert_eq!(members(json!(null)).unwrap(), Some(vec![]));
    assert_eq!(members(json!([])).unwrap(), Some(vec![]));
    for wrong in [
        json!([{"display": "x"}]),
        json!([1]),
        json!([{"value": 1}]),
        json!([""]),
    ] {
        assert_eq!(
            members(wrong).err().map(|fault| fault.kind),
            Some(EditFaultKind::InvalidValue)
        );
    }
    let silent = resource(
        json!({"schemas": [GROUP], "displayName": "staff"}),
        &group(),
        Strictness::Lenient,
    )
    .unwrap();
    assert_eq!(silent.members, None);
}

fn put(body: Json) -> Result<Attributes, EditFault> {
    let incoming = resource(with_user(body), &user(), Strictness::Lenient)?;
    incoming.onto(&alice(), &user(), &read_id).map(|edit| edit.attributes)
}

#[test]
fn put_clears_what_is_left_out_and_keeps_what_nobody_may_write() {
    let after = put(json!({"emails": [{"value": "alice@work.example", "type": "work"}]})).unwrap();
    let mut expected = Attributes::default();
    expected.set(Key::core("userName"), Value::text("alice"));
    expected.set(
        Key::core("emails"),
        Value::Many(vec![email("alice@work.example", "work")]),
    );
    expected.set(
        Key::core("groups"),
        alice().attributes.get(&Key::core("groups")).cloned().unwrap(),
    );
    expected.set(Key::core("active"), Value::Boolean(true));
    assert_eq!(after, expected, "switched on or off is nobody by what was not said");
    let off = put(json!({"active": false})).unwrap();
    assert_eq!(off.get(&Key::core("active")), Some(&Value::Boolean(false)));
}

#[test]
fn put_keeps_what_was_told_of_a_manager_who_stays() {
    let manager = |id: &str| {
        let mut before = alice();
        let known = Value::complex([("value", Value::text("id-9")), ("displayName", Value::text("Nina"))]);
        before.attributes.set(Key::of(ENTERPRISE, "manager"), known);
        let body = with_user(json!({ENTERPRISE: {"manager": {"value": id, "displayName": "sent"}}}));
        let incoming = resource(body, &user(), Strictness::Lenient).unwrap();
        let after = incoming.onto(&before, &user(), &read_id).unwrap().attributes;
        let manager = after.get(&Key::of(ENTERPRISE, "manager")).unwrap();
        manager.sub("displayName").cloned()
    };
    assert_eq!(manager("id-9"), Some(Value::text("Nina")));
    assert_eq!(manager("id-8"), None);
}

#[test]
fn put_does_not_change_what_is_immutable() {
    let mut before = alice();
    before.attributes.set(Key::core("userType"), Value::text("employee"));
    let put = |body: Json| {
        let incoming = resource(with_user(body), &user(), Strictness::Lenient).unwrap();
        incoming.onto(&before, &user(), &read_id).map(|edit| edit.attributes)
    };
    assert_eq!(
        put(json!({"userType": "guest"})).unwrap_err().kind,
        EditFaultKind::Mutability
    );
    for same in [json!({"userType": "employee"}), json!({})] {
        assert_eq!(
            put(same).unwrap().get(&Key::core("userType")),
            Some(&Value::text("employee"))
        );
    }
}

#[test]
fn put_replaces_members_only_if_something_is_said_of_them() {
    let put = |body: Json| {
        let incoming = resource(body, &group(), Strictness::Lenient).unwrap();
        incoming.onto(&staff(), &group(), &read_id)
    };
    let silent = put(json!({"schemas": [GROUP], "displayName": "all"})).unwrap();
    assert!(silent.members.is_empty());
    let emptied = put(json!({"schemas": [GROUP], "displayName": "all", "members": []})).unwrap();
    assert_eq!(emptied.members.replace, Some(vec![]));
    let two = put(json!({"schemas": [GROUP], "displayName": "all", "members": [{"value": "id-2"}, {"value": "id-1"}]}))
        .unwrap();
    assert_eq!(
        two.members.replace,
        Some(vec![ResourceId([2; 16]), ResourceId([1; 16])])
    );
    let unknown = put(json!({"schemas": [GROUP], "displayName": "all", "members": [{"value": "nobody"}]}));
    assert_eq!(unknown.err().map(|fault| fault.kind), Some(EditFaultKind::InvalidValue));
}
