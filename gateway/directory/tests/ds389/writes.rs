//! What the service account changes is so when the account signs in, and what the server refuses names its rule.

use crate::directory::{BASE, PASSWORD, dn};
use crate::{Scene, scene};
use postern_directory::WriteError;
use postern_identity::StandingChange::{self, Disable, Enable, ForceChange, Lock, Unlock, WithdrawForceChange};
use postern_identity::{LockedBy, PasswordRule, Proven, Secret, State};
use std::time::{Duration, Instant};

const ACTIVE: (State, Proven) = (State::Active, Proven::Yes);
const MUST_CHANGE: (State, Proven) = (State::MustChange, Proven::Yes);
const DISABLED: (State, Proven) = (State::Disabled, Proven::Unknown);
const WRONG: (State, Proven) = (State::Unknown, Proven::No);
const LOCKED: (State, Proven) = (
    State::Locked {
        by: LockedBy::Failures,
        until: None,
    },
    Proven::Unknown,
);

impl Scene {
    async fn write(&self, dn: &str, old: Option<&str>, new: &str) -> Result<(), WriteError> {
        let old = old.map(Secret::new);
        self.lanes.write_password(dn, old.as_ref(), &Secret::new(new)).await
    }

    /// The rule that was named; `None` for success.
    async fn refused(&self, dn: &str, old: Option<&str>, new: &str) -> Option<PasswordRule> {
        match self.write(dn, old, new).await {
            Ok(()) => None,
            Err(WriteError::Refused(refusal)) => Some(refusal.rule.unwrap_or_else(|| panic!("{dn}: {refusal:?}"))),
            Err(other) => panic!("{dn}: {other}"),
        }
    }

    /// A modify of a password is answered a moment before all that comes with it is written: until then it may look as before.
    async fn settled(&self, uid: &str, password: &str) -> (State, Proven) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let (state, proven) = self.bind(uid, password).await;
            if state == State::Active || Instant::now() > deadline {
                return (state, proven);
            }
            tokio::task::yield_now().await;
        }
    }

    async fn change(&self, uid: &str, change: StandingChange) {
        let done = self.lanes.change_standing(&dn(uid), change).await;
        assert_eq!(done, Ok(()), "{uid}: {change:?}");
    }
}

#[tokio::test]
async fn a_password_that_was_reset_or_changed_signs_in_and_the_old_one_does_not() {
    let scene = scene().await;
    let (owner, second, third) = (dn("owner"), "Another-secret-2", "Another-secret-3");
    assert_eq!(scene.write(&owner, None, second).await, Ok(()));
    assert_eq!(scene.bind("owner", PASSWORD).await, WRONG);
    // The service account is no administrator of passwords: a reset by it need not be changed.
    assert_eq!(scene.bind("owner", second).await, ACTIVE);
    assert_eq!(scene.write(&owner, Some(second), third).await, Ok(()));
    assert_eq!(scene.bind("owner", second).await, WRONG);
    assert_eq!(scene.bind("owner", third).await, ACTIVE);
}

#[tokio::test]
async fn whoever_must_change_the_password_need_not_after_the_change_and_a_reset_unlocks() {
    let scene = scene().await;
    let second = "Another-secret-2";
    assert_eq!(scene.write(&dn("must-change"), Some(PASSWORD), second).await, Ok(()));
    assert_eq!(scene.bind("must-change", second).await, ACTIVE);
    // One that has expired signs nobody in, but can be changed by whoever knows it.
    let wrong = scene.refused(&dn("expired"), Some("not the password"), second).await;
    assert_eq!(wrong, Some(PasswordRule::WrongOld));
    assert_eq!(scene.write(&dn("expired"), Some(PASSWORD), second).await, Ok(()));
    assert_eq!(scene.settled("expired", second).await, ACTIVE);
    // Whoever is locked out proves nothing.
    let locked = scene.write(&dn("locked"), Some(PASSWORD), second).await;
    assert!(matches!(locked, Err(WriteError::Refused(refusal)) if refusal.rule.is_none()));
    assert_eq!(scene.write(&dn("locked"), None, second).await, Ok(()));
    assert_eq!(scene.settled("locked", second).await, ACTIVE);
}

#[tokio::test]
async fn every_refusal_of_a_new_password_names_its_rule() {
    let scene = scene().await;
    let history = dn("history");
    let second = "Another-secret-2";
    assert_eq!(scene.refused(&history, None, second).await, None);
    for (new, by_reset, by_change) in [
        // By the extended operation the control is all there is, and it has one number for many rules.
        ("Sh0rt-1", PasswordRule::TooShort, PasswordRule::Quality),
        ("onlyletters", PasswordRule::Quality, PasswordRule::Quality),
        ("Of-history-77", PasswordRule::Quality, PasswordRule::Quality),
        ("Postern-secret-4", PasswordRule::Dictionary, PasswordRule::Quality),
        (
            "{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
            PasswordRule::Quality,
            PasswordRule::Quality,
        ),
        (PASSWORD, PasswordRule::History, PasswordRule::History),
        (second, PasswordRule::History, PasswordRule::History),
    ] {
        assert_eq!(scene.refused(&history, None, new).await, Some(by_reset), "{new}");
        let changed = scene.refused(&history, Some(second), new).await;
        assert_eq!(changed, Some(by_change), "{new}");
    }
    let third = "Another-secret-3";
    for new in [third, "Sh0rt-1", PASSWORD] {
        let wrong = scene.refused(&history, Some("not the password"), new).await;
        assert_eq!(
            wrong,
            Some(PasswordRule::WrongOld),
            "{new}: the old one is looked at first"
        );
    }
    let young = dn("young");
    assert_eq!(scene.refused(&young, None, third).await, Some(PasswordRule::TooYoung));
    assert_eq!(
        scene.refused(&young, Some(PASSWORD), third).await,
        Some(PasswordRule::TooYoung)
    );
    // Nobody gave our account the right to write these.
    let stranger = format!("uid=stranger,ou=others,{BASE}");
    assert_eq!(
        scene.refused(&stranger, None, third).await,
        Some(PasswordRule::Forbidden)
    );
    // And nobody gave these the right to change their own.
    let own = scene.refused(&dn("no-change"), Some(PASSWORD), third).await;
    assert_eq!(own, Some(PasswordRule::Forbidden));
    assert_eq!(scene.bind("history", second).await, ACTIVE, "nothing was changed");
}

#[tokio::test]
async fn a_change_that_is_forced_and_withdrawn_is_seen_by_the_next_sign_in() {
    let scene = scene().await;
    scene.change("forced", ForceChange).await;
    assert_eq!(scene.read("forced").await, State::MustChange);
    assert_eq!(scene.bind("forced", PASSWORD).await, MUST_CHANGE);
    assert_eq!(scene.bind("forced", "not the password").await, WRONG);
    scene.change("forced", WithdrawForceChange).await;
    assert_eq!(scene.read("forced").await, State::Active);
    assert_eq!(scene.bind("forced", PASSWORD).await, ACTIVE);
    // It was not withdrawn from anything.
    scene.change("expired", WithdrawForceChange).await;
    assert_eq!(scene.bind("expired", PASSWORD).await, (State::Expired, Proven::Yes));
    // A mark that only a new password takes away.
    let held = scene.lanes.change_standing(&dn("one-time"), WithdrawForceChange).await;
    assert_eq!(held, Err(WriteError::NotPossible));
}

#[tokio::test]
async fn a_lock_by_us_or_by_failures_lasts_until_it_is_lifted() {
    let scene = scene().await;
    scene.change("locked-by-us", Lock).await;
    let by_administrator = State::Locked {
        by: LockedBy::Administrator,
        until: None,
    };
    assert_eq!(scene.read("locked-by-us").await, by_administrator);
    assert_eq!(scene.bind("locked-by-us", PASSWORD).await, LOCKED);
    assert_eq!(scene.bind("locked-by-us", "not the password").await, LOCKED);
    for uid in ["locked-by-us", "locked", "locked-for-good"] {
        assert_eq!(scene.bind(uid, PASSWORD).await, LOCKED, "{uid}");
        scene.change(uid, Unlock).await;
        assert_eq!(scene.read(uid).await, State::Active, "{uid}");
        assert_eq!(scene.bind(uid, PASSWORD).await, ACTIVE, "{uid}");
        scene.change(uid, Unlock).await;
    }
    // Unlocking is not switching on.
    scene.change("disabled", Unlock).await;
    assert_eq!(scene.bind("disabled", PASSWORD).await, DISABLED);
}

#[tokio::test]
async fn an_account_that_is_switched_off_is_off_until_it_is_switched_on() {
    let scene = scene().await;
    scene.change("switched-off", Disable).await;
    assert_eq!(scene.read("switched-off").await, State::Disabled);
    assert_eq!(scene.bind("switched-off", PASSWORD).await, DISABLED);
    assert_eq!(scene.bind("switched-off", "not the password").await, DISABLED);
    for _ in 0..2 {
        scene.change("switched-off", Enable).await;
        assert_eq!(scene.read("switched-off").await, State::Active);
        assert_eq!(scene.bind("switched-off", PASSWORD).await, ACTIVE);
    }
}
