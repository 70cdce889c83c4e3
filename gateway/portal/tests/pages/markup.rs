//! Every page in every language: well made, small, and whole without anything from elsewhere.

use crate::browser::{Browser, Shown, house};
use std::collections::HashSet;

const LANGUAGES: [&str; 4] = ["en", "de", "fr", "ar"];
/// Page, style, script and pictures together.
const LARGEST: usize = 60_000;

/// Every page there is, by its name.
async fn every_page(browser: &Browser<'_>) -> Vec<(&'static str, Shown)> {
    let mut all = Vec::new();
    for path in [
        "/",
        "/reset",
        "/unlock",
        "/name",
        "/change",
        "/help",
        "/privacy",
        "/accessibility",
        "/enroll",
        "/provider/example-sso",
        "/reset/l/good",
        "/reset/l/unlock",
        "/reset/l/expired",
        "/reset/not-me/a",
        "/nowhere",
    ] {
        all.push((path, browser.get(path).await));
    }
    let form = browser.get("/reset").await;
    all.push(("no name", browser.send(&form, "/reset", &[("name", "")]).await));
    all.push(("busy", browser.asked("/reset", "busy").await));
    all.push(("down", browser.asked("/reset", "down").await));
    all.push(("elsewhere", browser.asked("/reset", "a@sso.example").await));
    let sent = browser.asked("/reset", "many").await;
    all.push(("wrong code", browser.send(&sent, "/reset/code", &[("code", "x")]).await));
    all.push(("again", browser.send_and_follow(&sent, "/reset/again", &[]).await));
    all.push(("sent", sent));
    all.push(("reminded", browser.asked("/name", "a@example.org").await));
    let unlock = browser.proven("/unlock", "many").await;
    all.push(("no account", browser.send(&unlock, "/unlock/now", &[]).await));
    all.push((
        "unlocked",
        browser
            .send_and_follow(&unlock, "/unlock/now", &[("account-1", "on")])
            .await,
    ));
    all.push(("unlock", unlock));
    let page = browser.proven("/reset", "many").await;
    all.push(("already begun", browser.get("/reset/l/good").await));
    let fields = |new| {
        [
            ("login", ""),
            ("account-0", "on"),
            ("account-1", "on"),
            ("new", new),
            ("confirm", new),
        ]
    };
    all.push(("weak", browser.send(&page, "/reset/password", &fields("weak")).await));
    all.push((
        "partly",
        browser
            .send_and_follow(&page, "/reset/password", &fields("later than sooner"))
            .await,
    ));
    all.push(("password", page));
    let change = browser.get("/change").await;
    let fields = |old| {
        [
            ("login", "jdoe"),
            ("old", old),
            ("new", "something new"),
            ("confirm", "something new"),
        ]
    };
    all.push((
        "change refused",
        browser.send(&change, "/change", &fields("wrong")).await,
    ));
    all.push(("changed", browser.send(&change, "/change", &fields("right")).await));
    all
}

async fn for_every_page(check: impl Fn(&str, &str, &Shown)) {
    for language in LANGUAGES {
        let house = house();
        let mut browser = house.browser();
        browser.language = language.to_owned();
        for (name, page) in every_page(&browser).await {
            check(language, name, &page);
        }
    }
}

/// The values of an attribute, in their order.
fn values<'a>(text: &'a str, attribute: &str) -> Vec<&'a str> {
    text.split(&format!(" {attribute}=\""))
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

#[tokio::test]
async fn every_page_is_in_its_language_with_a_title_and_one_heading() {
    for_every_page(|language, name, page| {
        let direction = if language == "ar" { "rtl" } else { "ltr" };
        assert!(
            page.text
                .contains(&format!("<html lang=\"{language}\" dir=\"{direction}\"")),
            "{language} {name}"
        );
        assert_eq!(page.headers["content-language"], language, "{name}");
        assert_eq!(page.text.matches("<h1>").count(), 1, "{language} {name}");
        assert!(
            !page.title().is_empty() && page.text.contains("<main id=\"content\""),
            "{language} {name}"
        );
    })
    .await;
}

#[tokio::test]
async fn every_field_has_its_label_and_every_reference_its_target() {
    for_every_page(|language, name, page| {
        let ids: Vec<&str> = values(&page.text, "id");
        let known: HashSet<&str> = ids.iter().copied().collect();
        assert_eq!(known.len(), ids.len(), "{language} {name}: an id stands twice: {ids:?}");
        let labels: HashSet<&str> = values(&page.text, "for").into_iter().collect();
        for input in page
            .text
            .split("<input ")
            .skip(1)
            .map(|rest| rest.split('>').next().unwrap())
        {
            let input = format!(" {input}");
            let hidden = input.contains("type=\"hidden\"") || input.contains("aria-hidden=\"true\"");
            let id = values(&input, "id").first().copied();
            assert!(
                hidden || id.is_some_and(|id| labels.contains(id)),
                "{language} {name}: {input}"
            );
        }
        for attribute in ["for", "aria-describedby", "aria-labelledby"] {
            for target in values(&page.text, attribute)
                .into_iter()
                .flat_map(str::split_whitespace)
            {
                assert!(known.contains(target), "{language} {name}: {attribute}={target}");
            }
        }
        for target in values(&page.text, "href")
            .into_iter()
            .filter_map(|href| href.strip_prefix('#'))
        {
            assert!(known.contains(target), "{language} {name}: #{target}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_stands_inline_and_nothing_comes_from_elsewhere() {
    for_every_page(|language, name, page| {
        for never in [
            "<style",
            " style=",
            " onclick=",
            " onload=",
            "javascript:",
            "<iframe",
            "<object",
            "<base",
            "data:",
        ] {
            assert!(!page.text.contains(never), "{language} {name}: {never}");
        }
        for source in values(&page.text, "src") {
            assert!(
                source.starts_with('/') && !source.starts_with("//"),
                "{language} {name}: {source}"
            );
        }
        assert_eq!(page.text.matches("<script").count(), 1, "{language} {name}");
        for address in values(&page.text, "href")
            .into_iter()
            .filter(|href| !href.starts_with(['/', '#']))
        {
            assert!(
                address.starts_with("https://sso.example.com/"),
                "{language} {name}: {address}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn every_page_with_all_it_needs_is_small() {
    let house = house();
    let browser = house.browser();
    let mut files = 0;
    for file in ["/style.css", "/script.js", "/icon.svg"] {
        files += browser.get(file).await.text.len();
    }
    for_every_page(|language, name, page| {
        assert!(
            page.text.len() + files < LARGEST,
            "{language} {name}: {}",
            page.text.len() + files
        );
    })
    .await;
}

#[tokio::test]
async fn browsers_are_told_what_each_field_is() {
    let house = house();
    let browser = house.browser();
    let page = browser.get("/reset?login=%22%3E%3Cscript%3E").await;
    assert!(page.text.contains("autocomplete=\"username\""));
    assert!(!page.text.contains("\"><script>"), "a hint is text");
    let sent = browser.asked("/reset", "many").await;
    assert!(sent.text.contains("autocomplete=\"one-time-code\""));
    let page = browser.proven("/reset", "one").await;
    assert_eq!(page.text.matches("autocomplete=\"new-password\"").count(), 2);
    assert_eq!(page.text.matches("autocomplete=\"username\"").count(), 1);
    // The directory of the play asks for one more than we do.
    assert!(
        page.text.contains("minlength=\"16\"") && page.text.contains("passwordrules=\"minlength: 16; maxlength: 128;")
    );
    assert!(!page.text.contains(" maxlength=\"128\""), "nothing is cut off silently");
    let change = browser.get("/change").await;
    assert!(change.text.contains("autocomplete=\"current-password\""));
}

#[tokio::test]
async fn no_jargon_stands_on_a_page() {
    for_every_page(|language, name, page| {
        let shown: String = page
            .text
            .split('<')
            .filter_map(|piece| piece.split_once('>'))
            .map(|(_, text)| text)
            .collect();
        for word in ["LDAP", "token", "directory", "Token"] {
            assert!(!shown.contains(word), "{language} {name}: {word}");
        }
    })
    .await;
}
