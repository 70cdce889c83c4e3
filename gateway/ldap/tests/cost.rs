//! The paths every message takes keep to their budgets of instructions and allocations: `cost/run` counts them with valgrind, which
//! `tests/setup` of the workspace installs.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::Command;

#[test]
fn every_hot_path_keeps_to_its_budget() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("cost/run");
    let out = Command::new(script).output().unwrap();
    let said = [out.stdout, out.stderr].concat();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&said));
}
