//! What is read. Each is one statement, so that what it gives stood there at one moment.

use super::words::{ABANDONED, BY_HANDLE, CONTEXT, HELD, IS_ONBOARDED, KEPT, LIVE_OF, ONBOARDED, PROGRESS_OF, WAITING};
use super::{Cells, Connection};
use crate::unit::Answer;
use postern_identity::Timestamp;
use postern_identity::records::resets::MOST_LIVE;
use postern_identity::records::{ContextRow, Hash, KeptAnswer, Onboarded, Waiting};
use postern_identity::reset::ContextId;
use std::sync::Arc;

/// The most abandoned contexts that are told at once.
const MOST_ABANDONED: u32 = 256;

pub(crate) async fn context<C: Connection>(on: &mut C, id: &ContextId) -> Answer<Option<ContextRow>> {
    let rows = on.rows(CONTEXT, &[(&id.0).into()]).await?;
    rows.first().map(row_of).transpose()
}

pub(crate) async fn by_handle<C: Connection>(on: &mut C, handle: &Hash) -> Answer<Option<ContextRow>> {
    let rows = on.rows(BY_HANDLE, &[handle.into()]).await?;
    rows.first().map(row_of).transpose()
}

pub(crate) async fn live_of<C: Connection>(on: &mut C, subject: &Hash) -> Answer<Vec<ContextRow>> {
    let most = i64::try_from(MOST_LIVE).unwrap_or(i64::MAX);
    let rows = on.rows(LIVE_OF, &[subject.into(), most.into()]).await?;
    rows.iter().map(row_of).collect()
}

pub(crate) async fn abandoned<C: Connection>(on: &mut C, at: Timestamp, most: u32) -> Answer<Vec<ContextRow>> {
    let most = i64::from(most.min(MOST_ABANDONED));
    let rows = on.rows(ABANDONED, &[at.into(), most.into()]).await?;
    rows.iter().map(row_of).collect()
}

pub(crate) async fn held<C: Connection>(on: &mut C, key: &Hash, at: Timestamp) -> Answer<Option<Timestamp>> {
    let rows = on.rows(HELD, &[key.into(), at.into()]).await?;
    rows.first().map(|row| timestamp(row.number(0)?)).transpose()
}

pub(crate) async fn waiting<C: Connection>(on: &mut C) -> Answer<Waiting> {
    let rows = on.rows(WAITING, &[]).await?;
    let Some(row) = rows.first() else {
        return Ok(Waiting::default());
    };
    Ok(Waiting {
        jobs: u64::try_from(row.number(0)?).unwrap_or(0),
        since: row.number_if_any(1)?.map(timestamp).transpose()?,
    })
}

pub(crate) async fn kept_answer<C: Connection>(on: &mut C, key: &Hash) -> Answer<Option<KeptAnswer>> {
    let rows = on.rows(KEPT, &[key.into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(KeptAnswer {
        key: fixed(row.octets(0)?)?,
        request: fixed(row.octets(1)?)?,
        answer: row.octets(2)?.into(),
        purge_at: timestamp(row.number(3)?)?,
    }))
}

pub(crate) async fn progress<C: Connection>(on: &mut C, subject: &Hash) -> Answer<Option<Arc<[u8]>>> {
    let rows = on.rows(PROGRESS_OF, &[subject.into()]).await?;
    rows.first().map(|row| Ok(row.octets(0)?.into())).transpose()
}

/// By name, in the order of octets.
pub(crate) async fn onboarded<C: Connection>(on: &mut C, directory: &str) -> Answer<Vec<Onboarded>> {
    let rows = on.rows(ONBOARDED, &[directory.into()]).await?;
    let mut all = rows
        .iter()
        .map(|row| {
            Ok(Onboarded {
                directory: text(row.octets(0)?)?,
                key: text(row.octets(1)?)?,
                group: row.number(2)? != 0,
                name: text(row.octets(3)?)?,
                at: timestamp(row.number(4)?)?,
            })
        })
        .collect::<Answer<Vec<Onboarded>>>()?;
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

/// A statement for each: one that holds at any moment is enough.
pub(crate) async fn is_onboarded<C: Connection>(on: &mut C, directory: &str, keys: &[&str]) -> Answer<bool> {
    for key in keys {
        let rows = on.rows(IS_ONBOARDED, &[directory.into(), (*key).into()]).await?;
        if !rows.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn row_of<R: Cells>(row: &R) -> Answer<ContextRow> {
    Ok(ContextRow {
        id: ContextId(fixed(row.octets(0)?)?),
        version: row.number(1)?,
        live: row.number(2)? != 0,
        subject: row.octets_if_any(3)?.map(fixed).transpose()?,
        lease: row.number_if_any(4)?.map(timestamp).transpose()?,
        purge_at: timestamp(row.number(5)?)?,
        body: row.octets(6)?.into(),
    })
}

fn fixed<const LENGTH: usize>(octets: &[u8]) -> Answer<[u8; LENGTH]> {
    octets.try_into().map_err(sqlx::Error::decode)
}

pub(super) fn text(octets: &[u8]) -> Answer<Arc<str>> {
    Ok(std::str::from_utf8(octets).map_err(sqlx::Error::decode)?.into())
}

pub(super) fn timestamp(microseconds: i64) -> Answer<Timestamp> {
    Timestamp::from_microsecond(microseconds).map_err(sqlx::Error::decode)
}
