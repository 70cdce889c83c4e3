//! Connections that end between a request and its answer: what is asked once more, and what never is.

use super::hostile_directory::{accepted, before, is_bind_of_a_person};
use postern_ldap::result::ResultCode;
use postern_ldap::{answer, oid, tag};
use postern_tests::Gateway;
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::puppet::Act;
use postern_tests::request::{self, Change, Scope};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn a_change_whose_directory_closes_before_the_answer_has_an_unknown_outcome_and_is_never_sent_twice() {
    let changes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&changes);
    let (_puppet, gateway) = before(move |message, _| match message.operation.tag {
        tag::BIND_REQUEST | tag::SEARCH_REQUEST | tag::UNBIND_REQUEST => accepted(message),
        _ => {
            counted.fetch_add(1, Ordering::Relaxed);
            Act::Close(Vec::new())
        }
    });
    let dn = people::dn("active");
    let requests = [
        request::modify(2, &dn, &[(Change::Replace, "description", &["x"])], &[]),
        request::add(2, &people::dn("new"), &[("objectClass", "account"), ("uid", "new")]),
        request::delete(2, &dn),
        request::rename(2, &dn, "uid=other"),
        request::password_modify(2, None, None, Some("another-one-12"), &[]),
    ];
    for (sent, request) in requests.iter().enumerate() {
        let mut wire = gateway.client();
        assert_eq!(wire.bind(1, &dn, PASSWORD).code, Some(0));
        let answer = wire.ask(request).remove(0);
        assert_eq!((answer.id, answer.code), (2, Some(80)), "request {sent}: {answer:?}");
        assert_eq!(wire.expect_notice().code, Some(52), "request {sent}");
        assert_eq!(
            changes.load(Ordering::Relaxed),
            sent + 1,
            "request {sent} was sent once"
        );
    }
}

#[test]
fn a_password_change_of_a_restricted_session_whose_directory_closes_has_an_unknown_outcome() {
    let (_puppet, gateway) = before(|message, _| {
        if is_bind_of_a_person(message) {
            let control = request::control(oid::PASSWORD_POLICY, false, Some(&[0x30, 3, 0x81, 1, 2]));
            return Act::Send(answer::result(
                message.id,
                tag::BIND_RESPONSE,
                ResultCode::SUCCESS,
                "",
                &[&control],
            ));
        }
        match message.operation.tag {
            tag::EXTENDED_REQUEST | tag::MODIFY_REQUEST => Act::Close(Vec::new()),
            _ => accepted(message),
        }
    });
    let dn = people::dn("must-change");
    for request in [
        request::password_modify(2, None, None, Some("another-one-12"), &[]),
        request::modify(2, &dn, &[(Change::Replace, "userPassword", &["another-one-12"])], &[]),
    ] {
        let mut wire = gateway.client();
        assert_eq!(wire.bind(1, &dn, PASSWORD).code, Some(0));
        let answer = wire.ask(&request).remove(0);
        assert_eq!((answer.id, answer.code), (2, Some(80)), "{answer:?}");
        assert_eq!(wire.expect_notice().code, Some(52));
    }
}

#[test]
fn a_directory_that_refuses_the_new_password_leaves_the_session_restricted_or_ends_it() {
    // It says yes to the change and no to the sign-in with the new password.
    let (_puppet, gateway) = before(|message, _| {
        let Ok(bind) = postern_ldap::bind::BindRequest::parse(message) else {
            return accepted(message);
        };
        let old = matches!(bind.authentication, postern_ldap::bind::Authentication::Simple(password) if password == PASSWORD.as_bytes());
        if !bind.name.starts_with(b"uid=") {
            return accepted(message);
        }
        if old {
            let control = request::control(oid::PASSWORD_POLICY, false, Some(&[0x30, 3, 0x81, 1, 2]));
            return Act::Send(answer::result(
                message.id,
                tag::BIND_RESPONSE,
                ResultCode::SUCCESS,
                "",
                &[&control],
            ));
        }
        Act::Send(answer::result(
            message.id,
            tag::BIND_RESPONSE,
            ResultCode::INVALID_CREDENTIALS,
            "",
            &[],
        ))
    });
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, &people::dn("must-change"), PASSWORD).code, Some(0));
    let changed = wire
        .ask(&request::password_modify(2, None, None, Some("another-one-12"), &[]))
        .remove(0);
    assert_eq!(changed.code, Some(0), "the directory did change it: {changed:?}");
    let after = wire.try_ask(&request::search(3, BASE, Scope::Base, "objectClass", &["dc"], &[]));
    if let Ok(answers) = after {
        assert!(matches!(answers[0].code, Some(50 | 52)), "{answers:?}");
    }
}

#[test]
fn a_bind_that_meets_the_end_of_a_reused_lane_is_sent_once_more() {
    // Every lane takes a bind and a search, and at the bind of its second session it is closed without a word.
    let binds = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&binds);
    let (_puppet, gateway) = before(move |message, number| {
        counted.fetch_add(usize::from(is_bind_of_a_person(message)), Ordering::Relaxed);
        if number == 2 {
            Act::Close(Vec::new())
        } else {
            accepted(message)
        }
    });
    for round in 0..3 {
        leave_a_lane_behind(&gateway, round);
    }
    assert_eq!(
        binds.load(Ordering::Relaxed),
        1 + 2 * 2,
        "all but the first met a lane that closed"
    );
}

#[test]
fn a_search_that_meets_the_end_of_a_reused_lane_is_sent_once_more_and_a_write_never() {
    let search = request::search(5, BASE, Scope::Base, "objectClass", &["dc"], &[]);
    let change = request::modify(
        5,
        &people::dn("active"),
        &[(Change::Replace, "description", &["x"])],
        &[],
    );
    for (request, code, times) in [(search, 0, 2), (change, 80, 1)] {
        // A lane is closed at its fourth request: the first of an anonymous session behind a bind, a search and the anonymous bind.
        let arrived = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&arrived);
        let (_puppet, gateway) = before(move |message, number| {
            counted.fetch_add(usize::from(message.id.0 == 5), Ordering::Relaxed);
            if number == 3 {
                Act::Close(Vec::new())
            } else {
                accepted(message)
            }
        });
        leave_a_lane_behind(&gateway, 0);
        let answer = gateway.client().ask(&request).remove(0);
        assert_eq!(answer.code, Some(code), "{answer:?}");
        assert_eq!(arrived.load(Ordering::Relaxed), times, "{answer:?}");
    }
}

/// A session of one bind and one search, whose lane then waits for the next.
fn leave_a_lane_behind(gateway: &Gateway, round: usize) {
    let mut wire = gateway.client();
    assert_eq!(
        wire.bind(1, &people::dn("active"), PASSWORD).code,
        Some(0),
        "round {round}"
    );
    let search = request::search(2, BASE, Scope::Base, "objectClass", &["dc"], &[]);
    assert_eq!(wire.ask(&search)[0].code, Some(0), "round {round}");
    wire.send(&request::unbind(3));
    wire.expect_closed();
}
