//! The built program, with a configuration of its own, in front of a slapd.

mod scim;
mod self_service;

pub use scim::SCIM_TOKEN;
pub use self_service::API_TOKEN;

use crate::eventually::within;
use crate::metrics::{Metrics, get};
use crate::people::{self, ADMINISTRATOR, BASE, PASSWORD, SERVICE};
use crate::process::Process;
use crate::wire::Wire;
use crate::{Slapd, eventually, policies, port};
use rustix::process::Signal;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;

/// Where people of the stories reset their password.
pub const PORTAL: &str = "https://reset.example.org/";
/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(30);

/// What is said of a gateway besides where its directory is.
pub struct GatewaySettings {
    /// A preset of the project by its name, unless `policy` is given.
    pub preset: String,
    /// The text of the only policy file.
    pub policy: Option<String>,
    /// The directory's servers; none if `directory` says more of them.
    pub urls: Vec<String>,
    /// Which product the directory is.
    pub dialect: String,
    /// Its suffix.
    pub base_dn: String,
    /// The DN of its own account there; its password is everybody's.
    pub bind_dn: String,
    /// More lines for `[[directory]]`.
    pub directory: String,
    /// Whether it has an account of its own in the directory.
    pub service_account: bool,
    /// More lines for `[[route]]`.
    pub route: String,
    /// More lines for `[route.lanes]`.
    pub lanes: String,
    /// Lines for `[limits]`.
    pub limits: String,
    /// More lines for `[server]`.
    pub server: String,
    /// More lines for `[telemetry]`.
    pub telemetry: String,
    /// More lines for both listeners, such as `certificate_file`.
    pub listener: String,
    /// More sections at the end of the file.
    pub more: String,
    /// What an embedded directory is filled with before the start, as LDIF.
    pub ldif: Option<String>,
    /// Self-service, switched on, over HTTPS, whose mail goes to this server ([`Mailbox::url`](crate::Mailbox::url)). `None`: there is none.
    pub mail: Option<String>,
    /// SCIM over HTTPS, with a token that may do everything. With more lines for `[[scim]]`.
    pub scim: Option<String>,
}

impl GatewaySettings {
    /// A preset in front of these servers.
    pub fn new(preset: &str, urls: &[String]) -> Self {
        Self {
            preset: preset.to_owned(),
            policy: None,
            urls: urls.to_vec(),
            dialect: "openldap".to_owned(),
            base_dn: BASE.to_owned(),
            bind_dn: SERVICE.to_owned(),
            directory: String::new(),
            service_account: true,
            route: String::new(),
            lanes: String::new(),
            limits: String::new(),
            server: String::new(),
            telemetry: String::new(),
            listener: String::new(),
            more: String::new(),
            ldif: None,
            mail: None,
            scim: None,
        }
    }

    /// A preset before a directory of the gateway's own, with the people of [`people`](crate::people) in it.
    pub fn embedded(preset: &str) -> Self {
        Self {
            dialect: "embedded".to_owned(),
            // Passwords are hashed for each of them: as cheaply as is allowed.
            directory: format!("administrators = [\"{ADMINISTRATOR}\"]\nhashing = {{ memory_kib = 8192, passes = 1 }}"),
            service_account: false,
            ldif: Some(people::ldif(0, &people::administrator())),
            ..Self::new(preset, &[])
        }
    }
}

/// A running gateway.
pub struct Gateway {
    process: Process,
    folder: TempDir,
    addresses: Addresses,
}

#[derive(Clone, Copy)]
struct Addresses {
    ldap: SocketAddr,
    ldaps: SocketAddr,
    metrics: SocketAddr,
    https: SocketAddr,
}

impl Gateway {
    /// A preset in front of a slapd, ready.
    pub fn start(preset: &str, slapd: &Slapd) -> Self {
        Self::start_with(&GatewaySettings::new(preset, &[slapd.url()]))
    }

    /// A gateway that is ready: its policies are loaded, its listeners open and its directory has answered.
    pub fn start_with(settings: &GatewaySettings) -> Self {
        let gateway = Self::start_unready(settings, Output::Kept);
        eventually("the gateway is ready", START, || {
            (get(gateway.addresses.metrics, "/readyz")?.status == 200).then_some(())
        });
        gateway
    }

    /// A gateway whose listener is open; its directory need not be there.
    pub fn start_unready(settings: &GatewaySettings, output: Output) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policies = folder.path().join("policies");
        match &settings.policy {
            None => policies::copy_preset(&settings.preset, &policies),
            Some(text) => {
                fs::create_dir(&policies).unwrap();
                fs::write(policies.join("policy.toml"), text).unwrap();
            }
        }
        // Another process may take a free port first: then the program ends, and other ports are tried.
        for _ in 0..5 {
            let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
            let addresses = Addresses {
                ldap: address(port::free()),
                ldaps: address(port::free()),
                metrics: address(port::free()),
                https: address(port::free()),
            };
            fs::write(folder.path().join("gateway.toml"), configuration(settings, addresses)).unwrap();
            if let Some(ldif) = settings
                .ldif
                .as_ref()
                .filter(|_| !folder.path().join("people.ldif").exists())
            {
                fill(folder.path(), ldif);
            }
            let mut process = run(folder.path(), output);
            let up = within(START, || {
                if process.ended().is_some() {
                    return Some(false);
                }
                Wire::try_connect(addresses.ldap).ok().map(|_| true)
            });
            if up == Some(true) {
                return Self {
                    process,
                    folder,
                    addresses,
                };
            }
            let said = process.output();
            assert!(
                process.ended().is_some() && said.contains("another program listens there"),
                "the gateway does not start:\n{said}"
            );
        }
        panic!("the gateway finds no free ports");
    }

    /// Where it speaks LDAP with StartTLS.
    pub fn address(&self) -> SocketAddr {
        self.addresses.ldap
    }

    /// Where it speaks LDAP over TLS.
    pub fn tls_address(&self) -> SocketAddr {
        self.addresses.ldaps
    }

    /// Where health and metrics are.
    pub fn metrics_address(&self) -> SocketAddr {
        self.addresses.metrics
    }

    /// `ldap://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("ldap://{}", self.addresses.ldap)
    }

    /// `ldaps://localhost:port`.
    pub fn tls_url(&self) -> String {
        format!("ldaps://localhost:{}", self.addresses.ldaps.port())
    }

    /// The authority of the certificate it made for itself.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("state/ca.pem")
    }

    /// Its policy folder.
    pub fn policies(&self) -> PathBuf {
        self.folder.path().join("policies")
    }

    /// The folder of everything it has.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A new plain connection to it.
    pub fn client(&self) -> Wire {
        Wire::connect(self.addresses.ldap)
    }

    /// A new connection to it under TLS.
    pub fn tls_client(&self) -> Wire {
        Wire::connect_tls(self.addresses.ldaps, &self.ca_file())
    }

    /// The same where its certificate is of another authority.
    pub fn tls_client_of(&self, ca_file: &Path) -> Wire {
        Wire::connect_tls(self.addresses.ldaps, ca_file)
    }

    /// Its metrics now.
    pub fn metrics(&self) -> Metrics {
        let page = get(self.addresses.metrics, "/metrics").expect("metrics are served");
        assert_eq!(page.status, 200, "{}", page.body);
        Metrics::read(page.body)
    }

    /// Whether it says that it is ready.
    pub fn is_ready(&self) -> bool {
        get(self.addresses.metrics, "/readyz").is_some_and(|page| page.status == 200)
    }

    /// The number of the policy set in force.
    pub fn generation(&self) -> f64 {
        self.metrics().sum("postern_policy_generation", &[])
    }

    /// Writes a policy file and waits until the set it is part of is in force.
    pub fn write_policy(&self, file: &str, text: &str) {
        let before = self.generation();
        fs::write(self.policies().join(file), text).unwrap();
        eventually("a changed policy file is in force", START, || {
            (self.generation() > before).then_some(())
        });
    }

    /// Everything it has written.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// The audit lines written so far.
    pub fn audit(&self) -> Vec<serde_json::Value> {
        let lines = self.output();
        let parsed = lines
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        parsed.filter(|line| line["target"] == "postern::audit").collect()
    }

    /// Memory it holds now, in octets.
    pub fn resident(&self) -> u64 {
        self.process.resident()
    }

    /// Fails the story if the program has ended.
    pub fn expect_running(&mut self) {
        let ended = self.process.ended();
        assert!(ended.is_none(), "the gateway has ended: {ended:?}");
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Ends it as a loss of power would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again after [`Gateway::kill`], with what it has and on the same ports, and waits until it is ready.
    pub fn start_again(&mut self) {
        self.process = run(self.folder.path(), Output::Kept);
        eventually("the gateway is ready again", START, || self.is_ready().then_some(()));
    }

    /// Waits until it has ended by itself.
    pub fn end(&mut self, deadline: Duration) -> ExitStatus {
        self.process.end(deadline)
    }
}

/// Puts entries into the directory of a gateway that does not run yet.
fn fill(folder: &Path, ldif: &str) {
    fs::write(folder.join("people.ldif"), ldif).unwrap();
    let imported = Command::new(program())
        .args(["import", "--config", "gateway.toml", "people.ldif"])
        .current_dir(folder)
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&imported.stderr);
    assert!(imported.status.success(), "people cannot be imported:\n{said}");
}

/// Every story shows this too: nobody's password is in what the program writes.
impl Drop for Gateway {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(!self.output().contains(PASSWORD), "a password stands in the log");
        }
    }
}

/// Where the program's output goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Into a file of the harness.
    Kept,
    /// To a device that is always full.
    Full,
}

fn run(folder: &Path, output: Output) -> Process {
    let mut command = Command::new(program());
    command
        .arg("serve")
        .arg("--config")
        .arg(folder.join("gateway.toml"))
        .current_dir(folder);
    match output {
        Output::Kept => Process::start("postern", &mut command, &folder.join("postern.log")),
        Output::Full => {
            let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
            Process::start_into("postern", &mut command, full(), full())
        }
    }
}

fn configuration(settings: &GatewaySettings, addresses: Addresses) -> String {
    let Addresses {
        ldap,
        ldaps,
        metrics,
        https,
    } = addresses;
    let urls = settings
        .urls
        .iter()
        .map(|url| format!("\"{url}\""))
        .collect::<Vec<_>>()
        .join(", ");
    let service_account = if settings.service_account {
        format!(
            "[directory.service_account]\nbind_dn = \"{}\"\npassword = \"{PASSWORD}\"",
            settings.bind_dn
        )
    } else {
        String::new()
    };
    let urls = if urls.is_empty() {
        urls
    } else {
        format!("urls = [{urls}]")
    };
    let (switch, pages) = match &settings.mail {
        None => ("", String::new()),
        Some(mail) => ("self_service_reset = true", self_service::sections(https, mail)),
    };
    let (public_url, scim) = scim::sections(https, settings);
    let GatewaySettings {
        dialect,
        base_dn,
        directory,
        route,
        lanes,
        limits,
        server,
        telemetry,
        listener,
        more,
        ..
    } = settings;
    format!(
        "[server]
state_dir = \"state\"
policies = \"policies\"
public_url = \"{public_url}\"
{server}

[telemetry]
log_format = \"json\"
metrics_address = \"{metrics}\"
{telemetry}

[[listener]]
name = \"ldap\"
address = \"{ldap}\"
tls = \"starttls\"
route = \"applications\"
{listener}

[[listener]]
name = \"ldaps\"
address = \"{ldaps}\"
tls = \"ldaps\"
route = \"applications\"
{listener}

[[directory]]
name = \"people\"
dialect = \"{dialect}\"
{urls}
base_dn = \"{base_dn}\"
{switch}
{directory}

{service_account}

[[route]]
name = \"applications\"
directory = \"people\"
{route}

[route.lanes]
{lanes}

[limits]
{limits}

{pages}
{scim}
{more}
"
    )
}

/// The built program: `POSTERN_BIN`, or made here once a process, in the profile these stories were built in.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(path) = std::env::var_os("POSTERN_BIN") {
            return path.into();
        }
        // …/target/<profile>/deps/stories-0123
        let own = std::env::current_exe().expect("a path of our own");
        let profile_folder = own.parent().and_then(Path::parent).expect("a target folder");
        let profile = match profile_folder.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let built = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--locked",
                "-p",
                "postern-server",
                "--bin",
                "postern",
                "--profile",
                profile,
            ])
            .arg("--target-dir")
            .arg(profile_folder.parent().expect("a target folder"))
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the program does not build");
        profile_folder.join("postern")
    })
}
