//! What an entry says is what the server itself says when that account signs in.

use crate::directory::{PASSWORD, dn};
use crate::{Scene, scene};
use postern_directory::LockoutPolicy;
use postern_identity::{LockedBy, Proven, State};
use std::mem::discriminant;
use std::time::Duration;

const ACTIVE: State = State::Active;
const EXPIRING: State = State::Expiring { seconds: 0 };

fn locked(by: LockedBy) -> State {
    State::Locked { by, until: None }
}

#[tokio::test]
async fn the_entry_says_of_every_account_what_its_bind_says() {
    let scene = scene().await;
    for (uid, state) in [
        ("active", ACTIVE),
        ("dateless", ACTIVE),
        ("must-change", State::MustChange),
        ("must-change-ageless", State::MustChange),
        ("unforced", EXPIRING),
        ("ageless", ACTIVE),
        ("announced", EXPIRING),
        ("disabled", State::Disabled),
        ("disabled-must-change", State::Disabled),
        ("locked", locked(LockedBy::Failures)),
        ("locked-for-good", locked(LockedBy::Failures)),
        ("lock-ignored", ACTIVE),
        ("lock-over", ACTIVE),
        ("lock-without-failures", ACTIVE),
        ("expired", State::Expired),
        ("grace-over", State::Expired),
        ("expiring", EXPIRING),
        ("first-warning", EXPIRING),
        ("one-time", State::MustChange),
        ("one-time-spent", locked(LockedBy::Unsaid)),
        ("one-time-over", locked(LockedBy::Unsaid)),
        ("one-time-too-soon", locked(LockedBy::Unsaid)),
    ] {
        let account = scene.lanes.look_up(uid).await.unwrap();
        assert_eq!(account.dn, dn(uid));
        assert_eq!(account.key.id.len(), 35, "{uid}: an nsUniqueId");
        assert_alike(uid, account.standing.state, state);
        let (by_bind, proven) = scene.bind(uid, PASSWORD).await;
        assert_alike(uid, by_bind, state);
        let kept_out = matches!(state, State::Locked { .. } | State::Disabled);
        assert_eq!(proven, if kept_out { Proven::Unknown } else { Proven::Yes }, "{uid}");
        let (wrong, proven) = scene.bind(uid, "not the password").await;
        if kept_out {
            assert_alike(uid, wrong, state);
            assert_eq!(proven, Proven::Unknown, "{uid}");
        } else {
            assert_eq!((wrong, proven), (State::Unknown, Proven::No), "{uid}");
        }
    }
}

#[tokio::test]
async fn numbers_are_the_same_by_entry_and_by_bind() {
    let scene = scene().await;
    assert_eq!(scene.read("grace").await, State::ExpiredGrace { left: 3 });
    for left in [2, 1, 0] {
        let (state, proven) = scene.bind("grace", PASSWORD).await;
        assert_eq!((state, proven), (State::ExpiredGrace { left }, Proven::Yes));
    }
    assert_eq!(scene.bind("grace", PASSWORD).await, (State::Expired, Proven::Yes));
    assert_eq!(scene.read("grace").await, State::Expired);
    // The first warning gives the whole time of warning, later ones what is left.
    for (uid, range) in [
        ("first-warning", 1_209_600..=1_209_600),
        ("expiring", 4 * 86_400..=5 * 86_400),
        ("announced", 59 * 86_400..=60 * 86_400),
    ] {
        for state in [scene.read(uid).await, scene.bind(uid, PASSWORD).await.0] {
            let State::Expiring { seconds } = state else {
                panic!("{uid}: {state:?}")
            };
            assert!(range.contains(&seconds), "{uid}: {seconds}");
        }
    }
    let State::Locked { until: Some(until), .. } = scene.read("locked").await else {
        panic!("a lock with an end")
    };
    assert!(until > crate::now());
}

#[tokio::test]
async fn failures_are_counted_as_the_server_counts_them() {
    let scene = scene().await;
    for wrong in 1..=4 {
        scene.bind("guessed", "not the password").await;
        let lockout = scene.lanes.look_up("guessed").await.unwrap().lockout;
        assert_eq!(
            lockout.policy,
            LockoutPolicy::Locks {
                threshold: 5,
                interval_seconds: 600
            }
        );
        assert_eq!((lockout.failures(600), lockout.locked), (wrong, false));
    }
    assert_eq!(failing(&scene).await, ["guessed"]);
    assert_eq!(scene.bind("guessed", PASSWORD).await.0, State::Active);
    assert_eq!(scene.lanes.look_up("guessed").await.unwrap().lockout.failures(600), 0);
    for _ in 1..=5 {
        assert_eq!(scene.bind("guessed", "not the password").await.1, Proven::No);
    }
    assert!(scene.lanes.look_up("guessed").await.unwrap().lockout.locked);
    assert_eq!(
        scene.bind("guessed", PASSWORD).await,
        (locked(LockedBy::Failures), Proven::Unknown)
    );
}

/// Those with failures of their own making, besides the accounts that have had them from the start.
async fn failing(scene: &Scene) -> Vec<String> {
    let all = scene.lanes.with_failures(100).await.unwrap().unwrap();
    let guessed = dn("guessed");
    let names = all.names.into_iter().filter(|name| *name == guessed);
    names.map(|_| "guessed".to_owned()).collect()
}

#[tokio::test]
async fn a_second_look_reads_the_entry_on_the_server_that_is_named() {
    let scene = scene().await;
    let server = scene.lanes.look_up("disabled").await.unwrap().server;
    let look = |uid: &'static str| {
        let lanes = &scene.lanes;
        async move { lanes.second_look(server, &dn(uid), Duration::from_secs(5)).await }
    };
    assert_eq!(look("disabled").await.unwrap().state, State::Disabled);
    assert_eq!(look("active").await.unwrap().state, State::Active);
    assert!(look("nobody").await.is_err());
}

/// The same state, numbers and ends of locks aside.
fn assert_alike(uid: &str, found: State, expected: State) {
    let alike = match (found, expected) {
        (State::Locked { by: found, .. }, State::Locked { by: expected, .. }) => found == expected,
        _ => discriminant(&found) == discriminant(&expected),
    };
    assert!(alike, "{uid}: {found:?} is not {expected:?}");
}
