//! A log nobody can write, signals, and the end.

use super::{entries, is_read, serves, sign_in};
use postern_tests::gateway::Output;
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, eventually};
use rustix::process::Signal;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_log_on_a_full_device_costs_lines_and_nothing_else() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start_unready(&GatewaySettings::new("generic", &[slapd.url()]), Output::Full);
    eventually("it is ready", PATIENCE, || gateway.is_ready().then_some(()));
    for _ in 0..200 {
        serves(&gateway);
    }
    eventually("lost lines are counted", PATIENCE, || {
        (gateway.metrics().sum("postern_log_lines_lost_total", &[]) > 100.0).then_some(())
    });
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.end(PATIENCE).code(), Some(0));
}

#[test]
fn sigterm_lets_what_is_in_flight_finish_and_gives_everybody_notice() {
    let slapd = Slapd::start_with(&SlapdSettings {
        users: 100,
        ..SlapdSettings::default()
    });
    let mut gateway = Gateway::start("generic", &slapd);
    let mut idle = gateway.client();
    let (mut bound, _) = sign_in(&gateway, "active");
    let mut tls = gateway.tls_client();
    assert_eq!(entries(&mut tls, 1, "active"), 1);
    let (mut busy, _) = sign_in(&gateway, "active");
    slapd.freeze();
    busy.send(&request::search(2, BASE, Scope::Subtree, "objectClass", &["cn"], &[]));
    is_read(&mut busy, 3);
    gateway.signal(Signal::TERM);
    for (wire, name) in [(&mut idle, "idle"), (&mut bound, "bound"), (&mut tls, "under TLS")] {
        assert_eq!(wire.expect_notice().code, Some(52), "{name}");
    }
    eventually("nobody is let in any more", PATIENCE, || {
        Wire::try_connect(gateway.address()).is_err().then_some(())
    });
    slapd.thaw();
    let mut found = 0;
    loop {
        let answer = busy.answer();
        if answer.code.is_some() {
            assert_eq!((answer.id, answer.code), (2, Some(0)), "{answer:?}");
            break;
        }
        found += 1;
    }
    assert!(found > 100, "{found}");
    assert_eq!(busy.expect_notice().code, Some(52));
    assert_eq!(gateway.end(PATIENCE).code(), Some(0));
}

#[test]
fn sigterm_waits_no_longer_than_it_was_told() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start_with(&GatewaySettings {
        limits: "drain_seconds = 1".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let (mut busy, _) = sign_in(&gateway, "active");
    slapd.freeze();
    busy.send(&request::search(2, BASE, Scope::Subtree, "objectClass", &["cn"], &[]));
    is_read(&mut busy, 3);
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.end(PATIENCE).code(), Some(0));
    slapd.thaw();
}

#[test]
fn a_second_sigterm_ends_it_at_once() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start_with(&GatewaySettings {
        limits: "drain_seconds = 3600".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let (mut busy, _) = sign_in(&gateway, "active");
    let mut idle = gateway.client();
    slapd.freeze();
    busy.send(&request::search(2, BASE, Scope::Subtree, "objectClass", &["cn"], &[]));
    is_read(&mut busy, 3);
    gateway.signal(Signal::TERM);
    idle.expect_notice();
    gateway.expect_running();
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.end(PATIENCE).code(), Some(0));
    slapd.thaw();
}

#[test]
fn handshakes_that_never_end_do_not_hold_up_the_end() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start_with(&GatewaySettings {
        limits: "drain_seconds = 3600\ntls_seconds = 3600".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let mut begun = Wire::connect(gateway.tls_address());
    begun.send(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]);
    let silent = Wire::connect(gateway.tls_address());
    let mut after_start_tls = gateway.client();
    assert_eq!(after_start_tls.ask(&request::start_tls(1))[0].code, Some(0));
    eventually("all three are there", PATIENCE, || {
        (gateway.metrics().sum("postern_ldap_sessions", &[]) > 2.0).then_some(())
    });
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.end(PATIENCE).code(), Some(0));
    drop(silent);
}

#[test]
fn a_sign_in_the_directory_does_not_answer_does_not_hold_up_the_end() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start_with(&GatewaySettings {
        limits: "drain_seconds = 0\nbind_seconds = 3600".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let (mut waiting, _) = sign_in(&gateway, "active");
    slapd.freeze();
    waiting.send(&request::bind(2, &people::dn("active"), PASSWORD, &[]));
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.end(PATIENCE).code(), Some(0));
    slapd.thaw();
}

#[test]
fn after_a_loss_of_power_it_starts_again_on_what_it_had() {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start("generic", &slapd);
    serves(&gateway);
    let authority = std::fs::read(gateway.ca_file()).unwrap();
    gateway.kill();
    gateway.start_again();
    serves(&gateway);
    assert_eq!(
        std::fs::read(gateway.ca_file()).unwrap(),
        authority,
        "clients still trust it"
    );
    assert_eq!(entries(&mut gateway.tls_client(), 1, "active"), 1);
}

#[test]
fn sighup_takes_up_a_changed_policy() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let before = gateway.generation();
    let file = gateway.policies().join("generic.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("surface = \"text\"", "surface = \"plain\"")).unwrap();
    gateway.signal(Signal::HUP);
    // The preset's own tests speak of the surface text, so this set may not come into force …
    eventually("the failed reload is counted", PATIENCE, || {
        (gateway
            .metrics()
            .sum("postern_policy_reloads_total", &[("result", "failed")])
            >= 1.0)
            .then_some(())
    });
    assert!((gateway.generation() - before).abs() < 0.5, "the old set is in force");
    serves(&gateway);
    // … and without them it may.
    std::fs::remove_file(gateway.policies().join("generic_test.toml")).unwrap();
    gateway.signal(Signal::HUP);
    eventually("the changed set is in force", PATIENCE, || {
        (gateway.generation() > before).then_some(())
    });
    assert_eq!(
        gateway.client().bind(1, "uid=nobody,dc=example,dc=org", "wrong").text,
        ""
    );
}
