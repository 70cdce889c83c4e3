//! What may be said of showing a directory otherwise than it is, and the mistakes in it.

use super::{folder, problems, sound};
use crate::config::facts;
use postern_proxy::ShapeProduct;

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
[[route]]
name = "second"
directory = "domain"
shape = { like = "ppolicy", user_class = "person" }
[[directory]]
name = "domain"
dialect = "active-directory"
urls = ["ldap://127.0.0.1:3891"]
base_dn = "dc=ad,dc=example"
service_account = { bind_dn = "cn=svc,dc=ad,dc=example", password = "${SECRET}" }
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
        &["15:10: an opaque route reads nothing, so it cannot show anything otherwise than it is: opaque = false, or leave suffix and shape out"]),
    ("directory = \"domain\"", "directory = \"domain\"\nopaque = true",
        &["19:10: an opaque route reads nothing, so it cannot show anything otherwise than it is: opaque = false, or leave suffix and shape out"]),
    ("like = \"ppolicy\"", "like = \"openldap\"",
        &["19:18: \"openldap\" is no value of \"like\": one of \"active-directory\", \"ppolicy\""]),
    ("like = \"ppolicy\"", "like = \"active-directory\"",
        &["18:13: \"domain\" is of the product the route is to show it as: leave shape out, or another product"]),
    ("user_class = \"person\"", "user_class = \"(person)\"",
        &["19:42: \"(person)\" in user_class is no name in a schema: a name such as uid"]),
    ("user_class = \"person\"", "policy_dn = \"policy\"",
        &["19:41: policy_dn is not a distinguished name: a name such as dc=example,dc=org"]),
    ("base_dn = \"dc=ad,dc=example\"\n", "",
        &["18:13: the policy is shown below the base_dn of \"domain\", which has none: base_dn in the directory, or policy_dn in shape"]),
    ("service_account = {", "# service_account = {",
        &["18:13: shape needs the password policies of \"domain\", which has no service account to read them: [directory.service_account] in it"]),
];

#[test]
fn a_suffix_is_read_and_told_to_the_policies() {
    let configuration = sound(SOUND);
    assert!(configuration.routes[0].shown_as.suffix.is_some());
    assert!(facts(&configuration.routes)[0].mapped && facts(&configuration.routes)[1].mapped);
    let shape = configuration.routes[1].shown_as.shape.as_ref().unwrap();
    assert_eq!(
        (shape.product, shape.user_class.as_deref()),
        (ShapeProduct::Ppolicy, Some("person"))
    );
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
