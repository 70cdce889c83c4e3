//! The header walk and the rewriting of ids.

#![no_main]

#[path = "../../tests/everything/mod.rs"]
mod everything;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| everything::walk(octets));
