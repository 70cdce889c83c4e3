//! Files of definitions: as slapd has them (`attributetype ( … )`) and as LDIF has them (`attributeTypes: ( … )`, also `olcAttributeTypes: {0}( … )`).

use super::definition::{AttributeDefinition, ClassDefinition, Definition, Origin};
use super::words::Words;
use std::collections::HashMap;
use std::sync::Arc;
use thiserror::Error;

/// The largest file read, in octets.
const LARGEST: usize = 4 * 1024 * 1024;

/// What is wrong with a file of definitions; who wrote it can mend it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}:{line}:{column}: {problem}. {remedy}.")]
pub struct SchemaError {
    /// The file, as it is shown.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// What is wrong at a place.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) place: Place,
    pub(super) what: String,
    pub(super) remedy: String,
}

impl Problem {
    pub(super) fn new(place: Place, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            place,
            what: problem.into(),
            remedy: remedy.into(),
        }
    }

    pub(super) fn in_file(self, file: &str) -> SchemaError {
        SchemaError {
            file: file.to_owned(),
            line: self.place.line,
            column: self.place.column,
            problem: self.what,
            remedy: self.remedy,
        }
    }
}

/// A word of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    Open,
    Close,
    Dollar,
    Quoted(String),
    Plain(String),
}

/// The definitions of a file, in order.
pub(super) fn read(file: &str, text: &str, standard: bool) -> Result<Vec<Definition>, SchemaError> {
    definitions(file, text, standard).map_err(|problem| problem.in_file(file))
}

fn definitions(file: &str, text: &str, standard: bool) -> Result<Vec<Definition>, Problem> {
    if text.len() > LARGEST {
        return Err(Problem::new(
            Place { line: 1, column: 1 },
            "the file is larger than 4 MiB",
            "Keep in it only what is not standard",
        ));
    }
    let file: Arc<str> = file.into();
    let mut short: HashMap<String, String> = HashMap::new();
    let mut found = Vec::new();
    for Statement { start, letters } in statements(text) {
        let keyword_end = letters
            .iter()
            .position(|(letter, _)| letter.is_whitespace() || *letter == '(')
            .unwrap_or(letters.len());
        let (keyword, rest) = letters.split_at_checked(keyword_end).unwrap_or_default();
        let keyword: String = keyword.iter().map(|(letter, _)| letter.to_ascii_lowercase()).collect();
        let origin = Origin {
            file: Arc::clone(&file),
            place: start,
            standard,
        };
        let lookup = |name: &str| short.get(name).cloned();
        match keyword.as_str() {
            "attributetype" | "attributetypes:" | "olcattributetypes:" => {
                let words = words(rest)?;
                let read = AttributeDefinition::read(origin, &mut Words::new(&words, start, &lookup))?;
                found.push(Definition::Attribute(read));
            }
            "objectclass" | "objectclasses:" | "olcobjectclasses:" => {
                let words = words(rest)?;
                let read = ClassDefinition::read(origin, &mut Words::new(&words, start, &lookup))?;
                found.push(Definition::Class(read));
            }
            "objectidentifier" | "olcobjectidentifier:" => {
                let words = words(rest)?;
                let [(Word::Plain(name), _), (Word::Plain(oid), _)] = words.as_slice() else {
                    return Err(Problem::new(
                        start,
                        "a short name and an OID are due here",
                        "Write: objectidentifier example 1.3.6.1.4.1.32473",
                    ));
                };
                let whole = match oid.split_once(':') {
                    Some((first, more)) => short.get(first).map(|first| format!("{first}.{more}")),
                    None => Some(short.get(oid).unwrap_or(oid).clone()),
                };
                let whole = whole.ok_or_else(|| {
                    Problem::new(
                        start,
                        format!("{oid} begins with a short name that is not defined"),
                        "Define it in a line before",
                    )
                })?;
                short.insert(name.clone(), whole);
            }
            // What else an LDIF of a schema has.
            "dn:" | "objectclass:" | "cn:" | "changetype:" | "add:" | "-" | "version:" => {}
            _ => {
                return Err(Problem::new(
                    start,
                    format!("{keyword} defines nothing that is known here"),
                    "Keep attributetype and objectclass definitions, or attributeTypes: and objectClasses: of LDIF",
                ));
            }
        }
    }
    Ok(found)
}

/// A line with those that continue it; every character with its place.
struct Statement {
    start: Place,
    letters: Vec<(char, Place)>,
}

fn statements(text: &str) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let place = |column: usize| Place {
            line: index + 1,
            column: column + 1,
        };
        let letters = line
            .trim_end()
            .chars()
            .enumerate()
            .map(|(column, letter)| (letter, place(column)));
        match line.chars().next() {
            None | Some('#') => {}
            Some(' ' | '\t') if line.trim().is_empty() => {}
            Some(' ' | '\t')
                if line.trim_start().starts_with('#')
                    && !found.last().is_some_and(Statement::keyword_ends_with_colon) => {}
            Some(' ' | '\t') => {
                if let Some(last) = found.last_mut() {
                    // LDIF folds anywhere, also within words (RFC 2849 §2); elsewhere the line's end is white space.
                    let folded = last.keyword_ends_with_colon();
                    last.letters.extend(letters.skip(usize::from(folded)));
                } else {
                    found.push(Statement {
                        start: place(0),
                        letters: letters.collect(),
                    });
                }
            }
            Some(_) => found.push(Statement {
                start: place(0),
                letters: letters.collect(),
            }),
        }
    }
    found
}

impl Statement {
    fn keyword_ends_with_colon(&self) -> bool {
        self.letters
            .iter()
            .map(|(letter, _)| *letter)
            .find(|letter| letter.is_whitespace() || matches!(letter, ':' | '('))
            == Some(':')
    }
}

fn words(mut rest: &[(char, Place)]) -> Result<Vec<(Word, Place)>, Problem> {
    let mut found = Vec::new();
    while let [(letter, place), after @ ..] = rest {
        let word = match letter {
            letter if letter.is_whitespace() => {
                rest = after;
                continue;
            }
            // `{0}` before a definition: its place in slapd's own configuration.
            '{' if found.is_empty() => {
                let end = after
                    .iter()
                    .position(|(letter, _)| *letter == '}')
                    .map_or(after.len(), |end| end + 1);
                rest = after.get(end..).unwrap_or_default();
                continue;
            }
            '(' => Word::Open,
            ')' => Word::Close,
            '$' => Word::Dollar,
            '\'' => {
                let end = after.iter().position(|(letter, _)| *letter == '\'').ok_or_else(|| {
                    Problem::new(
                        *place,
                        "this quote is not closed",
                        "Put a single quote at the end of the text",
                    )
                })?;
                let text: String = after.iter().take(end).map(|(letter, _)| *letter).collect();
                found.push((
                    Word::Quoted(text.replace("\\27", "'").replace("\\5C", "\\").replace("\\5c", "\\")),
                    *place,
                ));
                rest = after.get(end + 1..).unwrap_or_default();
                continue;
            }
            _ => {
                let end = rest
                    .iter()
                    .position(|(letter, _)| letter.is_whitespace() || matches!(letter, '(' | ')' | '$' | '\''))
                    .unwrap_or(rest.len());
                let (word, more) = rest.split_at_checked(end).unwrap_or_default();
                found.push((Word::Plain(word.iter().map(|(letter, _)| *letter).collect()), *place));
                rest = more;
                continue;
            }
        };
        found.push((word, *place));
        rest = after;
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
