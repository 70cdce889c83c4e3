//! What is configured, and what is wrong with it.

use crate::address::{Mailbox, NoMailbox};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use postern_identity::reset::ports::PATIENCE;
use postern_identity::secret::Secret;
use std::net::IpAddr;
use std::time::Duration;
use url::{Host, Url};

/// How mail goes out. Whoever reads configuration makes one.
pub struct Settings {
    /// `smtps://host[:465]`, TLS from the first octet, or `smtp://host[:587]`, where STARTTLS is required, but on this machine.
    pub url: String,
    /// Whom mails come from where a message names nobody: `name <somebody@example.org>`, or the address alone.
    pub from: String,
    /// How we sign in there, if at all.
    pub sign_in: Option<SignIn>,
    /// Whom to trust, as PEM. `None`: whom this machine trusts.
    pub authorities: Option<Vec<u8>>,
    /// How long handing one mail over may take, connecting included.
    pub deadline: Duration,
    /// The most connections at once. What is more waits, within its deadline.
    pub connections: u8,
}

impl Settings {
    /// With nothing but what has to be said.
    pub fn new(url: impl Into<String>, from: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            from: from.into(),
            sign_in: None,
            authorities: None,
            deadline: PATIENCE,
            connections: 4,
        }
    }
}

/// Who we are at the mail server.
pub struct SignIn {
    /// The name.
    pub username: String,
    /// The password; text.
    pub password: Secret,
}

/// Whoever configured this wrote something that cannot be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The address of the server.
    #[error("the mail server is written smtps://host:465, or smtp://host:587 for STARTTLS, and nothing else")]
    Url,
    /// Whom mails come from.
    #[error("the sender is written somebody@example.org, or with a name: Accounts <somebody@example.org>")]
    From(#[source] NoMailbox),
    /// Whom to trust.
    #[error("the file of certificate authorities holds no certificate in PEM that can be used")]
    Authorities,
    /// The password.
    #[error("the mail server's password is not text")]
    Password,
    /// The numbers.
    #[error("the deadline is between one second and two minutes, and there are 1 to 64 connections")]
    OutOfRange,
}

/// The mail server, parsed.
pub(crate) struct Relay {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) protection: Protection,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) hello: ClientId,
    pub(crate) deadline: Duration,
    pub(crate) connections: u8,
}

/// How a connection is protected.
pub(crate) enum Protection {
    /// TLS from the first octet (RFC 8314 §3.3).
    Implicit(TlsParameters),
    /// STARTTLS (RFC 3207), without which nothing more is said.
    StartTls(TlsParameters),
    /// None: this machine alone.
    ThisMachine,
}

impl Settings {
    pub(crate) fn parse(self) -> Result<(Relay, Mailbox), SettingsError> {
        let (host, port, implicit) = parse_url(&self.url)?;
        let from = Mailbox::parse_named(&self.from).map_err(SettingsError::From)?;
        let in_range = (Duration::from_secs(1)..=Duration::from_mins(2)).contains(&self.deadline)
            && (1..=64).contains(&self.connections);
        if !in_range {
            return Err(SettingsError::OutOfRange);
        }
        let name = host_text(&host);
        let protection = if implicit {
            Protection::Implicit(tls(&name, self.authorities.as_deref())?)
        } else if is_this_machine(&host) && self.authorities.is_none() {
            Protection::ThisMachine
        } else {
            Protection::StartTls(tls(&name, self.authorities.as_deref())?)
        };
        let credentials = self.sign_in.map(credentials).transpose()?;
        let relay = Relay {
            host: name,
            port,
            protection,
            credentials,
            // Not this machine's own name, which is nobody's business: whom the mails come from (RFC 5321 §4.1.1.1 wants a domain).
            hello: ClientId::Domain(from.domain().to_owned()),
            deadline: self.deadline,
            connections: self.connections,
        };
        Ok((relay, from))
    }
}

fn parse_url(text: &str) -> Result<(Host<String>, u16, bool), SettingsError> {
    let url = Url::parse(text).map_err(|_| SettingsError::Url)?;
    let implicit = match url.scheme() {
        "smtps" => true,
        "smtp" => false,
        _ => return Err(SettingsError::Url),
    };
    let bare = url.username().is_empty()
        && url.password().is_none()
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none();
    if !bare {
        return Err(SettingsError::Url);
    }
    // Schemes the URL standard does not know leave hosts as they were written: read it again as it reads those of the web.
    let host = match url.host() {
        Some(Host::Domain(name)) => Host::parse(name).map_err(|_| SettingsError::Url)?,
        Some(address) => address.to_owned(),
        None => return Err(SettingsError::Url),
    };
    Ok((host, url.port().unwrap_or(if implicit { 465 } else { 587 }), implicit))
}

fn host_text(host: &Host<String>) -> String {
    match host {
        Host::Domain(name) => name.clone(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

fn is_this_machine(host: &Host<String>) -> bool {
    match host {
        // RFC 6761 §6.3: it is never anything else.
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).is_loopback(),
    }
}

fn tls(host: &str, authorities: Option<&[u8]>) -> Result<TlsParameters, SettingsError> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(pem) = authorities {
        // An unreadable file must not come to mean "whom this machine trusts", nor an empty one "nobody", which every mail would show first.
        let holds_one = pem.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----");
        if !holds_one {
            return Err(SettingsError::Authorities);
        }
        let certificates = Certificate::from_pem(pem).map_err(|_| SettingsError::Authorities)?;
        parameters = parameters
            .certificate_store(CertificateStore::None)
            .add_root_certificate(certificates);
    }
    parameters.build_rustls().map_err(|_| SettingsError::Authorities)
}

fn credentials(sign_in: SignIn) -> Result<Credentials, SettingsError> {
    let password = std::str::from_utf8(sign_in.password.expose()).map_err(|_| SettingsError::Password)?;
    Ok(Credentials::new(sign_in.username, password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Result<Relay, SettingsError> {
        Settings::new(url, "a@example.org").parse().map(|(relay, _)| relay)
    }

    #[test]
    fn off_this_machine_there_is_no_mail_without_tls() {
        for away in [
            "smtp://mail.example.org",
            "smtp://192.0.2.1:25",
            "smtp://127.example.org",
            "smtp://[2001:db8::1]",
        ] {
            assert!(
                matches!(parsed(away).unwrap().protection, Protection::StartTls(_)),
                "{away}"
            );
        }
        for here in [
            "smtp://localhost",
            "smtp://LOCALHOST:2525",
            "smtp://127.0.0.1:2525",
            "smtp://[::1]:25",
        ] {
            assert!(
                matches!(parsed(here).unwrap().protection, Protection::ThisMachine),
                "{here}"
            );
        }
        assert!(matches!(
            parsed("smtps://localhost").unwrap().protection,
            Protection::Implicit(_)
        ));
    }

    #[test]
    fn ports_are_those_of_submission() {
        assert_eq!(parsed("smtps://mail.example.org").unwrap().port, 465);
        assert_eq!(parsed("smtp://mail.example.org/").unwrap().port, 587);
        assert_eq!(parsed("smtp://mail.example.org:25").unwrap().port, 25);
    }

    #[test]
    fn an_address_of_a_server_is_nothing_else() {
        for no in [
            "",
            "mail.example.org",
            "http://mail.example.org",
            "smtp://",
            "smtp://u:p@mail.example.org",
            "smtp://mail.example.org/path",
            "smtp://mail.example.org?tls=none",
            "smtp://mail.example.org#x",
            "smtp://a b",
        ] {
            assert_eq!(parsed(no).err(), Some(SettingsError::Url), "{no}");
        }
    }

    #[test]
    fn a_file_of_authorities_without_one_is_refused() {
        for no in [
            "",
            "not PEM",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let mut settings = Settings::new("smtps://mail.example.org", "a@example.org");
            settings.authorities = Some(no.into());
            assert_eq!(settings.parse().err(), Some(SettingsError::Authorities), "{no}");
        }
    }

    #[test]
    fn numbers_have_a_range() {
        for (deadline, connections) in [(0, 4), (121, 4), (10, 0), (10, 65)] {
            let mut settings = Settings::new("smtps://mail.example.org", "a@example.org");
            settings.deadline = Duration::from_secs(deadline);
            settings.connections = connections;
            assert_eq!(settings.parse().err(), Some(SettingsError::OutOfRange));
        }
    }
}
