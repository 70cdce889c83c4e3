//! From a first password on.

use super::*;
use crate::local::password::policy::{Gate, after_bind, before_bind};

#[tokio::test]
async fn a_whole_life() {
    let hasher = hasher();
    let policy = Policy {
        max_age: 86_400,
        min_age: 0,
        grace_limit: 1,
        lockout: true,
        max_failure: 3,
        max_recorded_failure: 3,
        ..policy()
    };
    let mut account = Entry::new();
    let first = first_password(
        &hasher,
        &account,
        &policy,
        plain("a first one"),
        By::Administrator,
        now(),
    )
    .await;
    apply(&first.unwrap(), &mut account);
    let sign_in = async |account: &mut Entry, password: &str, at: Timestamp| {
        let stored = match before_bind(account, &policy, at) {
            Gate::Open => present(account).to_vec(),
            Gate::Shut(_) => Vec::new(),
        };
        let verified = hasher.verify(stored, Secret::new(password)).await.unwrap();
        let outcome = after_bind(account, &policy, matches!(verified, Verified::Right { .. }), at);
        apply(&outcome.changes, account);
        outcome
    };
    assert!(sign_in(&mut account, "a first one", now()).await.is_in());
    set(
        &mut account,
        &policy,
        setting(By::Administrator, plain("from the desk")),
        later(10),
    )
    .await;
    assert!(sign_in(&mut account, "from the desk", later(11)).await.must_change);
    set(
        &mut account,
        &policy,
        with_old(By::Owner, plain("of my own"), operation("from the desk")),
        later(12),
    )
    .await;
    assert!(!sign_in(&mut account, "of my own", later(13)).await.must_change);
    // It expires, one grace sign-in, none.
    assert!(sign_in(&mut account, "of my own", later(90_000)).await.is_in());
    assert!(!sign_in(&mut account, "of my own", later(90_001)).await.is_in());
    // Guessed at until locked: the right one does not help.
    for _ in 0..3 {
        assert!(!sign_in(&mut account, "guess", later(90_002)).await.is_in());
    }
    assert!(!sign_in(&mut account, "of my own", later(90_003)).await.is_in());
    // A reset by a service ends both.
    set(
        &mut account,
        &policy,
        setting(By::Writer, plain("brand new one")),
        later(90_004),
    )
    .await;
    let outcome = sign_in(&mut account, "brand new one", later(90_005)).await;
    assert!(outcome.is_in() && !outcome.must_change);
}

#[tokio::test]
async fn a_new_entrys_password_is_hashed_dated_and_held_to_the_policy() {
    let entry = Entry::new();
    let first = |by, new| {
        let entry = entry.clone();
        async move { first_password(&hasher(), &entry, &policy(), new, by, now()).await }
    };
    let mut made = Entry::new();
    apply(&first(By::Writer, plain("something new")).await.unwrap(), &mut made);
    assert!(fits(&made, "something new").await);
    assert_eq!(text(&made, "pwdChangedTime"), Some("20261122120000Z"));
    assert!(
        matches!(first(By::Writer, plain("short")).await, Err(NotSet::Refused(refusal)) if refusal.error == Some(6))
    );
    assert!(first(By::Administrator, plain("short")).await.is_ok());
    let dated = account(&[("pwdChangedTime", "20200101000000Z")]);
    let changes = first_password(&hasher(), &dated, &policy(), plain("short"), By::Administrator, now())
        .await
        .unwrap();
    assert_eq!(changes.len(), 1);
}
