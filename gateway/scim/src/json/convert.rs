//! One attribute's value, from JSON to what its schema says it is (RFC 7643 §2.3), forgiving what is clear.

use super::Strictness;
use super::read::named;
use crate::scalar;
use crate::wire::last_segment;
use crate::wire::name::{refers, sub_of};
use postern_identity::provisioning::{Attribute, EditFault, EditFaultKind, Mutability, Shape, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most values of one attribute; members are none of these.
pub(crate) const MOST_VALUES: usize = 1_000;

/// How one client is read.
#[derive(Clone, Copy)]
pub(crate) struct Reader {
    strictness: Strictness,
    /// What nobody writes is read too, to be compared.
    compares: bool,
}

impl Reader {
    pub(crate) fn new(strictness: Strictness) -> Self {
        Self {
            strictness,
            compares: false,
        }
    }

    /// Reads what is only compared with what is there.
    pub(crate) fn comparing(self) -> Self {
        Self { compares: true, ..self }
    }

    pub(crate) fn is_strict(self) -> bool {
        self.strictness == Strictness::Strict
    }

    /// The value of an attribute; `None`: there is none, for null, an empty list, an empty text and an object without values are all the same
    /// (RFC 7643 §2.5).
    pub(crate) fn value(self, json: Json, attribute: &Attribute) -> Result<Option<Value>, EditFault> {
        if attribute.multi_valued {
            return self.values(json, attribute);
        }
        match json {
            Json::Array(mut list) if !self.is_strict() && list.len() < 2 => match list.pop() {
                Some(only) => self.element(only, attribute),
                None => Ok(None),
            },
            Json::Array(list) if list.is_empty() => Ok(None),
            Json::Array(_) => Err(invalid(attribute, "has one value")),
            single => self.element(single, attribute),
        }
    }

    fn values(self, json: Json, attribute: &Attribute) -> Result<Option<Value>, EditFault> {
        let list = match json {
            Json::Array(list) => list,
            Json::Null => return Ok(None),
            _ if self.is_strict() => return Err(invalid(attribute, "is a list")),
            single => vec![single],
        };
        let mut values: Vec<Value> = Vec::new();
        if list.len() > MOST_VALUES {
            return Err(invalid(attribute, &format!("has more than {MOST_VALUES} values")));
        }
        for item in list {
            match self.element(item, attribute)? {
                // A type without a value is what some send for none.
                Some(hollow) if !self.is_strict() && !self.compares && is_hollow(attribute, &hollow) => {}
                Some(value) => merge(&mut values, value),
                None => {}
            }
        }
        if values.iter().filter(|value| is_primary(value)).count() > 1 {
            return Err(invalid(attribute, "has more than one primary value"));
        }
        Ok((!values.is_empty()).then_some(Value::Many(values)))
    }

    /// One value of an attribute, whether it has several or not.
    pub(crate) fn element(self, json: Json, attribute: &Attribute) -> Result<Option<Value>, EditFault> {
        match json {
            Json::Null => Ok(None),
            Json::String(text) if text.is_empty() && self.clears(attribute) => Ok(None),
            json => match &attribute.shape {
                Shape::Complex(_) => self.complex(json, attribute),
                shape => self.simple(json, shape, attribute).map(Some),
            },
        }
    }

    /// `""` clears whatever it stands for; by the RFCs text alone can be empty, and of that no directory keeps any.
    fn clears(self, attribute: &Attribute) -> bool {
        !self.is_strict() || matches!(attribute.shape, Shape::Text | Shape::Reference(_))
    }

    fn complex(self, json: Json, attribute: &Attribute) -> Result<Option<Value>, EditFault> {
        let subs = match json {
            Json::Object(subs) => subs,
            // A manager as its id, an address as its text.
            single if !self.is_strict() && !single.is_array() && attribute.sub("value").is_some() => {
                serde_json::Map::from_iter([("value".to_owned(), single)])
            }
            _ => return Err(invalid(attribute, "is an object")),
        };
        let mut value = BTreeMap::new();
        let mut reference = None;
        for (name, json) in subs {
            let Some(sub) = sub_of(attribute, &name) else {
                if self.is_strict() {
                    let detail = format!("{} has no {}", attribute.name, named(&name));
                    return Err(EditFault::new(EditFaultKind::InvalidSyntax, detail));
                }
                continue;
            };
            if sub.name.as_ref() == "$ref" {
                reference = json.as_str().map(|address| last_segment(address).to_owned());
                continue;
            }
            // RFC 7643 §7: of what nobody writes what is sent does not count.
            if sub.mutability == Mutability::ReadOnly && !self.compares {
                continue;
            }
            match self.value(json, sub).map_err(|fault| within(attribute, &fault))? {
                Some(known) => insert(&mut value, attribute, sub, known)?,
                // `{"value": ""}` is no value at all, whatever stands beside it.
                None if sub.name.as_ref() == "value" => return Ok(None),
                None => {}
            }
        }
        if let Some(id) = reference.filter(|id| !id.is_empty() && refers(attribute)) {
            value.entry("value".into()).or_insert(Value::Text(id));
        }
        Ok((!value.is_empty()).then_some(Value::Complex(value)))
    }

    fn simple(self, json: Json, shape: &Shape, attribute: &Attribute) -> Result<Value, EditFault> {
        let lenient = !self.is_strict();
        let converted = match (shape, json) {
            (Shape::Text | Shape::Reference(_), Json::String(text)) => Some(Value::Text(text)),
            (Shape::Text, Json::Number(number)) if lenient => Some(Value::Text(number.to_string())),
            (Shape::Text, Json::Bool(value)) if lenient => Some(Value::Text(value.to_string())),
            (Shape::Boolean, Json::Bool(value)) => Some(Value::Boolean(value)),
            (Shape::Boolean, Json::String(text)) if lenient => scalar::boolean(text.trim()).map(Value::Boolean),
            (Shape::Integer, Json::Number(number)) => {
                number.as_i64().or_else(|| whole(number.as_f64()?)).map(Value::Integer)
            }
            (Shape::Integer, Json::String(text)) if lenient => text.trim().parse().ok().map(Value::Integer),
            (Shape::Decimal, Json::Number(number)) => number.as_f64().map(Value::Decimal),
            (Shape::Decimal, Json::String(text)) if lenient => text
                .trim()
                .parse()
                .ok()
                .filter(|value: &f64| value.is_finite())
                .map(Value::Decimal),
            (Shape::Moment, Json::String(text)) => scalar::moment(&text).map(Value::Moment),
            (Shape::Octets, Json::String(text)) => scalar::octets(&text).map(Value::Octets),
            _ => None,
        };
        converted.ok_or_else(|| {
            invalid(
                attribute,
                match shape {
                    Shape::Text | Shape::Reference(_) => "is text",
                    Shape::Boolean => "is true or false",
                    Shape::Integer => "is a whole number",
                    Shape::Decimal => "is a number",
                    Shape::Moment => "is a moment with its zone, as \"2026-01-31T12:00:00Z\"",
                    Shape::Octets => "is base64",
                    Shape::Complex(_) => "is an object",
                },
            )
        })
    }
}

/// Adds an element to a list; one with the same type and value is the same element (RFC 7643 §2.4), and what is new of it counts.
pub(crate) fn merge(values: &mut Vec<Value>, value: Value) {
    let same = values.iter_mut().find(|known| is_same(known, &value));
    match (same, value) {
        (Some(Value::Complex(known)), Value::Complex(subs)) => known.extend(subs),
        (Some(_), _) => {}
        (None, value) => values.push(value),
    }
}

/// Whether two elements are of one type and value; without a value, whether they are equal.
pub(crate) fn is_same(one: &Value, other: &Value) -> bool {
    match (one.sub("value"), other.sub("value")) {
        (Some(value), Some(same)) => value == same && one.sub("type") == other.sub("type"),
        _ => one == other,
    }
}

/// Whether nothing is left of an element but what says where it belongs.
pub(crate) fn is_hollow(attribute: &Attribute, element: &Value) -> bool {
    match element {
        Value::Complex(subs) => subs.keys().all(|name| {
            let read_only = || {
                attribute
                    .sub(name)
                    .is_some_and(|sub| sub.mutability == Mutability::ReadOnly)
            };
            matches!(name.as_ref(), "type" | "primary") || read_only()
        }),
        _ => false,
    }
}

pub(crate) fn is_primary(value: &Value) -> bool {
    value.sub("primary") == Some(&Value::Boolean(true))
}

/// Puts a sub-attribute there: `primary: false` is none, and a type has the spelling of its place in the directory.
fn insert(
    value: &mut BTreeMap<Arc<str>, Value>,
    attribute: &Attribute,
    sub: &Attribute,
    known: Value,
) -> Result<(), EditFault> {
    match normal(attribute, sub, known)? {
        Some(known) => value.insert(Arc::clone(&sub.name), known),
        None => None,
    };
    Ok(())
}

/// What a sub-attribute's value comes to.
pub(crate) fn normal(attribute: &Attribute, sub: &Attribute, known: Value) -> Result<Option<Value>, EditFault> {
    match (sub.name.as_ref(), known) {
        ("primary", Value::Boolean(false)) => Ok(None),
        ("type", Value::Text(kind)) if !sub.canonical.is_empty() && sub.mutability != Mutability::ReadOnly => {
            place(attribute, sub, &kind).map(Some)
        }
        (_, known) => Ok(Some(known)),
    }
}

/// types are suggestions, but one that has no place in the directory cannot be kept.
fn place(attribute: &Attribute, sub: &Attribute, kind: &str) -> Result<Value, EditFault> {
    let known = sub.canonical.iter().find(|known| known.eq_ignore_ascii_case(kind));
    known.map(|known| Value::text(known.as_ref())).ok_or_else(|| {
        let detail = format!(
            "{}.type has no such place here; there are {}",
            attribute.name,
            sub.canonical.join(", ")
        );
        EditFault::new(EditFaultKind::InvalidValue, detail)
    })
}

/// A number without a fraction, however it was written.
fn whole(value: f64) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation, reason = "within what a decimal holds exactly")]
    let whole = value as i64;
    (value.fract() == 0.0 && value.abs() < 9e15).then_some(whole)
}

fn invalid(attribute: &Attribute, what: &str) -> EditFault {
    EditFault::new(EditFaultKind::InvalidValue, format!("{} {what}", attribute.name))
}

fn within(attribute: &Attribute, fault: &EditFault) -> EditFault {
    EditFault::new(fault.kind, format!("{}.{}", attribute.name, fault.detail))
}
