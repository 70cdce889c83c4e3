//! How clients leave: with an unbind, by sending no more, without a word.

use super::{serves, sign_in};
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, Slapd, SlapdSettings, eventually};
use std::time::Duration;

#[test]
fn unbind_closes_without_a_word_also_with_answers_owed() {
    let slapd = Slapd::start_with(&SlapdSettings {
        users: 200,
        ..SlapdSettings::default()
    });
    let gateway = Gateway::start("generic", &slapd);
    let (mut wire, _) = sign_in(&gateway, "active");
    wire.send(&request::unbind(2));
    wire.expect_closed();
    let mut wire = gateway.tls_client();
    assert_eq!(wire.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
    wire.send(&request::unbind(2));
    wire.expect_closed();
    let (mut wire, _) = sign_in(&gateway, "active");
    slapd.freeze();
    wire.send(&request::search(2, BASE, Scope::Subtree, "objectClass", &["cn"], &[]));
    wire.send(&request::unbind(3));
    wire.expect_closed();
    slapd.thaw();
    // The lane it left behind with answers on it serves nobody.
    for _ in 0..5 {
        serves(&gateway);
    }
}

#[test]
fn an_unbind_in_the_clear_after_tls_only_ends_that_connection() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let mut wire = gateway.client();
    wire.start_tls(1, &gateway.ca_file());
    assert_eq!(wire.bind(2, &people::dn("active"), PASSWORD).code, Some(0));
    std::io::Write::write_all(&mut wire.socket(), &request::unbind(3)).unwrap();
    // Under TLS a fatal alert may come first; no LDAP does.
    assert!(!matches!(wire.receive(), Ok(Some(_))));
    serves(&gateway);
}

#[test]
fn a_peer_that_sends_no_more_still_gets_every_answer() {
    let slapd = Slapd::start_with(&SlapdSettings {
        users: 300,
        ..SlapdSettings::default()
    });
    let gateway = Gateway::start("generic", &slapd);
    let (mut wire, _) = sign_in(&gateway, "active");
    slapd.freeze();
    for id in 2..6 {
        wire.send(&request::search_with(
            id,
            BASE,
            Scope::Subtree,
            &[
                0xa4, 0x0d, 4, 3, b'u', b'i', b'd', 0x30, 6, 0x80, 4, b'u', b's', b'e', b'r',
            ],
            &["uid"],
            &[],
        ));
    }
    wire.half_close();
    slapd.thaw();
    let (mut found, mut done) = (0, 0);
    while let Some(answer) = wire.receive().unwrap() {
        match answer.code {
            None => found += 1,
            Some(code) => {
                assert_eq!(code, 0, "{answer:?}");
                done += 1;
            }
        }
    }
    assert_eq!((found, done), (1200, 4));
    eventually("its session has ended", Duration::from_secs(5), || {
        (sessions(&gateway) < 1.0).then_some(())
    });
}

#[test]
fn a_peer_that_goes_without_a_word_leaves_nothing_behind() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    for _ in 0..20 {
        let (wire, _) = sign_in(&gateway, "active");
        drop(wire);
        let mut wire = gateway.client();
        wire.send(&request::bind(1, &people::dn("active"), PASSWORD, &[])[..10]);
        drop(wire);
    }
    eventually("no session is left", Duration::from_secs(5), || {
        let metrics = gateway.metrics();
        let in_use = metrics.sum("postern_ldap_lanes_in_use", &[]);
        (metrics.sum("postern_ldap_sessions", &[]) < 1.0 && in_use < 1.0).then_some(())
    });
}

fn sessions(gateway: &Gateway) -> f64 {
    gateway.metrics().sum("postern_ldap_sessions", &[])
}
