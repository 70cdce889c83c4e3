//! The port to what is kept, in memory: everything it says, nothing it does not, and faults on demand.

use postern_identity::records::{
    Entries, EntryChange, EntryRow, Indexed, NamedRow, Names, NewEntry, Page, Position, Reach, RecordsError, Selection,
    Stored, ValueApart, Wanted,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// Trees of entries in memory. A page's order is: by path ([`Selection::Place`]), by entry ([`Selection::Equal`]), by value, then entry
/// ([`Selection::Between`]).
#[derive(Default)]
pub(crate) struct MemoryEntries {
    trees: Mutex<BTreeMap<String, Tree>>,
    faults: Mutex<VecDeque<Fault>>,
    gate: Mutex<Option<Arc<Semaphore>>>,
    /// Calls of anything that reads.
    pub(crate) reads: AtomicUsize,
    /// Calls of `commit`.
    pub(crate) commits: AtomicUsize,
    /// Rows given out.
    pub(crate) rows: AtomicUsize,
}

/// What a later call answers instead of doing anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The next call that reads.
    Read(RecordsError),
    /// The next commit.
    Commit(RecordsError),
    /// The next commit, after it was done.
    Afterwards(RecordsError),
}

#[derive(Default, Clone)]
struct Tree {
    rows: BTreeMap<i64, Kept>,
    places: BTreeMap<Arc<[u8]>, i64>,
    index: BTreeSet<(Indexed, i64)>,
    last: i64,
}

#[derive(Clone)]
struct Kept {
    row: EntryRow,
    above: Option<i64>,
    indexed: BTreeSet<Indexed>,
    apart: BTreeMap<Indexed, Arc<[u8]>>,
}

impl MemoryEntries {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The first call that fits answers this, once.
    pub(crate) fn fail(&self, fault: Fault) {
        lock(&self.faults).push_back(fault);
    }

    /// From now on every call waits for a permit of this; `None`: none does.
    pub(crate) fn wait_for(&self, gate: Option<Arc<Semaphore>>) {
        *lock(&self.gate) = gate;
    }

    /// Every entry of a tree, by path.
    pub(crate) fn all(&self, tree: &str) -> Vec<EntryRow> {
        let trees = lock(&self.trees);
        let Some(tree) = trees.get(tree) else { return Vec::new() };
        tree.places
            .values()
            .filter_map(|id| Some(tree.rows.get(id)?.row.clone()))
            .collect()
    }

    /// What the entry at a path is found by.
    pub(crate) fn indexed(&self, tree: &str, path: &[u8]) -> Vec<Indexed> {
        let trees = lock(&self.trees);
        let kept = trees.get(tree).and_then(|tree| tree.rows.get(tree.places.get(path)?));
        kept.map(|kept| kept.indexed.iter().cloned().collect())
            .unwrap_or_default()
    }

    fn fault(&self, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        let at = faults.iter().position(fits)?;
        faults.remove(at)
    }

    async fn enter(&self) {
        let gate = lock(&self.gate).clone();
        if let Some(gate) = gate
            && let Ok(permit) = gate.acquire().await
        {
            permit.forget();
        }
    }

    async fn read<T>(&self, tree: &str, read: impl FnOnce(&Tree) -> T) -> Result<T, RecordsError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.enter().await;
        if let Some(Fault::Read(error)) = self.fault(|fault| matches!(fault, Fault::Read(_))) {
            return Err(error);
        }
        let mut trees = lock(&self.trees);
        if !trees.contains_key(tree) {
            trees.insert(tree.to_owned(), Tree::default());
        }
        Ok(read(&trees[tree]))
    }
}

impl Entries for MemoryEntries {
    fn select<'a>(&'a self, tree: &'a str, wanted: &'a Wanted) -> Stored<'a, Page> {
        Box::pin(async move {
            assert!(wanted.limit > 0, "the port asks for a limit of at least 1");
            let page = self.read(tree, |tree| tree.select(wanted)).await?;
            self.rows.fetch_add(page.rows.len(), Ordering::Relaxed);
            Ok(page)
        })
    }

    fn names<'a>(
        &'a self,
        tree: &'a str,
        value: &'a Indexed,
        after: Option<&'a Position>,
        limit: u32,
    ) -> Stored<'a, Names> {
        Box::pin(async move {
            let wanted = Wanted {
                reach: Reach::Within(Arc::new([])),
                by: Selection::Equal(value.clone()),
                after: after.cloned(),
                limit: limit.max(1),
            };
            let page = self.read(tree, |tree| tree.select(&wanted)).await?;
            let rows = page.rows.into_iter().map(|row| NamedRow {
                id: row.id,
                path: row.path,
                name: row.name,
            });
            Ok(Names {
                rows: rows.collect(),
                next: page.next,
            })
        })
    }

    fn has_value<'a>(&'a self, tree: &'a str, path: &'a [u8], value: &'a Indexed) -> Stored<'a, bool> {
        Box::pin(self.read(tree, move |tree| {
            let id = tree.places.get(path);
            id.is_some_and(|id| tree.index.contains(&(value.clone(), *id)))
        }))
    }

    fn values_apart<'a>(
        &'a self,
        tree: &'a str,
        id: i64,
        attribute: &'a str,
        after: Option<&'a [u8]>,
        limit: u32,
    ) -> Stored<'a, Vec<ValueApart>> {
        Box::pin(self.read(tree, move |tree| {
            let all = tree.rows.get(&id).into_iter().flat_map(|kept| &kept.apart);
            all.filter(|(indexed, _)| {
                *indexed.attribute == *attribute && after.is_none_or(|after| *indexed.value > *after)
            })
            .take(limit as usize)
            .map(|(indexed, written)| ValueApart {
                indexed: indexed.clone(),
                written: Arc::clone(written),
            })
            .collect()
        }))
    }

    fn nearest<'a>(&'a self, tree: &'a str, paths: &'a [&'a [u8]]) -> Stored<'a, Option<EntryRow>> {
        Box::pin(self.read(tree, |tree| {
            let id = paths.iter().find_map(|path| tree.places.get(*path))?;
            tree.rows.get(id).map(|kept| kept.row.clone())
        }))
    }

    fn has_children<'a>(&'a self, tree: &'a str, id: i64) -> Stored<'a, bool> {
        Box::pin(self.read(tree, move |tree| tree.has_children(id)))
    }

    fn commit<'a>(&'a self, tree: &'a str, unit: Vec<EntryChange>) -> Stored<'a, ()> {
        Box::pin(async move {
            self.commits.fetch_add(1, Ordering::Relaxed);
            self.enter().await;
            if let Some(Fault::Commit(error)) = self.fault(|fault| matches!(fault, Fault::Commit(_))) {
                return Err(error);
            }
            {
                let mut trees = lock(&self.trees);
                let mut after = trees.get(tree).cloned().unwrap_or_default();
                for change in unit {
                    after.apply(change)?;
                }
                trees.insert(tree.to_owned(), after);
            }
            match self.fault(|fault| matches!(fault, Fault::Afterwards(_))) {
                Some(Fault::Afterwards(error)) => Err(error),
                _ => Ok(()),
            }
        })
    }

    fn count<'a>(&'a self, tree: &'a str) -> Stored<'a, u64> {
        Box::pin(self.read(tree, |tree| tree.rows.len() as u64))
    }
}

impl Tree {
    fn select(&self, wanted: &Wanted) -> Page {
        let limit = wanted.limit as usize;
        let mut found: Vec<(Vec<u8>, EntryRow)> = Vec::new();
        let after = wanted.after.as_ref().map(|position| position.0.as_slice());
        let mut take = |key: Vec<u8>, id: i64| {
            if after.is_some_and(|after| key.as_slice() <= after) {
                return true;
            }
            if let Some(kept) = self.rows.get(&id).filter(|kept| self.reaches(&wanted.reach, kept)) {
                found.push((key, kept.row.clone()));
            }
            found.len() <= limit
        };
        match &wanted.by {
            Selection::Place => {
                for (path, id) in &self.places {
                    if !take(path.to_vec(), *id) {
                        break;
                    }
                }
            }
            Selection::Equal(indexed) => {
                for (_, id) in self
                    .index
                    .range((indexed.clone(), i64::MIN)..=(indexed.clone(), i64::MAX))
                {
                    if !take(id.to_be_bytes().to_vec(), *id) {
                        break;
                    }
                }
            }
            Selection::AnyOf { attribute, values } => {
                for value in values.iter() {
                    let indexed = Indexed {
                        attribute: Arc::clone(attribute),
                        value: Arc::clone(value),
                    };
                    for (_, id) in self.index.range((indexed.clone(), i64::MIN)..=(indexed, i64::MAX)) {
                        if !take(ordered(value, *id), *id) {
                            break;
                        }
                    }
                }
            }
            Selection::Containing { attribute, piece } => {
                for (indexed, id) in &self.index {
                    let has_it = indexed.value.windows(piece.len()).any(|some| some == &**piece);
                    if indexed.attribute == *attribute && has_it && !take(ordered(&indexed.value, *id), *id) {
                        break;
                    }
                }
            }
            Selection::Between { attribute, from, to } => {
                let first = Indexed {
                    attribute: Arc::clone(attribute),
                    value: Arc::clone(from),
                };
                for (indexed, id) in self.index.range((first, i64::MIN)..) {
                    let is_past = to.as_ref().is_some_and(|to| indexed.value >= *to);
                    if indexed.attribute != *attribute || is_past {
                        break;
                    }
                    let key = ordered(&indexed.value, *id);
                    if !take(key, *id) {
                        break;
                    }
                }
            }
        }
        let is_more = found.len() > limit;
        found.truncate(limit);
        Page {
            next: is_more.then(|| Position(found.last().map(|(key, _)| key.clone()).unwrap_or_default())),
            rows: found.into_iter().map(|(_, row)| row).collect(),
        }
    }

    fn reaches(&self, reach: &Reach, kept: &Kept) -> bool {
        match reach {
            Reach::Only(path) => kept.row.path == *path,
            Reach::Children(path) => kept
                .above
                .is_some_and(|above| self.rows.get(&above).is_some_and(|above| above.row.path == *path)),
            Reach::Within(path) => kept.row.path.starts_with(path),
        }
    }

    fn has_children(&self, id: i64) -> bool {
        self.rows.values().any(|kept| kept.above == Some(id))
    }

    fn current(&mut self, id: i64, version: i64) -> Result<&mut Kept, RecordsError> {
        self.rows
            .get_mut(&id)
            .filter(|kept| kept.row.version == version)
            .ok_or(RecordsError::Changed)
    }

    fn above(&self, above: Option<&Arc<[u8]>>) -> Result<Option<i64>, RecordsError> {
        above
            .map(|path| self.places.get(path).copied().ok_or(RecordsError::NothingAbove))
            .transpose()
    }

    fn apply(&mut self, change: EntryChange) -> Result<(), RecordsError> {
        match change {
            EntryChange::Insert(entry) => self.insert(entry),
            EntryChange::Replace {
                id,
                version,
                body,
                without,
                with,
            } => {
                let kept = self.current(id, version)?;
                kept.row.version += 1;
                kept.row.body = body;
                for indexed in &without {
                    kept.indexed.remove(indexed);
                    kept.apart.remove(indexed);
                }
                kept.indexed.extend(with.iter().cloned());
                for indexed in without {
                    self.index.remove(&(indexed, id));
                }
                self.index.extend(with.into_iter().map(|indexed| (indexed, id)));
                Ok(())
            }
            EntryChange::Move {
                id,
                version,
                path,
                above,
                name,
            } => self.moved(id, version, &path, above.as_ref(), &name),
            EntryChange::Delete { id, version } => {
                self.current(id, version)?;
                if self.has_children(id) {
                    return Err(RecordsError::NotALeaf);
                }
                if let Some(kept) = self.rows.remove(&id) {
                    self.places.remove(&kept.row.path);
                    for indexed in kept.indexed {
                        self.index.remove(&(indexed, id));
                    }
                }
                Ok(())
            }
            EntryChange::Apart { path, without, with } => {
                let id = *self.places.get(&path).ok_or(RecordsError::Changed)?;
                let kept = self.rows.get_mut(&id).ok_or(RecordsError::Changed)?;
                for indexed in without {
                    kept.indexed.remove(&indexed);
                    kept.apart.remove(&indexed);
                    self.index.remove(&(indexed, id));
                }
                for value in with {
                    kept.indexed.insert(value.indexed.clone());
                    self.index.insert((value.indexed.clone(), id));
                    kept.apart.insert(value.indexed, value.written);
                }
                Ok(())
            }
            EntryChange::Expect { id, version } => self.current(id, version).map(|_| ()),
            EntryChange::Unique { indexed, but } => {
                let mut owners = self.index.range((indexed.clone(), i64::MIN)..=(indexed, i64::MAX));
                if owners.any(|(_, id)| Some(*id) != but) {
                    return Err(RecordsError::Taken);
                }
                Ok(())
            }
        }
    }

    fn insert(&mut self, entry: NewEntry) -> Result<(), RecordsError> {
        if self.places.contains_key(&entry.path) {
            return Err(RecordsError::Taken);
        }
        let above = self.above(entry.above.as_ref())?;
        self.last += 1;
        let row = EntryRow {
            id: self.last,
            version: 1,
            path: entry.path,
            name: entry.name,
            body: entry.body,
        };
        self.places.insert(Arc::clone(&row.path), row.id);
        let id = row.id;
        self.index
            .extend(entry.indexed.iter().map(|indexed| (indexed.clone(), id)));
        let kept = Kept {
            row,
            above,
            indexed: entry.indexed.into_iter().collect(),
            apart: BTreeMap::new(),
        };
        self.rows.insert(id, kept);
        Ok(())
    }

    fn moved(
        &mut self,
        id: i64,
        version: i64,
        path: &Arc<[u8]>,
        above: Option<&Arc<[u8]>>,
        name: &str,
    ) -> Result<(), RecordsError> {
        let kept = self.current(id, version)?;
        let (old_path, old_name) = (Arc::clone(&kept.row.path), Arc::clone(&kept.row.name));
        if *path != old_path && self.places.contains_key(path) {
            return Err(RecordsError::Taken);
        }
        let above = self.above(above)?;
        let below: Vec<i64> = self
            .places
            .iter()
            .filter(|(place, _)| place.starts_with(&old_path))
            .map(|(_, id)| *id)
            .collect();
        for id in &below {
            let Some(kept) = self.rows.get_mut(id) else { continue };
            self.places.remove(&kept.row.path);
            let rest = &kept.row.path[old_path.len()..];
            kept.row.path = [&**path, rest].concat().into();
            let first = kept
                .row
                .name
                .strip_suffix(&*old_name)
                .expect("a name ends with the name of what is above");
            kept.row.name = [first, name].concat().into();
            kept.row.version += 1;
        }
        for id in &below {
            self.places.insert(Arc::clone(&self.rows[id].row.path), *id);
        }
        if let Some(kept) = self.rows.get_mut(&id) {
            kept.above = above;
        }
        Ok(())
    }
}

/// A value and an id in one order. A zero octet becomes two, and the end one with a one behind it: octet order stays.
fn ordered(value: &[u8], id: i64) -> Vec<u8> {
    let mut key: Vec<u8> = Vec::new();
    for octet in value {
        key.push(*octet);
        if *octet == 0 {
            key.push(0xff);
        }
    }
    key.extend([0, 0]);
    key.extend(id.to_be_bytes());
    key
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
