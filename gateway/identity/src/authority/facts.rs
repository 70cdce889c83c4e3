//! What is known of an entry: what it holds, what it surely does not hold, and what could not be seen.

use crate::account::DirectoryName;
use crate::name::{AttributeName, DistinguishedName};
use std::collections::BTreeMap;
use std::fmt;

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// What it depends on could not be seen.
    CannotTell,
}

impl Truth {
    /// As explanations say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::CannotTell => "cannot tell",
        }
    }

    /// Whether all of them hold; of none, yes.
    pub fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        truths.into_iter().fold(Self::Yes, |all, one| match (all, one) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::CannotTell, _) | (_, Self::CannotTell) => Self::CannotTell,
            (Self::Yes, Self::Yes) => Self::Yes,
        })
    }

    /// Whether one of them holds; of none, no.
    pub fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        Self::all(truths.into_iter().map(|truth| !truth)).not()
    }

    fn not(self) -> Self {
        !self
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::CannotTell => Self::CannotTell,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// What is known of one attribute of an entry.
#[derive(Clone, PartialEq, Eq)]
pub enum Fact {
    /// These are all of its values, under any of its options.
    Values(Vec<Box<[u8]>>),
    /// It has none, and that was seen, not concluded from not being shown any.
    Absent,
    /// It was not shown; it may be there.
    Unknown,
}

/// How many, never what: values belong to a person.
impl fmt::Debug for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Values(values) => write!(f, "Values({})", values.len()),
            Self::Absent => f.write_str("Absent"),
            Self::Unknown => f.write_str("Unknown"),
        }
    }
}

/// What is known of an entry's own credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// There is one that this directory checks itself.
    Here,
    /// There is one that says that somebody else checks the password (`{SASL}…`).
    Elsewhere,
    /// There is none, and that was seen.
    Absent,
    /// It could not be seen, which proves nothing.
    Unknown,
}

/// A group that rules ask about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group {
    /// Its entry.
    pub name: DistinguishedName,
    /// Whether members of groups in it count.
    pub nested: bool,
}

/// Everything rules may ask of an entry. What was never put in is not known.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The directory that holds it.
    pub source: DirectoryName,
    /// Its name, as it is or will be. `None`: not known.
    pub name: Option<DistinguishedName>,
    /// Its own credential.
    pub credential: Credential,
    attributes: BTreeMap<AttributeName, Fact>,
    groups: BTreeMap<Group, Truth>,
}

impl Facts {
    /// Nothing but where it is.
    pub fn new(source: DirectoryName, name: Option<DistinguishedName>) -> Self {
        Self {
            source,
            name,
            credential: Credential::Unknown,
            attributes: BTreeMap::new(),
            groups: BTreeMap::new(),
        }
    }

    /// Says what is known of an attribute, in place of what was known.
    pub fn set(&mut self, attribute: AttributeName, fact: Fact) {
        self.attributes.insert(attribute, fact);
    }

    /// Says whether it is a member of a group.
    pub fn set_group(&mut self, group: Group, member: Truth) {
        self.groups.insert(group, member);
    }

    /// What is known of an attribute.
    pub fn of(&self, attribute: &AttributeName) -> &Fact {
        self.attributes.get(attribute).unwrap_or(&Fact::Unknown)
    }

    /// Whether it is a member of a group.
    pub fn is_member(&self, group: &Group) -> Truth {
        self.groups.get(group).copied().unwrap_or(Truth::CannotTell)
    }

    /// Values are added to an attribute.
    pub fn add(&mut self, attribute: &AttributeName, more: impl IntoIterator<Item = Box<[u8]>>) {
        let mut more = more.into_iter();
        match self.attributes.get_mut(attribute) {
            Some(Fact::Values(values)) => values.extend(more),
            Some(fact @ Fact::Absent) => {
                let values: Vec<_> = more.by_ref().collect();
                if !values.is_empty() {
                    *fact = Fact::Values(values);
                }
            }
            Some(Fact::Unknown) | None => {}
        }
    }

    /// What becomes of an attribute is not known.
    pub fn forget(&mut self, attribute: &AttributeName) {
        self.attributes.insert(attribute.clone(), Fact::Unknown);
    }

    /// Whose groups it will be in is not known: groups list their members by a name that it will not have any more.
    pub fn forget_groups(&mut self) {
        for member in self.groups.values_mut() {
            *member = Truth::CannotTell;
        }
    }
}
