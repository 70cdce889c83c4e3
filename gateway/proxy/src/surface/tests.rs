use super::*;
use postern_identity::decide::RuleName;
use postern_identity::{Evidence, LockedBy, Proven, Source, Standing, State, StateName, disclose};

mod every_state;

fn told(state: State, proven: Proven) -> Disclosed {
    let evidence = Evidence {
        source: Source::Bind,
        result_code: Some(49),
        told_by: "test",
    };
    disclose(
        &Standing {
            state,
            cause: None,
            warning: None,
            evidence,
        },
        proven,
    )
}

fn verdict(admission: Admission, surface: impl Into<Surfaces>, text: Option<&str>) -> BindVerdict {
    BindVerdict {
        admission,
        surface: surface.into(),
        told_as: None,
        text: text.map(Into::into),
        notice: false,
        rule: RuleName::built_in("test"),
    }
}

fn refused(surface: Surface, told: Disclosed, asked: bool) -> Vec<u8> {
    let verdict = verdict(Admission::Refuse, surface, None);
    Shown {
        id: MessageId(1),
        verdict: &verdict,
        told,
        asked,
    }
    .refused()
}

#[test]
fn an_unproven_lock_a_wrong_password_and_an_unknown_user_are_the_same_octets() {
    for surface in Surface::ALL {
        for asked in [false, true] {
            let wrong = refused(surface, told(State::Unknown, Proven::No), asked);
            let locked = State::Locked {
                by: LockedBy::Unsaid,
                until: None,
            };
            assert_eq!(refused(surface, told(locked, Proven::Unknown), asked), wrong);
            assert_eq!(refused(surface, told(State::Expired, Proven::No), asked), wrong);
        }
    }
}

#[test]
fn the_empty_control_is_there_exactly_if_it_was_asked_for() {
    let empty = [0x30, 0x00];
    for surface in [Surface::Ppolicy, Surface::Text, Surface::Plain] {
        let without = refused(surface, told(State::Unknown, Proven::No), false);
        assert!(Message::parse(&without).unwrap().controls.is_empty());
        let with = refused(surface, told(State::Unknown, Proven::No), true);
        let control = Message::parse(&with)
            .unwrap()
            .controls
            .find(oid::PASSWORD_POLICY)
            .unwrap()
            .unwrap();
        assert_eq!(control.value, Some(&empty[..]));
    }
}

#[test]
fn a_proven_state_is_shown_in_the_draft_s_numbers() {
    let value = |state| ppolicy::response(told(state, Proven::Yes), Admission::Refuse).value();
    assert_eq!(value(State::MustChange), [0x30, 3, 0x81, 1, 2]);
    assert_eq!(value(State::Expired), [0x30, 3, 0x81, 1, 0]);
    assert_eq!(
        value(State::Locked {
            by: LockedBy::Failures,
            until: None
        }),
        [0x30, 3, 0x81, 1, 1]
    );
    assert_eq!(value(State::ExpiredGrace { left: 0 }), [0x30, 5, 0xa0, 3, 0x81, 1, 0]);
    assert_eq!(
        value(State::Expiring { seconds: 432_000 }),
        [0x30, 7, 0xa0, 5, 0x80, 3, 6, 0x97, 0x80]
    );
    assert_eq!(value(State::Active), [0x30, 0]);
}

#[test]
fn controls_of_the_directory_that_are_not_about_passwords_pass() {
    let other = postern_ldap::control::encode(b"1.2.3.4", false, Some(b"x"));
    let ppolicy = PasswordPolicyResponse {
        warning: None,
        error: Some(2),
    }
    .control();
    let accepted = answer::result(
        MessageId(9),
        tag::BIND_RESPONSE,
        ResultCode::SUCCESS,
        "hello",
        &[&other, &ppolicy],
    );
    let verdict = verdict(Admission::Allow, Surface::Plain, None);
    let shown = Shown {
        id: MessageId(9),
        verdict: &verdict,
        told: told(State::MustChange, Proven::Yes),
        asked: false,
    };
    let out = shown.let_in(&Message::parse(&accepted).unwrap());
    assert_eq!(
        out,
        answer::result(
            MessageId(9),
            tag::BIND_RESPONSE,
            ResultCode::SUCCESS,
            "hello",
            &[&other]
        )
    );
}

#[test]
fn a_state_is_shown_as_the_one_it_is_told_as_and_the_unproven_never_is() {
    let shown = |state, proven, told_as| {
        let surfaces: Surfaces = [Surface::Ppolicy, Surface::Ad].into_iter().collect();
        let verdict = BindVerdict {
            told_as,
            ..verdict(Admission::Refuse, surfaces, None)
        };
        Shown {
            id: MessageId(1),
            verdict: &verdict,
            told: told(state, proven),
            asked: true,
        }
        .refused()
    };
    let wrong = shown(State::Unknown, Proven::No, None);
    let must_change = State::MustChange;
    assert_eq!(
        shown(must_change, Proven::Yes, Some(StateName::Expired)),
        shown(State::Expired, Proven::Yes, None)
    );
    assert_eq!(shown(must_change, Proven::Yes, Some(StateName::Unknown)), wrong);
    assert_eq!(shown(must_change, Proven::No, Some(StateName::Expired)), wrong);
    assert_eq!(shown(State::Unknown, Proven::No, Some(StateName::Locked)), wrong);
}

#[test]
fn who_is_let_in_restricted_is_told_why_and_who_is_let_in_is_told_what_the_directory_said() {
    let other = postern_ldap::control::encode(b"1.2.3.4", false, Some(b"x"));
    let id = MessageId(9);
    let accepted = answer::result(id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "hello", &[&other]);
    let let_in = |admission, text| {
        let verdict = verdict(admission, Surface::Text, text);
        let told = told(State::MustChange, Proven::Yes);
        let asked = false;
        Shown {
            id,
            verdict: &verdict,
            told,
            asked,
        }
        .let_in(&Message::parse(&accepted).unwrap())
    };
    let saying = |text| answer::result(id, tag::BIND_RESPONSE, ResultCode::SUCCESS, text, &[&other]);
    assert_eq!(let_in(Admission::Restrict, Some("Go there")), saying("Go there"));
    assert_eq!(let_in(Admission::Restrict, None), saying("hello"));
    assert_eq!(let_in(Admission::Allow, None), saying("hello"));
}

#[test]
fn a_restricted_session_is_refused_in_the_words_of_its_route() {
    let of_directory = (ResultCode::UNWILLING_TO_PERFORM, "not now");
    let plain = restricted(Surface::Ppolicy.into(), of_directory);
    assert_eq!(plain, (of_directory.0, of_directory.1, None));
    let (code, text, control) = restricted([Surface::Ad, Surface::Netscape].into_iter().collect(), of_directory);
    assert_eq!(code, ResultCode::INSUFFICIENT_ACCESS_RIGHTS);
    assert!(text.contains("problem 4003 (INSUFF_ACCESS_RIGHTS)") && every_state::sub_codes(text).is_empty());
    assert_eq!(control, Some(NetscapePassword::Expired.control()));
}

#[test]
fn no_older_control_says_expired_of_what_a_new_password_would_not_end() {
    let locked = State::Locked {
        by: LockedBy::Failures,
        until: None,
    };
    for state in [
        locked,
        State::Disabled,
        State::AccountExpired,
        State::NotYetValid,
        State::Active,
    ] {
        let octets = refused(Surface::Netscape, told(state, Proven::Yes), false);
        assert!(Message::parse(&octets).unwrap().controls.is_empty(), "{state:?}");
    }
    let expired = refused(Surface::Netscape, told(State::Expired, Proven::Yes), false);
    assert!(!Message::parse(&expired).unwrap().controls.is_empty());
}
