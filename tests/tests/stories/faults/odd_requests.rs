//! What makes a server be passed over for the next: silence alone. One that hangs up on a client's odd request is there, and no client can
//! drive the others away from it.

use super::hostile_directory::accepted;
use super::sign_in;
use postern_ldap::bind::{Authentication, BindRequest};
use postern_ldap::result::ResultCode;
use postern_ldap::{Message, answer, oid, tag};
use postern_tests::gateway::Output;
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::puppet::{Act, Puppet};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Gateway, GatewaySettings, eventually};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Longer than anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_server_that_hangs_up_on_an_odd_request_is_not_passed_over() {
    // It closes on everything that is called odd, and on every change of a password.
    let (_puppets, gateway, second) = before(|message, _| match message.operation.tag {
        tag::BIND_REQUEST if name(message).starts_with(b"uid=odd") => Act::Close(Vec::new()),
        tag::BIND_REQUEST if name(message) == people::dn("must-change").as_bytes() => must_change(message),
        tag::BIND_REQUEST => accepted(message),
        tag::SEARCH_REQUEST if message.id.0 != 7 => accepted(message),
        _ => Act::Close(Vec::new()),
    });
    let new_password = |id| request::password_modify(id, None, None, Some("another-one-12"), &[]);
    let search = request::search(7, BASE, Scope::Base, "objectClass", &["dc"], &[]);
    let change = request::modify(
        7,
        &people::dn("active"),
        &[(Change::Replace, "description", &["x"])],
        &[],
    );
    let odd = request::bind(7, &people::dn("odd"), PASSWORD, &[]);
    let sessions: [(&str, Option<&str>, Vec<u8>, u32); 6] = [
        ("a search of somebody", Some("active"), search.clone(), 52),
        ("a search of nobody", None, search, 52),
        ("a change of somebody", Some("active"), change.clone(), 80),
        ("a change of nobody", None, change, 80),
        ("a sign-in", None, odd, 52),
        (
            "a password change of a restricted session",
            Some("must-change"),
            new_password(7),
            80,
        ),
    ];
    for (what, who, request, code) in sessions {
        // More than once: it is the very next sign-in that would go elsewhere.
        for round in 0..3 {
            let mut wire = gateway.client();
            if let Some(uid) = who {
                assert_eq!(wire.bind(1, &people::dn(uid), PASSWORD).code, Some(0), "{what}");
            }
            // Somebody else each time: sign-ins that are lost count against the account.
            let odd = || request::bind(7, &people::dn(&format!("odd-{round}")), PASSWORD, &[]);
            let request = if what == "a sign-in" { odd() } else { request.clone() };
            let answer = wire.ask(&request).remove(0);
            assert_eq!(answer.code, Some(code), "{what}: {answer:?}");
            let (_, answer) = sign_in(&gateway, "active");
            assert_eq!(answer.code, Some(0), "{what}: {answer:?}");
            assert_eq!(
                second.load(Ordering::Relaxed),
                0,
                "{what}, round {round}: sign-ins stay with the first"
            );
        }
    }
}

#[test]
fn a_server_that_stays_silent_is_passed_over() {
    let (_puppets, gateway, second) = before(|message, _| match message.operation.tag {
        tag::BIND_REQUEST if name(message) == people::dn("must-change").as_bytes() => must_change(message),
        tag::BIND_REQUEST => accepted(message),
        tag::SEARCH_REQUEST if message.id.0 != 7 => accepted(message),
        _ => Act::Nothing,
    });
    let search = request::search(7, BASE, Scope::Base, "objectClass", &["dc"], &[]);
    let new_password = request::password_modify(7, None, None, Some("another-one-12"), &[]);
    for (what, uid, request) in [
        ("a search", "active", search),
        ("a password change", "must-change", new_password),
    ] {
        // It is tried again after half a second, which a busy machine may spend elsewhere: then once more.
        eventually(
            &format!("sign-ins leave a server that is silent to {what}"),
            PATIENCE,
            || {
                let mut wire = gateway.client();
                assert_eq!(wire.bind(1, &people::dn(uid), PASSWORD).code, Some(0), "{what}");
                let was_silent = matches!(wire.ask(&request)[0].code, Some(52 | 80));
                let before = second.load(Ordering::Relaxed);
                assert_eq!(sign_in(&gateway, "active").1.code, Some(0), "{what}");
                (was_silent && second.load(Ordering::Relaxed) > before).then_some(())
            },
        );
    }
}

/// A gateway before a first server that follows the script and a second that takes everything, and how many people signed in there.
fn before(
    script: impl Fn(&Message<'_>, usize) -> Act + Send + Sync + 'static,
) -> ([Puppet; 2], Gateway, Arc<AtomicUsize>) {
    let sign_ins = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sign_ins);
    let first = Puppet::start(script);
    let second = Puppet::start(move |message, _| {
        let somebody = super::hostile_directory::is_bind_of_a_person(message);
        counted.fetch_add(usize::from(somebody), Ordering::Relaxed);
        accepted(message)
    });
    let settings = GatewaySettings {
        // No lane that waits hides where a new one would go.
        lanes: "mode = \"dedicated\"".to_owned(),
        // Nor does a password change that the second took keep its account there.
        directory: "read_your_writes_seconds = 0".to_owned(),
        limits: "bind_seconds = 1\noperation_seconds = 1".to_owned(),
        ..GatewaySettings::new("sssd", &[first.url(), second.url()])
    };
    let gateway = Gateway::start_unready(&settings, Output::Kept);
    ([first, second], gateway, sign_ins)
}

/// Whose sign-in it is.
fn name<'m>(message: &Message<'m>) -> &'m [u8] {
    BindRequest::parse(message).map_or(b"", |bind| match bind.authentication {
        Authentication::Simple(_) => bind.name,
        _ => b"",
    })
}

/// A success that says that the password must be changed (draft-behera-ldap-password-policy-10, 6.2).
fn must_change(message: &Message<'_>) -> Act {
    let control = request::control(oid::PASSWORD_POLICY, false, Some(&[0x30, 3, 0x81, 1, 2]));
    let success = answer::result(message.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[&control]);
    Act::Send(success)
}
