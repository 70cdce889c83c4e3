//! What a restricted session may do before this server, and what lifts the restriction: the preset `sssd`.

use super::directory;
use crate::golden::sessions::{NEW, Request, all_cases_of, must_change, refused_requests};
use postern_tests::golden::{captured, rows};
use postern_tests::people::{PASSWORD, dn};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Ds389, Gateway, Wire};

/// Numbers of accounts that nobody else uses; the captures take those before.
const REFUSED: usize = 61;
const CHANGED: usize = 81;

#[test]
fn a_restricted_session_may_change_the_password_and_nothing_else_and_the_change_lifts_it() {
    let server = Ds389::start();
    through_presets(&server);
    let gateway = Gateway::start_with(&directory("sssd", &server));
    let refused = refused_requests();
    for (number, (name, request)) in refused.iter().enumerate() {
        let dn = account(REFUSED + number);
        let mut wire = must_change(gateway.client(), &dn);
        let answers = wire.ask(&request(2, &dn));
        // In the words of the directory: none, and the older control beside them is the surface's matter.
        let told: Vec<_> = answers
            .iter()
            .map(|answer| (answer.code, answer.text.as_str()))
            .collect();
        assert_eq!(told, [(Some(53), "")], "{name}");
    }
    // What may pass besides is the directory's to answer, and this one refuses that too.
    let mut wire = must_change(gateway.client(), &dn("must-change"));
    for request in [request::root_dse(2, &["supportedLDAPVersion"]), request::who_am_i(2)] {
        let answers = wire.ask(&request);
        assert_eq!(answers[0].code, Some(53), "{answers:?}");
    }

    let spellings: [(&str, Request); 5] = [
        ("no target", |id, _| {
            request::password_modify(id, None, None, Some(NEW), &[])
        }),
        ("own target", |id, dn| {
            request::password_modify(id, Some(dn), None, Some(NEW), &[])
        }),
        ("with the old one", |id, _| {
            request::password_modify(id, None, Some(PASSWORD), Some(NEW), &[])
        }),
        ("userPassword replaced", |id, dn| {
            request::modify(id, dn, &[(Change::Replace, "userPassword", &[NEW])], &[])
        }),
        ("old value deleted and new added", |id, dn| {
            let changes: [(Change, &str, &[&str]); 2] = [
                (Change::Delete, "userPassword", &[PASSWORD]),
                (Change::Add, "userPassword", &[NEW]),
            ];
            request::modify(id, dn, &changes, &[])
        }),
    ];
    for (number, (name, change)) in spellings.into_iter().enumerate() {
        let dn = account(CHANGED + number);
        let mut wire = must_change(gateway.client(), &dn);
        let short = wire
            .ask(&request::password_modify(2, None, None, Some("short"), &[]))
            .remove(0);
        assert_eq!(short.code, Some(19), "{name}: {short:?}");
        assert_eq!(own_entry(&mut wire, 3, &dn), (Some(53), 0), "{name}: restricted still");
        let answer = wire.ask(&change(4, &dn)).remove(0);
        assert_eq!(answer.code, Some(0), "{name}: {answer:?}");
        assert_eq!(own_entry(&mut wire, 5, &dn), (Some(0), 1), "{name}: lifted");
        let codes = [NEW, PASSWORD].map(|password| gateway.client().bind(2, &dn, password).code);
        assert_eq!(codes, [Some(0), Some(49)], "{name}: the new password is the one");
    }
}

/// StartTLS ends here, and leaves nobody signed in; the server refuses it.
fn through_presets(server: &Ds389) {
    for (preset, first) in [("transparent", 1), ("sssd", 31)] {
        let gateway = Gateway::start_with(&directory(preset, server));
        let about = format!("preset {preset} before a 389 Directory Server");
        let (address, tls_address) = (gateway.address(), Some(gateway.tls_address()));
        let (table, _) = all_cases_of(&about, address, tls_address, &gateway.ca_file(), first);
        table.compare_in("389ds", &format!("session-{preset}"));
        if preset == "transparent" {
            let text = captured("389ds", "session-direct");
            let without = |rows: &[(&str, &str)]| -> Vec<String> {
                let rows = rows.iter().filter(|(case, _)| !case.starts_with("StartTLS"));
                // Its own accounts: their DNs are in the entries.
                rows.map(|(_, row)| (*row).to_owned()).collect()
            };
            assert_eq!(without(&table.rows()), without(&rows(&text)));
        }
    }
}

fn account(number: usize) -> String {
    dn(&format!("must-change-{number:02}"))
}

/// The result of reading the own entry, and how many entries came.
fn own_entry(wire: &mut Wire, id: u32, dn: &str) -> (Option<u32>, usize) {
    let answers = wire.ask(&request::search(id, dn, Scope::Base, "objectClass", &["cn"], &[]));
    (answers[answers.len() - 1].code, answers.len() - 1)
}
