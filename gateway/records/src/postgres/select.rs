//! What is read, in PostgreSQL's words. Each is one statement, so that what it gives stood there at one moment.
//!
//! A join says its order itself: the order of what it joins is lost in some of the ways to join.

mod words;

use super::failure;
use crate::limits::{MOST_LOOKED_AT, behind, behind_all, looked_at};
use crate::page::{Gathering, Place};
use futures_util::TryStreamExt;
use postern_identity::Timestamp;
use postern_identity::records::entries::MOST_VALUES;
use postern_identity::records::{
    EntryRow, Indexed, NamedRow, Names, Page, Position, Reach, RecordsError, Selection, SettingRow, ValueApart, Wanted,
};
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, Row, query};
use std::sync::Arc;
#[cfg(test)]
pub(super) use words::ALL;
use words::{
    BOUNDARY, CHILDREN, CHILDREN_ANY_OF, CHILDREN_BETWEEN, CHILDREN_CONTAINING, CHILDREN_EQUAL, COUNT, HAS_CHILDREN,
    HAS_VALUE, NAMES, NEAREST, NEAREST_AT_ONCE, ONLY, ONLY_BETWEEN, ONLY_EQUAL, SETTING, SETTINGS, VALUES_APART,
    WITHIN, WITHIN_ANY_OF, WITHIN_BETWEEN, WITHIN_CONTAINING, WITHIN_EQUAL,
};

type Statement<'q> = Query<'q, Postgres, PgArguments>;

pub(super) async fn select(on: &mut PgConnection, tree: &str, wanted: &Wanted) -> Result<Page, RecordsError> {
    let after = wanted.after.as_ref().map(Place::of).transpose()?;
    let many = looked_at(wanted.limit);
    let rows = i64::from(wanted.limit.max(1)).saturating_add(1);
    match (&wanted.by, &wanted.reach) {
        (Selection::Place, Reach::Only(path)) => one(on, query(ONLY).bind(tree).bind(&**path)).await,
        (Selection::Place, Reach::Children(path)) => {
            let statement = query(CHILDREN)
                .bind(tree)
                .bind(&**path)
                .bind(after_entry(after.as_ref())?)
                .bind(rows);
            gather(on, statement, wanted.limit, rows, |row| {
                Ok((Place::Entry(row.try_get(0)?), 0))
            })
            .await
        }
        (Selection::Place, Reach::Within(path)) => {
            let from = match after {
                None => path.to_vec(),
                Some(Place::Path(mut last)) => {
                    last.push(0); // the first octets behind these
                    last
                }
                Some(_) => return Err(RecordsError::Unavailable),
            };
            let statement = query(WITHIN).bind(tree).bind(from).bind(behind(path)).bind(rows);
            gather(on, statement, wanted.limit, rows, |row| {
                Ok((Place::Path(row.try_get(2)?), 0))
            })
            .await
        }
        (Selection::Equal(by), reach) => {
            let statement = |sql| query(sql).bind(tree).bind(&*by.attribute).bind(&*by.value);
            let statement = match reach {
                Reach::Only(path) => return one(on, statement(ONLY_EQUAL).bind(&**path)).await,
                Reach::Children(path) => statement(CHILDREN_EQUAL)
                    .bind(after_entry(after.as_ref())?)
                    .bind(many)
                    .bind(&**path),
                Reach::Within(path) => {
                    let statement = statement(WITHIN_EQUAL).bind(after_entry(after.as_ref())?).bind(many);
                    statement.bind(&**path).bind(behind(path))
                }
            };
            gather(on, statement, wanted.limit, many, |row| {
                Ok((Place::Entry(row.try_get(0)?), 1))
            })
            .await
        }
        (Selection::AnyOf { values, .. }, _) if values.len() > MOST_VALUES => Err(RecordsError::TooLarge),
        (Selection::AnyOf { attribute, .. } | Selection::Containing { attribute, .. }, reach) => {
            let (value, entry) = after_value(after, &[])?;
            let (path, end) = match reach {
                Reach::Only(path) => (path, [path, &[0][..]].concat()), // nothing stands between
                Reach::Children(path) | Reach::Within(path) => (path, behind(path)),
            };
            let sql = match (&wanted.by, reach) {
                (Selection::AnyOf { .. }, Reach::Children(_)) => CHILDREN_ANY_OF,
                (Selection::AnyOf { .. }, _) => WITHIN_ANY_OF,
                (_, Reach::Children(_)) => CHILDREN_CONTAINING,
                (_, _) => WITHIN_CONTAINING,
            };
            let mut boundary: Option<(Vec<u8>, i64)> = None;
            if let Selection::Containing { .. } = &wanted.by {
                let statement = query(BOUNDARY)
                    .bind(tree)
                    .bind(&**attribute)
                    .bind(value.clone())
                    .bind(entry);
                let row = statement.bind(MOST_LOOKED_AT).fetch_optional(&mut *on).await;
                let read = |row: PgRow| Ok((row.try_get(0)?, row.try_get(1)?));
                let row = row.and_then(|row| row.map(read).transpose());
                boundary = row.map_err(|error| failure::before_commit(&error))?;
            }
            let (last, last_entry) = boundary.clone().unwrap_or_else(|| (behind_all(), i64::MAX));
            let statement = query(sql).bind(tree).bind(&**attribute).bind(value).bind(entry);
            let statement = statement.bind(last).bind(many).bind(&**path).bind(end);
            let statement = match &wanted.by {
                Selection::AnyOf { values, .. } => with_values(statement, values),
                Selection::Containing { piece, .. } => statement.bind(&**piece).bind(last_entry),
                _ => statement,
            };
            let place = |row: &PgRow| Ok((Place::Value(row.try_get(0)?, row.try_get(1)?), 2));
            let mut page = gather(on, statement, wanted.limit, many, place).await?;
            if let (None, Some((value, entry))) = (&page.next, boundary) {
                page.next = Some(Place::Value(value, entry).position());
            }
            Ok(page)
        }
        (Selection::Between { attribute, from, to }, reach) => {
            let to = to.as_deref().map_or_else(behind_all, <[u8]>::to_vec);
            let statement = match reach {
                Reach::Only(path) => {
                    let statement = query(ONLY_BETWEEN).bind(tree).bind(&**attribute).bind(&**from);
                    return one(on, statement.bind(to).bind(&**path)).await;
                }
                Reach::Children(path) => {
                    let (value, entry) = after_value(after, from)?;
                    let statement = query(CHILDREN_BETWEEN)
                        .bind(tree)
                        .bind(&**attribute)
                        .bind(value)
                        .bind(entry);
                    statement.bind(to).bind(many).bind(&**path)
                }
                Reach::Within(path) => {
                    let (value, entry) = after_value(after, from)?;
                    let statement = query(WITHIN_BETWEEN)
                        .bind(tree)
                        .bind(&**attribute)
                        .bind(value)
                        .bind(entry);
                    statement.bind(to).bind(many).bind(&**path).bind(behind(path))
                }
            };
            let place = |row: &PgRow| Ok((Place::Value(row.try_get(0)?, row.try_get(1)?), 2));
            gather(on, statement, wanted.limit, many, place).await
        }
    }
}

pub(super) async fn names(
    on: &mut PgConnection,
    tree: &str,
    value: &Indexed,
    after: Option<&Position>,
    limit: u32,
) -> Result<Names, RecordsError> {
    let after = after.map(Place::of).transpose()?;
    let limit = limit.max(1);
    let statement = query(NAMES).bind(tree).bind(&*value.attribute).bind(&*value.value);
    let statement = statement.bind(i64::from(limit)).bind(after_entry(after.as_ref())?);
    let rows = statement
        .fetch_all(on)
        .await
        .map_err(|error| failure::before_commit(&error))?;
    let rows: Vec<NamedRow> = rows.iter().map(named_row).collect::<Result<_, _>>()?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count >= limit);
    let next = rows
        .last()
        .filter(|_| is_full)
        .map(|row| Place::Entry(row.id).position());
    Ok(Names { rows, next })
}

pub(super) async fn has_value(
    on: &mut PgConnection,
    tree: &str,
    path: &[u8],
    value: &Indexed,
) -> Result<bool, RecordsError> {
    let statement = query(HAS_VALUE).bind(tree).bind(&*value.attribute).bind(&*value.value);
    let row = statement.bind(path).fetch_one(on).await;
    row.and_then(|row| row.try_get(0))
        .map_err(|error| failure::before_commit(&error))
}

pub(super) async fn values_apart(
    on: &mut PgConnection,
    tree: &str,
    id: i64,
    attribute: &str,
    after: Option<&[u8]>,
    limit: u32,
) -> Result<Vec<ValueApart>, RecordsError> {
    let statement = query(VALUES_APART).bind(tree).bind(attribute).bind(id);
    let statement = statement.bind(after.unwrap_or_default()).bind(i64::from(limit.max(1)));
    let mut rows = statement.fetch(on);
    let mut values = Vec::new();
    let attribute: Arc<str> = attribute.into();
    while let Some(row) = rows.try_next().await.map_err(|error| failure::before_commit(&error))? {
        let read = || {
            Ok(ValueApart {
                indexed: Indexed {
                    attribute: Arc::clone(&attribute),
                    value: Arc::from(row.try_get::<&[u8], _>(0)?),
                },
                written: Arc::from(row.try_get::<&[u8], _>(1)?),
            })
        };
        values.push(read().map_err(|error| failure::before_commit(&error))?);
    }
    Ok(values)
}

fn with_values<'q>(statement: Statement<'q>, values: &'q [Arc<[u8]>]) -> Statement<'q> {
    let values: Vec<&[u8]> = values.iter().map(|value| &**value).collect();
    statement.bind(values)
}

pub(super) async fn nearest(
    on: &mut PgConnection,
    tree: &str,
    paths: &[&[u8]],
) -> Result<Option<EntryRow>, RecordsError> {
    for some in paths.chunks(NEAREST_AT_ONCE) {
        let statement = query(NEAREST).bind(tree).bind(some);
        if let Some(row) = statement
            .fetch_optional(&mut *on)
            .await
            .map_err(|error| failure::before_commit(&error))?
        {
            return entry(&row, 0).map(Some);
        }
    }
    Ok(None)
}

pub(super) async fn has_children(on: &mut PgConnection, tree: &str, id: i64) -> Result<bool, RecordsError> {
    let row = query(HAS_CHILDREN).bind(tree).bind(id).fetch_one(on).await;
    row.and_then(|row| row.try_get(0))
        .map_err(|error| failure::before_commit(&error))
}

pub(super) async fn count(on: &mut PgConnection, tree: &str) -> Result<u64, RecordsError> {
    let row = query(COUNT).bind(tree).fetch_one(on).await;
    let count: i64 = row
        .and_then(|row| row.try_get(0))
        .map_err(|error| failure::before_commit(&error))?;
    u64::try_from(count).map_err(|_| RecordsError::Unavailable)
}

pub(super) async fn setting(on: &mut PgConnection, name: &str) -> Result<Option<SettingRow>, RecordsError> {
    let row = query(SETTING)
        .bind(name)
        .fetch_optional(on)
        .await
        .map_err(|error| failure::before_commit(&error))?;
    row.map(|row| setting_row(&row)).transpose()
}

pub(super) async fn settings(on: &mut PgConnection) -> Result<Vec<SettingRow>, RecordsError> {
    let rows = query(SETTINGS)
        .fetch_all(on)
        .await
        .map_err(|error| failure::before_commit(&error))?;
    rows.iter().map(setting_row).collect()
}

async fn one(on: &mut PgConnection, statement: Statement<'_>) -> Result<Page, RecordsError> {
    let row = statement
        .fetch_optional(on)
        .await
        .map_err(|error| failure::before_commit(&error))?;
    let rows = row.map(|row| entry(&row, 0)).transpose()?.into_iter().collect();
    Ok(Page { rows, next: None })
}

/// `place`: where a row stands, and the column its entry begins at. `most`: the statement's own limit.
async fn gather(
    on: &mut PgConnection,
    statement: Statement<'_>,
    limit: u32,
    most: i64,
    place: impl Fn(&PgRow) -> Result<(Place, usize), sqlx::Error>,
) -> Result<Page, RecordsError> {
    let mut page = Gathering::new(limit, most);
    let mut rows = statement.fetch(on);
    while let Some(row) = rows.try_next().await.map_err(|error| failure::before_commit(&error))? {
        let (place, column) = place(&row).map_err(|error| failure::before_commit(&error))?;
        let in_reach = row
            .try_get::<Option<i64>, _>(column)
            .map_err(|error| failure::before_commit(&error))?
            .is_some();
        // A row without an entry still belongs to a full page: no page need begin with values of what was given.
        if in_reach && page.is_full() {
            page.cut();
            break;
        }
        page.push(place, if in_reach { Some(entry(&row, column)?) } else { None });
    }
    Ok(page.page())
}

fn entry(row: &PgRow, column: usize) -> Result<EntryRow, RecordsError> {
    let read = || {
        let name = std::str::from_utf8(row.try_get(column + 3)?).map_err(sqlx::Error::decode)?;
        Ok(EntryRow {
            id: row.try_get(column)?,
            version: row.try_get(column + 1)?,
            path: Arc::from(row.try_get::<&[u8], _>(column + 2)?),
            name: Arc::from(name),
            body: Arc::from(row.try_get::<&[u8], _>(column + 4)?),
        })
    };
    read().map_err(|error| failure::before_commit(&error))
}

fn named_row(row: &PgRow) -> Result<NamedRow, RecordsError> {
    let read = || {
        let name = std::str::from_utf8(row.try_get(2)?).map_err(sqlx::Error::decode)?;
        Ok(NamedRow {
            id: row.try_get(0)?,
            path: Arc::from(row.try_get::<&[u8], _>(1)?),
            name: Arc::from(name),
        })
    };
    read().map_err(|error| failure::before_commit(&error))
}

fn setting_row(row: &PgRow) -> Result<SettingRow, RecordsError> {
    let read = || {
        let at = Timestamp::from_microsecond(row.try_get(2)?).map_err(sqlx::Error::decode)?;
        Ok(SettingRow {
            name: row.try_get(0)?,
            value: row.try_get(1)?,
            at,
        })
    };
    read().map_err(|error| failure::before_commit(&error))
}

fn after_entry(after: Option<&Place>) -> Result<i64, RecordsError> {
    match after {
        None => Ok(0), // ids begin at 1
        Some(Place::Entry(id)) => Ok(*id),
        Some(_) => Err(RecordsError::Unavailable),
    }
}

fn after_value(after: Option<Place>, from: &[u8]) -> Result<(Vec<u8>, i64), RecordsError> {
    match after {
        None => Ok((from.to_vec(), 0)),
        Some(Place::Value(value, id)) => Ok((value, id)),
        Some(_) => Err(RecordsError::Unavailable),
    }
}
