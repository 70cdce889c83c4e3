//! Whether the tree has the shape the schema asks for: the keys that are known, and what kind of value each takes.
//!
//! All mistakes are found in one walk and worded here; what is wrong is taken out of the tree, so that the rest can still be read
//! and looked at. The same schema guides editors, so the two cannot disagree.

use super::document::{Document, Found, Table};
use super::problem::{nearest, one_of, quoted};
use serde_json::{Map, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeValue};

/// The most mistakes of shape that are reported.
const MOST_PROBLEMS: usize = 200;

/// Finds every place where the tree differs from the schema, and takes it out.
pub(super) fn check(document: &Document<'_>, root: &mut Spanned<Table<'_>>, schema: &Value, found: &mut Found) {
    let mut walk = Walk {
        document,
        definitions: schema.get("$defs").and_then(Value::as_object),
        found,
        left: MOST_PROBLEMS,
    };
    let span = root.span();
    walk.table("the file", &span, root.get_mut(), schema);
}

struct Walk<'w, 'd> {
    document: &'w Document<'d>,
    definitions: Option<&'w Map<String, Value>>,
    found: &'w mut Found,
    left: usize,
}

impl<'w> Walk<'w, '_> {
    /// False if the value is of no use.
    fn value(&mut self, name: &str, node: &mut Spanned<DeValue<'_>>, schema: &'w Value) -> bool {
        let schema = self.resolved(schema);
        let span = node.span();
        if let Some(words) = words_of(schema) {
            return match node.get_ref() {
                DeValue::String(word) if words.contains(&word.as_ref()) => true,
                DeValue::String(word) => {
                    let what = format!("{} is no value of {name}", quoted(word));
                    self.problem(&span, what, one_of(word, words.iter().copied()))
                }
                other => self.wrong_kind(name, &span, other, "string"),
            };
        }
        let Some(wanted) = schema.get("type").and_then(Value::as_str) else {
            return true;
        };
        match (wanted, node.get_mut()) {
            ("boolean", DeValue::Boolean(_)) | ("string", DeValue::String(_)) => true,
            ("integer", DeValue::Integer(number)) => self.number(name, &span, number, schema),
            ("array", DeValue::Array(items)) => {
                let Some(of_item) = schema.get("items") else {
                    return true;
                };
                let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
                if items.len() as u64 >= least {
                    let (before, of_tables) = (items.len(), items.iter().all(|item| item.get_ref().is_table()));
                    let label = format!("an item of {name}");
                    let kept = std::mem::replace(items, DeArray::new())
                        .into_iter()
                        .filter_map(|mut item| {
                            let sound = self.value(&label, &mut item, of_item);
                            sound.then_some(item)
                        });
                    *items = kept.collect();
                    // A list of texts that lost one is another list; of tables, the others can still be looked at.
                    items.len() == before || of_tables
                } else {
                    self.problem(&span, format!("{name} is empty"), "at least one")
                }
            }
            ("object", DeValue::Table(table)) => {
                self.table(name, &span, table, schema);
                true
            }
            (_, other) => self.wrong_kind(name, &span, other, wanted),
        }
    }

    fn table(&mut self, name: &str, span: &Range<usize>, table: &mut Table<'_>, schema: &'w Value) {
        let keys = schema.get("properties").and_then(Value::as_object);
        for word in table.keys() {
            // A slip of the hand is told once: as an unknown key, not as a missing one as well.
            let known: Vec<_> = keys.into_iter().flat_map(Map::keys).map(String::as_str).collect();
            if let Some(meant) = nearest(word.get_ref(), &known).filter(|_| !known.contains(&word.get_ref().as_ref())) {
                self.found.taken.insert((span.start, meant.to_owned()));
            }
        }
        for key in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            let Some(key) = key.as_str().filter(|key| self.missing(span, table, key)) else {
                continue;
            };
            let described = keys
                .and_then(|keys| keys.get(key)?.get("description")?.as_str())
                .and_then(|described| described.lines().next())
                .map_or_else(
                    || "add it".to_owned(),
                    |first| format!("add it ({})", first.trim_end_matches('.')),
                );
            self.problem(span, format!("{name} has no {}", quoted(key)), described);
        }
        let entries = std::mem::take(table).into_iter().filter_map(|(key, mut node)| {
            let word: &str = key.get_ref();
            let label = quoted(word);
            let sound = if let Some(schema) = keys.and_then(|keys| keys.get(word)) {
                self.value(&label, &mut node, schema)
            } else {
                let known = keys.into_iter().flat_map(Map::keys).map(String::as_str);
                self.problem(&key.span(), format!("unknown key {label}"), one_of(word, known))
            };
            if sound {
                return Some((key, node));
            }
            self.found.taken.insert((span.start, word.to_owned()));
            None
        });
        *table = entries.collect();
    }

    fn missing(&self, span: &Range<usize>, table: &Table<'_>, key: &str) -> bool {
        !table.contains_key(key) && !self.found.taken.contains(&(span.start, key.to_owned()))
    }

    fn number(&mut self, name: &str, span: &Range<usize>, number: &DeInteger<'_>, schema: &Value) -> bool {
        let least = schema.get("minimum").and_then(Value::as_i64).unwrap_or(0);
        let most = schema.get("maximum").and_then(Value::as_i64).unwrap_or(u32::MAX.into());
        let value = i64::from_str_radix(number.as_str(), number.radix()).ok();
        if value.is_some_and(|value| (least..=most).contains(&value)) {
            return true;
        }
        let what = format!("{name} is {number}");
        self.problem(span, what, format!("a whole number from {least} to {most}"))
    }

    fn wrong_kind(&mut self, name: &str, span: &Range<usize>, found: &DeValue<'_>, wanted: &str) -> bool {
        self.problem(span, format!("{name} is {}", kind_of(found)), in_words(wanted))
    }

    /// Always false: what a problem is told of is of no use.
    fn problem(&mut self, span: &Range<usize>, what: impl Into<String>, remedy: impl Into<String>) -> bool {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            self.found.problems.push(self.document.problem(span, what, remedy));
        }
        false
    }

    /// A reference followed once: our types do not refer to references.
    fn resolved(&self, schema: &'w Value) -> &'w Value {
        schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| path.strip_prefix("#/$defs/"))
            .and_then(|name| self.definitions.and_then(|definitions| definitions.get(name)))
            .unwrap_or(schema)
    }
}

/// The words a schema allows, if it is a choice of words: `enum`, or described words as `oneOf` constants.
fn words_of(schema: &Value) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Some(words.iter().filter_map(Value::as_str).collect());
    }
    let choices = schema.get("oneOf").and_then(Value::as_array)?;
    Some(
        choices
            .iter()
            .filter_map(|choice| choice.get("const").and_then(Value::as_str))
            .collect(),
    )
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text in quotes",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn in_words(kind: &str) -> &'static str {
    match kind {
        "string" => "a text in quotes",
        "integer" => "a whole number",
        "boolean" => "true or false",
        "array" => "a list",
        _ => "a table",
    }
}
