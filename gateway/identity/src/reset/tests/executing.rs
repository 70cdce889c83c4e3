//! The last step.

use super::doubles::lock;
use super::world::{NEW, World, asking, browser, copy, program, rules};
use crate::password::PasswordRule;
use crate::reset::asked::{Action, Execution, Holder, Method, Request};
use crate::reset::desk::Desk;
use crate::reset::ports::{AccountChange, Finding};
use crate::reset::progress::ProgressState;
use crate::reset::service::SelfService as _;
use crate::reset::told::{Ending, Landing, Refused, Stage, TargetOutcome, TargetResult};
use crate::secret::Secret;
use crate::standing::State;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(super) async fn execute(
    desk: &Desk,
    key: &crate::reset::SessionKey,
    new: Option<&str>,
    accounts: &[usize],
    idempotency: Option<&str>,
) -> Result<Vec<TargetResult>, Refused> {
    let new = new.map(Secret::new);
    let execution = Execution {
        new: new.as_ref(),
        accounts,
        idempotency,
    };
    desk.execute(&browser(), Holder::Browser(key), execution).await
}

fn outcomes(results: &[TargetResult]) -> Vec<(&str, TargetOutcome)> {
    results.iter().map(|result| (&*result.login, result.outcome)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_who_redeem_at_once_one_writes() {
    let world = World::new();
    let desk = Arc::new(world.desk());
    let key = world.proven(&desk, Action::Reset, "bob").await;
    let tries: Vec<_> = (0..200)
        .map(|number| {
            let (desk, key) = (Arc::clone(&desk), copy(&key));
            tokio::spawn(async move { desk.set(&key, &format!("{NEW} {number}")).await })
        })
        .collect();
    let mut done = 0;
    for one in tries {
        match one.await.unwrap() {
            Ok(results) => {
                let [("bob", outcome)] = outcomes(&results)[..] else {
                    panic!("{results:?}")
                };
                assert!(matches!(outcome, TargetOutcome::Done | TargetOutcome::BeingFoundOut));
                done += usize::from(outcome == TargetOutcome::Done);
            }
            Err(Refused::Unavailable | Refused::Over(Ending::Used)) => {}
            Err(refused) => panic!("{refused:?}"),
        }
    }
    assert!(done >= 1);
    assert_eq!(world.people.writes(), [("bob".to_owned(), false)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_browsers_with_the_same_link_one_changes_the_password() {
    let world = World::new();
    let desk = Arc::new(world.desk());
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let token = world.last_letter().token();
    let tries: Vec<_> = (0..100)
        .map(|number| {
            let (desk, token) = (Arc::clone(&desk), token.duplicate());
            tokio::spawn(async move {
                let key = desk.follow(&browser(), &token).await?;
                desk.set(&key, &format!("{NEW} {number}")).await
            })
        })
        .collect();
    for one in tries {
        let _ = one.await.unwrap();
    }
    assert!(world.people.writes().len() <= 1);
}

#[tokio::test]
async fn a_repeated_last_step_tells_what_was_done_and_does_nothing() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    let first = execute(&desk, &key, Some(NEW), &[], Some("form 1")).await.unwrap();
    assert_eq!(
        execute(&desk, &key, Some(NEW), &[], Some("form 1")).await.unwrap(),
        first
    );
    let other = execute(&desk, &key, Some("quite another password"), &[], Some("form 1")).await;
    assert_eq!(other, Err(Refused::OtherRequest));
    assert_eq!(
        execute(&desk, &key, Some(NEW), &[0, 0], Some("form 1")).await,
        Err(Refused::OtherRequest)
    );
    let renewed = desk.renewed_key(&key).await;
    for key in [&renewed, &desk.renewed_key(&key).await] {
        let again = execute(&desk, key, Some("quite another password"), &[], None).await;
        assert_eq!(again.unwrap(), first);
    }
    assert_eq!(world.people.writes().len(), 1);
}

#[tokio::test]
async fn a_refused_password_keeps_the_proof_for_another_try_but_not_for_ever() {
    let world = World::new();
    world.with_rules(|rules| rules.limits.refused_passwords = 3);
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    *lock(&world.people.refuses) = Some(PasswordRule::History);
    for _ in 0..2 {
        assert_eq!(
            desk.set(&key, NEW).await,
            Err(Refused::Password(Some(PasswordRule::History)))
        );
        let view = desk.view(&browser(), Holder::Browser(&key)).await.unwrap();
        assert_eq!(view.stage, Stage::Ready);
    }
    *lock(&world.people.refuses) = None;
    desk.set(&key, NEW).await.unwrap();

    let key = world.proven(&desk, Action::Reset, "alice").await;
    *lock(&world.people.refuses) = Some(PasswordRule::TooShort);
    for _ in 0..3 {
        assert_eq!(
            desk.set(&key, NEW).await,
            Err(Refused::Password(Some(PasswordRule::TooShort)))
        );
    }
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::Over(Ending::Locked)));
}

#[tokio::test]
async fn our_own_rules_are_told_all_at_once_and_both_sets_of_them_hold() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    world.with_rules(|rules| rules.password.shortest = 40);
    assert_eq!(
        desk.set(&key, NEW).await,
        Err(Refused::Screened(vec![Finding::TooShort { shortest: 40 }]))
    );
    world.with_rules(|rules| rules.password.shortest = 1);
    let short = Refused::Screened(vec![Finding::TooShort { shortest: 15 }, Finding::Context]);
    assert_eq!(desk.set(&key, "bob").await, Err(short));
    assert_eq!(desk.set(&key, "").await, Err(Refused::Unusable("new")));
    // What we refuse ourselves costs no try.
    for _ in 0..30 {
        assert!(desk.set(&key, "short").await.is_err());
    }
    desk.set(&key, NEW).await.unwrap();
}

#[tokio::test]
async fn whose_the_password_is_is_asked_right_before_it_is_written() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    world.switch.no_route.store(true, Ordering::Relaxed);
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::Over(Ending::Changed)));
    assert!(world.people.writes().is_empty());
}

#[tokio::test]
async fn a_person_s_accounts_are_shown_after_the_proof_and_written_each_for_itself() {
    let world = World::new();
    world.others.add("alice-sso", |entry| {
        entry.person.link = Some("4711".into());
        entry.provider = Some("sso");
    });
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "alice").await;
    let view = desk.view(&browser(), Holder::Browser(&key)).await.unwrap();
    let seen: Vec<_> = view
        .accounts
        .iter()
        .map(|account| (&*account.login, account.eligible))
        .collect();
    assert_eq!(seen, [("alice", true), ("asmith", true), ("alice-sso", false)]);
    assert_eq!(&*view.accounts[2].provider.as_ref().unwrap().host, "sso.example.com");
    assert_eq!(view.directory_rules, [(PasswordRule::TooShort, 8)]);
    for accounts in [&[2][..], &[0, 3], &[0, 2]] {
        let refused = execute(&desk, &key, Some(NEW), accounts, None).await;
        assert_eq!(refused, Err(Refused::Unusable("accounts")));
    }
    world.others.down.store(true, Ordering::Relaxed);
    let partly = execute(&desk, &key, Some(NEW), &[1, 0], Some("1")).await.unwrap();
    assert_eq!(
        outcomes(&partly),
        [("alice", TargetOutcome::Done), ("asmith", TargetOutcome::Later)]
    );
    let view = desk.view(&browser(), Holder::Browser(&key)).await.unwrap();
    assert_eq!(view.stage, Stage::Over(Ending::Used));
    let key = desk.renewed_key(&key).await;
    let view = desk.view(&browser(), Holder::Browser(&key)).await.unwrap();
    assert_eq!((view.stage, view.results), (Stage::Partial, partly));
    world.others.down.store(false, Ordering::Relaxed);
    // What is done is not done again.
    assert_eq!(
        execute(&desk, &key, Some(NEW), &[0], None).await,
        Err(Refused::Unusable("accounts"))
    );
    let all = execute(&desk, &key, Some(NEW), &[0, 1], Some("2")).await.unwrap();
    assert_eq!(
        outcomes(&all),
        [("alice", TargetOutcome::Done), ("asmith", TargetOutcome::Done)]
    );
    let key = desk.renewed_key(&key).await;
    assert_eq!(
        desk.view(&browser(), Holder::Browser(&key)).await.unwrap().stage,
        Stage::Done
    );
    assert_eq!((world.people.writes().len(), world.others.writes().len()), (1, 1));
}

#[tokio::test]
async fn another_account_asks_for_what_its_own_rules_ask() {
    let world = World::new();
    let strict = crate::reset::ResetRules { gates: 2, ..rules() };
    lock(&world.policy).special.push(("dc=others".to_owned(), strict));
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "alice").await;
    let view = desk.view(&browser(), Holder::Browser(&key)).await.unwrap();
    assert!(!view.accounts[1].eligible);
    assert_eq!(
        execute(&desk, &key, Some(NEW), &[1], None).await,
        Err(Refused::Unusable("accounts"))
    );
}

#[tokio::test]
async fn an_unlock_lifts_the_lock_and_leaves_the_password() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Unlock, "carol").await;
    assert_eq!(
        execute(&desk, &key, Some(NEW), &[], None).await,
        Err(Refused::Unusable("new"))
    );
    execute(&desk, &key, None, &[], None).await.unwrap();
    let mut state = None;
    world.people.change("carol", |entry| state = Some(entry.state));
    assert_eq!(state, Some(State::Active));
    assert!(world.people.writes().is_empty());
    assert_eq!(
        *lock(&world.switch.told),
        [("carol".to_owned(), AccountChange::Unlocked)]
    );
}

#[tokio::test]
async fn an_administrator_s_lock_that_came_meanwhile_is_not_lifted() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Unlock, "carol").await;
    world.people.change("carol", |entry| entry.state = State::Disabled);
    assert_eq!(
        execute(&desk, &key, None, &[], None).await,
        Err(Refused::Over(Ending::Changed))
    );
}

#[tokio::test]
async fn a_new_password_leaves_nothing_in_the_way_of_signing_in() {
    let world = World::new();
    let desk = world.desk();
    for name in ["bob", "carol"] {
        let key = world.proven(&desk, Action::Reset, name).await;
        desk.set(&key, NEW).await.unwrap();
        let mut state = None;
        world.people.change(name, |entry| state = Some(entry.state));
        assert_eq!(state, Some(State::Active), "{name}");
    }
}

#[tokio::test]
async fn an_account_is_reset_so_often_a_day_and_no_oftener() {
    let world = World::new();
    world.with_rules(|rules| {
        rules.limits.per_name = 100;
        rules.limits.resets = 2;
    });
    let desk = world.desk();
    for number in 0..2 {
        let key = world.proven(&desk, Action::Reset, "bob").await;
        desk.set(&key, &format!("{NEW} {number}")).await.unwrap();
    }
    let key = world.proven(&desk, Action::Reset, "bob").await;
    assert!(matches!(desk.set(&key, NEW).await, Err(Refused::TooMany { .. })));
    assert_eq!(world.people.writes().len(), 2);
}

#[tokio::test]
async fn success_ends_whatever_else_was_open_for_the_account() {
    let world = World::new();
    world.with_rules(|rules| rules.limits.per_name = 10);
    let desk = world.desk();
    let ready = world.proven(&desk, Action::Unlock, "bob").await;
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let letter = world.last_letter();
    let key = desk.follow(&browser(), &letter.token()).await.unwrap();
    desk.ask(Action::Unlock, "bob").await.unwrap();
    desk.work().await;
    let other = world.last_letter();
    desk.set(&key, NEW).await.unwrap();
    // Known at once, without asking the directory.
    let landing = desk.landing(&browser(), &other.token()).await.unwrap();
    assert_eq!(landing, Landing::Over(Ending::Changed));
    let view = desk.view(&browser(), Holder::Browser(&ready)).await.unwrap();
    assert_eq!(view.stage, Stage::Over(Ending::Changed));
    assert_eq!(
        execute(&desk, &ready, None, &[], None).await,
        Err(Refused::Over(Ending::Changed))
    );
    let mut key = None;
    world.people.change("bob", |entry| key = Some(entry.person.key.clone()));
    let progress = desk.progress(&key.unwrap()).await.unwrap();
    assert_eq!(
        (progress.state, progress.last_reset_at.is_some()),
        (ProgressState::Done, true)
    );
}

#[tokio::test]
async fn a_directory_that_is_down_or_forbids_it_loses_nothing() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    world.people.down.store(true, Ordering::Relaxed);
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::Unavailable));
    world.people.down.store(false, Ordering::Relaxed);
    world.people.not_allowed.store(true, Ordering::Relaxed);
    assert_eq!(
        outcomes(&desk.set(&key, NEW).await.unwrap()),
        [("bob", TargetOutcome::NotAllowed)]
    );
    let key = desk.renewed_key(&key).await;
    world.people.not_allowed.store(false, Ordering::Relaxed);
    assert_eq!(
        outcomes(&desk.set(&key, NEW).await.unwrap()),
        [("bob", TargetOutcome::Done)]
    );
}

fn vouching(name: &str, reason: &str) -> Request {
    Request {
        method: Some(Method::Vouched { reason: reason.into() }),
        ..asking(Action::Reset, name)
    }
}

#[tokio::test]
async fn a_program_that_may_vouches_and_no_name_is_looked_for_before_the_last_step() {
    let world = World::new();
    let desk = world.desk();
    let caller = program(true);
    for refused in [program(false), browser()] {
        let answer = desk.request(&refused, &vouching("bob", "seen in person")).await;
        assert_eq!(answer.err(), Some(Refused::NotAllowed));
    }
    assert_eq!(
        desk.request(&caller, &vouching("bob", "  ")).await.err(),
        Some(Refused::Unusable("reason"))
    );
    // A program asks for more people than one network may.
    for _ in 0..30 {
        desk.request(&caller, &vouching("nobody", "seen in person"))
            .await
            .unwrap();
    }
    let new = Secret::new(NEW);
    let mut answers = Vec::new();
    for name in ["bob", "nobody", "erin"] {
        let opened = desk.request(&caller, &vouching(name, "seen in person")).await.unwrap();
        let holder = Holder::Program(&opened.context);
        let view = desk.view(&caller, holder).await.unwrap();
        assert_eq!((view.stage, view.accounts.len()), (Stage::Ready, 0), "{name}");
        assert_eq!(world.people.writes().len(), answers.len().min(1));
        let execution = Execution {
            new: Some(&new),
            accounts: &[],
            idempotency: None,
        };
        answers.push(desk.execute(&caller, holder, execution).await);
    }
    assert_eq!(outcomes(answers[0].as_ref().unwrap()), [("bob", TargetOutcome::Done)]);
    assert_eq!(answers[1], Err(Refused::Over(Ending::Unknown)));
    assert_eq!(
        outcomes(answers[2].as_ref().unwrap()),
        [("erin", TargetOutcome::NotHere)]
    );
    assert_eq!(world.people.writes(), [("bob".to_owned(), false)]);
    assert!(
        world
            .reasons("reset.requested")
            .iter()
            .all(|reason| reason == "seen in person")
    );
}

#[tokio::test]
async fn privileged_accounts_ask_for_rules_of_their_own_and_administrators_hear_of_it() {
    let world = World::new();
    world.people.change("bob", |entry| {
        entry.protected = true;
        entry.groups = vec!["cn=admins".into()];
    });
    let own = crate::reset::ResetRules {
        privileged: true,
        reads_groups: true,
        ..rules()
    };
    lock(&world.policy).of_group.push(("cn=admins".to_owned(), own));
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    assert!(world.letters().is_empty());
    world.with_rules(|rules| rules.reads_groups = true);
    let key = world.proven(&desk, Action::Reset, "bob").await;
    desk.set(&key, NEW).await.unwrap();
    desk.work().await;
    let told: Vec<_> = world
        .letters()
        .into_iter()
        .map(|letter| (letter.kind, letter.to))
        .collect();
    assert!(
        told.contains(&(crate::reset::LetterKind::Privileged, "admins@example.org".to_owned())),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_change_of_groups_ends_it_where_rules_look_at_them() {
    let world = World::new();
    world.with_rules(|rules| rules.reads_groups = true);
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    world.people.change("bob", |entry| entry.groups.push("cn=more".into()));
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::Over(Ending::Changed)));
}

#[tokio::test]
async fn what_changes_in_the_last_moment_is_seen() {
    let cases: [(super::people::Happening, TargetOutcome); 4] = [
        (|entry| entry.provider = Some("sso"), TargetOutcome::NotHere),
        (|entry| entry.unowned = true, TargetOutcome::NotHere),
        (|entry| entry.written += 1, TargetOutcome::Changed),
        (|entry| entry.state = State::Disabled, TargetOutcome::Changed),
    ];
    for (happens, outcome) in cases {
        let world = World::new();
        let desk = world.desk();
        let key = world.proven(&desk, Action::Reset, "bob").await;
        let people = Arc::clone(&world.people);
        let happening = Box::new(move || people.change("bob", happens));
        *lock(&world.switch.at) = Some(("execute:claimed", happening));
        assert_eq!(outcomes(&desk.set(&key, NEW).await.unwrap()), [("bob", outcome)]);
        assert!(world.people.writes().is_empty());
        let key = desk.renewed_key(&key).await;
        let view = desk.view(&browser(), Holder::Browser(&key)).await.unwrap();
        assert_eq!(view.stage, Stage::Over(Ending::Changed));
    }
}
