//! One definition (RFC 4512 §4.1.1, §4.1.2): read from words, written as it is published.

use super::build::ClassKind;
use super::source::{Place, Problem, Word};
use postern_ldap::attribute::{Spelling, is_oid, spelling};
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

/// The words of one definition.
pub(super) struct Words<'a> {
    left: &'a [(Word, Place)],
    /// Where the last one stood, for what is missing behind it.
    last: Place,
    /// Short names for the beginnings of OIDs (`objectidentifier` lines).
    short: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Words<'a> {
    pub(super) fn new(words: &'a [(Word, Place)], start: Place, short: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            left: words,
            last: start,
            short,
        }
    }

    fn next(&mut self) -> Option<(&'a Word, Place)> {
        let ((word, place), rest) = self.left.split_first()?;
        self.left = rest;
        self.last = *place;
        Some((word, *place))
    }

    fn take(&mut self, wanted: &str) -> Result<(&'a Word, Place), Problem> {
        let last = self.last;
        self.next().ok_or_else(|| {
            Problem::new(
                last,
                format!("{wanted} is missing behind this"),
                "Write the definition to its end, `)`",
            )
        })
    }

    /// `(` and the OID.
    fn oid(&mut self) -> Result<(Arc<str>, Place), Problem> {
        let (word, place) = self.take("`(`")?;
        if *word != Word::Open {
            return Err(Problem::new(
                place,
                "a definition begins with `(`",
                "Put it in parentheses",
            ));
        }
        let (word, place) = self.take("an OID")?;
        let Word::Plain(text) = word else {
            return Err(Problem::new(
                place,
                "an OID is due here",
                "Write digits and dots, such as 1.3.6.1.4.1.32473.1",
            ));
        };
        let oid = self.resolve(text);
        if !is_oid(oid.as_bytes()) || oid.len() > 120 {
            return Err(Problem::new(
                place,
                format!("{text} is no OID"),
                "Write digits and dots, such as 1.3.6.1.4.1.32473.1, or define the short name with objectidentifier before",
            ));
        }
        Ok((oid.into(), place))
    }

    fn resolve(&self, text: &str) -> String {
        if let Some(whole) = (self.short)(text) {
            return whole;
        }
        match text.split_once(':') {
            Some((short, rest)) => {
                (self.short)(short).map_or_else(|| text.to_owned(), |first| format!("{first}.{rest}"))
            }
            None => text.to_owned(),
        }
    }

    /// The next keyword; `None` behind the last parenthesis.
    fn keyword(&mut self) -> Result<Option<(String, Place)>, Problem> {
        match self.take("`)`")? {
            (Word::Close, _) => match self.next() {
                None => Ok(None),
                Some((_, place)) => Err(Problem::new(
                    place,
                    "something follows the definition's last parenthesis",
                    "Begin the next definition on a line of its own",
                )),
            },
            (Word::Plain(word), place) => Ok(Some((word.clone(), place))),
            (_, place) => Err(Problem::new(
                place,
                "a keyword such as NAME is due here",
                "Look for a missing parenthesis or quote",
            )),
        }
    }

    fn quoted(&mut self) -> Result<String, Problem> {
        match self.take("a text in quotes")? {
            (Word::Quoted(text), _) => Ok(text.clone()),
            (_, place) => Err(Problem::new(
                place,
                "a text in single quotes is due here",
                "Put it in single quotes",
            )),
        }
    }

    fn plain(&mut self) -> Result<String, Problem> {
        match self.take("a name or OID")? {
            (Word::Plain(text), _) => Ok(self.resolve(text)),
            (_, place) => Err(Problem::new(
                place,
                "a name or OID is due here",
                "Write it without quotes",
            )),
        }
    }

    /// Some products quote the OID of a syntax.
    fn plain_or_quoted(&mut self) -> Result<String, Problem> {
        match self.take("an OID")? {
            (Word::Plain(text) | Word::Quoted(text), _) => Ok(self.resolve(text)),
            (_, place) => Err(Problem::new(
                place,
                "the OID of a syntax is due here",
                "Write it behind SYNTAX",
            )),
        }
    }

    /// `'one'` or `( 'one' 'two' )`.
    fn names(&mut self) -> Result<Vec<Arc<str>>, Problem> {
        let mut names: Vec<Arc<str>> = Vec::new();
        let (first, place) = self.take("a name in quotes")?;
        let mut more = *first == Word::Open;
        let mut word = if more {
            self.take("a name in quotes")?
        } else {
            (first, place)
        };
        loop {
            match word {
                (Word::Quoted(name), place) => {
                    if spelling(name.as_bytes()) != Spelling::Name || name.len() > 120 {
                        return Err(Problem::new(
                            place,
                            format!("'{name}' is no name"),
                            "A name is a letter, then letters, digits and hyphens",
                        ));
                    }
                    names.push(name.as_str().into());
                }
                (Word::Close, _) if more => more = false,
                (_, place) => {
                    return Err(Problem::new(
                        place,
                        "a name in single quotes is due here",
                        "Put it in single quotes",
                    ));
                }
            }
            if !more {
                return Ok(names);
            }
            word = self.take("`)`")?;
        }
    }

    /// `one` or `( one $ two )`.
    fn list(&mut self) -> Result<Vec<String>, Problem> {
        match self.take("a name or `(`")? {
            (Word::Plain(one), _) => Ok(vec![self.resolve(one)]),
            (Word::Open, _) => {
                let mut found = Vec::new();
                loop {
                    found.push(self.plain()?);
                    match self.take("`)`")? {
                        (Word::Dollar, _) => {}
                        (Word::Close, _) => return Ok(found),
                        (_, place) => {
                            return Err(Problem::new(
                                place,
                                "`$` or `)` is due here",
                                "Put `$` between the names of a list",
                            ));
                        }
                    }
                }
            }
            (_, place) => Err(Problem::new(
                place,
                "a name or a list of names is due here",
                "Write names without quotes",
            )),
        }
    }

    /// What stands behind an extension: one text, or several in parentheses.
    fn skip_value(&mut self) -> Result<(), Problem> {
        match self.take("a text in quotes")? {
            (Word::Open, _) => {
                while *self.take("`)`")?.0 != Word::Close {}
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
