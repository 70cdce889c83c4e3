//! `postern demo`: ready at once, and everything it says of itself is so.

use postern_tests::eventually;
use postern_tests::metrics::get;
use postern_tests::process::Process;
use postern_tests::{gateway, port};
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(20);

struct Demo {
    process: Process,
    state: TempDir,
}

impl Demo {
    fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap())
    }

    /// On an offset at which every port is free.
    fn start_in(state: TempDir) -> Self {
        for _ in 0..20 {
            let offset = port::free() % 40_000;
            let mut command = Command::new(gateway::program());
            command
                .args(["demo", "--port-offset", &offset.to_string(), "--state-dir"])
                .arg(state.path());
            let mut process = Process::start("postern demo", &mut command, &state.path().join("said"));
            let metrics = SocketAddr::from(([127, 0, 0, 1], 9464 + offset));
            let ready = eventually("the demo is ready, or a port is taken", START, || {
                if process.ended().is_some() {
                    return Some(false);
                }
                let said = process.output();
                let is_ready =
                    said.contains("Ctrl-C ends it") && get(metrics, "/readyz").is_some_and(|page| page.status == 200);
                is_ready.then_some(true)
            });
            if ready {
                return Self { process, state };
            }
            let said = process.output();
            assert!(
                said.contains("another program listens there"),
                "the demo does not start:\n{said}"
            );
        }
        panic!("there is no offset at which all ports are free");
    }

    fn said(&self) -> String {
        self.process.output()
    }

    /// The commands it prints, the first being what the others need.
    fn commands(&self) -> Vec<String> {
        let said = self.said();
        said.lines()
            .filter_map(|line| line.strip_prefix("  $ "))
            .map(str::to_owned)
            .collect()
    }

    /// Runs commands as somebody would who copies them into a shell.
    fn shell(&self, commands: &[&str]) -> Output {
        Command::new("bash")
            .arg("-c")
            .arg(commands.join("\n"))
            .current_dir(self.state.path())
            .output()
            .unwrap()
    }

    fn end(mut self) -> TempDir {
        self.process.signal(Signal::TERM);
        let status = self.process.end(STOP);
        assert!(status.success(), "{status}\n{}", self.process.output());
        self.state
    }
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn the_commands_it_prints_do_what_it_says_of_them() {
    let demo = Demo::start();
    let commands = demo.commands();
    let [environment, alice, bob, group, change, carol] = commands.as_slice() else {
        panic!("other commands are printed: {commands:#?}");
    };
    let run = |command: &str| demo.shell(&[environment, command]);
    let told_alice = run(alice);
    assert!(told_alice.status.success(), "{}", told(&told_alice));
    assert_eq!(told(&told_alice).trim(), "dn:uid=alice,ou=people,dc=example,dc=org");
    let told_bob = run(bob);
    assert_eq!(told_bob.status.code(), Some(49), "{}", told(&told_bob));
    assert!(told(&told_bob).contains("https://localhost:"), "{}", told(&told_bob));
    let found = told(&run(group));
    assert!(
        found.contains("uid: alice") && found.contains("mail: alice@example.org"),
        "{found}"
    );
    assert!(!found.contains("uid: bob"), "{found}");
    let changed = run(change);
    assert!(changed.status.success(), "{}", told(&changed));
    assert_eq!(
        run(alice).status.code(),
        Some(49),
        "the old password is no longer right"
    );
    let why = run(carol);
    assert!(why.status.success() && told(&why).contains("locked"), "{}", told(&why));
    demo.end();
}

#[test]
fn everybody_stands_as_it_is_printed_and_again_after_the_next_start() {
    let mut state = tempfile::tempdir().unwrap();
    for start in 0..2 {
        let demo = Demo::start_in(state);
        let commands = demo.commands();
        let environment = commands.first().unwrap();
        let said = demo.said();
        for (uid, code) in [
            ("alice", 0),
            ("bob", 49),
            ("carol", 49),
            ("dave", 49),
            ("grace", 0),
            ("heidi", 0),
            ("frank", 49),
            ("erin", 49),
        ] {
            assert!(said.contains(uid), "{said}");
            let ldaps = said.lines().find_map(|line| line.split_once("(StartTLS), ")).unwrap().1;
            let who = format!(
                "ldapwhoami -x -H {ldaps} -e ppolicy -D uid={uid},ou=people,dc=example,dc=org -w demo-{uid}-Passw0rd"
            );
            let answer = demo.shell(&[environment, &who]);
            assert_eq!(
                answer.status.code(),
                Some(code),
                "start {start}: {uid}: {}",
                told(&answer)
            );
        }
        let states = states(demo.state.path());
        let wanted = [
            ("alice", "active"),
            ("bob", "must_change"),
            ("carol", "locked"),
            ("dave", "expired"),
            ("grace", "expired_grace"),
            ("heidi", "expiring"),
            ("frank", "locked"),
        ];
        for (uid, state) in wanted {
            assert_eq!(
                states[uid]["standing"]["state"], state,
                "start {start}: {uid}: {}",
                states[uid]
            );
        }
        let erin = &states["erin"]["password"];
        assert_eq!(erin["owner"], "provider example-sso", "{erin}");
        assert_eq!(erin["page"], "https://sso.example.com/forgot?login={login}", "{erin}");
        // Something for the next start to put back.
        let change = commands
            .iter()
            .find(|command| command.starts_with("ldappasswd"))
            .unwrap();
        assert!(demo.shell(&[environment, change]).status.success());
        let unlock = format!(
            "'{}' user unlock carol --state-dir '{}'",
            gateway::program().display(),
            demo.state.path().display()
        );
        let unlocked = demo.shell(&[&unlock]);
        assert!(unlocked.status.success(), "{}", told(&unlocked));
        state = demo.end();
    }
}

/// What `explain` says of everybody, asked beside the demo that runs.
fn states(state: &Path) -> BTreeMap<String, serde_json::Value> {
    let people = ["alice", "bob", "carol", "dave", "grace", "heidi", "frank", "erin"];
    let all = people.map(|uid| {
        let output = Command::new(gateway::program())
            .args([
                "explain",
                "--json",
                "--route",
                "applications",
                "--user",
                uid,
                "--config",
            ])
            .arg(state.join("gateway.toml"))
            .output()
            .unwrap();
        let explained = serde_json::from_slice(&output.stdout);
        (
            uid.to_owned(),
            explained.unwrap_or_else(|_| panic!("{}", told(&output))),
        )
    });
    all.into_iter().collect()
}

#[test]
fn an_offset_beyond_the_last_port_is_a_mistake_on_the_command_line() {
    let state = tempfile::tempdir().unwrap();
    for offset in ["60000", "65536", "-1", "x"] {
        let began = Instant::now();
        let mut command = Command::new(gateway::program());
        let output = command
            .args(["demo", "--state-dir"])
            .arg(state.path())
            .arg(format!("--port-offset={offset}"))
            .output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(64), "{offset}: {}", told(&output));
        assert!(began.elapsed() < START);
    }
}
