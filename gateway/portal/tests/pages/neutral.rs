//! What is the same for everybody, and what is asked before anything is.

use crate::browser::{A_WAIT, Shown, house, house_with};
use axum::http::StatusCode;
use postern_portal::{Brand, ProofSettings};

/// A page without what is random in it.
fn without_chance(page: &Shown) -> String {
    let mut text = page.text.clone();
    if let Some(form) = page.hidden("form") {
        text = text.replace(form, "FORM");
    }
    text
}

/// The headers but for the cookies' values.
fn headers(page: &Shown) -> Vec<String> {
    page.headers
        .iter()
        .map(|(name, value)| {
            let value = value.to_str().unwrap();
            let cookie = name == "set-cookie";
            format!(
                "{name}: {}",
                if cookie {
                    value.split('=').next().unwrap()
                } else {
                    value
                }
            )
        })
        .collect()
}

#[tokio::test]
async fn the_pages_after_a_request_are_the_same_for_everybody() {
    let mut all = Vec::new();
    for name in ["many", "one", "nobody", "*)(uid=*", "jörg@example.org"] {
        let house = house();
        let browser = house.browser();
        let page = browser.get("/reset").await;
        let moved = browser.send(&page, "/reset", &[("name", name)]).await;
        assert_eq!(moved.status, StatusCode::SEE_OTHER);
        let sent = browser.get("/reset/sent").await;
        let wrong = browser.send(&sent, "/reset/code", &[("code", "00000000")]).await;
        all.push((
            headers(&moved),
            headers(&sent),
            without_chance(&sent),
            headers(&wrong),
            without_chance(&wrong),
        ));
    }
    for other in &all {
        assert_eq!(&all[0], other);
    }
}

#[tokio::test]
async fn a_domain_that_is_a_provider_s_leads_there_after_a_word() {
    let house = house();
    let browser = house.browser();
    let page = browser.asked("/reset", "somebody@sso.example").await;
    assert_eq!(page.title(), "Your password is kept at Example SSO");
    assert!(page.text.contains("sso.example.com"));
    assert!(
        page.text
            .contains("href=\"https://sso.example.com/forgot?login=somebody%40sso.example\"")
    );
    let page = browser.get("/provider/example-sso").await;
    assert_eq!(page.title(), "Your password is kept at Example SSO");
    assert_eq!(
        browser.get("/provider/https:evil.example").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn too_much_and_not_now_are_said_with_a_time() {
    let house = house();
    let browser = house.browser();
    let busy = browser.asked("/reset", "busy").await;
    assert_eq!(
        (busy.status, busy.headers["retry-after"].to_str().unwrap()),
        (StatusCode::TOO_MANY_REQUESTS, "125")
    );
    assert!(
        busy.text
            .replace(['\u{2068}', '\u{2069}'], "")
            .contains("Come back in 3 minutes.")
    );
    let down = browser.asked("/reset", "down").await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(down.text.contains("Nothing was changed."));
}

#[tokio::test]
async fn a_name_is_looked_at_before_anything_is_asked() {
    let house = house();
    let browser = house.browser();
    let page = browser.get("/reset").await;
    let long = "x".repeat(513);
    for (name, said) in [
        ("", "Enter your sign-in name"),
        (" ", "Enter your sign-in name"),
        ("a\0b", "cannot be a sign-in name"),
        (long.as_str(), "cannot be"),
    ] {
        let page = browser.send(&page, "/reset", &[("name", name)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text.contains(said), "{name:?}");
    }
    assert!(house.staged.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_script_a_wait_does_as_well_as_the_work() {
    let house = house_with(
        Brand::plain("Example"),
        ProofSettings {
            bits: 18,
            free_per_network: 0,
            wait: A_WAIT,
            waits_per_network: 5,
        },
    );
    let browser = house.browser();
    let page = browser.get("/reset").await;
    assert!(page.text.contains("data-bits=\"18\"") && page.hidden("proof").is_some());
    let wait = browser.send(&page, "/reset", &[("name", "bob"), ("answer", "")]).await;
    assert_eq!(wait.title(), "One moment, please");
    assert!(wait.text.contains("name=\"name\" value=\"bob\""));
    let early = browser.send(&wait, "/reset", &[("name", "bob")]).await;
    assert_eq!(early.title(), "One moment, please");
    assert!(house.staged.asked.lock().unwrap().is_empty());
    house.clock.forward(10);
    let sent = browser.send_and_follow(&wait, "/reset", &[("name", "bob")]).await;
    assert_eq!(sent.title(), "Check your mailbox");
    assert_eq!(house.staged.asked.lock().unwrap().len(), 1);
    let once_more = browser.send(&wait, "/reset", &[("name", "bob")]).await;
    assert_eq!(once_more.title(), "One moment, please", "a ticket is for one use");
}

#[tokio::test]
async fn a_forgotten_name_is_asked_for_by_mail_alone() {
    let house = house();
    let browser = house.browser();
    let sent = browser.asked("/name", "jdoe@example.org").await;
    assert!(sent.text.contains("If this address belongs to an account"));
    assert!(!sent.text.contains("name=\"code\""), "there is nothing to type");
}
