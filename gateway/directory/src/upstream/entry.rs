//! An entry the service account read, kept as octets.

use super::error::ConnectError;
use postern_ldap::Message;
use postern_ldap::credential::base_type;
use postern_ldap::entry::SearchEntry;
use std::fmt;

/// An entry: its DN and those of the wanted attributes that were shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    dn: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    /// An entry put together by hand.
    pub fn new(dn: &str, attributes: &[(&str, &[&str])]) -> Self {
        Self {
            dn: dn.to_owned(),
            attributes: attributes
                .iter()
                .map(|(name, values)| {
                    (
                        name.to_ascii_lowercase(),
                        values.iter().map(|value| value.as_bytes().to_vec()).collect(),
                    )
                })
                .collect(),
        }
    }

    /// Copies an entry out of a message, wholly checked.
    pub fn read(message: &Message<'_>) -> Result<Self, ConnectError> {
        let entry = SearchEntry::parse(message).map_err(|_| ConnectError::Protocol)?;
        let mut attributes = Vec::new();
        for attribute in entry.attributes() {
            let attribute = attribute.map_err(|_| ConnectError::Protocol)?;
            let name = std::str::from_utf8(base_type(attribute.description)).map_err(|_| ConnectError::Protocol)?;
            attributes.push((
                name.to_ascii_lowercase(),
                attribute.values().map(<[u8]>::to_vec).collect(),
            ));
        }
        // RFC 4514 §2: a DN is UTF-8.
        let dn = String::from_utf8(entry.dn.to_vec()).map_err(|_| ConnectError::Protocol)?;
        Ok(Self { dn, attributes })
    }

    /// Copies an entry without the attributes that have options: those in other languages (RFC 3866) are not what is asked for. `;binary`
    /// (RFC 4522) is how the value came, and a range ([MS-ADTS] 3.1.1.3.1.3.3) is told: which attribute, and where the next part begins.
    pub(super) fn read_plain(message: &Message<'_>) -> Result<(Self, Option<(String, u32)>), ConnectError> {
        Self::plain(&SearchEntry::parse(message).map_err(|_| ConnectError::Protocol)?)
    }

    /// The same of an entry that came in a control (RFC 4527).
    pub(super) fn plain(entry: &SearchEntry<'_>) -> Result<(Self, Option<(String, u32)>), ConnectError> {
        let (mut attributes, mut left) = (Vec::new(), None);
        for attribute in entry.attributes() {
            let attribute = attribute.map_err(|_| ConnectError::Protocol)?;
            let described = std::str::from_utf8(attribute.description).map_err(|_| ConnectError::Protocol)?;
            let described = described.to_ascii_lowercase();
            let (name, options) = described.split_once(';').unwrap_or((&described, ""));
            let range = options.strip_prefix("range=").and_then(|range| range.split_once('-'));
            match range {
                None if !matches!(options, "" | "binary") => continue,
                Some((_, last)) if last != "*" => {
                    let last: u32 = last.parse().map_err(|_| ConnectError::Protocol)?;
                    left = Some((name.to_owned(), last.checked_add(1).ok_or(ConnectError::Protocol)?));
                }
                _ => {}
            }
            attributes.push((name.to_owned(), attribute.values().map(<[u8]>::to_vec).collect()));
        }
        let dn = String::from_utf8(entry.dn.to_vec()).map_err(|_| ConnectError::Protocol)?;
        Ok((Self { dn, attributes }, left))
    }

    /// Adds the values of another part of it.
    pub(super) fn add_values(&mut self, other: Self) {
        self.attributes.extend(other.attributes);
    }

    /// The DN as the server wrote it.
    pub fn dn(&self) -> &str {
        &self.dn
    }

    /// The values of an attribute, under any of its options, in the server's order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.attributes
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .flat_map(|(_, values)| values.iter().map(Vec::as_slice))
    }

    /// The first value of an attribute, if it is UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values(name)
            .next()
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    /// Whether the attribute was shown at all.
    pub fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.values(name)
            .filter_map(|value| std::str::from_utf8(value).ok().map(str::to_owned))
            .collect()
    }
}

/// Names alone: values belong to a person.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.attributes.iter().map(|(name, _)| name))
            .finish()
    }
}
