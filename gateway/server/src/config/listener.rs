//! `[[listener]]`: where applications connect.

use super::reading::{Reading, Text, Word, text_of};
use crate::certificate::{self, CertificateError};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use schemars::JsonSchema;
use serde::Deserialize;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// Where applications connect.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Its name, for logs and metrics.
    pub name: Arc<str>,
    /// Where it listens.
    pub address: SocketAddr,
    /// How it uses TLS, and with which certificate.
    pub tls: ListenerTls,
    /// The route that serves whoever connects here.
    pub route: Arc<str>,
}

impl Listener {
    /// The certificate it shows, if it has TLS.
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.tls {
            ListenerTls::None => None,
            ListenerTls::StartTls(certificate) | ListenerTls::Ldaps(certificate) => Some(certificate),
        }
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
}

impl ListenerTable {
    /// The listener, and where its route is named.
    pub(super) fn read(self, reading: &mut Reading<'_>) -> Option<(Listener, Range<usize>)> {
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
        let certificate = match (certificate, key) {
            (None, None) => Certificate::Generated,
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
                Certificate::Files { certificate, key }
            }
            (Some(alone), None) => {
                return reading.none(
                    &alone.span(),
                    "certificate_file without key_file",
                    "name the key beside it",
                );
            }
            (None, Some(alone)) => {
                return reading.none(
                    &alone.span(),
                    "key_file without certificate_file",
                    "name the certificate beside it",
                );
            }
        };
        let route = self.route?;
        let listener = Listener {
            name: name?,
            address: address?,
            tls: match tls {
                TlsWord::None => ListenerTls::None,
                TlsWord::Starttls => ListenerTls::StartTls(certificate),
                TlsWord::Ldaps => ListenerTls::Ldaps(certificate),
            },
            route: route.get_ref().as_str().into(),
        };
        Some((listener, route.span()))
    }
}
