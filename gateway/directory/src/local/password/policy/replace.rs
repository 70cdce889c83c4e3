//! What changes in an entry.

use crate::local::entry::Entry;
use std::fmt;

/// An attribute gets these values instead of all it has; none take it away.
#[derive(Clone, PartialEq, Eq)]
pub struct Replace {
    /// Its name as it is written.
    pub attribute: &'static str,
    /// Its values from now on.
    pub values: Vec<Vec<u8>>,
}

impl Replace {
    pub(crate) fn by(attribute: &'static str, value: impl Into<Vec<u8>>) -> Self {
        Self {
            attribute,
            values: vec![value.into()],
        }
    }

    pub(crate) fn none(attribute: &'static str) -> Self {
        Self {
            attribute,
            values: Vec::new(),
        }
    }
}

/// The name alone: values may be hashes.
impl fmt::Debug for Replace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} values)", self.attribute, self.values.len())
    }
}

/// Makes the changes in the entry as it was read; it is for the caller to keep them only if nobody changed it in between.
pub fn apply(changes: &[Replace], entry: &mut Entry) {
    for change in changes {
        if change.values.is_empty() {
            entry.remove(change.attribute);
        } else {
            entry.set(change.attribute, change.values.clone());
        }
    }
}

/// Takes attributes away, of those that are there.
pub(crate) fn removed(entry: &Entry, attributes: &[&'static str]) -> impl Iterator<Item = Replace> {
    attributes
        .iter()
        .filter(|attribute| !entry.values(&attribute.to_ascii_lowercase()).is_empty())
        .map(|attribute| Replace::none(attribute))
        .collect::<Vec<_>>()
        .into_iter()
}
