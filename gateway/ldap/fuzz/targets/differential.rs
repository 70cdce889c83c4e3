//! What both we and ldap3_proto read, we read alike.

#![no_main]

#[path = "../../tests/agreement/mod.rs"]
mod agreement;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| agreement::agree(octets));
