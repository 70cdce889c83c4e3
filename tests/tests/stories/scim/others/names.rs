//! Names that mean something in a DN or in a filter, and names of other alphabets: made, found, changed, in a group, deleted.

use crate::scim::scene::{Product, Scene, element, id, new_name, on_both, user};
use serde_json::json;

on_both!(
    names_with_the_signs_of_distinguished_names_live_like_others,
    names_of_other_alphabets_live_like_others,
    values_come_back_as_they_were_sent,
);

/// All of a life under this name.
fn live(scene: &Scene, name: &str) {
    let mut given = user(name);
    // Mail is in the letters of ASCII in some directories (RFC 4524 §2.16).
    given["emails"][0]["value"] = json!(format!("{}@example.org", new_name("mail")));
    let made = scene.scim.post("/Users", &given);
    let ann = made.expect(201).body.clone();
    assert_eq!(ann["userName"], *name);
    let filter = format!("userName eq {}", json!(name));
    let found = scene.scim.find("/Users", &filter);
    assert_eq!(found.iter().map(id).collect::<Vec<_>>(), [id(&ann)], "{name}");
    let group = scene.group(&[id(&ann).to_owned()]);
    assert_eq!(scene.members(id(&group)), [id(&ann)], "{name}");
    let title = json!([{ "op": "replace", "path": "title", "value": name }]);
    assert_eq!(scene.change(id(&ann), &title)["title"], *name);
    let removal = json!([{ "op": "remove", "path": format!("members[value eq {}]", ann["id"]) }]);
    scene.change_group(id(&group), &removal);
    assert_eq!(scene.members(id(&group)), [""; 0], "{name}");
    scene.scim.delete(&format!("/Users/{}", id(&ann))).expect(204);
    assert_eq!(scene.scim.find("/Users", &filter).len(), 0, "{name}");
}

fn names_with_the_signs_of_distinguished_names_live_like_others(scene: &Scene) {
    let number = new_name("n");
    let mut names = vec![
        format!("o'neil-{number}@example.org"),
        format!("a__b-{number}@example.org"),
    ];
    // Active Directory has no such letters in sign-in names.
    if scene.product != Product::Samba {
        for stem in [
            "a,b",
            "#first",
            "a=b",
            "a+b;c",
            "<a>",
            "\"quoted\"",
            "back\\slash",
            "a/b",
            "two  spaces",
        ] {
            names.push(format!("{stem}-{number}"));
        }
    }
    for name in names {
        live(scene, &name);
    }
}

fn names_of_other_alphabets_live_like_others(scene: &Scene) {
    let number = new_name("n");
    for stem in ["jürgen", "zoë", "иван", "太郎", "𝒜nn"] {
        live(scene, &format!("{stem}-{number}@example.org"));
    }
}

fn values_come_back_as_they_were_sent(scene: &Scene) {
    let ann = scene.somebody_with(&json!({
        "displayName": "Ann \"the otter\" O'Neil, (née Ärger) \\ *",
        "name": { "formatted": "Ann O'Neil", "familyName": "O'Neil-Ärger", "givenName": "Ann Марія" },
        "phoneNumbers": [{ "type": "work", "value": "tel:+1-201-555-0123" }],
    }));
    let read = scene.user(id(&ann));
    assert_eq!(read["displayName"], "Ann \"the otter\" O'Neil, (née Ärger) \\ *");
    assert_eq!(read["name"]["familyName"], "O'Neil-Ärger");
    assert_eq!(read["name"]["givenName"], "Ann Марія");
    assert_eq!(element(&read, "phoneNumbers", "work")["value"], "tel:+1-201-555-0123");
}
