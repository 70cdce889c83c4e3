//! The same before the other directories: a new password where one is due, a refusal in plain words, a lock.

use super::{NEW, NEWER, ask_for_mail, choose, expect, expect_done, follow, with_self_service};
use postern_tests::ds389::DIRECTORY_MANAGER;
use postern_tests::people::{self, PASSWORD};
use postern_tests::request::{self, Change};
use postern_tests::{Ds389, Gateway, GatewaySettings, Mailbox, Samba, Wire, samba};

const USED_BEFORE: &str = "before. Choose another one.";
const TOO_SHORT: &str = "This is too short for your organisation's rules.";

/// An administrator of the directory asks for longer passwords than we do.
fn asks_for(administrator: &mut Wire, entry: &str, attribute: &str, characters: &str) {
    let longer: (Change, &str, &[&str]) = (Change::Replace, attribute, &[characters]);
    let answer = administrator.ask(&request::modify(2, entry, &[longer], &[]));
    assert_eq!(answer[0].code, Some(0), "{attribute}");
}

/// What differs.
struct Walk<'a> {
    gateway: Gateway,
    mailbox: Mailbox,
    dn: fn(&str) -> String,
    /// Somebody who must change the password.
    must_change: &'a str,
    /// Passwords the directory refuses, and what is said then.
    refused: &'a [(&'a str, &'a str)],
    /// A password of the account's own past that a change is refused for, where that is looked at here.
    used_before: Option<&'a str>,
    /// Whether the directory takes the previous password for a while.
    keeps_previous: bool,
}

impl Walk<'_> {
    fn bind(&self, uid: &str, password: &str) -> Option<u32> {
        self.gateway.client().bind(1, &(self.dn)(uid), password).code
    }

    fn go(&self) {
        let uid = self.must_change;
        assert_eq!(self.bind(uid, PASSWORD), Some(49));
        let mut browser = self.gateway.browser();
        let mail = ask_for_mail(&self.mailbox, &mut browser, "/reset", uid);
        let mut page = follow(&mut browser, &mail);
        expect(&page, 200, "/reset/password", &format!("For {uid}"));
        for (refused, words) in self.refused {
            page = choose(&mut browser, &page, refused);
            expect(&page, 422, "/reset/password", words);
        }
        expect_done(&choose(&mut browser, &page, NEW));
        assert_eq!(self.bind(uid, NEW), Some(0));
        if !self.keeps_previous {
            assert_eq!(self.bind(uid, PASSWORD), Some(49));
        }
        // By the one that is known now.
        let page = browser.get("/change");
        let values = [("login", uid), ("old", NEW), ("new", NEWER), ("confirm", NEWER)];
        let page = browser.submit(&page.form("/change"), &values);
        expect(&page, 200, "/change", "Your password is changed");
        assert_eq!(self.bind(uid, NEWER), Some(0));
        // What was used before is refused there too, and in words.
        if let Some(used) = self.used_before {
            let page = browser.get("/change");
            let values = [("login", uid), ("old", NEWER), ("new", used), ("confirm", used)];
            let page = browser.submit(&page.form("/change"), &values);
            expect(&page, 422, "/change", USED_BEFORE);
            assert_eq!(self.bind(uid, NEWER), Some(0));
        }
        // A lock that failures left.
        let uid = "locked-by-failures";
        assert_eq!(self.bind(uid, PASSWORD), Some(49));
        let mail = ask_for_mail(&self.mailbox, &mut browser, "/unlock", uid);
        let page = follow(&mut browser, &mail);
        let page = browser.submit(&page.form("/unlock/now"), &[]);
        expect(&page, 200, "/reset/done", "Your account is unlocked");
        assert_eq!(self.bind(uid, PASSWORD), Some(0));
    }
}

#[test]
fn people_of_a_389_directory_server_help_themselves() {
    let server = Ds389::start();
    let mut manager = Wire::connect(server.address());
    assert_eq!(
        manager.bind(1, DIRECTORY_MANAGER, people::ADMINISTRATOR_PASSWORD).code,
        Some(0)
    );
    asks_for(&mut manager, "cn=config", "passwordMinLength", "10");
    let mailbox = Mailbox::start();
    let settings = crate::ds389::directory("generic", &server);
    let walk = Walk {
        gateway: Gateway::start_with(&with_self_service(settings, &mailbox)),
        mailbox,
        dn: people::dn,
        must_change: "must-change-01",
        refused: &[("9-quiets", TOO_SHORT), (PASSWORD, USED_BEFORE)],
        used_before: Some(NEW),
        keeps_previous: false,
    };
    walk.go();
}

#[test]
fn people_of_a_samba_domain_help_themselves() {
    let server = Samba::start();
    asks_for(&mut server.administrator(), samba::people::BASE, "minPwdLength", "14");
    let mailbox = Mailbox::start();
    let settings = server.behind("generic");
    let walk = Walk {
        gateway: Gateway::start_with(&with_self_service(settings, &mailbox)),
        mailbox,
        dn: samba::people::dn,
        must_change: "must-change-01",
        refused: &[
            ("7-Quiet-hills", TOO_SHORT),
            ("entirely-in-small-letters", "too simple"),
        ],
        used_before: Some(NEW),
        keeps_previous: true,
    };
    walk.go();
}

#[test]
fn people_of_the_embedded_directory_help_themselves() {
    let mailbox = Mailbox::start();
    let walk = Walk {
        gateway: Gateway::start_with(&with_self_service(GatewaySettings::embedded("generic"), &mailbox)),
        mailbox,
        dn: people::dn,
        must_change: "must-change-01",
        refused: &[("9-quiets", TOO_SHORT), (PASSWORD, USED_BEFORE)],
        used_before: Some(NEW),
        keeps_previous: false,
    };
    let mut administrator = walk.gateway.client();
    let answer = administrator.bind(1, people::ADMINISTRATOR, people::ADMINISTRATOR_PASSWORD);
    assert_eq!(answer.code, Some(0));
    let policy = format!("cn=default,ou=policies,{}", people::BASE);
    asks_for(&mut administrator, &policy, "pwdMinLength", "10");
    walk.go();
}
