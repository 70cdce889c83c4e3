//! Attributes that are denied on a route: where a request mentions one, and answers without them.
//!
//! `denied` is asked with base types: the one written and, of a standard attribute, every other name and the OID, so that it may hold any
//! one of them. It compares without regard to case. Where it cannot be told what a description means, because it is an OID of no standard
//! attribute or oddly spelled, it counts as denied.
//!
//! A schema of the directory's own may have subtypes: a search for a supertype returns them. Answers are therefore stripped by the
//! names in the answer, never by what was asked.

use crate::attribute::{Spelling, base_type, canonical, spelling, spellings, stands_for};
use crate::ber::Cursor;
use crate::change::{AddRequest, ModifyDnRequest, ModifyRequest};
use crate::compare::CompareRequest;
use crate::control::read_entry::{self, ReadEntry};
use crate::control::{Control, MOST_CONTROLS, assertion, sort};
use crate::entry::{Edit, SearchEntry};
use crate::filter::{self, MOST_PARTS, Named};
use crate::message::Message;
use crate::search::{Attributes, SearchRequest};
use crate::{WireError, oid, rdn, splice, tag};

/// A part of a request that can mention an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The attributes a search asks for.
    AttributeList,
    /// A search's filter.
    Filter,
    /// A key to sort by (RFC 2891).
    SortKey,
    /// The assertion control's filter (RFC 4528).
    Assertion,
    /// The attributes pre-read and post-read ask for (RFC 4527).
    ReadEntry,
    /// The matched values control's filters (RFC 3876).
    MatchedValues,
    /// The dereference control (draft-masarati-ldap-deref): attributes of other entries.
    Dereference,
    /// A control that may mention attributes for all we know.
    UnknownControl,
    /// The attribute of a compare.
    Compare,
    /// An attribute changed.
    Modify,
    /// An attribute of a new entry.
    Add,
    /// The RDN of a new entry, a new RDN, or an old one that goes.
    Rdn,
}

/// Where a request mentions denied attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mentions {
    parts: u16,
    implied: bool,
}

impl Mentions {
    /// Whether no part names one.
    pub fn is_empty(self) -> bool {
        self.parts == 0
    }

    /// Whether this part names one.
    pub fn contains(self, part: Part) -> bool {
        self.parts & bit(part) != 0
    }

    /// Whether a list asks for them without naming them: by `*`, `+`, an object class, as an empty list, or as subtypes of another.
    pub fn implied(self) -> bool {
        self.implied
    }

    /// Whether the answer may hold one, so that it must be [`stripped`] if the request passes.
    pub fn in_answer(self) -> bool {
        self.implied || self.contains(Part::AttributeList) || self.contains(Part::ReadEntry)
    }

    fn add(&mut self, part: Part, found: bool) {
        if found {
            self.parts |= bit(part);
        }
    }
}

fn bit(part: Part) -> u16 {
    1 << part as u16
}

/// Where a request mentions attributes that `denied` denies. An error means that it cannot be walked to its end: refuse it.
pub fn mentions(message: &Message<'_>, mut denied: impl FnMut(&[u8]) -> bool) -> Result<Mentions, WireError> {
    let denied = &mut denied;
    let mut found = Mentions::default();
    match message.operation.tag {
        tag::SEARCH_REQUEST => {
            let search = SearchRequest::parse(message)?;
            let (named, implied) = list_asks(search.attributes(), denied)?;
            found.add(Part::AttributeList, named);
            found.implied |= implied;
            found.add(Part::Filter, filter_names(search.filter.whole, denied)?);
        }
        tag::COMPARE_REQUEST => {
            found.add(
                Part::Compare,
                reaches(CompareRequest::parse(message)?.attribute, denied),
            );
        }
        tag::MODIFY_REQUEST => {
            for change in ModifyRequest::parse(message)?.changes() {
                found.add(Part::Modify, is_denied(change.attribute.description, denied));
            }
        }
        tag::ADD_REQUEST => {
            let add = AddRequest::parse(message)?;
            for attribute in add.attributes() {
                found.add(Part::Add, is_denied(attribute.description, denied));
            }
            rdn::first(add.entry, |kind| found.add(Part::Rdn, is_denied(kind, denied)))?;
        }
        tag::MODIFY_DN_REQUEST => {
            let rename = ModifyDnRequest::parse(message)?;
            rdn::first(rename.new_rdn, |kind| found.add(Part::Rdn, is_denied(kind, denied)))?;
            if rename.delete_old_rdn {
                rdn::first(rename.entry, |kind| found.add(Part::Rdn, is_denied(kind, denied)))?;
            }
        }
        _ => {}
    }
    for control in message.controls {
        control_mentions(&control?, &mut found, denied)?;
    }
    Ok(found)
}

fn control_mentions(
    control: &Control<'_>,
    found: &mut Mentions,
    denied: &mut impl FnMut(&[u8]) -> bool,
) -> Result<(), WireError> {
    let value = || control.value.ok_or(WireError::Truncated);
    match control.oid {
        oid::SORT_REQUEST => sort::walk(value()?, |key| {
            found.add(Part::SortKey, reaches(key.attribute, denied));
        })?,
        oid::ASSERTION => {
            let filter = assertion::filter(control.value)?;
            found.add(Part::Assertion, filter_names(filter.whole, denied)?);
        }
        oid::PRE_READ | oid::POST_READ => {
            let (named, implied) = list_asks(read_entry::requested(value()?)?, denied)?;
            found.add(Part::ReadEntry, named);
            found.implied |= implied;
        }
        oid::MATCHED_VALUES => {
            // ValuesReturnFilter: a run of filters without and, or, not.
            let items = Cursor::new(value()?).only_of(tag::SEQUENCE)?;
            found.add(Part::MatchedValues, filter_names(items, denied)?);
        }
        oid::DEREFERENCE => {
            let mut specs = Cursor::new(Cursor::new(value()?).only_of(tag::SEQUENCE)?);
            let mut count = 0;
            while !specs.is_empty() {
                count += 1;
                if count > MOST_CONTROLS {
                    return Err(WireError::TooMany);
                }
                let mut spec = specs.enter(tag::SEQUENCE)?;
                let through = reaches(spec.octets()?, denied);
                let (named, implied) = list_asks(Attributes::new(spec.expect(tag::SEQUENCE)?), denied)?;
                spec.finish()?;
                // What comes back is inside another control, where nothing is stripped.
                found.add(Part::Dereference, through || named || implied);
            }
        }
        other => found.add(Part::UnknownControl, !oid::WITHOUT_ATTRIBUTES.contains(&other)),
    }
    Ok(())
}

/// A response without denied attributes, in entries and in what pre-read and post-read return; `None` if it holds none.
pub fn stripped(message: &Message<'_>, mut denied: impl FnMut(&[u8]) -> bool) -> Result<Option<Vec<u8>>, WireError> {
    let mut changed = false;
    let mut drop = |description: &[u8], _: &[u8]| {
        if is_denied(description, &mut denied) {
            changed = true;
            Edit::Drop
        } else {
            Edit::Keep
        }
    };
    let content = if message.operation.tag == tag::SEARCH_ENTRY {
        Some(SearchEntry::parse(message)?.edited(&mut drop)?)
    } else {
        None
    };
    let mut controls = Vec::new();
    for control in message.controls {
        let control = control?;
        if matches!(control.oid, oid::PRE_READ | oid::POST_READ) {
            let read = ReadEntry::parse(control.value.ok_or(WireError::Truncated)?)?;
            let kept = read.entry.edited(&mut drop)?;
            controls.extend(read.control(control.oid, control.critical, &kept));
        } else {
            controls.extend_from_slice(control.whole);
        }
    }
    Ok(changed.then(|| splice::with_both(message, content.as_deref(), &controls)))
}

/// Whether a list names a denied attribute, and whether it asks for one without naming it.
fn list_asks(list: Attributes<'_>, denied: &mut impl FnMut(&[u8]) -> bool) -> Result<(bool, bool), WireError> {
    let mut named = false;
    let mut implied = false;
    let mut empty = true;
    for description in list {
        let description = description?;
        empty = false;
        let base = base_type(description);
        match base {
            b"1.1" => {} // no attributes (RFC 4511 §4.5.1.8)
            // All user attributes, all operational ones (RFC 3673), all of an object class (RFC 4529).
            [] | b"*" | b"+" | [b'@' | b'!', ..] => implied = true,
            // What an OID or an odd spelling asks for is seen in the answer.
            _ if canonical(base).is_none() && spelling(base) != Spelling::Name => implied = true,
            _ => {
                named |= is_denied(description, denied);
                implied |= reaches(description, denied);
            }
        }
    }
    Ok((named, implied || empty))
}

/// Whether filters standing one behind the other name a denied attribute.
fn filter_names(filters: &[u8], denied: &mut impl FnMut(&[u8]) -> bool) -> Result<bool, WireError> {
    let mut found = false;
    let mut rest = Cursor::new(filters);
    let mut count = 0;
    while !rest.is_empty() {
        count += 1;
        if count > MOST_PARTS {
            return Err(WireError::TooMany);
        }
        filter::walk(rest.element()?, |named| {
            found |= match named {
                Named::Attribute(description) => reaches(description, denied),
                Named::AnyAttribute => true,
                Named::MatchingRule(_) => false,
            };
        })?;
    }
    Ok(found)
}

/// Whether a description is of a denied attribute, or of one that stands for it.
fn reaches(description: &[u8], denied: &mut impl FnMut(&[u8]) -> bool) -> bool {
    let standing = canonical(base_type(description)).map(stands_for).unwrap_or_default();
    is_denied(description, denied) || standing.iter().any(|name| by_any_name(name, denied))
}

/// Whether a description is of a denied attribute.
fn is_denied(description: &[u8], denied: &mut impl FnMut(&[u8]) -> bool) -> bool {
    let base = base_type(description);
    let unclear = spelling(base) != Spelling::Name && canonical(base).is_none();
    unclear || by_any_name(base, denied)
}

/// Whether a base type is denied as written or under another spelling.
fn by_any_name(base: &[u8], denied: &mut impl FnMut(&[u8]) -> bool) -> bool {
    denied(base) || spellings(base).any(denied)
}

#[cfg(test)]
mod tests;
