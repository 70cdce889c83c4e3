//! Several servers of one directory: which of them is asked, and what is told when they differ, fail, lag or are taken out of service.

mod bound;
mod choice;
mod drain;
mod replicas;

use postern_tests::people::{self, PASSWORD};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Answer, Gateway, GatewaySettings, Slapd, Wire, eventually};
use std::time::Duration;

/// How soon what is to happen must have happened, generously.
const SOON: Duration = Duration::from_secs(20);
/// Timers of sessions come by every quarter of a second.
const QUICK: &str = "bind_seconds = 1";

/// A gateway before these servers, each with what else is said of it.
fn gateway(preset: &str, directory: &str, servers: &[(&Slapd, &str)]) -> GatewaySettings {
    let servers: Vec<String> = servers
        .iter()
        .map(|(slapd, more)| format!("{{ url = \"{}\"{more} }}", slapd.url()))
        .collect();
    GatewaySettings {
        directory: format!("servers = [{}]\n{directory}", servers.join(", ")),
        limits: QUICK.to_owned(),
        ..GatewaySettings::new(preset, &[])
    }
}

/// A new client signs in, on a connection of its own.
fn sign_in(gateway: &Gateway, uid: &str) -> (Wire, Answer) {
    sign_in_with(gateway, uid, PASSWORD)
}

fn sign_in_with(gateway: &Gateway, uid: &str, password: &str) -> (Wire, Answer) {
    let mut wire = gateway.client();
    let answer = wire.bind(1, &people::dn(uid), password);
    (wire, answer)
}

/// The server that answered the one sign-in on this connection, by the record.
fn server_of(gateway: &Gateway, wire: &Wire) -> String {
    let client = wire.socket().local_addr().unwrap().to_string();
    eventually("the sign-in is on record", SOON, || {
        let lines = gateway.audit();
        let line = lines
            .iter()
            .find(|line| line["operation"] == "bind" && line["client"] == client.as_str())?;
        Some(line["server"].as_str().expect("a server").to_owned())
    })
}

/// The ends of sessions on record, when there are so many.
fn ends(gateway: &Gateway, count: usize) -> Vec<serde_json::Value> {
    eventually("the ends are on record", SOON, || {
        let lines = gateway.audit().into_iter();
        let ends: Vec<_> = lines.filter(|line| line["operation"] == "session").collect();
        (ends.len() >= count).then_some(ends)
    })
}

/// Signs an account in, which must succeed, and tells which server said so.
fn signed_in_at(gateway: &Gateway, uid: &str) -> String {
    let (wire, answer) = sign_in(gateway, uid);
    assert_eq!(answer.code, Some(0), "{uid}: {answer:?}");
    server_of(gateway, &wire)
}

/// The code of a search for an own entry, or of the notice that came instead.
fn reads(wire: &mut Wire, id: u32, uid: &str) -> Option<u32> {
    let search = request::search(id, &people::dn(uid), Scope::Base, "objectClass", &["cn"], &[]);
    wire.try_ask(&search).ok()?.pop()?.code
}

/// A change of the own entry.
fn describe(id: u32, uid: &str, text: &str) -> Vec<u8> {
    request::modify(id, &people::dn(uid), &[(Change::Replace, "description", &[text])], &[])
}
