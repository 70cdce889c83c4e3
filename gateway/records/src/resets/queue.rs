//! Jobs that are taken, and what is over.

use super::words::TAKE;
use super::{Cells, Connection, Statement, read};
use crate::unit::Answer;
use postern_identity::Timestamp;
use postern_identity::records::Job;

/// The most jobs that are taken at once.
const MOST_TAKEN: u32 = 256;

pub(super) async fn take<C: Connection>(on: &mut C, at: Timestamp, lease: Timestamp, most: u32) -> Answer<Vec<Job>> {
    let rows = on
        .rows(C::WORDS.due, &[at.into(), i64::from(most.min(MOST_TAKEN)).into()])
        .await?;
    let mut jobs = Vec::with_capacity(rows.len());
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.number(0)?;
        taken.push(Statement::of(TAKE, vec![id.into(), lease.into()]));
        jobs.push(Job {
            id,
            kind: read::text(row.octets(1)?)?,
            payload: row.octets(2)?.into(),
            attempt: u32::try_from(row.number(3)?.saturating_add(1)).unwrap_or(u32::MAX),
            since: read::timestamp(row.number(4)?)?,
        });
    }
    on.run_each(&taken).await?;
    Ok(jobs)
}

pub(super) async fn sweep<C: Connection>(on: &mut C, at: Timestamp, most: u32) -> Answer<u64> {
    let mut rows = 0;
    for over in C::WORDS.over {
        rows += on.run(over, &[at.into(), i64::from(most).into()]).await?;
    }
    Ok(rows)
}
