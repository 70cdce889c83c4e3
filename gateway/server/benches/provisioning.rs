//! What provisioning asks of the embedded directory over SQLite, through its lane: `cargo bench -p postern-server --bench provisioning --
//! [people] [folder]`. A list of all ids, a hundred entries by their ids, pieces of values, and members of groups of very different
//! sizes. With a folder the store stays there, and is used again. Prints; takes no part in any judgement.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a bench prints and stops at the first fault"
)]

use postern_directory::Transport;
use postern_directory::local::entry::Entry;
use postern_directory::local::password::{Hasher, HasherSettings};
use postern_directory::local::schema::Schema;
use postern_directory::local::{LocalDirectory, LocalSettings};
use postern_identity::records::{Entries, EntryChange, NewEntry};
use postern_identity::{Clock, DirectoryName, Timestamp};
use postern_ldap::change::{self, NewChange};
use postern_ldap::control::paged::PagedResults;
use postern_ldap::result::LdapResult;
use postern_ldap::search::{NewSearch, Scope};
use postern_ldap::{Message, MessageId, ResultCode, bind, filter, frame, oid, tag};
use postern_records::{SqliteSettings, Store, StoreSettings};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const BASE: &str = "dc=example,dc=org";
const TREE: &str = "bench";
const GROUPS: [usize; 3] = [10, 10_000, 100_000];
const CHANGES: usize = 300;

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let people: usize = arguments.next().map_or(100_000, |count| count.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let folder = arguments.next().map_or(temporary.path().to_owned(), PathBuf::from);
    let settings = StoreSettings::Sqlite(SqliteSettings::new(folder.join("postern.db")));
    let store = Arc::new(Store::open(&settings).await.unwrap());
    let schema = Schema::standard();
    if store.count(TREE).await.unwrap() == 0 {
        fill(&schema, &store, people).await;
    }
    let hasher = Hasher::start(HasherSettings::default());
    let settings = LocalSettings::new(DirectoryName(TREE.into()), BASE);
    let directory = LocalDirectory::new(settings, schema, store.clone(), hasher, Arc::new(SystemClock)).unwrap();
    let account = directory.service_account();
    let mut client = Client {
        lane: directory.connect(),
        octets: Vec::new(),
    };
    let request = bind::simple(MessageId(1), account.dn.as_bytes(), account.password.expose(), &[]);
    client.ask(&request).await;
    for attributes in [&[&b"entryUUID"[..]][..], &[b"entryUUID", b"uid"]] {
        ids(&mut client, attributes).await;
    }
    by_ids(&mut client, people).await;
    pieces(&mut client, people).await;
    for size in GROUPS.into_iter().filter(|size| *size <= people) {
        members(&mut client, size).await;
    }
    store.close().await;
}

struct Client {
    lane: Transport,
    octets: Vec<u8>,
}

impl Client {
    /// Sends a request and reads to the end of its answer: how many entries came, and where the next page is.
    async fn ask(&mut self, request: &[u8]) -> (usize, Vec<u8>) {
        self.lane.write_all(request).await.unwrap();
        let mut entries = 0;
        self.octets.clear();
        let mut start = 0;
        loop {
            self.octets.drain(..start);
            start = 0;
            let read = self.lane.read_buf(&mut self.octets).await.unwrap();
            assert!(read > 0, "the lane ended");
            while let Ok(Some(header)) = frame::walk(&self.octets[start..], 64 << 20) {
                let Some(octets) = self.octets[start..].get(..header.length) else {
                    break;
                };
                start += header.length;
                if header.operation == tag::SEARCH_ENTRY {
                    entries += 1;
                    continue;
                }
                let message = Message::parse(octets).unwrap();
                let result = LdapResult::parse(&message).unwrap();
                assert_eq!(
                    result.code,
                    ResultCode::SUCCESS,
                    "{}",
                    String::from_utf8_lossy(result.diagnostic)
                );
                let control = message.controls.sole(oid::PAGED_RESULTS).unwrap();
                let page = control.map(|control| PagedResults::parse(control.value.unwrap()).unwrap());
                return (entries, page.map_or_else(Vec::new, |page| page.cookie.to_vec()));
            }
        }
    }

    async fn search(&mut self, filter: &[u8], attributes: &[&[u8]], controls: &[&[u8]]) -> (usize, Vec<u8>) {
        let request = NewSearch {
            base: BASE.as_bytes(),
            scope: Scope::Subtree,
            size_limit: 0,
            time_limit: 0,
            filter,
            attributes,
        };
        self.ask(&request.message(MessageId(2), controls)).await
    }
}

async fn ids(client: &mut Client, attributes: &[&[u8]]) {
    for size in [1_000, 10_000] {
        let began = Instant::now();
        let (mut all, mut cookie) = (0, Vec::new());
        loop {
            let page = PagedResults { size, cookie: &cookie };
            let filter = filter::equality(b"objectClass", b"inetOrgPerson");
            let (entries, next) = client.search(&filter, attributes, &[&page.control(true)]).await;
            all += entries;
            cookie = next;
            if cookie.is_empty() {
                break;
            }
        }
        println!(
            "{all} ids with {} attributes, {size} a page: {:?}",
            attributes.len(),
            began.elapsed()
        );
    }
}

async fn by_ids(client: &mut Client, people: usize) {
    let mut times = Vec::new();
    for round in 0..200 {
        let ids = (0..100).map(|number| (round * 7919 + number * 6101) % people);
        let parts: Vec<Vec<u8>> = ids
            .map(|id| filter::equality(b"entryUUID", entry_uuid(id).as_bytes()))
            .collect();
        let filter = filter::any(&parts);
        let began = Instant::now();
        let (entries, _) = client.search(&filter, &[], &[]).await;
        times.push(began.elapsed());
        assert_eq!(entries, 100);
    }
    told("a hundred entries by their ids", times);
}

async fn pieces(client: &mut Client, people: usize) {
    let rare = format!("(cn=*son {}*)", people / 2);
    for text in [
        rare.as_str(),
        "(uid=*nobody*)",
        "(mail=u1234*)",
        "(mail=*4321@example.org)",
    ] {
        let filter = filter::text::parse(text).unwrap();
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..5 {
            let began = Instant::now();
            found = client.search(&filter, &[b"entryUUID"], &[]).await.0;
            times.push(began.elapsed());
        }
        told(&format!("{text}: {found} found"), times);
    }
}

async fn members(client: &mut Client, size: usize) {
    let group = format!("cn=group{size},ou=people,{BASE}");
    let mut times = Vec::new();
    for round in 0..CHANGES {
        let member = format!("uid=new{round},ou=people,{BASE}");
        for operation in [0, 1] {
            let change = NewChange {
                operation,
                attribute: b"member",
                values: &[member.as_bytes()],
            };
            let request = change::modify(MessageId(2), group.as_bytes(), &[change], &[]);
            let began = Instant::now();
            client.ask(&request).await;
            times.push(began.elapsed());
        }
    }
    told(&format!("a member more or less among {size}"), times);
}

fn told(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    println!("{what}: p50 {:?}, p99 {:?}", at(50), at(99));
}

async fn fill(schema: &Schema, store: &Store, people: usize) {
    let began = Instant::now();
    let domain = made(schema, BASE, true, &[("objectClass", "domain"), ("dc", "example")], &[]);
    let unit = [("objectClass", "organizationalUnit"), ("ou", "people")];
    let unit = made(schema, &format!("ou=people,{BASE}"), false, &unit, &[]);
    let first = [domain, unit].map(EntryChange::Insert);
    store.commit(TREE, first.into()).await.unwrap();
    for from in (0..people).step_by(10_000) {
        let unit = (from..people.min(from + 10_000))
            .map(|number| EntryChange::Insert(person(schema, number)))
            .collect();
        store.commit(TREE, unit).await.unwrap();
    }
    for size in GROUPS.into_iter().filter(|size| *size <= people) {
        let name = format!("cn=group{size},ou=people,{BASE}");
        let members: Vec<String> = (0..size)
            .map(|number| format!("uid=u{number},ou=people,{BASE}"))
            .collect();
        let cn = format!("group{size}");
        let attributes = [
            ("objectClass", "groupOfNames"),
            ("cn", &cn),
            ("structuralObjectClass", "groupOfNames"),
        ];
        let group = made(schema, &name, false, &attributes, &members);
        store.commit(TREE, vec![EntryChange::Insert(group)]).await.unwrap();
    }
    println!("{people} people are there after {:?}", began.elapsed());
}

fn entry_uuid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
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
            ("entryUUID", &entry_uuid(number)),
            ("createTimestamp", "20261122120000Z"),
            ("modifyTimestamp", "20261122120000Z"),
            ("creatorsName", "cn=postern"),
            ("modifiersName", "cn=postern"),
            ("structuralObjectClass", "inetOrgPerson"),
        ],
        &[],
    )
}

fn made(schema: &Schema, name: &str, is_first: bool, attributes: &[(&str, &str)], members: &[String]) -> NewEntry {
    let mut entry = Entry::default();
    for (attribute, value) in attributes {
        entry.set(attribute, vec![value.as_bytes().to_vec()]);
    }
    entry.set("member", members.iter().map(|name| name.clone().into_bytes()).collect());
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
