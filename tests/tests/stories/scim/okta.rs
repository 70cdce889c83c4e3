//! Okta: the sixteen requests of its specification test, what integrations of its network send, and what applications made with its wizard do.

mod specification;

use super::scene::{PASSWORD, Scene, element, id, new_name, on_both, sorted};
use postern_tests::scim::{GROUP, USER};
use serde_json::{Value, json};

on_both!(
    whoever_exists_is_asked_for_with_a_page_of_a_hundred,
    somebody_is_made_with_a_password_and_no_groups_and_signs_in,
    a_password_that_is_too_weak_is_refused_and_nobody_is_made,
    a_new_password_is_pushed_without_a_path_and_told_to_nobody,
    somebody_is_switched_off_without_a_path_and_answered_with,
    whoever_is_switched_off_does_not_sign_in,
    an_update_puts_back_all_that_was_read,
    what_an_update_leaves_out_is_cleared_and_the_account_stays_on,
    an_update_switches_somebody_off,
    an_update_of_nobody_makes_nobody,
    an_update_changes_a_name_and_the_id_stays,
    a_group_is_pushed_with_its_members,
    a_rename_has_the_id_of_the_group_in_its_value,
    another_id_in_the_value_of_a_rename_is_refused,
    one_member_goes_and_one_comes_in_one_request,
    a_full_push_replaces_the_members,
    a_group_is_put_with_other_members,
    an_import_walks_everybody_in_one_order,
    header_fields_as_its_client_sends_them_are_understood,
);

/// As an integration of its network makes somebody.
fn pushed() -> Value {
    let name = format!("{}@example.org", new_name("ok"));
    json!({
        "schemas": [USER],
        "userName": name,
        "name": { "givenName": "Ann", "familyName": "Example" },
        "emails": [{ "primary": true, "value": name, "type": "work" }],
        "displayName": "Ann Example",
        "locale": "en-US",
        "externalId": new_name("00u"),
        "groups": [],
        "password": PASSWORD,
        "active": true
    })
}

fn make(scene: &Scene) -> Value {
    scene.scim.post("/Users", &pushed()).expect(201).body.clone()
}

fn whoever_exists_is_asked_for_with_a_page_of_a_hundred(scene: &Scene) {
    let ann = make(scene);
    for (name, count) in [(ann["userName"].as_str().unwrap(), 1), ("nobody@example.org", 0)] {
        let filter = format!("userName eq \"{name}\"");
        let list = scene
            .scim
            .list("/Users", &[("filter", &filter), ("startIndex", "1"), ("count", "100")]);
        assert_eq!(list["totalResults"], count, "{list}");
    }
}

fn somebody_is_made_with_a_password_and_no_groups_and_signs_in(scene: &Scene) {
    let ann = make(scene);
    assert!(scene.signs_in(&ann, PASSWORD));
    assert!(!scene.signs_in(&ann, "Another-otter-on-8-hills"));
}

fn a_password_that_is_too_weak_is_refused_and_nobody_is_made(scene: &Scene) {
    let mut weak = pushed();
    weak["password"] = json!("short");
    scene.scim.post("/Users", &weak).expect_refusal(400, "invalidValue");
    let filter = format!("userName eq {}", weak["userName"]);
    assert_eq!(scene.scim.find("/Users", &filter).len(), 0, "half of somebody is there");
    weak["password"] = json!(PASSWORD);
    scene.scim.post("/Users", &weak).expect(201);
}

fn a_new_password_is_pushed_without_a_path_and_told_to_nobody(scene: &Scene) {
    let ann = make(scene);
    let new = "Seven-boats-in-3-ports";
    // That no answer has a password in it is looked at in every one.
    scene.change(id(&ann), &json!([{ "op": "replace", "value": { "password": new } }]));
    assert!(scene.signs_in(&ann, new));
    let newer = "Eight-boats-in-4-ports";
    scene.change(
        id(&ann),
        &json!([{ "op": "replace", "path": "password", "value": newer }]),
    );
    assert!(scene.signs_in(&ann, newer));
    let asked = scene
        .scim
        .get(&format!("/Users/{}?attributes=password,userName", id(&ann)));
    asked.expect(200);
    let said = scene.gateway.output();
    for secret in [PASSWORD, new, newer] {
        assert!(!said.contains(secret), "a password stands in the log");
    }
}

fn somebody_is_switched_off_without_a_path_and_answered_with(scene: &Scene) {
    let ann = make(scene);
    let changed = scene.change(id(&ann), &json!([{ "op": "replace", "value": { "active": false } }]));
    assert_eq!(changed["active"], false);
    assert_eq!(changed["userName"], ann["userName"]);
}

fn whoever_is_switched_off_does_not_sign_in(scene: &Scene) {
    let ann = make(scene);
    for active in [false, true] {
        scene.change(id(&ann), &json!([{ "op": "replace", "value": { "active": active } }]));
        assert_eq!(scene.signs_in(&ann, PASSWORD), active);
    }
}

fn an_update_puts_back_all_that_was_read(scene: &Scene) {
    let mut ann = make(scene);
    scene.group(&[id(&ann).to_owned()]);
    ann = scene.user(id(&ann));
    ann["name"]["familyName"] = json!("Other");
    ann["displayName"] = json!("Ann Other");
    // What it displays of a mail, and what only we say of a resource.
    ann["emails"][0]["display"] = ann["emails"][0]["value"].clone();
    let put = scene.scim.put(&format!("/Users/{}", id(&ann)), &ann);
    put.expect(200);
    assert_eq!(put.body["name"]["familyName"], "Other");
    assert_eq!(put.body["displayName"], "Ann Other");
    for same in ["id", "userName", "active", "groups", "externalId"] {
        assert_eq!(put.body[same], ann[same], "{same}");
    }
    assert_eq!(put.body, scene.user(id(&ann)));
    assert!(scene.signs_in(&ann, PASSWORD), "an update took the password");
}

fn what_an_update_leaves_out_is_cleared_and_the_account_stays_on(scene: &Scene) {
    let mut ann = make(scene);
    ann["title"] = json!("Keeper");
    let path = format!("/Users/{}", id(&ann));
    assert_eq!(scene.scim.put(&path, &ann).expect(200).body["title"], "Keeper");
    let left = json!({
        "schemas": [USER],
        "userName": ann["userName"],
        "name": { "givenName": "Ann", "familyName": "Example" },
    });
    let put = scene.scim.put(&path, &left);
    put.expect(200);
    assert_eq!((put.body.get("title"), put.body.get("emails")), (None, None));
    assert_eq!(put.body["active"], true);
    assert!(scene.signs_in(&ann, PASSWORD), "an update took the password");
    scene
        .scim
        .put(&path, &json!({ "schemas": [USER], "displayName": "Ann" }))
        .expect_refusal(400, "invalidValue");
}

fn an_update_switches_somebody_off(scene: &Scene) {
    let mut ann = make(scene);
    for active in [false, true] {
        ann["active"] = json!(active);
        let put = scene.scim.put(&format!("/Users/{}", id(&ann)), &ann);
        assert_eq!(put.expect(200).body["active"], active);
        assert_eq!(scene.signs_in(&ann, PASSWORD), active);
    }
}

fn an_update_of_nobody_makes_nobody(scene: &Scene) {
    let nobody = pushed();
    scene
        .scim
        .put("/Users/8f2f4c1e-9e39-4d9f-8a6e-2f0a5c3b7d11", &nobody)
        .expect(404);
    assert_eq!(
        scene
            .scim
            .find("/Users", &format!("userName eq {}", nobody["userName"]))
            .len(),
        0
    );
}

fn an_update_changes_a_name_and_the_id_stays(scene: &Scene) {
    let mut ann = make(scene);
    let group = scene.group(&[id(&ann).to_owned()]);
    let name = format!("{}@example.org", new_name("wed"));
    ann["userName"] = json!(name);
    let put = scene.scim.put(&format!("/Users/{}", id(&ann)), &ann);
    assert_eq!(
        (&put.expect(200).body["id"], &put.body["userName"]),
        (&ann["id"], &json!(name))
    );
    assert_eq!(scene.scim.find("/Users", &format!("userName eq \"{name}\"")).len(), 1);
    assert_eq!(scene.members(id(&group)), [id(&ann)], "a renamed member is in no group");
    assert!(scene.signs_in(&ann, PASSWORD));
}

fn a_group_is_pushed_with_its_members(scene: &Scene) {
    let people: Vec<String> = (0..2).map(|_| id(&make(scene)).to_owned()).collect();
    let members: Vec<Value> = people
        .iter()
        .map(|id| json!({ "value": id, "display": "ann@example.org" }))
        .collect();
    let group = json!({ "schemas": [GROUP], "displayName": new_name("pushed"), "members": members });
    let made = scene.scim.post("/Groups", &group);
    assert_eq!(scene.members(&made.expect(201).id()), sorted(people));
}

fn a_rename_has_the_id_of_the_group_in_its_value(scene: &Scene) {
    let people = scene.people(1);
    let group = scene.group(&people);
    let name = new_name("renamed");
    let value = json!({ "id": group["id"], "displayName": name });
    scene.change_group(id(&group), &json!([{ "op": "replace", "value": value }]));
    let read = scene.scim.get(&format!("/Groups/{}", id(&group)));
    assert_eq!(read.expect(200).body["displayName"], *name);
    // One comes with every change of members, too.
    scene.change_group(id(&group), &json!([{ "op": "replace", "value": value }]));
    assert_eq!(scene.members(id(&group)), people);
}

fn another_id_in_the_value_of_a_rename_is_refused(scene: &Scene) {
    let group = scene.group(&[]);
    let value = json!({ "id": "8f2f4c1e-9e39-4d9f-8a6e-2f0a5c3b7d11", "displayName": new_name("x") });
    let path = format!("/Groups/{}", id(&group));
    let refused = scene.scim.patch(&path, &json!([{ "op": "replace", "value": value }]));
    refused.expect_refusal(400, "mutability");
    assert_eq!(
        scene.scim.get(&path).expect(200).body["displayName"],
        group["displayName"]
    );
}

fn one_member_goes_and_one_comes_in_one_request(scene: &Scene) {
    let people = scene.people(3);
    let group = scene.group(&people[..2]);
    let operations = json!([
        { "op": "remove", "path": format!("members[value eq \"{}\"]", people[0]) },
        { "op": "add", "path": "members", "value": [{ "value": people[2], "display": "ann@example.org" }] },
    ]);
    scene.change_group(id(&group), &operations);
    assert_eq!(scene.members(id(&group)), sorted(people[1..].to_vec()));
}

fn a_full_push_replaces_the_members(scene: &Scene) {
    let people = scene.people(4);
    let group = scene.group(&people[..2]);
    for set in [&people[1..4], &people[..0], &people[2..3]] {
        let value: Vec<Value> = set.iter().map(|id| json!({ "value": id })).collect();
        scene.change_group(
            id(&group),
            &json!([{ "op": "replace", "path": "members", "value": value }]),
        );
        assert_eq!(scene.members(id(&group)), sorted(set.to_vec()));
    }
}

fn a_group_is_put_with_other_members(scene: &Scene) {
    let people = scene.people(3);
    let group = scene.group(&people[..2]);
    let path = format!("/Groups/{}", id(&group));
    let mut read = scene.scim.get(&path).expect(200).body.clone();
    read["members"] = json!([{ "value": people[1] }, { "value": people[2] }]);
    let put = scene.scim.put(&path, &read);
    assert_eq!(put.expect(200).body["displayName"], group["displayName"]);
    assert_eq!(scene.members(id(&group)), sorted(people[1..].to_vec()));
}

fn an_import_walks_everybody_in_one_order(scene: &Scene) {
    let mine = sorted(scene.people(8));
    let walk = || {
        let mut ids = Vec::new();
        loop {
            let start = (ids.len() + 1).to_string();
            let list = scene.scim.list("/Users", &[("startIndex", &start), ("count", "7")]);
            let page = list["Resources"].as_array().unwrap();
            ids.extend(page.iter().map(|user| id(user).to_owned()));
            if page.is_empty() || ids.len() as u64 >= list["totalResults"].as_u64().unwrap() {
                return ids;
            }
        }
    };
    let (first, second) = (walk(), walk());
    // Other stories make and delete people meanwhile.
    let those = |ids: &[String]| ids.iter().filter(|id| mine.contains(id)).cloned().collect::<Vec<_>>();
    assert_eq!(sorted(those(&first)), mine);
    assert_eq!(those(&first), those(&second));
}

fn header_fields_as_its_client_sends_them_are_understood(scene: &Scene) {
    let ann = make(scene);
    let path = format!("/Users/{}", id(&ann));
    for media_type in [
        "application/scim+json; charset=utf-8",
        "application/scim+json;charset=UTF-8",
        "application/json",
        "Application/SCIM+JSON",
    ] {
        let fields = [("Content-Type", media_type), ("User-Agent", "Okta SCIM Client 1.0.0")];
        scene.scim.send("GET", &path, &fields, None).expect(200);
        let put = scene.scim.send("PUT", &path, &fields, Some(&ann));
        assert_eq!(
            element(&put.expect(200).body, "emails", "work"),
            element(&ann, "emails", "work")
        );
    }
    for accept in [
        "*/*",
        "application/*",
        "application/json",
        "application/scim+json; charset=utf-8",
    ] {
        scene.scim.send("GET", &path, &[("Accept", accept)], None).expect(200);
    }
    scene
        .scim
        .send("GET", &path, &[("Accept", "text/html")], None)
        .expect(406);
    for media_type in [
        "text/plain",
        "application/scim+json; charset=utf-16",
        "application/x-www-form-urlencoded",
    ] {
        scene
            .scim
            .send("PUT", &path, &[("Content-Type", media_type)], Some(&ann))
            .expect(415);
    }
}
