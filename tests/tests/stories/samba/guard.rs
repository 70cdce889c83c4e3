//! Attacks on passwords through the gateway: Samba never locks, whatever names an account is guessed at by.

use super::{NEW, WRONG};
use postern_tests::request::{self, Change, Scope};
use postern_tests::samba::people::{self, DOMAIN, LOCKOUT_THRESHOLD, UPN_SUFFIX, unicode};
use postern_tests::{Gateway, GatewaySettings, PASSWORD, Samba};

/// A route that looks names up, as it is configured in front of a domain.
const NAMES: &str =
    "[route.names]\naccept = [\"dn\", \"upn\", \"domain\"]\ndomains = [\"ADEX\"]\nupn_suffixes = [\"ad.example.org\"]";

#[test]
fn guesses_by_every_name_of_an_account_share_one_budget_and_samba_does_not_lock() {
    for (route, name) in [("", "spare-01"), (NAMES, "spare-02")] {
        let samba = Samba::start();
        let gateway = Gateway::start_with(&GatewaySettings {
            route: route.to_owned(),
            ..samba.behind("generic")
        });
        let names = names_of(&samba, name);
        for number in 0..3 * names.len() {
            let answer = gateway
                .tls_client()
                .bind(1, &names[number % names.len()], &format!("{WRONG}-{number}"));
            assert_eq!(answer.code, Some(49), "{answer:?}");
        }
        let counted = counted(&samba, name);
        assert!(
            (1..LOCKOUT_THRESHOLD).contains(&counted),
            "{counted} reached Samba: {route:?}"
        );
        let answer = samba.tls_client().bind(1, &people::dn(name), PASSWORD);
        assert_eq!(answer.code, Some(0), "the account is not locked: {answer:?}");
    }
}

#[test]
fn what_samba_has_counted_from_elsewhere_leaves_less_to_guess() {
    let samba = Samba::start();
    let name = people::dn("spare-03");
    for _ in 0..LOCKOUT_THRESHOLD - 2 {
        assert_eq!(samba.tls_client().bind(1, &name, WRONG).code, Some(49));
    }
    let gateway = Gateway::start_with(&samba.behind("generic"));
    for number in 0..LOCKOUT_THRESHOLD {
        let answer = gateway.tls_client().bind(1, &name, &format!("{WRONG}-{number}"));
        assert_eq!(answer.code, Some(49), "{answer:?}");
    }
    assert!(counted(&samba, "spare-03") < LOCKOUT_THRESHOLD);
    assert_eq!(samba.tls_client().bind(1, &name, PASSWORD).code, Some(0));
}

#[test]
fn wrong_old_passwords_count_as_wrong_passwords_do() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    let dn = people::dn("spare-04");
    let mut wire = gateway.tls_client();
    assert_eq!(wire.bind(1, &dn, PASSWORD).code, Some(0));
    for number in 0..2 * LOCKOUT_THRESHOLD {
        let (old, new) = (unicode(&format!("{WRONG}-{number}")), unicode(NEW));
        let changes: [(Change, &str, &[&str]); 2] = [
            (Change::Delete, "unicodePwd", &[&old]),
            (Change::Add, "unicodePwd", &[&new]),
        ];
        let answer = wire.ask(&request::modify(2, &dn, &changes, &[])).remove(0);
        assert_eq!(answer.code, Some(19), "{answer:?}");
    }
    assert!(counted(&samba, "spare-04") < LOCKOUT_THRESHOLD);
    assert_eq!(
        samba.tls_client().bind(1, &dn, PASSWORD).code,
        Some(0),
        "the account is not locked"
    );
}

#[test]
fn the_right_password_by_a_name_samba_does_not_know_is_not_taken_for_wrong_by_another() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    for name in ["active", "other@example.org"] {
        assert_eq!(gateway.tls_client().bind(1, name, PASSWORD).code, Some(49), "{name}");
    }
    for name in [people::dn("active"), people::upn("active")] {
        assert_eq!(gateway.tls_client().bind(1, &name, PASSWORD).code, Some(0), "{name}");
    }
}

/// Every kind of name Samba takes for an account in a bind.
fn names_of(samba: &Samba, name: &str) -> Vec<String> {
    let search = request::search(
        2,
        &people::dn(name),
        Scope::Base,
        "objectClass",
        &["objectGUID", "objectSid"],
        &[request::control(b"1.2.840.113556.1.4.529", true, Some(&[0x30, 3, 2, 1, 1])).as_slice()],
    );
    // Extended DNs (MS-ADTS §3.1.1.3.4.1.5): "<GUID=…>;<SID=…>;CN=…".
    let entry = String::from_utf8_lossy(&samba.administrator().ask(&search)[0].octets).into_owned();
    let id = |kind: &str| {
        let (_, id) = entry.split_once(kind).unwrap_or_else(|| panic!("no {kind} in {entry}"));
        id.split_once('>').unwrap().0.to_owned()
    };
    let (guid, sid) = (id("<GUID="), id("<SID="));
    vec![
        people::dn(name),
        people::dn(name).to_lowercase(),
        people::upn(name),
        people::upn(name).to_uppercase(),
        people::domain_name(name),
        people::domain_name(name).to_lowercase(),
        format!("{name}@{DOMAIN}"),
        format!("<GUID={guid}>"),
        format!("<GUID={guid}>;{}", people::dn(name)),
        format!("<SID={sid}>"),
        sid,
        format!("{UPN_SUFFIX}/people/{name}"),
        format!("{UPN_SUFFIX}/people\n{name}"),
    ]
}

/// How many wrong passwords Samba counts against an account, as its administrator reads it.
fn counted(samba: &Samba, name: &str) -> usize {
    let search = request::search(2, &people::dn(name), Scope::Base, "objectClass", &["badPwdCount"], &[]);
    let entry = String::from_utf8_lossy(&samba.administrator().ask(&search)[0].octets).into_owned();
    // The value is what the entry ends with.
    let digit = entry.chars().next_back().and_then(|digit| digit.to_digit(10));
    digit.expect("badPwdCount is one digit") as usize
}
