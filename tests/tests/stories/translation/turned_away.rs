//! Whoever must change the password cannot sign in to Samba. Before it, by the preset `sssd`, they are let in for that.

use super::{NEW, OTHER, WRONG, error, modify};
use postern_tests::request::{self, Scope};
use postern_tests::samba::people::{self, LOCKOUT_THRESHOLD};
use postern_tests::{Answer, Gateway, GatewaySettings, PASSWORD, Samba, Wire, eventually, policies};
use std::time::Duration;

/// The control that asks for a new password.
const CHANGE: &[u8] = &[0x30, 3, 0x81, 1, 2];

#[test]
fn whoever_must_change_the_password_is_let_in_for_that_changes_it_and_is_in() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("sssd"));
    let names = [
        people::dn("must-change-01"),
        people::upn("must-change-02"),
        people::domain_name("must-change-03"),
        people::dn("expired"),
    ];
    for name in &names {
        let mut wire = gateway.tls_client();
        let answer = bind(&mut wire, name, PASSWORD);
        assert_eq!(
            (answer.code, answer.password_policy()),
            (Some(0), Some(CHANGE)),
            "{name}: {answer:?}"
        );

        let search = request::search(2, people::BASE, Scope::Base, "objectClass", &["cn"], &[]);
        assert_eq!(wire.ask(&search)[0].code, Some(50), "{name}: nothing else");
        let root_dse = request::root_dse(3, &["namingContexts"]);
        assert_eq!(
            wire.ask(&root_dse)[0].code,
            Some(50),
            "{name}: there is no lane to ask on"
        );

        for (case, whose, old, new, code, why) in [
            ("without the old one", None, None, Some(NEW), 50, Some(4)),
            ("without a new one", None, Some(PASSWORD), None, 53, Some(5)),
            ("a wrong old one", None, Some(WRONG), Some(NEW), 53, None),
            ("too short", None, Some(PASSWORD), Some("Ab-1"), 19, Some(6)),
            (
                "too simple",
                None,
                Some(PASSWORD),
                Some("only-small-letters"),
                19,
                Some(5),
            ),
            ("the same again", None, Some(PASSWORD), Some(PASSWORD), 19, Some(8)),
        ] {
            let answer = modify(&mut wire, whose, old, new);
            assert_eq!(
                (answer.code, error(&answer)),
                (Some(code), why),
                "{name}, {case}: {answer:?}"
            );
        }
        let another = modify(&mut wire, Some(&people::dn("spare-20")), Some(PASSWORD), Some(NEW));
        assert_eq!(another.code, Some(50), "{name}: nobody else's: {another:?}");
        assert_eq!(samba.tls_client().bind(1, &people::dn("spare-20"), NEW).code, Some(49));

        let answer = modify(&mut wire, None, Some(PASSWORD), Some(NEW));
        assert_eq!((answer.code, error(&answer)), (Some(0), None), "{name}: {answer:?}");
        let answers = wire.ask(&search);
        assert_eq!(answers.last().unwrap().code, Some(0), "{name}: signed in: {answers:?}");
        assert_eq!(samba.tls_client().bind(1, name, NEW).code, Some(0), "{name}");
    }
}

#[test]
fn the_change_is_its_owners_and_not_the_service_accounts() {
    let samba = Samba::start();
    // It may reset nobody's password, and need not.
    let gateway = Gateway::start_with(&GatewaySettings {
        bind_dn: people::dn("spare-10"),
        ..samba.behind("sssd")
    });
    let mut wire = gateway.tls_client();
    let name = people::dn("must-change-04");
    assert_eq!(bind(&mut wire, &name, PASSWORD).code, Some(0));
    let own = modify(&mut wire, Some(&name), Some(PASSWORD), Some(NEW));
    assert_eq!(own.code, Some(0), "{own:?}");
    assert_eq!(samba.tls_client().bind(1, &name, NEW).code, Some(0));
    let again = modify(&mut wire, None, Some(NEW), Some(OTHER));
    assert_eq!(again.code, Some(0), "and again, now on its own lane: {again:?}");
}

#[test]
fn nobody_else_is_let_in_and_nobody_without_the_password() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("sssd"));
    let wrong = bind(&mut gateway.tls_client(), &people::dn("active"), WRONG);
    assert_eq!((wrong.code, wrong.password_policy()), (Some(49), Some(&[0x30, 0][..])));
    for (name, password) in [
        ("must-change-05", WRONG),
        ("expired", WRONG),
        ("locked-must-change", PASSWORD),
        ("locked-by-failures", PASSWORD),
        ("nobody", PASSWORD),
    ] {
        let mut wire = gateway.tls_client();
        let answer = bind(&mut wire, &people::dn(name), password);
        assert_eq!(answer.octets, wrong.octets, "{name}: {answer:?}");
        let change = modify(&mut wire, None, Some(PASSWORD), Some(NEW));
        assert_ne!(change.code, Some(0), "{name}: {change:?}");
    }
    for name in ["disabled-must-change", "disabled", "ended", "outside-hours"] {
        let answer = bind(&mut gateway.tls_client(), &people::dn(name), PASSWORD);
        assert_eq!(answer.code, Some(49), "{name}: {answer:?}");
    }
    for preset in ["generic", "keycloak-ad"] {
        let gateway = Gateway::start_with(&samba.behind(preset));
        let answer = bind(&mut gateway.tls_client(), &people::dn("must-change-05"), PASSWORD);
        assert_eq!(answer.code, Some(49), "{preset}: {answer:?}");
    }
    // Without a service account there is nobody to change it.
    let gateway = Gateway::start_with(&GatewaySettings {
        service_account: false,
        ..samba.behind("sssd")
    });
    let answer = bind(&mut gateway.tls_client(), &people::dn("must-change-05"), PASSWORD);
    assert_eq!(answer.code, Some(49), "{answer:?}");
}

#[test]
fn wrong_old_passwords_do_not_lock_the_account() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("sssd"));
    let name = people::dn("must-change-06");
    let mut wire = gateway.tls_client();
    assert_eq!(bind(&mut wire, &name, PASSWORD).code, Some(0));
    let mut seen = Vec::new();
    for number in 0..3 * LOCKOUT_THRESHOLD {
        seen.push(modify(&mut wire, None, Some(&format!("{WRONG}-{number}")), Some(NEW)).octets);
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "whether Samba was asked cannot be told");
    let answer = samba.tls_client().bind(1, &name, PASSWORD);
    assert!(
        answer.text.contains("data 773"),
        "the account is not locked: {answer:?}"
    );
}

#[test]
fn a_second_bind_ends_what_the_first_was_let_in_for() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&samba.behind("sssd"));
    let mut wire = gateway.tls_client();
    assert_eq!(bind(&mut wire, &people::dn("must-change-07"), PASSWORD).code, Some(0));
    assert_eq!(bind(&mut wire, &people::dn("spare-11"), PASSWORD).code, Some(0));
    let change = modify(&mut wire, None, Some(PASSWORD), Some(NEW));
    assert_eq!(change.code, Some(0), "its own: {change:?}");
    assert_eq!(samba.tls_client().bind(1, &people::dn("spare-11"), NEW).code, Some(0));
    assert_eq!(bind(&mut wire, &people::dn("must-change-07"), WRONG).code, Some(49));
    let change = modify(&mut wire, None, Some(PASSWORD), Some(NEW));
    assert_ne!(change.code, Some(0), "{change:?}");
    let answer = samba.tls_client().bind(1, &people::dn("must-change-07"), PASSWORD);
    assert!(answer.text.contains("data 773"), "{answer:?}");
}

#[test]
fn rules_that_change_meanwhile_let_nobody_in_for_more() {
    let samba = Samba::start();
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(rules("restrict", "")),
        ..samba.behind("generic")
    });
    let mut wire = gateway.tls_client();
    assert_eq!(bind(&mut wire, &people::dn("must-change-08"), PASSWORD).code, Some(0));
    gateway.write_policy("policy.toml", &rules("allow", ""));
    eventually("the new rules are in force", Duration::from_secs(20), || {
        (gateway.generation() > 1.0).then_some(())
    });
    let search = request::search(2, people::BASE, Scope::Base, "objectClass", &["cn"], &[]);
    wire.send(&search);
    wire.expect_notice();
    let answer = bind(&mut gateway.tls_client(), &people::dn("must-change-08"), PASSWORD);
    assert_eq!(
        answer.code,
        Some(49),
        "\"allow\" lets in nobody whom the directory turned away: {answer:?}"
    );
}

#[test]
fn a_password_that_is_a_providers_is_not_changed_for_whoever_was_turned_away_either() {
    let samba = Samba::start();
    let authority = format!(
        "[[authority]]\nname = \"theirs\"\nroute = \"*\"\nowner = \"provider\"\nprovider = \"example-sso\"\nwhen.subtree = \"{}\"\n\
         [[authority]]\nname = \"ours\"\nroute = \"*\"\nowner = \"local\"\n",
        people::dn("must-change-09")
    );
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(rules("restrict", &authority)),
        ..samba.behind("generic")
    });
    for (number, name) in [
        ("must-change-09", people::upn("must-change-09")),
        ("must-change-10", people::dn("must-change-10")),
    ] {
        let theirs = number == "must-change-09";
        let mut wire = gateway.tls_client();
        assert_eq!(bind(&mut wire, &name, PASSWORD).code, Some(0), "{name}");
        let answer = modify(&mut wire, None, Some(PASSWORD), Some(NEW));
        assert_eq!(answer.code, Some(if theirs { 53 } else { 0 }), "{name}: {answer:?}");
        assert_eq!(answer.text.contains("example-sso"), theirs, "{answer:?}");
        let direct = samba.tls_client().bind(1, &name, NEW);
        assert_eq!(direct.code, Some(if theirs { 49 } else { 0 }), "{name}: {direct:?}");
    }
}

/// The preset `generic` with the control, and another verdict on who must change the password. `more` is TOML that follows.
fn rules(verdict: &str, more: &str) -> String {
    let generic = policies::like_generic("ppolicy", &format!("\n{more}"));
    let wanted = "[policy.standing.must_change]\nverdict = \"refuse\"";
    assert!(generic.contains(wanted), "the preset generic says something else now");
    generic.replace(
        wanted,
        &format!("[policy.standing.must_change]\nverdict = \"{verdict}\""),
    )
}

fn bind(wire: &mut Wire, name: &str, password: &str) -> Answer {
    let request = request::bind(1, name, password, &[&request::password_policy()]);
    wire.ask(&request).remove(0)
}
