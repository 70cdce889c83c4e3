//! The golden matrix over a directory of the gateway's own: what slapd answers in each state, but for what is written down.

use super::with;
use crate::golden::binds::{WRONG, ask_all, unproven_is_alike};
use postern_tests::golden::{Table, captured, rows};
use postern_tests::people::{self, ADMINISTRATOR, PASSWORD};
use postern_tests::{Answer, Gateway, GatewaySettings, Wire, eventually, policies, request};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// The folder of the captures.
const FOLDER: &str = "embedded";
/// The presets and mixtures of surfaces that slapd's captures have, by the name of the capture.
const SURFACES: [&str; 9] = [
    "bind-generic",
    "bind-sssd",
    "bind-spring-ad",
    "bind-keycloak-ad",
    "bind-keycloak-ldap",
    "bind-nextcloud",
    "bind-plain",
    "bind-ad-text",
    "bind-ppolicy-netscape-text",
];

#[test]
fn every_state_is_answered_as_slapd_answers_it_byte_for_byte() {
    as_slapd(&Gateway::start_with(&GatewaySettings::embedded("transparent")));
}

/// The whole matrix, on a gateway of its own with the preset transparent.
pub(super) fn as_slapd(gateway: &Gateway) {
    let (table, answers) = ask_all(
        "a directory of the gateway's own, preset transparent",
        gateway.address(),
    );
    // slapd's control tells who is there from who is not.
    differ(
        &table,
        "bind-transparent",
        &[
            "unknown suffix, asked, right",
            "unknown suffix, asked, wrong",
            "unknown user, asked, right",
            "unknown user, asked, wrong",
        ],
    );
    assert_eq!(
        answers["must-change, asked, right"].password_policy(),
        Some(&[0x30, 3, 0x81, 1, 2][..])
    );
    assert_eq!(answers["active, not asked, right"].code, Some(0));
}

#[test]
fn every_surface_shows_each_state_as_before_a_slapd() {
    for capture in SURFACES {
        let gateway = Gateway::start_with(&surface(capture));
        let (table, answers) = ask_all(capture, gateway.address());
        differ(&table, capture, &[]);
        unproven_is_alike(&answers);
    }
}

#[test]
fn the_fifth_wrong_password_locks_as_it_does_at_a_slapd() {
    let gateway = Gateway::start_with(&GatewaySettings::embedded("transparent"));
    let name = people::dn("history-1");
    let slapd = captured("openldap", "bind-failures");
    let wanted = rows(&slapd);
    for attempt in 1..=7 {
        let answer = sign_in(&gateway, &name, WRONG);
        let case = format!("direct, wrong {attempt}");
        assert!(wanted.contains(&(case.as_str(), row(&case, answer).as_str())), "{case}");
    }
    // Nor does the right one let in then, and nobody is told that it was.
    assert_eq!(
        sign_in(&gateway, &name, PASSWORD).octets,
        sign_in(&gateway, &name, WRONG).octets
    );
}

#[test]
fn grace_sign_ins_count_down_as_they_do_at_a_slapd() {
    let gateway = Gateway::start_with(&GatewaySettings::embedded("transparent"));
    let slapd = captured("openldap", "bind-grace");
    let wanted = rows(&slapd);
    for attempt in 1..=4 {
        let case = format!("direct, sign-in {attempt}");
        let answer = sign_in(&gateway, &people::dn("grace"), PASSWORD);
        assert!(wanted.contains(&(case.as_str(), row(&case, answer).as_str())), "{case}");
    }
}

#[test]
fn a_sign_in_that_is_right_forgets_the_wrong_ones_before_it() {
    let gateway = Gateway::start_with(&GatewaySettings::embedded("transparent"));
    let name = people::dn("history-2");
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(sign_in(&gateway, &name, WRONG).code, Some(49));
        }
        assert_eq!(sign_in(&gateway, &name, PASSWORD).code, Some(0));
    }
}

#[test]
fn a_flood_of_sign_ins_from_one_address_keeps_nobody_out_who_comes_from_another() {
    let gateway = Gateway::start_with(&GatewaySettings {
        // One hash after another, and two may wait.
        directory: format!(
            "administrators = [\"{ADMINISTRATOR}\"]\nhashing = {{ memory_kib = 16384, passes = 4, threads = 1, queue = 2 }}"
        ),
        ..GatewaySettings::embedded("transparent")
    });
    let stop = AtomicBool::new(false);
    let turned_away = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (gateway, stop, turned_away) = (&gateway, &stop, &turned_away);
            scope.spawn(move || {
                let mut wire = gateway.client();
                for attempt in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let name = people::dn(&format!("nobody-{number}-{attempt}"));
                    let answer = wire.ask(&request::bind(1, &name, WRONG, &[])).remove(0);
                    match answer.code {
                        Some(51) => _ = turned_away.fetch_add(1, Ordering::Relaxed),
                        code => assert_eq!(code, Some(49)),
                    }
                }
            });
        }
        eventually("the flood turns itself away", Duration::from_secs(30), || {
            (turned_away.load(Ordering::Relaxed) > 100).then_some(())
        });
        let codes: Vec<_> = (0..3)
            .map(|_| {
                let mut wire = Wire::connect_from(gateway.address(), IpAddr::from([127, 0, 0, 2]));
                wire.ask(&request::bind(1, &people::dn("active"), PASSWORD, &[]))
                    .remove(0)
                    .code
            })
            .collect();
        stop.store(true, Ordering::Relaxed);
        assert_eq!(codes, [Some(0); 3]);
    });
}

fn sign_in(gateway: &Gateway, name: &str, password: &str) -> Answer {
    let control = request::password_policy();
    gateway
        .client()
        .ask(&request::bind(2, name, password, &[&control]))
        .remove(0)
}

/// The row an answer would be in a table.
fn row(case: &str, answer: Answer) -> String {
    let mut table = Table::new("");
    table.case(case, &[answer]);
    table.rows()[0].1.to_owned()
}

/// The settings of a capture's preset or mixture.
fn surface(capture: &str) -> GatewaySettings {
    let mixture = match capture {
        "bind-plain" => Some("plain"),
        "bind-ad-text" => Some("[\"ad\", \"text\"]"),
        "bind-ppolicy-netscape-text" => Some("[\"ppolicy\", \"netscape\", \"text\"]"),
        _ => None,
    };
    match mixture {
        Some(surfaces) => GatewaySettings {
            policy: Some(policies::like_generic(surfaces, "")),
            ..with("generic", "")
        },
        None => with(capture.trim_start_matches("bind-"), ""),
    }
}

/// Compares with what slapd is captured to answer. In these cases, and in no others, something else is answered: that stands in a capture of
/// our own.
pub(super) fn differ(table: &Table, capture: &str, cases: &[&str]) {
    let slapd = captured("openldap", capture);
    let (wanted, answered) = (by_case(rows(&slapd)), by_case(table.rows()));
    assert!(wanted.keys().eq(answered.keys()), "{capture}: the same cases");
    let apart: Vec<_> = wanted.iter().filter(|(case, rows)| answered[*case] != **rows).collect();
    let found: Vec<&str> = apart.iter().map(|(case, _)| **case).collect();
    let ours: Vec<_> = found.iter().map(|case| &answered[case]).collect();
    let mut cases = cases.to_vec();
    cases.sort_unstable();
    assert_eq!(found, cases, "{capture}: slapd's and ours: {apart:#?}\n{ours:#?}");
    if !cases.is_empty() {
        table.compare_in(FOLDER, capture);
    }
}

fn by_case<'a>(rows: Vec<(&'a str, &'a str)>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut cases = BTreeMap::<_, Vec<_>>::new();
    for (case, row) in rows {
        cases.entry(case).or_default().push(row);
    }
    cases
}
