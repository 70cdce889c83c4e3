//! What a restricted session may do and what lifts the restriction, in words: the preset `sssd`.

use super::sessions::{NEW, RESTRICTED, Request, refused_requests, signed_in};
use postern_tests::people::{self, PASSWORD};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Gateway, GatewaySettings, Slapd, Wire};

#[test]
fn a_restricted_session_gets_50_and_slapds_text_for_all_but_the_password() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("sssd", &slapd);
    for (number, (name, request)) in refused_requests().into_iter().enumerate() {
        let dn = people::dn(&format!("must-change-{:02}", number % people::MUST_CHANGE + 1));
        let mut wire = signed_in(gateway.address(), &dn);
        let answers = wire.ask(&request(2, &dn));
        let [answer] = &answers[..] else {
            panic!("{name}: {answers:?}")
        };
        assert_eq!(answer.code, Some(50), "{name}: {answer:?}");
        assert_eq!(answer.text, RESTRICTED, "{name}");
    }
}

#[test]
fn a_restricted_session_may_ask_who_it_is_and_read_the_root_dse() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("sssd", &slapd);
    let mut wire = signed_in(gateway.address(), &people::dn("must-change"));
    let answer = wire.ask(&request::who_am_i(2)).remove(0);
    assert_eq!(answer.code, Some(0));
    assert!(answer.rest.ends_with(people::dn("must-change").as_bytes()));
    let answers = wire.ask(&request::root_dse(3, &["supportedLDAPVersion"]));
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert_eq!(answers[1].code, Some(0));
}

#[test]
fn a_good_change_lifts_the_restriction_however_it_is_spelled() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("sssd", &slapd);
    let spellings: [(&str, Request); 6] = [
        ("no target", |id, _| {
            request::password_modify(id, None, None, Some(NEW), &[])
        }),
        ("own target", |id, dn| {
            request::password_modify(id, Some(dn), None, Some(NEW), &[])
        }),
        ("own target in another spelling", |id, dn| {
            request::password_modify(id, Some(&dn.to_uppercase().replace(',', ", ")), None, Some(NEW), &[])
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
        let dn = people::dn(&format!("must-change-{:02}", number + 1));
        let mut wire = signed_in(gateway.address(), &dn);
        assert_eq!(own_entry(&mut wire, 2, &dn), (Some(50), 0), "{name}: restricted before");
        let answer = wire.ask(&change(3, &dn)).remove(0);
        assert_eq!(answer.code, Some(0), "{name}: {answer:?}");
        assert_eq!(own_entry(&mut wire, 4, &dn), (Some(0), 1), "{name}: lifted after");
        assert_eq!(
            gateway.client().bind(2, &dn, NEW).code,
            Some(0),
            "{name}: the new password"
        );
        assert_eq!(
            gateway.client().bind(2, &dn, PASSWORD).code,
            Some(49),
            "{name}: the old password"
        );
    }
}

#[test]
fn a_refused_change_leaves_the_session_restricted() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("sssd", &slapd);
    let dn = people::dn("must-change-01");
    let mut wire = signed_in(gateway.address(), &dn);
    let short = wire
        .ask(&request::password_modify(2, None, None, Some("short"), &[]))
        .remove(0);
    assert_eq!(short.code, Some(19), "{short:?}");
    assert_eq!(own_entry(&mut wire, 3, &dn), (Some(50), 0));
    let same = wire
        .ask(&request::password_modify(4, None, None, Some(PASSWORD), &[]))
        .remove(0);
    assert_eq!(same.code, Some(19), "{same:?}");
    assert_eq!(own_entry(&mut wire, 5, &dn), (Some(50), 0));
    let wrong_old = wire
        .ask(&request::password_modify(6, None, Some("not it"), Some(NEW), &[]))
        .remove(0);
    assert_ne!(wrong_old.code, Some(0));
    assert_eq!(own_entry(&mut wire, 7, &dn), (Some(50), 0));
    let good = wire
        .ask(&request::password_modify(8, None, None, Some(NEW), &[]))
        .remove(0);
    assert_eq!(good.code, Some(0), "{good:?}");
    assert_eq!(own_entry(&mut wire, 9, &dn), (Some(0), 1));
}

#[test]
fn a_password_of_somebody_else_cannot_be_set_in_a_restricted_session() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("sssd", &slapd);
    let mut wire = signed_in(gateway.address(), &people::dn("must-change"));
    let other = people::dn("active");
    let answer = wire
        .ask(&request::password_modify(
            2,
            Some(&other),
            Some(PASSWORD),
            Some(NEW),
            &[],
        ))
        .remove(0);
    assert_eq!(answer.code, Some(50), "{answer:?}");
    let answer = wire
        .ask(&request::modify(
            3,
            &other,
            &[(Change::Replace, "userPassword", &[NEW])],
            &[],
        ))
        .remove(0);
    assert_eq!(answer.code, Some(50), "{answer:?}");
    assert_eq!(
        gateway.client().bind(2, &other, PASSWORD).code,
        Some(0),
        "it is the old one still"
    );
}

#[test]
fn a_password_the_server_makes_up_leaves_the_session_restricted_until_the_next_bind() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("sssd", &slapd);
    let dn = people::dn("must-change-01");
    let mut wire = signed_in(gateway.address(), &dn);
    let answer = wire.ask(&request::password_modify(2, None, None, None, &[])).remove(0);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let [0x8b, _, 0x30, _, 0x80, _, made_up @ ..] = answer.rest.as_slice() else {
        panic!("{answer:?}")
    };
    let made_up = std::str::from_utf8(made_up).unwrap();
    // Nobody told us a password to bind the lane with, so what the session is stays what it was.
    assert_eq!(own_entry(&mut wire, 3, &dn), (Some(50), 0));
    assert_eq!(wire.bind(4, &dn, made_up).code, Some(0));
    assert_eq!(own_entry(&mut wire, 5, &dn), (Some(0), 1));
    assert!(
        !gateway.output().contains(made_up),
        "a made-up password stands in the log"
    );
}

#[test]
fn start_tls_in_a_restricted_session_leaves_nobody_signed_in() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("sssd", &slapd);
    let dn = people::dn("must-change");
    // As slapd itself does it; a server may also keep whoever was signed in (RFC 4513 §3.1.4).
    for (address, ca_file) in [
        (slapd.address(), slapd.ca_file()),
        (gateway.address(), gateway.ca_file()),
    ] {
        let mut wire = signed_in(address, &dn);
        wire.start_tls(2, &ca_file);
        let answer = wire.ask(&request::who_am_i(3)).remove(0);
        assert_eq!(
            (answer.code, answer.rest.as_slice()),
            (Some(0), &[0x8b, 0][..]),
            "anonymous: {answer:?}"
        );
        assert_eq!(own_entry(&mut wire, 4, &dn), (Some(0), 1), "and as free as anybody");
    }
}

#[test]
fn after_a_must_change_session_its_lane_restricts_nobody_else() {
    let slapd = Slapd::start();
    for preset in ["transparent", "generic", "sssd"] {
        // One lane at most, so that the next session would get the same one.
        let gateway = Gateway::start_with(&GatewaySettings {
            lanes: "max = 1\nidle = 1".to_owned(),
            server: "workers = 1".to_owned(),
            ..GatewaySettings::new(preset, &[slapd.url()])
        });
        for round in 0..6 {
            let mut wire = gateway.client();
            let control = request::password_policy();
            let controls: &[&[u8]] = if round % 2 == 0 { &[&control] } else { &[] };
            let wanted = if preset == "generic" { 49 } else { 0 };
            let bind = request::bind(1, &people::dn("must-change"), PASSWORD, controls);
            assert_eq!(wire.ask(&bind)[0].code, Some(wanted), "{preset}");
            wire.send(&request::unbind(2));
            wire.expect_closed();
            // slapd lifts its restriction at the next bind, but no other server has to: the lane is closed, not kept.
            assert_eq!(idle_lanes(&gateway), 0, "{preset}");
            let mut other = gateway.client();
            let active = people::dn("active");
            assert_eq!(other.bind(1, &active, PASSWORD).code, Some(0), "{preset}");
            assert_eq!(own_entry(&mut other, 2, &active), (Some(0), 1), "{preset}");
            other.send(&request::unbind(3));
            other.expect_closed();
            if preset != "transparent" {
                assert_eq!(idle_lanes(&gateway), 1, "{preset}: any other lane is kept");
            }
            let mut anonymous = gateway.client();
            assert_eq!(own_entry(&mut anonymous, 1, &active), (Some(0), 1), "{preset}");
        }
    }
}

fn idle_lanes(gateway: &Gateway) -> usize {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of connections"
    )]
    let count = gateway.metrics().sum("postern_ldap_lanes_idle", &[]) as usize;
    count
}

/// The result of reading the own entry, and how many entries came.
fn own_entry(wire: &mut Wire, id: u32, dn: &str) -> (Option<u32>, usize) {
    let answers = wire.ask(&request::search(id, dn, Scope::Base, "objectClass", &["cn"], &[]));
    (answers[answers.len() - 1].code, answers.len() - 1)
}
