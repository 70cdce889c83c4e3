//! What one search of one entry costs in the embedded directory over SQLite with 100,000 people: `cargo bench -p postern-server --bench
//! embedded`. The client is on the same thread, as a session is. Prints; takes no part in any judgement.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints and stops at the first fault"
)]

use postern_directory::Transport;
use postern_directory::local::entry::Entry;
use postern_directory::local::password::{Hasher, HasherSettings};
use postern_directory::local::schema::Schema;
use postern_directory::local::{LocalDirectory, LocalSettings};
use postern_identity::records::{
    Entries, EntryChange, EntryRow, Indexed, Names, NewEntry, Page, Position, RecordsError, Stored, ValueApart, Wanted,
};
use postern_identity::{Clock, DirectoryName, Timestamp};
use postern_ldap::search::{NewSearch, Scope};
use postern_ldap::{MessageId, bind, filter};
use postern_records::{SqliteSettings, Store, StoreSettings};
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PEOPLE: usize = 100_000;
const SEARCHES: usize = 100_000;
const BASE: &str = "dc=example,dc=org";
const TREE: &str = "bench";

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A moment as good as any.
        Timestamp::UNIX_EPOCH
    }
}

/// A store that always finds the same entry, to see what the directory alone costs.
struct Always(EntryRow);

impl Entries for Always {
    fn select<'a>(&'a self, _: &'a str, _: &'a Wanted) -> Stored<'a, Page> {
        let page = Page {
            rows: vec![self.0.clone()],
            next: None,
        };
        Box::pin(async { Ok(page) })
    }

    fn names<'a>(&'a self, _: &'a str, _: &'a Indexed, _: Option<&'a Position>, _: u32) -> Stored<'a, Names> {
        Box::pin(async { Err(RecordsError::Unavailable) })
    }

    fn has_value<'a>(&'a self, _: &'a str, _: &'a [u8], _: &'a Indexed) -> Stored<'a, bool> {
        Box::pin(async { Ok(false) })
    }

    fn values_apart<'a>(
        &'a self,
        _: &'a str,
        _: i64,
        _: &'a str,
        _: Option<&'a [u8]>,
        _: u32,
    ) -> Stored<'a, Vec<ValueApart>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn nearest<'a>(&'a self, _: &'a str, _: &'a [&'a [u8]]) -> Stored<'a, Option<EntryRow>> {
        Box::pin(async { Ok(Some(self.0.clone())) })
    }

    fn has_children<'a>(&'a self, _: &'a str, _: i64) -> Stored<'a, bool> {
        Box::pin(async { Ok(false) })
    }

    fn commit<'a>(&'a self, _: &'a str, _: Vec<EntryChange>) -> Stored<'a, ()> {
        Box::pin(async { Err(RecordsError::CannotWrite) })
    }

    fn count<'a>(&'a self, _: &'a str) -> Stored<'a, u64> {
        Box::pin(async { Ok(1) })
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let schema = Schema::standard();
        let made = person(&schema, 7);
        let row = EntryRow {
            id: 1,
            version: 1,
            path: made.path,
            name: made.name,
            body: made.body,
        };
        measure("the directory alone", &schema, Arc::new(Always(row)), |_| 7).await;
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings::Sqlite(SqliteSettings::new(folder.path().join("postern.db")));
        let store = Arc::new(Store::open(&settings).await.unwrap());
        fill(&schema, &store).await;
        measure("over SQLite", &schema, store.clone(), |number| (number * 7919) % PEOPLE).await;
        store.close().await;
    });
}

async fn measure(what: &str, schema: &Schema, entries: Arc<dyn Entries>, which: impl Fn(usize) -> usize) {
    let hasher = Hasher::start(HasherSettings::default());
    let settings = LocalSettings::new(DirectoryName(TREE.into()), BASE);
    let directory = LocalDirectory::new(settings, schema.clone(), entries, hasher, Arc::new(SystemClock)).unwrap();
    let account = directory.service_account();
    let mut lane = directory.connect();
    let mut octets = vec![0; 64 * 1024];
    let request = bind::simple(MessageId(1), account.dn.as_bytes(), account.password.expose(), &[]);
    exchange(&mut lane, &request, &mut octets).await;
    for (form, attributes) in [("three attributes", &[&b"cn"[..], b"mail", b"uid"][..]), ("all", &[])] {
        let began = Instant::now();
        for number in 0..SEARCHES {
            let request = search(which(number), attributes);
            let length = exchange(&mut lane, &request, &mut octets).await;
            assert!(length > 100, "it was found");
        }
        let each = began.elapsed() / u32::try_from(SEARCHES).unwrap();
        println!("{what}, {form}: {each:?} a search");
    }
}

fn search(number: usize, attributes: &[&[u8]]) -> Vec<u8> {
    let uid = format!("u{number}");
    NewSearch {
        base: BASE.as_bytes(),
        scope: Scope::Subtree,
        size_limit: 0,
        time_limit: 0,
        filter: &filter::equality(b"uid", uid.as_bytes()),
        attributes,
    }
    .message(MessageId(2), &[])
}

/// Sends a request and reads the answer, which comes in one piece.
async fn exchange(lane: &mut Transport, request: &[u8], octets: &mut [u8]) -> usize {
    lane.write_all(request).await.unwrap();
    lane.read(octets).await.unwrap()
}

async fn fill(schema: &Schema, store: &Store) {
    let began = Instant::now();
    let domain = made(schema, BASE, true, &[("objectClass", "domain"), ("dc", "example")]);
    let people = format!("ou=people,{BASE}");
    let unit = made(
        schema,
        &people,
        false,
        &[("objectClass", "organizationalUnit"), ("ou", "people")],
    );
    let first = [domain, unit].map(EntryChange::Insert);
    store.commit(TREE, first.into()).await.unwrap();
    for from in (0..PEOPLE).step_by(1000) {
        let unit = (from..from + 1000)
            .map(|number| EntryChange::Insert(person(schema, number)))
            .collect();
        store.commit(TREE, unit).await.unwrap();
    }
    println!("{PEOPLE} people are there after {:?}", began.elapsed());
}

fn person(schema: &Schema, number: usize) -> NewEntry {
    let uid = format!("u{number}");
    made(
        schema,
        &format!("uid={uid},ou=people,{BASE}"),
        false,
        &[
            ("objectClass", "inetOrgPerson"),
            ("uid", &uid),
            ("cn", &format!("Person {number}")),
            ("sn", &format!("Family {}", number % 1000)),
            ("givenName", "Given"),
            ("mail", &format!("{uid}@example.org")),
            ("telephoneNumber", &format!("+49 30 {number}")),
            (
                "userPassword",
                "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g",
            ),
            ("entryUUID", &format!("00000000-0000-4000-8000-{number:012x}")),
            ("createTimestamp", "20261122120000Z"),
            ("modifyTimestamp", "20261122120000Z"),
            ("creatorsName", "cn=postern"),
            ("modifiersName", "cn=postern"),
            ("structuralObjectClass", "inetOrgPerson"),
        ],
    )
}

fn made(schema: &Schema, name: &str, is_first: bool, attributes: &[(&str, &str)]) -> NewEntry {
    let mut entry = Entry::default();
    for (attribute, value) in attributes {
        entry.set(attribute, vec![value.as_bytes().to_vec()]);
    }
    let path = schema.path(name.as_bytes()).unwrap();
    let above = path.above().filter(|_| !is_first);
    NewEntry {
        path: Arc::clone(path.octets()),
        above: above.map(|above| Arc::clone(above.octets())),
        name: name.into(),
        indexed: schema.indexed(&entry),
        body: entry.encode().into(),
    }
}
