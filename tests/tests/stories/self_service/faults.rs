//! What is broken meanwhile: the mail server, the directory, the program itself.

use super::{NEW, SOON, Scene, await_record, bind, changes, choose, expect, expect_done, follow};
use postern_tests::chance::{Chance, rounds};
use postern_tests::people::PASSWORD;
use postern_tests::{Browser, Mail, Page, eventually};
use std::collections::BTreeSet;
use std::time::Duration;

/// A job that somebody had taken who was killed is taken again within two minutes.
const TAKEN_AGAIN: Duration = Duration::from_mins(3);

const ROUNDS: usize = 3;

fn is_challenge(mail: &Mail) -> bool {
    mail.text.contains("/reset/l/")
}

#[test]
fn a_mail_server_that_puts_mail_off_gets_it_later_and_once() {
    let scene = Scene::start();
    scene.mailbox.refuse(true);
    let mut browser = scene.gateway.browser();
    super::ask(&mut browser, "/reset", "active");
    eventually("mail is tried", SOON, || {
        (scene.mailbox.connections() > 0).then_some(())
    });
    // Everybody else is answered meanwhile as ever.
    super::ask(&mut scene.gateway.browser(), "/reset", "nobody");
    scene.mailbox.refuse(false);
    let mail = scene.mailbox.mail("active@example.org", 0);
    let page = follow(&mut browser, &mail);
    // What is done is done, though nobody can be told of it now.
    scene.mailbox.refuse(true);
    expect_done(&choose(&mut browser, &page, NEW));
    assert_eq!(bind(&scene.gateway, "active", NEW).code, Some(0));
    scene.mailbox.refuse(false);
    let notice = scene.mailbox.mail("active@example.org", 1);
    assert!(notice.header("subject").unwrap().contains("was changed"));
    assert_eq!(scene.mailbox.mails().len(), 2);
}

#[test]
fn a_directory_that_is_gone_at_the_last_step_costs_no_proof_and_no_request_either() {
    let mut scene = Scene::start();
    let mut browser = scene.gateway.browser();
    let mail = scene.ask(&mut browser, "/reset", "active");
    let page = follow(&mut browser, &mail);
    scene.slapd.kill();
    let later = choose(&mut browser, &page, NEW);
    expect(&later, 503, "/reset/password", "This cannot be done just now");
    assert!(later.header("retry-after").is_some());
    // Names are taken as ever; a message follows when the directory is back.
    super::ask(&mut scene.gateway.browser(), "/reset", "expiring");
    super::ask(&mut scene.gateway.browser(), "/reset", "nobody");
    scene.slapd.start_again();
    let page = eventually("the page is there again", SOON, || {
        let page = browser.get("/reset/password");
        (page.status == 200).then_some(page)
    });
    let done = eventually("the directory takes it", SOON, || {
        let page = choose(&mut browser, &page, NEW);
        (page.status != 503).then_some(page)
    });
    expect_done(&done);
    assert_eq!(changes(&scene.slapd, "active"), 1);
    let mail = scene.mailbox.mail("expiring@example.org", 0);
    assert!(is_challenge(&mail));
}

#[test]
fn killed_at_any_moment_nothing_is_done_twice_and_everything_goes_on() {
    let mut scene = Scene::start();
    let mut chance = Chance::new(7);
    for round in 0..rounds(ROUNDS) {
        let uid = format!("must-change-{:02}", round + 1);
        let address = format!("{uid}@example.org");
        let mut browser = scene.gateway.browser();
        // The first time before the mail is out.
        let tried = scene.mailbox.connections();
        scene.mailbox.refuse(chance.below(2) == 0);
        super::ask(&mut browser, "/reset", &uid);
        eventually("mail is tried", SOON, || {
            (scene.mailbox.connections() > tried).then_some(())
        });
        again(&mut scene);
        scene.mailbox.refuse(false);
        let mail = eventually(&format!("round {round}: a mail"), TAKEN_AGAIN, || {
            scene.mailbox.to(&address).into_iter().find(is_challenge)
        });
        if chance.below(2) == 0 {
            again(&mut scene);
        }
        let page = follow(&mut browser, &mail);
        expect(&page, 200, "/reset/password", "Choose a new password");
        // The last time while it is being written.
        let moment = round % 3;
        let mut writer = scene.gateway.browser();
        writer.cookies = browser.cookies.clone();
        let started = super::recorded(&scene.gateway, "reset.execute_started", None);
        let writing = std::thread::spawn(move || choose(&mut writer, &page, NEW).path);
        match moment {
            0 => {}
            1 => await_record(&scene.gateway, "reset.execute_started", None, started + 1),
            _ => eventually("it is written", SOON, || {
                (changes(&scene.slapd, &uid) == 1).then_some(())
            }),
        }
        again(&mut scene);
        // Whether the browser had an answer is not known, nor whether it was sent at all.
        let _ = writing.join();
        let done = eventually(&format!("round {round}: it comes to an end"), TAKEN_AGAIN, || {
            go_on(&mut browser)
        });
        expect_done(&done);
        assert_eq!(bind(&scene.gateway, &uid, NEW).code, Some(0), "round {round}");
        assert_eq!(bind(&scene.gateway, &uid, PASSWORD).code, Some(49), "round {round}");
        assert_eq!(changes(&scene.slapd, &uid), 1, "round {round}: written twice");
    }
    for round in 0..rounds(ROUNDS) {
        let address = format!("must-change-{:02}@example.org", round + 1);
        let mails = eventually(&format!("round {round}: a notice"), TAKEN_AGAIN, || {
            let mails = scene.mailbox.to(&address);
            mails.iter().any(|mail| !is_challenge(mail)).then_some(mails)
        });
        // What may have been handed over before is handed over again as the same message.
        let of = |wanted: bool| -> BTreeSet<String> {
            let mails = mails.iter().filter(|mail| is_challenge(mail) == wanted);
            mails
                .map(|mail| mail.header("message-id").unwrap().to_owned())
                .collect()
        };
        assert_eq!((of(true).len(), of(false).len()), (1, 1), "round {round}: {mails:?}");
    }
}

fn again(scene: &mut Scene) {
    scene.gateway.kill();
    scene.gateway.start_again();
}

/// One more look at where it stands, and one more press of the button where there is one.
fn go_on(browser: &mut Browser) -> Option<Page> {
    let page = browser.visit("/reset/password");
    let page = match (page.status, &*page.path) {
        (200, "/reset/password") => choose(browser, &page, NEW),
        _ => page,
    };
    (page.path == "/reset/done" && !page.text().contains("This is being done")).then_some(page)
}
