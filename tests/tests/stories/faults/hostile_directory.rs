//! A directory that answers out of turn, wrongly or not at all: nobody is let in by mistake, and no answer goes astray.

use super::is_read;
use postern_ldap::result::ResultCode;
use postern_ldap::{Message, answer, frame, oid, tag};
use postern_tests::gateway::Output;
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::puppet::{Act, Puppet};
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, GatewaySettings};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A gateway before a puppet that takes every bind, and follows the script in all else.
pub(super) fn before(script: impl Fn(&Message<'_>, usize) -> Act + Send + Sync + 'static) -> (Puppet, Gateway) {
    let puppet = Puppet::start(script);
    let settings = GatewaySettings {
        limits: "bind_seconds = 1\noperation_seconds = 2".to_owned(),
        // Lanes wait on the worker they were used on: with one, the next session gets the last one's.
        server: "workers = 1".to_owned(),
        ..GatewaySettings::new("sssd", &[puppet.url()])
    };
    let gateway = Gateway::start_unready(&settings, Output::Kept);
    (puppet, gateway)
}

/// The answer a good directory gives.
pub(super) fn accepted(message: &Message<'_>) -> Act {
    let response = tag::response_to(message.operation.tag).unwrap_or(tag::EXTENDED_RESPONSE);
    Act::Send(answer::result(message.id, response, ResultCode::SUCCESS, "", &[]))
}

pub(super) fn is_bind_of_a_person(message: &Message<'_>) -> bool {
    postern_ldap::bind::BindRequest::parse(message).is_ok_and(|bind| bind.name.starts_with(b"uid="))
}

#[test]
fn a_bind_is_a_success_only_if_its_own_answer_says_so() {
    type Answer = fn(&Message<'_>) -> Act;
    let wrong: [(&str, Answer); 11] = [
        ("an answer to another message", |message| {
            let other = postern_ldap::MessageId(message.id.0 + 1);
            Act::Send(answer::result(other, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]))
        }),
        ("an answer to no message", |_| {
            let none = postern_ldap::MessageId(0);
            Act::Send(answer::result(none, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]))
        }),
        ("an answer of another kind", |message| {
            Act::Send(answer::result(
                message.id,
                tag::SEARCH_DONE,
                ResultCode::SUCCESS,
                "",
                &[],
            ))
        }),
        ("a request", |message| Act::Send(request::who_am_i(message.id.0))),
        ("a notice of disconnection", |_| {
            Act::Send(answer::notice_of_disconnection(ResultCode::UNAVAILABLE, "going down"))
        }),
        ("half an answer and the end", |message| {
            let whole = answer::result(message.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]);
            Act::Close(whole[..whole.len() - 3].to_vec())
        }),
        ("half an answer and silence", |message| {
            let whole = answer::result(message.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]);
            Act::Send(whole[..whole.len() - 3].to_vec())
        }),
        ("the end", |_| Act::Close(Vec::new())),
        ("silence", |_| Act::Nothing),
        ("a length of two gigabytes", |message| {
            Act::Send(
                [
                    &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1][..],
                    &message.id.0.to_be_bytes()[3..],
                ]
                .concat(),
            )
        }),
        ("no LDAP at all", |_| {
            Act::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())
        }),
    ];
    for (name, act) in wrong {
        let (_puppet, mut gateway) = before(move |message, _| {
            if is_bind_of_a_person(message) {
                act(message)
            } else {
                accepted(message)
            }
        });
        let mut wire = gateway.client();
        let answer = wire.bind(1, &people::dn("active"), PASSWORD);
        assert_eq!(answer.code, Some(52), "{name}: {answer:?}");
        gateway.expect_running();
        assert!(!gateway.output().contains("panicked"), "{name}");
    }
}

#[test]
fn a_bind_answer_that_cannot_be_read_to_its_end_lets_nobody_in() {
    // A success whose password policy control is spoilt: what it says of the account is not known, so nothing is.
    let spoilt = |value: &'static [u8]| {
        move |message: &Message<'_>, _| {
            let control = request::control(oid::PASSWORD_POLICY, false, Some(value));
            if is_bind_of_a_person(message) {
                Act::Send(answer::result(
                    message.id,
                    tag::BIND_RESPONSE,
                    ResultCode::SUCCESS,
                    "",
                    &[&control],
                ))
            } else {
                accepted(message)
            }
        }
    };
    for value in [
        &[0x30, 5, 0x81, 1, 2][..],
        &[0x30, 3, 0x81, 0x84, 0xff],
        &[0xff; 9],
        &[0x30, 4, 0xa0, 2, 0x82, 0],
    ] {
        let (_puppet, gateway) = before(spoilt(value));
        let mut wire = gateway.client();
        let answer = wire.bind(1, &people::dn("active"), PASSWORD);
        assert_eq!(answer.code, Some(49), "{value:02x?}: {answer:?}");
        assert_eq!(wire.ask(&request::who_am_i(2))[0].rest, b"", "{value:02x?}: nobody");
    }
}

#[test]
fn an_answer_nobody_waits_for_ends_the_lane_and_reaches_nobody() {
    let (_puppet, gateway) = before(with_more_behind(&stray()));
    let bound = signed_in_hears(&gateway);
    assert_eq!(
        bound.last(),
        Some(&(0, Some(52), true)),
        "whoever was signed in on that lane is not any more: {bound:?}"
    );
    for (id, code, notice) in bound {
        assert!(notice || (id, code) == (2, Some(0)), "message {id}: {code:?}");
    }
}

#[test]
fn an_answer_that_came_before_the_lane_was_lost_is_passed_on() {
    // In one write: the answer, and behind it what ends the lane. A server that shuts down does just that.
    let notice = answer::notice_of_disconnection(ResultCode::UNAVAILABLE, "going down");
    for behind in [stray(), notice, b"no LDAP".to_vec()] {
        let (_puppet, gateway) = before(with_more_behind(&behind));
        assert_eq!(signed_in_hears(&gateway), [(2, Some(0), false), (0, Some(52), true)]);
        assert_eq!(anonymous_hears(&gateway), [(2, Some(0), false), (3, Some(0), false)]);
    }
}

/// An answer to a message nobody sent.
fn stray() -> Vec<u8> {
    answer::result(
        postern_ldap::MessageId(77),
        tag::SEARCH_DONE,
        ResultCode::SUCCESS,
        "meant for somebody else",
        &[],
    )
}

/// Answers the search 2 and, in the same write, says more.
fn with_more_behind(more: &[u8]) -> impl Fn(&Message<'_>, usize) -> Act + use<> {
    let more = more.to_vec();
    move |message, _| {
        if message.operation.tag == tag::SEARCH_REQUEST && message.id.0 == 2 {
            let done = answer::result(message.id, tag::SEARCH_DONE, ResultCode::SUCCESS, "", &[]);
            return Act::Send([&done[..], &more].concat());
        }
        accepted(message)
    }
}

/// Message id, result code, and whether it is a notice of disconnection.
type Heard = Vec<(u32, Option<u32>, bool)>;

/// What a client that is signed in hears of the search 2, to its end.
fn signed_in_hears(gateway: &Gateway) -> Heard {
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
    wire.send(&request::search(2, BASE, Scope::Base, "objectClass", &["dc"], &[]));
    let mut heard = Heard::new();
    while let Ok(Some(answer)) = wire.receive() {
        assert!(!answer.text.contains("somebody else"), "{answer:?}");
        heard.push((answer.id, answer.code, answer.is_notice()));
    }
    heard
}

/// What an anonymous client hears of the search 2, and of another after it.
fn anonymous_hears(gateway: &Gateway) -> Heard {
    let mut wire = gateway.client();
    let mut heard = Heard::new();
    for id in 2..4 {
        wire.send(&request::search(id, BASE, Scope::Base, "objectClass", &["dc"], &[]));
        match wire.receive() {
            Ok(Some(answer)) => heard.push((answer.id, answer.code, answer.is_notice())),
            Ok(None) => break,
            Err(error) => panic!("an anonymous client hears nothing of its search {id}: {error}"),
        }
    }
    heard
}

#[test]
fn a_stray_answer_on_a_waiting_lane_reaches_no_later_session() {
    // Behind the answer to the first bind lies one more, which would do for the next session's bind of the same id.
    let twice_and_then_no = || {
        let binds = AtomicUsize::new(0);
        before(move |message, _| {
            if !is_bind_of_a_person(message) {
                return accepted(message);
            }
            let success = answer::result(message.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]);
            if binds.fetch_add(1, Ordering::Relaxed) == 0 {
                return Act::Send([&success[..], &success].concat());
            }
            Act::Send(answer::result(
                message.id,
                tag::BIND_RESPONSE,
                ResultCode::INVALID_CREDENTIALS,
                "",
                &[],
            ))
        })
    };
    let (_puppet, gateway) = twice_and_then_no();
    let mut first = gateway.client();
    assert_eq!(first.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
    first.send(&request::unbind(2));
    first.expect_closed();
    assert_eq!(gateway.client().bind(1, &people::dn("young"), PASSWORD).code, Some(49));
    // Nor the same session's next bind of that id, which is free again.
    let (_puppet, gateway) = twice_and_then_no();
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
    assert_eq!(wire.bind(1, &people::dn("young"), PASSWORD).code, Some(49));
}

#[test]
fn answers_in_any_order_go_to_the_requests_they_belong_to() {
    // The puppet keeps each search back until the next has come and then answers both, the later first.
    let (_puppet, gateway) = before(|message, _| {
        if message.operation.tag != tag::SEARCH_REQUEST || !(10..30).contains(&message.id.0) {
            return accepted(message);
        }
        if message.id.0 % 2 == 0 {
            return Act::Nothing;
        }
        let done = |id: u32| {
            let text = format!("of {id}");
            answer::result(
                postern_ldap::MessageId(id),
                tag::SEARCH_DONE,
                ResultCode::SUCCESS,
                &text,
                &[],
            )
        };
        Act::Send([done(message.id.0), done(message.id.0 - 1)].concat())
    });
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
    for id in 10..30 {
        wire.send(&request::search(id, BASE, Scope::Base, "objectClass", &["dc"], &[]));
    }
    let mut seen = Vec::new();
    for _ in 10..30 {
        let answer = wire.answer();
        assert_eq!(answer.text, format!("of {}", answer.id));
        seen.push(answer.id);
    }
    seen.sort_unstable();
    assert_eq!(seen, (10..30).collect::<Vec<u32>>());
    is_read(&mut wire, 40);
}

#[test]
fn every_octet_of_an_answer_arrives_however_it_is_cut() {
    // An entry of 300,000 octets and one of 5, in one write; the relay hands large ones on in parts.
    let entry = |id: u32, size: usize| {
        let mut writer = postern_ldap::ber::Writer::new();
        let value = vec![b'v'; size];
        writer.nested(tag::SEARCH_ENTRY, |body| {
            body.octets(b"cn=x").nested(tag::SEQUENCE, |list| {
                list.nested(tag::SEQUENCE, |attribute| {
                    attribute.octets(b"jpegPhoto").nested(tag::SET, |values| {
                        values.octets(&value);
                    });
                });
            });
        });
        request::message(id, &writer.finish(), &[])
    };
    let (_puppet, gateway) = before(move |message, _| {
        if message.operation.tag != tag::SEARCH_REQUEST || message.id.0 < 5 {
            return accepted(message);
        }
        let id = message.id.0;
        let done = answer::result(message.id, tag::SEARCH_DONE, ResultCode::SUCCESS, "", &[]);
        Act::Send([entry(id, 300_000), entry(id, 5), entry(id, 70_000), done].concat())
    });
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
    for id in 5..15 {
        let answers = wire.ask(&request::search(id, BASE, Scope::Subtree, "objectClass", &["*"], &[]));
        let octets: Vec<&[u8]> = answers.iter().map(|answer| &answer.octets[..]).collect();
        let wanted = [entry(id, 300_000), entry(id, 5), entry(id, 70_000)];
        assert_eq!(octets.len(), 4);
        for (got, wanted) in octets.iter().zip(&wanted) {
            assert!(got == wanted, "message {id}: {} octets of {}", got.len(), wanted.len());
        }
        assert!(frame::walk(octets[3], usize::MAX).is_ok());
    }
}
