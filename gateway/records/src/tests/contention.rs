//! Many at once. On PostgreSQL they are several stores over one database, as replicas are.

use super::{TREE, all, at, commit, equal, indexed, insert, names, new, open, path, replace, wanted};
use crate::{SqliteSettings, Store, StoreSettings};
use postern_identity::records::{Entries, EntryChange, EntryRow, Reach, RecordsError, Selection};
use std::sync::Arc;
use tokio::task::JoinSet;

pub(super) async fn replicas() -> Vec<Arc<Store>> {
    let settings = StoreSettings::Postgres(super::postgres_server::fresh().await);
    vec![open(&settings).await, open(&settings).await, open(&settings).await]
}

/// All three are one store.
pub(super) async fn one_file() -> (Vec<Arc<Store>>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&StoreSettings::Sqlite(SqliteSettings::new(
        folder.path().join("store.db"),
    )))
    .await;
    (vec![Arc::clone(&store), Arc::clone(&store), store], folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_count_is_lost_on_sqlite() {
    let (stores, _folder) = one_file().await;
    no_count_is_lost(&stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_count_is_lost_on_postgres() {
    no_count_is_lost(&replicas().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_has_the_value_on_sqlite() {
    let (stores, _folder) = one_file().await;
    one_of_many_has_the_value(&stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_has_the_value_on_postgres() {
    one_of_many_has_the_value(&replicas().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_below_a_moving_subtree_is_below_it_on_sqlite() {
    let (stores, _folder) = one_file().await;
    what_is_put_below_a_moving_subtree_is_below_it(&stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_below_a_moving_subtree_is_below_it_on_postgres() {
    what_is_put_below_a_moving_subtree_is_below_it(&replicas().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_rest_on_what_the_other_changes_one_is_done_on_sqlite() {
    let (stores, _folder) = one_file().await;
    of_two_who_rest_on_what_the_other_changes_one_is_done(&stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_rest_on_what_the_other_changes_one_is_done_on_postgres() {
    of_two_who_rest_on_what_the_other_changes_one_is_done(&replicas().await).await;
}

#[tokio::test]
async fn a_refused_unit_takes_nothing_of_those_committed_with_it() {
    let (stores, _folder) = one_file().await;
    let store = &stores[0];
    commit(store, vec![insert(&["o=root"], &[])]).await.unwrap();
    let units = (0..60).map(|number| {
        let name = format!("cn={number:02}");
        let mut unit = vec![insert(&["o=root", &name], &[("class", "new")])];
        if number % 3 == 0 {
            unit.push(EntryChange::Expect {
                id: i64::MAX,
                version: 1,
            });
        }
        async move { commit(store, unit).await }
    });
    // All wait while the first is written: most are committed together.
    let answers = futures_util::future::join_all(units).await;
    for (number, answer) in answers.into_iter().enumerate() {
        let refused = number % 3 == 0;
        assert_eq!(answer, if refused { Err(RecordsError::Changed) } else { Ok(()) });
        assert_eq!(
            at(store, &["o=root", &format!("cn={number:02}")]).await.is_some(),
            !refused
        );
    }
    assert_eq!(
        names(store, Reach::Within(path(&[])), equal("class", "new"))
            .await
            .len(),
        40
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_change_two_in_opposite_order_come_to_an_end_on_postgres() {
    let stores = replicas().await;
    commit(
        &stores[0],
        vec![
            insert(&["o=root"], &[]),
            insert(&["o=root", "a"], &[]),
            insert(&["o=root", "b"], &[]),
        ],
    )
    .await
    .unwrap();
    let orders = [["a", "b"], ["b", "a"]];
    let mut tasks = JoinSet::new();
    for task in 0..6 {
        let store = Arc::clone(&stores[task % stores.len()]);
        tasks.spawn(async move {
            let mut done = 0;
            while done < 10 {
                let mut unit = Vec::new();
                for name in orders[task % 2] {
                    unit.push(replace(&at(&store, &["o=root", name]).await.unwrap(), "x", &[], &[]));
                }
                match commit(&store, unit).await {
                    Ok(()) => done += 1,
                    Err(RecordsError::Changed) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    let a = at(&stores[0], &["o=root", "a"]).await.unwrap();
    assert_eq!(
        a.version,
        at(&stores[0], &["o=root", "b"]).await.unwrap().version,
        "both or none, each time"
    );
}

/// Eight add one to a number twenty times each; who was overtaken reads again.
async fn no_count_is_lost(stores: &[Arc<Store>]) {
    commit(&stores[0], vec![insert(&["o=root"], &[("n", "0")])])
        .await
        .unwrap();
    let first = at(&stores[0], &["o=root"]).await.unwrap();
    commit(&stores[0], vec![replace(&first, "0", &[], &[])]).await.unwrap();
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let store = Arc::clone(&stores[task % stores.len()]);
        tasks.spawn(async move {
            let mut done = 0;
            while done < 20 {
                let row = at(&store, &["o=root"]).await.unwrap();
                let was = String::from_utf8(row.body.to_vec()).unwrap();
                let next = (was.parse::<u32>().unwrap() + 1).to_string();
                match commit(&store, vec![replace(&row, &next, &[("n", &was)], &[("n", &next)])]).await {
                    Ok(()) => done += 1,
                    Err(RecordsError::Changed) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    assert_eq!(&*at(&stores[0], &["o=root"]).await.unwrap().body, b"160");
    assert_eq!(
        names(&stores[0], Reach::Within(path(&[])), equal("n", "160"))
            .await
            .len(),
        1
    );
    let all_of_n = super::between("n", "", None);
    assert_eq!(
        all(&stores[0], wanted(Reach::Within(path(&[])), all_of_n, 100))
            .await
            .0
            .len(),
        1,
        "it is found by its last value alone"
    );
}

/// Each changes one if the other is as it was. If both were done, each would have rested on what is no more.
async fn of_two_who_rest_on_what_the_other_changes_one_is_done(stores: &[Arc<Store>]) {
    commit(
        &stores[0],
        vec![
            insert(&["o=root"], &[]),
            insert(&["o=root", "a"], &[]),
            insert(&["o=root", "b"], &[]),
        ],
    )
    .await
    .unwrap();
    for _ in 0..40 {
        let (a, b) = (
            at(&stores[0], &["o=root", "a"]).await.unwrap(),
            at(&stores[0], &["o=root", "b"]).await.unwrap(),
        );
        let expect = |row: &EntryRow| EntryChange::Expect {
            id: row.id,
            version: row.version,
        };
        let one = vec![expect(&a), replace(&b, "x", &[], &[])];
        let other = vec![expect(&b), replace(&a, "x", &[], &[])];
        let (first, second) = (Arc::clone(&stores[1]), Arc::clone(&stores[2]));
        let one = tokio::spawn(async move { commit(&first, one).await });
        let other = tokio::spawn(async move { commit(&second, other).await });
        let done = [one.await.unwrap(), other.await.unwrap()];
        assert!(done.contains(&Err(RecordsError::Changed)), "{done:?}");
        assert!(
            done.iter()
                .all(|done| matches!(done, Ok(()) | Err(RecordsError::Changed))),
            "{done:?}"
        );
    }
}

/// Each wants an entry of its own with one value nobody else has.
async fn one_of_many_has_the_value(stores: &[Arc<Store>]) {
    commit(&stores[0], vec![insert(&["o=root"], &[])]).await.unwrap();
    for round in 0..10 {
        let mut tasks = JoinSet::new();
        for task in 0..8 {
            let store = Arc::clone(&stores[task % stores.len()]);
            tasks.spawn(async move {
                let value = round.to_string();
                let unique = EntryChange::Unique {
                    indexed: indexed("uid", &value),
                    but: None,
                };
                let put = insert(&["o=root", &format!("cn={round}-{task}")], &[("uid", &value)]);
                loop {
                    match commit(&store, vec![unique.clone(), put.clone()]).await {
                        Err(RecordsError::Changed) => {}
                        done => return done,
                    }
                }
            });
        }
        let mut done = 0;
        while let Some(answer) = tasks.join_next().await {
            match answer.unwrap() {
                Ok(()) => done += 1,
                answer => assert_eq!(answer, Err(RecordsError::Taken)),
            }
        }
        assert_eq!(done, 1);
        assert_eq!(
            names(&stores[0], Reach::Within(path(&[])), equal("uid", &round.to_string()))
                .await
                .len(),
            1
        );
    }
}

/// One moves a subtree to and fro, others put entries into it wherever it is.
async fn what_is_put_below_a_moving_subtree_is_below_it(stores: &[Arc<Store>]) {
    let places = ["ou=here", "ou=there"];
    commit(
        &stores[0],
        vec![insert(&["o=root"], &[]), insert(&["o=root", "ou=here"], &[])],
    )
    .await
    .unwrap();
    let mut tasks = JoinSet::new();
    for task in 0..4 {
        let store = Arc::clone(&stores[task % stores.len()]);
        tasks.spawn(async move {
            let mut made = 0;
            for turn in 0.. {
                if made == 25 {
                    return;
                }
                let place = ["o=root", places[turn % 2]];
                let (below, name) = (format!("ou={task}-{made}"), format!("cn={task}-{made}"));
                let mut deep = place.to_vec();
                deep.push(&below);
                let mut deeper = deep.clone();
                deeper.push(&name);
                match commit(&store, vec![insert(&deep, &[]), insert(&deeper, &[])]).await {
                    Ok(()) => made += 1,
                    Err(RecordsError::NothingAbove | RecordsError::Changed) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    let mover = Arc::clone(&stores[1]);
    tasks.spawn(async move {
        let mut moved = 0;
        while moved < 20 {
            let from = places[moved % 2];
            let row = at(&mover, &["o=root", from]).await.unwrap();
            let to = new(&["o=root", places[(moved + 1) % 2]], &[]);
            let unit = EntryChange::Move {
                id: row.id,
                version: row.version,
                path: to.path,
                above: to.above,
                name: to.name,
            };
            match commit(&mover, vec![unit]).await {
                Ok(()) => moved += 1,
                Err(RecordsError::Changed) => {}
                Err(error) => panic!("{error}"),
            }
        }
    });
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    let here = Reach::Within(path(&["o=root", "ou=here"]));
    let (rows, _) = all(&stores[0], wanted(here, Selection::Place, 1000)).await;
    assert_eq!(rows.len(), 1 + 4 * 25 * 2);
    assert!(rows.iter().all(|row| row.name.ends_with("ou=here,o=root")));
    assert_eq!(stores[0].count(TREE).await, Ok(2 + 4 * 25 * 2));
}
