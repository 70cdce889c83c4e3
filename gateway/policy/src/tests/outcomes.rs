use super::*;
use crate::compile::{RouteFacts, compile};
use crate::{check, check_set};
use std::fs;

const POLICY: &str = "priority = 1\n[[policy]]\nroute = \"*\"\n[policy.pass]\nread_only = true\nbase_dns = [\"dc=example\"]\n\
                      deny_attributes = [\"userPassword\"]\n";

fn facts() -> Vec<RouteFacts> {
    ["applications", "logins"]
        .map(|name| RouteFacts {
            name: name.into(),
            portal_url: Some("https://portal.example.org".into()),
            mapped: false,
        })
        .into()
}

fn outcomes(tests: &str) -> Vec<TestOutcome> {
    let set = PolicySet::of_texts("p", [("a.toml", POLICY), ("a_test.toml", tests)]);
    run(&set, &compile(&set, &facts(), 1).unwrap())
}

/// The outcome of one test, as its given and expect are written.
fn one(given: &str, expect: &str) -> Option<String> {
    let outcomes = outcomes(&format!(
        "[[test]]\nname = \"it\"\ngiven = {{ {given} }}\nexpect = {{ {expect} }}\n"
    ));
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    outcomes[0].failure.as_ref().map(ToString::to_string)
}

#[test]
fn a_test_passes_when_everything_it_expects_holds() {
    for (given, expect) in [
        (
            "route = \"applications\", state = \"must_change\"",
            "verdict = \"refuse\", surface = \"text\", text = \"Your password must be changed before you can sign in. Go to https://portal.example.org\"",
        ),
        (
            "route = \"*\", state = \"must_change\", proven = \"yes\", account = \"uid=bob\", result_code = 0, grace_left = 1, seconds = 86400",
            "text_contains = \"{portal_url}\", rule = \"built-in:standing.must_change.verdict\"",
        ),
        ("route = \"*\", state = \"active\"", "verdict = \"allow\", text = \"\""),
        (
            "route = \"*\", state = \"active\", proven = \"no\"",
            "verdict = \"refuse\", rule = \"built-in:unproven\"",
        ),
        (
            "route = \"*\", state = \"locked\", result_code = 49",
            "verdict = \"refuse\"",
        ),
        (
            "route = \"*\", operation = \"modify\"",
            "pass = false, rule = \"a.toml:policy[0].pass.read_only\"",
        ),
        (
            "route = \"*\", operation = \"search\", base_dn = \"ou=people,dc=example\", attribute = \"cn\"",
            "pass = true",
        ),
        (
            "route = \"*\", operation = \"search\", base_dn = \"dc=other\"",
            "pass = false, rule = \"a.toml:policy[0].pass.base_dns\"",
        ),
        (
            "route = \"*\", attribute = \"2.5.4.35;lang-x\"",
            "pass = false, rule = \"a.toml:policy[0].pass.deny_attributes\"",
        ),
        (
            "route = \"logins\"",
            "read_only = true, tls = \"for_passwords\", anonymous = true, references = \"drop\", surface = \"text\"",
        ),
    ] {
        assert_eq!(one(given, expect), None, "{given} {expect}");
    }
}

#[test]
fn a_test_fails_by_everything_that_differs_each_told_with_what_was_expected() {
    assert_eq!(
        one(
            "route = \"*\", state = \"active\"",
            "verdict = \"refuse\", surface = \"plain\", text_contains = \"sorry\""
        )
        .unwrap(),
        "p/a_test.toml:4:10: \"it\" fails on route \"applications\": surface is \"text\", verdict is \"allow\", text is nothing: \
         expected surface \"plain\", verdict \"refuse\", text \"… sorry …\""
    );
    for (given, expect) in [
        ("route = \"*\", state = \"active\"", "text = \"x\""),
        ("route = \"*\", state = \"active\"", "rule = \"x\""),
        ("route = \"*\", operation = \"search\"", "pass = false"),
        ("route = \"*\", operation = \"search\"", "rule = \"built-in:x\""),
        ("route = \"*\", base_dn = \"dc=other\"", "pass = true"),
        ("route = \"*\", attribute = \"userPassword\"", "pass = true"),
        ("route = \"*\"", "read_only = false"),
        ("route = \"*\"", "tls = \"always\""),
        ("route = \"*\"", "anonymous = false"),
        ("route = \"*\"", "references = \"pass\""),
    ] {
        assert!(
            one(given, expect).unwrap().contains("fails on route"),
            "{given} {expect}"
        );
    }
}

#[test]
fn a_test_that_asks_wrongly_or_cannot_fail_is_a_failure() {
    for (given, expect, told) in [
        (
            "route = \"aplications\", state = \"active\"",
            "verdict = \"allow\"",
            "there is no route \"aplications\": did you mean \"applications\"?",
        ),
        ("route = \"*\", state = \"active\"", "", "nothing is expected"),
        (
            "route = \"*\", state = \"active\", operation = \"add\"",
            "verdict = \"allow\"",
            "two things at once",
        ),
        (
            "route = \"*\", proven = \"no\"",
            "tls = \"always\"",
            "a sign-in without a state",
        ),
        ("route = \"*\"", "verdict = \"allow\"", "expected of no sign-in"),
        ("route = \"*\"", "pass = true", "expected of nothing"),
        ("route = \"*\"", "rule = \"x\"", "expected of no question"),
        (
            "route = \"*\", base_dn = \"people\"",
            "pass = true",
            "base_dn is not a distinguished name",
        ),
        (
            "route = \"*\", attribute = \"a b\"",
            "pass = true",
            "attribute is not an attribute",
        ),
        (
            "route = \"*\", state = \"actve\"",
            "verdict = \"allow\"",
            "\"actve\" is no value of \"state\": did you mean \"active\"?",
        ),
        (
            "route = \"*\", stat = \"active\"",
            "verdict = \"allow\"",
            "unknown key \"stat\": did you mean \"state\"?",
        ),
        (
            "state = \"active\"",
            "verdict = \"allow\"",
            "\"given\" has no \"route\"",
        ),
    ] {
        let failure = one(given, expect).unwrap_or_default();
        assert!(failure.contains(told), "{given} {expect}: {failure}");
    }
}

#[test]
fn a_test_file_that_cannot_be_read_fails_and_the_others_still_run() {
    let good =
        "[[test]]\nname = \"it\"\ngiven = { route = \"*\", state = \"active\" }\nexpect = { verdict = \"allow\" }\n";
    let files = [
        ("a.toml", POLICY),
        ("a_test.toml", "[[test]]\nname ="),
        ("b_test.toml", good),
        ("c_test.toml", ""),
    ];
    let set = PolicySet::of_texts("p", files);
    let outcomes = run(&set, &compile(&set, &facts(), 1).unwrap());
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.failure.is_some())
        .map(|outcome| &*outcome.path)
        .collect();
    assert_eq!(failed, ["p/a_test.toml", "p/c_test.toml"]);
    assert!(
        outcomes
            .iter()
            .any(|outcome| outcome.path == "p/b_test.toml" && outcome.failure.is_none())
    );
    assert_eq!(check(&set, &facts(), 1).unwrap_err().len(), 2);
}

#[test]
fn a_folder_whose_tests_fail_does_not_become_a_rulebook() {
    let folder = tempfile::tempdir().unwrap();
    let test = |verdict: &str| {
        let text = format!(
            "[[test]]\nname = \"it\"\ngiven = {{ route = \"*\", state = \"active\" }}\nexpect = {{ verdict = \"{verdict}\" }}\n"
        );
        fs::write(folder.path().join("a_test.toml"), text).unwrap();
        check_set(folder.path(), &facts(), 9)
    };
    fs::write(folder.path().join("a.toml"), POLICY).unwrap();
    assert_eq!(test("allow").unwrap().generation(), 9);
    let problems = test("refuse").unwrap_err();
    assert!(
        problems[0].path.ends_with("a_test.toml") && problems[0].line == 4,
        "{problems:?}"
    );
}
