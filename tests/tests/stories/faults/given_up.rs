//! Changes nobody waits for any more: whether they were made is not known, and just that goes on record, once each.

use super::hostile_directory::{accepted, before};
use super::is_read;
use postern_ldap::result::ResultCode;
use postern_ldap::search::SearchRequest;
use postern_ldap::{Message, answer, tag};
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::puppet::Act;
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Gateway, Wire, eventually};
use std::time::Duration;

/// Longer than anything may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The id of every change here.
const CHANGE: u32 = 2;

/// How a client gives up what it asked for.
type GiveUp = fn(&mut Wire);

const WAYS: [(&str, GiveUp); 4] = [
    ("an abandon", |wire| {
        wire.send(&request::abandon(3, CHANGE));
        is_read(wire, 4);
    }),
    ("a sign-in", |wire| {
        assert_eq!(wire.bind(3, &people::dn("young"), PASSWORD).code, Some(0));
    }),
    ("an unbind", |wire| {
        wire.send(&request::unbind(3));
        wire.expect_closed();
    }),
    ("an abandon and an unbind", |wire| {
        wire.send(&request::abandon(3, CHANGE));
        wire.send(&request::unbind(4));
        wire.expect_closed();
    }),
];

#[test]
fn a_change_that_is_given_up_goes_on_record_once_however_it_is_given_up() {
    let (_puppet, gateway) = before(late);
    for (change, request) in changes() {
        for (way, give_up) in WAYS {
            let known = gateway.audit().len();
            let (mut wire, told) = asked(&gateway, &request);
            give_up(&mut wire);
            drop(wire);
            ended(&gateway);
            let lines = lines_since(&gateway, known);
            assert_eq!(lines.len(), 1, "{change}, {way}: {lines:?}");
            let line = &lines[0];
            assert_eq!(line["rule"], "built-in:given-up", "{change}, {way}");
            assert_eq!(line["operation"], change, "{way}");
            assert_eq!(line["outcome"], "unavailable", "{change}, {way}");
            assert_eq!(line["result_code"], 80, "{change}, {way}");
            assert_eq!(
                line["account"],
                people::dn("active"),
                "{change}, {way}: who asked for it"
            );
            assert_eq!(line["session"], told, "{change}, {way}");
        }
    }
}

#[test]
fn a_search_that_is_given_up_leaves_no_line() {
    let (_puppet, gateway) = before(late);
    for (way, give_up) in WAYS {
        let known = gateway.audit().len();
        let search = request::search(CHANGE, BASE, Scope::Subtree, "objectClass", &["cn"], &[]);
        let (mut wire, _) = asked(&gateway, &search);
        give_up(&mut wire);
        drop(wire);
        ended(&gateway);
        let lines = lines_since(&gateway, known);
        assert!(lines.is_empty(), "{way}: {lines:?}");
    }
}

/// A directory that takes its time over everything but sign-ins, and answers what was abandoned all the same.
fn late(message: &Message<'_>, _: usize) -> Act {
    match message.operation.tag {
        tag::BIND_REQUEST => accepted(message),
        tag::ABANDON_REQUEST => Act::Send(answer::result(
            postern_ldap::MessageId(CHANGE),
            tag::MODIFY_RESPONSE,
            ResultCode::SUCCESS,
            "made all the same",
            &[],
        )),
        // Our service account looks at entries one by one, and its ids come to this number too.
        _ if message.id.0 == CHANGE && !is_look_at_one(message) => Act::Nothing,
        _ => accepted(message),
    }
}

fn is_look_at_one(message: &Message<'_>) -> bool {
    SearchRequest::parse(message).is_ok_and(|search| search.scope == postern_ldap::search::Scope::Base)
}

/// Every kind of change, by the name it goes by on record.
fn changes() -> [(&'static str, Vec<u8>); 5] {
    let dn = people::dn("active");
    [
        (
            "modify",
            request::modify(CHANGE, &dn, &[(Change::Replace, "description", &["x"])], &[]),
        ),
        (
            "add",
            request::add(
                CHANGE,
                &people::dn("new"),
                &[("objectClass", "account"), ("uid", "new")],
            ),
        ),
        ("delete", request::delete(CHANGE, &dn)),
        ("modify_dn", request::rename(CHANGE, &dn, "uid=other")),
        (
            "extended",
            request::password_modify(CHANGE, None, None, Some("another-one-12"), &[]),
        ),
    ]
}

/// A client that has signed in and asked, and what its session is called on record.
fn asked(gateway: &Gateway, request: &[u8]) -> (Wire, serde_json::Value) {
    let known = gateway.audit().len();
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
    wire.send(request);
    is_read(&mut wire, 9);
    let line = eventually("its sign-in is on record", PATIENCE, || {
        gateway.audit().get(known).cloned()
    });
    (wire, line["session"].clone())
}

/// Returns when every session has left what it had to say.
fn ended(gateway: &Gateway) {
    eventually("no session is left", PATIENCE, || {
        (gateway.metrics().sum("postern_ldap_sessions", &[]) < 1.0).then_some(())
    });
    // Lines are written in order: behind this one there is nothing of those sessions.
    let known = gateway.audit().len();
    let marks = gateway.output().matches("cn=mark").count();
    assert_eq!(gateway.client().bind(1, "cn=mark", PASSWORD).code, Some(0));
    eventually("the log is written", PATIENCE, || {
        (gateway.output().matches("cn=mark").count() > marks && gateway.audit().len() > known).then_some(())
    });
}

/// Lines on record about anything but sign-ins and what the stories use to see that something was read.
fn lines_since(gateway: &Gateway, known: usize) -> Vec<serde_json::Value> {
    let lines = gateway.audit().split_off(known);
    lines
        .into_iter()
        .filter(|line| line["operation"] != "bind" && line["outcome"] != "refused")
        .collect()
}
