//! Every view of a message, who may touch credentials, what mentions denied attributes.

#![no_main]

#[path = "../../tests/everything/mod.rs"]
mod everything;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| everything::read(octets));
