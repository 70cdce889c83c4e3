//! Sessions of people who signed in by name, and clients that look for the DN themselves.

use super::{EVERY_FORM, gateway, sign_in, who};
use postern_tests::people::{self, BASE, PASSWORD, SERVICE};
use postern_tests::request;
use postern_tests::{Gateway, Slapd, Wire, eventually};
use std::time::Duration;

const NEW: &str = "another-secret-5678";

#[test]
fn a_restricted_session_changes_its_own_password_under_its_dn_and_nobody_elses() {
    let slapd = Slapd::start();
    let gateway = gateway("sssd", &slapd, EVERY_FORM);
    let (mut wire, answer) = sign_in(&gateway, "must-change-01@example.org", PASSWORD);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let dn = people::dn("must-change-01");
    // A target that is no DN is not taken for anybody, the own account neither.
    for (id, target) in [
        (2, "must-change-01"),
        (3, "u:must-change-01"),
        (4, &people::dn("must-change-02")),
    ] {
        let answer = wire
            .ask(&request::password_modify(id, Some(target), None, Some(NEW), &[]))
            .remove(0);
        assert_eq!(answer.code, Some(50), "{target}: {answer:?}");
    }
    let answer = wire
        .ask(&request::password_modify(5, Some(&dn), None, Some(NEW), &[]))
        .remove(0);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(
        found(&mut wire, 6, "active"),
        Some(people::dn("active")),
        "the restriction has ended"
    );
    let (mut wire, answer) = sign_in(&gateway, "must-change-01", NEW);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(who(&mut wire, 2), dn);
    let lines = eventually("the sign-ins are on record", Duration::from_secs(10), || {
        let lines: Vec<_> = gateway.audit();
        (lines.len() >= 7).then_some(lines)
    });
    // Every line of the session has both names.
    for line in lines.iter().filter(|line| line["session"] == lines[0]["session"]) {
        assert_eq!(
            (&line["account"], &line["resolved"]),
            (&"must-change-01@example.org".into(), &dn.as_str().into()),
            "{line}"
        );
    }
}

#[test]
fn a_session_that_signs_in_again_by_another_name_is_that_account() {
    let slapd = Slapd::start();
    let gateway = gateway("generic", &slapd, EVERY_FORM);
    let mut wire = gateway.client();
    for (id, name, dn) in [
        (1, "active", people::dn("active")),
        (3, "EXAMPLE\\grace", people::dn("grace")),
        (5, SERVICE, SERVICE.to_owned()),
        (7, "expiring@example.org", people::dn("expiring")),
    ] {
        assert_eq!(wire.bind(id, name, PASSWORD).code, Some(0), "{name}");
        assert_eq!(who(&mut wire, id + 1).to_lowercase(), dn.to_lowercase(), "{name}");
    }
    assert_eq!(wire.bind(9, "nobody", PASSWORD).code, Some(49));
    let answers = wire.ask(&request::who_am_i(10));
    assert!(
        !answers[0].rest.windows(3).any(|part| part == b"dn:"),
        "nobody is signed in"
    );
}

/// The DN a client finds for a uid.
fn found(wire: &mut Wire, id: u32, uid: &str) -> Option<String> {
    let answers = wire.ask(&request::search_equal(id, BASE, "uid", uid, &["1.1"]));
    let (last, entries) = answers.split_last().unwrap();
    assert_eq!(last.code, Some(0), "{last:?}");
    let entry = entries.first()?;
    let message = postern_ldap::Message::parse(&entry.octets).unwrap();
    let entry = postern_ldap::entry::SearchEntry::parse(&message).ok().unwrap();
    Some(String::from_utf8(entry.dn.to_vec()).unwrap())
}

/// Signs in as an application does that looks for the DN first, as nobody or as its service account, and then by it on the same connection and
/// on a second one.
fn search_then_bind(gateway: &Gateway, service: Option<&str>) {
    for uid in ["active", "safe-modify", "expiring"] {
        let mut wire = gateway.client();
        if let Some(service) = service {
            assert_eq!(wire.bind(1, service, PASSWORD).code, Some(0));
        }
        let dn = found(&mut wire, 2, uid).unwrap();
        assert_eq!(dn, people::dn(uid));
        let (mut second, answer) = sign_in(gateway, &dn, PASSWORD);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        assert_eq!(who(&mut second, 2), dn);
        assert_eq!(wire.bind(3, &dn, "wrong").code, Some(49));
        assert_eq!(wire.bind(4, &dn, PASSWORD).code, Some(0));
        assert_eq!(who(&mut wire, 5), dn);
        // Back to the service account, as a pool of connections does, and on to the next person.
        if let Some(service) = service {
            assert_eq!(wire.bind(6, service, PASSWORD).code, Some(0));
            assert_eq!(who(&mut wire, 7), SERVICE);
            assert!(found(&mut wire, 8, "active").is_some());
        }
    }
}

#[test]
fn clients_that_look_for_the_dn_first_sign_in_with_it_as_ever() {
    let slapd = Slapd::start();
    let plain = Gateway::start("generic", &slapd);
    let named = gateway("generic", &slapd, EVERY_FORM);
    for gateway in [&plain, &named] {
        search_then_bind(gateway, None);
        search_then_bind(gateway, Some(SERVICE));
    }
}
