//! Whether an entry matches a filter, of what somebody may read in it; and the requests that rest on that (RFC 4528).

use super::LocalDirectory;
use super::access::{Access, Rights};
use super::answer::Answer;
use super::apart;
use super::entry::Entry;
use super::filter::{Filter, Overdone, Subject, Work};
use super::schema::{AttributeType, INDEXED_OCTETS};
use super::virtual_attributes::{self, Virtual};
use postern_identity::records::EntryRow;
use postern_ldap::{Message, ResultCode, WireError, control, oid};
use std::sync::Arc;

/// The most values that are looked up one by one of an attribute that is kept apart.
const MOST_ASKED: usize = 64;

/// A key, and the values that are asked for; `None`: something else is asked.
type AskedApart = (Arc<str>, Option<Vec<Vec<u8>>>);

/// A filter that is asked of many entries for one actor.
pub(crate) struct Question {
    filter: Filter,
    /// The types it looks at, each once.
    looked_at: Vec<Arc<AttributeType>>,
    virtuals: Vec<Virtual>,
    /// Of attributes that may be kept apart: the values that are asked for, or `None` if something else is asked of them.
    apart: Vec<AskedApart>,
    /// How many parts look at something.
    parts: usize,
    /// Which of those types were hidden last, and the filter without them.
    hidden: Option<(Vec<bool>, Filter)>,
    always: bool,
    /// The attribute of which it asks for a value, or any of some, and nothing else: what is found by the index of it matches.
    by_index: Option<Arc<str>>,
}

impl Question {
    pub(crate) fn new(filter: Filter) -> Self {
        let mut looked_at: Vec<Arc<AttributeType>> = Vec::new();
        let mut parts = 0;
        subjects(&filter, &mut |subject| {
            parts += 1;
            if !looked_at.iter().any(|known| known.key == subject.kind.key) {
                looked_at.push(Arc::clone(&subject.kind));
            }
        });
        let looks_at = |kind: Virtual| {
            looked_at
                .iter()
                .any(|of| of.covered.iter().any(|key| **key == *kind.key()))
        };
        let virtuals = virtual_attributes::ALL
            .iter()
            .copied()
            .filter(|kind| looks_at(*kind))
            .collect();
        let mut apart: Vec<AskedApart> = Vec::new();
        asked_of(&filter, &mut |of, equal| {
            for key in &of.covered {
                let place = apart.iter().position(|(known, _)| known == key);
                let place = place.unwrap_or_else(|| {
                    apart.push((Arc::clone(key), Some(Vec::new())));
                    apart.len() - 1
                });
                if let Some((_, asked)) = apart.get_mut(place) {
                    match (asked.as_mut(), equal) {
                        (Some(values), Some(value)) if values.len() < MOST_ASKED && value.ends_with(&[0]) => {
                            values.push(value.to_vec());
                        }
                        _ => *asked = None,
                    }
                }
            }
        });
        Self {
            apart,
            always: matches!(&filter, Filter::Present(of) if &*of.kind.key == "objectclass" && of.options.is_empty()),
            by_index: sole_attribute(&filter),
            looked_at,
            virtuals,
            parts,
            filter,
            hidden: None,
        }
    }

    /// Whether every entry matches whose object classes may be read.
    pub(crate) fn is_always(&self, rights: Rights<'_>) -> bool {
        self.always && rights.may_read("objectclass")
    }

    /// Whether every entry matches that the index of its values found, of whom this may be read.
    pub(crate) fn is_by_index(&self, rights: Rights<'_>) -> bool {
        self.by_index.as_ref().is_some_and(|key| rights.may_read(key))
    }

    /// Whether an entry matches. What may not be read makes a part undefined, so that nothing is found out by asking.
    pub(crate) async fn matches(
        &mut self,
        directory: &LocalDirectory,
        row: &EntryRow,
        entry: &Entry,
        access: &Access,
        work: &mut Work,
    ) -> Result<bool, Answer> {
        let rights = access.to(&row.path);
        let mut whole = None;
        for key in apart::keys(&row.body) {
            let Some((_, asked)) = self.apart.iter().find(|(known, _)| **known == *key) else {
                continue;
            };
            if rights.may_read(key) {
                let whole = whole.get_or_insert_with(|| entry.clone());
                match asked {
                    Some(values) => directory.put_back_these(row, whole, key, values).await?,
                    None => {
                        directory.put_back(row, whole, |which| which == key).await?;
                    }
                }
            }
        }
        let entry = whole.as_ref().unwrap_or(entry);
        let mut worked_out = Vec::new();
        for which in &self.virtuals {
            if rights.may_read(which.key()) {
                worked_out.push((which.key(), directory.worked_out(*which, row, access).await?));
            }
        }
        let also = |key: &str| match worked_out.iter().find(|(known, _)| *known == key) {
            Some((_, values)) => Some(values.clone()),
            None if key == Virtual::EntryDn.key() => Some(vec![row.name.as_bytes().to_vec()]),
            None => None,
        };
        let values: usize = entry.attributes().iter().map(|held| 2 + held.values.len()).sum();
        let values_also: usize = worked_out.iter().map(|(_, values)| values.len()).sum();
        let most = (values + values_also + row.body.len() / 64).saturating_mul(self.parts) as u64;
        let before = work.left();
        let filter = self.visible(rights);
        let found = filter.matches_within(entry, &directory.schema, &also, most, work);
        let is_found = found.await.map_err(overdone)? == Some(true);
        if is_found {
            work.matched(before);
        }
        Ok(is_found)
    }

    fn visible(&mut self, rights: Rights<'_>) -> &Filter {
        let is_hidden = |kind: &AttributeType| kind.covered.iter().any(|key| !rights.may_read(key));
        if !self.looked_at.iter().any(|kind| is_hidden(kind)) {
            return &self.filter;
        }
        let which: Vec<bool> = self.looked_at.iter().map(|kind| is_hidden(kind)).collect();
        if self.hidden.as_ref().is_none_or(|(known, _)| *known != which) {
            self.hidden = Some((which, self.filter.clone().hiding(&is_hidden)));
        }
        self.hidden.as_ref().map_or(&Filter::Undefined, |(_, filter)| filter)
    }
}

/// The key of the attribute, if a filter asks for nothing but whole values of one that its index has.
fn sole_attribute(filter: &Filter) -> Option<Arc<str>> {
    match filter {
        Filter::Equal(of, value) => {
            let [sole] = of.kind.covered.as_slice() else {
                return None;
            };
            // Of longer ones the index has the beginning.
            let is_whole = of.kind.indexed && of.options.is_empty() && value.len() < INDEXED_OCTETS;
            is_whole.then(|| Arc::clone(sole))
        }
        Filter::Or(parts) => {
            let (first, rest) = parts.split_first()?;
            let key = sole_attribute(first)?;
            rest.iter()
                .all(|part| sole_attribute(part).as_ref() == Some(&key))
                .then_some(key)
        }
        _ => None,
    }
}

/// The types of a filter's parts, each with the value it is to equal, or `None` where something else is asked.
// As deep as a filter may nest: it was counted when it was read.
fn asked_of(filter: &Filter, visit: &mut impl FnMut(&AttributeType, Option<&[u8]>)) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| asked_of(part, visit)),
        Filter::Not(part) => asked_of(part, visit),
        Filter::Equal(of, value) => visit(&of.kind, Some(value)),
        other => subjects(other, &mut |subject| visit(&subject.kind, None)),
    }
}

// As deep as a filter may nest: it was counted when it was read.
fn subjects(filter: &Filter, visit: &mut impl FnMut(&Subject)) {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().for_each(|part| subjects(part, visit)),
        Filter::Not(part) => subjects(part, visit),
        Filter::Equal(of, _)
        | Filter::AtLeast(of, _)
        | Filter::AtMost(of, _)
        | Filter::Present(of)
        | Filter::Substrings(of, _)
        | Filter::Bits { of, .. } => visit(of),
        Filter::Extensible(extensible) => extensible.of.iter().for_each(visit),
        Filter::Undefined => {}
    }
}

fn overdone(fault: Overdone) -> Answer {
    match fault {
        Overdone::Work => Answer::new(
            ResultCode::ADMIN_LIMIT_EXCEEDED,
            "too much would have to be compared: ask with fewer parts in the filter",
        ),
        Overdone::Time => Answer::new(ResultCode::TIME_LIMIT_EXCEEDED, ""),
    }
}

/// What a filter that cannot be read is answered.
pub(crate) fn filter_fault(fault: WireError) -> Answer {
    match fault {
        WireError::TooDeep | WireError::TooMany => Answer::new(
            ResultCode::ADMIN_LIMIT_EXCEEDED,
            "the filter is nested too deep, or has too many parts",
        ),
        _ => Answer::malformed("the filter cannot be read"),
    }
}

impl LocalDirectory {
    /// The filter of the assertion control, if there is one.
    pub(crate) fn assertion(&self, message: &Message<'_>) -> Result<Option<Filter>, Answer> {
        let control = message.controls.sole(oid::ASSERTION);
        let Some(control) = control.map_err(|_| Answer::malformed("the controls cannot be read"))? else {
            return Ok(None);
        };
        let filter = control::assertion::filter(control.value)
            .and_then(|element| Filter::read(&element, &self.schema))
            .map_err(filter_fault)?;
        Ok(Some(filter))
    }

    /// 122 unless the entry matches (RFC 4528 §3).
    pub(crate) async fn check_assertion(
        &self,
        asserted: &Filter,
        row: &EntryRow,
        entry: &Entry,
        access: &Access,
    ) -> Result<(), Answer> {
        if self.matches(asserted, row, entry, access).await? {
            Ok(())
        } else {
            Err(Answer::new(ResultCode::ASSERTION_FAILED, ""))
        }
    }

    /// Whether an entry matches, of what may be read of it.
    pub(crate) async fn matches(
        &self,
        filter: &Filter,
        row: &EntryRow,
        entry: &Entry,
        access: &Access,
    ) -> Result<bool, Answer> {
        let mut work = Work::for_entries(self.settings.limits.look_through, None);
        let mut question = Question::new(filter.clone());
        question.matches(self, row, entry, access, &mut work).await
    }
}
