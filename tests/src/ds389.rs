//! Debian's 389 Directory Server in a temporary folder, on free loopback ports.
//!
//! An instance is what `dscreate` would make, made here from the same template: `dscreate` wants root, systemd and the system's own
//! folders, and `ns-slapd` needs none of them. So this runs as root and as an ordinary user alike, leaves nothing behind, and any number
//! run side by side.

pub mod people;

use crate::certificates::{Authority, ServerCertificate};
use crate::eventually::within;
use crate::people::BASE;
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

const SERVER: &str = "/usr/sbin/ns-slapd";
/// What `dscreate` fills in too.
const TEMPLATE: &str = "/usr/share/dirsrv/data/template-dse.ldif";
const DATABASE_TEMPLATE: &str = "/usr/share/dirsrv/data/template-suffix-db.ldif";
/// The server's own administrator, outside of every rule. The password is [`crate::people::ADMINISTRATOR_PASSWORD`].
pub const DIRECTORY_MANAGER: &str = "cn=Directory Manager";
/// `pwdhash -s SSHA admin-secret`: the server takes no clear text here.
const DIRECTORY_MANAGER_HASH: &str = "{SSHA}B0YRAR6Bc/krWMWXZZFwCUdYAPvJjtnLa9QzqA==";

/// What kind of server a story needs.
#[derive(Default)]
pub struct Ds389Settings {
    /// Ordinary people `user0001` and so on, besides those of [`people::STATES`].
    pub users: usize,
    /// More entries.
    pub ldif: String,
    /// More lines for `cn=config`, such as `passwordMinAge: 86400`; in the place of lines of ours for the same attribute.
    pub config: String,
    /// More attribute types and object classes, as a schema file of its own.
    pub schema: String,
    /// Its certificate; one of an authority of its own if none is given.
    pub certificate: Option<ServerCertificate>,
}

/// A server with data of its own.
pub struct Ds389 {
    process: Process,
    folder: TempDir,
    port: u16,
    tls_port: u16,
}

impl Ds389 {
    /// One as most stories need it.
    pub fn start() -> Self {
        Self::start_with(&Ds389Settings::default())
    }

    /// One with these settings, filled, taking connections.
    pub fn start_with(settings: &Ds389Settings) -> Self {
        install();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for name in FOLDERS {
            fs::create_dir(path.join(name)).unwrap();
        }
        let certificate = settings.certificate.clone().unwrap_or_else(|| {
            let authority = Authority::new("Directory of the stories");
            authority.write(&path.join("ca.pem"));
            authority.for_localhost()
        });
        keep_certificate(path, &certificate);
        fs::write(path.join("slapd-collations.conf"), "").unwrap();
        fs::write(path.join("schema/99user.ldif"), schema("")).unwrap();
        if !settings.schema.is_empty() {
            fs::write(path.join("schema/98stories.ldif"), schema(&settings.schema)).unwrap();
        }
        fs::write(path.join("all.ldif"), people::ldif(settings.users, &settings.ldif)).unwrap();
        configure(path, settings, port::free(), port::free());
        load(path);
        // Another process may take a free port before the server does: then it ends, and other ports are tried.
        for _ in 0..5 {
            let (port, tls_port) = (port::free(), port::free());
            configure(path, settings, port, tls_port);
            if let Some(process) = run(path, port, tls_port) {
                return Self {
                    process,
                    folder,
                    port,
                    tls_port,
                };
            }
        }
        panic!("ns-slapd does not start: {}", errors(path));
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

    /// Stops it from answering while the kernel goes on taking connections for it.
    pub fn freeze(&self) {
        self.process.stop();
    }

    /// The end of [`Ds389::freeze`].
    pub fn thaw(&self) {
        self.process.signal(Signal::CONT);
    }
}

/// Asked to end it takes two seconds to put its database in order, which goes with the folder.
impl Drop for Ds389 {
    fn drop(&mut self) {
        self.process.kill();
    }
}

/// Sees that it is installed, once a process.
fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let is_there = || Path::new(SERVER).exists() && Path::new("/usr/bin/certutil").exists();
        if is_there() {
            return;
        }
        let setup = concat!(env!("CARGO_MANIFEST_DIR"), "/setup");
        let done = Command::new(setup).arg("389ds").status();
        assert!(
            done.is_ok_and(|status| status.success()) && is_there(),
            "389 Directory Server is missing and `tests/setup 389ds` could not install it; these stories need it"
        );
    });
}

const FOLDERS: &[&str] = &["schema", "lock", "tmp", "ldif", "bak", "run", "log", "db", "home"];

/// The server's configuration, `dse.ldif`. It rewrites that file itself, so it is made anew for each start.
fn configure(folder: &Path, settings: &Ds389Settings, port: u16, tls_port: u16) {
    let template = |file: &str| {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.collect::<Vec<_>>().join("\n").trim().to_owned()
    };
    let user = Command::new("id").arg("-un").output().expect("id runs");
    let user = String::from_utf8(user.stdout).expect("a user's name");
    let place = folder.display().to_string();
    let path = |name: &str| format!("{place}/{name}");
    let filled = [
        ("schema_dir", path("schema")),
        ("lock_dir", path("lock")),
        ("tmp_dir", path("tmp")),
        ("cert_dir", place.clone()),
        ("ldif_dir", path("ldif")),
        ("bak_dir", path("bak")),
        ("run_dir", path("run")),
        ("inst_dir", place.clone()),
        ("log_dir", path("log")),
        ("config_dir", place.clone()),
        ("db_dir", path("db")),
        ("db_home_dir", path("home")),
        ("db_lib", "bdb".to_owned()),
        ("fqdn", "localhost".to_owned()),
        ("ds_port", port.to_string()),
        ("ds_user", user.trim().to_owned()),
        ("rootdn", DIRECTORY_MANAGER.to_owned()),
        ("ds_passwd", DIRECTORY_MANAGER_HASH.to_owned()),
        ("ldapi_enabled", "off".to_owned()),
        ("ldapi_autobind", "off".to_owned()),
        ("ldapi", path("ldapi")),
        ("ds_bename", "userRoot".to_owned()),
        ("ds_suffix", BASE.to_owned()),
    ];
    let mut text = format!("{}\n\n{}\n", template(TEMPLATE), template(DATABASE_TEMPLATE));
    for (name, value) in &filled {
        text = text.replace(&format!("%{name}%"), value);
    }
    // The first entry is cn=config, and the second value of an attribute with one value is a mistake.
    let named = |line: &str| line.split(':').next().unwrap_or_default().to_lowercase();
    let ours = format!(
        "{}\nnsslapd-securePort: {tls_port}\n{}",
        config(),
        people::policy_lines(people::POLICY)
    );
    let theirs: Vec<String> = settings.config.lines().map(named).collect();
    let ours = ours.lines().filter(|line| !theirs.contains(&named(line)));
    let lines: Vec<&str> = ours.chain(settings.config.lines()).collect();
    let text = text.replacen(
        "\nnsslapd-rootdn:",
        &format!("\n{}\nnsslapd-rootdn:", lines.join("\n")),
        1,
    );
    // Left alone it would take a tenth of the machine's memory for its caches, and half of it for an import.
    let text = text.replacen(
        "\nnsslapd-mode: 600\n",
        "\nnsslapd-mode: 600\nnsslapd-cache-autosize: 0\nnsslapd-dbcachesize: 2000000\nnsslapd-import-cache-autosize: 0\nnsslapd-import-cachesize: 16000000\nnsslapd-db-durable-transaction: off\n",
        1,
    );
    fs::write(folder.join("dse.ldif"), text).unwrap();
}

/// Lines of `cn=config` besides the password policy. The storage scheme is one that takes no time.
fn config() -> String {
    format!(
        "nsslapd-security: on
nsslapd-listenhost: 127.0.0.1
nsslapd-securelistenhost: 127.0.0.1
nsslapd-pwpolicy-local: on
nsslapd-rootpwstoragescheme: SSHA
passwordStorageScheme: SSHA512
nsslapd-threadnumber: 4
nsslapd-sizelimit: -1
nsslapd-accesslog-logging-enabled: off
{}",
        people::CONFIG_ACI
    )
}

fn schema(lines: &str) -> String {
    format!("dn: cn=schema\nobjectclass: top\nobjectclass: ldapSubentry\nobjectclass: subschema\ncn: schema\n{lines}")
}

/// The server reads its certificate from an NSS database.
fn keep_certificate(folder: &Path, certificate: &ServerCertificate) {
    let (file, key) = certificate.write(folder, "certificate");
    let bundle = folder.join("certificate.p12");
    let mut export = Command::new("openssl");
    export.args(["pkcs12", "-export", "-name", "Server-Cert", "-passout", "pass:", "-in"]);
    made(export.arg(&file).arg("-inkey").arg(&key).arg("-out").arg(&bundle));
    made(
        Command::new("certutil")
            .args(["-N", "--empty-password", "-d"])
            .arg(folder),
    );
    let mut import = Command::new("pk12util");
    made(
        import
            .arg("-i")
            .arg(&bundle)
            .arg("-d")
            .arg(folder)
            .args(["-W", "", "-K", ""]),
    );
}

fn load(folder: &Path) {
    let mut import = Command::new(SERVER);
    import.args(["ldif2db", "-n", "userRoot", "-D"]);
    made(import.arg(folder).arg("-i").arg(folder.join("all.ldif")));
    // What could not be loaded is skipped with a line in the log.
    let said = errors(folder);
    assert!(!said.contains("WARN - bdb_import"), "entries were skipped: {said}");
}

fn made(command: &mut Command) {
    let program = command.get_program().display().to_string();
    let done = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        done.status.success(),
        "{program}: {}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}

/// Starts it in the foreground; nothing if it ends at once.
fn run(folder: &Path, port: u16, tls_port: u16) -> Option<Process> {
    let mut command = Command::new(SERVER);
    // Without a file for its process id it takes /dev/null for one, and as root makes that unwritable for everybody else.
    command
        .arg("-D")
        .arg(folder)
        .args(["-d", "0", "-i"])
        .arg(folder.join("pid"));
    let mut process = Process::start("ns-slapd", &mut command, &folder.join("ns-slapd.log"));
    let up = within(Duration::from_secs(30), || {
        if process.ended().is_some() {
            return Some(false);
        }
        let answers = |port| TcpStream::connect(("127.0.0.1", port)).is_ok();
        (answers(port) && answers(tls_port)).then_some(true)
    });
    (up == Some(true)).then_some(process)
}

fn errors(folder: &Path) -> String {
    fs::read_to_string(folder.join("log/errors")).unwrap_or_default()
}
