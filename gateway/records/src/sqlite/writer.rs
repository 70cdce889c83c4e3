//! The one who writes: a task with the one writing connection, and a queue before it.
//!
//! Units that wait together are committed together, each within a savepoint, so that one wait for the disk serves them all; none is
//! answered before it. If the engine fails one of them, all are undone, and each is done again alone.

use super::statements::{Known, OnSqlite};
use super::{at_once, failure};
use crate::resets::{self, Done, Statement};
use crate::unit::{Stop, apply};
use postern_identity::Timestamp;
use postern_identity::records::{EntryChange, RecordsError, ResetChange};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row, query};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// Units that may wait.
const QUEUE: usize = 1024;
/// Octets that may wait, in units of [`PERMIT`]: as many as the largest unit has.
const ROOM: usize = crate::limits::LARGEST_UNIT / PERMIT;
const PERMIT: usize = 1024;
/// Units, and octets of them, that are committed together.
const TOGETHER: usize = 64;
const TOGETHER_OCTETS: usize = 1024 * 1024;

/// What is to be written.
pub(super) enum Work {
    Unit {
        tree: Arc<str>,
        unit: Vec<EntryChange>,
    },
    Setting {
        name: String,
        value: Option<String>,
        at: Timestamp,
    },
    Reset(resets::Work),
}

struct Job {
    work: Work,
    octets: usize,
    turn: Arc<Turn>,
    answer: oneshot::Sender<Result<Done, RecordsError>>,
    _room: OwnedSemaphorePermit,
}

/// Who was first: the writer, or the caller's patience at its end.
#[derive(Default)]
struct Turn(AtomicU8);

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Turn {
    fn take(&self, as_whom: u8) -> bool {
        self.0
            .compare_exchange(WAITING, as_whom, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
            || self.0.load(Ordering::Acquire) == as_whom
    }
}

/// Hands work to the writer.
pub(super) struct Desk {
    jobs: mpsc::Sender<Job>,
    room: Arc<Semaphore>,
    patience: Duration,
}

impl Desk {
    pub(super) fn new(patience: Duration) -> (Self, Queue) {
        let (jobs, queue) = mpsc::channel(QUEUE);
        (
            Self {
                jobs,
                room: Arc::new(Semaphore::new(ROOM)),
                patience,
            },
            Queue(queue),
        )
    }

    /// Waits until it is done, or at most twice as long as patience lasts: once for its turn, once for its end. What the writer has
    /// taken up is finished also if nobody waits any more.
    pub(super) async fn submit(&self, work: Work, octets: usize) -> Result<Done, RecordsError> {
        let deadline = Instant::now() + self.patience;
        let permits = u32::try_from((octets / PERMIT + 1).min(ROOM)).map_err(|_| RecordsError::TooLarge)?;
        let room = timeout_at(deadline, Arc::clone(&self.room).acquire_many_owned(permits)).await;
        let room = room
            .map_err(|_| RecordsError::Busy)?
            .map_err(|_| RecordsError::Unavailable)?;
        let (answer, mut answered) = oneshot::channel();
        let turn = Arc::new(Turn::default());
        let job = Job {
            work,
            octets,
            turn: Arc::clone(&turn),
            answer,
            _room: room,
        };
        let sent = timeout_at(deadline, self.jobs.send(job)).await;
        sent.map_err(|_| RecordsError::Busy)?
            .map_err(|_| RecordsError::Unavailable)?;
        if let Ok(answer) = timeout_at(deadline, &mut answered).await {
            return answer.unwrap_or_else(|_| Err(gone(&turn)));
        }
        if turn.take(GIVEN_UP) {
            return Err(RecordsError::Busy);
        }
        match timeout_at(deadline + self.patience, &mut answered).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(gone(&turn))),
            Err(_) => Err(RecordsError::OutcomeUnknown),
        }
    }
}

/// The writer went away without an answer.
fn gone(turn: &Turn) -> RecordsError {
    if turn.take(GIVEN_UP) {
        RecordsError::Unavailable
    } else {
        RecordsError::OutcomeUnknown
    }
}

pub(super) struct Queue(mpsc::Receiver<Job>);

pub(super) struct Writer {
    connection: SqliteConnection,
    known: Known,
    /// Groups to come that are small, until the log is kept short again.
    long_log_for: u32,
    /// Whether SQLite looks up what each row points at. `None`: nobody knows.
    holds: Option<bool>,
}

/// Pages in the log beside the file before they are put into it. While much is put in they are more, for a page that many units touch is
/// then put there once; otherwise it stays short, for on a disk that is full the file has no room for what is in its log.
const LONG_LOG: &str = "PRAGMA wal_autocheckpoint = 65536";
const SHORT_LOG: &str = "PRAGMA wal_autocheckpoint = 1000";
const SMALL_GROUPS_IN_A_ROW: u32 = 64;

const HOLD: &str = "PRAGMA foreign_keys = ON";
const HOLD_NOTHING: &str = "PRAGMA foreign_keys = OFF";
const HELD: &str = "PRAGMA foreign_keys";
/// Changes of a unit for which it pays that nothing is looked up.
const MANY: usize = 1_000;

/// Whether nothing is done but many entries made. Each row of theirs points at one that the same transaction has just made or found, and
/// nothing is taken away: to look that up again for each would take a good part of the time.
fn is_load(group: &[Job]) -> bool {
    let [job] = group else { return false };
    let Work::Unit { unit, .. } = &job.work else {
        return false;
    };
    unit.len() >= MANY
        && unit
            .iter()
            .all(|change| matches!(change, EntryChange::Insert(_) | EntryChange::Unique { .. }))
}

impl Writer {
    /// Of a connection as it comes: its log is short.
    pub(super) fn new(connection: SqliteConnection) -> Self {
        Self {
            connection,
            known: Known::default(),
            long_log_for: 0,
            holds: None,
        }
    }

    /// Until `stop` says so, or every desk is gone; what waits by then is still done.
    pub(super) async fn run(mut self, queue: Queue, mut stop: oneshot::Receiver<()>) {
        let mut jobs = queue.0;
        loop {
            let first = tokio::select! {
                biased;
                _ = &mut stop, if !jobs.is_closed() => {
                    jobs.close();
                    continue;
                }
                first = jobs.recv() => first,
            };
            let Some(first) = first else { break };
            let mut octets = first.octets;
            let mut group = vec![first];
            while group.len() < TOGETHER && octets < TOGETHER_OCTETS {
                let Ok(next) = jobs.try_recv() else { break };
                octets = octets.saturating_add(next.octets);
                group.push(next);
            }
            self.keep_log(octets >= TOGETHER_OCTETS).await;
            self.group(group).await;
        }
        if let Err(error) = self.connection.close().await {
            failure::closing(&error);
        }
    }

    async fn keep_log(&mut self, much: bool) {
        let was_long = self.long_log_for > 0;
        self.long_log_for = if much {
            SMALL_GROUPS_IN_A_ROW
        } else {
            self.long_log_for.saturating_sub(1)
        };
        let is_long = self.long_log_for > 0;
        if was_long != is_long {
            // Should it fail, the log is longer or shorter than it might be, and nothing else.
            let _ = self.run_sql(if is_long { LONG_LOG } else { SHORT_LOG }).await;
        }
    }

    /// Lets SQLite look up what each row points at, or not. While a transaction is open it would not listen: it is asked what it does.
    async fn hold(&mut self, wanted: bool) -> Result<(), RecordsError> {
        if self.holds != Some(wanted) {
            self.holds = None;
            let set = self.run_sql(if wanted { HOLD } else { HOLD_NOTHING }).await;
            set.map_err(|error| failure::writing(&error))?;
            let held: Result<i64, _> = query(HELD)
                .fetch_one(&mut self.connection)
                .await
                .and_then(|row| row.try_get(0));
            if held.map_err(|error| failure::writing(&error))? != i64::from(wanted) {
                return Err(RecordsError::Unavailable);
            }
            self.holds = Some(wanted);
        }
        Ok(())
    }

    async fn group(&mut self, mut group: Vec<Job>) {
        match self.together(&mut group).await {
            Ok(answers) => answer(group.into_iter().zip(answers)),
            Err(RecordsError::CannotWrite) => {
                // The log may hold much that the file has room for: put there, it may be begun anew.
                let _ = self.run_sql("PRAGMA wal_checkpoint(TRUNCATE)").await;
                self.one_by_one(group).await;
            }
            Err(error) if group.len() == 1 => answer(group.into_iter().map(|job| (job, Err(error)))),
            Err(RecordsError::OutcomeUnknown) => {
                answer(group.into_iter().map(|job| (job, Err(RecordsError::OutcomeUnknown))));
            }
            Err(_) => self.one_by_one(group).await,
        }
    }

    async fn one_by_one(&mut self, group: Vec<Job>) {
        for job in group {
            let mut alone = vec![job];
            match self.together(&mut alone).await {
                Ok(answers) => answer(alone.into_iter().zip(answers)),
                Err(error) => answer(alone.into_iter().map(|job| (job, Err(error)))),
            }
        }
    }

    /// One transaction of those whose callers still wait when it has begun. `Err`: nothing of it was done, and nobody is to blame but
    /// the engine.
    async fn together(&mut self, group: &mut Vec<Job>) -> Result<Vec<Result<Done, RecordsError>>, RecordsError> {
        self.hold(!is_load(group)).await?;
        let begun = self.run_sql("BEGIN IMMEDIATE").await;
        begun.map_err(|error| failure::writing(&error))?;
        group.retain(|job| job.turn.take(BEGUN));
        let mut answers = Vec::with_capacity(group.len());
        for job in group.iter() {
            match self.one(&job.work, group.len() > 1).await {
                Ok(done) => answers.push(Ok(done)),
                Err(Stop::Refused(refusal)) => answers.push(Err(refusal)),
                Err(Stop::Failed(error)) => {
                    self.undo().await;
                    return Err(failure::writing(&error));
                }
            }
        }
        if answers.iter().all(Result::is_err) {
            self.undo().await;
            return Ok(answers);
        }
        match self.run_sql("COMMIT").await {
            Ok(()) => Ok(answers),
            Err(error) => {
                self.undo().await;
                Err(failure::committing(&error))
            }
        }
    }

    /// With `others` in the same transaction, a refused one is taken back by itself. Savepoints of one name stand within each other; the last is
    /// the one that is meant, and the commit is the end of all.
    async fn one(&mut self, work: &Work, others: bool) -> Result<Done, Stop> {
        use resets::Work::{Reservation, Restore, Spend, Sweep, Take, Unit};
        match work {
            Work::Reset(Unit(unit)) => {
                if let Some((statements, unless)) = resets::at_once(unit) {
                    return self.reset_unit(unit, &statements, &unless).await;
                }
            }
            // Never refused: there is nothing to take back.
            Work::Reset(work @ (Spend { .. } | Restore(_) | Take { .. } | Sweep { .. })) => {
                return resets::work(&mut self.connection, work).await;
            }
            Work::Reset(Reservation(_)) | Work::Unit { .. } | Work::Setting { .. } => {}
        }
        if others {
            self.run_sql(SAVEPOINT).await?;
        }
        let done = self.work(work).await;
        if others && matches!(done, Err(Stop::Refused(_))) {
            self.take_back().await?;
        }
        done
    }

    /// All of it at once. Where that cannot be done, one statement after the other says why.
    async fn reset_unit(
        &mut self,
        unit: &[ResetChange],
        statements: &[Statement<'_>],
        unless: &[Option<RecordsError>],
    ) -> Result<Done, Stop> {
        let run = at_once::run(&mut self.connection, Some(SAVEPOINT), statements).await;
        let done = match run {
            Ok(rows) => {
                let refused = rows
                    .iter()
                    .zip(unless)
                    .find_map(|(rows, unless)| unless.filter(|_| *rows == 0));
                refused.map_or(Ok(()), |refusal| Err(Stop::Refused(refusal)))
            }
            Err(error) => {
                // SQLite may have undone all of it already, and that is why.
                self.take_back().await.map_err(|_| error)?;
                resets::unit(&mut self.connection, unit).await
            }
        };
        if matches!(done, Err(Stop::Refused(_))) {
            self.take_back().await?;
        }
        done.map(|()| Done::Unit)
    }

    async fn take_back(&mut self) -> Result<(), sqlx::Error> {
        self.known.forget();
        self.run_sql("ROLLBACK TO one").await
    }

    async fn work(&mut self, work: &Work) -> Result<Done, Stop> {
        match work {
            Work::Unit { tree, unit } => {
                let mut on = OnSqlite::new(&mut self.connection, &mut self.known, tree).await?;
                apply(&mut on, unit).await?;
            }
            Work::Setting { name, value: None, .. } => {
                query(SETTING_GONE).bind(name).execute(&mut self.connection).await?;
            }
            Work::Setting {
                name,
                value: Some(value),
                at,
            } => {
                let statement = query(SETTING).bind(name).bind(value).bind(at.as_microsecond());
                statement.execute(&mut self.connection).await?;
            }
            Work::Reset(work) => return resets::work(&mut self.connection, work).await,
        }
        Ok(Done::Unit)
    }

    async fn undo(&mut self) {
        self.known.forget();
        // SQLite may have undone it by itself; then this is an error that means nothing.
        let _ = self.run_sql("ROLLBACK").await;
    }

    async fn run_sql(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        query(sql).execute(&mut self.connection).await.map(drop)
    }
}

const SAVEPOINT: &str = "SAVEPOINT one";

pub(super) const SETTING: &str = "INSERT INTO settings (name, value, at) VALUES (?, ?, ?) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at";
pub(super) const SETTING_GONE: &str = "DELETE FROM settings WHERE name = ?";

fn answer(answers: impl Iterator<Item = (Job, Result<Done, RecordsError>)>) {
    for (job, answer) in answers {
        let _ = job.answer.send(answer); // nobody may wait any more
    }
}
