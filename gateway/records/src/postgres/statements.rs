//! A unit's statements in PostgreSQL's words. Each row that a unit rests on is locked as weakly as holds it: what must stay where it is
//! (`FOR KEY SHARE`), what must stay as it is (`FOR SHARE`). Isolation is read committed: a statement that had to wait looks again.

use crate::limits::MOST_MOVED;
use crate::unit::{Answer, EntryToBe, IndexRow, Relocation, Standing, Statements};
use postern_identity::records::EntryChange;
use sqlx::postgres::PgConnection;
use sqlx::{Row, query};
use std::collections::HashMap;
use std::sync::Arc;

/// The numbers of the attributes a unit speaks of. They are made before it begins, and stay whatever becomes of it.
pub(super) type Kinds = HashMap<Arc<str>, i64>;

/// A tree within a transaction.
pub(super) struct OnPostgres<'a> {
    pub(super) connection: &'a mut PgConnection,
    pub(super) kinds: &'a Kinds,
    pub(super) tree: i64,
}

/// Rows of a statement with many.
const AT_ONCE: usize = 1_000;
/// Values one unit holds each by itself. The server has room for a few thousand such locks of all who ask (`max_locks_per_transaction`).
const MOST_HELD: usize = 100;

pub(super) const TREE: &str = "SELECT id FROM trees WHERE name = $1";
pub(super) const TREE_MAKE: &str = "INSERT INTO trees (name) VALUES ($1) ON CONFLICT DO NOTHING";
pub(super) const KIND: &str = "SELECT id FROM kinds WHERE tree = $1 AND attribute = $2";
pub(super) const KIND_MAKE: &str = "INSERT INTO kinds (tree, attribute) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const HOLD_TREE: &str = "SELECT 1 FROM trees WHERE id = $1 FOR KEY SHARE";
const HOLD_TREE_ALONE: &str = "SELECT 1 FROM trees WHERE id = $1 FOR UPDATE";
const HOLD_VALUE: &str = "SELECT pg_advisory_xact_lock(hashtextextended(encode($2, 'hex'), $1))";
const NEW_IDS: &str = "SELECT nextval(pg_get_serial_sequence('entries', 'id')) FROM generate_series(1, $1)";
const AT: &str = "SELECT id FROM entries WHERE tree = $1 AND path = $2 FOR KEY SHARE";
const INSERT: &str = "INSERT INTO entries (id, tree, above, version, path, name, body) SELECT id, $1, above, 1, path, name, body \
    FROM unnest($2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[]) AS new (id, above, path, name, body)";
const INDEX: &str = "INSERT INTO indexed (kind, value, entry) \
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) ON CONFLICT DO NOTHING";
const KEEP_APART: &str = "INSERT INTO indexed (kind, value, entry, written) \
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bytea[]) \
    ON CONFLICT (kind, value, entry) DO UPDATE SET written = excluded.written";
const UNINDEX: &str = "DELETE FROM indexed i USING unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS gone (kind, value, entry) \
    WHERE i.kind = gone.kind AND i.value = gone.value AND i.entry = gone.entry";
const REPLACE: &str =
    "UPDATE entries SET body = $4, version = version + 1 WHERE id = $1 AND version = $2 AND tree = $3";
const STANDING: &str =
    "SELECT path, length(name)::bigint FROM entries WHERE id = $1 AND version = $2 AND tree = $3 FOR UPDATE";
const EXTENT: &str = "SELECT count(*), coalesce(max(octets), 0)::bigint FROM \
    (SELECT length(path) AS octets FROM entries WHERE tree = $1 AND path >= $2 AND path < $3 LIMIT $4) AS below";
const RELOCATE: &str = "UPDATE entries SET version = version + 1, \
    path = $4 || substr(path, $5::int), name = substr(name, 1, length(name) - $6::int) || $7 \
    WHERE tree = $1 AND path >= $2 AND path < $3";
const HANG: &str = "UPDATE entries SET above = $1 WHERE id = $2";
const DELETE: &str = "DELETE FROM entries WHERE id = $1 AND version = $2 AND tree = $3";
const IS_STILL: &str = "SELECT 1 FROM entries WHERE id = $1 AND version = $2 AND tree = $3 FOR SHARE";
const IS_FOUND: &str = "SELECT 1 FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS asked (kind, value, but), \
    LATERAL (SELECT 1 FROM indexed i WHERE i.kind = asked.kind AND i.value = asked.value AND i.entry <> asked.but LIMIT 1) AS found \
    LIMIT 1";
/// What a foreign key runs for us when an entry goes.
#[cfg(test)]
const FOLLOWS: [&str; 2] = [
    "DELETE FROM indexed WHERE entry = $1",
    "SELECT 1 FROM entries WHERE above = $1",
];

/// Every statement a unit runs on a table, for the test that asks how each is done.
#[cfg(test)]
pub(super) fn all() -> Vec<&'static str> {
    let ours = [
        TREE,
        KIND,
        HOLD_TREE,
        HOLD_TREE_ALONE,
        AT,
        INSERT,
        INDEX,
        KEEP_APART,
        UNINDEX,
        REPLACE,
        STANDING,
        EXTENT,
        RELOCATE,
        HANG,
        DELETE,
        IS_STILL,
        IS_FOUND,
    ];
    ours.into_iter().chain(FOLLOWS).collect()
}

impl OnPostgres<'_> {
    /// Before anything else of a unit: who moves a subtree is alone with those who put something in, or it would miss what is put below
    /// it meanwhile; and of two who ask whether a value is taken the second waits for the first. In one order, so that they do not wait
    /// for each other. Who asks of many values is alone with all who ask.
    pub(super) async fn hold(&mut self, unit: &[EntryChange]) -> Answer<()> {
        let mut values: Vec<(i64, &[u8])> = Vec::new();
        for change in unit {
            if let EntryChange::Unique { indexed, .. } = change {
                values.push((self.kind(&indexed.attribute).await?, &indexed.value));
            }
        }
        values.sort_unstable();
        values.dedup();
        let moves = unit.iter().any(|change| matches!(change, EntryChange::Move { .. }));
        if moves || values.len() > MOST_HELD {
            query(HOLD_TREE_ALONE)
                .bind(self.tree)
                .execute(&mut *self.connection)
                .await?;
        } else if !values.is_empty() || unit.iter().any(|change| matches!(change, EntryChange::Insert(_))) {
            query(HOLD_TREE).bind(self.tree).execute(&mut *self.connection).await?;
        }
        if values.len() > MOST_HELD {
            return Ok(());
        }
        for (kind, value) in values {
            query(HOLD_VALUE)
                .bind(kind)
                .bind(value)
                .execute(&mut *self.connection)
                .await?;
        }
        Ok(())
    }

    async fn each(&mut self, sql: &'static str, rows: &[IndexRow]) -> Answer<()> {
        for these in rows.chunks(AT_ONCE) {
            let kinds: Vec<i64> = these.iter().map(|row| row.kind).collect();
            let values: Vec<&[u8]> = these.iter().map(|row| &*row.value).collect();
            let entries: Vec<i64> = these.iter().map(|row| row.entry).collect();
            query(sql)
                .bind(kinds)
                .bind(values)
                .bind(entries)
                .execute(&mut *self.connection)
                .await?;
        }
        Ok(())
    }
}

impl Statements for OnPostgres<'_> {
    async fn kind(&mut self, attribute: &Arc<str>) -> Answer<i64> {
        self.kinds.get(attribute).copied().ok_or(sqlx::Error::RowNotFound)
    }

    async fn new_ids(&mut self, count: usize) -> Answer<Vec<i64>> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let rows = query(NEW_IDS).bind(count).fetch_all(&mut *self.connection).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    async fn at(&mut self, path: &[u8]) -> Answer<Option<i64>> {
        let row = query(AT)
            .bind(self.tree)
            .bind(path)
            .fetch_optional(&mut *self.connection)
            .await?;
        row.map(|row| row.try_get(0)).transpose()
    }

    async fn insert(&mut self, entries: &[EntryToBe]) -> Answer<()> {
        for these in entries.chunks(AT_ONCE) {
            let ids: Vec<i64> = these.iter().map(|entry| entry.id).collect();
            let above: Vec<Option<i64>> = these.iter().map(|entry| entry.above).collect();
            let paths: Vec<&[u8]> = these.iter().map(|entry| &*entry.path).collect();
            let names: Vec<&[u8]> = these.iter().map(|entry| entry.name.as_bytes()).collect();
            let bodies: Vec<&[u8]> = these.iter().map(|entry| &*entry.body).collect();
            let statement = query(INSERT)
                .bind(self.tree)
                .bind(ids)
                .bind(above)
                .bind(paths)
                .bind(names)
                .bind(bodies);
            statement.execute(&mut *self.connection).await?;
        }
        Ok(())
    }

    async fn index(&mut self, rows: &[IndexRow]) -> Answer<()> {
        self.each(INDEX, rows).await
    }

    async fn keep_apart(&mut self, rows: &[(IndexRow, Arc<[u8]>)]) -> Answer<()> {
        for these in rows.chunks(AT_ONCE) {
            let kinds: Vec<i64> = these.iter().map(|(row, _)| row.kind).collect();
            let values: Vec<&[u8]> = these.iter().map(|(row, _)| &*row.value).collect();
            let entries: Vec<i64> = these.iter().map(|(row, _)| row.entry).collect();
            let written: Vec<&[u8]> = these.iter().map(|(_, written)| &**written).collect();
            let statement = query(KEEP_APART).bind(kinds).bind(values).bind(entries).bind(written);
            statement.execute(&mut *self.connection).await?;
        }
        Ok(())
    }

    async fn unindex(&mut self, rows: &[IndexRow]) -> Answer<()> {
        self.each(UNINDEX, rows).await
    }

    async fn replace(&mut self, id: i64, version: i64, body: &[u8]) -> Answer<bool> {
        let statement = query(REPLACE).bind(id).bind(version).bind(self.tree).bind(body);
        Ok(statement.execute(&mut *self.connection).await?.rows_affected() > 0)
    }

    async fn standing(&mut self, id: i64, version: i64) -> Answer<Option<Standing>> {
        let statement = query(STANDING).bind(id).bind(version).bind(self.tree);
        let row = statement.fetch_optional(&mut *self.connection).await?;
        row.map(|row| {
            Ok(Standing {
                path: row.try_get(0)?,
                name_octets: row.try_get(1)?,
            })
        })
        .transpose()
    }

    async fn extent(&mut self, from: &[u8], behind: &[u8]) -> Answer<(i64, i64)> {
        let statement = query(EXTENT)
            .bind(self.tree)
            .bind(from)
            .bind(behind)
            .bind(MOST_MOVED + 1);
        let row = statement.fetch_one(&mut *self.connection).await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    async fn relocate(&mut self, to: &Relocation<'_>) -> Answer<()> {
        let rest = i64::try_from(to.from.len()).unwrap_or(i64::MAX).saturating_add(1); // substr counts from 1
        let statement = query(RELOCATE)
            .bind(self.tree)
            .bind(to.from)
            .bind(to.behind)
            .bind(to.path)
            .bind(rest);
        statement
            .bind(to.old_name_octets)
            .bind(to.name.as_bytes())
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    async fn hang(&mut self, id: i64, above: Option<i64>) -> Answer<()> {
        query(HANG).bind(above).bind(id).execute(&mut *self.connection).await?;
        Ok(())
    }

    async fn delete(&mut self, id: i64, version: i64) -> Answer<bool> {
        let statement = query(DELETE).bind(id).bind(version).bind(self.tree);
        Ok(statement.execute(&mut *self.connection).await?.rows_affected() > 0)
    }

    async fn is_still(&mut self, id: i64, version: i64) -> Answer<bool> {
        let statement = query(IS_STILL).bind(id).bind(version).bind(self.tree);
        Ok(statement.fetch_optional(&mut *self.connection).await?.is_some())
    }

    async fn is_any_found(&mut self, asked: &[IndexRow]) -> Answer<bool> {
        for these in asked.chunks(AT_ONCE) {
            let kinds: Vec<i64> = these.iter().map(|row| row.kind).collect();
            let values: Vec<&[u8]> = these.iter().map(|row| &*row.value).collect();
            let but: Vec<i64> = these.iter().map(|row| row.entry).collect();
            let statement = query(IS_FOUND).bind(kinds).bind(values).bind(but);
            if statement.fetch_optional(&mut *self.connection).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
