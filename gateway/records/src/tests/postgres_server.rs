//! One PostgreSQL for this test program, from Debian's package (`tests/setup`), and a schema of its own for each test.
//!
//! A shell watches over it: when this program ends, however it does, the shell's input ends, and it ends the server and removes its
//! folder.

use crate::PostgresSettings;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, raw_sql};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) const PASSWORD: &str = "only a test's";

/// The shell is never waited for: its input is to last as long as this program.
/// A running server: trusted through its socket, with a password through its port.
pub(crate) struct Server {
    folder: PathBuf,
    pub(crate) port: u16,
    _shell: Child,
}

pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start)
}

/// A schema that nobody has used.
pub(crate) async fn fresh() -> PostgresSettings {
    static SCHEMAS: AtomicU32 = AtomicU32::new(0);
    let schema = format!("test_{}", SCHEMAS.fetch_add(1, Ordering::Relaxed));
    let mut settings = PostgresSettings::new(server().url("postgres"), None);
    run(&settings, &format!("CREATE SCHEMA {schema}")).await;
    settings.url = format!("{}&options=-csearch_path%3D{schema}", settings.url);
    settings.connections = 5;
    settings
}

/// Runs this there, as the server's owner.
pub(crate) async fn run(settings: &PostgresSettings, sql: &str) {
    raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection(settings).await)
        .await
        .unwrap();
}

pub(crate) async fn connection(settings: &PostgresSettings) -> PgConnection {
    PgConnectOptions::from_str(&settings.url)
        .unwrap()
        .connect()
        .await
        .unwrap()
}

impl Server {
    pub(crate) fn url(&self, user: &str) -> String {
        format!(
            "postgres://{user}@localhost:{}/postgres?host={}",
            self.port,
            self.folder.display()
        )
    }
}

fn start() -> Server {
    let folder = tempfile::Builder::new().prefix("postern-pg").tempdir().unwrap().keep();
    let owner = are_root().then(|| (id("-u"), id("-g")));
    if let Some((user, group)) = owner {
        chown(&folder, Some(user), Some(group)).unwrap();
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut shell = Command::new("/bin/sh");
    if let Some((user, group)) = owner {
        shell.uid(user).gid(group);
    }
    shell
        .args(["-c", WATCH, "watch"])
        .arg(programs())
        .arg(&folder)
        .arg(port.to_string())
        .arg(PASSWORD);
    shell
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    if line != "ready\n" {
        said.read_to_string(&mut line).unwrap();
        panic!("PostgreSQL does not start: {line}");
    }
    Server {
        folder,
        port,
        _shell: child,
    }
}

/// $1 the programs, $2 the folder, $3 the port, $4 the password. What it starts it ends, by its id.
const WATCH: &str = r#"
printf '%s' "$4" > "$2/password"
"$1/initdb" -D "$2/data" -U postgres -E UTF8 --locale=C -A scram-sha-256 --auth-local=trust --pwfile="$2/password" --no-sync > "$2/log" 2>&1
"$1/postgres" -D "$2/data" -k "$2" -p "$3" -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200 \
  -c shared_buffers=32MB -c max_locks_per_transaction=10 -c autovacuum=off -c deadlock_timeout=50ms >> "$2/log" 2>&1 < /dev/null &
server=$!
until "$1/pg_isready" -q -h "$2" -p "$3"; do
  kill -0 $server 2> /dev/null || { cat "$2/log"; rm -rf "$2"; exit 1; }
  sleep 0.05
done
echo ready
exec > /dev/null
cat > /dev/null
kill -QUIT $server
wait $server
rm -rf "$2"
"#;

/// Where Debian puts the programs of its newest PostgreSQL.
fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed: tests/setup does it")
        .map(|version| version.unwrap().path().join("bin"))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL is installed: tests/setup does it")
}

/// PostgreSQL refuses to run as root.
fn are_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn id(which: &str) -> u32 {
    let said = Command::new("id").args([which, "postgres"]).output().unwrap();
    String::from_utf8(said.stdout)
        .unwrap()
        .trim()
        .parse()
        .expect("there is a user postgres")
}
