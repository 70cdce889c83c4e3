//! Entra ID: what its provisioning service sends by default, what it sends with the flag `aadOptscim062020`, and what its validation asks for.

mod flagged;
mod groups;

use super::scene::{Scene, element, id, new_name, on_both, sorted, user};
use postern_tests::scim::{ENTERPRISE, GROUP, USER};
use serde_json::{Value, json};

on_both!(
    a_test_of_the_connection_finds_nobody_and_is_content,
    somebody_new_is_made_and_found_by_every_name_there_is_to_match_by,
    a_second_account_of_a_name_is_a_conflict_whatever_its_case,
    true_and_false_as_words_switch_somebody_off_and_on,
    whoever_is_switched_off_is_still_there,
    whoever_is_switched_off_twice_stays_off,
    capitalised_operations_change_several_things_at_once,
    a_selector_on_a_mail_that_is_there_changes_it_alone,
    selectors_on_what_is_not_there_make_one_element,
    a_manager_is_set_by_a_bare_id_and_changed,
    a_manager_is_taken_away_by_nothing_at_all,
    an_attribute_of_the_extension_has_its_full_name,
    an_empty_text_clears_an_attribute,
    removing_an_attribute_clears_it,
    the_same_once_more_changes_nothing,
    deleted_is_gone_and_the_name_is_free_at_once,
    what_cannot_be_found_cannot_be_changed_or_deleted,
    the_schemas_say_what_can_be_mapped,
    pages_are_counted_as_the_validation_counts_them,
    an_ordinary_burst_is_not_throttled,
);

fn a_test_of_the_connection_finds_nobody_and_is_content(scene: &Scene) {
    for (path, attribute) in [
        ("/Users", "userName"),
        ("/Users", "externalId"),
        ("/Groups", "displayName"),
    ] {
        let filter = format!("{attribute} eq \"7d1e4e9a-4b8f-44f5-93b4-0c63ff4e6a3d\"");
        let list = scene.scim.list(path, &[("filter", &filter)]);
        assert_eq!(
            (&list["totalResults"], &list["Resources"]),
            (&json!(0), &json!([])),
            "{list}"
        );
    }
}

fn somebody_new_is_made_and_found_by_every_name_there_is_to_match_by(scene: &Scene) {
    let name = format!("{}@example.org", new_name("ann"));
    let made = scene.scim.post("/Users", &user(&name));
    made.expect(201);
    assert_eq!(made.body["userName"], *name);
    assert_eq!(made.body["active"], true);
    assert_eq!(made.body["name"]["familyName"], "Example");
    for filter in [
        format!("userName eq \"{name}\""),
        format!("userName eq \"{}\"", name.to_uppercase()),
        format!("externalId eq \"{}\"", name.split('@').next().unwrap()),
        // Outside the grammar, and in every Entra tenant.
        format!("emails[type eq \"work\"].value eq \"{name}\""),
        format!("emails[type eq \"work\" and value eq \"{name}\"]"),
        format!("userName eq \"{name}\" and active eq true"),
    ] {
        let found = scene.scim.find("/Users", &filter);
        assert_eq!(found.iter().map(id).collect::<Vec<_>>(), [made.id()], "{filter}");
    }
}

fn a_second_account_of_a_name_is_a_conflict_whatever_its_case(scene: &Scene) {
    let ann = scene.somebody();
    for name in [
        ann["userName"].as_str().unwrap().to_owned(),
        ann["userName"].as_str().unwrap().to_uppercase(),
    ] {
        let mut again = user(&name);
        again["externalId"] = json!(new_name("other"));
        scene.scim.post("/Users", &again).expect_refusal(409, "uniqueness");
    }
}

fn true_and_false_as_words_switch_somebody_off_and_on(scene: &Scene) {
    let ann = scene.somebody();
    for (word, active) in [("False", false), ("True", true), ("false", false), ("true", true)] {
        let changed = scene.change(id(&ann), &json!([{ "op": "Replace", "path": "active", "value": word }]));
        assert_eq!(changed["active"], active, "{word}");
    }
}

fn whoever_is_switched_off_is_still_there(scene: &Scene) {
    let ann = scene.somebody();
    scene.change(
        id(&ann),
        &json!([{ "op": "Replace", "path": "active", "value": "False" }]),
    );
    let filter = format!("userName eq {}", ann["userName"]);
    let found = scene.scim.find("/Users", &filter);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((id(&found[0]), &found[0]["active"]), (id(&ann), &json!(false)));
    assert_eq!(
        scene.scim.find("/Users", &format!("{filter} and active eq true")).len(),
        0
    );
}

fn whoever_is_switched_off_twice_stays_off(scene: &Scene) {
    let bob = scene.somebody();
    for _ in 0..2 {
        let changed = scene.change(
            id(&bob),
            &json!([{ "op": "Replace", "path": "active", "value": "False" }]),
        );
        assert_eq!(changed["active"], false);
    }
}

fn capitalised_operations_change_several_things_at_once(scene: &Scene) {
    let ann = scene.somebody();
    let operations = json!([
        { "op": "Replace", "path": "displayName", "value": "Ann Other" },
        { "op": "Add", "path": "name.givenName", "value": "Anna" },
        { "op": "Add", "path": "title", "value": "Keeper of otters" },
        { "op": "Replace", "path": "name.familyName", "value": "Other" },
        { "op": "Add", "path": "preferredLanguage", "value": "de" },
    ]);
    let changed = scene.change(id(&ann), &operations);
    assert_eq!(changed["displayName"], "Ann Other");
    assert_eq!(changed["name"]["givenName"], "Anna");
    assert_eq!(changed["name"]["familyName"], "Other");
    assert_eq!(changed["title"], "Keeper of otters");
    assert_eq!(changed["preferredLanguage"], "de");
    assert_eq!(changed["userName"], ann["userName"]);
    assert_eq!(changed["emails"], ann["emails"]);
}

fn a_selector_on_a_mail_that_is_there_changes_it_alone(scene: &Scene) {
    let more = json!({ "phoneNumbers": [
        { "type": "work", "value": "+1 425 555-0100" },
        { "type": "mobile", "value": "+1 (425) 555 0101" },
    ] });
    let ann = scene.somebody_with(&more);
    // As they were sent: no client has to look for what it wrote.
    assert_eq!(element(&ann, "phoneNumbers", "mobile")["value"], "+1 (425) 555 0101");
    let other = format!("{}@example.org", new_name("other"));
    let operations = json!([
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": other },
        { "op": "Replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1 425 555-0102" },
    ]);
    let changed = scene.change(id(&ann), &operations);
    assert_eq!(element(&changed, "emails", "work")["value"], *other);
    assert_eq!(element(&changed, "phoneNumbers", "mobile")["value"], "+1 425 555-0102");
    assert_eq!(element(&changed, "phoneNumbers", "work")["value"], "+1 425 555-0100");
    assert_eq!(changed["emails"].as_array().map(Vec::len), Some(1));
}

fn selectors_on_what_is_not_there_make_one_element(scene: &Scene) {
    let ann = scene.somebody();
    let operations = json!([
        { "op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "+1 425 555-0100" },
        { "op": "Add", "path": "addresses[type eq \"work\"].streetAddress", "value": "1 Otter Way" },
        { "op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "Portland" },
        { "op": "Replace", "path": "addresses[type eq \"work\"].postalCode", "value": "97201" },
    ]);
    let changed = scene.change(id(&ann), &operations);
    assert_eq!(element(&changed, "phoneNumbers", "work")["value"], "+1 425 555-0100");
    assert_eq!(changed["addresses"].as_array().map(Vec::len), Some(1), "{changed}");
    let address = element(&changed, "addresses", "work");
    for (part, value) in [
        ("streetAddress", "1 Otter Way"),
        ("locality", "Portland"),
        ("postalCode", "97201"),
    ] {
        assert_eq!(address[part], value, "{address}");
    }
}

fn manager(user: &Value) -> &Value {
    &user[ENTERPRISE]["manager"]["value"]
}

fn a_manager_is_set_by_a_bare_id_and_changed(scene: &Scene) {
    let (ann, first, second) = (scene.somebody(), scene.somebody(), scene.somebody());
    let path = format!("{ENTERPRISE}:manager");
    let changed = scene.change(id(&ann), &json!([{ "op": "Add", "path": path, "value": id(&first) }]));
    assert_eq!(manager(&changed), &first["id"]);
    let changed = scene.change(
        id(&ann),
        &json!([{ "op": "Replace", "path": path, "value": id(&second) }]),
    );
    assert_eq!(manager(&changed), &second["id"]);
    let nobody = json!([{ "op": "Replace", "path": path, "value": "8f2f4c1e-9e39-4d9f-8a6e-2f0a5c3b7d11" }]);
    let refused = scene.scim.patch(&format!("/Users/{}", id(&ann)), &nobody);
    refused.expect_refusal(400, "invalidValue");
    assert_eq!(manager(&scene.user(id(&ann))), &second["id"]);
}

fn a_manager_is_taken_away_by_nothing_at_all(scene: &Scene) {
    let (ann, boss) = (scene.somebody(), scene.somebody());
    let path = format!("{ENTERPRISE}:manager");
    for removal in [
        json!({ "op": "Replace", "path": path, "value": "" }),
        json!({ "op": "Replace", "path": path, "value": null }),
        json!({ "op": "Replace", "path": path, "value": { "value": "" } }),
        json!({ "op": "Remove", "path": path }),
        json!({ "op": "Remove", "path": format!("{path}[value eq {}]", boss["id"]) }),
    ] {
        let changed = scene.change(id(&ann), &json!([{ "op": "Add", "path": path, "value": id(&boss) }]));
        assert_eq!(manager(&changed), &boss["id"]);
        let changed = scene.change(id(&ann), &json!([removal]));
        assert_eq!(manager(&changed), &Value::Null, "{removal}");
    }
}

fn an_attribute_of_the_extension_has_its_full_name(scene: &Scene) {
    let ann = scene.somebody();
    let operations = json!([
        { "op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Otters" },
        { "op": "Add", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "701984" },
        { "op": "Replace", "path": format!("{USER}:title"), "value": "Keeper" },
    ]);
    let changed = scene.change(id(&ann), &operations);
    assert_eq!(changed[ENTERPRISE]["department"], "Otters");
    assert_eq!(changed[ENTERPRISE]["employeeNumber"], "701984");
    assert_eq!(changed["title"], "Keeper");
    assert_eq!(changed["schemas"], json!(sorted_schemas(&changed)), "{changed}");
    let filter = format!("{ENTERPRISE}:employeeNumber eq \"701984\" and id eq {}", ann["id"]);
    assert_eq!(scene.scim.find("/Users", &filter).len(), 1);
}

/// Every schema of which there is something, and no other.
fn sorted_schemas(user: &Value) -> Vec<&str> {
    let mut schemas = vec![USER];
    let extensions = user.as_object().unwrap().keys().filter(|name| name.starts_with("urn:"));
    schemas.extend(extensions.map(String::as_str));
    let named: Vec<&str> = user["schemas"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!(
        sorted(named.iter().map(|&name| name.to_owned())),
        sorted(schemas.iter().map(|&name| name.to_owned())),
        "{user}"
    );
    named
}

fn an_empty_text_clears_an_attribute(scene: &Scene) {
    let ann = scene.somebody_with(&json!({ "title": "Keeper" }));
    for nothing in [json!(""), json!(null)] {
        let set = scene.change(id(&ann), &json!([{ "op": "Add", "path": "title", "value": "Keeper" }]));
        assert_eq!(set["title"], "Keeper");
        let changed = scene.change(
            id(&ann),
            &json!([{ "op": "Replace", "path": "title", "value": nothing }]),
        );
        assert_eq!(changed.get("title"), None, "{nothing}");
    }
}

fn removing_an_attribute_clears_it(scene: &Scene) {
    let ann = scene.somebody_with(&json!({
        "title": "Keeper",
        "phoneNumbers": [{ "type": "work", "value": "+1 425 555-0100" }, { "type": "mobile", "value": "+1 425 555-0101" }],
    }));
    let operations = json!([
        { "op": "Remove", "path": "title" },
        { "op": "Remove", "path": "phoneNumbers[type eq \"work\"]" },
    ]);
    let changed = scene.change(id(&ann), &operations);
    assert_eq!(changed.get("title"), None);
    assert_eq!(changed["phoneNumbers"].as_array().map(Vec::len), Some(1), "{changed}");
    assert_eq!(element(&changed, "phoneNumbers", "mobile")["value"], "+1 425 555-0101");
    let changed = scene.change(id(&ann), &json!([{ "op": "Remove", "path": "phoneNumbers" }]));
    assert_eq!(changed.get("phoneNumbers"), None);
}

fn the_same_once_more_changes_nothing(scene: &Scene) {
    let ann = scene.somebody();
    let operations = json!([
        { "op": "Replace", "path": "displayName", "value": ann["displayName"] },
        { "op": "Add", "path": "emails[type eq \"work\"].value", "value": element(&ann, "emails", "work")["value"] },
        { "op": "Replace", "path": "active", "value": "True" },
    ]);
    let same = scene.change(id(&ann), &operations);
    assert_eq!(same, scene.user(id(&ann)));
    assert_eq!(same["meta"], ann["meta"], "what nobody changed has another version");
}

fn deleted_is_gone_and_the_name_is_free_at_once(scene: &Scene) {
    let ann = scene.somebody();
    let path = format!("/Users/{}", id(&ann));
    let gone = scene.scim.delete(&path);
    gone.expect(204);
    scene.scim.get(&path).expect(404);
    assert_eq!(
        scene
            .scim
            .find("/Users", &format!("userName eq {}", ann["userName"]))
            .len(),
        0
    );
    let again = scene.scim.post("/Users", &user(ann["userName"].as_str().unwrap()));
    again.expect(201);
    assert_ne!(again.id(), id(&ann));
}

fn what_cannot_be_found_cannot_be_changed_or_deleted(scene: &Scene) {
    for id in ["8f2f4c1e-9e39-4d9f-8a6e-2f0a5c3b7d11", "not-an-id", "*", "a,dc=b"] {
        for kind in ["Users", "Groups"] {
            let path = format!("/{kind}/{id}");
            scene.scim.get(&path).expect(404);
            scene.scim.delete(&path).expect(404);
            let replace = json!([{ "op": "Replace", "path": "displayName", "value": "Nobody" }]);
            scene.scim.patch(&path, &replace).expect(404);
        }
        scene
            .scim
            .put(&format!("/Users/{id}"), &user("nobody@example.org"))
            .expect(404);
    }
}

fn the_schemas_say_what_can_be_mapped(scene: &Scene) {
    let list = scene.scim.list("/Schemas", &[]);
    let schemas = list["Resources"].as_array().unwrap();
    for urn in [USER, ENTERPRISE, GROUP] {
        let schema = schemas.iter().find(|schema| schema["id"] == *urn);
        let schema = schema.unwrap_or_else(|| panic!("{urn} is missing: {list}"));
        assert_eq!(&scene.scim.get(&format!("/Schemas/{urn}")).expect(200).body, schema);
        for attribute in schema["attributes"].as_array().unwrap() {
            let letter = attribute["name"].as_str().unwrap().chars().next().unwrap();
            assert!(letter.is_ascii_lowercase(), "{attribute}");
            for word in [
                "type",
                "multiValued",
                "required",
                "caseExact",
                "mutability",
                "returned",
                "uniqueness",
            ] {
                // Complex attributes have no case.
                let is_said = !attribute[word].is_null() || (word == "caseExact" && attribute["type"] == "complex");
                assert!(is_said || attribute["type"] == "complex", "{word} of {attribute}");
            }
        }
    }
}

fn pages_are_counted_as_the_validation_counts_them(scene: &Scene) {
    scene.people(11);
    let everybody = scene.scim.list("/Users", &[("startIndex", "1"), ("count", "500")]);
    let total = everybody["totalResults"].as_u64().unwrap();
    for page in 0..2_u64 {
        let start = (page * 5 + 1).to_string();
        let list = scene.scim.list("/Users", &[("startIndex", &start), ("count", "5")]);
        assert_eq!(
            (&list["startIndex"], &list["itemsPerPage"]),
            (&json!(page * 5 + 1), &json!(5))
        );
        assert!(list["totalResults"].as_u64().unwrap() >= 11.min(total));
    }
    let behind = scene.scim.list("/Users", &[("startIndex", "100000"), ("count", "5")]);
    assert_eq!(behind["Resources"], json!([]));
    let none = scene.scim.list("/Users", &[("count", "0")]);
    assert_eq!((&none["Resources"], &none["itemsPerPage"]), (&json!([]), &json!(0)));
    assert!(none["totalResults"].as_u64().unwrap() >= 11);
}

fn an_ordinary_burst_is_not_throttled(scene: &Scene) {
    let ann = scene.somebody();
    // Twice what the onboarding of a gallery application demands of one second.
    for _ in 0..50 {
        scene.user(id(&ann));
    }
}
