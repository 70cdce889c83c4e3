//! What is switched off is neither shown nor done.

use crate::browser::{house, house_with};
use crate::staged::EVERYTHING;
use axum::http::{Method, StatusCode};
use postern_identity::reset::Features;
use postern_portal::{Brand, ProofSettings};

#[tokio::test]
async fn what_is_off_is_page_19_wherever_it_is_asked_for() {
    let house = house();
    let browser = house.browser();
    let form = browser.get("/reset").await;
    house.staged.offer_only(Features::default());
    for path in ["/", "/reset", "/unlock", "/name", "/change", "/enroll"] {
        let page = browser.get(path).await;
        assert_eq!(
            (page.status, page.title().as_str()),
            (StatusCode::NOT_FOUND, "This is not available here"),
            "{path}"
        );
    }
    for (path, fields) in [
        ("/reset", vec![("name", "bob")]),
        ("/unlock", vec![("name", "bob")]),
        ("/name", vec![("name", "bob@example.org")]),
        (
            "/change",
            vec![("login", "bob"), ("old", "a"), ("new", "b"), ("confirm", "b")],
        ),
    ] {
        let page = browser.send(&form, path, &fields).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(
        house.staged.asked.lock().unwrap().is_empty(),
        "nothing was asked of self-service"
    );
}

#[tokio::test]
async fn each_switch_is_one_way_on_the_first_page() {
    let house = house();
    let browser = house.browser();
    for (features, path) in [
        (
            Features {
                forgot_link: true,
                reset: true,
                ..Features::default()
            },
            "/reset",
        ),
        (
            Features {
                unlock: true,
                ..Features::default()
            },
            "/unlock",
        ),
        (
            Features {
                change: true,
                ..Features::default()
            },
            "/change",
        ),
        (
            Features {
                expired_change: true,
                ..Features::default()
            },
            "/change",
        ),
        (
            Features {
                reminder: true,
                ..Features::default()
            },
            "/name",
        ),
    ] {
        house.staged.offer_only(features);
        let page = browser.get("/").await;
        for way in ["/reset", "/unlock", "/change", "/name"] {
            assert_eq!(
                page.text.contains(&format!("<a href=\"{way}\">")),
                way == path,
                "{features:?} {way}"
            );
        }
    }
    house.staged.offer_only(Features {
        forgot_link: false,
        ..EVERYTHING
    });
    assert!(
        !browser.get("/").await.text.contains("<a href=\"/reset\">"),
        "the link can be hidden"
    );
    assert_eq!(
        browser.get("/reset").await.status,
        StatusCode::OK,
        "and the page be there"
    );
}

#[tokio::test]
async fn password_managers_find_their_way() {
    let house = house();
    let browser = house.browser();
    let change = browser.get("/.well-known/change-password").await;
    assert_eq!((change.status, change.to()), (StatusCode::SEE_OTHER, "/change"));
    let nothing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(browser.get(nothing).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn errors_are_pages_with_a_number() {
    let house = house();
    let browser = house.browser();
    let page = browser.get("/nowhere").await;
    assert_eq!(
        (page.status, page.title().as_str()),
        (StatusCode::NOT_FOUND, "There is no such page")
    );
    assert!(page.text.contains("00000000-0"));
    let page = browser.ask(Method::POST, "/reset", Some("name=bob".to_owned())).await;
    assert_eq!(
        (page.status, page.title().as_str()),
        (StatusCode::FORBIDDEN, "This page was open for too long")
    );
    let page = browser.ask(Method::DELETE, "/reset", None).await;
    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_login_screen_has_no_link_that_leads_away() {
    let kiosk = Brand::plain("Example").for_kiosk();
    let house = house_with(
        kiosk,
        ProofSettings {
            bits: 0,
            ..ProofSettings::default()
        },
    );
    let browser = house.browser();
    for path in [
        "/",
        "/reset",
        "/unlock",
        "/change",
        "/name",
        "/help",
        "/privacy",
        "/accessibility",
        "/provider/example-sso",
        "/reset/l/good",
        "/nowhere",
    ] {
        let page = browser.get(path).await;
        assert!(
            !page.text.contains("href=\"http") && !page.text.contains("target="),
            "{path}"
        );
        assert!(!page.text.contains("manifest"), "{path}");
    }
    assert!(
        browser
            .get("/provider/example-sso")
            .await
            .text
            .contains("sso.example.com")
    );
    assert_eq!(browser.get("/manifest.webmanifest").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_telephone_can_keep_the_pages() {
    let house = house();
    let manifest = house.browser().get("/manifest.webmanifest").await;
    assert_eq!(manifest.headers["content-type"], "application/manifest+json");
    let manifest: serde_json::Value = serde_json::from_str(&manifest.text).unwrap();
    assert_eq!(manifest["start_url"], "/");
    assert_eq!(manifest["icons"][0]["src"], "/icon.svg");
}
