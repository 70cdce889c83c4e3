//! Very many clients at once.

use super::{entries, serves, sign_in};
use postern_tests::people::{self, PASSWORD};
use postern_tests::{Gateway, GatewaySettings, Slapd, Wire, eventually, request};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::time::Duration;

const CROWD: usize = 2000;

#[test]
fn two_thousand_clients_at_once_are_all_served() {
    let slapd = {
        // Before slapd starts, which takes its own limit from ours.
        allow_open_files();
        Slapd::start()
    };
    let gateway = Gateway::start_with(&GatewaySettings {
        lanes: "max = 4000\nidle = 64".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let mut wires: Vec<Wire> = (0..CROWD).map(|_| gateway.client()).collect();
    eventually("all are connected", Duration::from_secs(20), || {
        (sessions(&gateway) >= CROWD).then_some(())
    });
    // All ask before anybody reads an answer.
    for wire in &mut wires {
        wire.send(&request::bind(1, &people::dn("active"), PASSWORD, &[]));
    }
    for wire in &mut wires {
        assert_eq!(wire.answer().code, Some(0));
    }
    for wire in &mut wires {
        assert_eq!(entries(wire, 2, "active"), 1);
    }
    drop(wires);
    eventually("all have gone", Duration::from_secs(20), || {
        (sessions(&gateway) < 1).then_some(())
    });
    serves(&gateway);
}

#[test]
fn clients_beyond_the_limit_are_told_that_it_is_busy() {
    let slapd = Slapd::start();
    let gateway = Gateway::start_with(&GatewaySettings {
        limits: "connections = 10".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    eventually("the harness' own looks are over", Duration::from_secs(5), || {
        (sessions(&gateway) < 1).then_some(())
    });
    let wires: Vec<Wire> = (0..10).map(|_| sign_in(&gateway, "active").0).collect();
    let mut turned_away = gateway.client();
    assert_eq!(turned_away.expect_notice().code, Some(51));
    drop(wires);
    eventually("there is room again", Duration::from_secs(5), || {
        (sessions(&gateway) < 1).then_some(())
    });
    serves(&gateway);
}

#[test]
fn a_sign_in_that_finds_every_lane_in_use_is_busy_and_not_wrong() {
    let slapd = Slapd::start();
    let gateway = Gateway::start_with(&GatewaySettings {
        lanes: "max = 2\nidle = 2\nwait_ms = 100".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let held: Vec<Wire> = (0..2).map(|_| sign_in(&gateway, "active").0).collect();
    let (_, answer) = sign_in(&gateway, "active");
    assert_eq!(answer.code, Some(51), "{answer:?}");
    drop(held);
    eventually("a lane is free", Duration::from_secs(5), || {
        (sign_in(&gateway, "active").1.code == Some(0)).then_some(())
    });
}

fn sessions(gateway: &Gateway) -> usize {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of connections"
    )]
    let count = gateway.metrics().sum("postern_ldap_sessions", &[]) as usize;
    count
}

/// As many as the system lets us: a crowd has two ends, and both are this machine's.
fn allow_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("more open files");
    let enough = limit.current.is_none_or(|files| files >= 3 * CROWD as u64);
    assert!(
        enough,
        "this story needs {} open files; `ulimit -Hn` allows {:?}",
        3 * CROWD,
        limit.current
    );
}
