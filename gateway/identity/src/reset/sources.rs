//! The ways a new password comes about that are built in.

mod typed;

pub use typed::Typed;
