//! The LDAP clients that people really use, each against slapd itself (which shows that the client's script is right) and through the
//! gateway. The scripts and what their words mean: `conformance/clients/README.md`.

mod ldap3_rust;

use postern_tests::certificates::Authority;
use postern_tests::gateway::PORTAL;
use postern_tests::people::{ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE, PASSWORD, administrator, dn, ldif};
use postern_tests::process::Process;
use postern_tests::{Gateway, GatewaySettings, Slapd, SlapdSettings};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::time::Duration;
use tempfile::TempDir;

/// How long a whole script may take.
const DEADLINE: Duration = Duration::from_mins(2);
/// Ordinary people besides those of the harness: more than one page.
const USERS: usize = 300;

/// One story for each kind of server, all with the same script.
macro_rules! stories {
    ($client:ident, $run:expr) => {
        mod $client {
            use super::*;

            #[test]
            fn works_with_slapd_itself() {
                $run(&Scene::slapd());
            }

            #[test]
            fn works_through_the_preset_transparent_as_with_slapd_itself() {
                $run(&Scene::preset("transparent"));
            }

            #[test]
            fn works_with_a_directory_of_the_gateways_own_as_with_slapd_itself() {
                $run(&Scene::embedded("transparent"));
            }

            #[test]
            fn works_with_a_directory_of_the_gateways_own_through_the_preset_generic() {
                $run(&Scene::embedded("generic"));
            }

            #[test]
            fn works_with_a_directory_of_the_gateways_own_through_the_preset_sssd() {
                $run(&Scene::embedded("sssd"));
            }

            #[test]
            fn works_through_the_preset_generic_and_is_told_the_portal() {
                $run(&Scene::preset("generic"));
            }

            #[test]
            fn works_through_the_preset_sssd_and_can_change_what_must_be_changed() {
                $run(&Scene::preset("sssd"));
            }
        }
    };
}

stories!(openldap_tools, |scene: &Scene| scene
    .run(&script("openldap-tools"), &[]));
stories!(python_ldap, |scene: &Scene| scene
    .run(&python(), &[script("python-ldap.py")]));
stories!(ldap3_python, |scene: &Scene| scene
    .run(&python(), &[script("ldap3-python.py")]));
stories!(ldapts, |scene: &Scene| scene
    .run(Path::new("node"), &[script("ldapts.mjs")]));
stories!(ldap3_rust_crate, ldap3_rust::run);

#[test]
fn every_script_notices_a_server_that_answers_otherwise() {
    let scene = Scene {
        answers: "generic",
        ..Scene::slapd()
    };
    for (program, arguments) in [
        (script("openldap-tools"), vec![]),
        (python(), vec![script("python-ldap.py")]),
        (python(), vec![script("ldap3-python.py")]),
        ("node".into(), vec![script("ldapts.mjs")]),
    ] {
        let (name, content, said) = scene.outcome(&program, &arguments);
        assert!(!content, "{name} is content with anything:\n{said}");
        let deviation = said.lines().find(|line| !line.starts_with("ok ")).unwrap_or_default();
        let known = deviation.contains("must_change") || deviation.contains("no SASL mechanism");
        assert!(known, "{name} found another deviation than the one there is:\n{said}");
    }
}

/// A server for one client alone, so that it may use up what it finds.
struct Scene {
    /// None where the gateway has a directory of its own.
    slapd: Option<Slapd>,
    gateway: Option<Gateway>,
    /// Whose answers to expect: the script's word.
    answers: &'static str,
    folder: TempDir,
}

impl Scene {
    fn slapd() -> Self {
        let settings = SlapdSettings {
            users: USERS,
            ..SlapdSettings::default()
        };
        let folder = folder();
        Self {
            slapd: Some(Slapd::start_with(&settings)),
            gateway: None,
            answers: "directory",
            folder,
        }
    }

    fn preset(preset: &str) -> Self {
        let mut scene = Self::slapd();
        scene.gateway = scene.slapd.as_ref().map(|slapd| Gateway::start(preset, slapd));
        scene.answers = answers(preset);
        scene
    }

    fn embedded(preset: &str) -> Self {
        Self {
            slapd: None,
            gateway: Some(Gateway::start_with(&GatewaySettings {
                ldif: Some(ldif(USERS, &administrator())),
                ..GatewaySettings::embedded(preset)
            })),
            answers: answers(preset),
            folder: folder(),
        }
    }

    fn address(&self) -> SocketAddr {
        let gateway = self.gateway.as_ref().map(Gateway::address);
        gateway
            .or_else(|| self.slapd.as_ref().map(Slapd::address))
            .expect("a server")
    }

    fn tls_address(&self) -> SocketAddr {
        let gateway = self.gateway.as_ref().map(Gateway::tls_address);
        gateway
            .or_else(|| self.slapd.as_ref().map(Slapd::tls_address))
            .expect("a server")
    }

    fn ca_file(&self) -> PathBuf {
        let gateway = self.gateway.as_ref().map(Gateway::ca_file);
        gateway
            .or_else(|| self.slapd.as_ref().map(Slapd::ca_file))
            .expect("a server")
    }

    /// Another authority, that signed nothing here.
    fn other_ca_file(&self) -> PathBuf {
        self.folder.path().join("other-ca.pem")
    }

    /// How many entries are people.
    fn people() -> usize {
        ldif(USERS, "").matches("objectClass: inetOrgPerson").count()
    }

    /// What a script is told, as `name=value`.
    fn words(&self) -> Vec<String> {
        let mut words = vec![
            // By address: libldap takes "localhost" for the machine's own name when it verifies a certificate.
            format!("url=ldap://{}", self.address()),
            format!("ldaps=ldaps://{}", self.tls_address()),
            format!("ca={}", self.ca_file().display()),
            format!("other_ca={}", self.other_ca_file().display()),
            format!("base={BASE}"),
            format!("answers={}", self.answers),
            format!("portal={PORTAL}"),
            format!("people={}", Self::people()),
            format!("unknown={}", dn("nobody")),
            format!("writer={ADMINISTRATOR}"),
            format!("writer.password={ADMINISTRATOR_PASSWORD}"),
            format!("modules={}", in_tests("clients/node/node_modules").display()),
        ];
        for (name, uid) in ACCOUNTS {
            words.push(format!("{name}={}", dn(uid)));
            words.push(format!("{name}.password={PASSWORD}"));
        }
        words
    }

    /// A script says `ok …` for each fact, and leaves with another code than 0 at the first that does not hold.
    fn run(&self, program: &Path, arguments: &[PathBuf]) {
        let (name, succeeded, said) = self.outcome(program, arguments);
        assert!(succeeded, "{name} found a deviation:\n{said}");
        assert!(
            said.lines().filter(|line| line.starts_with("ok ")).count() >= 10,
            "{name} looked at nothing:\n{said}"
        );
    }

    /// Runs a script to its end: its name, whether it was content, and what it said.
    fn outcome(&self, program: &Path, arguments: &[PathBuf]) -> (String, bool, String) {
        set_up();
        let mut command = Command::new(program);
        command.args(arguments).args(self.words());
        let name = arguments.last().map_or(program, PathBuf::as_path).display().to_string();
        let mut process = Process::start(&name, &mut command, &self.folder.path().join("client.log"));
        let ended = process.end(DEADLINE);
        (name, ended.success(), process.output())
    }
}

/// A folder with another authority in it, that signed nothing here.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    Authority::new("Somebody else").write(&folder.path().join("other-ca.pem"));
    folder
}

/// Whose answers scripts are to expect of a preset.
fn answers(preset: &str) -> &'static str {
    match preset {
        "transparent" => "directory",
        "generic" => "generic",
        "sssd" => "sssd",
        other => panic!("no script knows the preset {other}"),
    }
}

/// The accounts the scripts use, by their words.
const ACCOUNTS: &[(&str, &str)] = &[
    ("active", "active"),
    ("second", "user0001"),
    ("must_change", "must-change"),
    ("expired", "expired"),
    ("expired_grace", "grace"),
    ("expiring", "expiring"),
    ("locked", "locked-by-administrator"),
];

fn script(name: &str) -> PathBuf {
    in_tests("../conformance/clients").join(name)
}

fn python() -> PathBuf {
    in_tests(".setup/venv/bin/python")
}

fn in_tests(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Sees that the clients are installed, once a process.
fn set_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let done = Command::new(in_tests("setup")).status();
        assert!(
            done.is_ok_and(|status| status.success()),
            "tests/setup could not install the clients; these stories need them"
        );
    });
}
