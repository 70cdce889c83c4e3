//! A unit's statements in SQLite's words.

use crate::limits::MOST_MOVED;
use crate::unit::{Answer, EntryToBe, IndexRow, Relocation, Standing, Statements};
use futures_util::future::join;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Row, Sqlite, query};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

/// What the one writer knows of the file, so that it need not ask.
#[derive(Default)]
pub(super) struct Known {
    trees: HashMap<Arc<str>, i64>,
    kinds: HashMap<(i64, Arc<str>), i64>,
    last_id: Option<i64>,
}

impl Known {
    /// After anything was undone: numbers given meanwhile are gone.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// A tree within the writer's transaction.
pub(super) struct OnSqlite<'a> {
    connection: &'a mut SqliteConnection,
    known: &'a mut Known,
    tree: i64,
}

impl<'a> OnSqlite<'a> {
    pub(super) async fn new(
        connection: &'a mut SqliteConnection,
        known: &'a mut Known,
        tree: &Arc<str>,
    ) -> Answer<Self> {
        let tree = if let Some(id) = known.trees.get(tree) {
            *id
        } else {
            query(TREE_MAKE).bind(&**tree).execute(&mut *connection).await?;
            let id = query(TREE)
                .bind(&**tree)
                .fetch_one(&mut *connection)
                .await?
                .try_get(0)?;
            known.trees.insert(Arc::clone(tree), id);
            id
        };
        Ok(Self {
            connection,
            known,
            tree,
        })
    }
}

/// Rows of a statement with many, most first. A few sizes, so that each is prepared once; the largest so large that handing a statement to
/// the connection's thread costs little beside doing it. SQLite takes 32,766 values in one.
const SIZES: [usize; 4] = [1024, 128, 16, 1];

/// One statement for each of [`SIZES`].
type Each = [String; 4];

static INSERT: LazyLock<Each> = LazyLock::new(|| {
    SIZES.map(|rows| {
        many(
            "INSERT INTO entries (id, tree, above, version, path, name, body) VALUES ",
            "(?, ?, ?, 1, ?, ?, ?)",
            rows,
            "",
        )
    })
});
static INDEX: LazyLock<Each> = LazyLock::new(|| {
    SIZES.map(|rows| {
        many(
            "INSERT OR IGNORE INTO indexed (kind, value, entry) VALUES ",
            "(?, ?, ?)",
            rows,
            "",
        )
    })
});
static KEEP_APART: LazyLock<Each> = LazyLock::new(|| {
    SIZES.map(|rows| {
        many(
            "INSERT INTO indexed (kind, value, entry, written) VALUES ",
            "(?, ?, ?, ?)",
            rows,
            " ON CONFLICT (kind, value, entry) DO UPDATE SET written = excluded.written",
        )
    })
});
static UNINDEX: LazyLock<Each> = LazyLock::new(|| {
    SIZES.map(|rows| {
        many(
            "DELETE FROM indexed WHERE (kind, value, entry) IN (VALUES ",
            "(?, ?, ?)",
            rows,
            ")",
        )
    })
});
// CROSS JOIN: first the values that stand here, then each in the index.
static IS_FOUND: LazyLock<Each> = LazyLock::new(|| {
    SIZES.map(|rows| {
        many(
            "SELECT 1 FROM (VALUES ",
            "(?, ?, ?)",
            rows,
            ") AS w CROSS JOIN indexed i ON i.kind = w.column1 AND i.value = w.column2 AND i.entry <> w.column3 LIMIT 1",
        )
    })
});

const TREE: &str = "SELECT id FROM trees WHERE name = ?";
const TREE_MAKE: &str = "INSERT OR IGNORE INTO trees (name) VALUES (?)";
const KIND: &str = "SELECT id FROM kinds WHERE tree = ? AND attribute = ?";
const KIND_MAKE: &str = "INSERT OR IGNORE INTO kinds (tree, attribute) VALUES (?, ?)";
const LAST_ID: &str = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'entries'";
const AT: &str = "SELECT id FROM entries WHERE tree = ? AND path = ?";
const REPLACE: &str =
    "UPDATE entries SET body = ?4, version = version + 1 WHERE id = ?1 AND version = ?2 AND tree = ?3";
const STANDING: &str = "SELECT path, length(name) FROM entries WHERE id = ? AND version = ? AND tree = ?";
const EXTENT: &str = "SELECT count(*), coalesce(max(octets), 0) FROM \
    (SELECT length(path) AS octets FROM entries WHERE tree = ? AND path >= ? AND path < ? LIMIT ? + 0)";
const RELOCATE: &str = "UPDATE entries SET version = version + 1, \
    path = CAST(?4 || substr(path, ?5) AS BLOB), name = CAST(substr(name, 1, length(name) - ?6) || ?7 AS BLOB) \
    WHERE tree = ?1 AND path >= ?2 AND path < ?3";
const HANG: &str = "UPDATE entries SET above = ? WHERE id = ?";
const DELETE: &str = "DELETE FROM entries WHERE id = ? AND version = ? AND tree = ?";
const IS_STILL: &str = "SELECT 1 FROM entries WHERE id = ? AND version = ? AND tree = ?";

/// Every statement a unit runs, for the test that asks how each is done.
#[cfg(test)]
pub(super) fn all() -> Vec<&'static str> {
    let many = INSERT
        .iter()
        .chain(INDEX.iter())
        .chain(KEEP_APART.iter())
        .chain(UNINDEX.iter())
        .chain(IS_FOUND.iter())
        .map(String::as_str);
    let one = [
        TREE, TREE_MAKE, KIND, KIND_MAKE, AT, REPLACE, STANDING, EXTENT, RELOCATE, HANG, DELETE, IS_STILL,
    ];
    many.chain(one).collect()
}

impl Statements for OnSqlite<'_> {
    async fn kind(&mut self, attribute: &Arc<str>) -> Answer<i64> {
        let key = (self.tree, Arc::clone(attribute));
        if let Some(id) = self.known.kinds.get(&key) {
            return Ok(*id);
        }
        query(KIND_MAKE)
            .bind(self.tree)
            .bind(&**attribute)
            .execute(&mut *self.connection)
            .await?;
        let row = query(KIND)
            .bind(self.tree)
            .bind(&**attribute)
            .fetch_one(&mut *self.connection)
            .await?;
        let id = row.try_get(0)?;
        self.known.kinds.insert(key, id);
        Ok(id)
    }

    async fn new_ids(&mut self, count: usize) -> Answer<Vec<i64>> {
        let last = match self.known.last_id {
            Some(last) => last,
            None => query(LAST_ID).fetch_one(&mut *self.connection).await?.try_get(0)?,
        };
        let ids: Vec<i64> = (last..i64::MAX).skip(1).take(count).collect();
        self.known.last_id = ids.last().copied().or(Some(last));
        Ok(ids)
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
        let tree = self.tree;
        let statements = parts(&INSERT, entries).into_iter().map(|(sql, these)| {
            let row = |statement: Statement, entry: &EntryToBe| {
                let statement = statement.bind(entry.id).bind(tree).bind(entry.above);
                statement
                    .bind(entry.path.to_vec())
                    .bind(entry.name.as_bytes().to_vec())
                    .bind(entry.body.to_vec())
            };
            these.iter().fold(query(sql), row)
        });
        self.run(statements).await
    }

    async fn index(&mut self, rows: &[IndexRow]) -> Answer<()> {
        self.each(&INDEX, rows).await
    }

    async fn keep_apart(&mut self, rows: &[(IndexRow, Arc<[u8]>)]) -> Answer<()> {
        let statements = parts(&KEEP_APART, rows).into_iter().map(|(sql, these)| {
            let row = |statement: Statement, (row, written): &(IndexRow, Arc<[u8]>)| {
                bound(statement, row).bind(written.to_vec())
            };
            these.iter().fold(query(sql), row)
        });
        self.run(statements).await
    }

    async fn unindex(&mut self, rows: &[IndexRow]) -> Answer<()> {
        self.each(&UNINDEX, rows).await
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
        for (sql, these) in parts(&IS_FOUND, asked) {
            let statement = these.iter().fold(query(sql), bound);
            if statement.fetch_optional(&mut *self.connection).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl OnSqlite<'_> {
    async fn each(&mut self, statements: &'static Each, rows: &[IndexRow]) -> Answer<()> {
        let statements = parts(statements, rows).into_iter();
        self.run(statements.map(|(sql, these)| these.iter().fold(query(sql), bound)))
            .await
    }

    /// One after the other. The connection's thread does one while the next is put together here.
    async fn run(&mut self, mut statements: impl Iterator<Item = Statement> + Send) -> Answer<()> {
        let mut next = statements.next();
        while let Some(statement) = next {
            let doing = statement.execute(&mut *self.connection);
            let (done, following) = join(doing, async { statements.next() }).await;
            done?;
            next = following;
        }
        Ok(())
    }
}

type Statement = Query<'static, Sqlite, SqliteArguments>;

fn bound(statement: Statement, row: &IndexRow) -> Statement {
    statement.bind(row.kind).bind(row.value.to_vec()).bind(row.entry)
}

/// These rows in parts, each with the statement that takes so many.
fn parts<'r, R>(statements: &'static Each, mut rows: &'r [R]) -> Vec<(&'static str, &'r [R])> {
    let mut parts = Vec::new();
    for (size, sql) in SIZES.into_iter().zip(statements) {
        while let Some((part, rest)) = rows.split_at_checked(size) {
            parts.push((sql.as_str(), part));
            rows = rest;
        }
    }
    parts
}

fn many(begin: &str, row: &str, rows: usize, end: &str) -> String {
    let mut sql = String::from(begin);
    for at in 0..rows {
        let _ = write!(sql, "{}{row}", if at == 0 { "" } else { ", " });
    }
    sql + end
}
