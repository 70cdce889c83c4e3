//! What the store has against a write, and what becomes of it.

use super::{ADD, House, REPLACE, add, delete, group, modify, person, rename};
use crate::local::tests::memory::Fault;
use postern_identity::records::RecordsError;
use std::sync::atomic::Ordering;

fn writes() -> [Vec<u8>; 4] {
    let member = person("alice");
    let given: &[super::Given<'_>] = &[("objectClass", &["groupOfNames"]), ("member", &[&member])];
    [
        add(&group("new"), given, &[]),
        modify(&person("alice"), &[(REPLACE, "title", &["x"])], &[]),
        rename(&person("alice"), "uid=queen", true, None, &[]),
        delete(&person("alice"), &[]),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_others_were_faster_with_is_planned_anew_eight_times() {
    for request in writes() {
        let house = House::new().await;
        for _ in 0..7 {
            house.entries.fail(Fault::Commit(RecordsError::Changed));
        }
        let before = house.entries.commits.load(Ordering::Relaxed);
        assert_eq!(house.ask(&house.boss(), &request).await.code, 0);
        assert_eq!(house.entries.commits.load(Ordering::Relaxed) - before, 8);
        let house = House::new().await;
        for _ in 0..8 {
            house.entries.fail(Fault::Commit(RecordsError::Changed));
        }
        let before = house.entries.all("main");
        assert_eq!(house.ask(&house.boss(), &request).await.code, 51);
        assert_eq!(house.entries.all("main"), before);
    }
}

#[tokio::test(start_paused = true)]
async fn each_of_the_stores_errors_is_answered_in_its_own_words_and_once() {
    for (error, code) in [
        (RecordsError::CannotWrite, 53),
        (RecordsError::Busy, 51),
        (RecordsError::OutcomeUnknown, 80),
        (RecordsError::Unavailable, 52),
        (RecordsError::TooLarge, 11),
    ] {
        for request in writes() {
            let house = House::new().await;
            house.entries.fail(Fault::Commit(error));
            let before = house.entries.commits.load(Ordering::Relaxed);
            assert_eq!(house.ask(&house.boss(), &request).await.code, code);
            assert_eq!(house.entries.commits.load(Ordering::Relaxed) - before, 1);
        }
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_read_writes_nothing() {
    for request in writes() {
        let house = House::new().await;
        let boss = house.boss();
        house.entries.fail(Fault::Read(RecordsError::Unavailable));
        let before = house.entries.commits.load(Ordering::Relaxed);
        assert_eq!(house.ask(&boss, &request).await.code, 52);
        assert_eq!(house.entries.commits.load(Ordering::Relaxed), before);
    }
}

#[tokio::test(start_paused = true)]
async fn who_takes_a_place_or_a_value_in_between_is_seen_the_next_time() {
    let house = House::new().await;
    house.entries.fail(Fault::Commit(RecordsError::Taken));
    let member = person("alice");
    let given: &[super::Given<'_>] = &[("objectClass", &["groupOfNames"]), ("member", &[&member])];
    assert_eq!(
        house.add(&house.boss(), &group("new"), given).await,
        0,
        "whoever it was is gone again"
    );
    house.entries.fail(Fault::Commit(RecordsError::NothingAbove));
    assert_eq!(house.add(&house.boss(), &group("other"), given).await, 0);
    assert_eq!(
        house
            .modify(&house.boss(), &group("other"), &[(ADD, "member", &[&person("boss")])])
            .await,
        0
    );
}
