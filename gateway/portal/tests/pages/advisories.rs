//! What was done to the pages of others: each is tried against ours.

use crate::browser::{House, house, house_with};
use axum::http::{Method, StatusCode};
use postern_portal::{Brand, ProofSettings};

fn asked(house: &House) -> Vec<String> {
    house.staged.asked.lock().unwrap().clone()
}

#[tokio::test]
async fn no_step_is_taken_by_its_address_alone() {
    let house = house();
    let browser = house.browser();
    let page = browser.get("/change").await;
    let new = "correct horse battery staple";
    let word = [("login", "jdoe"), ("new", new), ("confirm", new)];
    for (path, fields) in [
        ("/reset/code", &[("code", crate::staged::CODE)][..]),
        ("/reset/again", &[]),
        ("/reset/password", &word),
        ("/unlock/now", &[("account-0", "on")]),
    ] {
        let told = browser.send(&page, path, fields).await;
        assert_eq!(told.status, StatusCode::GONE, "{path}");
    }
    browser.send(&page, "/reset/cancel", &[]).await;
    for path in ["/reset/sent", "/reset/password", "/unlock/now", "/reset/done"] {
        assert_eq!(browser.get(path).await.status, StatusCode::GONE, "{path}");
    }
    // There is no form that makes an account, or gives one a first password.
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        for path in ["/enroll", "/register", "/admin", "/reset/password/admin", "/api"] {
            let told = browser.ask(method.clone(), path, Some(String::new())).await;
            assert!(told.status.is_client_error(), "{method} {path}: {}", told.status);
        }
    }
    assert_eq!(asked(&house), [""; 0]);
}

#[tokio::test]
async fn the_name_beside_a_new_password_chooses_nobody() {
    let house = house();
    for login in ["jdoe", "admin", "archive", "*", ""] {
        let browser = house.browser();
        let page = browser.proven("/reset", "one").await;
        let new = "correct horse battery staple";
        let fields = [("login", login), ("new", new), ("confirm", new)];
        browser.send_and_follow(&page, "/reset/password", &fields).await;
        assert_eq!(asked(&house).last().unwrap(), "execute [] key=true", "{login:?}");
    }
    // Nor does a field that the page does not have.
    for field in ["user", "username", "account", "dn", "context", "account-99"] {
        let browser = house.browser();
        let page = browser.proven("/reset", "one").await;
        let told = browser.send(&page, "/reset/password", &[(field, "admin")]).await;
        assert_eq!(told.status, StatusCode::BAD_REQUEST, "{field}");
    }
}

#[tokio::test]
async fn a_link_is_followed_by_no_script_and_leaves_the_address() {
    let house = house();
    let browser = house.browser();
    let page = browser.get("/reset/l/good").await;
    // What the script sends by itself is the form it found work for, once somebody has pressed its button.
    assert!(!page.text.contains("data-bits") && !page.text.contains("http-equiv"));
    let script = browser.get("/script.js").await.text;
    assert_eq!(script.matches(".submit(").count(), 1);
    assert_eq!(script.matches("requestSubmit").count(), 0);
    let gone_on = browser.send(&page, "/reset/l/good", &[]).await;
    assert_eq!(gone_on.to(), "/reset/password");
    let page = browser.get("/reset/password").await;
    assert!(!page.text.contains("/reset/l/"), "the next page does not know it");
}

#[tokio::test]
async fn after_the_last_step_nobody_is_signed_in() {
    let house = house();
    let browser = house.browser();
    let page = browser.proven("/reset", "one").await;
    let new = "correct horse battery staple";
    let fields = [("login", "jdoe"), ("new", new), ("confirm", new)];
    let done = browser.send_and_follow(&page, "/reset/password", &fields).await;
    assert_eq!(done.title(), "Your password is changed");
    assert!(!done.text.contains(new));
    let kept: Vec<String> = browser.cookies.lock().unwrap().keys().cloned().collect();
    assert_eq!(kept, ["__Host-postern-form", "__Host-postern-reset"]);
    // What is left of it shows what was done, and does nothing more.
    for path in ["/reset/password", "/unlock/now", "/reset/sent"] {
        assert_eq!(browser.get(path).await.to(), "/reset/done", "{path}");
    }
}

#[tokio::test]
async fn markup_that_is_sent_comes_back_as_text() {
    const MARKUP: &str = "\"><img src=x onerror=alert(1)>{{7*7}}${7*7}";
    // A page that shows again what was typed: the one that asks for a moment's wait.
    let house = house_with(
        Brand::plain("Example"),
        ProofSettings {
            bits: 18,
            free_per_network: 0,
            ..ProofSettings::default()
        },
    );
    let browser = house.browser();
    let encoded = MARKUP
        .bytes()
        .fold(String::new(), |written, octet| written + &format!("%{octet:02X}"));
    let form = browser.get("/reset").await;
    let shown = [
        browser.get(&format!("/reset?login={encoded}")).await,
        browser.get(&format!("/help?lang={encoded}")).await,
        browser.get(&format!("/reset/l/{encoded}")).await,
        browser.get(&format!("/reset/not-me/{encoded}")).await,
        browser.get(&format!("/provider/{encoded}")).await,
        browser.send(&form, "/reset", &[("name", MARKUP), ("answer", "")]).await,
        browser
            .send(&form, "/theme", &[("theme", MARKUP), ("back", MARKUP)])
            .await,
    ];
    for page in shown {
        for never in ["<img", "&#62;49", "&gt;49"] {
            assert!(!page.text.contains(never), "{}", page.text);
        }
        assert!(!page.to().contains('<'));
    }
}
