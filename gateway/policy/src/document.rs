//! A TOML file as a tree that remembers where everything stood.

use crate::problem::{Problem, in_order};
use serde::de::DeserializeOwned;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The most mistakes of TOML itself that are reported of one file.
const MOST_SYNTAX_PROBLEMS: usize = 20;

/// A file that is valid TOML.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    path: &'t str,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

/// One step from a table or list to something in it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

impl<'t> Document<'t> {
    /// Reads a file's octets; every mistake of TOML itself is a problem.
    pub(crate) fn parse(path: &'t str, octets: &'t [u8]) -> Result<Self, Vec<Problem>> {
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
        let (root, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let problems = errors.iter().take(MOST_SYNTAX_PROBLEMS).map(|error| {
                let (line, column) = line_and_column(text, error.span().map_or(0, |span| span.start));
                Problem {
                    path: path.to_owned(),
                    line,
                    column,
                    what: format!("this is not TOML ({})", one_line(error.message())),
                    remedy: "see https://toml.io for how it is written; a half-written file has to be saved whole"
                        .to_owned(),
                }
            });
            return Err(in_order(problems.collect()));
        }
        Ok(Self { path, text, root })
    }

    /// The whole tree.
    pub(crate) fn root(&self) -> &Spanned<DeTable<'t>> {
        &self.root
    }

    /// The tree as a type. Meant for trees whose shape has been checked: the one problem it can give is worded for all.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        T::deserialize(toml::Deserializer::from(self.root.clone())).map_err(|error| {
            self.problem(
                error.span().unwrap_or_default(),
                "this does not fit here",
                "see policy.schema.json for what fits",
            )
        })
    }

    /// A problem at a place in the file's octets.
    pub(crate) fn problem(&self, span: Range<usize>, what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        let (line, column) = line_and_column(self.text, span.start);
        Problem {
            path: self.path.to_owned(),
            line,
            column,
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// A problem at the value a path leads to, or as near to it as the file goes.
    pub(crate) fn problem_at(&self, steps: &[Step<'_>], what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        self.problem(self.span_of(steps), what, remedy)
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

/// Both from 1; the column in characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
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

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let text = "a = 1\n# é\nßb = 2\n";
        assert_eq!(line_and_column(text, 0), (1, 1));
        assert_eq!(line_and_column(text, text.find('b').unwrap()), (3, 2));
        assert_eq!(line_and_column(text, 9_999), (4, 1));
    }

    #[test]
    fn text_that_is_not_utf8_is_placed_at_the_first_bad_octet() {
        let problems = Document::parse("p.toml", b"priority = 1\nx = \"\xff\"").unwrap_err();
        assert_eq!((problems[0].line, problems[0].column), (2, 6));
        assert_eq!(problems[0].what, "this is not UTF-8 text");
    }

    #[test]
    fn every_mistake_of_syntax_is_reported_at_once() {
        let problems = Document::parse("p.toml", b"a = \nb = 1\nc = [1, \nd = 2\nb = 3\n").unwrap_err();
        let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
        assert!(lines.contains(&1) && problems.len() >= 2, "{problems:?}");
    }

    #[test]
    fn a_path_that_leads_nowhere_is_placed_where_it_was_lost() {
        let document = Document::parse("p.toml", b"x = 1\n[[policy]]\nroute = \"a\"\n").unwrap();
        let lost = [Step::Key("policy"), Step::Item(0), Step::Key("pass"), Step::Key("tls")];
        assert_eq!(document.problem_at(&lost, "", "").line, 2);
    }
}
