//! What goes wrong: directories that die, hang or are not who they should be; clients that lie, dawdle or do not listen; a full disk, a
//! signal. What every story ends with: the gateway still serves, and said nothing that was not so.

mod crowds;
mod directory_certificates;
mod directory_lost;
mod full_disk;
mod given_up;
mod good_byes;
mod hostile_directory;
mod hostile_frames;
mod interrupted;
mod lanes;
mod lifecycle;
mod not_signed_in;
mod odd_requests;
mod passing_on;
mod protocol;
mod second_server;
mod slow_clients;
mod vanished;

use postern_tests::people::{self, PASSWORD};
use postern_tests::request::{self, Scope};
use postern_tests::{Answer, Gateway, Wire};
use std::time::Duration;

/// The text by which a client learns that the directory is not there.
const UNAVAILABLE: Option<u32> = Some(52);
/// The presets of the project.
const PRESETS: [&str; 3] = ["transparent", "generic", "sssd"];
/// How soon service must be back, generously.
const BACK: Duration = Duration::from_secs(5);

/// A new client signs in as `uid` with the right password, on a connection of its own.
fn sign_in(gateway: &Gateway, uid: &str) -> (Wire, Answer) {
    let mut wire = gateway.client();
    let answer = wire.bind(1, &people::dn(uid), PASSWORD);
    (wire, answer)
}

/// Shows that the gateway serves: a sign-in with the right and with a wrong password, and a search.
fn serves(gateway: &Gateway) {
    let (mut wire, answer) = sign_in(gateway, "active");
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(entries(&mut wire, 2, "active"), 1);
    // Whoever was tried while the directory was away may have to wait for what became of that.
    let wrong = gateway.client().bind(1, &people::dn("nobody-yet"), "wrong");
    assert_eq!(wrong.code, Some(49), "{wrong:?}");
}

/// How many entries a search for one person finds. It must succeed.
fn entries(wire: &mut Wire, id: u32, uid: &str) -> usize {
    let answers = wire.ask(&request::search(
        id,
        &people::dn(uid),
        Scope::Base,
        "objectClass",
        &["cn"],
        &[],
    ));
    let last = &answers[answers.len() - 1];
    assert_eq!(last.code, Some(0), "{last:?}");
    answers.len() - 1
}

/// Returns when the gateway has read, and passed on, everything sent on this connection before. On a preset of ours an unknown extension is
/// refused by the gateway itself, in its turn, also while the directory hangs.
fn is_read(wire: &mut Wire, id: u32) {
    wire.send(&request::extended(id, b"1.2.3.4.5", None, &[]));
    let answer = wire.answer();
    assert_eq!((answer.id, answer.code), (id, Some(2)), "{answer:?}");
}
