//! Any text as the path of a PATCH operation.

#![no_main]

mod fixture;

use postern_identity::provisioning::TypeSchema;
use postern_scim::wire::{PatchPath, path};
use std::sync::LazyLock;

static TYPES: LazyLock<TypeSchema> = LazyLock::new(fixture::types);

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    match path(text, &TYPES) {
        Ok(PatchPath::Attribute { key, filter, sub }) => {
            let known = TYPES.of(&key);
            assert!(filter.is_none() || known.is_some_and(|known| !known.subs().is_empty()) || &*key.name == "meta");
            assert!(sub.is_none() || known.is_none_or(|known| !known.subs().is_empty()));
        }
        Ok(PatchPath::Extension(urn)) => assert_eq!(&*urn, "urn:x:2.0:User"),
        Err(fault) => assert!(fault.position <= text.len()),
    }
});
