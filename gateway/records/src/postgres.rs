//! A server that several gateways may share.

mod address;
mod failure;
mod resets;
mod schema;
mod select;
mod statements;
#[cfg(test)]
mod tests;

use crate::limits::{LONGEST_SETTING, weight};
use crate::open_error::OpenError;
use crate::unit::{Stop, apply};
use crate::{Migration, PostgresSettings};
use address::Address;
use postern_identity::Timestamp;
use postern_identity::records::{
    EntryChange, EntryRow, Indexed, Names, Page, Position, RecordsError, SettingRow, ValueApart, Wanted,
};
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection, Row, query};
use statements::{KIND, KIND_MAKE, Kinds, OnPostgres, TREE, TREE_MAKE};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

pub(crate) struct PostgresStore {
    pool: PgPool,
    connections: u32,
    patience: Duration,
    /// Numbers that were asked once. They never change.
    trees: Mutex<HashMap<Arc<str>, i64>>,
    kinds: Mutex<HashMap<(i64, Arc<str>), i64>>,
}

/// What is to be done, if `apply` is not set nothing is.
pub(crate) async fn migrate(settings: &PostgresSettings, apply: bool) -> Result<Migration, OpenError> {
    let address = address::read(settings)?;
    let mut connection = connect(&address, settings.patience).await?;
    let found = if apply {
        schema::bring_up(&address.shown, &mut connection).await
    } else {
        schema::found(&address.shown, &mut connection).await
    };
    let _ = timeout(settings.patience, connection.close()).await; // its answer changes nothing
    Ok(Migration {
        found: found?,
        newest: schema::NEWEST,
    })
}

impl PostgresStore {
    pub(crate) async fn open(settings: &PostgresSettings) -> Result<Self, OpenError> {
        let address = address::read(settings)?;
        migrate(settings, true).await?;
        let pool = PgPoolOptions::new()
            .max_connections(settings.connections.max(1))
            .acquire_timeout(settings.patience / 2)
            .after_connect(|connection, _| Box::pin(durable(connection)))
            .connect_lazy_with(address.options);
        let (trees, kinds) = (Mutex::default(), Mutex::default());
        Ok(Self {
            pool,
            connections: settings.connections.max(1),
            patience: settings.patience,
            trees,
            kinds,
        })
    }

    /// What has begun is finished.
    pub(crate) async fn close(&self) {
        if timeout(self.patience * 2, self.pool.close()).await.is_err() {
            tracing::warn!("connections to the store's server did not end in time");
        }
    }

    pub(crate) async fn select(&self, tree: &str, wanted: &Wanted) -> Result<Page, RecordsError> {
        self.read(async |on: &mut PgConnection| select::select(on, tree, wanted).await)
            .await
    }

    pub(crate) async fn names(
        &self,
        tree: &str,
        value: &Indexed,
        after: Option<&Position>,
        limit: u32,
    ) -> Result<Names, RecordsError> {
        self.read(async |on: &mut PgConnection| select::names(on, tree, value, after, limit).await)
            .await
    }

    pub(crate) async fn has_value(&self, tree: &str, path: &[u8], value: &Indexed) -> Result<bool, RecordsError> {
        self.read(async |on: &mut PgConnection| select::has_value(on, tree, path, value).await)
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
        self.read(async |on: &mut PgConnection| select::values_apart(on, tree, id, attribute, after, limit).await)
            .await
    }

    pub(crate) async fn nearest(&self, tree: &str, paths: &[&[u8]]) -> Result<Option<EntryRow>, RecordsError> {
        self.read(async |on: &mut PgConnection| select::nearest(on, tree, paths).await)
            .await
    }

    pub(crate) async fn has_children(&self, tree: &str, id: i64) -> Result<bool, RecordsError> {
        self.read(async |on: &mut PgConnection| select::has_children(on, tree, id).await)
            .await
    }

    pub(crate) async fn count(&self, tree: &str) -> Result<u64, RecordsError> {
        self.read(async |on: &mut PgConnection| select::count(on, tree).await)
            .await
    }

    /// One number.
    #[cfg(test)]
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let row = sqlx::query(sql).fetch_one(&self.pool).await.unwrap();
        sqlx::Row::get(&row, 0)
    }

    pub(crate) async fn setting(&self, name: &str) -> Result<Option<SettingRow>, RecordsError> {
        self.read(async |on: &mut PgConnection| select::setting(on, name).await)
            .await
    }

    pub(crate) async fn settings(&self) -> Result<Vec<SettingRow>, RecordsError> {
        self.read(select::settings).await
    }

    pub(crate) async fn commit(&self, tree: &str, unit: Vec<EntryChange>) -> Result<(), RecordsError> {
        weight(&unit)?;
        if unit.is_empty() {
            return Ok(());
        }
        let sent = AtomicBool::new(false);
        let done = timeout(self.patience, self.unit(tree, &unit, &sent)).await;
        done.unwrap_or_else(|_| Err(late(&sent)))
    }

    pub(crate) async fn set(&self, name: &str, value: Option<&str>, at: Timestamp) -> Result<(), RecordsError> {
        if name.len().max(value.map_or(0, str::len)) > LONGEST_SETTING {
            return Err(RecordsError::TooLarge);
        }
        let sent = AtomicBool::new(false);
        let set = async {
            let mut connection = self.pool.acquire().await.map_err(|error| self.unsent(&error))?;
            let statement = match value {
                None => query(SETTING_GONE).bind(name),
                Some(value) => query(SETTING).bind(name).bind(value).bind(at.as_microsecond()),
            };
            sent.store(true, Ordering::Relaxed); // it commits itself
            statement
                .execute(&mut *connection)
                .await
                .map(drop)
                .map_err(|error| failure::committing(&error))
        };
        timeout(self.patience, set).await.unwrap_or_else(|_| Err(late(&sent)))
    }

    async fn unit(&self, tree: &str, unit: &[EntryChange], sent: &AtomicBool) -> Result<(), RecordsError> {
        let tree = self.tree(tree).await?;
        let kinds = self.kinds(tree, unit).await?;
        let mut transaction = self.pool.begin().await.map_err(|error| self.unsent(&error))?;
        let mut on = OnPostgres {
            connection: &mut transaction,
            kinds: &kinds,
            tree,
        };
        on.hold(unit).await.map_err(|error| failure::before_commit(&error))?;
        match apply(&mut on, unit).await {
            Ok(()) => {
                sent.store(true, Ordering::Relaxed);
                transaction.commit().await.map_err(|error| failure::committing(&error))
            }
            Err(stop) => {
                let _ = transaction.rollback().await; // a broken connection undoes it too
                Err(match stop {
                    Stop::Refused(refusal) => refusal,
                    Stop::Failed(error) => failure::before_commit(&error),
                })
            }
        }
    }

    async fn tree(&self, name: &str) -> Result<i64, RecordsError> {
        let known = self
            .trees
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .copied();
        if let Some(id) = known {
            return Ok(id);
        }
        let mut connection = self.pool.acquire().await.map_err(|error| self.unsent(&error))?;
        let find = async {
            if let Some(row) = query(TREE).bind(name).fetch_optional(&mut *connection).await? {
                return row.try_get(0);
            }
            query(TREE_MAKE).bind(name).execute(&mut *connection).await?;
            query(TREE).bind(name).fetch_one(&mut *connection).await?.try_get(0)
        };
        let id = find.await.map_err(|error| failure::before_commit(&error))?;
        self.trees
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(Arc::from(name), id);
        Ok(id)
    }

    async fn kinds(&self, tree: i64, unit: &[EntryChange]) -> Result<Kinds, RecordsError> {
        let mut kinds = Kinds::new();
        for attribute in attributes(unit) {
            if kinds.contains_key(attribute) {
                continue;
            }
            let key = (tree, Arc::clone(attribute));
            let known = self
                .kinds
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&key)
                .copied();
            let id = if let Some(id) = known {
                id
            } else {
                let id = self.kind(tree, attribute).await?;
                self.kinds
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(key, id);
                id
            };
            kinds.insert(Arc::clone(attribute), id);
        }
        Ok(kinds)
    }

    async fn kind(&self, tree: i64, attribute: &str) -> Result<i64, RecordsError> {
        let mut connection = self.pool.acquire().await.map_err(|error| self.unsent(&error))?;
        let find = async {
            if let Some(row) = query(KIND)
                .bind(tree)
                .bind(attribute)
                .fetch_optional(&mut *connection)
                .await?
            {
                return row.try_get(0);
            }
            query(KIND_MAKE)
                .bind(tree)
                .bind(attribute)
                .execute(&mut *connection)
                .await?;
            query(KIND)
                .bind(tree)
                .bind(attribute)
                .fetch_one(&mut *connection)
                .await?
                .try_get(0)
        };
        find.await.map_err(|error| failure::before_commit(&error))
    }

    async fn read<T>(
        &self,
        what: impl AsyncFnOnce(&mut PgConnection) -> Result<T, RecordsError>,
    ) -> Result<T, RecordsError> {
        let read = async {
            let mut connection = self.pool.acquire().await.map_err(|error| self.unsent(&error))?;
            what(&mut connection).await
        };
        timeout(self.patience, read).await.unwrap_or(Err(RecordsError::Busy))
    }

    /// No connection was to be had: they are all in use, or none can be made.
    fn unsent(&self, error: &sqlx::Error) -> RecordsError {
        match error {
            sqlx::Error::PoolTimedOut if self.pool.size() < self.connections => RecordsError::Unavailable,
            error => failure::before_commit(error),
        }
    }
}

const SETTING: &str = "INSERT INTO settings (name, value, at) VALUES ($1, $2, $3) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at";
const SETTING_GONE: &str = "DELETE FROM settings WHERE name = $1";

/// A server may be set up to answer commits before they are on its disk. Ours are not answered so.
async fn durable(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let statement =
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
    query(statement).execute(connection).await.map(drop)
}

async fn connect(address: &Address, patience: Duration) -> Result<PgConnection, OpenError> {
    match timeout(patience, PgConnection::connect_with(&address.options)).await {
        Ok(connection) => connection.map_err(|error| schema::unreadable(&address.shown, &error)),
        Err(_) => Err(OpenError::Unreachable {
            store: address.shown.clone(),
            why: "it does not answer in time",
        }),
    }
}

fn attributes(unit: &[EntryChange]) -> impl Iterator<Item = &Arc<str>> {
    unit.iter().flat_map(|change| {
        let mut apart = [].as_slice();
        let (some, others, one) = match change {
            EntryChange::Insert(new) => (new.indexed.as_slice(), [].as_slice(), None),
            EntryChange::Replace { without, with, .. } => (without.as_slice(), with.as_slice(), None),
            EntryChange::Unique { indexed, .. } => ([].as_slice(), [].as_slice(), Some(indexed)),
            EntryChange::Apart { without, with, .. } => {
                apart = with.as_slice();
                (without.as_slice(), [].as_slice(), None)
            }
            EntryChange::Move { .. } | EntryChange::Delete { .. } | EntryChange::Expect { .. } => {
                ([].as_slice(), [].as_slice(), None)
            }
        };
        some.iter()
            .chain(others)
            .chain(one)
            .chain(apart.iter().map(|value| &value.indexed))
            .map(|indexed| &indexed.attribute)
    })
}

fn late(sent: &AtomicBool) -> RecordsError {
    if sent.load(Ordering::Relaxed) {
        RecordsError::OutcomeUnknown
    } else {
        RecordsError::Busy
    }
}
