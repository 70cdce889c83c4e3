//! What is reserved, on both engines; and that of many at once one has it.

use super::contention::{one_file, replicas};
use super::on_both;
use super::resets::{at, hash};
use crate::Store;
use postern_identity::records::reservations::MOST_TOGETHER;
use postern_identity::records::{Hash, RecordsError, Reservations, ReservedValue};
use std::sync::Arc;
use tokio::task::JoinSet;

on_both! {
    what_is_reserved_is_taken_for_everybody_else,
    a_reservation_ends_by_itself,
    whoever_holds_it_may_have_it_for_longer,
    all_of_them_are_reserved_or_none,
    only_its_holder_lets_it_go,
    the_same_value_elsewhere_is_another,
    what_is_over_goes_away_with_those_that_are_made,
    more_than_is_kept_is_refused,
}

fn name(number: u8) -> ReservedValue {
    ReservedValue {
        directory: Arc::from("people"),
        kind: Arc::from("userName"),
        value: hash(number),
    }
}

async fn reserve(store: &Store, values: &[ReservedValue], holder: u8, from: i64, to: i64) -> Result<(), RecordsError> {
    store.reserve(values, &hash(holder), at(from), at(to)).await
}

async fn what_is_reserved_is_taken_for_everybody_else(store: &Store) {
    assert_eq!(reserve(store, &[name(1)], 8, 0, 60).await, Ok(()));
    assert_eq!(reserve(store, &[name(1)], 9, 59, 90).await, Err(RecordsError::Taken));
    assert_eq!(reserve(store, &[name(2)], 9, 0, 60).await, Ok(()));
}

async fn a_reservation_ends_by_itself(store: &Store) {
    assert_eq!(reserve(store, &[name(1)], 8, 0, 60).await, Ok(()));
    assert_eq!(reserve(store, &[name(1)], 9, 60, 120).await, Ok(()));
    assert_eq!(reserve(store, &[name(1)], 8, 61, 120).await, Err(RecordsError::Taken));
}

async fn whoever_holds_it_may_have_it_for_longer(store: &Store) {
    assert_eq!(reserve(store, &[name(1)], 8, 0, 60).await, Ok(()));
    assert_eq!(reserve(store, &[name(1), name(1)], 8, 30, 90).await, Ok(()));
    assert_eq!(reserve(store, &[name(1)], 9, 89, 120).await, Err(RecordsError::Taken));
}

async fn all_of_them_are_reserved_or_none(store: &Store) {
    assert_eq!(reserve(store, &[name(2)], 8, 0, 60).await, Ok(()));
    let three = [name(1), name(2), name(3)];
    assert_eq!(reserve(store, &three, 9, 0, 60).await, Err(RecordsError::Taken));
    assert_eq!(
        reserve(store, &[name(1), name(3)], 7, 0, 60).await,
        Ok(()),
        "they are free"
    );
}

async fn only_its_holder_lets_it_go(store: &Store) {
    assert_eq!(reserve(store, &[name(1)], 8, 0, 60).await, Ok(()));
    assert_eq!(store.release(&[name(1)], &hash(9)).await, Ok(()));
    assert_eq!(reserve(store, &[name(1)], 9, 1, 60).await, Err(RecordsError::Taken));
    assert_eq!(store.release(&[name(1), name(5)], &hash(8)).await, Ok(()));
    assert_eq!(reserve(store, &[name(1)], 9, 1, 60).await, Ok(()));
}

async fn the_same_value_elsewhere_is_another(store: &Store) {
    let elsewhere = ReservedValue {
        directory: Arc::from("others"),
        ..name(1)
    };
    let otherwise = ReservedValue {
        kind: Arc::from("emails"),
        ..name(1)
    };
    for (holder, value) in [(1, name(1)), (2, elsewhere), (3, otherwise)] {
        assert_eq!(reserve(store, &[value], holder, 0, 60).await, Ok(()), "{holder}");
    }
}

async fn what_is_over_goes_away_with_those_that_are_made(store: &Store) {
    let many: Vec<ReservedValue> = (0..100).map(name).collect();
    assert_eq!(reserve(store, &many, 8, 0, 60).await, Ok(()));
    assert_eq!(count(store).await, 100);
    for number in 200..230 {
        assert_eq!(reserve(store, &[name(number)], 8, 61, 120).await, Ok(()));
    }
    assert_eq!(count(store).await, 30, "what was over is gone, and nothing else");
}

async fn more_than_is_kept_is_refused(store: &Store) {
    let many: Vec<ReservedValue> = (0..=MOST_TOGETHER).map(|_| name(1)).collect();
    assert_eq!(reserve(store, &many, 8, 0, 60).await, Err(RecordsError::TooLarge));
    let long = ReservedValue {
        directory: Arc::from("x".repeat(257)),
        ..name(1)
    };
    assert_eq!(reserve(store, &[long], 8, 0, 60).await, Err(RecordsError::TooLarge));
}

mod together {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn of_two_hundred_at_once_one_has_it_on_sqlite() {
        let (stores, _folder) = super::one_file().await;
        super::of_two_hundred_at_once_one_has_it(&stores).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn of_two_hundred_at_once_one_has_it_on_postgres() {
        super::of_two_hundred_at_once_one_has_it(&super::replicas().await).await;
    }
}

async fn of_two_hundred_at_once_one_has_it(stores: &[Arc<Store>]) {
    let mut tasks = JoinSet::new();
    for task in 0..200_u8 {
        let store = Arc::clone(&stores[usize::from(task) % stores.len()]);
        tasks.spawn(async move {
            // Beside one of its own, in an order of its own.
            let mut values = [name(0), name(task.max(1))];
            if task % 2 == 0 {
                values.reverse();
            }
            let holder: Hash = hash(task);
            store.reserve(&values, &holder, at(0), at(60)).await
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        answers.push(answer.unwrap());
    }
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Ok(()) | Err(RecordsError::Taken))),
        "{answers:?}"
    );
    assert_eq!(count(&stores[0]).await, 2, "whoever was refused left nothing");
}

async fn count(store: &Store) -> i64 {
    const COUNT: &str = "SELECT count(*) FROM reservations";
    match &store.0 {
        crate::Engine::Sqlite(store) => store.number(COUNT).await,
        crate::Engine::Postgres(store) => store.number(COUNT).await,
    }
}
