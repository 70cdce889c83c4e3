//! Resets on either engine. Both understand the same statements (`words`), but for the few that take locks; what they add up to is said
//! once, here.

mod allowance;
mod change;
mod limits;
mod queue;
mod read;
pub(crate) mod words;

pub(crate) use change::{at_once, unit};
pub(crate) use limits::weight;
pub(crate) use read::{abandoned, is_onboarded, waiting};
pub(crate) use read::{by_handle, context, held, kept_answer, live_of, onboarded, progress};

use crate::reservations;
use crate::unit::{Answer, Stop};
use postern_identity::Timestamp;
use postern_identity::records::{Allowance, Hash, Job, RecordsError, ResetChange, Spent};
use words::Words;

/// A value of a statement, by its place.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Number(Option<i64>),
    Octets(Option<&'a [u8]>),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(octets: &'a [u8]) -> Self {
        Self::Octets(Some(octets))
    }
}

impl<'a, const LENGTH: usize> From<&'a [u8; LENGTH]> for Value<'a> {
    fn from(octets: &'a [u8; LENGTH]) -> Self {
        Self::Octets(Some(octets))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Octets(Some(text.as_bytes()))
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(at: Timestamp) -> Self {
        Self::Number(Some(at.as_microsecond()))
    }
}

/// One statement and what goes into it.
pub(crate) struct Statement<'a> {
    pub(crate) sql: &'static str,
    pub(crate) values: Vec<Value<'a>>,
}

impl<'a> Statement<'a> {
    pub(crate) fn of(sql: &'static str, values: Vec<Value<'a>>) -> Self {
        Self { sql, values }
    }
}

/// A row of an answer, by place.
pub(crate) trait Cells {
    fn number(&self, place: usize) -> Answer<i64>;
    fn number_if_any(&self, place: usize) -> Answer<Option<i64>>;
    fn octets(&self, place: usize) -> Answer<&[u8]>;
    fn octets_if_any(&self, place: usize) -> Answer<Option<&[u8]>>;
}

/// A connection of either engine.
pub(crate) trait Connection: Send {
    type Row: Cells + Send;
    const WORDS: Words;

    /// How many rows were changed.
    fn run(&mut self, sql: &'static str, values: &[Value<'_>]) -> impl Future<Output = Answer<u64>> + Send;
    fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> impl Future<Output = Answer<Vec<Self::Row>>> + Send;

    /// Each of these, in order: how many rows it has changed.
    fn run_each(&mut self, statements: &[Statement<'_>]) -> impl Future<Output = Answer<Vec<u64>>> + Send {
        async move {
            let mut rows = Vec::with_capacity(statements.len());
            for statement in statements {
                rows.push(self.run(statement.sql, &statement.values).await?);
            }
            Ok(rows)
        }
    }

    /// Each of these, in order: its rows.
    fn rows_of_each(
        &mut self,
        statements: &[Statement<'_>],
    ) -> impl Future<Output = Answer<Vec<Vec<Self::Row>>>> + Send {
        async move {
            let mut rows = Vec::with_capacity(statements.len());
            for statement in statements {
                rows.push(self.rows(statement.sql, &statement.values).await?);
            }
            Ok(rows)
        }
    }
}

/// Something that is written.
pub(crate) enum Work {
    Unit(Vec<ResetChange>),
    /// Each as a whole, in turn.
    Spend {
        groups: Vec<Vec<Allowance>>,
        at: Timestamp,
    },
    Restore(Vec<Hash>),
    Take {
        at: Timestamp,
        lease: Timestamp,
        most: u32,
    },
    Sweep {
        at: Timestamp,
        most: u32,
    },
    Reservation(reservations::Work),
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Done {
    Unit,
    Spent(Vec<Spent>),
    Jobs(Vec<Job>),
    Rows(u64),
}

impl Done {
    /// Nothing was changed, or nothing that has to stay.
    pub(crate) fn is_for_nothing(&self) -> bool {
        match self {
            Self::Spent(spent) => !spent.iter().any(|one| matches!(one, Spent::Taken { .. })),
            Self::Jobs(jobs) => jobs.is_empty(),
            Self::Rows(rows) => *rows == 0,
            Self::Unit => false,
        }
    }

    /// For whoever only wanted it done.
    pub(crate) fn nothing(self) -> Result<(), RecordsError> {
        match self {
            Self::Unit | Self::Rows(_) => Ok(()),
            Self::Spent(_) | Self::Jobs(_) => Err(RecordsError::Unavailable),
        }
    }

    /// For whoever asked for one.
    pub(crate) fn spent(self) -> Result<Spent, RecordsError> {
        self.spent_in_turn()?.pop().ok_or(RecordsError::Unavailable)
    }

    pub(crate) fn spent_in_turn(self) -> Result<Vec<Spent>, RecordsError> {
        if let Self::Spent(spent) = self {
            Ok(spent)
        } else {
            Err(RecordsError::Unavailable)
        }
    }

    pub(crate) fn jobs(self) -> Result<Vec<Job>, RecordsError> {
        if let Self::Jobs(jobs) = self {
            Ok(jobs)
        } else {
            Err(RecordsError::Unavailable)
        }
    }

    pub(crate) fn rows(self) -> Result<u64, RecordsError> {
        if let Self::Rows(rows) = self {
            Ok(rows)
        } else {
            Err(RecordsError::Unavailable)
        }
    }
}

/// Does it within a transaction, or says why not; what was done by then is the caller's to undo.
pub(crate) async fn work<C: Connection>(on: &mut C, work: &Work) -> Result<Done, Stop> {
    match work {
        Work::Unit(changes) => unit(on, changes).await.map(|()| Done::Unit),
        Work::Spend { groups, at } => Ok(Done::Spent(allowance::spend(on, groups, *at).await?)),
        Work::Restore(keys) => Ok(Done::Rows(allowance::restore(on, keys).await?)),
        Work::Take { at, lease, most } => Ok(Done::Jobs(queue::take(on, *at, *lease, *most).await?)),
        Work::Sweep { at, most } => Ok(Done::Rows(queue::sweep(on, *at, *most).await?)),
        Work::Reservation(work) => reservations::work(on, work).await.map(|()| Done::Unit),
    }
}
