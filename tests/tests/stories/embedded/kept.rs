//! What was acknowledged is there after a loss of power, and files that are not ours to use stay as they are.

use super::administrator;
use postern_ldap::Message;
use postern_ldap::entry::SearchEntry;
use postern_tests::gateway::program;
use postern_tests::people::{self, BASE, PASSWORD};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Gateway, GatewaySettings, Wire, eventually, port};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);
/// Clients that write at once, and how much is acknowledged before the power goes.
const WRITERS: usize = 3;
const ACKNOWLEDGED: usize = 60;
/// Where SQLite keeps the number of the schema (its file format, "Database Header").
const USER_VERSION: u64 = 60;

/// What a description may be after a loss of power: that acknowledged last, or that under way.
type Allowed = BTreeMap<String, Vec<Option<String>>>;

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half_done_when_the_program_is_killed() {
    kill_while_it_writes(Gateway::start_with(&GatewaySettings::embedded("transparent")));
}

/// Has clients write, kills the gateway and looks what is there, so many times.
pub(super) fn kill_while_it_writes(mut gateway: Gateway) {
    let rounds = std::env::var("POSTERN_ROUNDS").map_or(20, |rounds| rounds.parse().unwrap());
    let mut allowed = Allowed::new();
    for round in 0..rounds {
        let acknowledged = AtomicUsize::new(0);
        let wires: Vec<Wire> = (0..WRITERS).map(|_| administrator(&gateway)).collect();
        let written: Vec<Allowed> = std::thread::scope(|scope| {
            let counted = &acknowledged;
            let writers: Vec<_> = wires
                .into_iter()
                .enumerate()
                .map(|(writer, wire)| scope.spawn(move || write(wire, &format!("{round}-{writer}"), counted)))
                .collect();
            eventually("enough is acknowledged", PATIENCE, || {
                (acknowledged.load(Ordering::Relaxed) > ACKNOWLEDGED).then_some(())
            });
            gateway.kill();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        allowed.extend(written.into_iter().flatten());
        gateway.start_again();
        let mut wire = administrator(&gateway);
        let found = descriptions(&mut wire);
        for (uid, descriptions) in &mut allowed {
            let now = found.get(uid).cloned();
            assert!(
                descriptions.contains(&now),
                "round {round}: {uid} is {now:?} and should be {descriptions:?}"
            );
            *descriptions = vec![now];
        }
        assert!(found.keys().all(|uid| allowed.contains_key(uid)), "round {round}");
    }
}

#[test]
fn a_second_gateway_on_the_same_file_is_refused_and_the_first_goes_on() {
    let mut gateway = Gateway::start_with(&GatewaySettings::embedded("generic"));
    let output = postern(&gateway, &["serve"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("another gateway uses state/control.sock already"),
        "{}",
        said(&output)
    );

    // With a state folder and ports of its own.
    let file = gateway.folder().join("gateway.toml");
    let mut other = fs::read_to_string(&file)
        .unwrap()
        .replace("state_dir = \"state\"", "state_dir = \"other\"");
    for address in [gateway.address(), gateway.tls_address(), gateway.metrics_address()] {
        other = other.replace(&address.to_string(), &format!("127.0.0.1:{}", port::free()));
    }
    let first = fs::read(&file).unwrap();
    fs::write(&file, format!("{other}\n[store]\nurl = \"sqlite:state/postern.db\"\n")).unwrap();
    for command in [&["serve"][..], &["export"], &["migrate"]] {
        let output = postern(&gateway, command);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {}", said(&output));
        assert!(
            said(&output).contains("is in use by another process"),
            "{command:?}: {}",
            said(&output)
        );
    }
    fs::write(&file, first).unwrap();
    gateway.expect_running();
    assert_eq!(
        gateway.tls_client().bind(1, &people::dn("active"), PASSWORD).code,
        Some(0)
    );
}

#[test]
fn a_store_of_a_newer_version_is_refused_with_a_way_out_and_not_touched() {
    let (gateway, file) = stopped();
    let open = fs::OpenOptions::new().write(true).open(&file).unwrap();
    open.write_all_at(&99_u32.to_be_bytes(), USER_VERSION).unwrap();
    untouched(&gateway, &file, "was written by a newer version (its schema is 99");
}

#[test]
fn a_file_that_is_no_store_or_a_broken_one_is_refused_and_not_touched() {
    let (gateway, file) = stopped();
    let whole = fs::read(&file).unwrap();
    for (broken, words) in [
        (b"dear diary, today".repeat(500), "is not a store of ours"),
        // The head is whole, what follows is not.
        (
            [&whole[..100], &vec![0xa5; whole.len() - 100][..]].concat(),
            "Restore a copy",
        ),
        (whole[..whole.len() / 2].to_vec(), "Restore a copy"),
    ] {
        fs::write(&file, &broken).unwrap();
        untouched(&gateway, &file, words);
    }
}

/// Adds and changes entries until the connection ends. Gives what each may be then.
fn write(mut wire: Wire, of: &str, acknowledged: &AtomicUsize) -> Allowed {
    let mut allowed = Allowed::new();
    for number in 0.. {
        let uid = format!("kept-{of}-{number}");
        let dn = people::dn(&uid);
        let class = ("objectClass", "inetOrgPerson");
        let attributes = [
            class,
            ("uid", &*uid),
            ("cn", &*uid),
            ("sn", &*uid),
            ("description", "0"),
        ];
        let mut request = request::add(2, &dn, &attributes);
        let mut before = None;
        for step in 0..4 {
            let after = Some(step.to_string());
            allowed.insert(uid.clone(), vec![before, after.clone()]);
            let Ok(answers) = wire.try_ask(&request) else {
                return allowed;
            };
            if answers[0].is_notice() {
                return allowed;
            }
            assert_eq!(answers[0].code, Some(0), "{:?}", answers[0]);
            allowed.insert(uid.clone(), vec![after.clone()]);
            acknowledged.fetch_add(1, Ordering::Relaxed);
            before = after;
            let next = (step + 1).to_string();
            request = request::modify(3, &dn, &[(Change::Replace, "description", &[&next])], &[]);
        }
    }
    allowed
}

/// The descriptions of the entries above, found one by one through the index, and all of them at once.
fn descriptions(wire: &mut Wire) -> BTreeMap<String, String> {
    let all = request::search(
        2,
        &format!("ou=people,{BASE}"),
        Scope::One,
        "description",
        &["uid", "description"],
        &[],
    );
    let read = |octets: &[u8]| -> Option<(String, String)> {
        let message = Message::parse(octets).unwrap();
        let entry = SearchEntry::parse(&message).ok()?;
        let value = |name: &[u8]| {
            let attribute = entry
                .attributes()
                .map(Result::unwrap)
                .find(|attribute| attribute.description == name)?;
            let value = attribute.values().next()?;
            Some(String::from_utf8(value.to_vec()).unwrap())
        };
        Some((value(b"uid")?, value(b"description")?))
    };
    let found: BTreeMap<_, _> = wire
        .ask(&all)
        .iter()
        .filter_map(|answer| read(&answer.octets))
        .collect();
    for (uid, description) in found.iter().rev().take(20) {
        let answers = wire.ask(&request::search_equal(3, BASE, "uid", uid, &["uid", "description"]));
        let by_index = answers.iter().find_map(|answer| read(&answer.octets));
        assert_eq!(by_index, Some((uid.clone(), description.clone())));
    }
    found
}

/// A gateway that has ended as it should, and the file of its store.
fn stopped() -> (Gateway, PathBuf) {
    let mut gateway = Gateway::start_with(&GatewaySettings::embedded("generic"));
    gateway.signal(Signal::TERM);
    assert!(gateway.end(PATIENCE).success());
    let file = gateway.folder().join("state/postern.db");
    (gateway, file)
}

/// Every command that opens the store is refused with these words, and the file stays as it is.
fn untouched(gateway: &Gateway, file: &PathBuf, words: &str) {
    let before = fs::read(file).unwrap();
    for command in [&["serve"][..], &["user", "list"], &["migrate"], &["export"]] {
        let output = postern(gateway, command);
        assert!(
            matches!(output.status.code(), Some(1 | 64)),
            "{command:?}: {}",
            said(&output)
        );
        assert!(said(&output).contains(words), "{command:?}: {}", said(&output));
        assert!(fs::read(file).unwrap() == before, "{command:?} touched the file");
    }
}

/// A command beside the gateway's configuration.
fn postern(gateway: &Gateway, arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command
        .args(arguments)
        .args(["--config", "gateway.toml"])
        .current_dir(gateway.folder());
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|octets| String::from_utf8_lossy(octets))
        .concat()
}
