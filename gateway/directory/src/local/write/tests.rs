//! Writes over the port in memory.

mod as_slapd;
mod concurrency;
mod controls;
mod integrity;
mod load;
mod members;
mod model;
mod passwords;
mod provisioning;
mod rights;
mod store;

use crate::local::password::{Cost, Hasher, HasherSettings};
use crate::local::schema::Schema;
use crate::local::session::{Actor, Session};
use crate::local::tests::memory::MemoryEntries;
use crate::local::{LocalDirectory, LocalSettings};
use crate::local::{entry::Entry, write::load::Loader};
use postern_identity::clock::FixedClock;
use postern_identity::records::EntryRow;
use postern_identity::{Clock, DirectoryName};
use postern_ldap::ber::Writer;
use postern_ldap::change::{self, NewChange};
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, MessageId, answer, entry, tag};
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

pub(super) const BASE: &str = "dc=example,dc=org";
pub(super) const NOW: &str = "2026-11-22T12:00:00Z";
pub(super) const ADD: u32 = 0;
pub(super) const DELETE: u32 = 1;
pub(super) const REPLACE: u32 = 2;

/// A directory with its base entry, and how it keeps it.
pub(super) struct House {
    pub(super) directory: Arc<LocalDirectory>,
    pub(super) entries: Arc<MemoryEntries>,
}

/// An answer, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) code: u32,
    pub(super) matched: String,
    pub(super) text: String,
    /// OID and value of each control.
    pub(super) controls: Vec<(Vec<u8>, Vec<u8>)>,
    /// What follows the result.
    pub(super) rest: Vec<u8>,
}

/// One attribute of an add.
pub(super) type Given<'a> = (&'a str, &'a [&'a str]);

impl House {
    /// One whose administrator is `uid=boss,ou=people`, with a person alice besides.
    pub(super) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(super) async fn with(set: impl FnOnce(&mut LocalSettings)) -> Self {
        let house = Self::empty(set);
        house
            .load(
                BASE,
                &[("objectClass", &["dcObject", "organization"]), ("o", &["Example"])],
            )
            .await;
        for unit in ["people", "groups", "policies"] {
            let unit = format!("ou={unit},{BASE}");
            house.load(&unit, &[("objectClass", &["organizationalUnit"])]).await;
        }
        for uid in ["boss", "alice"] {
            house.person(uid).await;
        }
        house
    }

    pub(super) fn empty(set: impl FnOnce(&mut LocalSettings)) -> Self {
        static HASHER: OnceLock<Arc<Hasher>> = OnceLock::new();
        let hasher = HASHER.get_or_init(|| {
            Hasher::start(HasherSettings {
                threads: NonZeroUsize::new(2),
                cost: Cost::new(8, 1, 1).unwrap(),
                ..HasherSettings::default()
            })
        });
        let name = DirectoryName("main".into());
        let mut settings = LocalSettings::new(name, BASE);
        settings.administrators = vec![format!("uid=boss,ou=people,{BASE}")];
        set(&mut settings);
        let entries = MemoryEntries::new();
        let clock: Arc<dyn Clock> = Arc::new(FixedClock(NOW.parse().unwrap()));
        let directory = LocalDirectory::new(
            settings,
            Schema::standard(),
            Arc::clone(&entries) as _,
            Arc::clone(hasher),
            clock,
        );
        Self {
            directory: directory.unwrap(),
            entries,
        }
    }

    pub(super) async fn person(&self, uid: &str) {
        let dn = person(uid);
        let given: &[Given<'_>] = &[("objectClass", &["inetOrgPerson"]), ("cn", &[uid]), ("sn", &[uid])];
        self.load(&dn, given).await;
    }

    /// Puts an entry there, or fails.
    pub(super) async fn load(&self, dn: &str, given: &[Given<'_>]) {
        let mut loader = Loader::new(&self.directory);
        loader.take(1, dn, owned(given)).await.unwrap();
        assert_eq!(loader.finish().await, Ok(1));
    }

    /// Somebody who has signed in.
    pub(super) fn session(&self, dn: &str) -> Session {
        self.session_of(dn, false)
    }

    pub(super) fn boss(&self) -> Session {
        self.session(&person("boss"))
    }

    pub(super) fn session_of(&self, dn: &str, must_change: bool) -> Session {
        let row = self.row(dn).expect("there is such an account");
        Session::new(Actor::Account {
            id: row.id,
            path: self.directory.schema.path(dn.as_bytes()).unwrap(),
            name: row.name,
            must_change,
        })
    }

    pub(super) fn row(&self, dn: &str) -> Option<EntryRow> {
        let path = self.directory.schema.path(dn.as_bytes()).unwrap();
        let rows = self.entries.all("main");
        rows.into_iter().find(|row| row.path == *path.octets())
    }

    pub(super) fn entry(&self, dn: &str) -> Entry {
        Entry::decode(&self.row(dn).expect("there is such an entry").body).unwrap()
    }

    pub(super) fn values(&self, dn: &str, key: &str) -> Vec<String> {
        let entry = self.entry(dn);
        let values = entry.values(key).iter();
        values
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect()
    }

    pub(super) async fn ask(&self, session: &Session, request: &[u8]) -> Said {
        let message = Message::parse(request).unwrap();
        let octets = match message.operation.tag {
            tag::ADD_REQUEST => self.directory.add(session, &message).await,
            tag::MODIFY_REQUEST => self.directory.modify(session, &message).await,
            tag::MODIFY_DN_REQUEST => self.directory.modify_dn(session, &message).await,
            tag::DELETE_REQUEST => self.directory.delete(session, &message).await,
            _ => self.directory.modify_password(session, &message).await,
        };
        let answer = Message::parse(&octets).unwrap();
        assert_eq!(answer.id, message.id);
        assert_eq!(Some(answer.operation.tag), tag::response_to(message.operation.tag));
        let result = LdapResult::parse(&answer).unwrap();
        Said {
            code: result.code.0,
            matched: String::from_utf8(result.matched_dn.to_vec()).unwrap(),
            text: String::from_utf8(result.diagnostic.to_vec()).unwrap(),
            controls: answer
                .controls
                .iter()
                .map(|control| control.unwrap())
                .map(|control| (control.oid.to_vec(), control.value.unwrap_or_default().to_vec()))
                .collect(),
            rest: result.rest.to_vec(),
        }
    }

    pub(super) async fn add(&self, session: &Session, dn: &str, given: &[Given<'_>]) -> u32 {
        self.ask(session, &add(dn, given, &[])).await.code
    }

    pub(super) async fn modify(&self, session: &Session, dn: &str, changes: &[(u32, &str, &[&str])]) -> u32 {
        self.ask(session, &modify(dn, changes, &[])).await.code
    }

    pub(super) async fn rename(&self, session: &Session, dn: &str, rdn: &str, above: Option<&str>) -> u32 {
        self.ask(session, &rename(dn, rdn, true, above, &[])).await.code
    }

    pub(super) async fn delete(&self, session: &Session, dn: &str) -> u32 {
        self.ask(session, &delete(dn, &[])).await.code
    }
}

pub(super) fn person(uid: &str) -> String {
    format!("uid={uid},ou=people,{BASE}")
}

pub(super) fn group(cn: &str) -> String {
    format!("cn={cn},ou=groups,{BASE}")
}

pub(super) fn owned(given: &[Given<'_>]) -> Vec<(String, Vec<Vec<u8>>)> {
    let values = |values: &[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect();
    given
        .iter()
        .map(|(name, given)| ((*name).to_owned(), values(given)))
        .collect()
}

pub(super) fn add(dn: &str, given: &[Given<'_>], controls: &[&[u8]]) -> Vec<u8> {
    let mut content = Writer::new();
    content.octets(dn.as_bytes()).nested(tag::SEQUENCE, |list| {
        for (name, values) in given {
            entry::encode(list, name.as_bytes(), values);
        }
    });
    answer::message(MessageId(7), tag::ADD_REQUEST, &content.finish(), controls)
}

pub(super) fn modify(dn: &str, changes: &[(u32, &str, &[&str])], controls: &[&[u8]]) -> Vec<u8> {
    let octets = |values: &[&str]| -> Vec<Vec<u8>> { values.iter().map(|value| value.as_bytes().to_vec()).collect() };
    let values: Vec<Vec<Vec<u8>>> = changes.iter().map(|(_, _, values)| octets(values)).collect();
    let values: Vec<Vec<&[u8]>> = values
        .iter()
        .map(|values| values.iter().map(Vec::as_slice).collect())
        .collect();
    let changes: Vec<NewChange<'_>> = changes
        .iter()
        .zip(&values)
        .map(|((operation, attribute, _), values)| NewChange {
            operation: *operation,
            attribute: attribute.as_bytes(),
            values,
        })
        .collect();
    change::modify(MessageId(7), dn.as_bytes(), &changes, controls)
}

pub(super) fn rename(dn: &str, rdn: &str, deletes_old: bool, above: Option<&str>, controls: &[&[u8]]) -> Vec<u8> {
    let mut content = Writer::new();
    content
        .octets(dn.as_bytes())
        .octets(rdn.as_bytes())
        .boolean(deletes_old);
    if let Some(above) = above {
        content.element(0x80, above.as_bytes());
    }
    answer::message(MessageId(7), tag::MODIFY_DN_REQUEST, &content.finish(), controls)
}

pub(super) fn delete(dn: &str, controls: &[&[u8]]) -> Vec<u8> {
    answer::message(MessageId(7), tag::DELETE_REQUEST, dn.as_bytes(), controls)
}
