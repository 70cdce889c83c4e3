//! T16 at the last step: another key takes the place of the one before.

use super::doubles::lock;
use super::executing::execute;
use super::world::{NEW, World, browser, copy};
use crate::password::PasswordRule;
use crate::reset::asked::{Action, Holder, SessionKey};
use crate::reset::service::SelfService as _;
use crate::reset::told::{Ending, Refused, Stage};
use futures_util::FutureExt as _;
use std::sync::Arc;

#[tokio::test]
async fn the_key_changes_with_the_last_step_and_the_one_before_tells_nothing_more() {
    let world = World::new();
    let desk = world.desk();
    let key = world.proven(&desk, Action::Reset, "bob").await;
    let stage = async |key: &SessionKey| {
        let view = desk.view(&browser(), Holder::Browser(key)).await.unwrap();
        (view.stage, view.results.len(), view.accounts.len())
    };
    // Before the step nothing follows a key, and what a refusal leaves behind still holds.
    assert!(desk.renewed(&browser(), Holder::Browser(&key)).await.unwrap().is_none());
    *lock(&world.people.refuses) = Some(PasswordRule::History);
    execute(&desk, &key, Some(NEW), &[], Some("form 0")).await.unwrap_err();
    *lock(&world.people.refuses) = None;
    assert_eq!(stage(&key).await.0, Stage::Ready);
    // While it is under way either will do.
    let (own, other) = (Arc::new(world.desk()), copy(&key));
    let (begun, seen) = (Arc::clone(&own), Arc::new(std::sync::Mutex::new(None)));
    let told = Arc::clone(&seen);
    let happening = Box::new(move || {
        // The second press of the button, while the first is being answered.
        let renewed = begun
            .renewed(&browser(), Holder::Browser(&other))
            .now_or_never()
            .unwrap();
        *lock(&told) = Some(renewed.unwrap().unwrap());
    });
    *lock(&world.switch.at) = Some(("execute:claimed", happening));
    let first = execute(&own, &key, Some(NEW), &[], Some("form 1")).await.unwrap();
    let renewed = lock(&seen).take().unwrap();
    assert!(renewed.secret.same_as(&desk.renewed_key(&key).await.secret));
    assert_eq!(stage(&renewed).await, (Stage::Done, 1, 1));
    // The one before: over, with nobody's name and nothing that was done.
    assert_eq!(stage(&key).await, (Stage::Over(Ending::Used), 0, 0));
    let other = execute(&desk, &key, Some(NEW), &[], Some("form 2")).await;
    assert_eq!(other, Err(Refused::Over(Ending::Used)));
    desk.again(&browser(), Holder::Browser(&key)).await.unwrap_err();
    desk.cancel(&browser(), Holder::Browser(&key)).await.unwrap();
    assert_eq!(stage(&renewed).await.0, Stage::Done);
    // The very same request is told the very same answer.
    assert_eq!(execute(&desk, &key, Some(NEW), &[], Some("form 1")).await, Ok(first));
    assert_eq!(world.people.writes().len(), 1);
}
