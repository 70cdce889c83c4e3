//! Resets on SQLite: the statements are shared, the one writer does what is written.

use super::SqliteStore;
use super::{at_once, failure};
use crate::reservations;
use crate::resets::words::{SQLITE, Words};
use crate::resets::{self, Cells, Connection, Done, Statement, Value, Work};
use crate::unit::Answer;
use postern_identity::Timestamp;
use postern_identity::records::{
    Allowance, ContextRow, Hash, Job, KeptAnswer, Onboarded, RecordsError, ReservedValue, ResetChange, Spent, Waiting,
};
use postern_identity::reset::ContextId;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Row, Sqlite, query};
use std::sync::Arc;

impl Connection for SqliteConnection {
    type Row = SqliteRow;
    const WORDS: Words = SQLITE;

    async fn run(&mut self, sql: &'static str, values: &[Value<'_>]) -> Answer<u64> {
        Ok(bound(sql, values).execute(self).await?.rows_affected())
    }

    async fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Answer<Vec<SqliteRow>> {
        bound(sql, values).fetch_all(self).await
    }

    async fn run_each(&mut self, statements: &[Statement<'_>]) -> Answer<Vec<u64>> {
        at_once::run(self, None, statements).await
    }

    async fn rows_of_each(&mut self, statements: &[Statement<'_>]) -> Answer<Vec<Vec<SqliteRow>>> {
        at_once::rows(self, statements).await
    }
}

fn bound<'q>(sql: &'static str, values: &[Value<'q>]) -> Query<'q, Sqlite, SqliteArguments> {
    values.iter().fold(query(sql), |statement, value| match value {
        Value::Number(number) => statement.bind(*number),
        Value::Octets(octets) => statement.bind(*octets),
    })
}

impl Cells for SqliteRow {
    fn number(&self, place: usize) -> Answer<i64> {
        self.try_get(place)
    }

    fn number_if_any(&self, place: usize) -> Answer<Option<i64>> {
        self.try_get(place)
    }

    fn octets(&self, place: usize) -> Answer<&[u8]> {
        self.try_get(place)
    }

    fn octets_if_any(&self, place: usize) -> Answer<Option<&[u8]>> {
        self.try_get(place)
    }
}

impl SqliteStore {
    pub(crate) async fn context(&self, id: &ContextId) -> Result<Option<ContextRow>, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| {
                resets::context(on, id).await.map_err(|error| failure::reading(&error))
            })
            .await
    }

    pub(crate) async fn by_handle(&self, handle: &Hash) -> Result<Option<ContextRow>, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| {
                resets::by_handle(on, handle)
                    .await
                    .map_err(|error| failure::reading(&error))
            })
            .await
    }

    pub(crate) async fn live_of(&self, subject: &Hash) -> Result<Vec<ContextRow>, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| {
                resets::live_of(on, subject)
                    .await
                    .map_err(|error| failure::reading(&error))
            })
            .await
    }

    pub(crate) async fn abandoned(&self, at: Timestamp, most: u32) -> Result<Vec<ContextRow>, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| {
                resets::abandoned(on, at, most)
                    .await
                    .map_err(|error| failure::reading(&error))
            })
            .await
    }

    pub(crate) async fn held(&self, key: &Hash, at: Timestamp) -> Result<Option<Timestamp>, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| {
                resets::held(on, key, at)
                    .await
                    .map_err(|error| failure::reading(&error))
            })
            .await
    }

    pub(crate) async fn waiting(&self) -> Result<Waiting, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| resets::waiting(on).await.map_err(|error| failure::reading(&error)))
            .await
    }

    pub(crate) async fn kept_answer(&self, key: &Hash) -> Result<Option<KeptAnswer>, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| {
                resets::kept_answer(on, key)
                    .await
                    .map_err(|error| failure::reading(&error))
            })
            .await
    }

    pub(crate) async fn progress(&self, subject: &Hash) -> Result<Option<Arc<[u8]>>, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| {
                resets::progress(on, subject)
                    .await
                    .map_err(|error| failure::reading(&error))
            })
            .await
    }

    pub(crate) async fn onboarded(&self, directory: &str) -> Result<Vec<Onboarded>, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| {
                resets::onboarded(on, directory)
                    .await
                    .map_err(|error| failure::reading(&error))
            })
            .await
    }

    pub(crate) async fn is_onboarded(&self, directory: &str, keys: &[&str]) -> Result<bool, RecordsError> {
        self.readers
            .read(async |on: &mut SqliteConnection| {
                resets::is_onboarded(on, directory, keys)
                    .await
                    .map_err(|error| failure::reading(&error))
            })
            .await
    }

    pub(crate) async fn commit_reset(&self, unit: Vec<ResetChange>) -> Result<(), RecordsError> {
        let octets = resets::weight(&unit)?;
        if unit.is_empty() {
            return Ok(());
        }
        self.work(Work::Unit(unit), octets).await?.nothing()
    }

    pub(crate) async fn spend(&self, allowances: &[Allowance], at: Timestamp) -> Result<Spent, RecordsError> {
        let groups = vec![allowances.to_vec()];
        self.work(Work::Spend { groups, at }, 0).await?.spent()
    }

    pub(crate) async fn spend_in_turn(
        &self,
        groups: &[&[Allowance]],
        at: Timestamp,
    ) -> Result<Vec<Spent>, RecordsError> {
        let groups = groups.iter().map(|group| group.to_vec()).collect();
        self.work(Work::Spend { groups, at }, 0).await?.spent_in_turn()
    }

    pub(crate) async fn restore(&self, keys: &[Hash]) -> Result<(), RecordsError> {
        self.work(Work::Restore(keys.to_vec()), 0).await?.nothing()
    }

    pub(crate) async fn take_due(&self, at: Timestamp, lease: Timestamp, most: u32) -> Result<Vec<Job>, RecordsError> {
        self.work(Work::Take { at, lease, most }, 0).await?.jobs()
    }

    pub(crate) async fn sweep(&self, at: Timestamp, most: u32) -> Result<u64, RecordsError> {
        self.work(Work::Sweep { at, most }, 0).await?.rows()
    }

    pub(crate) async fn reserve(
        &self,
        values: &[ReservedValue],
        holder: &Hash,
        at: Timestamp,
        until: Timestamp,
    ) -> Result<(), RecordsError> {
        let work = reservations::Work::Reserve {
            values: reservations::ordered(values)?,
            holder: *holder,
            at,
            until,
        };
        self.work(Work::Reservation(work), 0).await?.nothing()
    }

    pub(crate) async fn release(&self, values: &[ReservedValue], holder: &Hash) -> Result<(), RecordsError> {
        let work = reservations::Work::Release {
            values: reservations::ordered(values)?,
            holder: *holder,
        };
        self.work(Work::Reservation(work), 0).await?.nothing()
    }

    async fn work(&self, work: Work, octets: usize) -> Result<Done, RecordsError> {
        self.desk.submit(super::writer::Work::Reset(work), octets).await
    }
}
