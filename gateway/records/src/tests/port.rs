//! What is found, by what and how far.

use super::{all, at, between, commit, equal, insert, names, on_both, path, plant, wanted};
use crate::{LONGEST_VALUE, Store};
use postern_identity::Timestamp;
use postern_identity::records::{
    Entries, EntryChange, NewEntry, Position, Reach, RecordsError, Selection, SettingRow, Settings,
};
use std::sync::Arc;

on_both! {
    an_entry_is_given_back_as_it_was_put_in,
    the_reach_is_the_one_those_right_below_or_all_below,
    a_value_finds_those_that_have_it_within_reach,
    a_range_begins_with_its_first_and_ends_before_its_last,
    trees_do_not_see_each_other,
    the_nearest_is_the_first_of_the_paths_that_is_there,
    what_nobody_has_is_not_found,
    octets_are_kept_and_compared_as_octets,
    a_position_of_another_order_is_refused,
    a_setting_is_there_as_soon_as_it_is_set_and_gone_as_soon_as_it_is_taken_away,
}

async fn an_entry_is_given_back_as_it_was_put_in(store: &Store) {
    plant(store).await;
    let row = at(store, &["o=root", "ou=a", "cn=1"]).await.unwrap();
    assert_eq!(*row.path, *path(&["o=root", "ou=a", "cn=1"]));
    assert_eq!(&*row.name, "cn=1,ou=a,o=root");
    assert_eq!(&*row.body, b"body of cn=1");
    assert!(row.id > 0);
    assert_eq!(store.count(super::TREE).await, Ok(6));
    let above = at(store, &["o=root", "ou=a"]).await.unwrap();
    assert_eq!(store.has_children(super::TREE, above.id).await, Ok(true));
    assert_eq!(store.has_children(super::TREE, row.id).await, Ok(false));
    assert_eq!(store.has_children("other", above.id).await, Ok(false));
}

async fn the_reach_is_the_one_those_right_below_or_all_below(store: &Store) {
    plant(store).await;
    let root = path(&["o=root"]);
    assert_eq!(
        names(store, Reach::Only(root.clone()), Selection::Place).await,
        ["o=root"]
    );
    assert_eq!(
        names(store, Reach::Children(root.clone()), Selection::Place).await,
        ["ou=a,o=root", "ou=b,o=root"]
    );
    assert_eq!(names(store, Reach::Within(root), Selection::Place).await.len(), 6);
    assert_eq!(
        names(store, Reach::Within(path(&["o=root", "ou=a"])), Selection::Place)
            .await
            .len(),
        4
    );
    assert_eq!(names(store, Reach::Within(path(&[])), Selection::Place).await.len(), 6);
    assert_eq!(
        names(store, Reach::Children(path(&["o=none"])), Selection::Place)
            .await
            .len(),
        0
    );
}

async fn a_value_finds_those_that_have_it_within_reach(store: &Store) {
    plant(store).await;
    let person = || equal("class", "person");
    let a = path(&["o=root", "ou=a"]);
    assert_eq!(names(store, Reach::Within(path(&["o=root"])), person()).await.len(), 3);
    assert_eq!(names(store, Reach::Within(path(&[])), person()).await.len(), 3);
    assert_eq!(
        names(store, Reach::Within(path(&["o=root", "ou=b"])), person())
            .await
            .len(),
        0
    );
    assert_eq!(names(store, Reach::Children(a.clone()), person()).await.len(), 3);
    assert_eq!(
        names(store, Reach::Children(path(&["o=root"])), person()).await.len(),
        0
    );
    assert_eq!(
        names(store, Reach::Only(a), equal("class", "unit")).await,
        ["ou=a,o=root"]
    );
    assert_eq!(names(store, Reach::Only(path(&["o=root"])), person()).await.len(), 0);
}

async fn a_range_begins_with_its_first_and_ends_before_its_last(store: &Store) {
    plant(store).await;
    let root = || Reach::Within(path(&["o=root"]));
    assert_eq!(
        names(store, root(), between("mail", "one@a", Some("two@a"))).await,
        ["cn=1,ou=a,o=root"]
    );
    assert_eq!(
        names(store, root(), between("mail", "one@a", Some("two@b"))).await,
        ["cn=1,ou=a,o=root", "cn=2,ou=a,o=root"]
    );
    let twice = ["cn=1,ou=a,o=root", "cn=1,ou=a,o=root", "cn=2,ou=a,o=root"];
    assert_eq!(names(store, root(), between("mail", "", None)).await, twice);
    assert_eq!(
        names(
            store,
            Reach::Children(path(&["o=root", "ou=a"])),
            between("mail", "", None)
        )
        .await,
        twice
    );
    assert_eq!(
        names(store, Reach::Children(path(&["o=root"])), between("mail", "", None))
            .await
            .len(),
        0
    );
    let only = || Reach::Only(path(&["o=root", "ou=a", "cn=1"]));
    assert_eq!(
        names(store, only(), between("mail", "p", None)).await,
        ["cn=1,ou=a,o=root"]
    );
    assert_eq!(names(store, only(), between("mail", "v", None)).await.len(), 0);
    assert_eq!(names(store, only(), between("mail", "a", Some("one@a"))).await.len(), 0);
}

async fn trees_do_not_see_each_other(store: &Store) {
    plant(store).await;
    store
        .commit("other", vec![insert(&["o=root"], &[("class", "person")])])
        .await
        .unwrap();
    assert_eq!(store.count("other").await, Ok(1));
    assert_eq!(store.count("none").await, Ok(0));
    assert_eq!(
        names(store, Reach::Within(path(&[])), equal("class", "person"))
            .await
            .len(),
        3
    );
    let row = at(store, &["o=root", "ou=b"]).await.unwrap();
    let foreign = [
        super::delete(&row),
        super::replace(&row, "x", &[], &[]),
        EntryChange::Expect {
            id: row.id,
            version: row.version,
        },
        EntryChange::Move {
            id: row.id,
            version: row.version,
            path: path(&["o=x"]),
            above: None,
            name: Arc::from("o=x"),
        },
    ];
    for change in foreign {
        assert_eq!(store.commit("other", vec![change]).await, Err(RecordsError::Changed));
    }
    assert_eq!(at(store, &["o=root", "ou=b"]).await, Some(row));
    let unique = EntryChange::Unique {
        indexed: super::indexed("class", "unit"),
        but: None,
    };
    assert_eq!(store.commit("other", vec![unique]).await, Ok(()));
}

async fn the_nearest_is_the_first_of_the_paths_that_is_there(store: &Store) {
    plant(store).await;
    let asked = async |paths: &[Arc<[u8]>]| {
        let paths: Vec<&[u8]> = paths.iter().map(|path| &**path).collect();
        store
            .nearest(super::TREE, &paths)
            .await
            .unwrap()
            .map(|row| row.name.to_string())
    };
    let (root, a, one) = (
        path(&["o=root"]),
        path(&["o=root", "ou=a"]),
        path(&["o=root", "ou=a", "cn=1"]),
    );
    let none = path(&["o=root", "ou=a", "cn=9"]);
    assert_eq!(
        asked(&[one.clone(), a.clone(), root.clone()]).await.as_deref(),
        Some("cn=1,ou=a,o=root")
    );
    assert_eq!(
        asked(&[none.clone(), a.clone(), root.clone()]).await.as_deref(),
        Some("ou=a,o=root")
    );
    assert_eq!(asked(&[root.clone(), a.clone(), one]).await.as_deref(), Some("o=root"));
    assert_eq!(asked(&[]).await, None);
    assert_eq!(asked(std::slice::from_ref(&none)).await, None);
    let mut deep = vec![none; 200];
    deep.push(a);
    assert_eq!(asked(&deep).await.as_deref(), Some("ou=a,o=root"));
}

async fn what_nobody_has_is_not_found(store: &Store) {
    plant(store).await;
    let root = || Reach::Within(path(&["o=root"]));
    assert_eq!(names(store, root(), equal("class", "none")).await.len(), 0);
    assert_eq!(names(store, root(), equal("none", "person")).await.len(), 0);
    assert_eq!(names(store, root(), between("none", "", None)).await.len(), 0);
    let long = "x".repeat(LONGEST_VALUE * 3);
    assert_eq!(names(store, root(), equal("class", &long)).await.len(), 0);
    assert_eq!(names(store, root(), between("class", &long, None)).await.len(), 0);
    assert_eq!(
        names(store, Reach::Only(path(&[&long])), Selection::Place).await.len(),
        0
    );
    assert_eq!(
        names(store, Reach::Within(path(&[&long])), Selection::Place)
            .await
            .len(),
        0
    );
}

async fn octets_are_kept_and_compared_as_octets(store: &Store) {
    let octets: Vec<u8> = (0..=255).collect();
    let values: [&[u8]; 5] = [b"", b"\0", b"\0\0", b"\xff", b"\xff\xff\xff"];
    let indexed = |value: &[u8]| postern_identity::records::Indexed {
        attribute: Arc::from("value"),
        value: Arc::from(value),
    };
    let entry = NewEntry {
        path: Arc::from(octets.as_slice()),
        above: None,
        name: Arc::from("a\0b,ü'\"%"),
        body: Arc::from(octets.as_slice()),
        indexed: values.map(indexed).to_vec(),
    };
    commit(store, vec![EntryChange::Insert(entry)]).await.unwrap();
    let row = store.nearest(super::TREE, &[&octets]).await.unwrap().unwrap();
    assert_eq!((&*row.path, &*row.name, &*row.body), (&*octets, "a\0b,ü'\"%", &*octets));
    for value in values {
        let found = store
            .select(
                super::TREE,
                &wanted(Reach::Within(path(&[])), Selection::Equal(indexed(value)), 9),
            )
            .await
            .unwrap();
        assert_eq!(found.rows.len(), 1, "{value:?}");
    }
    let (rows, _) = all(
        store,
        wanted(Reach::Within(Arc::from(&b""[..])), between("value", "", None), 2),
    )
    .await;
    assert_eq!(rows.len(), values.len());
    let last = Reach::Within(Arc::from(&b"\xff"[..]));
    assert_eq!(names(store, last, Selection::Place).await.len(), 0);
}

async fn a_position_of_another_order_is_refused(store: &Store) {
    plant(store).await;
    let mut children = wanted(Reach::Children(path(&["o=root"])), Selection::Place, 1);
    children.after = store.select(super::TREE, &children).await.unwrap().next;
    assert!(children.after.is_some());
    children.reach = Reach::Within(path(&["o=root"]));
    assert_eq!(
        store.select(super::TREE, &children).await,
        Err(RecordsError::Unavailable)
    );
    children.after = Some(Position(b"nonsense".to_vec()));
    assert_eq!(
        store.select(super::TREE, &children).await,
        Err(RecordsError::Unavailable)
    );
}

async fn a_setting_is_there_as_soon_as_it_is_set_and_gone_as_soon_as_it_is_taken_away(store: &Store) {
    let at = |seconds| Timestamp::from_second(seconds).unwrap();
    let row = |name: &str, value: &str, seconds| SettingRow {
        name: name.to_owned(),
        value: value.to_owned(),
        at: at(seconds),
    };
    assert_eq!(store.setting("b.c").await, Ok(None));
    store.set("b.c", Some("true"), at(1_800_000_000)).await.unwrap();
    store.set("b.a", Some("ü"), at(-5)).await.unwrap();
    assert_eq!(store.setting("b.c").await, Ok(Some(row("b.c", "true", 1_800_000_000))));
    assert_eq!(
        store.settings().await,
        Ok(vec![row("b.a", "ü", -5), row("b.c", "true", 1_800_000_000)])
    );
    store.set("b.c", Some("false"), at(1_800_000_001)).await.unwrap();
    assert_eq!(store.setting("b.c").await, Ok(Some(row("b.c", "false", 1_800_000_001))));
    store.set("b.c", None, at(0)).await.unwrap();
    store.set("b.c", None, at(0)).await.unwrap();
    assert_eq!(store.settings().await, Ok(vec![row("b.a", "ü", -5)]));
    let long = "x".repeat(crate::LONGEST_SETTING + 1);
    assert_eq!(store.set("long", Some(&long), at(0)).await, Err(RecordsError::TooLarge));
}
