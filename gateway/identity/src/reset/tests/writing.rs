//! Letters: to whom, how often, and what becomes of them.

use super::doubles::lock;
use super::world::{NEW, World, browser};
use crate::reset::asked::{Action, Holder};
use crate::reset::ports::{ChannelError, LetterKind};
use crate::reset::progress::ProgressState;
use crate::reset::service::SelfService as _;
use crate::reset::told::{Ending, Landing, Refused, Stage, TargetOutcome};
use crate::standing::StateName;

#[tokio::test]
async fn every_address_hears_of_a_change_and_no_letter_holds_the_password() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "alice").await;
    desk.set(&key, NEW).await.unwrap();
    desk.work().await;
    let notices: Vec<_> = world
        .letters()
        .into_iter()
        .filter(|letter| letter.kind == LetterKind::Changed)
        .collect();
    let mut to: Vec<_> = notices.iter().map(|letter| &*letter.to).collect();
    to.sort_unstable();
    assert_eq!(to, ["alice@example.org", "alice@home.example"]);
    assert!(
        notices
            .iter()
            .all(|letter| letter.link.is_none() && letter.code.is_none())
    );
    assert!(
        world
            .letters()
            .iter()
            .all(|letter| !format!("{letter:?}").contains(NEW))
    );
    assert!(!world.names().contains(&"reset.notice_weak"));
    let key = world.proven(&desk, Action::Reset, "bob").await;
    desk.set(&key, NEW).await.unwrap();
    assert!(world.names().contains(&"reset.notice_weak"));
}

#[tokio::test]
async fn a_mail_server_that_is_down_undoes_nothing_and_loses_nothing() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    *lock(&world.switch.channel_fails) = Some(ChannelError::Later);
    assert_eq!(desk.set(&key, NEW).await.unwrap()[0].outcome, TargetOutcome::Done);
    for _ in 0..20 {
        desk.work().await;
        world.pass(600);
    }
    let key = desk.renewed_key(&key).await;
    assert_eq!(
        desk.view(&browser(), Holder::Browser(&key)).await.unwrap().stage,
        Stage::Done
    );
    *lock(&world.switch.channel_fails) = None;
    world.pass(900);
    desk.work().await;
    assert_eq!(world.last_letter().kind, LetterKind::Changed);
}

#[tokio::test]
async fn a_message_that_came_too_late_to_be_of_use_is_not_sent() {
    let world = World::new();
    let desk = world.desk();
    *lock(&world.switch.channel_fails) = Some(ChannelError::Later);
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    world.pass(1801);
    *lock(&world.switch.channel_fails) = None;
    desk.work().await;
    assert!(world.letters().is_empty());
    assert!(world.reasons("reset.challenge_sent").contains(&"too_late".to_owned()));
}

#[tokio::test]
async fn a_refused_letter_is_not_tried_again() {
    let world = World::new();
    let desk = world.desk();
    *lock(&world.switch.channel_fails) = Some(ChannelError::Never);
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    *lock(&world.switch.channel_fails) = None;
    world.pass(120);
    desk.work().await;
    assert!(world.letters().is_empty());
}

#[tokio::test]
async fn it_was_not_me_ends_everything_and_lets_nobody_begin_for_a_day() {
    let world = World::new();
    world.with_rules(|rules| rules.limits.per_name = 10);
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    let letter = world.last_letter();
    desk.not_me(&browser(), &letter.not_me_token()).await.unwrap();
    desk.not_me(&browser(), &letter.not_me_token()).await.unwrap();
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::Over(Ending::NotMe)));
    assert_eq!(
        desk.landing(&browser(), &letter.token()).await.unwrap(),
        Landing::Over(Ending::NotMe)
    );
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    assert_eq!(world.letters().len(), 1);
    assert_eq!(world.reasons("reset.not_eligible"), ["held"]);
    assert_eq!(
        desk.view(&browser(), Holder::Browser(&opened.session))
            .await
            .unwrap()
            .stage,
        Stage::Asked
    );
    let mut account = None;
    world
        .people
        .change("bob", |entry| account = Some(entry.person.key.clone()));
    assert_eq!(
        desk.progress(&account.unwrap()).await.unwrap().state,
        ProgressState::Blocked
    );
    world.pass(24 * 3600 + 1);
    world.proven(&desk, Action::Reset, "bob").await;
}

#[tokio::test]
async fn whoever_looks_after_the_account_may_lift_it() {
    let world = World::new();
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    desk.not_me(&browser(), &world.last_letter().not_me_token())
        .await
        .unwrap();
    let mut account = None;
    world
        .people
        .change("bob", |entry| account = Some(entry.person.key.clone()));
    desk.release(&account.unwrap()).await.unwrap();
    world.proven(&desk, Action::Reset, "bob").await;
}

#[tokio::test]
async fn the_page_of_a_link_can_say_not_me_as_well() {
    let world = World::new();
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let token = world.last_letter().token();
    desk.not_me(&browser(), &token).await.unwrap();
    assert_eq!(
        desk.landing(&browser(), &token).await.unwrap(),
        Landing::Over(Ending::NotMe)
    );
    assert_eq!(
        desk.not_me(&browser(), &crate::Secret::new("nothing")).await.err(),
        Some(Refused::Over(Ending::Unknown))
    );
}

#[tokio::test]
async fn not_me_is_not_told_to_whoever_asked() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    desk.not_me(&browser(), &world.last_letter().not_me_token())
        .await
        .unwrap();
    let view = desk.view(&browser(), Holder::Browser(&opened.session)).await.unwrap();
    assert_eq!(view.stage, Stage::Asked);
    let code = world.last_letter().code();
    assert_eq!(
        desk.type_code(&opened.session, &code).await.err(),
        Some(Refused::WrongProof { left: None })
    );
}

#[tokio::test]
async fn forgotten_names_go_to_the_address_of_the_entries_in_one_letter() {
    let world = World::new();
    world
        .people
        .add("bob-admin", |entry| entry.person.mails = vec!["Bob@example.org".into()]);
    // Compared by what a lossy directory takes for the same, and not the same.
    world
        .people
        .add("mike", |entry| entry.person.mails = vec!["mıke@example.org".into()]);
    let desk = world.desk();
    for typed in ["BOB@example.org", "mike@example.org", "nobody@example.org"] {
        let opened = desk.ask(Action::Reminder, typed).await.unwrap();
        desk.work().await;
        let view = desk.view(&browser(), Holder::Browser(&opened.session)).await.unwrap();
        assert_eq!(view.stage, Stage::Asked);
    }
    let letters = world.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].kind, &*letters[0].to),
        (LetterKind::Reminder, "bob@example.org")
    );
    assert_eq!(letters[0].logins, ["bob", "bob-admin"]);
    assert!(letters[0].code.is_none());
}

#[tokio::test]
async fn a_sign_in_that_met_a_state_that_can_be_ended_here_is_answered_by_one_mail() {
    let world = World::new();
    let desk = world.desk();
    for _ in 0..3 {
        desk.sign_in_met("main", "bob", StateName::MustChange).await.unwrap();
        desk.sign_in_met("main", "bob@example.org", StateName::MustChange)
            .await
            .unwrap();
        desk.sign_in_met("main", "alice", StateName::MustChange).await.unwrap();
        desk.sign_in_met("main", "carol", StateName::Locked).await.unwrap();
        desk.sign_in_met("main", "nobody", StateName::Expired).await.unwrap();
        desk.sign_in_met("main", "alice", StateName::Active).await.unwrap();
        desk.sign_in_met("other", "bob", StateName::MustChange).await.unwrap();
        desk.work().await;
    }
    let letters = world.letters();
    let told: Vec<_> = letters.iter().map(|letter| (letter.kind, &*letter.to)).collect();
    let sign_in = LetterKind::SignIn;
    assert_eq!(told, [(sign_in, "bob@example.org"), (sign_in, "carol@example.org")]);
    // Nobody asked, so there is no code to type; the link leads on.
    assert!(letters[0].code.is_none());
    let key = desk.follow(&browser(), &letters[0].token()).await.unwrap();
    desk.set(&key, NEW).await.unwrap();
    world.with_rules(|rules| rules.mail_at_sign_in = false);
    world.pass(2 * 24 * 3600);
    desk.sign_in_met("main", "carol", StateName::Locked).await.unwrap();
    desk.work().await;
    let sign_ins = world
        .letters()
        .into_iter()
        .filter(|letter| letter.kind == LetterKind::SignIn);
    assert_eq!(sign_ins.count(), 2);
}

#[tokio::test]
async fn a_letter_is_in_the_language_its_reader_prefers() {
    let world = World::new();
    world
        .people
        .change("bob", |entry| entry.person.language = Some("de-CH, fr;q=0.8".into()));
    world
        .people
        .change("alice", |entry| entry.person.language = Some("x\r\ny".into()));
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.ask(Action::Reset, "alice").await.unwrap();
    desk.work().await;
    let languages: Vec<_> = world.letters().into_iter().map(|letter| letter.language).collect();
    assert_eq!(languages, ["de-CH", "en"]);
}
