//! What an entry tells of an account is what a sign-in with the right password shows; and what is written to change it.

use super::binds::RIGHT;
use super::refused;
use postern_tests::gateway::program;
use postern_tests::request::{self, Change};
use postern_tests::samba::people::{self, SERVICE};
use postern_tests::{Gateway, PASSWORD, Samba};
use serde_json::Value;
use std::process::Command;

#[test]
fn explain_reads_from_every_entry_what_a_sign_in_shows() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("sssd"));
    for (state, data) in RIGHT {
        let told = explain(&gateway, &people::dn(state));
        let read = told["standing"]["state"].as_str().unwrap();
        let wanted = match (*state, *data) {
            ("expiring", _) => "expiring",
            // Which workstation counts is the domain controller's to know; and nobody knows a smart card's password.
            ("wrong-workstation", _) => "unknown",
            ("smartcard-required", _) | (_, None) => "active",
            (_, Some("773")) => "must_change",
            (_, Some("532")) => "expired",
            (_, Some("775")) => "locked",
            (_, Some("533")) => "disabled",
            (_, Some("701")) => "account_expired",
            (_, Some("530")) => "outside_hours",
            (_, Some(other)) => panic!("{other}"),
        };
        assert_eq!(read, wanted, "{state}: {told}");
        assert_eq!(told["password"]["previous_accepted_seconds"], 3600, "{told}");
        let verdict = told["bind"]["verdict"].as_str();
        let wanted = match read {
            "active" | "expiring" => Some("allow"),
            "must_change" | "expired" => Some("restrict"),
            "unknown" => None,
            _ => Some("refuse"),
        };
        assert_eq!(verdict, wanted, "{state}: {told}");
    }
}

#[test]
fn explain_finds_an_account_by_every_name_a_domain_knows_and_its_policy_without_being_told() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("generic"));
    let id = explain(&gateway, &people::dn("active"))["account"]["id"].clone();
    assert_eq!(id.as_str().map(str::len), Some(36), "{id}");
    for name in ["active", &people::upn("active"), &people::domain_name("active")] {
        assert_eq!(explain(&gateway, name)["account"]["id"], id, "{name}");
    }
    let policy = |name: &str| {
        let told = explain(&gateway, &people::dn(name));
        told["account"]["password_policy"]
            .as_str()
            .unwrap_or_default()
            .to_lowercase()
    };
    assert_eq!(policy("active"), people::BASE.to_lowercase());
    assert!(
        policy("locked-for-good").starts_with("cn=for good,"),
        "{}",
        policy("locked-for-good")
    );
    assert_eq!(explain(&gateway, "nobody")["not_found"], "no such account");
}

#[test]
fn switching_off_takes_the_old_number_away_with_the_new_one_so_that_nothing_is_lost() {
    let samba = Samba::start();
    let mut service = samba.tls_client();
    assert_eq!(service.bind(1, SERVICE, PASSWORD).code, Some(0));
    let mut set = |old: &str, new: &str| {
        let changes: [(Change, &str, &[&str]); 2] = [
            (Change::Delete, "userAccountControl", &[old]),
            (Change::Add, "userAccountControl", &[new]),
        ];
        service.ask(&request::modify(2, &people::dn("spare-01"), &changes, &[]))[0].code
    };
    let sign_in = || samba.tls_client().bind(1, &people::dn("spare-01"), PASSWORD).text;
    assert_eq!(set("512", "514"), Some(0));
    assert_eq!(sign_in(), refused("533"));
    assert_eq!(set("512", "66050"), Some(16), "somebody else changed it meanwhile");
    assert_eq!(set("514", "512"), Some(0));
    assert_eq!(sign_in(), "");
}

fn explain(gateway: &Gateway, user: &str) -> Value {
    let output = Command::new(program())
        .args([
            "explain",
            "--json",
            "--route",
            "applications",
            "--config",
            "gateway.toml",
            "--user",
            user,
        ])
        .current_dir(gateway.folder())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{user}: {error}: {output:?}"))
}
