//! Who is told whose a password is, and who is not.

use super::*;
use postern_tests::gateway::program;
use postern_tests::request::Change;
use std::process::Command;

const NEW: &str = "another-secret-5678";

fn ways(id: u32, target: &str) -> [Vec<u8>; 2] {
    [
        request::password_modify(id, Some(target), None, Some(NEW), &[]),
        request::modify(id, target, &[(Change::Replace, "userPassword", &[NEW])], &[]),
    ]
}

#[test]
fn the_account_itself_and_whom_the_rule_names_are_told_the_page() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", RULES);
    for who in [name("erin"), DESK.to_owned()] {
        let mut wire = signed_in(&gateway, &who);
        for request in ways(7, &name("erin")) {
            let answer = wire.ask(&request).remove(0);
            assert_eq!(answer.code, Some(53), "{who}");
            assert_eq!(
                answer.text, "this password is kept by example-sso: change it at https://sso.example.com/forgot",
                "{who}"
            );
        }
    }
    let line = audited(&gateway, "the refusal is on record", |line| {
        line["outcome"] == "refused" && line["account"] == DESK
    });
    assert_eq!(line["rule"], "policy.toml:authority.marked");
    assert_eq!(line["owner"], "provider example-sso");
    assert_eq!(line["entry"], name("erin"));
}

#[test]
fn whoever_may_not_write_a_local_password_either_sees_no_difference() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", RULES);
    // Somebody with no rights at all: slapd's own answer is what it would be without us.
    let mut wire = signed_in(&gateway, &dn("user0001"));
    for number in 0..2 {
        let local = wire.ask(&ways(7, &dn("user0002"))[number]).remove(0);
        assert_eq!(local.code, Some(50));
        for (uid, _) in FEDERATED {
            let other = wire.ask(&ways(7, &name(uid))[number]).remove(0);
            assert_eq!(other.octets, local.octets, "{uid}: {other:?} {local:?}");
        }
        let nobody = wire.ask(&ways(7, &dn("nobody"))[number]).remove(0);
        assert_eq!(nobody.code, Some(32), "{nobody:?}");
    }
    // Nobody at all: the same for everybody, those who do not exist too.
    let mut nobody = gateway.client();
    for number in 0..2 {
        let local = nobody.ask(&ways(7, &dn("user0002"))[number]).remove(0);
        assert_eq!(local.code, Some(8));
        for uid in ["erin", "partner", "passed", "nobody"] {
            let other = nobody.ask(&ways(7, &name(uid))[number]).remove(0);
            assert_eq!(other.octets, local.octets, "{uid}");
        }
    }
}

#[test]
fn signing_in_is_as_it_was() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", RULES);
    for (uid, _) in FEDERATED.into_iter().filter(|(uid, _)| *uid != "passed") {
        let right = gateway.client().bind(1, &name(uid), PASSWORD);
        let local = gateway.client().bind(1, &dn("user0001"), PASSWORD);
        assert_eq!(right.octets, local.octets, "{uid}");
        let wrong = gateway.client().bind(1, &name(uid), "not it");
        let nobody = gateway.client().bind(1, &dn("nobody"), "not it");
        assert_eq!(wrong.octets, nobody.octets, "{uid}");
    }
}

#[test]
fn a_must_change_account_of_somebody_else_is_told_so_and_stays_restricted() {
    let slapd = slapd();
    let partners = "when.subtree = \"ou=partners,dc=example,dc=org\"";
    let with_one_more = format!("when.subtree = [\"ou=partners,{BASE}\", \"{}\"]", dn("must-change-01"));
    let more = RULES.replace(partners, &with_one_more);
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(policies::like_generic("ppolicy", &more).replace(
            "[policy.standing.must_change]\nverdict = \"refuse\"",
            "[policy.standing.must_change]\nverdict = \"restrict\"",
        )),
        ..GatewaySettings::new("", &[slapd.url()])
    });
    for (uid, code) in [("must-change-01", 53), ("must-change-02", 0)] {
        let mut wire = gateway.client();
        assert_eq!(wire.bind(1, &dn(uid), PASSWORD).code, Some(0), "{uid}");
        let before = dump(&slapd);
        let change = request::password_modify(2, None, None, Some(NEW), &[]);
        let answer = wire.ask(&change).remove(0);
        assert_eq!(answer.code, Some(code), "{uid}: {answer:?}");
        assert_eq!(before == dump(&slapd), code != 0, "{uid}");
        let search = request::search(3, BASE, Scope::Base, "objectClass", &[], &[]);
        let code_after = wire.ask(&search).pop().unwrap().code;
        assert_eq!(code_after == Some(0), code == 0, "{uid}");
    }
}

#[test]
fn without_a_service_account_or_with_the_directory_away_nothing_is_written() {
    let mut slapd = slapd();
    let blind = Gateway::start_with(&GatewaySettings {
        policy: Some(policy("text", RULES)),
        service_account: false,
        ..GatewaySettings::new("", &[slapd.url()])
    });
    let mut wire = signed_in(&blind, &dn("user0001"));
    for target in [dn("user0001"), dn("erin")] {
        for request in ways(7, &target) {
            let answer = wire.ask(&request).remove(0);
            assert_eq!(
                (answer.code, &*answer.text),
                (Some(53), "it cannot be found out here who keeps a password")
            );
        }
    }
    let gateway = gateway(&slapd, "text", RULES);
    let mut wire = signed_in(&gateway, &dn("user0001"));
    slapd.kill();
    let answer = wire.try_ask(&ways(7, &dn("user0001"))[0]);
    // Either the lane's end is noticed first, or the service account's.
    if let Ok(answers) = answer {
        assert_ne!(answers[0].code, Some(0), "{answers:?}");
    }
    slapd.start_again();
    assert_eq!(gateway.client().bind(1, &dn("user0001"), PASSWORD).code, Some(0));
}

/// What `postern explain` says of an account's password, for a program and for a person.
fn explained(gateway: &Gateway, user: &str) -> (serde_json::Value, String) {
    let run = |more: &[&str]| {
        let ran = Command::new(program())
            .args(["explain", "--route", "applications", "--user", user, "--config"])
            .arg(gateway.folder().join("gateway.toml"))
            .args(more)
            .current_dir(gateway.folder())
            .output()
            .expect("the program runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    let told: serde_json::Value = serde_json::from_str(&run(&["--json"])).unwrap();
    (told["password"].clone(), run(&[]))
}

#[test]
fn explain_names_the_owner_the_rule_and_what_every_rule_said() {
    let slapd = slapd();
    let gateway = gateway(&slapd, "text", RULES);
    for (uid, owner, rule) in [
        ("user0001", "directory people", "policy.toml:authority.everybody-else"),
        ("erin", "provider example-sso", "policy.toml:authority.marked"),
        ("glass", "directory people", "policy.toml:authority.glass"),
        (
            "mailed",
            "directory people and provider mail-sso",
            "policy.toml:authority.elsewhere",
        ),
        ("hidden", "nobody known", "policy.toml:authority.hidden"),
        ("passed", "nobody known", "built-in:password-checked-elsewhere"),
    ] {
        let (password, text) = explained(&gateway, &name(uid));
        assert_eq!(password["owner"], owner, "{uid}");
        assert_eq!(password["rule"], rule, "{uid}");
        assert_eq!(
            password["may_be_written_here"],
            rule.ends_with("everybody-else") || rule.ends_with("glass"),
            "{uid}"
        );
        assert!(text.contains(&format!("of {owner} ({rule})")), "{text}");
    }
    let (password, text) = explained(&gateway, &name("erin"));
    assert_eq!(password["page"], "https://sso.example.com/forgot");
    assert_eq!(password["rules"][0]["holds"], "no");
    assert_eq!(password["rules"][1]["rule"], "policy.toml:authority.marked");
    assert_eq!(password["rules"][1]["holds"], "yes");
    assert!(
        text.contains("because policy.toml:authority.marked: yes") && text.contains("it is not written here"),
        "{text}"
    );
    let (password, text) = explained(&gateway, &name("hidden"));
    assert_eq!(password["not_seen"][0], "departmentnumber");
    assert!(
        text.contains("the service account may not see departmentnumber"),
        "{text}"
    );
}
