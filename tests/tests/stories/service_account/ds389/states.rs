//! What an entry says is what the server itself says when that account signs in.

use super::{ACTIVE, Scene, WRONG, locked, scene};
use crate::service_account::MachineClock;
use postern_directory::LockoutPolicy;
use postern_identity::{Clock as _, LockedBy, Proven, State};
use postern_tests::PASSWORD;
use postern_tests::people::dn;
use std::mem::discriminant;
use std::time::Duration;

const EXPIRING: State = State::Expiring { seconds: 0 };

#[test]
fn the_entry_says_of_every_account_what_its_bind_says() {
    let scene = scene();
    for (uid, state) in [
        ("active", State::Active),
        ("dateless", State::Active),
        ("must-change", State::MustChange),
        ("must-change-ageless", State::MustChange),
        ("unforced", EXPIRING),
        ("ageless", State::Active),
        ("announced", EXPIRING),
        ("inactivated", State::Disabled),
        ("inactivated-must-change", State::Disabled),
        ("locked-for-an-hour", locked(LockedBy::Failures)),
        ("locked-by-failures", locked(LockedBy::Failures)),
        ("lock-ignored", State::Active),
        ("lock-over", State::Active),
        ("lock-without-failures", State::Active),
        ("expired", State::Expired),
        ("grace-used-up", State::Expired),
        ("expiring", EXPIRING),
        ("first-warning", EXPIRING),
        ("one-time", State::MustChange),
        ("one-time-spent", locked(LockedBy::Unsaid)),
        ("one-time-over", locked(LockedBy::Unsaid)),
        ("one-time-too-soon", locked(LockedBy::Unsaid)),
    ] {
        let account = scene.account(uid);
        assert_eq!(account.dn, dn(uid));
        assert_eq!(account.key.id.len(), 35, "{uid}: an nsUniqueId");
        assert_alike(uid, account.standing.state, state);
        let (by_bind, proven) = scene.sign_in(uid, PASSWORD);
        assert_alike(uid, by_bind, state);
        let kept_out = matches!(state, State::Locked { .. } | State::Disabled);
        assert_eq!(proven, if kept_out { Proven::Unknown } else { Proven::Yes }, "{uid}");
        let (wrong, proven) = scene.sign_in(uid, "not the password");
        if kept_out {
            assert_alike(uid, wrong, state);
            assert_eq!(proven, Proven::Unknown, "{uid}");
        } else {
            assert_eq!((wrong, proven), WRONG, "{uid}");
        }
    }
}

#[test]
fn numbers_are_the_same_by_entry_and_by_bind() {
    let scene = scene();
    assert_eq!(scene.read("grace"), State::ExpiredGrace { left: 3 });
    for left in [2, 1, 0] {
        let grace = (State::ExpiredGrace { left }, Proven::Yes);
        assert_eq!(scene.sign_in("grace", PASSWORD), grace);
    }
    assert_eq!(scene.sign_in("grace", PASSWORD), (State::Expired, Proven::Yes));
    assert_eq!(scene.read("grace"), State::Expired);
    // The first warning gives the whole time of warning, later ones what is left.
    for (uid, range) in [
        ("first-warning-again", 1_209_600..=1_209_600),
        ("expiring", 4 * 86_400..=5 * 86_400),
        ("announced", 59 * 86_400..=60 * 86_400),
    ] {
        for state in [scene.read(uid), scene.sign_in(uid, PASSWORD).0] {
            let State::Expiring { seconds } = state else {
                panic!("{uid}: {state:?}")
            };
            assert!(range.contains(&seconds), "{uid}: {seconds}");
        }
    }
    let State::Locked { until: Some(until), .. } = scene.read("locked-for-an-hour") else {
        panic!("a lock with an end")
    };
    assert!(until > MachineClock.now());
}

#[test]
fn failures_are_counted_as_the_server_counts_them() {
    let scene = scene();
    let lockout = || scene.account("guessed").lockout;
    for wrong in 1..=4 {
        assert_eq!(scene.sign_in("guessed", "not the password"), WRONG);
        let policy = LockoutPolicy::Locks {
            threshold: 5,
            interval_seconds: 600,
        };
        assert_eq!(lockout().policy, policy);
        assert_eq!((lockout().failures(600), lockout().locked), (wrong, false));
    }
    assert!(has_failures(&scene, "guessed"));
    assert_eq!(scene.sign_in("guessed", PASSWORD), ACTIVE);
    assert_eq!(lockout().failures(600), 0);
    for _ in 1..=5 {
        assert_eq!(scene.sign_in("guessed", "not the password"), WRONG);
    }
    assert!(lockout().locked);
    let kept_out = (locked(LockedBy::Failures), Proven::Unknown);
    assert_eq!(scene.sign_in("guessed", PASSWORD), kept_out);
}

/// Whether they are among those with failures.
fn has_failures(scene: &Scene, uid: &str) -> bool {
    let all = scene.runtime.block_on(scene.lanes.with_failures(100));
    all.unwrap().unwrap().names.contains(&dn(uid))
}

#[test]
fn a_second_look_reads_the_entry_on_the_server_that_is_named() {
    let scene = scene();
    let server = scene.account("inactivated").server;
    let look = |uid: &str| {
        let (dn, patience) = (dn(uid), Duration::from_secs(5));
        let looked = scene.lanes.second_look(server, &dn, patience);
        scene.runtime.block_on(looked)
    };
    assert_eq!(look("inactivated").unwrap().state, State::Disabled);
    assert_eq!(look("active").unwrap().state, State::Active);
    assert!(look("nobody").is_err());
}

/// The same state, numbers and ends of locks aside.
fn assert_alike(uid: &str, found: State, expected: State) {
    let alike = match (found, expected) {
        (State::Locked { by: found, .. }, State::Locked { by: expected, .. }) => found == expected,
        _ => discriminant(&found) == discriminant(&expected),
    };
    assert!(alike, "{uid}: {found:?} is not {expected:?}");
}
