//! Whether a TOML tree has the shape its schema asks for. All mistakes of a file are found in one walk, and each is worded
//! here, with the place it stands at and what would be right. What is wrong is taken out of the tree, so that a reader who
//! wants to can look at the rest.
//!
//! Only the keywords our own schemas use are known; a test refuses a schema that uses another.

use crate::document::{Document, Places, Taken};
use crate::problem::{Problem, in_order, nearest, one_of, quoted};
use serde_json::{Map, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeTable, DeValue};

/// The most mistakes of shape that are reported of one file.
const MOST_PROBLEMS: usize = 200;

/// Every place where a file differs from its schema. Each is taken out of the tree.
pub fn check(document: &mut Document<'_>, schema: &Value) -> Vec<Problem> {
    let (places, root, taken) = document.parts();
    let mut walk = Walk {
        places,
        taken,
        definitions: schema.get("$defs").and_then(Value::as_object),
        problems: Vec::new(),
    };
    walk.table("the file", &root.span(), root.get_mut(), schema);
    in_order(walk.problems)
}

struct Walk<'w, 't> {
    places: Places<'t>,
    taken: &'w mut Taken,
    definitions: Option<&'w Map<String, Value>>,
    problems: Vec<Problem>,
}

impl<'w> Walk<'w, '_> {
    /// False if the value is of no use.
    fn value(&mut self, name: &str, node: &mut Spanned<DeValue<'_>>, schema: &'w Value) -> bool {
        let schema = self.resolved(schema);
        let span = node.span();
        if let Some(words) = words_of(schema) {
            return self.word(name, &span, node.get_ref(), &words);
        }
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            let kind = kind_of(node.get_ref());
            let choices: Vec<_> = choices.iter().map(|choice| self.resolved(choice)).collect();
            let kinds: Vec<_> = choices.iter().filter_map(|choice| type_of(choice)).collect();
            return match choices.iter().find(|choice| type_of(choice) == Some(kind)) {
                Some(choice) => self.value(name, node, choice),
                None => self.wrong_kind(name, &span, node.get_ref(), &kinds),
            };
        }
        let Some(wanted) = type_of(schema) else { return true };
        match (wanted, node.get_mut()) {
            ("string", DeValue::String(text)) if text.len() < bound(schema, "minLength") => {
                self.problem(&span, format!("{name} is empty"), "a name")
            }
            ("boolean", DeValue::Boolean(_)) | ("string", DeValue::String(_)) => true,
            ("integer", DeValue::Integer(number)) => self.number(name, &span, number, schema),
            ("array", DeValue::Array(items)) if items.len() < bound(schema, "minItems") => {
                self.problem(&span, format!("{name} is empty"), "at least one")
            }
            ("array", DeValue::Array(items)) => schema
                .get("items")
                .is_none_or(|of_item| self.items(&format!("an item of {name}"), items, of_item)),
            ("object", DeValue::Table(table)) => {
                self.table(name, &span, table, schema);
                true
            }
            (_, other) => self.wrong_kind(name, &span, other, &[wanted]),
        }
    }

    fn items(&mut self, name: &str, items: &mut DeArray<'_>, schema: &'w Value) -> bool {
        let (before, of_tables) = (items.len(), items.iter().all(|item| item.get_ref().is_table()));
        let kept = std::mem::replace(items, DeArray::new())
            .into_iter()
            .filter_map(|mut item| self.value(name, &mut item, schema).then_some(item));
        *items = kept.collect();
        // A list of texts that lost one is another list; of tables, the others can still be looked at.
        items.len() == before || of_tables
    }

    fn table(&mut self, name: &str, span: &Range<usize>, table: &mut DeTable<'_>, schema: &'w Value) {
        let keys = schema.get("properties").and_then(Value::as_object);
        let known = || keys.into_iter().flat_map(Map::keys).map(String::as_str);
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        if others.is_none() {
            // What stands under a misspelt key is not missing: the slip is told of, once.
            let unknown = table.keys().filter(|key| known().all(|known| known != key.get_ref()));
            for meant in unknown.filter_map(|key| nearest(key.get_ref(), known())) {
                self.taken.add(span, meant);
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for key in required.into_iter().flatten().filter_map(Value::as_str) {
            if table.contains_key(key) || self.taken.holds(span, key) {
                continue;
            }
            let described = keys.and_then(|keys| keys.get(key)?.get("description")?.as_str());
            let remedy = described.map_or_else(|| "add it".to_owned(), self.places.advice().missing);
            self.problem(span, format!("{name} has no {}", quoted(key)), remedy);
        }
        let entries = std::mem::take(table).into_iter().filter_map(|(key, mut node)| {
            let word: &str = key.get_ref();
            let label = quoted(word);
            let sound = match keys.and_then(|keys| keys.get(word)).or(others) {
                Some(schema) => self.value(&label, &mut node, schema),
                None => self.problem(&key.span(), format!("unknown key {label}"), one_of(word, known())),
            };
            if !sound {
                self.taken.add(span, word);
            }
            sound.then_some((key, node))
        });
        *table = entries.collect();
    }

    fn word(&mut self, name: &str, span: &Range<usize>, found: &DeValue<'_>, words: &[&str]) -> bool {
        match found {
            DeValue::String(word) if words.contains(&word.as_ref()) => true,
            DeValue::String(word) => {
                let what = format!("{} is no value of {name}", quoted(word));
                self.problem(span, what, one_of(word, words.iter().copied()))
            }
            other => self.wrong_kind(name, span, other, &["string"]),
        }
    }

    fn number(&mut self, name: &str, span: &Range<usize>, number: &DeInteger<'_>, schema: &Value) -> bool {
        let least = schema.get("minimum").and_then(Value::as_i64).unwrap_or(0);
        let most = schema.get("maximum").and_then(Value::as_i64).unwrap_or(u32::MAX.into());
        let value = i64::from_str_radix(number.as_str(), number.radix()).ok();
        if value.is_some_and(|value| (least..=most).contains(&value)) {
            return true;
        }
        let shown = quoted(&number.to_string()).replace('"', "");
        let remedy = format!("a whole number from {least} to {most}");
        self.problem(span, format!("{name} is {shown}"), remedy)
    }

    fn wrong_kind(&mut self, name: &str, span: &Range<usize>, found: &DeValue<'_>, wanted: &[&str]) -> bool {
        let wanted: Vec<_> = wanted.iter().map(|kind| in_words(kind)).collect();
        let found = in_words(kind_of(found));
        self.problem(span, format!("{name} is {found}"), wanted.join(" or "))
    }

    /// Always false: what a problem is told of is of no use.
    fn problem(&mut self, span: &Range<usize>, what: String, remedy: impl Into<String>) -> bool {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(self.places.problem(span, what, remedy));
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

fn type_of(schema: &Value) -> Option<&str> {
    schema.get("type").and_then(Value::as_str)
}

fn bound(schema: &Value, keyword: &str) -> usize {
    schema
        .get(keyword)
        .and_then(Value::as_u64)
        .and_then(|bound| usize::try_from(bound).ok())
        .unwrap_or(0)
}

/// A value's kind in the words of JSON schema.
fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn in_words(kind: &str) -> &'static str {
    match kind {
        "string" => "a text in quotes",
        "integer" => "a whole number",
        "number" => "a number with a fraction",
        "boolean" => "true or false",
        "date" => "a date",
        "array" => "a list",
        _ => "a table",
    }
}

#[cfg(test)]
mod tests;
