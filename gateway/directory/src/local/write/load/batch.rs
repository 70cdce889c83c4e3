//! A batch: entries as they are kept, and the one unit they are written as.

use super::{LoadFault, fault};
use crate::local::LocalDirectory;
use crate::local::answer::Answer;
use crate::local::apart;
use crate::local::entry::Entry;
use crate::local::password::hash::{self, Form};
use crate::local::path::NamePath;
use crate::local::schema::Schema;
use futures_util::{StreamExt, TryStreamExt, stream};
use postern_identity::Secret;
use postern_identity::records::{EntryChange, Indexed, NewEntry, Reach, RecordsError, Selection, ValueApart, Wanted};
use postern_ldap::ResultCode;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Passwords that are hashed at once.
const HASHED_AT_ONCE: usize = 4;

const PASSWORD: &str = "userPassword";
pub(super) const UUID: &str = "entryUUID";

/// An entry that could go in.
pub(super) struct Ready {
    pub(super) place: u64,
    pub(super) path: NamePath,
    pub(super) above: Option<Arc<[u8]>>,
    pub(super) name: Arc<str>,
    /// Whether its UUID is one it brought, and another may have.
    pub(super) brings_uuid: bool,
    pub(super) content: Content,
}

/// What will be in an entry.
pub(super) enum Content {
    /// As it is kept, which is much smaller, and what it is found by.
    Kept {
        body: Arc<[u8]>,
        indexed: Vec<Indexed>,
        apart: Vec<ValueApart>,
    },
    /// With passwords that are still to be hashed.
    ToHash(Entry),
}

/// A batch as it is written.
pub(super) struct Unit {
    /// Where its entries come from.
    places: Vec<u64>,
    /// What is asked, and then the entries.
    changes: Vec<EntryChange>,
}

/// A batch that is in.
pub(super) struct Written {
    pub(super) entries: u64,
    /// How long the store took.
    pub(super) took: Duration,
}

impl Content {
    /// Of a whole entry.
    pub(super) fn of(entry: Entry, schema: &Schema) -> Self {
        if entry.values(PASSWORD).iter().any(|value| is_plain(value)) {
            return Self::ToHash(entry);
        }
        Self::kept(entry, schema)
    }

    /// Of an entry that has no password, or hashes of passwords.
    fn kept(mut entry: Entry, schema: &Schema) -> Self {
        let apart = apart::split(schema, &mut entry, &[]);
        Self::Kept {
            body: entry.encode().into(),
            indexed: schema.indexed(&entry),
            apart,
        }
    }

    /// About how many it holds.
    pub(super) fn octets(&self) -> usize {
        match self {
            Self::Kept { body, apart, .. } => {
                let values = apart
                    .iter()
                    .map(|value| 100 + value.indexed.value.len() + value.written.len());
                body.len() + values.sum::<usize>()
            }
            Self::ToHash(entry) => {
                let values = entry.attributes().iter().flat_map(|attribute| &attribute.values);
                values.map(Vec::len).sum()
            }
        }
    }
}

impl Unit {
    /// Hashes what has to be, and makes a batch one unit. `keys`: of what is one entry's alone.
    pub(super) async fn of(
        batch: Vec<Ready>,
        directory: &LocalDirectory,
        keys: &[Arc<str>],
    ) -> Result<Self, LoadFault> {
        let mut places = Vec::with_capacity(batch.len());
        let mut changes = Vec::with_capacity(batch.len() * 2);
        let mut entries = Vec::with_capacity(batch.len());
        let mut alone: HashSet<Indexed> = HashSet::new();
        let mut members = Vec::new();
        let mut batch = stream::iter(batch)
            .map(|ready| hashed(directory, ready))
            .buffered(HASHED_AT_ONCE);
        while let Some(ready) = batch.try_next().await? {
            let content = match ready.content {
                Content::ToHash(entry) => Content::kept(entry, &directory.schema),
                kept @ Content::Kept { .. } => kept,
            };
            let Content::Kept { body, indexed, apart } = content else {
                continue;
            };
            for value in &indexed {
                let asked =
                    keys.contains(&value.attribute) || ready.brings_uuid && value.attribute.eq_ignore_ascii_case(UUID);
                if !asked {
                    continue;
                }
                if !alone.insert(value.clone()) {
                    let taken = LocalDirectory::not_alone(&value.attribute);
                    return Err(fault(ready.place, &ready.name, &taken));
                }
                changes.push(EntryChange::Unique {
                    indexed: value.clone(),
                    but: None,
                });
            }
            if !apart.is_empty() {
                members.push(EntryChange::Apart {
                    path: Arc::clone(ready.path.octets()),
                    without: Vec::new(),
                    with: apart,
                });
            }
            places.push(ready.place);
            entries.push(EntryChange::Insert(NewEntry {
                path: Arc::clone(ready.path.octets()),
                above: ready.above,
                name: ready.name,
                body,
                indexed,
            }));
        }
        changes.append(&mut entries);
        changes.append(&mut members);
        Ok(Self { places, changes })
    }
}

/// Writes a batch.
pub(super) async fn written(directory: Arc<LocalDirectory>, unit: Unit) -> Result<Written, LoadFault> {
    let begun = Instant::now();
    let mut patience = 0_u32;
    loop {
        match directory.entries.commit(&directory.tree, unit.changes.clone()).await {
            Ok(()) => {
                return Ok(Written {
                    entries: unit.places.len() as u64,
                    took: begun.elapsed(),
                });
            }
            Err(RecordsError::Busy) if patience < 100 => {
                patience += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return Err(blame(&directory, &unit, error).await),
        }
    }
}

/// The entry whose password is a hash from now on.
async fn hashed(directory: &LocalDirectory, mut ready: Ready) -> Result<Ready, LoadFault> {
    let Content::ToHash(entry) = &mut ready.content else {
        return Ok(ready);
    };
    let stored = entry.values(PASSWORD).to_vec();
    let mut values = Vec::with_capacity(stored.len());
    for value in stored {
        if !is_plain(&value) {
            values.push(value);
            continue;
        }
        let mut patience = 0_u32;
        values.push(loop {
            match directory.hasher.hash(Secret::new(hash::plain(&value))).await {
                Ok(hash) => break hash,
                Err(_) if patience < 100 => {
                    patience += 1;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(_) => {
                    let busy = Answer::new(ResultCode::BUSY, "passwords cannot be hashed now");
                    return Err(fault(ready.place, &ready.name, &busy));
                }
            }
        });
    }
    entry.set(PASSWORD, values);
    Ok(ready)
}

fn is_plain(value: &[u8]) -> bool {
    hash::form(value) == Form::Plain
}

/// Which entry of a batch it was.
async fn blame(directory: &LocalDirectory, unit: &Unit, error: RecordsError) -> LoadFault {
    let mut entries = unit
        .places
        .iter()
        .zip(unit.changes.iter().filter_map(|change| match change {
            EntryChange::Insert(new) => Some(new),
            _ => None,
        }));
    if error == RecordsError::Taken {
        let asked: HashSet<&Indexed> = unit
            .changes
            .iter()
            .filter_map(|change| match change {
                EntryChange::Unique { indexed, .. } => Some(indexed),
                _ => None,
            })
            .collect();
        let mut seen = HashSet::new();
        for (place, new) in entries.clone() {
            let there = directory.entries.nearest(&directory.tree, &[&new.path]).await;
            if !seen.insert(&new.path) || matches!(there, Ok(Some(_))) {
                let taken = Answer::new(ResultCode::ENTRY_ALREADY_EXISTS, "there is one already");
                return fault(*place, &new.name, &taken);
            }
            for indexed in new.indexed.iter().filter(|indexed| asked.contains(indexed)) {
                let wanted = Wanted {
                    reach: Reach::Within(Arc::new([])),
                    by: Selection::Equal(indexed.clone()),
                    after: None,
                    limit: 1,
                };
                let found = directory.entries.select(&directory.tree, &wanted).await;
                if found.is_ok_and(|page| !page.rows.is_empty()) {
                    return fault(*place, &new.name, &LocalDirectory::not_alone(&indexed.attribute));
                }
            }
        }
    }
    let (place, name) = entries.next().map_or((0, ""), |(place, new)| (*place, &*new.name));
    LoadFault {
        unsure: error == RecordsError::OutcomeUnknown,
        ..fault(place, name, &error.into())
    }
}
