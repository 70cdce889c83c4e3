//! Dovecot with a passdb of the kind `ldap` that signs in as the person (`auth_bind`), asked by `doveadm auth test` and over IMAP.

use super::{
    Attempt, Outcome, PEOPLE, Server, TRIES, account, are_root, begin, folder, install, own_names, run, trust,
};
use crate::people::{PASSWORD, SERVICE};
use crate::port;
use crate::process::Process;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Who owns the mail where the tests run as root: nobody in particular.
const MAIL_OWNER: &str = "nobody";

/// A running Dovecot that asks one server.
pub struct Dovecot {
    process: Process,
    port: u16,
    folder: TempDir,
}

impl Dovecot {
    /// One that asks this server.
    pub fn start(server: &Server) -> Self {
        install();
        let folder = folder();
        let path = folder.path();
        trust(path, std::slice::from_ref(server));
        fs::write(path.join("ldap.conf"), directory(path, server)).unwrap();
        for _ in 0..TRIES {
            let port = port::free();
            fs::write(path.join("dovecot.conf"), configuration(path, port)).unwrap();
            let mut command = Command::new("/usr/sbin/dovecot");
            command.arg("-F").arg("-c").arg(path.join("dovecot.conf"));
            let log = path.join("dovecot.log");
            if let Some(process) = begin("dovecot", &mut command, &log, "starting up for imap") {
                return Self { process, port, folder };
            }
        }
        panic!("Dovecot finds no free port");
    }

    /// `doveadm auth test`: what the administrator is shown, without the name.
    pub fn test(&self, login: &str, password: &str) -> Attempt {
        let (output, said) = run(Command::new("/usr/bin/doveadm")
            .arg("-c")
            .arg(self.folder.path().join("dovecot.conf"))
            .args(["auth", "test", login, password]));
        Attempt {
            outcome: Outcome::in_if(output.status.success()),
            shown: said.lines().next().unwrap_or_default().replace(login, "…"),
        }
    }

    /// LOGIN over IMAP (RFC 9051 §6.2.3): the server's tagged answer, which a mail program shows.
    pub fn login(&self, login: &str, password: &str) -> Attempt {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let greeting = lines.next().unwrap().unwrap();
        assert!(greeting.starts_with("* OK "), "{greeting}");
        write!(stream, "a LOGIN \"{login}\" \"{password}\"\r\n").unwrap();
        let answer = lines
            .map(Result::unwrap)
            .find(|line| line.starts_with("a "))
            .expect("an answer to LOGIN");
        Attempt {
            outcome: Outcome::in_if(answer.starts_with("a OK")),
            shown: without_capabilities(answer.trim_start_matches("a ")),
        }
    }

    /// What Dovecot has logged.
    pub fn log(&self) -> String {
        self.process.output()
    }
}

/// `OK [CAPABILITY IMAP4rev1 …] Logged in` without the list.
fn without_capabilities(answer: &str) -> String {
    match (answer.find("[CAPABILITY"), answer.find("] ")) {
        (Some(start), Some(end)) => format!("{}{}", &answer[..start], &answer[end + 2..]),
        _ => answer.to_owned(),
    }
}

fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    // As root Dovecot changes to accounts of its own, and refuses mail that is root's. As anybody else it can do neither that nor chroot.
    let (accounts, owner) = if are_root() {
        let (user, group) = account(MAIL_OWNER);
        (String::new(), format!("uid={user} gid={group}"))
    } else {
        let user = rustix::process::geteuid().as_raw();
        let group = rustix::process::getegid().as_raw();
        let (name, group_name) = own_names();
        (
            format!(
                "default_internal_user = {name}
default_internal_group = {group_name}
default_login_user = {name}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
"
            ),
            format!("uid={user} gid={group}"),
        )
    };
    format!(
        "base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
auth_verbose = yes
protocols = imap
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:~/mail
passdb {{
  driver = ldap
  args = {folder}/ldap.conf
}}
userdb {{
  driver = static
  args = {owner} home={folder}/homes/%u
}}
# Otherwise the answer to whoever has failed before waits for seconds.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
{accounts}"
    )
}

fn directory(folder: &Path, server: &Server) -> String {
    let folder = folder.display();
    format!(
        "uris = ldap://{}
tls = yes
tls_ca_cert_file = {folder}/ca.pem
tls_require_cert = demand
dn = {SERVICE}
dnpass = {PASSWORD}
auth_bind = yes
base = {PEOPLE}
scope = subtree
pass_filter = (uid=%u)
pass_attrs = uid=user
",
        server.address
    )
}
