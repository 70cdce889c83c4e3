//! Where everything of a policy file or test file stands, for mistakes that are found when its tree is gone: files that did not
//! change are not parsed again, and a mistake of another file may still be told at a place in them.

use crate::document::{Document, Step, line_and_column};
use crate::problem::Problem;
use crate::set::PolicySource;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The places of one file.
#[derive(Debug)]
pub(crate) struct Outline {
    file: Arc<PolicySource>,
    root: Place,
}

/// A value: where it begins, in octets, and what lies below it.
#[derive(Debug)]
struct Place {
    start: usize,
    below: Below,
}

#[derive(Debug)]
enum Below {
    Nothing,
    Keys(Box<[(Box<str>, Place)]>),
    Items(Box<[Place]>),
}

impl Outline {
    /// The places of a document that was read from `file`.
    pub(crate) fn of(file: &Arc<PolicySource>, document: &Document<'_>) -> Self {
        let root = document.root();
        Self {
            file: Arc::clone(file),
            root: Place {
                start: root.span().start,
                below: keys(root.get_ref()),
            },
        }
    }

    /// A problem at the value a path leads to, or as near to it as the file goes.
    pub(crate) fn problem_at(&self, steps: &[Step<'_>], what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        self.problem(self.start_of(steps), what, remedy)
    }

    /// A problem inside the text a path leads to, `offset` octets behind its beginning.
    pub(crate) fn problem_within(
        &self,
        steps: &[Step<'_>],
        offset: usize,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        let start = self.start_of(steps);
        let written = self.text().get(start..).unwrap_or_default();
        self.problem(start + octets_written(written, offset), what, remedy)
    }

    /// A problem at a place of the file, in octets.
    fn problem(&self, place: usize, what: impl Into<String>, remedy: impl Into<String>) -> Problem {
        let (line, column) = line_and_column(self.text(), place);
        Problem {
            path: self.file.path.clone(),
            line,
            column,
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    fn text(&self) -> &str {
        // It was read from this once, so it is UTF-8.
        std::str::from_utf8(&self.file.octets).unwrap_or_default()
    }

    fn start_of(&self, steps: &[Step<'_>]) -> usize {
        let mut here = &self.root;
        for step in steps {
            let next = match (step, &here.below) {
                (Step::Key(wanted), Below::Keys(keys)) => {
                    keys.iter().find(|(key, _)| **key == **wanted).map(|(_, place)| place)
                }
                (Step::Item(position), Below::Items(items)) => items.get(*position),
                _ => None,
            };
            let Some(next) = next else { break };
            here = next;
        }
        here.start
    }
}

/// How far behind its opening quote the octet `offset` of a TOML text is written (TOML 1.0 "String").
fn octets_written(written: &str, offset: usize) -> usize {
    let (quotes, escapes) = match written {
        _ if written.starts_with("\"\"\"") => (3, true),
        _ if written.starts_with("'''") => (3, false),
        _ => (1, written.starts_with('"')),
    };
    let text = written.get(quotes..).unwrap_or_default();
    let begun = text.trim_start_matches('\r').strip_prefix('\n').filter(|_| quotes == 3);
    let mut at = written.len() - begun.unwrap_or(text).len();
    let mut read = 0;
    while read < offset {
        let mut letters = written.get(at..).unwrap_or_default().chars();
        let Some(letter) = letters.next() else { break };
        if letter != '\\' || !escapes {
            read += letter.len_utf8();
            at += letter.len_utf8();
            continue;
        }
        let digits = match letters.next() {
            Some('u') => 4,
            Some('U') => 8,
            Some('x') => 2,
            // A line that goes on: what is blank up to its first letter is not there.
            Some(blank) if blank.is_ascii_whitespace() => {
                let rest = letters.as_str();
                at = written.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
                continue;
            }
            _ => 0,
        };
        let number = written.get(at + 2..at + 2 + digits).unwrap_or_default();
        let meant = u32::from_str_radix(number, 16).ok().and_then(char::from_u32);
        read += meant.map_or(1, char::len_utf8);
        at += 2 + digits;
    }
    at
}

/// As deep as the parser of TOML went, which has a bound of its own.
fn place(node: &Spanned<DeValue<'_>>) -> Place {
    Place {
        start: node.span().start,
        below: match node.get_ref() {
            DeValue::Table(table) => keys(table),
            DeValue::Array(items) => Below::Items(items.iter().map(place).collect()),
            _ => Below::Nothing,
        },
    }
}

fn keys(table: &DeTable<'_>) -> Below {
    let keys = table
        .iter()
        .map(|(key, node)| (Box::from(&**key.get_ref()), place(node)));
    Below::Keys(keys.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::ADVICE;

    #[test]
    fn a_place_inside_a_text_is_found_past_quotes_and_escapes() {
        for (written, sought) in [
            ("\"ab @ cd\"", "ab "),
            ("'ab @ cd'", "ab "),
            ("\"\"\"\nab\n@\"\"\"", "ab\n"),
            ("'''\nab\n@'''", "ab\n"),
            ("\"\\\"\\u00e9\\t\\U0001F600@\"", "\"é\t😀"),
            ("\"\"\"a\\\n   b@\"\"\"", "ab"),
            ("\"é@\"", "é"),
        ] {
            let text = format!("x = {written}");
            let value: toml::Table = toml::from_str(&text).unwrap();
            assert!(
                value["x"].as_str().unwrap().starts_with(&format!("{sought}@")),
                "{written}"
            );
            assert_eq!(
                octets_written(written, sought.len()),
                written.find('@').unwrap(),
                "{written}"
            );
        }
        for offset in 0..40 {
            for written in ["", "\"", "\"\\", "\"\\u12", "'''"] {
                assert!(octets_written(written, offset) <= written.len() + 8);
            }
        }
    }

    #[test]
    fn an_outline_finds_every_place_the_document_finds() {
        let text =
            "x = 1\n[[policy]]\nroute = [\"a\", \"b\"]\n[policy.pass]\ntls = \"always\"\n[[policy]]\nroute = \"c\"\n";
        let file = Arc::new(PolicySource {
            name: "p.toml".into(),
            path: "f/p.toml".into(),
            octets: text.as_bytes().to_vec(),
        });
        let document = Document::parse(&file.path, &file.octets, &ADVICE).unwrap();
        let outline = Outline::of(&file, &document);
        for steps in [
            vec![],
            vec![Step::Key("x")],
            vec![Step::Key("policy"), Step::Item(0), Step::Key("route"), Step::Item(1)],
            vec![Step::Key("policy"), Step::Item(0), Step::Key("pass"), Step::Key("tls")],
            vec![Step::Key("policy"), Step::Item(1), Step::Key("route"), Step::Item(0)],
            vec![Step::Key("policy"), Step::Item(1), Step::Key("pass"), Step::Key("tls")],
            vec![Step::Key("policy"), Step::Item(7), Step::Key("route")],
            vec![Step::Key("nothing")],
        ] {
            assert_eq!(
                outline.problem_at(&steps, "w", "r"),
                document.problem_at(&steps, "w", "r"),
                "{steps:?}"
            );
        }
    }
}
