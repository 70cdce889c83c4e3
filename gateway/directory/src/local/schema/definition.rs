//! One definition (RFC 4512 §4.1.1, §4.1.2): read from words, written as it is published.

use super::build::ClassKind;
use super::source::{Place, Problem};
use super::words::Words;
use std::fmt::Write as _;
use std::sync::Arc;

/// What a file or the standard defines.
#[derive(Clone)]
pub(super) enum Definition {
    Attribute(AttributeDefinition),
    Class(ClassDefinition),
}

/// Where it stands, for whoever has to mend it.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) file: Arc<str>,
    pub(super) place: Place,
    pub(super) standard: bool,
}

#[derive(Clone)]
pub(super) struct AttributeDefinition {
    pub(super) origin: Origin,
    pub(super) oid: Arc<str>,
    pub(super) names: Vec<Arc<str>>,
    pub(super) description: Option<String>,
    pub(super) obsolete: bool,
    pub(super) superior: Option<String>,
    pub(super) equality: Option<String>,
    pub(super) ordering: Option<String>,
    pub(super) substring: Option<String>,
    /// With its bound of length, `{64}`, if there is one.
    pub(super) syntax: Option<String>,
    pub(super) single_value: bool,
    pub(super) no_user_modification: bool,
    pub(super) usage: Option<String>,
}

#[derive(Clone)]
pub(super) struct ClassDefinition {
    pub(super) origin: Origin,
    pub(super) oid: Arc<str>,
    pub(super) names: Vec<Arc<str>>,
    pub(super) description: Option<String>,
    pub(super) obsolete: bool,
    pub(super) superiors: Vec<String>,
    pub(super) kind: ClassKind,
    pub(super) must: Vec<String>,
    pub(super) may: Vec<String>,
}

impl AttributeDefinition {
    pub(super) fn read(origin: Origin, words: &mut Words<'_>) -> Result<Self, Problem> {
        let (oid, at) = words.oid()?;
        let mut read = Self {
            origin: Origin { place: at, ..origin },
            oid,
            names: Vec::new(),
            description: None,
            obsolete: false,
            superior: None,
            equality: None,
            ordering: None,
            substring: None,
            syntax: None,
            single_value: false,
            no_user_modification: false,
            usage: None,
        };
        while let Some((word, place)) = words.keyword()? {
            match word.as_str() {
                "NAME" => read.names = words.names()?,
                "DESC" => read.description = Some(words.quoted()?),
                "OBSOLETE" => read.obsolete = true,
                "SUP" => read.superior = Some(words.plain()?),
                "EQUALITY" => read.equality = Some(words.plain()?),
                "ORDERING" => read.ordering = Some(words.plain()?),
                "SUBSTR" => read.substring = Some(words.plain()?),
                "SYNTAX" => read.syntax = Some(words.plain_or_quoted()?),
                "SINGLE-VALUE" => read.single_value = true,
                "NO-USER-MODIFICATION" => read.no_user_modification = true,
                "USAGE" => read.usage = Some(words.plain()?),
                "COLLECTIVE" => {
                    return Err(Problem::new(
                        place,
                        "collective attributes are not kept",
                        "Take COLLECTIVE away",
                    ));
                }
                extension if extension.starts_with("X-") => words.skip_value()?,
                _ => return Err(unknown(&word, place, "an attribute type")),
            }
        }
        named(&read.names, &read.origin)?;
        Ok(read)
    }

    /// As RFC 4512 writes it.
    pub(super) fn text(&self) -> String {
        let mut out = opening(&self.oid, &self.names, self.description.as_deref(), self.obsolete);
        for (keyword, value) in [
            ("SUP", &self.superior),
            ("EQUALITY", &self.equality),
            ("ORDERING", &self.ordering),
            ("SUBSTR", &self.substring),
            ("SYNTAX", &self.syntax),
        ] {
            if let Some(value) = value {
                let _ = write!(out, " {keyword} {value}");
            }
        }
        if self.single_value {
            out.push_str(" SINGLE-VALUE");
        }
        if self.no_user_modification {
            out.push_str(" NO-USER-MODIFICATION");
        }
        if let Some(usage) = &self.usage {
            let _ = write!(out, " USAGE {usage}");
        }
        out.push_str(" )");
        out
    }
}

impl ClassDefinition {
    pub(super) fn read(origin: Origin, words: &mut Words<'_>) -> Result<Self, Problem> {
        let (oid, at) = words.oid()?;
        let mut read = Self {
            origin: Origin { place: at, ..origin },
            oid,
            names: Vec::new(),
            description: None,
            obsolete: false,
            superiors: Vec::new(),
            kind: ClassKind::Structural,
            must: Vec::new(),
            may: Vec::new(),
        };
        while let Some((word, place)) = words.keyword()? {
            match word.as_str() {
                "NAME" => read.names = words.names()?,
                "DESC" => read.description = Some(words.quoted()?),
                "OBSOLETE" => read.obsolete = true,
                "SUP" => read.superiors = words.list()?,
                "ABSTRACT" => read.kind = ClassKind::Abstract,
                "STRUCTURAL" => read.kind = ClassKind::Structural,
                "AUXILIARY" => read.kind = ClassKind::Auxiliary,
                "MUST" => read.must = words.list()?,
                "MAY" => read.may = words.list()?,
                extension if extension.starts_with("X-") => words.skip_value()?,
                _ => return Err(unknown(&word, place, "an object class")),
            }
        }
        named(&read.names, &read.origin)?;
        Ok(read)
    }

    /// As RFC 4512 writes it.
    pub(super) fn text(&self) -> String {
        let mut out = opening(&self.oid, &self.names, self.description.as_deref(), self.obsolete);
        list(&mut out, "SUP", &self.superiors);
        out.push_str(match self.kind {
            ClassKind::Abstract => " ABSTRACT",
            ClassKind::Structural => " STRUCTURAL",
            ClassKind::Auxiliary => " AUXILIARY",
        });
        list(&mut out, "MUST", &self.must);
        list(&mut out, "MAY", &self.may);
        out.push_str(" )");
        out
    }
}

fn unknown(word: &str, place: Place, of: &str) -> Problem {
    Problem::new(
        place,
        format!("{word} is no part of {of}"),
        "Write keywords in capitals, as RFC 4512 has them",
    )
}

fn named(names: &[Arc<str>], origin: &Origin) -> Result<(), Problem> {
    if names.is_empty() {
        Err(Problem::new(
            origin.place,
            "it has no name",
            "Give it one: NAME 'example'",
        ))
    } else {
        Ok(())
    }
}

fn opening(oid: &str, names: &[Arc<str>], description: Option<&str>, obsolete: bool) -> String {
    let mut out = format!("( {oid}");
    match names {
        [] => {}
        [one] => {
            let _ = write!(out, " NAME '{one}'");
        }
        several => {
            out.push_str(" NAME (");
            for name in several {
                let _ = write!(out, " '{name}'");
            }
            out.push_str(" )");
        }
    }
    if let Some(description) = description {
        let escaped = description.replace('\\', "\\5C").replace('\'', "\\27");
        let _ = write!(out, " DESC '{escaped}'");
    }
    if obsolete {
        out.push_str(" OBSOLETE");
    }
    out
}

fn list(out: &mut String, keyword: &str, values: &[String]) {
    match values {
        [] => {}
        [one] => {
            let _ = write!(out, " {keyword} {one}");
        }
        several => {
            let _ = write!(out, " {keyword} ( {} )", several.join(" $ "));
        }
    }
}
