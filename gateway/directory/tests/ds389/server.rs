//! A 389 Directory Server of our own: configured from the package's template, filled, started on free ports, and ended when dropped.
//!
//! `dscreate` would want root, systemd and the system's folders; `ns-slapd` needs none of them.

use crate::certificates::ServerCertificate;
use crate::directory::{self, BASE};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const SERVER: &str = "/usr/sbin/ns-slapd";
const TEMPLATE: &str = "/usr/share/dirsrv/data/template-dse.ldif";
const DATABASE_TEMPLATE: &str = "/usr/share/dirsrv/data/template-suffix-db.ldif";
const MISSING: &str = "389 Directory Server is not installed: tests/setup installs it";

/// A running server.
pub(crate) struct Ds389 {
    child: Child,
    tls_port: u16,
    _folder: TempDir,
}

impl Ds389 {
    pub(crate) fn start(certificate: &ServerCertificate) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for name in ["schema", "lock", "tmp", "ldif", "bak", "run", "log", "db", "home"] {
            fs::create_dir(path.join(name)).unwrap();
        }
        keep_certificate(path, certificate);
        fs::write(path.join("slapd-collations.conf"), "").unwrap();
        let own_schema =
            "dn: cn=schema\nobjectclass: top\nobjectclass: ldapSubentry\nobjectclass: subschema\ncn: schema\n";
        fs::write(path.join("schema/99user.ldif"), own_schema).unwrap();
        fs::write(path.join("all.ldif"), directory::ldif()).unwrap();
        let (plain_port, tls_port) = two_free_ports();
        configure(path, plain_port, tls_port);
        done(
            Command::new(SERVER)
                .args(["ldif2db", "-n", "userRoot", "-D"])
                .arg(path)
                .arg("-i")
                .arg(path.join("all.ldif")),
        );
        // What could not be loaded is skipped with a line in the log.
        let said = fs::read_to_string(path.join("log/errors")).unwrap_or_default();
        assert!(!said.contains("WARN - bdb_import"), "entries were skipped: {said}");
        // Another process may take a free port before the server does: then it ends, and other ports are tried.
        for _ in 0..5 {
            let (plain_port, tls_port) = two_free_ports();
            configure(path, plain_port, tls_port);
            let mut child = Command::new(SERVER)
                .arg("-D")
                .arg(path)
                // Without a file for its process id it takes /dev/null for one, and as root makes that unwritable for others.
                .args(["-d", "0", "-i"])
                .arg(path.join("pid"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect(MISSING);
            if comes_up(&mut child, tls_port) {
                return Self {
                    child,
                    tls_port,
                    _folder: folder,
                };
            }
        }
        panic!("ns-slapd does not start");
    }

    pub(crate) fn tls_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }
}

impl Drop for Ds389 {
    fn drop(&mut self) {
        // By the process we started and no other, also after a failed test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `dse.ldif`, the server's configuration. It rewrites that file itself, so it is made anew for each start.
fn configure(folder: &Path, plain_port: u16, tls_port: u16) {
    let template = |file: &str| {
        let text = fs::read_to_string(file).expect(MISSING);
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        lines.join("\n").trim().to_owned()
    };
    let user = Command::new("id").arg("-un").output().unwrap().stdout;
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
        ("ds_port", plain_port.to_string()),
        ("ds_user", String::from_utf8(user).unwrap().trim().to_owned()),
        ("rootdn", "cn=Directory Manager".to_owned()),
        // Nobody's: no test signs in as the administrator.
        ("ds_passwd", "{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==".to_owned()),
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
    let policy: Vec<_> = directory::POLICY
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let policy = policy.join("\n");
    // Passwords are stored in a way that takes no time, and left as they were loaded: the server would store them anew at the first sign-in,
    // beside whatever is done next.
    let ours = format!(
        "nsslapd-security: on\nnsslapd-listenhost: 127.0.0.1\nnsslapd-securelistenhost: 127.0.0.1\nnsslapd-securePort: {tls_port}\n\
         nsslapd-pwpolicy-local: on\npasswordStorageScheme: SSHA512\nnsslapd-enable-upgrade-hash: off\nnsslapd-rootpwstoragescheme: SSHA\nnsslapd-threadnumber: 4\n\
         nsslapd-accesslog-logging-enabled: off\n{}\n{policy}",
        directory::config_access_rule()
    );
    let text = text.replacen("\nnsslapd-rootdn:", &format!("\n{ours}\nnsslapd-rootdn:"), 1);
    // Left alone it would take a tenth of the machine's memory for its caches.
    let small = "\nnsslapd-mode: 600\nnsslapd-cache-autosize: 0\nnsslapd-dbcachesize: 2000000\n";
    fs::write(
        folder.join("dse.ldif"),
        text.replacen("\nnsslapd-mode: 600\n", small, 1),
    )
    .unwrap();
}

/// The server reads its certificate from an NSS database.
fn keep_certificate(folder: &Path, certificate: &ServerCertificate) {
    fs::write(folder.join("certificate.pem"), &certificate.certificate).unwrap();
    fs::write(folder.join("key.pem"), &certificate.key).unwrap();
    let bundle = folder.join("certificate.p12");
    done(
        Command::new("openssl")
            .args(["pkcs12", "-export", "-name", "Server-Cert", "-passout", "pass:", "-in"])
            .arg(folder.join("certificate.pem"))
            .arg("-inkey")
            .arg(folder.join("key.pem"))
            .arg("-out")
            .arg(&bundle),
    );
    done(
        Command::new("certutil")
            .args(["-N", "--empty-password", "-d"])
            .arg(folder),
    );
    let mut import = Command::new("pk12util");
    import.arg("-i").arg(&bundle).arg("-d").arg(folder);
    done(import.args(["-W", "", "-K", ""]));
}

fn done(command: &mut Command) {
    let program = command.get_program().display().to_string();
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}: {MISSING}"));
    assert!(
        output.status.success(),
        "{program}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn two_free_ports() -> (u16, u16) {
    let listeners = [0; 2].map(|_: u16| TcpListener::bind("127.0.0.1:0").unwrap());
    let [plain, tls] = listeners.map(|listener| listener.local_addr().unwrap().port());
    (plain, tls)
}

/// Whether it takes connections, as soon as it does; false once it has ended.
fn comes_up(child: &mut Child, port: u16) -> bool {
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::yield_now();
    }
}
