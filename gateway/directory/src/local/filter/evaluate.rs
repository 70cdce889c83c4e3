//! Asked of an entry. True, false, or undefined where neither can be said (RFC 4511 §4.5.1.7).

use super::work::IN_A_ROW;
use super::{Extensible, Filter, Overdone, Pieces, Subject, Virtual, Work};
use crate::local::entry::{Attribute, Entry};
use crate::local::path::WrittenName;
use crate::local::schema::Schema;
use memchr::memmem;
use std::collections::{HashMap, HashSet};
use std::pin::Pin;

/// Values of an attribute that are looked at again and again, from so many on, are made comparable once.
const MANY: u64 = 64;
/// So many octets of a value count as much as another value.
const AS_ANOTHER: usize = 64;

impl Filter {
    /// Whether an entry matches; `None`: undefined, and so it is not given.
    pub fn matches(&self, entry: &Entry, schema: &Schema, also: &Virtual<'_>) -> Option<bool> {
        Asked::new(entry, schema, also).matches(self)
    }

    /// The same, as work of a request. `most`: what it may cost at most; where that is much, others have their turn meanwhile.
    pub async fn matches_within(
        &self,
        entry: &Entry,
        schema: &Schema,
        also: &Virtual<'_>,
        most: u64,
        work: &mut Work,
    ) -> Result<Option<bool>, Overdone> {
        let mut asked = Asked::new(entry, schema, also);
        if most > IN_A_ROW {
            return asked.matches_slowly(self, work).await;
        }
        let found = asked.matches(self);
        work.done(asked.examined).await?;
        Ok(found)
    }
}

struct Asked<'a> {
    entry: &'a Entry,
    schema: &'a Schema,
    also: &'a Virtual<'a>,
    /// Values are made comparable in here, one after the other.
    scratch: Vec<u8>,
    /// Values looked at so far, in the unit of [`Work`].
    examined: u64,
    /// Subjects with many values that were looked at before, and these values if it was more than once.
    known: HashMap<Key<'a>, Option<HashSet<Vec<u8>>>>,
}

/// A subject: its type and its options.
type Key<'a> = (&'a str, &'a [Box<str>]);

impl<'a> Asked<'a> {
    fn new(entry: &'a Entry, schema: &'a Schema, also: &'a Virtual<'a>) -> Self {
        Self {
            entry,
            schema,
            also,
            scratch: Vec::new(),
            examined: 0,
            known: HashMap::new(),
        }
    }

    /// As [`Asked::matches`], with a pause between parts. As deep as a filter may nest, too.
    fn matches_slowly<'b>(
        &'b mut self,
        filter: &'a Filter,
        work: &'b mut Work,
    ) -> Pin<Box<dyn Future<Output = Result<Option<bool>, Overdone>> + Send + 'b>> {
        Box::pin(async move {
            let (parts, decisive) = match filter {
                Filter::And(parts) => (parts, false),
                Filter::Or(parts) => (parts, true),
                Filter::Not(part) => return Ok(self.matches_slowly(part, work).await?.map(|found| !found)),
                part => {
                    let before = self.examined;
                    let found = self.matches(part);
                    work.done(self.examined.saturating_sub(before)).await?;
                    return Ok(found);
                }
            };
            let mut otherwise = Some(!decisive);
            for part in parts {
                match self.matches_slowly(part, work).await? {
                    Some(found) if found == decisive => return Ok(Some(decisive)),
                    None => otherwise = None,
                    Some(_) => {}
                }
            }
            Ok(otherwise)
        })
    }

    // As deep as a filter may nest: it was counted when it was read.
    fn matches(&mut self, filter: &'a Filter) -> Option<bool> {
        match filter {
            Filter::And(parts) => self.until(parts, false),
            Filter::Or(parts) => self.until(parts, true),
            Filter::Not(part) => self.matches(part).map(|found| !found),
            Filter::Equal(of, wanted) if &*of.kind.key == "objectclass" => Some(self.is_of_class(of, wanted)),
            Filter::Equal(of, wanted) => Some(self.is_equal(of, wanted)),
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
    fn until(&mut self, parts: &'a [Filter], decisive: bool) -> Option<bool> {
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
        let mut examined = entry.attributes().len();
        let mut test = |value: &[u8], scratch: &mut Vec<u8>| {
            examined += 1 + value.len() / AS_ANOTHER;
            test(value, scratch)
        };
        let held = entry
            .attributes()
            .iter()
            .filter(|attribute| of.is(attribute))
            .flat_map(|attribute| &attribute.values)
            .any(|value| test(value, scratch));
        let found = held
            || (of.kind.operational
                && of.options.is_empty()
                && (self.also)(&of.kind.key).is_some_and(|values| values.iter().any(|value| test(value, scratch))));
        self.examined = self.examined.saturating_add(examined as u64);
        found
    }

    fn any_normal(&mut self, of: &Subject, mut test: impl FnMut(&[u8]) -> bool) -> bool {
        self.any(of, |value, scratch| {
            scratch.clear();
            of.kind.normal_into(value, scratch).is_ok() && test(scratch)
        })
    }

    /// A filter may ask for a thousand members of a group, one after the other: then its values are made comparable once for all.
    fn is_equal(&mut self, of: &'a Subject, wanted: &[u8]) -> bool {
        let key = (&*of.kind.key, of.options.as_slice());
        match self.known.get(&key) {
            Some(Some(values)) => {
                self.examined = self.examined.saturating_add(1);
                values.contains(wanted)
            }
            Some(None) => {
                let mut values = HashSet::new();
                self.any_normal(of, |value| {
                    values.insert(value.to_vec());
                    false
                });
                let found = values.contains(wanted);
                self.known.insert(key, Some(values));
                found
            }
            None => {
                let before = self.examined;
                let found = self.any_normal(of, |value| value == wanted);
                if self.examined.saturating_sub(before) > MANY {
                    self.known.insert(key, None);
                }
                found
            }
        }
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
