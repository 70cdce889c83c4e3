//! What a rule asks of an entry.

use super::facts::{Credential, Facts, Group, Truth};
use super::filter::Filter;
use crate::account::DirectoryName;
use crate::name::{AttributeName, DistinguishedName};

/// A test of an entry. How deep it nests is for whoever makes it to bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// It is one of these entries or lies below one of them.
    Within(Vec<DistinguishedName>),
    /// Its attributes fit.
    Filter(Filter),
    /// It is a member of one of these groups.
    Member(Vec<Group>),
    /// A value of this attribute ends in `@` and one of these domains, in lower case.
    Domain(AttributeName, Vec<Box<str>>),
    /// What its own credential is.
    Credential(CredentialWord),
    /// One of these directories holds it.
    Source(Vec<DirectoryName>),
    /// All of these.
    All(Vec<Condition>),
    /// One of these.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
}

/// What a rule may ask of an entry's own credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialWord {
    /// There is one, whoever checks it.
    Yes,
    /// There is none.
    No,
    /// There is one that somebody else checks.
    Elsewhere,
}

impl Condition {
    /// Whether it holds.
    pub fn holds(&self, facts: &Facts) -> Truth {
        match self {
            Self::Within(bases) => Truth::any(bases.iter().map(|base| within(facts.name.as_ref(), base))),
            Self::Filter(filter) => filter.holds(facts),
            Self::Member(groups) => Truth::any(groups.iter().map(|group| facts.is_member(group))),
            Self::Domain(..) => self.as_filter(facts).holds(facts),
            Self::Credential(word) => credential(facts.credential, *word),
            Self::Source(sources) => sources.contains(&facts.source).into(),
            Self::All(parts) => Truth::all(parts.iter().map(|part| part.holds(facts))),
            Self::Any(parts) => Truth::any(parts.iter().map(|part| part.holds(facts))),
            Self::Not(part) => !part.holds(facts),
        }
    }

    /// The same as a filter on the entry alone. What a filter cannot say stands in it as what it is now; what cannot be told, as false.
    pub(super) fn as_filter(&self, facts: &Facts) -> Filter {
        match self {
            Self::Filter(filter) => filter.clone(),
            Self::Domain(attribute, domains) => {
                let ends = domains.iter().map(|domain| Filter::Substrings {
                    attribute: attribute.clone(),
                    first: None,
                    between: Vec::new(),
                    last: Some(format!("@{domain}").into_bytes().into()),
                });
                Filter::Any(ends.collect())
            }
            Self::All(parts) => Filter::All(parts.iter().map(|part| part.as_filter(facts)).collect()),
            Self::Any(parts) => Filter::Any(parts.iter().map(|part| part.as_filter(facts)).collect()),
            Self::Not(part) => Filter::Not(Box::new(part.as_filter(facts))),
            Self::Within(_) | Self::Member(_) | Self::Credential(_) | Self::Source(_) => {
                Filter::constant(self.holds(facts) == Truth::Yes)
            }
        }
    }

    /// Calls `visit` with each part that is not made of others, and whether it stands behind a "not".
    pub(super) fn visit<'c>(&'c self, visit: &mut impl FnMut(&'c Self, bool)) {
        self.visit_as(false, visit);
    }

    fn visit_as<'c>(&'c self, negated: bool, visit: &mut impl FnMut(&'c Self, bool)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.visit_as(negated, visit)),
            Self::Not(part) => part.visit_as(true, visit),
            plain => visit(plain, negated),
        }
    }
}

/// Whether an entry of this name lies at or below another.
pub(super) fn within(name: Option<&DistinguishedName>, base: &DistinguishedName) -> Truth {
    match name {
        Some(name) if name.is_within(base) => Truth::Yes,
        Some(name) if name.is_surely_outside(base) => Truth::No,
        _ => Truth::CannotTell,
    }
}

fn credential(known: Credential, asked: CredentialWord) -> Truth {
    match (known, asked) {
        (Credential::Unknown, _) => Truth::CannotTell,
        (Credential::Here | Credential::Elsewhere, CredentialWord::Yes)
        | (Credential::Absent, CredentialWord::No)
        | (Credential::Elsewhere, CredentialWord::Elsewhere) => Truth::Yes,
        _ => Truth::No,
    }
}
