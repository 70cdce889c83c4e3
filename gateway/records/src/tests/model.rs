//! Random units, done by a store and by a map. Both must answer and hold the same.

use super::{TREE, all, names, open, path, wanted};
use crate::{SqliteSettings, Store, StoreSettings};
use postern_identity::records::{Entries, EntryChange, EntryRow, Indexed, NewEntry, Reach, RecordsError, Selection};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Octets of a path, with what stands there.
type Model = BTreeMap<Vec<u8>, Kept>;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    id: i64,
    version: i64,
    name: String,
    body: Vec<u8>,
    found_by: BTreeSet<Indexed>,
}

/// A change of something that may be there: what is meant by which entry is found when its turn comes.
#[derive(Debug, Clone)]
enum Wish {
    Insert {
        at: Vec<u8>,
        values: Vec<u8>,
    },
    Replace {
        at: Vec<u8>,
        stale: bool,
        body: u8,
        without: Vec<u8>,
        with: Vec<u8>,
    },
    Move {
        at: Vec<u8>,
        to: Vec<u8>,
    },
    Delete {
        at: Vec<u8>,
        stale: bool,
    },
    Expect {
        at: Vec<u8>,
        stale: bool,
    },
    Unique {
        value: u8,
        but: Vec<u8>,
    },
}

/// Three names a level, at most four levels: small enough that they meet.
fn place() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..3_u8, 1..5)
}

fn values() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..6_u8, 0..4)
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        5 => (place(), values()).prop_map(|(at, values)| Wish::Insert { at, values }),
        3 => (place(), prop::bool::weighted(0.1), any::<u8>(), values(), values())
            .prop_map(|(at, stale, body, without, with)| Wish::Replace { at, stale, body, without, with }),
        2 => (place(), place()).prop_map(|(at, to)| Wish::Move { at, to }),
        2 => (place(), prop::bool::weighted(0.1)).prop_map(|(at, stale)| Wish::Delete { at, stale }),
        1 => (place(), prop::bool::weighted(0.1)).prop_map(|(at, stale)| Wish::Expect { at, stale }),
        1 => (0..6_u8, place()).prop_map(|(value, but)| Wish::Unique { value, but }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_units_leave_what_a_map_would_hold(units in prop::collection::vec(prop::collection::vec(wish(), 1..4), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let store = open(&StoreSettings::Sqlite(SqliteSettings::new(folder.path().join("store.db")))).await;
            // A root, so that more of the random units can be done.
            let root = change(&Model::new(), &Wish::Insert { at: vec![0], values: vec![] });
            store.commit(TREE, vec![root.clone()]).await.unwrap();
            let mut model = Model::new();
            apply(&mut model, &root).unwrap();
            adopt(&mut model, &rows(&store).await);
            for wishes in &units {
                let unit: Vec<EntryChange> = wishes.iter().map(|wish| change(&model, wish)).collect();
                let mut after = model.clone();
                let expected = unit.iter().try_for_each(|change| apply(&mut after, change));
                let inserts = unit.windows(2).any(|two| matches!(two, [EntryChange::Insert(_), EntryChange::Insert(_)]));
                match (store.commit(TREE, unit).await, expected) {
                    // Of inserts in a row that cannot be made for two reasons, either is told.
                    (Err(RecordsError::NothingAbove), Err(RecordsError::Taken)) if inserts => {}
                    (done, expected) => prop_assert_eq!(done, expected),
                }
                if expected.is_ok() {
                    model = after;
                    adopt(&mut model, &rows(&store).await);
                }
                compare(&store, &model).await?;
            }
            store.close().await;
            Ok(())
        })?;
    }
}

async fn rows(store: &Store) -> Vec<EntryRow> {
    all(store, wanted(Reach::Within(path(&[])), Selection::Place, 10))
        .await
        .0
}

/// New entries get ids and changed ones versions; which, only the store knows.
fn adopt(model: &mut Model, rows: &[EntryRow]) {
    for row in rows {
        if let Some(kept) = model.get_mut(&*row.path) {
            if kept.id == 0 {
                kept.id = row.id;
            }
            if kept.version == 0 {
                kept.version = row.version;
            }
        }
    }
}

async fn compare(store: &Store, model: &Model) -> Result<(), TestCaseError> {
    let rows = rows(store).await;
    prop_assert_eq!(rows.len(), model.len());
    prop_assert_eq!(store.count(TREE).await, Ok(model.len() as u64));
    for (row, (path, kept)) in rows.iter().zip(model) {
        prop_assert_eq!(
            (&*row.path, &*row.name, &*row.body),
            (path.as_slice(), kept.name.as_str(), kept.body.as_slice())
        );
        prop_assert_eq!((row.id, row.version), (kept.id, kept.version));
        let below = model
            .keys()
            .any(|other| above(other).as_deref() == Some(path.as_slice()));
        prop_assert_eq!(store.has_children(TREE, row.id).await, Ok(below));
    }
    for value in 0..6 {
        let by = Selection::Equal(found_by(value));
        let mut expected: Vec<String> = model
            .values()
            .filter(|kept| kept.found_by.contains(&found_by(value)))
            .map(|kept| kept.name.clone())
            .collect();
        expected.sort();
        prop_assert_eq!(names(store, Reach::Within(path(&[])), by).await, expected);
    }
    Ok(())
}

fn change(model: &Model, wish: &Wish) -> EntryChange {
    let found = |values: &[u8]| values.iter().map(|value| found_by(*value)).collect();
    let meant = |at: &[u8], stale: bool| {
        let kept = model.get(&octets(at));
        (
            kept.map_or(999_999, |kept| kept.id),
            // Not the next one: that is what it has after an earlier step of the same unit.
            kept.map_or(1, |kept| kept.version) - 1_000 * i64::from(stale),
        )
    };
    match wish {
        Wish::Insert { at, values } => EntryChange::Insert(NewEntry {
            path: octets(at).into(),
            above: above(&octets(at)).map(Into::into),
            name: Arc::from(name(at)),
            body: Arc::from(&b"new"[..]),
            indexed: found(values),
        }),
        Wish::Replace {
            at,
            stale,
            body,
            without,
            with,
        } => {
            let (id, version) = meant(at, *stale);
            // What is both taken and added stays: taken first, added then.
            EntryChange::Replace {
                id,
                version,
                body: Arc::from([*body].as_slice()),
                without: found(without),
                with: found(with),
            }
        }
        Wish::Move { at, to } => {
            let (id, version) = meant(at, false);
            EntryChange::Move {
                id,
                version,
                path: octets(to).into(),
                above: above(&octets(to)).map(Into::into),
                name: Arc::from(name(to)),
            }
        }
        Wish::Delete { at, stale } => {
            let (id, version) = meant(at, *stale);
            EntryChange::Delete { id, version }
        }
        Wish::Expect { at, stale } => {
            let (id, version) = meant(at, *stale);
            EntryChange::Expect { id, version }
        }
        Wish::Unique { value, but } => EntryChange::Unique {
            indexed: found_by(*value),
            but: model.get(&octets(but)).map(|kept| kept.id),
        },
    }
}

/// What the port says, done to a map. A version or id of 0 is not known yet.
fn apply(model: &mut Model, change: &EntryChange) -> Result<(), RecordsError> {
    let same = |model: &Model, id: i64, version: i64| {
        let found = model
            .iter()
            .find(|(_, kept)| kept.id == id && kept.version == version && id != 0 && version != 0);
        found.map(|(path, _)| path.clone()).ok_or(RecordsError::Changed)
    };
    match change {
        EntryChange::Insert(new) => {
            if new.above.as_ref().is_some_and(|above| !model.contains_key(&**above)) {
                return Err(RecordsError::NothingAbove);
            }
            if model.contains_key(&*new.path) {
                return Err(RecordsError::Taken);
            }
            let found_by = new.indexed.iter().cloned().collect();
            let kept = Kept {
                id: 0,
                version: 0,
                name: new.name.to_string(),
                body: new.body.to_vec(),
                found_by,
            };
            model.insert(new.path.to_vec(), kept);
        }
        EntryChange::Replace {
            id,
            version,
            body,
            without,
            with,
        } => {
            let kept = model.get_mut(&same(model, *id, *version)?).unwrap();
            kept.body = body.to_vec();
            kept.version = 0;
            kept.found_by.retain(|value| !without.contains(value));
            kept.found_by.extend(with.iter().cloned());
        }
        EntryChange::Apart { .. } => unreachable!("none is among these"),
        EntryChange::Move {
            id,
            version,
            path,
            above,
            name,
        } => {
            let from = same(model, *id, *version)?;
            if above
                .as_ref()
                .is_some_and(|above| above.starts_with(&from) || !model.contains_key(&**above))
            {
                return Err(RecordsError::NothingAbove);
            }
            if **path != *from && model.contains_key(&**path) {
                return Err(RecordsError::Taken);
            }
            let old_name = model[&from].name.clone();
            let moving: Vec<Vec<u8>> = model.keys().filter(|path| path.starts_with(&from)).cloned().collect();
            let taken: Vec<(Vec<u8>, Kept)> = moving
                .iter()
                .map(|path| (path.clone(), model.remove(path).unwrap()))
                .collect();
            for (old, mut kept) in taken {
                kept.version = 0;
                kept.name = format!("{}{name}", kept.name.strip_suffix(&old_name).unwrap());
                model.insert([&**path, &old[from.len()..]].concat(), kept);
            }
        }
        EntryChange::Delete { id, version } => {
            let path = same(model, *id, *version)?;
            if model
                .keys()
                .any(|other| above(other).as_deref() == Some(path.as_slice()))
            {
                return Err(RecordsError::NotALeaf);
            }
            model.remove(&path);
        }
        EntryChange::Expect { id, version } => drop(same(model, *id, *version)?),
        EntryChange::Unique { indexed, but } => {
            if model
                .values()
                .any(|kept| kept.found_by.contains(indexed) && (Some(kept.id) != *but || kept.id == 0))
            {
                return Err(RecordsError::Taken);
            }
        }
    }
    Ok(())
}

fn octets(at: &[u8]) -> Vec<u8> {
    at.iter()
        .flat_map(|name| [b"n=", [b'a' + name].as_slice(), b"\0"].concat())
        .collect()
}

fn name(at: &[u8]) -> String {
    let names: Vec<String> = at
        .iter()
        .rev()
        .map(|name| format!("N = {}", char::from(b'a' + name)))
        .collect();
    names.join(",")
}

fn above(path: &[u8]) -> Option<Vec<u8>> {
    let end = path.strip_suffix(b"\0")?.iter().rposition(|octet| *octet == 0)?;
    Some(path[..=end].to_vec())
}

fn found_by(value: u8) -> Indexed {
    Indexed {
        attribute: Arc::from(if value < 3 { "low" } else { "high" }),
        value: Arc::from([value].as_slice()),
    }
}
