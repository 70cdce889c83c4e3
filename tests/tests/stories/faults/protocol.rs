//! What LDAP says about the edges: refused binds, StartTLS, binds among other requests, message ids.

use super::{PRESETS, entries, is_read, serves, sign_in};
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, Slapd};

#[test]
fn a_name_without_a_password_is_53_on_every_route() {
    let slapd = Slapd::start();
    for preset in PRESETS {
        let gateway = Gateway::start(preset, &slapd);
        let mut wire = gateway.client();
        for (id, name) in [
            (1, people::dn("active")),
            (2, people::dn("nobody")),
            (3, "anything".to_owned()),
        ] {
            assert_eq!(wire.bind(id, &name, "").code, Some(53), "{preset}: {name}");
        }
        // It leaves nobody signed in, whoever was before.
        assert_eq!(wire.bind(4, &people::dn("active"), PASSWORD).code, Some(0), "{preset}");
        assert_eq!(wire.bind(5, &people::dn("active"), "").code, Some(53), "{preset}");
        assert_eq!(wire.ask(&request::who_am_i(6))[0].rest, [0x8b, 0], "{preset}");
    }
}

#[test]
fn sasl_is_7_and_not_in_the_root_dse() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let mut wire = gateway.client();
    for (id, mechanism) in [(1, "PLAIN"), (2, "EXTERNAL"), (3, "GSSAPI"), (4, "DIGEST-MD5"), (5, "")] {
        assert_eq!(
            wire.ask(&request::sasl_bind(id, mechanism))[0].code,
            Some(7),
            "{mechanism}"
        );
    }
    let name = "supportedSASLMechanisms";
    for (id, attributes) in [
        (6, &[name][..]),
        (7, &["+"]),
        (8, &["*", "+"]),
        (9, &["SUPPORTEDSASLMECHANISMS"]),
    ] {
        let answers = wire.ask(&request::root_dse(id, attributes));
        assert_eq!(answers.len(), 2, "{answers:?}");
        let entry = String::from_utf8_lossy(&answers[0].octets).to_ascii_lowercase();
        assert!(!entry.contains(&name.to_ascii_lowercase()), "{attributes:?}");
    }
    assert_eq!(entries(&mut wire, 10, "active"), 1, "the connection goes on");
}

#[test]
fn start_tls_with_plaintext_behind_it_is_refused_and_the_connection_closed() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let injected = [
        request::search(3, BASE, Scope::Subtree, "objectClass", &["cn"], &[]),
        request::bind(3, &people::dn("active"), PASSWORD, &[]),
        vec![0x16, 3, 1],
        vec![0x30],
    ];
    for plaintext in injected {
        let mut wire = gateway.client();
        wire.send(&[request::start_tls(2), plaintext].concat());
        let answer = wire.answer();
        assert_ne!(answer.code, Some(0), "{answer:?}");
        // Nothing of what was injected is ever answered, in the clear or under TLS.
        let notice = wire.answer();
        assert!(notice.is_notice() || notice.id == 0, "{notice:?}");
        wire.expect_closed();
    }
    serves(&gateway);
}

#[test]
fn start_tls_is_refused_while_something_is_in_flight_and_when_it_is_on() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let (mut wire, _) = sign_in(&gateway, "active");
    slapd.freeze();
    wire.send(&request::search(
        2,
        &people::dn("active"),
        Scope::Base,
        "objectClass",
        &["cn"],
        &[],
    ));
    wire.send(&request::start_tls(3));
    let answer = wire.answer();
    assert_eq!((answer.id, answer.code), (3, Some(1)), "{answer:?}");
    slapd.thaw();
    assert_eq!(wire.answer().id, 2);
    assert_eq!(wire.answer().code, Some(0));
    wire.start_tls(4, &gateway.ca_file());
    assert_eq!(wire.bind(5, &people::dn("active"), PASSWORD).code, Some(0));
    assert_eq!(wire.ask(&request::start_tls(6))[0].code, Some(1));
    assert_eq!(entries(&mut wire, 7, "active"), 1);
    let mut wire = gateway.tls_client();
    assert_eq!(wire.ask(&request::start_tls(1))[0].code, Some(1));
    assert_eq!(entries(&mut wire, 2, "active"), 1);
}

#[test]
fn a_bind_gives_up_what_was_asked_before_and_no_answer_to_that_comes_after_it() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    for round in 0..3 {
        let (mut wire, _) = sign_in(&gateway, "active");
        slapd.freeze();
        wire.send(&request::search(2, BASE, Scope::Subtree, "objectClass", &["cn"], &[]));
        is_read(&mut wire, 3);
        wire.send(&request::bind(4, &people::dn("young"), PASSWORD, &[]));
        slapd.thaw();
        // slapd may answer the search before the gateway has read the bind; not after.
        let mut answer = wire.answer();
        while answer.id == 2 {
            answer = wire.answer();
        }
        assert_eq!((answer.id, answer.code), (4, Some(0)), "round {round}: {answer:?}");
        let who = wire.ask(&request::who_am_i(5)).remove(0);
        assert!(
            who.rest.ends_with(people::dn("young").as_bytes()),
            "round {round}: {who:?}"
        );
    }
}

#[test]
fn requests_behind_a_bind_in_one_write_are_done_as_whoever_that_bind_made_the_session() {
    let slapd = Slapd::start();
    for preset in PRESETS {
        let gateway = Gateway::start(preset, &slapd);
        let mut wire = gateway.client();
        let session = [
            request::who_am_i(1),
            request::bind(2, &people::dn("active"), PASSWORD, &[]),
            request::who_am_i(3),
            request::bind(4, &people::dn("young"), PASSWORD, &[]),
            request::who_am_i(5),
            request::bind(6, &people::dn("active"), "wrong", &[]),
            request::who_am_i(7),
            request::bind(8, "", "", &[]),
            request::who_am_i(9),
        ];
        // Each pair in one write: a bind and what is asked behind it.
        wire.send(&session[0]);
        assert_eq!(wire.answer().rest, [0x8b, 0], "{preset}");
        for pair in session[1..].chunks(2) {
            wire.send(&pair.concat());
            let (bind, who) = (wire.answer(), wire.answer());
            assert_eq!(who.id, bind.id + 1, "{preset}");
            let name = match bind.id {
                2 => people::dn("active"),
                4 => people::dn("young"),
                _ => String::new(),
            };
            assert_eq!(bind.code, Some(if bind.id == 6 { 49 } else { 0 }), "{preset}: {bind:?}");
            assert!(who.rest.ends_with(name.as_bytes()), "{preset}: {who:?}");
            assert!(!name.is_empty() || who.rest == [0x8b, 0], "{preset}: {who:?}");
        }
    }
}

#[test]
fn message_ids_that_break_the_rules_end_the_connection_with_a_notice() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let mut wire = gateway.client();
    wire.send(&request::who_am_i(0));
    assert_eq!(wire.expect_notice().code, Some(2), "the id 0 is the server's");
    let (mut wire, _) = sign_in(&gateway, "active");
    slapd.freeze();
    wire.send(&request::who_am_i(5));
    wire.send(&request::who_am_i(5));
    assert_eq!(wire.expect_notice().code, Some(2), "an id in use cannot be used again");
    slapd.thaw();
    serves(&gateway);
}
