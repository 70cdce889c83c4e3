//! Filters and paths: one grammar, read by hand with budgets.
//!
//! **The walk.** Text is read piece by piece (`lex`) into a tree (`parse`), no deeper and no longer than its budgets while it is read; its names are
//! looked up in the schemas of the resource type (`name`) and its operands typed (`bind`).

mod bind;
mod lex;
pub(crate) mod name;
mod parse;
#[cfg(test)]
mod tests;

pub(crate) use bind::last_segment;

use bind::Binder;
use name::{Found, Known, look_up};
use postern_identity::provisioning::{Filter, Key, Path, Returned, Shape, TypeSchema};
use std::sync::Arc;

/// Why a filter, path or sort key means nothing. Its text is for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct WireFault {
    /// `invalidFilter` or `invalidPath`.
    pub kind: WireFaultKind,
    /// Where in the text, in octets.
    pub position: usize,
    /// What is wrong there, with the position, and what would be right.
    pub detail: String,
}

/// Which kind of wrong (RFC 7644 table 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireFaultKind {
    /// `invalidFilter`.
    Filter,
    /// `invalidPath`.
    Path,
}

impl WireFault {
    fn at(kind: WireFaultKind, text: &str, position: usize, what: &str) -> Self {
        let place = text.get(..position).map_or(position, |before| before.chars().count()) + 1;
        Self {
            kind,
            position,
            detail: format!("{what} (character {place})"),
        }
    }
}

/// What a PATCH operation is about (RFC 7644 §3.5.2).
#[derive(Debug, Clone, PartialEq)]
pub enum PatchPath {
    /// A whole extension, by its URN.
    Extension(Arc<str>),
    /// An attribute, those of its values that fulfil the filter, a sub-attribute of them. `id`, `meta`, `schemas`, `password` are attributes here.
    Attribute {
        /// Which attribute.
        key: Key,
        /// Which of its values; paths inside are of this attribute, with a sub-attribute each.
        filter: Option<Filter>,
        /// Which sub-attribute.
        sub: Option<Arc<str>>,
    },
}

/// What `attributes` and `excludedAttributes` name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Named {
    /// A whole extension, by its URN.
    Extension(Arc<str>),
    /// An attribute or sub-attribute; `id`, `meta`, `schemas` are attributes here.
    Attribute(Path),
}

/// Reads a filter and looks its names up.
pub fn filter(text: &str, types: &TypeSchema) -> Result<Filter, WireFault> {
    filter_with(text, types, Leniency::default())
}

/// What a client is forgiven besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Leniency {
    /// `externalId eq jyoung`: a word without quotes is text.
    pub bare_words: bool,
}

/// [`filter`], forgiving more.
pub fn filter_with(text: &str, types: &TypeSchema, leniency: Leniency) -> Result<Filter, WireFault> {
    let syntax = parse::filter(text, leniency)?;
    let binder = Binder {
        text,
        types,
        kind: WireFaultKind::Filter,
        leniency,
    };
    binder.filter(&syntax)
}

/// Reads the path of a PATCH operation and looks its names up; what means nothing within its brackets is `invalidFilter`. An attribute that nothing is kept of is there only if it is common to all resources.
pub fn path(text: &str, types: &TypeSchema) -> Result<PatchPath, WireFault> {
    let syntax = parse::path(text)?;
    let fault = |position, what| WireFault::at(WireFaultKind::Path, text, position, what);
    let found = match look_up(syntax.name.text, types) {
        Some(Known::Attribute(found)) => found,
        Some(Known::Extension(schema)) if syntax.filter.is_none() => {
            return Ok(PatchPath::Extension(Arc::clone(&schema.urn)));
        }
        _ => return Err(fault(syntax.name.position, "there is no such attribute")),
    };
    let mut sub = found.sub_name();
    let mut filter = None;
    if let Some(chosen) = &syntax.filter {
        if !found.has_elements() {
            return Err(fault(syntax.name.position, bind::NO_ELEMENTS));
        }
        let binder = Binder {
            text,
            types,
            kind: WireFaultKind::Filter,
            leniency: Leniency::default(),
        };
        filter = Some(binder.element(chosen, &found, syntax.name.position)?);
    }
    if let Some(name) = syntax.sub {
        let Some(known) = name::sub_of(found.attribute, name.text) else {
            return Err(fault(name.position, "there is no such sub-attribute"));
        };
        sub = Some(Arc::clone(&known.name));
    }
    Ok(PatchPath::Attribute {
        key: found.key(),
        filter,
        sub,
    })
}

/// Looks up the names of `attributes` and `excludedAttributes`: lists with commas, or one name each. Unknown ones are left out.
pub fn attribute_list<'t>(names: impl IntoIterator<Item = &'t str>, types: &TypeSchema) -> Vec<Named> {
    let mut list = Vec::new();
    for name in names.into_iter().flat_map(|names| names.split(',')).map(str::trim) {
        let named = match look_up(name, types) {
            Some(Known::Attribute(found)) => Named::Attribute(Path {
                key: found.key(),
                sub: found.sub_name(),
            }),
            Some(Known::Extension(schema)) => Named::Extension(Arc::clone(&schema.urn)),
            Some(Known::Core) | None => continue,
        };
        if !list.contains(&named) {
            list.push(named);
        }
    }
    list
}

/// Looks up a sort key; a fault is `invalidPath`.
pub fn sort_by(text: &str, types: &TypeSchema) -> Result<Path, WireFault> {
    let fault = |what| WireFault::at(WireFaultKind::Path, text, 0, what);
    let Some(Known::Attribute(found)) = look_up(text.trim(), types) else {
        return Err(fault("there is no such attribute to sort by"));
    };
    let never_shown = |found: &Found<'_>| {
        [found.attribute, found.target()]
            .iter()
            .any(|one| one.returned == Returned::Never)
    };
    if never_shown(&found) {
        return Err(fault("this attribute is nothing to sort by"));
    }
    let sub = match (&found.target().shape, found.sub_name()) {
        (Shape::Complex(_), _) if found.attribute.sub("value").is_some() => Some("value".into()),
        (Shape::Complex(_), _) => {
            return Err(fault(
                "this attribute is sorted by one of its sub-attributes: name it after a dot",
            ));
        }
        (_, Some(sub)) if sub.as_ref() == "$ref" => Some("value".into()),
        (_, sub) => sub,
    };
    Ok(Path { key: found.key(), sub })
}
