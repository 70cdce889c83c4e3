//! Grace sign-ins run out: owners are told once, and a route may keep the last.

use postern_ldap::Message;
use postern_ldap::entry::SearchEntry;
use postern_tests::people::{self, ADMINISTRATOR, ADMINISTRATOR_PASSWORD, PASSWORD};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Answer, Gateway, GatewaySettings, Slapd, Wire, eventually, policies};
use std::time::Duration;

#[test]
fn a_route_that_keeps_the_last_grace_sign_in_answers_it_as_a_wrong_password_and_never_asks_the_directory() {
    let slapd = Slapd::start();
    let policy = policies::like_generic("[\"ppolicy\", \"text\"]", "")
        .replace("[policy.pass]\n", "[policy.pass]\nkeep_last_grace = true\n");
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(policy),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let dn = people::dn("grace");
    for left in [2, 1] {
        let answer = sign_in(&gateway, &dn, PASSWORD);
        assert_eq!(answer.code, Some(0));
        assert_eq!(answer.password_policy(), Some(&[0x30, 5, 0xa0, 3, 0x81, 1, left][..]));
    }
    let wrong = sign_in(&gateway, &people::dn("active"), "wrong-password");
    for (name, password) in [
        (dn.clone(), PASSWORD),
        (dn.to_uppercase(), PASSWORD),
        (dn.clone(), "wrong-password"),
    ] {
        assert_eq!(sign_in(&gateway, &name, password).octets, wrong.octets, "{name}");
    }
    assert_eq!(used(&slapd, &dn), 2, "of three");
    let lines = eventually("the refusals are on record", Duration::from_secs(10), || {
        let lines = gateway.audit();
        let kept = lines.into_iter().filter(|line| {
            line["rule"] == "policy.toml:policy[0].pass.keep_last_grace" && line["state"] == "expired_grace"
        });
        Some(kept.collect::<Vec<_>>()).filter(|kept| kept.len() == 3)
    });
    assert!(
        lines
            .iter()
            .all(|line| line["outcome"] == "refused" && line["result_code"] == 49)
    );

    // With a new password, set in another way, the account is as any other.
    let mut wire = Wire::connect(slapd.address());
    assert_eq!(wire.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
    // slapd would have it changed again after an administrator, unless told otherwise.
    let changes: [(Change, &str, &[&str]); 2] = [
        (Change::Replace, "userPassword", &["another-secret-9"]),
        (Change::Replace, "pwdReset", &["FALSE"]),
    ];
    let changed = wire.ask(&request::modify(2, &dn, &changes, &[]));
    assert_eq!(changed[0].code, Some(0), "{changed:?}");
    assert_eq!(sign_in(&gateway, &dn, "another-secret-9").code, Some(0));
    assert!(sign_in(&gateway, &dn, "another-secret-9").password_policy() == Some(&[0x30, 0]));
}

#[test]
fn where_the_last_is_not_kept_it_can_be_spent() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let codes = [(); 4].map(|()| sign_in(&gateway, &people::dn("grace"), PASSWORD).code);
    assert_eq!(codes, [Some(0), Some(0), Some(0), Some(49)]);
}

#[test]
fn the_owner_hears_of_a_grace_period_once_and_of_nothing_nobody_proved() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("dovecot", &slapd);
    for (uid, password) in [
        ("grace", PASSWORD),
        ("grace", PASSWORD),
        ("GRACE", PASSWORD),
        ("active", PASSWORD),
        ("must-change", "wrong-password"),
        ("locked-must-change", PASSWORD),
        ("must-change", PASSWORD),
        ("must-change", PASSWORD),
        ("expiring", PASSWORD),
    ] {
        sign_in(&gateway, &people::dn(uid), password);
    }
    let told = |account: &str| {
        let lines = gateway.output();
        let parsed = lines
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let notices =
            parsed.filter(|line| line["target"] == "postern::notice" && line["account"] == people::dn(account));
        notices
            .map(|line| line["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // Lines come in order: when the last is there, all are.
    eventually("the last notice is in the log", Duration::from_secs(10), || {
        (told("expiring") == ["expiring"]).then_some(())
    });
    assert_eq!(told("grace"), ["expired_grace"]);
    assert_eq!(told("must-change"), ["must_change"]);
    for nobody in ["GRACE", "active", "locked-must-change"] {
        assert!(told(nobody).is_empty(), "{nobody}");
    }
}

fn sign_in(gateway: &Gateway, dn: &str, password: &str) -> Answer {
    let control = request::password_policy();
    gateway
        .client()
        .ask(&request::bind(1, dn, password, &[&control]))
        .remove(0)
}

/// The grace sign-ins slapd has counted.
fn used(slapd: &Slapd, dn: &str) -> usize {
    let mut wire = Wire::connect(slapd.address());
    assert_eq!(wire.bind(1, people::SERVICE, PASSWORD).code, Some(0));
    let answers = wire.ask(&request::search(
        2,
        dn,
        Scope::Base,
        "objectClass",
        &["pwdGraceUseTime"],
        &[],
    ));
    let message = Message::parse(&answers[0].octets).unwrap();
    let entry = SearchEntry::parse(&message).unwrap();
    entry
        .attributes()
        .map(|attribute| attribute.unwrap().values().count())
        .sum()
}
