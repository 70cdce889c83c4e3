//! A slapd of our own: configured, filled, started on free ports, and ended when dropped.

use crate::certificates::ServerCertificate;
use crate::directory;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running slapd.
pub(crate) struct Slapd {
    child: Child,
    pub(crate) plain_port: u16,
    pub(crate) tls_port: u16,
    _folder: TempDir,
}

impl Slapd {
    pub(crate) fn start(certificate: &ServerCertificate) -> Self {
        Self::start_with(certificate, "")
    }

    /// With more lines in the global part of its configuration.
    pub(crate) fn start_with(certificate: &ServerCertificate, global: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir(path.join("db")).unwrap();
        fs::write(path.join("certificate.pem"), &certificate.certificate).unwrap();
        fs::write(path.join("key.pem"), &certificate.key).unwrap();
        fs::write(path.join("all.ldif"), directory::ldif()).unwrap();
        let configuration = path.join("slapd.conf");
        fs::write(&configuration, directory::configuration(path, global)).unwrap();
        let loaded = Command::new("/usr/sbin/slapadd")
            .args(["-q", "-f"])
            .arg(&configuration)
            .arg("-l")
            .arg(path.join("all.ldif"))
            .output()
            .expect("slapd is not installed: tests/setup installs it");
        assert!(
            loaded.status.success(),
            "slapadd: {}",
            String::from_utf8_lossy(&loaded.stderr)
        );
        // Another process may take a free port before slapd does: then slapd ends, and other ports are tried.
        for _ in 0..5 {
            let (plain_port, tls_port) = two_free_ports();
            let mut child = Command::new("/usr/sbin/slapd")
                .args(["-d", "0", "-f"])
                .arg(&configuration)
                .arg("-h")
                .arg(format!("ldap://127.0.0.1:{plain_port} ldaps://127.0.0.1:{tls_port}"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            if comes_up(&mut child, tls_port) {
                return Self {
                    child,
                    plain_port,
                    tls_port,
                    _folder: folder,
                };
            }
        }
        panic!("slapd does not start");
    }

    pub(crate) fn plain_url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.plain_port)
    }

    pub(crate) fn tls_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }

    /// Stops it as if its machine had lost power.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it from answering while the kernel goes on taking connections for it. Returns when every thread has stopped: the
    /// signal reaches them one after another, and a thread that still runs answers.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
        let threads = format!("/proc/{}/task", self.child.id());
        let deadline = Instant::now() + Duration::from_secs(10);
        while !fs::read_dir(&threads)
            .unwrap()
            .all(|thread| is_stopped(&thread.unwrap().path()))
        {
            assert!(Instant::now() < deadline, "slapd does not stop");
            std::thread::yield_now();
        }
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }
}

/// Whether a thread is in the state T (proc(5)); one that has ended meanwhile counts.
fn is_stopped(thread: &Path) -> bool {
    fs::read_to_string(thread.join("stat")).map_or(true, |stat| {
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    })
}

impl Drop for Slapd {
    fn drop(&mut self) {
        // By the process we started and no other, also after a failed test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn two_free_ports() -> (u16, u16) {
    let listeners = [0; 2].map(|_: u16| TcpListener::bind("127.0.0.1:0").unwrap());
    let [plain, tls] = listeners.map(|listener| listener.local_addr().unwrap().port());
    (plain, tls)
}

/// Whether slapd takes connections, as soon as it does; false once it has ended.
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
