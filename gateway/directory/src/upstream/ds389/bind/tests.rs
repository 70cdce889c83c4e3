use super::super::golden::{self, Case};
use super::*;
use postern_identity::Source;
use postern_identity::Warning;
use postern_ldap::control::encode;
use postern_ldap::result::LdapResult;
use postern_ldap::{Controls, Message, oid};
use proptest::prelude::*;

fn octets(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap())
        .collect()
}

fn read_message(hexadecimal: &str, ppolicy_asked: bool) -> (Standing, Proven) {
    let octets = octets(hexadecimal);
    let message = Message::parse(&octets).unwrap();
    let result = LdapResult::parse(&message).unwrap();
    read(&BindAnswer {
        code: result.code,
        diagnostic: result.diagnostic,
        controls: message.controls,
        ppolicy_asked,
    })
}

fn answer(code: u32, text: &str, controls: &[u8]) -> (Standing, Proven) {
    read(&BindAnswer {
        code: ResultCode(code),
        diagnostic: text.as_bytes(),
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
fn every_answer_of_a_real_server_is_read_as_what_it_means() {
    assert_read(golden::ASKED, true);
    assert_read(golden::NOT_ASKED, false);
}

#[test]
fn must_change_keeps_the_warning_beside_it_and_wins_over_the_expired_control() {
    let (_, hexadecimal, ..) = golden::ASKED
        .iter()
        .find(|(case, ..)| *case == "must change, correct")
        .unwrap();
    let (standing, _) = read_message(hexadecimal, true);
    assert_eq!(standing.warning, Some(Warning::ExpiresIn(1_209_600)));
    assert_eq!(standing.cause, Some(Cause::AdministratorReset));
    assert_eq!(standing.evidence.told_by, "ppolicy error 2");
}

#[test]
fn any_one_of_the_three_signs_proves_an_expired_password() {
    let expired = policy(&[0x30, 3, 0x81, 1, 0]);
    let netscape = encode(oid::NETSCAPE_EXPIRED, false, Some(b"0"));
    for (text, controls) in [
        ("password expired!", &[][..]),
        ("", &expired),
        ("", &netscape),
        ("password expired!", &netscape),
    ] {
        let (standing, proven) = answer(49, text, controls);
        assert_eq!((standing.state, proven), (State::Expired, Proven::Yes), "{text}");
    }
}

#[test]
fn expired_in_the_words_of_a_plug_in_that_looks_at_no_password_proves_nothing() {
    let grace_over = policy(&[0x30, 8, 0xa0, 3, 0x81, 1, 0, 0x81, 1, 0]);
    let netscape = encode(oid::NETSCAPE_EXPIRED, false, Some(b"0"));
    for controls in [&grace_over, &netscape] {
        let (standing, proven) = answer(49, "Password is expired.\n", controls);
        assert_eq!((standing.state, proven), (State::Unknown, Proven::Unknown));
    }
    // A wrong password of an account in grace there.
    let grace = policy(&[0x30, 5, 0xa0, 3, 0x81, 1, 2]);
    assert_eq!(answer(49, "", &[grace, netscape].concat()).1, Proven::Unknown);
}

#[test]
fn an_expired_password_that_is_locked_at_once_is_not_believed() {
    let locked = policy(&[0x30, 3, 0x81, 1, 1]);
    assert_eq!(answer(49, "password expired!", &locked).1, Proven::Unknown);
    assert_eq!(answer(0, "", &locked), answer(0, "", &policy(&[0x30, 3, 0x81, 1, 0])));
    assert_eq!(answer(0, "", &locked).1, Proven::Unknown);
}

#[test]
fn what_keeps_somebody_out_before_the_password_is_looked_at_is_told_by_its_words() {
    let idle = State::Locked {
        by: LockedBy::Idleness,
        until: None,
    };
    for (code, text, state) in [
        (
            19,
            "Account inactivity limit exceeded. Contact system administrator to reset.",
            idle,
        ),
        (53, "Minimum SSF not met.", State::TransportRefused),
        (13, "Operation requires a secure connection.\n", State::TransportRefused),
        (8, "", State::TransportRefused),
        (53, "Unauthenticated binds are not allowed", State::Unknown),
        (53, "", State::Unknown),
        (19, "anything else", State::Unknown),
        (51, "", State::Unknown),
        (32, "", State::Unknown),
    ] {
        let (standing, proven) = answer(code, text, &[]);
        assert_eq!((standing.state, proven), (state, Proven::Unknown), "{code} {text}");
    }
}

#[test]
fn a_broken_control_proves_nothing() {
    for controls in [
        encode(oid::PASSWORD_POLICY, false, None),
        policy(&[0x30, 3, 0x81, 1]),
        [policy(&[0x30, 0]), policy(&[0x30, 3, 0x81, 1, 2])].concat(),
        encode(oid::NETSCAPE_EXPIRING, false, Some(b"soon")),
        vec![4, 0],
    ] {
        for (code, text) in [(0, ""), (49, "password expired!"), (49, "")] {
            let (standing, proven) = answer(code, text, &controls);
            assert_eq!((standing.state, proven), (State::Unknown, Proven::Unknown));
            assert_eq!(standing.evidence.told_by, "malformed control");
        }
    }
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        Just(EXPIRED.to_vec()),
        Just(b"Exceed password retry limit. Please try later.".to_vec()),
        Just(b"Account inactivated. Contact system administrator.".to_vec()),
        Just(b"Password is expired.\n".to_vec()),
    ]
}

fn any_control() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..24),
        any::<u8>().prop_map(|error| vec![0x30, 0x84, 0, 0, 0, 3, 0x81, 1, error]),
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
    fn whatever_a_server_sends_only_success_and_expired_prove_a_password(
        code in prop_oneof![Just(0), Just(19), Just(49), Just(53), any::<u32>()],
        text in any_text(),
        controls in proptest::collection::vec(any_control(), 0..4),
        ppolicy_asked: bool,
    ) {
        let controls = controls.concat();
        let answer = BindAnswer {
            code: ResultCode(code),
            diagnostic: &text,
            controls: Controls::new(&controls),
            ppolicy_asked,
        };
        let (standing, proven) = read(&answer);
        prop_assert_eq!(standing.evidence.result_code, Some(code));
        if code != 0 {
            if proven == Proven::Yes {
                prop_assert_eq!(code, 49);
                prop_assert_eq!(standing.state, State::Expired);
                prop_assert!(text.is_empty() || text == EXPIRED);
            }
            // A state that lets somebody in stands only on a success.
            let admitted = matches!(
                standing.state,
                State::Active | State::MustChange | State::ExpiredGrace { .. } | State::Expiring { .. }
            );
            prop_assert!(!admitted);
        }
    }
}

#[test]
fn what_is_foreseen_of_a_sign_in_is_what_the_server_answers_and_reads_back_as_the_same_state() {
    let locked = State::Locked {
        by: LockedBy::Failures,
        until: None,
    };
    for (state, text) in [
        (locked, "Exceed password retry limit. Please try later."),
        (State::Disabled, "Account inactivated. Contact system administrator."),
        (State::Expired, "password expired!"),
        (State::Active, ""),
    ] {
        let (code, proven) = foresee(&state).unwrap();
        let (standing, said) = answer(code.0, text, &[]);
        assert_eq!((standing.state, said), (state, proven));
    }
    assert_eq!(foresee(&State::Unknown), None);
    assert_eq!(foresee(&State::TransportRefused), None);
}
