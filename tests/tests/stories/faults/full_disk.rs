//! Disks without room: for what the program keeps, and for its log.

use super::serves;
use postern_tests::gateway::program;
use postern_tests::mounts::Mounts;
use postern_tests::people::{self, PASSWORD};
use postern_tests::process::Process;
use postern_tests::{Gateway, Slapd, Wire, eventually};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Longer than anything may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a file system in memory gives a file at least.
const PAGE: usize = 4096;
const PAGES: usize = 16;

#[test]
fn a_first_start_on_a_full_disk_says_so_and_what_it_left_is_never_used() {
    let (_slapd, gateway) = stopped();
    let (mut mounts, state) = (Mounts::start(), gateway.folder().join("state"));
    mounts.memory(&state, PAGES * PAGE);
    let mut failures = 0;
    // Each time there is room for one file more than the last time, whose leavings lie there.
    for room in 0..PAGES {
        fill(&mut mounts, &state, PAGES - room);
        let mut command = mounts.command(program());
        command
            .arg("serve")
            .arg("--config")
            .arg(gateway.folder().join("gateway.toml"));
        let log = gateway.folder().join(format!("room-{room}.log"));
        let mut started = Process::start("postern", &mut command, &log);
        let code = eventually("it is ready or ends", PATIENCE, || match started.ended() {
            Some(status) => Some(status.code()),
            None => gateway.is_ready().then_some(None),
        });
        if let Some(code) = code {
            assert_eq!(code, 1, "{}", started.output());
            let said = started.output();
            assert!(
                said.contains("the state folder cannot be written"),
                "room {room}: {said}"
            );
            failures += 1;
            continue;
        }
        let authority = gateway.folder().join("authority.pem");
        mounts.run(&format!("cp '{}/ca.pem' '{}'", state.display(), authority.display()));
        let mut wire = Wire::connect_tls(gateway.tls_address(), &authority);
        assert_eq!(wire.bind(1, &people::dn("active"), PASSWORD).code, Some(0));
        break;
    }
    assert!((1..PAGES).contains(&failures), "{failures} failures");
}

#[test]
fn a_log_on_a_full_disk_goes_on_when_there_is_room_again_and_says_what_is_missing() {
    let (_slapd, gateway) = stopped();
    let (mut mounts, disk) = (Mounts::start(), gateway.folder().join("disk"));
    fs::create_dir(&disk).unwrap();
    mounts.memory(&disk, PAGES * PAGE);
    let mut command = mounts.command(Path::new("/bin/sh"));
    command
        .args(["-c", "exec \"$0\" serve --config \"$1\" > \"$2\" 2>&1"])
        .arg(program())
        .args([gateway.folder().join("gateway.toml"), disk.join("log")]);
    let _started = Process::start("postern", &mut command, &gateway.folder().join("sh.log"));
    eventually("it is ready", PATIENCE, || gateway.is_ready().then_some(()));
    fill(&mut mounts, &disk, PAGES);
    let lost = || gateway.metrics().sum("postern_log_lines_lost_total", &[]);
    eventually("lines are lost, and only they", PATIENCE, || {
        serves(&gateway);
        (lost() > 10.0).then_some(())
    });
    mounts.run(&format!("rm '{}/filling'", disk.display()));
    let copy = gateway.folder().join("copy.log");
    eventually("it says what is missing", PATIENCE, || {
        serves(&gateway);
        mounts.run(&format!("cp '{}/log' '{}'", disk.display(), copy.display()));
        let log = fs::read_to_string(&copy).unwrap();
        log.contains("log lines were lost").then_some(())
    });
}

#[test]
fn an_emergency_brake_that_finds_no_room_says_so_and_leaves_nothing_behind() {
    let (_slapd, gateway) = stopped();
    let (mut mounts, state) = (Mounts::start(), gateway.folder().join("state"));
    mounts.memory(&state, PAGES * PAGE);
    fill(&mut mounts, &state, PAGES);
    let mut command = mounts.command(program());
    command.args(["panic", "transparent", "--config"]);
    command.arg(gateway.folder().join("gateway.toml"));
    let log = gateway.folder().join("panic.log");
    let mut panic = Process::start("postern", &mut command, &log);
    assert_eq!(panic.end(PATIENCE).code(), Some(1), "{}", panic.output());
    let said = panic.output();
    assert!(
        said.contains("there is no room for it on the disk: make room there"),
        "{said}"
    );
    let listed = gateway.folder().join("listed");
    mounts.run(&format!("ls -A '{}' > '{}'", state.display(), listed.display()));
    assert_eq!(fs::read_to_string(&listed).unwrap(), "filling\n");
}

/// A gateway for its folder and addresses, and a slapd behind it: it is started again by hand, where disks can be full.
fn stopped() -> (Slapd, Gateway) {
    let slapd = Slapd::start();
    let mut gateway = Gateway::start("generic", &slapd);
    gateway.kill();
    (slapd, gateway)
}

/// Takes up to so many pages of a disk.
fn fill(mounts: &mut Mounts, disk: &Path, pages: usize) {
    let filling = disk.join("filling");
    let filling = filling.display();
    // It ends early, and fails, where there are fewer.
    mounts.run(&format!(
        "rm -f '{filling}'; dd if=/dev/zero of='{filling}' bs={PAGE} count={pages} 2> /dev/null || true"
    ));
}
