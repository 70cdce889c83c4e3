//! Clients that are nobody: a lane they do not use is not theirs to keep, and where nobody may be nobody they have only so long.

use super::{entries, sign_in};
use postern_ldap::tag;
use postern_tests::people::{self, PASSWORD};
use postern_tests::puppet::{Act, Puppet};
use postern_tests::{Answer, Gateway, GatewaySettings, Slapd, Wire, request};
use std::io;
use std::time::{Duration, Instant};

/// Longer than anything may take.
const PATIENCE: Duration = Duration::from_secs(20);
const CLOSED_TO_NOBODY: &str =
    "priority = 1\n[[policy]]\nroute = \"*\"\nsurface = \"text\"\n[policy.pass]\nanonymous = false\n";

/// What a client sends as its message of this id, if anything.
type Next = fn(u32) -> Option<Vec<u8>>;

#[test]
fn a_lane_that_a_session_of_nobody_does_not_use_goes_to_the_next() {
    let slapd = Slapd::start();
    // The only lane there is. Deadlines are looked at as often as the shortest needs it.
    let gateway = Gateway::start_with(&GatewaySettings {
        lanes: "max = 1\nidle = 1\nwait_ms = 15000".to_owned(),
        limits: "request_seconds = 1".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let (mut first, mut second) = (gateway.client(), gateway.client());
    for round in 1..3 {
        assert_eq!(entries(&mut first, round, "active"), 1, "round {round}");
        assert_eq!(
            entries(&mut second, round, "active"),
            1,
            "round {round}: the first is still there"
        );
    }
    let (_, answer) = sign_in(&gateway, "active");
    assert_eq!(answer.code, Some(0), "{answer:?}");
}

#[test]
fn where_nobody_may_be_nobody_a_client_that_never_signs_in_is_turned_away_whatever_it_does() {
    let slapd = Slapd::start();
    let gateway = closed_to_nobody(&slapd.url());
    let ways: [(&str, Next); 4] = [
        ("keeps reading the root DSE", |id| Some(request::root_dse(id, &["1.1"]))),
        ("keeps asking for what it may not", |id| Some(request::who_am_i(id))),
        ("keeps guessing", |id| {
            Some(request::bind(id, &people::dn("nobody"), "wrong", &[]))
        }),
        ("asks once", |id| (id == 1).then(|| request::root_dse(id, &["1.1"]))),
    ];
    std::thread::scope(|scope| {
        for (way, next) in ways {
            let mut wire = gateway.client();
            scope.spawn(move || {
                let notice = kept_up(&mut wire, next).unwrap_or_else(|error| panic!("{way}: {error}"));
                assert_eq!(notice.code, Some(52), "{way}: {notice:?}");
                assert_eq!(notice.text, "nobody signed in for too long", "{way}");
            });
        }
        // Who signs in has all the time there is, also to be nobody again.
        let mut wire = gateway.client();
        assert_eq!(wire.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
        assert_eq!(wire.bind(2, &people::dn("nobody"), "wrong").code, Some(49));
        assert_eq!(
            gateway.client().expect_notice().code,
            Some(52),
            "one that says nothing at all"
        );
        assert_eq!(wire.bind(3, &people::dn("active"), PASSWORD).code, Some(0));
    });
}

#[test]
fn where_nobody_may_be_nobody_a_question_under_way_buys_no_time() {
    // Root DSEs are asked for, and never answered.
    let puppet = Puppet::start(|message, _| match message.operation.tag {
        tag::SEARCH_REQUEST => Act::Nothing,
        _ => super::hostile_directory::accepted(message),
    });
    let gateway = Gateway::start_unready(&settings(&puppet.url()), postern_tests::gateway::Output::Kept);
    let mut wire = gateway.client();
    for id in 1..4 {
        wire.send(&request::root_dse(id, &["1.1"]));
    }
    assert_eq!(wire.expect_notice().text, "nobody signed in for too long");
}

#[test]
fn where_anybody_may_be_nobody_a_client_need_not_sign_in() {
    let slapd = Slapd::start();
    let gateway = Gateway::start_with(&GatewaySettings {
        limits: "time_to_first_octet_seconds = 1".to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    });
    let mut wire = gateway.client();
    assert_eq!(entries(&mut wire, 1, "active"), 1);
    // It came later and is turned away first: its time, and more of the other's, is over.
    assert_eq!(gateway.client().expect_notice().code, Some(52));
    assert_eq!(entries(&mut wire, 2, "active"), 1);
}

fn settings(url: &str) -> GatewaySettings {
    GatewaySettings {
        policy: Some(CLOSED_TO_NOBODY.to_owned()),
        limits: "time_to_first_octet_seconds = 1".to_owned(),
        ..GatewaySettings::new("", &[url.to_owned()])
    }
}

fn closed_to_nobody(url: &str) -> Gateway {
    Gateway::start_with(&settings(url))
}

/// Asks one thing after the other until the gateway has enough of it, and gives its last word.
fn kept_up(wire: &mut Wire, next: Next) -> io::Result<Answer> {
    let end = Instant::now() + PATIENCE;
    for id in 1.. {
        let answers = match next(id) {
            Some(request) => wire.try_ask(&request)?,
            None => wire.receive()?.into_iter().collect(),
        };
        if let Some(notice) = answers.into_iter().find(Answer::is_notice) {
            return Ok(notice);
        }
        if Instant::now() > end {
            break;
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "it may go on for ever"))
}
