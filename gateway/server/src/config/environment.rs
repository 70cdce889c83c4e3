//! Names of the environment in a configuration: `${NAME}` in a value's text.

use postern_policy::Problem;
use postern_policy::document::{Document, Places, Taken};
use postern_policy::problem::quoted;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The longest value a name of the environment may stand for.
const LONGEST_VALUE: usize = 64 * 1024;

/// Looks a name of the environment up.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Fills the names in. One that is not set is a problem, and its value is taken out of the tree.
pub(super) fn fill(document: &mut Document<'_>, environment: &Environment<'_>) -> Vec<Problem> {
    let (places, root, taken) = document.parts();
    let mut filling = Filling {
        places,
        taken,
        environment,
        problems: Vec::new(),
    };
    filling.table(&root.span(), root.get_mut());
    filling.problems
}

struct Filling<'f, 't> {
    places: Places<'t>,
    taken: &'f mut Taken,
    environment: &'f Environment<'f>,
    problems: Vec<Problem>,
}

impl Filling<'_, '_> {
    fn table(&mut self, span: &Range<usize>, table: &mut DeTable<'_>) {
        let entries = std::mem::take(table).into_iter().filter_map(|(key, mut value)| {
            let known = self.value(&mut value);
            if !known {
                self.taken.add(span, key.get_ref());
            }
            known.then_some((key, value))
        });
        *table = entries.collect();
    }

    /// False if the value cannot be known.
    fn value(&mut self, value: &mut Spanned<DeValue<'_>>) -> bool {
        let span = value.span();
        match value.get_mut() {
            DeValue::String(text) if text.contains('$') => match expand(text, self.environment) {
                Ok(filled) => {
                    *text = filled.into();
                    true
                }
                Err(mistake) => {
                    let place = self.place(&span, &mistake.written);
                    self.problems
                        .push(self.places.problem(&place, mistake.what, mistake.remedy));
                    false
                }
            },
            DeValue::Table(table) => {
                self.table(&span, table);
                true
            }
            DeValue::Array(items) => {
                let items_before = items.len();
                let filled = std::mem::replace(items, DeArray::new())
                    .into_iter()
                    .filter_map(|mut item| self.value(&mut item).then_some(item));
                *items = filled.collect();
                // A list that lost an item is another list.
                items.len() == items_before
            }
            _ => true,
        }
    }

    /// Where in the file some words of a value stand: a value with escapes may hide them, then the value's beginning.
    fn place(&self, span: &Range<usize>, written: &str) -> Range<usize> {
        let found = self.places.written(span).and_then(|value| value.find(written));
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
}
