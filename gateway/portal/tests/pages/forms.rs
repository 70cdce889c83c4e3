//! Forms: ours alone, each field once; and the two at the foot of every page.

use crate::browser::house;
use axum::http::{Method, StatusCode};

#[tokio::test]
async fn no_form_is_taken_without_the_value_of_our_pages() {
    let house = house();
    for path in [
        "/reset",
        "/unlock",
        "/name",
        "/reset/code",
        "/reset/again",
        "/reset/cancel",
        "/reset/l/good",
        "/reset/not-me/a",
        "/reset/password",
        "/unlock/now",
        "/change",
        "/language",
        "/theme",
    ] {
        let browser = house.browser();
        browser.get("/reset").await;
        for body in ["", "form=", "form=AAAA"] {
            let page = browser.ask(Method::POST, path, Some(body.to_owned())).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} {body}");
        }
    }
    assert!(house.staged.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn lists_repetitions_and_unknown_fields_are_refused_before_anything_is_asked() {
    let house = house();
    let browser = house.browser();
    let page = browser.get("/reset").await;
    let form = page.hidden("form").unwrap();
    for body in [
        "name=a&name=b",
        "name[]=a",
        "name=a&admin=1",
        "name=a&name=a",
        "name=%FF",
    ] {
        let page = browser
            .ask(Method::POST, "/reset", Some(format!("form={form}&{body}")))
            .await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{body}");
    }
    assert!(house.staged.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn language_and_colours_are_chosen_by_forms_that_lead_back() {
    let house = house();
    let browser = house.browser();
    let page = browser.get("/help").await;
    let back = browser
        .send(&page, "/language", &[("language", "ar"), ("back", "/help")])
        .await;
    assert_eq!((back.status, back.to()), (StatusCode::SEE_OTHER, "/help"));
    let back = browser
        .send(&page, "/theme", &[("theme", "dark"), ("back", "/help")])
        .await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    let page = browser.get("/help").await;
    assert!(page.text.contains("<html lang=\"ar\" dir=\"rtl\" data-theme=\"dark\">"));
    let asked_in_the_address = browser.get("/help?lang=fr").await;
    assert!(asked_in_the_address.text.contains("<html lang=\"fr\" dir=\"ltr\""));
}

#[tokio::test]
async fn what_leads_back_leads_nowhere_else() {
    let house = house();
    let browser = house.browser();
    let page = browser.get("/help").await;
    for back in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/a?b",
        "/%2f/evil",
        "javascript:alert(1)",
        "",
        "/\r\nset-cookie:a=b",
    ] {
        let answer = browser
            .send(&page, "/theme", &[("theme", "dark"), ("back", back)])
            .await;
        assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, "/"), "{back:?}");
    }
    let answer = browser
        .send(&page, "/language", &[("language", "xx"), ("back", "/")])
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_cookie_that_is_not_ours_is_no_context() {
    let house = house();
    let browser = house.browser();
    for cookie in [
        "",
        ".",
        "x",
        "00000000000000000000000000.",
        "00000000000000000000000000.AAAA",
        "../../x.AAAA",
    ] {
        browser
            .cookies
            .lock()
            .unwrap()
            .insert("__Host-postern-reset".to_owned(), cookie.to_owned());
        for path in ["/reset/sent", "/reset/password", "/unlock/now", "/reset/done"] {
            assert_eq!(browser.get(path).await.status, StatusCode::GONE, "{cookie} {path}");
        }
    }
    // Neither is one in the address.
    browser.cookies.lock().unwrap().clear();
    assert_eq!(
        browser
            .get("/reset/sent?context=00000000000000000000000000")
            .await
            .status,
        StatusCode::GONE
    );
}
