//! The golden matrix: what is answered in every state, directly and through each surface, byte for byte.

pub(crate) mod binds;
pub(crate) mod changes;
mod counts;
mod grace;
mod restricted;
pub(crate) mod sessions;
mod surfaces;
