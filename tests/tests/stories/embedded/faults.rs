//! A disk without room under a directory of the gateway's own.

use super::administrator;
use postern_tests::gateway::program;
use postern_tests::mounts::Mounts;
use postern_tests::people::{self, PASSWORD};
use postern_tests::process::Process;
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Answer, Gateway, GatewaySettings, Wire, eventually};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);
/// Octets of the file system the store is on, and the most writes until it is full.
const DISK: usize = 16 * 1024 * 1024;
const WRITES: usize = 20_000;

#[test]
fn on_a_full_disk_writes_are_refused_sign_ins_and_searches_go_on_and_so_do_writes_when_there_is_room() {
    let mut gateway = Gateway::start_with(&GatewaySettings::embedded("generic"));
    gateway.signal(rustix::process::Signal::TERM);
    assert!(gateway.end(PATIENCE).success());
    let state = gateway.folder().join("state");
    let (mut mounts, kept) = (Mounts::start(), gateway.folder().join("kept"));
    mounts.run(&format!("cp -a '{}' '{}'", state.display(), kept.display()));
    mounts.memory(&state, DISK);
    mounts.run(&format!("cp -a '{}/.' '{}'", kept.display(), state.display()));
    let mut command = mounts.command(program());
    command
        .args(["serve", "--config"])
        .arg(gateway.folder().join("gateway.toml"))
        .current_dir(gateway.folder());
    let mut started = Process::start("postern", &mut command, &gateway.folder().join("full.log"));
    eventually("it is ready", PATIENCE, || gateway.is_ready().then_some(()));

    // `state` is another folder for us than for the program; the authority is the same.
    let mut wire = administrator(&gateway);
    let filling = state.join("filling");
    mounts.run(&format!(
        "dd if=/dev/zero of='{}' bs=4096 2> /dev/null || true",
        filling.display()
    ));
    let refused = (0..WRITES)
        .map(|number| describe(&mut wire, number))
        .find(|answer| answer.code != Some(0))
        .expect("a disk that fills up");
    assert!(matches!(refused.code, Some(53 | 80)), "{refused:?}");
    assert!(refused.text.contains("disk"), "{refused:?}");
    for _ in 0..20 {
        assert_eq!(
            gateway.tls_client().bind(1, &people::dn("active"), PASSWORD).code,
            Some(0)
        );
        let search = request::search(3, &people::dn("active"), Scope::Base, "objectClass", &["cn"], &[]);
        assert_eq!(wire.ask(&search).len(), 2);
    }
    // What cannot be counted is not guessed either: not even the right one is told from a wrong one then.
    for password in ["wrong-password", PASSWORD, "another-wrong-one"] {
        let answer = gateway.tls_client().bind(1, &people::dn("history-1"), password);
        assert_eq!(answer.code, Some(52), "{answer:?}");
    }
    mounts.run(&format!("rm '{}'", filling.display()));
    eventually("there is room", PATIENCE, || {
        (describe(&mut wire, 0).code == Some(0)).then_some(())
    });
    assert!(started.ended().is_none());
}

fn describe(wire: &mut Wire, number: usize) -> Answer {
    let long = format!("{number} {}", "x".repeat(4000));
    let change: (Change, &str, &[&str]) = (Change::Replace, "description", &[&long]);
    wire.ask(&request::modify(2, &people::dn("idle"), &[change], &[]))
        .remove(0)
}
