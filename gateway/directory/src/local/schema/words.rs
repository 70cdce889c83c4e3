//! The words of a definition, one after the other.

use super::source::{Place, Problem, Word};
use postern_ldap::attribute::{Spelling, is_oid, spelling};
use std::sync::Arc;

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
    pub(super) fn oid(&mut self) -> Result<(Arc<str>, Place), Problem> {
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
    pub(super) fn keyword(&mut self) -> Result<Option<(String, Place)>, Problem> {
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

    pub(super) fn quoted(&mut self) -> Result<String, Problem> {
        match self.take("a text in quotes")? {
            (Word::Quoted(text), _) => Ok(text.clone()),
            (_, place) => Err(Problem::new(
                place,
                "a text in single quotes is due here",
                "Put it in single quotes",
            )),
        }
    }

    pub(super) fn plain(&mut self) -> Result<String, Problem> {
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
    pub(super) fn plain_or_quoted(&mut self) -> Result<String, Problem> {
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
    pub(super) fn names(&mut self) -> Result<Vec<Arc<str>>, Problem> {
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
    pub(super) fn list(&mut self) -> Result<Vec<String>, Problem> {
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
    pub(super) fn skip_value(&mut self) -> Result<(), Problem> {
        match self.take("a text in quotes")? {
            (Word::Open, _) => {
                while *self.take("`)`")?.0 != Word::Close {}
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
