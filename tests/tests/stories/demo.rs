//! `postern demo`: ready at once, and everything it says of itself is so.

use postern_tests::eventually;
use postern_tests::metrics::get;
use postern_tests::process::Process;
use postern_tests::{Browser, gateway, port};
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

    /// The port that is printed behind this.
    fn port(&self, before: &str) -> String {
        let said = self.said();
        let (_, rest) = said.split_once(before).unwrap();
        rest.chars().take_while(char::is_ascii_digit).collect()
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
    let [environment, alice, bob, ask, outbox, carol] = commands.as_slice() else {
        panic!("other commands are printed: {commands:#?}");
    };
    let run = |command: &str| demo.shell(&[environment, command]);
    let told_alice = run(alice);
    assert!(told_alice.status.success(), "{}", told(&told_alice));
    assert_eq!(told(&told_alice).trim(), "dn:uid=alice,ou=people,dc=example,dc=org");
    let told_bob = run(bob);
    assert_eq!(told_bob.status.code(), Some(49), "{}", told(&told_bob));
    assert!(told(&told_bob).contains("https://localhost:"), "{}", told(&told_bob));
    let asked = told(&run(ask));
    assert!(asked.contains(r#""state":"requested""#), "{asked}");
    let mail = eventually("bob's mail is in the outbox", START, || {
        Some(told(&run(outbox))).filter(|outbox| outbox.contains("bob@example.org"))
    });
    assert!(mail.contains("/reset/l/"), "{mail}");
    let why = run(carol);
    assert!(why.status.success() && told(&why).contains("locked"), "{}", told(&why));
    demo.end();
}

/// The commands README shows, at the ports and in the folder of this one.
#[test]
fn bob_gets_from_a_refused_sign_in_to_one_that_works_by_the_commands_of_the_readme() {
    let demo = Demo::start();
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).unwrap();
    let block = readme.split_once("<!-- side door -->\n```\n").unwrap().1;
    let commands = block.split_once("```").unwrap().0;
    let commands = commands
        .replace("~/.local/state/postern/demo", &demo.state.path().display().to_string())
        .replace("3636", &demo.port("ldaps://127.0.0.1:"))
        .replace("8443", &demo.port("https://localhost:"));
    let output = demo.shell(&[&commands]);
    let told = told(&output);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("Invalid credentials (49)"), "{told}");
    assert!(told.contains(r#""state":"done""#), "{told}");
    // What was refused before went to the other stream.
    let results = String::from_utf8_lossy(&output.stdout);
    let last = results.trim_end().ends_with("dn:uid=bob,ou=people,dc=example,dc=org");
    assert!(last, "{told}");
    demo.end();
}

/// On the pages, without scripts.
#[test]
fn carol_unlocks_herself_erin_is_sent_to_her_provider_and_nobody_sees_the_same_page() {
    let demo = Demo::start();
    let port = demo.port("https://localhost:");
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
    let browser = Browser::new(address, &format!("localhost:{port}"), &demo.state.path().join("ca.pem"));
    let mail_to = |who: &str| {
        eventually(&format!("a mail to {who}"), START, || {
            let mails = browser.another().get("/demo/outbox.json").json();
            let mails = mails.as_array().unwrap().clone();
            mails
                .into_iter()
                .find(|mail| mail["to"] == format!("{who}@example.org"))
        })
    };
    let ask = |action: &str, who: &str| {
        let mut theirs = browser.another();
        let form = theirs.visit(action).form(action);
        let sent = theirs.submit(&form, &[("name", who)]);
        assert_eq!(
            (sent.status, &*sent.path),
            (200, "/reset/sent"),
            "{who}: {}",
            sent.text()
        );
        (theirs, sent)
    };

    let (mut carols, _) = ask("/unlock", "carol");
    let text = mail_to("carol")["text"].as_str().unwrap().to_owned();
    let code = text
        .lines()
        .map(str::trim)
        .find(|line| line.len() == 9 && line.as_bytes()[4] == b' ');
    let form = carols.visit("/reset/sent").form("/reset/code");
    let ready = carols.submit(&form, &[("code", code.unwrap())]);
    let done = carols.submit(&ready.form("/unlock/now"), &[]);
    assert_eq!(done.status, 200, "{}", done.text());
    let environment = demo.commands().first().unwrap().clone();
    let who = format!(
        "ldapwhoami -x -H ldaps://127.0.0.1:{} -D uid=carol,ou=people,dc=example,dc=org -w demo-carol-Passw0rd",
        demo.port("ldaps://127.0.0.1:")
    );
    let signed_in = demo.shell(&[&environment, &who]);
    assert!(signed_in.status.success(), "{}", told(&signed_in));

    let (_, erins) = ask("/reset", "erin");
    let (_, nobodys) = ask("/reset", "nobody");
    let (_, bobs) = ask("/reset", "bob");
    assert_eq!(erins.text(), nobodys.text());
    assert_eq!(bobs.text(), nobodys.text());
    let erin = mail_to("erin");
    let text = erin["text"].as_str().unwrap();
    assert!(text.contains("https://sso.example.com/forgot"), "{text}");
    assert!(!text.contains("/reset/l/"), "no link of ours: {text}");
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
        let ldaps = said.lines().find_map(|line| line.split_once("(StartTLS), ")).unwrap().1;
        let alice = "-D uid=alice,ou=people,dc=example,dc=org -w demo-alice-Passw0rd";
        let change = format!("ldappasswd -x -H {ldaps} {alice} -s another-Passw0rd");
        assert!(demo.shell(&[environment, &change]).status.success());
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
        let mut command = Command::new(gateway::program());
        let began = Instant::now();
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
