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
