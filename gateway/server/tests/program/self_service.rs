//! What `postern explain` says of self-service, without a gateway that runs.

use crate::given::{Given, POLICY};
use serde_json::{Value, json};

const PEOPLE: &str = "dn: dc=example,dc=org
objectClass: organization
objectClass: dcObject
dc: example
o: Example

dn: uid=alice,dc=example,dc=org
objectClass: inetOrgPerson
uid: alice
cn: Alice
sn: Adams
mail: alice@example.org
userPassword: alice's own word

dn: uid=frank,dc=example,dc=org
objectClass: inetOrgPerson
uid: frank
cn: Frank
sn: Fuller
userPassword: frank's own word
pwdAccountLockedTime: 000001010000Z

dn: uid=root,dc=example,dc=org
objectClass: inetOrgPerson
uid: root
cn: Root
sn: Root
mail: root@example.org
userPassword: root's own word

dn: cn=admins,dc=example,dc=org
objectClass: groupOfNames
cn: admins
member: uid=root,dc=example,dc=org
";

fn given() -> Given {
    let given = Given::embedded();
    given.edit("[limits]", "[http]\naddress = \"127.0.0.1:0\"\n[limits]");
    given.write("people.ldif", PEOPLE);
    let ran = given.run(&["import", "people.ldif", "--config", "gateway.toml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    given
}

fn explained(given: &Given, user: &str) -> Value {
    let arguments = [
        "explain",
        "--config",
        "gateway.toml",
        "--route",
        "applications",
        "--json",
        "--user",
        user,
    ];
    let ran = given.run(&arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    let told: Value = serde_json::from_str(&ran.results).unwrap();
    told["self_service"].clone()
}

fn method<'v>(told: &'v Value, name: &str) -> &'v Value {
    let methods = told["methods"].as_array().unwrap_or_else(|| panic!("{told}"));
    methods.iter().find(|method| method["method"] == name).unwrap()
}

fn why_not(told: &Value, name: &str) -> String {
    let method = method(told, name);
    assert_eq!(method["open"], json!(false), "{method}");
    method["why_not"]
        .as_array()
        .unwrap()
        .iter()
        .map(|why| why.as_str().unwrap())
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn explain_says_which_methods_are_open_and_why_the_others_are_not() {
    let given = given();
    let told = explained(&given, "alice");
    assert_eq!(told["switch"], json!({ "on": false, "origin": "default" }));
    assert!(
        why_not(&told, "reset").contains("directories.people.self_service_reset is false (default)"),
        "{told}"
    );

    let name = "directories.people.self_service_reset";
    let set = given.run(&["settings", "set", name, "true", "--config", "gateway.toml"]);
    assert_eq!(set.code, 0, "{set:?}");
    let told = explained(&given, "alice");
    assert_eq!(told["switch"], json!({ "on": true, "origin": "store" }));
    for open in ["reset", "unlock", "change"] {
        assert_eq!(method(&told, open)["open"], json!(true), "{told}");
    }
    assert_eq!(
        (&method(&told, "reset")["factors"], &method(&told, "reset")["gates"]),
        (&json!(["mail"]), &json!(1))
    );
    assert!(
        why_not(&told, "reminder").contains("built-in:self_service.features.reminder"),
        "{told}"
    );
    assert_eq!(told["rules"]["factors"], json!("built-in:self_service.factors"));

    // How it stands (without a policy that is not known, and not guessed), and that there is nowhere to write to.
    let told = explained(&given, "frank");
    assert!(
        why_not(&told, "reset").contains("it is unknown (by pwdAccountLockedTime"),
        "{told}"
    );
    assert!(why_not(&told, "reset").contains("no mail address"), "{told}");
    assert!(!why_not(&told, "change").contains("mail"), "{told}");

    // What a policy says of a group.
    given.write(
        "policies/p.toml",
        &format!("{POLICY}[[self_service]]\nroute = \"*\"\ngroups = [\"cn=admins,dc=example,dc=org\"]\nprivileged = \"off\"\n"),
    );
    let told = explained(&given, "root");
    assert!(
        why_not(&told, "reset").contains("(p.toml:self_service[0].privileged)"),
        "{told}"
    );
    assert_eq!(method(&told, "change")["open"], json!(true));
    assert_eq!(method(&explained(&given, "alice"), "reset")["open"], json!(true));
}

#[test]
fn explain_tells_a_person_the_same_in_words() {
    let given = given();
    given.edit("[http]\naddress = \"127.0.0.1:0\"\n", "");
    let arguments = [
        "explain",
        "--config",
        "gateway.toml",
        "--route",
        "applications",
        "--user",
        "alice",
    ];
    let ran = given.run(&arguments);
    for line in [
        "what its owner may do for themselves:",
        "  directory  self-service is off (default)",
        "  reset      not open",
        "             because directories.people.self_service_reset is false (default)",
        "             because the route has no pages here: it needs [http], and a portal_url that is https and a host alone",
    ] {
        assert!(ran.results.lines().any(|told| told == line), "{line}: {ran:?}");
    }
}
