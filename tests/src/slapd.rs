//! Debian's slapd with the ppolicy overlay, in a temporary folder on free loopback ports.

use crate::certificates::{Authority, ServerCertificate};
use crate::eventually::within;
use crate::people::{self, ADMINISTRATOR, ADMINISTRATOR_PASSWORD, BASE};
use crate::port;
use crate::process::Process;
use rustix::process::Signal;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::time::Duration;
use tempfile::TempDir;

const SLAPD: &str = "/usr/sbin/slapd";
const SLAPADD: &str = "/usr/sbin/slapadd";

/// What kind of slapd a story needs.
pub struct SlapdSettings {
    /// `ppolicy_use_lockout`: whether a lock is told in the password policy control.
    pub use_lockout: bool,
    /// `ppolicy_send_netscape_controls`: the older controls, for clients that ask for nothing.
    pub netscape: bool,
    /// Ordinary people besides those of [`people::STATES`].
    pub users: usize,
    /// More lines for the global part of slapd.conf, such as `idletimeout 1`.
    pub global: String,
    /// More lines for the database, before the overlay.
    pub database: String,
    /// More entries.
    pub ldif: String,
    /// Nothing in it, the suffix neither: a consumer gets everything from its provider.
    pub empty: bool,
    /// More lines behind everything else, such as another overlay.
    pub overlays: String,
    /// Its certificate; one of an authority of its own if none is given.
    pub certificate: Option<ServerCertificate>,
}

impl Default for SlapdSettings {
    fn default() -> Self {
        Self {
            use_lockout: true,
            netscape: false,
            users: 0,
            global: String::new(),
            database: String::new(),
            ldif: String::new(),
            empty: false,
            overlays: String::new(),
            certificate: None,
        }
    }
}

/// A slapd with data of its own.
pub struct Slapd {
    process: Process,
    folder: TempDir,
    port: u16,
    tls_port: u16,
}

impl Slapd {
    /// One as most stories need it.
    pub fn start() -> Self {
        Self::start_with(&SlapdSettings::default())
    }

    /// One with these settings, filled, taking connections.
    pub fn start_with(settings: &SlapdSettings) -> Self {
        install();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir(path.join("db")).unwrap();
        let certificate = settings.certificate.clone().unwrap_or_else(|| {
            let authority = Authority::new("Directory of the stories");
            authority.write(&path.join("ca.pem"));
            authority.for_localhost()
        });
        fs::write(path.join("certificate.pem"), certificate.certificate).unwrap();
        fs::write(path.join("key.pem"), certificate.key).unwrap();
        fs::write(path.join("slapd.conf"), configuration(path, settings)).unwrap();
        if !settings.empty {
            fs::write(path.join("all.ldif"), people::ldif(settings.users, &settings.ldif)).unwrap();
            load(path);
        }
        // Another process may take a free port before slapd does: then slapd ends, and other ports are tried.
        for _ in 0..5 {
            let (port, tls_port) = (port::free(), port::free());
            if let Some(process) = run(path, port, tls_port) {
                return Self {
                    process,
                    folder,
                    port,
                    tls_port,
                };
            }
        }
        panic!(
            "slapd does not start: {}",
            fs::read_to_string(path.join("slapd.log")).unwrap_or_default()
        );
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

    /// Ends it as a loss of power would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again after [`Slapd::kill`], on the same ports and data.
    pub fn start_again(&mut self) {
        let again = within(Duration::from_secs(10), || {
            run(self.folder.path(), self.port, self.tls_port)
        });
        self.process = again.expect("slapd starts again on its ports");
    }

    /// Kills it and starts it again.
    pub fn restart(&mut self) {
        self.kill();
        self.start_again();
    }

    /// Stops it from answering while the kernel goes on taking connections for it.
    pub fn freeze(&self) {
        self.process.stop();
    }

    /// The end of [`Slapd::freeze`].
    pub fn thaw(&self) {
        self.process.signal(Signal::CONT);
    }
}

/// Sees that slapd is installed, once a process.
fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if Path::new(SLAPD).exists() && Path::new(SLAPADD).exists() {
            return;
        }
        let setup = concat!(env!("CARGO_MANIFEST_DIR"), "/setup");
        let done = Command::new(setup).arg("openldap").status();
        assert!(
            done.is_ok_and(|status| status.success()) && Path::new(SLAPD).exists(),
            "slapd is missing and `tests/setup openldap` could not install it; these stories need it"
        );
    });
}

fn load(folder: &Path) {
    let loaded = Command::new(SLAPADD)
        .args(["-q", "-f"])
        .arg(folder.join("slapd.conf"))
        .arg("-l")
        .arg(folder.join("all.ldif"))
        .output()
        .expect("slapadd runs");
    assert!(
        loaded.status.success(),
        "slapadd: {}",
        String::from_utf8_lossy(&loaded.stderr)
    );
}

/// Starts it; nothing if it ends at once.
fn run(folder: &Path, port: u16, tls_port: u16) -> Option<Process> {
    let mut command = Command::new(SLAPD);
    command
        .args(["-d", "0", "-f"])
        .arg(folder.join("slapd.conf"))
        .arg("-h")
        .arg(format!("ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}"));
    let mut process = Process::start("slapd", &mut command, &folder.join("slapd.log"));
    let up = within(Duration::from_secs(20), || {
        if process.ended().is_some() {
            return Some(false);
        }
        // slapd opens its listeners in this order before it answers on any.
        TcpStream::connect(("127.0.0.1", tls_port)).ok().map(|_| true)
    });
    (up == Some(true)).then_some(process)
}

fn configuration(folder: &Path, settings: &SlapdSettings) -> String {
    let folder = folder.display();
    let lockout = if settings.use_lockout {
        "ppolicy_use_lockout"
    } else {
        ""
    };
    let netscape = if settings.netscape {
        "ppolicy_send_netscape_controls"
    } else {
        ""
    };
    let (global, database, overlays) = (&settings.global, &settings.database, &settings.overlays);
    format!(
        "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb.la
moduleload ppolicy.la
loglevel none
sizelimit unlimited
threads 4
conn_max_pending 1000
conn_max_pending_auth 1000
TLSCertificateFile {folder}/certificate.pem
TLSCertificateKeyFile {folder}/key.pem
{global}
database mdb
suffix {BASE}
rootdn {ADMINISTRATOR}
rootpw {ADMINISTRATOR_PASSWORD}
directory {folder}/db
maxsize 268435456
dbnosync
lastbind on
index objectClass eq
index uid eq
{database}
overlay ppolicy
ppolicy_default cn=default,ou=policies,{BASE}
{lockout}
{netscape}
access to attrs=userPassword by self write by anonymous auth by * none
access to * by self write by * read
{overlays}
"
    )
}
