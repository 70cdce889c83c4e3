//! With `?aadOptscim062020` behind the tenant's address: changes without a path, and the flag on every request.

use crate::scim::scene::{Scene, element, id, new_name, on_both, user};
use postern_tests::scim::ENTERPRISE;
use serde_json::json;

on_both!(
    the_flag_rides_on_every_address_and_means_nothing,
    a_change_without_a_path_names_its_attributes_by_their_paths,
    a_change_without_a_path_leaves_everything_else,
    a_whole_extension_is_a_path_too,
    real_booleans_switch_somebody_off_and_on,
    addresses_in_small_letters_are_the_same_ones,
);

fn the_flag_rides_on_every_address_and_means_nothing(scene: &Scene) {
    for flag in [
        "aadOptscim062020",
        "aadOptscim062020=",
        "AzureAdScimPatch2017",
        "aadOptscim062020&x=%22",
    ] {
        let flagged = scene.scim.riding(flag);
        let name = format!("{}@example.org", new_name("flag"));
        let made = flagged.post("/Users", &user(&name));
        let path = format!("/Users/{}", made.expect(201).id());
        assert_eq!(flagged.find("/Users", &format!("userName eq \"{name}\"")).len(), 1);
        let operations = json!([{ "op": "replace", "path": "title", "value": "Keeper" }]);
        assert_eq!(flagged.patch(&path, &operations).expect(200).body["title"], "Keeper");
        let place = made.header("location").unwrap_or_default();
        assert!(place.ends_with(&path), "the flag is in {place}");
        flagged.get("/ServiceProviderConfig").expect(200);
        flagged.delete(&path).expect(204);
    }
}

fn a_change_without_a_path_names_its_attributes_by_their_paths(scene: &Scene) {
    let ann = scene.somebody();
    let other = format!("{}@example.org", new_name("other"));
    let value = json!({
        "displayName": "Ann Other",
        "name.givenName": "Anna",
        "name.familyName": "Other",
        "emails[type eq \"work\"].value": other,
        "emails[type eq \"work\"].primary": true,
        "phoneNumbers[type eq \"mobile\"].value": "+1 425 555-0101",
        (format!("{ENTERPRISE}:department")): "Otters",
        (format!("{ENTERPRISE}:employeeNumber")): "701984",
    });
    for op in ["replace", "add"] {
        let changed = scene.change(id(&ann), &json!([{ "op": op, "value": value }]));
        assert_eq!(changed["displayName"], "Ann Other");
        assert_eq!(changed["name"]["givenName"], "Anna");
        assert_eq!(changed["name"]["familyName"], "Other");
        assert_eq!(element(&changed, "emails", "work")["value"], *other);
        assert_eq!(changed["emails"].as_array().map(Vec::len), Some(1), "{changed}");
        assert_eq!(element(&changed, "phoneNumbers", "mobile")["value"], "+1 425 555-0101");
        assert_eq!(changed[ENTERPRISE]["department"], "Otters");
        assert_eq!(changed[ENTERPRISE]["employeeNumber"], "701984");
    }
}

fn a_change_without_a_path_leaves_everything_else(scene: &Scene) {
    let ann = scene.somebody_with(&json!({
        "title": "Keeper",
        "phoneNumbers": [{ "type": "work", "value": "+1 425 555-0100" }],
        (ENTERPRISE): { "department": "Otters" },
    }));
    let changed = scene.change(
        id(&ann),
        &json!([{ "op": "replace", "value": { "displayName": "Ann Other" } }]),
    );
    assert_eq!(changed["displayName"], "Ann Other");
    for attribute in ["title", "phoneNumbers", "emails", "name", "active", ENTERPRISE] {
        assert_eq!(changed[attribute], ann[attribute], "{attribute}");
    }
}

fn a_whole_extension_is_a_path_too(scene: &Scene) {
    let ann = scene.somebody_with(&json!({ (ENTERPRISE): { "employeeNumber": "701984" } }));
    let value = json!({ "department": "Otters", "organization": "Example" });
    let changed = scene.change(id(&ann), &json!([{ "op": "add", "path": ENTERPRISE, "value": value }]));
    assert_eq!(
        changed[ENTERPRISE],
        json!({ "employeeNumber": "701984", "department": "Otters", "organization": "Example" })
    );
}

fn real_booleans_switch_somebody_off_and_on(scene: &Scene) {
    let ann = scene.somebody();
    for active in [false, true] {
        for operation in [
            json!({ "op": "replace", "path": "active", "value": active }),
            json!({ "op": "replace", "value": { "active": active } }),
        ] {
            assert_eq!(scene.change(id(&ann), &json!([operation]))["active"], active);
        }
    }
}

fn addresses_in_small_letters_are_the_same_ones(scene: &Scene) {
    let ann = scene.somebody();
    let found = scene.scim.get(&format!("/users/{}", id(&ann)));
    assert_eq!(found.expect(200).body, scene.user(id(&ann)));
    scene.scim.get("/groups?count=0").expect(200);
}
