//! Proofs: what counts, what is counted, and what whoever guesses is told.

use super::doubles::Phone;
use super::world::{NEW, World, asking, browser, copy, from, no_context, program};
use crate::reset::asked::{Action, Holder, Proof, SessionKey};
use crate::reset::service::SelfService as _;
use crate::reset::told::{Ending, Landing, Refused, Stage};
use crate::secret::Secret;
use crate::standing::State;
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn wrong() -> Secret {
    Secret::new("ZZZZ-ZZZZ")
}

#[tokio::test]
async fn looking_at_a_link_changes_nothing_however_often() {
    let world = World::new();
    let desk = world.desk();
    desk.ask(Action::Reset, "alice").await.unwrap();
    desk.work().await;
    let token = world.last_letter().token();
    world.records.take_calls();
    let kept = world.records.everything();
    for _ in 0..10 {
        let landing = desk.landing(&browser(), &token).await.unwrap();
        assert!(
            matches!(&landing, Landing::Good { masked, asked_from, .. } if masked == "a•••e" && asked_from == "192.0.2.0/24")
        );
    }
    assert_eq!(world.records.take_calls(), ["by_handle"; 10]);
    assert_eq!(world.records.everything(), kept);
    desk.follow(&browser(), &token).await.map(|_| ()).unwrap();
}

#[tokio::test]
async fn a_link_leads_any_browser_on_and_the_one_before_is_out() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let token = world.last_letter().token();
    let first = desk.follow(&browser(), &token).await.unwrap();
    let second = desk.follow(&from(2), &token).await.unwrap();
    assert_eq!(desk.set(&first, NEW).await, Err(Refused::NoContext));
    // Whoever asked sees what everybody sees, and can do nothing.
    let asker = Holder::Browser(&opened.session);
    assert_eq!(desk.view(&browser(), asker).await.unwrap().stage, Stage::Asked);
    assert_eq!(desk.set(&opened.session, NEW).await, Err(Refused::NotReady));
    let code = world.last_letter().code();
    assert_eq!(
        desk.type_code(&opened.session, &code).await.err(),
        Some(Refused::WrongProof { left: None })
    );
    desk.set(&second, NEW).await.unwrap();
    assert_eq!(
        desk.landing(&browser(), &token).await.unwrap(),
        Landing::Over(Ending::Used)
    );
    assert_eq!(
        desk.follow(&browser(), &token).await.err(),
        Some(Refused::Over(Ending::Used))
    );
    assert_eq!(world.people.writes().len(), 1);
}

#[tokio::test]
async fn a_token_is_good_for_its_own_purpose_route_and_door() {
    let mut world = World::new();
    world.public_url = crate::reset::PublicUrl::from_configuration("https://id.example.org").ok();
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let letter = world.last_letter();
    let unknown = Some(Refused::Over(Ending::Unknown));
    assert_eq!(desk.follow(&browser(), &letter.not_me_token()).await.err(), unknown);
    assert_eq!(desk.not_me(&browser(), &letter.code()).await.err(), unknown);
    assert_eq!(desk.follow(&browser(), &letter.code()).await.err(), unknown);
    let mut elsewhere = browser();
    elsewhere.route = "other";
    assert_eq!(desk.follow(&elsewhere, &letter.token()).await.err(), unknown);
    assert_eq!(desk.not_me(&elsewhere, &letter.not_me_token()).await.err(), unknown);
    assert_eq!(desk.not_me(&elsewhere, &letter.token()).await.err(), unknown);
    assert_eq!(
        desk.follow(&program(false), &letter.token()).await.err(),
        Some(Refused::NotAllowed)
    );
}

#[tokio::test]
async fn a_context_s_name_alone_opens_nothing() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    for (context, secret) in [(opened.context, "guessed"), (no_context(), "guessed")] {
        let key = SessionKey {
            context,
            secret: Secret::new(secret),
        };
        assert_eq!(
            desk.view(&browser(), Holder::Browser(&key)).await.err(),
            Some(Refused::NoContext)
        );
    }
    // Nor does a program get a browser's, nor another program's.
    let by_name = Holder::Program(&opened.context);
    assert_eq!(desk.view(&program(true), by_name).await.err(), Some(Refused::NoContext));
    assert_eq!(desk.view(&browser(), by_name).await.err(), Some(Refused::NoContext));
    // And every request gets a context and a key of its own.
    let again = desk.ask(Action::Reset, "bob").await.unwrap();
    assert!(again.context != opened.context && !again.session.secret.same_as(&opened.session.secret));
}

#[tokio::test]
async fn the_key_changes_with_the_proof_and_the_one_before_is_good_for_nothing() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let old = copy(&opened.session);
    let new = desk
        .type_code(&opened.session, &world.last_letter().code())
        .await
        .unwrap();
    assert_eq!(desk.set(&old, NEW).await, Err(Refused::NotReady));
    desk.cancel(&browser(), Holder::Browser(&old)).await.unwrap();
    desk.set(&new, NEW).await.unwrap();
}

#[tokio::test]
async fn guesses_are_told_alike_for_everybody_and_end_the_context_for_whoever_guesses() {
    let mut told = Vec::new();
    for name in ["bob", "nobody", "erin"] {
        let world = World::new();
        let desk = world.desk();
        let opened = desk.ask(Action::Reset, name).await.unwrap();
        desk.work().await;
        let mut answers = Vec::new();
        for _ in 0..7 {
            answers.push(desk.type_code(&opened.session, &wrong()).await.err().unwrap());
        }
        let holder = Holder::Browser(&opened.session);
        answers.push(Refused::Over(
            match desk.view(&browser(), holder).await.unwrap().stage {
                Stage::Over(ending) => ending,
                _ => Ending::Unknown,
            },
        ));
        // A new code has tries of its own, and the context has ten.
        world.pass(60);
        desk.again(&browser(), holder).await.unwrap();
        desk.work().await;
        for _ in 0..7 {
            answers.push(desk.type_code(&opened.session, &wrong()).await.err().unwrap());
        }
        assert_eq!(
            desk.view(&browser(), holder).await.unwrap().stage,
            Stage::Over(Ending::Locked)
        );
        assert_eq!(
            desk.again(&browser(), holder).await.err(),
            Some(Refused::Over(Ending::Locked))
        );
        told.push(answers);
        if name == "bob" {
            // The owner's link, which nobody guesses, still holds: whoever guesses keeps nobody out.
            let key = desk.follow(&from(9), &world.last_letter().token()).await.unwrap();
            desk.set(&key, NEW).await.unwrap();
        }
    }
    assert!(told.iter().all(|answers| *answers == told[0]), "{told:#?}");
    assert_eq!(told[0][4], Refused::WrongProof { left: Some(0) });
    assert_eq!(told[0].last(), Some(&Refused::Over(Ending::Locked)));
}

#[tokio::test]
async fn after_five_wrong_codes_the_right_one_is_wrong_too() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let code = world.last_letter().code();
    for _ in 0..5 {
        desk.type_code(&opened.session, &wrong()).await.err().unwrap();
    }
    let refused = desk.type_code(&opened.session, &code).await.err();
    assert_eq!(refused, Some(Refused::WrongProof { left: Some(0) }));
}

#[tokio::test]
async fn an_account_s_guesses_are_counted_over_all_contexts_and_nobody_is_told() {
    let world = World::new();
    world.with_rules(|rules| {
        rules.limits.per_name = 100;
        rules.limits.per_mailbox = 100;
        rules.limits.tries_of_account = 8;
    });
    let desk = world.desk();
    for _ in 0..2 {
        let opened = desk.ask(Action::Reset, "bob").await.unwrap();
        desk.work().await;
        for _ in 0..4 {
            desk.type_code(&opened.session, &wrong()).await.err().unwrap();
        }
    }
    let opened = desk.ask(Action::Reset, "bob@example.org").await.unwrap();
    desk.work().await;
    let code = world.last_letter().code();
    assert_eq!(
        desk.type_code(&opened.session, &code).await.err(),
        Some(Refused::WrongProof { left: None })
    );
    assert!(world.reasons("reset.locked").contains(&"account".to_owned()));
    // By the link its owner is known all the same, and codes are compared again.
    desk.follow(&browser(), &world.last_letter().token())
        .await
        .map(|_| ())
        .unwrap();
    world.proven(&desk, Action::Reset, "bob").await;
}

#[tokio::test]
async fn codes_and_links_end_and_so_do_contexts() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let letter = world.last_letter();
    world.pass(601);
    assert!(matches!(
        desk.type_code(&opened.session, &letter.code()).await,
        Err(Refused::WrongProof { .. })
    ));
    assert!(matches!(
        desk.landing(&browser(), &letter.token()).await,
        Ok(Landing::Good { .. })
    ));
    world.pass(1200);
    assert_eq!(
        desk.follow(&browser(), &letter.token()).await.err(),
        Some(Refused::Over(Ending::Expired))
    );
    world.pass(5400);
    let view = desk.view(&browser(), Holder::Browser(&opened.session)).await.unwrap();
    assert_eq!(view.stage, Stage::Over(Ending::Expired));
    world.pass(48 * 3600);
    while desk.sweep().await.unwrap() > 0 {}
    assert_eq!(
        desk.landing(&browser(), &letter.token()).await.unwrap(),
        Landing::Over(Ending::Unknown)
    );
}

#[tokio::test]
async fn the_last_step_is_to_be_taken_soon_after_the_proof() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    world.pass(601);
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::Over(Ending::Expired)));
}

#[tokio::test]
async fn a_newer_request_ends_the_message_before_and_only_its_reader_is_told() {
    let world = World::new();
    let desk = world.desk();
    let first = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let letter = world.last_letter();
    desk.ask(Action::Reset, "bob@example.org").await.unwrap();
    desk.work().await;
    assert_eq!(
        desk.landing(&browser(), &letter.token()).await.unwrap(),
        Landing::Over(Ending::Superseded)
    );
    let refused = desk.type_code(&first.session, &letter.code()).await.err();
    assert_eq!(refused, Some(Refused::WrongProof { left: None }));
    let view = desk.view(&browser(), Holder::Browser(&first.session)).await.unwrap();
    assert_eq!(view.stage, Stage::Asked);
    // What was proven already is nobody's to end by asking.
    let key = desk.follow(&browser(), &world.last_letter().token()).await.unwrap();
    desk.request(&from(3), &asking(Action::Reset, "bob")).await.unwrap();
    desk.work().await;
    desk.set(&key, NEW).await.unwrap();
}

#[tokio::test]
async fn whatever_changes_about_the_account_ends_its_message() {
    let cases: [(&str, super::people::Happening); 5] = [
        ("password", |entry| entry.written += 1),
        ("mail", |entry| entry.person.mails.push("new@example.org".into())),
        ("phone", |entry| entry.person.phones.push("+1".into())),
        ("disabled", |entry| entry.state = State::Disabled),
        ("provider", |entry| entry.provider = Some("sso")),
    ];
    for (what, change) in cases {
        for after_proof in [false, true] {
            let world = World::new();
            let desk = world.desk();
            let opened = desk.ask(Action::Reset, "bob").await.unwrap();
            desk.work().await;
            let letter = world.last_letter();
            let changed = Err(Refused::Over(Ending::Changed));
            if after_proof {
                let key = desk.type_code(&opened.session, &letter.code()).await.unwrap();
                world.people.change("bob", change);
                assert_eq!(desk.set(&key, NEW).await, changed, "{what}");
            } else {
                world.people.change("bob", change);
                assert_eq!(
                    desk.follow(&browser(), &letter.token()).await.map(|_| Vec::new()),
                    changed,
                    "{what}"
                );
            }
            assert!(world.people.writes().is_empty());
        }
    }
}

#[tokio::test]
async fn while_the_directory_is_down_a_right_proof_is_not_lost() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let code = world.last_letter().code();
    world.people.down.store(true, Ordering::Relaxed);
    for _ in 0..20 {
        assert_eq!(
            desk.type_code(&opened.session, &code).await.err(),
            Some(Refused::Unavailable)
        );
    }
    world.people.down.store(false, Ordering::Relaxed);
    desk.type_code(&opened.session, &code).await.map(|_| ()).unwrap();
}

#[tokio::test]
async fn two_factors_of_different_kinds_are_asked_for_one_after_the_other() {
    let mut world = World::new();
    world.factors.push(Arc::new(Phone));
    world
        .people
        .change("bob", |entry| entry.person.phones = vec!["+49 1".into()]);
    world.with_rules(|rules| {
        rules.gates = 2;
        rules.factors = vec!["mail".into(), "phone".into()];
    });
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    let view = desk.view(&browser(), Holder::Browser(&key)).await.unwrap();
    assert_eq!((view.stage, &*view.next), (Stage::Proving, &["phone".into()][..]));
    assert!(view.accounts.is_empty());
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::NotReady));
    desk.work().await;
    let second = world.last_letter();
    assert_eq!(second.to, "+49 1");
    let code = second.code();
    let first = world.letters()[0].clone();
    let proof = |factor, code| Proof::Code { factor, code };
    let holder = Holder::Browser(&key);
    // The first message proves nothing more, under whichever name.
    let again = first.code();
    assert!(desk.prove(&browser(), holder, proof("mail", &again)).await.is_err());
    assert!(desk.prove(&browser(), holder, proof("phone", &again)).await.is_err());
    assert!(desk.prove(&browser(), holder, proof("mail", &code)).await.is_err());
    assert_eq!(
        desk.follow(&browser(), &first.token()).await.err(),
        Some(Refused::Over(Ending::Superseded))
    );
    let key = desk.prove(&browser(), holder, proof("phone", &code)).await.unwrap();
    desk.set(&key, NEW).await.unwrap();
}

#[tokio::test]
async fn rules_that_became_stricter_hold_for_what_is_under_way_and_milder_ones_do_not() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    world.with_rules(|rules| rules.gates = 2);
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::NotReady));
    world.with_rules(|rules| rules.gates = 1);
    desk.set(&key, NEW).await.unwrap();

    let world = World::new();
    world.with_rules(|rules| rules.gates = 2);
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    world.with_rules(|rules| rules.gates = 1);
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::NotReady));
    // A route that is gone ends it.
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    super::doubles::lock(&world.policy).general = None;
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::Over(Ending::Changed)));
    assert!(world.people.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_guesses_at_once_no_more_are_compared_than_may_be() {
    let world = World::new();
    let desk = Arc::new(world.desk());
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    world.switch.reached.lock().unwrap().clear();
    let guesses: Vec<_> = (0..200)
        .map(|_| {
            let (desk, key) = (Arc::clone(&desk), copy(&opened.session));
            tokio::spawn(async move { desk.type_code(&key, &wrong()).await.err() })
        })
        .collect();
    for guess in guesses {
        let told = guess.await.unwrap();
        assert!(
            matches!(told, Some(Refused::WrongProof { .. } | Refused::Unavailable)),
            "{told:?}"
        );
    }
    let reached = world.switch.reached.lock().unwrap().clone();
    assert_eq!(reached.iter().filter(|point| **point == "prove:wrong").count(), 5);
}
