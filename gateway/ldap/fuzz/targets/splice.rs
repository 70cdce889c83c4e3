//! Splicing keeps what it is not asked to change.

#![no_main]

#[path = "../../tests/everything/mod.rs"]
mod everything;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| everything::spliced(octets));
