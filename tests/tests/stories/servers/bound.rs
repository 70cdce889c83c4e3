//! Whoever is signed in does not stay so whatever happens to the account.

use super::{QUICK, SOON, describe, ends, reads, sign_in};
use postern_tests::people;
use postern_tests::policies::like_generic;
use postern_tests::replicas::administer;
use postern_tests::request::{self, Change};
use postern_tests::{Gateway, GatewaySettings, Slapd, Wire, eventually};

/// A gateway that looks at accounts every second.
fn looking(slapd: &Slapd, surface: &str, more: &str) -> Gateway {
    let more = format!("{more}\n[[policy]]\nroute = \"*\"\npass.recheck_seconds = 1\n");
    Gateway::start_with(&GatewaySettings {
        policy: Some(like_generic(surface, &more)),
        directory: format!("default_policy_dn = \"cn=default,ou=policies,{}\"", people::BASE),
        limits: QUICK.to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    })
}

/// How often accounts were found as they were.
fn looks(gateway: &Gateway, result: &str) -> f64 {
    gateway
        .metrics()
        .sum("postern_ldap_rechecks_total", &[("result", result)])
}

/// Waits until so many more looks have come to this.
fn after_looks(gateway: &Gateway, result: &str, more: f64) {
    let before = looks(gateway, result);
    eventually("accounts are looked at", SOON, || {
        (looks(gateway, result) >= before + more).then_some(())
    });
}

#[test]
fn an_account_locked_by_an_administrator_or_deleted_loses_its_sessions_and_no_others() {
    let slapd = Slapd::start_with(&postern_tests::SlapdSettings {
        users: 3,
        ..Default::default()
    });
    let gateway = looking(&slapd, "text", "");
    let (mut locked, _) = sign_in(&gateway, "user0001");
    let (mut also_locked, _) = sign_in(&gateway, "user0001");
    let (mut deleted, _) = sign_in(&gateway, "user0002");
    let (mut stays, _) = sign_in(&gateway, "user0003");
    after_looks(&gateway, "found", 4.0);
    for wire in [&mut locked, &mut also_locked, &mut deleted, &mut stays] {
        assert_eq!(reads(wire, 2, "user0003"), Some(0), "nobody is sent away for nothing");
    }
    administer(
        &slapd,
        "user0001",
        Change::Replace,
        "pwdAccountLockedTime",
        &["000001010000Z"],
    );
    for wire in [&mut locked, &mut also_locked] {
        let notice = wire.expect_notice();
        assert_eq!(notice.code, Some(8), "{notice:?}");
    }
    let mut administrator = Wire::connect(slapd.address());
    assert_eq!(
        administrator
            .bind(1, people::ADMINISTRATOR, people::ADMINISTRATOR_PASSWORD)
            .code,
        Some(0)
    );
    let gone = administrator
        .ask(&request::delete(2, &people::dn("user0002")))
        .remove(0);
    assert_eq!(gone.code, Some(0), "{gone:?}");
    assert_eq!(deleted.expect_notice().code, Some(8));
    after_looks(&gateway, "found", 1.0);
    assert_eq!(reads(&mut stays, 3, "user0003"), Some(0));
    let lines = ends(&gateway, 3);
    let ends = |account: &str| {
        let of_account = lines.iter().filter(|line| line["account"] == people::dn(account));
        of_account
            .map(|line| {
                let state = line["state"].as_str().unwrap_or("-");
                (line["rule"].as_str().unwrap().to_owned(), state.to_owned())
            })
            .collect::<Vec<_>>()
    };
    let by_policy = ends("user0001");
    assert_eq!(by_policy.len(), 2, "one line a session: {by_policy:?}");
    assert!(
        by_policy
            .iter()
            .all(|(rule, state)| rule.contains("standing.locked") && state == "locked"),
        "{by_policy:?}"
    );
    assert_eq!(ends("user0002"), [("built-in:account-gone".to_owned(), "-".to_owned())]);
    assert_eq!(ends("user0003"), []);
}

#[test]
fn an_account_whose_password_somebody_reset_may_only_change_it_from_then_on() {
    let slapd = Slapd::start();
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(
            "priority = 1\n[[policy]]\nroute = \"*\"\nsurface = \"ppolicy\"\npass.recheck_seconds = 1\n\
             standing.must_change.verdict = \"restrict\"\n"
                .to_owned(),
        ),
        directory: format!("default_policy_dn = \"cn=default,ou=policies,{}\"", people::BASE),
        limits: QUICK.to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let (mut wire, answer) = sign_in(&gateway, "active");
    assert_eq!(answer.code, Some(0));
    assert_eq!(reads(&mut wire, 2, "active"), Some(0));
    administer(&slapd, "active", Change::Replace, "pwdReset", &["TRUE"]);
    let mut id = 3;
    eventually("it is restricted", SOON, || {
        id += 1;
        (reads(&mut wire, id, "active") == Some(50)).then_some(())
    });
    let change = request::password_modify(100, None, Some(people::PASSWORD), Some("another-secret-1"), &[]);
    let changed = wire.ask(&change).remove(0);
    assert_eq!(changed.code, Some(0), "{changed:?}");
    assert_eq!(reads(&mut wire, 101, "active"), Some(0), "and then everything again");
    after_looks(&gateway, "found", 2.0);
    assert_eq!(
        reads(&mut wire, 102, "active"),
        Some(0),
        "an old finding does not count"
    );
}

#[test]
fn others_who_lock_an_account_by_guessing_do_not_send_its_owner_away() {
    let slapd = Slapd::start();
    let gateway = looking(&slapd, "text", "");
    let (mut wire, _) = sign_in(&gateway, "active");
    let mut guesser = Wire::connect(slapd.address());
    for id in 1..=6 {
        assert_eq!(guesser.bind(id, &people::dn("active"), "guess").code, Some(49));
    }
    let locked = postern_tests::replicas::value(&slapd, &people::dn("active"), "pwdAccountLockedTime");
    assert!(locked.is_some(), "the directory has locked it");
    after_looks(&gateway, "found", 3.0);
    assert_eq!(reads(&mut wire, 2, "active"), Some(0));
}

#[test]
fn look_ups_that_fail_are_counted_and_end_no_session() {
    let slapd = Slapd::start();
    // The service account has another password now than the gateway was told.
    let mut administrator = Wire::connect(slapd.address());
    administrator.bind(1, people::ADMINISTRATOR, people::ADMINISTRATOR_PASSWORD);
    let changed = administrator
        .ask(&request::password_modify(
            2,
            Some(people::SERVICE),
            None,
            Some("something-else-1"),
            &[],
        ))
        .remove(0);
    assert_eq!(changed.code, Some(0), "{changed:?}");
    let gateway = looking(&slapd, "text", "");
    let (mut wire, _) = sign_in(&gateway, "active");
    after_looks(&gateway, "failed", 3.0);
    assert_eq!(reads(&mut wire, 2, "active"), Some(0));
    assert!(looks(&gateway, "gone") + looks(&gateway, "found") < 0.5);
}

#[test]
fn a_sign_in_that_is_too_old_ends_when_its_answers_are_there() {
    let slapd = Slapd::start();
    let policy = like_generic(
        "text",
        "\n[[policy]]\nroute = \"*\"\npass.max_bound_age_seconds = 2\npass.recheck_seconds = 0\n",
    );
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(policy),
        directory: format!("default_policy_dn = \"cn=default,ou=policies,{}\"", people::BASE),
        limits: QUICK.to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let (mut wire, _) = sign_in(&gateway, "active");
    let mut anonymous = gateway.client();
    assert_eq!(reads(&mut anonymous, 1, "active"), Some(0));
    let written = wire.ask(&describe(2, "active", "in time")).remove(0);
    assert_eq!(written.code, Some(0), "{written:?}");
    // What is under way when the time is up is answered first.
    slapd.freeze();
    wire.send(&describe(3, "active", "late"));
    assert_eq!(ends(&gateway, 1).len(), 1, "its time is up");
    slapd.thaw();
    let answer = wire.answer();
    assert_eq!((answer.id, answer.code), (3, Some(0)), "{answer:?}");
    let notice = wire.expect_notice();
    assert_eq!(notice.code, Some(8), "{notice:?}");
    assert!(notice.text.contains("too old"), "{notice:?}");
    assert_eq!(reads(&mut anonymous, 2, "active"), Some(0), "who is nobody has no age");
    let lines = gateway.audit();
    let ends: Vec<_> = lines.iter().filter(|line| line["operation"] == "session").collect();
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert!(
        ends[0]["rule"].as_str().unwrap().contains("max_bound_age_seconds"),
        "{ends:?}"
    );
}
