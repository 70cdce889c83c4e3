//! How SQLite does each statement: by an index.

use super::{select, statements, writer};
use crate::resets::words;
use crate::{SqliteSettings, Store, StoreSettings};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Row, query};

#[tokio::test]
async fn every_statement_finds_its_rows_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    Store::open(&StoreSettings::Sqlite(SqliteSettings::new(&file)))
        .await
        .map_err(|error| error.to_string())
        .unwrap()
        .close()
        .await;
    let mut connection = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    let all = select::ALL
        .into_iter()
        .chain(statements::all())
        .chain([writer::SETTING, writer::SETTING_GONE])
        .chain(words::all(&words::SQLITE));
    let mut asked = 0;
    for sql in all {
        let rows = query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(3)).collect();
        for step in &plan {
            // Rows that stand in the statement, of a subquery with a limit, and the settings, which are asked for altogether.
            let own = [
                "CONSTANT ROW",
                "SCAN w",
                "SCAN i",
                "SCAN settings",
                "SCAN (subquery",
                "VALUES CLAUSE",
            ]
            .iter()
            .any(|own| step.contains(own));
            assert!(!step.contains("SCAN") || own, "{sql}\n{plan:#?}");
            assert!(
                !step.contains("TEMP B-TREE") || sql.contains("VALUES (0,"),
                "{sql}\n{plan:#?}"
            );
            assert!(!step.contains("AUTOMATIC"), "{sql}\n{plan:#?}");
        }
        asked += 1;
    }
    assert!(asked > 60);
}

#[tokio::test]
async fn a_commit_waits_for_the_disk_and_rows_hold_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let mut writer = super::prepare(&SqliteSettings::new(&file), &file, 0)
        .await
        .map_err(|error| error.to_string())
        .unwrap();
    for (pragma, value) in [("synchronous", "2"), ("foreign_keys", "1"), ("journal_mode", "wal")] {
        let row = query(AssertSqlSafe(format!(
            "SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}"
        )))
        .fetch_one(&mut writer)
        .await
        .unwrap();
        assert_eq!(row.get::<String, _>(0), value, "{pragma}");
    }
}
