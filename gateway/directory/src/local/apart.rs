//! Members of large groups. They are kept apart from the group's body, each by itself beside what the group is found by, so that one member
//! more or less costs the same however many there are. In the body stands their attribute without values, in front of all others.
//!
//! Whoever needs them has them put back ([`LocalDirectory::whole_body`], [`LocalDirectory::put_back`]); most need not.

use super::LocalDirectory;
use super::answer::Answer;
use super::entry::Entry;
use super::schema::{INDEXED_OCTETS, Schema};
use postern_identity::records::{EntryRow, Indexed, RecordsError, ValueApart};
use std::sync::Arc;

/// The attributes that are kept apart where they have many values: key, name, and how a body begins in which they are.
const APART: [(&str, &str, &[u8]); 2] = [
    ("member", "member", b"\x30\x0a\x04\x06member\x31\x00"),
    ("uniquemember", "uniqueMember", b"\x30\x10\x04\x0cuniqueMember\x31\x00"),
];

/// So many values stay in the body.
pub(crate) const MOST_IN_BODY: usize = 64;
/// The most octets of values that are put back into one entry.
const MOST_PUT_BACK: usize = 48 * 1024 * 1024;
/// Values read at once.
const AT_ONCE: u32 = 2_000;
/// Octets of a value beside which it is not kept apart.
const LONGEST: usize = 8 * 1024;

/// The keys of the attributes whose values are not in a body.
pub(crate) fn keys(mut body: &[u8]) -> Vec<&'static str> {
    let mut keys = Vec::new();
    for (key, _, beginning) in APART {
        if let Some(rest) = body.strip_prefix(beginning) {
            keys.push(key);
            body = rest;
        }
    }
    keys
}

/// The name of an attribute by the key [`keys`] gave.
pub(crate) fn name(key: &'static str) -> &'static str {
    APART
        .iter()
        .find(|(known, _, _)| *known == key)
        .map_or(key, |(_, name, _)| name)
}

/// Takes the values out of an entry that are to be kept apart. `were`: the keys of those that were until now, which stay so until they are few.
pub(crate) fn split(schema: &Schema, entry: &mut Entry, were: &[&str]) -> Vec<ValueApart> {
    let mut all = Vec::new();
    for (key, name, _) in APART.iter().rev() {
        let values = entry.values(key);
        let most = if were.contains(key) {
            MOST_IN_BODY / 2
        } else {
            MOST_IN_BODY
        };
        if values.len() > most
            && let Some(apart) = taken_apart(schema, key, values)
        {
            all.extend(apart);
            entry.empty(name);
        } else if values.is_empty()
            && entry
                .attributes()
                .iter()
                .any(|attribute| *attribute.description == **name)
        {
            entry.empty(name); // it was so, and stays in front
        }
    }
    all
}

/// `None`: one of them cannot be found by the whole of it.
fn taken_apart(schema: &Schema, key: &str, values: &[Vec<u8>]) -> Option<Vec<ValueApart>> {
    let kind = schema.attribute(key.as_bytes())?;
    let apart = |value: &Vec<u8>| value_apart(&kind.key, &kind.normal(value).ok()?, value);
    values.iter().map(apart).collect()
}

/// A value to be kept apart, with the form in which it is compared. `None`: it cannot be.
pub(crate) fn value_apart(key: &Arc<str>, normal: &[u8], written: &[u8]) -> Option<ValueApart> {
    (normal.len() <= INDEXED_OCTETS && written.len() <= LONGEST).then(|| ValueApart {
        indexed: Indexed {
            attribute: Arc::clone(key),
            value: normal.into(),
        },
        written: written.into(),
    })
}

impl LocalDirectory {
    /// Puts back into an entry what is kept apart of it, as far as wanted; the rest stays away. Which attributes were put back.
    pub(crate) async fn put_back(
        &self,
        row: &EntryRow,
        entry: &mut Entry,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<&'static str>, Answer> {
        let mut done = Vec::new();
        for key in keys(&row.body).into_iter().filter(|key| wanted(key)) {
            let mut values: Vec<Vec<u8>> = Vec::new();
            let mut octets = 0_usize;
            let mut after: Option<Arc<[u8]>> = None;
            loop {
                let page = self
                    .entries
                    .values_apart(&self.tree, row.id, key, after.as_deref(), AT_ONCE);
                let page = page.await?;
                let is_last = page.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
                after = page.last().map(|value| Arc::clone(&value.indexed.value));
                octets += page.iter().map(|value| value.written.len()).sum::<usize>();
                if octets > MOST_PUT_BACK {
                    return Err(RecordsError::TooLarge.into());
                }
                values.extend(page.iter().map(|value| value.written.to_vec()));
                if is_last {
                    break;
                }
            }
            entry.set(name(key), values);
            done.push(key);
        }
        Ok(done)
    }

    /// The body of a row with what is kept apart of it put back, as far as wanted, and without a trace of the rest.
    pub(crate) async fn whole_body(&self, row: &EntryRow, wanted: impl Fn(&str) -> bool) -> Result<Vec<u8>, Answer> {
        let mut entry = Entry::decode(&row.body).ok_or_else(super::search::unreadable)?;
        let done = self.put_back(row, &mut entry, wanted).await?;
        for key in keys(&row.body) {
            if !done.contains(&key) {
                entry.remove(name(key));
            }
        }
        Ok(entry.encode())
    }

    /// Puts back of an attribute only those of these values that are there; they are in the form in which values are compared.
    pub(crate) async fn put_back_these(
        &self,
        row: &EntryRow,
        entry: &mut Entry,
        key: &'static str,
        values: &[Vec<u8>],
    ) -> Result<(), RecordsError> {
        let mut found = Vec::new();
        for value in values {
            // Nothing stands between a name's form and the same without the octet that ends it.
            let before = value.split_last().map(|(_, before)| before);
            let next = self.entries.values_apart(&self.tree, row.id, key, before, 1).await?;
            found.extend(
                next.iter()
                    .filter(|next| *next.indexed.value == **value)
                    .map(|next| next.written.to_vec()),
            );
        }
        if !found.is_empty() {
            entry.set(name(key), found);
        }
        Ok(())
    }
}
