//! What the service account changes is so when the account signs in, and what the server refuses names its rule.

use super::{ACTIVE, Scene, WRONG, locked, scene};
use postern_identity::StandingChange::{self, Disable, Enable, ForceChange, Lock, Unlock, WithdrawForceChange};
use postern_identity::{DirectoryError, LockedBy, PasswordRule, Proven, State};
use postern_tests::{PASSWORD, eventually};
use std::time::Duration;

const MUST_CHANGE: (State, Proven) = (State::MustChange, Proven::Yes);
const DISABLED: (State, Proven) = (State::Disabled, Proven::Unknown);
const SECOND: &str = "Another-secret-2";
const THIRD: &str = "Another-secret-3";

impl Scene {
    /// The change, made twice, is in the entry, in what the owner is told and in what somebody with a wrong password is told.
    fn is_seen(&self, uid: &str, change: StandingChange, entry: State, owner: (State, Proven), wrong: (State, Proven)) {
        for _ in 0..2 {
            assert_eq!(self.change(uid, change), Ok(()), "{uid}: {change:?}");
            assert_eq!(self.read(uid), entry, "{uid}: {change:?}");
            assert_eq!(self.sign_in(uid, PASSWORD), owner, "{uid}: {change:?}");
        }
        assert_eq!(self.sign_in(uid, "not the password"), wrong, "{uid}: {change:?}");
    }

    /// A modify of a password is answered a moment before all that comes with it is written: until then it may look as before.
    fn is_active_soon(&self, uid: &str, password: &str) {
        eventually(uid, Duration::from_secs(30), || {
            (self.sign_in(uid, password) == ACTIVE).then_some(())
        });
    }
}

#[test]
fn a_password_that_was_reset_or_changed_signs_in_and_the_old_one_does_not() {
    let scene = scene();
    assert_eq!(scene.write("owner", None, SECOND), Ok(()));
    assert_eq!(scene.sign_in("owner", PASSWORD), WRONG);
    // The service account is no administrator of passwords: a reset by it need not be changed.
    assert_eq!(scene.sign_in("owner", SECOND), ACTIVE);
    assert_eq!(scene.write("owner", Some(SECOND), THIRD), Ok(()));
    assert_eq!(scene.sign_in("owner", SECOND), WRONG);
    assert_eq!(scene.sign_in("owner", THIRD), ACTIVE);
}

#[test]
fn whoever_must_change_the_password_need_not_after_the_change_and_a_reset_unlocks() {
    let scene = scene();
    assert_eq!(scene.write("must-change-once", Some(PASSWORD), SECOND), Ok(()));
    assert_eq!(scene.sign_in("must-change-once", SECOND), ACTIVE);
    // One that has expired signs nobody in, but can be changed by whoever knows it.
    let wrong = scene.refused("expired-once", Some("not the password"), SECOND);
    assert_eq!(wrong, PasswordRule::WrongOld);
    assert_eq!(scene.write("expired-once", Some(PASSWORD), SECOND), Ok(()));
    scene.is_active_soon("expired-once", SECOND);
    for uid in ["locked-until-reset", "locked-for-an-hour-until-reset"] {
        // Whoever is locked out proves nothing.
        let locked = scene.write(uid, Some(PASSWORD), SECOND);
        assert!(
            matches!(locked, Err(DirectoryError::Refused(refusal)) if refusal.rule.is_none()),
            "{uid}: {locked:?}"
        );
        assert_eq!(scene.write(uid, None, SECOND), Ok(()), "{uid}");
        scene.is_active_soon(uid, SECOND);
    }
}

#[test]
fn every_refusal_of_a_new_password_names_its_rule() {
    let scene = scene();
    assert_eq!(scene.write("history", None, SECOND), Ok(()));
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
        (SECOND, PasswordRule::History, PasswordRule::History),
    ] {
        assert_eq!(scene.refused("history", None, new), by_reset, "{new}");
        assert_eq!(scene.refused("history", Some(SECOND), new), by_change, "{new}");
    }
    for new in [THIRD, "Sh0rt-1", PASSWORD] {
        let wrong = scene.refused("history", Some("not the password"), new);
        assert_eq!(wrong, PasswordRule::WrongOld, "{new}: the old one is looked at first");
    }
    assert_eq!(scene.refused("young", None, THIRD), PasswordRule::TooYoung);
    assert_eq!(scene.refused("young", Some(PASSWORD), THIRD), PasswordRule::TooYoung);
    // Our account has no right to write this one's.
    assert_eq!(scene.refused("not-ours", None, THIRD), PasswordRule::Forbidden);
    // And these have no right to change their own.
    let own = scene.refused("no-change", Some(PASSWORD), THIRD);
    assert_eq!(own, PasswordRule::Forbidden);
    assert_eq!(scene.sign_in("history", SECOND), ACTIVE, "nothing was changed");
}

#[test]
fn a_change_that_is_forced_and_withdrawn_is_seen_by_the_next_sign_in() {
    let scene = scene();
    scene.is_seen("forced", ForceChange, State::MustChange, MUST_CHANGE, WRONG);
    scene.is_seen("forced", WithdrawForceChange, State::Active, ACTIVE, WRONG);
    // It was not withdrawn from anything.
    assert_eq!(scene.change("expired", WithdrawForceChange), Ok(()));
    assert_eq!(scene.sign_in("expired", PASSWORD), (State::Expired, Proven::Yes));
    // A mark that only a new password takes away.
    let held = scene.change("one-time", WithdrawForceChange);
    assert_eq!(held, Err(DirectoryError::NotPossible));
}

#[test]
fn a_lock_by_us_or_by_failures_lasts_until_it_is_lifted() {
    let scene = scene();
    let kept_out = (locked(LockedBy::Failures), Proven::Unknown);
    let by_us = locked(LockedBy::Administrator);
    scene.is_seen("locked-by-us", Lock, by_us, kept_out, kept_out);
    for uid in [
        "locked-by-us",
        "locked-until-unlocked",
        "locked-for-an-hour-until-unlocked",
    ] {
        assert_eq!(scene.sign_in(uid, PASSWORD), kept_out, "{uid}");
        scene.is_seen(uid, Unlock, State::Active, ACTIVE, WRONG);
    }
    // Unlocking is not switching on.
    assert_eq!(scene.change("inactivated", Unlock), Ok(()));
    assert_eq!(scene.sign_in("inactivated", PASSWORD), DISABLED);
}

#[test]
fn an_account_that_is_switched_off_is_off_until_it_is_switched_on() {
    let scene = scene();
    scene.is_seen("switched-off", Disable, State::Disabled, DISABLED, DISABLED);
    scene.is_seen("switched-off", Enable, State::Active, ACTIVE, WRONG);
}
