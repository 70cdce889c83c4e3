//! Filters and paths: one grammar, read by hand with budgets.

use postern_identity::provisioning::{Filter, Key, Path, TypeSchema};
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
pub fn filter_with(_text: &str, _types: &TypeSchema, _leniency: Leniency) -> Result<Filter, WireFault> {
    Err(WireFault {
        kind: WireFaultKind::Filter,
        position: 0,
        detail: String::new(),
    })
}

/// Reads the path of a PATCH operation and looks its names up.
pub fn path(_text: &str, _types: &TypeSchema) -> Result<PatchPath, WireFault> {
    Err(WireFault {
        kind: WireFaultKind::Path,
        position: 0,
        detail: String::new(),
    })
}

/// Looks up the names of `attributes` and `excludedAttributes`: lists with commas, or one name each. Unknown ones are left out.
pub fn attribute_list<'t>(_names: impl IntoIterator<Item = &'t str>, _types: &TypeSchema) -> Vec<Named> {
    Vec::new()
}

/// Looks up a sort key; a fault is `invalidPath`.
pub fn sort_by(_text: &str, _types: &TypeSchema) -> Result<Path, WireFault> {
    Err(WireFault {
        kind: WireFaultKind::Path,
        position: 0,
        detail: String::new(),
    })
}
