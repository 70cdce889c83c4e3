//! SCIM over the real program: what provisioning clients send, as they send it, and what outside suites say.

mod counted;
mod differential;
mod entra;
mod okta;
mod others;
mod requirements;
mod scene;
mod suites;

use postern_tests::process::Process;
use postern_tests::scim::runner;
use std::process::Command;
use std::time::Duration;

/// How long a program of `conformance/scim` may take on a busy machine.
const DEADLINE: Duration = Duration::from_mins(15);

/// Whether one of them is content with a server, and what it says.
fn program(name: &str, url: &str, token: &str, words: &[String]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(runner());
    command
        .args([name, &format!("url={url}")])
        .args(words)
        .env("SCIM_TOKEN", token);
    let mut process = Process::start(name, &mut command, &folder.path().join("said.log"));
    let ended = process.end(DEADLINE);
    (ended.success(), process.output())
}
