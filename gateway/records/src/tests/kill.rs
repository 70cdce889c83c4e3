//! Killed in the middle of writing: what was acknowledged is there, units are whole, and the store opens.

use super::resets::{job, row};
use super::{TREE, all, at, commit, insert, open, path, replace, wanted};
use crate::{SqliteSettings, StoreSettings};
use postern_identity::records::{
    ContextRow, Entries, Hash, NewJob, Reach, RecordsError, Reservations, ReservedValue, ResetChange, ResetRecords,
    Selection,
};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const FILE: &str = "POSTERN_TEST_STORE";

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    // The process that is killed is this one again.
    if let Some(file) = std::env::var_os(FILE) {
        writes_without_end(Path::new(&file)).await;
    }
    let rounds = std::env::var("POSTERN_ROUNDS").map_or(20, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.db");
    let (now, later) = (super::resets::at(0), super::resets::at(60));
    for round in 0..rounds {
        // At another place each time: after so many acknowledgements, and then at once.
        let (count, value) = write_until_killed(&file, 1 + round * 7 % 40);
        let store = open(&StoreSettings::Sqlite(SqliteSettings::new(&file))).await;
        let counter = at(&store, &["o=root", "counter"]).await.unwrap();
        let kept: u64 = std::str::from_utf8(&counter.body).unwrap().parse().unwrap();
        assert!(
            kept >= value,
            "round {round}: {value} was acknowledged and {kept} is kept"
        );
        let twins = Reach::Children(path(&["o=root"]));
        let (rows, _) = all(&store, wanted(twins, Selection::Place, 1000)).await;
        let pairs = rows.len() - 1;
        assert!(pairs.is_multiple_of(2), "round {round}: half of a unit is kept");
        assert!(pairs as u64 >= 2 * count, "round {round}: a unit is lost");
        assert_eq!(store.count(TREE).await, Ok(pairs as u64 + 2));
        let waiting = store.waiting().await.unwrap().jobs;
        assert!(waiting >= count, "round {round}: a job is lost");
        for number in 0..count {
            let again = store.reserve(&[reserved(number)], &key(1), now, later).await;
            assert_eq!(again, Err(RecordsError::Taken), "round {round}: a reservation is lost");
        }
        let context = store.context(&row(1).id).await.unwrap().unwrap();
        assert_eq!(context.version, i64::try_from(waiting).unwrap() + 1, "round {round}");
        assert!(store.by_handle(&key(waiting)).await.unwrap().is_some(), "round {round}");
        assert_eq!(store.by_handle(&key(waiting + 1)).await, Ok(None), "round {round}");
        store.close().await;
    }
}

/// The units and the value that were acknowledged.
fn write_until_killed(file: &Path, acknowledged: usize) -> (u64, u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "tests::kill::nothing_acknowledged_is_lost_when_the_process_is_killed",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut last = (0, 0);
    let mut seen = 0;
    let mut read = |line: &str| {
        if let Some((count, value)) = line
            .rsplit("done ")
            .next()
            .filter(|_| line.contains("done "))
            .and_then(|line| line.split_once(' '))
        {
            last = (count.parse().unwrap(), value.parse().unwrap());
            true
        } else {
            false
        }
    };
    while seen < acknowledged {
        let line = said.next().expect("the child writes until it is killed").unwrap();
        seen += usize::from(read(&line));
    }
    child.kill().unwrap();
    for line in said.map_while(Result::ok) {
        read(&line); // said before the kill came
    }
    child.wait().unwrap();
    last
}

/// The process that is killed. Each unit puts in two entries and counts up; beside it a context goes on.
async fn writes_without_end(file: &Path) {
    let store = open(&StoreSettings::Sqlite(SqliteSettings::new(file))).await;
    if at(&store, &["o=root"]).await.is_none() {
        let counter = super::new(&["o=root", "counter"], &[]);
        let counter = postern_identity::records::NewEntry {
            body: std::sync::Arc::from(&b"0"[..]),
            ..counter
        };
        commit(
            &store,
            vec![
                insert(&["o=root"], &[]),
                postern_identity::records::EntryChange::Insert(counter),
            ],
        )
        .await
        .unwrap();
        store.commit_reset(vec![ResetChange::Open(row(1))]).await.unwrap();
    }
    let mut count = (all(
        &store,
        wanted(Reach::Children(path(&["o=root"])), Selection::Place, 1000),
    )
    .await
    .0
    .len() as u64
        - 1)
        / 2;
    let (now, later) = (super::resets::at(0), super::resets::at(60));
    loop {
        let counter = at(&store, &["o=root", "counter"]).await.unwrap();
        let value = std::str::from_utf8(&counter.body).unwrap().parse::<u64>().unwrap() + 1;
        let (one, other) = (format!("cn={count} one"), format!("cn={count} other"));
        let unit = vec![
            insert(&["o=root", &one], &[("class", "twin")]),
            replace(&counter, &value.to_string(), &[], &[]),
            insert(&["o=root", &other], &[("class", "twin")]),
        ];
        let context = store.context(&row(1).id).await.unwrap().unwrap();
        // Before the unit: whoever goes on after a kill counts what is there of those.
        store.reserve(&[reserved(count)], &key(0), now, later).await.unwrap();
        let (entries, resets) = tokio::join!(commit(&store, unit), store.commit_reset(step_of(context)));
        entries.unwrap();
        resets.unwrap();
        count += 1;
        let mut out = std::io::stdout().lock();
        writeln!(out, "done {count} {value}").unwrap();
        out.flush().unwrap();
    }
}

/// A context goes on by one step, with a handle and a job of that step.
fn step_of(context: ContextRow) -> Vec<ResetChange> {
    let step = u64::try_from(context.version).unwrap();
    vec![
        ResetChange::Handle {
            handle: key(step),
            context: context.id,
            purge_at: context.purge_at,
        },
        ResetChange::Replace(context),
        ResetChange::Enqueue(NewJob {
            key: key(step),
            ..job(1, 0)
        }),
    ]
}

fn reserved(number: u64) -> ReservedValue {
    ReservedValue {
        directory: "people".into(),
        kind: "userName".into(),
        value: key(number),
    }
}

fn key(number: u64) -> Hash {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&number.to_be_bytes());
    key
}
