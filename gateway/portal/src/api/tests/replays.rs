//! Requests that are sent again.

use super::stage::stage;
use std::sync::Arc;

const ONE: &str = r#"{"user":"bob"}"#;
const KEY: [(&str, &str); 1] = [("idempotency-key", "\"8e03978e-40d5\"")];

#[tokio::test]
async fn the_same_key_with_the_same_body_gets_the_same_answer_and_nothing_is_done_twice() {
    let stage = stage();
    let first = stage.send("POST", "/api/v1/resets", &KEY, ONE).await;
    let again = stage.send("POST", "/api/v1/resets", &KEY, ONE).await;
    assert_eq!((first.status, &first.body), (202, &again.body));
    assert_eq!(
        (again.status, &again.headers["content-type"]),
        (202, &first.headers["content-type"])
    );
    assert_eq!(stage.lines().len(), 1);
    // Without a key, and with another, it is another request.
    assert_ne!(stage.post("/api/v1/resets", ONE).await.body, first.body);
    let other = [("idempotency-key", "other")];
    assert_ne!(stage.send("POST", "/api/v1/resets", &other, ONE).await.body, first.body);
}

#[tokio::test]
async fn the_same_key_with_another_body_or_for_another_step_is_refused() {
    let stage = stage();
    let first = stage.send("POST", "/api/v1/resets", &KEY, ONE).await;
    let path = format!("/api/v1/resets/{}/authenticate", first.body["id"].as_str().unwrap());
    assert!(
        stage
            .send("POST", "/api/v1/resets", &KEY, r#"{"user":"eve"}"#)
            .await
            .is(422, "other-request")
    );
    let proof = r#"{"factor":"mail","response":"RIGHT"}"#;
    assert!(stage.send("POST", &path, &KEY, proof).await.is(422, "other-request"));
    assert_eq!(stage.lines().len(), 1);
}

#[tokio::test]
async fn another_program_s_key_and_another_site_s_are_others() {
    let stage = stage();
    stage.send("POST", "/api/v1/resets", &KEY, ONE).await;
    let other = [KEY[0], ("authorization", "Bearer other-token")];
    assert_eq!(
        stage
            .send("POST", "/api/v1/resets", &other, r#"{"user":"eve"}"#)
            .await
            .status,
        202
    );
    let school = [KEY[0], ("host", "school.example.org")];
    assert_eq!(
        stage
            .send("POST", "/api/v1/resets", &school, r#"{"user":"mia"}"#)
            .await
            .status,
        202
    );
    assert_eq!(stage.lines().len(), 3);
}

#[tokio::test]
async fn a_wrong_code_that_is_sent_again_is_compared_once() {
    let stage = stage();
    let context = stage.opened(ONE).await;
    let path = format!("{context}/authenticate");
    let wrong = r#"{"factor":"mail","response":"WRONG"}"#;
    for _ in 0..3 {
        assert!(stage.send("POST", &path, &KEY, wrong).await.is(422, "wrong-proof"));
    }
    assert_eq!(stage.lines().iter().filter(|line| *line == "prove").count(), 1);
    let kept = stage.kept.octets();
    assert!(!kept.windows(5).any(|octets| octets == b"WRONG"));
}

#[tokio::test]
async fn the_key_of_the_last_step_is_kept_with_the_context() {
    let stage = stage();
    let context = stage
        .opened(r#"{"user":"bob","method":"vouched","reason":"seen"}"#)
        .await;
    stage
        .send(
            "POST",
            &format!("{context}/execute"),
            &KEY,
            r#"{"newCredentialValue":"x","accounts":[0]}"#,
        )
        .await;
    assert_eq!(
        stage.lines().last().unwrap(),
        "execute [0] Some(\"\\\"8e03978e-40d5\\\"\")"
    );
    assert!(stage.kept.octets().is_empty());
}

#[tokio::test]
async fn of_many_at_once_one_is_done() {
    let stage = Arc::new(stage());
    let held = stage.service.gate.lock().await;
    let sent: Vec<_> = (0..50)
        .map(|_| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move { stage.send("POST", "/api/v1/resets", &KEY, ONE).await })
        })
        .collect();
    // All have come as far as they can once all but one are answered.
    while sent.iter().filter(|one| one.is_finished()).count() < 49 {
        tokio::task::yield_now().await;
    }
    drop(held);
    let mut done = 0;
    for one in sent {
        let got = one.await.unwrap();
        if got.status == 202 {
            done += 1;
        } else {
            assert!(
                got.is(409, "under-way") && got.headers.contains_key("retry-after"),
                "{got:?}"
            );
        }
    }
    assert_eq!((done, stage.lines().len()), (1, 1));
    assert_eq!(stage.send("POST", "/api/v1/resets", &KEY, ONE).await.status, 202);
}

#[tokio::test]
async fn what_may_go_otherwise_the_next_time_is_not_kept() {
    let stage = stage();
    for body in [r#"{"user":"flood"}"#, r#"{"user":"down"}"#] {
        for _ in 0..2 {
            let got = stage.send("POST", "/api/v1/resets", &KEY, body).await;
            assert!(got.status == 429 || got.status == 503);
        }
    }
    assert_eq!(stage.lines().len(), 4);
}

#[tokio::test]
async fn where_nothing_can_be_kept_nothing_is_done_under_a_key() {
    let stage = stage();
    *stage.kept.away.lock().unwrap() = true;
    assert!(
        stage
            .send("POST", "/api/v1/resets", &KEY, ONE)
            .await
            .is(503, "unavailable")
    );
    assert_eq!(stage.lines().len(), 0);
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_refused() {
    let stage = stage();
    let long = "k".repeat(256);
    for keys in [
        &[("idempotency-key", "")][..],
        &[("idempotency-key", "a"), ("idempotency-key", "a")],
        &[("idempotency-key", &long)],
    ] {
        assert!(
            stage
                .send("POST", "/api/v1/resets", keys, ONE)
                .await
                .is(400, "malformed"),
            "{keys:?}"
        );
    }
}
