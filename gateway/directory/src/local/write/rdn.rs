//! The first RDN of a name: what it demands of its entry (RFC 4512 §2.3.1), and how it is written from then on.

use crate::local::access::is_secret;
use crate::local::answer::Answer;
use crate::local::entry::Entry;
use crate::local::path::WrittenName;
use crate::local::schema::{AttributeType, Schema};
use postern_ldap::ResultCode;
use std::fmt::Write as _;
use std::sync::Arc;

/// An RDN that was read, every type of it known.
pub(super) struct Rdn<'s> {
    pairs: Vec<Pair<'s>>,
    /// As it is written in names from now on (RFC 4514 §2.3).
    pub(super) text: String,
}

struct Pair<'s> {
    kind: &'s Arc<AttributeType>,
    value: Vec<u8>,
    normal: Vec<u8>,
}

impl<'s> Rdn<'s> {
    /// Reads the RDN an entry is to have. What passwords are made of, and what their policy keeps, names nothing: names are told to everybody,
    /// and no policy looks at what comes by them.
    pub(super) fn to_be(schema: &'s Schema, written: &WrittenName<'_>) -> Result<Self, Answer> {
        let rdn = Self::read(schema, written)?;
        match rdn.pairs.iter().find(|pair| is_of_passwords(pair.kind)) {
            None => Ok(rdn),
            Some(pair) => Err(violation(&format!(
                "naming attribute '{}' is not for names",
                pair.kind.name
            ))),
        }
    }

    /// Reads an RDN as an entry has it.
    pub(super) fn read(schema: &'s Schema, written: &WrittenName<'_>) -> Result<Self, Answer> {
        let mut pairs = Vec::with_capacity(written.pairs.len());
        let mut text = String::new();
        for (attribute, value) in &written.pairs {
            let unknown = || Answer::new(ResultCode::INVALID_DN_SYNTAX, "invalid DN");
            let kind = schema.attribute_handle(attribute).ok_or_else(unknown)?;
            if kind.operational || attribute.contains(&b';') {
                return Err(violation(&format!("naming attribute '{}' is operational", kind.name)));
            }
            if kind.equality.is_none() {
                return Err(violation("naming attribute has no equality matching rule"));
            }
            let normal = kind.normal(value).map_err(|_| unknown())?;
            if !text.is_empty() {
                text.push('+');
            }
            text.push_str(std::str::from_utf8(attribute).map_err(|_| unknown())?);
            text.push('=');
            escape(value, &mut text);
            pairs.push(Pair {
                kind,
                value: value.clone(),
                normal,
            });
        }
        Ok(Self { pairs, text })
    }

    /// Sees that the entry has every value of it; what is missing is added, as slapd does for whoever adds or renames an entry.
    pub(super) fn put_into(&self, entry: &mut Entry) {
        for pair in &self.pairs {
            if !pair.is_in(entry) {
                let mut values = entry.values(&pair.kind.key).to_vec();
                values.push(pair.value.clone());
                entry.set(&pair.kind.name, values);
            }
        }
    }

    /// Takes its values out of the entry, but those of `kept` that are spelled the same: one that is spelled otherwise is written anew, as slapd does.
    pub(super) fn take_out(&self, entry: &mut Entry, kept: &Self) {
        for pair in &self.pairs {
            let stays = |other: &Pair<'_>| {
                other.kind.key == pair.kind.key && other.normal == pair.normal && other.value == pair.value
            };
            if kept.pairs.iter().any(stays) {
                continue;
            }
            let mut values = entry.values(&pair.kind.key).to_vec();
            values.retain(|value| !pair.is(value));
            entry.set(&pair.kind.name, values);
        }
    }

    /// The types it has values of.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|pair| &*pair.kind.key)
    }

    /// That the entry has every value of it still (RFC 4511 §4.6, notAllowedOnRDN; slapd answers 64).
    pub(super) fn check(&self, entry: &Entry) -> Result<(), Answer> {
        match self.pairs.iter().find(|pair| !pair.is_in(entry)) {
            None => Ok(()),
            Some(pair) => Err(Answer::new(
                ResultCode::NOT_ALLOWED_ON_RDN,
                format!("value of naming attribute '{}' is not present in entry", pair.kind.name),
            )),
        }
    }
}

fn is_of_passwords(kind: &AttributeType) -> bool {
    let mut keys = kind.superiors.iter().chain([&kind.key]);
    keys.any(|key| is_secret(key) || key.starts_with("pwd"))
}

impl Pair<'_> {
    fn is(&self, value: &[u8]) -> bool {
        self.kind.normal(value).is_ok_and(|normal| normal == self.normal)
    }

    fn is_in(&self, entry: &Entry) -> bool {
        entry.values(&self.kind.key).iter().any(|value| self.is(value))
    }
}

fn violation(text: &str) -> Answer {
    Answer::new(ResultCode::NAMING_VIOLATION, text.to_owned())
}

/// A value in a name (RFC 4514 §2.4). Octets that are no text are written in hexadecimal.
fn escape(value: &[u8], out: &mut String) {
    let Ok(text) = std::str::from_utf8(value) else {
        for octet in value {
            push_hexadecimal(*octet, out);
        }
        return;
    };
    let last = text.chars().count().saturating_sub(1);
    for (place, character) in text.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', character]),
            ' ' if place == 0 || place == last => out.push_str("\\20"),
            '#' if place == 0 => out.push_str("\\#"),
            '\0'..'\u{20}' | '\u{7f}' => push_hexadecimal(u8::try_from(character).unwrap_or_default(), out),
            other => out.push(other),
        }
    }
}

fn push_hexadecimal(octet: u8, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(out, "\\{octet:02x}");
}

/// A name below another.
pub(super) fn below(rdn: &str, above: &str) -> Arc<str> {
    if above.is_empty() {
        rdn.into()
    } else {
        format!("{rdn},{above}").into()
    }
}
