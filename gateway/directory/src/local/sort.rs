//! Server side sorting (RFC 2891): what was found waits, as keys and places, until all of it is known.
//!
//! A place is read again when its entry is told of. What was renamed meanwhile is no longer there and is not told, as if it had been deleted;
//! what stands there now is told if it is one of those that are wanted.

use super::entry::Entry;
use super::schema::{AttributeType, Purpose, Schema, rule_named};
use postern_ldap::ber::Writer;
use postern_ldap::control::Control;
use postern_ldap::control::sort::{self, SortKey};
use postern_ldap::{ResultCode, control};
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

/// The response control.
const SORT_RESPONSE: &[u8] = b"1.2.840.113556.1.4.474";
/// The most octets of keys and places that wait at once.
const MOST_OCTETS: usize = 8 * 1024 * 1024;
/// The most octets of one key that count.
const LONGEST_KEY: usize = 1024;
/// The most keys one search may sort by.
const MOST_KEYS: usize = 16;

/// How a search is sorted.
pub(super) struct Sorting {
    keys: Vec<Key>,
    critical: bool,
    found: Vec<Found>,
    octets: usize,
    most: usize,
}

struct Key {
    /// The keys of the attribute and of those below it.
    attributes: Vec<Arc<str>>,
    kind: Arc<AttributeType>,
    reverse: bool,
}

struct Found {
    values: Vec<Option<Vec<u8>>>,
    path: Arc<[u8]>,
}

/// Why it cannot be sorted: what the response control says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unsortable(pub(super) ResultCode);

/// What becomes of a search with such a control.
pub(super) enum Asked {
    /// It is sorted.
    Sorted(Sorting),
    /// It is not, and says so.
    Unsorted(Unsortable),
}

impl Sorting {
    /// Reads the request control. `most`: the most entries that are sorted. `None`: it cannot be read.
    pub(super) fn read(control: &Control<'_>, most: usize, schema: &Schema) -> Option<Asked> {
        let mut keys = Vec::new();
        let mut wrong = None;
        sort::walk(control.value?, |asked| match key(asked, schema) {
            Ok(key) if keys.len() < MOST_KEYS => keys.push(key),
            Ok(_) => wrong = Some(Unsortable(ResultCode::UNWILLING_TO_PERFORM)),
            Err(fault) => wrong = Some(fault),
        })
        .ok()?;
        if keys.is_empty() && wrong.is_none() {
            return None;
        }
        Some(match wrong {
            Some(wrong) => Asked::Unsorted(wrong),
            None => Asked::Sorted(Self {
                keys,
                critical: control.critical,
                found: Vec::new(),
                octets: 0,
                most,
            }),
        })
    }

    pub(super) fn is_critical(&self) -> bool {
        self.critical
    }

    /// Adds an entry. `visible` says which attributes may be read, by their keys. False: there is no room for it.
    pub(super) fn add(&mut self, path: &Arc<[u8]>, entry: &Entry, visible: impl Fn(&str) -> bool) -> bool {
        let values: Vec<_> = self.keys.iter().map(|key| key.value(entry, &visible)).collect();
        let octets: usize = values.iter().flatten().map(Vec::len).sum();
        if self.found.len() == self.most || self.octets + octets + path.len() > MOST_OCTETS {
            return false;
        }
        self.octets += octets + path.len();
        self.found.push(Found {
            values,
            path: Arc::clone(path),
        });
        true
    }

    /// What was added, in order.
    pub(super) fn sorted(mut self) -> VecDeque<Arc<[u8]>> {
        let keys = self.keys;
        self.found.sort_by(|a, b| {
            let each = keys.iter().zip(a.values.iter().zip(&b.values));
            each.map(|(key, (a, b))| key.order(a.as_deref(), b.as_deref()))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        self.found.into_iter().map(|found| found.path).collect()
    }

    /// What was added, as it came.
    pub(super) fn unsorted(self) -> VecDeque<Arc<[u8]>> {
        self.found.into_iter().map(|found| found.path).collect()
    }
}

impl Key {
    /// The value that counts: of several the smallest (RFC 2891 §2.2).
    fn value(&self, entry: &Entry, visible: &impl Fn(&str) -> bool) -> Option<Vec<u8>> {
        let attributes = self.attributes.iter().filter(|attribute| visible(attribute));
        let values = attributes.flat_map(|attribute| entry.values(attribute));
        let mut value = values.filter_map(|value| self.kind.normal(value).ok()).min()?;
        value.truncate(LONGEST_KEY);
        Some(value)
    }

    /// What has no value counts as larger than anything (RFC 2891 §2.2).
    fn order(&self, a: Option<&[u8]>, b: Option<&[u8]>) -> Ordering {
        let order = match (a, b) {
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        if self.reverse { order.reverse() } else { order }
    }
}

fn key(asked: SortKey<'_>, schema: &Schema) -> Result<Key, Unsortable> {
    let kind = schema
        .attribute_handle(asked.attribute)
        .ok_or(Unsortable(ResultCode::NO_SUCH_ATTRIBUTE))?;
    let inappropriate = Unsortable(ResultCode::INAPPROPRIATE_MATCHING);
    // Forms for equality are in the order of the ordering rule; text without one is sorted by it all the same, as people mean it.
    if kind.ordering.is_none() && kind.substring.is_none() {
        return Err(inappropriate);
    }
    if let Some(rule) = asked.ordering_rule
        && !rule_named(rule)
            .is_some_and(|(named, purpose)| Some(named) == kind.ordering && purpose == Purpose::Ordering)
    {
        return Err(inappropriate);
    }
    Ok(Key {
        attributes: kind.covered.clone(),
        kind: Arc::clone(kind),
        reverse: asked.reverse,
    })
}

/// The response control (RFC 2891 §1.2).
pub(super) fn response(result: Result<(), Unsortable>) -> Vec<u8> {
    let code = result.err().map_or(ResultCode::SUCCESS, |Unsortable(code)| code);
    let mut value = Writer::new();
    value.nested(postern_ldap::tag::SEQUENCE, |inside| {
        inside.enumerated(code.0);
    });
    control::encode(SORT_RESPONSE, false, Some(&value.finish()))
}
