//! What is not known of anybody before a proof: every name looks alike, and nothing is done to an account that is asked about.

use super::{Scene, ask, await_record, follow, plain};
use postern_tests::{gateway::API_TOKEN, people, policies};
use serde_json::json;

/// Somebody whose password is a provider's.
const FEDERATED: &str = "
[[authority]]
name = \"sso\"
route = \"*\"
owner = \"provider\"
provider = \"example-sso\"
when.attribute = { name = \"employeeType\", value = \"sso\" }

[[authority]]
name = \"everybody-else\"
route = \"*\"
owner = \"local\"
";

const PROVIDER: &str = "
[[provider]]
name = \"example-sso\"
kind = \"generic\"
title = \"Example sign-in\"
reset = \"https://sso.example.com/forgot?login={login}\"
";

/// Each is nobody who may come in, by another reason; the first may.
const NAMES: [&str; 7] = [
    "active",
    "nobody",
    "erin",
    "locked-by-administrator",
    "not-yet-valid",
    "ended",
    "*",
];

fn start() -> Scene {
    let erin = people::account("erin", "active", &["employeeType: sso"]);
    Scene::start_with(&erin, |settings| {
        settings.policy = Some(policies::with_self_service(FEDERATED));
        PROVIDER.clone_into(&mut settings.more);
    })
}

#[test]
fn every_name_is_answered_alike_before_and_after_it_was_looked_for_and_nothing_is_written() {
    let scene = start();
    let known: Vec<&str> = NAMES
        .into_iter()
        .filter(|name| !matches!(*name, "nobody" | "*"))
        .collect();
    let before: Vec<_> = known.iter().map(|uid| scene.entry(uid)).collect();
    let mut seen: Vec<(&str, Vec<String>)> = Vec::new();
    for name in NAMES {
        let mut browser = scene.gateway.browser();
        let mut pages = vec![plain(&ask(&mut browser, "/reset", name))];
        if name == "active" {
            scene.mailbox.mail("active@example.org", 0);
        } else if name == "erin" {
            await_record(&scene.gateway, "reset.handed_over", None, 1);
        } else {
            await_record(&scene.gateway, "reset.not_eligible", None, seen.len().max(2) - 1);
        }
        pages.push(plain(&browser.get("/reset/sent")));
        // Codes are counted alike, to the end.
        for _ in 0..6 {
            pages.push(plain(&type_code_anyway(&mut browser)));
        }
        seen.push((name, pages));
    }
    for (name, pages) in &seen[1..] {
        for (number, (page, expected)) in pages.iter().zip(&seen[0].1).enumerate() {
            assert!(page == expected, "{name} differs on page {number}:\n{page}\n{expected}");
        }
    }
    for (uid, before) in known.iter().zip(before) {
        assert!(before == scene.entry(uid), "{uid} was touched");
    }
}

/// A wrong code, also where the page does not ask for one any more.
fn type_code_anyway(browser: &mut postern_tests::Browser) -> postern_tests::Page {
    let page = browser.get("/reset/sent");
    if page.forms().iter().any(|form| form.action == "/reset/code") {
        browser.submit(&page.form("/reset/code"), &[("code", "00000-00000")])
    } else {
        page
    }
}

#[test]
fn whose_password_is_a_provider_s_is_told_so_by_mail_alone() {
    let scene = start();
    let mut browser = scene.gateway.browser();
    let before = scene.entry("erin");
    let mail = scene.ask(&mut browser, "/reset", "erin");
    assert!(
        mail.text.contains("https://sso.example.com/forgot?login=erin"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("Example sign-in"), "{}", mail.text);
    assert!(!mail.text.contains("/reset/l/"), "{}", mail.text);
    // A program that vouches gets no further.
    let body = json!({"user": "erin", "method": "vouched", "reason": "seen in person"});
    let opened = browser.json("POST", "/api/v1/resets", API_TOKEN, &body);
    assert_eq!(opened.status, 202, "{}", opened.body);
    let id = opened.json()["id"].as_str().unwrap().to_owned();
    let body = json!({"newCredentialValue": super::NEW});
    let done = browser.json("POST", &format!("/api/v1/resets/{id}/execute"), API_TOKEN, &body);
    assert_eq!(done.json()["targets"][0]["outcome"], "not_here", "{}", done.body);
    assert!(before == scene.entry("erin"));
}

#[test]
fn a_program_resets_by_a_code_and_vouches_with_a_reason() {
    let scene = start();
    let mut program = scene.gateway.browser();
    let nobody = json!({"user": "active", "method": "mail"});
    assert_eq!(
        program
            .json("POST", "/api/v1/resets", "not-the-token-0123456789", &nobody)
            .status,
        401
    );
    let opened = program.json("POST", "/api/v1/resets", API_TOKEN, &nobody);
    assert_eq!(
        (opened.status, opened.json()["state"].as_str()),
        (202, Some("requested")),
        "{}",
        opened.body
    );
    let path = format!("/api/v1/resets/{}", opened.json()["id"].as_str().unwrap());
    let code = scene.mailbox.mail("active@example.org", 0).code();
    let proof = json!({"factor": "mail", "response": code});
    let proven = program.json("POST", &format!("{path}/authenticate"), API_TOKEN, &proof);
    assert_eq!(proven.json()["state"], "ready", "{}", proven.body);
    let body = json!({"newCredentialValue": super::NEW});
    let done = program.json("POST", &format!("{path}/execute"), API_TOKEN, &body);
    assert_eq!(
        (done.status, done.json()["state"].as_str()),
        (200, Some("done")),
        "{}",
        done.body
    );
    assert_eq!(super::bind(&scene.gateway, "active", super::NEW).code, Some(0));
    let vouched = json!({"user": "must-change-01", "method": "vouched", "reason": "seen in person"});
    let opened = program.json("POST", "/api/v1/resets", API_TOKEN, &vouched);
    assert_eq!(opened.json()["state"], "ready", "{}", opened.body);
    let path = format!("/api/v1/resets/{}", opened.json()["id"].as_str().unwrap());
    let done = program.json("POST", &format!("{path}/execute"), API_TOKEN, &body);
    assert_eq!(done.json()["targets"][0]["outcome"], "done", "{}", done.body);
    assert_eq!(super::bind(&scene.gateway, "must-change-01", super::NEW).code, Some(0));
    let is_vouched = |line: &serde_json::Value| line["reason"] == "seen in person" && line["token"] == "stories";
    assert!(scene.gateway.audit().iter().any(is_vouched), "nobody knows who vouched");
    // A link is a person's: a browser needs no token.
    let mail = scene.ask(&mut scene.gateway.browser(), "/reset", "expiring");
    let mut browser = scene.gateway.browser();
    assert_eq!(follow(&mut browser, &mail).path, "/reset/password");
}
