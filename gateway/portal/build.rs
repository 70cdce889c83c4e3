//! Reads the words of every language and writes one Rust function for each message, with its variables as parameters. So a message that a page needs
//! and nobody has written does not compile; one that nobody uses is dead code; and a language in which one is missing, superfluous, or has other
//! variables or too few plural forms, ends the build here.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::{env, fmt, fs};

/// The first is the one the others are compared with. Beside each, the plural forms it has (CLDR).
const LANGUAGES: [(&str, &[&str]); 4] = [
    ("en", &["one", "other"]),
    ("de", &["one", "other"]),
    ("fr", &["one", "other"]),
    ("ar", &["zero", "one", "two", "few", "many", "other"]),
];
const EVERY_PLURAL: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// What a variable is: something counted, or text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Text,
    Number,
}

/// Messages by name, with their variables in the order in which the text has them first: that is the order of the function's parameters.
type Messages = BTreeMap<String, Variables>;
type Variables = Vec<(String, Kind)>;

/// Shown as it stands when the build ends with it.
struct Mistake(String);

impl fmt::Debug for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Mistake {
    fn from(text: String) -> Self {
        Self(text)
    }
}

fn main() -> Result<(), Mistake> {
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(|e| e.to_string())?).join("words");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|e| e.to_string())?).join("words.rs");
    writeln!(
        std::io::stdout(),
        "cargo::rerun-if-changed=words\ncargo::rerun-if-changed=build.rs"
    )
    .map_err(|e| e.to_string())?;

    let mut all = Vec::new();
    for (tag, plurals) in LANGUAGES {
        let path = folder.join(format!("{tag}.ftl"));
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        all.push((tag, read(tag, plurals, &text)?));
    }
    let mut mistakes = Vec::new();
    let Some((first, others)) = all.split_first() else {
        return Ok(());
    };
    let mut wanted = first.1.clone();
    for (tag, messages) in others {
        mistakes.extend(compare(first.0, &mut wanted, tag, messages));
    }
    if !mistakes.is_empty() {
        let mistakes = mistakes.join("\n");
        return Err(Mistake(format!("the words of the languages do not agree:\n{mistakes}")));
    }
    fs::write(&out, functions(&wanted)).map_err(|e| Mistake(format!("{}: {e}", out.display())))
}

/// One language's messages. Only plain messages are understood: without attributes, terms and references.
fn read(tag: &str, plurals: &[&str], text: &str) -> Result<Messages, String> {
    let resource = fluent_syntax::parser::parse(text).map_err(|(_, errors)| format!("{tag}.ftl: {errors:?}"))?;
    let mut messages = Messages::new();
    for entry in resource.body {
        let message = match entry {
            Entry::Message(message) => message,
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => continue,
            Entry::Term(_) | Entry::Junk { .. } => return Err(format!("{tag}.ftl: only messages are understood")),
        };
        let name = message.id.name.to_owned();
        let value = message
            .value
            .ok_or_else(|| format!("{tag}.ftl: {name}: it has no text"))?;
        if !message.attributes.is_empty() {
            return Err(format!("{tag}.ftl: {name}: attributes are not understood"));
        }
        let mut variables = Variables::new();
        walk(&value, plurals, &mut variables).map_err(|mistake| format!("{tag}.ftl: {name}: {mistake}"))?;
        if messages.insert(name.clone(), variables).is_some() {
            return Err(format!("{tag}.ftl: {name}: it is there twice"));
        }
    }
    Ok(messages)
}

fn walk(pattern: &Pattern<&str>, plurals: &[&str], variables: &mut Variables) -> Result<(), String> {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else {
            continue;
        };
        match expression {
            Expression::Inline(InlineExpression::VariableReference { id }) => {
                note(variables, id.name, Kind::Text);
            }
            Expression::Inline(InlineExpression::StringLiteral { .. }) => {}
            Expression::Inline(_) => return Err("only variables stand in braces".into()),
            Expression::Select {
                selector: InlineExpression::VariableReference { id },
                variants,
            } => {
                note(variables, id.name, Kind::Number);
                let named: Vec<&str> = variants
                    .iter()
                    .filter_map(|variant| match variant.key {
                        VariantKey::Identifier { name } => Some(name),
                        VariantKey::NumberLiteral { .. } => None,
                    })
                    .collect();
                if let Some(unknown) = named.iter().find(|name| !EVERY_PLURAL.contains(name)) {
                    return Err(format!("[{unknown}] is no plural form"));
                }
                if let (false, Some(lacking)) = (named.is_empty(), plurals.iter().find(|form| !named.contains(form))) {
                    return Err(format!("the plural form [{lacking}] is missing"));
                }
                for variant in variants {
                    walk(&variant.value, plurals, variables)?;
                }
            }
            Expression::Select { .. } => return Err("only a variable is chosen by".into()),
        }
    }
    Ok(())
}

fn note(variables: &mut Variables, name: &str, kind: Kind) {
    match variables.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = kind.max(*known),
        None => variables.push((name.to_owned(), kind)),
    }
}

/// What differs. A variable that is counted in one language is a number in all of them.
fn compare(first: &str, wanted: &mut Messages, tag: &str, messages: &Messages) -> Vec<String> {
    let mut mistakes = Vec::new();
    for name in messages.keys().filter(|name| !wanted.contains_key(*name)) {
        mistakes.push(format!("{tag}.ftl: {name}: {first}.ftl has no such message"));
    }
    for (name, variables) in wanted {
        let Some(found) = messages.get(name) else {
            mistakes.push(format!("{tag}.ftl: {name} is missing"));
            continue;
        };
        for (variable, kind) in &mut *variables {
            match found.iter().find(|(name, _)| name == variable) {
                Some((_, other)) => *kind = (*kind).max(*other),
                None => mistakes.push(format!("{tag}.ftl: {name}: {{ ${variable} }} is missing")),
            }
        }
        for (variable, _) in found
            .iter()
            .filter(|(variable, _)| !variables.iter().any(|(name, _)| name == variable))
        {
            mistakes.push(format!("{tag}.ftl: {name}: {first}.ftl has no {{ ${variable} }}"));
        }
    }
    mistakes
}

fn functions(messages: &Messages) -> String {
    let mut rust = String::from("#[deny(dead_code, reason = \"a message nobody uses\")]\nimpl Words {\n");
    for (name, variables) in messages {
        let mut parameters = String::new();
        let mut values = String::new();
        for (variable, kind) in variables {
            let (kind, value) = match kind {
                Kind::Text => ("impl AsRef<str>", format!("FluentValue::from({variable}.as_ref())")),
                Kind::Number => ("impl Into<Count>", format!("FluentValue::from({variable}.into().0)")),
            };
            let _ = write!(parameters, ", {variable}: {kind}");
            let _ = write!(values, "(\"{variable}\", {value}), ");
        }
        let function = name.replace('-', "_");
        let _ = write!(
            rust,
            "    /// `{name}`\n    pub(crate) fn {function}(&self{parameters}) -> String {{\n        \
             self.say(\"{name}\", &[{values}])\n    }}\n"
        );
    }
    let _ = writeln!(
        rust,
        "}}\n\n/// Every message.\n#[cfg(test)]\npub(crate) const EVERY_MESSAGE: &[&str] = &{:?};",
        messages.keys().collect::<Vec<_>>()
    );
    rust
}
