//! Every state × every mixture of surfaces × proven or not × asked for the password policy control or not × every verdict: what holds of
//! all, in words, and the octets of the telling ones in a file.

use super::*;
use postern_directory::{BindAnswer, Dialect};
use postern_identity::Warning;
use postern_ldap::ber::Cursor;
use postern_ldap::result::LdapResult;
use std::fmt::Write as _;
use std::path::Path;

const WORDS: &str = "Set a new password at https://portal.example.org";

/// Every state, with numbers where it has any.
fn states() -> Vec<(State, Option<Warning>)> {
    let locked = |by| State::Locked { by, until: None };
    let mut states: Vec<_> = [
        State::Active,
        State::MustChange,
        State::Expired,
        State::ExpiredGrace { left: 2 },
        State::ExpiredGrace { left: 0 },
        State::Expiring { seconds: 432_000 },
        State::Expiring { seconds: u64::MAX },
        locked(LockedBy::Failures),
        locked(LockedBy::Administrator),
        State::Disabled,
        State::AccountExpired,
        State::NotYetValid,
        State::OutsideHours,
        State::WrongWorkstation,
        State::TransportRefused,
        State::Unknown,
    ]
    .map(|state| (state, None))
    .into();
    // As slapd says it of one that has expired too, and 389 Directory Server of every one where passwords age.
    states.push((State::MustChange, Some(Warning::ExpiresIn(0))));
    states.push((State::MustChange, Some(Warning::ExpiresIn(1_209_600))));
    states
}

/// Every mixture: those that can be joined in each combination, and the one that is nothing.
fn mixtures() -> Vec<Surfaces> {
    let joined = [Surface::Ppolicy, Surface::Netscape, Surface::Ad, Surface::Text];
    let mut mixtures: Vec<Surfaces> = (1..16_usize)
        .map(|bits| {
            let chosen = joined.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
            chosen.map(|(_, surface)| *surface).collect()
        })
        .collect();
    mixtures.push(Surface::Plain.into());
    mixtures
}

/// One answer to a bind, as it goes to the client.
fn answered(
    surfaces: Surfaces,
    (state, warning): (State, Option<Warning>),
    proven: Proven,
    admission: Admission,
    asked: bool,
) -> Vec<u8> {
    let standing = Standing {
        state,
        cause: None,
        warning,
        evidence: Evidence {
            source: Source::Bind,
            result_code: None,
            told_by: "test",
        },
    };
    let told = disclose(&standing, proven);
    let words = if told.state() == State::Unknown {
        "Invalid credentials"
    } else {
        WORDS
    };
    // As the rulebook gives it: only where texts are shown, and not to who is simply let in.
    let text = (surfaces.contains(Surface::Text) && admission != Admission::Allow).then_some(words);
    let verdict = verdict(admission, surfaces, text);
    let id = MessageId(1);
    let shown = Shown {
        id,
        verdict: &verdict,
        told,
        asked,
    };
    if admission == Admission::Refuse {
        return shown.refused();
    }
    let accepted = answer::result(id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]);
    shown.let_in(&Message::parse(&accepted).unwrap())
}

struct Read {
    code: ResultCode,
    text: String,
    ppolicy: Option<Vec<u8>>,
    netscape: Vec<NetscapePassword>,
}

fn read(octets: &[u8]) -> Read {
    let message = Message::parse(octets).unwrap();
    let result = LdapResult::parse(&message).unwrap();
    let mut netscape = Vec::new();
    for control in message.controls {
        netscape.extend(NetscapePassword::parse(&control.unwrap()).unwrap());
    }
    let ppolicy = message.controls.find(oid::PASSWORD_POLICY).unwrap();
    Read {
        code: result.code,
        text: String::from_utf8(result.diagnostic.to_vec()).unwrap(),
        ppolicy: ppolicy.map(|control| control.value.unwrap().to_vec()),
        netscape,
    }
}

/// What clients of Active Directory find in a text: three or four hexadecimal digits after "data" and white space.
pub(super) fn sub_codes(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (place, _) in text.match_indices("data") {
        let after = &text[place + 4..];
        let digits = after.trim_start();
        let end = digits
            .find(|letter: char| !matches!(letter, '0'..='9' | 'a'..='f'))
            .unwrap_or(digits.len());
        if digits.len() < after.len() && end >= 3 {
            found.push(&digits[..end.min(4)]);
        }
    }
    found
}

#[test]
fn whatever_is_not_proven_is_the_octets_of_a_wrong_password_on_every_mixture() {
    for surfaces in mixtures() {
        for asked in [false, true] {
            let wrong = answered(surfaces, (State::Unknown, None), Proven::No, Admission::Refuse, asked);
            for state in states() {
                for proven in [Proven::No, Proven::Unknown] {
                    let answer = answered(surfaces, state, proven, Admission::Refuse, asked);
                    assert_eq!(answer, wrong, "{surfaces} {state:?}");
                }
            }
            let wrong = read(&wrong);
            assert_eq!(wrong.code, ResultCode::INVALID_CREDENTIALS);
            assert_eq!(wrong.ppolicy, asked.then(|| vec![0x30, 0]));
            assert!(wrong.netscape.is_empty(), "{surfaces}");
            let codes = if surfaces.contains(Surface::Ad) {
                &["52e"][..]
            } else {
                &[]
            };
            assert_eq!(sub_codes(&wrong.text), codes, "{surfaces}");
        }
    }
}

#[test]
fn every_answer_says_what_its_surfaces_say_and_nothing_else() {
    let mut seen = 0;
    for surfaces in mixtures() {
        for state in states() {
            for admission in [Admission::Allow, Admission::Restrict, Admission::Refuse] {
                for asked in [false, true] {
                    let octets = answered(surfaces, state, Proven::Yes, admission, asked);
                    let about = format!("{surfaces} {state:?} {admission:?} {asked}");
                    let answer = read(&octets);
                    let refused = admission == Admission::Refuse;
                    assert_eq!(answer.code == ResultCode::INVALID_CREDENTIALS, refused, "{about}");
                    assert_eq!(answer.ppolicy.is_some(), asked, "{about}");
                    if !surfaces.contains(Surface::Ppolicy) {
                        assert!(answer.ppolicy.is_none_or(|value| value == [0x30, 0]), "{about}");
                    }
                    let netscape =
                        surfaces.contains(Surface::Netscape) && !(surfaces.contains(Surface::Ppolicy) && asked);
                    let says = netscape::control(told_with(state)).filter(|_| netscape);
                    assert_eq!(answer.netscape, says.as_slice(), "{about}");
                    let ad = surfaces.contains(Surface::Ad) && refused;
                    assert_eq!(sub_codes(&answer.text).len(), usize::from(ad), "{about}");
                    assert_eq!(answer.text.starts_with("80090308: LdapErr: "), ad, "{about}");
                    let words = surfaces.contains(Surface::Text) && admission != Admission::Allow;
                    assert_eq!(
                        answer.text.ends_with(WORDS) || answer.text.ends_with("Invalid credentials"),
                        words,
                        "{about}"
                    );
                    assert!(!answer.text.chars().any(char::is_control), "{about}: {:?}", answer.text);
                    seen += 1;
                }
            }
        }
    }
    assert_eq!(seen, 16 * 18 * 3 * 2);
}

#[test]
fn every_proven_state_has_the_sub_code_its_clients_know() {
    let locked = State::Locked {
        by: LockedBy::Failures,
        until: None,
    };
    for (state, code) in [
        (State::MustChange, "773"),
        (State::Expired, "532"),
        (State::ExpiredGrace { left: 1 }, "532"),
        (locked, "775"),
        (State::Disabled, "533"),
        (State::AccountExpired, "701"),
        (State::OutsideHours, "530"),
        (State::WrongWorkstation, "531"),
    ] {
        for words in [&[Surface::Ad][..], &[Surface::Ad, Surface::Text]] {
            let surfaces: Surfaces = words.iter().copied().collect();
            let octets = answered(surfaces, (state, None), Proven::Yes, Admission::Refuse, false);
            let text = read(&octets).text;
            assert_eq!(sub_codes(&text), [code], "{text}");
            // The whole of what Keycloak wants, and the comma SSSD wants.
            assert!(
                text.contains(&format!(" AcceptSecurityContext error, data {code}, v")),
                "{text}"
            );
        }
    }
}

fn told_with((state, warning): (State, Option<Warning>)) -> Disclosed {
    let evidence = Evidence {
        source: Source::Bind,
        result_code: None,
        told_by: "test",
    };
    let standing = Standing {
        state,
        cause: None,
        warning,
        evidence,
    };
    disclose(&standing, Proven::Yes)
}

/// What we say in the controls is read back by the dialect that reads them from a directory, so that gateways can stand in a row.
#[test]
fn what_the_control_surfaces_say_reads_back_as_the_same_standing() {
    let dialect = postern_directory::OpenLdap::new();
    let back = |surface: Surface, state, admission| {
        let octets = answered(
            surface.into(),
            (state, None),
            Proven::Yes,
            admission,
            surface == Surface::Ppolicy,
        );
        let message = Message::parse(&octets).unwrap();
        let result = LdapResult::parse(&message).unwrap();
        let answer = BindAnswer {
            code: result.code,
            diagnostic: result.diagnostic,
            controls: message.controls,
            ppolicy_asked: surface == Surface::Ppolicy,
        };
        dialect.read_bind(&answer).0.state
    };
    for (state, admission) in [
        (State::Active, Admission::Allow),
        (State::MustChange, Admission::Restrict),
        (State::Expired, Admission::Refuse),
        (State::ExpiredGrace { left: 1 }, Admission::Allow),
        (State::Expiring { seconds: 86_400 }, Admission::Allow),
        (
            State::Locked {
                by: LockedBy::Unsaid,
                until: None,
            },
            Admission::Refuse,
        ),
    ] {
        assert_eq!(back(Surface::Ppolicy, state, admission), state);
    }
    // The older controls know one word for a new password that is needed now.
    let must_change = State::MustChange;
    assert_eq!(back(Surface::Netscape, must_change, Admission::Restrict), must_change);
    let grace = State::ExpiredGrace { left: 1 };
    assert_eq!(back(Surface::Netscape, grace, Admission::Allow), must_change);
    let expiring = State::Expiring { seconds: 86_400 };
    assert_eq!(back(Surface::Netscape, expiring, Admission::Allow), expiring);
}

/// `POSTERN_BLESS=1` writes the file anew.
#[test]
fn the_octets_of_every_state_on_every_surface_are_as_recorded() {
    let mut mixed: Vec<Surfaces> = Surface::ALL
        .into_iter()
        .filter(|surface| *surface != Surface::Transparent)
        .map(Into::into)
        .collect();
    mixed.push([Surface::Ad, Surface::Text].into_iter().collect());
    mixed.push(
        [Surface::Ppolicy, Surface::Netscape, Surface::Text]
            .into_iter()
            .collect(),
    );
    let mut text = "# What a sign-in with the right password is answered: surfaces | state | asked for the password policy control | \
                    verdict | result | text | octets\n# Whatever is not proven is answered as \"unknown\" here.\n"
        .to_owned();
    for surfaces in mixed {
        for (state, warning) in states() {
            let let_in = [Admission::Allow, Admission::Restrict];
            let new_password_helps = matches!(
                state,
                State::MustChange | State::Expired | State::ExpiredGrace { .. } | State::Expiring { .. }
            );
            let let_in = let_in.iter().filter(|_| new_password_helps);
            for admission in let_in.copied().chain([Admission::Refuse]) {
                for asked in [false, true] {
                    let octets = answered(surfaces, (state, warning), Proven::Yes, admission, asked);
                    let told = read(&octets);
                    let asked = if asked { "asked" } else { "not asked" };
                    let warned = match warning {
                        Some(Warning::ExpiresIn(seconds)) => format!(" beside {seconds} seconds"),
                        _ => String::new(),
                    };
                    let numbers = match state {
                        State::ExpiredGrace { left } => format!(" {left} left"),
                        State::Expiring { seconds } => format!(" in {seconds} seconds"),
                        State::Locked { by, .. } => format!(" by {by:?}").to_lowercase(),
                        _ => String::new(),
                    };
                    let hex = octets.iter().fold(String::new(), |mut hex, octet| {
                        write!(hex, "{octet:02x}").unwrap();
                        hex
                    });
                    writeln!(
                        text,
                        "{surfaces} | {}{numbers}{warned} | {asked} | {} | {} | {} | {hex}",
                        state.name(),
                        admission.as_str(),
                        told.code.0,
                        told.text,
                    )
                    .unwrap();
                }
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/surface/tests/every_state.txt");
    if std::env::var_os("POSTERN_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap();
    for (number, (now, before)) in text.lines().zip(recorded.lines()).enumerate() {
        assert_eq!(now, before, "line {}", number + 1);
    }
    assert_eq!(text, recorded);
}

#[test]
fn a_password_policy_value_is_one_sequence_with_at_most_a_warning_and_an_error() {
    for surfaces in mixtures() {
        for state in states() {
            let octets = answered(surfaces, state, Proven::Yes, Admission::Refuse, true);
            let value = read(&octets).ppolicy.unwrap();
            let mut outer = Cursor::new(&value);
            assert!(outer.enter(tag::SEQUENCE).is_ok() && outer.finish().is_ok());
            assert!(PasswordPolicyResponse::parse(&value).is_ok(), "{surfaces} {state:?}");
        }
    }
}
