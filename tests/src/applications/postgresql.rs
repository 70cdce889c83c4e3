//! PostgreSQL with `ldap` in pg_hba.conf, in both of its modes, asked with psql.

use super::{Attempt, Outcome, PEOPLE, Server, TRIES, account, are_root, begin, folder, install, run, trust};
use crate::eventually::within;
use crate::people::{PASSWORD, SERVICE};
use crate::port;
use crate::process::Process;
use rustix::process::Signal;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// PostgreSQL's own administrator, trusted on loopback.
const OWNER: &str = "administrator";

/// How pg_hba.conf finds the person's name in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `ldapprefix` and `ldapsuffix` around the role's name.
    Simple,
    /// The service account looks for the role's name, then the person signs in.
    SearchAndBind,
}

impl Mode {
    /// pg_hba.conf tells a server and a mode by the database that is asked for.
    fn database(self, server: &str) -> String {
        match self {
            Self::Simple => format!("{server}_simple"),
            Self::SearchAndBind => format!("{server}_search"),
        }
    }
}

/// A running PostgreSQL.
pub struct PostgreSql {
    process: Process,
    port: u16,
    folder: TempDir,
    ca_file: PathBuf,
}

impl PostgreSql {
    /// One that asks each of these servers, with a role for each of these people.
    pub fn start(servers: &[Server], roles: &[&str]) -> Self {
        install();
        let folder = folder();
        let path = folder.path();
        let ca_file = trust(path, servers);
        let data = path.join("data");
        fs::create_dir(&data).unwrap();
        if are_root() {
            let (user, group) = account("postgres");
            chown(&data, Some(user), Some(group)).unwrap();
        }
        let (made, said) = run(as_postgres(&programs().join("initdb"))
            .arg("-D")
            .arg(&data)
            .args(["--username", OWNER, "--auth", "trust", "--encoding", "UTF8"])
            .args(["--no-locale", "--no-sync", "--no-instructions"]));
        assert!(made.status.success(), "initdb: {said}");
        fs::write(data.join("pg_hba.conf"), who_may(servers)).unwrap();
        for _ in 0..TRIES {
            let port = port::free();
            if let Some(process) = serve(path, &ca_file, port) {
                let running = Self {
                    process,
                    port,
                    folder,
                    ca_file,
                };
                running.fill(servers, roles);
                return running;
            }
        }
        panic!("PostgreSQL finds no free port");
    }

    fn fill(&self, servers: &[Server], roles: &[&str]) {
        let mut sql = String::new();
        for role in roles {
            writeln!(sql, "CREATE ROLE \"{role}\" LOGIN;").unwrap();
        }
        for server in servers {
            for mode in [Mode::Simple, Mode::SearchAndBind] {
                writeln!(sql, "CREATE DATABASE {};", mode.database(&server.name)).unwrap();
            }
        }
        let file = self.folder.path().join("fill.sql");
        fs::write(&file, sql).unwrap();
        let (done, said) = run(self
            .psql("postgres", OWNER)
            .args(["-v", "ON_ERROR_STOP=1", "-f"])
            .arg(&file));
        assert!(done.status.success(), "psql: {said}");
    }

    /// A query as this role: what psql shows, without the name.
    pub fn sign_in(&self, server: &str, mode: Mode, role: &str, password: &str) -> Attempt {
        let (output, said) = run(self
            .psql(&mode.database(server), role)
            .env("PGPASSWORD", password)
            .args(["-c", "SELECT 'Welcome'"]));
        let shown = said
            .trim()
            .rsplit_once("failed: ")
            .map_or(said.trim(), |(_, error)| error);
        Attempt {
            outcome: Outcome::in_if(output.status.success() && said.trim() == "Welcome"),
            shown: shown.replace(&format!("\"{role}\""), "…"),
        }
    }

    /// A database of it, for who needs one to keep things in.
    pub fn url(&self) -> String {
        format!("postgres://{OWNER}@127.0.0.1:{}/postgres", self.port)
    }

    fn psql(&self, database: &str, role: &str) -> Command {
        let mut command = Command::new(programs().join("psql"));
        command
            .args(["-X", "-A", "-t", "-q", "-w", "-h", "127.0.0.1", "-p"])
            .arg(self.port.to_string())
            .args(["-d", database, "-U", role])
            .env("PGCONNECT_TIMEOUT", "60");
        command
    }

    /// Ends it, and every session with it.
    pub fn stop(&mut self) {
        self.process.signal(Signal::INT);
        self.process.end(Duration::from_secs(30));
    }

    /// Starts it again after [`PostgreSql::stop`], on the same port and data.
    pub fn start_again(&mut self) {
        let again = within(Duration::from_secs(30), || {
            serve(self.folder.path(), &self.ca_file, self.port)
        });
        self.process = again.expect("PostgreSQL starts again on its port");
    }

    /// What PostgreSQL has logged.
    pub fn log(&self) -> String {
        self.process.output()
    }
}

/// Starts it; nothing if it does not come up.
fn serve(folder: &Path, ca_file: &Path, port: u16) -> Option<Process> {
    let mut command = as_postgres(&programs().join("postgres"));
    command
        .env("LDAPTLS_CACERT", ca_file)
        .arg("-D")
        .arg(folder.join("data"))
        .args(settings(port));
    let log = folder.join("postgres.log");
    begin("postgres", &mut command, &log, "ready to accept connections")
}

/// PostgreSQL refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    let mut command = Command::new(program);
    if are_root() {
        let (user, group) = account("postgres");
        command.uid(user).gid(group);
    }
    command.current_dir("/");
    command
}

/// Where Debian puts the programs of its newest PostgreSQL.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let mut versions: Vec<PathBuf> = versions
        .map(|version| version.unwrap().path().join("bin"))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL is installed")
}

fn settings(port: u16) -> Vec<String> {
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "unix_socket_directories=".to_owned(),
        "fsync=off".to_owned(),
        "shared_buffers=8MB".to_owned(),
        "max_connections=60".to_owned(),
        "max_wal_senders=0".to_owned(),
        "wal_level=minimal".to_owned(),
        "autovacuum=off".to_owned(),
        "logging_collector=off".to_owned(),
        "log_destination=stderr".to_owned(),
    ];
    settings
        .into_iter()
        .flat_map(|setting| ["-c".to_owned(), setting])
        .collect()
}

fn who_may(servers: &[Server]) -> String {
    let mut lines = format!("host all {OWNER} 127.0.0.1/32 trust\n");
    for Server { name, address, .. } in servers {
        let server = format!("ldapserver={} ldapport={} ldaptls=1", address.ip(), address.port());
        let (simple, search) = (Mode::Simple.database(name), Mode::SearchAndBind.database(name));
        writeln!(
            lines,
            "host {simple} all 127.0.0.1/32 ldap {server} ldapprefix=\"uid=\" ldapsuffix=\",{PEOPLE}\"\n\
             host {search} all 127.0.0.1/32 ldap {server} ldapbasedn=\"{PEOPLE}\" ldapsearchattribute=uid \
             ldapbinddn=\"{SERVICE}\" ldapbindpasswd=\"{PASSWORD}\""
        )
        .unwrap();
    }
    lines
}
