//! Resets on PostgreSQL: the statements are shared, each piece of work is a transaction of its own.

use super::failure;
use super::{PostgresStore, late};
use crate::reservations;
use crate::resets::words::{POSTGRES, Words};
use crate::resets::{self, Cells, Connection, Done, Value, Work};
use crate::unit::{Answer, Stop};
use postern_identity::Timestamp;
use postern_identity::records::{
    Allowance, ContextRow, Hash, Job, KeptAnswer, Onboarded, RecordsError, ReservedValue, ResetChange, Spent, Waiting,
};
use postern_identity::reset::ContextId;
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, Row, query};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::timeout;

impl Connection for PgConnection {
    type Row = PgRow;
    const WORDS: Words = POSTGRES;

    async fn run(&mut self, sql: &'static str, values: &[Value<'_>]) -> Answer<u64> {
        Ok(bound(sql, values).execute(self).await?.rows_affected())
    }

    async fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Answer<Vec<PgRow>> {
        bound(sql, values).fetch_all(self).await
    }
}

fn bound<'q>(sql: &'static str, values: &[Value<'q>]) -> Query<'q, Postgres, PgArguments> {
    values.iter().fold(query(sql), |statement, value| match value {
        Value::Number(number) => statement.bind(*number),
        Value::Octets(octets) => statement.bind(*octets),
    })
}

impl Cells for PgRow {
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

impl PostgresStore {
    pub(crate) async fn context(&self, id: &ContextId) -> Result<Option<ContextRow>, RecordsError> {
        self.read(async |on: &mut PgConnection| {
            resets::context(on, id)
                .await
                .map_err(|error| failure::before_commit(&error))
        })
        .await
    }

    pub(crate) async fn by_handle(&self, handle: &Hash) -> Result<Option<ContextRow>, RecordsError> {
        self.read(async |on: &mut PgConnection| {
            resets::by_handle(on, handle)
                .await
                .map_err(|error| failure::before_commit(&error))
        })
        .await
    }

    pub(crate) async fn live_of(&self, subject: &Hash) -> Result<Vec<ContextRow>, RecordsError> {
        self.read(async |on: &mut PgConnection| {
            resets::live_of(on, subject)
                .await
                .map_err(|error| failure::before_commit(&error))
        })
        .await
    }

    pub(crate) async fn abandoned(&self, at: Timestamp, most: u32) -> Result<Vec<ContextRow>, RecordsError> {
        self.read(async |on: &mut PgConnection| {
            resets::abandoned(on, at, most)
                .await
                .map_err(|error| failure::before_commit(&error))
        })
        .await
    }

    pub(crate) async fn held(&self, key: &Hash, at: Timestamp) -> Result<Option<Timestamp>, RecordsError> {
        self.read(async |on: &mut PgConnection| {
            resets::held(on, key, at)
                .await
                .map_err(|error| failure::before_commit(&error))
        })
        .await
    }

    pub(crate) async fn waiting(&self) -> Result<Waiting, RecordsError> {
        self.read(async |on: &mut PgConnection| {
            resets::waiting(on)
                .await
                .map_err(|error| failure::before_commit(&error))
        })
        .await
    }

    pub(crate) async fn kept_answer(&self, key: &Hash) -> Result<Option<KeptAnswer>, RecordsError> {
        self.read(async |on: &mut PgConnection| {
            resets::kept_answer(on, key)
                .await
                .map_err(|error| failure::before_commit(&error))
        })
        .await
    }

    pub(crate) async fn progress(&self, subject: &Hash) -> Result<Option<Arc<[u8]>>, RecordsError> {
        self.read(async |on: &mut PgConnection| {
            resets::progress(on, subject)
                .await
                .map_err(|error| failure::before_commit(&error))
        })
        .await
    }

    pub(crate) async fn onboarded(&self, directory: &str) -> Result<Vec<Onboarded>, RecordsError> {
        self.read(async |on: &mut PgConnection| {
            resets::onboarded(on, directory)
                .await
                .map_err(|error| failure::before_commit(&error))
        })
        .await
    }

    pub(crate) async fn is_onboarded(&self, directory: &str, keys: &[&str]) -> Result<bool, RecordsError> {
        self.read(async |on: &mut PgConnection| {
            resets::is_onboarded(on, directory, keys)
                .await
                .map_err(|error| failure::before_commit(&error))
        })
        .await
    }

    pub(crate) async fn commit_reset(&self, unit: Vec<ResetChange>) -> Result<(), RecordsError> {
        resets::weight(&unit)?;
        if unit.is_empty() {
            return Ok(());
        }
        self.work(Work::Unit(unit)).await?.nothing()
    }

    pub(crate) async fn spend(&self, allowances: &[Allowance], at: Timestamp) -> Result<Spent, RecordsError> {
        let groups = vec![allowances.to_vec()];
        self.work(Work::Spend { groups, at }).await?.spent()
    }

    pub(crate) async fn spend_in_turn(
        &self,
        groups: &[&[Allowance]],
        at: Timestamp,
    ) -> Result<Vec<Spent>, RecordsError> {
        let groups = groups.iter().map(|group| group.to_vec()).collect();
        self.work(Work::Spend { groups, at }).await?.spent_in_turn()
    }

    pub(crate) async fn restore(&self, keys: &[Hash]) -> Result<(), RecordsError> {
        self.work(Work::Restore(keys.to_vec())).await?.nothing()
    }

    pub(crate) async fn take_due(&self, at: Timestamp, lease: Timestamp, most: u32) -> Result<Vec<Job>, RecordsError> {
        self.work(Work::Take { at, lease, most }).await?.jobs()
    }

    pub(crate) async fn sweep(&self, at: Timestamp, most: u32) -> Result<u64, RecordsError> {
        self.work(Work::Sweep { at, most }).await?.rows()
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
        self.work(Work::Reservation(work)).await?.nothing()
    }

    pub(crate) async fn release(&self, values: &[ReservedValue], holder: &Hash) -> Result<(), RecordsError> {
        let work = reservations::Work::Release {
            values: reservations::ordered(values)?,
            holder: *holder,
        };
        self.work(Work::Reservation(work)).await?.nothing()
    }

    async fn work(&self, work: Work) -> Result<Done, RecordsError> {
        let sent = AtomicBool::new(false);
        let done = timeout(self.patience, self.transaction(&work, &sent)).await;
        done.unwrap_or_else(|_| Err(late(&sent)))
    }

    async fn transaction(&self, work: &Work, sent: &AtomicBool) -> Result<Done, RecordsError> {
        let mut transaction = self.pool.begin().await.map_err(|error| self.unsent(&error))?;
        match resets::work(&mut *transaction, work).await {
            Ok(done) if done.is_for_nothing() => {
                let _ = transaction.rollback().await; // a broken connection undoes it too
                Ok(done)
            }
            Ok(done) => {
                sent.store(true, Ordering::Relaxed);
                let committed = transaction.commit().await;
                committed.map_err(|error| failure::committing(&error))?;
                Ok(done)
            }
            Err(stop) => {
                let _ = transaction.rollback().await;
                Err(match stop {
                    Stop::Refused(refusal) => refusal,
                    Stop::Failed(error) => failure::before_commit(&error),
                })
            }
        }
    }
}
