//! Groups as Entra ID provisions them: made empty, read without their members, changed by a few at a time.

use crate::scim::scene::{Scene, id, new_name, on_both, sorted};
use postern_tests::scim::GROUP;
use serde_json::{Value, json};

/// What its default template sends along, with nothing in it.
const ITS_OWN: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

on_both!(
    a_group_is_made_empty_with_a_schema_of_its_maker,
    a_second_group_of_a_name_is_a_conflict,
    a_group_is_found_by_name_and_read_without_its_members,
    a_member_is_added_and_taken_out_by_a_list_with_null_in_it,
    with_the_flag_a_member_is_taken_out_by_a_selector,
    several_members_come_in_one_operation_and_none_twice,
    a_member_that_does_not_exist_is_refused_and_nothing_changes,
    a_renamed_group_keeps_its_members,
    a_group_loses_its_last_member_and_gets_another,
    whoever_is_deleted_is_in_no_group,
    a_deleted_group_is_gone,
);

fn made(scene: &Scene, name: &str) -> Value {
    let group = json!({
        "schemas": [GROUP, ITS_OWN],
        "externalId": name,
        "displayName": name,
        "meta": { "resourceType": "Group" },
        "members": [],
    });
    let made = scene.scim.post("/Groups", &group);
    made.expect(201).body.clone()
}

fn add(ids: &[String]) -> Value {
    let value: Vec<Value> = ids.iter().map(|id| json!({ "$ref": null, "value": id })).collect();
    json!([{ "op": "Add", "path": "members", "value": value }])
}

fn a_group_is_made_empty_with_a_schema_of_its_maker(scene: &Scene) {
    let name = new_name("empty");
    let group = made(scene, &name);
    assert_eq!(group["displayName"], *name);
    assert_eq!(group["schemas"], json!([GROUP]));
    assert_eq!(group.get("members"), None);
    let bare = json!({ "schemas": [GROUP], "displayName": new_name("bare") });
    scene.scim.post("/Groups", &bare).expect(201);
}

fn a_second_group_of_a_name_is_a_conflict(scene: &Scene) {
    let name = new_name("once");
    made(scene, &name);
    let again = json!({ "schemas": [GROUP], "displayName": name.to_uppercase() });
    scene.scim.post("/Groups", &again).expect_refusal(409, "uniqueness");
}

fn a_group_is_found_by_name_and_read_without_its_members(scene: &Scene) {
    let group = scene.group(&scene.people(2));
    let filter = format!("displayName eq {}", group["displayName"]);
    let list = scene
        .scim
        .list("/Groups", &[("excludedAttributes", "members"), ("filter", &filter)]);
    assert_eq!(list["totalResults"], 1, "{list}");
    assert_eq!(list["Resources"][0]["id"], group["id"]);
    assert_eq!(list["Resources"][0].get("members"), None);
    let read = scene
        .scim
        .get(&format!("/Groups/{}?excludedAttributes=members", id(&group)));
    assert_eq!(read.expect(200).body.get("members"), None);
    assert_eq!(scene.members(id(&group)).len(), 2);
}

fn a_member_is_added_and_taken_out_by_a_list_with_null_in_it(scene: &Scene) {
    let group = made(scene, &new_name("group"));
    let people = scene.people(3);
    for person in &people {
        scene.change_group(id(&group), &add(std::slice::from_ref(person)));
    }
    assert_eq!(scene.members(id(&group)), sorted(people.clone()));
    // Read by the letter this empties the group (RFC 7644 §3.5.2.2).
    let removal = json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": people[0] }] }]);
    scene.change_group(id(&group), &removal);
    assert_eq!(scene.members(id(&group)), sorted(people[1..].to_vec()));
    // Who is not in it is taken out as well.
    scene.change_group(id(&group), &removal);
    assert_eq!(scene.members(id(&group)), sorted(people[1..].to_vec()));
}

fn with_the_flag_a_member_is_taken_out_by_a_selector(scene: &Scene) {
    let people = scene.people(3);
    let group = scene.group(&people);
    let flagged = scene.scim.riding("aadOptscim062020");
    let removal = json!([{ "op": "remove", "path": format!("members[value eq \"{}\"]", people[1]) }]);
    flagged.patch(&format!("/Groups/{}", id(&group)), &removal).expect(204);
    assert_eq!(
        scene.members(id(&group)),
        sorted([people[0].clone(), people[2].clone()])
    );
}

fn several_members_come_in_one_operation_and_none_twice(scene: &Scene) {
    let people = scene.people(12);
    let group = made(scene, &new_name("group"));
    let mut twice = people.clone();
    twice.push(people[3].clone());
    scene.change_group(id(&group), &add(&twice));
    scene.change_group(id(&group), &add(&people[5..7]));
    assert_eq!(scene.members(id(&group)), sorted(people));
}

fn a_member_that_does_not_exist_is_refused_and_nothing_changes(scene: &Scene) {
    let people = scene.people(2);
    let group = scene.group(&people[..1]);
    for nobody in ["8f2f4c1e-9e39-4d9f-8a6e-2f0a5c3b7d11", "not-an-id", ""] {
        let operations = add(&[people[1].clone(), nobody.to_owned()]);
        let refused = scene.scim.patch(&format!("/Groups/{}", id(&group)), &operations);
        refused.expect_refusal(400, "invalidValue");
        assert_eq!(scene.members(id(&group)), people[..1]);
    }
}

fn a_renamed_group_keeps_its_members(scene: &Scene) {
    let people = scene.people(2);
    let group = scene.group(&people);
    let name = new_name("renamed");
    scene.change_group(
        id(&group),
        &json!([{ "op": "Replace", "path": "displayName", "value": name }]),
    );
    let found = scene.scim.find("/Groups", &format!("displayName eq \"{name}\""));
    assert_eq!(found.iter().map(id).collect::<Vec<_>>(), [id(&group)]);
    assert_eq!(scene.members(id(&group)), sorted(people));
    assert_eq!(
        scene
            .scim
            .find("/Groups", &format!("displayName eq {}", group["displayName"]))
            .len(),
        0
    );
}

fn a_group_loses_its_last_member_and_gets_another(scene: &Scene) {
    let people = scene.people(2);
    let group = scene.group(&people[..1]);
    let removal = json!([{ "op": "Remove", "path": "members", "value": [{ "value": people[0] }] }]);
    for _ in 0..2 {
        scene.change_group(id(&group), &removal);
        assert_eq!(scene.members(id(&group)), [""; 0]);
        scene.change_group(id(&group), &add(&people[..1]));
        assert_eq!(scene.members(id(&group)), people[..1]);
    }
    scene.change_group(id(&group), &json!([{ "op": "Remove", "path": "members" }]));
    assert_eq!(scene.members(id(&group)), [""; 0]);
    scene.change_group(id(&group), &add(&people));
    assert_eq!(scene.members(id(&group)), sorted(people));
}

fn whoever_is_deleted_is_in_no_group(scene: &Scene) {
    let people = scene.people(2);
    let group = scene.group(&people);
    scene.scim.delete(&format!("/Users/{}", people[0])).expect(204);
    assert_eq!(scene.members(id(&group)), people[1..]);
}

fn a_deleted_group_is_gone(scene: &Scene) {
    let people = scene.people(1);
    let group = scene.group(&people);
    let path = format!("/Groups/{}", id(&group));
    scene.scim.delete(&path).expect(204);
    scene.scim.get(&path).expect(404);
    let ann = scene.user(&people[0]);
    let groups = ann["groups"].as_array().cloned().unwrap_or_default();
    assert!(groups.iter().all(|other| other["value"] != group["id"]), "{ann}");
}
