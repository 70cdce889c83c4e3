//! The LDAP wire (RFC 4511), sans-IO: bytes ↔ messages and nothing else.
//!
//! **Owns** the walk over frames, a bounds-checked BER cursor and writer, borrowed views of the requests and responses a proxy
//! must read, the controls it must know, splicing, the messages it originates, the one function that says whether a frame
//! may write or test a credential ([`credential`]), and the one that says where it mentions a denied attribute ([`denied`]).
//!
//! **Never knows** sockets, accounts, time, or what anything it reads is for.
//!
//! **The walk.** [`frame::walk`] reads the few octets that say how long a message is, whose answer it will be and what it asks
//! for; most messages go on as they came. Where more must be known, [`Message::parse`] cuts a whole frame in three, and the view of
//! the operation ([`bind`], [`search`], …) reads its fields in place: nothing is copied, numbers and lengths are checked before they
//! are believed. What must change is spliced ([`splice`]): a changed message is new octets around the untouched rest.
//!
//! **To add an operation or control**: a view in its own file with a `parse` over a [`ber::Cursor`] and, if we also send it, an
//! `encode`; a line in the table of [`tag`] or [`oid`]; a round trip in `tests/properties.rs`; a line in `tests/everything`, which the
//! property tests and the fuzz targets (`fuzz/run`) share; for an operation, rows in the crossings of [`credential`] and [`denied`].
//! What runs for every message has a budget in `cost/run`.

pub mod answer;
pub mod attribute;
pub mod ber;
pub mod bind;
pub mod change;
pub mod compare;
pub mod control;
pub mod credential;
pub mod denied;
pub mod described;
pub mod entry;
pub mod extended;
pub mod filter;
pub mod frame;
pub mod message;
pub mod oid;
mod rdn;
pub mod referral;
pub mod renaming;
pub mod result;
pub mod sasl;
pub mod schema;
pub mod search;
pub mod splice;
pub mod tag;

pub use control::{Control, Controls};
pub use frame::{FrameError, Header};
pub use message::{Message, MessageId};
pub use result::ResultCode;

use thiserror::Error;

/// What is wrong with octets somebody sent. The peer is always to blame; nothing of what it sent is in the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WireError {
    /// A length points past the end of what holds it.
    #[error("a length points past the end")]
    Truncated,
    /// A length of a form LDAP does not allow: indefinite, or of more than four octets (RFC 4511 §5.1).
    #[error("a length has a form LDAP does not allow")]
    Length,
    /// Another element was due here.
    #[error("another element was due")]
    Unexpected,
    /// A number is negative, too large or has no octets.
    #[error("a number is out of range")]
    Number,
    /// Octets after the last element.
    #[error("octets follow the last element")]
    Trailing,
    /// Nested deeper than the limit.
    #[error("nested too deep")]
    TooDeep,
    /// More parts than the limit.
    #[error("too many parts")]
    TooMany,
}
