//! `[route.names]`: what may be said, and every mistake with its place and words.

use super::{SHORT, SOUND, folder, problems, sound};
use postern_directory::names::Finding;
use postern_directory::{NameForm, NameRules};

/// The first line of a table at the end of [`SOUND`] is this.
const FIRST: usize = 44;

fn names(table: &str) -> NameRules {
    let mut configuration = sound(&format!("{SOUND}{table}"));
    configuration.routes.remove(0).names.unwrap()
}

#[test]
fn names_that_are_looked_for_are_read() {
    let rules = names(
        "[route.names]\naccept = [\"dn\", \"uid\", \"mail\", \"upn\", \"domain\"]\nbase_dn = \"ou=people,dc=example,dc=org\"\n\
         filter = \"(objectClass=person)\"\ndomains = [\"EXAMPLE\"]\nupn_suffixes = [\"example.org\"]\n\
         attributes = { uid = \"login\", mail = \"mail\", upn = \"krbPrincipalName\", domain = \"cn\" }\n",
    );
    assert_eq!(rules.accept, NameForm::ALL);
    assert_eq!(
        (rules.domains, rules.upn_suffixes),
        (vec!["EXAMPLE".to_owned()], vec!["example.org".to_owned()])
    );
    let Finding::Search(search) = rules.finding else {
        panic!("a search")
    };
    assert_eq!(search.base_dn.as_deref(), Some("ou=people,dc=example,dc=org"));
    assert_eq!(
        search.filter,
        Some(postern_ldap::filter::equality(b"objectClass", b"person"))
    );
    assert_eq!(search.attributes.uid.as_deref(), Some("login"));
    assert_eq!(search.attributes.domain.as_deref(), Some("cn"));
}

#[test]
fn a_template_needs_no_service_account_and_nothing_said_means_dns_as_they_are_sent() {
    let text = format!("{SHORT}[route.names]\naccept = [\"uid\"]\ntemplate = \"uid={{}},dc=example\"\n");
    let rules = sound(&text).routes.remove(0).names.unwrap();
    assert!(matches!(rules.finding, Finding::Template(_)) && !rules.looks_for_accounts());
    assert!(sound(SHORT).routes.remove(0).names.is_none());
    assert!(names("[route.names]\n").is_as_sent());
}

#[test]
fn every_mistake_is_told_with_its_place_and_what_would_be_right() {
    let folder = folder();
    for (table, expected) in [
        (
            "acept = [\"dn\"]",
            &["1:1: unknown key \"acept\": did you mean \"accept\"?"][..],
        ),
        ("accept = []", &["1:10: \"accept\" is empty: at least one"]),
        (
            "accept = [\"upnn\"]",
            &["1:11: \"upnn\" is no value of an item of \"accept\": did you mean \"upn\"?"],
        ),
        (
            "accept = [\"dn\", \"domain\"]",
            &["1:17: \"domain\" is accepted, but no domains are listed: domains = [\"EXAMPLE\"]"],
        ),
        (
            "accept = [\"upn\"]",
            &["1:11: \"upn\" is accepted, but no upn_suffixes are listed: upn_suffixes = [\"example.org\"]"],
        ),
        (
            "accept = [\"uid\"]\ndomains = [\"EXAMPLE\"]",
            &["2:11: domains are listed, but \"domain\" is not accepted: \"domain\" in accept"],
        ),
        (
            "accept = [\"domain\"]\ndomains = []",
            &["2:11: domains is empty: at least one, or not at all"],
        ),
        (
            "accept = [\"upn\"]\nupn_suffixes = [\"example.org\", \"@example.net\"]",
            &[
                "2:32: \"@example.net\" is not the name of a domain: such as EXAMPLE or example.org, without @ and backslash",
            ],
        ),
        (
            "accept = [\"uid\"]\ntemplate = \"uid=alice,dc=example\"",
            &[
                "2:12: \"uid=alice,dc=example\" is not a DN with one {} in a value: such as uid={},ou=people,dc=example,dc=org",
            ],
        ),
        (
            "template = \"uid={},dc=example\"",
            &["1:12: there is a template, but no login names are accepted: accept = [\"dn\", \"uid\"]"],
        ),
        (
            "accept = [\"uid\", \"mail\"]\ntemplate = \"uid={},dc=example\"\nfilter = \"(a=b)\"",
            &[
                "1:18: \"mail\" is accepted beside template: a mail address must be looked for: without template, or \"upn\" with upn_suffixes if the part before the @ is the login name",
                "3:10: filter beside template: with a template nothing is looked for: one of them",
            ],
        ),
        (
            "filter = \"(a=b)\"",
            &[
                "0:1: only DNs are accepted here, and a DN is not looked for: accept = [\"dn\", \"uid\"], or nothing but accept",
            ],
        ),
        (
            "accept = [\"uid\"]\nfilter = \"objectClass=person\"",
            &["2:10: filter is not an LDAP filter: such as (objectClass=inetOrgPerson), with its parentheses"],
        ),
        (
            "accept = [\"uid\"]\nbase_dn = \"people\"",
            &["2:11: base_dn is not a distinguished name: a name such as dc=example,dc=org"],
        ),
        (
            "accept = [\"uid\"]\nattributes = { uid = \"u id\" }",
            &["2:22: uid \"u id\" is not the name of an attribute: such as uid"],
        ),
    ] {
        let text = format!("{SOUND}[route.names]\n{table}\n");
        let expected: Vec<String> = expected
            .iter()
            .map(|line| {
                let (row, rest) = line.split_once(':').unwrap();
                format!("gateway.toml:{}:{rest}", FIRST + row.parse::<usize>().unwrap())
            })
            .collect();
        assert_eq!(problems(&folder, &text), expected, "{table}");
    }
}

#[test]
fn names_are_not_looked_for_in_a_directory_without_a_service_account() {
    let text = format!("{SHORT}[route.names]\naccept = [\"uid\"]\n");
    assert_eq!(
        problems(&folder(), &text),
        [
            "gateway.toml:13:13: names are looked for in \"people\", which has no service account: \
          [directory.service_account] in it, or a template in [route.names]"
        ]
    );
}

#[test]
fn plain_is_no_way_around_names_that_take_no_dns() {
    let with = |accept: &str| {
        format!("{SOUND}[route.names]\naccept = [{accept}]\n[route.login]\ntemplate = \"uid={{}},dc=example\"\n")
    };
    assert_eq!(
        problems(&folder(), &with("\"uid\"")),
        [format!(
            "gateway.toml:{}:1: login lets people in by DNs, which names does not accept: \"dn\" among names.accept, or no login",
            FIRST + 2
        )]
    );
    assert!(
        sound(&with("\"uid\", \"dn\""))
            .routes
            .remove(0)
            .sign_in
            .login_names
            .is_some()
    );
}
