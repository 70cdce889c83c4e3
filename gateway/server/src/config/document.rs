//! A configuration file as a tree that remembers where everything stood, with the environment's values filled in.

use super::problem::{Problem, one_line, quoted};
use std::collections::HashSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The largest configuration file that is read.
pub(super) const LARGEST_FILE: usize = 1024 * 1024;
/// The most mistakes of TOML itself that are reported.
const MOST_SYNTAX_PROBLEMS: usize = 20;
/// The longest value a name of the environment may stand for.
const LONGEST_VALUE: usize = 64 * 1024;

/// Looks a name of the environment up.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A table of the file, with the places of its keys and values.
pub(super) type Table<'a> = DeTable<'a>;

/// Where things stood, for problems found later.
pub(super) struct Document<'a> {
    path: &'a str,
    text: &'a str,
}

/// What was found wrong so far.
#[derive(Default)]
pub(super) struct Found {
    /// In the order they were found.
    pub(super) problems: Vec<Problem>,
    /// Keys that were taken out of a table, with where the table begins: nobody is to be told that they are missing as well.
    pub(super) taken: HashSet<(usize, String)>,
}

impl<'a> Document<'a> {
    /// The file's octets as text, if they are that.
    pub(super) fn text(path: &str, octets: &'a [u8]) -> Result<&'a str, Problem> {
        let whole = |text: &str, what: &str, remedy: &str| {
            let (line, column) = line_and_column(text, text.len());
            let (what, remedy) = (what.to_owned(), remedy.to_owned());
            let path = path.to_owned();
            Problem {
                path,
                line,
                column,
                what,
                remedy,
            }
        };
        if octets.len() > LARGEST_FILE {
            return Err(whole("", "the file is larger than 1 MiB", "a smaller file"));
        }
        std::str::from_utf8(octets).map_err(|error| {
            let sound = String::from_utf8_lossy(octets.get(..error.valid_up_to()).unwrap_or_default());
            whole(&sound, "this is not UTF-8 text", "save the file as UTF-8")
        })
    }

    /// Reads the tree and fills `${NAME}` in. Mistakes of TOML itself end the reading; a name that is not set is a
    /// problem, and its value is taken out of the tree.
    pub(super) fn parse(
        path: &'a str,
        text: &'a str,
        environment: &Environment<'_>,
        found: &mut Found,
    ) -> (Self, Option<Spanned<Table<'a>>>) {
        let document = Self { path, text };
        let (mut root, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            for error in errors.iter().take(MOST_SYNTAX_PROBLEMS) {
                found.problems.push(document.problem(
                    &error.span().unwrap_or_default(),
                    format!("this is not TOML ({})", one_line(error.message())),
                    "see https://toml.io for how it is written",
                ));
            }
            return (document, None);
        }
        let span = root.span();
        document.fill_table(&span, root.get_mut(), environment, found);
        (document, Some(root))
    }

    /// A problem at a place in the file.
    pub(super) fn problem(&self, span: &Range<usize>, what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        let (line, column) = line_and_column(self.text, span.start);
        Problem {
            path: self.path.to_owned(),
            line,
            column,
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    fn fill_table(&self, span: &Range<usize>, table: &mut Table<'a>, environment: &Environment<'_>, found: &mut Found) {
        let entries = std::mem::take(table).into_iter().filter_map(|(key, mut value)| {
            if self.fill(&mut value, environment, found) {
                return Some((key, value));
            }
            found.taken.insert((span.start, key.into_inner().into_owned()));
            None
        });
        *table = entries.collect();
    }

    /// False if the value cannot be known.
    fn fill(&self, value: &mut Spanned<DeValue<'a>>, environment: &Environment<'_>, found: &mut Found) -> bool {
        let span = value.span();
        match value.get_mut() {
            DeValue::String(text) if text.contains('$') => match expand(text, environment) {
                Ok(filled) => {
                    *text = filled.into();
                    true
                }
                Err(mistake) => {
                    found.problems.push(self.problem(
                        &self.place(&span, &mistake.written),
                        mistake.what,
                        mistake.remedy,
                    ));
                    false
                }
            },
            DeValue::Table(table) => {
                self.fill_table(&span, table, environment, found);
                true
            }
            DeValue::Array(items) => {
                let items_before = items.len();
                let filled = std::mem::replace(items, DeArray::new())
                    .into_iter()
                    .filter_map(|mut item| {
                        let known = self.fill(&mut item, environment, found);
                        known.then_some(item)
                    });
                *items = filled.collect();
                // A list that lost an item is another list.
                items.len() == items_before
            }
            _ => true,
        }
    }

    /// Where in the file some words of a value stand: a value with escapes may hide them, then the value's beginning.
    fn place(&self, span: &Range<usize>, written: &str) -> Range<usize> {
        let found = self.text.get(span.clone()).and_then(|value| value.find(written));
        let start = span.start + found.unwrap_or(0);
        start..span.end.max(start)
    }
}

/// What is wrong with a `$` in a value.
struct Mistake {
    written: String,
    what: String,
    remedy: String,
}

/// `${NAME}` becomes the environment's value, `${NAME:-default}` the default where the name is not set or empty, `$$` a
/// dollar. What is filled in is not looked at again.
fn expand(text: &str, environment: &Environment<'_>) -> Result<String, Mistake> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let (inside, after) = after
            .strip_prefix('{')
            .and_then(|after| after.split_once('}'))
            .ok_or_else(|| Mistake {
                written: format!("${after}"),
                what: "a dollar sign stands alone".to_owned(),
                remedy: "${NAME}, ${NAME:-default}, or $$ for a dollar".to_owned(),
            })?;
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let written = format!("${{{inside}}}");
        if !is_name(name) {
            return Err(Mistake {
                written,
                what: format!("{} is not a name of the environment", quoted(name)),
                remedy: "letters, digits and _, not beginning with a digit".to_owned(),
            });
        }
        let value = environment(name).filter(|value| !(value.is_empty() && default.is_some()));
        match (value, default) {
            (Some(value), _) if value.len() <= LONGEST_VALUE => out.push_str(&value),
            (Some(_), _) => {
                return Err(Mistake {
                    written,
                    what: format!("the value of {name} is longer than 64 KiB"),
                    remedy: "a shorter one".to_owned(),
                });
            }
            (None, Some(default)) => out.push_str(default),
            (None, None) => {
                return Err(Mistake {
                    written,
                    what: format!("{name} is not set in the environment"),
                    remedy: format!("set it, or write ${{{name}:-default}}"),
                });
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn is_name(name: &str) -> bool {
    let mut letters = name.bytes();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
}

/// Both from 1; the column in characters.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let (before, _) = text.split_at(end);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("example.org".to_owned()),
            "EMPTY" => Some(String::new()),
            "TRICKY" => Some("${HOST}".to_owned()),
            _ => None,
        }
    }

    fn filled(text: &str) -> Result<String, String> {
        expand(text, &environment).map_err(|mistake| mistake.what)
    }

    #[test]
    fn names_defaults_and_dollars_are_filled_in() {
        assert_eq!(
            filled("ldap://${HOST}:${PORT:-389}/").unwrap(),
            "ldap://example.org:389/"
        );
        assert_eq!(filled("costs $$5, ${EMPTY:-x}${EMPTY}").unwrap(), "costs $5, x");
        assert_eq!(filled("${PORT:-}").unwrap(), "");
        assert_eq!(filled("${PORT:-a:-b}").unwrap(), "a:-b");
    }

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        assert_eq!(filled("${TRICKY}").unwrap(), "${HOST}");
    }

    #[test]
    fn unset_names_lone_dollars_and_bad_names_are_mistakes() {
        assert_eq!(filled("${PORT}").unwrap_err(), "PORT is not set in the environment");
        assert_eq!(filled("a$b").unwrap_err(), "a dollar sign stands alone");
        assert_eq!(filled("${HOST").unwrap_err(), "a dollar sign stands alone");
        assert_eq!(filled("${}").unwrap_err(), "\"\" is not a name of the environment");
        assert_eq!(filled("${9}").unwrap_err(), "\"9\" is not a name of the environment");
    }

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let text = "a = 1\n# é\nßb = 2\n";
        assert_eq!(line_and_column(text, 0), (1, 1));
        assert_eq!(line_and_column(text, text.find('b').unwrap()), (3, 2));
        assert_eq!(line_and_column(text, 9_999), (4, 1));
    }
}
