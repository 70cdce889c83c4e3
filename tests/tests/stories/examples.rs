//! Every example starts, does what it says, and stops.

use postern_tests::{gateway, port};
use std::path::Path;
use std::process::Command;

#[test]
fn every_example_starts_signs_in_rightly_and_wrongly_and_stops() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut tried = 0;
    for example in std::fs::read_dir(&examples).unwrap() {
        let run = example.unwrap().path().join("run");
        assert!(run.exists(), "{} is missing: an example is one command", run.display());
        let state = tempfile::tempdir().unwrap();
        let address = || format!("127.0.0.1:{}", port::free());
        let output = Command::new(&run)
            .arg("--check-only")
            .env("POSTERN_BIN", gateway::program())
            .env("POSTERN_STATE_DIR", state.path())
            .env("POSTERN_LDAP_ADDR", address())
            .env("POSTERN_LDAPS_ADDR", address())
            .env("POSTERN_HTTP_ADDR", address())
            .env("POSTERN_METRICS_ADDR", address())
            .env("SLAPD_PORT", port::free().to_string())
            .env("SLAPD_TLS_PORT", port::free().to_string())
            .env("DS_PORT", port::free().to_string())
            .env("DS_TLS_PORT", port::free().to_string())
            .env("SAMBA_PORT", port::free().to_string())
            .env("SAMBA_TLS_PORT", port::free().to_string())
            .env("USERS", "60")
            .output()
            .unwrap();
        let told = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.success(), "{}: {}\n{told}", run.display(), output.status);
        tried += 1;
    }
    assert!(tried > 0, "there is no example");
}
