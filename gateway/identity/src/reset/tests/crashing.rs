//! Killed at every point: nothing is lost, and nothing is done twice.

use super::doubles::lock;
use super::world::{NEW, World, browser, copy};
use crate::reset::asked::{Action, Holder};
use crate::reset::desk::Desk;
use crate::reset::ports::LetterKind;
use crate::reset::service::SelfService as _;
use crate::reset::told::{Ending, Refused, Stage, TargetOutcome};
use futures_util::FutureExt as _;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Runs it until it is killed there. `None`: it was.
async fn killed<T>(world: &World, point: &'static str, run: impl Future<Output = T>) -> Option<T> {
    *lock(&world.switch.crash_at) = Some(point);
    let end = AssertUnwindSafe(run).catch_unwind().await.ok();
    let never = lock(&world.switch.crash_at).take();
    assert!(never.is_none() || end.is_some());
    assert_eq!(end.is_none(), never.is_none(), "it comes to {point}");
    end
}

async fn whatever_waits(world: &World, desk: &Desk) {
    world.pass(400);
    desk.recover().await.unwrap();
    desk.work().await;
}

#[tokio::test]
async fn a_request_that_was_killed_was_made_or_not() {
    for (point, letters) in [("request:before-commit", 0), ("request:committed", 1)] {
        let world = World::new();
        assert!(
            killed(&world, point, world.desk().ask(Action::Reset, "bob"))
                .await
                .is_none()
        );
        whatever_waits(&world, &world.desk()).await;
        assert_eq!(world.letters().len(), letters, "{point}");
    }
}

#[tokio::test]
async fn a_worker_that_was_killed_leaves_its_job_to_the_next() {
    for (point, letters) in [
        ("resolve:before-commit", 1),
        ("resolve:committed", 1),
        ("letter:sent", 2),
    ] {
        let world = World::new();
        let desk = world.desk();
        let opened = desk.ask(Action::Reset, "bob").await.unwrap();
        assert!(killed(&world, point, desk.work()).await.is_none(), "{point}");
        let desk = world.desk();
        whatever_waits(&world, &desk).await;
        // What was handed over just before is handed over once more: the same message, with the same name.
        let sent = world.letters();
        assert_eq!(sent.len(), letters, "{point}");
        assert!(
            sent.iter()
                .all(|letter| letter.id == sent[0].id && letter.code == sent[0].code)
        );
        let key = desk
            .type_code(&opened.session, &world.last_letter().code())
            .await
            .unwrap();
        desk.set(&key, NEW).await.unwrap();
    }
}

#[tokio::test]
async fn a_proof_that_was_killed_can_be_made_again() {
    for point in ["prove:before-commit", "prove:committed"] {
        let world = World::new();
        let desk = world.desk();
        desk.ask(Action::Reset, "bob").await.unwrap();
        desk.work().await;
        let token = world.last_letter().token();
        assert!(killed(&world, point, desk.follow(&browser(), &token)).await.is_none());
        let desk = world.desk();
        let key = desk.follow(&browser(), &token).await.unwrap();
        desk.set(&key, NEW).await.unwrap();
    }
}

#[tokio::test]
async fn a_write_that_was_killed_is_found_out_and_never_repeated() {
    let points = [
        ("execute:before-claim", 0),
        ("execute:claimed", 0),
        ("execute:before-write", 0),
        ("execute:between", 1),
        ("execute:written", 1),
        ("execute:committed", 1),
    ];
    for (point, writes) in points {
        let world = World::new();
        let desk = world.desk();
        let key = world.proven(&desk, Action::Reset, "bob").await;
        assert!(killed(&world, point, desk.set(&key, NEW)).await.is_none(), "{point}");
        let desk = world.desk();
        assert_eq!(world.people.writes().len(), writes, "{point}");
        // Until the lease runs out nobody writes.
        let at_once = desk.set(&key, "another password of mine").await;
        match (point, writes) {
            ("execute:before-claim", _) => assert!(at_once.is_ok()),
            // The answer was lost, and with it the new key: that it was used is all there is to be told.
            ("execute:committed", _) => assert_eq!(at_once, Err(Refused::Over(Ending::Used))),
            _ => assert_eq!(at_once.unwrap()[0].outcome, TargetOutcome::BeingFoundOut, "{point}"),
        }
        whatever_waits(&world, &desk).await;
        let held = if matches!(point, "execute:before-claim" | "execute:committed") {
            desk.renewed_key(&key).await
        } else {
            copy(&key)
        };
        let stage = desk.view(&browser(), Holder::Browser(&held)).await.unwrap().stage;
        if writes == 0 && point != "execute:before-claim" {
            assert_eq!(stage, Stage::Ready, "{point}");
            desk.set(&key, NEW).await.unwrap();
            desk.work().await;
        } else {
            assert_eq!(stage, Stage::Done, "{point}");
        }
        assert_eq!(world.people.writes().len(), 1, "{point}");
        let notices = world
            .letters()
            .into_iter()
            .filter(|letter| letter.kind == LetterKind::Changed);
        assert_eq!(notices.count(), 1, "{point}");
        assert!(!lock(&world.switch.told).is_empty(), "{point}");
    }
}

#[tokio::test]
async fn a_recovery_that_was_killed_is_made_by_the_next() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    killed(&world, "execute:written", desk.set(&key, NEW)).await;
    world.pass(400);
    killed(&world, "recover:looked", desk.recover()).await;
    let desk = world.desk();
    assert_eq!(desk.recover().await.unwrap(), 1);
    assert_eq!(desk.recover().await.unwrap(), 0);
    assert_eq!(desk.set(&key, NEW).await.unwrap()[0].outcome, TargetOutcome::Done);
    assert_eq!(world.people.writes().len(), 1);
}

#[tokio::test]
async fn an_answer_that_never_came_is_found_out_and_not_sent_again() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    world.people.silent.store(true, Ordering::Relaxed);
    let results = desk.set(&key, NEW).await.unwrap();
    assert_eq!(results[0].outcome, TargetOutcome::BeingFoundOut);
    world.people.silent.store(false, Ordering::Relaxed);
    let results = desk.set(&key, NEW).await.unwrap();
    assert_eq!(results[0].outcome, TargetOutcome::BeingFoundOut);
    world.pass(21);
    // Whoever asks again has it found out.
    let results = desk.set(&key, NEW).await.unwrap();
    assert_eq!(results[0].outcome, TargetOutcome::Done);
    assert_eq!(world.people.writes().len(), 1);
}

#[tokio::test]
async fn where_the_directory_does_not_say_nothing_is_written_again() {
    let world = World::new();
    world.people.markless.store(true, Ordering::Relaxed);
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    killed(&world, "execute:written", desk.set(&key, NEW)).await;
    let desk = world.desk();
    whatever_waits(&world, &desk).await;
    let stage = desk.view(&browser(), Holder::Browser(&key)).await.unwrap().stage;
    assert_eq!(stage, Stage::Over(crate::reset::Ending::Changed));
    assert_eq!(world.last_letter().kind, LetterKind::Changed);
    assert_eq!(world.people.writes().len(), 1);
}

#[tokio::test]
async fn while_the_directory_is_down_nothing_is_found_out_and_nothing_given_up() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    killed(&world, "execute:written", desk.set(&key, NEW)).await;
    world.pass(400);
    world.people.down.store(true, Ordering::Relaxed);
    assert_eq!(desk.recover().await.unwrap(), 0);
    world.people.down.store(false, Ordering::Relaxed);
    assert_eq!(desk.recover().await.unwrap(), 1);
}

#[tokio::test]
async fn an_unlock_that_was_killed_can_be_made_again() {
    for point in ["execute:claimed", "execute:written"] {
        let world = World::new();
        let desk = world.desk();
        let key = world.proven(&desk, Action::Unlock, "carol").await;
        let unlock = crate::reset::Execution {
            new: None,
            accounts: &[],
            idempotency: None,
        };
        let caller = browser();
        let done = desk.execute(&caller, Holder::Browser(&key), unlock);
        assert!(killed(&world, point, done).await.is_none());
        let desk = world.desk();
        whatever_waits(&world, &desk).await;
        let stage = desk.view(&browser(), Holder::Browser(&key)).await.unwrap().stage;
        let expected = if point == "execute:claimed" {
            Stage::Ready
        } else {
            Stage::Done
        };
        assert_eq!(stage, expected, "{point}");
    }
}

#[tokio::test]
async fn whoever_starts_alone_waits_for_no_lease() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    killed(&world, "execute:before-write", desk.set(&key, NEW)).await;
    let desk = world.desk();
    assert_eq!(desk.recover().await.unwrap(), 0);
    assert_eq!(desk.recover_at_start().await.unwrap(), 1);
    desk.set(&key, NEW).await.unwrap();
    assert_eq!(world.people.writes().len(), 1);
}

/// A gateway whose clock is five minutes ahead looks for what was abandoned, while another one writes.
#[tokio::test]
async fn a_clock_that_is_five_minutes_off_takes_nobody_s_write_for_abandoned() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    killed(&world, "execute:before-write", desk.set(&key, NEW)).await;
    world.pass(300);
    assert_eq!(world.desk().recover().await.unwrap(), 0);
}

#[tokio::test]
async fn a_new_key_ends_nothing_that_is_under_way_as_long_as_the_old_one_is_known() {
    let mut world = World::new();
    world.with_rules(|rules| rules.limits.per_name = 10);
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    let other = desk.ask(Action::Unlock, "bob").await.unwrap();
    world.keys = (8, Some(7));
    let desk = world.desk();
    desk.work().await;
    let letters = world.letters();
    assert_eq!(letters.len(), 2);
    world.keys = (9, Some(8));
    let desk = world.desk();
    // What the first key made is gone, with the browsers that hold it; what the second made leads on.
    assert!(desk.view(&browser(), Holder::Browser(&opened.session)).await.is_err());
    assert!(desk.view(&browser(), Holder::Browser(&other.session)).await.is_err());
    let key = desk.follow(&browser(), &letters[1].token()).await.unwrap();
    let unlock = crate::reset::Execution {
        new: None,
        accounts: &[],
        idempotency: None,
    };
    desk.execute(&browser(), Holder::Browser(&key), unlock).await.unwrap();
    desk.not_me(&browser(), &letters[1].not_me_token()).await.unwrap();
    world.keys = (10, Some(9));
    world.desk().ask(Action::Reset, "bob").await.unwrap();
    world.desk().work().await;
    assert_eq!(world.reasons("reset.not_eligible"), ["held"]);
}

#[tokio::test]
async fn a_store_that_does_not_answer_who_has_it_is_asked_again() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    world.records.silent_once.store(true, Ordering::Relaxed);
    assert_eq!(desk.set(&key, NEW).await.unwrap()[0].outcome, TargetOutcome::Done);
    assert_eq!(world.people.writes().len(), 1);
}

#[tokio::test]
async fn a_store_that_is_gone_after_the_write_is_told_of_it_later() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    let store_goes = Arc::clone(&world.records);
    *lock(&world.switch.at) = Some((
        "execute:written",
        Box::new(move || store_goes.down.store(true, Ordering::Relaxed)),
    ));
    // It is done, and said so.
    assert_eq!(desk.set(&key, NEW).await.unwrap()[0].outcome, TargetOutcome::Done);
    world.records.down.store(false, Ordering::Relaxed);
    whatever_waits(&world, &desk).await;
    assert_eq!(
        desk.view(&browser(), Holder::Browser(&key)).await.unwrap().stage,
        Stage::Done
    );
    assert_eq!(world.last_letter().kind, LetterKind::Changed);
    assert_eq!(world.people.writes().len(), 1);
}

#[tokio::test]
async fn whoever_hangs_up_in_the_middle_waits_for_no_lease() {
    for (point, stage) in [("execute:before-write", Stage::Ready), ("execute:written", Stage::Done)] {
        let world = World::new();
        let desk = world.desk();
        let key = world.proven(&desk, Action::Reset, "bob").await;
        // The future is dropped there, and the desk lives on.
        killed(&world, point, desk.set(&key, NEW)).await;
        assert_eq!(desk.recover().await.unwrap(), 0);
        world.pass(21);
        assert_eq!(desk.recover().await.unwrap(), 1, "{point}");
        assert_eq!(desk.recover().await.unwrap(), 0);
        assert_eq!(desk.view(&browser(), Holder::Browser(&key)).await.unwrap().stage, stage);
    }
}
