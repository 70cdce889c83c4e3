//! The golden matrix: what is answered in every state, directly and through each surface, byte for byte.

pub(crate) mod binds;
mod changes;
mod counts;
mod grace;
mod restricted;
mod sessions;
mod surfaces;
