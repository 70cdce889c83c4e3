//! Answers under other names.

use super::{Place, Renamed, Renaming};
use crate::ber::{Cursor, Writer};
use crate::control::read_entry::ReadEntry;
use crate::control::{self, Control};
use crate::entry::{SearchEntry, Values};
use crate::message::Message;
use crate::result::LdapResult;
use crate::{WireError, oid, splice, tag};
use std::borrow::Cow;

/// Who the server takes somebody for, beside a bind response (RFC 3829).
const AUTHORIZATION_IDENTITY: &[u8] = b"2.16.840.1.113730.3.4.15";
/// What happened to an entry, beside it (draft-ietf-ldapext-psearch).
const ENTRY_CHANGE: &[u8] = b"2.16.840.1.113730.3.4.7";

/// What becomes of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It holds no name that changes.
    Same,
    /// It is this.
    Renamed(Vec<u8>),
    /// It is an entry that has no name where the answer goes.
    Nothing,
}

/// The answer with every name in it renamed. URIs stay: they name another server's entries.
pub fn answer(message: &Message<'_>, names: &impl Renaming) -> Result<Answer, WireError> {
    let content = match message.operation.tag {
        tag::SEARCH_ENTRY => match entry(SearchEntry::parse(message)?, names)? {
            None => return Ok(Answer::Nothing),
            Some(content) => content,
        },
        tag::SEARCH_REFERENCE | tag::INTERMEDIATE_RESPONSE => None,
        _ => result(message, names)?,
    };
    let mut changed = content.is_some();
    let mut controls = Vec::with_capacity(message.controls.content().len());
    for one in message.controls {
        let one = one?;
        match renamed_control(&one, names)? {
            Some(renamed) => {
                changed = true;
                controls.extend(renamed);
            }
            None => controls.extend_from_slice(one.whole),
        }
    }
    Ok(if changed {
        Answer::Renamed(splice::with_both(message, content.as_deref(), &controls))
    } else {
        Answer::Same
    })
}

/// The content of an entry under other names: `None` if it has none, `Some(None)` if all stay.
#[allow(clippy::option_option, reason = "gone, the same, or other")]
fn entry(entry: SearchEntry<'_>, names: &impl Renaming) -> Result<Option<Option<Vec<u8>>>, WireError> {
    let dn = match names.rename(Place::Entry, entry.dn) {
        Renamed::Same => None,
        Renamed::To(dn) => Some(dn),
        Renamed::No => return Ok(None),
    };
    let place = if entry.dn.is_empty() {
        Place::OfRoot
    } else {
        Place::Value
    };
    let mut changed = dn.is_some();
    let content = entry.revised(dn.as_deref().unwrap_or(entry.dn), &[], |description, values| {
        let Some(syntax) = names.syntax(description) else {
            return Values::Same;
        };
        let had_none = values.is_empty();
        let mut renamed = false;
        let mut kept: Vec<Cow<'_, [u8]>> = Vec::with_capacity(values.len());
        for value in values.drain(..) {
            let other = match syntax.rename(&value, place, names) {
                Renamed::Same => {
                    kept.push(value);
                    continue;
                }
                Renamed::To(other) => Some(other),
                Renamed::No => None,
            };
            renamed = true;
            // Several parts of a tree may be one where the answer goes.
            let twice = |other: &Vec<u8>| place == Place::OfRoot && kept.iter().any(|known| **known == **other);
            if let Some(other) = other.filter(|other| !twice(other)) {
                kept.push(Cow::Owned(other));
            }
        }
        *values = kept;
        changed |= renamed;
        match (renamed, values.is_empty() && !had_none) {
            (false, _) => Values::Same,
            (true, true) => Values::Gone,
            (true, false) => Values::Changed,
        }
    })?;
    Ok(Some(changed.then_some(content)))
}

/// The content of a response that has a result, if a name in it changes.
fn result(message: &Message<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, WireError> {
    let result = LdapResult::parse(message)?;
    let matched = match names.rename(Place::Matched, result.matched_dn) {
        Renamed::Same => None,
        Renamed::To(dn) => Some(dn),
        Renamed::No => Some(Vec::new()),
    };
    let rest = if message.operation.tag == tag::EXTENDED_RESPONSE {
        identity(result.rest, names)?
    } else {
        None
    };
    if matched.is_none() && rest.is_none() {
        return Ok(None);
    }
    let mut out = Writer::with_capacity(message.operation.content.len() * 2 + 64);
    out.enumerated(result.code.0)
        .octets(matched.as_deref().unwrap_or(result.matched_dn))
        .octets(result.diagnostic);
    if let Some(referral) = result.referral {
        out.element(0xa3, referral);
    }
    out.raw(rest.as_deref().unwrap_or(result.rest));
    Ok(Some(out.finish()))
}

/// What follows the result of an extended response, if its value is an authorization id that changes: who-am-i's (RFC 4532 §2.2), which has no
/// name to know it by. No value of another kind that is known here begins with `dn:`.
fn identity(rest: &[u8], names: &impl Renaming) -> Result<Option<Vec<u8>>, WireError> {
    let mut cursor = Cursor::new(rest);
    let mut out = Writer::with_capacity(rest.len() * 2);
    let mut changed = false;
    while !cursor.is_empty() {
        let element = cursor.element()?;
        let renamed = if element.tag == 0x8b && is_dn_identity(element.content) {
            names.rename(Place::Identity, element.content)
        } else {
            Renamed::Same
        };
        match renamed {
            Renamed::Same => {
                out.raw(element.whole);
            }
            Renamed::To(other) => {
                changed = true;
                out.element(element.tag, &other);
            }
            // Somebody, and nobody who has a name there.
            Renamed::No => {
                changed = true;
                out.element(element.tag, b"u:");
            }
        }
    }
    Ok(changed.then(|| out.finish()))
}

fn is_dn_identity(value: &[u8]) -> bool {
    value.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"dn:"))
}

fn renamed_control(one: &Control<'_>, names: &impl Renaming) -> Result<Option<Vec<u8>>, WireError> {
    let Some(value) = one.value else { return Ok(None) };
    let encoded = |value: &[u8]| control::encode(one.oid, one.critical, Some(value));
    match one.oid {
        oid::PRE_READ | oid::POST_READ => {
            let read = ReadEntry::parse(value)?;
            Ok(match entry(read.entry, names)? {
                Some(None) => None,
                Some(Some(content)) => Some(read.control(one.oid, one.critical, &content)),
                None => Some(Vec::new()),
            })
        }
        AUTHORIZATION_IDENTITY => Ok(match names.rename(Place::Identity, value) {
            Renamed::Same => None,
            Renamed::To(other) => Some(encoded(&other)),
            Renamed::No => Some(Vec::new()),
        }),
        ENTRY_CHANGE => {
            let mut inside = Cursor::new(Cursor::new(value).only_of(tag::SEQUENCE)?);
            let kind = inside.element()?;
            let Some(previous) = inside.optional(tag::OCTET_STRING)? else {
                return Ok(None);
            };
            let name = match names.rename(Place::Matched, previous) {
                Renamed::Same => return Ok(None),
                Renamed::To(other) => other,
                Renamed::No => Vec::new(),
            };
            let mut out = Writer::with_capacity(value.len() * 2);
            out.nested(tag::SEQUENCE, |change| {
                change.raw(kind.whole).octets(&name).raw(inside.rest());
            });
            Ok(Some(encoded(&out.finish())))
        }
        _ => Ok(None),
    }
}
