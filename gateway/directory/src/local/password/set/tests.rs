use super::*;
use crate::local::password::policy::apply;
use crate::local::password::{Cost, Hasher, HasherSettings, Verified};
use jiff::SignedDuration;
use std::num::NonZeroUsize;
use std::sync::Arc;

mod life;
mod refusals;

fn hasher() -> Arc<Hasher> {
    Hasher::start(HasherSettings {
        threads: NonZeroUsize::new(1),
        cost: Cost::new(64, 1, 1).unwrap(),
        deadline: std::time::Duration::from_hours(1),
        ..HasherSettings::default()
    })
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn ago(seconds: i64) -> String {
    time::write(later(-seconds))
}

fn account(attributes: &[(&str, &str)]) -> Entry {
    let mut entry = Entry::new();
    entry.set("userPassword", vec![b"present".to_vec()]);
    for (name, value) in attributes {
        entry.set(name, vec![value.as_bytes().to_vec()]);
    }
    entry
}

fn policy() -> Policy {
    Policy {
        check_quality: 1,
        min_length: 8,
        max_length: 20,
        min_age: 3600,
        in_history: 2,
        must_change: true,
        resets_are_marked: true,
        allow_user_change: true,
        ..Policy::default()
    }
}

fn plain(password: &str) -> NewPassword {
    NewPassword::Plain(Secret::new(password))
}

fn written(password: &str) -> NewPassword {
    NewPassword::Written(Secret::new(password))
}

fn setting(by: By, new: NewPassword) -> Setting {
    Setting {
        new,
        old: None,
        by,
        reset_is_said: false,
    }
}

fn with_old(by: By, new: NewPassword, old: OldPassword) -> Setting {
    Setting {
        old: Some(old),
        ..setting(by, new)
    }
}

fn operation(old: &str) -> OldPassword {
    OldPassword::Operation(Secret::new(old))
}

fn deleted(old: &str) -> OldPassword {
    OldPassword::Deleted(Secret::new(old))
}

async fn refusal(account: &Entry, policy: &Policy, setting: Setting) -> PolicyRefusal {
    match set_password(&hasher(), account, policy, setting, now()).await {
        Err(NotSet::Refused(refusal)) => refusal,
        Err(NotSet::Busy(busy)) => panic!("{busy}"),
        Ok(_) => panic!("set"),
    }
}

async fn set(account: &mut Entry, policy: &Policy, setting: Setting, now: Timestamp) {
    let changes = set_password(&hasher(), account, policy, setting, now).await;
    apply(&changes.unwrap_or_else(|refusal| panic!("{refusal}")), account);
}

fn text<'a>(account: &'a Entry, attribute: &str) -> Option<&'a str> {
    account.text(&attribute.to_ascii_lowercase())
}

async fn fits(account: &Entry, password: &str) -> bool {
    let verified = hasher().verify(present(account).to_vec(), Secret::new(password)).await;
    matches!(verified, Ok(Verified::Right { .. }))
}

#[tokio::test]
async fn a_new_password_ends_what_was_held_against_the_account() {
    let held = [
        ("pwdChangedTime", "20260101000000Z"),
        ("pwdGraceUseTime", "20261101000000Z"),
        ("pwdFailureTime", "20261101000000Z"),
        ("pwdAccountLockedTime", "20261101000000Z"),
        ("pwdAccountTmpLockoutEnd", "20261101000000Z"),
        ("pwdLastSuccess", "20261101000000Z"),
        ("pwdReset", "TRUE"),
    ];
    for by in [By::Owner, By::Writer] {
        let mut account = account(&held);
        set(&mut account, &policy(), setting(by, plain("something new")), now()).await;
        assert!(fits(&account, "something new").await);
        assert!(!fits(&account, "present").await);
        assert_eq!(text(&account, "pwdChangedTime"), Some("20261122120000Z"));
        for gone in [
            "pwdGraceUseTime",
            "pwdFailureTime",
            "pwdAccountLockedTime",
            "pwdAccountTmpLockoutEnd",
            "pwdLastSuccess",
            "pwdReset",
        ] {
            assert_eq!(text(&account, gone), None, "{gone}");
        }
    }
}

#[tokio::test]
async fn only_an_administrator_lifts_an_administrators_lock() {
    for (by, lock) in [(By::Owner, true), (By::Writer, true), (By::Administrator, false)] {
        let mut account = account(&[("pwdAccountLockedTime", "000001010000Z")]);
        set(&mut account, &policy(), setting(by, plain("something new")), now()).await;
        assert_eq!(text(&account, "pwdAccountLockedTime").is_some(), lock, "{by:?}");
    }
}

#[tokio::test]
async fn what_an_administrator_sets_is_held_to_nothing_and_has_to_be_changed() {
    let strict = Policy {
        safe_modify: true,
        allow_user_change: false,
        ..policy()
    };
    let young = account(&[("pwdChangedTime", &ago(1))]);
    let mut entry = young.clone();
    set(&mut entry, &strict, setting(By::Administrator, plain("x")), now()).await;
    assert_eq!(text(&entry, "pwdReset"), Some("TRUE"));
    // Unless the same request says otherwise, or the policy does not want it.
    let mut entry = young.clone();
    let said = Setting {
        reset_is_said: true,
        ..setting(By::Administrator, plain("x"))
    };
    set(&mut entry, &strict, said, now()).await;
    assert_eq!(text(&entry, "pwdReset"), None);
    let mut entry = young.clone();
    set(
        &mut entry,
        &Policy::built_in(),
        setting(By::Administrator, plain("x")),
        now(),
    )
    .await;
    assert_eq!(text(&entry, "pwdReset"), None);
}

#[tokio::test]
async fn whoever_must_change_a_password_is_not_too_early() {
    let mut account = account(&[("pwdChangedTime", &ago(1)), ("pwdReset", "TRUE")]);
    set(
        &mut account,
        &policy(),
        setting(By::Owner, plain("something new")),
        now(),
    )
    .await;
    assert_eq!(text(&account, "pwdReset"), None);
    assert!(
        refusal(&account, &policy(), setting(By::Owner, plain("something else")))
            .await
            .error
            == Some(7)
    );
}

#[tokio::test]
async fn the_right_old_password_is_enough_for_a_safe_modify() {
    let safe = Policy {
        safe_modify: true,
        ..policy()
    };
    for old in [operation("present"), deleted("present")] {
        let mut account = account(&[]);
        set(
            &mut account,
            &safe,
            with_old(By::Owner, plain("something new"), old),
            now(),
        )
        .await;
        assert!(fits(&account, "something new").await);
    }
}

#[tokio::test]
async fn as_many_old_passwords_as_the_policy_says_are_not_taken_again() {
    let policy = Policy { min_age: 0, ..policy() };
    let mut account = account(&[]);
    for number in 0..5 {
        let new = format!("password {number}");
        set(&mut account, &policy, setting(By::Owner, plain(&new)), later(number)).await;
    }
    assert_eq!(account.values("pwdhistory").len(), 2);
    for (old, code) in [
        ("password 4", Some(8)),
        ("password 3", Some(8)),
        ("password 2", Some(8)),
    ] {
        assert_eq!(
            refusal(&account, &policy, setting(By::Owner, plain(old))).await.error,
            code,
            "{old}"
        );
    }
    set(&mut account, &policy, setting(By::Owner, plain("password 1")), later(6)).await;
    // A shorter history holds at once, and none takes it away.
    let one = Policy {
        in_history: 1,
        ..policy.clone()
    };
    assert!(
        refusal(&account, &one, setting(By::Owner, plain("password 4")))
            .await
            .error
            == Some(8)
    );
    set(&mut account, &one, setting(By::Owner, plain("password 3")), later(7)).await;
    assert_eq!(account.values("pwdhistory").len(), 1);
    let none = Policy {
        in_history: 0,
        ..policy
    };
    set(&mut account, &none, setting(By::Owner, plain("password 3")), later(8)).await;
    assert!(account.values("pwdhistory").is_empty());
}

#[tokio::test]
async fn what_is_written_in_clear_is_hashed_and_hashes_of_administrators_are_kept() {
    let hashed = "{SSHA}auyXbsf/3BTBWOR+HCR+llGLa8kt25i5";
    for (value, password) in [
        ("something new", Some("something new")),
        ("{CLEARTEXT}something new", Some("something new")),
        ("{odd} braces", Some("{odd} braces")),
        (hashed, None),
        ("{SASL}alice@EXAMPLE.ORG", None),
    ] {
        let mut account = account(&[]);
        set(
            &mut account,
            &policy(),
            setting(By::Administrator, written(value)),
            now(),
        )
        .await;
        match password {
            Some(password) => {
                assert!(fits(&account, password).await, "{value}");
                assert!(
                    text(&account, "userPassword")
                        .unwrap()
                        .starts_with("{ARGON2}$argon2id$")
                );
            }
            None => assert_eq!(text(&account, "userPassword"), Some(value)),
        }
    }
    // A password operation's are passwords, whatever they look like.
    let mut account = account(&[]);
    set(
        &mut account,
        &policy(),
        setting(By::Administrator, plain(hashed)),
        now(),
    )
    .await;
    assert!(fits(&account, hashed).await);
    // Owners may bring a hash where nothing wants to look at the password.
    let open = Policy {
        in_history: 0,
        ..policy()
    };
    set(&mut account, &open, setting(By::Owner, written(hashed)), later(10_000)).await;
    assert!(fits(&account, "correct horse").await);
}

#[tokio::test]
async fn a_password_taken_away_is_remembered() {
    let mut entry = account(&[
        ("pwdChangedTime", "20200101000000Z"),
        ("pwdFailureTime", "20200101000000Z"),
    ]);
    let changes = password_removed(&entry, &policy(), By::Owner, false, now()).unwrap();
    apply(&changes, &mut entry);
    assert!(present(&entry).is_empty() && text(&entry, "pwdChangedTime").is_none());
    assert_eq!(
        text(&entry, "pwdHistory"),
        Some("20261122120000Z#1.3.6.1.4.1.1466.115.121.1.40#7#present")
    );
    let fixed = Policy {
        allow_user_change: false,
        ..policy()
    };
    assert!(password_removed(&entry, &fixed, By::Owner, false, now()).is_err_and(|refusal| refusal.error == Some(3)));
    assert!(password_removed(&entry, &fixed, By::Administrator, false, now()).is_ok());
}

#[tokio::test]
async fn busy_is_not_a_refusal() {
    let hasher = hasher();
    hasher.close();
    let set = set_password(
        &hasher,
        &account(&[]),
        &policy(),
        setting(By::Owner, plain("something new")),
        now(),
    )
    .await;
    assert!(matches!(set, Err(NotSet::Busy(HasherBusy))));
}
