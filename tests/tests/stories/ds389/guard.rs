//! Attacks on passwords: the server (passwordMaxFailure 5) never locks the account.

use super::directory;
use postern_tests::people::{ADMINISTRATOR_PASSWORD, PASSWORD, dn};
use postern_tests::request::{self, Scope};
use postern_tests::{Ds389, Gateway, Wire};

#[test]
fn guesses_do_not_lock_the_account_whose_policy_is_read_from_the_server() {
    let server = Ds389::start();
    let gateway = Gateway::start_with(&directory("sssd", &server));
    for guess in 0..12 {
        let answer = gateway.client().bind(1, &dn("active"), &format!("guess-{guess}"));
        assert_eq!(answer.code, Some(49), "{answer:?}");
    }
    // One less than locks, by everything the server counted.
    assert_eq!(failures(&server, "active"), 4);
    let mut wire = Wire::connect(server.address());
    assert_eq!(wire.bind(1, &dn("active"), PASSWORD).code, Some(0), "it is not locked");
    assert_eq!(failures(&server, "active"), 0);
}

#[test]
fn failures_from_before_a_start_count() {
    let server = Ds389::start();
    let guess = |number: u32| {
        let mut wire = Wire::connect(server.address());
        assert_eq!(
            wire.bind(1, &dn("history-1"), &format!("before-{number}")).code,
            Some(49)
        );
    };
    (0..3).for_each(guess);
    let gateway = Gateway::start_with(&directory("sssd", &server));
    for guess in 0..5 {
        let answer = gateway.client().bind(1, &dn("history-1"), &format!("guess-{guess}"));
        assert_eq!(answer.code, Some(49), "{answer:?}");
    }
    assert_eq!(failures(&server, "history-1"), 4);
}

/// The failures the server has counted.
fn failures(server: &Ds389, uid: &str) -> u32 {
    let mut wire = Wire::connect(server.address());
    let manager = postern_tests::ds389::DIRECTORY_MANAGER;
    assert_eq!(wire.bind(1, manager, ADMINISTRATOR_PASSWORD).code, Some(0));
    let search = request::search(2, &dn(uid), Scope::Base, "objectClass", &["passwordRetryCount"], &[]);
    let octets = wire.ask(&search).remove(0).octets;
    // One digit, the last octet of the entry.
    let count = octets.last().copied().filter(u8::is_ascii_digit);
    count.map_or(0, |digit| u32::from(digit - b'0'))
}
