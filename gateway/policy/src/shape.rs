//! Whether a TOML tree has the shape its schema asks for. All mistakes of a file are found in one walk, and each is worded
//! here, with the place it stands at and what would be right.
//!
//! Only the keywords our own schemas use are known; a test refuses a schema that uses another.

use crate::document::Document;
use crate::problem::{Problem, in_order, one_of, quoted};
use serde_json::{Map, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

/// The most mistakes of shape that are reported of one file.
const MOST_PROBLEMS: usize = 200;

/// Every place where a file differs from its schema.
pub(crate) fn check(document: &Document<'_>, schema: &Value) -> Vec<Problem> {
    let mut walk = Walk {
        document,
        definitions: schema.get("$defs").and_then(Value::as_object),
        problems: Vec::new(),
    };
    walk.table("the file", document.root().span(), document.root().get_ref(), schema);
    in_order(walk.problems)
}

struct Walk<'a> {
    document: &'a Document<'a>,
    definitions: Option<&'a Map<String, Value>>,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    fn value(&mut self, name: &str, node: &Spanned<DeValue<'_>>, schema: &'a Value) {
        let schema = self.resolved(schema);
        if let Some(words) = words_of(schema) {
            return self.word(name, node, &words);
        }
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            let kind = kind_of(node.get_ref());
            let choices: Vec<_> = choices.iter().map(|choice| self.resolved(choice)).collect();
            return match choices.iter().find(|choice| type_of(choice) == Some(kind)) {
                Some(choice) => self.value(name, node, choice),
                None => self.wrong_kind(
                    name,
                    node,
                    &choices.iter().filter_map(|c| type_of(c)).collect::<Vec<_>>(),
                ),
            };
        }
        let Some(wanted) = type_of(schema) else { return };
        match (wanted, node.get_ref()) {
            ("boolean", DeValue::Boolean(_)) => {}
            ("string", DeValue::String(text)) => {
                if text.len() < bound(schema, "minLength") {
                    self.problem(node.span(), format!("{name} is empty"), "a name".to_owned());
                }
            }
            ("integer", DeValue::Integer(number)) => self.number(name, node.span(), number, schema),
            ("array", DeValue::Array(items)) => {
                if items.iter().count() < bound(schema, "minItems") {
                    self.problem(node.span(), format!("{name} is empty"), "at least one".to_owned());
                }
                if let Some(schema) = schema.get("items") {
                    for item in items {
                        self.value(&format!("an item of {name}"), item, schema);
                    }
                }
            }
            ("object", DeValue::Table(table)) => self.table(name, node.span(), table, schema),
            _ => self.wrong_kind(name, node, &[wanted]),
        }
    }

    fn table(&mut self, name: &str, span: Range<usize>, table: &DeTable<'_>, schema: &'a Value) {
        let none = Map::new();
        let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        for (key, node) in table {
            let label = quoted(key.get_ref()).to_string();
            // Looked up again in the schema itself, whose lifetime the walk needs.
            let of_key = schema
                .get("properties")
                .and_then(|keys| keys.get(key.get_ref().as_ref()));
            match of_key.or(others) {
                Some(of_key) => self.value(&label, node, of_key),
                None => self.problem(
                    key.span(),
                    format!("unknown key {label}"),
                    one_of(key.get_ref(), known.keys().map(String::as_str)),
                ),
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for key in required.into_iter().flatten().filter_map(Value::as_str) {
            if table.get(key).is_none() {
                let described = known
                    .get(key)
                    .and_then(|schema| schema.get("description"))
                    .and_then(Value::as_str);
                self.problem(
                    span.clone(),
                    format!("{name} has no {}", quoted(key)),
                    described.map_or_else(|| "add it".to_owned(), |described| format!("add it. {described}")),
                );
            }
        }
    }

    fn word(&mut self, name: &str, node: &Spanned<DeValue<'_>>, words: &[&str]) {
        match node.get_ref() {
            DeValue::String(word) if words.contains(&word.as_ref()) => {}
            DeValue::String(word) => self.problem(
                node.span(),
                format!("{} is no value of {name}", quoted(word)),
                one_of(word, words.iter().copied()),
            ),
            _ => self.wrong_kind(name, node, &["string"]),
        }
    }

    fn number(&mut self, name: &str, span: Range<usize>, number: &DeInteger<'_>, schema: &Value) {
        let least = schema.get("minimum").and_then(Value::as_i64).unwrap_or(0);
        let most = schema.get("maximum").and_then(Value::as_i64).unwrap_or(u32::MAX.into());
        let value = i64::from_str_radix(number.as_str(), number.radix()).ok();
        if !value.is_some_and(|value| (least..=most).contains(&value)) {
            self.problem(
                span,
                format!("{name} is {}", quoted(number.as_str())).replace('"', ""),
                format!("a whole number from {least} to {most}"),
            );
        }
    }

    fn wrong_kind(&mut self, name: &str, node: &Spanned<DeValue<'_>>, wanted: &[&str]) {
        let wanted: Vec<_> = wanted.iter().map(|kind| in_words(kind)).collect();
        let found = in_words(kind_of(node.get_ref()));
        self.problem(node.span(), format!("{name} is {found}"), wanted.join(" or "));
    }

    fn problem(&mut self, span: Range<usize>, what: String, remedy: String) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(self.document.problem(span, what, remedy));
        }
    }

    /// A reference followed once: our types do not refer to references.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| path.strip_prefix("#/$defs/"))
            .and_then(|name| self.definitions.and_then(|definitions| definitions.get(name)))
            .unwrap_or(schema)
    }
}

/// The words a schema allows, if it is a choice of words.
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
