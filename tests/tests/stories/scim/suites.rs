//! Suites that others wrote, run against the program, and what is known of their failures: `conformance/scim`.

use postern_tests::process::Process;
use postern_tests::scim::{ReferenceServer, runner};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long both suites may take on a busy machine.
const DEADLINE: Duration = Duration::from_mins(10);

/// Whether the suites are content with a server, and what they say.
fn suites(url: &str, token: &str, words: &[String]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(runner());
    command
        .args(["suites", &format!("url={url}")])
        .args(words)
        .env("SCIM_TOKEN", token);
    let mut process = Process::start("suites", &mut command, &folder.path().join("suites.log"));
    let ended = process.end(DEADLINE);
    (ended.success(), process.output())
}

#[test]
fn the_suites_are_content_with_the_reference_server_and_notice_what_was_not_written_down() {
    let server = ReferenceServer::start();
    let run = |token, words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        suites(&server.url(), token, &words)
    };
    let (content, said) = run(ReferenceServer::TOKEN, &["directory=scim2-server"]);
    assert!(content, "{said}");
    // What is known of it is not known of another one.
    let (content, said) = run(ReferenceServer::TOKEN, &["directory=another"]);
    let unknown = "scim-sanity: PATCH /Users/{id}: fail Expected HTTP 200, got 204";
    assert!(!content && said.contains(unknown), "{said}");
    let (content, said) = run("another-token", &["directory=scim2-server"]);
    assert!(!content && said.contains("scim2-tester never came to"), "{said}");
    // What is written down and does not happen is a failure too.
    let folder = tempfile::tempdir().unwrap();
    let known = folder.path().join("known.toml");
    let written =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/scim/known-failures.toml"));
    let more = "[[known]]\nsuite = \"scim2-tester\"\ncheck = \"random_url\"\nreason = \"none\"\n";
    fs::write(&known, format!("{}\n{more}", written.unwrap())).unwrap();
    let (content, said) = run(
        ReferenceServer::TOKEN,
        &["directory=scim2-server", &format!("known={}", known.display())],
    );
    let idle = "known-failures.toml has scim2-tester: random_url , and nothing fails so: take it out";
    assert!(!content && said.contains(idle), "{said}");
}
