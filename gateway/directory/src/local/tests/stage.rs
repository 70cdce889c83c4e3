//! A directory with some people in it, and a client that speaks frames.

use super::memory::MemoryEntries;
use crate::local::entry::Entry;
use crate::local::password::{Cost, Hasher, HasherSettings};
use crate::local::schema::Schema;
use crate::local::{LocalDirectory, LocalSettings};
use crate::transport::Transport;
use postern_identity::records::{Entries, EntryChange, NewEntry};
use postern_identity::{Clock, DirectoryName, Secret, Timestamp};
use postern_ldap::entry::SearchEntry;
use postern_ldap::result::LdapResult;
use postern_ldap::search::{NewSearch, Scope};
use postern_ldap::{Message, MessageId, ResultCode, bind, control, filter, frame, tag};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) const BASE: &str = "dc=example,dc=org";
pub(crate) const TREE: &str = "main";
pub(crate) const ADA: &str = "uid=ada,ou=people,dc=example,dc=org";
pub(crate) const BOB: &str = "uid=bob,ou=people,dc=example,dc=org";
pub(crate) const ADMIN: &str = "uid=root,ou=people,dc=example,dc=org";
pub(crate) const PASSWORD: &str = "correct horse";

/// A clock that is set by hand.
pub(crate) struct SetClock(pub(crate) Mutex<Timestamp>);

impl SetClock {
    pub(crate) fn advance(&self, by: jiff::SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(by).unwrap();
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// The directory, its store and its clock.
pub(crate) struct Stage {
    pub(crate) directory: Arc<LocalDirectory>,
    pub(crate) entries: Arc<MemoryEntries>,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) hash: Vec<u8>,
}

impl Stage {
    /// Some people and groups; `uid=root` is an administrator by group. Everybody's password is [`PASSWORD`].
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut LocalSettings)) -> Self {
        let entries = MemoryEntries::new();
        let clock = Arc::new(SetClock(Mutex::new("2026-11-22T12:00:00Z".parse().unwrap())));
        let hasher = Hasher::start(HasherSettings {
            threads: NonZeroUsize::new(1),
            cost: Cost::new(8, 1, 1).unwrap(),
            ..HasherSettings::default()
        });
        let mut settings = LocalSettings::new(DirectoryName(TREE.into()), BASE);
        settings.administrators.push(format!("cn=admins,ou=groups,{BASE}"));
        change(&mut settings);
        let hash = hasher.hash(Secret::new(PASSWORD)).await.unwrap();
        let store: Arc<dyn Entries> = entries.clone();
        let directory = LocalDirectory::new(settings, Schema::standard(), store, hasher, clock.clone()).unwrap();
        let stage = Self {
            directory,
            entries,
            clock,
            hash,
        };
        stage.add(BASE, &[("objectClass", "domain"), ("dc", "example")]).await;
        for unit in ["people", "groups", "policies"] {
            let name = format!("ou={unit},{BASE}");
            stage
                .add(&name, &[("objectClass", "organizationalUnit"), ("ou", unit)])
                .await;
        }
        for (uid, given, family) in [
            ("ada", "Ada", "Lovelace"),
            ("bob", "Bob", "Builder"),
            ("root", "Ruth", "Root"),
        ] {
            stage.person(uid, given, family).await;
        }
        let group = |name: &str| format!("cn={name},ou=groups,{BASE}");
        stage
            .add(
                &group("admins"),
                &[("objectClass", "groupOfNames"), ("cn", "admins"), ("member", ADMIN)],
            )
            .await;
        stage
            .add(
                &group("staff"),
                &[
                    ("objectClass", "groupOfNames"),
                    ("cn", "staff"),
                    ("member", ADA),
                    ("member", BOB),
                ],
            )
            .await;
        stage
    }

    /// A person with a password.
    pub(crate) async fn person(&self, uid: &str, given: &str, family: &str) {
        let name = format!("uid={uid},ou=people,{BASE}");
        let hash = String::from_utf8(self.hash.clone()).unwrap();
        let (full, mail) = (format!("{given} {family}"), format!("{uid}@example.org"));
        self.add(
            &name,
            &[
                ("objectClass", "inetOrgPerson"),
                ("uid", uid),
                ("cn", &full),
                ("givenName", given),
                ("sn", family),
                ("mail", &mail),
                ("userPassword", &hash),
                (
                    "entryUUID",
                    &format!("00000000-0000-4000-8000-{:012x}", given.len() * 1000 + family.len()),
                ),
            ],
        )
        .await;
    }

    /// Puts an entry into the store.
    pub(crate) async fn add(&self, name: &str, attributes: &[(&str, &str)]) {
        self.add_all(&[(name, attributes)]).await;
    }

    pub(crate) async fn add_all(&self, entries: &[(&str, &[(&str, &str)])]) {
        let unit = entries
            .iter()
            .map(|(name, attributes)| EntryChange::Insert(self.made(name, attributes)));
        self.entries.commit(TREE, unit.collect()).await.unwrap();
    }

    fn made(&self, name: &str, attributes: &[(&str, &str)]) -> NewEntry {
        let schema = &self.directory.schema;
        let mut entry = Entry::default();
        for (attribute, value) in attributes {
            let mut values = entry.values(attribute).to_vec();
            values.push(value.as_bytes().to_vec());
            entry.set(attribute, values);
        }
        let path = schema.path(name.as_bytes()).unwrap();
        NewEntry {
            above: (path != self.directory.base).then(|| Arc::clone(path.above().unwrap().octets())),
            path: Arc::clone(path.octets()),
            name: name.into(),
            indexed: schema.indexed(&entry),
            body: entry.encode().into(),
        }
    }

    /// Writes one attribute of an entry behind the directory's back.
    pub(crate) async fn set(&self, name: &str, attribute: &str, values: &[&str]) {
        let schema = &self.directory.schema;
        let path = schema.path(name.as_bytes()).unwrap();
        let row = self.entries.nearest(TREE, &[path.octets()]).await.unwrap().unwrap();
        let before = Entry::decode(&row.body).unwrap();
        let mut after = before.clone();
        after.set(
            attribute,
            values.iter().map(|value| value.as_bytes().to_vec()).collect(),
        );
        let change = EntryChange::Replace {
            id: row.id,
            version: row.version,
            body: after.encode().into(),
            without: schema.indexed(&before),
            with: schema.indexed(&after),
        };
        self.entries.commit(TREE, vec![change]).await.unwrap();
    }

    /// The values of an attribute as they are kept.
    pub(crate) async fn kept(&self, name: &str, attribute: &str) -> Vec<String> {
        let path = self.directory.schema.path(name.as_bytes()).unwrap();
        let row = self.entries.nearest(TREE, &[path.octets()]).await.unwrap().unwrap();
        let entry = Entry::decode(&row.body).unwrap();
        let values = entry.values(attribute).iter();
        values
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.directory.connect())
    }

    pub(crate) fn root(&self) -> Client {
        Client::new(self.directory.connect_as_root())
    }

    /// A client that has signed in.
    pub(crate) async fn signed_in(&self, name: &str) -> Client {
        let mut client = self.client();
        let answer = client.bind(name, PASSWORD).await;
        assert_eq!(answer.code, ResultCode::SUCCESS, "{name}");
        client
    }

    pub(crate) async fn service(&self) -> Client {
        let account = self.directory.service_account();
        let mut client = self.client();
        let request = bind::simple(MessageId(1), account.dn.as_bytes(), account.password.expose(), &[]);
        assert_eq!(client.ask(&request).await.code, ResultCode::SUCCESS);
        client
    }
}

/// What ends an operation, and the entries before it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: ResultCode,
    pub(crate) matched: String,
    pub(crate) text: String,
    pub(crate) entries: Vec<Shown>,
    /// The last message as it came.
    pub(crate) last: Vec<u8>,
}

/// An entry as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, Vec<String>)>,
}

impl Shown {
    pub(crate) fn values(&self, attribute: &str) -> Vec<&str> {
        let found = self.attributes.iter().find(|(name, _)| name == attribute);
        found
            .map(|(_, values)| values.iter().map(String::as_str).collect())
            .unwrap_or_default()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.attributes.iter().map(|(name, _)| name.as_str()).collect()
    }
}

impl Told {
    pub(crate) fn names(&self) -> Vec<&str> {
        self.entries.iter().map(|entry| entry.name.as_str()).collect()
    }

    /// The value of a response control.
    pub(crate) fn control(&self, oid: &[u8]) -> Option<Vec<u8>> {
        let message = Message::parse(&self.last).unwrap();
        let found = message.controls.find(oid).unwrap()?;
        Some(found.value.unwrap_or_default().to_vec())
    }
}

/// A search in words.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) base: &'a str,
    pub(crate) scope: Scope,
    pub(crate) filter: &'a str,
    pub(crate) attributes: &'a [&'a str],
    pub(crate) size: u32,
    pub(crate) controls: &'a [&'a [u8]],
}

impl<'a> Asked<'a> {
    pub(crate) fn all(filter: &'a str) -> Self {
        Self {
            base: BASE,
            scope: Scope::Subtree,
            filter,
            attributes: &[],
            size: 0,
            controls: &[],
        }
    }

    pub(crate) fn message(&self, id: u32) -> Vec<u8> {
        let attributes: Vec<&[u8]> = self.attributes.iter().map(|name| name.as_bytes()).collect();
        NewSearch {
            base: self.base.as_bytes(),
            scope: self.scope,
            size_limit: self.size,
            time_limit: 0,
            filter: &filter::text::parse(self.filter).unwrap(),
            attributes: &attributes,
        }
        .message(MessageId(id), self.controls)
    }
}

/// The other end of a lane.
pub(crate) struct Client {
    pub(crate) transport: Transport,
    pub(crate) buffer: Vec<u8>,
    last: u32,
}

impl Client {
    pub(crate) fn new(transport: Transport) -> Self {
        Self {
            transport,
            buffer: Vec::new(),
            last: 100,
        }
    }

    /// Sends a request and reads to the end of its answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Told {
        self.transport.write_all(request).await.unwrap();
        self.answer().await
    }

    /// The next message; `None` at the end.
    pub(crate) async fn message(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Ok(Some(header)) = frame::walk(&self.buffer, usize::MAX)
                && header.length <= self.buffer.len()
            {
                let rest = self.buffer.split_off(header.length);
                return Some(std::mem::replace(&mut self.buffer, rest));
            }
            let mut octets = [0; 4096];
            let read = self.transport.read(&mut octets).await.unwrap();
            if read == 0 {
                return None;
            }
            self.buffer.extend_from_slice(&octets[..read]);
        }
    }

    /// Messages up to one that ends an operation.
    pub(crate) async fn answer(&mut self) -> Told {
        let mut entries = Vec::new();
        loop {
            let octets = self.message().await.expect("an answer");
            let message = Message::parse(&octets).unwrap();
            if message.operation.tag == tag::SEARCH_ENTRY {
                let entry = SearchEntry::parse(&message).unwrap();
                let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
                let attributes = entry.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    (text(attribute.description), attribute.values().map(text).collect())
                });
                entries.push(Shown {
                    name: text(entry.dn),
                    attributes: attributes.collect(),
                });
                continue;
            }
            let result = LdapResult::parse(&message).unwrap();
            return Told {
                code: result.code,
                matched: String::from_utf8_lossy(result.matched_dn).into_owned(),
                text: String::from_utf8_lossy(result.diagnostic).into_owned(),
                entries,
                last: octets,
            };
        }
    }

    pub(crate) fn next_id(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// A simple bind that asks for the password policy control.
    pub(crate) async fn bind(&mut self, name: &str, password: &str) -> Told {
        let id = MessageId(self.next_id());
        let asks = control::ppolicy::request();
        self.ask(&bind::simple(id, name.as_bytes(), password.as_bytes(), &[&asks]))
            .await
    }

    pub(crate) async fn search(&mut self, asked: Asked<'_>) -> Told {
        let id = self.next_id();
        self.ask(&asked.message(id)).await
    }

    /// The names a filter finds, in order.
    pub(crate) async fn found(&mut self, filter: &str) -> Vec<String> {
        let told = self.search(Asked::all(filter)).await;
        assert_eq!(told.code, ResultCode::SUCCESS, "{filter}: {}", told.text);
        let mut names: Vec<String> = told.entries.into_iter().map(|entry| entry.name).collect();
        names.sort();
        names
    }
}
