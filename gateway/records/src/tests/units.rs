//! What a unit does, and what it does not do when it cannot be done whole.

use super::{TREE, at, commit, delete, equal, indexed, insert, names, new, on_both, path, plant, replace};
use crate::{LARGEST_BODY, LONGEST_PATH, LONGEST_VALUE, Store};
use postern_identity::records::{Entries, EntryChange, EntryRow, NewEntry, Reach, RecordsError, Selection};
use std::sync::Arc;

on_both! {
    a_place_is_taken_once_and_has_something_above_it,
    a_unit_is_done_whole_or_not_at_all,
    a_change_of_what_was_changed_meanwhile_is_refused,
    a_replacement_is_found_by_what_it_has_now,
    an_entry_with_others_below_it_stays,
    what_is_deleted_is_found_by_nothing_and_its_id_is_never_used_again,
    a_subtree_moves_with_all_below_it,
    a_subtree_moves_only_where_there_is_room_for_it,
    a_value_is_unique_or_the_unit_is_not_done,
    thousands_of_entries_are_one_unit,
    thousands_of_values_are_unique_in_one_unit,
    what_is_too_large_is_refused,
    changes_are_done_in_order,
}

async fn a_place_is_taken_once_and_has_something_above_it(store: &Store) {
    plant(store).await;
    assert_eq!(
        commit(store, vec![insert(&["o=root", "ou=a"], &[])]).await,
        Err(RecordsError::Taken)
    );
    assert_eq!(
        commit(store, vec![insert(&["o=root"], &[])]).await,
        Err(RecordsError::Taken)
    );
    assert_eq!(
        commit(store, vec![insert(&["o=root", "ou=z", "cn=1"], &[])]).await,
        Err(RecordsError::NothingAbove)
    );
    let twice = vec![insert(&["o=root", "cn=x"], &[]), insert(&["o=root", "cn=x"], &[])];
    assert_eq!(commit(store, twice).await, Err(RecordsError::Taken));
    let upside_down = vec![
        insert(&["o=root", "ou=y", "cn=1"], &[]),
        insert(&["o=root", "ou=y"], &[]),
    ];
    assert_eq!(commit(store, upside_down).await, Err(RecordsError::NothingAbove));
    assert_eq!(store.count(TREE).await, Ok(6));
    assert_eq!(commit(store, vec![]).await, Ok(()));
}

async fn a_unit_is_done_whole_or_not_at_all(store: &Store) {
    plant(store).await;
    let (one, two) = (
        at(store, &["o=root", "ou=a", "cn=1"]).await.unwrap(),
        at(store, &["o=root", "ou=a", "cn=2"]).await.unwrap(),
    );
    let unit = vec![
        insert(&["o=root", "cn=new"], &[("class", "new")]),
        replace(&one, "changed", &[("class", "person")], &[("class", "changed")]),
        delete(&two),
        EntryChange::Expect {
            id: one.id,
            version: one.version,
        },
    ];
    assert_eq!(commit(store, unit).await, Err(RecordsError::Changed));
    assert_eq!(at(store, &["o=root", "cn=new"]).await, None);
    assert_eq!(at(store, &["o=root", "ou=a", "cn=1"]).await, Some(one));
    assert_eq!(at(store, &["o=root", "ou=a", "cn=2"]).await, Some(two));
    let everywhere = || Reach::Within(path(&[]));
    assert_eq!(names(store, everywhere(), equal("class", "person")).await.len(), 3);
    assert_eq!(names(store, everywhere(), equal("class", "changed")).await.len(), 0);
    assert_eq!(names(store, everywhere(), equal("class", "new")).await.len(), 0);
}

async fn a_change_of_what_was_changed_meanwhile_is_refused(store: &Store) {
    plant(store).await;
    let old = at(store, &["o=root", "ou=a", "cn=1"]).await.unwrap();
    assert_eq!(
        commit(
            store,
            vec![EntryChange::Expect {
                id: old.id,
                version: old.version
            }]
        )
        .await,
        Ok(())
    );
    commit(store, vec![replace(&old, "x", &[], &[])]).await.unwrap();
    let moved = || EntryChange::Move {
        id: old.id,
        version: old.version,
        path: path(&["o=root", "cn=1"]),
        above: Some(path(&["o=root"])),
        name: Arc::from("cn=1,o=root"),
    };
    for change in [
        replace(&old, "y", &[], &[]),
        delete(&old),
        moved(),
        EntryChange::Expect {
            id: old.id,
            version: old.version,
        },
    ] {
        assert_eq!(commit(store, vec![change]).await, Err(RecordsError::Changed));
    }
    let now = at(store, &["o=root", "ou=a", "cn=1"]).await.unwrap();
    assert_eq!((&*now.body, now.id), (&b"x"[..], old.id));
    assert_ne!(now.version, old.version);
    let none = EntryRow { id: i64::MAX, ..now };
    assert_eq!(
        commit(store, vec![replace(&none, "y", &[], &[])]).await,
        Err(RecordsError::Changed)
    );
}

async fn a_replacement_is_found_by_what_it_has_now(store: &Store) {
    plant(store).await;
    let one = at(store, &["o=root", "ou=a", "cn=1"]).await.unwrap();
    let unit = vec![replace(
        &one,
        "now",
        &[("mail", "one@a"), ("mail", "none@a")],
        &[("mail", "ein@a"), ("mail", "uno@a")],
    )];
    commit(store, unit).await.unwrap();
    let root = || Reach::Within(path(&["o=root"]));
    assert_eq!(names(store, root(), equal("mail", "one@a")).await.len(), 0);
    assert_eq!(names(store, root(), equal("mail", "uno@a")).await.len(), 1);
    assert_eq!(names(store, root(), equal("mail", "ein@a")).await.len(), 1);
    assert_eq!(&*at(store, &["o=root", "ou=a", "cn=1"]).await.unwrap().body, b"now");
}

async fn an_entry_with_others_below_it_stays(store: &Store) {
    plant(store).await;
    let a = at(store, &["o=root", "ou=a"]).await.unwrap();
    assert_eq!(commit(store, vec![delete(&a)]).await, Err(RecordsError::NotALeaf));
    let b = at(store, &["o=root", "ou=b"]).await.unwrap();
    assert_eq!(commit(store, vec![delete(&b)]).await, Ok(()));
    assert_eq!(at(store, &["o=root", "ou=b"]).await, None);
}

async fn what_is_deleted_is_found_by_nothing_and_its_id_is_never_used_again(store: &Store) {
    plant(store).await;
    let three = at(store, &["o=root", "ou=a", "cn=3"]).await.unwrap();
    commit(store, vec![delete(&three)]).await.unwrap();
    assert_eq!(
        names(store, Reach::Within(path(&[])), equal("class", "person"))
            .await
            .len(),
        2
    );
    commit(store, vec![insert(&["o=root", "ou=a", "cn=3"], &[])])
        .await
        .unwrap();
    assert!(at(store, &["o=root", "ou=a", "cn=3"]).await.unwrap().id > three.id);
}

async fn a_subtree_moves_with_all_below_it(store: &Store) {
    plant(store).await;
    let a = at(store, &["o=root", "ou=a"]).await.unwrap();
    let two = at(store, &["o=root", "ou=a", "cn=2"]).await.unwrap();
    let moved = |row: &EntryRow, names: &[&str]| {
        let new = new(names, &[]);
        EntryChange::Move {
            id: row.id,
            version: row.version,
            path: new.path,
            above: new.above,
            name: new.name,
        }
    };
    commit(store, vec![moved(&a, &["o=root", "ou=b", "ou=longer"])])
        .await
        .unwrap();
    let below = Reach::Within(path(&["o=root", "ou=b"]));
    let there = [
        "cn=1,ou=longer,ou=b,o=root",
        "cn=2,ou=longer,ou=b,o=root",
        "cn=3,ou=longer,ou=b,o=root",
        "ou=b,o=root",
        "ou=longer,ou=b,o=root",
    ];
    assert_eq!(names(store, below.clone(), Selection::Place).await, there);
    assert_eq!(names(store, below, equal("class", "person")).await.len(), 3);
    assert_eq!(
        names(store, Reach::Children(path(&["o=root"])), Selection::Place).await,
        ["ou=b,o=root"]
    );
    assert_eq!(at(store, &["o=root", "ou=a"]).await, None);
    let two_now = at(store, &["o=root", "ou=b", "ou=longer", "cn=2"]).await.unwrap();
    assert_eq!((two_now.id, &*two_now.body), (two.id, &*two.body));
    assert_ne!(two_now.version, two.version, "its name is another");
    // And a tree's first, to a shorter name; and a name that differs in nothing but how it is written.
    let root = at(store, &["o=root"]).await.unwrap();
    commit(store, vec![moved(&root, &["o=r"])]).await.unwrap();
    let root = at(store, &["o=r"]).await.unwrap();
    assert_eq!(
        &*at(store, &["o=r", "ou=b", "ou=longer", "cn=2"]).await.unwrap().name,
        "cn=2,ou=longer,ou=b,o=r"
    );
    let written = EntryChange::Move {
        id: root.id,
        version: root.version,
        path: path(&["o=r"]),
        above: None,
        name: Arc::from("O = R"),
    };
    commit(store, vec![written]).await.unwrap();
    assert_eq!(
        &*at(store, &["o=r", "ou=b", "ou=longer", "cn=2"]).await.unwrap().name,
        "cn=2,ou=longer,ou=b,O = R"
    );
}

async fn a_subtree_moves_only_where_there_is_room_for_it(store: &Store) {
    plant(store).await;
    let a = at(store, &["o=root", "ou=a"]).await.unwrap();
    let to = |names: &[&str]| {
        let new = new(names, &[]);
        vec![EntryChange::Move {
            id: a.id,
            version: a.version,
            path: new.path,
            above: new.above,
            name: new.name,
        }]
    };
    assert_eq!(commit(store, to(&["o=root", "ou=b"])).await, Err(RecordsError::Taken));
    assert_eq!(
        commit(store, to(&["o=root", "ou=z", "ou=a"])).await,
        Err(RecordsError::NothingAbove)
    );
    assert_eq!(
        commit(store, to(&["o=root", "ou=a", "ou=a"])).await,
        Err(RecordsError::NothingAbove),
        "not below itself"
    );
    assert_eq!(
        commit(store, to(&["o=root", "ou=a", "cn=1", "ou=a"])).await,
        Err(RecordsError::NothingAbove)
    );
    let long = "x".repeat(LONGEST_PATH - 10);
    assert_eq!(commit(store, to(&["o=root", &long])).await, Err(RecordsError::TooLarge));
    let fits_itself = "x".repeat(LONGEST_PATH - "o=root\0\0".len());
    assert_eq!(
        commit(store, to(&["o=root", &fits_itself])).await,
        Err(RecordsError::TooLarge),
        "what is below it would not"
    );
    assert_eq!(at(store, &["o=root", "ou=a"]).await, Some(a));
}

async fn a_value_is_unique_or_the_unit_is_not_done(store: &Store) {
    plant(store).await;
    let unique = |but| EntryChange::Unique {
        indexed: indexed("mail", "two@a"),
        but,
    };
    let two = at(store, &["o=root", "ou=a", "cn=2"]).await.unwrap();
    let taken = vec![unique(None), insert(&["o=root", "cn=x"], &[("mail", "two@a")])];
    assert_eq!(commit(store, taken).await, Err(RecordsError::Taken));
    assert_eq!(
        commit(store, vec![unique(Some(two.id + 1))]).await,
        Err(RecordsError::Taken)
    );
    assert_eq!(commit(store, vec![unique(Some(two.id))]).await, Ok(()));
    commit(
        store,
        vec![
            delete(&two),
            unique(None),
            insert(&["o=root", "cn=x"], &[("mail", "two@a")]),
        ],
    )
    .await
    .unwrap();
    assert_eq!(
        names(store, Reach::Within(path(&[])), equal("mail", "two@a")).await,
        ["cn=x,o=root"]
    );
    assert_eq!(
        commit(store, vec![unique(Some(two.id))]).await,
        Err(RecordsError::Taken)
    );
}

async fn thousands_of_values_are_unique_in_one_unit(store: &Store) {
    commit(store, vec![insert(&["o=root"], &[])]).await.unwrap();
    let unit = |from: usize| {
        let values = |number: usize| (0..10).map(move |more| indexed("mail", &format!("{number}-{more}@a")));
        let unique = (from..from + 2_000).flat_map(values);
        let unique = unique.map(|indexed| EntryChange::Unique { indexed, but: None });
        let entries = (from..from + 2_000).map(|number| {
            let mut new = new(&["o=root", &format!("cn={number}")], &[]);
            new.indexed = values(number).collect();
            EntryChange::Insert(new)
        });
        unique.chain(entries).collect::<Vec<_>>()
    };
    commit(store, unit(0)).await.unwrap();
    // One value of the last entry is taken.
    let mut taken = unit(2_000);
    if let Some(EntryChange::Insert(last)) = taken.last_mut() {
        last.indexed.push(indexed("mail", "7-7@a"));
    }
    let unique = EntryChange::Unique {
        indexed: indexed("mail", "7-7@a"),
        but: None,
    };
    taken.insert(20_000, unique);
    assert_eq!(commit(store, taken).await, Err(RecordsError::Taken));
    assert_eq!(store.count(TREE).await, Ok(2_001));
    assert_eq!(commit(store, unit(2_000)).await, Ok(()));
}

async fn thousands_of_entries_are_one_unit(store: &Store) {
    let below = |number: usize| {
        let found_by = [("class", "person".to_owned()), ("mail", format!("{number}@a"))];
        let found_by: Vec<(&str, &str)> = found_by
            .iter()
            .map(|(attribute, value)| (*attribute, value.as_str()))
            .collect();
        insert(
            &["o=root", &format!("ou={}", number % 10), &format!("cn={number}")],
            &found_by,
        )
    };
    let mut unit = vec![insert(&["o=root"], &[])];
    unit.extend((0..10).map(|number| insert(&["o=root", &format!("ou={number}")], &[])));
    unit.extend((0..3_333).map(below));
    unit.push(insert(&["o=root", "ou=nowhere", "cn=1"], &[]));
    assert_eq!(commit(store, unit.clone()).await, Err(RecordsError::NothingAbove));
    assert_eq!(store.count(TREE).await, Ok(0));
    unit.pop();
    assert_eq!(commit(store, unit).await, Ok(()));
    assert_eq!(store.count(TREE).await, Ok(3_344));
    assert_eq!(
        names(store, Reach::Within(path(&["o=root"])), equal("class", "person"))
            .await
            .len(),
        3_333
    );
    assert_eq!(
        names(store, Reach::Children(path(&["o=root", "ou=7"])), Selection::Place)
            .await
            .len(),
        333
    );
    assert_eq!(
        names(store, Reach::Within(path(&["o=root"])), equal("mail", "3332@a")).await,
        ["cn=3332,ou=2,o=root"]
    );
}

async fn what_is_too_large_is_refused(store: &Store) {
    commit(store, vec![insert(&["o=root"], &[])]).await.unwrap();
    let long = |octets: usize| "x".repeat(octets);
    let put = |entry: NewEntry| vec![EntryChange::Insert(entry)];
    let body = NewEntry {
        body: Arc::from(vec![0; LARGEST_BODY + 1]),
        ..new(&["o=root", "cn=body"], &[])
    };
    assert_eq!(commit(store, put(body)).await, Err(RecordsError::TooLarge));
    assert_eq!(
        commit(store, vec![insert(&["o=root", &long(LONGEST_PATH)], &[])]).await,
        Err(RecordsError::TooLarge)
    );
    assert_eq!(
        commit(
            store,
            vec![insert(&["o=root", "cn=x"], &[("a", &long(LONGEST_VALUE + 1))])]
        )
        .await,
        Err(RecordsError::TooLarge)
    );
    // As large as may be is kept, by both engines, also where nothing can be pressed together.
    let noise: Vec<u8> = (0..LONGEST_VALUE)
        .map(|at| u8::try_from((at * at * 31 + at * 7 + at / 3) % 251).unwrap())
        .collect();
    let value = postern_identity::records::Indexed {
        attribute: Arc::from("a"),
        value: Arc::from(noise.as_slice()),
    };
    let whole = [&b"o=root\0"[..], &noise[..LONGEST_PATH - 7]].concat();
    let largest = NewEntry {
        path: Arc::from(whole.as_slice()),
        above: Some(path(&["o=root"])),
        name: Arc::from("x"),
        body: Arc::from(vec![1; LARGEST_BODY]),
        indexed: vec![value.clone()],
    };
    commit(store, put(largest)).await.unwrap();
    let found = store
        .select(
            TREE,
            &super::wanted(Reach::Within(path(&["o=root"])), Selection::Equal(value), 1),
        )
        .await
        .unwrap();
    assert_eq!(found.rows[0].body.len(), LARGEST_BODY);
}

async fn changes_are_done_in_order(store: &Store) {
    plant(store).await;
    let a = at(store, &["o=root", "ou=a"]).await.unwrap();
    let new_place = new(&["o=root", "ou=c"], &[]);
    let to_c = EntryChange::Move {
        id: a.id,
        version: a.version,
        path: new_place.path,
        above: new_place.above,
        name: new_place.name,
    };
    commit(
        store,
        vec![
            to_c,
            insert(&["o=root", "ou=a"], &[]),
            insert(&["o=root", "ou=c", "cn=4"], &[]),
        ],
    )
    .await
    .unwrap();
    assert_eq!(
        names(store, Reach::Children(path(&["o=root", "ou=c"])), Selection::Place)
            .await
            .len(),
        4
    );
    assert_eq!(
        names(store, Reach::Children(path(&["o=root", "ou=a"])), Selection::Place)
            .await
            .len(),
        0
    );
}
