//! Whose a password is: what is somebody else's is never written, and what is the directory's own is as before.

mod embedded;
mod federated;
mod groups;
mod meanwhile;
mod others;
mod premises;
mod told;

use postern_tests::people::{self, ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE, PASSWORD, SERVICE, dn};
use postern_tests::request::{self, Scope};
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, eventually, policies};
use std::fmt::Write as _;
use std::time::Duration;

/// Somebody who may write everything and is told whose a password is.
const DESK: &str = "cn=desk,ou=services,dc=example,dc=org";
/// Somebody who may write everything and is not.
const TOOL: &str = "cn=tool,ou=services,dc=example,dc=org";

/// A policy that lets a password be used again.
const FREE: &str = "pwdPolicySubentry: cn=free,ou=policies,dc=example,dc=org";

/// Rules of every kind; the accounts are those of [`slapd`].
const RULES: &str = r#"
[[authority]]
name = "glass"
route = "*"
break_glass = true
accounts = ["uid=glass,ou=people,dc=example,dc=org"]
groups = ["cn=keepers,ou=groups,dc=example,dc=org"]

[[authority]]
name = "marked"
route = "*"
owner = "provider"
provider = "example-sso"
page = "https://sso.example.com/forgot"
told_to = ["cn=desk,ou=services,dc=example,dc=org"]
when.attribute = { name = "employeeType", value = "sso" }

[[authority]]
name = "partners"
route = "*"
owner = "provider"
provider = "partner-sso"
when.subtree = "ou=partners,dc=example,dc=org"

[[authority]]
name = "grouped"
route = "*"
owner = "provider"
provider = "example-sso"
when = { group = "cn=sso,ou=groups,dc=example,dc=org", nested = true }

[[authority]]
name = "elsewhere"
route = "*"
owner = "both"
provider = "mail-sso"
when = { all = [{ mail_domain = "sso.example.com" }, { not = { filter = "(title=local*)" } }] }

[[authority]]
name = "hidden"
route = "*"
owner = "provider"
provider = "nobody"
when.filter = "(departmentNumber=7)"

[[authority]]
name = "everybody-else"
route = "*"
owner = "local"
"#;

/// Accounts whose passwords are not the directory's own, each by another rule, and the rule.
const FEDERATED: [(&str, &str); 7] = [
    ("erin", "policy.toml:authority.marked"),
    ("partner", "policy.toml:authority.partners"),
    ("gina", "policy.toml:authority.grouped"),
    ("nested", "policy.toml:authority.grouped"),
    ("mailed", "policy.toml:authority.elsewhere"),
    ("hidden", "policy.toml:authority.hidden"),
    ("passed", "built-in:password-checked-elsewhere"),
];

/// LDIF of an account for each rule; `ou=partners` has one, everybody else is in `ou=people`.
fn accounts() -> String {
    let mut ldif = String::new();
    for (uid, lines) in [
        ("erin", &["employeeType: sso"][..]),
        ("gina", &[]),
        ("nested", &[]),
        ("mailed", &["mail: mailed@sso.example.com"]),
        (
            "localmail",
            &["mail: localmail@sso.example.com", "title: local hero", FREE],
        ),
        ("own", &[FREE]),
        ("hidden", &["departmentNumber: 8"]),
        ("glass", &["employeeType: sso"]),
        ("keeper", &["employeeType: sso"]),
    ] {
        ldif.push_str(&people::account(uid, "active", lines));
    }
    write!(
        ldif,
        "dn: ou=partners,{BASE}\nobjectClass: organizationalUnit\nou: partners\n\n"
    )
    .unwrap();
    ldif.push_str(&person("partner", &format!("uid=partner,ou=partners,{BASE}"), PASSWORD));
    ldif.push_str(&person("passed", &dn("passed"), "{SASL}passed@EXAMPLE.ORG"));
    write!(
        ldif,
        "dn: cn=free,ou=policies,{BASE}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: free\npwdAttribute: userPassword\n\n"
    )
    .unwrap();
    for name in ["desk", "tool"] {
        write!(ldif,
            "dn: cn={name},ou=services,{BASE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: {name}\nuserPassword: {PASSWORD}\n\n"
        ).unwrap();
    }
    for (group, member) in [
        ("sso", format!("{}\nmember: cn=inner,ou=groups,{BASE}", dn("gina"))),
        ("inner", dn("nested")),
        ("keepers", dn("keeper")),
    ] {
        write!(
            ldif,
            "dn: cn={group},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {group}\nmember: {member}\n\n"
        )
        .unwrap();
    }
    ldif
}

/// A slapd with these accounts.
fn slapd() -> Slapd {
    let writers = format!("by dn.exact=\"{DESK}\" write by dn.exact=\"{TOOL}\" write");
    let database = format!(
        "access to dn.exact=\"{}\" attrs=departmentNumber by dn.exact=\"{SERVICE}\" none by * read
access to attrs=userPassword {writers} by dn.exact=\"{SERVICE}\" read by self write by anonymous auth by * none
access to * {writers} by self write by * read",
        dn("hidden")
    );
    Slapd::start_with(&SlapdSettings {
        users: 30,
        ldif: accounts(),
        database,
        ..SlapdSettings::default()
    })
}

fn person(uid: &str, dn: &str, password: &str) -> String {
    format!("dn: {dn}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\nuserPassword: {password}\n\n")
}

/// A gateway with these rules on a route of this surface. The names may act for others.
fn gateway(slapd: &Slapd, surface: &str, rules: &str) -> Gateway {
    Gateway::start_with(&GatewaySettings {
        policy: Some(policy(surface, rules)),
        ..GatewaySettings::new("", &[slapd.url()])
    })
}

fn policy(surface: &str, rules: &str) -> String {
    let acting = format!("\n[[policy]]\nroute = \"*\"\npass.proxied_authorization = [\"{DESK}\"]\n");
    match surface {
        "transparent" => {
            format!("priority = 100\n[[policy]]\nroute = \"*\"\nsurface = \"transparent\"\n{acting}{rules}")
        }
        other => policies::like_generic(other, &format!("{acting}{rules}")),
    }
}

/// The DN of one of the accounts above.
fn name(uid: &str) -> String {
    if uid == "partner" {
        format!("uid=partner,ou=partners,{BASE}")
    } else {
        dn(uid)
    }
}

/// Everything the directory holds, operational attributes too, as octets; but for the service account, of which slapd notes when it signed
/// in.
fn dump(slapd: &Slapd) -> Vec<Vec<u8>> {
    let mut wire = Wire::connect(slapd.address());
    assert_eq!(wire.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
    let all = request::search(2, BASE, Scope::Subtree, "objectClass", &["*", "+"], &[]);
    let is_service = |entry: &[u8]| {
        entry
            .windows(SERVICE.len())
            .take(40)
            .any(|part| part == SERVICE.as_bytes())
    };
    let entries = wire.ask(&all).into_iter().map(|answer| answer.octets);
    let mut entries: Vec<_> = entries.filter(|entry| !is_service(entry)).collect();
    entries.sort();
    entries
}

/// The first audit line that fits, which may be written in a moment.
fn audited(gateway: &Gateway, what: &str, fits: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    eventually(what, Duration::from_secs(20), || {
        gateway.audit().into_iter().find(|line| fits(line))
    })
}

/// Somebody signed in through the gateway.
fn signed_in(gateway: &Gateway, who: &str) -> Wire {
    let mut wire = gateway.client();
    assert_eq!(wire.bind(1, who, PASSWORD).code, Some(0), "{who}");
    wire
}
