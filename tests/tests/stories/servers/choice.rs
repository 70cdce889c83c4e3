//! Each account has its server, and what is nobody's is spread.

use super::{SOON, gateway, server_of, sign_in, sign_in_with, signed_in_at};
use postern_tests::people::{self, BASE};
use postern_tests::replicas::{Follows, Replicas, value};
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, eventually};
use std::collections::{HashMap, HashSet};

const PEOPLE: usize = 12;

fn uid(number: usize) -> String {
    format!("user{number:04}")
}

/// Where each account signs in.
fn map(gateway: &Gateway) -> HashMap<String, String> {
    (1..=PEOPLE)
        .map(|number| (uid(number), signed_in_at(gateway, &uid(number))))
        .collect()
}

#[test]
fn each_account_keeps_its_server_a_lost_one_gives_its_accounts_away_and_gets_them_back() {
    let mut replicas = Replicas::start(Follows::AtOnce, PEOPLE);
    let servers = [(&replicas.provider, ""), (&replicas.consumer, "")];
    let gateway = Gateway::start_with(&gateway("generic", "balance = \"spread\"", &servers));
    let (provider, consumer) = (replicas.provider.url(), replicas.consumer.url());
    let before = map(&gateway);
    let used: HashSet<&String> = before.values().collect();
    assert_eq!(used, HashSet::from([&provider, &consumer]), "both are used");
    assert_eq!(map(&gateway), before, "an account has one server");
    // However its name is spelt.
    let mut shouted = gateway.client();
    let answer = shouted.bind(1, &people::dn(&uid(1)).to_uppercase(), people::PASSWORD);
    assert_eq!(answer.code, Some(0));
    assert_eq!(server_of(&gateway, &shouted), before[&uid(1)]);

    replicas.consumer.kill();
    for number in 1..=PEOPLE {
        assert_eq!(
            signed_in_at(&gateway, &uid(number)),
            provider,
            "the other one takes over at once"
        );
    }
    replicas.consumer.start_again();
    eventually("its accounts are back", SOON, || {
        (map(&gateway) == before).then_some(())
    });
    let metrics = gateway.metrics();
    for server in [&provider, &consumer] {
        assert!(
            (metrics.sum("postern_directory_server_up", &[("server", server)]) - 1.0).abs() < 0.1,
            "{server} is up"
        );
    }
    assert!(
        metrics.sum(
            "postern_directory_server_checks_total",
            &[("server", &consumer), ("result", "failed")]
        ) > 0.0
    );
}

#[test]
fn a_server_that_hangs_is_found_out_without_a_client_that_waits_for_it_and_comes_back() {
    let replicas = Replicas::start(Follows::AtOnce, PEOPLE);
    let servers = [(&replicas.provider, ""), (&replicas.consumer, "")];
    let more = "balance = \"spread\"\ncheck_interval_ms = 200\ncheck_timeout_ms = 300";
    let gateway = Gateway::start_with(&gateway("generic", more, &servers));
    let before = map(&gateway);
    let (provider, consumer) = (replicas.provider.url(), replicas.consumer.url());
    replicas.consumer.freeze();
    let up = |wanted: f64| {
        eventually("the check has told", SOON, || {
            let up = gateway
                .metrics()
                .sum("postern_directory_server_up", &[("server", &consumer)]);
            ((up - wanted).abs() < 0.1).then_some(())
        });
    };
    up(0.0);
    for number in 1..=PEOPLE {
        let (wire, answer) = sign_in(&gateway, &uid(number));
        assert_eq!(answer.code, Some(0), "nobody is told 52: {answer:?}");
        assert_eq!(server_of(&gateway, &wire), provider);
    }
    assert!(gateway.is_ready(), "one server is enough");
    replicas.consumer.thaw();
    up(1.0);
    eventually("its accounts are back", SOON, || {
        (map(&gateway) == before).then_some(())
    });
}

#[test]
fn wrong_passwords_of_one_account_are_counted_by_one_server() {
    let replicas = Replicas::start(Follows::AtOnce, PEOPLE);
    let servers = [(&replicas.provider, ""), (&replicas.consumer, "")];
    let gateway = Gateway::start_with(&gateway("generic", "balance = \"spread\"", &servers));
    for number in 1..=4 {
        let uid = uid(number);
        let home = signed_in_at(&gateway, &uid);
        for wrong in 0..4 {
            let (wire, answer) = sign_in_with(&gateway, &uid, &format!("wrong-{wrong}"));
            assert_eq!(answer.code, Some(49), "{answer:?}");
            assert_eq!(server_of(&gateway, &wire), home);
        }
        let held = [&replicas.provider, &replicas.consumer]
            .into_iter()
            .find(|slapd| slapd.url() == home)
            .unwrap();
        assert!(
            value(held, &people::dn(&uid), "pwdFailureTime").is_some(),
            "{home} has counted {uid}"
        );
        assert_eq!(
            value(held, &people::dn(&uid), "pwdAccountLockedTime"),
            None,
            "four are not five"
        );
        assert_eq!(sign_in(&gateway, &uid).1.code, Some(0), "and its owner signs in");
        assert_eq!(
            value(held, &people::dn(&uid), "pwdFailureTime"),
            None,
            "which clears the count"
        );
    }
}

#[test]
fn clients_that_are_nobody_are_spread_over_the_servers() {
    let replicas = Replicas::start(Follows::AtOnce, 0);
    let servers = [(&replicas.provider, ""), (&replicas.consumer, "")];
    let gateway = Gateway::start_with(&gateway("generic", "balance = \"spread\"", &servers));
    // They wait in a search that never ends, so that each keeps its lane.
    let lanes = |server: &str| {
        gateway
            .metrics()
            .sum("postern_directory_server_lanes", &[("server", server)])
    };
    let (provider, consumer) = (replicas.provider.url(), replicas.consumer.url());
    let (before_p, before_c) = (lanes(&provider), lanes(&consumer));
    replicas.provider.freeze();
    replicas.consumer.freeze();
    let mut clients: Vec<_> = (0..8).map(|_| gateway.client()).collect();
    let mut spread = (0.0, 0.0);
    for (count, wire) in clients.iter_mut().enumerate() {
        wire.send(&request::search(1, BASE, Scope::Base, "objectClass", &["dc"], &[]));
        // One after another: those that choose at the same moment do not see each other.
        let wanted = f64::from(u32::try_from(count).unwrap()) + 0.5;
        spread = eventually("it has a lane", SOON, || {
            let (provider, consumer) = (lanes(&provider) - before_p, lanes(&consumer) - before_c);
            (provider + consumer > wanted).then_some((provider, consumer))
        });
    }
    replicas.provider.thaw();
    replicas.consumer.thaw();
    for wire in &mut clients {
        let last = wire.answer();
        assert!(!last.octets.is_empty());
    }
    assert!((spread.0 - spread.1).abs() < 0.1, "half each: {spread:?}");
}
