//! A unit of work, change after change. The engines give the statements ([`Statements`]); what they add up to is said once, here.
//!
//! Values that follow each other are asked for together. Inserts that do go in together: the entries in a few statements, then all their values in the order of the
//! index, for an index that is filled in order is filled fast.

use crate::limits::{LONGEST_PATH, MOST_MOVED, behind};
use futures_util::future::join;
use postern_identity::records::{EntryChange, Indexed, NewEntry, RecordsError, ValueApart};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Rows that take longer to sort than a thread to be woken.
const MANY: usize = 4_096;

/// Why a unit ends before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It asks for what may not be.
    Refused(RecordsError),
    /// The engine failed.
    Failed(sqlx::Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<RecordsError> for Stop {
    fn from(refusal: RecordsError) -> Self {
        Self::Refused(refusal)
    }
}

/// What an engine's statement answers.
pub(crate) type Answer<T> = Result<T, sqlx::Error>;

/// One row of `entries` that is to be made.
pub(crate) struct EntryToBe {
    pub(crate) id: i64,
    pub(crate) above: Option<i64>,
    pub(crate) path: Arc<[u8]>,
    pub(crate) name: Arc<str>,
    pub(crate) body: Arc<[u8]>,
}

/// One row of `indexed`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IndexRow {
    pub(crate) kind: i64,
    pub(crate) value: Arc<[u8]>,
    pub(crate) entry: i64,
}

/// Where an entry stands, and everything below it.
pub(crate) struct Standing {
    pub(crate) path: Vec<u8>,
    pub(crate) name_octets: i64,
}

/// A subtree's new place: the first octets of each path and the last octets of each name are replaced.
pub(crate) struct Relocation<'a> {
    pub(crate) from: &'a [u8],
    pub(crate) behind: &'a [u8],
    pub(crate) path: &'a [u8],
    pub(crate) name: &'a str,
    pub(crate) old_name_octets: i64,
}

/// What a unit asks of an engine, within a transaction and for one tree.
pub(crate) trait Statements: Send {
    /// The number of an attribute, made if there is none.
    fn kind(&mut self, attribute: &Arc<str>) -> impl Future<Output = Answer<i64>> + Send;
    /// So many new ids, rising.
    fn new_ids(&mut self, count: usize) -> impl Future<Output = Answer<Vec<i64>>> + Send;
    /// The id of the entry at a path; it stays there until the transaction ends.
    fn at(&mut self, path: &[u8]) -> impl Future<Output = Answer<Option<i64>>> + Send;
    fn insert(&mut self, entries: &[EntryToBe]) -> impl Future<Output = Answer<()>> + Send;
    /// Rows that are there already stay.
    fn index(&mut self, rows: &[IndexRow]) -> impl Future<Output = Answer<()>> + Send;
    /// The same, each with its value as it was written.
    fn keep_apart(&mut self, rows: &[(IndexRow, Arc<[u8]>)]) -> impl Future<Output = Answer<()>> + Send;
    /// Rows that are not there are no error.
    fn unindex(&mut self, rows: &[IndexRow]) -> impl Future<Output = Answer<()>> + Send;
    /// False: there is none of this version.
    fn replace(&mut self, id: i64, version: i64, body: &[u8]) -> impl Future<Output = Answer<bool>> + Send;
    /// `None`: there is none of this version.
    fn standing(&mut self, id: i64, version: i64) -> impl Future<Output = Answer<Option<Standing>>> + Send;
    /// How many have a path in this range, counted to one more than may be moved, and the octets of the longest.
    fn extent(&mut self, from: &[u8], behind: &[u8]) -> impl Future<Output = Answer<(i64, i64)>> + Send;
    fn relocate(&mut self, to: &Relocation<'_>) -> impl Future<Output = Answer<()>> + Send;
    fn hang(&mut self, id: i64, above: Option<i64>) -> impl Future<Output = Answer<()>> + Send;
    /// False: there is none of this version.
    fn delete(&mut self, id: i64, version: i64) -> impl Future<Output = Answer<bool>> + Send;
    /// Whether it is there in this version; it stays so until the transaction ends.
    fn is_still(&mut self, id: i64, version: i64) -> impl Future<Output = Answer<bool>> + Send;
    /// Whether any of these values finds an entry other than the one beside it.
    fn is_any_found(&mut self, asked: &[IndexRow]) -> impl Future<Output = Answer<bool>> + Send;
}

/// Does all of it, or says why not; what was done by then is the caller's to undo.
pub(crate) async fn apply<S: Statements>(on: &mut S, unit: &[EntryChange]) -> Result<(), Stop> {
    let mut rest = unit;
    while let Some(change) = rest.first() {
        let alike = rest
            .iter()
            .take_while(|other| match change {
                EntryChange::Insert(_) => matches!(other, EntryChange::Insert(_)),
                EntryChange::Unique { .. } => matches!(other, EntryChange::Unique { .. }),
                _ => false,
            })
            .count();
        let (these, others) = rest.split_at(alike.max(1));
        rest = others;
        match change {
            EntryChange::Insert(_) => insert(on, these).await?,
            EntryChange::Replace {
                id,
                version,
                body,
                without,
                with,
            } => {
                unless_changed(on.replace(*id, *version, body).await?)?;
                let without = rows(on, without, *id).await?;
                on.unindex(&without).await?;
                let with = rows(on, with, *id).await?;
                on.index(&with).await?;
            }
            EntryChange::Move {
                id,
                version,
                path,
                above,
                name,
            } => {
                relocate(on, (*id, *version), path, above.as_deref(), name).await?;
            }
            EntryChange::Delete { id, version } => match on.delete(*id, *version).await {
                Err(error) if is_in_use(&error) => return Err(RecordsError::NotALeaf.into()),
                done => unless_changed(done?)?,
            },
            EntryChange::Apart { path, without, with } => {
                let id = on.at(path).await?.ok_or(RecordsError::Changed)?;
                let without = rows(on, without, id).await?;
                on.unindex(&without).await?;
                keep_apart(on, with, id).await?;
            }
            EntryChange::Expect { id, version } => unless_changed(on.is_still(*id, *version).await?)?,
            EntryChange::Unique { .. } => unique(on, these).await?,
        }
    }
    Ok(())
}

async fn unique<S: Statements>(on: &mut S, these: &[EntryChange]) -> Result<(), Stop> {
    let mut asked = Vec::with_capacity(these.len());
    for change in these {
        if let EntryChange::Unique { indexed, but } = change {
            asked.push(IndexRow {
                kind: on.kind(&indexed.attribute).await?,
                value: Arc::clone(&indexed.value),
                entry: but.unwrap_or(0), // no entry has it
            });
        }
    }
    if on.is_any_found(&asked).await? {
        return Err(RecordsError::Taken.into());
    }
    Ok(())
}

async fn insert<S: Statements>(on: &mut S, these: &[EntryChange]) -> Result<(), Stop> {
    let new: Vec<&NewEntry> = these
        .iter()
        .filter_map(|change| {
            if let EntryChange::Insert(new) = change {
                Some(new)
            } else {
                None
            }
        })
        .collect();
    let ids = on.new_ids(new.len()).await?;
    let mut places: HashMap<&[u8], i64> = HashMap::with_capacity(new.len());
    let mut entries = Vec::with_capacity(new.len());
    let mut index: BTreeMap<i64, Vec<IndexRow>> = BTreeMap::new();
    let mut kinds = Kinds::default();
    for (new, id) in new.into_iter().zip(ids) {
        let above = match new.above.as_deref() {
            None => None,
            Some(path) => Some(if let Some(id) = places.get(path) {
                *id
            } else {
                let id = on.at(path).await?.ok_or(RecordsError::NothingAbove)?;
                places.insert(path, id);
                id
            }),
        };
        places.insert(&new.path, id);
        for one in &new.indexed {
            let kind = kinds.of(on, &one.attribute).await?;
            index.entry(kind).or_default().push(IndexRow {
                kind,
                value: Arc::clone(&one.value),
                entry: id,
            });
        }
        entries.push(EntryToBe {
            id,
            above,
            path: Arc::clone(&new.path),
            name: Arc::clone(&new.name),
            body: Arc::clone(&new.body),
        });
    }
    let (done, index) = join(on.insert(&entries), in_order(index)).await;
    taken_or(done)?;
    on.index(&index?).await?;
    Ok(())
}

/// The kinds a unit spoke of, by the handles it does so with: mostly few, and the same again and again.
#[derive(Default)]
struct Kinds<'a>(Vec<(&'a Arc<str>, i64)>);

impl<'a> Kinds<'a> {
    const MOST: usize = 64;

    async fn of<S: Statements>(&mut self, on: &mut S, attribute: &'a Arc<str>) -> Answer<i64> {
        if let Some((_, kind)) = self.0.iter().find(|(known, _)| Arc::ptr_eq(known, attribute)) {
            return Ok(*kind);
        }
        let kind = on.kind(attribute).await?;
        if self.0.len() < Self::MOST {
            self.0.push((attribute, kind));
        }
        Ok(kind)
    }
}

/// All of them, sorted, each once; many on a thread of their own, while the engine has something else to do.
async fn in_order(rows: BTreeMap<i64, Vec<IndexRow>>) -> Answer<Vec<IndexRow>> {
    let count: usize = rows.values().map(Vec::len).sum();
    let sort = move || {
        let mut all = Vec::with_capacity(count);
        for mut of_a_kind in rows.into_values() {
            of_a_kind.sort_unstable();
            all.append(&mut of_a_kind);
        }
        all.dedup();
        all
    };
    if count < MANY {
        return Ok(sort());
    }
    spawn_blocking(sort).await.map_err(|_| sqlx::Error::WorkerCrashed)
}

async fn relocate<S: Statements>(
    on: &mut S,
    (id, version): (i64, i64),
    path: &[u8],
    above: Option<&[u8]>,
    name: &str,
) -> Result<(), Stop> {
    let was = on.standing(id, version).await?.ok_or(RecordsError::Changed)?;
    let above = match above {
        None => None,
        Some(above) if above.starts_with(&was.path) => return Err(RecordsError::NothingAbove.into()),
        Some(above) => Some(on.at(above).await?.ok_or(RecordsError::NothingAbove)?),
    };
    let behind = behind(&was.path);
    let (count, longest) = on.extent(&was.path, &behind).await?;
    let longest = usize::try_from(longest).unwrap_or(usize::MAX);
    if count > MOST_MOVED || longest.saturating_sub(was.path.len()).saturating_add(path.len()) > LONGEST_PATH {
        return Err(RecordsError::TooLarge.into());
    }
    let to = Relocation {
        from: &was.path,
        behind: &behind,
        path,
        name,
        old_name_octets: was.name_octets,
    };
    taken_or(on.relocate(&to).await)?;
    on.hang(id, above).await?;
    Ok(())
}

async fn keep_apart<S: Statements>(on: &mut S, with: &[ValueApart], id: i64) -> Answer<()> {
    let mut rows = Vec::with_capacity(with.len());
    for one in with {
        let row = IndexRow {
            kind: on.kind(&one.indexed.attribute).await?,
            value: Arc::clone(&one.indexed.value),
            entry: id,
        };
        rows.push((row, Arc::clone(&one.written)));
    }
    rows.sort_unstable();
    rows.dedup_by(|one, other| one.0 == other.0);
    on.keep_apart(&rows).await
}

/// Sorted, and each once.
async fn rows<S: Statements>(on: &mut S, indexed: &[Indexed], entry: i64) -> Answer<Vec<IndexRow>> {
    let mut rows = Vec::with_capacity(indexed.len());
    for one in indexed {
        rows.push(IndexRow {
            kind: on.kind(&one.attribute).await?,
            value: Arc::clone(&one.value),
            entry,
        });
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

fn unless_changed(done: bool) -> Result<(), RecordsError> {
    if done { Ok(()) } else { Err(RecordsError::Changed) }
}

fn taken_or(done: Answer<()>) -> Result<(), Stop> {
    match done {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Err(RecordsError::Taken.into()),
        done => Ok(done?),
    }
}

fn is_in_use(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}
