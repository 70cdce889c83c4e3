//! The command line, read once into [`Settings`]. Anything wrong with it ends the program with 2 and the help text.

use crate::{ber, tls};
use rustls::pki_types::ServerName;
use std::collections::HashMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;
use std::sync::Arc;

const HELP: &str = "ldapload --url ldap://HOST:PORT --workload W [options]
  --url URL             ldap://, ldaps:// (the certificate is not checked: a load tool, not a client)
  --workload W          bind        a simple bind as one user after another, connections kept
                        search      one search an operation, connections bound once
                        bindsearch  bind as the user, then search (one operation)
                        connect     connect, bind, search, unbind (one operation)
                        idle        open --connections, bind each, hold them for --seconds
  --connections N       [32]
  --pipeline N          outstanding searches a connection [1]; bind and connect always 1
  --seconds S           measured time [5]
  --warmup S            unmeasured time before [0.5]
  --threads N           [1]
  --users N             users 1..N, drawn at random [10000]
  --dn-template T       {n} is the user's number, five digits [uid=user{n},ou=people,dc=example,dc=org]
  --password P          {n} likewise [secret]
  --bind-dn D           who the search workload's connections bind as [the first user drawn]
  --bind-password P     [--password]
  --anonymous           search and idle: no bind at all
  --base B              {n} likewise [dc=example,dc=org]
  --scope S             base, one, sub [sub]
  --filter-template F   [(uid=user{n})]
  --attrs A,B           [all]
  --expect-entries N    entries each search must return [1]
  --no-check-dn         with one entry expected its DN must be the user's; this leaves that out
  --expect-code N       the result code each bind must give [0]; workload bind only
  --ppolicy             send the password policy request control with each bind
  --server-name NAME    the name asked for in the TLS handshake (SNI) [the host of --url, if it is a name]
  --proxy-v2            begin each connection with a PROXY protocol header, version 2: from 127.0.0.9
  --tls-resume          resume TLS sessions (off: each connection does a full handshake)
  --source-spread N     to a loopback server: turn the source through N addresses from 127.1.0.1 on, so that
                        connections in TIME_WAIT do not use up the ports of one [250; 1 to 250, 0 turns it off]
  --timeout S           an operation unanswered for S is an error [10]
  --max-errors N        stop after N errors [100]
  --cpu-pid NAME:PID[,PID..]  report the CPU those processes used while measuring (repeatable)
  --json                one JSON object on stdout
Exit: 0 all replies right; 1 any error; 2 usage.";

const FLAGS: [&str; 6] = [
    "--json",
    "--anonymous",
    "--no-check-dn",
    "--ppolicy",
    "--proxy-v2",
    "--tls-resume",
];
const VALUES: [&str; 22] = [
    "--url",
    "--workload",
    "--connections",
    "--pipeline",
    "--seconds",
    "--warmup",
    "--threads",
    "--users",
    "--dn-template",
    "--password",
    "--bind-dn",
    "--bind-password",
    "--base",
    "--scope",
    "--filter-template",
    "--attrs",
    "--expect-entries",
    "--expect-code",
    "--server-name",
    "--source-spread",
    "--timeout",
    "--max-errors",
];

/// A PROXY protocol header, version 2, for a connection over TCP and IPv4 from 127.0.0.9:4000 to 127.0.0.1:389.
const PROXY_HEADER: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x7f\x00\x00\x09\x7f\x00\x00\x01\x0f\xa0\x01\x85";

/// What one operation is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Bind,
    Search,
    BindSearch,
    Connect,
    Idle,
}

impl Work {
    pub const ALL: [(&str, Work); 5] = [
        ("bind", Work::Bind),
        ("search", Work::Search),
        ("bindsearch", Work::BindSearch),
        ("connect", Work::Connect),
        ("idle", Work::Idle),
    ];

    pub fn name(self) -> &'static str {
        Work::ALL
            .iter()
            .find(|(_, work)| *work == self)
            .map_or("", |(name, _)| name)
    }
}

/// A process, or several that count as one, whose processor time is reported.
pub struct Process {
    pub name: String,
    pub pids: Vec<u32>,
}

pub struct Settings {
    pub url: String,
    pub address: SocketAddr,
    pub host: ServerName<'static>,
    pub tls: Option<Arc<rustls::ClientConfig>>,
    pub tls_resume: bool,
    /// What each connection begins with, before TLS.
    pub preface: &'static [u8],
    /// How many loopback source addresses are used in turn; 0 leaves the choice to the kernel.
    pub source_spread: u8,
    pub work: Work,
    pub connections: usize,
    pub pipeline: usize,
    pub threads: usize,
    pub seconds: f64,
    pub warmup: f64,
    pub timeout: f64,
    pub max_errors: u64,
    pub users: u64,
    pub dn: String,
    pub password: String,
    pub bind_dn: Option<String>,
    pub bind_password: Option<String>,
    pub anonymous: bool,
    pub base: String,
    pub scope: u32,
    pub filter: String,
    /// The filter encoded once, where it is the same for every user.
    pub fixed_filter: Option<Vec<u8>>,
    pub attributes: Vec<Vec<u8>>,
    pub expect_entries: u32,
    pub check_dn: bool,
    pub expect_code: u32,
    /// Encoded controls of every bind; empty for none.
    pub controls: Vec<u8>,
    pub processes: Vec<Process>,
    pub json: bool,
}

pub fn read() -> Settings {
    let (given, processes) = collect();
    let text = |name: &str, default: &str| given.get(name).map_or(default.to_string(), String::clone);
    let flag = |name: &str| given.contains_key(name);

    let url = given.get("--url").cloned().unwrap_or_else(|| usage("--url is needed"));
    let (secure, host, address) = server(&url);
    let work = given
        .get("--workload")
        .and_then(|w| Work::ALL.iter().find(|(name, _)| name == w));
    let work = work
        .unwrap_or_else(|| usage("--workload: bind, search, bindsearch, connect or idle"))
        .1;
    let connections: usize = number(&given, "--connections", 32);
    let threads: usize = number(&given, "--threads", 1);
    if connections == 0 || threads == 0 || threads > connections {
        usage("--connections and --threads: at least 1, and no more threads than connections");
    }
    let source_spread = number(&given, "--source-spread", 250u8);
    if source_spread > 250 {
        usage("--source-spread: 0 to 250");
    }
    let filter = text("--filter-template", "(uid=user{n})");
    let encoded = ber::filter(&filter.replace("{n}", "00001")).unwrap_or_else(|error| usage(&error));
    let fixed_filter = (!filter.contains("{n}")).then_some(encoded);
    let expect_entries = number(&given, "--expect-entries", 1);

    Settings {
        address,
        host: ServerName::try_from(given.get("--server-name").cloned().unwrap_or(host))
            .unwrap_or_else(|_| usage("--url, --server-name: that host can be no TLS name")),
        tls: secure.then(|| tls::config(flag("--tls-resume"))),
        tls_resume: flag("--tls-resume"),
        preface: if flag("--proxy-v2") { PROXY_HEADER } else { &[] },
        source_spread,
        work,
        connections,
        pipeline: if work == Work::Search {
            number(&given, "--pipeline", 1usize).max(1)
        } else {
            1
        },
        threads,
        seconds: seconds(&given, "--seconds", 5.0),
        warmup: seconds(&given, "--warmup", 0.5),
        timeout: seconds(&given, "--timeout", 10.0),
        max_errors: number(&given, "--max-errors", 100),
        users: number(&given, "--users", 10_000u64).max(1),
        dn: text("--dn-template", "uid=user{n},ou=people,dc=example,dc=org"),
        password: text("--password", "secret"),
        bind_dn: given.get("--bind-dn").cloned(),
        bind_password: given.get("--bind-password").cloned(),
        anonymous: flag("--anonymous"),
        base: text("--base", "dc=example,dc=org"),
        scope: match text("--scope", "sub").as_str() {
            "base" => 0,
            "one" => 1,
            "sub" => 2,
            _ => usage("--scope: base, one or sub"),
        },
        check_dn: expect_entries == 1 && fixed_filter.is_none() && !flag("--no-check-dn"),
        filter,
        fixed_filter,
        attributes: given.get("--attrs").map_or(Vec::new(), |list| {
            list.split(',').map(|a| a.as_bytes().to_vec()).collect()
        }),
        expect_entries,
        expect_code: number(&given, "--expect-code", 0),
        controls: if flag("--ppolicy") {
            ber::ppolicy_control()
        } else {
            Vec::new()
        },
        processes,
        json: flag("--json"),
        url,
    }
}

fn collect() -> (HashMap<String, String>, Vec<Process>) {
    let mut arguments = std::env::args().skip(1);
    let (mut given, mut processes) = (HashMap::new(), Vec::new());
    while let Some(name) = arguments.next() {
        if name == "-h" || name == "--help" {
            println!("{HELP}");
            std::process::exit(0)
        }
        if FLAGS.contains(&name.as_str()) {
            given.insert(name, String::new());
            continue;
        }
        if name != "--cpu-pid" && !VALUES.contains(&name.as_str()) {
            usage(&format!("unknown option {name}"));
        }
        let value = arguments
            .next()
            .unwrap_or_else(|| usage(&format!("{name} wants a value")));
        if name == "--cpu-pid" {
            processes.push(process(&value));
        } else {
            given.insert(name, value);
        }
    }
    (given, processes)
}

fn process(value: &str) -> Process {
    let (name, pids) = value
        .split_once(':')
        .unwrap_or_else(|| usage("--cpu-pid wants NAME:PID"));
    let pids = pids
        .split(',')
        .map(|pid| pid.parse().unwrap_or_else(|_| usage("--cpu-pid: not a pid")))
        .collect();
    Process {
        name: name.to_string(),
        pids,
    }
}

fn server(url: &str) -> (bool, String, SocketAddr) {
    let (secure, rest) = match url.split_once("://") {
        Some(("ldap", rest)) => (false, rest),
        Some(("ldaps", rest)) => (true, rest),
        _ => usage("--url: ldap:// or ldaps://"),
    };
    let rest = rest.trim_end_matches('/');
    let with_port = rest.rsplit(']').next().is_some_and(|tail| tail.contains(':'));
    let authority = if with_port {
        rest.to_string()
    } else {
        format!("{rest}:{}", if secure { 636 } else { 389 })
    };
    let address = match authority.to_socket_addrs() {
        Ok(mut found) => found.next().unwrap_or_else(|| usage("--url: no address")),
        Err(error) => usage(&format!("--url: {error}")),
    };
    let host = authority
        .rsplit_once(':')
        .map_or("", |(host, _)| host)
        .trim_matches(['[', ']'])
        .to_string();
    (secure, host, address)
}

fn number<T: FromStr>(given: &HashMap<String, String>, name: &str, default: T) -> T {
    given.get(name).map_or(default, |v| {
        v.parse()
            .unwrap_or_else(|_| usage(&format!("{name}: not such a number")))
    })
}

/// A span of time that a clock can add: not negative, not endless.
fn seconds(given: &HashMap<String, String>, name: &str, default: f64) -> f64 {
    let span = number(given, name, default);
    if (0.0..=86_400.0).contains(&span) {
        span
    } else {
        usage(&format!("{name}: 0 to 86400 seconds"))
    }
}

fn usage(message: &str) -> ! {
    eprintln!("ldapload: {message}\n{HELP}");
    std::process::exit(2)
}
