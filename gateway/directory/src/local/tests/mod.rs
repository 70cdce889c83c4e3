//! The embedded directory over the port in memory.

pub(crate) mod memory;
