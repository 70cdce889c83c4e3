//! Programs: their scopes and limits, and the issuers that speak for them.

use super::{SHORT, folder, problems, read_text};
use crate::config::{Configuration, Scope};
use postern_web::KeySource;
use std::fmt::Write as _;
use std::fs;
use tempfile::TempDir;

/// It stands behind [`SHORT`], whose last line is the 13th.
const PROGRAMS: &str = r#"[[api_token]]
name = "hr"
secret = "0123456789abcdef"
scopes = ["reset:request", "scim:read", "scim:write"]
scim_base_dn = "ou=people,dc=example,dc=org"
scim_resource_types = ["User"]
requests_per_second = 1000
[[oauth_issuer]]
name = "entra"
issuer = "https://login.example.org/tenant/v2.0"
audience = ["api://postern", "11111111-2222-3333-4444-555555555555"]
ca_file = "server.pem"
scope_claims = ["roles"]
scopes = { "Provision" = ["scim:read", "scim:write"], "Groups.All" = ["scim:groups"] }
client_ids = ["client-1"]
subjects = ["subject-1"]
scim_base_dn = "ou=people,dc=example,dc=org"
scim_resource_types = ["User", "Group"]
requests_per_second = 50
[[oauth_issuer]]
name = "okta"
issuer = "urn:example"
audience = ["postern"]
jwks_url = "https://okta.example.org/keys"
scopes = { "all" = ["reset:read", "scim:password"] }
[[oauth_issuer]]
name = "test"
issuer = "urn:example:test"
audience = ["postern"]
jwks_file = "keys.json"
scopes = { "all" = ["reset:read"] }
"#;

fn whole() -> String {
    format!("{SHORT}{PROGRAMS}")
}

fn files() -> TempDir {
    let folder = folder();
    let write = |name: &str, keys: &str| fs::write(folder.path().join(name), keys).unwrap();
    let point = "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"";
    let key = format!("{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",{point}}}");
    write("keys.json", &format!("{{\"keys\":[{key}]}}"));
    write(
        "private.json",
        &format!("{{\"keys\":[{}]}}", key.replacen('{', "{\"d\":\"AA\",", 1)),
    );
    write(
        "nameless.json",
        &format!("{{\"keys\":[{}]}}", key.replace("\"kid\":\"a\",", "")),
    );
    folder
}

fn read(folder: &TempDir, text: &str) -> Configuration {
    let outcome = read_text(folder, text);
    assert_eq!(outcome.problems, []);
    outcome.configuration.unwrap()
}

#[test]
fn programs_and_their_issuers_are_read() {
    let folder = files();
    let configuration = read(&folder, &whole());
    let token = &configuration.api_tokens[0];
    assert_eq!(token.scopes, [Scope::Request, Scope::ScimRead, Scope::ScimWrite]);
    assert_eq!(token.limits.base_dn.as_deref(), Some("ou=people,dc=example,dc=org"));
    assert!(token.limits.allow_type("User") && !token.limits.allow_type("Group"));
    assert_eq!((token.rate.each_second, token.rate.at_once), (1000, 2000));
    let [entra, okta, test] = configuration.oauth_issuers.as_slice() else {
        panic!("three")
    };
    assert!(
        entra
            .authorities
            .as_deref()
            .is_some_and(|pem| pem.contains("BEGIN CERTIFICATE"))
    );
    let entra = &entra.settings;
    assert_eq!(
        (&*entra.name, &*entra.issuer),
        ("entra", "https://login.example.org/tenant/v2.0")
    );
    assert_eq!(entra.audiences.len(), 2);
    assert!(matches!(entra.keys, KeySource::Discovery(_)));
    assert_eq!(entra.scope_claims, ["roles"]);
    let scopes: Vec<_> = entra
        .scopes
        .iter()
        .map(|(word, scopes)| (&**word, scopes.len(), &*scopes[0]))
        .collect();
    assert_eq!(
        scopes,
        [("Groups.All", 1, "scim:groups"), ("Provision", 2, "scim:read")]
    );
    assert_eq!(
        (&*entra.client_ids, &*entra.subjects),
        (&["client-1".to_owned()][..], &["subject-1".to_owned()][..])
    );
    assert_eq!(entra.limits.resource_types.len(), 2);
    assert_eq!(entra.rate.each_second, 50);
    assert!(matches!(okta.settings.keys, KeySource::Address(_)) && okta.authorities.is_none());
    assert_eq!(okta.settings.scope_claims, ["scp", "scope", "roles"]);
    assert!(okta.settings.client_ids.is_empty() && okta.settings.subjects.is_empty());
    assert_eq!((okta.settings.rate.each_second, okta.settings.rate.at_once), (200, 400));
    assert!(okta.settings.limits.allow_type("Group") && okta.settings.limits.base_dn.is_none());
    assert!(matches!(&test.settings.keys, KeySource::File(path) if path.ends_with("keys.json")));
}

#[test]
fn keys_come_over_http_from_this_machine_alone_and_where_it_says_so() {
    let folder = files();
    let here = whole().replace("https://okta.example.org/keys", "http://127.0.0.1:9/keys");
    assert_eq!(problems(&folder, &here).len(), 1);
    let allowed = here.replace("jwks_url =", "allow_plaintext_loopback = true\njwks_url =");
    assert_eq!(problems(&folder, &allowed), Vec::<String>::new());
    let there = allowed.replace("127.0.0.1:9", "okta.example.org");
    assert_eq!(problems(&folder, &there).len(), 1);
}

/// What stands in [`whole`], what somebody wrote instead, and what they are told.
#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &[&str])] = &[
    ("0123456789abcdef", "demo-scim-token",
        &["16:10: secret is one that the documentation prints, so everybody knows it: a secret of your own"]),
    ("0123456789abcdef", "0123456=789abcdef",
        &["16:10: secret cannot be a token: 16 to 512 letters, digits, -, ., _, ~, + and /, with = at the end alone: openssl rand -hex 32 makes one"]),
    ("\"scim:write\"]\nscim_base_dn", "\"scim:writes\"]\nscim_base_dn",
        &["17:41: \"scim:writes\" is no value of an item of \"scopes\": did you mean \"scim:write\"?"]),
    ("[\"reset:request\", \"scim:read\", \"scim:write\"]", "[\"reset:request\"]",
        &["18:16: scim_base_dn limits nothing: no scope here is one of SCIM: \"scim:read\" or another of SCIM in scopes, or no scim_base_dn",
          "19:23: scim_resource_types limits nothing: no scope here is one of SCIM: \"scim:read\" or another of SCIM in scopes, or no scim_resource_types"]),
    ("\"ou=people,dc=example,dc=org\"\nscim_resource_types = [\"User\"]", "\"people\"\nscim_resource_types = [\"User\"]",
        &["18:16: scim_base_dn is not a distinguished name: a name such as dc=example,dc=org"]),
    ("[\"User\"]", "[]",
        &["19:23: \"scim_resource_types\" is empty: at least one"]),
    ("[\"User\"]", "[\"Users\"]",
        &["19:24: \"Users\" is no value of an item of \"scim_resource_types\": did you mean \"User\"?"]),
    ("requests_per_second = 1000", "requests_per_second = 0",
        &["20:23: \"requests_per_second\" is 0: a whole number from 1 to 100000"]),
    ("name = \"okta\"", "name = \"entra\"",
        &["34:8: a second oauth_issuer is named \"entra\": another name: the first stands on line 22"]),
    ("name = \"okta\"", "name = \"okta:2\"",
        &["34:8: \"okta:2\" cannot be the name of a oauth_issuer: at most 64 letters, digits, -, _ and ."]),
    ("\"https://login.example.org/tenant/v2.0\"", "\"\"",
        &["23:10: \"\" in issuer is in no token: letter by letter what the issuer writes, without spaces"]),
    ("\"https://login.example.org/tenant/v2.0\"", "\"http://login.example.org/tenant/v2.0\"",
        &["23:10: issuer is not an https address, so it does not say where its keys are: jwks_url or jwks_file beside it"]),
    ("audience = [\"api://postern\", ", "audience = [\"api://postern \", ",
        &["24:13: \"api://postern \" in audience is in no token: letter by letter what the issuer writes, without spaces"]),
    ("audience = [\"api://postern\", \"11111111-2222-3333-4444-555555555555\"]", "audience = []",
        &["24:12: \"audience\" is empty: at least one"]),
    ("ca_file = \"server.pem\"", "ca_file = \"broken.pem\"",
        &["25:11: ca_file cannot be used: a file in PEM form with what the key's name says"]),
    ("scope_claims = [\"roles\"]", "scope_claims = [\"\"]",
        &["26:17: \"\" in scope_claims is in no token: letter by letter what the issuer writes, without spaces"]),
    ("{ \"Provision\" = [\"scim:read\", \"scim:write\"], \"Groups.All\" = [\"scim:groups\"] }", "{ \"Provision\" = [\"scim:raed\"] }",
        &["27:10: scopes gives nothing: no token of this issuer could do anything: such as { \"Provision\" = [\"scim:read\", \"scim:write\"] }",
          "27:27: \"scim:raed\" is no value of an item of \"Provision\": did you mean \"scim:read\"?"]),
    ("scopes = { \"all\" = [\"reset:read\", \"scim:password\"] }", "scopes = {}",
        &["38:10: scopes gives nothing: no token of this issuer could do anything: such as { \"Provision\" = [\"scim:read\", \"scim:write\"] }"]),
    ("scopes = { \"all\" = [\"reset:read\"] }", "scopes = { \"all\" = [\"reset:read\"] }\nscim_resource_types = [\"User\"]",
        &["45:23: scim_resource_types limits nothing: no scope here is one of SCIM: \"scim:read\" or another of SCIM in scopes, or no scim_resource_types"]),
    ("https://okta.example.org/keys", "http://okta.example.org/keys",
        &["37:12: jwks_url is not an https address: such as https://login.example.org/keys; http on this machine alone, with allow_plaintext_loopback = true"]),
    ("jwks_url = \"https://okta.example.org/keys\"", "jwks_url = \"https://okta.example.org/keys\"\njwks_file = \"keys.json\"",
        &["38:13: jwks_url and jwks_file are both given: one of them"]),
    ("jwks_url = \"https://okta.example.org/keys\"", "",
        &["35:10: issuer is not an https address, so it does not say where its keys are: jwks_url or jwks_file beside it"]),
    ("keys.json", "nowhere.json",
        &["43:13: jwks_file \"nowhere.json\" cannot be read (it is not there): a file that this program may read"]),
    ("keys.json", "server.pem",
        &["43:13: jwks_file \"server.pem\" is no JSON Web Key Set: the issuer's public keys: {\"keys\": [...]}"]),
    ("keys.json", "private.json",
        &["43:13: jwks_file \"private.json\" has a secret or private key, which must be nobody's but the issuer's: the issuer's public keys: {\"keys\": [...]}"]),
    ("keys.json", "nameless.json",
        &["43:13: jwks_file \"nameless.json\" has no key with a kid that verifies RS256, PS256, ES256 or EdDSA: the issuer's public keys: {\"keys\": [...]}"]),
    ("jwks_file = \"keys.json\"", "jwks_files = \"keys.json\"",
        &["43:1: unknown key \"jwks_files\": did you mean \"jwks_file\"?"]),
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
