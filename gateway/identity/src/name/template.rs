//! A DN with a gap for the name somebody typed.

use super::{DistinguishedName, LONGEST_NAME};
use std::fmt::Write as _;

/// The longest name that is put into a gap, in octets.
const LONGEST_VALUE: usize = 256;

/// A DN with one gap in a value: `uid={},ou=people,dc=example,dc=org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameTemplate {
    before: Box<str>,
    after: Box<str>,
}

impl NameTemplate {
    /// Reads a template. `None` if there is not exactly one `{}`, or it does not stand in a value of a DN.
    pub fn parse(text: &str) -> Option<Self> {
        let (before, after) = text.split_once("{}")?;
        if after.contains("{}") || text.contains('"') {
            return None;
        }
        let template = Self {
            before: before.into(),
            after: after.into(),
        };
        // Whatever is put in, it stays one value: a name that would be an RDN of its own, or a type, is read as no DN or another one.
        let depth = |value| Some(DistinguishedName::parse(template.fill(value)?.as_bytes()).ok()?.depth());
        let sound = depth("a")? == depth("a,b=c+d=e;f=g")? && depth("=#\\ <>")? == depth("a")?;
        sound.then_some(template)
    }

    /// The DN with this value in it, escaped (RFC 4514 §2.4). `None` if the value is empty, too long or holds control characters.
    pub fn fill(&self, value: &str) -> Option<Box<str>> {
        if value.is_empty() || value.len() > LONGEST_VALUE || value.chars().any(char::is_control) {
            return None;
        }
        let mut name = String::with_capacity(self.before.len() + 2 * value.len() + self.after.len());
        name.push_str(&self.before);
        escape(value, &mut name);
        name.push_str(&self.after);
        let is_name =
            name.len() <= LONGEST_NAME && DistinguishedName::parse(name.as_bytes()).is_ok_and(|name| !name.is_root());
        is_name.then(|| name.into())
    }
}

/// Appends a value as it stands in an RFC 4514 §2.4 string.
pub fn escape(value: &str, out: &mut String) {
    let last = value.chars().count().saturating_sub(1);
    for (position, character) in value.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => {
                let _ = write!(out, "\\{character}");
            }
            '#' | ' ' if position == 0 || position == last => {
                let _ = write!(out, "\\{character}");
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEOPLE: &str = "uid={},ou=people,dc=example,dc=org";

    fn filled(value: &str) -> Option<String> {
        NameTemplate::parse(PEOPLE).unwrap().fill(value).map(Into::into)
    }

    fn stays_one_value(value: &str) {
        let name = filled(value).unwrap();
        let name = DistinguishedName::parse(name.as_bytes()).unwrap();
        assert_eq!(name.depth(), 4, "{value}");
        let base = DistinguishedName::parse(b"ou=people,dc=example,dc=org").unwrap();
        assert!(name.is_within(&base), "{value}");
    }

    #[test]
    fn a_name_in_a_template_stays_one_value() {
        assert_eq!(
            filled("alice").as_deref(),
            Some("uid=alice,ou=people,dc=example,dc=org")
        );
        assert_eq!(
            filled(" a,b ").as_deref(),
            Some("uid=\\ a\\,b\\ ,ou=people,dc=example,dc=org")
        );
        for hostile in [
            "alice,ou=admins",
            "alice+cn=admin",
            "a;b=c",
            "a\\",
            "#414243",
            " alice ",
            "x=y",
            "\"a",
            "<a>",
            "a\\,cn=b",
            "\u{a0}",
        ] {
            stays_one_value(hostile);
        }
        for nobody in ["", "a\0b", "a\nb", "\u{85}", &"x".repeat(257)] {
            assert_eq!(filled(nobody), None, "{nobody:?}");
        }
    }

    #[test]
    fn a_template_has_one_gap_and_it_is_in_a_value() {
        assert!(NameTemplate::parse("cn=svc-{},dc=example").is_some());
        for text in [
            "",
            "uid=alice,dc=example",
            "uid={},cn={}",
            "{}=alice,dc=example",
            "{},dc=example",
            "uid=\"{}\",dc=example",
            "uid=#{},dc=example",
            "{}",
            "uid={",
            "uid=a\\{},dc=example",
        ] {
            assert_eq!(NameTemplate::parse(text), None, "{text}");
        }
    }
}
