//! `unicodePwd` before slapd, which has no such attribute: for Keycloak and its like.

use super::{NEW, WRONG};
use postern_tests::people::{self, ADMINISTRATOR, ADMINISTRATOR_PASSWORD, dn};
use postern_tests::request::{self, Change};
use postern_tests::samba::people::unicode;
use postern_tests::{Answer, Gateway, PASSWORD, Slapd, Wire};

#[test]
fn people_change_their_own_password_as_before_an_active_directory() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("keycloak-ad", &slapd);
    for (case, uid, old, new, code, why) in [
        ("too short", "active", PASSWORD, "a", 19, "0000052D"),
        ("wrong old password", "active", WRONG, NEW, 19, "00000056"),
        ("the same as now", "active", PASSWORD, PASSWORD, 19, "0000052D"),
        ("too young", "young", PASSWORD, NEW, 19, "0000052D"),
        ("good", "active", PASSWORD, NEW, 0, ""),
    ] {
        let mut wire = signed_in(&gateway, &dn(uid), PASSWORD);
        let answer = change(&mut wire, &dn(uid), Some(old), new);
        assert_eq!(answer.code, Some(code), "{case}: {answer:?}");
        assert!(answer.text.starts_with(why), "{case}: {answer:?}");
        assert_eq!(answer.operation, 0x67, "{case}: a modify response");
        assert!(answer.controls.is_empty(), "{case}: {answer:?}");
    }
    signed_in(&gateway, &dn("active"), NEW);
    let held = gateway.tls_client().bind(1, &dn("active"), PASSWORD);
    assert_eq!(held.code, Some(49), "{held:?}");
}

#[test]
fn whoever_may_reset_a_password_does_so_and_nobody_else() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("keycloak-ad", &slapd);
    let mut administrator = signed_in(&gateway, ADMINISTRATOR, ADMINISTRATOR_PASSWORD);
    let hints = request::control(b"1.2.840.113556.1.4.2239", true, Some(&[0x30, 3, 2, 1, 1]));
    let value = unicode(NEW);
    let reset: [(Change, &str, &[&str]); 1] = [(Change::Replace, "UnicodePwd", &[&value])];
    let answer = administrator
        .ask(&request::modify(9, &dn("expiring"), &reset, &[&hints]))
        .remove(0);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let mut somebody = signed_in(&gateway, &dn("active"), PASSWORD);
    let answer = change(&mut somebody, &dn("expiring"), None, "another-again-1234");
    assert_eq!(answer.code, Some(50), "{answer:?}");
}

#[test]
fn what_is_no_password_in_quotes_is_refused_as_a_domain_controller_does() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("keycloak-ad", &slapd);
    let mut wire = signed_in(&gateway, &dn("active"), PASSWORD);
    for value in [NEW, "\"another-Secret-5678\"", "\"\0a\0\"\0x", ""] {
        let replace: [(Change, &str, &[&str]); 1] = [(Change::Replace, "unicodePwd", &[value])];
        let answer = wire.ask(&request::modify(9, &dn("active"), &replace, &[])).remove(0);
        assert_eq!(answer.code, Some(53), "{value:?}: {answer:?}");
        assert!(answer.text.starts_with("0000001F: "), "{answer:?}");
    }
    // Beside something else it is no password change: slapd knows no such attribute.
    let value = unicode(NEW);
    let more: [(Change, &str, &[&str]); 2] = [
        (Change::Replace, "unicodePwd", &[&value]),
        (Change::Replace, "description", &["x"]),
    ];
    let answer = wire.ask(&request::modify(9, &dn("active"), &more, &[])).remove(0);
    assert_eq!(answer.code, Some(17), "{answer:?}");
}

#[test]
fn wrong_old_passwords_look_alike_whether_slapd_was_asked_or_not() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("keycloak-ad", &slapd);
    let mut wire = signed_in(&gateway, &dn("active"), PASSWORD);
    let mut seen: Vec<Vec<u8>> = (0..20)
        .map(|number| change(&mut wire, &dn("active"), Some(&format!("{WRONG}-{number}")), NEW).octets)
        .collect();
    seen.dedup();
    assert_eq!(seen.len(), 1);
    let direct = Wire::connect(slapd.address()).bind(1, &dn("active"), PASSWORD);
    assert_eq!(direct.code, Some(0), "the account is not locked: {direct:?}");
}

#[test]
fn a_denied_password_attribute_is_denied_under_its_other_name_too() {
    let slapd = Slapd::start();
    let policy = postern_tests::policies::like_generic(
        "text",
        "\n[[policy]]\nroute = \"*\"\npass.deny_attributes = [\"userPassword\"]\n",
    );
    let gateway = Gateway::start_with(&postern_tests::GatewaySettings {
        policy: Some(policy),
        ..postern_tests::GatewaySettings::new("generic", &[slapd.url()])
    });
    let mut wire = signed_in(&gateway, &dn("active"), PASSWORD);
    let answer = change(&mut wire, &dn("active"), Some(PASSWORD), NEW);
    assert_eq!(answer.code, Some(50), "{answer:?}");
}

#[test]
fn somebody_let_in_to_change_the_password_may_do_so_in_these_words() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("nextcloud", &slapd);
    let own = dn("must-change-01");
    let mut wire = signed_in(&gateway, &own, PASSWORD);
    let search = request::search(2, people::BASE, request::Scope::Base, "objectClass", &["dc"], &[]);
    assert_eq!(wire.ask(&search)[0].code, Some(50));
    let answer = change(&mut wire, &own, Some(PASSWORD), "a");
    assert_eq!(answer.code, Some(19), "{answer:?}");
    let answer = change(&mut wire, &own, Some(PASSWORD), NEW);
    assert_eq!((answer.code, answer.operation), (Some(0), 0x67), "{answer:?}");
    assert_eq!(
        wire.ask(&search).last().unwrap().code,
        Some(0),
        "the restriction is over"
    );
    signed_in(&gateway, &own, NEW);
}

fn change(wire: &mut Wire, dn: &str, old: Option<&str>, new: &str) -> Answer {
    let (old, new) = (old.map(unicode), unicode(new));
    let new: [&str; 1] = [&new];
    let old = old.as_deref().map(|old| [old]);
    let changes: Vec<(Change, &str, &[&str])> = match &old {
        Some(old) => vec![(Change::Delete, "unicodePwd", old), (Change::Add, "unicodePwd", &new)],
        None => vec![(Change::Replace, "unicodePwd", &new)],
    };
    wire.ask(&request::modify(9, dn, &changes, &[])).remove(0)
}

fn signed_in(gateway: &Gateway, name: &str, password: &str) -> Wire {
    let mut wire = gateway.tls_client();
    let answer = wire.bind(1, name, password);
    assert_eq!(answer.code, Some(0), "{name}: {answer:?}");
    wire
}
