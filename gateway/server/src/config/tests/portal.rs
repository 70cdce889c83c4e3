//! Pages, mail, providers, tokens, keys, brands, and who may help themselves.

use super::{SHORT, folder, problems, read_text, sound};
use crate::config::{ApiToken, Certificate, Scope};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Everything that is said of pages, for tests to spoil. It stands behind [`SHORT`], whose last line is the 13th.
const PORTAL: &str = r##"brand = "example"
[http]
address = "127.0.0.1:8443"
certificate_file = "server.pem"
key_file = "server-key.pem"
trusted_proxies = ["10.0.0.0/8"]
requests_at_once = 20
requests_per_second = 5
[[http.certificate]]
server_name = "id.example.org"
certificate_file = "server.pem"
key_file = "server-key.pem"
[mail]
url = "smtps://mail.example.org:465"
from = "Accounts <accounts@example.org>"
username = "postern"
password = "${SECRET}"
ca_file = "server.pem"
administrators = ["root@example.org"]
per_hour = 50
[[provider]]
name = "sso"
kind = "keycloak"
title = "Example sign-in"
host = "SSO.example.org"
realm = "people"
domains = ["partner.example"]
offered = true
[[provider]]
name = "other"
kind = "generic"
reset = "https://sso.example.com/forgot?login={login}"
[[api_token]]
name = "desk"
secret = "0123456789abcdef"
next_secret = "fedcba9876543210"
scopes = ["reset:request", "reset:vouched"]
[secrets]
key = "0123456789abcdef0123456789abcdef"
previous_key_file = "long-password"
[brand.example]
name = "Example Ltd"
logo_file = "logo.svg"
accent = "#1a5fb4"
help_desk = { text = "Ask us.", phone = "+1 555 0100", url = "https://help.example.org" }
legal = [{ title = "Imprint", url = "https://example.org/imprint" }]
languages = ["de", "en"]
sign_in = "https://example.org/"
mail_from = "Example <accounts@example.org>"
"##;

/// Who may help themselves.
const APPLICANTS: &str = r#"link = "employeeNumber"
mail = ["mail", "otherMailbox"]
self_asserted = ["otherMailbox"]
[[directory.self_service]]
base = "ou=people,dc=example,dc=org"
names = ["uid", "mail"]
disabled_by = ["blocked"]
enabled_by = ["active"]
locked_by = ["locked"]
absent_enabled = true
[[directory.self_service]]
names = ["cn"]
"#;

fn whole() -> String {
    format!("{SHORT}{PORTAL}").replace("[[route]]", &format!("{APPLICANTS}[[route]]"))
}

fn files() -> tempfile::TempDir {
    let folder = folder();
    let write = |name: &str, contents: &str| {
        let path = folder.path().join(name);
        fs::write(&path, contents).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    write("long-password", "the key before this one, which is long\n");
    write("logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    folder
}

#[test]
fn everything_that_is_said_of_pages_is_read() {
    let folder = files();
    let outcome = read_text(&folder, &whole());
    assert_eq!(outcome.problems, []);
    let configuration = outcome.configuration.unwrap();
    let http = configuration.http.unwrap();
    assert_eq!(http.address, "127.0.0.1:8443".parse().unwrap());
    assert_eq!((http.certificates().count(), http.trusted_proxies.len()), (2, 1));
    let mail = configuration.mail.unwrap();
    let (user, password) = mail.sign_in.unwrap();
    assert_eq!(
        (user.as_str(), password.expose()),
        ("postern", b"a secret of somebody's own".as_slice())
    );
    assert_eq!((http.rate.at_once, http.rate.each_second, mail.per_hour), (20, 5, 50));
    assert_eq!(&*mail.administrators, ["root@example.org".into()]);
    let [sso, other] = configuration.providers.as_slice() else {
        panic!("two")
    };
    assert_eq!((&*sso.kind, sso.offered), ("keycloak", true));
    assert_eq!((&*other.name, other.hint), ("other", false));
    let token: &ApiToken = &configuration.api_tokens[0];
    assert_eq!(token.values.len(), 2);
    assert_eq!(token.scopes, [Scope::Request, Scope::Vouched]);
    assert!(configuration.secrets.key.is_some());
    let previous = configuration.secrets.previous.unwrap();
    assert_eq!(previous.expose(), b"the key before this one, which is long");
    assert!(configuration.brands.contains_key("example"));
    let route = &configuration.routes[0];
    assert_eq!(route.brand.as_deref(), Some("example"));
    assert_eq!(route.portal.as_ref().unwrap().authority(), "reset.example.org");
    let people = &configuration.applicants[0];
    assert_eq!(people.bases.len(), 2);
    assert!(people.bases[0].absent_is_enabled && !people.bases[1].absent_is_enabled);
    assert_eq!(people.bases[1].base_dn, None);
    assert_eq!(people.link.as_deref(), Some("employeeNumber"));
    assert_eq!(
        (people.mail.as_ref().unwrap().len(), &*people.self_asserted),
        (2, &["otherMailbox".to_owned()][..])
    );
}

#[test]
fn nothing_is_served_and_no_mail_goes_out_unless_it_says_so() {
    let configuration = sound(SHORT);
    assert!(configuration.http.is_none() && configuration.mail.is_none() && configuration.secrets.key.is_none());
    assert!(configuration.applicants[0].bases.is_empty());
    let bare = sound(&format!(
        "{SHORT}portal_url = \"https://example.org/a/page\"\n[http]\naddress = \"127.0.0.1:8443\"\n\
         [mail]\nurl = \"${{EMPTY}}\"\nfrom = \"a@example.org\"\n\
         [[api_token]]\nname = \"made\"\nsecret = \"${{EMPTY}}\"\nscopes = [\"reset:read\"]\n"
    ));
    let http = bare.http.unwrap();
    assert_eq!(
        (http.certificate, http.rate),
        (Certificate::Generated, postern_web::Rate::default())
    );
    assert!(bare.mail.is_none(), "an empty address is none");
    assert!(bare.api_tokens[0].values.is_empty(), "one is made");
    assert!(bare.routes[0].portal.is_none(), "a page elsewhere");
}

/// What stands in [`whole`], what somebody wrote instead, and what they are told.
#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &[&str])] = &[
    ("address = \"127.0.0.1:8443\"", "address = \"localhost:8443\"",
        &["28:11: address \"localhost:8443\" is not an IP address with a port: such as 127.0.0.1:3389 or [::]:636"]),
    ("address = \"127.0.0.1:8443\"", "address = \"127.0.0.1:3389\"",
        &["28:11: 127.0.0.1:3389 is taken by listener ldap: an address or a port of its own"]),
    ("[\"10.0.0.0/8\"]", "[\"10.0.0.1/8\"]",
        &["31:20: \"10.0.0.1/8\" in trusted_proxies is not a network: such as 10.0.0.0/8, 2001:db8::/32 or an address; no bits set behind those that count"]),
    ("smtps://mail.example.org:465", "smtps://user:word@mail.example.org",
        &["39:7: this is not the URL of a mail server: smtps://host:465, or smtp://host:587 for STARTTLS; a password stands in password_file"]),
    ("smtps://mail.example.org:465", "mail.example.org",
        &["39:7: this is not the URL of a mail server: smtps://host:465, or smtp://host:587 for STARTTLS; a password stands in password_file"]),
    ("Accounts <accounts@example.org>", "Accounts",
        &["40:8: from is no mail address: somebody@example.org, or Accounts <somebody@example.org>"]),
    ("username = \"postern\"\n", "",
        &["41:12: a password without username: username beside it"]),
    ("root@example.org", "root@example.org, other@example.org",
        &["44:19: an administrator's mail address is none: somebody@example.org"]),
    ("kind = \"keycloak\"", "kind = \"keycloack\"",
        &["48:8: \"keycloack\" is no value of \"kind\": did you mean \"keycloak\"?"]),
    ("realm = \"people\"\n", "",
        &["46:1: this provider has no realm: this kind of provider needs it"]),
    ("kind = \"keycloak\"", "kind = \"okta\"",
        &["51:9: realm does not fit: this kind of provider has no use for it: leave it out"]),
    ("SSO.example.org", "https://sso.example.org",
        &["50:8: host does not fit: it is a host and nothing else, such as login.example.org, with a port where that is not 443"]),
    ("partner.example", "@partner.example",
        &["52:11: domains does not fit: it is a domain of mail addresses, such as example.org"]),
    ("https://sso.example.com/forgot?login={login}", "http://sso.example.com/forgot",
        &["57:9: reset does not fit: it is the whole address of a page, https://host/path, and where it has {login}, {user} or {domain}, these are whole values of its query: ?name={login}"]),
    ("https://sso.example.com/forgot?login={login}", "https://{login}.example.com/",
        &["57:9: reset does not fit: it is the whole address of a page, https://host/path, and where it has {login}, {user} or {domain}, these are whole values of its query: ?name={login}"]),
    ("name = \"other\"", "name = \"sso\"",
        &["55:8: a second provider is named \"sso\": another name: the first stands on line 47"]),
    ("0123456789abcdef\"\nnext", "short\"\nnext",
        &["60:10: secret cannot be a token: 16 to 512 letters, digits, -, ., _, ~, + and /, with = at the end alone: openssl rand -hex 32 makes one"]),
    ("0123456789abcdef\"\nnext", "0123=456789abcdef\"\nnext",
        &["60:10: secret cannot be a token: 16 to 512 letters, digits, -, ., _, ~, + and /, with = at the end alone: openssl rand -hex 32 makes one"]),
    ("0123456789abcdef\"\nnext", "demo-api-token\"\nnext",
        &["60:10: secret is one that the documentation prints, so everybody knows it: a secret of your own"]),
    ("\"reset:vouched\"", "\"reset:vouch\"",
        &["62:28: \"reset:vouch\" is no value of an item of \"scopes\": did you mean \"reset:vouched\"?"]),
    ("0123456789abcdef0123456789abcdef", "0123456789abcdef",
        &["64:7: key is too short: at least 32 characters: openssl rand -hex 32 makes such a key"]),
    ("\"long-password\"", "\"open-password\"",
        &["65:21: previous_key_file \"open-password\" can be read by everybody: chmod 600"]),
    ("brand = \"example\"", "brand = \"exmaple\"",
        &["26:9: there is no brand \"exmaple\": did you mean \"example\"?"]),
    ("\"logo.svg\"", "\"nowhere.svg\"",
        &["68:13: logo_file \"nowhere.svg\" cannot be read (it is not there): a file that this program may read"]),
    ("#1a5fb4", "blue",
        &["69:10: accent is not a colour: such as #1a5fb4"]),
    ("https://help.example.org", "http://help.example.org",
        &["70:62: url is not protected by TLS: https://"]),
    ("https://example.org/imprint", "javascript:alert(1)",
        &["71:37: url is not a URL: such as https://reset.example.org"]),
    ("Example <accounts@example.org>", "Example",
        &["74:13: mail_from is no mail address: somebody@example.org, or Accounts <somebody@example.org>"]),
    ("link = \"employeeNumber\"", "link = \"employee number\"",
        &["11:8: \"employee number\" in link is not an attribute: its name alone, such as uid"]),
    ("base = \"ou=people,dc=example,dc=org\"", "base = \"people\"",
        &["15:8: base is not a distinguished name: a name such as dc=example,dc=org"]),
    ("names = [\"uid\", \"mail\"]", "names = [\"uid\", \"\"]",
        &["16:17: \"\" in names is not an attribute: its name alone, such as uid"]),
    ("names = [\"uid\", \"mail\"]", "names = [\"uid|mail\"]",
        &["16:10: \"uid|mail\" in names is not an attribute: its name alone, such as uid"]),
    ("names = [\"uid\", \"mail\"]", "names = []",
        &["16:9: \"names\" is empty: at least one"]),
    ("locked_by = [\"locked\"]", "locked_by = [\"Blocked\"]",
        &["19:13: \"blocked\" is in disabled_by and in locked_by: locked_by for what failures left, which may be mended here; disabled_by for the rest"]),
];

#[test]
fn every_mistake_is_told_at_its_place_with_a_remedy() {
    let folder = files();
    let mut wrong = String::new();
    for (right, written, expected) in MISTAKES {
        assert!(whole().contains(right), "{right}");
        let found = problems(&folder, &whole().replacen(right, written, 1));
        let expected: Vec<String> = expected.iter().map(|told| format!("gateway.toml:{told}")).collect();
        if found != expected {
            let _ = writeln!(
                wrong,
                "{right:?} as {written:?}\n  found    {found:#?}\n  expected {expected:#?}"
            );
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_brand_that_nobody_has_made_is_told_how_to_make() {
    let folder = folder();
    let found = problems(&folder, &format!("{SHORT}brand = \"example\"\n"));
    assert_eq!(
        found,
        ["gateway.toml:14:9: there is no brand \"example\": a table [brand.example]"]
    );
}

#[test]
fn where_people_of_two_directories_help_themselves_their_accounts_are_linked() {
    let folder = folder();
    let with = |first: &str, second: &str| {
        let more = format!(
            "{first}[[directory]]\nname = \"other\"\ndialect = \"openldap\"\nurls = [\"ldap://127.0.0.1\"]\n{second}[[route]]"
        );
        problems(&folder, &SHORT.replace("[[route]]", &more))
    };
    let on = "self_service_reset = true\n";
    let linked = "self_service_reset = true\nlink = \"employeeNumber\"\n";
    assert_eq!(with(on, ""), Vec::<String>::new());
    assert_eq!(with(linked, linked), Vec::<String>::new());
    let said = |line: usize, name: &str| {
        format!(
            "gateway.toml:{line}:1: people of \"{name}\" help themselves, and nothing links their accounts here to those in other \
             directories: link = \"employeeNumber\", or another attribute with the same value in all accounts of a person"
        )
    };
    assert_eq!(with(on, on), [said(7, "people"), said(12, "other")]);
    assert_eq!(with(linked, on), [said(13, "other")]);
}
