//! Page after page: each entry once, in bounded pages, with a next one exactly where there is one.

use super::{all, at, between, commit, equal, insert, new, on_both, path, plant, wanted};
use crate::Store;
use postern_identity::records::{Entries, EntryChange, NewEntry, Position, Reach, RecordsError, Selection};
use std::sync::Arc;

on_both! {
    pages_together_give_each_once_whatever_their_size,
    a_page_gives_a_large_entry_once_however_many_of_its_values_are_in_it,
    what_follows_a_full_page_is_told_by_an_entry_and_not_by_a_value,
    a_page_of_those_out_of_reach_is_empty_and_has_a_next,
    large_bodies_make_a_page_shorter,
    those_with_a_value_are_named_page_after_page,
}

async fn pages_together_give_each_once_whatever_their_size(store: &Store) {
    let mut unit = vec![insert(&["o=root"], &[])];
    for number in 0..205 {
        let found_by = [("class", "person".to_owned()), ("number", format!("{number:03}"))];
        let found_by: Vec<(&str, &str)> = found_by
            .iter()
            .map(|(attribute, value)| (*attribute, value.as_str()))
            .collect();
        unit.push(insert(&["o=root", &format!("cn={number}")], &found_by));
    }
    commit(store, unit).await.unwrap();
    let root = path(&["o=root"]);
    for limit in [1, 2, 64, 100, 204, 205, 206, 1000] {
        for reach in [Reach::Children(root.clone()), Reach::Within(path(&["o=root"]))] {
            for by in [Selection::Place, equal("class", "person"), between("number", "", None)] {
                let (rows, pages) = all(store, wanted(reach.clone(), by.clone(), limit)).await;
                let mut ids: Vec<i64> = rows
                    .iter()
                    .map(|row| row.id)
                    .filter(|id| *id != rows_root(&rows))
                    .collect();
                ids.sort_unstable();
                ids.dedup();
                assert_eq!(ids.len(), 205, "{reach:?} {by:?} {limit}");
                assert!(pages <= 207 / limit as usize + 1, "{pages} pages of {limit}");
            }
        }
    }
    let rows = all(store, wanted(Reach::Within(root), between("number", "", None), 10))
        .await
        .0;
    assert!(rows.is_sorted_by_key(|row| {
        row.name
            .trim_start_matches("cn=")
            .split(',')
            .next()
            .unwrap()
            .parse::<u32>()
            .unwrap()
    }));
}

/// The id of `o=root`, if it is among these.
fn rows_root(rows: &[postern_identity::records::EntryRow]) -> i64 {
    rows.iter().find(|row| &*row.name == "o=root").map_or(0, |row| row.id)
}

async fn a_page_gives_a_large_entry_once_however_many_of_its_values_are_in_it(store: &Store) {
    let values: Vec<String> = (0..600).map(|number| format!("m{number:03}")).collect();
    let members: Vec<(&str, &str)> = values.iter().map(|value| ("member", value.as_str())).collect();
    let mut unit = vec![insert(&["o=root"], &[])];
    // Three with the same values, so that no two rows that follow each other are of one entry.
    unit.extend((0..3).map(|number| large(&format!("cn=g{number}"), &members)));
    unit.push(insert(&["o=root", "cn=last"], &[("member", "z")]));
    commit(store, unit).await.unwrap();
    for reach in [
        Reach::Children(path(&["o=root"])),
        Reach::Within(path(&[])),
        Reach::Within(path(&["o=root", "cn=g1"])),
    ] {
        let found = if matches!(&reach, Reach::Within(path) if path.len() > 10) {
            1
        } else {
            4
        };
        let mut seen: Vec<i64> = Vec::new();
        let (mut rows, mut pages) = (0, 0);
        let mut wanted = wanted(reach.clone(), between("member", "", None), 500);
        loop {
            let page = store.select(super::TREE, &wanted).await.unwrap();
            let mut ids: Vec<i64> = page.rows.iter().map(|row| row.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), page.rows.len(), "{reach:?}: one came twice in a page");
            rows += ids.len();
            pages += 1;
            seen.extend(ids);
            match page.next {
                None => break,
                next => wanted.after = next,
            }
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), found, "{reach:?}");
        assert!(
            pages <= 5 && rows <= pages * 4,
            "{reach:?}: {rows} rows in {pages} pages"
        );
    }
    let narrow = all(store, wanted(Reach::Within(path(&[])), between("member", "", None), 1)).await;
    let mut names: Vec<&str> = narrow.0.iter().map(|row| &*row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 4);
}

/// An entry below `o=root` with a large body.
fn large(name: &str, found_by: &[(&str, &str)]) -> EntryChange {
    EntryChange::Insert(NewEntry {
        body: Arc::from(vec![7; 5_000]),
        ..new(&["o=root", name], found_by)
    })
}

async fn what_follows_a_full_page_is_told_by_an_entry_and_not_by_a_value(store: &Store) {
    let unit = vec![
        insert(&["o=root"], &[]),
        large("cn=1", &[("mail", "a"), ("mail", "b"), ("mail", "c")]),
        large("cn=2", &[("mail", "a"), ("mail", "d")]),
    ];
    commit(store, unit).await.unwrap();
    let mut wanted = wanted(Reach::Within(path(&["o=root", "cn=1"])), between("mail", "", None), 1);
    let alone = store.select(super::TREE, &wanted).await.unwrap();
    assert_eq!((alone.rows.len(), alone.next), (1, None), "only values of it follow");
    wanted.reach = Reach::Within(path(&[]));
    let first = store.select(super::TREE, &wanted).await.unwrap();
    assert_eq!((first.rows.len(), &*first.rows[0].name), (1, "cn=1,o=root"));
    wanted.after = first.next;
    let second = store.select(super::TREE, &wanted).await.unwrap();
    assert_eq!((second.rows.len(), &*second.rows[0].name), (1, "cn=2,o=root"));
}

async fn a_page_of_those_out_of_reach_is_empty_and_has_a_next(store: &Store) {
    plant(store).await;
    let many = (0..200).map(|number| insert(&["o=root", "ou=a", &format!("cn=x{number}")], &[("class", "robot")]));
    commit(store, many.collect()).await.unwrap();
    commit(
        store,
        vec![insert(&["o=root", "ou=b", "cn=last"], &[("class", "robot")])],
    )
    .await
    .unwrap();
    let b = wanted(Reach::Within(path(&["o=root", "ou=b"])), equal("class", "robot"), 10);
    let first = store.select(super::TREE, &b).await.unwrap();
    assert!(
        first.rows.is_empty() && first.next.is_some(),
        "not all are looked at for one page"
    );
    assert_eq!(all(store, b).await.0.len(), 1);
}

async fn large_bodies_make_a_page_shorter(store: &Store) {
    commit(store, vec![insert(&["o=root"], &[])]).await.unwrap();
    for number in 0..4 {
        let name = format!("cn={number}");
        let large = NewEntry {
            body: Arc::from(vec![7; 3 * 1024 * 1024]),
            ..new(&["o=root", &name], &[("class", "large")])
        };
        commit(store, vec![EntryChange::Insert(large)]).await.unwrap();
    }
    for by in [Selection::Place, equal("class", "large"), between("class", "", None)] {
        let large = wanted(Reach::Children(path(&["o=root"])), by, 100);
        let first = store.select(super::TREE, &large).await.unwrap();
        assert_eq!(first.rows.len(), 2);
        assert_eq!(all(store, large).await.0.len(), 4);
    }
}

async fn those_with_a_value_are_named_page_after_page(store: &Store) {
    plant(store).await;
    store
        .commit("other", vec![insert(&["o=root"], &[("class", "person")])])
        .await
        .unwrap();
    let person = super::indexed("class", "person");
    for limit in [0, 1, 2, 3, 9] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let names = store.names(super::TREE, &person, after.as_ref(), limit).await.unwrap();
            assert!(names.rows.len() <= limit.max(1) as usize);
            found.extend(names.rows);
            match names.next {
                None => break,
                next => after = next,
            }
        }
        let told: Vec<&str> = found.iter().map(|row| &*row.name).collect();
        assert_eq!(
            told,
            ["cn=1,ou=a,o=root", "cn=2,ou=a,o=root", "cn=3,ou=a,o=root"],
            "{limit}"
        );
        let one = at(store, &["o=root", "ou=a", "cn=1"]).await.unwrap();
        assert_eq!((found[0].id, &found[0].path), (one.id, &one.path));
    }
    let none = super::indexed("class", "none");
    assert_eq!(store.names(super::TREE, &none, None, 9).await.unwrap().rows, []);
    let nonsense = Position(b"nonsense".to_vec());
    let refused = store.names(super::TREE, &person, Some(&nonsense), 9).await;
    assert_eq!(refused, Err(RecordsError::Unavailable));
    let one = path(&["o=root", "ou=a", "cn=1"]);
    assert_eq!(store.has_value(super::TREE, &one, &person).await, Ok(true));
    assert_eq!(store.has_value(super::TREE, &one, &none).await, Ok(false));
    assert_eq!(store.has_value("other", &one, &person).await, Ok(false));
    assert_eq!(
        store.has_value(super::TREE, &path(&["o=root"]), &person).await,
        Ok(false)
    );
    assert_eq!(store.has_value("other", &path(&["o=root"]), &person).await, Ok(true));
}
