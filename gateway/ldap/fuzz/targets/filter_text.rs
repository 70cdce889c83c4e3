//! Filters as text.

#![no_main]

#[path = "../../tests/everything/mod.rs"]
mod everything;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| everything::filter_text(octets));
