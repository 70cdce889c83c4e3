use super::super::golden;
use super::*;
use postern_identity::Source;
use postern_ldap::result::LdapResult;
use postern_ldap::{Controls, Message};
use proptest::prelude::*;

fn read_message(hexadecimal: &str) -> (Standing, Proven) {
    let octets = golden::octets(hexadecimal);
    let message = Message::parse(&octets).unwrap();
    let result = LdapResult::parse(&message).unwrap();
    answer(result.code, result.diagnostic)
}

fn answer(code: ResultCode, diagnostic: &[u8]) -> (Standing, Proven) {
    read(&BindAnswer {
        code,
        diagnostic,
        controls: Controls::new(&[]),
        ppolicy_asked: false,
    })
}

fn refused(diagnostic: &str) -> (State, Proven) {
    let (standing, proven) = answer(ResultCode::INVALID_CREDENTIALS, diagnostic.as_bytes());
    (standing.state, proven)
}

const LOCKED: State = State::Locked {
    by: LockedBy::Failures,
    until: None,
};

#[test]
fn every_answer_of_a_real_samba_is_read_as_what_it_means() {
    for (case, hexadecimal, state, proven) in golden::BINDS {
        let (standing, found) = read_message(hexadecimal);
        assert_eq!((standing.state, found), (*state, *proven), "{case}");
        assert_eq!(standing.evidence.source, Source::Bind);
    }
    let (standing, proven) = read_message(golden::UNPROTECTED);
    assert_eq!((standing.state, proven), (State::TransportRefused, Proven::Unknown));
    assert_eq!(standing.evidence.result_code, Some(8));
}

#[test]
fn windows_texts_of_every_build_and_language_count_by_their_number_alone() {
    for (text, state, proven) in [
        (
            "80090308: LdapErr: DSID-0C090436, comment: AcceptSecurityContext error, data 773, v2580\0",
            State::MustChange,
            Proven::Yes,
        ),
        (
            "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v4563\0",
            State::Unknown,
            Proven::No,
        ),
        (
            "80090308: LdapErr: DSID-0C0903D9, comment: AcceptSecurityContext error, data 525, v3839\0",
            State::Unknown,
            Proven::No,
        ),
        (
            "80090308: LdapErr: DSID-0C0903AA, Kommentar: Fehler, data 775, v1db1",
            LOCKED,
            Proven::Unknown,
        ),
        ("data 532", State::Expired, Proven::Yes),
        ("comment: error, data 532\0", State::Expired, Proven::Yes),
        ("comment: error, data 52E, v1", State::Unknown, Proven::No),
        ("comment: error, data 0000052e, v1", State::Unknown, Proven::No),
    ] {
        assert_eq!(refused(text), (state, proven), "{text}");
    }
}

#[test]
fn a_number_with_no_state_of_ours_says_nothing_and_proves_nothing() {
    for text in [
        "data 52f, v1",
        "data 534, v1",
        "data 568, v1",
        "data 57, v1",
        "data 80090346, v1",
        "data 0, v1",
    ] {
        assert_eq!(refused(text), (State::Unknown, Proven::Unknown), "{text}");
    }
}

#[test]
fn a_text_without_a_number_says_what_any_49_says() {
    for text in [
        "",
        "Invalid credentials",
        "data",
        "data ",
        "data ,",
        "metadata 773,",
        "data 773g",
        "data 773773773",
        "data xyz, v1",
        "data 773\u{e9}",
    ] {
        assert_eq!(refused(text), (State::Unknown, Proven::No), "{text}");
    }
}

#[test]
fn two_numbers_in_one_text_are_not_believed() {
    assert_eq!(refused("data 52e, data 773, v1"), (State::Unknown, Proven::Unknown));
    assert_eq!(refused("data 773, data 773, v1"), (State::MustChange, Proven::Yes));
}

#[test]
fn a_number_beside_another_result_counts_for_nothing() {
    for code in [0, 1, 8, 32, 34, 51, 52, 53, 80] {
        let (standing, proven) = answer(ResultCode(code), b"comment: error, data 773, v1");
        assert_ne!(standing.state, State::MustChange, "{code}");
        assert_eq!(proven == Proven::Yes, code == 0, "{code}");
    }
}

#[test]
fn what_is_foreseen_is_what_was_seen() {
    for (case, hexadecimal, state, _) in golden::BINDS {
        let Some(foreseen) = foresee(state) else { continue };
        let octets = golden::octets(hexadecimal);
        let message = Message::parse(&octets).unwrap();
        let code = LdapResult::parse(&message).unwrap().code;
        assert_eq!(foreseen, (code, read_message(hexadecimal).1), "{case}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_fall_and_only_a_known_number_proves(text in proptest::collection::vec(any::<u8>(), 0..80)) {
        let (standing, proven) = answer(ResultCode::INVALID_CREDENTIALS, &text);
        if proven == Proven::Yes {
            prop_assert!(standing.state != State::Unknown && text.windows(5).any(|part| part == b"data "));
        }
    }

    #[test]
    fn whatever_surrounds_it_the_number_is_read(before in "[^d]{0,30}", number in 0_u32.., after in "[^d]{0,30}") {
        prop_assume!(!before.ends_with(|last: char| last.is_alphanumeric() || last == '_' || !last.is_ascii()));
        let text = format!("{before}data {number:x},{after}");
        prop_assert_eq!(data(text.as_bytes()), Ok(Some(number)));
    }
}
