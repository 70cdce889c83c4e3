//! Filters (RFC 4511 §4.5.1.7): read once, asked of many entries.

mod evaluate;
mod read;
mod work;

pub use work::{Overdone, Work};

use super::schema::{AttributeType, Rule};
use std::fmt;
use std::sync::Arc;

/// A filter. Values are in the normal form of their attribute; what cannot be asked at all is [`Filter::Undefined`].
#[derive(Clone)]
pub enum Filter {
    /// All of these; of none it is true (RFC 4526).
    And(Vec<Filter>),
    /// Any of these; of none it is false (RFC 4526).
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// A value is equal. Approximate matches are equality here.
    Equal(Subject, Vec<u8>),
    /// A value is this or behind it.
    AtLeast(Subject, Vec<u8>),
    /// A value is this or before it.
    AtMost(Subject, Vec<u8>),
    /// There is any value.
    Present(Subject),
    /// A value has these pieces, in order.
    Substrings(Subject, Pieces),
    /// A value of any of these types, as this rule compares, is equal.
    Extensible(Extensible),
    /// A number has bits of this mask: all of them, or any.
    Bits {
        /// Of which attribute.
        of: Subject,
        /// The bits.
        mask: i64,
        /// Whether all must be set.
        all: bool,
    },
    /// Neither true nor false, for any entry.
    Undefined,
}

/// What a part of a filter looks at: a type, with those below it, and the options there must be.
#[derive(Clone)]
pub struct Subject {
    /// The type.
    pub kind: Arc<AttributeType>,
    /// In small letters.
    pub options: Vec<Box<str>>,
}

/// Pieces of a value, in the form in which they are found in its normal form; at least one.
#[derive(Clone, Default)]
pub struct Pieces {
    /// What it begins with: its normal form begins with this.
    pub initial: Option<Vec<u8>>,
    /// What comes between, in order.
    pub any: Vec<Vec<u8>>,
    /// What it ends with.
    pub last: Option<Vec<u8>>,
}

/// An extensible match (RFC 4511 §4.5.1.7.7).
#[derive(Clone)]
pub struct Extensible {
    /// The rule that compares.
    pub rule: Rule,
    /// Of which attributes: the one that was named, or all this rule fits.
    pub of: Vec<Subject>,
    /// The value, in the rule's normal form.
    pub value: Vec<u8>,
    /// Whether the values in the entry's name count as well.
    pub in_name: bool,
}

/// Values an entry has without holding them, by [key](AttributeType::key); asked only of operational attributes, and of `entrydn` for
/// matches that look at names.
pub type Virtual<'a> = dyn Fn(&str) -> Option<Vec<Vec<u8>>> + Sync + 'a;

impl Filter {
    /// With every part that looks at a hidden attribute undefined: what may not be read cannot be found out by asking.
    #[must_use]
    pub fn hiding(self, hidden: &dyn Fn(&AttributeType) -> bool) -> Self {
        match self {
            Self::And(parts) => Self::And(parts.into_iter().map(|part| part.hiding(hidden)).collect()),
            Self::Or(parts) => Self::Or(parts.into_iter().map(|part| part.hiding(hidden)).collect()),
            Self::Not(part) => Self::Not(Box::new(part.hiding(hidden))),
            Self::Extensible(mut match_) => {
                match_.of.retain(|subject| !hidden(&subject.kind));
                if match_.of.is_empty() {
                    Self::Undefined
                } else {
                    Self::Extensible(match_)
                }
            }
            Self::Equal(ref of, _)
            | Self::AtLeast(ref of, _)
            | Self::AtMost(ref of, _)
            | Self::Present(ref of)
            | Self::Substrings(ref of, _)
            | Self::Bits { ref of, .. }
                if hidden(&of.kind) =>
            {
                Self::Undefined
            }
            other => other,
        }
    }
}

/// Its shape alone: values belong to a person.
impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => f.debug_tuple("And").field(parts).finish(),
            Self::Or(parts) => f.debug_tuple("Or").field(parts).finish(),
            Self::Not(part) => f.debug_tuple("Not").field(part).finish(),
            Self::Equal(of, _) => write!(f, "Equal({})", of.kind.name),
            Self::AtLeast(of, _) => write!(f, "AtLeast({})", of.kind.name),
            Self::AtMost(of, _) => write!(f, "AtMost({})", of.kind.name),
            Self::Present(of) => write!(f, "Present({})", of.kind.name),
            Self::Substrings(of, _) => write!(f, "Substrings({})", of.kind.name),
            Self::Extensible(match_) => write!(f, "Extensible({:?})", match_.rule),
            Self::Bits { of, .. } => write!(f, "Bits({})", of.kind.name),
            Self::Undefined => write!(f, "Undefined"),
        }
    }
}

#[cfg(test)]
mod tests;
