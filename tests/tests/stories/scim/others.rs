//! Other clients, and what other servers got wrong: each by its habit.

mod names;

use super::scene::{Scene, element, id, new_name, on_both, sorted};
use postern_tests::scim::{ENTERPRISE, GROUP, USER};
use serde_json::{Value, json};
use std::thread;

on_both!(
    sailpoint_changes_one_member_a_request_in_parallel_and_none_is_lost,
    sailpoint_reads_the_configuration_and_every_schema_first,
    jumpcloud_adds_a_member_again_and_again,
    authentik_understands_the_configuration,
    authentik_puts_a_group_without_members_to_empty_it,
    authentik_is_told_that_somebody_is_gone,
    rauthy_matches_users_and_groups_by_external_id,
    ibm_verify_lists_users_to_see_that_the_address_is_right,
    salesforce_has_its_members_in_an_object,
    onelogin_changes_groups,
    aws_sends_members_by_the_hundred,
    a_replacement_without_members_leaves_them,
    a_replacement_by_selector_changes_no_other_element,
    a_replacement_of_two_selectors_is_done_in_order,
    a_mistake_in_the_last_operation_undoes_the_first,
    an_unknown_attribute_in_a_filter_never_lists_everybody,
    a_star_is_a_star,
    a_filter_on_passwords_is_refused,
    primary_is_one,
    projection_is_honoured_wherever_something_is_answered,
    two_changes_of_one_version_are_not_both_made,
    what_was_read_is_not_sent_again,
);

fn sailpoint_changes_one_member_a_request_in_parallel_and_none_is_lost(scene: &Scene) {
    let people = scene.people(12);
    let group = scene.group(&people[..4]);
    let path = format!("/Groups/{}", id(&group));
    thread::scope(|scope| {
        for (number, person) in people.iter().enumerate() {
            let path = &path;
            scope.spawn(move || {
                let operation = if number < 4 {
                    json!({ "op": "remove", "path": format!("members[value eq \"{person}\"]") })
                } else {
                    json!({ "op": "add", "path": "members", "value": [{ "value": person }] })
                };
                // It asks nobody again who says 429.
                scene.scim.patch(path, &json!([operation])).expect(204);
            });
        }
    });
    assert_eq!(scene.members(id(&group)), sorted(people[4..].to_vec()));
}

fn sailpoint_reads_the_configuration_and_every_schema_first(scene: &Scene) {
    scene.scim.get("/ServiceProviderConfig").expect(200);
    let types = scene.scim.list("/ResourceTypes", &[]);
    for kind in types["Resources"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        assert_eq!(
            &scene.scim.get(&format!("/ResourceTypes/{name}")).expect(200).body,
            kind
        );
        scene.scim.list(kind["endpoint"].as_str().unwrap(), &[("count", "0")]);
        let extensions = kind["schemaExtensions"].as_array().cloned().unwrap_or_default();
        for schema in extensions
            .iter()
            .chain([kind])
            .map(|one| one["schema"].as_str().unwrap())
        {
            assert_eq!(
                scene.scim.get(&format!("/Schemas/{schema}")).expect(200).body["id"],
                *schema
            );
        }
    }
    scene.scim.get("/Schemas/urn:example:nothing").expect(404);
    scene.scim.get("/ResourceTypes/Nothing").expect(404);
}

fn jumpcloud_adds_a_member_again_and_again(scene: &Scene) {
    let people = scene.people(2);
    let group = scene.group(&people);
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": people[0] }] }]);
    let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{}\"]", people[1]) }]);
    for _ in 0..3 {
        scene.change_group(id(&group), &add);
        scene.change_group(id(&group), &remove);
    }
    assert_eq!(scene.members(id(&group)), people[..1]);
}

fn authentik_understands_the_configuration(scene: &Scene) {
    let said = scene.scim.get("/ServiceProviderConfig").expect(200).body.clone();
    for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        assert!(said[feature]["supported"].is_boolean(), "{feature}: {said}");
    }
    // Without these two it takes the whole document for nothing, and stops filtering and patching.
    assert!(
        said["bulk"]["maxOperations"].is_u64() && said["bulk"]["maxPayloadSize"].is_u64(),
        "{said}"
    );
    for scheme in said["authenticationSchemes"].as_array().unwrap() {
        assert!(scheme["type"].is_string() && scheme["name"].is_string() && scheme["description"].is_string());
    }
}

fn authentik_puts_a_group_without_members_to_empty_it(scene: &Scene) {
    let people = scene.people(1);
    let group = scene.group(&people);
    let path = format!("/Groups/{}", id(&group));
    let put = json!({ "schemas": [GROUP], "displayName": group["displayName"], "members": [] });
    scene.scim.put(&path, &put).expect(200);
    assert_eq!(scene.members(id(&group)), [""; 0]);
    let put = json!({ "schemas": [GROUP], "displayName": group["displayName"], "members": [{ "value": people[0] }] });
    scene.scim.put(&path, &put).expect(200);
    assert_eq!(scene.members(id(&group)), people);
}

fn authentik_is_told_that_somebody_is_gone(scene: &Scene) {
    let ann = scene.somebody();
    let path = format!("/Users/{}", id(&ann));
    scene.scim.delete(&path).expect(204);
    scene.scim.put(&path, &ann).expect(404);
    scene.scim.delete(&path).expect(404);
}

fn rauthy_matches_users_and_groups_by_external_id(scene: &Scene) {
    let (own, other) = (new_name("Ext"), new_name("ext"));
    let ann = scene.somebody_with(&json!({ "externalId": own }));
    scene.somebody_with(&json!({ "externalId": other }));
    let group = json!({ "schemas": [GROUP], "externalId": own, "displayName": new_name("group") });
    let group = scene.scim.post("/Groups", &group).expect(201).id();
    for (path, id_of) in [("/Users", id(&ann)), ("/Groups", &group)] {
        let found = scene.scim.find(path, &format!("externalId eq \"{own}\""));
        assert_eq!(found.iter().map(id).collect::<Vec<_>>(), [id_of]);
        assert_eq!(found[0]["externalId"], *own);
        // Case matters in it (RFC 7643 §3.1).
        let small = own.to_lowercase();
        assert_eq!(scene.scim.find(path, &format!("externalId eq \"{small}\"")).len(), 0);
    }
}

fn ibm_verify_lists_users_to_see_that_the_address_is_right(scene: &Scene) {
    scene.somebody();
    let list = scene.scim.get("/Users");
    assert!(
        list.expect(200).body["Resources"]
            .as_array()
            .is_some_and(|users| !users.is_empty())
    );
}

fn salesforce_has_its_members_in_an_object(scene: &Scene) {
    let people = scene.people(2);
    let group = scene.group(&people[..1]);
    let value = json!({ "members": [{ "value": people[1] }] });
    scene.change_group(id(&group), &json!([{ "op": "add", "path": "members", "value": value }]));
    assert_eq!(scene.members(id(&group)), sorted(people));
}

fn onelogin_changes_groups(scene: &Scene) {
    let people = scene.people(1);
    let group = scene.group(&[]);
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "add", "path": "members", "value": [{ "value": people[0] }] }],
    });
    let fields = [("Content-Type", "application/scim+json")];
    scene
        .scim
        .send("PATCH", &format!("/Groups/{}", id(&group)), &fields, Some(&body))
        .expect(204);
    assert_eq!(scene.members(id(&group)), people);
}

fn aws_sends_members_by_the_hundred(scene: &Scene) {
    let people = scene.people(110);
    let group = scene.group(&[]);
    for some in people.chunks(100) {
        let value: Vec<Value> = some.iter().map(|id| json!({ "value": id })).collect();
        scene.change_group(id(&group), &json!([{ "op": "add", "path": "members", "value": value }]));
    }
    // Another server kept nobody but the one that was named.
    let one = json!([{ "op": "add", "path": "members", "value": [{ "value": people[0] }] }]);
    scene.change_group(id(&group), &one);
    assert_eq!(scene.members(id(&group)), sorted(people.clone()));
    let last = format!("members[value eq \"{}\"]", people[109]);
    scene.change_group(id(&group), &json!([{ "op": "remove", "path": last }]));
    assert_eq!(scene.members(id(&group)), sorted(people[..109].to_vec()));
}

fn a_replacement_without_members_leaves_them(scene: &Scene) {
    let people = scene.people(2);
    let group = scene.group(&people);
    let value = json!({ "displayName": new_name("other"), "schemas": [GROUP] });
    scene.change_group(id(&group), &json!([{ "op": "replace", "value": value }]));
    assert_eq!(scene.members(id(&group)), sorted(people));
}

fn a_replacement_by_selector_changes_no_other_element(scene: &Scene) {
    let ann = scene.somebody_with(&json!({ "phoneNumbers": [
        { "type": "work", "value": "+1 425 555-0100" },
        { "type": "mobile", "value": "+1 425 555-0101" },
        { "type": "home", "value": "+1 425 555-0102" },
    ] }));
    let value = json!({ "type": "mobile", "value": "+1 425 555-0199" });
    let operation = json!([{ "op": "replace", "path": "phoneNumbers[type eq \"mobile\"]", "value": value }]);
    let changed = scene.change(id(&ann), &operation);
    assert_eq!(changed["phoneNumbers"].as_array().map(Vec::len), Some(3), "{changed}");
    for (kind, number) in [("work", "0100"), ("mobile", "0199"), ("home", "0102")] {
        assert_eq!(
            element(&changed, "phoneNumbers", kind)["value"],
            *format!("+1 425 555-{number}")
        );
    }
}

fn a_replacement_of_two_selectors_is_done_in_order(scene: &Scene) {
    let ann = scene.somebody();
    let operations = json!([
        { "op": "add", "path": "title", "value": "First" },
        { "op": "replace", "path": "title", "value": "Second" },
        { "op": "remove", "path": "title" },
        { "op": "add", "path": "title", "value": "Third" },
    ]);
    assert_eq!(scene.change(id(&ann), &operations)["title"], "Third");
}

fn a_mistake_in_the_last_operation_undoes_the_first(scene: &Scene) {
    let ann = scene.somebody();
    for (mistake, scim_type) in [
        (json!({ "op": "remove" }), "noTarget"),
        (
            json!({ "op": "replace", "path": "emails[type eq", "value": "x" }),
            "invalidPath",
        ),
        (json!({ "op": "replace", "path": "id", "value": "x" }), "mutability"),
        (json!({ "op": "remove", "path": "userName" }), "mutability"),
        (
            json!({ "op": "replace", "path": "active", "value": "perhaps" }),
            "invalidValue",
        ),
        (json!({ "op": "copy", "path": "title", "value": "x" }), "invalidSyntax"),
    ] {
        let first = json!({ "op": "replace", "path": "displayName", "value": "Somebody else" });
        let refused = scene
            .scim
            .patch(&format!("/Users/{}", id(&ann)), &json!([first, mistake]));
        refused.expect_refusal(400, scim_type);
        assert_eq!(scene.user(id(&ann)), ann, "{mistake}");
    }
}

fn an_unknown_attribute_in_a_filter_never_lists_everybody(scene: &Scene) {
    scene.somebody();
    for filter in [
        "shoeSize eq 44",
        "displayname.shoe eq \"x\"",
        "not (shoeSize pr)",
        "urn:example:x pr",
    ] {
        let address = format!("/Users?filter={}", filter.replace(' ', "%20").replace('"', "%22"));
        scene.scim.get(&address).expect_refusal(400, "invalidFilter");
    }
}

fn a_star_is_a_star(scene: &Scene) {
    scene.somebody();
    for value in [
        "*",
        "a*",
        "*@example.org",
        "ann)(uid=*",
        "ann\\\\2a",
        "\\u0000",
        "(",
        "*)(objectClass=*",
    ] {
        for operator in ["eq", "sw", "ew"] {
            let found = scene.scim.find("/Users", &format!("userName {operator} \"{value}\""));
            assert_eq!(found, Vec::<Value>::new(), "{operator} {value}");
        }
    }
    let ann = scene.somebody_with(&json!({ "title": "a*b(c)\\d" }));
    let found = scene
        .scim
        .find("/Users", &format!("title eq \"a*b(c)\\\\d\" and id eq {}", ann["id"]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["title"], "a*b(c)\\d");
}

fn a_filter_on_passwords_is_refused(scene: &Scene) {
    for filter in [
        "password%20eq%20%22secret-1234%22",
        "password%20pr",
        "not%20(password%20sw%20%22s%22)",
    ] {
        scene
            .scim
            .get(&format!("/Users?filter={filter}"))
            .expect_refusal(400, "invalidFilter");
    }
}

fn primary_is_one(scene: &Scene) {
    let two = json!([
        { "type": "work", "value": "+1 425 555-0100", "primary": true },
        { "type": "mobile", "value": "+1 425 555-0101", "primary": true },
    ]);
    let mut ann = super::scene::user(&format!("{}@example.org", new_name("two")));
    ann["phoneNumbers"] = two;
    scene.scim.post("/Users", &ann).expect_refusal(400, "invalidValue");
}

fn projection_is_honoured_wherever_something_is_answered(scene: &Scene) {
    let ann = scene.somebody_with(&json!({ (ENTERPRISE): { "department": "Otters" } }));
    let path = format!("/Users/{}", id(&ann));
    let names = |user: &Value| sorted(user.as_object().unwrap().keys().cloned());
    let few = ["id", "meta", "name", "schemas"];
    let without_meta = ["id", "name", "schemas"];
    let is_few = |user: &Value| {
        let names = names(user);
        assert!(names == few || names == without_meta, "{user}");
        assert_eq!(user["name"], json!({ "familyName": "Example" }), "{user}");
    };
    is_few(
        &scene
            .scim
            .get(&format!("{path}?attributes=NAME.familyName"))
            .expect(200)
            .body,
    );
    is_few(
        &scene
            .scim
            .get(&format!("{path}?attributes={USER}:name.familyName"))
            .expect(200)
            .body,
    );
    is_few(
        &scene
            .scim
            .put(&format!("{path}?attributes=name.familyName"), &ann)
            .expect(200)
            .body,
    );
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "title", "value": "Keeper" }],
    });
    is_few(
        &scene
            .scim
            .send(
                "PATCH",
                &format!("{path}?attributes=name.familyName"),
                &[],
                Some(&patch),
            )
            .expect(200)
            .body,
    );
    let search = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "attributes": ["name.familyName"],
        "filter": format!("id eq {}", ann["id"]),
    });
    let found = scene.scim.post("/Users/.search", &search);
    is_few(&found.expect(200).body["Resources"][0]);
    let without = scene.scim.get(&format!(
        "{path}?excludedAttributes=emails,name,{ENTERPRISE}:department"
    ));
    let without = &without.expect(200).body;
    for gone in ["emails", "name"] {
        assert_eq!(without.get(gone), None);
    }
    assert!(without[ENTERPRISE].get("department").is_none() && without["displayName"] == ann["displayName"]);
    // What is always returned cannot be left out.
    assert_eq!(
        scene
            .scim
            .get(&format!("{path}?excludedAttributes=id"))
            .expect(200)
            .body["id"],
        ann["id"]
    );
}

fn two_changes_of_one_version_are_not_both_made(scene: &Scene) {
    let ann = scene.somebody();
    let path = format!("/Users/{}", id(&ann));
    let read = scene.scim.get(&path);
    let version = read.expect(200).header("etag").expect("an ETag").to_owned();
    assert_eq!(read.body["meta"]["version"], *version);
    let change = |title: &str, version: &str| {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "title", "value": title }],
        });
        scene.scim.send("PATCH", &path, &[("If-Match", version)], Some(&body))
    };
    let first = change("First", &version);
    let newer = first.expect(200).header("etag").expect("an ETag").to_owned();
    assert_ne!(newer, version);
    change("Second", &version).expect(412);
    assert_eq!(scene.user(id(&ann))["title"], "First");
    change("Third", &newer).expect(200);
    change("Fourth", "*").expect(200);
    scene
        .scim
        .send("DELETE", &path, &[("If-Match", &version)], None)
        .expect(412);
    scene
        .scim
        .send("PUT", &path, &[("If-Match", &version)], Some(&ann))
        .expect(412);
}

fn what_was_read_is_not_sent_again(scene: &Scene) {
    let ann = scene.somebody();
    let path = format!("/Users/{}", id(&ann));
    let version = scene
        .scim
        .get(&path)
        .expect(200)
        .header("etag")
        .expect("an ETag")
        .to_owned();
    scene
        .scim
        .send("GET", &path, &[("If-None-Match", &version)], None)
        .expect(304);
    scene
        .scim
        .send("GET", &path, &[("If-None-Match", "W/\"another\"")], None)
        .expect(200);
    scene.change(
        id(&ann),
        &json!([{ "op": "replace", "path": "title", "value": "Keeper" }]),
    );
    scene
        .scim
        .send("GET", &path, &[("If-None-Match", &version)], None)
        .expect(200);
}
