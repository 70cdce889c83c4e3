//! F9: a proof that is good only after a while.

use super::world::{NEW, World, browser, from};
use crate::reset::asked::{Action, Holder, SessionKey};
use crate::reset::desk::Desk;
use crate::reset::ports::LetterKind;
use crate::reset::service::SelfService as _;
use crate::reset::told::{Ending, Landing, Refused, Stage, TargetOutcome};
use std::time::Duration;

const DAY: u64 = 24 * 3_600;

fn slow() -> World {
    let world = World::new();
    world.with_rules(|rules| {
        rules.privileged = true;
        rules.lifetimes.cool_down = Duration::from_secs(DAY);
    });
    world
}

async fn stage(desk: &Desk, key: &SessionKey) -> Stage {
    desk.view(&browser(), Holder::Browser(key)).await.unwrap().stage
}

#[tokio::test]
async fn a_privileged_account_s_new_password_waits_a_day_and_everybody_hears_of_it_at_once() {
    let world = slow();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "alice").await;
    let first = world.last_letter().token();
    desk.work().await;
    // Both of alice's addresses, and the administrators; and no link to go on with yet.
    let told: Vec<_> = world.letters().into_iter().skip(1).collect();
    let kinds: Vec<_> = told.iter().map(|letter| (letter.kind, letter.to.clone())).collect();
    let of = |to: &str| (LetterKind::Waiting, to.to_owned());
    assert_eq!(
        kinds,
        [
            of("alice@example.org"),
            of("alice@home.example"),
            of("admins@example.org")
        ]
    );
    assert!(told.iter().all(|letter| letter.link.is_none()));
    assert!(told[0].not_me.is_some() && told[1].not_me.is_some() && told[2].not_me.is_none());
    assert!(world.names().contains(&"reset.waiting"));
    let view = desk.view(&browser(), Holder::Browser(&key)).await.unwrap();
    assert_eq!(view.stage, Stage::Waiting);
    let seconds = view.not_before.unwrap().as_second() - super::world::start().as_second();
    assert_eq!(seconds, i64::try_from(DAY).unwrap());
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::NotReady));
    // Neither the old link nor the time of a browser's patience shortens it.
    let landing = desk.landing(&browser(), &first).await.unwrap();
    assert_eq!(landing, Landing::Over(Ending::Superseded));
    world.pass(DAY - 60);
    desk.work().await;
    assert_eq!(world.letters().len(), 4);
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::NotReady));
    world.pass(61);
    desk.work().await;
    let letter = world.last_letter();
    assert_eq!((letter.kind, &*letter.to), (LetterKind::Challenge, "alice@example.org"));
    assert!(letter.code.is_none());
    assert_eq!(stage(&desk, &key).await, Stage::Ready);
    // Another browser goes on by the link; half a day later is not too late.
    world.pass(DAY / 2);
    let key = desk.follow(&from(9), &letter.token()).await.unwrap();
    assert_eq!(stage(&desk, &key).await, Stage::Ready);
    assert_eq!(desk.set(&key, NEW).await.unwrap()[0].outcome, TargetOutcome::Done);
    assert_eq!(world.people.password("alice"), NEW);
}

#[tokio::test]
async fn whoever_it_was_not_ends_the_wait() {
    let world = slow();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    desk.work().await;
    let letters = world.letters();
    let told = letters.iter().find(|letter| letter.kind == LetterKind::Waiting);
    desk.not_me(&from(3), &told.unwrap().not_me_token()).await.unwrap();
    assert_eq!(stage(&desk, &key).await, Stage::Over(Ending::NotMe));
    world.pass(DAY + 60);
    desk.work().await;
    assert!(matches!(desk.set(&key, NEW).await, Err(Refused::Over(_))));
    assert!(world.people.writes().is_empty());
}

#[tokio::test]
async fn rules_that_ask_for_a_wait_only_now_are_waited_for_too() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    world.with_rules(|rules| rules.lifetimes.cool_down = Duration::from_mins(5));
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::NotReady));
    // And those that ask for none any more change nothing for whoever waits already.
    world.pass(301);
    assert_eq!(desk.set(&key, NEW).await.unwrap()[0].outcome, TargetOutcome::Done);
    let slow = slow();
    let desk = slow.desk();
    let key = slow.proven(&desk, Action::Reset, "bob").await;
    slow.with_rules(|rules| rules.lifetimes.cool_down = Duration::ZERO);
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::NotReady));
}

#[tokio::test]
async fn more_time_is_given_as_often_as_it_is_asked_for_until_the_context_ends() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    let holder = || Holder::Browser(&key);
    // Ten minutes each, and two hours for all of it.
    for _ in 0..12 {
        world.pass(590);
        desk.more_time(&browser(), holder()).await.unwrap();
        assert_eq!(stage(&desk, &key).await, Stage::Ready);
    }
    let end = desk.view(&browser(), holder()).await.unwrap().expires_at;
    assert_eq!(end.as_second() - super::world::start().as_second(), 7_200);
    world.pass(110);
    desk.more_time(&browser(), holder()).await.unwrap();
    world.pass(10);
    let told = desk.more_time(&browser(), holder()).await;
    assert_eq!(told, Err(Refused::Over(Ending::Expired)));
    // What is over by itself is not brought back, and before a proof there is no last step.
    let key = world.proven(&desk, Action::Reset, "alice").await;
    world.pass(601);
    let told = desk.more_time(&browser(), Holder::Browser(&key)).await;
    assert_eq!(told, Err(Refused::Over(Ending::Expired)));
    let opened = desk.ask(Action::Reset, "carol").await.unwrap();
    let told = desk.more_time(&browser(), Holder::Browser(&opened.session)).await;
    assert_eq!(told, Err(Refused::NotReady));
}
