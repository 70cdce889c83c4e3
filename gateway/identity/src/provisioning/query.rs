//! What is asked of a directory.

use super::filter::{Filter, Path};
use super::resource::ResourceKind;
use super::value::Key;
use crate::authority::Reads;
use crate::name::DistinguishedName;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which resources, in which order. Those of one order are ordered by their ids, so that the same query brings the same order.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Of which kind.
    pub kind: ResourceKind,
    /// Which of them.
    pub filter: Option<Filter>,
    /// In which order.
    pub sort: Option<Sort>,
}

/// An order (RFC 7644 §3.4.2.3): of several values the primary or first one counts; what has none comes last, descending first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sort {
    /// By what.
    pub path: Path,
    /// From the greatest down.
    pub descending: bool,
}

/// Where a caller may look and write: at and below this, besides where the mapping says. `None`: everywhere there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The caller's own base.
    pub base: Option<DistinguishedName>,
}

/// What is wanted of a resource besides its id, version and times, so that nothing is read for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// These attributes; `None`: all that are shown by default. `members`, `groups` have their own say below.
    pub keys: Option<BTreeSet<Key>>,
    /// Not these.
    pub without: BTreeSet<Key>,
    /// A group's members. Many.
    pub members: bool,
    /// A user's groups. May cost a search.
    pub groups: bool,
    /// How the account stands ([`AccountFacts`](super::AccountFacts)), and its state among the attributes
    /// ([`account_state::show`](super::account_state::show)).
    pub facts: bool,
    /// What is to be known of an account so that rules can say whose its password is: seen in the same search where that proves it, with the
    /// account's own credential ([`Resource::owner_facts`](super::Resource::owner_facts)).
    pub owner: Option<Arc<Reads>>,
}

impl Wanted {
    /// Everything there is to know.
    pub fn everything() -> Self {
        Self {
            keys: None,
            without: BTreeSet::new(),
            members: true,
            groups: true,
            facts: true,
            owner: None,
        }
    }

    /// What is shown by default, without members.
    pub fn default_shown() -> Self {
        Self {
            members: false,
            ..Self::everything()
        }
    }

    /// Nothing besides what identifies it.
    pub fn nothing() -> Self {
        Self {
            keys: Some(BTreeSet::new()),
            without: BTreeSet::new(),
            members: false,
            groups: false,
            facts: false,
            owner: None,
        }
    }

    /// Whether this attribute is wanted.
    pub fn wants(&self, key: &Key) -> bool {
        !self.without.contains(key) && self.keys.as_ref().is_none_or(|keys| keys.contains(key))
    }
}
