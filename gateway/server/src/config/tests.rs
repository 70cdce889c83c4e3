use super::*;
use postern_directory::{Balance, Role};
use proptest::prelude::*;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

mod embedded;
mod mistakes;
mod names;
mod oauth_issuer;
mod portal;
mod shown_as;
mod way_in;

/// A configuration that says everything, for tests to spoil.
const SOUND: &str = r#"[server]
state_dir = "state"
policies = "rules"
public_url = "https://reset.example.org/"
workers = 2
[telemetry]
log_format = "human"
log_filter = "info,postern_proxy=debug"
metrics_address = "127.0.0.1:9464"
[[listener]]
name = "ldap"
address = "127.0.0.1:3389"
tls = "starttls"
route = "applications"
[[listener]]
name = "ldaps"
address = "[::1]:3636"
tls = "ldaps"
route = "applications"
certificate_file = "server.pem"
key_file = "server-key.pem"
[[directory]]
name = "people"
dialect = "openldap"
urls = ["ldaps://one.example.org", "ldap://127.0.0.1:3890"]
ca_file = "server.pem"
server_name = "directory.example.org"
base_dn = "dc=example,dc=org"
default_policy_dn = "cn=default,ou=policies,dc=example,dc=org"
allow_plaintext = false
connect_timeout_ms = 1000
answer_timeout_ms = 2000
[directory.service_account]
bind_dn = "cn=svc,dc=example,dc=org"
password = "${SECRET}"
[[route]]
name = "applications"
directory = "people"
portal_url = "https://reset.example.org/applications"
lanes = { mode = "dedicated", max = 10, idle = 5, idle_seconds = 7, wait_ms = 20 }
[limits]
connections = 100
drain_seconds = 1
"#;

/// The least that works.
const SHORT: &str = r#"[server]
public_url = "https://reset.example.org"
[[listener]]
name = "ldap"
address = "127.0.0.1:3389"
route = "applications"
[[directory]]
name = "people"
dialect = "openldap"
urls = ["ldap://127.0.0.1:3890"]
[[route]]
name = "applications"
directory = "people"
"#;

fn environment(name: &str) -> Option<String> {
    match name {
        "SECRET" => Some("a secret of somebody's own".to_owned()),
        "PRINTED" => Some("demo-svc-Passw0rd".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

/// A folder with the files a configuration may name.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let write = |name: &str, contents: &str, mode: u32| {
        let path = folder.path().join(name);
        fs::write(&path, contents).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    write("server.pem", &made.cert.pem(), 0o644);
    write("server-key.pem", &made.signing_key.serialize_pem(), 0o600);
    let other = rcgen::KeyPair::generate().unwrap();
    write("other-key.pem", &other.serialize_pem(), 0o600);
    write("open-key.pem", &made.signing_key.serialize_pem(), 0o644);
    write(
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n",
        0o600,
    );
    write("password", "from a file\n", 0o600);
    write("open-password", "from a file\n", 0o644);
    write("empty-password", "\n", 0o600);
    write("printed-password", "demo-admin-Passw0rd\r\n", 0o600);
    folder
}

fn read_text(folder: &TempDir, text: &str) -> Outcome {
    read_octets(&folder.path().join("gateway.toml"), text.as_bytes(), &environment)
}

/// The problems without the folder's name, one a line.
fn problems(folder: &TempDir, text: &str) -> Vec<String> {
    let prefix = format!("{}/", folder.path().display());
    let outcome = read_text(folder, text);
    assert_eq!(outcome.configuration.is_some(), outcome.problems.is_empty());
    outcome
        .problems
        .iter()
        .map(|problem| problem.to_string().replace(&prefix, ""))
        .collect()
}

fn sound(text: &str) -> Configuration {
    let folder = folder();
    let outcome = read_text(&folder, text);
    assert_eq!(outcome.problems, []);
    outcome.configuration.unwrap()
}

#[test]
fn a_configuration_that_says_everything_is_read() {
    let configuration = sound(SOUND);
    assert!(configuration.server.state_dir.ends_with("state"));
    assert_eq!(configuration.server.public_url, "https://reset.example.org");
    assert_eq!(configuration.telemetry.log_format, LogFormat::Human);
    assert_eq!(configuration.listeners.len(), 2);
    assert_eq!(
        configuration.listeners[0].tls,
        ListenerTls::StartTls(Certificate::Generated)
    );
    assert!(matches!(
        configuration.listeners[1].tls,
        ListenerTls::Ldaps(Certificate::Files { .. })
    ));
    let directory = &configuration.directories[0];
    assert_eq!(directory.servers.len(), 2);
    assert_eq!(directory.connect_timeout.as_millis(), 1000);
    assert_eq!(directory.tls.server_name.as_deref(), Some("directory.example.org"));
    let account = directory.service_account.as_ref().unwrap();
    assert_eq!(account.password.expose(), b"a secret of somebody's own");
    let route = &configuration.routes[0];
    assert_eq!(&*route.portal_url, "https://reset.example.org/applications");
    assert_eq!((route.lanes.mode, route.lanes.most), (LaneMode::Dedicated, 10));
    assert_eq!(configuration.limits.connections, 100);
}

#[test]
fn servers_say_what_each_is_for() {
    let configuration = sound(&SHORT.replace(
        "urls = [\"ldap://127.0.0.1:3890\"]",
        "balance = \"spread\"\nread_your_writes_seconds = 3\ndrain_seconds = 4\ncheck_interval_ms = 500\n\
         servers = [{ url = \"ldaps://a\", role = \"writer\" }, { url = \"ldaps://b\", role = \"reader\", weight = 3, drain = true }]",
    ));
    let directory = &configuration.directories[0];
    assert_eq!(directory.balance, Balance::Spread);
    assert_eq!(directory.read_your_writes.as_secs(), 3);
    assert_eq!(directory.drain_after.as_secs(), 4);
    assert_eq!(directory.check_interval.as_millis(), 500);
    let told: Vec<_> = directory
        .servers
        .iter()
        .map(|server| (server.url.host(), server.role, server.weight, server.drain))
        .collect();
    assert_eq!(told, [("a", Role::Writer, 1, false), ("b", Role::Reader, 3, true)]);
}

#[test]
fn what_may_be_left_out_may_be_left_out() {
    let configuration = sound(SHORT);
    assert!(configuration.server.policies.ends_with("policies"));
    assert_eq!(
        configuration.telemetry.metrics_address,
        Some("127.0.0.1:9464".parse().unwrap())
    );
    assert_eq!(&*configuration.routes[0].portal_url, "https://reset.example.org/");
    assert_eq!(configuration.limits, Limits::default());
    assert!(configuration.directories[0].service_account.is_none());
}

#[test]
fn empty_texts_count_as_left_out_where_a_key_may_be() {
    let text = SHORT.replace(
        "dialect =",
        "ca_file = \"${EMPTY}\"\nserver_name = \"\"\nbase_dn = \"\"\ndialect =",
    );
    assert!(sound(&text).directories[0].tls.ca_file.is_none());
    let text = SHORT.replace("[[listener]]", "[telemetry]\nmetrics_address = \"\"\n[[listener]]");
    assert_eq!(sound(&text).telemetry.metrics_address, None);
}

#[test]
fn a_password_from_a_file_loses_its_line_end() {
    let text = SOUND.replace("password = \"${SECRET}\"", "password_file = \"password\"");
    let account = sound(&text).directories.remove(0).service_account.unwrap();
    assert_eq!(account.password.expose(), b"from a file");
}

#[test]
fn the_schema_tells_the_defaults_that_hold() {
    let schema = schema::schema();
    let defaults = |table: &str| -> String {
        let keys = schema["$defs"][table]["properties"].as_object().unwrap();
        // An embedded directory's own keys are told in `embedded`.
        let own = |value: &serde_json::Value| {
            let description = value["description"].as_str().unwrap_or_default();
            description.starts_with("Embedded:")
        };
        let lines = keys
            .iter()
            .filter(|(_, value)| !own(value))
            .filter_map(|(key, value)| Some(format!("{key} = {}\n", value.get("default")?)));
        lines.collect()
    };
    let spelled = format!(
        "{}[limits]\n{}[telemetry]\n{}",
        SHORT
            .replace("[server]\n", &format!("[server]\n{}", defaults("ServerTable")))
            .replace(
                "[[listener]]\n",
                &format!("[[listener]]\n{}", defaults("ListenerTable"))
            )
            .replace(
                "[[directory]]\n",
                &format!("[[directory]]\n{}", defaults("DirectoryTable"))
            )
            + "[route.lanes]\n"
            + &defaults("LanesTable"),
        defaults("LimitsTable"),
        defaults("TelemetryTable"),
    );
    assert!(spelled.lines().count() > 35, "{spelled}");
    let shown = |text: &str| {
        let folder = folder();
        let configuration = read_text(&folder, text).configuration.unwrap();
        let directory = &configuration.directories[0];
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            configuration.server,
            configuration.telemetry,
            configuration.listeners,
            configuration.routes,
            configuration.limits,
            (
                directory.start_tls,
                directory.allow_plaintext,
                directory.connect_timeout,
                directory.answer_timeout
            ),
        )
        .replace(&folder.path().display().to_string(), "")
    };
    assert_eq!(shown(&spelled), shown(SHORT));
}

#[test]
fn every_problem_is_told_at_once_and_policies_can_still_be_checked() {
    let folder = folder();
    let text = SHORT
        .replace("3389", "33890")
        .replace("openldap", "opnldap")
        .replace("ldap://", "http://")
        + "[limit]\n";
    let outcome = read_text(&folder, &text);
    assert_eq!(outcome.problems.len(), 3, "{:?}", outcome.problems);
    let text = SHORT
        .replace(":3389\"", "\"")
        .replace("openldap", "opnldap")
        .replace("ldap://", "http://")
        + "[limit]\n";
    let outcome = read_text(&folder, &text);
    assert_eq!(outcome.problems.len(), 4, "{:?}", outcome.problems);
    let (policies, routes) = outcome.policies.unwrap();
    assert!(policies.ends_with("policies"));
    assert_eq!(&*routes[0].name, "applications");
}

#[test]
fn a_file_that_changed_has_another_fingerprint() {
    let folder = folder();
    let path = folder.path().join("gateway.toml");
    assert_eq!(Fingerprint::of(&path), None);
    fs::write(&path, SHORT).unwrap();
    let first = read(&path, &environment).configuration.unwrap().fingerprint;
    assert_eq!(Fingerprint::of(&path), Some(first));
    fs::write(&path, SOUND).unwrap();
    assert_ne!(Fingerprint::of(&path), Some(first));
}

#[test]
fn routes_with_mistakes_are_still_known_to_policies() {
    let folder = folder();
    let known = |text: &str| read_text(&folder, text).policies.map(|(_, routes)| routes.len());
    let second = "[[route]]\nname = \"second\"\ndirectory = 7\n";
    assert_eq!(known(&(SHORT.to_owned() + second)), Some(2));
    assert_eq!(known(&(SHORT.to_owned() + "[[route]]\ndirectory = \"people\"\n")), None);
}

proptest! {
    /// Whatever is cut out, doubled or put in: every problem has a place inside the file, and none is told without a remedy.
    #[test]
    fn no_text_makes_the_reading_panic(from in 0_usize..1400, length in 0_usize..60, put in "[\\PC\n]{0,12}") {
        let folder = tempfile::tempdir().unwrap();
        let text: String = SOUND.chars().take(from).chain(put.chars()).chain(SOUND.chars().skip(from + length)).collect();
        let lines = text.matches('\n').count() + 1;
        for problem in read_text(&folder, &text).problems {
            prop_assert!(problem.line <= lines && problem.line > 0 && problem.column > 0, "{problem}");
            prop_assert!(!problem.what.is_empty() && !problem.remedy.is_empty(), "{problem}");
            prop_assert!(!problem.to_string().contains('\n'), "{problem}");
        }
    }
}
