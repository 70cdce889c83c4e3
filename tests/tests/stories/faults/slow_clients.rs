//! Clients that dawdle: each is told and closed in its time, takes bounded memory, and keeps nobody else waiting.

use super::hostile_directory::accepted;
use super::{serves, sign_in};
use postern_ldap::ber::Writer;
use postern_ldap::{ResultCode, answer, tag};
use postern_tests::gateway::Output;
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::puppet::{Act, Puppet};
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, eventually};
use std::io::Read;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

fn impatient(limits: &str, slapd: &Slapd) -> Gateway {
    Gateway::start_with(&GatewaySettings {
        limits: limits.to_owned(),
        ..GatewaySettings::new("generic", &[slapd.url()])
    })
}

#[test]
fn a_client_that_says_nothing_is_told_and_closed() {
    let slapd = Slapd::start();
    let gateway = impatient("time_to_first_octet_seconds = 1", &slapd);
    let mut silent: Vec<Wire> = (0..50).map(|_| gateway.client()).collect();
    serves(&gateway);
    for wire in &mut silent {
        assert_eq!(wire.expect_notice().code, Some(52));
    }
    eventually("their sessions have ended", PATIENCE, || {
        (sessions(&gateway) < 1.0).then_some(())
    });
}

#[test]
fn a_client_that_stays_idle_is_told_and_closed() {
    let slapd = Slapd::start();
    let gateway = impatient("idle_seconds = 1", &slapd);
    let (mut wire, answer) = sign_in(&gateway, "active");
    assert_eq!(answer.code, Some(0));
    assert_eq!(wire.expect_notice().code, Some(52));
    serves(&gateway);
}

#[test]
fn a_request_that_never_ends_is_given_up() {
    let slapd = Slapd::start();
    let gateway = impatient("request_seconds = 1", &slapd);
    let bind = request::bind(1, &people::dn("active"), PASSWORD, &[]);
    let mut slow: Vec<Wire> = (1..bind.len())
        .step_by(7)
        .map(|count| {
            let mut wire = gateway.client();
            wire.send(&bind[..count]);
            wire
        })
        .collect();
    serves(&gateway);
    for wire in &mut slow {
        assert_eq!(wire.expect_notice().code, Some(52));
    }
    serves(&gateway);
}

#[test]
fn a_request_in_many_pieces_is_answered_as_one_in_one() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let mut wire = gateway.client();
    let session = [
        request::bind(1, &people::dn("active"), PASSWORD, &[]),
        request::search(2, &people::dn("active"), Scope::Base, "objectClass", &["cn"], &[]),
        request::who_am_i(3),
    ];
    for octet in session.concat() {
        wire.send(&[octet]);
    }
    let mut codes: Vec<(u32, Option<u32>)> = (0..4)
        .map(|_| wire.answer())
        .map(|answer| (answer.id, answer.code))
        .collect();
    assert_eq!(codes[0], (1, Some(0)));
    codes.sort_unstable(); // slapd answers the two requests in any order
    assert_eq!(codes[1..], [(2, None), (2, Some(0)), (3, Some(0))]);
}

#[test]
fn a_handshake_that_never_ends_is_given_up() {
    let slapd = Slapd::start();
    let gateway = impatient("tls_seconds = 1", &slapd);
    let hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    let mut slow: Vec<Wire> = [0, 1, 5, hello.len()]
        .into_iter()
        .map(|count| {
            let mut wire = Wire::connect(gateway.tls_address());
            wire.send(&hello[..count]);
            wire
        })
        .collect();
    let mut after_start_tls = gateway.client();
    assert_eq!(after_start_tls.ask(&request::start_tls(1))[0].code, Some(0));
    slow.push(after_start_tls);
    assert_eq!(
        gateway.tls_client().bind(1, &people::dn("active"), PASSWORD).code,
        Some(0),
        "others shake hands meanwhile"
    );
    for wire in &slow {
        let mut rest = Vec::new();
        wire.set_deadline(PATIENCE);
        match wire.socket().take(4096).read_to_end(&mut rest) {
            Ok(_) => assert_ne!(rest.first(), Some(&0x30), "LDAP in a handshake"),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}"),
        }
    }
    serves(&gateway);
}

#[test]
fn clients_that_never_read_take_bounded_memory_and_are_closed_while_others_are_served() {
    let slapd = Slapd::start_with(&SlapdSettings {
        users: 2000,
        ..SlapdSettings::default()
    });
    let gateway = impatient("write_stall_seconds = 4", &slapd);
    serves(&gateway);
    let before = gateway.resident();
    let deaf: Vec<Wire> = (0..4)
        .map(|_| {
            let (mut wire, answer) = sign_in(&gateway, "active");
            assert_eq!(answer.code, Some(0));
            // About half a megabyte of answers to each of them.
            for id in 2..102 {
                wire.send(&request::search(id, BASE, Scope::Subtree, "objectClass", &["*"], &[]));
            }
            wire
        })
        .collect();
    // Without a halt to reading from the directory it would be more than a hundred megabytes.
    let mut most = 0;
    eventually("they are closed", Duration::from_mins(1), || {
        serves(&gateway);
        most = most.max(gateway.resident());
        (sessions(&gateway) < 4.0).then_some(())
    });
    assert!(
        most < before + 32 * 1024 * 1024,
        "{before} octets before, {most} at most"
    );
    eventually("no lane is left in use", PATIENCE, || {
        (gateway.metrics().sum("postern_ldap_lanes_in_use", &[]) < 1.0).then_some(())
    });
    drop(deaf);
}

#[test]
fn a_large_result_reaches_a_slow_reader_whole() {
    let slapd = Slapd::start_with(&SlapdSettings {
        users: 2000,
        ..SlapdSettings::default()
    });
    let gateway = Gateway::start("generic", &slapd);
    let (mut wire, _) = sign_in(&gateway, "active");
    for id in 2..22 {
        wire.send(&request::search_with(
            id,
            BASE,
            Scope::Subtree,
            b"\xa4\x0d\x04\x03uid\x30\x06\x80\x04user",
            &["*"],
            &[],
        ));
    }
    // Every answer waits for a whole exchange of somebody else at first, then they are read as they come.
    for _ in 0..20 {
        serves(&gateway);
    }
    let (mut found, mut done) = (0, 0);
    while done < 20 {
        match wire.answer().code {
            None => found += 1,
            Some(code) => {
                assert_eq!(code, 0);
                done += 1;
            }
        }
    }
    assert_eq!(found, 40_000);
}

#[test]
fn a_directory_is_not_late_while_its_client_does_not_read_and_nor_is_the_rest_of_a_request() {
    // More than all sockets on the way hold.
    let entry = entry_of(24 * 1024 * 1024);
    let size = entry.len();
    let puppet = Puppet::start(move |message, _| {
        if message.operation.tag != tag::SEARCH_REQUEST || message.id.0 < 10 {
            return accepted(message);
        }
        let done = answer::result(message.id, tag::SEARCH_DONE, ResultCode::SUCCESS, "", &[]);
        Act::Send([request::message(message.id.0, &entry, &[]), done].concat())
    });
    let gateway = Gateway::start_unready(
        &GatewaySettings {
            limits: "operation_seconds = 1\nrequest_seconds = 1\ntime_to_first_octet_seconds = 1".to_owned(),
            ..GatewaySettings::new("generic", &[puppet.url()])
        },
        Output::Kept,
    );
    let (mut wire, _) = sign_in(&gateway, "active");
    let next = request::search(9, BASE, Scope::Base, "objectClass", &["dc"], &[]);
    let (half, rest) = next.split_at(next.len() / 2);
    wire.send(
        &[
            &request::search(10, BASE, Scope::Base, "objectClass", &["*"], &[])[..],
            half,
        ]
        .concat(),
    );
    // Two that say nothing, one after the other: twice the time an operation and the rest of a request have.
    for _ in 0..2 {
        assert_eq!(gateway.client().expect_notice().code, Some(52));
    }
    assert!(wire.answer().octets.len() > size);
    let done = wire.answer();
    assert_eq!((done.id, done.code), (10, Some(0)), "{done:?}");
    wire.send(rest);
    let answer = wire.answer();
    assert_eq!((answer.id, answer.code), (9, Some(0)), "{answer:?}");
}

/// The search result entry of one value of so many octets.
fn entry_of(size: usize) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.nested(tag::SEARCH_ENTRY, |body| {
        body.octets(b"cn=x").nested(tag::SEQUENCE, |list| {
            list.nested(tag::SEQUENCE, |attribute| {
                attribute.octets(b"jpegPhoto").nested(tag::SET, |values| {
                    values.octets(&vec![b'v'; size]);
                });
            });
        });
    });
    writer.finish()
}

#[test]
fn more_operations_at_once_than_allowed_are_busy_and_the_others_answered() {
    let slapd = Slapd::start();
    let gateway = impatient("operations_in_flight = 4", &slapd);
    let (mut wire, _) = sign_in(&gateway, "active");
    slapd.freeze();
    for id in 2..8 {
        wire.send(&request::search(
            id,
            &people::dn("active"),
            Scope::Base,
            "objectClass",
            &["cn"],
            &[],
        ));
    }
    let refused = [wire.answer(), wire.answer()].map(|answer| (answer.id, answer.code));
    assert_eq!(refused, [(6, Some(51)), (7, Some(51))]);
    slapd.thaw();
    let mut done = 0;
    while done < 4 {
        let answer = wire.answer();
        assert!((2..6).contains(&answer.id), "{answer:?}");
        done += usize::from(answer.code == Some(0));
    }
}

fn sessions(gateway: &Gateway) -> f64 {
    gateway.metrics().sum("postern_ldap_sessions", &[])
}
