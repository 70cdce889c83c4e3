//! Which schema a file has, whether it holds what that schema holds, and the steps to the newest.

use super::failure;
use crate::open_error::{FileFault, OpenError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Row, query, raw_sql};
use std::path::Path;

/// The steps, in order; a step's place is the schema's number after it. Steps that were released are never changed.
const STEPS: [&str; 3] = [
    include_str!("../../migrations/sqlite/0001_entries_and_settings.sql"),
    include_str!("../../migrations/sqlite/0002_resets.sql"),
    include_str!("../../migrations/sqlite/0003_reservations.sql"),
];

/// The newest schema.
pub(super) const NEWEST: i64 = 3;

/// Says in the file's head whose it is: "Pstn".
const APPLICATION: i64 = 0x5073_746e;

/// The schema of a file that is ours, and holds what it should. Nothing is changed.
pub(super) async fn found(file: &Path, reader: &mut SqliteConnection) -> Result<i64, OpenError> {
    let broken = |error: sqlx::Error| damaged(file, 0, &error);
    let application: i64 = number(reader, "PRAGMA application_id").await.map_err(broken)?;
    let version: i64 = number(reader, "PRAGMA user_version").await.map_err(broken)?;
    let tables: i64 = number(reader, "SELECT count(*) FROM sqlite_schema")
        .await
        .map_err(broken)?;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(0);
    }
    if application != APPLICATION || version < 1 {
        return Err(OpenError::File {
            file: file.to_path_buf(),
            why: FileFault::NotOurs,
        });
    }
    if version > NEWEST {
        return Err(OpenError::Newer {
            store: file.display().to_string(),
            found: version,
            known: NEWEST,
        });
    }
    let is = outline(reader).await.map_err(|error| damaged(file, version, &error))?;
    let should = async {
        let mut model = SqliteConnectOptions::new()
            .in_memory(true)
            .disable_statement_logging()
            .connect()
            .await?;
        steps(&mut model, 0, version).await?;
        outline(&mut model).await
    };
    let should = should.await.map_err(|error| damaged(file, version, &error))?;
    let mut differing = should
        .iter()
        .filter(|one| !is.contains(one))
        .chain(is.iter().filter(|one| !should.contains(one)));
    match differing.next() {
        None => Ok(version),
        Some((name, _)) => Err(OpenError::Damaged {
            store: file.display().to_string(),
            version,
            what: format!("{name} is missing or another"),
        }),
    }
}

/// Takes it to the newest, all steps or none.
pub(super) async fn bring_up(file: &Path, writer: &mut SqliteConnection, from: i64) -> Result<(), OpenError> {
    if from == NEWEST {
        return Ok(());
    }
    let done = async {
        raw_sql("BEGIN IMMEDIATE").execute(&mut *writer).await?;
        steps(writer, from, NEWEST).await?;
        raw_sql("COMMIT").execute(&mut *writer).await
    };
    match done.await {
        Ok(_) => Ok(()),
        Err(error) => Err(match failure::writing(&error) {
            postern_identity::records::RecordsError::CannotWrite => OpenError::File {
                file: file.to_path_buf(),
                why: FileFault::NoRoom,
            },
            _ => OpenError::File {
                file: file.to_path_buf(),
                why: FileFault::System,
            },
        }),
    }
}

async fn steps(on: &mut SqliteConnection, from: i64, to: i64) -> Result<(), sqlx::Error> {
    for (number, step) in (1_i64..).zip(STEPS) {
        if number > from && number <= to {
            raw_sql(step).execute(&mut *on).await?;
        }
    }
    // Written with the steps, in the same transaction. A PRAGMA takes no parameters.
    raw_sql(sqlx::AssertSqlSafe(format!(
        "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {to}"
    )))
    .execute(on)
    .await?;
    Ok(())
}

/// Every table and index with what made it.
async fn outline(on: &mut SqliteConnection) -> Result<Vec<(String, Option<String>)>, sqlx::Error> {
    let rows = query("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name")
        .fetch_all(on)
        .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

async fn number(on: &mut SqliteConnection, sql: &'static str) -> Result<i64, sqlx::Error> {
    query(sql).fetch_one(on).await?.try_get(0)
}

fn damaged(file: &Path, version: i64, error: &sqlx::Error) -> OpenError {
    if failure::is_no_database(error) {
        return OpenError::File {
            file: file.to_path_buf(),
            why: FileFault::NotOurs,
        };
    }
    match failure::primary(error) {
        Some(failure::CORRUPT) => OpenError::Damaged {
            store: file.display().to_string(),
            version,
            what: "it cannot be read".to_owned(),
        },
        _ => OpenError::File {
            file: file.to_path_buf(),
            why: FileFault::System,
        },
    }
}
