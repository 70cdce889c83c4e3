mod replays;
mod stage;

use serde_json::json;
use stage::stage;

#[tokio::test]
async fn a_reset_goes_from_a_name_to_a_new_password() {
    let stage = stage();
    let got = stage.post("/api/v1/resets", r#"{"user":"bob","method":"mail"}"#).await;
    assert_eq!(got.status, 202);
    assert_eq!(got.body["state"], "requested");
    assert_eq!(got.body["next"], json!(["mail"]));
    let context = format!("/api/v1/resets/{}", got.body["id"].as_str().unwrap());

    let before = stage.send("GET", &context, &[], "").await;
    assert_eq!(before.body["accounts"], json!([]));
    assert_eq!(before.body["expiresAt"], "2026-11-22T12:00:00Z");
    assert_eq!(before.body["password"], json!({"shortest": 15, "longest": 128}));

    let wrong = stage
        .post(
            &format!("{context}/authenticate"),
            r#"{"factor":"mail","response":"WRONG"}"#,
        )
        .await;
    assert!(wrong.is(422, "wrong-proof"), "{wrong:?}");
    assert_eq!(wrong.body["triesLeft"], 2);
    let early = stage
        .post(&format!("{context}/execute"), r#"{"newCredentialValue":"x"}"#)
        .await;
    assert!(early.is(409, "not-ready"), "{early:?}");
    let right = stage
        .post(
            &format!("{context}/authenticate"),
            r#"{"factor":"mail","response":"RIGHT"}"#,
        )
        .await;
    assert_eq!((right.status, &right.body["state"]), (200, &json!("ready")));

    let after = stage.send("GET", &context, &[], "").await;
    assert_eq!(after.body["accounts"][0]["standing"], "must_change");
    let known = stage
        .post(
            &format!("{context}/execute"),
            r#"{"newCredentialValue":"in the history"}"#,
        )
        .await;
    assert!(known.is(422, "password-refused"), "{known:?}");
    assert_eq!(known.body["rule"], "history");
    let short = stage
        .post(&format!("{context}/execute"), r#"{"newCredentialValue":"short"}"#)
        .await;
    assert_eq!(
        short.body["findings"],
        json!([{"rule": "too_short", "shortest": 15}, {"rule": "leaked"}])
    );

    let done = stage
        .post(
            &format!("{context}/execute"),
            r#"{"newCredentialValue":"correct horse battery"}"#,
        )
        .await;
    let told = json!({"state": "done", "targets": [{"directory": "people", "login": "bob", "outcome": "done"}]});
    assert_eq!((done.status, &done.body), (200, &told));
    // Done again: how it went, and never a credential.
    let again = stage
        .post(
            &format!("{context}/execute"),
            r#"{"newCredentialValue":"another one altogether"}"#,
        )
        .await;
    assert_eq!((again.status, &again.body), (200, &told));
    assert_eq!(
        stage.send("GET", &context, &[], "").await.body["targets"],
        told["targets"]
    );
}

#[tokio::test]
async fn an_unlock_needs_no_password_and_a_context_can_be_given_up() {
    let stage = stage();
    let context = stage
        .opened(r#"{"user":"carol","action":"unlock","method":"vouched","reason":"called back"}"#)
        .await;
    assert_eq!(stage.post(&format!("{context}/execute"), "{}").await.status, 200);
    let context = stage.opened(r#"{"user":"carol","action":"reminder"}"#).await;
    let gone = stage.send("DELETE", &context, &[], "").await;
    assert_eq!((gone.status, gone.body), (204, serde_json::Value::Null));
    assert_eq!(stage.send("GET", &context, &[], "").await.body["state"], "cancelled");
    let over = stage.post(&format!("{context}/execute"), "{}").await;
    assert!(over.is(410, "over") && over.body["state"] == "cancelled", "{over:?}");
}

#[tokio::test]
async fn what_is_told_at_first_is_the_same_for_every_name() {
    let stage = stage();
    let mut answers = Vec::new();
    for body in [
        r#"{"user":"bob"}"#,
        r#"{"user":"nobody"}"#,
        r#"{"user":"erin"}"#,
        r#"{"user":"*)(uid=*"}"#,
    ] {
        let mut got = stage.post("/api/v1/resets", body).await;
        assert!(got.body["id"].is_string());
        got.body["id"] = "…".into();
        got.headers.remove("x-request-id");
        answers.push((got.status, got.body.to_string(), format!("{:?}", got.headers)));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    // Metacharacters are a name's like others: what asks a directory escapes them.
    assert!(
        stage.lines().iter().any(|line| line.contains(" *)(uid=* ")),
        "{:?}",
        stage.lines()
    );
    // A domain alone says where its people go.
    let got = stage.post("/api/v1/resets", r#"{"user":"who@sso.example"}"#).await;
    assert_eq!(got.body["provider"]["url"], "https://sso.example/forgot");
}

#[tokio::test]
async fn without_a_token_nothing_is_read_or_asked() {
    let stage = stage();
    let context = stage.opened(r#"{"user":"bob"}"#).await;
    let before = stage.lines().len();
    for authorization in [
        "",
        "Bearer wrong",
        "Bearer ",
        "Basic ZGVzay10b2tlbg==",
        "Bearer desk-token, Bearer desk-token",
    ] {
        for (method, path) in [
            ("POST", "/api/v1/resets".to_owned()),
            ("POST", format!("{context}/authenticate")),
            ("POST", format!("{context}/execute")),
            ("GET", context.clone()),
            ("DELETE", context.clone()),
        ] {
            let got = stage
                .send(method, &path, &[("authorization", authorization)], "not even JSON")
                .await;
            assert!(got.is(401, "no-token"), "{method} {path} {authorization}: {got:?}");
            assert!(got.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer "));
        }
    }
    assert_eq!(stage.lines().len(), before);
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_nothing_else() {
    let stage = stage();
    let by = async |token: &str, method: &str, path: &str, body: &'static str| {
        let authorization = format!("Bearer {token}-token");
        stage
            .send(method, path, &[("authorization", &authorization)], body)
            .await
    };
    let vouched = r#"{"user":"bob","method":"vouched","reason":"seen in person"}"#;
    assert!(by("plain", "POST", "/api/v1/resets", vouched).await.is(403, "no-scope"));
    assert!(
        by("reader", "POST", "/api/v1/resets", r#"{"user":"bob"}"#)
            .await
            .is(403, "no-scope")
    );
    let got = by("desk", "POST", "/api/v1/resets", vouched).await;
    assert_eq!((got.status, &got.body["state"]), (202, &json!("ready")));
    let context = format!("/api/v1/resets/{}", got.body["id"].as_str().unwrap());
    assert!(by("plain", "GET", &context, "").await.is(403, "no-scope"));
    assert!(
        by("reader", "POST", &format!("{context}/execute"), "{}")
            .await
            .is(403, "no-scope")
    );
    assert!(by("reader", "DELETE", &context, "").await.is(403, "no-scope"));
    let proof = r#"{"factor":"mail","response":"RIGHT"}"#;
    assert!(
        by("reader", "POST", &format!("{context}/authenticate"), proof)
            .await
            .is(403, "no-scope")
    );
    // Another program's context is none, whatever its token may.
    assert!(by("other", "GET", &context, "").await.is(404, "no-context"));
    assert!(
        by("other", "POST", &format!("{context}/execute"), "{}")
            .await
            .is(404, "no-context")
    );
    assert!(
        by("other", "POST", &format!("{context}/authenticate"), proof)
            .await
            .is(404, "no-context")
    );
    assert!(by("other", "DELETE", &context, "").await.is(404, "no-context"));
    // And so is one of another site.
    let elsewhere = stage.send("GET", &context, &[("host", "school.example.org")], "").await;
    assert!(elsewhere.is(404, "no-context"));
}

#[tokio::test]
async fn a_body_that_can_be_read_in_two_ways_is_refused_before_anything_is_asked() {
    let stage = stage();
    for body in [
        r#"{"user":["bob","eve"]}"#,
        r#"{"user":{"name":"bob"}}"#,
        r#"{"user":"bob","user":"eve"}"#,
        r#"{"user":"bob","us\u0065r":"eve"}"#,
        r#"["bob"]"#,
        r#"{"user":"bob","directory":"people"}"#,
        r#"{"user":"bob","route":"school"}"#,
        r#"{"user":null}"#,
        r#"{"user":"bob","action":"delete"}"#,
        r"{}",
        "",
        "user=bob",
    ] {
        let got = stage.post("/api/v1/resets", body).await;
        assert!(got.is(400, "malformed"), "{body}: {got:?}");
        assert!(!got.body.to_string().contains("bob"), "{got:?}");
    }
    assert!(
        stage
            .send("POST", "/api/v1/resets", &[], &b"{\"user\":\"\xff\"}"[..])
            .await
            .is(400, "malformed")
    );
    assert!(
        stage
            .send("POST", "/api/v1/resets", &[], vec![b' '; 10 << 20])
            .await
            .is(413, "too-large")
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert!(
        stage
            .send("POST", "/api/v1/resets", &form, "user=bob")
            .await
            .is(415, "wrong-media-type")
    );
    for (body, field) in [
        (r#"{"user":"  "}"#, "user"),
        (r#"{"user":"a\u0000b"}"#, "user"),
        (r#"{"user":"bob","method":"vouched"}"#, "reason"),
        (r#"{"user":"bob","method":"vouched","reason":" "}"#, "reason"),
        (r#"{"user":"bob","method":"vouched","reason":"a\nb"}"#, "reason"),
        (r#"{"user":"bob","reason":"because"}"#, "reason"),
        (r#"{"user":"bob","method":""}"#, "method"),
        (r#"{"user":"bob","credential":"a\rb"}"#, "credential"),
        (r#"{"user":"bob","source":"generated"}"#, "source"),
        (r#"{"user":"bob","delivery":"mail"}"#, "delivery"),
    ] {
        let got = stage.post("/api/v1/resets", body).await;
        assert!(got.is(422, "unusable") && got.body["field"] == field, "{body}: {got:?}");
    }
    assert_eq!(stage.lines(), [""; 0]);
}

#[tokio::test]
async fn the_other_bodies_are_read_as_strictly() {
    let stage = stage();
    let context = stage
        .opened(r#"{"user":"bob","method":"vouched","reason":"seen"}"#)
        .await;
    let before = stage.lines();
    for body in [
        r#"{"factor":"mail","response":["RIGHT"]}"#,
        r#"{"factor":"mail","response":1}"#,
        r#"{"factor":"mail","response":"a","response":"b"}"#,
        r#"{"factor":"mail"}"#,
        r#"{"factor":"mail","response":"a","token":"b"}"#,
    ] {
        assert!(
            stage
                .post(&format!("{context}/authenticate"), body)
                .await
                .is(400, "malformed"),
            "{body}"
        );
    }
    for body in [
        r#"{"newCredentialValue":["a"]}"#,
        r#"{"newCredentialValue":"a","newCredentialValue":"b"}"#,
        r#"{"newCredentialValue":"a","accounts":[-1]}"#,
        r#"{"newCredentialValue":"a","user":"eve"}"#,
    ] {
        assert!(
            stage
                .post(&format!("{context}/execute"), body)
                .await
                .is(400, "malformed"),
            "{body}"
        );
    }
    let twice = stage
        .post(
            &format!("{context}/execute"),
            r#"{"newCredentialValue":"a","accounts":[1,1]}"#,
        )
        .await;
    assert!(twice.is(422, "unusable") && twice.body["field"] == "accounts");
    assert_eq!(stage.lines(), before);
}

#[tokio::test]
async fn what_is_no_address_of_ours_is_no_endpoint() {
    let stage = stage();
    let context = stage.opened(r#"{"user":"bob"}"#).await;
    for path in [
        "/api/v1/resets/",
        "/api/v1/reset",
        "/api/v2/resets",
        "/api/",
        "/api/v1/resets/x/y/z",
        "/api/problems/none",
    ] {
        assert!(stage.send("GET", path, &[], "").await.is(404, "not-found"), "{path}");
    }
    for path in [
        "/api/v1//resets",
        "/api/v1/resets;x",
        "/api/v1/%72esets",
        "/api/x/../v1/resets",
        "/api%2fv1/resets",
    ] {
        assert!(
            stage.post(path, r#"{"user":"bob"}"#).await.is(400, "malformed"),
            "{path}"
        );
    }
    for id in [
        "0",
        "8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "00000000000000000000000009",
        "0000000000000000000000000U",
    ] {
        assert!(
            stage
                .send("GET", &format!("/api/v1/resets/{id}"), &[], "")
                .await
                .is(404, "no-context"),
            "{id}"
        );
    }
    let got = stage.send("GET", "/api/v1/resets", &[], "").await;
    assert!(got.is(405, "wrong-method") && got.headers["allow"] == "POST", "{got:?}");
    assert!(stage.send("PUT", &context, &[], "{}").await.is(405, "wrong-method"));
    assert_eq!(
        stage
            .send("GET", "/api/v1/resets", &[("host", "evil.example")], "")
            .await
            .status,
        421
    );
}

#[tokio::test]
async fn the_route_follows_from_the_host_and_the_language_from_its_header() {
    let stage = stage();
    for (headers, line) in [
        (
            &[("host", "school.example.org"), ("accept-language", "de-AT, en;q=0.5")][..],
            "on school in de-AT",
        ),
        (
            &[
                ("forwarded", "host=school.example.org"),
                ("x-forwarded-host", "school.example.org"),
            ],
            "on people in en",
        ),
        (&[("accept-language", "../../etc")], "on people in en"),
        (&[("accept-language", "fr;q=0.3")], "on people in fr"),
    ] {
        stage.send("POST", "/api/v1/resets", headers, r#"{"user":"bob"}"#).await;
        let lines = stage.lines();
        assert!(lines.last().unwrap().ends_with(line), "{lines:?}");
    }
}

#[tokio::test]
async fn refusals_are_problems_with_a_name_that_can_be_looked_up() {
    let stage = stage();
    let flood = stage.post("/api/v1/resets", r#"{"user":"flood"}"#).await;
    assert!(
        flood.is(429, "too-many-requests") && flood.headers["retry-after"] == "7",
        "{flood:?}"
    );
    assert!(
        stage
            .post("/api/v1/resets", r#"{"user":"down"}"#)
            .await
            .is(503, "unavailable")
    );
    assert!(
        stage
            .post("/api/v1/resets", r#"{"user":"off"}"#)
            .await
            .is(403, "not-offered")
    );
    let kinds = postern_web::problem::KINDS.iter().chain(super::problems::KINDS);
    for kind in kinds {
        let nobody = [("authorization", "")];
        let got = stage
            .send("GET", &format!("/api/problems/{}", kind.name), &nobody, "")
            .await;
        assert_eq!(got.status, 200, "{}", kind.name);
        assert_eq!(got.body["title"], kind.title);
    }
}

#[tokio::test]
async fn the_description_is_served_to_everybody() {
    let got = stage()
        .send("GET", "/api/openapi.json", &[("authorization", "")], "")
        .await;
    assert_eq!(got.status, 200);
    assert!(got.body["paths"]["/api/v1/resets"]["post"].is_object());
}

#[test]
fn the_description_in_the_tree_is_the_one_that_is_served() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let is = super::openapi::description();
    if std::env::var_os("POSTERN_BLESS").is_some() {
        std::fs::write(file, &is).unwrap();
    }
    assert_eq!(
        is,
        std::fs::read_to_string(file).unwrap_or_default(),
        "openapi.json is stale: run POSTERN_BLESS=1 cargo test -p postern-portal description"
    );
}
