//! The first step, which is the same for everybody.

use super::doubles::lock;
use super::world::{NEW, World, asking, browser, from};
use crate::reset::asked::{Action, Holder};
use crate::reset::ports::LetterKind;
use crate::reset::service::SelfService as _;
use crate::reset::told::{Refused, Stage, TargetOutcome};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn one_mail_and_a_code_lead_to_a_new_password() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let letter = world.last_letter();
    assert_eq!((letter.kind, &*letter.to), (LetterKind::Challenge, "bob@example.org"));
    let key = desk.type_code(&opened.session, &letter.code()).await.unwrap();
    let view = desk.view(&browser(), Holder::Browser(&key)).await.unwrap();
    assert_eq!(view.stage, Stage::Ready);
    assert_eq!(view.accounts[0].login, "bob");
    let results = desk.set(&key, NEW).await.unwrap();
    assert_eq!(results[0].outcome, TargetOutcome::Done);
    assert_eq!(world.people.password("bob"), NEW);
    desk.work().await;
    assert_eq!(world.last_letter().kind, LetterKind::Changed);
    assert_eq!(
        desk.view(&browser(), Holder::Browser(&key)).await.unwrap().stage,
        Stage::Done
    );
}

#[tokio::test]
async fn known_unknown_and_federated_names_ask_the_same_of_the_store_and_nothing_of_a_directory() {
    let mut calls = Vec::new();
    for name in ["alice", "nobody", "erin", "carol"] {
        let world = World::new();
        let desk = world.desk();
        let opened = desk.ask(Action::Reset, name).await.unwrap();
        let view = desk.view(&browser(), Holder::Browser(&opened.session)).await.unwrap();
        assert!(view.accounts.is_empty());
        assert_eq!(world.people.asked.load(Ordering::Relaxed), 0);
        calls.push((
            world.records.take_calls(),
            world.records.shapes(),
            view.stage,
            view.next,
            view.expires_at,
            view.resend_at,
        ));
    }
    assert!(calls.iter().all(|others| *others == calls[0]), "{calls:?}");
}

#[tokio::test]
async fn over_the_limit_of_a_name_the_answer_is_the_same_and_no_message_goes_out() {
    let world = World::new();
    let desk = world.desk();
    for host in 1..=5 {
        desk.request(&from(host), &asking(Action::Reset, "bob"))
            .await
            .map(|_| ())
            .unwrap();
    }
    desk.work().await;
    assert_eq!(world.letters().len(), 3);
    // The same name in another spelling is the same name.
    desk.ask(Action::Reset, " BOB ").await.unwrap();
    desk.work().await;
    assert_eq!(world.letters().len(), 3);
    assert_eq!(world.reasons("reset.not_eligible"), ["too_many_requests"; 3]);
}

#[tokio::test]
async fn over_the_limit_of_a_network_it_is_said_and_when_to_come_back() {
    let world = World::new();
    let desk = world.desk();
    for number in 0..20 {
        desk.ask(Action::Reset, &format!("somebody{number}")).await.unwrap();
    }
    let refused = desk.ask(Action::Reset, "bob").await.err().unwrap();
    assert!(matches!(refused, Refused::TooMany { after } if after.as_secs() > 0));
    // Another network is not kept out.
    desk.request(&from(2), &asking(Action::Reset, "bob"))
        .await
        .map(|_| ())
        .unwrap();
    assert!(lock(&world.switch.lines).iter().all(|line| !line.rest.contains("bob")));
}
