//! Samba's Active Directory domain controller, in a temporary folder, reached on free loopback ports.
//!
//! Its ports are fixed (389, 636), so it runs in a network namespace of its own, where a small script (`samba/inside.py`) lets in what
//! arrives at sockets that were opened outside. Its processes are in a namespace of their own as well, which ends with the first of them:
//! nothing stays behind. Root may have such namespaces; anybody else has them in a user namespace. Nothing of the machine's own Samba is
//! read or written.

pub mod people;
mod template;

use crate::certificates::{Authority, ServerCertificate};
use crate::eventually::within;
use crate::process::Process;
use crate::request;
use crate::{GatewaySettings, Wire, port};
use people::{DOMAIN, REALM};
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::time::Duration;
use tempfile::TempDir;

const SAMBA: &str = "/usr/sbin/samba";
/// A file of each package it takes.
const NEEDED: [&str; 5] = [
    SAMBA,
    "/usr/bin/samba-tool",
    "/usr/bin/ldbadd",
    "/usr/share/samba/setup/provision.ldif",
    "/usr/share/doc/samba-dsdb-modules",
];
/// How long a start may take on a busy machine.
const START: Duration = Duration::from_mins(1);
/// How long the ports of one that has just ended may be in use.
const FREE: Duration = Duration::from_secs(10);

/// What kind of Samba a story needs.
#[derive(Default)]
pub struct SambaSettings {
    /// More lines for the global part of smb.conf.
    pub global: String,
    /// `ldap server require strong auth`, Samba's default: no password without TLS.
    pub wants_tls: bool,
    /// Its certificate; one of an authority of its own if none is given.
    pub certificate: Option<ServerCertificate>,
}

/// A domain controller with a domain of its own.
pub struct Samba {
    process: Process,
    folder: TempDir,
    port: u16,
    tls_port: u16,
}

impl Samba {
    /// One as most stories need it.
    pub fn start() -> Self {
        Self::start_with(&SambaSettings::default())
    }

    /// One with these settings, filled, answering.
    pub fn start_with(settings: &SambaSettings) -> Self {
        install();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        template::copy_to(&path.join("domain"));
        let certificate = settings.certificate.clone().unwrap_or_else(|| {
            let authority = Authority::new("Domain of the stories");
            authority.write(&path.join("ca.pem"));
            authority.for_localhost()
        });
        certificate.write(path, "certificate");
        fs::write(path.join("smb.conf"), configuration(path, settings)).unwrap();
        let (port, tls_port) = (port::free(), port::free());
        let process = run(path, port, tls_port);
        Self {
            process,
            folder,
            port,
            tls_port,
        }
    }

    /// Where it speaks LDAP.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Where it speaks LDAP over TLS.
    pub fn tls_address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.tls_port))
    }

    /// `ldap://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("ldap://{}", self.address())
    }

    /// `ldaps://localhost:port`.
    pub fn tls_url(&self) -> String {
        format!("ldaps://localhost:{}", self.tls_port)
    }

    /// The authority of its certificate, if that was made here.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// What a gateway in front of it is told: a preset, and where and what this is. They speak TLS.
    pub fn behind(&self, preset: &str) -> GatewaySettings {
        GatewaySettings {
            dialect: "active-directory".to_owned(),
            base_dn: people::BASE.to_owned(),
            bind_dn: people::SERVICE.to_owned(),
            directory: format!("ca_file = \"{}\"", self.ca_file().display()),
            ..GatewaySettings::new(preset, &[self.tls_url()])
        }
    }

    /// A new connection to it under TLS.
    pub fn tls_client(&self) -> Wire {
        Wire::connect_tls(self.tls_address(), &self.ca_file())
    }

    /// A new connection under TLS as the domain's administrator.
    pub fn administrator(&self) -> Wire {
        let mut wire = self.tls_client();
        let answer = wire.bind(1, people::ADMINISTRATOR, people::ADMINISTRATOR_PASSWORD);
        assert_eq!(answer.code, Some(0), "the administrator signs in: {answer:?}");
        wire
    }

    /// Ends it as a loss of power would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again after [`Samba::kill`], on the same ports and data.
    pub fn start_again(&mut self) {
        self.process = run(self.folder.path(), self.port, self.tls_port);
    }
}

/// `unshare` takes no SIGTERM, and there is nothing to keep.
impl Drop for Samba {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sees that Samba is installed and may be run here, once a process.
fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if NEEDED.iter().all(|file| Path::new(file).exists()) {
            return;
        }
        let setup = concat!(env!("CARGO_MANIFEST_DIR"), "/setup");
        let done = Command::new(setup).arg("samba").status();
        assert!(
            done.is_ok_and(|status| status.success()),
            "`tests/setup samba` could not install Samba; these stories need it"
        );
    });
}

/// Starts it and waits until it answers.
fn run(folder: &Path, port: u16, tls_port: u16) -> Process {
    let listener = |port: u16| {
        let free = within(FREE, || TcpListener::bind(("127.0.0.1", port)).ok());
        Stdio::from(OwnedFd::from(free.expect("a port of ours is free")))
    };
    let mut command = Command::new("unshare");
    command
        .args(namespaces())
        .args(["--net", "--pid", "--fork", "--kill-child", template::PYTHON])
        .arg(Path::new(template::SCRIPTS).join("inside.py"))
        .args([SAMBA, "--interactive", "--model=single", "-s"])
        .arg(folder.join("smb.conf"))
        .stdin(listener(port))
        .stdout(listener(tls_port));
    let mut process = Process::start_serving("samba", &mut command, &folder.join("samba.log"));
    // The listeners are ours to hand over and nobody's to keep: with Samba's end they are gone.
    drop(command);
    let root = request::root_dse(1, &["defaultNamingContext"]);
    let up = within(START, || {
        if process.ended().is_some() {
            return Some(false);
        }
        // It is accepted when Samba listens.
        let mut wire = Wire::try_connect(SocketAddr::from(([127, 0, 0, 1], tls_port))).ok()?;
        wire.set_deadline(START);
        wire.shake_hands(&folder.join("ca.pem")).ok()?;
        wire.try_ask(&root).ok().map(|_| true)
    });
    assert!(up == Some(true), "Samba does not start:\n{}", process.output());
    process
}

/// Root may have namespaces of its own; anybody else has them in a user namespace.
fn namespaces() -> &'static [&'static str] {
    let may = |flags: &[&str]| {
        let tried = Command::new("unshare")
            .args(flags)
            .args(["--net", "--pid", "--fork", "true"])
            .output();
        tried.is_ok_and(|output| output.status.success())
    };
    if may(&[]) {
        return &[];
    }
    assert!(
        may(&["--user", "--map-root-user"]),
        "this machine lets nobody have a network of his own: neither `unshare --net --pid` as root nor the same in a user namespace works \
         here, and stories with Samba need one of them"
    );
    &["--user", "--map-root-user"]
}

fn configuration(folder: &Path, settings: &SambaSettings) -> String {
    let domain = folder.join("domain");
    let (folder, domain) = (folder.display(), domain.display());
    let strong = if settings.wants_tls { "yes" } else { "no" };
    format!(
        "[global]
server role = active directory domain controller
netbios name = DC1
realm = {REALM}
workgroup = {DOMAIN}
interfaces = lo
bind interfaces only = yes
server services = ldap
ldap server require strong auth = {strong}
tls enabled = yes
tls certfile = {folder}/certificate.pem
tls keyfile = {folder}/certificate-key.pem
tls cafile =
private dir = {domain}/private
lock directory = {domain}
state directory = {domain}/state
cache directory = {domain}/cache
pid directory = {folder}
ncalrpc dir = {domain}/ncalrpc
binddns dir = {domain}/bind-dns
ntp signd socket directory = {domain}/ntp
winbindd socket directory = {domain}/winbindd
log level = 1
{}
",
        settings.global
    )
}
