//! From the first page to the last.

use crate::browser::{Shown, house};
use crate::staged::CODE;
use axum::http::StatusCode;
use postern_identity::Clock as _;
use postern_identity::reset::{Action, Ending, Stage};

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_the_code() {
    let house = house();
    let browser = house.browser();
    let start = browser.get("/").await;
    assert!(start.text.contains("href=\"/reset\"") && start.text.contains("I have forgotten my password"));
    let sent = browser.asked("/reset", "many").await;
    assert_eq!(sent.title(), "Check your mailbox");
    let page = browser
        .send_and_follow(&sent, "/reset/code", &[("code", " k7m2-9qxr ")])
        .await;
    assert_eq!(page.title(), "Choose a new password");
    let new = "correct horse battery staple";
    let fields = [
        ("login", "jdoe"),
        ("account-0", "on"),
        ("account-1", "on"),
        ("new", new),
        ("confirm", new),
    ];
    let done = browser.send_and_follow(&page, "/reset/password", &fields).await;
    assert_eq!(done.title(), "Your password is changed");
    assert!(done.text.contains("EXAMPLE\\jdoe") || done.text.contains("EXAMPLE&#92;jdoe"));
    assert_eq!(
        *house.staged.asked.lock().unwrap().last().unwrap(),
        "execute [0, 1] key=true"
    );
}

#[tokio::test]
async fn the_browser_s_key_changes_with_each_proof_and_the_old_one_is_dead() {
    let house = house();
    let browser = house.browser();
    let sent = browser.asked("/reset", "many").await;
    let key = || browser.cookies.lock().unwrap()["__Host-postern-reset"].clone();
    let before = key();
    browser.send_and_follow(&sent, "/reset/code", &[("code", CODE)]).await;
    assert_ne!(before, key());
    browser
        .cookies
        .lock()
        .unwrap()
        .insert("__Host-postern-reset".to_owned(), before);
    assert_eq!(browser.get("/reset/password").await.status, StatusCode::GONE);
}

#[tokio::test]
async fn the_browser_s_key_changes_with_the_last_step_and_a_second_press_tells_the_same() {
    let house = house();
    let browser = house.browser();
    let sent = browser.asked("/reset", "one").await;
    let page = browser.send_and_follow(&sent, "/reset/code", &[("code", CODE)]).await;
    let key = || browser.cookies.lock().unwrap()["__Host-postern-reset"].clone();
    let before = key();
    let new = "correct horse battery staple";
    let fields = [("login", "jdoe"), ("new", new), ("confirm", new)];
    let done = browser.send_and_follow(&page, "/reset/password", &fields).await;
    assert_eq!(done.title(), "Your password is changed");
    assert_ne!(before, key());
    // While it is under way the second press of the button is no mistake: it leads where the first does.
    let sent = browser.asked("/reset", "one").await;
    let page = browser.send_and_follow(&sent, "/reset/code", &[("code", CODE)]).await;
    house.staged.set_of(&key(), |view| view.stage = Stage::Executing);
    let moved = browser.send(&page, "/reset/password", &fields).await;
    assert_eq!((moved.status, moved.to()), (StatusCode::SEE_OTHER, "/reset/done"));
    assert_eq!(browser.get("/reset/done").await.title(), "Your password is changed");
}

#[tokio::test]
async fn whoever_needs_more_time_for_the_last_step_presses_a_button() {
    let house = house();
    let browser = house.browser();
    let sent = browser.asked("/reset", "one").await;
    let page = browser.send_and_follow(&sent, "/reset/code", &[("code", CODE)]).await;
    let left = |page: &Shown| page.text.split("You have until").nth(1).unwrap()[..40].to_owned();
    let before = left(&page);
    for _ in 0..12 {
        house.clock.forward(60);
        let again = browser.send_and_follow(&page, "/reset/longer", &[]).await;
        assert_eq!(again.title(), "Choose a new password");
    }
    let page = browser.get("/reset/password").await;
    assert_ne!(left(&page), before);
    // A page elsewhere cannot press it.
    let stranger = house.browser();
    assert_ne!(
        stranger.send(&page, "/reset/longer", &[]).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn whoever_has_to_wait_is_told_until_when() {
    let house = house();
    let browser = house.browser();
    let sent = browser.asked("/reset", "one").await;
    let then = house
        .clock
        .now()
        .checked_add(std::time::Duration::from_hours(24))
        .unwrap();
    let cookie = || browser.cookies.lock().unwrap()["__Host-postern-reset"].clone();
    house.staged.set_of(&cookie(), |view| {
        view.stage = Stage::Waiting;
        view.not_before = Some(then);
    });
    let page = browser.get("/reset/sent").await;
    assert_eq!((page.status, page.to()), (StatusCode::SEE_OTHER, "/reset/done"));
    let page = browser.get("/reset/done").await;
    assert_eq!(page.title(), "You have shown who you are");
    let words = [
        "you can go on",
        "Until then nothing is changed",
        "A message with a link",
    ];
    assert!(words.iter().all(|words| page.text.contains(words)), "{}", page.text);
    // Nor is the form of the last step there to be sent.
    let page = browser.get("/reset/password").await;
    assert_eq!(page.to(), "/reset/done");
    drop(sent);
}

#[tokio::test]
async fn a_link_leads_on_after_a_press_alone() {
    let house = house();
    let browser = house.browser();
    for _ in 0..10 {
        let landing = browser.get("/reset/l/good").await;
        assert_eq!(landing.title(), "Set a new password for j•••e at Example");
        assert_eq!(browser.head("/reset/l/good").await.status, StatusCode::OK);
    }
    let asked = house.staged.asked.lock().unwrap().clone();
    assert!(asked.iter().all(|asked| asked == "landing good"), "{asked:?}");
    assert!(!browser.cookies.lock().unwrap().contains_key("__Host-postern-reset"));
    let landing = browser.get("/reset/l/good").await;
    let moved = browser.send(&landing, "/reset/l/good", &[]).await;
    assert_eq!((moved.status, moved.to()), (StatusCode::SEE_OTHER, "/reset/password"));
    assert_eq!(browser.get("/reset/password").await.title(), "Choose a new password");
}

#[tokio::test]
async fn a_locked_account_is_unlocked_and_keeps_its_password() {
    let house = house();
    let browser = house.browser();
    let page = browser.proven("/unlock", "many").await;
    assert_eq!(page.title(), "Unlock your account");
    let ticked: Vec<bool> = page
        .text
        .split("type=\"checkbox\"")
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap().contains("checked"))
        .collect();
    assert_eq!(ticked, [false, true, false, false], "the one that is locked");
    let done = browser
        .send_and_follow(&page, "/unlock/now", &[("account-1", "on")])
        .await;
    assert_eq!(done.title(), "Your account is unlocked");
    assert!(done.text.contains("Your password is unchanged."));
}

#[tokio::test]
async fn a_single_account_needs_no_choice() {
    let house = house();
    let browser = house.browser();
    let page = browser.proven("/reset", "one").await;
    assert!(!page.text.contains("type=\"checkbox\""));
    let new = "correct horse battery staple";
    browser
        .send_and_follow(
            &page,
            "/reset/password",
            &[("login", "jdoe"), ("new", new), ("confirm", new)],
        )
        .await;
    assert_eq!(
        *house.staged.asked.lock().unwrap().last().unwrap(),
        "execute [] key=true"
    );
}

#[tokio::test]
async fn a_refused_password_is_said_why_and_the_proof_is_kept() {
    let house = house();
    let browser = house.browser();
    let mut page = browser.proven("/reset", "one").await;
    for (new, why) in [
        (
            "leaked by everybody",
            vec!["This password has turned up in known leaks."],
        ),
        (
            "weak",
            vec![
                "Too short: 15 characters or more.",
                "too easily guessed",
                "too like your name",
            ],
        ),
        ("old one of mine again", vec!["You have used this one"]),
        ("simple as it can be", vec!["too simple for your organisation"]),
        ("unsaid as the reason is", vec!["do not allow this one"]),
    ] {
        page = browser
            .send_and_follow(
                &page,
                "/reset/password",
                &[("login", "jdoe"), ("new", new), ("confirm", new)],
            )
            .await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        let flat = flat(&page);
        for why in why {
            assert!(flat.contains(why), "{new}: {why}");
        }
        assert!(!page.text.contains(new), "a password is never shown again");
        assert!(page.text.contains("<title>Error: "));
    }
    let new = "correct horse battery staple";
    let done = browser
        .send_and_follow(
            &page,
            "/reset/password",
            &[("login", "jdoe"), ("new", new), ("confirm", new)],
        )
        .await;
    assert_eq!(done.title(), "Your password is changed");
}

#[tokio::test]
async fn what_is_missing_is_said_all_at_once() {
    let house = house();
    let browser = house.browser();
    let page = browser.proven("/reset", "many").await;
    let page = browser
        .send(
            &page,
            "/reset/password",
            &[("login", "jdoe"), ("new", ""), ("confirm", "")],
        )
        .await;
    assert!(page.text.contains("href=\"#accounts\"") && page.text.contains("href=\"#new\""));
    let page = browser
        .send(
            &page,
            "/reset/password",
            &[("login", ""), ("account-0", "on"), ("new", "a"), ("confirm", "b")],
        )
        .await;
    assert!(page.text.contains("href=\"#confirm\"") && page.text.contains("The two are not the same."));
    assert!(
        !house
            .staged
            .asked
            .lock()
            .unwrap()
            .iter()
            .any(|asked| asked.starts_with("execute"))
    );
}

#[tokio::test]
async fn a_wrong_code_counts_and_when_it_is_used_up_the_link_and_a_new_one_are_left() {
    let house = house();
    let browser = house.browser();
    let mut page = browser.asked("/reset", "many").await;
    for left in [
        "You can try 2 more times.",
        "You can try once more.",
        "This code cannot be tried any more. Open the link of the message, or have a new one sent.",
    ] {
        page = browser.send(&page, "/reset/code", &[("code", "nonsense")]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(flat(&page).contains(left), "{left}");
        assert!(page.text.contains("action=\"/reset/again\""));
    }
    let again = browser.send_and_follow(&page, "/reset/again", &[]).await;
    assert_eq!(again.title(), "Check your mailbox");
}

#[tokio::test]
async fn some_accounts_later_is_told_account_by_account() {
    let house = house();
    let browser = house.browser();
    let page = browser.proven("/reset", "many").await;
    let new = "later on it may well be";
    let fields = [
        ("login", ""),
        ("account-0", "on"),
        ("account-1", "on"),
        ("new", new),
        ("confirm", new),
    ];
    let done = browser.send_and_follow(&page, "/reset/password", &fields).await;
    assert_eq!(done.title(), "Not everything is done yet");
    assert!(done.text.contains("it cannot be reached just now") && done.text.contains("href=\"/reset/password\""));
    assert_eq!(browser.get("/reset/password").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_ending_has_words_of_its_own_and_a_way_to_begin_again() {
    let house = house();
    let mut titles = Vec::new();
    for ending in [
        "expired",
        "used",
        "superseded",
        "cancelled",
        "not_me",
        "locked",
        "changed",
        "unknown",
    ] {
        let page = house.browser().get(&format!("/reset/l/{ending}")).await;
        let status = if ending == "cancelled" {
            StatusCode::OK
        } else {
            StatusCode::GONE
        };
        assert_eq!(page.status, status, "{ending}");
        assert!(page.text.contains("href=\"/reset\""), "{ending}");
        titles.push(page.title());
    }
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), 8);
}

#[tokio::test]
async fn a_link_opened_in_the_middle_of_another_is_a_choice_and_no_error() {
    let house = house();
    let browser = house.browser();
    browser.proven("/reset", "many").await;
    let page = browser.get("/reset/l/unlock").await;
    assert_eq!(
        (page.status, page.title().as_str()),
        (StatusCode::OK, "You have already begun")
    );
    assert!(
        page.text.contains("href=\"/reset/password\""),
        "going on with the first"
    );
    let next = browser.send_and_follow(&page, "/reset/l/unlock", &[]).await;
    assert_eq!(next.title(), "Unlock your account");
    assert!(
        house.staged.asked.lock().unwrap().contains(&"cancel".to_owned()),
        "the first is given up"
    );
}

#[tokio::test]
async fn it_was_not_me_takes_a_press() {
    let house = house();
    let browser = house.browser();
    let page = browser.get("/reset/not-me/abc").await;
    assert!(house.staged.asked.lock().unwrap().is_empty(), "looking does nothing");
    let page = browser.send(&page, "/reset/not-me/abc", &[]).await;
    assert_eq!(page.title(), "Thank you. It is stopped.");
    assert_eq!(*house.staged.asked.lock().unwrap(), ["not me"]);
}

#[tokio::test]
async fn whoever_gives_up_holds_nothing_any_more() {
    let house = house();
    let browser = house.browser();
    let sent = browser.asked("/reset", "many").await;
    let page = browser.send(&sent, "/reset/cancel", &[]).await;
    assert_eq!((page.status, page.title().as_str()), (StatusCode::OK, "Cancelled"));
    assert!(!browser.cookies.lock().unwrap().contains_key("__Host-postern-reset"));
}

#[tokio::test]
async fn pages_lead_to_where_the_context_is_never_further() {
    let house = house();
    for (stage, action, place) in [
        (Stage::Asked, Action::Reset, "/reset/sent"),
        (Stage::Proving, Action::Unlock, "/reset/sent"),
        (Stage::Ready, Action::Reset, "/reset/password"),
        (Stage::Ready, Action::Unlock, "/unlock/now"),
        (Stage::Executing, Action::Reset, "/reset/done"),
        (Stage::Done, Action::Unlock, "/reset/done"),
    ] {
        for path in ["/reset/sent", "/reset/password", "/unlock/now", "/reset/done"] {
            let browser = house.browser();
            browser.asked("/reset", "many").await;
            let cookie = browser.cookies.lock().unwrap()["__Host-postern-reset"].clone();
            house
                .staged
                .set_of(&cookie, |view| (view.stage, view.action) = (stage, action));
            let page = browser.get(path).await;
            if path == place {
                assert_eq!(page.status, StatusCode::OK, "{stage:?} {action:?} {path}");
            } else {
                assert_eq!(
                    (page.status, page.to()),
                    (StatusCode::SEE_OTHER, place),
                    "{stage:?} {action:?} {path}"
                );
            }
        }
        let browser = house.browser();
        browser.asked("/reset", "many").await;
        let cookie = browser.cookies.lock().unwrap()["__Host-postern-reset"].clone();
        house
            .staged
            .set_of(&cookie, |view| view.stage = Stage::Over(Ending::Expired));
        assert_eq!(browser.get("/reset/password").await.title(), "This has run out");
    }
}

#[tokio::test]
async fn a_message_is_sent_again_politely() {
    let house = house();
    let browser = house.browser();
    let sent = browser.asked("/reset", "many").await;
    assert!(sent.text.contains("data-resend=\"60\""));
    let again: Shown = browser.send_and_follow(&sent, "/reset/again", &[]).await;
    assert!(
        again
            .text
            .contains("If the message can be sent again, it is on its way.")
    );
}

#[tokio::test]
async fn a_known_password_is_changed_and_whatever_is_wrong_is_one_answer() {
    let house = house();
    let browser = house.browser();
    let page = browser.get("/change?login=jdoe").await;
    assert!(page.text.contains("value=\"jdoe\""));
    let new = "correct horse battery staple";
    let fields = |old| [("login", "jdoe"), ("old", old), ("new", new), ("confirm", new)];
    let wrong = browser.send(&page, "/change", &fields("wrong")).await;
    assert!(
        wrong
            .text
            .contains("The sign-in name or the present password is not right")
    );
    let refused = browser
        .send(
            &page,
            "/change",
            &[("login", "jdoe"), ("old", "right"), ("new", "old"), ("confirm", "old")],
        )
        .await;
    assert!(refused.text.contains("You have used this one"));
    let done = browser.send(&page, "/change", &fields("right")).await;
    assert_eq!(done.title(), "Your password is changed");
    assert!(
        done.text
            .replace(['\u{2068}', '\u{2069}'], "")
            .contains("for up to 60 minutes")
    );
}

/// Without the signs that set names apart.
fn flat(page: &Shown) -> String {
    page.text.replace(['\u{2068}', '\u{2069}'], "")
}
