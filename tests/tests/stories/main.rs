//! Stories over the real program and a real slapd: one binary, a module a subject. The harness is `src/`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may fail where it stands"
)]

mod applications;
mod authority;
mod bypass;
mod clients;
mod conditions;
mod cross_table;
mod demo;
mod documents;
mod ds389;
mod embedded;
mod examples;
mod faults;
mod freeipa;
mod golden;
mod guard;
mod names;
mod presets;
mod provisioning;
mod reload;
mod rights;
mod samba;
mod scim;
mod self_service;
mod servers;
mod service_account;
mod shapes;
mod translation;
mod user;
mod ways_in;
mod writes;
