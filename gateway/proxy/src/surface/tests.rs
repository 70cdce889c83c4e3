use super::*;
use postern_identity::decide::RuleName;
use postern_identity::{Evidence, LockedBy, Proven, Source, Standing, disclose};

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

fn verdict(admission: Admission, surface: Surface, text: Option<&str>) -> BindVerdict {
    BindVerdict {
        admission,
        surface,
        text: text.map(Into::into),
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
    for surface in [Surface::Ppolicy, Surface::Text, Surface::Plain] {
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
    let value = |state| ppolicy(told(state, Proven::Yes), Admission::Refuse).value();
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
