//! Any octets as a PATCH request and as a whole resource. What is taken strictly is taken leniently, and the outcome is a resource.

#![no_main]

mod fixture;

use fixture::{account, types};
use postern_identity::provisioning::{Key, Resource, ResourceId, TypeSchema, Value};
use postern_scim::json::{Projection, Strictness, read, resource, show};
use postern_scim::patch::Patch;
use std::sync::LazyLock;

static TYPES: LazyLock<TypeSchema> = LazyLock::new(types);
static ACCOUNT: LazyLock<Resource> = LazyLock::new(account);

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let Ok(body) = read(octets) else { return };
    let read_id = |text: &str| (text == "id-7").then_some(ResourceId([7; 16]));
    if let Ok(incoming) = resource(body.clone(), &TYPES, Strictness::Lenient) {
        let _ = incoming.onto(&ACCOUNT, &TYPES, &read_id);
    }
    let apply = |strictness| {
        let patch = Patch::read(body.clone(), &TYPES, strictness).ok()?;
        patch.apply(&ACCOUNT, &TYPES, &read_id).ok()
    };
    let strict = apply(Strictness::Strict);
    let Some(edit) = apply(Strictness::Lenient) else {
        assert!(strict.is_none(), "strict takes what lenient refuses");
        return;
    };
    assert!(edit.attributes.text("userName").is_some(), "what is required stays");
    for (key, value) in &edit.attributes.0 {
        let multi_valued = TYPES.of(key).is_some_and(|known| known.multi_valued);
        assert_eq!(matches!(value, Value::Many(_)), multi_valued, "{key:?}");
    }
    assert!(edit.attributes.get(&Key::core("password")).is_none());
    let after = Resource { attributes: edit.attributes, ..ACCOUNT.clone() };
    let shown = show(&after, "id-7", &TYPES, &Projection::default(), "https://h/scim/v2");
    assert!(shown.is_object());
});
