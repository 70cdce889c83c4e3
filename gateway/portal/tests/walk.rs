//! Every page in a real browser: tests/pages/walk.mjs of the project, with axe-core.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "../examples/pages/served.rs"]
mod served;
#[path = "../examples/pages/staged.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod staged;

use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

/// Far more than it takes: for a machine that does much else.
const PATIENCE: Duration = Duration::from_mins(20);

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_for_everybody_in_a_real_browser() {
    let folder = project().join("tests/pages");
    assert!(
        folder.join("node_modules/axe-core").is_dir() && Path::new("/usr/bin/chromium").exists(),
        "Chromium or its driver is missing: tests/setup installs them"
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let [people, screen] = served::addresses(&listener).unwrap();
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let walk = async move {
        let mut walk = Command::new("node");
        walk.arg(folder.join("walk.mjs")).args([people, screen]);
        if std::env::var_os("POSTERN_BLESS").is_some() {
            walk.arg(project().join("conformance/pages"));
        }
        let output = tokio::time::timeout(PATIENCE, walk.kill_on_drop(true).output()).await;
        stopped.cancel();
        output.unwrap().unwrap()
    };
    let (served, output) = tokio::join!(served::both(listener, stop), walk);
    served.unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success(), "{}", said.concat());
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
