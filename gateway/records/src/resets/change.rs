//! A unit, change after change.

use super::allowance::restored;
use super::words::{
    AGAIN, DONE, ENQUEUE, HANDLE, HOLD, KEEP, OFFBOARD, ONBOARD, ONBOARDED_COUNT, OPEN, PROGRESS, RELEASE, REPLACE,
};
use super::{Cells, Connection, Statement, Value};
use crate::unit::Stop;
use postern_identity::Timestamp;
use postern_identity::records::{ContextRow, Onboarded, RecordsError, ResetChange};

/// Does all of it, or says why not; what was done by then is the caller's to undo.
pub(crate) async fn unit<C: Connection>(on: &mut C, unit: &[ResetChange]) -> Result<(), Stop> {
    for change in unit {
        if let ResetChange::Onboard { who, most } = change {
            onboard(on, who, *most).await?;
        }
        for step in steps(change) {
            let rows = on.run(step.statement.sql, &step.statement.values).await?;
            step.look_at(rows)?;
        }
    }
    Ok(())
}

/// The statements of a unit, where none has to be seen before the next, and what each must have done.
pub(crate) fn at_once(unit: &[ResetChange]) -> Option<(Vec<Statement<'_>>, Vec<Option<RecordsError>>)> {
    let needs_a_look = |change: &ResetChange| matches!(change, ResetChange::Onboard { .. });
    if unit.iter().any(needs_a_look) {
        return None;
    }
    let steps = unit.iter().flat_map(steps);
    Some(steps.map(|step| (step.statement, step.unless)).unzip())
}

/// A statement of a change.
struct Step<'a> {
    statement: Statement<'a>,
    /// What it means that no row was changed, if it means anything.
    unless: Option<RecordsError>,
}

impl Step<'_> {
    fn look_at(&self, rows: u64) -> Result<(), RecordsError> {
        self.unless.filter(|_| rows == 0).map_or(Ok(()), Err)
    }
}

/// What a change is made of; nothing, where that depends on what is found.
fn steps(change: &ResetChange) -> Vec<Step<'_>> {
    let (sql, values, unless) = match change {
        ResetChange::Open(row) => {
            let [live, subject, lease, purge_at, body] = standing(row);
            let values = vec![(&row.id.0).into(), live, subject, lease, purge_at, body];
            (OPEN, values, Some(RecordsError::Taken))
        }
        ResetChange::Replace(row) => {
            let [live, subject, lease, purge_at, body] = standing(row);
            let id = (&row.id.0).into();
            let values = vec![id, row.version.into(), live, subject, lease, purge_at, body];
            (REPLACE, values, Some(RecordsError::Changed))
        }
        ResetChange::Handle {
            handle,
            context,
            purge_at,
        } => {
            let values = vec![handle.into(), (&context.0).into(), (*purge_at).into()];
            (HANDLE, values, Some(RecordsError::Taken))
        }
        ResetChange::Enqueue(job) => {
            let values = vec![
                (&job.key).into(),
                (&*job.kind).into(),
                (&*job.payload).into(),
                job.at.into(),
                job.purge_at.into(),
            ];
            (ENQUEUE, values, None)
        }
        ResetChange::Done { job, attempt } => {
            let values = vec![(*job).into(), i64::from(*attempt).into(), (&[]).into()];
            (DONE, values, Some(RecordsError::Changed))
        }
        ResetChange::Again { job, attempt, at } => {
            let values = vec![(*job).into(), i64::from(*attempt).into(), (*at).into()];
            (AGAIN, values, Some(RecordsError::Changed))
        }
        ResetChange::Keep(kept) => {
            let values = vec![
                (&kept.key).into(),
                (&kept.request).into(),
                (&*kept.answer).into(),
                kept.purge_at.into(),
            ];
            (KEEP, values, Some(RecordsError::Taken))
        }
        ResetChange::Hold { key, until } => (HOLD, vec![key.into(), (*until).into()], None),
        ResetChange::Release { key } => (RELEASE, vec![key.into()], None),
        ResetChange::Restore { keys } => {
            let statement = |statement| Step {
                statement,
                unless: None,
            };
            return restored(keys).into_iter().map(statement).collect();
        }
        ResetChange::Progress { subject, body } => (PROGRESS, vec![subject.into(), (&**body).into()], None),
        ResetChange::Onboard { .. } => return Vec::new(),
        ResetChange::Offboard { directory, key } => (OFFBOARD, vec![(&**directory).into(), (&**key).into()], None),
    };
    let statement = Statement::of(sql, values);
    vec![Step { statement, unless }]
}

async fn onboard<C: Connection>(on: &mut C, who: &Onboarded, most: Option<u64>) -> Result<(), Stop> {
    if let (Some(hold), Some(_)) = (C::WORDS.hold_directory, most) {
        on.rows(hold, &[(&*who.directory).into()]).await?;
    }
    let values = [
        (&*who.directory).into(),
        (&*who.key).into(),
        i64::from(who.group).into(),
        (&*who.name).into(),
        who.at.into(),
    ];
    let is_new = on.run(ONBOARD, &values).await? > 0;
    if let (true, Some(most)) = (is_new, most) {
        let rows = on.rows(ONBOARDED_COUNT, &[(&*who.directory).into()]).await?;
        let count = rows.first().map_or(Ok(0), |row| row.number(0))?;
        if u64::try_from(count).unwrap_or(u64::MAX) > most {
            return Err(RecordsError::TooLarge.into());
        }
    }
    Ok(())
}

/// What a context's row holds besides its name and its version.
fn standing(row: &ContextRow) -> [Value<'_>; 5] {
    [
        i64::from(row.live).into(),
        Value::Octets(row.subject.as_ref().map(<[u8; 32]>::as_slice)),
        Value::Number(row.lease.map(Timestamp::as_microsecond)),
        row.purge_at.into(),
        (&*row.body).into(),
    ]
}
