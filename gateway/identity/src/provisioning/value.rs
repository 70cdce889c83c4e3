//! Attributes of a resource as a tree (RFC 7643 §2): not any wire's.

use crate::clock::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An attribute by the schema it belongs to and its name, in the schema's own spelling: two keys are the same attribute if they are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The extension's URN; `None`: the core schema of the resource's type, or a common attribute (`id`, `externalId`, `meta`, `schemas`).
    pub extension: Option<Arc<str>>,
    /// The attribute's name.
    pub name: Arc<str>,
}

impl Key {
    /// An attribute of the core schema.
    pub fn core(name: impl Into<Arc<str>>) -> Self {
        Self {
            extension: None,
            name: name.into(),
        }
    }

    /// An attribute of an extension.
    pub fn of(extension: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self {
            extension: Some(extension.into()),
            name: name.into(),
        }
    }
}

/// One value. What is not assigned is not there: there is no null (RFC 7643 §2.5).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text, and references (RFC 7643 §2.3.1, §2.3.7).
    Text(String),
    /// RFC 7643 §2.3.2.
    Boolean(bool),
    /// RFC 7643 §2.3.4.
    Integer(i64),
    /// RFC 7643 §2.3.3.
    Decimal(f64),
    /// RFC 7643 §2.3.5.
    Moment(Timestamp),
    /// RFC 7643 §2.3.6.
    Octets(Vec<u8>),
    /// Sub-attributes by their names in the schema's spelling (RFC 7643 §2.3.8).
    Complex(BTreeMap<Arc<str>, Value>),
    /// The values of a multi-valued attribute (RFC 7643 §2.4), never none.
    Many(Vec<Value>),
}

/// The attributes of a resource. `id`, `meta` and `schemas` are not among them, `externalId` is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(pub BTreeMap<Key, Value>);

impl Attributes {
    /// The value of an attribute, if it has any.
    pub fn get(&self, key: &Key) -> Option<&Value> {
        self.0.get(key)
    }

    /// The text of an attribute of the core schema.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(&Key::core(name)) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Puts a value there; one that is nothing (an empty list, a complex value without sub-attributes) removes it.
    pub fn set(&mut self, key: Key, value: Value) {
        match &value {
            Value::Many(values) if values.is_empty() => self.0.remove(&key),
            Value::Complex(subs) if subs.is_empty() => self.0.remove(&key),
            _ => self.0.insert(key, value),
        };
    }

    /// Removes an attribute.
    pub fn clear(&mut self, key: &Key) {
        self.0.remove(key);
    }
}

impl Value {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A complex value of these.
    pub fn complex<'n>(subs: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        Self::Complex(subs.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// Each value of a multi-valued attribute; a single one is itself.
    pub fn each(&self) -> &[Value] {
        match self {
            Self::Many(values) => values,
            one => std::slice::from_ref(one),
        }
    }

    /// A sub-attribute of a complex value.
    pub fn sub(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Complex(subs) => subs.get(name),
            _ => None,
        }
    }
}
