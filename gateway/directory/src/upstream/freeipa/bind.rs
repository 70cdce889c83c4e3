//! The answer to a bind, read.
//!
//! Plug-ins look at locks, at the age and at the last day before the server has looked at the password. So whatever they refuse proves nothing,
//! also where the age is the reason, and a 49 may carry the controls of a grace sign-in beside a wrong password. Only success proves one.

use super::entry::GRACE_LIMIT;
use crate::upstream::bind_controls::{Malformed, accepted, said};
use crate::upstream::dialect::BindAnswer;
use crate::upstream::ds389::bind::kept_out;
use crate::upstream::ds389::values::number;
use crate::upstream::entry::Entry;
use crate::upstream::reading::Reading;
use postern_identity::{Cause, LockedBy, Proven, Standing, State};
use postern_ldap::ResultCode;

pub(super) fn read(answer: &BindAnswer<'_>) -> (Standing, Proven) {
    let text = answer.diagnostic;
    let reading = match (said(answer), answer.code) {
        (Err(Malformed), _) => Reading::unknown("malformed control"),
        (Ok(said), ResultCode::SUCCESS) => accepted(&said),
        (Ok(_), ResultCode::INVALID_CREDENTIALS) => turned_away(text),
        (Ok(_), ResultCode::UNWILLING_TO_PERFORM) => unwilling(text),
        (Ok(_), code) => kept_out(code, text),
    };
    reading.of(answer.code)
}

fn turned_away(text: &[u8]) -> Reading {
    if text.starts_with(b"Password is expired.") {
        return Reading {
            state: State::Expired,
            ..Reading::unknown("text: password is expired").because(Cause::Age)
        };
    }
    // Whatever the controls say of grace, or the text of a token.
    Reading {
        proven: Proven::No,
        ..Reading::unknown("result code")
    }
}

fn unwilling(text: &[u8]) -> Reading {
    let locked = |told_by| Reading {
        state: State::Locked {
            by: LockedBy::Failures,
            until: None,
        },
        ..Reading::unknown(told_by)
    };
    let begins = |words: &str| text.starts_with(words.as_bytes());
    if begins("Too many failed logins") {
        locked("text: too many failed logins")
    } else if begins("Entry permanently locked") {
        locked("text: permanently locked")
    } else if begins("Account (Kerberos principal) is expired") {
        Reading {
            state: State::AccountExpired,
            ..Reading::unknown("text: principal is expired")
        }
    } else {
        kept_out(ResultCode::UNWILLING_TO_PERFORM, text)
    }
}

/// The reverse: what a sign-in with the right password is answered. An expired password is refused before it is looked at, or let in without a
/// word where sign-ins after its end are not counted; which of the two, the policy alone tells.
pub(super) fn foresee(state: &State, policy: Option<&Entry>) -> Option<(ResultCode, Proven)> {
    match state {
        State::Active | State::Expiring { .. } | State::ExpiredGrace { .. } => Some((ResultCode::SUCCESS, Proven::Yes)),
        State::Expired | State::MustChange => {
            let limit = number(policy?, GRACE_LIMIT).ok()?;
            Some(if limit.is_some_and(|limit| limit < 0) {
                (ResultCode::SUCCESS, Proven::Yes)
            } else {
                (ResultCode::INVALID_CREDENTIALS, Proven::Unknown)
            })
        }
        State::Unknown | State::TransportRefused => None,
        _ => Some((ResultCode::UNWILLING_TO_PERFORM, Proven::Unknown)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_ldap::control::encode;
    use postern_ldap::{Controls, oid};
    use proptest::prelude::*;

    fn answer(code: u32, text: &[u8], controls: &[u8]) -> (Standing, Proven) {
        read(&BindAnswer {
            code: ResultCode(code),
            diagnostic: text,
            controls: Controls::new(controls),
            ppolicy_asked: true,
        })
    }

    fn policy(value: &[u8]) -> Vec<u8> {
        encode(oid::PASSWORD_POLICY, false, Some(value))
    }

    fn expired_control() -> Vec<u8> {
        encode(oid::NETSCAPE_EXPIRED, false, Some(b"0"))
    }

    #[test]
    fn success_proves_and_tells_of_grace_but_of_no_expiry() {
        let grace = [policy(&[0x30, 5, 0xa0, 3, 0x81, 1, 2]), expired_control()].concat();
        assert_eq!(answer(0, b"", &[]).0.state, State::Active);
        assert_eq!(answer(0, b"", &grace).0.state, State::ExpiredGrace { left: 2 });
        // Grace limit 0 in some versions: let in with that control alone.
        assert_eq!(answer(0, b"", &expired_control()).0.state, State::MustChange);
        for controls in [&[][..], &grace] {
            assert_eq!(answer(0, b"", controls).1, Proven::Yes);
        }
    }

    #[test]
    fn what_plug_ins_refuse_is_told_by_its_words_and_proves_nothing() {
        let locked = State::Locked {
            by: LockedBy::Failures,
            until: None,
        };
        let error = policy(&[0x30, 8, 0xa0, 3, 0x81, 1, 0, 0x81, 1, 0]);
        for (code, text, controls, state) in [
            (49, "Password is expired.\n", &error[..], State::Expired),
            (49, "Password is expired.\n", &[], State::Expired),
            (53, "Too many failed logins.\n", &[], locked),
            (53, "Entry permanently locked.\n", &[], locked),
            (
                53,
                "Account (Kerberos principal) is expired",
                &[],
                State::AccountExpired,
            ),
            (
                53,
                "Account inactivated. Contact system administrator.",
                &[],
                State::Disabled,
            ),
            (53, "Minimum SSF not met.", &[], State::TransportRefused),
            (53, "", &[], State::Unknown),
            (13, "", &[], State::TransportRefused),
        ] {
            let (standing, proven) = answer(code, text.as_bytes(), controls);
            assert_eq!((standing.state, proven), (state, Proven::Unknown), "{code} {text}");
        }
    }

    #[test]
    fn a_wrong_password_of_an_account_in_grace_is_a_wrong_password() {
        let grace = [policy(&[0x30, 5, 0xa0, 3, 0x81, 1, 2]), expired_control()].concat();
        for controls in [&[][..], &grace, &expired_control()] {
            let (standing, proven) = answer(49, b"", controls);
            assert_eq!((standing.state, proven), (State::Unknown, Proven::No));
        }
    }

    #[test]
    fn what_becomes_of_an_expired_password_is_the_policys_to_tell_and_no_refusal_proves_one() {
        let limited = |limit: &str| Entry::new("cn=policy", &[(GRACE_LIMIT, &[limit])]);
        let silent = Some((ResultCode::SUCCESS, Proven::Yes));
        let refused = Some((ResultCode::INVALID_CREDENTIALS, Proven::Unknown));
        for state in [State::Expired, State::MustChange] {
            assert_eq!(foresee(&state, Some(&limited("-1"))), silent, "{state:?}");
            for policy in [limited("0"), limited("3"), Entry::new("cn=policy", &[])] {
                assert_eq!(foresee(&state, Some(&policy)), refused, "{state:?}");
            }
            for policy in [None, Some(&limited("many"))] {
                assert_eq!(foresee(&state, policy), None, "{state:?}");
            }
        }
        let locked = State::Locked {
            by: LockedBy::Failures,
            until: None,
        };
        for (state, wanted) in [
            (State::Active, silent),
            (State::ExpiredGrace { left: 1 }, silent),
            (locked, Some((ResultCode::UNWILLING_TO_PERFORM, Proven::Unknown))),
            (
                State::Disabled,
                Some((ResultCode::UNWILLING_TO_PERFORM, Proven::Unknown)),
            ),
            (State::Unknown, None),
        ] {
            assert_eq!(foresee(&state, Some(&limited("0"))), wanted, "{state:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_but_success_proves_a_password(
            code in prop_oneof![Just(49), Just(53), 1..124_u32],
            text in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..40),
                Just(b"password expired!".to_vec()),
                Just(b"Password is expired.\n".to_vec()),
            ],
            controls in proptest::collection::vec(any::<u8>(), 0..80),
            error: u8,
        ) {
            for controls in [controls, policy(&[0x30, 3, 0x81, 1, error]), expired_control()] {
                let (standing, proven) = answer(code, &text, &controls);
                prop_assert_ne!(proven, Proven::Yes);
                prop_assert_eq!(standing.evidence.result_code, Some(code));
            }
        }
    }
}
