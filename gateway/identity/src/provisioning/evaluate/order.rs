//! In which order resources are shown (RFC 7644 §3.4.2.3).

use super::{Whole, fold, is_case_exact};
use crate::clock::Timestamp;
use crate::provisioning::filter::Path;
use crate::provisioning::query::Sort;
use crate::provisioning::resource::Resource;
use crate::provisioning::schema::TypeSchema;
use crate::provisioning::value::Value;
use std::cmp::Ordering;

/// The order of two resources; those alike are ordered by their ids, always from the smallest up.
pub fn compare_for_sort(one: &Resource, other: &Resource, sort: &Sort, types: &TypeSchema) -> Ordering {
    let of = |resource| sort_key(resource, &sort.path, types);
    compare_keys(of(one).as_ref(), of(other).as_ref(), sort.descending).then_with(|| one.id.cmp(&other.id))
}

/// What a resource is ordered by: comparable with those of the same path.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the words of `Value`")]
pub enum SortKey {
    Boolean(bool),
    Integer(i64),
    Decimal(f64),
    Moment(Timestamp),
    /// Folded, unless case matters.
    Text(String),
    Octets(Vec<u8>),
}

/// What the resource is ordered by: of several values the primary or first. `None`: it has none.
pub fn sort_key(resource: &Resource, path: &Path, types: &TypeSchema) -> Option<SortKey> {
    if path.key.extension.is_none() && path.key.name.as_ref() == "id" {
        return Some(SortKey::Octets(resource.id.0.to_vec()));
    }
    let case_exact = is_case_exact(path, types);
    let attribute = Whole {
        resource,
        id_text: "",
        types,
    }
    .attribute(&path.key)?;
    let elements = attribute.each();
    let primary = |element: &&Value| element.sub("primary") == Some(&Value::Boolean(true));
    let mut chosen = elements.iter().find(primary).into_iter().chain(elements);
    chosen.find_map(|element| of_value(element, path.sub.as_deref(), case_exact))
}

/// The order of two keys: what is missing comes last ascending and first descending.
pub fn compare_keys(one: Option<&SortKey>, other: Option<&SortKey>, descending: bool) -> Ordering {
    let ascending = match (one, other) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(one), Some(other)) => one.compare(other),
    };
    if descending { ascending.reverse() } else { ascending }
}

impl SortKey {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(one), Self::Boolean(other)) => one.cmp(other),
            (Self::Integer(one), Self::Integer(other)) => one.cmp(other),
            (Self::Decimal(one), Self::Decimal(other)) => one.total_cmp(other),
            (Self::Moment(one), Self::Moment(other)) => one.cmp(other),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Octets(one), Self::Octets(other)) => one.cmp(other),
            // Of one path all are of one kind; should they not be, kinds have an order too, so that there is one.
            (one, other) => one.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Boolean(_) => 0,
            Self::Integer(_) => 1,
            Self::Decimal(_) => 2,
            Self::Moment(_) => 3,
            Self::Text(_) => 4,
            Self::Octets(_) => 5,
        }
    }
}

fn of_value(element: &Value, sub: Option<&str>, case_exact: bool) -> Option<SortKey> {
    let value = match (sub, element) {
        (Some(name), Value::Complex(_)) => element.sub(name)?,
        (None | Some("value"), simple) => simple,
        _ => return None,
    };
    Some(match value {
        Value::Text(text) if text.is_empty() => return None,
        Value::Text(text) => SortKey::Text(fold(text, case_exact).into_owned()),
        Value::Boolean(value) => SortKey::Boolean(*value),
        Value::Integer(value) => SortKey::Integer(*value),
        Value::Decimal(value) => SortKey::Decimal(*value),
        Value::Moment(at) => SortKey::Moment(*at),
        Value::Octets(octets) => SortKey::Octets(octets.clone()),
        Value::Complex(_) | Value::Many(_) => return None,
    })
}
