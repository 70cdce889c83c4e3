//! What a server may be wrong about, and how it does each statement.

use super::{schema, select, statements};
use crate::resets::words;
use crate::tests::postgres_server::{PASSWORD, connection, fresh, run, server};
use crate::tests::{TREE, all, at, between, commit, equal, indexed, insert, new, open, path, plant, replace, wanted};
use crate::{Migration, OpenError, PostgresSettings, Store, StoreSettings, migrate};
use postern_identity::Secret;
use postern_identity::records::{Entries, EntryChange, Reach, RecordsError, ResetRecords, Selection, Settings};
use sqlx::{AssertSqlSafe, Row, query, raw_sql};
use std::time::Duration;

fn of(settings: &PostgresSettings) -> StoreSettings {
    let password = settings.password.as_ref().map(Secret::duplicate);
    StoreSettings::Postgres(PostgresSettings {
        url: settings.url.clone(),
        password,
        ..*settings
    })
}

async fn refused(settings: &PostgresSettings) -> OpenError {
    Store::open(&of(settings)).await.err().expect("it is not opened")
}

#[tokio::test]
async fn every_statement_finds_its_rows_by_an_index() {
    let settings = fresh().await;
    open(&of(&settings)).await.close().await;
    let mut connection = connection(&settings).await;
    // Small tables are read whole whatever indexes they have. With that forbidden, it is done only where no index serves.
    raw_sql("SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan")
        .execute(&mut connection)
        .await
        .unwrap();
    let mut all: Vec<&str> = select::ALL.into_iter().chain(statements::all()).collect();
    all.extend(words::all(&words::POSTGRES));
    for (number, sql) in all.iter().enumerate() {
        let parameters = (1..=10)
            .rev()
            .find(|number| sql.contains(&format!("${number}")))
            .unwrap_or(0);
        let nulls = vec!["NULL"; parameters].join(", ");
        let given = if parameters == 0 {
            String::new()
        } else {
            format!("({nulls})")
        };
        raw_sql(AssertSqlSafe(format!("PREPARE s{number} AS {sql}")))
            .execute(&mut connection)
            .await
            .unwrap();
        let explain = format!("EXPLAIN (COSTS OFF) EXECUTE s{number}{given}");
        let rows = query(AssertSqlSafe(explain))
            .persistent(false)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!(!plan.iter().any(|step| step.contains("Seq Scan")), "{sql}\n{plan:#?}");
        // An index that is read from end to end is no better. The settings are, by a question for all of them.
        let searched = plan
            .windows(2)
            .all(|two| !two[0].contains(" using ") || two[0].contains("Cond:") || two[1].contains("Cond:"));
        assert!(searched || sql.contains("FROM settings ORDER"), "{sql}\n{plan:#?}");
    }
    assert!(all.len() > 60);
}

#[tokio::test]
async fn pages_are_whole_however_the_server_joins() {
    let joins = ["nestloop", "hashjoin", "mergejoin"];
    for only in joins {
        let mut settings = fresh().await;
        for join in joins.iter().filter(|join| **join != only) {
            settings.url = format!("{}%20-cenable_{join}%3Doff", settings.url);
        }
        let store = open(&of(&settings)).await;
        let mut unit = vec![insert(&["o=root"], &[])];
        unit.extend((0..200).map(|number| {
            let value = format!("{:03}", (number * 7) % 200);
            insert(
                &["o=root", &format!("cn={number}")],
                &[("class", "x"), ("number", &value)],
            )
        }));
        commit(&store, unit).await.unwrap();
        // What was replaced stands elsewhere in its table.
        for number in 0..100 {
            let row = at(&store, &["o=root", &format!("cn={number}")]).await.unwrap();
            commit(&store, vec![replace(&row, "other", &[], &[])]).await.unwrap();
        }
        run(&settings, "ANALYZE").await;
        for by in [equal("class", "x"), between("number", "", None)] {
            let (mut rows, _) = all(&store, wanted(Reach::Within(path(&[])), by.clone(), 10)).await;
            rows.sort_unstable_by_key(|row| row.id);
            rows.dedup_by_key(|row| row.id);
            assert_eq!(rows.len(), 200, "{only}: {by:?}");
        }
        store.close().await;
    }
}

#[tokio::test]
async fn the_outline_is_that_of_the_schema() {
    let settings = fresh().await;
    open(&of(&settings)).await.close().await;
    let is = schema::outline(&mut connection(&settings).await)
        .await
        .unwrap()
        .join("\n")
        + "\n";
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres/0003.outline");
    if std::env::var_os("POSTERN_BLESS").is_some() {
        std::fs::write(file, &is).unwrap();
    }
    assert_eq!(is, std::fs::read_to_string(file).unwrap(), "POSTERN_BLESS=1 writes it");
}

#[tokio::test]
async fn a_newer_or_damaged_schema_is_refused_and_not_touched() {
    let cases = [
        (
            "INSERT INTO postern_schema VALUES (99)",
            "was written by a newer version (its schema is 99, this program knows 3)",
        ),
        (
            "DROP INDEX entries_by_above",
            "index entries_by_above is missing or another",
        ),
        ("DROP TABLE settings", "index settings_pkey is missing or another"),
        (
            "ALTER TABLE entries ADD COLUMN more text",
            "entries.more text does not belong there",
        ),
        (
            "DROP TABLE postern_schema",
            "its schema has tables of the names we use, and they are not ours",
        ),
    ];
    for (sql, says) in cases {
        let settings = fresh().await;
        let store = open(&of(&settings)).await;
        plant(&store).await;
        store.close().await;
        run(&settings, sql).await;
        for said in [
            refused(&settings).await,
            migrate(&of(&settings), true).await.unwrap_err(),
        ] {
            assert!(said.to_string().contains(says), "{said}");
        }
        let entries: i64 = query("SELECT count(*) FROM entries")
            .fetch_one(&mut connection(&settings).await)
            .await
            .unwrap()
            .get(0);
        assert_eq!(entries, 6);
    }
}

#[tokio::test]
async fn what_is_to_be_migrated_can_be_asked_without_doing_it() {
    let settings = fresh().await;
    assert_eq!(
        migrate(&of(&settings), false).await,
        Ok(Migration { found: 0, newest: 3 })
    );
    assert_eq!(
        migrate(&of(&settings), false).await,
        Ok(Migration { found: 0, newest: 3 })
    );
    let (one, other) = (of(&settings), of(&settings));
    let both = tokio::join!(migrate(&one, true), migrate(&other, true));
    let (Ok(one), Ok(other)) = both else { panic!("{both:?}") };
    assert_eq!(one.found + other.found, 3, "one of two did it, the other found it done");
    assert_eq!(
        migrate(&of(&settings), false).await,
        Ok(Migration { found: 3, newest: 3 })
    );
}

#[tokio::test]
async fn a_database_of_the_first_schema_is_taken_to_the_newest_with_what_it_holds() {
    let settings = fresh().await;
    let first = include_str!("../../migrations/postgres/0001_entries_and_settings.sql");
    run(&settings, first).await;
    let known = "CREATE TABLE postern_schema (version bigint NOT NULL); INSERT INTO postern_schema VALUES (1); \
        INSERT INTO settings VALUES ('old', 'kept', 1)";
    run(&settings, known).await;
    assert_eq!(
        migrate(&of(&settings), true).await,
        Ok(Migration { found: 1, newest: 3 })
    );
    let store = open(&of(&settings)).await;
    assert_eq!(store.setting("old").await.unwrap().unwrap().value, "kept");
    assert_eq!(store.waiting().await.unwrap().jobs, 0);
    store.close().await;
}

#[tokio::test]
async fn who_is_to_blame_is_said_without_the_password() {
    let server = server();
    let at = |user: &str, port: u16, database: &str, password: Option<&str>| {
        let url = format!("postgres://{user}@127.0.0.1:{port}/{database}?sslmode=disable");
        PostgresSettings::new(url, password.map(Secret::new))
    };
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut impatient = at("postgres", silent.local_addr().unwrap().port(), "postgres", None);
    impatient.patience = Duration::from_millis(200);
    let nobody = {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        gone.local_addr().unwrap().port()
    };
    let cases = [
        (
            at("postgres", server.port, "postgres", Some("hunter2")),
            "wrong user or password",
        ),
        (
            at("postgres", server.port, "none", Some(PASSWORD)),
            "there is no such database",
        ),
        (
            at("postgres", nobody, "postgres", Some(PASSWORD)),
            "nothing answers there",
        ),
        (impatient, "it does not answer in time"),
    ];
    for (settings, says) in cases {
        let said = refused(&settings).await.to_string();
        assert!(said.contains(says) && said.contains("127.0.0.1:"), "{said}");
        assert!(!said.contains("hunter2") && !said.contains(PASSWORD), "{said}");
    }
    assert!(
        Store::open(&of(&at("postgres", server.port, "postgres", Some(PASSWORD))))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn without_rights_it_says_so() {
    let settings = fresh().await;
    run(
        &settings,
        "DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    )
    .await;
    let guest = PostgresSettings::new(settings.url.replace("postgres://postgres@", "postgres://guest@"), None);
    let said = refused(&guest).await.to_string();
    assert!(said.contains("may not make tables there"), "{said}");
}

#[tokio::test]
async fn who_waits_too_long_for_anothers_lock_is_told_and_nothing_was_done() {
    let mut settings = fresh().await;
    settings.patience = Duration::from_secs(2);
    let store = open(&of(&settings)).await;
    plant(&store).await;
    let row = at(&store, &["o=root", "ou=b"]).await.unwrap();
    let mut foreign = connection(&settings).await;
    raw_sql("BEGIN; SELECT 1 FROM entries FOR UPDATE")
        .execute(&mut foreign)
        .await
        .unwrap();
    assert_eq!(
        commit(
            &store,
            vec![insert(&["o=root", "cn=x"], &[]), replace(&row, "x", &[], &[])]
        )
        .await,
        Err(RecordsError::Busy)
    );
    raw_sql("ROLLBACK").execute(&mut foreign).await.unwrap();
    assert_eq!(store.count(TREE).await, Ok(6));
    assert_eq!(at(&store, &["o=root", "ou=b"]).await, Some(row));
    store.close().await;
}

#[tokio::test]
async fn a_connection_that_was_ended_is_replaced() {
    let settings = fresh().await;
    let store = open(&of(&settings)).await;
    plant(&store).await;
    let crate::Engine::Postgres(engine) = &store.0 else {
        panic!("a server")
    };
    let pid: i32 = {
        let mut taken = engine.pool.acquire().await.unwrap();
        query("SELECT pg_backend_pid()")
            .fetch_one(&mut *taken)
            .await
            .unwrap()
            .get(0)
    };
    run(&settings, &format!("SELECT pg_terminate_backend({pid})")).await;
    // One read may meet the end; the next has a new connection.
    let everything = wanted(Reach::Within(path(&[])), Selection::Place, 10);
    let _ = store.select(TREE, &everything).await;
    assert_eq!(store.select(TREE, &everything).await.unwrap().rows.len(), 6);
    store.close().await;
}

#[tokio::test]
async fn a_commit_is_on_the_disk_even_where_the_server_would_not_wait_for_it() {
    let settings = fresh().await;
    let lazy = PostgresSettings::new(
        settings
            .url
            .replace("&options=", "&options=-csynchronous_commit%3Doff%20"),
        None,
    );
    let mut plain = connection(&lazy).await;
    let show = "SELECT current_setting('synchronous_commit')";
    assert_eq!(
        query(show).fetch_one(&mut plain).await.unwrap().get::<String, _>(0),
        "off"
    );
    let store = open(&of(&lazy)).await;
    let crate::Engine::Postgres(engine) = &store.0 else {
        panic!("a server")
    };
    let row = query(show)
        .fetch_one(&mut *engine.pool.acquire().await.unwrap())
        .await
        .unwrap();
    assert_eq!(row.get::<String, _>(0), "on");
    store.close().await;
}

#[tokio::test]
async fn who_moves_a_subtree_waits_for_those_who_put_something_in() {
    let mut settings = fresh().await;
    settings.patience = Duration::from_secs(2);
    let store = open(&of(&settings)).await;
    plant(&store).await;
    let row = at(&store, &["o=root", "ou=b"]).await.unwrap();
    let to = new(&["o=root", "ou=c"], &[]);
    let moves = || {
        vec![EntryChange::Move {
            id: row.id,
            version: row.version,
            path: to.path.clone(),
            above: to.above.clone(),
            name: to.name.clone(),
        }]
    };
    let mut other = connection(&settings).await;
    raw_sql("BEGIN; SELECT 1 FROM trees FOR KEY SHARE")
        .execute(&mut other)
        .await
        .unwrap(); // as one who inserts
    assert_eq!(commit(&store, vec![insert(&["o=root", "cn=x"], &[])]).await, Ok(()));
    assert_eq!(commit(&store, moves()).await, Err(RecordsError::Busy));
    raw_sql("COMMIT; BEGIN; SELECT 1 FROM trees FOR UPDATE")
        .execute(&mut other)
        .await
        .unwrap(); // as one who moves
    assert_eq!(
        commit(&store, vec![insert(&["o=root", "cn=y"], &[])]).await,
        Err(RecordsError::Busy)
    );
    raw_sql("COMMIT").execute(&mut other).await.unwrap();
    assert_eq!(commit(&store, moves()).await, Ok(()));
    store.close().await;
}

#[tokio::test]
async fn who_asks_of_many_values_waits_for_all_who_ask_and_they_for_it() {
    let mut settings = fresh().await;
    settings.patience = Duration::from_secs(2);
    let store = open(&of(&settings)).await;
    plant(&store).await;
    let row = at(&store, &["o=root", "ou=b"]).await.unwrap();
    let asks = |count: usize| -> Vec<EntryChange> {
        let values = (0..count).map(|number| indexed("mail", &format!("{number}@b")));
        values
            .map(|indexed| EntryChange::Unique { indexed, but: None })
            .collect()
    };
    // As one who asks of one value, of an entry that is there.
    let mut other = connection(&settings).await;
    raw_sql("BEGIN; SELECT 1 FROM trees FOR KEY SHARE")
        .execute(&mut other)
        .await
        .unwrap();
    assert_eq!(commit(&store, asks(100)).await, Ok(()));
    assert_eq!(commit(&store, asks(101)).await, Err(RecordsError::Busy));
    // As one who asks of many.
    raw_sql("COMMIT; BEGIN; SELECT 1 FROM trees FOR UPDATE")
        .execute(&mut other)
        .await
        .unwrap();
    let mut one = asks(1);
    one.push(replace(&row, "x", &[], &[("mail", "0@b")]));
    assert_eq!(commit(&store, one.clone()).await, Err(RecordsError::Busy));
    raw_sql("COMMIT").execute(&mut other).await.unwrap();
    assert_eq!(commit(&store, one).await, Ok(()));
    assert_eq!(commit(&store, asks(101)).await, Err(RecordsError::Taken));
    store.close().await;
}
