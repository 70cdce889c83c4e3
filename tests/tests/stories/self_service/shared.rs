//! One store for two gateways: what begins at one goes on at the other, and what one does is done.

use super::{NEW, SOON, ask_for_mail, before, bind, changes, choose, expect, expect_done, recorded, slapd, type_code};
use postern_tests::applications::postgresql::PostgreSql;
use postern_tests::{Gateway, GatewaySettings, Mailbox, Slapd, eventually};

/// Gateways on one store have one key.
fn on(database: &PostgreSql, slapd: &Slapd, mailbox: &Mailbox) -> GatewaySettings {
    GatewaySettings {
        more: format!(
            "[store]\nurl = \"{}\"\n\n[secrets]\nkey = \"0123456789abcdef0123456789abcdef0123456789abcdef\"\n",
            database.url()
        ),
        ..before(slapd, mailbox)
    }
}

#[test]
fn what_is_asked_for_at_one_gateway_goes_on_at_the_other() {
    let (database, slapd, mailbox) = (PostgreSql::start(&[], &[]), slapd(""), Mailbox::start());
    let settings = on(&database, &slapd, &mailbox);
    let (first, second) = (Gateway::start_with(&settings), Gateway::start_with(&settings));
    let mut here = first.browser();
    let mail = ask_for_mail(&mailbox, &mut here, "/reset", "must-change-01");
    let mut there = second.browser();
    there.cookies = here.cookies.clone();
    let page = type_code(&mut there, &mail.code());
    expect(&page, 200, "/reset/password", "For must-change-01");
    here.cookies = there.cookies.clone();
    let page = here.get("/reset/password");
    expect_done(&choose(&mut here, &page, NEW));
    for gateway in [&first, &second] {
        assert_eq!(bind(gateway, "must-change-01", NEW).code, Some(0));
    }
    // A letter is one letter, whoever sends it.
    mailbox.mail("must-change-01@example.org", 1);
    assert_eq!(mailbox.mails().len(), 2);
}

#[test]
fn of_two_hundred_who_follow_one_link_at_once_one_sets_a_password() {
    const BROWSERS: usize = 20;
    const EACH: usize = 10;
    let (database, slapd, mailbox) = (PostgreSql::start(&[], &[]), slapd(""), Mailbox::start());
    let settings = on(&database, &slapd, &mailbox);
    let gateways = [Gateway::start_with(&settings), Gateway::start_with(&settings)];
    let mail = ask_for_mail(&mailbox, &mut gateways[0].browser(), "/reset", "active");
    let link = mail.link("/reset/l/");
    std::thread::scope(|scope| {
        for number in 0..BROWSERS {
            let (gateway, link) = (&gateways[number % 2], &link);
            scope.spawn(move || {
                for time in 0..EACH {
                    let mut browser = gateway.browser();
                    let landing = browser.get(link);
                    let Some(form) = landing.forms().into_iter().find(|form| form.action == *link) else {
                        continue;
                    };
                    let page = browser.submit(&form, &[]);
                    if (page.status, &*page.path) == (200, "/reset/password") {
                        choose(&mut browser, &page, &format!("quiet-Otter-on-{number}-of-{time}-hills"));
                    }
                }
            });
        }
    });
    assert_eq!(changes(&slapd, "active"), 1);
    let done: usize = gateways
        .iter()
        .map(|gateway| recorded(gateway, "reset.executed", Some("done")))
        .sum();
    assert_eq!(done, 1);
    mailbox.mail("active@example.org", 1);
    assert_eq!(mailbox.mails().len(), 2);
}

#[test]
fn a_store_that_is_away_for_a_while_costs_nobody_their_proof() {
    let (mut database, slapd, mailbox) = (PostgreSql::start(&[], &[]), slapd(""), Mailbox::start());
    let gateway = Gateway::start_with(&on(&database, &slapd, &mailbox));
    let mut browser = gateway.browser();
    let mail = ask_for_mail(&mailbox, &mut browser, "/reset", "active");
    database.stop();
    let page = browser.get(&mail.link("/reset/l/"));
    assert_eq!(page.status, 503, "{}", page.text());
    assert!(page.text().contains("This cannot be done just now"), "{}", page.text());
    database.start_again();
    let page = eventually("the store is there again", SOON, || {
        let page = browser.get(&mail.link("/reset/l/"));
        (page.status == 200).then_some(page)
    });
    let page = browser.submit(&page.form("/reset/l/"), &[]);
    expect(&page, 200, "/reset/password", "For active");
    database.stop();
    let later = choose(&mut browser, &page, NEW);
    assert_eq!(later.status, 503, "{}", later.text());
    assert_eq!(changes(&slapd, "active"), 0);
    database.start_again();
    let done = eventually("it is done", SOON, || {
        let page = choose(&mut browser, &page, NEW);
        (page.status != 503).then_some(page)
    });
    expect_done(&done);
    assert_eq!(changes(&slapd, "active"), 1);
    mailbox.mail("active@example.org", 1);
}
