//! The part of BER that LDAP uses (RFC 4511 §5.1): definite lengths, low tag numbers, primitive strings. Lengths may be longer than
//! needed: Windows and 389 Directory Server write four octets where one would do.

mod cursor;
mod writer;

pub use cursor::{Cursor, Element, non_negative};
pub(crate) use cursor::{length, truth};
pub use writer::{Writer, length_octets};

#[cfg(test)]
mod tests;
