//! FreeRADIUS with rlm_ldap: a virtual server for each LDAP server, asked with radclient.

use super::{Attempt, Outcome, PEOPLE, Server, TRIES, begin, folder, install, trust};
use crate::people::{PASSWORD, SERVICE};
use crate::port;
use crate::process::Process;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Between FreeRADIUS and what asks it.
const SECRET: &str = "shared-secret";

/// A running FreeRADIUS.
pub struct FreeRadius {
    process: Process,
    ports: Vec<(String, u16)>,
    folder: TempDir,
}

impl FreeRadius {
    /// One with a port for each of these servers.
    pub fn start(servers: &[Server]) -> Self {
        install();
        let folder = folder();
        let path = folder.path();
        trust(path, servers);
        // Attributes of one's own could stand here; both programs look for the file.
        fs::write(path.join("dictionary"), "").unwrap();
        for _ in 0..TRIES {
            let ports: Vec<(String, u16)> = servers
                .iter()
                .map(|server| (server.name.clone(), port::free()))
                .collect();
            fs::write(path.join("radiusd.conf"), configuration(path, servers, &ports)).unwrap();
            let mut command = Command::new("/usr/sbin/freeradius");
            command.args(["-f", "-x", "-l", "stdout", "-d"]).arg(path);
            let log = path.join("radiusd.log");
            if let Some(process) = begin("freeradius", &mut command, &log, "Ready to process requests") {
                return Self { process, ports, folder };
            }
        }
        panic!("FreeRADIUS finds no free ports");
    }

    /// An Access-Request (RFC 2865 §4.1): the answer's name, and what Reply-Message says.
    pub fn sign_in(&self, server: &str, login: &str, password: &str) -> Attempt {
        let (_, port) = self.ports.iter().find(|(name, _)| name == server).unwrap();
        let mut client = Command::new("radclient")
            .arg("-d")
            .arg(self.folder.path())
            .args(["-x", "-r", "1", "-t", "60"])
            .args([&format!("127.0.0.1:{port}"), "auth", SECRET])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = client.stdin.take().unwrap();
        writeln!(input, "User-Name = \"{login}\", User-Password = \"{password}\"").unwrap();
        drop(input);
        let output = client.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let received = said.split_once("Received ").map(|(_, rest)| rest);
        let received = received.unwrap_or_else(|| {
            panic!(
                "no answer: {said}{}\n{}",
                String::from_utf8_lossy(&output.stderr),
                self.log()
            )
        });
        let packet = received.split_whitespace().next().unwrap_or_default();
        let message = received
            .lines()
            .find_map(|line| line.trim().strip_prefix("Reply-Message = "))
            .map(|quoted| format!(": {}", quoted.trim_matches('"').replace(&format!("{server}: "), "")));
        Attempt {
            outcome: Outcome::in_if(packet == "Access-Accept"),
            shown: format!("{packet}{}", message.unwrap_or_default()),
        }
    }

    /// What FreeRADIUS has logged.
    pub fn log(&self) -> String {
        self.process.output()
    }
}

fn configuration(folder: &Path, servers: &[Server], ports: &[(String, u16)]) -> String {
    let folder = folder.display();
    let instances: String = servers
        .iter()
        .map(|server| instance(&folder.to_string(), server))
        .collect();
    let virtual_servers: String = ports.iter().map(|(name, port)| virtual_server(name, *port)).collect();
    format!(
        "prefix = /usr
raddbdir = {folder}
run_dir = {folder}
logdir = {folder}
libdir = /usr/lib/freeradius
pidfile = {folder}/radiusd.pid
hostname_lookups = no
max_request_time = 60
log {{
  auth = yes
}}
security {{
  reject_delay = 0
  allow_vulnerable_openssl = yes
}}
client tests {{
  ipaddr = 127.0.0.1
  secret = {SECRET}
}}
thread pool {{
  start_servers = 1
  max_servers = 4
  min_spare_servers = 1
  max_spare_servers = 2
}}
modules {{
{instances}}}
{virtual_servers}"
    )
}

/// As in Debian's mods-available/ldap.
fn instance(folder: &str, server: &Server) -> String {
    let Server { name, address, .. } = server;
    format!(
        "  ldap {name} {{
    server = '{}'
    port = {}
    identity = '{SERVICE}'
    password = '{PASSWORD}'
    base_dn = '{PEOPLE}'
    user {{
      base_dn = \"${{..base_dn}}\"
      filter = \"(uid=%{{User-Name}})\"
    }}
    tls {{
      start_tls = yes
      ca_file = {folder}/ca.pem
      require_cert = 'demand'
    }}
    options {{
      res_timeout = 60
      net_timeout = 60
    }}
    pool {{
      start = 1
      min = 1
      max = 4
      spare = 1
      retry_delay = 1
    }}
  }}
",
        address.ip(),
        address.port(),
    )
}

/// Why somebody was refused goes back as Reply-Message, as administrators configure it who want people to know: the last thing a module
/// said, which is the server's own text where there is one.
fn virtual_server(name: &str, port: u16) -> String {
    format!(
        "server {name} {{
  listen {{
    type = auth
    ipaddr = 127.0.0.1
    port = {port}
  }}
  authorize {{
    {name}
    if ((ok || updated) && User-Password) {{
      update control {{
        Auth-Type := {name}
      }}
    }}
  }}
  authenticate {{
    Auth-Type {name} {{
      {name}
    }}
  }}
  post-auth {{
    Post-Auth-Type REJECT {{
      update reply {{
        Reply-Message := \"%{{Module-Failure-Message[*]}}\"
      }}
    }}
  }}
}}
"
    )
}
