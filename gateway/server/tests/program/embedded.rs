//! A directory in the program itself: served, kept, and reached by commands beside it.

use crate::given::{Given, Program, get};
use postern_ldap::bind;
use postern_ldap::result::LdapResult;
use postern_ldap::{Message, MessageId, ResultCode};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const ALICE: &str = "uid=alice,dc=example,dc=org";
const PASSWORD: &str = "alice's own word";
const RESET: &str = "directories.people.self_service_reset";

/// The next message, and what it says: code and text.
fn answer(stream: &mut (impl Read + Write), request: &[u8]) -> (ResultCode, String) {
    stream.write_all(request).unwrap();
    let mut octets = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "the connection has ended");
        octets.extend_from_slice(&piece[..count]);
        if let Ok(message) = Message::parse(&octets) {
            let result = LdapResult::parse(&message).unwrap();
            return (result.code, String::from_utf8_lossy(result.diagnostic).into_owned());
        }
    }
}

/// BER with a length of two octets, which is always allowed.
fn ber(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82][..], &length, &content].concat()
}

/// Adds a person as whoever may do everything.
pub(crate) fn add_alice(state_dir: &Path) {
    let mut socket = UnixStream::connect(state_dir.join("control.sock")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    socket.write_all(b"ldap people\n").unwrap();
    let mut agreed = [0; 3];
    socket.read_exact(&mut agreed).unwrap();
    assert_eq!(&agreed, b"ok\n");
    let text = |text: &str| ber(0x04, &[text.as_bytes()]);
    let attribute = |name: &str, value: &str| ber(0x30, &[&text(name), &ber(0x31, &[&text(value)])]);
    let attributes = [
        attribute("objectClass", "inetOrgPerson"),
        attribute("uid", "alice"),
        attribute("cn", "Alice"),
        attribute("sn", "Adams"),
        attribute("userPassword", PASSWORD),
    ];
    let request = ber(0x68, &[&text(ALICE), &ber(0x30, &[&attributes.concat()])]);
    let message = ber(0x30, &[&[0x02, 0x01, 0x01], &request]);
    assert_eq!(answer(&mut socket, &message), (ResultCode::SUCCESS, String::new()));
}

fn sign_in(address: SocketAddr, password: &str) -> (ResultCode, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    answer(
        &mut stream,
        &bind::simple(MessageId(1), ALICE.as_bytes(), password.as_bytes(), &[]),
    )
}

/// Waits until the first client may come; the listener's address.
fn listening(program: &Program) -> SocketAddr {
    let address = program.said("listening")["address"].as_str().unwrap().parse().unwrap();
    program.said("serving");
    address
}

fn value(ran: &crate::given::Ran) -> Value {
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.results).unwrap()
}

#[test]
fn whoever_is_added_signs_in_and_is_still_there_after_a_kill() {
    let given = Given::embedded();
    let program = given.serve();
    let address = listening(&program);
    add_alice(&given.path(".state"));
    // Somebody else has set the password, so it must be changed: that is told to whoever knows it.
    let (code, text) = sign_in(address, PASSWORD);
    assert_eq!(code, ResultCode::INVALID_CREDENTIALS);
    assert!(text.contains("https://reset.example.org"), "{text}");
    let wrong = sign_in(address, "a guess");
    assert_eq!(
        (wrong.0, wrong.1.contains("reset.example.org")),
        (ResultCode::INVALID_CREDENTIALS, false)
    );
    program.signal(Signal::KILL);
    drop(program);
    assert!(given.path(".state/control.sock").exists());
    // What a killed one left behind stands in nobody's way: not in a command's, and not in the next gateway's.
    let ran = given.run(&[
        "explain",
        "--config",
        "gateway.toml",
        "--route",
        "applications",
        "--user",
        ALICE,
    ]);
    assert!(ran.code == 0 && ran.results.contains("must_change"), "{ran:?}");
    let mut program = given.serve();
    assert!(
        sign_in(listening(&program), PASSWORD)
            .1
            .contains("https://reset.example.org")
    );
    // And a command beside it asks it.
    let ran = given.run(&[
        "explain",
        "--config",
        "gateway.toml",
        "--route",
        "applications",
        "--user",
        ALICE,
    ]);
    assert!(ran.code == 0 && ran.results.contains("must_change"), "{ran:?}");
    let ran = given.run(&["check", "--config", "gateway.toml", "--connect"]);
    assert!(
        ran.code == 0
            && ran
                .results
                .starts_with("directory people: the gateway that runs answers\n"),
        "{ran:?}"
    );
    program.signal(Signal::TERM);
    program.said("stopped");
    assert_eq!(program.exit_code(), 0);
    assert!(!given.path(".state/control.sock").exists());
}

#[test]
fn it_is_ready_with_a_base_and_a_policy_and_only_its_owner_reads_what_it_keeps() {
    let given = Given::embedded();
    let program = given.serve();
    let metrics = program.started();
    while get(metrics, "/readyz").0 != 200 {
        std::thread::yield_now();
    }
    for name in ["postern.db", "control.sock"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(given.path(".state").join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn two_gateways_on_one_store_or_one_folder_are_refused() {
    let given = Given::embedded();
    let program = given.serve();
    listening(&program);
    let second = given.run(&["serve", "--config", "gateway.toml"]);
    assert_eq!(second.code, 1);
    assert!(
        second
            .problems
            .contains("another gateway uses .state/control.sock already"),
        "{second:?}"
    );
    let store = given.path(".state/postern.db");
    given.edit("public_url", "state_dir = \"other\"\npublic_url");
    let text = fs::read_to_string(given.path("gateway.toml")).unwrap();
    given.write(
        "gateway.toml",
        &format!("{text}[store]\nurl = \"sqlite:{}\"\n", store.display()),
    );
    let third = given.run(&["serve", "--config", "gateway.toml"]);
    assert_eq!(third.code, 1);
    let told = format!("postern: {} is in use by another process.", store.display());
    assert!(third.problems.starts_with(&told), "{third:?}");
}

#[test]
fn a_store_that_is_none_is_told_as_a_mistake_and_left_alone() {
    let given = Given::embedded();
    let text = fs::read_to_string(given.path("gateway.toml")).unwrap();
    given.write("gateway.toml", &format!("{text}[store]\nurl = \"sqlite:notes.txt\"\n"));
    given.write("notes.txt", "not a database, and somebody's own");
    let config = ["--config", "gateway.toml"];
    for command in [&["serve"][..], &["settings", "list"], &["migrate"]] {
        let ran = given.run(&[command, &config[..]].concat());
        assert_eq!(ran.code, 64, "{ran:?}");
        assert!(ran.problems.contains("notes.txt is not a store of ours"), "{ran:?}");
    }
    assert_eq!(
        fs::read_to_string(given.path("notes.txt")).unwrap(),
        "not a database, and somebody's own"
    );
}

#[test]
fn a_setting_holds_at_once_in_the_gateway_that_runs_and_after_it() {
    let given = Given::embedded();
    given.edit("base_dn =", "self_service_reset = true\nbase_dn =");
    let get = ["settings", "get", RESET, "--json", "--config", "gateway.toml"];
    let told = value(&given.run(&get));
    assert_eq!(
        (&told["value"], &told["origin"]),
        (&Value::from(true), &Value::from("file"))
    );
    let program = given.serve();
    listening(&program);
    let set = given.run(&["settings", "set", RESET, "false", "--state-dir", ".state"]);
    assert_eq!(set.code, 0, "{set:?}");
    let said = program.said("a setting was changed");
    assert_eq!(
        (&said["setting"], &said["value"]),
        (&Value::from(RESET), &Value::from("false"))
    );
    let told = value(&given.run(&get));
    assert_eq!(
        (&told["value"], &told["origin"], &told["file"]),
        (&Value::from(false), &Value::from("store"), &Value::from(true))
    );
    let wrong = given.run(&["settings", "set", RESET, "maybe", "--config", "gateway.toml"]);
    assert_eq!(
        (wrong.code, wrong.problems.contains("one of \"true\", \"false\"")),
        (64, true),
        "{wrong:?}"
    );
    program.signal(Signal::TERM);
    program.said("stopped");
    drop(program);
    assert_eq!(value(&given.run(&get))["origin"], "store");
    let unset = [
        "settings",
        "set",
        RESET,
        "--unset",
        "--json",
        "--config",
        "gateway.toml",
    ];
    assert_eq!(value(&given.run(&unset))["origin"], "file");
    let listed = value(&given.run(&["settings", "list", "--json", "--config", "gateway.toml"]));
    assert_eq!(listed.as_array().unwrap().len(), 2);
    // Of a state folder alone only a gateway that runs can tell.
    let nobody = given.run(&["settings", "list", "--state-dir", ".state"]);
    assert!(
        nobody.code == 1 && nobody.problems.contains("no gateway runs"),
        "{nobody:?}"
    );
}

#[test]
fn without_a_store_settings_are_told_but_not_set() {
    let given = Given::new(crate::given::nobody());
    let listed = value(&given.run(&["settings", "list", "--json", "--config", "gateway.toml"]));
    assert_eq!(listed[0]["origin"], "default");
    let ran = given.run(&["settings", "set", RESET, "true", "--config", "gateway.toml"]);
    assert!(ran.code == 64 && ran.problems.contains("add [store]"), "{ran:?}");
    assert!(!given.path(".state").exists());
    let ran = given.run(&["migrate", "--config", "gateway.toml"]);
    assert!(ran.code == 0 && ran.results.starts_with("nothing is kept"), "{ran:?}");
}

#[test]
fn the_store_is_taken_to_its_schema_and_what_is_behind_is_told() {
    let given = Given::embedded();
    let check = ["migrate", "--check", "--config", "gateway.toml"];
    let behind = given.run(&check);
    assert!(
        behind.code == 1 && behind.results.starts_with("nothing is kept yet"),
        "{behind:?}"
    );
    assert!(!given.path(".state/postern.db").exists());
    assert_eq!(given.run(&["migrate", "--config", "gateway.toml"]).code, 0);
    assert_eq!(given.run(&check).code, 0);
    let program = given.serve();
    listening(&program);
    let ran = given.run(&check);
    assert!(
        ran.code == 0 && ran.results.starts_with("a gateway runs here"),
        "{ran:?}"
    );
}

#[test]
fn what_the_file_says_of_a_setting_holds_as_it_is_saved_and_the_rest_waits() {
    let given = Given::embedded();
    let program = given.serve();
    listening(&program);
    let get = ["settings", "get", RESET, "--json", "--state-dir", ".state"];
    assert_eq!(value(&given.run(&get))["origin"], "default");
    given.edit("base_dn =", "self_service_reset = true\nbase_dn =");
    program.said(
        "the configuration file has changed; which servers are drained and its values of settings are in force, anything else needs a restart",
    );
    let told = value(&given.run(&get));
    assert_eq!(
        (&told["value"], &told["origin"]),
        (&Value::from(true), &Value::from("file"))
    );
    given.edit("base_dn =", "look_through = 500\nbase_dn =");
    program.said(
        "the configuration file has changed; a restart puts it in force (postern check tells what is wrong with it)",
    );
}
