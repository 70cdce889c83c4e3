//! One file, one process, one connection that writes and a few that read.

mod at_once;
mod failure;
mod file;
mod readers;
mod resets;
mod schema;
mod select;
mod statements;
#[cfg(test)]
mod tests;
mod writer;

use crate::limits::{LONGEST_SETTING, weight};
use crate::open_error::OpenError;
use crate::resets::Done;
use crate::{Migration, SqliteSettings};
use file::Held;
use postern_identity::Timestamp;
use postern_identity::records::{
    EntryChange, EntryRow, Indexed, Names, Page, Position, RecordsError, SettingRow, ValueApart, Wanted,
};
use readers::Readers;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use writer::{Desk, Work, Writer};

/// Octets of the log beside the file that stay when it was put into it.
const LOG_KEPT: &str = "33554432";
/// Rows that a connection's thread reads ahead of whoever asked.
const ROWS_AHEAD: usize = 512;
/// KiB of pages that the writer, and each reader, keeps in memory; negative is SQLite's way of saying KiB.
const WRITER_CACHE: &str = "-65536";
const READER_CACHE: &str = "-16384";

pub(crate) struct SqliteStore {
    desk: Desk,
    readers: Readers,
    ending: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
    held: Mutex<Option<Held>>,
}

/// What is to be done, if `apply` is not set nothing is.
pub(crate) async fn migrate(settings: &SqliteSettings, apply: bool) -> Result<Migration, OpenError> {
    let held = file::hold(&settings.file)?;
    let found = found(&held.file).await?;
    if apply && found < schema::NEWEST {
        close(prepare(settings, &held.file, found).await?).await;
    }
    Ok(Migration {
        found,
        newest: schema::NEWEST,
    })
}

impl SqliteStore {
    pub(crate) async fn open(settings: &SqliteSettings) -> Result<Self, OpenError> {
        let held = file::hold(&settings.file)?;
        let found = found(&held.file).await?;
        let connection = prepare(settings, &held.file, found).await?;
        let mut readers = Vec::new();
        for _ in 0..settings.readers.max(1) {
            readers.push(
                read_only(&held.file)
                    .pragma("cache_size", READER_CACHE)
                    .connect()
                    .await
                    .map_err(|error| cannot_open(&held.file, &error))?,
            );
        }
        let (desk, queue) = Desk::new(settings.patience);
        let (stop, stopped) = oneshot::channel();
        let writing = tokio::spawn(Writer::new(connection).run(queue, stopped));
        Ok(Self {
            desk,
            readers: Readers::new(readers, settings.patience),
            ending: Mutex::new(Some((stop, writing))),
            held: Mutex::new(Some(held)),
        })
    }

    /// What waits to be written is written; the file is whole by itself afterwards, and anybody's.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        let ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, writing)) = ending {
            let _ = stop.send(());
            if writing.await.is_err() {
                tracing::error!("the store's writer ended before its time");
            }
        }
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(crate) async fn select(&self, tree: &str, wanted: &Wanted) -> Result<Page, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| select::select(on, tree, wanted).await)
            .await
    }

    pub(crate) async fn names(
        &self,
        tree: &str,
        value: &Indexed,
        after: Option<&Position>,
        limit: u32,
    ) -> Result<Names, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| select::names(on, tree, value, after, limit).await)
            .await
    }

    pub(crate) async fn has_value(&self, tree: &str, path: &[u8], value: &Indexed) -> Result<bool, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| select::has_value(on, tree, path, value).await)
            .await
    }

    pub(crate) async fn values_apart(
        &self,
        tree: &str,
        id: i64,
        attribute: &str,
        after: Option<&[u8]>,
        limit: u32,
    ) -> Result<Vec<ValueApart>, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| select::values_apart(on, tree, id, attribute, after, limit).await)
            .await
    }

    pub(crate) async fn nearest(&self, tree: &str, paths: &[&[u8]]) -> Result<Option<EntryRow>, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| select::nearest(on, tree, paths).await)
            .await
    }

    pub(crate) async fn has_children(&self, tree: &str, id: i64) -> Result<bool, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| select::has_children(on, tree, id).await)
            .await
    }

    pub(crate) async fn count(&self, tree: &str) -> Result<u64, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| select::count(on, tree).await)
            .await
    }

    pub(crate) async fn commit(&self, tree: &str, unit: Vec<EntryChange>) -> Result<(), RecordsError> {
        let octets = weight(&unit)?;
        if unit.is_empty() {
            return Ok(());
        }
        self.desk
            .submit(
                Work::Unit {
                    tree: Arc::from(tree),
                    unit,
                },
                octets,
            )
            .await
            .and_then(Done::nothing)
    }

    /// One number.
    #[cfg(test)]
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let read = async |on: &mut SqliteConnection| {
            let row = sqlx::query(sql).fetch_one(on).await;
            row.and_then(|row| sqlx::Row::try_get(&row, 0))
                .map_err(|error| failure::reading(&error))
        };
        self.readers.read(read).await.unwrap()
    }

    pub(crate) async fn setting(&self, name: &str) -> Result<Option<SettingRow>, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| select::setting(on, name).await)
            .await
    }

    pub(crate) async fn settings(&self) -> Result<Vec<SettingRow>, RecordsError> {
        self.readers.read(select::settings).await
    }

    pub(crate) async fn set(&self, name: &str, value: Option<&str>, at: Timestamp) -> Result<(), RecordsError> {
        let octets = name.len().max(value.map_or(0, str::len));
        if octets > LONGEST_SETTING {
            return Err(RecordsError::TooLarge);
        }
        self.desk
            .submit(
                Work::Setting {
                    name: name.to_owned(),
                    value: value.map(str::to_owned),
                    at,
                },
                octets,
            )
            .await
            .and_then(Done::nothing)
    }
}

/// The schema that is there; 0: nothing yet.
async fn found(file: &Path) -> Result<i64, OpenError> {
    if !file::is_there(file)? {
        return Ok(0);
    }
    let mut reader = read_only(file)
        .connect()
        .await
        .map_err(|error| cannot_open(file, &error))?;
    let found = schema::found(file, &mut reader).await;
    close(reader).await;
    found
}

/// The writing connection, on a file of the newest schema.
async fn prepare(settings: &SqliteSettings, file: &Path, found: i64) -> Result<SqliteConnection, OpenError> {
    file::make_private(file)?;
    let mut options = options(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    options = options
        .foreign_keys(true)
        .pragma("wal_autocheckpoint", "1000")
        .pragma("journal_size_limit", LOG_KEPT)
        .pragma("cache_size", WRITER_CACHE);
    options = options.busy_timeout(settings.patience);
    if let Some(pages) = settings.most_pages {
        options = options.pragma("max_page_count", pages.to_string());
    }
    let mut connection = options.connect().await.map_err(|error| cannot_open(file, &error))?;
    schema::bring_up(file, &mut connection, found).await?;
    Ok(connection)
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging()
}

async fn close(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        failure::closing(&error);
    }
}

fn read_only(file: &Path) -> SqliteConnectOptions {
    options(file).read_only(true)
}

fn cannot_open(file: &Path, error: &sqlx::Error) -> OpenError {
    use crate::open_error::FileFault;
    let why = match failure::primary(error) {
        Some(failure::BUSY | failure::LOCKED) => {
            return OpenError::InUse {
                file: file.to_path_buf(),
            };
        }
        Some(failure::NO_DATABASE) => FileFault::NotOurs,
        Some(failure::READ_ONLY | failure::CANNOT_OPEN) => FileFault::Rights,
        Some(failure::FULL) => FileFault::NoRoom,
        _ => FileFault::System,
    };
    OpenError::File {
        file: file.to_path_buf(),
        why,
    }
}
