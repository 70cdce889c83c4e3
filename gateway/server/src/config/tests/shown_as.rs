//! What may be said of showing a directory otherwise than it is, and the mistakes in it.

use super::{folder, problems, sound};
use crate::config::facts;

/// Everything there is, for tests to spoil.
const SOUND: &str = r#"[server]
public_url = "https://reset.example.org"
[[listener]]
name = "ldap"
address = "127.0.0.1:3389"
tls = "none"
route = "applications"
[[directory]]
name = "people"
dialect = "openldap"
urls = ["ldap://127.0.0.1:3890"]
[[route]]
name = "applications"
directory = "people"
suffix = { here = "dc=corp,dc=example", there = "dc=example,dc=org" }
"#;

#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &[&str])] = &[
    ("here = \"dc=corp,dc=example\"", "here = \"corp\"",
        &["15:19: here is not a distinguished name: a name such as dc=example,dc=org"]),
    ("here = \"dc=corp,dc=example\", ", "",
        &["15:10: \"suffix\" has no \"here\": add it (What clients call it, such as dc=corp,dc=example)"]),
    ("here = \"dc=corp,dc=example\"", "here = \"\"",
        &["15:19: here is not a distinguished name: a name such as dc=example,dc=org"]),
    ("here = \"dc=corp,dc=example\"", "here = \"DC=Example, dc=org\"",
        &["15:10: both suffixes are the same: another name here, or no suffix at all"]),
    ("directory = \"people\"", "directory = \"people\"\nopaque = true",
        &["15:10: an opaque route reads nothing, so it cannot rename anything: opaque = false, or leave suffix out"]),
];

#[test]
fn a_suffix_is_read_and_told_to_the_policies() {
    let configuration = sound(SOUND);
    assert!(configuration.routes[0].shown_as.suffix.is_some());
    assert!(facts(&configuration.routes)[0].mapped);
    let plain = SOUND.replace("suffix =", "lanes = {}\n# suffix =");
    let configuration = sound(&plain);
    assert!(!facts(&configuration.routes)[0].mapped);
}

#[test]
fn every_mistake_is_told_with_its_place_and_remedy() {
    let folder = folder();
    for (right, wrong, wanted) in MISTAKES {
        assert!(SOUND.contains(right), "{right}");
        let found = problems(&folder, &SOUND.replacen(right, wrong, 1));
        let found: Vec<_> = found
            .iter()
            .map(|told| told.trim_start_matches("gateway.toml:"))
            .collect();
        assert_eq!(found, *wanted, "{wrong}");
    }
}
