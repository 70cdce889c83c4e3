//! Who may sign in, what is counted, and what is told.

use super::memory::Fault;
use super::stage::{ADA, Asked, BASE, PASSWORD, Stage};
use jiff::SignedDuration;
use postern_identity::Secret;
use postern_identity::records::RecordsError;
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, error};
use postern_ldap::extended::PasswordModify;
use postern_ldap::{MessageId, ResultCode, bind, oid};
use std::sync::atomic::Ordering;

const POLICY: &str = "cn=default,ou=policies,dc=example,dc=org";

async fn with_policy(more: &[(&str, &str)]) -> Stage {
    let stage = Stage::new().await;
    let mut attributes = vec![
        ("objectClass", "pwdPolicy"),
        ("objectClass", "device"),
        ("cn", "default"),
        ("pwdAttribute", "userPassword"),
    ];
    attributes.extend_from_slice(more);
    stage.add(POLICY, &attributes).await;
    stage
}

#[tokio::test]
async fn the_right_password_is_let_in_and_a_wrong_one_or_nobody_are_the_same_octets() {
    let stage = Stage::new().await;
    let mut client = stage.client();
    assert_eq!(client.bind(ADA, PASSWORD).await.code, ResultCode::SUCCESS);
    let request = |name: &str| bind::simple(MessageId(7), name.as_bytes(), b"wrong", &[]);
    let wrong = client.ask(&request(ADA)).await;
    let nobody = client.ask(&request("uid=nobody,ou=people,dc=example,dc=org")).await;
    let elsewhere = client.ask(&request("uid=nobody,dc=elsewhere")).await;
    let without = client.ask(&request(BASE)).await;
    assert_eq!(wrong.code, ResultCode::INVALID_CREDENTIALS);
    for other in [nobody, elsewhere, without] {
        assert_eq!(wrong.last, other.last);
    }
}

#[tokio::test]
async fn nobody_costs_the_store_what_a_wrong_password_does() {
    let stage = with_policy(&[("pwdLockout", "TRUE"), ("pwdMaxFailure", "5")]).await;
    let mut client = stage.client();
    let mut costs = Vec::new();
    for name in [ADA, "uid=nobody,ou=people,dc=example,dc=org"] {
        let before = (
            stage.entries.reads.load(Ordering::Relaxed),
            stage.entries.commits.load(Ordering::Relaxed),
        );
        client.bind(name, "wrong").await;
        let after = (
            stage.entries.reads.load(Ordering::Relaxed),
            stage.entries.commits.load(Ordering::Relaxed),
        );
        costs.push((after.0 - before.0, after.1 - before.1));
    }
    assert_eq!(costs, [(2, 1), (2, 1)]);
}

#[tokio::test]
async fn names_and_methods_that_are_none_have_their_codes() {
    let stage = Stage::new().await;
    let mut client = stage.client();
    for (name, password, code) in [
        ("", "", 0),
        (ADA, "", 53),
        ("", "x", 49),
        ("not a name", "x", 34),
        ("cn=postern", "x", 49),
        ("CN=Postern", "x", 49),
    ] {
        assert_eq!(
            client.bind(name, password).await.code,
            ResultCode(code),
            "{name:?} {password:?}"
        );
    }
    let sasl = b"\x30\x15\x02\x01\x01\x60\x10\x02\x01\x03\x04\x00\xa3\x09\x04\x07EXTERN2";
    assert_eq!(client.ask(sasl).await.code, ResultCode::AUTH_METHOD_NOT_SUPPORTED);
    let second = b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x02\x04\x00\x80\x00";
    assert_eq!(client.ask(second).await.code, ResultCode::PROTOCOL_ERROR);
    let critical = postern_ldap::control::encode(b"1.2.3", true, None);
    let asked = client.ask(&bind::simple(MessageId(3), b"", b"", &[&critical])).await;
    assert_eq!(asked.code, ResultCode::UNAVAILABLE_CRITICAL_EXTENSION);
}

#[tokio::test]
async fn a_failed_bind_leaves_nobody_signed_in() {
    let stage = Stage::new().await;
    let mut client = stage.signed_in(ADA).await;
    assert!(!client.found("(uid=bob)").await.is_empty());
    client.bind(ADA, "wrong").await;
    assert_eq!(
        client.search(Asked::all("(uid=bob)")).await.code,
        ResultCode::NO_SUCH_OBJECT
    );
}

#[tokio::test]
async fn the_service_account_signs_in_without_the_store() {
    let stage = Stage::new().await;
    let reads = stage.entries.reads.load(Ordering::Relaxed);
    let mut service = stage.service().await;
    assert_eq!(stage.entries.reads.load(Ordering::Relaxed), reads);
    assert_eq!(service.found("(uid=ada)").await, [ADA]);
}

#[tokio::test]
async fn wrong_passwords_are_written_down_and_lock() {
    let stage = with_policy(&[("pwdLockout", "TRUE"), ("pwdMaxFailure", "3")]).await;
    let mut client = stage.client();
    for failures in 1..=3 {
        assert_eq!(client.bind(ADA, "wrong").await.code, ResultCode::INVALID_CREDENTIALS);
        assert_eq!(stage.kept(ADA, "pwdFailureTime").await.len(), failures);
    }
    let locked = client.bind(ADA, PASSWORD).await;
    assert_eq!(locked.code, ResultCode::INVALID_CREDENTIALS);
    let said = PasswordPolicyResponse::parse(&locked.control(oid::PASSWORD_POLICY).unwrap()).unwrap();
    assert_eq!(said.error, Some(error::ACCOUNT_LOCKED));
}

#[tokio::test]
async fn many_wrong_passwords_at_once_are_all_counted() {
    let stage = with_policy(&[("pwdLockout", "TRUE"), ("pwdMaxFailure", "5")]).await;
    let guesses = (0..5).map(|_| {
        let mut client = stage.client();
        async move { client.bind(ADA, "wrong").await.code }
    });
    let codes = futures_util::future::join_all(guesses).await;
    assert!(
        codes.iter().all(|code| *code == ResultCode::INVALID_CREDENTIALS),
        "{codes:?}"
    );
    assert_eq!(stage.kept(ADA, "pwdFailureTime").await.len(), 5);
    assert_eq!(stage.kept(ADA, "pwdAccountLockedTime").await.len(), 1);
}

#[tokio::test]
async fn many_sign_ins_at_once_are_each_judged_and_none_is_given_up() {
    let stage = with_policy(&[("pwdLockout", "TRUE"), ("pwdMaxFailure", "100")]).await;
    // All are read, then all are hashed, and only then the store goes on, slowly: each finds the entry changed by those before it.
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(80));
    stage.entries.wait_for(Some(gate.clone()));
    let guesses = (0..40).map(|number| {
        let mut client = stage.client();
        let password = if number == 20 { PASSWORD } else { "wrong" };
        async move { (number == 20, client.bind(ADA, password).await.code) }
    });
    let guesses = futures_util::future::join_all(guesses);
    let slowly = async {
        while gate.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        let last = stage
            .directory
            .hasher
            .verify(Vec::new(), Secret::new("last in the queue"));
        assert!(last.await.is_ok());
        loop {
            if gate.available_permits() == 0 {
                gate.add_permits(1);
            }
            tokio::task::yield_now().await;
        }
    };
    let codes = tokio::select! {
        codes = guesses => codes,
        () = slowly => unreachable!(),
    };
    for (is_right, code) in codes {
        let wanted = if is_right {
            ResultCode::SUCCESS
        } else {
            ResultCode::INVALID_CREDENTIALS
        };
        assert_eq!(code, wanted);
    }
}

#[tokio::test]
async fn a_failure_that_cannot_be_written_down_shuts_the_account_for_a_while() {
    let stage = with_policy(&[("pwdLockout", "TRUE"), ("pwdMaxFailure", "5")]).await;
    let mut client = stage.client();
    stage.entries.fail(Fault::Commit(RecordsError::CannotWrite));
    assert_eq!(client.bind(ADA, "wrong").await.code, ResultCode::UNAVAILABLE);
    // Right or wrong: no more guesses.
    assert_eq!(client.bind(ADA, PASSWORD).await.code, ResultCode::UNAVAILABLE);
    assert_eq!(
        client.bind("uid=bob,ou=people,dc=example,dc=org", PASSWORD).await.code,
        ResultCode::SUCCESS
    );
    stage.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(client.bind(ADA, PASSWORD).await.code, ResultCode::SUCCESS);
}

#[tokio::test]
async fn a_grace_sign_in_that_cannot_be_used_up_is_none_and_a_rehash_may_be_lost() {
    let stage = with_policy(&[("pwdMaxAge", "60"), ("pwdGraceAuthNLimit", "2")]).await;
    stage.set(ADA, "pwdChangedTime", &["20200101000000Z"]).await;
    let mut client = stage.client();
    stage.entries.fail(Fault::Commit(RecordsError::CannotWrite));
    assert_eq!(client.bind(ADA, PASSWORD).await.code, ResultCode::UNAVAILABLE);
    assert_eq!(client.bind(ADA, PASSWORD).await.code, ResultCode::SUCCESS);
    assert_eq!(stage.kept(ADA, "pwdGraceUseTime").await.len(), 1);

    let stage = Stage::new().await;
    stage
        .set(ADA, "userPassword", &["{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0"])
        .await;
    let mut client = stage.client();
    stage.entries.fail(Fault::Commit(RecordsError::CannotWrite));
    let code = client.bind(ADA, "secret").await.code;
    assert_eq!(code, ResultCode::SUCCESS, "the hash of `secret` with `salt`");
    assert!(stage.kept(ADA, "userPassword").await[0].starts_with("{SSHA}"));
    assert_eq!(client.bind(ADA, "secret").await.code, ResultCode::SUCCESS);
    assert!(stage.kept(ADA, "userPassword").await[0].starts_with("{ARGON2}"));
}

#[tokio::test]
async fn a_change_by_others_in_between_is_tried_again_and_given_up_in_the_end() {
    let stage = with_policy(&[("pwdLockout", "TRUE"), ("pwdMaxFailure", "5")]).await;
    let mut client = stage.client();
    for _ in 0..3 {
        stage.entries.fail(Fault::Commit(RecordsError::Changed));
    }
    assert_eq!(client.bind(ADA, "wrong").await.code, ResultCode::INVALID_CREDENTIALS);
    assert_eq!(stage.kept(ADA, "pwdFailureTime").await.len(), 1);
    for _ in 0..8 {
        stage.entries.fail(Fault::Commit(RecordsError::Changed));
    }
    assert_eq!(client.bind(ADA, "wrong").await.code, ResultCode::BUSY);
}

#[tokio::test]
async fn a_right_password_judged_before_a_lock_was_written_down_is_not_let_in() {
    let stage = with_policy(&[("pwdLockout", "TRUE"), ("pwdMaxFailure", "3")]).await;
    let mut client = stage.client();
    assert_eq!(client.bind(ADA, PASSWORD).await.code, ResultCode::SUCCESS);
    // The entry and its policy are read, and then nothing for a while.
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(2));
    stage.entries.wait_for(Some(gate.clone()));
    let commits = stage.entries.commits.load(Ordering::Relaxed);
    let answered = std::cell::Cell::new(false);
    let guess = async {
        let told = client.bind(ADA, PASSWORD).await;
        answered.set(true);
        told
    };
    let others = async {
        while !answered.get() && stage.entries.commits.load(Ordering::Relaxed) == commits {
            tokio::task::yield_now().await;
        }
        stage.entries.wait_for(None);
        stage.set(ADA, "pwdAccountLockedTime", &["20261122120000Z"]).await;
        gate.add_permits(100);
    };
    let (told, ()) = tokio::join!(guess, others);
    assert_eq!(told.code, ResultCode::INVALID_CREDENTIALS);
}

#[tokio::test]
async fn where_failures_count_a_right_password_that_cannot_be_checked_against_the_store_is_not_let_in() {
    let stage = with_policy(&[("pwdLockout", "TRUE"), ("pwdMaxFailure", "3")]).await;
    let mut client = stage.client();
    for (error, code) in [
        (RecordsError::Unavailable, ResultCode::UNAVAILABLE),
        (RecordsError::Busy, ResultCode::BUSY),
    ] {
        stage.entries.fail(Fault::Commit(error));
        assert_eq!(client.bind(ADA, PASSWORD).await.code, code);
        assert_eq!(client.bind(ADA, PASSWORD).await.code, ResultCode::SUCCESS);
    }
    for _ in 0..8 {
        stage.entries.fail(Fault::Commit(RecordsError::Changed));
    }
    assert_eq!(client.bind(ADA, PASSWORD).await.code, ResultCode::BUSY);
    // What was counted before is forgotten in vain, and that may be lost.
    client.bind(ADA, "wrong").await;
    stage.entries.fail(Fault::Commit(RecordsError::CannotWrite));
    assert_eq!(client.bind(ADA, PASSWORD).await.code, ResultCode::SUCCESS);
    stage.entries.fail(Fault::Commit(RecordsError::CannotWrite));
    stage.entries.fail(Fault::Commit(RecordsError::CannotWrite));
    assert_eq!(client.bind(ADA, PASSWORD).await.code, ResultCode::UNAVAILABLE);
}

#[tokio::test]
async fn whoever_must_change_the_password_may_do_nothing_else() {
    let stage = Stage::new().await;
    stage.set(ADA, "pwdReset", &["TRUE"]).await;
    let mut client = stage.client();
    let told = client.bind(ADA, PASSWORD).await;
    assert_eq!(told.code, ResultCode::SUCCESS);
    let said = PasswordPolicyResponse::parse(&told.control(oid::PASSWORD_POLICY).unwrap()).unwrap();
    assert_eq!(said.error, Some(error::CHANGE_AFTER_RESET));
    assert_eq!(
        client.search(Asked::all("(uid=bob)")).await.code,
        ResultCode::INSUFFICIENT_ACCESS_RIGHTS
    );
    let who = postern_ldap::extended::request(MessageId(4), oid::WHO_AM_I, None, &[]);
    assert_eq!(client.ask(&who).await.code, ResultCode::SUCCESS);
    assert_eq!(
        client.search(Asked::all("(uid=bob)")).await.code,
        ResultCode::INSUFFICIENT_ACCESS_RIGHTS
    );
    // Until it is changed.
    let change = PasswordModify {
        identity: None,
        old: Some(PASSWORD.as_bytes()),
        new: Some(b"another horse"),
    };
    let request = postern_ldap::extended::request(MessageId(5), oid::PASSWORD_MODIFY, Some(&change.value()), &[]);
    let told = client.ask(&request).await;
    assert_eq!(told.code, ResultCode::SUCCESS, "{}", told.text);
    assert_eq!(client.found("(uid=bob)").await.len(), 1);
    assert_eq!(
        stage.client().bind(ADA, "another horse").await.code,
        ResultCode::SUCCESS
    );
}

#[tokio::test]
async fn a_store_that_is_away_is_said_so() {
    let stage = Stage::new().await;
    let mut client = stage.client();
    stage.entries.fail(Fault::Read(RecordsError::Unavailable));
    assert_eq!(client.bind(ADA, PASSWORD).await.code, ResultCode::UNAVAILABLE);
}
