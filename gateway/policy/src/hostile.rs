//! Whatever a policy file holds, reading it neither panics nor gives a rulebook that breaks a fixed rule.

use crate::compile::{RouteFacts, compile, routes_spoken_of};
use crate::kept::Known;
use crate::sample::ask_everything;
use crate::set::PolicySet;
use crate::tests;
use proptest::prelude::*;
use std::fmt::Write as _;

const EVERY_KEY: &str = include_str!("shape/every_key.toml");
const TESTS: &str = "[[test]]\nname = \"it\"\ngiven = { route = \"*\", state = \"active\", result_code = 49 }\nexpect = { verdict = \"refuse\" }\n";

/// Words that make a mutated file more likely to be a valid one that asks for too much.
const WORDS: [&str; 30] = [
    "allow",
    "restrict",
    "refuse",
    "transparent",
    "ppolicy",
    "plain",
    "text",
    "unknown",
    "*",
    "true",
    "false",
    "0",
    "-1",
    "99999999999999999999",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'''",
    "\n",
    "=",
    "[[policy]]",
    "[policy.pass]",
    "priority = 1",
    "{portal_url}",
    "{seconds}",
    "data 773",
    "\u{0}",
    "é",
];

/// Panics if a fixed rule is broken; says whether the file gave a rulebook.
fn read(file: &[u8], test_file: &[u8]) -> bool {
    let text = String::from_utf8_lossy(file);
    let test_text = String::from_utf8_lossy(test_file);
    let set = PolicySet::of_texts("p", [("a.toml", &*text), ("a_test.toml", &*test_text)]);
    let mut routes = routes_spoken_of(&set);
    routes.push(RouteFacts {
        name: "bare".into(),
        portal_url: None,
        mapped: false,
    });
    match compile(&set, &routes, 1) {
        Ok(book) => {
            let broken = ask_everything(&book, "p", &Known::default());
            assert!(broken.is_empty(), "{broken:?}");
            tests::run(&set, &book);
            true
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                let told = problem.to_string();
                assert!(
                    problem.line > 0 && problem.column > 0 && crate::message::is_one_line(&told),
                    "{told:?}"
                );
            }
            false
        }
    }
}

fn mutated(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let change = (
        any::<prop::sample::Index>(),
        0_usize..24,
        prop::sample::select(WORDS.to_vec()),
        any::<bool>(),
    );
    prop::collection::vec(change, 0..5).prop_map(move |changes| {
        let mut octets = text.as_bytes().to_vec();
        for (place, length, word, replace) in changes {
            let start = place.index(octets.len().max(1)).min(octets.len());
            let end = if replace {
                (start + length).min(octets.len())
            } else {
                start
            };
            octets.splice(start..end, word.bytes());
        }
        octets
    })
}

/// Files that are well formed and ask for anything at all.
fn plausible() -> impl Strategy<Value = String> {
    let state = prop::sample::select(postern_identity::StateName::ALL.to_vec());
    let verdict = prop::sample::select(vec!["allow", "restrict", "refuse"]);
    let surface = prop::sample::select(vec![
        "\"ppolicy\"",
        "\"text\"",
        "\"plain\"",
        "\"transparent\"",
        "[\"ad\", \"text\"]",
        "[\"netscape\", \"plain\"]",
    ]);
    let message = "[ a-z{}_\\\\\"é\u{2028}]{0,40}|\\{(portal_url|seconds|days|grace_left)\\}";
    let route = prop::sample::select(vec!["*", "a", "b"]);
    let standing = prop::collection::btree_map(state, (verdict, message), 0..6);
    prop::collection::vec((route, surface, standing), 1..4).prop_map(|tables| {
        let mut text = "priority = 1\n".to_owned();
        for (route, surface, standing) in tables {
            write!(text, "[[policy]]\nroute = \"{route}\"\nsurface = {surface}\n").unwrap();
            for (state, (verdict, message)) in standing {
                let message = toml::Value::from(message);
                write!(
                    text,
                    "standing.{state}.verdict = \"{verdict}\"\nmessages.{state} = {message}\n"
                )
                .unwrap();
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_octets_are_read_without_harm(file in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,200}") {
        read(&file, text.as_bytes());
        read(text.as_bytes(), &file);
    }

    #[test]
    fn a_mutated_file_never_breaks_a_fixed_rule(file in mutated(EVERY_KEY), test_file in mutated(TESTS)) {
        read(&file, &test_file);
    }

    #[test]
    fn no_well_formed_file_breaks_a_fixed_rule(file in plausible()) {
        read(file.as_bytes(), TESTS.as_bytes());
    }
}

#[test]
fn deeply_nested_files_are_refused_and_not_followed() {
    for nest in [
        format!("x = {}", "[".repeat(200_000)),
        format!("x = {}", "{a=".repeat(200_000)),
        format!("x{} = 1", ".a".repeat(200_000)),
    ] {
        assert!(!read(nest.as_bytes(), nest.as_bytes()));
    }
}

#[test]
fn a_file_cut_off_anywhere_is_refused_or_is_a_smaller_whole() {
    let whole = EVERY_KEY.replace("applications", "a");
    let mut refused = 0;
    for end in 0..whole.len() {
        if whole.is_char_boundary(end) && !read(&whole.as_bytes()[..end], b"") {
            refused += 1;
        }
    }
    assert!(refused > whole.len() / 2, "{refused}");
}
