//! A folder with a configuration and policies, the program running in it, and a directory that answers what it is told to.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// Longer than anything may take; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const POLICY: &str = "priority = 1\n[[policy]]\nroute = \"*\"\nsurface = \"text\"\n";

pub(crate) struct Given {
    pub(crate) folder: TempDir,
}

impl Given {
    /// A sound configuration on free ports, in front of a directory at this address.
    pub(crate) fn new(directory: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("policies")).unwrap();
        let given = Self { folder };
        given.write("policies/p.toml", POLICY);
        given.write(
            "gateway.toml",
            &format!(
                r#"[server]
public_url = "https://reset.example.org"
[telemetry]
metrics_address = "127.0.0.1:0"
[[listener]]
name = "ldap"
address = "127.0.0.1:0"
route = "applications"
[[directory]]
name = "people"
dialect = "openldap"
urls = ["ldap://{directory}"]
[[route]]
name = "applications"
directory = "people"
[limits]
drain_seconds = 1
"#
            ),
        );
        given
    }

    /// The same with a directory in the program itself.
    pub(crate) fn embedded() -> Self {
        let directory = nobody();
        let given = Self::new(directory);
        given.edit(
            &format!("dialect = \"openldap\"\nurls = [\"ldap://{directory}\"]"),
            "dialect = \"embedded\"\nbase_dn = \"dc=example,dc=org\"\nhashing = { memory_kib = 8192, passes = 1, threads = 1 }",
        );
        given
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn edit(&self, right: &str, written: &str) {
        let text = fs::read_to_string(self.path("gateway.toml")).unwrap();
        assert!(text.contains(right), "{right}");
        self.write("gateway.toml", &text.replace(right, written));
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postern"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("NOTIFY_SOCKET")
            .stdin(Stdio::null());
        command
    }

    /// `postern serve`, its log being read.
    pub(crate) fn serve(&self) -> Program {
        Program::start(self.command(&["serve", "--config", "gateway.toml"]))
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) results: String,
    pub(crate) problems: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            results: String::from_utf8(output.stdout).unwrap(),
            problems: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The program while it runs; ended when this is dropped.
pub(crate) struct Program {
    child: Child,
    lines: Receiver<serde_json::Value>,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (tell, lines) = channel();
        let log = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in log.lines() {
                let Ok(line) = line else { return };
                let Ok(()) = tell.send(serde_json::from_str(&line).unwrap()) else {
                    return;
                };
            }
        });
        Self { child, lines }
    }

    /// The next log line with this message.
    pub(crate) fn said(&self, message: &str) -> serde_json::Value {
        loop {
            let line = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("never said {message:?}"));
            if line["message"] == message {
                return line;
            }
        }
    }

    /// Where health and metrics are; waits until everything is started.
    pub(crate) fn started(&self) -> SocketAddr {
        let address = self.said("health and metrics are served")["address"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        self.said("serving");
        address
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn exit_code(&mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The answer to a GET: status and body.
pub(crate) fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// A number of the metrics page.
pub(crate) fn metric(address: SocketAddr, name: &str) -> u64 {
    let (_, page) = get(address, "/metrics");
    let line = page.lines().find(|line| line.starts_with(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name} is not in\n{page}"))
        .rsplit(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

/// An address where nobody listens.
pub(crate) fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A directory that answers every search with an empty entry and success, for as long as the test runs.
pub(crate) fn directory() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let mut request = [0; 1024];
                // Requests are short and wait for their answers, so each read is one; its id is the fifth octet.
                while let Ok(length) = stream.read(&mut request) {
                    if length < 6 {
                        return;
                    }
                    let id = request[4];
                    let entry = [0x30, 0x09, 0x02, 0x01, id, 0x64, 0x04, 0x04, 0x00, 0x30, 0x00];
                    let done = [
                        0x30, 0x0c, 0x02, 0x01, id, 0x65, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00,
                    ];
                    if stream.write_all(&[&entry[..], &done[..]].concat()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}
