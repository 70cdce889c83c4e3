//! `[[listener]]`: where applications connect.

use super::reading::{Reading, Text, Word, text_of};
use super::way_in::{ChooseTable, ClientCertificatesTable, NamedCertificateTable, ProxyProtocolTable};
use crate::certificate::{self, CertificateError};
use postern_proxy::{Network, RouteChoice};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use schemars::JsonSchema;
use serde::Deserialize;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use toml::Spanned;

/// Where applications connect.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Its name, for logs and metrics.
    pub name: Arc<str>,
    /// Where it listens.
    pub address: SocketAddr,
    /// How it uses TLS, and with which certificate.
    pub tls: ListenerTls,
    /// The route that serves whoever connects here and no choice is for.
    pub route: Arc<str>,
    /// Other routes for some of them, in order.
    pub choices: Vec<RouteChoice>,
    /// Load balancers that say whose connection they pass on.
    pub proxy_protocol: Vec<Network>,
    /// Certificates for those who ask for a server by one of these names, in lower case.
    pub named_certificates: Vec<(Vec<Box<str>>, Certificate)>,
    /// Whose certificates clients may show.
    pub client_certificates: Option<ClientCertificates>,
}

/// Certificates of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificates {
    /// PEM, the authorities whose certificates are accepted.
    pub ca_file: PathBuf,
    /// Whether nobody comes in without one.
    pub required: bool,
}

impl Listener {
    /// The certificate it shows, if it has TLS.
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.tls {
            ListenerTls::None => None,
            ListenerTls::StartTls(certificate) | ListenerTls::Ldaps(certificate) => Some(certificate),
        }
    }

    /// Every certificate it shows to somebody.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        let named = self.named_certificates.iter().map(|(_, certificate)| certificate);
        self.certificate().into_iter().chain(named)
    }
}

/// How a listener uses TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerTls {
    /// Not at all.
    None,
    /// When a client asks (RFC 4511 §4.14).
    StartTls(Certificate),
    /// From the first octet.
    Ldaps(Certificate),
}

/// Where a certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Certificate {
    /// From files of the administrator's.
    Files {
        /// PEM, the server's own certificate first.
        certificate: PathBuf,
        /// PEM.
        key: PathBuf,
    },
    /// From a certificate authority made in the state folder.
    Generated,
}

/// How a listener uses TLS, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum TlsWord {
    /// Not at all. Passwords from elsewhere than this machine are refused unless a policy says otherwise.
    None,
    /// Plain LDAP on which a client may start TLS.
    Starttls,
    /// TLS from the first byte.
    Ldaps,
}

/// Where applications connect.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ListenerTable {
    /// Its name, for logs and metrics.
    #[schemars(with = "String")]
    name: Text,
    /// Where it listens: an IP address and a port, such as 127.0.0.1:3389 or [::]:636.
    #[schemars(with = "String")]
    address: Text,
    /// "starttls": plain LDAP on which a client may start TLS. "ldaps": TLS from the first byte. "none": never TLS.
    #[schemars(with = "Option<TlsWord>", extend("default" = "starttls"))]
    tls: Word<TlsWord>,
    /// The route that serves whoever connects here.
    #[schemars(with = "String")]
    route: Text,
    /// The server's certificate and those above it, PEM. Without one, a certificate for localhost is made in the state folder.
    #[schemars(with = "Option<String>")]
    certificate_file: Text,
    /// The key of that certificate, PEM, readable by the program alone.
    #[schemars(with = "Option<String>")]
    key_file: Text,
    /// Certificates for clients that ask for a server by a certain name (SNI).
    #[schemars(with = "Option<Vec<NamedCertificateTable>>")]
    certificate: Option<Vec<Spanned<NamedCertificateTable>>>,
    /// Whether clients may show a certificate, and whose.
    #[schemars(with = "Option<ClientCertificatesTable>")]
    client_certificates: Option<Spanned<ClientCertificatesTable>>,
    /// Load balancers before this listener that say whose connection they pass on (PROXY protocol, version 2).
    #[schemars(with = "Option<ProxyProtocolTable>")]
    proxy_protocol: Option<ProxyProtocolTable>,
    /// Other routes for some clients. The first that fits is taken, and without one the listener's own.
    #[schemars(with = "Option<Vec<ChooseTable>>")]
    choose: Option<Vec<Spanned<ChooseTable>>>,
}

/// A listener and the places of the routes it names.
pub(super) type Read = (Listener, Vec<(Arc<str>, Range<usize>)>);

impl ListenerTable {
    /// The listener, and where its routes are named.
    pub(super) fn read(mut self, reading: &mut Reading<'_>) -> Option<Read> {
        let name = reading.name("listener", self.name.as_ref());
        let address = self.address.as_ref().and_then(|written| {
            let address = reading.address("address", written)?;
            let claimant = format!("listener {}", name.as_deref().unwrap_or("without a name"));
            reading.claim(address, &claimant, &written.span());
            Some(address)
        });
        let tls = self.tls.as_ref().map_or(TlsWord::Starttls, |word| *word.get_ref());
        let certificate = text_of(self.certificate_file.as_ref());
        let key = text_of(self.key_file.as_ref());
        let proxy_protocol = self
            .proxy_protocol
            .take()
            .map(|table| table.read(reading))
            .unwrap_or_default();
        let named = self.certificate.take().unwrap_or_default();
        let named: Vec<_> = named
            .into_iter()
            .map(|table| table.into_inner().read(tls, reading))
            .collect();
        let asked = self.client_certificates.take();
        let asked = asked.map(|table| {
            let span = table.span();
            table.into_inner().read(tls, &span, reading)
        });
        let choices = self.choose.take().unwrap_or_default();
        let choices: Vec<_> = choices
            .into_iter()
            .map(|table| {
                let span = table.span();
                table.into_inner().read(tls, &span, reading)
            })
            .collect();
        if tls == TlsWord::None {
            for (key, written) in [("certificate_file", certificate), ("key_file", key)] {
                if let Some(written) = written {
                    reading.problem(
                        &written.span(),
                        format!("{key} on a listener without TLS"),
                        "leave it out, or tls = \"starttls\" or \"ldaps\"",
                    );
                }
            }
        }
        let certificate = pair(certificate, key, reading)?.unwrap_or(Certificate::Generated);
        let route = self.route?;
        let (choices, spans): (Vec<_>, Vec<_>) = choices.into_iter().collect::<Option<Vec<_>>>()?.into_iter().unzip();
        let own = (Arc::from(route.get_ref().as_str()), route.span());
        let named_routes = choices.iter().map(|choice: &RouteChoice| Arc::clone(&choice.route));
        let routes = std::iter::once(own).chain(named_routes.zip(spans)).collect();
        let listener = Listener {
            name: name?,
            address: address?,
            tls: match tls {
                TlsWord::None => ListenerTls::None,
                TlsWord::Starttls => ListenerTls::StartTls(certificate),
                TlsWord::Ldaps => ListenerTls::Ldaps(certificate),
            },
            route: route.get_ref().as_str().into(),
            choices,
            proxy_protocol,
            named_certificates: named.into_iter().collect::<Option<_>>()?,
            client_certificates: match asked {
                Some(asked) => Some(asked?),
                None => None,
            },
        };
        Some((listener, routes))
    }
}

/// A certificate and its key, if they are given: both must be, and belong together. `None` if there is a problem.
#[allow(
    clippy::option_option,
    reason = "a problem that was told of, nothing given, or a pair"
)]
pub(super) fn pair(
    certificate: Option<&Spanned<String>>,
    key: Option<&Spanned<String>>,
    reading: &mut Reading<'_>,
) -> Option<Option<Certificate>> {
    match (certificate, key) {
        (None, None) => Some(None),
        (Some(certificate), Some(key)) => {
            let span = key.span();
            let certificate = reading.readable("certificate_file", certificate, |octets| {
                certificate::certificates(octets).is_some()
            });
            let key = reading.private("key_file", key, |octets| PrivateKeyDer::from_pem_slice(octets).is_ok());
            let (certificate, key) = (certificate?, key?);
            if let Err(error) = certificate::load(&certificate, &key) {
                let what = match error {
                    CertificateError::Mismatch => "the key does not belong to the certificate",
                    _ => "the key and the certificate cannot be used together",
                };
                return reading.none(&span, what, "the key that certificate_file was made with");
            }
            Some(Some(Certificate::Files { certificate, key }))
        }
        (Some(alone), None) => reading.none(
            &alone.span(),
            "certificate_file without key_file",
            "name the key beside it",
        ),
        (None, Some(alone)) => reading.none(
            &alone.span(),
            "key_file without certificate_file",
            "name the certificate beside it",
        ),
    }
}
