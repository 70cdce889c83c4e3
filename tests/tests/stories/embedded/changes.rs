//! Changes of passwords, sessions that must make one, and what the commands of an administrator do to an account.

use super::binds::differ;
use crate::golden::changes::changes_on;
use crate::golden::sessions::all_cases_of;
use postern_tests::gateway::program;
use postern_tests::people::{self, PASSWORD};
use postern_tests::{Gateway, GatewaySettings, Wire, request};
use std::process::Command;

const NEW: &str = "another-secret-5678";

#[test]
fn a_failed_password_change_is_told_in_slapds_words() {
    for preset in ["transparent", "generic", "sssd"] {
        let gateway = Gateway::start_with(&GatewaySettings::embedded(preset));
        let own = ("safe modify without the old one", "safe-modify");
        let (table, _) = changes_on(preset, &|| Wire::connect(gateway.address()), own);
        differ(&table, "change-direct", &[]);
    }
}

#[test]
fn a_must_change_session_is_held_to_what_slapd_holds_it_to() {
    for preset in ["transparent", "sssd"] {
        let gateway = Gateway::start_with(&GatewaySettings::embedded(preset));
        let (table, _) = all_cases_of(preset, gateway.address(), None, &gateway.ca_file(), 1);
        let mut apart = vec!["StartTLS, then whoami and search", "cancel of nothing"];
        if preset == "transparent" {
            // What passes is answered in words of its own.
            apart.extend([
                "password: somebody else's, then search",
                "rename",
                "search with the password policy control",
            ]);
        }
        differ(&table, &format!("session-{preset}"), &apart);
    }
}

#[test]
fn what_an_administrator_does_to_an_account_is_told_by_the_next_sign_in_and_by_explain() {
    let gateway = Gateway::start_with(&GatewaySettings::embedded("sssd"));
    let dn = people::dn("history-1");
    let control = request::password_policy();
    let sign_in = |password: &str| {
        gateway
            .tls_client()
            .ask(&request::bind(2, &dn, password, &[&control]))
            .remove(0)
    };
    assert_eq!(sign_in(PASSWORD).code, Some(0));
    assert_eq!(state(&gateway, "history-1"), "active");

    user(&gateway, &["lock", "history-1"]);
    assert_eq!(sign_in(PASSWORD).code, Some(49));
    assert_eq!(state(&gateway, "history-1"), "locked");

    user(&gateway, &["unlock", "history-1"]);
    assert_eq!(sign_in(PASSWORD).code, Some(0));
    assert_eq!(state(&gateway, "history-1"), "active");

    user(&gateway, &["must-change", "history-1"]);
    assert_eq!(sign_in(PASSWORD).password_policy(), Some(&[0x30, 3, 0x81, 1, 2][..]));
    assert_eq!(state(&gateway, "history-1"), "must_change");

    let mut own = gateway.tls_client();
    assert_eq!(own.bind(1, &dn, PASSWORD).code, Some(0));
    let changed = own
        .ask(&request::password_modify(2, None, Some(PASSWORD), Some(NEW), &[]))
        .remove(0);
    assert_eq!(changed.code, Some(0), "{changed:?}");
    assert_eq!(sign_in(NEW).password_policy(), Some(&[0x30, 0][..]));
    assert_eq!(state(&gateway, "history-1"), "active");
    assert_eq!(sign_in(PASSWORD).code, Some(49), "the old one");
}

#[test]
fn who_is_locked_by_wrong_passwords_is_let_in_again_by_user_unlock() {
    let gateway = Gateway::start_with(&GatewaySettings::embedded("sssd"));
    let dn = people::dn("locked-by-failures");
    assert_eq!(gateway.tls_client().bind(1, &dn, PASSWORD).code, Some(49));
    assert_eq!(state(&gateway, "locked-by-failures"), "locked");
    user(&gateway, &["unlock", "locked-by-failures"]);
    assert_eq!(gateway.tls_client().bind(1, &dn, PASSWORD).code, Some(0));
}

/// `postern user …` beside the gateway that runs.
fn user(gateway: &Gateway, arguments: &[&str]) {
    let mut command = Command::new(program());
    command.arg("user").args(arguments).args(["--config", "gateway.toml"]);
    let output = command.current_dir(gateway.folder()).output().unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The state `explain` tells of an account.
fn state(gateway: &Gateway, uid: &str) -> String {
    let mut command = Command::new(program());
    command.args([
        "explain",
        "--json",
        "--route",
        "applications",
        "--config",
        "gateway.toml",
        "--user",
        uid,
    ]);
    let output = command.current_dir(gateway.folder()).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    told["standing"]["state"].as_str().unwrap_or_default().to_owned()
}
