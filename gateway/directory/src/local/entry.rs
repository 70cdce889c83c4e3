//! What is in an entry: its attributes, without its name. As it is kept it is PartialAttributes (RFC 4511 §4.1.7) in BER, one after the
//! other, so that an answer can copy them.

use postern_ldap::ber::{Cursor, Writer};
use postern_ldap::tag;
use std::fmt;
use std::sync::Arc;

/// An entry's attributes, in the order in which they were given.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Entry {
    attributes: Vec<Attribute>,
}

/// One attribute.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its type as it is spelled here, then its options: `cn`, `cn;lang-de`.
    pub description: Arc<str>,
    /// Its values, as they were written.
    pub values: Vec<Vec<u8>>,
}

impl Attribute {
    /// The type alone, as written.
    pub fn base(&self) -> &str {
        self.description
            .split_once(';')
            .map_or(&*self.description, |(base, _)| base)
    }

    /// Whether it is of the type with this key, under any options.
    pub fn is_of(&self, key: &str) -> bool {
        self.base().eq_ignore_ascii_case(key)
    }
}

impl Entry {
    /// One without attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads what [`Entry::encode`] wrote. `None`: that is not what this is.
    pub fn decode(body: &[u8]) -> Option<Self> {
        let mut attributes = Vec::new();
        let mut rest = Cursor::new(body);
        while !rest.is_empty() {
            let mut inside = rest.enter(tag::SEQUENCE).ok()?;
            let description = std::str::from_utf8(inside.octets().ok()?).ok()?;
            let mut set = inside.enter(tag::SET).ok()?;
            inside.finish().ok()?;
            let mut values = Vec::new();
            while !set.is_empty() {
                values.push(set.octets().ok()?.to_vec());
            }
            attributes.push(Attribute {
                description: description.into(),
                values,
            });
        }
        Some(Self { attributes })
    }

    /// As it is kept.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        for attribute in &self.attributes {
            postern_ldap::entry::encode(&mut out, attribute.description.as_bytes(), &attribute.values);
        }
        out.finish()
    }

    /// The values of a type, by its [key](super::schema::AttributeType::key), under no options.
    pub fn values(&self, key: &str) -> &[Vec<u8>] {
        self.attributes
            .iter()
            .find(|attribute| attribute.description.eq_ignore_ascii_case(key))
            .map_or(&[], |attribute| &attribute.values)
    }

    /// The value, if there is exactly one and it is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values(key) {
            [value] => std::str::from_utf8(value).ok(),
            _ => None,
        }
    }

    /// Gives an attribute these values instead of those it had; of none there is no attribute. Another spelling of a description it has
    /// replaces the old one.
    pub fn set(&mut self, description: &str, values: Vec<Vec<u8>>) {
        if values.is_empty() {
            self.remove(description);
            return;
        }
        let attribute = Attribute {
            description: description.into(),
            values,
        };
        match self
            .attributes
            .iter_mut()
            .find(|known| known.description.eq_ignore_ascii_case(description))
        {
            Some(known) => *known = attribute,
            None => self.attributes.push(attribute),
        }
    }

    /// Takes away the attribute of exactly this description: the key of a type does not take those under options.
    pub fn remove(&mut self, description: &str) {
        self.attributes
            .retain(|attribute| !attribute.description.eq_ignore_ascii_case(description));
    }

    /// Leaves an attribute without its values, in front of all others: they are kept elsewhere.
    pub(super) fn empty(&mut self, description: &str) {
        self.remove(description);
        let attribute = Attribute {
            description: description.into(),
            values: Vec::new(),
        };
        self.attributes.insert(0, attribute);
    }

    /// All of them.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }
}

/// Names alone: values belong to a person.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.attributes).finish()
    }
}

/// Its name alone.
impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} values)", self.description, self.values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Entry {
        let mut entry = Entry::new();
        entry.set("cn", vec![b"Ada".to_vec(), b"Countess".to_vec()]);
        entry.set("userPassword", vec![b"geheim".to_vec()]);
        entry.set("cn;lang-de", vec![b"Gr\xc3\xa4fin".to_vec()]);
        entry
    }

    #[test]
    fn what_is_kept_is_read_as_it_was() {
        let entry = some();
        assert_eq!(Entry::decode(&entry.encode()), Some(entry));
        assert_eq!(Entry::decode(&[]), Some(Entry::new()));
    }

    #[test]
    fn octets_that_are_no_entry_are_none() {
        let body = some().encode();
        assert!(
            (1..body.len()).any(|end| Entry::decode(&body[..end]).is_some()),
            "between two"
        );
        assert!(Entry::decode(&body[..body.len() - 1]).is_none());
        assert!(Entry::decode(b"\x30\x03\x04\x01a").is_none());
        assert!(Entry::decode(b"\x30\x05\x04\x01\xff\x31\x00").is_none());
    }

    #[test]
    fn a_description_is_found_in_any_spelling_and_options_are_others() {
        let mut entry = some();
        assert_eq!(entry.values("CN").len(), 2);
        assert_eq!(entry.text("cn"), None, "there are two");
        assert_eq!(entry.text("cn;LANG-de"), Some("Gräfin"));
        entry.set("CN", vec![b"x".to_vec()]);
        assert_eq!(entry.attributes().len(), 3);
        entry.remove("cn");
        assert!(entry.values("cn").is_empty() && entry.text("cn;lang-de").is_some());
        entry.set("cn;lang-de", Vec::new());
        assert_eq!(entry.attributes().len(), 1);
    }

    #[test]
    fn no_value_is_shown_for_debugging() {
        let shown = format!("{:?}", some());
        assert!(shown.contains("userPassword") && !shown.contains("geheim") && !shown.contains("Ada"));
    }
}
