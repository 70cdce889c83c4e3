//! Asked of an entry. True, false, or undefined where neither can be said (RFC 4511 §4.5.1.7).

use super::{Extensible, Filter, Pieces, Subject, Virtual};
use crate::local::entry::{Attribute, Entry};
use crate::local::path::WrittenName;
use crate::local::schema::Schema;
use memchr::memmem;

impl Filter {
    /// Whether an entry matches; `None`: undefined, and so it is not given.
    pub fn matches(&self, entry: &Entry, schema: &Schema, also: &Virtual<'_>) -> Option<bool> {
        let mut asked = Asked {
            entry,
            schema,
            also,
            scratch: Vec::new(),
        };
        asked.matches(self)
    }
}

struct Asked<'a> {
    entry: &'a Entry,
    schema: &'a Schema,
    also: &'a Virtual<'a>,
    /// Values are made comparable in here, one after the other.
    scratch: Vec<u8>,
}

impl Asked<'_> {
    // As deep as a filter may nest: it was counted when it was read.
    fn matches(&mut self, filter: &Filter) -> Option<bool> {
        match filter {
            Filter::And(parts) => self.until(parts, false),
            Filter::Or(parts) => self.until(parts, true),
            Filter::Not(part) => self.matches(part).map(|found| !found),
            Filter::Equal(of, wanted) if &*of.kind.key == "objectclass" => Some(self.is_of_class(of, wanted)),
            Filter::Equal(of, wanted) => Some(self.any_normal(of, |value| value == wanted)),
            Filter::AtLeast(of, wanted) => Some(self.any_normal(of, |value| value >= wanted.as_slice())),
            Filter::AtMost(of, wanted) => Some(self.any_normal(of, |value| value <= wanted.as_slice())),
            Filter::Present(of) => Some(self.any(of, |_, _| true)),
            Filter::Substrings(of, pieces) => Some(self.any_normal(of, |value| has(value, pieces))),
            Filter::Bits { of, mask, all } => Some(self.any(of, |value, _| {
                number(value).is_some_and(|number| {
                    if *all {
                        number & mask == *mask
                    } else {
                        number & mask != 0
                    }
                })
            })),
            Filter::Extensible(match_) => Some(self.extensible(match_)),
            Filter::Undefined => None,
        }
    }

    /// `decisive` as soon as a part is; undefined if any is; the contrary else.
    fn until(&mut self, parts: &[Filter], decisive: bool) -> Option<bool> {
        let mut otherwise = Some(!decisive);
        for part in parts {
            match self.matches(part) {
                Some(found) if found == decisive => return Some(decisive),
                None => otherwise = None,
                Some(_) => {}
            }
        }
        otherwise
    }

    /// Whether `test` holds for any value of a subject; it is given the scratch space too.
    fn any(&mut self, of: &Subject, mut test: impl FnMut(&[u8], &mut Vec<u8>) -> bool) -> bool {
        let (entry, scratch) = (self.entry, &mut self.scratch);
        let held = entry
            .attributes()
            .iter()
            .filter(|attribute| of.is(attribute))
            .flat_map(|attribute| &attribute.values)
            .any(|value| test(value, scratch));
        held || (of.kind.operational
            && of.options.is_empty()
            && (self.also)(&of.kind.key).is_some_and(|values| values.iter().any(|value| test(value, scratch))))
    }

    fn any_normal(&mut self, of: &Subject, mut test: impl FnMut(&[u8]) -> bool) -> bool {
        self.any(of, |value, scratch| {
            scratch.clear();
            of.kind.normal_into(value, scratch).is_ok() && test(scratch)
        })
    }

    /// An entry is also of the classes above its own (RFC 4512 §2.4).
    fn is_of_class(&mut self, of: &Subject, wanted: &[u8]) -> bool {
        let schema = self.schema;
        self.any(of, |value, _| {
            schema.object_class(value).is_some_and(|class| {
                class.key.as_bytes() == wanted || class.superiors.iter().any(|key| key.as_bytes() == wanted)
            })
        })
    }

    fn extensible(&mut self, match_: &Extensible) -> bool {
        let schema = self.schema;
        for of in &match_.of {
            let found = self.any(of, |value, scratch| {
                scratch.clear();
                schema.normal_by_into(match_.rule, value, scratch).is_ok() && *scratch == match_.value
            });
            if found {
                return true;
            }
        }
        match_.in_name && self.named_so(match_)
    }

    /// Whether any pair of the entry's name matches (RFC 4511 §4.5.1.7.7 dnAttributes).
    fn named_so(&mut self, match_: &Extensible) -> bool {
        let Some(names) = (self.also)("entrydn") else {
            return false;
        };
        let Some(mut rest) = names.first().map(Vec::as_slice) else {
            return false;
        };
        while let Ok(Some(written)) = WrittenName::first(rest) {
            for (attribute, value) in &written.pairs {
                let looked_at = self.schema.attribute(attribute).is_some_and(|kind| {
                    match_
                        .of
                        .iter()
                        .any(|of| of.options.is_empty() && self.schema.covers(&of.kind, kind))
                });
                self.scratch.clear();
                if looked_at
                    && self
                        .schema
                        .normal_by_into(match_.rule, value, &mut self.scratch)
                        .is_ok()
                    && self.scratch == match_.value
                {
                    return true;
                }
            }
            rest = written.rest;
        }
        false
    }
}

impl Subject {
    /// Whether it looks at this attribute: of its type or one below, under at least its options (RFC 4512 §2.5.2.1).
    pub fn is(&self, attribute: &Attribute) -> bool {
        let mut parts = attribute.description.split(';');
        let base = parts.next().unwrap_or_default();
        self.kind.covered.iter().any(|key| base.eq_ignore_ascii_case(key))
            && self
                .options
                .iter()
                .all(|wanted| parts.clone().any(|option| option.eq_ignore_ascii_case(wanted)))
    }
}

fn has(value: &[u8], pieces: &Pieces) -> bool {
    let Some(mut rest) = value.strip_prefix(pieces.initial.as_deref().unwrap_or_default()) else {
        return false;
    };
    if let Some(last) = &pieces.last {
        match rest.strip_suffix(last.as_slice()) {
            Some(before) => rest = before,
            None => return false,
        }
    }
    for piece in &pieces.any {
        match memmem::find(rest, piece) {
            Some(place) => rest = rest.get(place + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}
