//! Several accounts of one person: chosen together, with a result each.

use super::{NEW, NEWER, Scene, await_record, bind, changes, expect, expect_done, follow};
use postern_tests::people::{PASSWORD, account};

/// Anna has two accounts that work and one an administrator has locked; Ben is somebody else, and nothing links Carl to anybody.
fn start() -> Scene {
    let anna = ["employeeNumber: 7"];
    let people = [
        account("anna", "active", &anna),
        account("anna-admin", "active", &anna),
        account("anna-old", "locked-by-administrator", &anna),
        account("ben", "active", &["employeeNumber: 8"]),
    ];
    Scene::start_with(&people.concat(), |settings| {
        settings.directory.push_str("\nlink = \"employeeNumber\"");
    })
}

#[test]
fn all_accounts_of_a_person_are_reset_together_and_each_has_a_result() {
    let scene = start();
    let mut browser = scene.gateway.browser();
    let before = (scene.entry("anna-old"), scene.entry("ben"));
    let mail = scene.ask(&mut browser, "/reset", "anna");
    let page = follow(&mut browser, &mail);
    expect(&page, 200, "/reset/password", "For which accounts?");
    for name in ["anna", "anna-admin", "anna-old"] {
        assert!(page.text().contains(name), "{name}: {}", page.text());
    }
    assert!(!page.text().contains("ben "), "{}", page.text());
    // What was not offered cannot be chosen, whatever a form says.
    let both = [("account-0", "on"), ("account-1", "on"), ("new", NEW), ("confirm", NEW)];
    let forged = [&both[..], &[("account-2", "on")]].concat();
    assert_eq!(browser.submit(&page.form("/reset/password"), &forged).status, 400);
    assert_eq!(changes(&scene.slapd, "anna"), 0);
    let page = browser.submit(&page.form("/reset/password"), &both);
    assert_eq!((page.status, &*page.path), (200, "/reset/done"), "{}", page.text());
    for name in ["anna", "anna-admin"] {
        assert!(
            page.text().contains(&format!("{name} (people) Changed")),
            "{}",
            page.text()
        );
        assert_eq!(bind(&scene.gateway, name, NEW).code, Some(0), "{name}");
        assert_eq!(changes(&scene.slapd, name), 1, "{name}");
        let notice = scene
            .mailbox
            .mail(&format!("{name}@example.org"), usize::from(name == "anna"));
        assert!(notice.header("subject").unwrap().contains("was changed"), "{name}");
    }
    // What was not offered cannot be chosen, whatever a form says.
    assert!(
        (scene.entry("anna-old"), scene.entry("ben")) == before,
        "what was not offered was written"
    );
}

#[test]
fn what_one_directory_rule_refuses_is_tried_again_without_another_proof() {
    let scene = start();
    let mut browser = scene.gateway.browser();
    let page = browser.get("/change");
    let change = [
        ("login", "anna-admin"),
        ("old", PASSWORD),
        ("new", NEW),
        ("confirm", NEW),
    ];
    expect(
        &browser.submit(&page.form("/change"), &change),
        200,
        "/change",
        "Your password is changed",
    );
    let mail = scene.ask(&mut browser, "/reset", "anna");
    let page = follow(&mut browser, &mail);
    let both = [("account-0", "on"), ("account-1", "on")];
    let with = |new| [&both[..], &[("new", new), ("confirm", new)]].concat();
    let page = browser.submit(&page.form("/reset/password"), &with(NEW));
    expect(&page, 200, "/reset/done", "Not everything is done yet");
    assert!(page.text().contains("anna (people) Changed"), "{}", page.text());
    assert!(page.text().contains("rules do not allow it"), "{}", page.text());
    let page = browser.get("/reset/password");
    let page = browser.submit(&page.form("/reset/password"), &with(NEWER));
    expect_done(&page);
    assert_eq!(bind(&scene.gateway, "anna-admin", NEWER).code, Some(0));
    // What was done stays as it was done.
    assert_eq!(bind(&scene.gateway, "anna", NEW).code, Some(0));
    assert_eq!(changes(&scene.slapd, "anna"), 1);
}

#[test]
fn whom_nothing_links_to_a_person_does_not_come_in() {
    let scene = start();
    super::ask(&mut scene.gateway.browser(), "/reset", "active");
    await_record(&scene.gateway, "reset.not_eligible", Some("no_link"), 1);
    assert!(scene.mailbox.mails().is_empty());
}
