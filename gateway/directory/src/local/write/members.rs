//! Members that come to a large group and leave it: each by itself, whatever the number of the others.

use super::change::Changes;
use super::integrity::{Fate, Following};
use super::row::Open;
use crate::local::LocalDirectory;
use crate::local::answer::Answer;
use crate::local::apart;
use postern_identity::records::{EntryChange, EntryRow, Indexed, RecordsError, ValueApart};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values kept apart that come, and that go.
#[derive(Default)]
pub(super) struct Moved {
    with: Vec<ValueApart>,
    without: Vec<Indexed>,
}

/// Values looked at together.
const AT_ONCE: u32 = 500;

impl Moved {
    /// The step for it, if there is any.
    pub(super) fn step(self, row: &EntryRow) -> Option<EntryChange> {
        let is_any = !self.with.is_empty() || !self.without.is_empty();
        is_any.then(|| EntryChange::Apart {
            path: Arc::clone(&row.path),
            without: self.without,
            with: self.with,
        })
    }
}

impl LocalDirectory {
    /// What changes make of the values that are kept apart. `None`: it takes all values to say (they are replaced, or the last one goes).
    pub(super) async fn moved(
        &self,
        row: &EntryRow,
        changes: &Changes<'_>,
        permissive: bool,
    ) -> Result<Option<Moved>, Answer> {
        let mut moved = Moved::default();
        for key in apart::keys(&row.body) {
            // By the form in which they are compared: whether it was there, and what it is to be.
            let mut values: BTreeMap<&[u8], (bool, Option<&[u8]>)> = BTreeMap::new();
            for change in changes.list.iter().filter(|change| &*change.attribute.key == key) {
                let Some((adds, given)) = change.value_by_value() else {
                    return Ok(None);
                };
                for (place, (written, normal)) in given.into_iter().enumerate() {
                    let Some(value) = apart::value_apart(&change.attribute.key, normal, written) else {
                        return Ok(None);
                    };
                    let (was, is) = if let Some((was, is)) = values.get(normal) {
                        (*was, is.is_some())
                    } else {
                        let was = self.entries.has_value(&self.tree, &row.path, &value.indexed).await?;
                        (was, was)
                    };
                    if is == adds && !permissive {
                        return Err(change.already(place));
                    }
                    if is != adds {
                        values.insert(normal, (was, adds.then_some(written)));
                    }
                }
            }
            let mut leave = 0;
            let mut come = false;
            for (normal, (was, is)) in values {
                let indexed = Indexed {
                    attribute: key.into(),
                    value: normal.into(),
                };
                match is {
                    Some(written) if !was => {
                        come = true;
                        moved.with.push(ValueApart {
                            indexed,
                            written: written.into(),
                        });
                    }
                    None if was => {
                        leave += 1;
                        moved.without.push(indexed);
                    }
                    _ => {}
                }
            }
            if leave > 0 && !come && !self.stays_some(row, key, leave, &moved.without).await? {
                return Ok(None);
            }
        }
        Ok(Some(moved))
    }

    /// Whether any other value stays where so many leave.
    async fn stays_some(&self, row: &EntryRow, key: &str, leave: u32, gone: &[Indexed]) -> Result<bool, Answer> {
        let enough = leave.saturating_add(1);
        let some = self.entries.values_apart(&self.tree, row.id, key, None, enough).await?;
        Ok(some.iter().any(|value| !gone.contains(&value.indexed)))
    }

    /// What becomes of the names that are kept apart in an entry, where another moves or goes. `None`: none is left.
    pub(super) async fn followed_apart(
        &self,
        row: &EntryRow,
        following: &Following<'_>,
    ) -> Result<Option<Moved>, Answer> {
        let mut moved = Moved::default();
        let place = following.from.octets();
        for key in apart::keys(&row.body) {
            let Some(kind) = self.schema.attribute(key.as_bytes()) else {
                continue;
            };
            let mut leave = 0;
            // What stands right before: a place ends with an octet of its own.
            let mut after: Arc<[u8]> = place.split_last().map_or(&[][..], |(_, before)| before).into();
            loop {
                let page = self
                    .entries
                    .values_apart(&self.tree, row.id, key, Some(&after), AT_ONCE)
                    .await?;
                let within = page.iter().take_while(|value| value.indexed.value.starts_with(place));
                let mut count = 0_u32;
                for value in within {
                    count += 1;
                    match following.renamed(&value.written, key == "uniquemember") {
                        Fate::Stays => {}
                        Fate::Goes => {
                            leave += 1;
                            moved.without.push(value.indexed.clone());
                        }
                        Fate::Becomes(renamed) => {
                            let normal = kind.normal(&renamed).map_err(|_| RecordsError::TooLarge)?;
                            let renamed = apart::value_apart(&kind.key, &normal, &renamed);
                            moved.with.push(renamed.ok_or(RecordsError::TooLarge)?);
                            moved.without.push(value.indexed.clone());
                        }
                    }
                }
                match page.last() {
                    Some(last) if count == AT_ONCE => after = Arc::clone(&last.indexed.value),
                    _ => break,
                }
            }
            if leave > 0 && moved.with.is_empty() && !self.stays_some(row, key, leave, &moved.without).await? {
                return Ok(None);
            }
        }
        Ok(Some(moved))
    }

    /// Has everything in an open entry that is kept apart of it.
    pub(super) async fn open_whole(&self, open: &mut Open) -> Result<(), Answer> {
        open.whole = self.put_back(&open.row, &mut open.before, |_| true).await?;
        for key in &open.whole {
            let values = open.before.values(key).to_vec();
            open.entry.set(apart::name(key), values);
        }
        Ok(())
    }
}
