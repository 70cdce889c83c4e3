//! The embedded directory over the port in memory.

mod lanes;
#[allow(dead_code, reason = "the model for other tests, too")]
pub(crate) mod memory;
mod reading;
mod signing_in;
#[allow(dead_code, reason = "the model for other tests, too")]
pub(crate) mod stage;
