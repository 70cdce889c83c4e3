//! A TOML file as a tree that remembers where everything stood, so that every mistake in it is told at once, at its place.
//!
//! Policy files, their tests and the program's configuration are all read this way: [`Document::parse`] finds every
//! mistake of TOML → a reader with a step of its own takes it over [`Document::parts`] → [`shape::check`](crate::shape::check)
//! finds every difference from a schema and takes it out → [`Document::read`] or [`Document::give_up`] gives a type.

use crate::problem::{Problem, in_order};
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The most mistakes of TOML itself that are reported of one file.
const MOST_SYNTAX_PROBLEMS: usize = 20;

/// A file that is valid TOML.
pub struct Document<'t> {
    places: Places<'t>,
    root: Spanned<DeTable<'t>>,
    taken: Taken,
}

/// A file's name and text, for problems at places in it.
#[derive(Clone, Copy)]
pub struct Places<'t> {
    path: &'t str,
    text: &'t str,
    advice: &'t Advice,
}

/// What one kind of file advises where the remedy depends on the kind.
#[derive(Debug, Clone, Copy)]
pub struct Advice {
    /// Where the text is not TOML.
    pub syntax: &'static str,
    /// Where a required key is missing, from what its schema says of it.
    pub missing: fn(description: &str) -> String,
    /// Where a tree of the right shape does not fit its type all the same.
    pub misfit: &'static str,
}

/// Keys that are missing from a table because they were taken out of it or misspelt, which has been told: nobody is to be
/// told that they are missing as well. A table is known by where it begins.
#[derive(Debug, Default)]
pub struct Taken(HashSet<(usize, String)>);

impl Taken {
    /// A key of the table at `table` has been told of.
    pub fn add(&mut self, table: &Range<usize>, key: &str) {
        self.0.insert((table.start, key.to_owned()));
    }

    /// Whether a key of the table at `table` has been told of.
    pub fn holds(&self, table: &Range<usize>, key: &str) -> bool {
        self.0.contains(&(table.start, key.to_owned()))
    }
}

/// One step from a table or list to something in it.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// The value of a table's key.
    Key(&'a str),
    /// A list's item, from 0.
    Item(usize),
}

impl<'t> Document<'t> {
    /// Reads a file's octets, of which `path` is told; every mistake of TOML itself is a problem.
    pub fn parse(path: &'t str, octets: &'t [u8], advice: &'t Advice) -> Result<Self, Vec<Problem>> {
        let text = std::str::from_utf8(octets).map_err(|error| {
            let sound = octets.get(..error.valid_up_to()).unwrap_or_default();
            let (line, column) = line_and_column(&String::from_utf8_lossy(sound), error.valid_up_to());
            vec![Problem {
                path: path.to_owned(),
                line,
                column,
                what: "this is not UTF-8 text".to_owned(),
                remedy: "save the file as UTF-8".to_owned(),
            }]
        })?;
        let places = Places { path, text, advice };
        let (root, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let problems = errors.iter().take(MOST_SYNTAX_PROBLEMS).map(|error| {
                let what = format!("this is not TOML ({})", one_line(error.message()));
                places.problem(&error.span().unwrap_or_default(), what, advice.syntax)
            });
            return Err(in_order(problems.collect()));
        }
        let taken = Taken::default();
        Ok(Self { places, root, taken })
    }

    /// For a step that changes the tree: its places, the tree itself, and what has been taken out of it.
    pub fn parts(&mut self) -> (Places<'t>, &mut Spanned<DeTable<'t>>, &mut Taken) {
        (self.places, &mut self.root, &mut self.taken)
    }

    /// The tree, for whoever notes its places.
    pub(crate) fn root(&self) -> &Spanned<DeTable<'t>> {
        &self.root
    }

    /// What has been taken out of the tree.
    pub fn taken(&self) -> &Taken {
        &self.taken
    }

    /// The tree as a type. Meant for trees whose shape has been checked: the one problem it can give is worded for all.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.places.read(self.root.clone())
    }

    /// The same, and the tree is empty afterwards: a tree that holds passwords is not copied.
    pub fn give_up<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        let tree = std::mem::take(self.root.get_mut());
        self.places.read(Spanned::new(self.root.span(), tree))
    }

    /// A problem at a place in the file's octets.
    pub fn problem(&self, span: &Range<usize>, what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        self.places.problem(span, what, remedy)
    }

    /// A problem at the value a path leads to, or as near to it as the file goes.
    pub fn problem_at(&self, steps: &[Step<'_>], what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        self.problem(&self.span_of(steps), what, remedy)
    }

    fn span_of(&self, steps: &[Step<'_>]) -> Range<usize> {
        let mut span = self.root.span();
        let mut here: Option<&DeValue<'t>> = None;
        for step in steps {
            let next = match (step, here) {
                (Step::Key(key), None) => self.root.get_ref().get(*key),
                (Step::Key(key), Some(DeValue::Table(table))) => table.get(*key),
                (Step::Item(position), Some(DeValue::Array(list))) => list.get(*position),
                _ => None,
            };
            let Some(next) = next else { break };
            span = next.span();
            here = Some(next.get_ref());
        }
        span
    }
}

impl<'t> Places<'t> {
    /// A problem at a place in the file's octets.
    pub fn problem(&self, span: &Range<usize>, what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        let (line, column) = line_and_column(self.text, span.start);
        Problem {
            path: self.path.to_owned(),
            line,
            column,
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// What stands at a place, as it is written.
    pub fn written(&self, span: &Range<usize>) -> Option<&'t str> {
        self.text.get(span.clone())
    }

    pub(crate) fn advice(&self) -> &'t Advice {
        self.advice
    }

    fn read<T: DeserializeOwned>(&self, tree: Spanned<DeTable<'_>>) -> Result<T, Problem> {
        T::deserialize(toml::Deserializer::from(tree)).map_err(|error| {
            let span = error.span().unwrap_or_default();
            self.problem(&span, "this does not fit here", self.advice.misfit)
        })
    }
}

/// The name alone: a configuration's values may be secret.
impl fmt::Debug for Document<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Document")
            .field("path", &self.places.path)
            .finish_non_exhaustive()
    }
}

/// Both from 1; the column in characters.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let (before, _) = text.split_at(end);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        line,
        before.chars().count() - before.get(..start).unwrap_or_default().chars().count() + 1,
    )
}

/// The parser's own words, which name kinds of tokens and never quote the file, kept to one line.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::ADVICE;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let text = "a = 1\n# é\nßb = 2\n";
        assert_eq!(line_and_column(text, 0), (1, 1));
        assert_eq!(line_and_column(text, text.find('b').unwrap()), (3, 2));
        assert_eq!(line_and_column(text, 9_999), (4, 1));
    }

    #[test]
    fn text_that_is_not_utf8_is_placed_at_the_first_bad_octet() {
        let problems = Document::parse("p.toml", b"priority = 1\nx = \"\xff\"", &ADVICE).unwrap_err();
        assert_eq!((problems[0].line, problems[0].column), (2, 6));
        assert_eq!(problems[0].what, "this is not UTF-8 text");
    }

    #[test]
    fn a_document_shown_for_debugging_keeps_its_values_to_itself() {
        let shown = format!("{:?}", Document::parse("p.toml", b"password = \"hush\"", &ADVICE));
        assert!(shown.contains("p.toml") && !shown.contains("hush"), "{shown}");
    }

    #[test]
    fn every_mistake_of_syntax_is_reported_at_once() {
        let problems = Document::parse("p.toml", b"a = \nb = 1\nc = [1, \nd = 2\nb = 3\n", &ADVICE).unwrap_err();
        let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
        assert!(lines.contains(&1) && problems.len() >= 2, "{problems:?}");
    }

    #[test]
    fn a_path_that_leads_nowhere_is_placed_where_it_was_lost() {
        let document = Document::parse("p.toml", b"x = 1\n[[policy]]\nroute = \"a\"\n", &ADVICE).unwrap();
        let lost = [Step::Key("policy"), Step::Item(0), Step::Key("pass"), Step::Key("tls")];
        assert_eq!(document.problem_at(&lost, "", "").line, 2);
    }
}
