//! Attacks on passwords: the server never locks the account. It locks at three, which nobody can know who has not read its policy.

use super::directory;
use postern_tests::people::{ADMINISTRATOR_PASSWORD, PASSWORD, dn};
use postern_tests::request::{self, Scope};
use postern_tests::{Ds389, Ds389Settings, Gateway, GatewaySettings, Wire, policies};

#[test]
fn guesses_do_not_lock_the_account_and_those_from_before_a_start_count() {
    let server = Ds389::start_with(&Ds389Settings {
        config: "passwordMaxFailure: 3".to_owned(),
        ..Ds389Settings::default()
    });
    // One went to the server itself while no gateway was there to count them.
    let answer = Wire::connect(server.address()).bind(1, &dn("history-1"), "before");
    assert_eq!(answer.code, Some(49), "{answer:?}");
    // The policy file would let eleven up.
    let policy =
        policies::like_generic("plain", "").replace("[policy.pass]", "[policy.guard]\nattempts = 12\n\n[policy.pass]");
    let gateway = Gateway::start_with(&GatewaySettings {
        policy: Some(policy),
        ..directory("generic", &server)
    });
    for (uid, before) in [("active", 0), ("history-1", 1)] {
        assert_eq!(failures(&server, uid), before, "{uid}");
        for guess in 0..12 {
            let answer = gateway.client().bind(1, &dn(uid), &format!("guess-{guess}"));
            assert_eq!(answer.code, Some(49), "{uid}: {answer:?}");
        }
        let counted = failures(&server, uid);
        assert!(counted < 3, "{uid}: {counted} of the three that lock");
        let mut wire = Wire::connect(server.address());
        assert_eq!(wire.bind(1, &dn(uid), PASSWORD).code, Some(0), "{uid} is not locked");
    }
    assert_eq!(failures(&server, "active"), 0, "the right password takes them back");
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
