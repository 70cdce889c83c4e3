//! "Okta SCIM 2.0 SPEC Test": its requests and what it asserts of each answer, but for how fast they come.

use crate::scim::scene::{Scene, id, new_name, on_both};
use postern_tests::scim::{LIST, USER};
use serde_json::{Value, json};

on_both!(
    the_configuration_says_everything_it_looks_for,
    what_is_discovered_is_listed_and_nobody_may_write_it,
    the_first_of_all_users_has_what_it_reads,
    an_unknown_name_is_no_mistake_and_an_unknown_id_is,
    somebody_is_made_read_and_not_made_twice,
    junk_for_a_filter_is_refused_and_lists_nobody,
    groups_are_a_list,
);

/// A value somewhere in a document: `etag.supported`, `Resources[0].name`.
fn at<'a>(document: &'a Value, place: &str) -> &'a Value {
    place
        .replace("[0]", ".0")
        .split('.')
        .fold(document, |value, name| match name.parse::<usize>() {
            Ok(number) => &value[number],
            Err(_) => &value[name],
        })
}

fn expect_there(document: &Value, places: &[&str]) {
    for place in places {
        let value = at(document, place);
        assert!(
            !value.is_null() && *value != json!("") && *value != json!([]),
            "{place} of {document}"
        );
    }
}

fn the_configuration_says_everything_it_looks_for(scene: &Scene) {
    let reply = scene.scim.get("/ServiceProviderConfig");
    let said = &reply.expect(200).body;
    expect_there(
        said,
        &[
            "schemas",
            "patch.supported",
            "bulk.supported",
            "bulk.maxOperations",
            "bulk.maxPayloadSize",
            "filter.supported",
            "filter.maxResults",
            "changePassword.supported",
            "sort.supported",
            "etag.supported",
            "authenticationSchemes[0].type",
            "authenticationSchemes[0].description",
        ],
    );
    assert_eq!(
        said["schemas"],
        json!(["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"])
    );
    assert_eq!(said["patch"]["supported"], true);
}

fn what_is_discovered_is_listed_and_nobody_may_write_it(scene: &Scene) {
    for (path, places) in [
        (
            "/ResourceTypes",
            ["Resources[0].name", "Resources[0].endpoint", "Resources[0].schema"].as_slice(),
        ),
        ("/Schemas", &["Resources[0].id", "Resources[0].attributes"]),
        ("/ServiceProviderConfig", &["schemas"]),
    ] {
        let reply = scene.scim.get(path);
        expect_there(&reply.expect(200).body, places);
        // RFC 7644 §4.
        scene.scim.get(&format!("{path}?filter=id%20pr")).expect(403);
        let refused = scene.scim.send_text("POST", path, &[], "test");
        assert!(
            refused
                .expect(405)
                .header("allow")
                .is_some_and(|allowed| allowed.contains("GET"))
        );
    }
}

fn the_first_of_all_users_has_what_it_reads(scene: &Scene) {
    scene.somebody();
    let list = scene.scim.list("/Users", &[("count", "1"), ("startIndex", "1")]);
    assert_eq!((&list["itemsPerPage"], &list["startIndex"]), (&json!(1), &json!(1)));
    // Those of the directory's own filling have no givenName.
    let places = ["id", "userName", "name.familyName", "active", "emails[0].value"];
    expect_there(&list["Resources"][0], &places);
    let read = scene.user(list["Resources"][0]["id"].as_str().unwrap());
    expect_there(&read, &places);
}

fn an_unknown_name_is_no_mistake_and_an_unknown_id_is(scene: &Scene) {
    let list = scene
        .scim
        .list("/Users", &[("filter", "userName eq \"abcdefgh@atko.example\"")]);
    assert_eq!((&list["schemas"], &list["totalResults"]), (&json!([LIST]), &json!(0)));
    let refused = scene.scim.get("/Users/010101001010101011001010101011");
    expect_there(&refused.expect(404).body, &["detail", "schemas"]);
}

fn somebody_is_made_read_and_not_made_twice(scene: &Scene) {
    let name = format!("{}@example.org", new_name("runscope"));
    let given = json!({
        "schemas": [USER],
        "userName": name,
        "name": { "givenName": "Runscope", "familyName": "Spec" },
        "emails": [{ "primary": true, "value": name, "type": "work" }],
        "displayName": "Runscope Spec",
        "active": true
    });
    let accept = [("Accept", "application/scim+json; charset=utf-8")];
    let made = scene.scim.send("POST", "/Users", &accept, Some(&given));
    made.expect(201);
    for user in [&made.body, &scene.user(id(&made.body))] {
        assert_eq!(user["active"], true);
        assert_eq!(user["name"]["givenName"], "Runscope");
        assert_eq!(user["name"]["familyName"], "Spec");
        assert_eq!(user["userName"], *name);
        assert!(user["schemas"].as_array().unwrap().contains(&json!(USER)));
    }
    let again = scene.scim.send("POST", "/Users", &accept, Some(&given));
    again.expect_refusal(409, "uniqueness");
}

fn junk_for_a_filter_is_refused_and_lists_nobody(scene: &Scene) {
    for junk in [
        "JUNK",
        "RUNSCOPE@EXAMPLE.ORG",
        "userName",
        "userName%20eq",
        "userName%20is%20%22a%22",
        "%22",
    ] {
        let refused = scene.scim.get(&format!("/Users?filter={junk}"));
        refused.expect_refusal(400, "invalidFilter");
    }
}

fn groups_are_a_list(scene: &Scene) {
    scene.group(&[]);
    let list = scene.scim.list("/Groups", &[]);
    assert!(list["totalResults"].as_u64() >= Some(1) && list["Resources"].is_array());
}
