//! The same directory kept in PostgreSQL, which several gateways may share.

use super::administrator;
use super::binds::as_slapd;
use super::kept::kill_while_it_writes;
use postern_tests::applications::postgresql::PostgreSql;
use postern_tests::people::{self, PASSWORD, dn};
use postern_tests::request::{self, Change};
use postern_tests::{Gateway, GatewaySettings};

#[test]
fn every_state_is_answered_as_where_it_is_kept_in_a_file() {
    let database = PostgreSql::start(&[], &[]);
    as_slapd(&Gateway::start_with(&on(&database, "transparent")));
}

#[test]
fn nothing_acknowledged_is_lost_when_the_program_is_killed_there_either() {
    let database = PostgreSql::start(&[], &[]);
    kill_while_it_writes(Gateway::start_with(&on(&database, "transparent")));
}

#[test]
fn two_gateways_share_one_directory_and_each_sees_at_once_what_the_other_did() {
    let database = PostgreSql::start(&[], &[]);
    let first = Gateway::start_with(&on(&database, "sssd"));
    let second = Gateway::start_with(&GatewaySettings {
        ldif: None,
        ..on(&database, "sssd")
    });
    let control = request::password_policy();
    let sign_in = |gateway: &Gateway, uid: &str, password: &str| {
        let bind = request::bind(2, &dn(uid), password, &[&control]);
        gateway.tls_client().ask(&bind).remove(0)
    };
    // Grace sign-ins are counted wherever they are.
    for (gateway, left) in [(&first, 2), (&second, 1), (&first, 0)] {
        let answer = sign_in(gateway, "grace", PASSWORD);
        assert_eq!(answer.password_policy(), Some(&[0x30, 5, 0xa0, 3, 0x81, 1, left][..]));
    }
    assert_eq!(sign_in(&second, "grace", PASSWORD).code, Some(49));
    // A new password is the only one, everywhere.
    let mut own = first.tls_client();
    assert_eq!(own.bind(1, &dn("active"), PASSWORD).code, Some(0));
    let changed = own.ask(&request::password_modify(
        2,
        None,
        Some(PASSWORD),
        Some("another-secret-5678"),
        &[],
    ));
    assert_eq!(changed[0].code, Some(0), "{changed:?}");
    assert_eq!(sign_in(&second, "active", "another-secret-5678").code, Some(0));
    assert_eq!(sign_in(&second, "active", PASSWORD).code, Some(49));
    // Of two who want one name, one gets it; of two who add to one entry, nobody's addition is lost.
    let codes: Vec<Vec<Option<u32>>> = std::thread::scope(|scope| {
        let writers: Vec<_> = [&first, &second]
            .into_iter()
            .enumerate()
            .map(|(writer, gateway)| scope.spawn(move || race(gateway, writer)))
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    for (one, other) in codes[0].iter().zip(&codes[1]) {
        let mut both = [*one, *other];
        both.sort();
        // At the same moment its uid may be met before its name.
        assert!(matches!(both, [Some(0), Some(19 | 68)]), "{both:?}");
    }
    let shared = request::search(
        9,
        &dn("idle"),
        request::Scope::Base,
        "objectClass",
        &["description"],
        &[],
    );
    let entry = administrator(&first).ask(&shared).remove(0).octets;
    for value in (0..2).flat_map(|writer| (0..RACES).map(move |number| format!("by {writer}: {number:02}"))) {
        assert!(
            entry.windows(value.len()).any(|part| part == value.as_bytes()),
            "{value} is lost"
        );
    }
}

const RACES: usize = 20;

/// Adds the same entries as everybody else, and a value of its own to one that others change.
fn race(gateway: &Gateway, writer: usize) -> Vec<Option<u32>> {
    let mut wire = administrator(gateway);
    (0..RACES)
        .map(|number| {
            let uid = format!("race-{number}");
            let attributes = [
                ("objectClass", "inetOrgPerson"),
                ("uid", &*uid),
                ("cn", &*uid),
                ("sn", &*uid),
            ];
            let added = wire.ask(&request::add(2, &dn(&uid), &attributes)).remove(0);
            let value = format!("by {writer}: {number:02}");
            let change: (Change, &str, &[&str]) = (Change::Add, "description", &[&value]);
            let changed = wire.ask(&request::modify(3, &dn("idle"), &[change], &[])).remove(0);
            assert_eq!(changed.code, Some(0), "{changed:?}");
            added.code
        })
        .collect()
}

/// A gateway's settings with its directory there, and people in it.
fn on(database: &PostgreSql, preset: &str) -> GatewaySettings {
    GatewaySettings {
        ldif: Some(people::ldif(0, &people::administrator())),
        more: format!("[store]\nurl = \"{}\"\n", database.url()),
        ..GatewaySettings::embedded(preset)
    }
}
