//! Messages as real clients and servers sent them: `fuzz/seeds/*.hex`. All of them are read to their end.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod everything;

use postern_ldap::control::netscape::NetscapePassword;
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning, error};
use postern_ldap::credential::{CredentialAttributes, Touch, touch};
use postern_ldap::denied::{Part, mentions, stripped};
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, denied, extended, oid, tag};
use std::collections::BTreeMap;
use std::path::Path;

fn seeds() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    std::fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            let digits: String = std::fs::read_to_string(&path).unwrap().split_whitespace().collect();
            let octets = (0..digits.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
                .collect();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), octets)
        })
        .collect()
}

#[test]
fn every_one_is_read_by_every_view_that_is_for_it() {
    let seeds = seeds();
    assert!(seeds.len() >= 30);
    let attributes = CredentialAttributes::with(&[]);
    for (name, octets) in &seeds {
        everything::everything(octets);
        let message = Message::parse(octets).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(message.controls.iter().all(|control| control.is_ok()), "{name}");
        if name.starts_with("client-") {
            assert_ne!(touch(&message, &attributes), Touch::Unwalkable, "{name}");
            assert!(mentions(&message, |_| false).unwrap().is_empty(), "{name}");
        } else {
            if message.operation.tag != tag::SEARCH_ENTRY {
                LdapResult::parse(&message).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
            assert_eq!(stripped(&message, |_| false), Ok(None), "{name}");
        }
    }
}

#[test]
fn what_servers_say_of_a_password_is_understood() {
    let seeds = seeds();
    let warning = |warning| PasswordPolicyResponse {
        warning: Some(warning),
        error: None,
    };
    let failed = |error| PasswordPolicyResponse {
        warning: None,
        error: Some(error),
    };
    for (name, code, policy, netscape) in [
        ("slapd-bind-success", 0, Some(PasswordPolicyResponse::default()), None),
        (
            "slapd-bind-must-change",
            0,
            Some(failed(error::CHANGE_AFTER_RESET)),
            None,
        ),
        ("slapd-bind-locked", 49, Some(failed(error::ACCOUNT_LOCKED)), None),
        (
            "slapd-bind-expired-and-must-change",
            0,
            Some(PasswordPolicyResponse {
                warning: Some(PolicyWarning::TimeBeforeExpiration(0)),
                error: Some(error::CHANGE_AFTER_RESET),
            }),
            None,
        ),
        (
            "slapd-bind-expiring",
            0,
            Some(warning(PolicyWarning::TimeBeforeExpiration(432_000))),
            None,
        ),
        (
            "slapd-bind-grace",
            0,
            Some(warning(PolicyWarning::GraceRemaining(2))),
            None,
        ),
        ("slapd-bind-invalid-dn", 34, None, None),
        (
            "slapd-modify-wrong-old-password",
            53,
            Some(failed(error::MUST_SUPPLY_OLD_PASSWORD)),
            None,
        ),
        (
            "389ds-bind-must-change",
            0,
            Some(PasswordPolicyResponse {
                warning: Some(PolicyWarning::TimeBeforeExpiration(1_209_600)),
                error: Some(error::CHANGE_AFTER_RESET),
            }),
            Some(NetscapePassword::Expired),
        ),
        ("389ds-bind-inactivated", 53, Some(failed(error::ACCOUNT_LOCKED)), None),
        (
            "389ds-bind-expired",
            49,
            Some(failed(error::PASSWORD_EXPIRED)),
            Some(NetscapePassword::Expired),
        ),
        (
            "389ds-bind-expiring",
            0,
            Some(warning(PolicyWarning::TimeBeforeExpiration(1_209_600))),
            Some(NetscapePassword::Expiring(1_209_600)),
        ),
        (
            "389ds-bind-grace",
            0,
            Some(warning(PolicyWarning::GraceRemaining(2))),
            Some(NetscapePassword::Expired),
        ),
        ("389ds-search-restricted", 53, None, Some(NetscapePassword::Expired)),
        ("samba-bind-must-change", 49, None, None),
    ] {
        let message = Message::parse(&seeds[name]).unwrap();
        assert_eq!(LdapResult::parse(&message).unwrap().code.0, code, "{name}");
        let found = message.controls.find(oid::PASSWORD_POLICY).unwrap();
        let found = found.map(|control| PasswordPolicyResponse::parse(control.value.unwrap()).unwrap());
        assert_eq!(found, policy, "{name}");
        let found = message
            .controls
            .iter()
            .find_map(|control| NetscapePassword::parse(&control.unwrap()).unwrap());
        assert_eq!(found, netscape, "{name}");
    }
}

#[test]
fn what_clients_ask_for_is_judged() {
    let seeds = seeds();
    let attributes = CredentialAttributes::with(&[]);
    for (name, wanted) in [
        ("client-bind", Touch::Tests),
        ("client-add", Touch::Writes),
        ("client-password-modify", Touch::Writes),
        ("client-modify-with-pre-and-post-read", Touch::Nothing),
        ("client-search-with-assertion", Touch::Nothing),
        ("client-who-am-i-in-another-name", Touch::Nothing),
    ] {
        assert_eq!(
            touch(&Message::parse(&seeds[name]).unwrap(), &attributes),
            wanted,
            "{name}"
        );
    }
    let denies = |seed: &str, attribute: &str| {
        mentions(&Message::parse(&seeds[seed]).unwrap(), |name| {
            name.eq_ignore_ascii_case(attribute.as_bytes())
        })
        .unwrap()
    };
    let sorted = "client-search-paged-and-sorted";
    assert!(denies(sorted, "sn").contains(Part::SortKey) && denies(sorted, "sn").contains(Part::Filter));
    assert!(denies(sorted, "cn").contains(Part::AttributeList));
    assert!(denies(sorted, "mail").contains(Part::Filter) && denies(sorted, "mail").implied());
    assert!(denies("client-search-with-assertion", "o").contains(Part::Assertion));
    let modify = "client-modify-with-pre-and-post-read";
    assert!(denies(modify, "mail").contains(Part::Modify) && denies(modify, "mail").contains(Part::ReadEntry));
}

#[test]
fn what_slapd_read_for_a_client_is_stripped() {
    let seeds = seeds();
    let message = Message::parse(&seeds["slapd-modify-with-pre-and-post-read"]).unwrap();
    let out = stripped(&message, |name| name == b"description").unwrap().unwrap();
    assert!(memchr::memmem::find(&seeds["slapd-modify-with-pre-and-post-read"], b"description").is_some());
    assert!(memchr::memmem::find(&out, b"description").is_none());
    let out = Message::parse(&out).unwrap();
    assert_eq!(out.controls.iter().count(), 2);
    assert_eq!(denied::stripped(&out, |name| name == b"description"), Ok(None));
}

#[test]
fn active_directory_puts_the_name_of_its_notice_behind_the_operation() {
    let seeds = seeds();
    let message = Message::parse(&seeds["active-directory-notice-of-disconnection"]).unwrap();
    assert_eq!(LdapResult::parse(&message).unwrap().code.0, 52);
    assert_eq!(message.id.0, 0);
    assert!(extended::abandoned_id(&message).is_err());
}
