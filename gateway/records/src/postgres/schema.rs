//! Which schema a database has, whether it holds what that schema holds, and the steps to the newest.

use crate::open_error::OpenError;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row, query, raw_sql};

/// The steps, in order; a step's place is the schema's number after it. Steps that were released are never changed.
const STEPS: [&str; 3] = [
    include_str!("../../migrations/postgres/0001_entries_and_settings.sql"),
    include_str!("../../migrations/postgres/0002_resets.sql"),
    include_str!("../../migrations/postgres/0003_reservations.sql"),
];

/// The newest schema.
pub(super) const NEWEST: i64 = 3;

/// Every column and index of each schema, as [`outline`] tells them.
const OUTLINES: [&str; 3] = [
    include_str!("../../migrations/postgres/0001.outline"),
    include_str!("../../migrations/postgres/0002.outline"),
    include_str!("../../migrations/postgres/0003.outline"),
];

/// The names of ours, of any schema.
const TABLES: [&str; 14] = [
    "trees",
    "kinds",
    "entries",
    "indexed",
    "settings",
    "contexts",
    "handles",
    "allowances",
    "jobs",
    "answers",
    "holds",
    "progress",
    "onboarded",
    "reservations",
];

/// Two who start at once: one waits. A number of our own among a database's advisory locks: "Postern" and a nought.
const LOCK: i64 = 0x506f_7374_6572_6e00;

/// The schema of what is there. Nothing is changed.
pub(super) async fn found(shown: &str, on: &mut PgConnection) -> Result<i64, OpenError> {
    let look = async {
        let there: bool = query("SELECT to_regclass('postern_schema') IS NOT NULL")
            .fetch_one(&mut *on)
            .await?
            .try_get(0)?;
        let version: i64 = if there {
            query("SELECT coalesce(max(version), 0) FROM postern_schema")
                .fetch_one(&mut *on)
                .await?
                .try_get(0)?
        } else {
            0
        };
        Ok::<_, sqlx::Error>((version, outline(on).await?))
    };
    let (version, is) = look.await.map_err(|error| unreadable(shown, &error))?;
    let damaged = |what| OpenError::Damaged {
        store: shown.to_owned(),
        version,
        what,
    };
    if version > NEWEST {
        return Err(OpenError::Newer {
            store: shown.to_owned(),
            found: version,
            known: NEWEST,
        });
    }
    let should: Vec<&str> = match version.checked_sub(1).map(usize::try_from) {
        Some(Ok(at)) => OUTLINES.get(at).copied().unwrap_or_default().lines().collect(),
        _ => Vec::new(),
    };
    if let Some(lacking) = should.iter().find(|line| !is.iter().any(|one| one == *line)) {
        return Err(damaged(format!("{lacking} is missing or another")));
    }
    match is.iter().find(|one| !should.contains(&one.as_str())) {
        None => Ok(version),
        Some(_) if version == 0 => Err(OpenError::Refused {
            store: shown.to_owned(),
            why: "its schema has tables of the names we use, and they are not ours. Name a database or schema of its own",
        }),
        Some(other) => Err(damaged(format!("{other} does not belong there"))),
    }
}

/// Takes it to the newest, all steps or none; of several who try at once, one does. Answers what was there before.
pub(super) async fn bring_up(shown: &str, on: &mut PgConnection) -> Result<i64, OpenError> {
    let failed = |error: sqlx::Error| unreadable(shown, &error);
    let mut transaction = on.begin().await.map_err(failed)?;
    query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    let from = found(shown, &mut transaction).await?;
    let steps = async {
        if from == 0 {
            raw_sql("CREATE TABLE postern_schema (version bigint NOT NULL)")
                .execute(&mut *transaction)
                .await?;
        }
        for (number, step) in (1_i64..).zip(STEPS) {
            if number > from {
                raw_sql(step).execute(&mut *transaction).await?;
                query("INSERT INTO postern_schema (version) VALUES ($1)")
                    .bind(number)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        transaction.commit().await
    };
    steps.await.map_err(failed)?;
    Ok(from)
}

/// Every column and index of the tables whose names are ours, one a line.
pub(super) async fn outline(on: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    let rows = query(
        "SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) \
           || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END AS line \
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped \
           AND c.relname = ANY ($1) \
         UNION ALL \
         SELECT 'index ' || i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid \
         WHERE c.relnamespace = current_schema()::regnamespace AND x.indisvalid \
           AND c.relname = ANY ($1) \
         ORDER BY line",
    )
    .bind(TABLES);
    rows.fetch_all(on).await?.iter().map(|row| row.try_get(0)).collect()
}

/// What an error means while the store is opened.
pub(super) fn unreadable(shown: &str, error: &sqlx::Error) -> OpenError {
    let store = shown.to_owned();
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let code = code.as_deref().unwrap_or_default();
    match error {
        sqlx::Error::Database(_) if code.starts_with("28") => OpenError::Refused {
            store,
            why: "wrong user or password. Look at the address and the password's file, and at pg_hba.conf",
        },
        sqlx::Error::Database(_) => match code {
            "3D000" => OpenError::Refused {
                store,
                why: "there is no such database. Make it, owned by this user",
            },
            "42501" | "3F000" => OpenError::Refused {
                store,
                why: "the user may not make tables there. Let it own the database or a schema",
            },
            "25006" => OpenError::Refused {
                store,
                why: "the server takes no writes. Name the primary",
            },
            "53300" => OpenError::Unreachable {
                store,
                why: "it has too many connections already",
            },
            "57P03" => OpenError::Unreachable {
                store,
                why: "it is starting or stopping. Try again",
            },
            _ => OpenError::Unreachable {
                store,
                why: "it answers with an error. Look into its log",
            },
        },
        sqlx::Error::Tls(_) => OpenError::Unreachable {
            store,
            why: "TLS fails. Name its CA's file with sslrootcert= in the address",
        },
        sqlx::Error::Io(_) => OpenError::Unreachable {
            store,
            why: "nothing answers there. Look at the address, and whether it runs",
        },
        _ => OpenError::Unreachable {
            store,
            why: "it does not speak as a PostgreSQL server does",
        },
    }
}
