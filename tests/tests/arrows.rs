//! The house keeps to its plan: Cargo's graph against README's arrow table, and the rules every file follows.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it stands"
)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every workspace member is called so, and then by its room's name.
const PREFIX: &str = "postern-";
/// Lines of one file of production code.
const LONGEST_FILE: usize = 500;

/// One room uses another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    from: String,
    to: String,
}

/// A dependency between rooms, as a member's manifest has it.
struct Use {
    arrow: Arrow,
    only_in_tests: bool,
}

#[test]
fn every_arrow_between_rooms_is_in_the_readme() {
    let table = arrows_of(&read(&root().join("README.md")));
    let unlisted: Vec<_> = uses()
        .into_iter()
        .map(|used| used.arrow)
        .filter(|arrow| !table.contains(arrow))
        .collect();
    assert!(
        unlisted.is_empty(),
        "Cargo has arrows README's table lacks: {unlisted:?}"
    );
}

#[test]
fn every_arrow_in_the_readme_is_in_the_program() {
    let needed: BTreeSet<_> = uses()
        .into_iter()
        // The package of the tests is nothing but tests.
        .filter(|used| !used.only_in_tests || used.arrow.from == "tests")
        .map(|used| used.arrow)
        .collect();
    let table = arrows_of(&read(&root().join("README.md")));
    let idle: Vec<_> = table.difference(&needed).collect();
    assert!(idle.is_empty(), "README's table has arrows Cargo lacks: {idle:?}");
}

#[test]
fn every_room_has_a_line_in_the_arrow_table() {
    let listed: BTreeSet<_> = lines_of(&read(&root().join("README.md")))
        .into_iter()
        .map(|(room, _)| room)
        .collect();
    let rooms: BTreeSet<_> = members().iter().map(room).collect();
    assert_eq!(listed, rooms);
}

#[test]
fn the_arrow_table_is_read_as_it_is_written() {
    let text = "before a → b\n<!-- arrows -->\n```\na → nothing\nb → a, c\n```\n<!-- /arrows -->\nafter c → a\n";
    let arrow = |from: &str, to: &str| Arrow {
        from: from.to_owned(),
        to: to.to_owned(),
    };
    assert_eq!(arrows_of(text), BTreeSet::from([arrow("b", "a"), arrow("b", "c")]));
}

#[test]
fn the_oracles_of_the_tests_are_in_no_production_code() {
    const ORACLES: [&str; 3] = ["ldap3_proto", "scim_proto", "scim_v2"];
    for member in members() {
        for dependency in list(&member, "dependencies") {
            let name = text(dependency, "name");
            if ORACLES.contains(&name.as_str()) {
                assert_eq!(dependency["kind"], "dev", "{} uses {name} outside tests", room(&member));
            }
        }
    }
}

#[test]
fn every_member_inherits_the_workspaces_lints() {
    for member in members() {
        let path = PathBuf::from(text(&member, "manifest_path"));
        let manifest = read(&path);
        let mut lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[lints]");
        assert_eq!(
            (lines.next(), lines.next()),
            (Some("[lints]"), Some("workspace = true")),
            "{} does not inherit the lints",
            path.display()
        );
    }
}

#[test]
fn every_room_opens_with_what_it_owns_and_what_it_never_knows() {
    let gateway = root().join("gateway");
    let manifests = members()
        .into_iter()
        .map(|member| PathBuf::from(text(&member, "manifest_path")));
    for manifest in manifests.filter(|path| path.starts_with(&gateway)) {
        let path = manifest.with_file_name("src").join("lib.rs");
        let opening: String = read(&path)
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect::<Vec<_>>()
            .join("\n");
        for word in ["Owns", "ever know", "he walk", "To add"] {
            assert!(
                opening.contains(word),
                "{} does not open with \"…{word}…\"",
                path.display()
            );
        }
    }
}

#[test]
fn no_file_of_production_code_is_too_long_to_read() {
    for path in files().into_iter().filter(|path| is_rust(path) && is_production(path)) {
        let lines = read(&root().join(&path)).lines().count();
        assert!(
            lines <= LONGEST_FILE,
            "{} has {lines} lines, more than {LONGEST_FILE}",
            path.display()
        );
    }
}

#[test]
fn no_file_names_the_folder_it_was_written_in_or_a_home() {
    let root = root();
    let own = root.display().to_string();
    // The folder at the top under which this checkout lies. Systems have some of those names themselves.
    let top = root
        .components()
        .nth(1)
        .map(|folder| folder.as_os_str().to_string_lossy().into_owned());
    let top = top.filter(|top| !["etc", "mnt", "opt", "run", "srv", "tmp", "usr", "var"].contains(&top.as_str()));
    let beside = top.map(|top| format!("/{top}/"));
    for path in files() {
        let text = read_lossy(&root.join(&path));
        assert!(!text.contains(&own), "{} names {own}", path.display());
        for home in ["home", "Users", "root"].map(|home| format!("/{home}/")) {
            // SCIM has people at such an address too, but nothing below them.
            let named = absolute_paths(&text, &home).find(|named| home != "/Users/" || named.matches('/').count() > 2);
            assert_eq!(named, None, "{} names somebody's home", path.display());
        }
        for named in beside.iter().flat_map(|beside| absolute_paths(&text, beside)) {
            let there: PathBuf = Path::new(named).components().take(3).collect();
            assert!(
                !there.exists(),
                "{} names {named}, which is on this machine alone",
                path.display()
            );
        }
    }
}

#[test]
fn no_file_refers_to_anything_outside_the_tree() {
    for path in files() {
        let depth = path.components().count() - 1;
        let text = read_lossy(&root().join(&path));
        let mut rest = text.as_str();
        while let Some(at) = rest.find("../") {
            rest = &rest[at..];
            let mut steps = 0;
            while let Some(after) = rest.strip_prefix("../") {
                (steps, rest) = (steps + 1, after);
            }
            let shown: String = rest.chars().take(40).collect();
            assert!(
                steps <= depth,
                "{} leads out of the tree: {steps} steps up, then {shown:?}",
                path.display()
            );
        }
    }
}

#[test]
fn every_test_the_table_of_pitfalls_names_is_there() {
    let table = read(&root().join("conformance/README.md"));
    let mut named = 0;
    for row in table
        .lines()
        .filter(|row| row.contains("gateway/") || row.contains("tests/"))
    {
        let mut code = String::new();
        for word in row.split('`').skip(1).step_by(2) {
            if is_rust(Path::new(word)) {
                code = read(&root().join(word));
            } else if !code.is_empty() && word.matches('_').count() >= 3 {
                let there = code.contains(&format!("fn {word}("));
                assert!(there, "conformance/README.md names {word}, which is not where it says");
                named += 1;
            }
        }
    }
    assert!(named >= 30, "only {named} tests are named");
}

/// The promises of self-service, by their names.
const PROMISES: &str = "S1.1-3 S1.6-12 S1.19-21 S2.4-15 S2.26 S3.11 S4.2-6 S4.10-12 S4.19 S5.1-2 S5.6 S5.8-9 S5.16-26 \
    R1-18 T1-22 F1-6 F9 F13-17 F19 P1-8 P13-15 E1-9";

#[test]
fn every_promise_of_self_service_names_tests_that_are_there_or_why_it_is_not_met() {
    let table = read(&root().join("conformance/self-service.md"));
    let in_ticks = |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let lines = || table.lines().map(str::trim);
    let files: BTreeMap<_, _> = lines()
        .filter(|line| line.starts_with("- `"))
        .filter_map(|line| <[String; 2]>::try_from(in_ticks(line)).ok())
        .map(|[name, path]| (name, path))
        .collect();
    let mut named = 0;
    let mut rows = BTreeSet::new();
    for row in lines().filter(|line| line.starts_with("| ") && !line.ends_with("| shown by |")) {
        let columns: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let shown = columns[columns.len() - 1];
        if shown == "tried here by" {
            continue;
        }
        let (mut code, mut tests) = (String::new(), 0);
        for word in in_ticks(shown) {
            let path = files.get(&word).unwrap_or(&word);
            if path.contains('/') {
                code = read(&root().join(path));
                tests += usize::from(!is_rust(Path::new(path)));
            } else if word.contains(['.', ':']) {
                // A key, or a right.
            } else {
                let there = code.contains(&format!("fn {word}("));
                assert!(there, "self-service.md names {word}, which is not where it says: {row}");
                tests += 1;
            }
        }
        assert!(tests > 0 || shown.starts_with("Not met"), "no test shows {row}");
        named += tests;
        assert!(rows.insert(columns[0].to_owned()), "{} stands there twice", columns[0]);
    }
    let promises = PROMISES.split_whitespace().flat_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, ""));
        let (kind, from) = first.split_at(first.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1));
        let from: u32 = from.parse().expect("a promise has a number");
        (from..=last.parse().unwrap_or(from)).map(move |number| format!("{kind}{number}"))
    });
    let missing: Vec<_> = promises.filter(|promise| !rows.contains(promise)).collect();
    assert!(missing.is_empty(), "self-service.md says nothing of {missing:?}");
    assert!(named >= 300, "only {named} tests are named");
}

// --- the graph ----------------------------------------------------------------------------------------------------

/// Every dependency of one room on another, build and development dependencies too.
fn uses() -> Vec<Use> {
    let members = members();
    let rooms: BTreeSet<_> = members.iter().map(room).collect();
    let mut uses = Vec::new();
    for member in &members {
        for dependency in list(member, "dependencies") {
            let name = text(dependency, "name");
            if let Some(to) = name.strip_prefix(PREFIX).filter(|to| rooms.contains(*to)) {
                let arrow = Arrow {
                    from: room(member),
                    to: to.to_owned(),
                };
                let only_in_tests = dependency["kind"] == "dev";
                uses.push(Use { arrow, only_in_tests });
            }
        }
    }
    assert!(
        uses.len() >= 10,
        "Cargo told of {} arrows: is this the whole workspace?",
        uses.len()
    );
    uses
}

/// The members of the workspace as `cargo metadata` tells them.
fn members() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    list(&metadata, "packages").to_vec()
}

fn room(member: &Value) -> String {
    let name = text(member, "name");
    name.strip_prefix(PREFIX)
        .unwrap_or_else(|| panic!("{name} is not called {PREFIX}…"))
        .to_owned()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list of {key}"))
}

fn text(value: &Value, key: &str) -> String {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no text {key}"))
        .to_owned()
}

// --- README's table -----------------------------------------------------------------------------------------------

fn arrows_of(readme: &str) -> BTreeSet<Arrow> {
    let mut arrows = BTreeSet::new();
    for (from, targets) in lines_of(readme) {
        for to in targets {
            let arrow = Arrow { from: from.clone(), to };
            assert!(arrows.insert(arrow.clone()), "{arrow:?} stands there twice");
        }
    }
    arrows
}

/// Rooms and those they use, from the lines `room → room, room` or `room → nothing` between the two marks.
fn lines_of(readme: &str) -> Vec<(String, Vec<String>)> {
    let table = readme
        .split_once("<!-- arrows -->")
        .and_then(|(_, after)| after.split_once("<!-- /arrows -->"))
        .map(|(table, _)| table)
        .expect("README has its arrows between <!-- arrows --> and <!-- /arrows -->");
    let lines = table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("```"));
    lines
        .map(|line| {
            let (from, to) = line.split_once('→').unwrap_or_else(|| panic!("no arrow in {line:?}"));
            let targets = to
                .split(',')
                .map(str::trim)
                .filter(|to| *to != "nothing")
                .map(str::to_owned);
            (from.trim().to_owned(), targets.collect())
        })
        .collect()
}

// --- the tree -----------------------------------------------------------------------------------------------------

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("the package of the tests lies in the tree")
        .to_owned()
}

/// Every file of the project, by its path from the root: what the tree holds but for what .gitignore files name.
fn files() -> Vec<PathBuf> {
    let root = root();
    let mut files = Vec::new();
    walk(&root, &[".git".to_owned()], &mut files);
    assert!(
        files.len() >= 100,
        "only {} files: is this the whole tree?",
        files.len()
    );
    files
        .iter()
        .map(|path| path.strip_prefix(&root).expect("below the root").to_owned())
        .collect()
}

fn walk(folder: &Path, ignored: &[String], files: &mut Vec<PathBuf>) {
    let mut ignored = ignored.to_vec();
    if let Ok(rules) = fs::read_to_string(folder.join(".gitignore")) {
        for rule in rules
            .lines()
            .map(str::trim)
            .filter(|rule| !rule.is_empty() && !rule.starts_with('#'))
        {
            assert!(
                !rule.contains(['*', '!', '?', '[']),
                "this test reads plain names in .gitignore, not {rule:?}"
            );
            // Taken a little too widely: a name in its last part is left out wherever it stands.
            let name = rule.trim_matches('/');
            ignored.push(name.rsplit('/').next().unwrap_or(name).to_owned());
        }
    }
    for entry in fs::read_dir(folder).expect("a folder of the tree can be read") {
        let entry = entry.expect("a folder of the tree can be read");
        if ignored
            .iter()
            .any(|name| entry.file_name().to_string_lossy() == name.as_str())
        {
            continue;
        }
        let kind = entry.file_type().expect("a file has a type");
        if kind.is_dir() {
            walk(&entry.path(), &ignored, files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}

/// Every absolute path in a text that begins so: not where it is part of a longer path or URL.
fn absolute_paths<'a>(text: &'a str, beginning: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(beginning).filter_map(move |(at, _)| {
        let (before, path) = text.split_at(at);
        let inside = before.ends_with(|last: char| last.is_alphanumeric() || "._-}/>)".contains(last));
        let end = path
            .find(|c: char| !c.is_ascii_alphanumeric() && !"/._-".contains(c))
            .unwrap_or(path.len());
        (!inside).then(|| path.split_at(end).0)
    })
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// Code that is in the program: below a room's `src`, and not a file or folder of tests.
fn is_production(path: &Path) -> bool {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.first().is_some_and(|first| first == "gateway")
        && parts.get(2).is_some_and(|third| third == "src")
        && !parts.iter().any(|part| part == "tests" || part == "tests.rs")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files that are not text are looked through all the same. One that goes while others are being built is nobody's.
fn read_lossy(path: &Path) -> String {
    fs::read(path)
        .map(|octets| String::from_utf8_lossy(&octets).into_owned())
        .unwrap_or_default()
}
