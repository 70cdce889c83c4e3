//! Applications people sign in to, as Debian ships them: each in a temporary folder, on free loopback ports, asking one or several LDAP
//! servers whom to let in. Nothing outside the folder is written. As root, an application runs as the account its package made for it
//! wherever it insists on that; otherwise as whoever runs the tests.

pub mod apache;
pub mod dovecot;
pub mod freeradius;
pub mod postgresql;
pub mod sssd;

use crate::people::SERVICE;
use crate::process::Process;
use crate::{Gateway, Samba, Slapd, eventually, samba};
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;
use std::time::Duration;
use tempfile::TempDir;

/// How long the start of an application may take on a busy machine.
const START: Duration = Duration::from_mins(1);
/// Where the people are that applications look for.
const PEOPLE: &str = "ou=people,dc=example,dc=org";

/// An LDAP server an application is pointed at.
#[derive(Clone)]
pub struct Server {
    /// What it is called in the application's configuration: one word.
    pub name: String,
    /// Where it speaks LDAP with StartTLS.
    pub address: SocketAddr,
    /// Whose certificates to trust: a PEM file.
    pub ca_file: PathBuf,
    /// Below which entry people are.
    pub people: String,
    /// Who the application is there, where it looks people up before they sign in.
    pub service: String,
    /// How its people are described.
    pub schema: Schema,
}

/// How a directory describes people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// RFC 2307.
    Rfc2307,
    /// Active Directory's own.
    ActiveDirectory,
}

impl Server {
    /// A slapd itself.
    pub fn slapd(slapd: &Slapd) -> Self {
        Self {
            name: "slapd".to_owned(),
            address: slapd.address(),
            ca_file: slapd.ca_file(),
            people: PEOPLE.to_owned(),
            service: SERVICE.to_owned(),
            schema: Schema::Rfc2307,
        }
    }

    /// A gateway.
    pub fn gateway(name: &str, gateway: &Gateway) -> Self {
        Self {
            name: name.to_owned(),
            address: gateway.address(),
            ca_file: gateway.ca_file(),
            people: PEOPLE.to_owned(),
            service: SERVICE.to_owned(),
            schema: Schema::Rfc2307,
        }
    }

    /// A Samba domain controller itself.
    pub fn samba(samba: &Samba) -> Self {
        Self {
            name: "samba".to_owned(),
            address: samba.address(),
            ca_file: samba.ca_file(),
            people: samba::people::PEOPLE.to_owned(),
            service: samba::people::SERVICE.to_owned(),
            schema: Schema::ActiveDirectory,
        }
    }

    /// A gateway before a domain.
    pub fn gateway_of_domain(name: &str, gateway: &Gateway) -> Self {
        Self {
            people: samba::people::PEOPLE.to_owned(),
            service: samba::people::SERVICE.to_owned(),
            schema: Schema::ActiveDirectory,
            ..Self::gateway(name, gateway)
        }
    }
}

/// How an attempt to sign in ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Whether the person is in.
    pub outcome: Outcome,
    /// What the person is shown: one line, empty if nothing.
    pub shown: String,
}

/// Whether somebody is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// In.
    In,
    /// Asked for a new password first.
    MustChange,
    /// Not in.
    Refused,
}

impl Outcome {
    fn in_if(let_in: bool) -> Self {
        if let_in { Self::In } else { Self::Refused }
    }
}

/// A folder that servers under accounts of their own can read too.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// One file of every authority these servers have, readable by everybody.
fn trust(folder: &Path, servers: &[Server]) -> PathBuf {
    let all: String = servers
        .iter()
        .map(|server| fs::read_to_string(&server.ca_file).unwrap())
        .collect();
    let file = folder.join("ca.pem");
    fs::write(&file, all).unwrap();
    file
}

/// Whether the tests run as root.
fn are_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// An account of this machine: its numbers, user and group.
fn account(name: &str) -> (u32, u32) {
    let line = line_of("/etc/passwd", 0, name);
    let number = |field: usize| line.split(':').nth(field).unwrap().parse().unwrap();
    (number(2), number(3))
}

/// The names of whoever runs the tests, user and group.
fn own_names() -> (String, String) {
    let name = |file, number: u32| {
        let line = line_of(file, 2, &number.to_string());
        line.split(':').next().unwrap().to_owned()
    };
    (
        name("/etc/passwd", rustix::process::geteuid().as_raw()),
        name("/etc/group", rustix::process::getegid().as_raw()),
    )
}

/// The line of a file of accounts that has this in a field.
fn line_of(file: &str, field: usize, value: &str) -> String {
    let accounts = fs::read_to_string(file).unwrap();
    let line = accounts.lines().find(|line| line.split(':').nth(field) == Some(value));
    line.unwrap_or_else(|| panic!("{file} has no {value}")).to_owned()
}

/// Starts a server and waits until it has written `ready`. Nothing if another program has taken its port meanwhile.
fn begin(name: &str, command: &mut Command, output: &Path, ready: &str) -> Option<Process> {
    let mut process = Process::start(name, command, output);
    let up = eventually(&format!("{name} is ready"), START, || {
        // In this order: what it wrote before it ended is all there.
        let ended = process.ended();
        if process.output().contains(ready) {
            return Some(true);
        }
        ended.map(|_| false)
    });
    let said = process.output();
    assert!(
        up || said.contains("Address already in use"),
        "{name} does not start:\n{said}"
    );
    up.then_some(process)
}

/// How often a server is started on other ports.
const TRIES: usize = 5;

/// Runs a command to its end and gives what it said, with both outputs as text.
fn run(command: &mut Command) -> (Output, String) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output, said)
}

/// Sees that the applications are installed, once a process.
fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let setup = concat!(env!("CARGO_MANIFEST_DIR"), "/setup");
        let done = Command::new(setup).arg("applications").status();
        assert!(
            done.is_ok_and(|status| status.success()),
            "`tests/setup applications` could not install the applications; these stories need them"
        );
    });
}
