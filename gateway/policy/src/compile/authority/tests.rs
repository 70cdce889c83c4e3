use super::filter::{attribute, parse};
use crate::compile::{RouteFacts, compile};
use crate::set::PolicySet;
use postern_identity::AttributeName;
use postern_identity::authority::{AuthorityRules, Filter};
use std::sync::Arc;

const POLICY: &str = "priority = 1\n[[policy]]\nroute = \"*\"\n";
const LAST: &str = "[[authority]]\nname = \"rest\"\nroute = \"*\"\nowner = \"local\"\n";

fn facts() -> Vec<RouteFacts> {
    ["a", "b"]
        .map(|name| RouteFacts {
            name: name.into(),
            portal_url: None,
            mapped: false,
        })
        .into()
}

fn rules(files: &[(&str, &str)], route: &str) -> Option<Arc<AuthorityRules>> {
    let set = PolicySet::of_texts("p", files.iter().copied());
    let book = compile(&set, &facts(), 1).unwrap();
    book.rules(route).unwrap().pass.authority.clone()
}

/// The problems of one [[authority]] table with these lines, in a file with a last rule.
fn problems(table: &str) -> Vec<String> {
    let text = format!("{POLICY}[[authority]]\n{table}\n{LAST}");
    let set = PolicySet::of_texts("p", [("a.toml", &*text)]);
    match compile(&set, &facts(), 1) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn without_any_rule_there_are_none() {
    assert_eq!(rules(&[("a.toml", POLICY)], "a"), None);
}

#[test]
fn rules_of_several_files_are_asked_in_the_order_of_their_priorities() {
    let first =
        "priority = 0\n[[authority]]\nname = \"one\"\nroute = \"a\"\nowner = \"unknown\"\nwhen.subtree = \"ou=x\"\n";
    let later = format!("priority = 9\n{LAST}");
    let files = [("a.toml", POLICY), ("z.toml", first), ("b.toml", &later)];
    let names = |route| {
        let mut heard = Vec::new();
        let nowhere = postern_identity::authority::Facts::new(
            postern_identity::DirectoryName("d".into()),
            Some(postern_identity::DistinguishedName::parse(b"cn=a").unwrap()),
        );
        rules(&files, route)
            .unwrap()
            .decide_aloud(&nowhere, |name, _| heard.push(name.to_string()));
        heard
    };
    assert_eq!(names("a"), ["z.toml:authority.one", "b.toml:authority.rest"]);
    assert_eq!(names("b"), ["b.toml:authority.rest"]);
}

#[test]
fn every_mistake_is_told_at_its_place_with_what_would_be_right() {
    for (table, told) in [
        (
            "name = \"x y\"\nroute = \"a\"\nowner = \"local\"",
            "p/a.toml:5:8: \"x y\" is no name of a rule",
        ),
        (
            "name = \"x\"\nroute = \"c\"\nowner = \"local\"",
            "p/a.toml:6:9: route = \"c\" is not in the configuration",
        ),
        (
            "name = \"x\"\nroute = \"a\"",
            "p/a.toml:4:1: it is not said whose these passwords are: add owner",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"mine\"",
            "p/a.toml:7:9: \"mine\" is no value of \"owner\"",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"both\"",
            "p/a.toml:4:1: it is not said which provider has these passwords",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"local\"\nprovider = \"sso\"",
            "p/a.toml:8:12: \"provider\" is for passwords that a provider has",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"provider\"\nprovider = \"sso\"\npage = \"http://x\"",
            "p/a.toml:9:8: \"http://x\" cannot be told as a page: https://",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"local\"\nwhen.subtree = \"people\"",
            "p/a.toml:8:16: \"people\" is not a distinguished name",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"local\"\nwhen.filter = \"(a=b)(c=d)\"",
            "p/a.toml:8:21: the filter has ended before this",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"local\"\nwhen = {}",
            "p/a.toml:8:8: nothing is asked here",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"local\"\nwhen.nested = true",
            "p/a.toml:8:15: \"nested\" is about groups",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"local\"\nwhen.mail_domain = [\"@x\"]",
            "p/a.toml:8:21: \"@x\" is no domain",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"local\"\nwhen.attribute = { name = \"userPassword\" }",
            "p/a.toml:8:27: \"userPassword\" holds a password, which rules do not read: credential",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"local\"\nwhen.not.any = [{ subtree = \"x\" }]",
            "p/a.toml:8:29: \"x\" is not a distinguished name",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"local\"\naccounts = [\"cn=a\"]",
            "p/a.toml:8:12: \"accounts\" is for rules with",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nbreak_glass = true",
            "p/a.toml:4:1: break_glass names nobody",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nbreak_glass = true\naccounts = [\"cn=a\"]\nowner = \"provider\"",
            "p/a.toml:9:9: what break_glass names is always the directory's own",
        ),
        (
            "name = \"rest\"\nroute = \"a\"\nowner = \"local\"",
            "another authority rule of this file is called \"rest\" too",
        ),
        (
            "name = \"x\"\nroute = \"a\"\nowner = \"local\"\nwhen.subtre = \"cn=a\"",
            "unknown key \"subtre\": did you mean \"subtree\"?",
        ),
    ] {
        let found = problems(table);
        assert!(found.iter().any(|problem| problem.contains(told)), "{table}: {found:?}");
    }
    assert_eq!(
        problems("name = \"x\"\nroute = \"a\"\nowner = \"local\""),
        Vec::<String>::new()
    );
}

#[test]
fn rules_that_leave_somebody_out_are_a_mistake_and_so_are_files_that_tie() {
    let open =
        format!("{POLICY}[[authority]]\nname = \"x\"\nroute = \"a\"\nowner = \"local\"\nwhen.subtree = \"cn=a\"\n");
    let set = PolicySet::of_texts("p", [("a.toml", &*open)]);
    let problems = compile(&set, &facts(), 1).unwrap_err();
    assert!(
        problems[0].what.contains("end without one about everybody else"),
        "{problems:?}"
    );
    let (one, two) = (format!("priority = 3\n{LAST}"), format!("priority = 3\n{LAST}"));
    let set = PolicySet::of_texts("p", [("a.toml", POLICY), ("b.toml", &*one), ("c.toml", &*two)]);
    let problems = compile(&set, &facts(), 1).unwrap_err();
    assert!(
        problems[0].what.contains("same priority and authority rules"),
        "{problems:?}"
    );
    let set = PolicySet::of_texts("p", [("a.toml", POLICY), ("b.toml", "priority = 3\n")]);
    assert!(compile(&set, &facts(), 1).unwrap_err()[0].what.contains("neither"));
}

#[test]
fn filters_read_as_they_are_written() {
    let name = |text: &str| AttributeName::parse(text.as_bytes()).unwrap();
    let equal = |attribute: &str, value: &str| Filter::Equal(name(attribute), value.as_bytes().into());
    for (text, wanted) in [
        ("(a=b)", equal("a", "b")),
        ("(a=*)", Filter::Present(name("a"))),
        ("(a=)", equal("a", "")),
        ("(a=x\\2ay\\29)", equal("a", "x*y)")),
        ("(2.5.4.12=x)", equal("title", "x")),
        (
            "(&(a=b)(|(c=d)(e=f))(!(g=h)))",
            Filter::All(vec![
                equal("a", "b"),
                Filter::Any(vec![equal("c", "d"), equal("e", "f")]),
                Filter::Not(Box::new(equal("g", "h"))),
            ]),
        ),
        (
            "(a=x*yz**w*)",
            Filter::Substrings {
                attribute: name("a"),
                first: Some(b"x".as_slice().into()),
                between: vec![b"yz".as_slice().into(), b"w".as_slice().into()],
                last: None,
            },
        ),
        (
            "(userAccountControl:1.2.840.113556.1.4.803:=262144)",
            Filter::Bits {
                attribute: name("userAccountControl"),
                mask: 0x40000,
                every: true,
            },
        ),
    ] {
        assert_eq!(parse(text), Ok(wanted), "{text}");
    }
    for (text, at) in [
        ("", 0),
        ("a=b", 0),
        ("(a=b", 4),
        ("(a=b))", 5),
        ("(&)", 2),
        ("(&(a=b)", 7),
        ("(!(a=b)(c=d))", 7),
        ("(a>=5)", 1),
        ("(a~=5)", 1),
        ("(a:dn:=5)", 1),
        ("(a:1.2.840.113556.1.4.803:=x)", 1),
        ("(userPassword=*)", 1),
        ("(a;lang-de=b)", 1),
        ("(name=b)", 1),
        ("(a b=c)", 1),
        ("(a=\\2)", 1),
        ("(a=b(c)", 1),
    ] {
        assert_eq!(parse(text).map_err(|mistake| mistake.at), Err(at), "{text}");
    }
    let nested = |depth: usize| "(!".repeat(depth) + "(a=b)" + &")".repeat(depth);
    assert!(parse(&nested(31)).is_ok() && parse(&nested(32)).is_err() && parse(&nested(1000)).is_err());
    assert!(attribute("employeeType").is_ok() && attribute("OID.2.5.4.35").is_err());
}

#[test]
fn tests_beside_the_file_ask_whose_a_password_is() {
    let policy = format!(
        "{POLICY}[[authority]]\nname = \"partners\"\nroute = \"*\"\nowner = \"provider\"\nprovider = \"sso\"\n\
         when = {{ any = [{{ subtree = \"ou=p,dc=x\" }}, {{ filter = \"(kind=sso)\" }}, {{ group = \"cn=g,dc=x\" }}] }}\n{LAST}"
    );
    let outcome = |given: &str, expect: &str| {
        let test = format!(
            "[[test]]\nname = \"it\"\ngiven = {{ route = \"a\", entry = {{ {given} }} }}\nexpect = {{ {expect} }}\n"
        );
        let set = PolicySet::of_texts("p", [("a.toml", &*policy), ("a_test.toml", &*test)]);
        let book = compile(&set, &facts(), 1).unwrap();
        crate::tests::run(&set, &book)
            .pop()
            .unwrap()
            .failure
            .map(|failure| failure.to_string())
    };
    for (given, expect) in [
        (
            "name = \"uid=a,ou=p,dc=x\"",
            "owner = \"provider\", provider = \"sso\", rule = \"a.toml:authority.partners\"",
        ),
        (
            "name = \"uid=a,dc=x\"",
            "owner = \"local\", rule = \"a.toml:authority.rest\"",
        ),
        (
            "name = \"uid=a,dc=x\", attributes = { KIND = [\"x\", \"SSO\"] }",
            "owner = \"provider\"",
        ),
        (
            "name = \"uid=a,dc=x\", hidden = [\"kind\"]",
            "owner = \"unknown\", rule = \"a.toml:authority.partners\"",
        ),
        (
            "name = \"uid=a,dc=x\", groups = [\"CN=G,dc=x\"]",
            "owner = \"provider\"",
        ),
        (
            "name = \"uid=a,dc=x\", credential = \"elsewhere\"",
            "owner = \"unknown\", rule = \"built-in:password-checked-elsewhere\"",
        ),
    ] {
        assert_eq!(outcome(given, expect), None, "{given}");
    }
    for (given, expect, told) in [
        (
            "name = \"uid=a,dc=x\"",
            "owner = \"provider\"",
            "owner is \"local\": expected owner \"provider\"",
        ),
        (
            "name = \"uid=a,ou=p,dc=x\"",
            "provider = \"other\"",
            "provider is \"sso\": expected provider \"other\"",
        ),
        ("name = \"a\"", "owner = \"local\"", "has no distinguished name"),
        ("name = \"uid=a\"", "pass = true", "expected of nothing"),
        ("name = \"uid=a\"", "verdict = \"allow\"", "expected of no sign-in"),
    ] {
        let found = outcome(given, expect).unwrap_or_default();
        assert!(found.contains(told), "{given}: {found}");
    }
}

#[test]
fn a_reload_that_changes_only_an_authority_rule_changes_the_rules_of_its_routes() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("a.toml", POLICY);
    write("b.toml", &format!("priority = 2\n{LAST}"));
    let (book, kept) = crate::check_first(folder.path(), &facts(), 1).unwrap();
    let before = Arc::clone(book.rules("a").unwrap());
    write("b.toml", &format!("priority = 2\n{}", LAST.replace("local", "unknown")));
    let (book, kept) = crate::check_again(folder.path(), &facts(), 2, &kept).unwrap().unwrap();
    let after = Arc::clone(book.rules("a").unwrap());
    assert_ne!(before.pass.authority, after.pass.authority);
    // What has nothing to do with it leaves the rules as they are.
    write(
        "c.toml",
        "priority = 3\n[[policy]]\nroute = \"b\"\npass.read_only = true\n",
    );
    let (book, _) = crate::check_again(folder.path(), &facts(), 3, &kept).unwrap().unwrap();
    assert!(Arc::ptr_eq(book.rules("a").unwrap(), &after));
}
