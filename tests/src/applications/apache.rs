//! Apache httpd with mod_authnz_ldap: a page for each LDAP server, asked for with curl.

use super::{Attempt, Outcome, PEOPLE, Server, TRIES, are_root, begin, folder, install, run, trust};
use crate::people::{PASSWORD, SERVICE};
use crate::port;
use crate::process::Process;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A running httpd.
pub struct Apache {
    process: Process,
    port: u16,
    /// Dropped after the process.
    _folder: TempDir,
}

impl Apache {
    /// One with a page for each of these servers.
    pub fn start(servers: &[Server]) -> Self {
        install();
        let folder = folder();
        trust(folder.path(), servers);
        fs::create_dir(folder.path().join("pages")).unwrap();
        for server in servers {
            fs::write(folder.path().join("pages").join(&server.name), "Welcome").unwrap();
        }
        for _ in 0..TRIES {
            let port = port::free();
            let file = folder.path().join("httpd.conf");
            fs::write(&file, configuration(folder.path(), port, servers)).unwrap();
            let mut command = Command::new("/usr/sbin/apache2");
            command.arg("-DFOREGROUND").arg("-f").arg(&file);
            let log = folder.path().join("httpd.log");
            if let Some(process) = begin("apache2", &mut command, &log, "resuming normal operations") {
                return Self {
                    process,
                    port,
                    _folder: folder,
                };
            }
        }
        panic!("httpd finds no free port");
    }

    /// Asks for the page of one server with a name and a password: the status, and what the browser shows.
    pub fn sign_in(&self, server: &str, login: &str, password: &str) -> Attempt {
        let (output, said) = run(Command::new("curl")
            .args(["--silent", "--show-error", "--max-time", "60"])
            .args(["--write-out", "\n%{http_code}", "--user"])
            .arg(format!("{login}:{password}"))
            .arg(format!("http://127.0.0.1:{}/{server}", self.port)));
        assert!(output.status.success(), "curl: {said}");
        let (body, status) = said.rsplit_once('\n').unwrap();
        let body = body.split_once("<h1>").map_or(body, |(_, rest)| rest);
        let heading = body.split('<').next().unwrap_or_default().trim();
        Attempt {
            outcome: Outcome::in_if(status == "200"),
            shown: format!("{status} {heading}"),
        }
    }

    /// What httpd has logged.
    pub fn log(&self) -> String {
        self.process.output()
    }
}

fn configuration(folder: &Path, port: u16, servers: &[Server]) -> String {
    let folder = folder.display();
    let mut text = format!(
        "ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/httpd.pid
DefaultRuntimeDir {folder}
Mutex file:{folder}
ErrorLog /dev/stderr
LogLevel info
DocumentRoot {folder}/pages
StartServers 1
ThreadsPerChild 4
MaxRequestWorkers 4
MinSpareThreads 1
MaxSpareThreads 4
LDAPTrustedGlobalCert CA_BASE64 {folder}/ca.pem
LDAPVerifyServerCert On
LDAPConnectionTimeout 60
LDAPTimeout 60
LDAPSharedCacheSize 0
LDAPCacheEntries 0
LDAPOpCacheEntries 0
"
    );
    let modules = [
        "mpm_event",
        "authn_core",
        "auth_basic",
        "authz_core",
        "authz_user",
        "ldap",
        "authnz_ldap",
    ];
    for module in modules {
        writeln!(
            text,
            "LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so"
        )
        .unwrap();
    }
    // Every Debian has this account; a web server's workers may not be root.
    if are_root() {
        text.push_str("User www-data\nGroup www-data\n");
    }
    for Server { name, address, .. } in servers {
        write!(
            text,
            "<Location /{name}>
AuthType Basic
AuthName {name}
AuthBasicProvider ldap
AuthLDAPURL \"ldap://{address}/{PEOPLE}?uid?sub\" STARTTLS
AuthLDAPBindDN \"{SERVICE}\"
AuthLDAPBindPassword {PASSWORD}
Require valid-user
</Location>
"
        )
        .unwrap();
    }
    // Directives of a module come after it is loaded.
    let (own, of_modules): (Vec<&str>, Vec<&str>) = text
        .lines()
        .partition(|line| ["ServerRoot", "LoadModule"].iter().any(|first| line.starts_with(first)));
    [own, of_modules].concat().join("\n") + "\n"
}
