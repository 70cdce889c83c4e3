//! Octets that mean harm, on a live listener. `POSTERN_ROUNDS` makes it longer.

use super::{serves, sign_in};
use postern_tests::chance::{Chance, rounds};
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::request::{self, Change, Scope};
use postern_tests::wire::is_close;
use postern_tests::{Gateway, Slapd, SlapdSettings, Wire};
use std::time::Duration;

/// Memory the gateway may take on top of what it had, whatever is sent to it.
const GROWTH: u64 = 64 * 1024 * 1024;

#[test]
fn random_octets_end_their_own_connection_and_nothing_else() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start("generic", &slapd);
    serves(&gateway);
    let before = gateway.resident();
    let mut chance = Chance::new(0x5eed_0001);
    for _ in 0..rounds(150) {
        let length = 1 + chance.below(2000);
        let mut octets = chance.octets(length);
        if chance.below(2) == 0 {
            octets[0] = 0x30;
        }
        throw(gateway.client(), &octets);
    }
    still_well(&mut gateway, before);
}

#[test]
fn mutated_requests_end_at_worst_their_own_connection() {
    // Some of them are guesses, and the guard would hold one account that all of them come from. None may change its password yet.
    let signers: Vec<String> = (0..=rounds(300) / 20).map(|number| format!("young-{number}")).collect();
    let slapd = Slapd::start_with(&SlapdSettings {
        ldif: signers.iter().map(|uid| people::account(uid, "young", &[])).collect(),
        ..SlapdSettings::default()
    });
    let mut gateway = Gateway::start("sssd", &slapd);
    serves(&gateway);
    let before = gateway.resident();
    let mut chance = Chance::new(0x5eed_0002);
    let requests = requests();
    for round in 0..rounds(300) {
        let signer = &signers[round % signers.len()];
        let mut octets = requests[chance.below(requests.len())].clone();
        for _ in 0..=chance.below(4) {
            mutate(&mut chance, &mut octets);
        }
        // Half of them where somebody is signed in, a few under TLS.
        let wire = match round % 8 {
            0 => gateway.tls_client(),
            1..4 => gateway.client(),
            _ => sign_in(&gateway, signer).0,
        };
        throw(wire, &octets);
    }
    still_well(&mut gateway, before);
    for uid in &signers {
        let answer = Wire::connect(slapd.address()).bind(1, &people::dn(uid), PASSWORD);
        assert_eq!(
            answer.code,
            Some(0),
            "the password of {uid} was changed, or it was locked"
        );
    }
}

#[test]
fn announced_lengths_are_not_believed() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start("generic", &slapd);
    serves(&gateway);
    let before = gateway.resident();
    let huge: [&[u8]; 6] = [
        &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1, 1],
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 1],
        &[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 1, 1],
        &[0x30, 0x80, 2, 1, 1, 0x42, 0, 0, 0],
        &[0x30, 0x83, 0x10, 0, 0, 2, 1, 1, 0x60],
        &[0x30, 0x84, 0, 4, 0, 1, 2, 1, 1, 0x63],
    ];
    for octets in huge {
        for _ in 0..20 {
            let mut wire = gateway.client();
            wire.send(octets);
            let notice = wire.expect_notice();
            assert_eq!(notice.code, Some(2), "{octets:02x?}: {notice:?}");
        }
    }
    still_well(&mut gateway, before);
}

#[test]
fn what_is_no_ldap_is_closed_without_an_answer() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start("generic", &slapd);
    let before = gateway.resident();
    let strangers: [&[u8]; 3] = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc],
        b"\0\0\0\0",
    ];
    for octets in strangers {
        let mut wire = gateway.client();
        wire.send(octets);
        wire.expect_closed();
    }
    let mut wire = Wire::connect(gateway.tls_address());
    wire.send(&request::who_am_i(1));
    // TLS may say good-bye with an alert, which is no LDAP either.
    assert!(!matches!(wire.receive(), Ok(Some(_))));
    still_well(&mut gateway, before);
}

#[test]
fn filters_nested_by_the_thousand_are_survived() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start("generic", &slapd);
    serves(&gateway);
    let before = gateway.resident();
    for depth in [100, 1_000, 10_000, 50_000] {
        let mut filter = vec![0x87, 11];
        filter.extend_from_slice(b"objectClass");
        for _ in 0..depth {
            filter = wrapped(0xa2, &filter);
        }
        let mut wire = gateway.client();
        // Once plainly, once with a control so that the request is walked; whatever the answer is, there is life after it.
        let control = request::paged(5, b"");
        for controls in [&[][..], &[&control[..]]] {
            let octets = request::search_with(1, BASE, Scope::Base, &filter, &["dc"], controls);
            if wire.try_send(&octets).is_err() || wire.receive().ok().flatten().is_none() {
                wire = gateway.client();
            }
        }
    }
    still_well(&mut gateway, before);
}

#[test]
fn names_of_any_kind_are_answered_as_wrong_passwords_or_refused() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start("generic", &slapd);
    serves(&gateway);
    let before = gateway.resident();
    let mut chance = Chance::new(0x5eed_0003);
    let names = [
        "a=".repeat(50_000),
        "a=b,".repeat(20_000),
        "a=b+".repeat(20_000),
        "\\".repeat(30_000),
        "uid=\0,dc=example,dc=org".to_owned(),
        "uid=\\ff\\fe,dc=example,dc=org".to_owned(),
        format!("uid={},{BASE}", "\\2c".repeat(10_000)),
        "#04".repeat(10_000),
        "alice@example.org".to_owned(),
        "EXAMPLE\\alice".to_owned(),
        String::from_utf8_lossy(&chance.octets(3000)).into_owned(),
    ];
    for name in names {
        let mut wire = gateway.client();
        let answer = wire.bind(1, &name, "anything");
        assert!(matches!(answer.code, Some(49 | 2)), "{name:.40}: {answer:?}");
    }
    still_well(&mut gateway, before);
}

/// Sends octets and then the end, reads whatever comes until the gateway closes. Only a hang is a failure.
fn throw(mut wire: Wire, octets: &[u8]) {
    wire.set_deadline(Duration::from_secs(20));
    if wire.try_send(octets).is_err() {
        return;
    }
    let _ = wire.socket().shutdown(std::net::Shutdown::Write);
    loop {
        match wire.receive() {
            Ok(Some(answer)) => {
                assert!(
                    !(answer.operation == postern_ldap::tag::BIND_RESPONSE && answer.code == Some(0) && answer.id == 0)
                );
            }
            Ok(None) => return,
            Err(error) => {
                assert!(
                    is_close(&error) || error.kind() == std::io::ErrorKind::InvalidData,
                    "{error}"
                );
                return;
            }
        }
    }
}

fn still_well(gateway: &mut Gateway, before: u64) {
    gateway.expect_running();
    let after = gateway.resident();
    assert!(after < before + GROWTH, "{before} octets before, {after} after");
    serves(gateway);
    assert!(!gateway.output().contains("panicked"), "something panicked");
}

fn requests() -> Vec<Vec<u8>> {
    let dn = people::dn("expiring");
    let control = request::password_policy();
    let paged = request::paged(5, b"");
    vec![
        request::bind(1, &dn, "wrong", &[]),
        request::bind(1, &dn, "wrong", &[&control]),
        request::sasl_bind(1, "PLAIN"),
        request::search(1, &dn, Scope::Base, "objectClass", &["cn"], &[]),
        request::search(1, BASE, Scope::One, "objectClass", &["cn"], &[&paged]),
        request::search_equal(1, BASE, "uid", "active", &["cn", "sn"]),
        request::root_dse(1, &["+"]),
        request::compare(1, &dn, "cn", "x"),
        request::compare(1, &dn, "userPassword", "wrong"),
        request::modify(1, &dn, &[(Change::Replace, "description", &["x"])], &[&control]),
        request::add(1, &people::dn("new"), &[("objectClass", "account"), ("uid", "new")]),
        request::delete(1, &people::dn("history-5")),
        request::rename(1, &people::dn("history-4"), "uid=other"),
        request::who_am_i(1),
        request::password_modify(1, None, Some("wrong"), Some("something-else-1"), &[&control]),
        request::cancel(1, 7),
        request::abandon(1, 7),
        request::start_tls(1),
        request::unbind(1),
    ]
}

/// Spoils octets in one way of several.
fn mutate(chance: &mut Chance, octets: &mut Vec<u8>) {
    if octets.is_empty() {
        octets.push(chance.octet());
        return;
    }
    let place = chance.below(octets.len());
    match chance.below(7) {
        0 => octets[place] ^= 1 << chance.below(8),
        1 => octets[place] = chance.octet(),
        2 => octets.truncate(place),
        3 => octets.insert(place, chance.octet()),
        4 => {
            octets.remove(place);
        }
        5 => octets[place] = [0, 1, 0x7f, 0x80, 0x81, 0x84, 0xff][chance.below(7)],
        _ => {
            let copy = octets[place..].to_vec();
            octets.extend(copy);
        }
    }
}

/// An element around a content of any length.
fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut writer = postern_ldap::ber::Writer::new();
    writer.element(tag, content);
    writer.finish()
}
