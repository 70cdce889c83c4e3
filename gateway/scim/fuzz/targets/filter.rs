//! Any text as a filter: read within bounds, and evaluated if it can be read. What it says is either true of an account or not.

#![no_main]

mod fixture;

use fixture::{account, types};
use postern_identity::provisioning::evaluate::evaluate;
use postern_identity::provisioning::{Filter, Resource, TypeSchema};
use postern_scim::wire::{Leniency, attribute_list, filter, filter_with, sort_by};
use std::sync::LazyLock;

static TYPES: LazyLock<TypeSchema> = LazyLock::new(types);
static ACCOUNT: LazyLock<Resource> = LazyLock::new(account);

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let _ = sort_by(text, &TYPES);
    let _ = attribute_list([text], &TYPES);
    let forgiving = filter_with(text, &TYPES, Leniency { bare_words: true });
    match filter(text, &TYPES) {
        Ok(read) => {
            assert_eq!(forgiving.as_ref(), Ok(&read), "forgiving more changes nothing of what is right");
            let holds = evaluate(&read, &ACCOUNT, "id-7", &TYPES);
            assert_ne!(evaluate(&Filter::Not(Box::new(read)), &ACCOUNT, "id-7", &TYPES), holds);
        }
        Err(fault) => assert!(fault.position <= text.len()),
    }
});
