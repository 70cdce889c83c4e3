//! Messages in which names are written otherwise: every place of a request or response where a DN may stand, and none else.
//!
//! What a name becomes is the caller's to say ([`Renaming`]); what holds a name, this module's. Everything that is not renamed stays octet
//! for octet, and a message in which nothing is renamed is told so instead of being copied.

mod answer;
mod request;
mod value;

pub use answer::{Answer, answer};
pub use request::{passes_control, request};
pub use value::NameSyntax;

use crate::WireError;
use thiserror::Error;

/// Whoever knows what names become.
pub trait Renaming {
    /// How the values of an attribute hold names, if they do.
    fn syntax(&self, description: &[u8]) -> Option<NameSyntax>;

    /// What becomes of a name that stands here.
    fn rename(&self, place: Place, name: &[u8]) -> Renamed;
}

/// Where a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The name of a bind: maybe no DN.
    BindName,
    /// The base of a search; whether the base alone is searched.
    Base {
        /// The base alone.
        alone: bool,
    },
    /// The entry a request is about, or a new parent.
    Target,
    /// An authorization id (RFC 4513 §5.2.1.8), with `dn:` or `u:` before the name; where a bare DN is allowed too, maybe without.
    Identity,
    /// A value, in an entry or asserted.
    Value,
    /// The name of an entry that comes back.
    Entry,
    /// A value in the rootDSE that comes back: a part of the tree, or an entry.
    OfRoot,
    /// The deepest entry that was found (RFC 4511 §4.1.9), or one that was renamed.
    Matched,
}

/// What becomes of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renamed {
    /// It stays as it is written.
    Same,
    /// It is this.
    To(Vec<u8>),
    /// It has no place where the message goes: a request is refused, an entry or value left out.
    No,
}

/// Why a request cannot be renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RenameError {
    /// It cannot be walked to its end.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// It names something that has no other name.
    #[error("a name has no place there")]
    Elsewhere,
    /// A critical control may hold names where nobody looks for them.
    #[error("a critical control cannot be renamed")]
    Control,
}

#[cfg(test)]
mod tests;
