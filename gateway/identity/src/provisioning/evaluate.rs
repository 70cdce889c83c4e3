//! Whether a resource is what a filter looks for: the one place that says so (RFC 7644 §3.4.2.2).
//!
//! Two-valued: a comparison with what is not there is false, `ne` alone is true, and `not` turns it round. Of several values one that compares so is
//! enough, for `ne` too: some value differs.

mod order;
#[cfg(test)]
mod tests;

pub use order::{SortKey, compare_for_sort, compare_keys, sort_key};

use super::filter::{Filter, Operand, Operator, Path};
use super::resource::Resource;
use super::schema::{Shape, TypeSchema};
use super::value::{Key, Value};
use std::borrow::Cow;
use std::cmp::Ordering;
use unicode_normalization::UnicodeNormalization as _;

/// Whether the filter holds of the resource; `id_text` is its id as its directory spells it.
pub fn evaluate(filter: &Filter, resource: &Resource, id_text: &str, types: &TypeSchema) -> bool {
    let whole = Whole {
        resource,
        id_text,
        types,
    };
    holds(filter, types, &|path| whole.values(path), &|attribute| {
        whole.attribute(attribute).map_or_else(Vec::new, each)
    })
}

/// Whether one element of a multi-valued attribute fulfils a filter whose paths are of that attribute.
pub fn evaluate_element(filter: &Filter, element: &Value, types: &TypeSchema) -> bool {
    holds(filter, types, &|path| subs(element, path.sub.as_deref()), &|_| {
        Vec::new()
    })
}

/// The one walk: `values` says what a path leads to, `elements` what an attribute's elements are.
fn holds<'v>(
    filter: &Filter,
    types: &TypeSchema,
    values: &dyn Fn(&Path) -> Vec<Cow<'v, Value>>,
    elements: &dyn Fn(&Key) -> Vec<Cow<'v, Value>>,
) -> bool {
    match filter {
        Filter::And(all) => all.iter().all(|part| holds(part, types, values, elements)),
        Filter::Or(any) => any.iter().any(|part| holds(part, types, values, elements)),
        Filter::Not(inner) => !holds(inner, types, values, elements),
        Filter::Present(path) => values(path).iter().any(|value| is_something(value)),
        Filter::Compare {
            path,
            operator,
            operand,
        } => compares(&values(path), *operator, operand, is_case_exact(path, types)),
        Filter::Element { attribute, filter } => elements(attribute)
            .iter()
            .any(|element| evaluate_element(filter, element, types)),
        Filter::Never => false,
    }
}

fn compares(values: &[Cow<'_, Value>], operator: Operator, operand: &Operand, case_exact: bool) -> bool {
    let present = || values.iter().any(|value| is_something(value));
    match (operator, operand) {
        (Operator::Eq, Operand::Null) => !present(),
        (Operator::Ne, Operand::Null) => present(),
        (_, Operand::Null) => false,
        (Operator::Ne, _) => {
            !present()
                || values
                    .iter()
                    .any(|value| order_of(value, operand, case_exact) != Some(Ordering::Equal))
        }
        (Operator::Co | Operator::Sw | Operator::Ew, Operand::Text(part)) => {
            let part = fold(part, case_exact);
            values.iter().any(|value| match value.as_ref() {
                Value::Text(text) => {
                    let text = fold(text, case_exact);
                    match operator {
                        Operator::Co => text.contains(part.as_ref()),
                        Operator::Sw => text.starts_with(part.as_ref()),
                        _ => text.ends_with(part.as_ref()),
                    }
                }
                _ => false,
            })
        }
        _ => values
            .iter()
            .filter_map(|value| order_of(value, operand, case_exact))
            .any(|order| match operator {
                Operator::Eq => order.is_eq(),
                Operator::Gt => order.is_gt(),
                Operator::Ge => order.is_ge(),
                Operator::Lt => order.is_lt(),
                Operator::Le => order.is_le(),
                Operator::Ne | Operator::Co | Operator::Sw | Operator::Ew => false,
            }),
    }
}

/// How a value lies to the operand; `None`: they are not of one kind, and compare in no way.
fn order_of(value: &Value, operand: &Operand, case_exact: bool) -> Option<Ordering> {
    match (value, operand) {
        (Value::Text(text), Operand::Text(other)) => Some(fold(text, case_exact).cmp(&fold(other, case_exact))),
        (Value::Boolean(value), Operand::Boolean(other)) => Some(value.cmp(other)),
        (Value::Moment(value), Operand::Moment(other)) => Some(value.cmp(other)),
        (Value::Integer(value), Operand::Integer(other)) => Some(value.cmp(other)),
        (Value::Integer(value), Operand::Decimal(other)) => as_decimal(*value).partial_cmp(other),
        (Value::Decimal(value), Operand::Decimal(other)) => value.partial_cmp(other),
        (Value::Decimal(value), Operand::Integer(other)) => value.partial_cmp(&as_decimal(*other)),
        _ => None,
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "comparison with a decimal is as exact as decimals are"
)]
fn as_decimal(value: i64) -> f64 {
    value as f64
}

/// Text as it is compared: without case, and composed, unless case matters.
pub(super) fn fold(text: &str, case_exact: bool) -> Cow<'_, str> {
    if case_exact
        || text
            .bytes()
            .all(|octet| octet.is_ascii() && !octet.is_ascii_uppercase())
    {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Owned(text.chars().flat_map(char::to_lowercase).nfc().collect())
}

/// RFC 7644 table 3, `pr`: not empty; of a complex value, some sub-attribute is not.
fn is_something(value: &Value) -> bool {
    match value {
        Value::Text(text) => !text.is_empty(),
        Value::Octets(octets) => !octets.is_empty(),
        Value::Complex(subs) => subs.values().any(is_something),
        Value::Many(values) => values.iter().any(is_something),
        Value::Boolean(_) | Value::Integer(_) | Value::Decimal(_) | Value::Moment(_) => true,
    }
}

/// Whether case matters for what a path leads to. `id` and `meta` are exact (RFC 7643 §3.1), URNs are not (RFC 8141 §3).
pub(super) fn is_case_exact(path: &Path, types: &TypeSchema) -> bool {
    match (path.key.extension.as_deref(), path.key.name.as_ref()) {
        (None, "id" | "meta") => true,
        (None, "schemas") => false,
        (None, "externalId") => types.of(&path.key).is_none_or(|known| known.case_exact),
        _ => types
            .of(&path.key)
            .is_some_and(|known| match (&known.shape, path.sub.as_deref()) {
                (Shape::Complex(_), Some(sub)) => known.sub(sub).is_some_and(|sub| sub.case_exact),
                _ => known.case_exact,
            }),
    }
}

/// A resource with what is not in its tree.
pub(super) struct Whole<'r> {
    pub(super) resource: &'r Resource,
    pub(super) id_text: &'r str,
    pub(super) types: &'r TypeSchema,
}

impl<'r> Whole<'r> {
    pub(super) fn values(&self, path: &Path) -> Vec<Cow<'r, Value>> {
        match self.attribute(&path.key) {
            None => Vec::new(),
            Some(Cow::Borrowed(value)) => subs(value, path.sub.as_deref()),
            Some(Cow::Owned(value)) => subs(&value, path.sub.as_deref())
                .into_iter()
                .map(|value| Cow::Owned(value.into_owned()))
                .collect(),
        }
    }

    pub(super) fn attribute(&self, key: &Key) -> Option<Cow<'r, Value>> {
        match (key.extension.as_deref(), key.name.as_ref()) {
            (None, "id") => Some(Cow::Owned(Value::text(self.id_text))),
            (None, "meta") => Some(Cow::Owned(self.meta())),
            (None, "schemas") => Some(Cow::Owned(self.schemas())),
            _ => self.resource.attributes.get(key).map(Cow::Borrowed),
        }
    }

    fn meta(&self) -> Value {
        let resource = self.resource;
        let moments = [("created", resource.created), ("lastModified", resource.modified)];
        Value::complex(
            [
                ("resourceType", Value::text(resource.kind.as_str())),
                ("version", Value::text(resource.version.0.as_ref())),
            ]
            .into_iter()
            .chain(
                moments
                    .into_iter()
                    .filter_map(|(name, at)| Some((name, Value::Moment(at?)))),
            ),
        )
    }

    fn schemas(&self) -> Value {
        let held = |urn: &str| {
            self.resource
                .attributes
                .0
                .keys()
                .any(|key| key.extension.as_deref() == Some(urn))
        };
        let extensions = self.types.extensions.iter().filter(|schema| held(&schema.urn));
        let urns = std::iter::once(&self.types.core).chain(extensions);
        Value::Many(urns.map(|schema| Value::text(schema.urn.as_ref())).collect())
    }
}

fn each(value: Cow<'_, Value>) -> Vec<Cow<'_, Value>> {
    match value {
        Cow::Borrowed(value) => value.each().iter().map(Cow::Borrowed).collect(),
        Cow::Owned(Value::Many(values)) => values.into_iter().map(Cow::Owned).collect(),
        one @ Cow::Owned(_) => vec![one],
    }
}

/// What a sub-attribute is in each value. `value` of a simple one is itself (RFC 7643 §2.4).
fn subs<'v>(value: &'v Value, sub: Option<&str>) -> Vec<Cow<'v, Value>> {
    value
        .each()
        .iter()
        .filter_map(|one| match (sub, one) {
            (None, one) => Some(one),
            (Some(name), Value::Complex(_)) => one.sub(name),
            (Some("value"), simple) => Some(simple),
            _ => None,
        })
        .flat_map(Value::each)
        .map(Cow::Borrowed)
        .collect()
}
