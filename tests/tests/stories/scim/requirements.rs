//! The table of `conformance/README.md` that says which test shows which requirement.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What RFC 7643, RFC 7644 and their clients ask for, as far as it is here.
const REQUIREMENTS: &str = "1-16 20-32 40-64 70-79 85-110 115-119 125-130 150-158 160-186 190-196 210-213 220-230";
/// What a row says that no test shows.
const REASONS: [&str; 3] = ["Not offered", "Not met", "Not shown"];

#[test]
fn every_requirement_names_tests_that_are_there_or_why_there_is_none() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| {
        fs::read_to_string(root.join(path))
            .unwrap_or_else(|error| panic!("conformance/README.md names {path}: {error}"))
    };
    let readme = read("conformance/README.md");
    let (_, table) = readme
        .split_once("## SCIM, requirement by requirement")
        .expect("the section");
    let in_ticks = |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let files: BTreeMap<String, String> = table
        .lines()
        .filter(|line| line.starts_with("- `"))
        .filter_map(|line| <[String; 2]>::try_from(in_ticks(line)).ok())
        .map(|[name, path]| (name, path))
        .collect();
    let (mut rows, mut named) = (BTreeSet::new(), 0);
    for row in table.lines().filter(|line| line.starts_with("| R-")) {
        let columns: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let (number, level, shown) = (columns[0], columns[1], columns[columns.len() - 1]);
        let (mut code, mut tests) = (String::new(), 0);
        for word in in_ticks(shown) {
            if let Some(path) = files.get(&word) {
                code = read(path);
            } else if word.matches('_').count() >= 2 {
                // A story of both directories stands as a function and in the list of its module.
                let is_there = code.contains(&format!("fn {word}("));
                assert!(
                    is_there,
                    "conformance/README.md names {word}, which is not where it says: {row}"
                );
                tests += 1;
            }
        }
        let may_be_without = level != "M" && level != "V";
        let has_reason = REASONS.iter().any(|reason| shown.starts_with(reason));
        assert!(tests > 0 || has_reason, "no test shows {row}, and nothing says why");
        assert!(
            tests > 0 || may_be_without || shown.starts_with("Not offered"),
            "no test shows {row}"
        );
        named += tests;
        assert!(rows.insert(number.to_owned()), "{number} stands there twice");
    }
    let wanted = REQUIREMENTS.split_whitespace().flat_map(|range| {
        let (first, last) = range.split_once('-').expect("a range");
        first.parse::<u32>().unwrap()..=last.parse::<u32>().unwrap()
    });
    let missing: Vec<String> = wanted
        .map(|number| format!("R-{number:03}"))
        .filter(|number| !rows.contains(number))
        .collect();
    assert!(missing.is_empty(), "conformance/README.md says nothing of {missing:?}");
    assert!(named >= 180, "only {named} tests are named");
}
