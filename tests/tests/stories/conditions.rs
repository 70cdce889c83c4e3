//! Policies with conditions: who is who, from where, and when.

use postern_tests::people::{BASE, PASSWORD, SERVICE, dn};
use postern_tests::request::{Scope, search};
use postern_tests::{Gateway, Slapd, Wire, eventually};
use std::time::Duration;

/// Only for people, and only what is theirs.
const PEOPLE: &str = "priority = 5\n[[policy]]\nroute = \"*\"\naccounts = [\"OU=People, dc=example,dc=org\"]\n\
                      pass.base_dns = [\"ou=people,dc=example,dc=org\"]\n";

fn reach(client: &mut Wire, id: u32, base: &str) -> Option<u32> {
    let answers = client.ask(&search(id, base, Scope::Base, "objectClass", &["1.1"], &[]));
    answers.last().and_then(|answer| answer.code)
}

#[test]
fn what_a_session_may_reach_follows_who_signs_in_on_it() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    gateway.write_policy("people.toml", PEOPLE);
    let services = format!("ou=services,{BASE}");
    let mut client = gateway.tls_client();
    assert_eq!(reach(&mut client, 1, &services), Some(0), "nobody is no person");
    assert_eq!(client.bind(2, &dn("active"), PASSWORD).code, Some(0));
    assert_eq!(reach(&mut client, 3, &services), Some(50));
    assert_eq!(reach(&mut client, 4, &dn("active")), Some(0));
    assert_eq!(client.bind(5, SERVICE, PASSWORD).code, Some(0));
    assert_eq!(reach(&mut client, 6, &services), Some(0), "a service is no person");
    assert_eq!(client.bind(7, &dn("active").to_uppercase(), PASSWORD).code, Some(0));
    assert_eq!(reach(&mut client, 8, &services), Some(50), "in whatever spelling");
    assert_eq!(client.bind(9, &dn("active"), "wrong").code, Some(49));
    assert_eq!(
        reach(&mut client, 10, &services),
        Some(0),
        "who failed to sign in is nobody"
    );
}

#[test]
fn whom_the_rules_turn_away_reaches_what_nobody_does() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    gateway.write_policy(
        "people.toml",
        &format!("{PEOPLE}standing.active.verdict = \"refuse\"\n"),
    );
    let services = format!("ou=services,{BASE}");
    let mut client = gateway.tls_client();
    assert_eq!(client.bind(1, &dn("active"), PASSWORD).code, Some(49));
    assert_eq!(reach(&mut client, 2, &services), Some(0));
    assert_eq!(client.bind(3, SERVICE, PASSWORD).code, Some(0));
    assert_eq!(reach(&mut client, 4, &services), Some(0));
}

#[test]
fn a_name_of_any_length_is_asked_about_as_a_whole() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    gateway.write_policy("people.toml", PEOPLE);
    let services = format!("ou=services,{BASE}");
    // Cut off anywhere, the name would be one of somebody else's.
    for spaces in [100, 483, 484, 485, 486, 600, 1200] {
        let mut client = gateway.tls_client();
        let name = format!("uid=active,{}ou=people,{BASE}", " ".repeat(spaces));
        if client.bind(1, &name, PASSWORD).code == Some(0) {
            assert_eq!(reach(&mut client, 2, &services), Some(50), "{spaces}");
        }
    }
}

#[test]
fn where_a_sign_in_comes_from_decides_and_the_audit_line_names_the_rule() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let plain = "priority = 5\n[[policy]]\nroute = \"*\"\n\
                 when = 'network(client, \"127.0.0.0/8\") && listener == \"ldap\" && !protected'\n\
                 standing.active.verdict = \"refuse\"\nmessages.active = \"Come in by the other door\"\n";
    gateway.write_policy("plain.toml", plain);
    let refused = gateway.client().bind(1, &dn("active"), PASSWORD);
    assert_eq!((refused.code, &*refused.text), (Some(49), "Come in by the other door"));
    assert_eq!(gateway.tls_client().bind(1, &dn("active"), PASSWORD).code, Some(0));
    let mut client = gateway.client();
    client.start_tls(1, &gateway.ca_file());
    assert_eq!(client.bind(2, &dn("active"), PASSWORD).code, Some(0));
    let rules: Vec<_> = gateway.audit().iter().map(|line| line["rule"].to_string()).collect();
    assert!(
        rules.contains(&"\"plain.toml:policy[0].standing.active.verdict\"".to_owned()),
        "{rules:?}"
    );
}

#[test]
fn a_session_ends_with_the_window_of_time_it_was_let_in_for() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let mut client = gateway.tls_client();
    assert_eq!(client.bind(1, &dn("active"), PASSWORD).code, Some(0));
    let mut service = gateway.tls_client();
    assert_eq!(service.bind(1, SERVICE, PASSWORD).code, Some(0));
    // Late enough for the file to be in force before.
    #[allow(clippy::disallowed_methods, reason = "the gateway of a story goes by the real clock")]
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4);
    let window = format!(
        "priority = 5\n[[policy]]\nroute = \"*\"\naccounts = [\"ou=people,{BASE}\"]\nwhen = 'time >= timestamp(\"{end}\")'\n\
         standing.active.verdict = \"refuse\"\nmessages.active = \"Not at this hour\"\n"
    );
    gateway.write_policy("window.toml", &window);
    let notice = client.expect_notice();
    assert_eq!(notice.code, Some(8), "{notice:?}");
    let refused = gateway.tls_client().bind(1, &dn("active"), PASSWORD);
    assert_eq!((refused.code, &*refused.text), (Some(49), "Not at this hour"));
    assert_eq!(reach(&mut service, 2, BASE), Some(0), "others go on");
}

#[test]
fn a_condition_that_cannot_be_evaluated_refuses_counts_and_is_told() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let broken = "priority = 5\ntime_zone = \"UTC\"\n[[policy]]\nroute = \"*\"\nwhen = 'network(client, \"127.0.0.0/8\") && 1 / (hour - hour) == 1'\n\
                  standing.active.verdict = \"refuse\"\n";
    gateway.write_policy("broken.toml", broken);
    assert_eq!(gateway.tls_client().bind(1, &dn("active"), PASSWORD).code, Some(49));
    assert!(gateway.metrics().sum("postern_policy_conditions_unclear_total", &[]) > 0.5);
    eventually("the log tells it", Duration::from_secs(20), || {
        let told = gateway.output();
        (told.contains("a condition cannot be evaluated") && told.contains("broken.toml:policy[0].when")).then_some(())
    });
}
