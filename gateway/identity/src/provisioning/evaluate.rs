//! Whether a resource is what a filter looks for: the one place that says so (RFC 7644 §3.4.2.2).

use super::filter::{Filter, Path};
use super::query::Sort;
use super::resource::Resource;
use super::schema::TypeSchema;
use super::value::Value;
use std::cmp::Ordering;

/// Whether the filter holds of the resource; `id_text` is its id as its directory spells it.
pub fn evaluate(_filter: &Filter, _resource: &Resource, _id_text: &str, _types: &TypeSchema) -> bool {
    false
}

/// Whether one element of a multi-valued attribute fulfils a filter whose paths are of that attribute.
pub fn evaluate_element(_filter: &Filter, _element: &Value, _types: &TypeSchema) -> bool {
    false
}

/// What a resource is ordered by: comparable with those of the same path.
#[derive(Debug, Clone, PartialEq)]
pub enum SortKey {}

/// What the resource is ordered by: of several values the primary or first. `None`: it has none.
pub fn sort_key(_resource: &Resource, _id_text: &str, _path: &Path, _types: &TypeSchema) -> Option<SortKey> {
    None
}

/// The order of two keys: what is missing comes last ascending and first descending.
pub fn compare_keys(_one: Option<&SortKey>, _other: Option<&SortKey>, _descending: bool) -> Ordering {
    Ordering::Equal
}

/// The order of two resources; those alike are ordered by their ids.
pub fn compare_for_sort(one: &Resource, other: &Resource, sort: &Sort, _types: &TypeSchema) -> Ordering {
    let _ = sort;
    one.id.cmp(&other.id)
}
