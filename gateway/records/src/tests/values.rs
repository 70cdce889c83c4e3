//! Entries by any of some values and by a piece of a value, and values that are kept apart from a body.

use super::{TREE, all, at, commit, indexed, insert, on_both, path, replace, wanted};
use crate::Store;
use postern_identity::records::entries::MOST_VALUES;
use postern_identity::records::{Entries, EntryChange, Indexed, Position, Reach, RecordsError, Selection, ValueApart};
use std::sync::Arc;

on_both! {
    any_of_some_values_finds_those_that_have_one,
    an_entry_comes_once_for_each_value_and_none_is_missed_from_page_to_page,
    more_values_than_are_asked_for_at_once_are_refused,
    a_piece_is_found_wherever_it_stands_and_is_no_pattern,
    values_apart_are_read_page_after_page_as_they_were_written,
    a_value_apart_finds_its_entry_like_any_other,
    values_apart_come_and_go_with_their_unit,
    values_apart_go_with_their_entry,
    a_value_that_was_in_the_body_may_be_put_apart,
    nobody_has_values_apart_at_a_place_where_nothing_is,
}

fn any_of(values: &[&str]) -> Selection {
    let mut values: Vec<Arc<[u8]>> = values.iter().map(|value| value.as_bytes().into()).collect();
    values.sort_unstable();
    Selection::AnyOf {
        attribute: "uid".into(),
        values: values.into(),
    }
}

fn containing(piece: &[u8]) -> Selection {
    Selection::Containing {
        attribute: "uid".into(),
        piece: piece.into(),
    }
}

async fn names(store: &Store, reach: Reach, by: Selection, limit: u32) -> Vec<String> {
    let (rows, _) = all(store, wanted(reach, by, limit)).await;
    rows.iter()
        .map(|row| row.name.split(',').next().unwrap().to_owned())
        .collect()
}

/// `cn=0` to `cn=199` below `o=root,ou=people`, each with its number as uid and a second one, and one elsewhere.
async fn people(store: &Store) {
    let mut unit = vec![
        insert(&["o=root"], &[]),
        insert(&["o=root", "ou=people"], &[]),
        insert(&["o=root", "ou=else"], &[]),
    ];
    for number in 0..200 {
        let (one, other) = (format!("u{number:03}"), format!("second{number:03}x"));
        unit.push(insert(
            &["o=root", "ou=people", &format!("cn={number}")],
            &[("uid", &one), ("uid", &other), ("sn", "u007")],
        ));
    }
    unit.push(insert(
        &["o=root", "ou=else", "cn=far"],
        &[("uid", "u007"), ("uid", "xx")],
    ));
    commit(store, unit).await.unwrap();
}

fn below() -> Reach {
    Reach::Within(path(&["o=root", "ou=people"]))
}

async fn any_of_some_values_finds_those_that_have_one(store: &Store) {
    people(store).await;
    let by = any_of(&["u007", "u150", "nobody", "u199"]);
    assert_eq!(
        names(store, below(), by.clone(), 100).await,
        ["cn=7", "cn=150", "cn=199"]
    );
    let children = Reach::Children(path(&["o=root", "ou=people"]));
    assert_eq!(
        names(store, children, by.clone(), 1).await,
        ["cn=7", "cn=150", "cn=199"]
    );
    let only = Reach::Only(path(&["o=root", "ou=people", "cn=150"]));
    assert_eq!(names(store, only, by.clone(), 100).await, ["cn=150"]);
    let none = Reach::Only(path(&["o=root", "ou=people"]));
    assert!(names(store, none, by.clone(), 100).await.is_empty());
    let everywhere = Reach::Within(path(&["o=root"]));
    assert_eq!(
        names(store, everywhere, by, 100).await,
        ["cn=7", "cn=far", "cn=150", "cn=199"]
    );
    assert!(names(store, below(), any_of(&[]), 100).await.is_empty());
}

async fn an_entry_comes_once_for_each_value_and_none_is_missed_from_page_to_page(store: &Store) {
    people(store).await;
    let values: Vec<String> = (0..30)
        .flat_map(|n| [format!("u{n:03}"), format!("second{n:03}x")])
        .collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    for limit in [1, 7, 30, 60, 61] {
        let mut found = names(store, below(), any_of(&values), limit).await;
        assert_eq!(found.len(), 60, "{limit}");
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), 30, "{limit}");
    }
}

async fn more_values_than_are_asked_for_at_once_are_refused(store: &Store) {
    let values: Vec<String> = (0..=MOST_VALUES).map(|number| format!("u{number:03}")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let asked = wanted(below(), any_of(&values), 10);
    assert_eq!(store.select(TREE, &asked).await, Err(RecordsError::TooLarge));
    let wrong = postern_identity::records::Wanted {
        after: Some(Position(b"p".to_vec())),
        ..wanted(below(), any_of(&["u001"]), 10)
    };
    assert_eq!(store.select(TREE, &wrong).await, Err(RecordsError::Unavailable));
}

async fn a_piece_is_found_wherever_it_stands_and_is_no_pattern(store: &Store) {
    people(store).await;
    for (piece, count) in [
        ("second", 200),
        ("d19", 10),
        ("u007", 1),
        ("u00", 10),
        ("x", 200),
        ("%", 0),
        ("_", 0),
    ] {
        for limit in [1, 64, 1000] {
            let found = names(store, below(), containing(piece.as_bytes()), limit).await;
            assert_eq!(found.len(), count, "{piece} {limit}");
        }
    }
    let long = "l".repeat(2_000);
    let cut = insert(&["o=root", "ou=people", "cn=cut"], &[("uid", &long)]);
    commit(store, vec![cut]).await.unwrap();
    assert_eq!(names(store, below(), containing(b"u007"), 10).await, ["cn=cut", "cn=7"]);
    let odd = insert(&["o=root", "ou=people", "cn=odd"], &[]);
    let EntryChange::Insert(mut odd) = odd else {
        unreachable!()
    };
    odd.indexed.push(Indexed {
        attribute: "uid".into(),
        value: Arc::from(&b"a\0\xff%b"[..]),
    });
    commit(store, vec![EntryChange::Insert(odd)]).await.unwrap();
    for piece in [&b"\0\xff"[..], b"\xff%", b"%b"] {
        assert_eq!(
            names(store, below(), containing(piece), 10).await,
            ["cn=odd", "cn=cut"],
            "{piece:?}"
        );
    }
}

fn apart(attribute: &str, value: &str) -> ValueApart {
    ValueApart {
        indexed: indexed(attribute, value),
        written: value.to_uppercase().as_bytes().into(),
    }
}

fn members(with: &[&str], without: &[&str]) -> EntryChange {
    EntryChange::Apart {
        path: path(&["o=root", "cn=group"]),
        with: with.iter().map(|value| apart("member", value)).collect(),
        without: without.iter().map(|value| indexed("member", value)).collect(),
    }
}

async fn group(store: &Store, with: &[&str]) -> i64 {
    let unit = vec![
        insert(&["o=root"], &[]),
        insert(&["o=root", "cn=group"], &[("cn", "group"), ("owner", "o")]),
        insert(&["o=root", "cn=other"], &[]),
        members(with, &[]),
    ];
    commit(store, unit).await.unwrap();
    at(store, &["o=root", "cn=group"]).await.unwrap().id
}

async fn written(store: &Store, id: i64) -> Vec<String> {
    let values = store.values_apart(TREE, id, "member", None, 10_000).await.unwrap();
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    assert!(
        values
            .iter()
            .all(|value| text(&value.indexed.value).to_uppercase() == text(&value.written))
    );
    values.iter().map(|value| text(&value.written)).collect()
}

async fn values_apart_are_read_page_after_page_as_they_were_written(store: &Store) {
    let many: Vec<String> = (0..3_000).map(|number| format!("m{number:04}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let id = group(store, &many).await;
    for limit in [7, 1_000, 3_000, 5_000] {
        let mut after: Option<Arc<[u8]>> = None;
        let mut count = 0;
        loop {
            let page = store
                .values_apart(TREE, id, "member", after.as_deref(), limit)
                .await
                .unwrap();
            count += page.len();
            if page.len() < limit as usize {
                break;
            }
            after = page.last().map(|value| Arc::clone(&value.indexed.value));
        }
        assert_eq!(count, 3_000, "{limit}");
    }
    assert_eq!(written(store, id).await[2_999], "M2999");
    assert!(
        store
            .values_apart(TREE, id, "owner", None, 10)
            .await
            .unwrap()
            .is_empty(),
        "it is in the body"
    );
    assert!(
        store
            .values_apart("another", id, "member", None, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_value_apart_finds_its_entry_like_any_other(store: &Store) {
    let id = group(store, &["ada", "bob"]).await;
    let by = Selection::Equal(indexed("member", "bob"));
    let found = all(store, wanted(Reach::Within(path(&["o=root"])), by, 10)).await.0;
    assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    let place = path(&["o=root", "cn=group"]);
    assert_eq!(store.has_value(TREE, &place, &indexed("member", "ada")).await, Ok(true));
    assert_eq!(
        store.has_value(TREE, &place, &indexed("member", "eve")).await,
        Ok(false)
    );
}

async fn values_apart_come_and_go_with_their_unit(store: &Store) {
    let id = group(store, &["ada", "bob"]).await;
    let row = at(store, &["o=root", "cn=group"]).await.unwrap();
    let unit = vec![
        replace(&row, "new", &[], &[]),
        members(&["eve", "ada"], &["bob", "nobody"]),
    ];
    commit(store, unit.clone()).await.unwrap();
    assert_eq!(written(store, id).await, ["ADA", "EVE"]);
    assert_eq!(
        commit(store, unit).await,
        Err(RecordsError::Changed),
        "the version is another"
    );
    let row = at(store, &["o=root", "cn=group"]).await.unwrap();
    let refused = vec![
        replace(&row, "newer", &[], &[]),
        members(&["mallory"], &["ada"]),
        insert(&["o=root", "cn=other"], &[]),
    ];
    assert_eq!(commit(store, refused).await, Err(RecordsError::Taken));
    assert_eq!(written(store, id).await, ["ADA", "EVE"]);
}

async fn values_apart_go_with_their_entry(store: &Store) {
    let id = group(store, &["ada"]).await;
    let row = at(store, &["o=root", "cn=group"]).await.unwrap();
    let gone = EntryChange::Delete {
        id,
        version: row.version,
    };
    commit(store, vec![gone]).await.unwrap();
    assert!(written(store, id).await.is_empty());
    let by = Selection::Equal(indexed("member", "ada"));
    assert!(names(store, Reach::Within(path(&["o=root"])), by, 10).await.is_empty());
}

async fn a_value_that_was_in_the_body_may_be_put_apart(store: &Store) {
    let unit = vec![
        insert(&["o=root"], &[]),
        insert(&["o=root", "cn=group"], &[("member", "ada"), ("member", "bob")]),
    ];
    commit(store, unit).await.unwrap();
    let row = at(store, &["o=root", "cn=group"]).await.unwrap();
    assert!(written(store, row.id).await.is_empty());
    let unit = vec![replace(&row, "without them", &[], &[]), members(&["ada", "bob"], &[])];
    commit(store, unit).await.unwrap();
    assert_eq!(written(store, row.id).await, ["ADA", "BOB"]);
}

async fn nobody_has_values_apart_at_a_place_where_nothing_is(store: &Store) {
    assert_eq!(commit(store, vec![insert(&["o=root"], &[])]).await, Ok(()));
    assert_eq!(
        commit(store, vec![members(&["ada"], &[])]).await,
        Err(RecordsError::Changed)
    );
}
