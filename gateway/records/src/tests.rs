//! One suite over the port, run on both engines; what only one of them has stands beside it.

mod contention;
mod kill;
mod model;
mod paging;
mod port;
pub(crate) mod postgres_server;
mod reservations;
mod resets;
mod resets_counted;
mod resets_together;
mod sqlite_file;
mod units;
mod values;

use crate::{SqliteSettings, Store, StoreSettings};
use postern_identity::records::{
    Entries, EntryChange, EntryRow, Indexed, NewEntry, Page, Reach, RecordsError, Selection, Wanted,
};
use std::sync::Arc;
use tempfile::TempDir;

/// The same facts of both engines.
macro_rules! on_both {
    ($($fact:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $fact() {
                let store = crate::tests::on_sqlite().await;
                super::$fact(&store.store).await;
                store.store.close().await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $fact() {
                let store = crate::tests::on_postgres().await;
                super::$fact(&store.store).await;
                store.store.close().await;
            })*
        }
    };
}
pub(crate) use on_both;

pub(crate) struct Opened {
    pub(crate) store: Arc<Store>,
    _folder: Option<TempDir>,
}

pub(crate) async fn on_sqlite() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings::Sqlite(SqliteSettings::new(folder.path().join("store.db")));
    Opened {
        store: open(&settings).await,
        _folder: Some(folder),
    }
}

pub(crate) async fn on_postgres() -> Opened {
    Opened {
        store: open(&StoreSettings::Postgres(postgres_server::fresh().await)).await,
        _folder: None,
    }
}

pub(crate) async fn open(settings: &StoreSettings) -> Arc<Store> {
    Arc::new(Store::open(settings).await.map_err(|error| error.to_string()).unwrap())
}

pub(crate) const TREE: &str = "main";

/// A path of these names, from the root down.
pub(crate) fn path(names: &[&str]) -> Arc<[u8]> {
    names
        .iter()
        .flat_map(|name| [name.as_bytes(), b"\0"].concat())
        .collect()
}

/// An entry at a path, named by it, with what it is found by.
pub(crate) fn new(names: &[&str], found_by: &[(&str, &str)]) -> NewEntry {
    let above = names
        .split_last()
        .map(|(_, above)| above)
        .filter(|above| !above.is_empty());
    let written: Vec<&str> = names.iter().rev().copied().collect();
    NewEntry {
        path: path(names),
        above: above.map(path),
        name: Arc::from(written.join(",")),
        body: Arc::from(format!("body of {}", names.last().unwrap()).as_bytes()),
        indexed: found_by
            .iter()
            .map(|(attribute, value)| indexed(attribute, value))
            .collect(),
    }
}

pub(crate) fn insert(names: &[&str], found_by: &[(&str, &str)]) -> EntryChange {
    EntryChange::Insert(new(names, found_by))
}

pub(crate) fn replace(row: &EntryRow, body: &str, without: &[(&str, &str)], with: &[(&str, &str)]) -> EntryChange {
    let values = |values: &[(&str, &str)]| {
        values
            .iter()
            .map(|(attribute, value)| indexed(attribute, value))
            .collect()
    };
    EntryChange::Replace {
        id: row.id,
        version: row.version,
        body: Arc::from(body.as_bytes()),
        without: values(without),
        with: values(with),
    }
}

pub(crate) fn delete(row: &EntryRow) -> EntryChange {
    EntryChange::Delete {
        id: row.id,
        version: row.version,
    }
}

pub(crate) fn indexed(attribute: &str, value: &str) -> Indexed {
    Indexed {
        attribute: Arc::from(attribute),
        value: Arc::from(value.as_bytes()),
    }
}

pub(crate) fn equal(attribute: &str, value: &str) -> Selection {
    Selection::Equal(indexed(attribute, value))
}

pub(crate) fn between(attribute: &str, from: &str, to: Option<&str>) -> Selection {
    let to = to.map(|to| Arc::from(to.as_bytes()));
    Selection::Between {
        attribute: Arc::from(attribute),
        from: Arc::from(from.as_bytes()),
        to,
    }
}

pub(crate) fn wanted(reach: Reach, by: Selection, limit: u32) -> Wanted {
    Wanted {
        reach,
        by,
        after: None,
        limit,
    }
}

/// Every page to the last, and how many there were.
pub(crate) async fn all(store: &Store, mut wanted: Wanted) -> (Vec<EntryRow>, usize) {
    let (mut rows, mut pages) = (Vec::new(), 0);
    loop {
        let Page { rows: some, next } = store.select(TREE, &wanted).await.unwrap();
        assert!(
            some.len() <= wanted.limit as usize,
            "a page is no longer than was asked for"
        );
        rows.extend(some);
        pages += 1;
        assert!(pages < 10_000, "the pages come to an end");
        match next {
            None => return (rows, pages),
            next => wanted.after = next,
        }
    }
}

/// The names found by this, sorted.
pub(crate) async fn names(store: &Store, reach: Reach, by: Selection) -> Vec<String> {
    let mut names: Vec<String> = all(store, wanted(reach, by, 7))
        .await
        .0
        .iter()
        .map(|row| row.name.to_string())
        .collect();
    names.sort();
    names
}

/// The entry at a path.
pub(crate) async fn at(store: &Store, names: &[&str]) -> Option<EntryRow> {
    store
        .select(TREE, &wanted(Reach::Only(path(names)), Selection::Place, 1))
        .await
        .unwrap()
        .rows
        .pop()
}

pub(crate) async fn commit(store: &Store, unit: Vec<EntryChange>) -> Result<(), RecordsError> {
    store.commit(TREE, unit).await
}

/// `o=root` with `ou=a` and `ou=b`, and three people below `ou=a`.
pub(crate) async fn plant(store: &Store) {
    let unit = vec![
        insert(&["o=root"], &[("class", "top")]),
        insert(&["o=root", "ou=a"], &[("class", "unit")]),
        insert(&["o=root", "ou=b"], &[("class", "unit")]),
        insert(
            &["o=root", "ou=a", "cn=1"],
            &[("class", "person"), ("mail", "one@a"), ("mail", "uno@a")],
        ),
        insert(&["o=root", "ou=a", "cn=2"], &[("class", "person"), ("mail", "two@a")]),
        insert(&["o=root", "ou=a", "cn=3"], &[("class", "person")]),
    ];
    commit(store, unit).await.unwrap();
}
