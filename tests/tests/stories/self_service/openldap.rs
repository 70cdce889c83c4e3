//! Before an OpenLDAP: a new password where one is due, refusals in plain words, locks.

use super::{NEW, NEWER, Scene, bind, choose, expect, expect_done, expect_unsaid, follow, holds, type_code};
use super::{administrator, await_record, recorded};
use postern_tests::gateway::PORTAL;
use postern_tests::people::{BASE, PASSWORD};
use postern_tests::request::{self, Change};

#[test]
fn whoever_must_change_the_password_is_led_to_a_new_one_by_link_or_by_code() {
    let scene = Scene::start();
    for (uid, by_link) in [("must-change-01", true), ("must-change-02", false)] {
        let refused = bind(&scene.gateway, uid, PASSWORD);
        assert_eq!(refused.code, Some(49));
        assert!(refused.text.contains(PORTAL.trim_end_matches('/')), "{}", refused.text);
        let mut browser = scene.gateway.browser();
        let mail = scene.ask(&mut browser, "/reset", uid);
        let page = if by_link {
            follow(&mut browser, &mail)
        } else {
            type_code(&mut browser, &mail.code())
        };
        expect(&page, 200, "/reset/password", &format!("For {uid}"));
        expect_done(&choose(&mut browser, &page, NEW));
        assert_eq!(bind(&scene.gateway, uid, NEW).code, Some(0), "{uid}");
        let old = bind(&scene.gateway, uid, PASSWORD);
        assert_eq!((old.code, &*old.text), (Some(49), "Invalid credentials"));
        assert!(!holds(&scene.entry(uid), "pwdReset"), "{uid} must change it again");
        let notice = scene.mailbox.mail(&format!("{uid}@example.org"), 1);
        let subject = notice.header("subject").unwrap();
        assert!(subject.contains("was changed"), "{subject}");
        let token = mail.link("/reset/l/");
        let token = token.rsplit('/').next().unwrap();
        expect_unsaid(&scene.gateway, &[NEW, token, &mail.code()]);
    }
    // A link opened in a browser that did not ask works as well: mail is read on another device.
    let mail = scene.ask(&mut scene.gateway.browser(), "/reset", "must-change-03");
    let mut other = scene.gateway.browser();
    let page = follow(&mut other, &mail);
    expect_done(&choose(&mut other, &page, NEW));
    assert_eq!(bind(&scene.gateway, "must-change-03", NEW).code, Some(0));
}

#[test]
fn a_refused_password_is_told_in_plain_words_and_the_proof_is_kept() {
    let scene = Scene::start();
    let stricter: (Change, &str, &[&str]) = (Change::Replace, "pwdMinLength", &["14"]);
    let modify = request::modify(2, &format!("cn=default,ou=policies,{BASE}"), &[stricter], &[]);
    assert_eq!(administrator(&scene.slapd).ask(&modify)[0].code, Some(0));
    let mut browser = scene.gateway.browser();
    let mail = scene.ask(&mut browser, "/reset", "active");
    let mut page = follow(&mut browser, &mail);
    expect(&page, 200, "/reset/password", "has 14 characters or more");
    for (new, words) in [
        ("7-hills", "Too short: 8 characters or more."),
        ("iloveyou123", "has turned up in known leaks"),
        ("7-quiet-hills", "This is too short for your organisation's rules."),
        ("active@example.org", "too like your name"),
    ] {
        page = choose(&mut browser, &page, new);
        expect(&page, 422, "/reset/password", words);
    }
    let differs = [("new", NEW), ("confirm", NEWER)];
    page = browser.submit(&page.form("/reset/password"), &differs);
    expect(&page, 422, "/reset/password", "The two are not the same");
    expect_done(&choose(&mut browser, &page, NEW));
    assert_eq!(bind(&scene.gateway, "active", NEW).code, Some(0));
    // The directory knows what was used before, and it is asked.
    expect_done(&super::reset(&scene.mailbox, &mut browser, "active", NEWER));
    let mail = scene.ask(&mut browser, "/reset", "active");
    let page = follow(&mut browser, &mail);
    let page = choose(&mut browser, &page, NEW);
    expect(&page, 422, "/reset/password", "before. Choose another one.");
    assert_eq!(bind(&scene.gateway, "active", NEWER).code, Some(0));
    expect_done(&choose(&mut browser, &page, "a-third-one-of-9-oaks"));
    assert_eq!(bind(&scene.gateway, "active", "a-third-one-of-9-oaks").code, Some(0));
}

#[test]
fn a_lock_by_failures_is_lifted_with_the_password_unchanged_and_an_administrator_s_is_not() {
    let scene = Scene::start();
    assert_eq!(bind(&scene.gateway, "locked-by-failures", PASSWORD).code, Some(49));
    let mut browser = scene.gateway.browser();
    let mail = scene.ask(&mut browser, "/unlock", "locked-by-failures");
    assert!(mail.header("subject").unwrap().contains("Unlock"));
    let page = follow(&mut browser, &mail);
    expect(&page, 200, "/unlock/now", "Your password stays as it is");
    let page = browser.submit(&page.form("/unlock/now"), &[]);
    expect(&page, 200, "/reset/done", "Your account is unlocked");
    assert_eq!(bind(&scene.gateway, "locked-by-failures", PASSWORD).code, Some(0));
    let notice = scene.mailbox.mail("locked-by-failures@example.org", 1);
    assert!(notice.header("subject").unwrap().contains("was unlocked"));
    // What an administrator did stays, whatever is asked for.
    let before = scene.entry("locked-by-administrator");
    for path in ["/unlock", "/reset"] {
        super::ask(&mut browser, path, "locked-by-administrator");
    }
    await_record(&scene.gateway, "reset.not_eligible", None, 2);
    assert!(scene.mailbox.to("locked-by-administrator@example.org").is_empty());
    assert!(before == scene.entry("locked-by-administrator"));
    // A reset lifts the other kind too.
    let uid = "locked-for-an-hour";
    expect_done(&super::reset(&scene.mailbox, &mut browser, uid, NEW));
    assert_eq!(bind(&scene.gateway, uid, NEW).code, Some(0));
    assert_eq!(recorded(&scene.gateway, "reset.not_eligible", None), 2);
}
