//! What an upstream needs to know, as values that were already checked where they could be.

use super::dialect::DialectName;
use super::error::SetupError;
use postern_identity::{DirectoryName, Secret};
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// One directory: a product, some servers of it that hold the same entries, and how to reach them.
pub struct Settings {
    /// What rules and logs call it.
    pub name: DirectoryName,
    /// The product.
    pub dialect: DialectName,
    /// In order of preference.
    pub servers: Vec<ServerSettings>,
    /// How one of them is chosen.
    pub balance: Balance,
    /// Whether `ldap://` connections are secured with StartTLS (RFC 4511 §4.14).
    pub start_tls: bool,
    /// How certificates are verified. There is no way not to.
    pub tls: TlsSettings,
    /// Where accounts are looked up. Without it, the directory's one naming context.
    pub base_dn: Option<String>,
    /// Who reads entries for us.
    pub service_account: Option<ServiceAccount>,
    /// The policy of accounts that name none, where the product does not tell (slapd's `ppolicy_default`).
    pub default_policy_dn: Option<String>,
    /// Whether a server off this machine may be spoken to without TLS.
    pub allow_plaintext: bool,
    /// From the first packet to a connection under TLS, for each server tried.
    pub connect_timeout: Duration,
    /// For each answer the service account or discovery waits for.
    pub answer_timeout: Duration,
    /// How long a lost server is passed over while another one is there.
    pub retry_after: Duration,
    /// How often each server is asked whether it is well.
    pub check_interval: Duration,
    /// How long it has for the answer.
    pub check_timeout: Duration,
    /// How long sign-ins of an account go to the server that took its last write; zero for not at all.
    pub read_your_writes: Duration,
    /// How long whoever is signed in on a server that is being drained may stay.
    pub drain_after: Duration,
}

/// One server of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// Where it is.
    pub url: ServerUrl,
    /// What it is for.
    pub role: Role,
    /// How large its share is beside the others, from 1.
    pub weight: u32,
    /// Whether nothing new is to be sent there.
    pub drain: bool,
}

/// What a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Everything.
    #[default]
    Any,
    /// What may be written; read from only where no other is there.
    Writer,
    /// What is only read; it refers writes elsewhere.
    Reader,
}

/// How a server is chosen among those that are there and fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Balance {
    /// The first in order.
    #[default]
    Ordered,
    /// Each account has its server, and what is nobody's goes where the fewest lanes are in use.
    Spread,
}

impl From<ServerUrl> for ServerSettings {
    fn from(url: ServerUrl) -> Self {
        Self {
            url,
            role: Role::Any,
            weight: 1,
            drain: false,
        }
    }
}

impl Settings {
    /// The usual times and nothing else: 3 s to connect, 10 s to answer, a lost server tried again after half a second, each asked every
    /// 10 s, writes remembered for 10 s, half a minute to leave a drained server.
    pub fn new(name: DirectoryName, servers: Vec<ServerUrl>) -> Self {
        Self {
            name,
            dialect: DialectName::OpenLdap,
            servers: servers.into_iter().map(ServerSettings::from).collect(),
            balance: Balance::Ordered,
            start_tls: false,
            tls: TlsSettings::default(),
            base_dn: None,
            service_account: None,
            default_policy_dn: None,
            allow_plaintext: false,
            connect_timeout: Duration::from_secs(3),
            answer_timeout: Duration::from_secs(10),
            retry_after: Duration::from_millis(500),
            check_interval: Duration::from_secs(10),
            check_timeout: Duration::from_secs(5),
            read_your_writes: Duration::from_secs(10),
            drain_after: Duration::from_secs(30),
        }
    }

    /// Of a directory in this process, whose people lie below `base_dn`. It answers as slapd does, and its accounts have the policy
    /// `cn=default,ou=policies` there unless they name another.
    pub fn embedded(name: DirectoryName, base_dn: String) -> Self {
        let mut settings = Self::new(name, Vec::new());
        settings.servers = vec![ServerUrl::in_process(&settings.name).into()];
        settings.dialect = DialectName::Embedded;
        settings.default_policy_dn = Some(format!("cn=default,ou=policies,{base_dn}"));
        settings.base_dn = Some(base_dn);
        settings
    }

    /// The same once more, its secret too: where that goes is the caller's to see.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            name: self.name.clone(),
            dialect: self.dialect,
            servers: self.servers.clone(),
            balance: self.balance,
            start_tls: self.start_tls,
            tls: self.tls.clone(),
            base_dn: self.base_dn.clone(),
            service_account: self.service_account.as_ref().map(|account| ServiceAccount {
                dn: account.dn.clone(),
                password: account.password.duplicate(),
            }),
            default_policy_dn: self.default_policy_dn.clone(),
            allow_plaintext: self.allow_plaintext,
            connect_timeout: self.connect_timeout,
            answer_timeout: self.answer_timeout,
            retry_after: self.retry_after,
            check_interval: self.check_interval,
            check_timeout: self.check_timeout,
            read_your_writes: self.read_your_writes,
            drain_after: self.drain_after,
        }
    }

    /// Whether the directory is in this process.
    pub fn is_in_process(&self) -> bool {
        self.dialect == DialectName::Embedded || self.servers.iter().any(|server| server.url.is_in_process())
    }

    /// Whether there is, or will be, an account of our own in it: a directory in this process makes one at each start.
    pub fn has_service_account(&self) -> bool {
        self.service_account.is_some() || self.is_in_process()
    }
}

/// How a server's certificate is verified.
#[derive(Debug, Clone, Default)]
pub struct TlsSettings {
    /// PEM certificates of the only authorities to trust; without it, those of this machine.
    pub ca_file: Option<PathBuf>,
    /// The name certificates must be for, where it is not the URL's.
    pub server_name: Option<String>,
}

/// Our own account in the directory. No `Debug`: it holds a password.
pub struct ServiceAccount {
    /// Its DN.
    pub dn: String,
    /// Its password.
    pub password: Secret,
}

/// `ldap://host:port` or `ldaps://host:port`; or a directory in this process, shown as `embedded:name`, which no text reads as.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerUrl {
    tls: bool,
    host: String,
    /// 0: none, for it is in this process.
    port: u16,
}

impl ServerUrl {
    /// Where a directory in this process is.
    pub(crate) fn in_process(name: &DirectoryName) -> Self {
        Self {
            tls: false,
            host: name.to_string(),
            port: 0,
        }
    }

    /// Whether it is in this process.
    pub fn is_in_process(&self) -> bool {
        self.port == 0
    }

    /// Reads a URL (RFC 4516) that names a server and nothing else. Without a port: 389, or 636 for `ldaps`.
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        let (scheme, rest) = text.split_once("://").ok_or(SetupError::ServerUrl)?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "ldap" => false,
            "ldaps" => true,
            _ => return Err(SetupError::ServerUrl),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = if let Some(bracketed) = authority.strip_prefix('[') {
            let (host, after) = bracketed.split_once(']').ok_or(SetupError::ServerUrl)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| SetupError::ServerUrl)?;
            match after {
                "" => (host, None),
                _ => (host, Some(after.strip_prefix(':').ok_or(SetupError::ServerUrl)?)),
            }
        } else {
            match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            }
        };
        let known = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_' | b':');
        if host.is_empty() || host.len() > 253 || !host.bytes().all(known) {
            return Err(SetupError::ServerUrl);
        }
        let port = match port {
            None if tls => 636,
            None => 389,
            // `parse` alone would take "+389".
            Some(digits) if digits.bytes().all(|octet| octet.is_ascii_digit()) => {
                digits.parse().map_err(|_| SetupError::ServerUrl)?
            }
            Some(_) => return Err(SetupError::ServerUrl),
        };
        if port == 0 {
            return Err(SetupError::ServerUrl);
        }
        Ok(Self {
            tls,
            host: host.to_ascii_lowercase(),
            port,
        })
    }

    /// Whether the connection is under TLS from its first octet.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Whether it names this machine: `localhost`, or a loopback address. What the name resolves to is checked again at each connect.
    pub fn is_loopback(&self) -> bool {
        self.is_in_process()
            || self.host == "localhost"
            || self
                .host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.to_canonical().is_loopback())
    }

    /// A name or an address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// 0 of a directory in this process alone.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for ServerUrl {
    type Err = SetupError;

    fn from_str(text: &str) -> Result<Self, SetupError> {
        Self::parse(text)
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_in_process() {
            return write!(f, "embedded:{}", self.host);
        }
        let scheme = if self.tls { "ldaps" } else { "ldap" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_urls_read_and_write_back() {
        for (text, written, tls, loopback) in [
            ("ldap://127.0.0.1:3389", "ldap://127.0.0.1:3389", false, true),
            (
                "LDAPS://Directory.Example.org",
                "ldaps://directory.example.org:636",
                true,
                false,
            ),
            ("ldap://localhost/", "ldap://localhost:389", false, true),
            ("ldaps://[::1]:1636", "ldaps://[::1]:1636", true, true),
            ("ldap://[2001:db8::1]", "ldap://[2001:db8::1]:389", false, false),
            (
                "ldap://[::ffff:127.0.0.1]",
                "ldap://[::ffff:127.0.0.1]:389",
                false,
                true,
            ),
        ] {
            let url = ServerUrl::parse(text).unwrap();
            assert_eq!(
                (url.to_string().as_str(), url.is_tls(), url.is_loopback()),
                (written, tls, loopback)
            );
            assert_eq!(ServerUrl::parse(written).as_ref(), Ok(&url));
        }
    }

    #[test]
    fn what_is_more_or_less_than_a_server_is_not_a_server_url() {
        for text in [
            "",
            "ldap",
            "ldap://",
            "ldap:///",
            "http://a",
            "ldapi://%2fvar%2frun",
            "ldap://a:0",
            "ldap://a:65536",
            "ldap://a:+389",
            "ldap://a:",
            "ldap://a/dc=example",
            "ldap://user@a",
            "ldap://[::1",
            "ldap://[a]",
            "ldap://[::1]x",
            "ldap://::1",
            "ldap://a b",
        ] {
            assert_eq!(ServerUrl::parse(text), Err(SetupError::ServerUrl), "{text}");
        }
    }
}
