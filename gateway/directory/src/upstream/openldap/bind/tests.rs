use super::super::golden::{self, Case};
use super::*;
use postern_identity::Source;
use postern_identity::Warning;
use postern_ldap::control::encode;
use postern_ldap::oid;
use postern_ldap::result::LdapResult;
use postern_ldap::{Controls, Message};
use proptest::prelude::*;

fn read_message(hexadecimal: &str, ppolicy_asked: bool) -> (Standing, Proven) {
    let octets = golden::octets(hexadecimal);
    let message = Message::parse(&octets).unwrap();
    let result = LdapResult::parse(&message).unwrap();
    read(&BindAnswer {
        code: result.code,
        diagnostic: result.diagnostic,
        controls: message.controls,
        ppolicy_asked,
    })
}

fn answer(code: u32, controls: &[u8]) -> (Standing, Proven) {
    read(&BindAnswer {
        code: ResultCode(code),
        diagnostic: b"",
        controls: Controls::new(controls),
        ppolicy_asked: true,
    })
}

fn policy(value: &[u8]) -> Vec<u8> {
    encode(oid::PASSWORD_POLICY, false, Some(value))
}

fn assert_read(cases: &[Case], ppolicy_asked: bool) {
    for (case, hexadecimal, state, proven) in cases {
        let (standing, found) = read_message(hexadecimal, ppolicy_asked);
        assert_eq!((standing.state, found), (*state, *proven), "{case}");
        assert_eq!(standing.evidence.source, Source::Bind);
    }
}

#[test]
fn every_answer_of_a_real_slapd_is_read_as_what_it_means() {
    assert_read(golden::ASKED, true);
    assert_read(golden::NOT_ASKED, false);
    assert_read(golden::LOCKING, true);
}

#[test]
fn must_change_on_an_expired_password_keeps_the_warning_beside_it() {
    let (_, hexadecimal, ..) = golden::ASKED
        .iter()
        .find(|(case, ..)| *case == "expired + must change, correct")
        .unwrap();
    let (standing, _) = read_message(hexadecimal, true);
    assert_eq!(standing.warning, Some(Warning::ExpiresIn(0)));
    assert_eq!(standing.cause, Some(Cause::AdministratorReset));
    assert_eq!(standing.evidence.told_by, "ppolicy error 2");
    assert_eq!(standing.evidence.result_code, Some(0));
}

#[test]
fn netscape_controls_are_read_where_slapd_sends_them_instead() {
    let expired = encode(oid::NETSCAPE_EXPIRED, false, Some(b"0"));
    let expiring = encode(oid::NETSCAPE_EXPIRING, false, Some(b"432000"));
    let cases = [
        (0, &expired, State::MustChange, Proven::Yes),
        (0, &expiring, State::Expiring { seconds: 432_000 }, Proven::Yes),
        (49, &expired, State::Unknown, Proven::Unknown),
        (53, &expired, State::Unknown, Proven::Unknown),
    ];
    for (code, control, state, proven) in cases {
        let (standing, found) = answer(code, control);
        assert_eq!((standing.state, found), (state, proven), "{code}");
    }
}

#[test]
fn the_password_policy_control_wins_over_a_netscape_one() {
    let both = [
        policy(&[0x30, 3, 0x81, 1, 2]),
        encode(oid::NETSCAPE_EXPIRING, false, Some(b"60")),
    ]
    .concat();
    assert_eq!(answer(0, &both).0.state, State::MustChange);
}

#[test]
fn a_success_with_a_broken_control_proves_nothing() {
    let twice = [policy(&[0x30, 0]), policy(&[0x30, 3, 0x81, 1, 2])].concat();
    let broken: [(&str, Vec<u8>); 9] = [
        ("no value", encode(oid::PASSWORD_POLICY, false, None)),
        ("empty value", policy(&[])),
        ("cut short", policy(&[0x30, 3, 0x81, 1])),
        ("something behind it", policy(&[0x30, 0, 0])),
        ("unknown warning", policy(&[0x30, 5, 0xa0, 3, 0x82, 1, 0])),
        ("negative seconds", policy(&[0x30, 5, 0xa0, 3, 0x80, 1, 0xff])),
        ("twice", twice),
        ("not a control", vec![0x04, 0]),
        (
            "seconds that are no number",
            encode(oid::NETSCAPE_EXPIRING, false, Some(b"soon")),
        ),
    ];
    for (fault, controls) in broken {
        let (standing, proven) = answer(0, &controls);
        assert_eq!((standing.state, proven), (State::Unknown, Proven::Unknown), "{fault}");
        assert_eq!(standing.evidence.told_by, "malformed control", "{fault}");
    }
}

#[test]
fn a_success_that_also_says_locked_is_not_believed() {
    let (standing, proven) = answer(0, &policy(&[0x30, 3, 0x81, 1, 1]));
    assert_eq!((standing.state, proven), (State::Unknown, Proven::Unknown));
}

#[test]
fn a_directory_that_wants_tls_says_nothing_of_the_password() {
    for code in [8, 13] {
        let (standing, proven) = answer(code, &[]);
        assert_eq!(
            (standing.state, proven),
            (State::TransportRefused, Proven::Unknown),
            "{code}"
        );
    }
}

#[test]
fn what_is_no_verdict_on_the_password_proves_nothing() {
    for code in [1, 2, 14, 32, 34, 51, 52, 53, 80, 4096] {
        for controls in [vec![], policy(&[0x30, 3, 0x81, 1, 0]), policy(&[0x30, 3, 0x81, 1, 2])] {
            let (standing, proven) = answer(code, &controls);
            assert_eq!((standing.state, proven), (State::Unknown, Proven::Unknown), "{code}");
        }
    }
}

fn any_control() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..24),
        (any::<u8>(), any::<u8>()).prop_map(|(tag, error)| vec![0x30, 3, tag, 1, error]),
        any::<u8>().prop_map(|error| vec![0x30, 3, 0x81, 1, error]),
    ];
    let name = prop_oneof![
        Just(oid::PASSWORD_POLICY),
        Just(oid::NETSCAPE_EXPIRED),
        Just(oid::NETSCAPE_EXPIRING),
        Just(&b"1.2.3"[..]),
    ];
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..64),
        (name, any::<bool>(), proptest::option::of(value)).prop_map(|(name, critical, value)| encode(
            name,
            critical,
            value.as_deref()
        )),
    ]
}

proptest! {
    #[test]
    fn no_control_proves_a_password_the_server_refused_but_expired_itself(
        code in prop_oneof![Just(49_u32), 1..124_u32, any::<u32>()],
        controls in proptest::collection::vec(any_control(), 0..4),
        ppolicy_asked: bool,
    ) {
        let controls = controls.concat();
        let answer = BindAnswer {
            code: ResultCode(code),
            diagnostic: b"",
            controls: Controls::new(&controls),
            ppolicy_asked,
        };
        let (standing, proven) = read(&answer);
        prop_assert_eq!(standing.evidence.result_code, Some(code));
        if code != 0 && proven == Proven::Yes {
            prop_assert_eq!(code, 49);
            prop_assert_eq!(standing.state, State::Expired);
            prop_assert_eq!(standing.evidence.told_by, "ppolicy error 0");
        }
        // A state that lets somebody in stands only on a success.
        if code != 0 {
            let admitted = matches!(
                standing.state,
                State::Active | State::MustChange | State::ExpiredGrace { .. } | State::Expiring { .. }
            );
            prop_assert!(!admitted);
        }
    }
}
