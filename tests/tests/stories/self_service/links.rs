//! Links: looking changes nothing, each is of use once, and "it was not me" stops everything.

use super::{NEW, NEWER, Scene, ask, await_record, bind, changes, choose, expect, expect_done, follow, plain, postern};
use postern_tests::people::{PASSWORD, dn};
use postern_tests::request::{self, Change};

#[test]
fn looking_at_a_link_changes_nothing_and_a_second_browser_is_told_that_it_was_used() {
    let scene = Scene::start();
    let mut browser = scene.gateway.browser();
    let mail = scene.ask(&mut browser, "/reset", "active");
    let link = mail.link("/reset/l/");
    let mut scanner = scene.gateway.browser();
    let first = scanner.get(&link);
    for _ in 0..10 {
        assert_eq!(plain(&scanner.get(&link)), plain(&first));
        assert_eq!(scanner.send("HEAD", &link, &[], b"").status, 200);
        assert_eq!(scanner.get(&mail.link("/reset/not-me/")).status, 200);
    }
    // Whoever has a page open before it is used is no better off.
    let mut late = scene.gateway.browser();
    let landing = late.get(&link);
    let page = follow(&mut browser, &mail);
    // The token is out of the address, and the code is of no use elsewhere.
    expect(&page, 200, "/reset/password", "For active");
    expect_done(&choose(&mut browser, &page, NEW));
    let used = late.submit(&landing.form("/reset/l/"), &[]);
    assert_eq!(used.status, 410);
    assert!(used.text().contains("This has been used"), "{}", used.text());
    let used = scanner.get(&link);
    expect(&used, 410, &link, "This has been used");
    assert_eq!(changes(&scene.slapd, "active"), 1);
}

#[test]
fn a_newer_message_takes_the_place_of_the_one_before() {
    let scene = Scene::start();
    let (mut one, mut other) = (scene.gateway.browser(), scene.gateway.browser());
    let first = scene.ask(&mut one, "/reset", "active");
    let second = scene.ask(&mut other, "/reset", "active@example.org");
    let old = one.get(&first.link("/reset/l/"));
    assert_eq!(old.status, 410);
    assert!(old.text().contains("There is a newer message"), "{}", old.text());
    // That costs nobody what they have under way besides, and the code of the older one is a wrong one.
    let page = super::type_code(&mut one, &first.code());
    expect(&page, 422, "/reset/code", "This code is not right");
    let page = follow(&mut other, &second);
    expect_done(&choose(&mut other, &page, NEW));
}

#[test]
fn every_address_is_told_and_it_was_not_me_stops_everything_that_is_open() {
    let scene = Scene::start();
    let more: (Change, &str, &[&str]) = (Change::Add, "mail", &["at-home@example.net"]);
    let modify = request::modify(2, &dn("active"), &[more], &[]);
    assert_eq!(super::administrator(&scene.slapd).ask(&modify)[0].code, Some(0));
    let mut browser = scene.gateway.browser();
    expect_done(&super::reset(&scene.mailbox, &mut browser, "active", NEW));
    let notices = ["active@example.org", "at-home@example.net"].map(|address| {
        let is_notice = |mail: &postern_tests::Mail| mail.header("subject").unwrap().contains("was changed");
        postern_tests::eventually(&format!("a notice to {address}"), super::SOON, || {
            scene.mailbox.to(address).into_iter().find(is_notice)
        })
    });
    // Somebody has begun anew, and has shown a proof already; the owner sees the notice of before.
    let mail = scene.ask(&mut browser, "/reset", "active");
    let page = follow(&mut browser, &mail);
    expect(&page, 200, "/reset/password", "For active");
    let mut owner = scene.gateway.browser();
    let sure = owner.get(&notices[1].link("/reset/not-me/"));
    expect(&sure, 200, &sure.path.clone(), "It was not you?");
    let stopped = owner.submit(&sure.form("/reset/not-me/"), &[]);
    assert!(stopped.text().contains("It is stopped"), "{}", stopped.text());
    let page = choose(&mut browser, &page, NEWER);
    assert_eq!(page.status, 410);
    assert!(page.text().contains("This was stopped"), "{}", page.text());
    assert_eq!(browser.get(&mail.link("/reset/l/")).status, 410);
    // For a while nothing can be asked for.
    let count = scene.mailbox.mails().len();
    ask(&mut browser, "/reset", "active");
    await_record(&scene.gateway, "reset.not_eligible", Some("held"), 1);
    assert_eq!(scene.mailbox.mails().len(), count);
    assert_eq!(bind(&scene.gateway, "active", NEW).code, Some(0));
}

#[test]
fn switched_off_it_is_not_there_at_once_and_switched_on_it_is_again() {
    let scene = Scene::start();
    let mut browser = scene.gateway.browser();
    let form = browser.get("/reset").form("/reset");
    let mail = scene.ask(&mut browser, "/reset", "active");
    let mut proven = scene.gateway.browser();
    let page = follow(&mut proven, &mail);
    let key = "directories.people.self_service_reset";
    postern(&scene.gateway, &["settings", "set", key, "false"]);
    let count = scene.mailbox.mails().len();
    for path in ["/reset", "/unlock", "/change"] {
        let off = browser.get(path);
        expect(&off, 404, path, "This is not available here");
    }
    let off = browser.submit(&form, &[("name", "expiring")]);
    expect(&off, 404, "/reset", "This is not available here");
    let off = choose(&mut proven, &page, NEW);
    expect(&off, 404, "/reset/password", "This is not available here");
    assert_eq!(bind(&scene.gateway, "active", PASSWORD).code, Some(0));
    postern(&scene.gateway, &["settings", "set", key, "true"]);
    assert_eq!(scene.mailbox.mails().len(), count);
    let page = proven.get("/reset/password");
    expect_done(&choose(&mut proven, &page, NEW));
}
