//! Password changes that fail, by somebody signed in: slapd's words reach the client, byte for byte on every route.

use postern_tests::golden::Table;
use postern_tests::people::{self, PASSWORD};
use postern_tests::request::{self, Change};
use postern_tests::{Answer, Gateway, Slapd, Wire};
use std::net::SocketAddr;

const NEW: &str = "another-secret-5678";
const OTHER: &str = "a-third-secret-9999";

#[test]
fn a_failed_password_change_is_told_in_slapds_words_on_every_route() {
    let direct = Slapd::start();
    let (table, wanted) = changes("slapd itself", direct.address());
    table.compare("change-direct");
    for preset in ["transparent", "generic", "sssd"] {
        let slapd = Slapd::start();
        let gateway = Gateway::start(preset, &slapd);
        let (_, answers) = changes(preset, gateway.address());
        for ((case, answer), (_, wanted)) in answers.iter().zip(&wanted) {
            assert_eq!(answer, wanted, "{preset}: {case}");
        }
    }
}

fn changes(about: &str, address: SocketAddr) -> (Table, Vec<(String, Answer)>) {
    let own = ("safe modify without the old one", "safe-modify");
    changes_on(about, &|| Wire::connect(address), own)
}

/// The same on connections made so. `own` is a case of this directory alone: what it is called, and who is signed in.
pub(crate) fn changes_on(about: &str, connect: &dyn Fn() -> Wire, own: (&str, &str)) -> (Table, Vec<(String, Answer)>) {
    let mut table = Table::new(&format!("Password changes by somebody signed in: {about}."));
    let mut all = Vec::new();
    let mut note = |case: &str, answers: Vec<Answer>| {
        table.case(case, &answers);
        all.extend(answers.into_iter().map(|answer| (case.to_owned(), answer)));
    };
    let control = request::password_policy();
    for (word, controls) in [("asked", &[&control[..]][..]), ("not asked", &[])] {
        let on = |uid: &str, request: &dyn Fn(&str) -> Vec<u8>| {
            let dn = people::dn(uid);
            let mut wire = connect();
            assert_eq!(wire.bind(1, &dn, PASSWORD).code, Some(0), "{uid}");
            wire.ask(&request(&dn))
        };
        let set = |new: &'static str| move |_: &str| request::password_modify(2, None, None, Some(new), controls);
        let replace = |new: &'static str| {
            move |dn: &str| request::modify(2, dn, &[(Change::Replace, "userPassword", &[new])], controls)
        };
        note(&format!("too short, {word}"), on("active", &set("short")));
        note(
            &format!("userPassword too short, {word}"),
            on("active", &replace("short")),
        );
        note(&format!("the same as now, {word}"), on("active", &set(PASSWORD)));
        note(&format!("too young, {word}"), on("young", &set(NEW)));
        note(&format!("userPassword too young, {word}"), on("young", &replace(NEW)));
        note(
            &format!("wrong old password, {word}"),
            on("active", &|_| {
                request::password_modify(2, None, Some("not it"), Some(NEW), controls)
            }),
        );
        note(
            &format!("wrong old value deleted and new added, {word}"),
            on("active", &|dn| {
                let changes: [(Change, &str, &[&str]); 2] = [
                    (Change::Delete, "userPassword", &["not it"]),
                    (Change::Add, "userPassword", &[NEW]),
                ];
                request::modify(2, dn, &changes, controls)
            }),
        );
        note(&format!("{}, {word}", own.0), on(own.1, &set(NEW)));
        note(
            &format!("somebody else's, {word}"),
            on("active", &|_| {
                request::password_modify(2, Some(&people::dn("history-2")), None, Some(NEW), controls)
            }),
        );
        note(
            &format!("of nobody who is signed in, {word}"),
            connect().ask(&request::password_modify(
                2,
                Some(&people::dn("active")),
                Some(PASSWORD),
                Some(NEW),
                controls,
            )),
        );
    }
    // A change that works, and back to a password of the history on the same connection.
    let dn = people::dn("history-1");
    let mut wire = connect();
    assert_eq!(wire.bind(1, &dn, PASSWORD).code, Some(0));
    note(
        "changed",
        wire.ask(&request::password_modify(2, None, None, Some(NEW), &[])),
    );
    note(
        "changed again",
        wire.ask(&request::password_modify(3, None, None, Some(OTHER), &[])),
    );
    note(
        "in the history, asked",
        wire.ask(&request::password_modify(4, None, None, Some(NEW), &[&control])),
    );
    note(
        "in the history, not asked",
        wire.ask(&request::password_modify(5, None, None, Some(NEW), &[])),
    );
    (table, all)
}
