//! A change by whoever knows the present password, and what it and a reset do to sessions elsewhere.

use super::{NEW, NEWER, Scene, bind, expect, expect_done, reset};
use postern_tests::people::{PASSWORD, dn};
use postern_tests::request::{self, Scope};
use postern_tests::{Browser, Page, eventually};

fn change(browser: &mut Browser, uid: &str, old: &str, new: &str) -> Page {
    let page = browser.get("/change");
    let values = [("login", uid), ("old", old), ("new", new), ("confirm", new)];
    browser.submit(&page.form("/change"), &values)
}

#[test]
fn whoever_knows_the_password_changes_it_also_where_it_must_be_changed_or_has_expired() {
    let scene = Scene::start();
    let mut browser = scene.gateway.browser();
    for uid in ["active", "must-change-01", "expiring", "expired"] {
        let page = change(&mut browser, uid, PASSWORD, NEW);
        expect(&page, 200, "/change", "Your password is changed");
        assert_eq!(bind(&scene.gateway, uid, NEW).code, Some(0), "{uid}");
        assert_eq!(bind(&scene.gateway, uid, PASSWORD).code, Some(49), "{uid}");
        let notice = scene.mailbox.mail(&format!("{uid}@example.org"), 0);
        assert!(notice.header("subject").unwrap().contains("was changed"), "{uid}");
    }
    let page = change(&mut browser, "active", NEW, "7-hills");
    expect(&page, 422, "/change", "Too short");
    let page = change(&mut browser, "active", NEW, PASSWORD);
    expect(&page, 422, "/change", "before. Choose another one.");
    // A wrong password, nobody's name and a lock are one answer.
    let refusal = |browser: &mut Browser, uid| {
        let page = change(browser, uid, "wrong-password", NEWER);
        expect(&page, 422, "/change", "or the present password is not right");
        super::plain(&page).replace(uid, "…")
    };
    let wrong = refusal(&mut browser, "active");
    for uid in ["nobody", "locked-by-administrator", "not-yet-valid"] {
        assert!(wrong == refusal(&mut browser, uid), "{uid}");
    }
    assert_eq!(bind(&scene.gateway, "active", NEW).code, Some(0));
}

#[test]
fn whoever_signed_in_with_the_old_password_over_ldap_is_out() {
    let scene = Scene::start();
    let mut signed_in = scene.gateway.client();
    let mut another = scene.gateway.client();
    assert_eq!(signed_in.bind(1, &dn("active"), PASSWORD).code, Some(0));
    assert_eq!(another.bind(1, &dn("expiring"), PASSWORD).code, Some(0));
    let search = request::search(2, &dn("active"), Scope::Base, "objectClass", &["cn"], &[]);
    assert_eq!(signed_in.ask(&search).last().unwrap().code, Some(0));
    expect_done(&reset(&scene.mailbox, &mut scene.gateway.browser(), "active", NEW));
    eventually(
        "the session of the old password ends",
        super::SOON,
        || match signed_in.try_ask(&search) {
            Ok(answers) => answers.last().unwrap().is_notice().then_some(()),
            Err(_) => Some(()),
        },
    );
    assert_eq!(
        another.ask(&search).last().unwrap().code,
        Some(0),
        "somebody else's session ended"
    );
}
