//! Every fuzz target has a crate entry and is run by `fuzz/run`.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

#[test]
fn every_target_is_built_and_run() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let script = std::fs::read_to_string(fuzz.join("run")).unwrap();
    let run: Vec<&str> = script
        .split_once("targets=(frame")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(rest, _)| rest.split_whitespace().chain(["frame"]).collect())
        .unwrap();
    let mut count = 0;
    for target in std::fs::read_dir(fuzz.join("targets")).unwrap() {
        let path = target.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name}");
        assert!(run.contains(&name), "{name}");
        count += 1;
    }
    assert_eq!(count, run.len());
}
