//! Members: most changes need nothing read.
#![allow(clippy::unnecessary_wraps, reason = "what is expected is written as it is answered")]

use super::*;
use crate::fixture::{GROUP, group, member, staff};
use postern_identity::provisioning::ResourceId;

fn read_group(operations: &Json, strictness: Strictness) -> Result<Patch, EditFault> {
    Patch::read(body(operations), &group(), strictness)
}

fn alone(operations: Json) -> Option<MembersChange> {
    let patch = read_group(&operations, Strictness::Lenient).unwrap_or_else(|fault| panic!("{operations}: {fault}"));
    assert!(!patch.needs_members());
    patch.members_alone(&read_id).unwrap()
}

fn ids(numbers: &[u8]) -> Vec<ResourceId> {
    numbers.iter().map(|number| ResourceId([*number; 16])).collect()
}

fn change(add: &[u8], remove: &[u8]) -> Option<MembersChange> {
    Some(MembersChange {
        replace: None,
        add: ids(add),
        remove: ids(remove),
    })
}

fn replaced(by: &[u8]) -> Option<MembersChange> {
    Some(MembersChange {
        replace: Some(ids(by)),
        ..MembersChange::default()
    })
}

#[test]
fn members_by_their_ids_need_nothing_read() {
    for (operation, expected) in [
        (
            json!({"op": "add", "path": "members", "value": [{"value": "id-1"}, {"value": "id-2", "type": "Group"}]}),
            change(&[1, 2], &[]),
        ),
        (
            json!({"op": "Add", "path": "members", "value": [{"value": "id-1"}, {"value": "id-1"}]}),
            change(&[1], &[]),
        ),
        (
            json!({"op": "add", "value": {"members": [{"value": "id-1"}]}}),
            change(&[1], &[]),
        ),
        (
            json!({"op": "add", "path": "members", "value": {"value": "id-1"}}),
            change(&[1], &[]),
        ),
        (
            json!({"op": "add", "path": "members", "value": "id-1"}),
            change(&[1], &[]),
        ),
        (
            json!({"op": "add", "path": format!("{GROUP}:members"), "value": [{"$ref": "../Users/id-1"}]}),
            change(&[1], &[]),
        ),
        (
            json!({"op": "remove", "path": "members[value eq \"id-1\"]"}),
            change(&[], &[1]),
        ),
        (
            json!({"op": "remove", "path": "members[value eq \"id-1\" or VALUE EQ \"id-2\"]"}),
            change(&[], &[1, 2]),
        ),
        (
            json!({"op": "remove", "path": "members[$ref eq \"https://h/v2/Users/id-1\"]"}),
            change(&[], &[1]),
        ),
        (
            json!({"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "id-1"}]}),
            change(&[], &[1]),
        ),
        (
            json!({"op": "remove", "path": "members", "value": {"members": [{"value": "id-1"}]}}),
            change(&[], &[1]),
        ),
        (
            json!({"op": "add", "path": "members", "value": {"members": [{"value": "id-1"}]}}),
            change(&[1], &[]),
        ),
        (
            json!({"op": "remove", "path": "members", "value": []}),
            change(&[], &[]),
        ),
        (
            json!({"op": "remove", "path": "members[value eq \"nobody\"]"}),
            change(&[], &[]),
        ),
        (json!({"op": "remove", "path": "members"}), replaced(&[])),
        (
            json!({"op": "replace", "path": "members", "value": [{"value": "id-2"}, {"value": "id-1"}]}),
            replaced(&[1, 2]),
        ),
        (json!({"op": "replace", "value": {"members": []}}), replaced(&[])),
        (
            json!({"op": "replace", "path": "members", "value": null}),
            replaced(&[]),
        ),
    ] {
        assert_eq!(alone(json!([operation])), expected, "{operation}");
    }
}

#[test]
fn of_each_member_the_last_word_counts() {
    let add = |id: &str| json!({"op": "add", "path": "members", "value": [{"value": id}]});
    let remove = |id: &str| json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")});
    let replace = json!({"op": "replace", "path": "members", "value": [{"value": "id-1"}, {"value": "id-2"}]});
    assert_eq!(
        alone(json!([add("id-1"), remove("id-1"), add("id-2")])),
        change(&[2], &[1])
    );
    assert_eq!(alone(json!([remove("id-1"), add("id-1")])), change(&[1], &[]));
    assert_eq!(
        alone(json!([add("id-9"), replace, add("id-3"), remove("id-1")])),
        replaced(&[2, 3])
    );
}

#[test]
fn whom_nobody_knows_is_added_to_nothing() {
    let operations = json!([{"op": "add", "path": "members", "value": [{"value": "nobody"}]}]);
    let patch = read_group(&operations, Strictness::Lenient).unwrap();
    assert_eq!(
        patch.members_alone(&read_id).unwrap_err().kind,
        EditFaultKind::InvalidValue
    );
}

#[test]
fn a_rename_beside_them_is_worked_out_on_the_group_without_its_members() {
    let operations = json!([
        {"op": "replace", "value": {"id": "id-7", "displayName": "all"}},
        {"op": "remove", "path": "members[value eq \"id-1\"]"},
        {"op": "add", "path": "members", "value": [{"value": "id-2"}]},
    ]);
    let patch = read_group(&operations, Strictness::Lenient).unwrap();
    assert_eq!(patch.members_alone(&read_id).unwrap(), None);
    assert!(!patch.needs_members());
    let edit = patch.apply(&staff(), &group(), &read_id).unwrap();
    assert_eq!(edit.attributes.text("displayName"), Some("all"));
    assert_eq!(Some(edit.members), change(&[2], &[1]));
}

#[test]
fn members_chosen_by_what_they_are_are_read() {
    let operations = json!([{"op": "add", "path": "members", "value": "id-5"}, {"op": "remove", "path": "members[type eq \"Group\"]"}]);
    let patch = read_group(&operations, Strictness::Lenient).unwrap();
    assert!(patch.needs_members());
    assert_eq!(patch.members_alone(&read_id).unwrap(), None);
    let mut read = staff();
    let members = vec![member("id-1", "User"), member("id-2", "Group"), member("id-3", "group")];
    read.attributes.set(Key::core("members"), Value::Many(members));
    let edit = patch.apply(&read, &group(), &read_id).unwrap();
    assert_eq!(Some(edit.members), change(&[5], &[2, 3]));
    assert_eq!(
        edit.attributes,
        staff().attributes,
        "members are not among the attributes"
    );
}

#[test]
fn what_a_membership_is_made_of_cannot_be_changed() {
    for operation in [
        json!({"op": "replace", "path": "members[value eq \"id-1\"].type", "value": "Group"}),
        json!({"op": "replace", "path": "members[value eq \"id-1\"]", "value": {"value": "id-2"}}),
        json!({"op": "remove", "path": "members[value eq \"id-1\"].value"}),
        json!({"op": "add", "path": "members.value", "value": "id-1"}),
    ] {
        assert_eq!(
            read_group(&json!([operation]), Strictness::Lenient)
                .err()
                .map(|fault| fault.kind),
            Some(EditFaultKind::Mutability)
        );
    }
}

#[test]
fn a_strict_client_cannot_empty_a_group_by_naming_members() {
    let operations = json!([{"op": "remove", "path": "members", "value": [{"value": "id-1"}]}]);
    assert_eq!(
        read_group(&operations, Strictness::Strict)
            .err()
            .map(|fault| fault.kind),
        Some(EditFaultKind::InvalidSyntax)
    );
}

#[test]
fn a_group_has_no_password() {
    let operations = json!([{"op": "add", "path": "password", "value": "x"}]);
    assert_eq!(
        read_group(&operations, Strictness::Lenient)
            .err()
            .map(|fault| fault.kind),
        Some(EditFaultKind::InvalidPath)
    );
}
