//! F13: what people can write into their own entries counts for less.

use super::doubles::Phone;
use super::world::{NEW, World, browser};
use crate::reset::asked::{Action, Holder};
use crate::reset::service::SelfService as _;
use crate::reset::told::{Refused, Stage, TargetOutcome};
use std::sync::Arc;

fn with_own(mails: &[&str], own: &[&str]) -> World {
    let world = World::new();
    let owned = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect();
    world.people.change("bob", |entry| {
        entry.person.mails = owned(mails);
        entry.person.self_asserted = owned(own);
    });
    world
}

#[tokio::test]
async fn an_address_that_its_owner_wrote_proves_nothing_unless_policy_says_so() {
    let own = "bob@elsewhere.example";
    let world = with_own(&[own], &[own]);
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    assert!(world.letters().is_empty());
    assert_eq!(world.reasons("reset.not_eligible"), ["self_asserted"]);
    world.with_rules(|rules| rules.self_asserted = true);
    let key = world.proven(&desk, Action::Reset, "bob").await;
    // Rules that take it no longer hold for what is under way too.
    world.with_rules(|rules| rules.self_asserted = false);
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::NotReady));
    world.with_rules(|rules| rules.self_asserted = true);
    assert_eq!(desk.set(&key, NEW).await.unwrap()[0].outcome, TargetOutcome::Done);
}

#[tokio::test]
async fn where_somebody_else_wrote_another_address_that_one_is_taken_and_the_own_one_hears_of_it() {
    let own = "bob@elsewhere.example";
    let world = with_own(&[own, "bob@example.org"], &[own]);
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    assert_eq!(&*world.last_letter().to, "bob@example.org");
    desk.set(&key, NEW).await.unwrap();
    desk.work().await;
    let told: Vec<_> = world.letters().into_iter().skip(1).map(|letter| letter.to).collect();
    assert_eq!(told, [own, "bob@example.org"]);
}

#[tokio::test]
async fn of_a_privileged_account_it_is_never_a_proof() {
    let own = "bob@elsewhere.example";
    let world = with_own(&[own], &[own]);
    world.with_rules(|rules| {
        rules.self_asserted = true;
        rules.privileged = true;
    });
    let desk = world.desk();
    desk.ask(Action::Reset, "bob").await.unwrap();
    desk.work().await;
    assert!(world.letters().is_empty());
}

#[tokio::test]
async fn all_that_somebody_wrote_of_themselves_is_one_proof() {
    let (mail, phone) = ("bob@elsewhere.example", "+49 1");
    let mut world = with_own(&[mail], &[mail, phone]);
    world.factors.push(Arc::new(Phone));
    world
        .people
        .change("bob", |entry| entry.person.phones = vec![phone.into()]);
    world.with_rules(|rules| {
        rules.self_asserted = true;
        rules.gates = 2;
        rules.factors = vec!["mail".into(), "phone".into()];
    });
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    desk.work().await;
    assert_eq!(world.letters().len(), 1, "the other is not even asked for");
    let view = desk.view(&browser(), Holder::Browser(&key)).await.unwrap();
    assert_eq!(view.stage, Stage::Proving);
    assert_eq!(desk.set(&key, NEW).await, Err(Refused::NotReady));
}
