//! What a store costs: entries put in a second, and how long one search takes among them.
//!
//!     cargo run --release -p postern-records --example measure -- 1000000 [postgres://user@host/database]
//!
//! Without a server it uses a file in the current folder, and removes it.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss
)] // a tool for a terminal

use postern_identity::records::{Entries, EntryChange, Indexed, NewEntry, Reach, Selection, Wanted};
use postern_records::{PostgresSettings, SqliteSettings, Store, StoreSettings};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

const TREE: &str = "main";
const BASE: &[u8] = b"dc=org\0dc=example\0";
const PEOPLE: &[u8] = b"dc=org\0dc=example\0ou=people\0";
const IN_A_UNIT: u64 = 20_000;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let entries: u64 = arguments.next().map_or(100_000, |count| count.parse().unwrap());
    let file = std::path::PathBuf::from(format!("measure-{}.db", std::process::id()));
    let settings = if let Some(url) = arguments.next() {
        StoreSettings::Postgres(PostgresSettings::new(url, None))
    } else {
        let mut settings = SqliteSettings::new(&file);
        if let Ok(readers) = std::env::var("READERS") {
            settings.readers = readers.parse().unwrap();
        }
        settings.patience = Duration::from_mins(1);
        StoreSettings::Sqlite(settings)
    };
    let store = Arc::new(Store::open(&settings).await.map_err(|error| error.to_string()).unwrap());
    fill(&store, entries).await;
    for together in [1, 2, 8, 32] {
        searches(&store, entries, together, "equality", |who| {
            Selection::Equal(indexed("uid", &uid(who)))
        })
        .await;
    }
    searches(&store, entries, 1, "prefix", |who| {
        let from = uid(who)[..12].to_owned();
        let to = format!("{from}\u{7f}");
        Selection::Between {
            attribute: Arc::from("uid"),
            from: octets(&from),
            to: Some(octets(&to)),
        }
    })
    .await;
    sign_ins(&store, entries, 32).await;
    println!("resident {} KiB", resident());
    store.close().await;
    for ending in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
}

async fn fill(store: &Store, entries: u64) {
    let above = vec![
        insert(BASE, None, "dc=example,dc=org", vec![]),
        insert(PEOPLE, Some(BASE), "ou=people,dc=example,dc=org", vec![]),
    ];
    store.commit(TREE, above).await.unwrap();
    let (begun, used) = (Instant::now(), processor());
    let mut last = Instant::now();
    for from in (0..entries).step_by(usize::try_from(IN_A_UNIT).unwrap()) {
        let unit: Vec<_> = (from..(from + IN_A_UNIT).min(entries)).map(person).collect();
        store.commit(TREE, unit).await.unwrap();
        let done = from + IN_A_UNIT;
        if done.is_multiple_of(100_000) {
            println!(
                "{done} entries, the last 100,000 at {:.0} a second",
                100_000.0 / last.elapsed().as_secs_f64()
            );
            last = Instant::now();
        }
    }
    println!(
        "put in: {:.0} a second, {:.1} µs of processor each, resident {} KiB",
        entries as f64 / begun.elapsed().as_secs_f64(),
        (processor() - used) / entries as f64,
        resident()
    );
}

async fn searches(store: &Arc<Store>, entries: u64, together: u64, what: &'static str, by: fn(u64) -> Selection) {
    let each = 20_000 / together;
    let (begun, used) = (Instant::now(), processor());
    let tasks: Vec<_> = (0..together)
        .map(|task| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                let mut times = Vec::new();
                for turn in 0..each {
                    let who = scattered(task * each + turn) % entries;
                    let wanted = Wanted {
                        reach: Reach::Within(Arc::from(BASE)),
                        by: by(who),
                        after: None,
                        limit: 100,
                    };
                    let begun = Instant::now();
                    let page = store.select(TREE, &wanted).await.unwrap();
                    times.push(begun.elapsed());
                    assert!(!page.rows.is_empty());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    let used = (processor() - used) / times.len() as f64;
    times.sort_unstable();
    println!(
        "{what}, {together} at once: {rate:.0} a second, {used:.1} µs of processor each, median {:?}, p99 {:?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    );
}

/// What a sign-in may write: one entry's body, with nothing it is found by changed.
async fn sign_ins(store: &Arc<Store>, entries: u64, together: u64) {
    let each = 100;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..together)
        .map(|task| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                for turn in 0..each {
                    let who = scattered(task * each + turn) % entries;
                    let by = Selection::Equal(indexed("uid", &uid(who)));
                    let wanted = Wanted {
                        reach: Reach::Within(Arc::from(BASE)),
                        by,
                        after: None,
                        limit: 1,
                    };
                    let row = store.select(TREE, &wanted).await.unwrap().rows.remove(0);
                    let change = EntryChange::Replace {
                        id: row.id,
                        version: row.version,
                        body: row.body,
                        without: vec![],
                        with: vec![],
                    };
                    let _ = store.commit(TREE, vec![change]).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    println!(
        "changes of one entry, {together} at once: {:.0} a second",
        (together * each) as f64 / begun.elapsed().as_secs_f64()
    );
}

fn person(number: u64) -> EntryChange {
    let uid = uid(number);
    let path = [PEOPLE, b"uid=", uid.as_bytes(), b"\0"].concat();
    let found_by = vec![
        indexed("objectclass", "top"),
        indexed("objectclass", "person"),
        indexed("objectclass", "inetorgperson"),
        indexed("uid", &uid),
        indexed("cn", &format!("person {uid}")),
        indexed("sn", &format!("surname{}", scattered(number) % 5_000)),
        indexed("mail", &format!("{uid}@example.org")),
        uuid(number),
    ];
    insert(
        &path,
        Some(PEOPLE),
        &format!("uid={uid},ou=people,dc=example,dc=org"),
        found_by,
    )
}

fn insert(path: &[u8], above: Option<&[u8]>, name: &str, indexed: Vec<Indexed>) -> EntryChange {
    let body = Arc::from(vec![b'x'; 500]);
    EntryChange::Insert(NewEntry {
        path: Arc::from(path),
        above: above.map(Arc::from),
        name: Arc::from(name),
        body,
        indexed,
    })
}

/// One after the other, as a list of people often is; with `SCATTERED` set in no order.
fn uid(number: u64) -> String {
    static SCATTERED: LazyLock<bool> = LazyLock::new(|| std::env::var_os("SCATTERED").is_some());
    if *SCATTERED {
        format!("u{:012x}", scattered(number) >> 16)
    } else {
        format!("user{number:09}")
    }
}

/// SplitMix64: numbers in a row, far from each other.
fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn indexed(attribute: &str, value: &str) -> Indexed {
    Indexed {
        attribute: Arc::from(attribute),
        value: octets(value),
    }
}

/// Random, as they are made.
fn uuid(number: u64) -> Indexed {
    let value = [scattered(number).to_be_bytes(), scattered(number + 77).to_be_bytes()].concat();
    Indexed {
        attribute: Arc::from("entryuuid"),
        value: Arc::from(value),
    }
}

fn octets(text: &str) -> Arc<[u8]> {
    Arc::from(text.as_bytes())
}

/// Microseconds of processor time this process has used, on all cores. Unlike the clock it says the same on a machine that others use too.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let ticks: Vec<f64> = stat
        .rsplit(") ")
        .next()
        .unwrap()
        .split(' ')
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse().unwrap())
        .collect();
    ticks.iter().sum::<f64>() * 10_000.0
}

fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4
}
