//! What is passed on as it is, and what is not.

use super::{PRESETS, entries, sign_in};
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Gateway, Slapd, SlapdSettings, Wire};

#[test]
fn every_answer_to_a_search_is_slapds_byte_for_byte_on_every_preset() {
    let photo = "A".repeat(400_000);
    let large =
        format!("dn: cn=large,ou=groups,{BASE}\nobjectClass: organizationalRole\ncn: large\ndescription: {photo}\n\n");
    let slapd = Slapd::start_with(&SlapdSettings {
        users: 300,
        ldif: large,
        ..SlapdSettings::default()
    });
    let requests = [
        request::search(2, BASE, Scope::Subtree, "objectClass", &["*"], &[]),
        request::search(
            2,
            BASE,
            Scope::Subtree,
            "uid",
            &["uid", "mail"],
            &[&request::paged(7, b"")],
        ),
        request::search(
            2,
            &format!("cn=large,ou=groups,{BASE}"),
            Scope::Base,
            "objectClass",
            &["*"],
            &[],
        ),
        request::search(
            2,
            "ou=missing,dc=example,dc=org",
            Scope::Base,
            "objectClass",
            &["*"],
            &[],
        ),
        request::search(2, "dc=elsewhere", Scope::Base, "objectClass", &["*"], &[]),
        request::search(2, "cn=Subschema", Scope::Base, "objectClass", &["attributeTypes"], &[]),
        request::search(2, "no DN", Scope::Base, "objectClass", &["*"], &[]),
        request::search_equal(2, BASE, "uid", "user0100", &[]),
        request::search_equal(2, BASE, "noSuchAttribute", "x", &[]),
    ];
    let ask = |address| {
        let mut all = Vec::new();
        for request in &requests {
            let mut wire = Wire::connect(address);
            assert_eq!(wire.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
            all.push(
                wire.ask(request)
                    .into_iter()
                    .map(|answer| answer.octets)
                    .collect::<Vec<_>>(),
            );
        }
        all
    };
    let wanted = ask(slapd.address());
    for preset in PRESETS {
        let gateway = Gateway::start(preset, &slapd);
        let answers = ask(gateway.address());
        for (number, (answers, wanted)) in answers.iter().zip(&wanted).enumerate() {
            assert!(answers == wanted, "{preset}: request {number}");
        }
    }
}

#[test]
fn any_length_and_id_that_ber_allows_is_taken() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let (mut wire, _) = sign_in(&gateway, "active");
    for id in [0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x007f_ffff, 0x0080_0000, 0x7fff_ffff] {
        let answer = wire.ask(&request::who_am_i(id)).remove(0);
        assert_eq!((answer.id, answer.code), (id, Some(0)), "{id}");
    }
    // Lengths in four octets, as some clients write them (RFC 4511 §5.1 allows it).
    let plain = request::who_am_i(9);
    let long = [&[0x30, 0x84, 0, 0, 0, plain[1]][..], &plain[2..]].concat();
    wire.send(&long);
    let answer = wire.answer();
    assert_eq!((answer.id, answer.code), (9, Some(0)), "{answer:?}");
}

#[test]
fn an_unknown_critical_control_is_12_and_an_unknown_extension_a_protocol_error() {
    let slapd = Slapd::start();
    for preset in PRESETS {
        let gateway = Gateway::start(preset, &slapd);
        let (mut wire, _) = sign_in(&gateway, "active");
        let control = request::control(b"1.2.3.4.5", true, None);
        let answers = wire.ask(&request::search(
            2,
            BASE,
            Scope::Base,
            "objectClass",
            &["dc"],
            &[&control],
        ));
        assert_eq!(answers[0].code, Some(12), "{preset}: {answers:?}");
        assert_eq!(
            wire.ask(&request::extended(3, b"1.2.3.4.5", None, &[]))[0].code,
            Some(2),
            "{preset}"
        );
        assert_eq!(entries(&mut wire, 4, "active"), 1, "{preset}");
    }
}

#[test]
fn a_search_reference_is_dropped_by_presets_of_ours_and_passed_on_by_the_transparent_one() {
    let referral = format!(
        "dn: ou=elsewhere,{BASE}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://other.example.net/dc=other\n\n"
    );
    let slapd = Slapd::start_with(&SlapdSettings {
        ldif: referral,
        ..SlapdSettings::default()
    });
    for (preset, wanted) in [("transparent", 1), ("generic", 0), ("sssd", 0)] {
        let gateway = Gateway::start(preset, &slapd);
        let answers = gateway
            .client()
            .ask(&request::search(1, BASE, Scope::One, "ou", &["ou"], &[]));
        let references = answers
            .iter()
            .filter(|answer| answer.operation == postern_ldap::tag::SEARCH_REFERENCE)
            .count();
        assert_eq!(references, wanted, "{preset}: {answers:?}");
        assert_eq!(answers[answers.len() - 1].code, Some(0), "{preset}");
        assert!(answers.len() > 4, "{preset}: the entries are there");
    }
}

#[test]
fn everybody_may_write_what_slapd_lets_them() {
    let slapd = Slapd::start();
    for preset in PRESETS {
        let gateway = Gateway::start(preset, &slapd);
        let (mut wire, _) = sign_in(&gateway, "active");
        let dn = people::dn("active");
        let own = wire.ask(&request::modify(
            2,
            &dn,
            &[(Change::Replace, "description", &[preset])],
            &[],
        ));
        assert_eq!(own[0].code, Some(0), "{preset}: {own:?}");
        let compared = wire.ask(&request::compare(3, &dn, "description", preset));
        assert_eq!(compared[0].code, Some(6), "{preset}: {compared:?}");
        let other = wire.ask(&request::modify(
            4,
            &people::dn("young"),
            &[(Change::Replace, "description", &["x"])],
            &[],
        ));
        assert_eq!(other[0].code, Some(50), "{preset}: {other:?}");
    }
}
