//! What is shown, and what has to be read for it.

use super::*;
use crate::fixture::{BASE, ENTERPRISE, STATE, USER, alice, group, member, resource, staff, user};
use postern_identity::provisioning::{Key, ResourceKind, Value, Wanted};
use serde_json::{Value as Json, json};

fn projection(attributes: Option<&str>, excluded: Option<&str>) -> Projection {
    Projection::new(
        attributes.as_ref().map(std::slice::from_ref),
        excluded.as_ref().map(std::slice::from_ref),
        &user(),
    )
    .unwrap()
}

fn shown(attributes: Option<&str>, excluded: Option<&str>) -> Json {
    show(&alice(), "id-7", &user(), &projection(attributes, excluded), BASE)
}

fn keys(shown: &Json) -> Vec<&str> {
    let mut keys: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn a_resource_is_shown_as_the_rfcs_have_it() {
    assert_eq!(
        shown(None, None),
        json!({
            "schemas": [USER, ENTERPRISE],
            "id": "id-7",
            "userName": "alice",
            "name": {"givenName": "Alice", "familyName": "Adams"},
            "title": "Engineer",
            "active": true,
            "emails": [
                {"value": "alice@work.example", "type": "work"},
                {"value": "alice@home.example", "type": "home"},
            ],
            "groups": [{"value": "id-1", "display": "staff", "$ref": format!("{BASE}/Groups/id-1")}],
            ENTERPRISE: {
                "department": "Tools",
                "manager": {"value": "id-9", "$ref": format!("{BASE}/Users/id-9")},
            },
            "meta": {
                "resourceType": "User",
                "created": "2026-01-02T03:04:05Z",
                "lastModified": "2026-02-03T04:05:06Z",
                "location": format!("{BASE}/Users/id-7"),
                "version": "W/\"v1\"",
            },
        })
    );
}

#[test]
fn members_refer_to_what_they_are() {
    let mut group_read = staff();
    group_read.attributes.set(
        Key::core("members"),
        Value::Many(vec![member("id-1", "User"), member("id-2", "Group")]),
    );
    let shown = show(&group_read, "id-7", &group(), &Projection::default(), BASE);
    assert_eq!(
        shown["members"],
        json!([
            {"value": "id-1", "type": "User", "$ref": format!("{BASE}/Users/id-1")},
            {"value": "id-2", "type": "Group", "$ref": format!("{BASE}/Groups/id-2")},
        ])
    );
    let values = Projection::new(Some(&["members.value"]), None, &group()).unwrap();
    assert_eq!(
        show(&group_read, "id-7", &group(), &values, BASE)["members"],
        json!([{"value": "id-1"}, {"value": "id-2"}])
    );
    let but = Projection::new(None, Some(&["members.$ref,members.type"]), &group()).unwrap();
    assert_eq!(
        show(&group_read, "id-7", &group(), &but, BASE)["members"],
        json!([{"value": "id-1"}, {"value": "id-2"}])
    );
}

#[test]
fn only_what_was_asked_for_is_shown_with_what_always_is() {
    assert_eq!(keys(&shown(Some("userName"), None)), ["id", "schemas", "userName"]);
    assert_eq!(
        shown(Some("USERNAME,NAME.givenname"), None)["name"],
        json!({"givenName": "Alice"})
    );
    assert_eq!(
        shown(Some("emails.value"), None)["emails"][0],
        json!({"value": "alice@work.example"})
    );
    assert_eq!(
        keys(&shown(Some("nothing"), None)),
        ["id", "schemas"],
        "unknown names are passed over"
    );
    assert_eq!(shown(Some(ENTERPRISE), None)[ENTERPRISE]["department"], "Tools");
    let department = shown(Some(&format!("{ENTERPRISE}:department")), None);
    assert_eq!(department[ENTERPRISE], json!({"department": "Tools"}));
    assert_eq!(
        shown(Some("meta.version"), None)["meta"],
        json!({"version": "W/\"v1\""})
    );
    assert_eq!(shown(Some(&format!("{USER}:title")), None)["title"], "Engineer");
    assert_eq!(
        shown(Some(""), None),
        shown(None, None),
        "nothing asked is nothing said"
    );
}

#[test]
fn what_is_left_out_is_not_shown_but_what_always_is() {
    let shown = shown(
        None,
        Some(&format!("id,schemas,EMAILS, {ENTERPRISE},name.familyName,meta")),
    );
    assert_eq!(
        keys(&shown),
        ["active", "groups", "id", "name", "schemas", "title", "userName"]
    );
    assert_eq!(shown["name"], json!({"givenName": "Alice"}));
    assert_eq!(shown["schemas"], json!([USER]));
}

#[test]
fn what_is_shown_on_request_and_never_is() {
    assert_eq!(shown(None, None).get("nickName"), None);
    assert_eq!(shown(Some("nickName"), None)["nickName"], "Al");
    let mut leaked = alice();
    leaked.attributes.set(Key::core("password"), Value::text("leaked"));
    let mut types = user();
    types.core.attributes.push(postern_identity::provisioning::Attribute {
        returned: postern_identity::provisioning::Returned::Never,
        ..crate::fixture::text("password")
    });
    let asked = Projection::new(Some(&["password"]), None, &types).unwrap();
    for projection in [&asked, &Projection::default()] {
        assert!(
            !show(&leaked, "id-7", &types, projection, BASE)
                .to_string()
                .contains("leaked")
        );
        assert!(
            !show(&leaked, "id-7", &user(), projection, BASE)
                .to_string()
                .contains("leaked")
        );
    }
}

#[test]
fn both_lists_together_are_refused() {
    let both = Projection::new(Some(&["userName"]), Some(&["title"]), &user());
    assert_eq!(both.unwrap_err().kind, EditFaultKind::InvalidValue);
    assert!(Projection::new(Some(&["userName"]), Some(&[""]), &user()).is_ok());
}

#[test]
fn nothing_is_read_for_nothing() {
    let everything = projection(None, None).wanted(&user());
    assert_eq!(
        (
            everything.keys.clone(),
            everything.groups,
            everything.members,
            everything.facts
        ),
        (None, true, false, true)
    );
    assert!(everything.without.is_empty());

    let names = projection(Some("userName,emails.value"), None).wanted(&user());
    assert_eq!(names.keys, Some([Key::core("userName"), Key::core("emails")].into()));
    assert_eq!((names.groups, names.facts), (false, false));

    let without = projection(None, Some(&format!("groups,title,name.givenName,{STATE},active"))).wanted(&user());
    let left_out = ["passwordState", "score", "size"].map(|name| Key::of(STATE, name));
    let expected = [Key::core("groups"), Key::core("title"), Key::core("active")]
        .into_iter()
        .chain(left_out)
        .collect();
    assert_eq!(
        without,
        Wanted {
            keys: None,
            without: expected,
            members: false,
            groups: false,
            facts: false,
            owner: None
        }
    );
    assert!(projection(Some("active"), None).wanted(&user()).facts);
    assert!(
        projection(Some(&format!("{STATE}:passwordState.loginAttempts")), None)
            .wanted(&user())
            .facts
    );

    let of_group = |attributes: Option<&[&str]>, excluded: Option<&[&str]>| {
        Projection::new(attributes, excluded, &group())
            .unwrap()
            .wanted(&group())
    };
    assert!(of_group(None, None).members);
    assert!(!of_group(None, Some(&["members"])).members);
    assert!(of_group(Some(&["members.value"]), None).members);
    assert!(!of_group(Some(&["displayName"]), None).members);
    assert!(!of_group(None, None).facts);
}

#[test]
fn what_is_shown_can_be_sent_again() {
    let body = shown(None, None);
    let incoming = super::super::resource(body, &user(), Strictness::Lenient).unwrap();
    let again = incoming
        .onto(&alice(), &user(), &crate::fixture::read_id)
        .unwrap()
        .attributes;
    let mut expected = alice().attributes;
    expected.clear(&Key::core("nickName"));
    assert_eq!(again, expected);
}

#[test]
fn kanidms_types_read_our_answers_where_their_model_allows() {
    let mut simple = alice();
    simple
        .attributes
        .0
        .retain(|key, _| key.extension.is_none() && key.name.as_ref() != "groups");
    let id = "2819c223-7f76-453a-919d-413861904646";
    let shown = show(&simple, id, &user(), &Projection::default(), BASE);
    let entry: scim_proto::ScimEntry = serde_json::from_value(shown).unwrap();
    assert_eq!(entry.id.to_string(), id);
    assert_eq!(entry.schemas, [USER]);
    assert_eq!(entry.meta.unwrap().resource_type, "User");
    assert!(entry.attrs.contains_key("emails"));

    let mut named = staff();
    named.attributes.set(Key::core("externalId"), Value::text("ext"));
    let shown = show(&named, id, &group(), &Projection::default(), BASE);
    let entry: scim_proto::ScimEntry = serde_json::from_value(shown).unwrap();
    assert_eq!(entry.external_id.as_deref(), Some("ext"));
    assert_eq!(
        resource(ResourceKind::Group, named.attributes).kind,
        ResourceKind::Group
    );
}
