//! The first step, which is the same for everybody.

use super::doubles::lock;
use super::world::{NEW, World, asking, browser, from};
use crate::account::AccountKey;
use crate::directory::Admittance;
use crate::records::{Onboarded, ResetChange, ResetRecords as _};
use crate::reset::asked::{Action, Holder};
use crate::reset::ports::LetterKind;
use crate::reset::progress::Progress;
use crate::reset::service::SelfService as _;
use crate::reset::told::{Ending, Landing, Refused, Stage, TargetOutcome};
use crate::secret::Secret;
use crate::standing::{LockedBy, State};
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
    let key = desk.renewed_key(&key).await;
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

#[tokio::test]
async fn with_the_switch_off_nothing_is_offered_and_nothing_is_sent() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    world.switch.on.store(false, Ordering::Relaxed);
    for action in Action::ALL {
        assert_eq!(desk.ask(action, "bob").await.err(), Some(Refused::NotOffered));
    }
    assert!(!desk.offer("main").await.unwrap().features.reset);
    // What was asked for before is not sent either.
    desk.work().await;
    assert!(world.letters().is_empty());
    world.switch.on.store(true, Ordering::Relaxed);
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let key = desk.type_code(&opened.session, &Secret::new("00000000")).await.err();
    assert_eq!(key, Some(Refused::WrongProof { left: None }));
}

#[tokio::test]
async fn with_the_switch_off_a_proven_context_writes_nothing_and_waits() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    world.switch.on.store(false, Ordering::Relaxed);
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::NotOffered));
    assert!(world.people.writes().is_empty());
    world.switch.on.store(true, Ordering::Relaxed);
    desk.set(&key, NEW).await.unwrap();
}

#[tokio::test]
async fn a_route_without_pages_or_policy_or_factors_offers_nothing() {
    let mut world = World::new();
    world.with_rules(|rules| rules.factors.clear());
    assert_eq!(
        world.desk().ask(Action::Reset, "bob").await.err(),
        Some(Refused::NotOffered)
    );
    lock(&world.policy).general = None;
    assert_eq!(
        world.desk().ask(Action::Reset, "bob").await.err(),
        Some(Refused::NotOffered)
    );
    assert_eq!(world.desk().offer("main").await.err(), Some(Refused::NotOffered));
    world = World::new();
    world.public_url = None;
    assert_eq!(world.desk().offer("main").await.err(), Some(Refused::NotOffered));
    assert_eq!(
        World::new().desk().offer("other").await.err(),
        Some(Refused::NotOffered)
    );
}

#[tokio::test]
async fn a_request_touches_no_account() {
    let world = World::new();
    let before = lock(&world.people.entries).clone();
    let desk = world.desk();
    for name in ["alice", "carol", "erin", "nobody"] {
        for action in Action::ALL {
            desk.ask(action, name).await.unwrap();
        }
    }
    desk.work().await;
    for (before, after) in before.iter().zip(lock(&world.people.entries).iter()) {
        assert_eq!((before.written, before.state), (after.written, after.state));
    }
    assert!(lock(&world.switch.told).is_empty());
    for login in ["alice", "carol"] {
        let key = AccountKey {
            directory: world.people.name.clone(),
            id: format!("id-people-{login}").into(),
        };
        assert_eq!(desk.progress(&key).await.unwrap(), Progress::default());
    }
}

#[tokio::test]
async fn mail_goes_to_the_entry_s_address_whatever_was_typed() {
    let world = World::new();
    world
        .people
        .change("bob", |entry| entry.person.mails = vec!["b.real@example.org".into()]);
    let desk = world.desk();
    desk.ask(Action::Reset, "B.REAL@example.org").await.unwrap();
    desk.work().await;
    assert_eq!(world.last_letter().to, "b.real@example.org");
}

#[tokio::test]
async fn a_name_of_two_accounts_is_nobody_s_and_on_record() {
    let world = World::new();
    world
        .people
        .add("mallory", |entry| entry.person.mails = vec!["bob".into()]);
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    assert!(world.letters().is_empty());
    assert_eq!(world.reasons("reset.not_eligible"), ["ambiguous"]);
}

#[tokio::test]
async fn whoever_may_not_come_in_gets_no_message_and_the_record_says_why() {
    let cases: [(&str, super::people::Happening); 9] = [
        ("disabled", |entry| entry.state = State::Disabled),
        ("account_expired", |entry| entry.state = State::AccountExpired),
        ("unknown", |entry| entry.state = State::Unknown),
        ("locked", |entry| {
            let by = LockedBy::Administrator;
            entry.state = State::Locked { by, until: None };
        }),
        ("attribute", |entry| {
            entry.admittance = Admittance::Shut {
                attribute: "nsAccountLock".into(),
            }
        }),
        ("no_link", |entry| entry.admittance = Admittance::NoLink),
        ("privileged", |entry| entry.protected = true),
        ("owner_unknown", |entry| entry.unowned = true),
        ("no_address", |entry| entry.person.mails.clear()),
    ];
    for (reason, change) in cases {
        let world = World::new();
        world.people.change("bob", change);
        let desk = world.desk();
        let opened = desk.ask(Action::Reset, "bob").await.unwrap();
        desk.work().await;
        assert!(world.letters().is_empty(), "{reason}");
        assert_eq!(world.reasons("reset.not_eligible"), [reason]);
        let view = desk.view(&browser(), Holder::Browser(&opened.session)).await.unwrap();
        assert_eq!(view.stage, Stage::Asked, "{reason}");
    }
}

#[tokio::test]
async fn an_account_locked_by_an_attribute_may_unlock_itself() {
    let world = World::new();
    let attribute = "lockedBy".into();
    world
        .people
        .change("carol", |entry| entry.admittance = Admittance::Locked { attribute });
    let desk = world.desk();
    world.proven(&desk, Action::Unlock, "carol").await;
    world.with_rules(|rules| rules.features.unlock = false);
    desk.ask(Action::Reset, "carol").await.unwrap();
    desk.work().await;
    assert_eq!(world.reasons("reset.not_eligible"), ["attribute"]);
}

#[tokio::test]
async fn only_the_onboarded_come_in_and_members_of_a_group_as_long_as_they_are() {
    let world = World::new();
    world.with_rules(|rules| rules.onboarded_only = true);
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    assert_eq!(world.reasons("reset.not_eligible"), ["not_onboarded"]);
    let onboard = |key: &str, group| ResetChange::Onboard {
        who: Onboarded {
            directory: "people".into(),
            key: key.into(),
            group,
            name: "x".into(),
            at: super::world::start(),
        },
        most: None,
    };
    let unit = vec![onboard("cn=staff,dc=people", true), onboard("id-people-alice", false)];
    world.records.commit_reset(unit).await.unwrap();
    world
        .people
        .change("bob", |entry| entry.groups = vec!["CN=Staff, DC=people".into()]);
    desk.ask(Action::Reset, "alice").await.unwrap();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    assert_eq!(world.letters().len(), 2);
    world.people.change("bob", |entry| entry.groups.clear());
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::Over(Ending::Changed)));
}

#[tokio::test]
async fn a_provider_s_account_is_told_in_its_mailbox_alone_and_never_written() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "erin").await.unwrap();
    assert!(opened.provider.is_none());
    desk.work().await;
    let letter = world.last_letter();
    assert_eq!(letter.kind, LetterKind::NotHere);
    assert_eq!(
        letter.provider.as_deref(),
        Some("https://sso.example.com/forgot?login=erin")
    );
    assert!(letter.link.is_none() && letter.code.is_none());
    let view = desk.view(&browser(), Holder::Browser(&opened.session)).await.unwrap();
    assert_eq!(view.stage, Stage::Asked);
    assert!(world.people.writes().is_empty());
}

#[tokio::test]
async fn a_domain_of_a_provider_is_sent_there_at_once_whoever_it_is() {
    let world = World::new();
    world
        .people
        .change("bob", |entry| entry.person.mails = vec!["bob@sso.example.com".into()]);
    let desk = world.desk();
    for name in ["bob@sso.example.com", "nobody@sso.example.com"] {
        let opened = desk.ask(Action::Reset, name).await.unwrap();
        assert_eq!(&*opened.provider.unwrap().host, "sso.example.com");
    }
    desk.work().await;
    assert!(world.letters().is_empty());
}

#[tokio::test]
async fn a_second_message_waits_and_is_the_same_until_its_code_is_over() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    let holder = Holder::Browser(&opened.session);
    desk.work().await;
    desk.again(&browser(), holder).await.unwrap();
    desk.work().await;
    assert_eq!(world.letters().len(), 1);
    world.pass(60);
    desk.again(&browser(), holder).await.unwrap();
    desk.work().await;
    let letters = world.letters();
    assert_eq!((letters.len(), &letters[0].code), (2, &letters[1].code));
    assert_ne!(letters[0].id, letters[1].id);
    world.pass(601);
    desk.again(&browser(), holder).await.unwrap();
    desk.work().await;
    let anew = world.last_letter();
    assert_ne!(anew.code, letters[0].code);
    // The link of the message before leads nowhere any more.
    let landing = desk.landing(&browser(), &letters[0].token()).await.unwrap();
    assert_eq!(landing, Landing::Over(Ending::Superseded));
    desk.type_code(&opened.session, &anew.code()).await.map(|_| ()).unwrap();
}

#[tokio::test]
async fn a_mailbox_gets_so_many_messages_a_day() {
    let world = World::new();
    world.with_rules(|rules| {
        rules.limits.per_name = 100;
        rules.limits.per_mailbox = 2;
    });
    let desk = world.desk();
    for name in ["bob", "bob@example.org", "bob"] {
        desk.ask(Action::Reset, name).await.unwrap();
        desk.work().await;
    }
    assert_eq!(world.letters().len(), 2);
    assert_eq!(world.reasons("reset.not_eligible"), ["too_many_letters"]);
}

#[tokio::test]
async fn nothing_typed_and_nothing_that_proves_something_stands_in_the_store_or_the_record() {
    let world = World::new();
    let desk = world.desk();
    desk.ask(Action::Reset, "my-Passw0rd-in-the-wrong-field").await.unwrap();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    let key_of_request = "key-of-request";
    let new = Secret::new(NEW);
    let execution = crate::reset::asked::Execution {
        new: Some(&new),
        accounts: &[],
        idempotency: Some(key_of_request),
    };
    desk.execute(&browser(), Holder::Browser(&key), execution)
        .await
        .unwrap();
    desk.work().await;
    let kept = world.records.everything();
    let has = |what: &[u8]| kept.windows(what.len()).any(|part| part == what);
    let letter = &world.letters()[0];
    let token = letter.token();
    let secrets = [
        b"my-Passw0rd-in-the-wrong-field".to_vec(),
        letter.code.clone().unwrap().into_bytes(),
        token.expose().to_vec(),
        letter.not_me_token().expose().to_vec(),
        key.secret.expose().to_vec(),
        NEW.as_bytes().to_vec(),
        b"bob@example.org".to_vec(),
    ];
    for secret in &secrets {
        assert!(!has(secret), "{}", String::from_utf8_lossy(secret));
        let text = String::from_utf8_lossy(secret).into_owned();
        assert!(
            lock(&world.switch.lines).iter().all(|line| !line.rest.contains(&text)),
            "{text}"
        );
    }
    assert!(has(b"proven_at"));
}

#[tokio::test]
async fn without_randomness_or_the_store_nothing_is_opened() {
    let world = World::new();
    let desk = world.desk();
    world.switch.no_chance.store(true, Ordering::Relaxed);
    assert_eq!(desk.ask(Action::Reset, "bob").await.err(), Some(Refused::Unavailable));
    world.switch.no_chance.store(false, Ordering::Relaxed);
    world.records.down.store(true, Ordering::Relaxed);
    assert_eq!(desk.ask(Action::Reset, "bob").await.err(), Some(Refused::Unavailable));
}

#[tokio::test]
async fn while_the_directory_is_down_a_request_waits_for_it() {
    let world = World::new();
    let desk = world.desk();
    world.people.down.store(true, Ordering::Relaxed);
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    assert!(world.letters().is_empty());
    world.people.down.store(false, Ordering::Relaxed);
    world.pass(10);
    desk.work().await;
    desk.type_code(&opened.session, &world.last_letter().code())
        .await
        .map(|_| ())
        .unwrap();
}
