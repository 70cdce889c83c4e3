//! Clients that are not there any more: what they held is given up, at once where the system tells of it, and in bounded time where it does
//! not.

use super::hostile_directory::accepted;
use super::{is_read, serves, sign_in};
use postern_ldap::{Message, oid, tag};
use postern_tests::gateway::Output;
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::puppet::{Act, Puppet};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, eventually};
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

/// Longer than anything may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// RFC 4533 §2.2: a refresh, and then to be told of every change.
const REFRESH_AND_PERSIST: &[u8] = &[0x30, 3, 0x0a, 1, 3];

#[test]
fn a_client_that_is_reset_gives_its_lane_up_at_once_whatever_it_waits_for() {
    // In an hour the directory would be taken for silent, and the lane given up for that.
    let (_puppet, gateway) = before_a_mute_directory("operation_seconds = 3600\nwrite_stall_seconds = 1");
    let search = request::search(2, BASE, Scope::Subtree, "objectClass", &["cn"], &[]);
    let change = request::modify(
        2,
        &people::dn("active"),
        &[(Change::Replace, "description", &["x"])],
        &[],
    );
    for (what, request) in [("a search", &search), ("a change", &change)] {
        for half_closed in [false, true] {
            let (mut wire, answer) = sign_in(&gateway, "active");
            assert_eq!(answer.code, Some(0), "{answer:?}");
            let known = given_up(&gateway);
            is_answered_unread(&mut wire, 3);
            wire.send(request);
            if half_closed {
                wire.half_close();
            }
            drop(wire); // with octets it has not read: the system resets the connection
            eventually(
                &format!("the lane of {what} is given up, half closed: {half_closed}"),
                PATIENCE,
                || (in_use(&gateway) < 1.0).then_some(()),
            );
            let changes = usize::from(what == "a change");
            eventually("a change is on record", PATIENCE, || {
                (given_up(&gateway) >= known + changes).then_some(())
            });
            assert_eq!(given_up(&gateway), known + changes, "{what}");
        }
    }
}

#[test]
fn a_client_that_vanishes_during_its_sign_in_gives_its_lane_up_when_the_directory_may_not_wait_any_longer() {
    let puppet = Puppet::start(|message, _| {
        if super::hostile_directory::is_bind_of_a_person(message) {
            Act::Nothing
        } else {
            accepted(message)
        }
    });
    let gateway = start("bind_seconds = 1", &puppet);
    let mut wire = gateway.client();
    is_answered_unread(&mut wire, 1);
    wire.send(&request::bind(2, &people::dn("active"), PASSWORD, &[]));
    eventually("it has a lane", PATIENCE, || (in_use(&gateway) > 0.0).then_some(()));
    drop(wire);
    eventually("the lane is given up", PATIENCE, || {
        (in_use(&gateway) < 1.0).then_some(())
    });
}

#[test]
fn a_client_that_closes_is_waited_for_no_longer_than_an_operation_may_take() {
    let (_puppet, gateway) = before_a_mute_directory("operation_seconds = 1");
    let (mut wire, _) = sign_in(&gateway, "active");
    wire.send(&request::search(2, BASE, Scope::Subtree, "objectClass", &["cn"], &[]));
    is_read(&mut wire, 3);
    drop(wire); // everything is read: for all the gateway knows, it only sends no more
    eventually("the lane is given up", PATIENCE, || {
        (in_use(&gateway) < 1.0).then_some(())
    });
}

#[test]
fn a_client_that_sends_no_more_is_not_kept_for_a_search_that_never_ends() {
    let slapd = Slapd::start_with(&SlapdSettings {
        global: "moduleload syncprov.la".to_owned(),
        database: "overlay syncprov".to_owned(),
        ..SlapdSettings::default()
    });
    let gateway = Gateway::start("generic", &slapd);
    let (mut wire, _) = sign_in(&gateway, "active");
    let control = request::control(oid::SYNC_REQUEST, true, Some(REFRESH_AND_PERSIST));
    wire.send(&request::search(
        2,
        BASE,
        Scope::Base,
        "objectClass",
        &["dc"],
        &[&control],
    ));
    assert_eq!(wire.answer().operation, tag::SEARCH_ENTRY);
    assert_eq!(
        wire.answer().operation,
        tag::INTERMEDIATE_RESPONSE,
        "the refresh is over"
    );
    // What can end is waited for, also now.
    slapd.freeze();
    wire.send(&request::who_am_i(3));
    wire.half_close();
    slapd.thaw();
    let answer = wire.answer();
    assert_eq!((answer.id, answer.code), (3, Some(0)), "{answer:?}");
    wire.expect_closed();
    eventually("its lane is closed, and not kept for others", PATIENCE, || {
        (in_use(&gateway) < 1.0 && idle(&gateway) < 1.0).then_some(())
    });
    serves(&gateway);
}

#[test]
fn the_kernel_asks_silent_clients_whether_they_are_still_there() {
    let slapd = Slapd::start();
    let gateway = Gateway::start("generic", &slapd);
    let (plain, secured) = (gateway.client(), gateway.tls_client());
    // One whose handshake has not even begun.
    let shaking = Wire::connect(gateway.tls_address());
    for (what, wire) in [("plain", &plain), ("under TLS", &secured), ("before TLS", &shaking)] {
        let (client, gateway) = (wire.socket().local_addr().unwrap(), wire.socket().peer_addr().unwrap());
        eventually(&format!("the kernel keeps time of a client, {what}"), PATIENCE, || {
            is_kept_alive(gateway, client).then_some(())
        });
    }
}

/// A gateway before a directory that takes every sign-in and answers nothing else.
fn before_a_mute_directory(limits: &str) -> (Puppet, Gateway) {
    let puppet = Puppet::start(|message: &Message<'_>, _| match message.operation.tag {
        tag::BIND_REQUEST => accepted(message),
        tag::SEARCH_REQUEST if message.id.0 == 1 => accepted(message),
        _ => Act::Nothing,
    });
    let gateway = start(limits, &puppet);
    (puppet, gateway)
}

fn start(limits: &str, puppet: &Puppet) -> Gateway {
    let settings = GatewaySettings {
        limits: limits.to_owned(),
        ..GatewaySettings::new("sssd", &[puppet.url()])
    };
    Gateway::start_unready(&settings, Output::Kept)
}

/// Asks for what the gateway itself refuses, and leaves the answer unread where it arrived.
fn is_answered_unread(wire: &mut Wire, id: u32) {
    wire.send(&request::extended(id, b"1.2.3.4.5", None, &[]));
    assert_eq!(wire.socket().peek(&mut [0]).unwrap(), 1);
}

/// Lines on record about changes nobody waits for any more.
fn given_up(gateway: &Gateway) -> usize {
    let lines = gateway.audit();
    lines.iter().filter(|line| line["rule"] == "built-in:given-up").count()
}

fn in_use(gateway: &Gateway) -> f64 {
    gateway.metrics().sum("postern_ldap_lanes_in_use", &[])
}

fn idle(gateway: &Gateway) -> f64 {
    gateway.metrics().sum("postern_ldap_lanes_idle", &[])
}

/// Whether the keepalive timer runs on this end of a connection (proc_pid_net(5): `tr` is 2).
fn is_kept_alive(own: SocketAddr, peer: SocketAddr) -> bool {
    let table = fs::read_to_string("/proc/net/tcp").expect("the kernel's table of connections");
    let row = format!("{} {} 01 ", shown(own), shown(peer));
    table.lines().filter_map(|line| line.split_once(&row)).any(|(_, rest)| {
        rest.split_whitespace()
            .nth(1)
            .is_some_and(|timer| timer.starts_with("02:"))
    })
}

/// An IPv4 address as that table shows it: the address as the processor stores it.
fn shown(address: SocketAddr) -> String {
    let SocketAddr::V4(address) = address else {
        panic!("stories are told on 127.0.0.1")
    };
    format!(
        "{:08X}:{:04X}",
        u32::from_ne_bytes(address.ip().octets()),
        address.port()
    )
}
