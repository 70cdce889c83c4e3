//! The embedded directory over the port in memory.

mod lanes;
mod limits;
#[allow(dead_code, reason = "the model for other tests, too")]
pub(crate) mod memory;
mod pages;
mod plans;
mod reading;
mod rules;
mod signing_in;
#[allow(dead_code, reason = "the model for other tests, too")]
pub(crate) mod stage;
mod tools;
