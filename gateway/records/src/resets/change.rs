//! A unit, change after change.

use super::words::{
    AGAIN, DONE, ENQUEUE, HANDLE, HOLD, KEEP, OFFBOARD, ONBOARD, ONBOARDED_COUNT, OPEN, PROGRESS, RELEASE, REPLACE,
};
use super::{Cells, Connection, Value};
use crate::unit::Stop;
use postern_identity::Timestamp;
use postern_identity::records::{ContextRow, Onboarded, RecordsError, ResetChange};

/// Does all of it, or says why not; what was done by then is the caller's to undo.
pub(crate) async fn unit<C: Connection>(on: &mut C, unit: &[ResetChange]) -> Result<(), Stop> {
    for change in unit {
        one(on, change).await?;
    }
    Ok(())
}

async fn one<C: Connection>(on: &mut C, change: &ResetChange) -> Result<(), Stop> {
    match change {
        ResetChange::Open(row) => {
            let [live, subject, lease, purge_at, body] = standing(row);
            let values = [(&row.id.0).into(), live, subject, lease, purge_at, body];
            or(on.run(OPEN, &values).await?, RecordsError::Taken)
        }
        ResetChange::Replace(row) => {
            let [live, subject, lease, purge_at, body] = standing(row);
            let id = (&row.id.0).into();
            let values = [id, row.version.into(), live, subject, lease, purge_at, body];
            or(on.run(REPLACE, &values).await?, RecordsError::Changed)
        }
        ResetChange::Handle {
            handle,
            context,
            purge_at,
        } => {
            let values = [handle.into(), (&context.0).into(), (*purge_at).into()];
            or(on.run(HANDLE, &values).await?, RecordsError::Taken)
        }
        ResetChange::Enqueue(job) => {
            let values = [
                (&job.key).into(),
                (&*job.kind).into(),
                (&*job.payload).into(),
                job.at.into(),
                job.purge_at.into(),
            ];
            on.run(ENQUEUE, &values).await?;
            Ok(())
        }
        ResetChange::Done { job, attempt } => {
            let values = [(*job).into(), i64::from(*attempt).into(), (&[]).into()];
            or(on.run(DONE, &values).await?, RecordsError::Changed)
        }
        ResetChange::Again { job, attempt, at } => {
            let values = [(*job).into(), i64::from(*attempt).into(), (*at).into()];
            or(on.run(AGAIN, &values).await?, RecordsError::Changed)
        }
        ResetChange::Keep(kept) => {
            let values = [
                (&kept.key).into(),
                (&kept.request).into(),
                (&*kept.answer).into(),
                kept.purge_at.into(),
            ];
            or(on.run(KEEP, &values).await?, RecordsError::Taken)
        }
        ResetChange::Hold { key, until } => {
            on.run(HOLD, &[key.into(), (*until).into()]).await?;
            Ok(())
        }
        ResetChange::Release { key } => {
            on.run(RELEASE, &[key.into()]).await?;
            Ok(())
        }
        ResetChange::Progress { subject, body } => {
            on.run(PROGRESS, &[subject.into(), (&**body).into()]).await?;
            Ok(())
        }
        ResetChange::Onboard { who, most } => onboard(on, who, *most).await,
        ResetChange::Offboard { directory, key } => {
            on.run(OFFBOARD, &[(&**directory).into(), (&**key).into()]).await?;
            Ok(())
        }
    }
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

fn or(rows: u64, refusal: RecordsError) -> Result<(), Stop> {
    if rows > 0 { Ok(()) } else { Err(refusal.into()) }
}
