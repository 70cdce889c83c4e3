//! The ways to prove oneself that are built in.

mod mail;

pub use mail::Mail;
