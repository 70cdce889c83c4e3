//! Names that are no DNs: each form signs in as its one account, and everything else is a wrong password or nobody's fault.

mod ambiguity;
mod changes;
mod sessions;

use postern_tests::gateway::program;
use postern_tests::people::{self, PASSWORD};
use postern_tests::{Answer, Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, eventually, request};
use serde_json::Value;
use std::process::Command;
use std::time::Duration;

/// Every form there is.
const EVERY_FORM: &str = "accept = [\"dn\", \"uid\", \"mail\", \"upn\", \"domain\"]\n\
    domains = [\"EXAMPLE\"]\nupn_suffixes = [\"corp.example.org\"]\nbase_dn = \"ou=people,dc=example,dc=org\"";

/// Settings with these lines in `[route.names]`.
fn settings(preset: &str, slapd: &Slapd, names: &str) -> GatewaySettings {
    GatewaySettings {
        lanes: format!("[route.names]\n{names}"),
        ..GatewaySettings::new(preset, &[slapd.url()])
    }
}

fn gateway(preset: &str, slapd: &Slapd, names: &str) -> Gateway {
    Gateway::start_with(&settings(preset, slapd, names))
}

/// A new client signs in by a name.
fn sign_in(gateway: &Gateway, name: &str, password: &str) -> (Wire, Answer) {
    let mut wire = gateway.client();
    let answer = wire.bind(1, name, password);
    (wire, answer)
}

/// Who the directory takes the client for.
fn who(wire: &mut Wire, id: u32) -> String {
    let answer = wire.ask(&request::who_am_i(id)).remove(0);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let text = String::from_utf8_lossy(&answer.rest);
    text.split_once("dn:").map_or(String::new(), |(_, dn)| dn.to_owned())
}

/// The audit line of the only sign-in by this name so far.
fn line_of(gateway: &Gateway, name: &str) -> Value {
    eventually("the sign-in is on record", Duration::from_secs(10), || {
        let lines = gateway.audit();
        let line = lines
            .iter()
            .find(|line| line["operation"] == "bind" && line["account"] == name);
        line.cloned()
    })
}

#[test]
fn every_form_signs_in_and_is_on_record_with_the_account_it_means() {
    let slapd = Slapd::start();
    let gateway = gateway("generic", &slapd, EVERY_FORM);
    let dn = people::dn("active");
    for name in [
        "active",
        "Active",
        "active@example.org",
        "active@CORP.example.org",
        "EXAMPLE\\active",
        "example\\active",
    ] {
        // The second time it is remembered.
        for round in 1..=2 {
            let (mut wire, answer) = sign_in(&gateway, name, PASSWORD);
            assert_eq!(answer.code, Some(0), "{name}, {round}: {answer:?}");
            assert_eq!(who(&mut wire, 2), dn, "{name}, {round}");
        }
        let line = line_of(&gateway, name);
        assert_eq!(
            (&line["resolved"], &line["outcome"]),
            (&dn.as_str().into(), &"allowed".into()),
            "{line}"
        );
    }
    let (mut wire, answer) = sign_in(&gateway, &dn, PASSWORD);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(who(&mut wire, 2), dn);
    assert_eq!(line_of(&gateway, &dn)["resolved"], Value::Null);
}

#[test]
fn a_form_a_domain_or_an_account_that_is_not_the_routes_does_not_sign_in() {
    let slapd = Slapd::start();
    let all = gateway("generic", &slapd, EVERY_FORM);
    let few = gateway(
        "generic",
        &slapd,
        "accept = [\"uid\"]\nfilter = \"(|(uid=expiring)(cn=grace))\"",
    );
    for (gateway, name) in [
        (&all, "OTHER\\active"),
        (&all, "active@example.net"),
        (&all, "service"),
        (&few, "active"),
        (&few, "expiring@example.org"),
        (&few, "EXAMPLE\\expiring"),
        (&few, &people::dn("expiring")),
    ] {
        assert_eq!(sign_in(gateway, name, PASSWORD).1.code, Some(49), "{name}");
        assert_eq!(line_of(gateway, name)["rule"], "built-in:unknown-name", "{name}");
    }
    assert_eq!(sign_in(&few, "expiring", PASSWORD).1.code, Some(0));
}

#[test]
fn a_template_finds_accounts_without_a_search() {
    let slapd = Slapd::start();
    let gateway = gateway(
        "generic",
        &slapd,
        "accept = [\"dn\", \"uid\", \"domain\"]\ndomains = [\"EXAMPLE\"]\ntemplate = \"uid={},ou=people,dc=example,dc=org\"",
    );
    for name in ["active", "EXAMPLE\\active", &people::dn("active")] {
        let (mut wire, answer) = sign_in(&gateway, name, PASSWORD);
        assert_eq!(answer.code, Some(0), "{name}: {answer:?}");
        assert_eq!(who(&mut wire, 2), people::dn("active"));
    }
    let wrong = sign_in(&gateway, "active", "wrong").1;
    for name in ["nobody", "active,ou=people", "active\\", "*", "a\u{1}"] {
        assert_eq!(sign_in(&gateway, name, PASSWORD).1, wrong, "{name}");
    }
}

#[test]
fn on_a_transparent_route_every_name_goes_to_the_directory_as_it_was_sent() {
    let slapd = Slapd::start();
    let gateway = gateway("transparent", &slapd, EVERY_FORM);
    for name in ["active", "EXAMPLE\\active", "active@example.org"] {
        let direct = Wire::connect(slapd.address()).bind(1, name, PASSWORD);
        assert_eq!(direct.code, Some(34), "{name}");
        assert_eq!(sign_in(&gateway, name, PASSWORD).1, direct, "{name}");
    }
}

#[test]
fn in_an_emergency_names_still_mean_their_accounts_and_the_answers_are_the_directorys() {
    let slapd = Slapd::start();
    let gateway = gateway("generic", &slapd, EVERY_FORM);
    assert_eq!(sign_in(&gateway, "must-change", PASSWORD).1.code, Some(49));
    let told = Command::new(program())
        .args(["panic", "transparent", "--config", "gateway.toml"])
        .current_dir(gateway.folder())
        .output()
        .unwrap();
    assert!(told.status.success(), "{told:?}");
    eventually("the bypass holds", Duration::from_secs(20), || {
        (sign_in(&gateway, "must-change", PASSWORD).1.code == Some(0)).then_some(())
    });
    let direct = |name: &str, password| Wire::connect(slapd.address()).bind(1, name, password);
    let (mut wire, answer) = sign_in(&gateway, "EXAMPLE\\active", PASSWORD);
    assert_eq!(answer, direct(&people::dn("active"), PASSWORD));
    assert_eq!(who(&mut wire, 2), people::dn("active"));
    let wrong = direct(&people::dn("active"), "wrong");
    assert_eq!(sign_in(&gateway, "active", "wrong").1, wrong);
    let nobody = direct("nobody", PASSWORD);
    assert_eq!(sign_in(&gateway, "nobody", PASSWORD).1, nobody);
}

#[test]
fn explain_finds_the_account_as_a_sign_in_does_and_says_how() {
    let twin = format!(
        "dn: uid=twin,{base}\nobjectClass: inetOrgPerson\nuid: twin\ncn: twin\nsn: twin\nmail: active@example.org\n\n",
        base = "ou=people,dc=example,dc=org"
    );
    let slapd = Slapd::start_with(&SlapdSettings {
        ldif: twin,
        ..SlapdSettings::default()
    });
    let gateway = Gateway::start_with(&GatewaySettings {
        directory: "default_policy_dn = \"cn=default,ou=policies,dc=example,dc=org\"".to_owned(),
        ..settings("generic", &slapd, EVERY_FORM)
    });
    let explain = |user: &str| -> Value {
        let output = Command::new(program())
            .args([
                "explain",
                "--config",
                "gateway.toml",
                "--route",
                "applications",
                "--json",
                "--user",
                user,
            ])
            .current_dir(gateway.folder())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let dn = people::dn("expired");
    for (user, form) in [
        ("expired", "uid"),
        ("expired@example.org", "mail"),
        ("expired@corp.example.org", "upn"),
        ("EXAMPLE\\expired", "domain"),
        (&dn, "dn"),
    ] {
        let told = explain(user);
        assert_eq!(
            (&told["taken_as"], &told["account"]["dn"]),
            (&form.into(), &dn.as_str().into()),
            "{told}"
        );
        assert_eq!(told["standing"]["state"], "expired", "{told}");
    }
    assert_eq!(explain("nobody")["not_found"], "no such account");
    assert_eq!(
        explain("active@example.org")["not_found"],
        "more than one account has that name"
    );
}
