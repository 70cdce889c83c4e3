//! What is kept: SQL behind the heart's ports, on SQLite or PostgreSQL.
//!
//! **Owns** queries, rows, the unit of work, the schema and its steps, and that one SQLite file has one process.
//!
//! **Never knows** any protocol, what octets mean, or when a thing is allowed: it compares octets and does units whole or not at all.
//!
//! **The walk.** [`Store::open`] takes the file's lock or connects, asks which schema is there ([`OpenError`] if it is not ours, newer, or
//! not what it says), takes it to the newest, and starts what writes. A read is one statement (`select`), so all of it stood there at
//! one moment; `page` puts its rows together. A unit is weighed (`limits`), then done change by change (`unit`) with the engine's
//! `statements`: on SQLite by the one writer, who commits together what waits together; on PostgreSQL in a transaction
//! of its own, whose locks keep other replicas from what it rests on. [`Store::close`] writes what waits and joins everything.
//!
//! **What may not change:** a unit is answered after its commit has reached the disk, and never sent twice. No engine's own words leave
//! this room: they hold statements and values. Every statement finds its rows by an index; tests ask both engines how they do each.
//!
//! **To add a table or column:** a new file in both folders of `migrations`, named in both `schema` files; released ones are never
//! changed. **To add a question or a change:** its port in `identity::records`, then `select`, or `unit::Statements` with
//! both engines' `statements`, a line in each `ALL`, and a case in `tests/port`, which runs on both. Resets (`resets`) have one set of
//! statements for both engines, in `resets::words`, and their cases in `tests/resets`; so have reservations (`reservations`).

mod limits;
mod open_error;
mod page;
mod postgres;
mod reservations;
mod resets;
mod sqlite;
#[cfg(test)]
mod tests;
mod unit;

pub use limits::{
    LARGEST_BODY, LARGEST_UNIT, LONGEST_APART, LONGEST_NAME, LONGEST_PATH, LONGEST_SETTING, LONGEST_VALUE, MOST_MOVED,
};
pub use open_error::{FileFault, OpenError};

use postern_identity::records::{
    Allowance, ContextRow, Entries, EntryChange, EntryRow, Hash, Indexed, Job, KeptAnswer, Names, Onboarded, Page,
    Position, Reservations, ReservedValue, ResetChange, ResetRecords, SettingRow, Settings, Spent, Stored, ValueApart,
    Waiting, Wanted,
};
use postern_identity::reset::ContextId;
use postern_identity::{Secret, Timestamp};
use postgres::PostgresStore;
use sqlite::SqliteStore;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where things are kept.
pub enum StoreSettings {
    /// In a file, by this process alone.
    Sqlite(SqliteSettings),
    /// By a server that several may use.
    Postgres(PostgresSettings),
}

/// A file.
#[derive(Debug, Clone)]
pub struct SqliteSettings {
    /// The database; beside it stand `-wal`, `-shm` and `.lock`.
    pub file: PathBuf,
    /// Connections that read, each with a thread of its own.
    pub readers: u32,
    /// How long anything may take: a read as a whole; a unit once until its turn, and once more until its end.
    pub patience: Duration,
    /// Pages of 4 KiB after which the file is full. For tests of a full disk.
    pub most_pages: Option<u32>,
}

impl SqliteSettings {
    /// As measured: two readers use two cores.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            readers: 2,
            patience: PATIENCE,
            most_pages: None,
        }
    }
}

/// A server.
pub struct PostgresSettings {
    /// `postgres://user@host:port/database`, without the password. To a host that is not this machine it is verified TLS unless
    /// `sslmode` says otherwise.
    pub url: String,
    /// The user's password, if it needs one.
    pub password: Option<Secret>,
    /// The most connections at once.
    pub connections: u32,
    /// How long anything may take: a read as a whole, a unit as a whole.
    pub patience: Duration,
}

impl PostgresSettings {
    /// With ten connections.
    pub fn new(url: impl Into<String>, password: Option<Secret>) -> Self {
        Self {
            url: url.into(),
            password,
            connections: 10,
            patience: PATIENCE,
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(10);

/// Which schema was found, and which is the newest. Zero: nothing was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// What was found.
    pub found: i64,
    /// What this program knows.
    pub newest: i64,
}

/// An open store: [`Records`](postern_identity::records::Records).
pub struct Store(Engine);

enum Engine {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl Store {
    /// Opens it, taken to the newest schema. Within a Tokio runtime.
    pub async fn open(settings: &StoreSettings) -> Result<Self, OpenError> {
        Ok(Self(match settings {
            StoreSettings::Sqlite(settings) => Engine::Sqlite(SqliteStore::open(settings).await?),
            StoreSettings::Postgres(settings) => Engine::Postgres(PostgresStore::open(settings).await?),
        }))
    }

    /// Writes what waits, refuses what comes now, and joins everything. A second time it does nothing.
    pub async fn close(&self) {
        match &self.0 {
            Engine::Sqlite(store) => store.close().await,
            Engine::Postgres(store) => store.close().await,
        }
    }
}

/// Which schema is there; with `apply` it is taken to the newest afterwards, otherwise nothing is changed.
pub async fn migrate(settings: &StoreSettings, apply: bool) -> Result<Migration, OpenError> {
    match settings {
        StoreSettings::Sqlite(settings) => sqlite::migrate(settings, apply).await,
        StoreSettings::Postgres(settings) => postgres::migrate(settings, apply).await,
    }
}

/// The same question to whichever engine it is.
macro_rules! ask {
    ($store:expr, $question:ident($($given:expr),*)) => {
        match &$store.0 {
            Engine::Sqlite(store) => Box::pin(store.$question($($given),*)),
            Engine::Postgres(store) => Box::pin(store.$question($($given),*)),
        }
    };
}

impl Entries for Store {
    fn select<'a>(&'a self, tree: &'a str, wanted: &'a Wanted) -> Stored<'a, Page> {
        ask!(self, select(tree, wanted))
    }

    fn names<'a>(
        &'a self,
        tree: &'a str,
        value: &'a Indexed,
        after: Option<&'a Position>,
        limit: u32,
    ) -> Stored<'a, Names> {
        ask!(self, names(tree, value, after, limit))
    }

    fn has_value<'a>(&'a self, tree: &'a str, path: &'a [u8], value: &'a Indexed) -> Stored<'a, bool> {
        ask!(self, has_value(tree, path, value))
    }

    fn values_apart<'a>(
        &'a self,
        tree: &'a str,
        id: i64,
        attribute: &'a str,
        after: Option<&'a [u8]>,
        limit: u32,
    ) -> Stored<'a, Vec<ValueApart>> {
        ask!(self, values_apart(tree, id, attribute, after, limit))
    }

    fn nearest<'a>(&'a self, tree: &'a str, paths: &'a [&'a [u8]]) -> Stored<'a, Option<EntryRow>> {
        ask!(self, nearest(tree, paths))
    }

    fn has_children<'a>(&'a self, tree: &'a str, id: i64) -> Stored<'a, bool> {
        ask!(self, has_children(tree, id))
    }

    fn commit<'a>(&'a self, tree: &'a str, unit: Vec<EntryChange>) -> Stored<'a, ()> {
        ask!(self, commit(tree, unit))
    }

    fn count<'a>(&'a self, tree: &'a str) -> Stored<'a, u64> {
        ask!(self, count(tree))
    }
}

impl Settings for Store {
    fn setting<'a>(&'a self, name: &'a str) -> Stored<'a, Option<SettingRow>> {
        ask!(self, setting(name))
    }

    fn settings(&self) -> Stored<'_, Vec<SettingRow>> {
        ask!(self, settings())
    }

    fn set<'a>(&'a self, name: &'a str, value: Option<&'a str>, at: Timestamp) -> Stored<'a, ()> {
        ask!(self, set(name, value, at))
    }
}

impl ResetRecords for Store {
    fn context<'a>(&'a self, id: &'a ContextId) -> Stored<'a, Option<ContextRow>> {
        ask!(self, context(id))
    }

    fn by_handle<'a>(&'a self, handle: &'a Hash) -> Stored<'a, Option<ContextRow>> {
        ask!(self, by_handle(handle))
    }

    fn live_of<'a>(&'a self, subject: &'a Hash) -> Stored<'a, Vec<ContextRow>> {
        ask!(self, live_of(subject))
    }

    fn abandoned(&self, at: Timestamp, most: u32) -> Stored<'_, Vec<ContextRow>> {
        ask!(self, abandoned(at, most))
    }

    fn commit_reset(&self, unit: Vec<ResetChange>) -> Stored<'_, ()> {
        ask!(self, commit_reset(unit))
    }

    fn spend<'a>(&'a self, allowances: &'a [Allowance], at: Timestamp) -> Stored<'a, Spent> {
        ask!(self, spend(allowances, at))
    }

    fn spend_in_turn<'a>(&'a self, groups: &'a [&'a [Allowance]], at: Timestamp) -> Stored<'a, Vec<Spent>> {
        ask!(self, spend_in_turn(groups, at))
    }

    fn restore<'a>(&'a self, keys: &'a [Hash]) -> Stored<'a, ()> {
        ask!(self, restore(keys))
    }

    fn held<'a>(&'a self, key: &'a Hash, at: Timestamp) -> Stored<'a, Option<Timestamp>> {
        ask!(self, held(key, at))
    }

    fn take_due(&self, at: Timestamp, lease: Timestamp, most: u32) -> Stored<'_, Vec<Job>> {
        ask!(self, take_due(at, lease, most))
    }

    fn waiting(&self) -> Stored<'_, Waiting> {
        ask!(self, waiting())
    }

    fn kept_answer<'a>(&'a self, key: &'a Hash) -> Stored<'a, Option<KeptAnswer>> {
        ask!(self, kept_answer(key))
    }

    fn progress<'a>(&'a self, subject: &'a Hash) -> Stored<'a, Option<Arc<[u8]>>> {
        ask!(self, progress(subject))
    }

    fn onboarded<'a>(&'a self, directory: &'a str) -> Stored<'a, Vec<Onboarded>> {
        ask!(self, onboarded(directory))
    }

    fn is_onboarded<'a>(&'a self, directory: &'a str, keys: &'a [&'a str]) -> Stored<'a, bool> {
        ask!(self, is_onboarded(directory, keys))
    }

    fn sweep(&self, at: Timestamp, most: u32) -> Stored<'_, u64> {
        ask!(self, sweep(at, most))
    }
}

impl Reservations for Store {
    fn reserve<'a>(
        &'a self,
        values: &'a [ReservedValue],
        holder: &'a Hash,
        at: Timestamp,
        until: Timestamp,
    ) -> Stored<'a, ()> {
        ask!(self, reserve(values, holder, at, until))
    }

    fn release<'a>(&'a self, values: &'a [ReservedValue], holder: &'a Hash) -> Stored<'a, ()> {
        ask!(self, release(values, holder))
    }
}
