//! The file: whose it is, what is wrong with it, and a disk that is full.

use super::{TREE, at, commit, delete, insert, new, open, plant, replace};
use crate::{FileFault, Migration, OpenError, SqliteSettings, Store, StoreSettings, migrate};
use postern_identity::records::{Entries, EntryChange, NewEntry, RecordsError, ResetRecords, Settings};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, query, raw_sql};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().canonicalize().unwrap().join("store.db");
    (folder, file)
}

fn settings(file: &Path) -> StoreSettings {
    StoreSettings::Sqlite(SqliteSettings::new(file))
}

async fn refused(file: &Path) -> OpenError {
    Store::open(&settings(file)).await.err().expect("it is not opened")
}

async fn fault(file: &Path) -> FileFault {
    match refused(file).await {
        OpenError::File { why, .. } => why,
        other => panic!("{other}"),
    }
}

/// A store that was closed, changed by this.
async fn changed_by(file: &Path, sql: &str) {
    open(&settings(file)).await.close().await;
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn what_was_kept_is_there_when_it_is_opened_again() {
    let (_folder, file) = file();
    let store = open(&settings(&file)).await;
    plant(&store).await;
    let row = at(&store, &["o=root", "ou=a", "cn=1"]).await;
    store.close().await;
    assert_eq!(
        commit(&store, vec![insert(&["o=x"], &[])]).await,
        Err(RecordsError::Unavailable)
    );
    assert_eq!(store.count(TREE).await, Err(RecordsError::Unavailable));
    store.close().await;
    let store = open(&settings(&file)).await;
    assert_eq!(at(&store, &["o=root", "ou=a", "cn=1"]).await, row);
    store.close().await;
}

#[tokio::test]
async fn what_waits_when_it_is_closed_is_written() {
    let (_folder, file) = file();
    let store = open(&settings(&file)).await;
    let (waited, ()) = tokio::join!(commit(&store, vec![insert(&["o=root"], &[])]), store.close());
    assert_eq!(waited, Ok(()));
    let store = open(&settings(&file)).await;
    assert_eq!(store.count(TREE).await, Ok(1));
    store.close().await;
}

#[tokio::test]
async fn a_file_of_the_first_schema_is_taken_to_the_newest_with_what_it_holds() {
    let (_folder, file) = file();
    let mut connection = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .connect()
        .await
        .unwrap();
    let first = include_str!("../../migrations/sqlite/0001_entries_and_settings.sql");
    let known =
        "PRAGMA application_id = 1349743726; PRAGMA user_version = 1; INSERT INTO settings VALUES ('old', 'kept', 1)";
    for sql in [first, known] {
        raw_sql(sql).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    assert_eq!(
        migrate(&settings(&file), true).await,
        Ok(Migration { found: 1, newest: 3 })
    );
    let store = open(&settings(&file)).await;
    assert_eq!(store.setting("old").await.unwrap().unwrap().value, "kept");
    assert_eq!(store.waiting().await.unwrap().jobs, 0);
    store.close().await;
}

#[tokio::test]
async fn while_many_are_loaded_nothing_points_at_what_is_not_there_and_afterwards_all_is_held_again() {
    let (_folder, file) = file();
    let store = open(&settings(&file)).await;
    let many = |unit: &str| -> Vec<EntryChange> {
        let people = (0..1_000).map(|number| {
            let (cn, mail) = (format!("cn={number}"), format!("{number}@{unit}"));
            insert(&["o=root", unit, &cn], &[("class", "person"), ("mail", &mail)])
        });
        [insert(&["o=root", unit], &[("class", "unit")])]
            .into_iter()
            .chain(people)
            .collect()
    };
    commit(&store, vec![insert(&["o=root"], &[])]).await.unwrap();
    commit(&store, many("ou=a")).await.unwrap();
    commit(&store, many("ou=b")).await.unwrap();
    // One that is undone, and then at once what only holds if rows are looked up.
    assert_eq!(commit(&store, many("ou=a")).await, Err(RecordsError::Taken));
    let unit = at(&store, &["o=root", "ou=a"]).await.unwrap();
    assert_eq!(commit(&store, vec![delete(&unit)]).await, Err(RecordsError::NotALeaf));
    let one = at(&store, &["o=root", "ou=a", "cn=1"]).await.unwrap();
    commit(&store, vec![delete(&one)]).await.unwrap();
    assert_eq!(store.count(TREE).await, Ok(2_002));
    store.close().await;
    let mut connection = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    for (sql, rows) in [
        ("SELECT 1 FROM pragma_foreign_key_check", 0),
        ("SELECT 1 FROM indexed", 2 * 2_001 - 2),
        ("SELECT 1 FROM pragma_integrity_check WHERE integrity_check <> 'ok'", 0),
    ] {
        assert_eq!(
            query(sql).fetch_all(&mut connection).await.unwrap().len(),
            rows,
            "{sql}"
        );
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn two_cannot_have_one_file_under_whatever_name() {
    let (folder, file) = file();
    let store = open(&settings(&file)).await;
    let link = folder.path().join("link.db");
    symlink(&file, &link).unwrap();
    for name in [&file, &link] {
        assert_eq!(refused(name).await, OpenError::InUse { file: file.clone() });
        assert_eq!(
            migrate(&settings(name), false).await,
            Err(OpenError::InUse { file: file.clone() })
        );
    }
    assert!(
        refused(&file)
            .await
            .to_string()
            .contains("store.db is in use by another process")
    );
    store.close().await;
    open(&settings(&link)).await.close().await;
}

#[tokio::test]
async fn nobody_else_may_read_it() {
    let (folder, file) = file();
    fs::write(&file, b"").unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let store = open(&settings(&file)).await;
    plant(&store).await;
    let mut seen = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            entry.path().display()
        );
        seen += 1;
    }
    assert_eq!(seen, 4, "the file, its log, its shared memory and its lock");
    store.close().await;
}

#[tokio::test]
async fn what_is_no_store_is_refused_and_not_touched() {
    let (folder, file) = file();
    assert_eq!(fault(folder.path()).await, FileFault::NoFile);
    assert_eq!(fault(&folder.path().join("none/store.db")).await, FileFault::NoFolder);
    assert_eq!(fault(&PathBuf::from("/")).await, FileFault::NoFile);
    for other in [
        &b"#!/bin/sh\necho a script\n"[..],
        b"x",
        b"SQLite format 3\0 and then not",
        &[b"SQLite format 3\0".as_slice(), &[7; 9000]].concat(),
    ] {
        fs::write(&file, other).unwrap();
        assert_eq!(fault(&file).await, FileFault::NotOurs);
        assert_eq!(fs::read(&file).unwrap(), other);
    }
    fs::remove_file(&file).unwrap();
    let mut connection = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true)
        .connect()
        .await
        .unwrap();
    raw_sql("CREATE TABLE recipes (name TEXT)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let before = fs::read(&file).unwrap();
    assert_eq!(fault(&file).await, FileFault::NotOurs);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_newer_or_damaged_schema_is_refused_and_not_touched() {
    let cases = [
        (
            "PRAGMA user_version = 99",
            "was written by a newer version (its schema is 99, this program knows 3)",
        ),
        ("DROP INDEX entries_by_above", "entries_by_above is missing or another"),
        ("DROP TABLE settings", "settings is missing or another"),
        (
            "ALTER TABLE entries ADD COLUMN more TEXT",
            "entries is missing or another",
        ),
        ("CREATE TABLE more (x TEXT)", "more is missing or another"),
    ];
    for (sql, says) in cases {
        let (_folder, file) = file();
        changed_by(&file, sql).await;
        let before = fs::read(&file).unwrap();
        let said = refused(&file).await.to_string();
        assert!(said.contains(says) && said.contains("store.db"), "{said}");
        assert_eq!(migrate(&settings(&file), true).await.unwrap_err().to_string(), said);
        assert_eq!(fs::read(&file).unwrap(), before);
    }
}

#[tokio::test]
async fn what_is_to_be_migrated_can_be_asked_without_doing_it() {
    let (_folder, file) = file();
    assert_eq!(
        migrate(&settings(&file), false).await,
        Ok(Migration { found: 0, newest: 3 })
    );
    assert!(!file.exists());
    assert_eq!(
        migrate(&settings(&file), true).await,
        Ok(Migration { found: 0, newest: 3 })
    );
    assert_eq!(
        migrate(&settings(&file), false).await,
        Ok(Migration { found: 3, newest: 3 })
    );
    open(&settings(&file)).await.close().await;
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_goes_on_reading() {
    let (_folder, file) = file();
    let few = SqliteSettings {
        most_pages: Some(60),
        ..SqliteSettings::new(&file)
    };
    let store = open(&StoreSettings::Sqlite(few)).await;
    plant(&store).await;
    let large = |name: &str| NewEntry {
        body: Arc::from(vec![1; 40_000]),
        ..new(&["o=root", name], &[("class", "large")])
    };
    let mut done = 0;
    let refused = loop {
        match commit(&store, vec![EntryChange::Insert(large(&format!("cn={done}")))]).await {
            Ok(()) => done += 1,
            Err(error) => break error,
        }
        assert!(done < 100, "the file is full some time");
    };
    assert_eq!(refused, RecordsError::CannotWrite);
    assert!(done > 0);
    assert_eq!(store.count(TREE).await, Ok(6 + done));
    assert!(at(&store, &["o=root", "cn=0"]).await.is_some());
    // What finds room is still written, also beside what does not.
    let one = at(&store, &["o=root", "ou=a", "cn=1"]).await.unwrap();
    let (small, large) = tokio::join!(
        commit(&store, vec![replace(&one, "x", &[], &[])]),
        commit(&store, vec![EntryChange::Insert(large("cn=large"))])
    );
    assert_eq!((small, large), (Ok(()), Err(RecordsError::CannotWrite)));
    store.close().await;
}

#[tokio::test]
async fn a_file_that_is_taken_by_a_foreign_writer_makes_units_wait_and_then_give_up() {
    let (_folder, file) = file();
    let impatient = SqliteSettings {
        patience: Duration::from_millis(200),
        ..SqliteSettings::new(&file)
    };
    let store = open(&StoreSettings::Sqlite(impatient)).await;
    plant(&store).await;
    let mut foreign = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    raw_sql("BEGIN IMMEDIATE").execute(&mut foreign).await.unwrap();
    let (one, other) = tokio::join!(
        commit(&store, vec![insert(&["o=x"], &[])]),
        commit(&store, vec![insert(&["o=y"], &[])])
    );
    assert_eq!((one, other), (Err(RecordsError::Busy), Err(RecordsError::Busy)));
    assert_eq!(store.count(TREE).await, Ok(6), "reading goes on");
    raw_sql("ROLLBACK").execute(&mut foreign).await.unwrap();
    foreign.close().await.unwrap();
    let patient = async { while commit(&store, vec![insert(&["o=z"], &[])]).await == Err(RecordsError::Busy) {} };
    patient.await;
    assert_eq!(store.count(TREE).await, Ok(7), "what gave up was not done afterwards");
    store.close().await;
}

#[tokio::test]
async fn a_unit_whose_caller_went_away_is_done_or_not_and_the_store_goes_on() {
    let (_folder, file) = file();
    let store = open(&settings(&file)).await;
    plant(&store).await;
    for number in 0..50 {
        let name = format!("cn=x{number}");
        let gone = commit(
            &store,
            vec![
                insert(&["o=root", &name], &[]),
                insert(&["o=root", &name, "cn=below"], &[]),
            ],
        );
        let _ = futures_util::FutureExt::now_or_never(gone);
        let row = at(&store, &["o=root", "ou=b"]).await.unwrap();
        let _ = futures_util::FutureExt::now_or_never(store.has_children(TREE, row.id));
    }
    commit(&store, vec![insert(&["o=root", "cn=last"], &[])]).await.unwrap();
    assert_eq!(store.count(TREE).await.unwrap() % 2, 1, "each whole or not at all");
    store.close().await;
}
