//! Sessions that send nothing when the rules change: the passing of time puts the new rules in force for them, and not their next request.

use super::{DEADLINE, policy};
use postern_ldap::{oid, tag};
use postern_tests::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, PASSWORD, dn};
use postern_tests::request::{Change, Scope, control, extended, modify, search};
use postern_tests::{Answer, Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, eventually};

const REFUSED: &str = "[policy.standing.expiring]\nverdict = \"refuse\"\n";
/// RFC 4533 §2.2: a refresh, and then to be told of every change.
const REFRESH_AND_PERSIST: &[u8] = &[0x30, 3, 0x0a, 1, 3];

#[test]
fn a_silent_session_whose_standing_is_refused_now_is_told_without_asking() {
    let slapd = Slapd::start();
    let gateway = attentive(&slapd);
    let (mut plain, mut secured, mut active) = (gateway.client(), gateway.tls_client(), gateway.client());
    assert_eq!(plain.bind(1, &dn("expiring"), PASSWORD).code, Some(0));
    assert_eq!(secured.bind(1, &dn("expiring"), PASSWORD).code, Some(0));
    assert_eq!(active.bind(1, &dn("active"), PASSWORD).code, Some(0));
    gateway.write_policy("policy.toml", &policy("text", "", REFUSED));
    assert_eq!(plain.expect_notice().code, Some(8));
    assert_eq!(secured.expect_notice().code, Some(8));
    assert_eq!(
        active.ask(&search(2, &dn("active"), Scope::Base, "uid", &[], &[]))[1].code,
        Some(0)
    );
}

#[test]
fn a_search_that_never_ends_is_ended_by_rules_that_look_into_searches_and_goes_on_under_others() {
    let slapd = Slapd::start_with(&SlapdSettings {
        global: "moduleload syncprov.la".to_owned(),
        database: "overlay syncprov".to_owned(),
        ..SlapdSettings::default()
    });
    let closing = [
        ("denied attributes", policy("text", "deny_attributes = [\"mail\"]", "")),
        ("base DNs", policy("text", "base_dns = [\"dc=example,dc=org\"]", "")),
        ("no searches", policy("text", "operations = [\"bind\", \"modify\"]", "")),
    ];
    for (what, rules) in closing {
        let gateway = attentive(&slapd);
        let mut lasting = told_of_changes(&gateway);
        let mut expiring = gateway.client();
        assert_eq!(expiring.bind(1, &dn("expiring"), PASSWORD).code, Some(0));
        // Rules that do not touch it; another silent session shows that their time has come.
        gateway.write_policy("policy.toml", &policy("text", "read_only = true", REFUSED));
        assert_eq!(expiring.expect_notice().code, Some(8), "{what}");
        change(&slapd, what);
        loop {
            let told = lasting.answer();
            assert_eq!(told.id, 2, "{what}: {told:?}");
            // Sign-ins are changes as well, of which only that there was one is told.
            if told.operation != tag::INTERMEDIATE_RESPONSE {
                assert_eq!(told.operation, tag::SEARCH_ENTRY, "{what}: {told:?}");
                break;
            }
        }
        gateway.write_policy("policy.toml", &rules);
        assert_eq!(told_last(&mut lasting).code, Some(8), "{what}");
        eventually("its lane is closed", DEADLINE, || {
            let metrics = gateway.metrics();
            let lanes = ["postern_ldap_lanes_in_use", "postern_ldap_lanes_idle"].map(|name| metrics.sum(name, &[]));
            (lanes[0] < 1.0 && lanes[1] < 2.0).then_some(())
        });
    }
}

#[test]
fn a_request_that_waited_for_a_lane_is_judged_by_the_rules_in_force_when_it_has_one() {
    let slapd = Slapd::start();
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(policy("text", "", "")),
        lanes: "max = 1\nidle = 1\nwait_ms = 15000".to_owned(),
        ..GatewaySettings::new("", &[slapd.url()])
    });
    let (mut holder, mut waiting) = (gateway.client(), gateway.client());
    assert_eq!(holder.bind(1, &dn("active"), PASSWORD).code, Some(0));
    // What the gateway refuses itself is answered as soon as it is read, and with it the search.
    let refused = extended(1, b"1.2.3.4.5", None, &[]);
    waiting.send(&[refused, search(2, &dn("active"), Scope::Base, "uid", &[], &[])].concat());
    assert_eq!(waiting.answer().code, Some(2));
    gateway.write_policy("policy.toml", &policy("text", "anonymous = false", ""));
    drop(holder);
    let answer = waiting.answer();
    assert_eq!((answer.id, answer.code), (2, Some(50)), "{answer:?}");
}

/// A gateway without rules of note that looks at its sessions often.
fn attentive(slapd: &Slapd) -> Gateway {
    Gateway::start_with(&GatewaySettings {
        policy: Some(policy("text", "", "")),
        limits: "request_seconds = 1".to_owned(),
        ..GatewaySettings::new("", &[slapd.url()])
    })
}

/// A client that is told of every change of `active`, and of no change yet.
fn told_of_changes(gateway: &Gateway) -> Wire {
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0));
    let persist = control(oid::SYNC_REQUEST, true, Some(REFRESH_AND_PERSIST));
    wire.send(&search(
        2,
        &dn("active"),
        Scope::Base,
        "objectClass",
        &["description"],
        &[&persist],
    ));
    assert_eq!(wire.answer().operation, tag::SEARCH_ENTRY);
    assert_eq!(
        wire.answer().operation,
        tag::INTERMEDIATE_RESPONSE,
        "the refresh is over"
    );
    wire
}

/// What comes behind the last word on changes.
fn told_last(lasting: &mut Wire) -> Answer {
    loop {
        let told = lasting.answer();
        if told.operation != tag::INTERMEDIATE_RESPONSE {
            assert!(told.is_notice(), "not a notice of disconnection: {told:?}");
            lasting.expect_closed();
            return told;
        }
    }
}

/// The administrator writes into `active`, past the gateway.
fn change(slapd: &Slapd, text: &str) {
    let mut directly = Wire::connect(slapd.address());
    assert_eq!(directly.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
    let write = modify(2, &dn("active"), &[(Change::Replace, "description", &[text])], &[]);
    assert_eq!(directly.ask(&write)[0].code, Some(0));
}
