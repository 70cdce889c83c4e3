//! What of a resource is shown (RFC 7643 §7 `returned`, RFC 7644 §3.9), and so what has to be read.

use crate::wire::{Named, attribute_list};
use postern_identity::provisioning::{
    Attribute, EditFault, EditFaultKind, Key, Path, ResourceKind, Returned, TypeSchema, Wanted, account_state,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a client wants to see (RFC 7644 §3.9).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Projection {
    only: Option<Vec<Named>>,
    without: Vec<Named>,
}

/// How much of an attribute is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    Not,
    /// As its sub-attributes say of themselves.
    Whole,
    /// These sub-attributes, and those that always are.
    Subs(Vec<Arc<str>>),
    /// All but these.
    But(Vec<Arc<str>>),
}

impl Projection {
    /// From `attributes` and `excludedAttributes`: lists with commas, or one name each. Both given is `invalidValue`.
    pub fn new(attributes: Option<&[&str]>, excluded: Option<&[&str]>, types: &TypeSchema) -> Result<Self, EditFault> {
        // A parameter without a value says nothing.
        let said = |names: Option<&[&str]>| names.is_some_and(|names| names.iter().any(|name| !name.trim().is_empty()));
        let list = |names: Option<&[&str]>| attribute_list(names.unwrap_or_default().iter().copied(), types);
        match (said(attributes), said(excluded)) {
            (true, true) => Err(EditFault::new(
                EditFaultKind::InvalidValue,
                "attributes and excludedAttributes cannot be given together",
            )),
            (true, false) => Ok(Self {
                only: Some(list(attributes)),
                without: Vec::new(),
            }),
            (false, _) => Ok(Self {
                only: None,
                without: list(excluded),
            }),
        }
    }

    /// What has to be read for it.
    pub fn wanted(&self, types: &TypeSchema) -> Wanted {
        let mut keys = BTreeSet::new();
        let mut without = BTreeSet::new();
        let mut facts = false;
        for (key, attribute) in attributes(types) {
            if self.shows(&key, attribute) == Shown::Not {
                if matches!(attribute.returned, Returned::Default | Returned::Always) {
                    without.insert(key);
                }
                continue;
            }
            facts |= types.kind == ResourceKind::User && is_of_facts(&key);
            keys.insert(key);
        }
        let is_shown = |name: &str| keys.contains(&Key::core(name));
        Wanted {
            members: types.kind == ResourceKind::Group && is_shown("members"),
            groups: types.kind == ResourceKind::User && is_shown("groups"),
            facts,
            owner: None,
            keys: self.only.is_some().then_some(keys),
            without: if self.only.is_some() { BTreeSet::new() } else { without },
        }
    }

    pub(super) fn shows(&self, key: &Key, attribute: &Attribute) -> Shown {
        if attribute.returned == Returned::Never {
            return Shown::Not;
        }
        let named = named_of(self.only.as_deref().unwrap_or(&self.without), key);
        let is_always = attribute.returned == Returned::Always;
        let is_default = is_always || attribute.returned == Returned::Default;
        match (&self.only, named) {
            (Some(_), NamedAs::Itself) => Shown::Whole,
            (Some(_), NamedAs::Extension) if is_default => Shown::Whole,
            (Some(_), NamedAs::Subs(subs)) => Shown::Subs(subs),
            (Some(_), _) if is_always => Shown::Whole,
            (Some(_), _) => Shown::Not,
            (None, _) if !is_default => Shown::Not,
            (None, NamedAs::Itself | NamedAs::Extension) if !is_always => Shown::Not,
            (None, NamedAs::Subs(subs)) => Shown::But(subs),
            (None, _) => Shown::Whole,
        }
    }
}

impl Shown {
    pub(super) fn shows(&self, sub: &str, returned: Returned) -> bool {
        let is_named = |subs: &[Arc<str>]| subs.iter().any(|named| named.eq_ignore_ascii_case(sub));
        match (self, returned) {
            (Self::Not, _) | (_, Returned::Never) | (Self::Whole | Self::But(_), Returned::Request) => false,
            (Self::Whole, Returned::Default) | (_, Returned::Always) => true,
            (Self::Subs(subs), Returned::Default | Returned::Request) => is_named(subs),
            (Self::But(subs), Returned::Default) => !is_named(subs),
        }
    }
}

enum NamedAs {
    Not,
    Itself,
    Extension,
    Subs(Vec<Arc<str>>),
}

fn named_of(list: &[Named], key: &Key) -> NamedAs {
    let mut subs = Vec::new();
    let mut extension = false;
    for named in list {
        match named {
            Named::Extension(urn) => extension |= key.extension.as_ref() == Some(urn),
            Named::Attribute(Path { key: of, sub }) if of == key => match sub {
                None => return NamedAs::Itself,
                Some(sub) => subs.push(Arc::clone(sub)),
            },
            Named::Attribute(_) => {}
        }
    }
    match (extension, subs.is_empty()) {
        (true, _) => NamedAs::Extension,
        (false, false) => NamedAs::Subs(subs),
        (false, true) => NamedAs::Not,
    }
}

/// Every attribute with its key.
pub(super) fn attributes(types: &TypeSchema) -> impl Iterator<Item = (Key, &Attribute)> {
    let core = types
        .core
        .attributes
        .iter()
        .map(|attribute| (Key::core(Arc::clone(&attribute.name)), attribute));
    let extensions = types.extensions.iter().flat_map(|schema| {
        let key = |attribute: &Attribute| Key::of(Arc::clone(&schema.urn), Arc::clone(&attribute.name));
        schema
            .attributes
            .iter()
            .map(move |attribute| (key(attribute), attribute))
    });
    core.chain(extensions)
}

/// Whether it is told by how the account stands, and not by whose the password is.
fn is_of_facts(key: &Key) -> bool {
    match key.extension.as_deref() {
        None => key.name.as_ref() == "active",
        Some(account_state::PASSWORD) => true,
        Some(account_state::ACCOUNT) => {
            !account_state::owner_keys().contains(key) && *key != account_state::reset_status_key()
        }
        Some(_) => false,
    }
}
