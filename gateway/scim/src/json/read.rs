//! A request's body, read strictly and in bounded memory.

use postern_identity::provisioning::{EditFault, EditFaultKind};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;

/// Most objects and lists within each other.
pub(super) const DEEPEST: usize = 32;
/// Most memory of what was read, about. A body of many small objects takes eighty times its own length.
pub(super) const LARGEST: usize = 48 * 1024 * 1024;

/// Reads a request's body: an object in UTF-8 (RFC 8259), without duplicate keys, which are the same in any case (RFC 7643 §2.1), no deeper than 32,
/// in bounded memory.
pub fn read(octets: &[u8]) -> Result<Value, EditFault> {
    let limits = Limits {
        left: Cell::new(LARGEST),
        fault: RefCell::new(None),
    };
    let mut reader = serde_json::Deserializer::from_slice(octets);
    let node = Node {
        limits: &limits,
        depth: 0,
    };
    let value = node
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    match value {
        Ok(value) if value.is_object() => Ok(value),
        Ok(_) => Err(syntax("the body is no JSON object")),
        // Never the parser's own text, which may quote what was sent.
        Err(error) => Err(limits.fault.take().unwrap_or_else(|| {
            syntax(format!(
                "the body is no JSON in UTF-8: line {}, column {}",
                error.line(),
                error.column()
            ))
        })),
    }
}

struct Limits {
    left: Cell<usize>,
    fault: RefCell<Option<EditFault>>,
}

impl Limits {
    fn spend<E: Error>(&self, octets: usize) -> Result<(), E> {
        match self.left.get().checked_sub(octets) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(self.refuse(syntax("the body holds more values than are read at once"))),
        }
    }

    fn refuse<E: Error>(&self, fault: EditFault) -> E {
        self.fault.replace(Some(fault));
        E::custom("refused")
    }
}

#[derive(Clone, Copy)]
struct Node<'l> {
    limits: &'l Limits,
    depth: usize,
}

impl Node<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > DEEPEST {
            return Err(self
                .limits
                .refuse(syntax(format!("the body is nested more than {DEEPEST} deep"))));
        }
        Ok(Self { depth, ..self })
    }

    fn text<E: Error>(self, text: String) -> Result<Value, E> {
        self.limits.spend(VALUE + text.len())?;
        Ok(Value::String(text))
    }

    fn scalar<E: Error>(self, value: impl Into<Value>) -> Result<Value, E> {
        self.limits.spend(VALUE)?;
        Ok(value.into())
    }
}

/// What values take in memory: with the room a list keeps free, and an object's first node.
const VALUE: usize = 64;
const OBJECT: usize = 640;

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.scalar(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.scalar(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.scalar(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.scalar(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.scalar(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.text(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        self.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        self.limits.spend(VALUE)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        self.limits.spend(OBJECT)?;
        let mut map = Map::new();
        let mut seen = BTreeSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.limits.spend(VALUE + 2 * key.len())?;
            if !seen.insert(key.to_lowercase()) {
                let what = format!("{} stands twice in one object", named(&key));
                return Err(self.limits.refuse(syntax(what)));
            }
            map.insert(key, entries.next_value_seed(inner)?);
        }
        Ok(Value::Object(map))
    }
}

/// A name somebody sent, short enough to be told.
pub(crate) fn named(name: &str) -> String {
    let short: String = name.chars().filter(|letter| !letter.is_control()).take(64).collect();
    format!("\"{short}\"")
}

fn syntax(detail: impl Into<std::borrow::Cow<'static, str>>) -> EditFault {
    EditFault::new(EditFaultKind::InvalidSyntax, detail)
}
