//! SSSD and its PAM module, asked with pamtester: a domain for each LDAP server.
//!
//! SSSD's folders are compiled in. It runs in a mount namespace of its own, where its configuration, its state, the PAM services and `/run`
//! are those of a temporary folder; without root, in a user namespace as well. A machine that allows neither (some containers without
//! `CAP_SYS_ADMIN`) cannot run these stories, and they fail and say so.

use super::{Attempt, Outcome, START, Schema, Server, folder, install, trust};
use crate::eventually;
use crate::people::PASSWORD;
use crate::process::Process;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The PAM service of these stories.
const SIGN_IN: &str = "postern-sign-in";
/// The same for a login program that goes on where acct_mgmt demands a new password, which pamtester does not.
const SIGN_IN_AND_CHANGE: &str = "postern-sign-in-and-change";

/// Seconds SSSD waits for its servers and for its own parts. With its defaults, of six to ten, it is offline on a busy machine.
const PATIENCE: u32 = 60;

/// Puts our folders over the machine's, for this process and its children alone.
const MOUNT_AND_RUN: &str = r#"
set -eu
mount --bind "$1/etc" /etc/sssd
mount --bind "$1/state" /var/lib/sss
mount --bind "$1/log" /var/log/sssd
mount --bind "$1/pam.d" /etc/pam.d
mount --bind "$1/run" /run
exec /usr/sbin/sssd -i --logger=stderr
"#;

/// A running SSSD.
pub struct Sssd {
    process: Process,
    namespaces: &'static [&'static str],
    folder: TempDir,
}

/// Where root may not make a mount namespace, it may perhaps make a user namespace with one in it, as anybody else.
fn namespaces() -> &'static [&'static str] {
    let own = Command::new("unshare").args(["--mount", "true"]).output();
    if own.is_ok_and(|output| output.status.success()) {
        &["--mount"]
    } else {
        &["--mount", "--user", "--map-root-user"]
    }
}

impl Sssd {
    /// One with a domain for each of these servers; `name@domain` is who signs in.
    pub fn start(servers: &[Server]) -> Self {
        install();
        let folder = folder();
        let path = folder.path();
        for name in [
            "etc",
            "log",
            "pam.d",
            "run",
            "state/db",
            "state/mc",
            "state/pipes/private",
            "state/pubconf/krb5.include.d",
            "state/gpo_cache",
            "state/secrets",
            "state/deskprofile",
        ] {
            fs::create_dir_all(path.join(name)).unwrap();
        }
        trust(path, servers);
        let file = path.join("etc/sssd.conf");
        fs::write(&file, configuration(path, servers)).unwrap();
        // SSSD refuses a configuration that others can read.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let account = "account required pam_sss.so";
        fs::write(path.join("pam.d").join(SIGN_IN), pam_service(account)).unwrap();
        let account =
            "account [success=ok new_authtok_reqd=ignore default=bad] pam_sss.so\naccount required pam_permit.so";
        fs::write(path.join("pam.d").join(SIGN_IN_AND_CHANGE), pam_service(account)).unwrap();
        let namespaces = namespaces();
        let mut command = Command::new("unshare");
        command.args(namespaces);
        command.args(["sh", "-c", MOUNT_AND_RUN, "sssd"]).arg(path);
        let mut process = Process::start("sssd", &mut command, &path.join("sssd.log"));
        let pipe = path.join("state/pipes/private/pam");
        eventually("SSSD's PAM responder is there", START, || {
            let ended = process.ended();
            assert!(
                ended.is_none(),
                "SSSD does not start; it needs a mount namespace of its own, as root with CAP_SYS_ADMIN or where user namespaces are allowed:\n{}",
                process.output()
            );
            pipe.exists().then_some(())
        });
        Self {
            process,
            namespaces,
            folder,
        }
    }

    /// `authenticate`, then `acct_mgmt`, as a login program asks.
    pub fn sign_in(&self, domain: &str, login: &str, password: &str) -> Attempt {
        self.pam(SIGN_IN, domain, login, &["authenticate", "acct_mgmt"], &[password])
    }

    /// The same and then, with what was found out, `chauthtok`, as a login program does where a new password is demanded: the old one,
    /// then the new one twice.
    pub fn sign_in_and_change(&self, domain: &str, login: &str, old: &str, new: &str) -> Attempt {
        let operations = ["authenticate", "acct_mgmt", "chauthtok(PAM_CHANGE_EXPIRED_AUTHTOK)"];
        self.pam(SIGN_IN_AND_CHANGE, domain, login, &operations, &[old, old, new, new])
    }

    fn pam(&self, service: &str, domain: &str, login: &str, operations: &[&str], answers: &[&str]) -> Attempt {
        let mut command = Command::new("nsenter");
        command
            .arg("--target")
            .arg(self.process.id().to_string())
            .arg("--mount");
        if self.namespaces.contains(&"--user") {
            command.args(["--user", "--preserve-credentials"]);
        }
        let mut tester = command
            .args(["pamtester", service, &format!("{login}@{domain}")])
            .args(operations)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = tester.stdin.take().unwrap();
        for answer in answers {
            // Where nothing more is asked, the program may be gone already.
            let _ = writeln!(input, "{answer}");
        }
        drop(input);
        let output = tester.wait_with_output().unwrap();
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        let said = String::from_utf8_lossy(&said);
        let outcome = if output.status.success() {
            Outcome::In
        } else if said.contains("new one required") && operations.len() == 2 {
            Outcome::MustChange
        } else {
            Outcome::Refused
        };
        Attempt {
            outcome,
            shown: messages(&said),
        }
    }

    /// What SSSD has logged.
    pub fn log(&self) -> String {
        let mut files: Vec<PathBuf> = fs::read_dir(self.folder.path().join("log"))
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        let logs = files.iter().map(|file| fs::read_to_string(file).unwrap_or_default());
        logs.fold(self.process.output(), |all, log| all + &log)
    }
}

/// What a login program shows besides its prompts: SSSD's messages, and what the last code of PAM means.
fn messages(said: &str) -> String {
    let mut messages = Vec::new();
    for line in said.lines() {
        // Prompts end without a line end; what pamtester says itself follows the last of them.
        let (prompts, own) = line.split_once("pamtester: ").unwrap_or((line, ""));
        let is_prompt = prompts.trim_end().ends_with("assword:");
        if !is_prompt && !prompts.trim().is_empty() {
            messages.push(prompts.trim());
        }
        let done = [
            "successfully authenticated",
            "account management done.",
            "authentication token altered",
        ];
        if !own.is_empty() && !done.iter().any(|done| own.starts_with(done)) {
            messages.push(own);
        }
    }
    messages.join(" / ")
}

/// SSSD alone: nobody of this machine can sign in here.
fn pam_service(account: &str) -> String {
    format!("auth required pam_sss.so\n{account}\npassword required pam_sss.so\nsession required pam_sss.so\n")
}

fn configuration(folder: &Path, servers: &[Server]) -> String {
    let folder = folder.display();
    let names: Vec<&str> = servers.iter().map(|server| server.name.as_str()).collect();
    let mut text = format!(
        "[sssd]
services = pam
domains = {}
timeout = {PATIENCE}

[pam]
pam_verbosity = 2
timeout = {PATIENCE}
",
        names.join(", ")
    );
    for server in servers {
        let Server {
            name,
            address,
            people,
            service,
            ..
        } = server;
        // Numbers of accounts and groups stand in the entries here; what a domain does without them is not what is tried.
        let schema = match server.schema {
            Schema::Rfc2307 => "rfc2307",
            Schema::ActiveDirectory => "ad\nldap_id_mapping = false\nldap_referrals = false",
        };
        write!(
            text,
            "
[domain/{name}]
id_provider = ldap
auth_provider = ldap
chpass_provider = ldap
access_provider = permit
use_fully_qualified_names = true
cache_credentials = false
ldap_uri = ldap://{address}
ldap_schema = {schema}
ldap_search_base = {people}
ldap_default_bind_dn = {service}
ldap_default_authtok = {PASSWORD}
ldap_id_use_start_tls = true
ldap_tls_cacert = {folder}/ca.pem
ldap_tls_reqcert = demand
ldap_network_timeout = {PATIENCE}
ldap_opt_timeout = {PATIENCE}
ldap_search_timeout = {PATIENCE}
timeout = {PATIENCE}
"
        )
        .unwrap();
    }
    text
}
