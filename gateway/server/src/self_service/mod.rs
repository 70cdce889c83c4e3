//! Self-service, wired.
mod catcher;
mod counts;
mod keys;
pub(crate) mod people;
mod ports;
