//! A change with the present password.

use super::doubles::lock;
use super::world::{NEW, World, browser};
use crate::directory::Admittance;
use crate::password::PasswordRule;
use crate::reset::asked::{Action, Change, Identifier};
use crate::reset::desk::Desk;
use crate::reset::ports::{AccountChange, Finding, LetterKind};
use crate::reset::service::SelfService as _;
use crate::reset::told::{Changed, Ending, Refused};
use crate::secret::Secret;
use crate::standing::State;
use std::sync::atomic::Ordering;

async fn change(desk: &Desk, name: &str, old: &str, new: &str) -> Result<Changed, Refused> {
    let (old, new) = (Secret::new(old), Secret::new(new));
    let identifier = Identifier::parse(name).unwrap();
    let change = Change {
        identifier: &identifier,
        old: &old,
        new: &new,
    };
    desk.change(&browser(), change).await
}

#[tokio::test]
async fn whoever_knows_the_present_password_changes_it_also_where_it_must_be_changed() {
    let world = World::new();
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    let open = world.last_letter();
    for name in ["alice", "bob"] {
        let changed = change(&desk, name, &format!("old {name}"), NEW).await.unwrap();
        assert_eq!(changed.login, name);
        assert_eq!(world.people.password(name), NEW);
    }
    assert_eq!(
        world.people.writes(),
        [("alice".to_owned(), true), ("bob".to_owned(), true)]
    );
    assert_eq!(lock(&world.switch.told)[1], ("bob".to_owned(), AccountChange::Password));
    // Whatever else was open is over, and both addresses are told; from there it can be said that it was not them.
    assert_eq!(
        desk.follow(&browser(), &open.token()).await.err(),
        Some(Refused::Over(Ending::Changed))
    );
    desk.work().await;
    let notices: Vec<_> = world
        .letters()
        .into_iter()
        .filter(|letter| letter.kind == LetterKind::Changed)
        .collect();
    assert_eq!(notices.len(), 3);
    desk.not_me(&browser(), &notices[2].not_me_token()).await.unwrap();
}

#[tokio::test]
async fn whatever_keeps_us_from_knowing_is_one_answer() {
    let world = World::new();
    world.people.add("dave", |entry| entry.state = State::Disabled);
    world
        .people
        .add("mail", |entry| entry.person.mails = vec!["twice".into()]);
    world.people.add("twice", |_| ());
    world.people.add("shut", |entry| {
        entry.admittance = Admittance::Shut { attribute: "x".into() }
    });
    let desk = world.desk();
    for (name, old) in [
        ("nobody", "x"),
        ("alice", "wrong"),
        ("dave", "old dave"),
        ("erin", "old erin"),
        ("carol", "old carol"),
        ("twice", "old twice"),
        ("shut", "old shut"),
    ] {
        assert_eq!(change(&desk, name, old, NEW).await, Err(Refused::NotSignedIn), "{name}");
    }
    world.switch.guarded.store(true, Ordering::Relaxed);
    assert_eq!(
        change(&desk, "alice", "old alice", NEW).await,
        Err(Refused::NotSignedIn)
    );
    assert!(world.people.writes().is_empty());
    // Only a wrong password was ever tested; all of them were answered at one pace.
    let attempts = lock(&world.switch.attempts).clone();
    assert_eq!(attempts.iter().filter(|what| **what == "paced").count(), 8);
    assert_eq!(attempts.iter().filter(|what| **what == "taken").count(), 1);
    let reasons = world.reasons("reset.changed_by_old");
    assert_eq!(
        reasons,
        [
            "unknown",
            "wrong_old",
            "disabled",
            "not_here",
            "locked",
            "ambiguous",
            "attribute",
            "guarded"
        ]
    );
}

#[tokio::test]
async fn each_kind_of_change_has_its_own_switch() {
    let world = World::new();
    world.with_rules(|rules| rules.features.expired_change = false);
    let desk = world.desk();
    assert_eq!(change(&desk, "bob", "old bob", NEW).await, Err(Refused::NotSignedIn));
    world.with_rules(|rules| {
        rules.features.expired_change = true;
        rules.features.change = false;
    });
    assert_eq!(
        change(&desk, "alice", "old alice", NEW).await,
        Err(Refused::NotSignedIn)
    );
    change(&desk, "bob", "old bob", NEW).await.unwrap();
    world.with_rules(|rules| rules.features.expired_change = false);
    assert_eq!(change(&desk, "alice", "old alice", NEW).await, Err(Refused::NotOffered));
}

#[tokio::test]
async fn what_is_said_of_the_new_password_before_anybody_is_known_is_the_same_for_all() {
    let world = World::new();
    let desk = world.desk();
    for name in ["alice", "nobody"] {
        let short = Err(Refused::Screened(vec![Finding::TooShort { shortest: 15 }]));
        assert_eq!(change(&desk, name, "x", "short").await, short);
        let same = Err(Refused::Screened(vec![Finding::Same]));
        assert_eq!(change(&desk, name, NEW, NEW).await, same);
        assert_eq!(change(&desk, name, "", NEW).await, Err(Refused::Unusable("old")));
    }
    assert_eq!(world.people.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_directory_s_rule_is_told_to_whoever_has_shown_the_old_password() {
    let world = World::new();
    let desk = world.desk();
    *lock(&world.people.refuses) = Some(PasswordRule::History);
    let history = Err(Refused::Password(Some(PasswordRule::History)));
    assert_eq!(change(&desk, "alice", "old alice", NEW).await, history);
    assert_eq!(change(&desk, "alice", "wrong", NEW).await, Err(Refused::NotSignedIn));
}

#[tokio::test]
async fn a_name_is_tried_so_often_a_day_and_then_looks_wrong() {
    let world = World::new();
    world.with_rules(|rules| rules.limits.tries_of_account = 3);
    let desk = world.desk();
    for name in ["alice", "nobody"] {
        for _ in 0..3 {
            assert_eq!(change(&desk, name, "wrong", NEW).await, Err(Refused::NotSignedIn));
        }
    }
    assert_eq!(
        change(&desk, "alice", "old alice", NEW).await,
        Err(Refused::NotSignedIn)
    );
    assert!(world.people.writes().is_empty());
}

#[tokio::test]
async fn a_store_that_fails_after_the_change_does_not_undo_it() {
    let world = World::new();
    let desk = world.desk();
    world.people.silent.store(true, Ordering::Relaxed);
    assert_eq!(
        change(&desk, "alice", "old alice", NEW).await,
        Err(Refused::Unavailable)
    );
    assert_eq!(world.people.writes().len(), 1);
}

#[tokio::test]
async fn the_guard_hears_how_each_try_went() {
    let world = World::new();
    let desk = world.desk();
    let heard = || std::mem::take(&mut *lock(&world.switch.attempts));
    let _ = change(&desk, "alice", "wrong", NEW).await;
    assert_eq!(heard(), ["taken", "wrong", "paced"]);
    *lock(&world.people.refuses) = Some(PasswordRule::History);
    let _ = change(&desk, "alice", "old alice", NEW).await;
    assert_eq!(heard(), ["taken", "right"]);
    *lock(&world.people.refuses) = Some(PasswordRule::Forbidden);
    let _ = change(&desk, "alice", "old alice", NEW).await;
    assert_eq!(heard(), ["taken", "untested", "paced"]);
    *lock(&world.people.refuses) = None;
    world.people.not_allowed.store(true, Ordering::Relaxed);
    let _ = change(&desk, "alice", "old alice", NEW).await;
    assert_eq!(heard(), ["taken", "untested", "paced"]);
    world.people.not_allowed.store(false, Ordering::Relaxed);
    // Nobody knows: it counts.
    world.people.silent.store(true, Ordering::Relaxed);
    let _ = change(&desk, "bob", "old bob", NEW).await;
    assert_eq!(heard(), ["taken"]);
    world.people.silent.store(false, Ordering::Relaxed);
    change(&desk, "alice", "old alice", NEW).await.unwrap();
    assert_eq!(heard(), ["taken", "right"]);
}
