//! What may be said of how clients come in and sign in, and the mistakes in it.

use super::{folder, problems, sound};
use postern_proxy::{CertificateField, Network};
use std::fmt::Write as _;

/// Everything there is, for tests to spoil.
const SOUND: &str = r#"[server]
public_url = "https://reset.example.org"
[[listener]]
name = "ldaps"
address = "127.0.0.1:3636"
tls = "ldaps"
route = "applications"
proxy_protocol = { trusted = ["10.0.0.0/8", "2001:db8::7"] }
client_certificates = { ca_file = "server.pem", required = true }
[[listener.certificate]]
server_name = ["Two.example.org", "three.example.org"]
certificate_file = "server.pem"
key_file = "server-key.pem"
[[listener.choose]]
server_name = "Two.Example.org"
networks = ["192.0.2.0/24"]
route = "second"
[[listener.choose]]
networks = ["198.51.100.7"]
route = "third"
[[directory]]
name = "people"
dialect = "openldap"
urls = ["ldap://127.0.0.1:3890"]
service_account = { bind_dn = "cn=svc,dc=example,dc=org", password = "${SECRET}" }
[[route]]
name = "applications"
directory = "people"
certificate_identity = { from = "san_email", template = "mail={},dc=example,dc=org" }
login = { template = "uid={},dc=example,dc=org" }
[[route]]
name = "second"
directory = "people"
certificate_identity = { from = "subject" }
[[route]]
name = "third"
directory = "people"
opaque = true
"#;

#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &[&str])] = &[
    ("\"10.0.0.0/8\"", "\"10.0.0.1/8\"",
        &["8:31: \"10.0.0.1/8\" in trusted is not a network: such as 10.0.0.0/8, 2001:db8::/32 or an address; no bits set behind those that count"]),
    ("[\"10.0.0.0/8\", \"2001:db8::7\"]", "[]",
        &["8:30: \"trusted\" is empty: at least one"]),
    ("\"192.0.2.0/24\"", "\"everybody\"",
        &["16:13: \"everybody\" in networks is not a network: such as 10.0.0.0/8, 2001:db8::/32 or an address; no bits set behind those that count"]),
    ("route = \"third\"", "route = \"fourth\"",
        &["20:9: there is no route \"fourth\": one of \"applications\", \"second\", \"third\""]),
    ("networks = [\"198.51.100.7\"]\n", "",
        &["18:1: this choice fits every client: server_name or networks; for everybody there is the listener's own route"]),
    ("\"Two.Example.org\"", "\"192.0.2.1\"",
        &["15:15: \"192.0.2.1\" is not a host name: a name such as ldap.example.org"]),
    ("\"Two.Example.org\"", "7",
        &["15:15: \"server_name\" is a whole number: a text in quotes or a list"]),
    ("key_file = \"server-key.pem\"", "key_file = \"other-key.pem\"",
        &["13:12: the key does not belong to the certificate: the key that certificate_file was made with"]),
    ("key_file = \"server-key.pem\"\n", "",
        &["10:1: an item of \"certificate\" has no \"key_file\": add it (Its key, PEM, readable by the program alone)",
          "12:20: certificate_file without key_file: name the key beside it"]),
    ("ca_file = \"server.pem\"", "ca_file = \"broken.pem\"",
        &["9:35: ca_file \"broken.pem\" cannot be used: a file in PEM form with what the key's name says"]),
    ("ca_file = \"server.pem\", ", "",
        &["9:23: \"client_certificates\" has no \"ca_file\": add it (The authorities whose certificates are accepted, PEM)"]),
    ("tls = \"ldaps\"", "tls = \"none\"",
        &["9:23: client_certificates on a listener without TLS: leave it out, or tls = \"starttls\" or \"ldaps\"",
          "11:15: server_name on a listener without TLS: nobody asks for one there: leave it out, or tls = \"starttls\" or \"ldaps\"",
          "15:15: server_name on a listener without TLS: nobody asks for one there: leave it out, or tls = \"starttls\" or \"ldaps\""]),
    ("from = \"san_email\"", "from = \"mail\"",
        &["29:33: \"mail\" is no value of \"from\": one of \"subject\", \"common_name\", \"san_email\", \"san_dns\""]),
    ("from = \"san_email\"", "from = \"subject\"",
        &["29:55: a template for the subject, which is a DN as it stands: leave it out, or from = \"common_name\", \"san_email\" or \"san_dns\""]),
    ("from = \"subject\"", "from = \"common_name\"",
        &["34:33: there is no template to make a DN of it: template = \"uid={},ou=people,dc=example,dc=org\""]),
    ("template = \"uid={},dc=example,dc=org\"", "template = \"uid=,dc=example,dc=org\"",
        &["30:22: \"uid=,dc=example,dc=org\" is not a DN with one {} in a value: such as uid={},ou=people,dc=example,dc=org"]),
    ("opaque = true", "opaque = true\nlogin = { template = \"uid={},dc=example\" }",
        &["38:10: an opaque route reads nothing, so it knows neither certificate_identity nor login: opaque = false, or leave the others out"]),
    ("service_account = { bind_dn = \"cn=svc,dc=example,dc=org\", password = \"${SECRET}\" }\n", "",
        &["27:13: certificate_identity needs a service account in \"people\": [directory.service_account], which the directory lets act for these accounts (RFC 4370)",
          "32:13: certificate_identity needs a service account in \"people\": [directory.service_account], which the directory lets act for these accounts (RFC 4370)"]),
];

#[test]
fn ways_in_are_read() {
    let configuration = sound(SOUND);
    let listener = &configuration.listeners[0];
    let networks = ["10.0.0.0/8", "2001:db8::7"].map(|text| Network::parse(text).unwrap());
    assert_eq!(listener.proxy_protocol, networks);
    assert_eq!(listener.choices.len(), 2);
    assert_eq!(listener.choices[0].server_names, ["two.example.org".into()]);
    assert_eq!(
        (&*listener.choices[1].route, listener.choices[1].server_names.len()),
        ("third", 0)
    );
    assert_eq!(
        listener.named_certificates[0].0,
        ["two.example.org".into(), "three.example.org".into()]
    );
    assert_eq!(listener.certificates().count(), 2);
    assert!(listener.client_certificates.as_ref().unwrap().required);
    let [first, second, third] = &configuration.routes[..] else {
        panic!()
    };
    let rule = first.sign_in.certificate_identity.as_ref().unwrap();
    assert_eq!((rule.from, rule.template.is_some()), (CertificateField::SanEmail, true));
    assert!(first.sign_in.login_names.is_some());
    assert!(second.sign_in.certificate_identity.as_ref().unwrap().template.is_none());
    assert!(third.sign_in.opaque && !second.sign_in.opaque);
}

#[test]
fn every_mistake_in_them_is_told_at_its_place_with_a_remedy() {
    let folder = folder();
    let mut wrong = String::new();
    for (right, written, expected) in MISTAKES {
        assert!(SOUND.contains(right), "{right}");
        let found = problems(&folder, &SOUND.replacen(right, written, 1));
        let placed: Vec<String> = expected
            .iter()
            .map(|problem| format!("gateway.toml:{problem}"))
            .collect();
        if found != placed {
            let _ = write!(
                wrong,
                "{right:?} as {written:?}\n  found    {found:#?}\n  expected {placed:#?}\n"
            );
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
