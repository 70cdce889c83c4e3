//! The same rules over a directory of the gateway's own, which the control socket reaches too.

use super::federated::everything_is_refused;
use super::*;
use postern_tests::gateway::program;
use std::process::{Command, Output};

const NEW: &str = "another-secret-5678";

#[test]
fn federated_never_gets_a_local_password_in_a_directory_of_the_gateways_own_either() {
    // Nothing is hidden from our own account there, and nobody else is asked about a password.
    let uids = FEDERATED
        .map(|(uid, _)| uid)
        .into_iter()
        .filter(|uid| !["hidden", "passed"].contains(uid));
    let uids: Vec<&str> = uids.collect();
    for surface in ["text", "transparent"] {
        let gateway = embedded(surface);
        everything_is_refused(&gateway, surface, &uids, || everything(&gateway));
    }
}

#[test]
fn the_shell_gives_nobody_a_password_that_is_somebody_elses() {
    let gateway = embedded("text");
    let before = everything(&gateway);
    for uid in ["erin", "gina", "nested", "mailed", "partner"] {
        for command in [&["password", uid, "--generate-password"][..], &["must-change", uid]] {
            let output = postern(&gateway, &[&["user"], command].concat());
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && said.contains("-sso"), "{command:?}: {said}");
        }
    }
    for (new, words) in [
        (
            person("new", &format!("uid=new,ou=partners,{BASE}"), NEW),
            "partner-sso",
        ),
        (
            person("new", &dn("new"), "{SASL}new@EXAMPLE.ORG"),
            "uid=new,ou=people,dc=example,dc=org brings a password",
        ),
    ] {
        std::fs::write(gateway.folder().join("new.ldif"), new).unwrap();
        let output = postern(&gateway, &["import", "new.ldif"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(words), "{said}");
    }
    assert!(before == everything(&gateway));
    // Their own people they do.
    let output = postern(&gateway, &["user", "password", "own", "--generate-password"]);
    assert!(output.status.success(), "{output:?}");
    assert!(before != everything(&gateway), "a password that changes is seen");
}

#[test]
fn whoever_is_made_somebody_elses_by_a_group_of_the_same_file_keeps_no_password_whatever_comes_first() {
    let people = |name: &str| {
        let member = format!("uid={name},ou=people,{BASE}");
        format!(
            "{}{}dn: cn=inner-{name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: inner-{name}\nmember: {member}\n\n",
            person(name, &member, PASSWORD),
            person(
                &format!("{name}-own"),
                &format!("uid={name}-own,ou=people,{BASE}"),
                PASSWORD
            ),
        )
    };
    let outer = |name: &str| {
        let members = ["early", "late"]
            .map(|name| format!("member: cn=inner-{name},ou=groups,{BASE}\n"))
            .concat();
        format!("dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n{members}\n")
    };
    let taken_out = |name: &str| format!("uid={name},ou=people,{BASE} brought a password");
    // Where nothing runs, in one batch; the group that the rules name comes last.
    let mut gateway = Gateway::start_with(&settings(&policy("text", RULES), ""));
    gateway.kill();
    let file = gateway.folder().join("new.ldif");
    std::fs::write(&file, format!("{}{}", people("early"), outer("sso"))).unwrap();
    let output = postern(&gateway, &["import", "new.ldif"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(&taken_out("early")), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("4 entries imported"));
    assert!(!said.contains("early-own"), "{said}");
    gateway.start_again();
    // Beside a gateway that runs: the group is there, and its member's group is not yet.
    std::fs::write(&file, people("late")).unwrap();
    let output = postern(&gateway, &["import", "new.ldif"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(&taken_out("late")), "{said}");
    for (name, code) in [("early", 49), ("early-own", 0), ("late", 49), ("late-own", 0)] {
        let dn = format!("uid={name},ou=people,{BASE}");
        assert_eq!(gateway.tls_client().bind(1, &dn, PASSWORD).code, Some(code), "{name}");
    }
}

#[test]
fn an_empty_directory_can_be_filled_while_rules_ask_for_groups() {
    let gateway = Gateway::start_with(&settings(&policy("text", RULES), ""));
    assert_eq!(gateway.tls_client().bind(1, &dn("active"), PASSWORD).code, Some(0));
}

#[test]
fn who_is_the_directorys_own_gets_one_in_every_way_that_works_at_a_slapd() {
    let gateway = embedded("text");
    let mut desk = signed_in(&gateway, DESK);
    for uid in ["own", "localmail"] {
        let target = dn(uid);
        let ways = [
            federated::modifies(1000, &target),
            federated::extended(1000, uid, &target),
        ];
        for way in ways.into_iter().flatten().filter(|way| way.works) {
            let answer = desk.ask(&way.request).remove(0);
            assert_eq!(answer.code, Some(0), "{uid}: {}: {answer:?}", way.word);
        }
    }
}

/// A gateway with a directory of its own and these rules, which came after the accounts; the names may write everything.
fn embedded(surface: &str) -> Gateway {
    let accounts = accounts().replace("{SASL}passed@EXAMPLE.ORG", PASSWORD);
    let gateway = Gateway::start_with(&settings(&policy(surface, ""), &accounts));
    gateway.write_policy("policy.toml", &policy(surface, RULES));
    gateway
}

fn settings(policy: &str, accounts: &str) -> GatewaySettings {
    let administrators = [DESK, TOOL, ADMINISTRATOR].map(|name| format!("\"{name}\"")).join(", ");
    GatewaySettings {
        policy: Some(policy.to_owned()),
        directory: format!("administrators = [{administrators}]\nhashing = {{ memory_kib = 8192, passes = 1 }}"),
        ldif: Some(people::ldif(0, &format!("{}{accounts}", people::administrator()))),
        ..GatewaySettings::embedded("")
    }
}

/// Everything the directory holds, hashes too; but for what each sign-in changes.
fn everything(gateway: &Gateway) -> String {
    let output = postern(gateway, &["export"]);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    let kept = told.lines().filter(|line| !line.starts_with("pwdLastSuccess: "));
    kept.collect::<Vec<_>>().join("\n")
}

fn postern(gateway: &Gateway, arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command
        .args(arguments)
        .args(["--config", "gateway.toml"])
        .current_dir(gateway.folder());
    command.output().unwrap()
}
