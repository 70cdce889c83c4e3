//! How clients come in and sign in, other than by a password at the listener's own route: load balancers that say whose connection they pass
//! on, names asked for in the handshake, certificates, login names, and routes on which nothing is enforced.

mod certificates;
mod headers;
mod opaque;
mod plain;
mod routes;

use postern_tests::certificates::Authority;
use postern_tests::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE, SERVICE};
use postern_tests::request::{self, Change, Scope};
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings, Wire, eventually};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;
use tempfile::TempDir;

/// Accounts are found by the service account; it has to know the policy that holds.
fn directory() -> String {
    format!("default_policy_dn = \"cn=default,ou=policies,{BASE}\"")
}

/// A gateway before a directory, and an authority for both sides of TLS.
struct Scene {
    // In the order in which they go: the gateway first.
    gateway: Gateway,
    slapd: Slapd,
    authority: Authority,
    folder: TempDir,
}

impl Scene {
    /// `listener` and `route` are more lines of theirs, in which `FOLDER` stands for the folder of the authority's files.
    fn start(preset: &str, listener: &str, route: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("Authority of the stories");
        authority.write(&folder.path().join("ca.pem"));
        authority.for_localhost().write(folder.path(), "server");
        let two = authority.issue(&["two.example.org", "three.example.org"], 2099);
        two.write(folder.path(), "two");
        let slapd = Slapd::start_with(&SlapdSettings {
            global: format!("authz-policy to\n{}", opaque::SASL),
            ..SlapdSettings::default()
        });
        let here = |text: &str| text.replace("FOLDER", &folder.path().display().to_string());
        let mut settings = GatewaySettings::new(preset, &[slapd.url()]);
        settings.directory = directory();
        settings.listener = format!(
            "certificate_file = \"{0}/server.pem\"\nkey_file = \"{0}/server-key.pem\"\n{1}",
            folder.path().display(),
            here(listener)
        );
        settings.lanes = here(route);
        settings.limits = String::from("tls_seconds = 1");
        settings.more = here(more);
        Self {
            gateway: Gateway::start_with(&settings),
            slapd,
            authority,
            folder,
        }
    }

    fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Lets the service account act for people, as an administrator of slapd would.
    fn let_the_service_account_act(&self) {
        let mut wire = Wire::connect(self.slapd.address());
        assert_eq!(wire.bind(1, ADMINISTRATOR, ADMINISTRATOR_PASSWORD).code, Some(0));
        let rule = format!("dn.onelevel:ou=people,{BASE}");
        let change = request::modify(2, SERVICE, &[(Change::Add, "authzTo", &[&rule])], &[]);
        assert_eq!(wire.ask(&change)[0].code, Some(0));
    }

    /// The audit lines, once there are this many.
    fn audit(&self, count: usize) -> Vec<Value> {
        eventually(&format!("{count} audit lines"), Duration::from_secs(20), || {
            Some(self.gateway.audit()).filter(|lines| lines.len() >= count)
        })
    }

    /// The audit lines with this rule, once there are this many.
    fn audit_with(&self, rule: &str, count: usize) -> Vec<Value> {
        eventually(&format!("{count} lines of {rule}"), Duration::from_secs(20), || {
            let lines = self.gateway.audit().into_iter();
            let lines: Vec<_> = lines.filter(|line| line["rule"] == rule).collect();
            (lines.len() >= count).then_some(lines)
        })
    }

    /// Over TLS by address: the tools take "localhost" for this machine's own name.
    fn tls_url(&self) -> String {
        format!("ldaps://{}", self.gateway.tls_address())
    }

    /// Debian's LDAP tools, trusting the authority, with an environment of their own.
    fn tool(&self, program: &str, url: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        Command::new(program)
            .args(["-H", url, "-o", "nettimeout=20", "-N"])
            .args(arguments)
            .env("LDAPTLS_CACERT", self.ca_file())
            .envs(environment.iter().copied())
            .output()
            .expect("the tool runs")
    }
}

/// The SASL mechanisms the root DSE lists.
fn mechanisms(wire: &mut Wire, id: u32) -> Vec<String> {
    let answers = wire.ask(&request::root_dse(id, &["supportedSASLMechanisms"]));
    let text = String::from_utf8_lossy(&answers[0].octets).into_owned();
    ["EXTERNAL", "PLAIN", "DIGEST-MD5", "SCRAM-SHA-256", "GSSAPI", "LOGIN"]
        .into_iter()
        .filter(|mechanism| text.contains(mechanism))
        .map(str::to_owned)
        .collect()
}

/// Whom the directory takes a session for.
fn who(wire: &mut Wire, id: u32) -> String {
    let answer = wire.ask(&request::who_am_i(id)).remove(0);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    String::from_utf8_lossy(answer.rest.get(2..).unwrap_or_default()).into_owned()
}

/// A search of one entry: its code.
fn read(wire: &mut Wire, id: u32, entry: &str) -> Option<u32> {
    let search = request::search(id, entry, Scope::Base, "objectClass", &["cn"], &[]);
    wire.ask(&search).last().unwrap().code
}
