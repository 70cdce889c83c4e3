//! Rules of self-service that no story of its own tells: where tokens come from, what a budget counts, what the last step asks once more.

use super::doubles::{Phone, lock};
use super::world::{NEW, World, asking, browser, from};
use crate::reset::asked::{Action, By, Caller, Execution, Holder, Proof, SessionKey};
use crate::reset::desk::Desk;
use crate::reset::ports::LetterKind;
use crate::reset::service::SelfService as _;
use crate::reset::told::{Ending, Refused, Stage};
use crate::secret::Secret;
use std::sync::Arc;

fn wrong() -> Secret {
    Secret::new("ZZZZ-ZZZZ")
}

async fn unlock(desk: &Desk, key: &SessionKey) -> Result<(), Refused> {
    let execution = Execution {
        new: None,
        accounts: &[],
        idempotency: None,
    };
    let told = desk.execute(&browser(), Holder::Browser(key), execution).await;
    told.map(|_| ())
}

/// Every token and code of one request, an hour later or not.
async fn secrets_of_a_request(later: u64) -> Vec<String> {
    let world = World::new();
    world.pass(later);
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let letter = world.last_letter();
    let text = |secret: &Secret| String::from_utf8_lossy(secret.expose()).into_owned();
    let tokens = [&opened.session.secret, &letter.token(), &letter.not_me_token()].map(text);
    for token in &tokens {
        // 32 octets in base 64 without padding.
        assert_eq!(token.len(), 43, "{token}");
        let written = token
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet));
        assert!(written, "{token}");
    }
    let code = letter.code.unwrap();
    assert_eq!(code.len(), 8, "40 bits: {code}");
    let mut all = vec![opened.context.to_string(), code];
    all.extend(tokens);
    let mut different = all.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), all.len());
    all
}

#[tokio::test]
async fn tokens_are_256_bits_of_chance_and_nothing_of_the_clock() {
    assert_eq!(secrets_of_a_request(0).await, secrets_of_a_request(3_600).await);
    // And with other chance they are others.
    let world = World::new();
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.ask(Action::Reset, "bob@example.org").await.unwrap();
    desk.work().await;
    let letters = world.letters();
    assert!(letters[0].link != letters[1].link && letters[0].code != letters[1].code);
}

#[tokio::test]
async fn every_link_begins_with_the_route_s_configured_address() {
    let world = World::new();
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let letter = world.last_letter();
    assert!(letter.link.unwrap().starts_with("https://id.example.org/reset/l/"));
    assert!(
        letter
            .not_me
            .unwrap()
            .starts_with("https://id.example.org/reset/not-me/")
    );
}

#[tokio::test]
async fn one_machine_with_many_addresses_is_counted_as_one() {
    let world = World::new();
    world.with_rules(|rules| rules.limits.per_network = 3);
    let desk = world.desk();
    let ask = async |client: &str| {
        let caller = Caller {
            client: client.parse().unwrap(),
            by: By::Browser,
            ..browser()
        };
        let told = desk.request(&caller, &asking(Action::Reset, client)).await;
        told.map(|_| ()).err()
    };
    for host in 1..=3 {
        assert_eq!(ask(&format!("2001:db8:1:2::{host}")).await, None);
    }
    assert!(matches!(
        ask("2001:db8:1:2:ffff::9").await,
        Some(Refused::TooMany { .. })
    ));
    assert_eq!(ask("2001:db8:1:3::1").await, None);
    // An address that is written as one of IPv6 is the one it is.
    for _ in 0..3 {
        assert_eq!(ask("192.0.2.1").await, None);
    }
    assert!(matches!(ask("::ffff:192.0.2.1").await, Some(Refused::TooMany { .. })));
}

#[tokio::test]
async fn a_route_sends_so_many_messages_an_hour_whomever_they_are_for() {
    let world = World::new();
    world.with_rules(|rules| rules.limits.per_route = 2);
    let desk = world.desk();
    for name in ["bob", "alice", "carol"] {
        desk.ask(Action::Reset, name).await.unwrap();
        desk.work().await;
    }
    assert_eq!(world.letters().len(), 2);
    assert_eq!(world.reasons("reset.not_eligible"), ["too_many_letters"]);
    world.pass(1_800);
    desk.ask(Action::Reset, "carol").await.unwrap();
    desk.work().await;
    assert_eq!(world.letters().len(), 3);
}

#[tokio::test]
async fn all_routes_together_send_so_many_messages_an_hour_and_what_tells_of_a_change_is_not_among_them() {
    let mut world = World::new();
    world.letters_an_hour = 2;
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "alice").await;
    for name in ["bob", "carol"] {
        desk.ask(Action::Reset, name).await.unwrap();
        desk.work().await;
    }
    assert_eq!(world.letters().len(), 2);
    assert_eq!(world.reasons("reset.not_eligible"), ["too_many_letters"]);
    // Both of alice's addresses hear of hers all the same.
    desk.set(&key, NEW).await.unwrap();
    desk.work().await;
    assert_eq!(world.letters().len(), 4);
    world.pass(1_800);
    desk.ask(Action::Reminder, "carol@example.org").await.unwrap();
    desk.work().await;
    assert_eq!(world.letters().len(), 5);
}

#[tokio::test]
async fn wrong_codes_of_an_account_are_slowed_down_more_and_more_until_a_right_one() {
    let world = World::new();
    world.with_rules(|rules| {
        rules.limits.per_name = 100;
        rules.limits.per_mailbox = 100;
    });
    let desk = world.desk();
    let guess = async |times: usize| {
        let opened = desk.ask(Action::Reset, "bob").await.unwrap();
        desk.work().await;
        for _ in 0..times {
            desk.type_code(&opened.session, &wrong()).await.err().unwrap();
        }
        let code = world.last_letter().code();
        (opened.session, code)
    };
    let right = async |(session, code): (SessionKey, Secret)| desk.type_code(&session, &code).await.map(|_| ()).err();
    let too_soon = Some(Refused::WrongProof { left: None });
    guess(5).await;
    // Of another context, so that neither its own tries nor its message's are spent.
    let owner = guess(0).await;
    let told = desk.type_code(&owner.0, &owner.1).await.map(|_| ()).err();
    assert_eq!(told, too_soon);
    world.pass(31);
    assert_eq!(right(owner).await, None);
    // The right one has ended it: there are as many again.
    guess(4).await;
    assert_eq!(right(guess(0).await).await, None);
    for _ in 0..2 {
        guess(5).await;
        world.pass(150);
    }
    world.pass(60);
    assert_eq!(
        right(guess(0).await).await,
        too_soon,
        "half a minute is not enough any more"
    );
    world.pass(900);
    assert_eq!(right(guess(0).await).await, None);
}

#[tokio::test]
async fn a_message_that_is_sent_again_counts_as_one_more() {
    let world = World::new();
    world.with_rules(|rules| rules.limits.per_mailbox = 2);
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    for _ in 0..5 {
        desk.work().await;
        world.pass(60);
        desk.again(&browser(), Holder::Browser(&opened.session)).await.unwrap();
    }
    desk.work().await;
    assert_eq!(world.letters().len(), 2);
}

#[tokio::test]
async fn an_account_is_unlocked_so_often_a_day_and_no_oftener() {
    let world = World::new();
    world.with_rules(|rules| {
        rules.limits.per_name = 100;
        rules.limits.unlocks = 2;
    });
    let desk = world.desk();
    for _ in 0..2 {
        let key = world.proven(&desk, Action::Unlock, "carol").await;
        unlock(&desk, &key).await.unwrap();
        world
            .people
            .change("carol", |entry| entry.state = super::people::LOCKED);
    }
    desk.work().await;
    let told: Vec<_> = world
        .letters()
        .into_iter()
        .filter(|letter| letter.kind == LetterKind::Unlocked)
        .map(|letter| letter.to)
        .collect();
    assert_eq!(told, ["carol@example.org"; 2]);
    let key = world.proven(&desk, Action::Unlock, "carol").await;
    assert!(matches!(unlock(&desk, &key).await, Err(Refused::TooMany { .. })));
    let mut state = None;
    world.people.change("carol", |entry| state = Some(entry.state));
    assert_eq!(state, Some(super::people::LOCKED));
}

#[tokio::test]
async fn after_a_hundred_wrong_codes_in_a_row_codes_are_over_until_a_link_is_followed() {
    let world = World::new();
    world.with_rules(|rules| {
        rules.limits.per_name = 1_000;
        rules.limits.per_mailbox = 1_000;
        rules.limits.tries_of_challenge = 50;
        rules.limits.tries_of_context = 50;
        rules.limits.tries_of_account = 1_000;
    });
    let desk = world.desk();
    for _ in 0..100 {
        let opened = desk.ask(Action::Reset, "bob").await.unwrap();
        desk.work().await;
        desk.type_code(&opened.session, &wrong()).await.err().unwrap();
        world.pass(900);
    }
    // No day brings them back.
    world.pass(3 * 24 * 3_600);
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let letter = world.last_letter();
    let told = desk.type_code(&opened.session, &letter.code()).await.err();
    assert_eq!(told, Some(Refused::WrongProof { left: None }));
    desk.follow(&from(9), &letter.token()).await.map(|_| ()).unwrap();
    world.proven(&desk, Action::Reset, "bob").await;
}

#[tokio::test]
async fn a_budget_that_ran_out_after_the_message_holds_when_its_code_is_typed() {
    let world = World::new();
    world.with_rules(|rules| rules.limits.tries_of_account = 3);
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let code = world.last_letter().code();
    for _ in 0..3 {
        desk.type_code(&opened.session, &wrong()).await.err().unwrap();
    }
    let told = desk.type_code(&opened.session, &code).await.err();
    assert!(matches!(told, Some(Refused::WrongProof { .. })), "{told:?}");
}

#[tokio::test]
async fn asking_for_another_message_drops_no_step_that_is_still_owed() {
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
    for _ in 0..3 {
        world.pass(61);
        let _ = desk.again(&browser(), Holder::Browser(&key)).await;
        desk.work().await;
        let view = desk.view(&browser(), Holder::Browser(&key)).await.unwrap();
        assert_eq!((view.stage, &*view.next), (Stage::Proving, &["phone".into()][..]));
        assert_eq!(desk.set(&key, NEW).await, Err(Refused::NotReady));
    }
    // Another request begins from nothing, whatever was proven in this one.
    world.pass(600);
    let other = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    assert_eq!(desk.set(&other.session, NEW).await, Err(Refused::NotReady));
    let code = world.last_letter().code();
    let proof = Proof::Code {
        factor: "phone",
        code: &code,
    };
    assert!(desk.prove(&browser(), Holder::Browser(&key), proof).await.is_err());
    assert!(world.people.writes().is_empty());
}

#[tokio::test]
async fn an_account_that_has_taken_the_name_is_not_the_one_that_was_proven() {
    let world = World::new();
    let desk = world.desk();
    desk.ask(Action::Reset, "alice").await.unwrap();
    desk.work().await;
    let token = world.last_letter().token();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    for login in ["alice", "bob"] {
        world
            .people
            .change(login, |entry| entry.person.key.id = format!("another-{login}").into());
    }
    assert!(matches!(desk.set(&key, NEW).await, Err(Refused::Over(Ending::Changed))));
    let told = desk.follow(&browser(), &token).await.err();
    assert_eq!(told, Some(Refused::Over(Ending::Changed)));
    assert!(world.people.writes().is_empty());
}

#[tokio::test]
async fn a_reset_writes_the_passwords_that_were_chosen_and_nothing_else() {
    let world = World::new();
    let before = lock(&world.people.entries).clone();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "alice").await;
    desk.set(&key, NEW).await.unwrap();
    desk.work().await;
    assert_eq!(world.people.writes(), [("alice".to_owned(), false)]);
    assert!(world.others.writes().is_empty(), "the other account was not chosen");
    for (before, after) in before.iter().zip(lock(&world.people.entries).iter()) {
        assert_eq!(
            (&before.person, &before.groups, before.provider, before.protected),
            (&after.person, &after.groups, after.provider, after.protected)
        );
        let chosen = before.person.logins == ["alice"];
        assert_eq!(before.password != after.password, chosen);
    }
}

#[tokio::test]
async fn every_step_is_on_record_with_its_context_and_who_took_it() {
    let world = World::new();
    let desk = world.desk();
    let opened = desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    desk.type_code(&opened.session, &wrong()).await.err().unwrap();
    let key = desk
        .type_code(&opened.session, &world.last_letter().code())
        .await
        .unwrap();
    desk.set(&key, NEW).await.unwrap();
    desk.work().await;
    let lines = lock(&world.switch.lines).clone();
    let names: Vec<_> = lines.iter().map(|line| line.name).collect();
    assert_eq!(
        names,
        [
            "reset.requested",
            "reset.challenge_sent",
            "reset.factor_failed",
            "reset.factor_passed",
            "reset.authenticated",
            "reset.execute_started",
            "reset.executed",
            "reset.standing_changed",
            "reset.finished",
            "reset.notice_weak",
            "reset.notified"
        ]
    );
    for line in &lines {
        assert!(line.rest.contains(&format!("{:?}", opened.context)), "{line:?}");
        assert!(!line.rest.contains(NEW) && !line.rest.contains("ZZZZ"), "{line:?}");
    }
    for taken in ["requested", "factor_failed", "factor_passed", "execute_started"] {
        let line = lines.iter().find(|line| line.name == format!("reset.{taken}")).unwrap();
        assert!(line.rest.contains("client: Some(192.0.2.1)"), "{line:?}");
    }
}
