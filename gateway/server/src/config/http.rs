//! `[http]`: where people and programs reach the pages and their API.

use super::listener::{Certificate, TlsWord, pair};
use super::reading::{Reading, Text, text_of};
use super::way_in::{NamedCertificateTable, networks};
use postern_portal::ProofSettings;
use postern_proxy::Network;
use postern_web::Rate;
use schemars::JsonSchema;
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::Duration;
use toml::Spanned;

/// Where pages are served, over TLS alone.
#[derive(Debug, Clone)]
pub struct Http {
    /// Where it listens.
    pub address: SocketAddr,
    /// The certificate it shows.
    pub certificate: Certificate,
    /// Certificates for those who ask for a server by one of these names, in lower case.
    pub named_certificates: Vec<(Vec<Box<str>>, Certificate)>,
    /// Whose word on where a request comes from is taken.
    pub trusted_proxies: Vec<Network>,
    /// The work asked of whoever wants a message.
    pub proof: ProofSettings,
    /// How often one network may ask anything at all.
    pub rate: Rate,
}

impl Http {
    /// Every certificate it shows to somebody.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        let named = self.named_certificates.iter().map(|(_, certificate)| certificate);
        std::iter::once(&self.certificate).chain(named)
    }
}

/// Where people and programs reach the pages and their API, over TLS alone. Left out: nothing of the kind is served.
#[derive(Deserialize, JsonSchema)]
pub(super) struct HttpTable {
    /// Where it listens: an IP address and a port, such as 127.0.0.1:8443 or [::]:443.
    #[schemars(with = "String")]
    address: Text,
    /// The certificate and those above it, PEM. Left out: one is made, with an authority of its own in the state folder.
    #[schemars(with = "Option<String>")]
    certificate_file: Text,
    /// Its key, PEM, readable by the program alone.
    #[schemars(with = "Option<String>")]
    key_file: Text,
    /// Other certificates, for those who ask for a server by a certain name (SNI).
    #[schemars(with = "Option<Vec<NamedCertificateTable>>")]
    certificate: Option<Vec<Spanned<NamedCertificateTable>>>,
    /// Load balancers that say in X-Forwarded-For or Forwarded where a request comes from: networks such as 10.0.0.0/8, or addresses. Nobody else's
    /// word is taken.
    #[schemars(with = "Option<Vec<String>>")]
    trusted_proxies: Option<Spanned<Vec<Spanned<String>>>>,
    /// How much work a browser does before a message is sent, so that flooding mailboxes costs something: one more doubles it. 0: none.
    #[schemars(with = "Option<u32>", range(min = 0, max = 24), extend("default" = 18))]
    work_bits: Option<Spanned<u64>>,
    /// Seconds to wait instead, where there is no script.
    #[schemars(with = "Option<u32>", range(min = 1, max = 600), extend("default" = 10))]
    wait_seconds: Option<Spanned<u64>>,
    /// How often one network may ask anything at all, each file of a page and each call of a program: so often at once. Many people behind one address
    /// need more.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1_000_000), extend("default" = 1_000))]
    requests_at_once: Option<Spanned<u64>>,
    /// And so much more often each second.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1_000_000), extend("default" = 250))]
    requests_per_second: Option<Spanned<u64>>,
}

impl HttpTable {
    pub(super) fn read(self, reading: &mut Reading<'_>) -> Option<Http> {
        let address = self.address.as_ref().and_then(|written| {
            let address = reading.address("address", written)?;
            reading.claim(address, "the pages", &written.span());
            Some(address)
        });
        let certificate = text_of(self.certificate_file.as_ref());
        let certificate = pair(certificate, text_of(self.key_file.as_ref()), reading);
        let named = self.certificate.unwrap_or_default();
        let named: Vec<_> = named
            .into_iter()
            .map(|table| table.into_inner().read(TlsWord::Ldaps, reading))
            .collect();
        let usual = ProofSettings::default();
        let proof = ProofSettings {
            bits: self
                .work_bits
                .map_or(usual.bits, |bits| u8::try_from(bits.into_inner()).unwrap_or(u8::MAX)),
            wait: self
                .wait_seconds
                .map_or(usual.wait, |seconds| Duration::from_secs(seconds.into_inner())),
            ..usual
        };
        let count = |written: Option<Spanned<u64>>, usual: u32| {
            written.map_or(usual, |count| u32::try_from(count.into_inner()).unwrap_or(u32::MAX))
        };
        let usual = Rate::default();
        let rate = Rate {
            at_once: count(self.requests_at_once, usual.at_once),
            each_second: count(self.requests_per_second, usual.each_second),
        };
        let trusted_proxies = networks("trusted_proxies", self.trusted_proxies, reading);
        Some(Http {
            address: address?,
            certificate: certificate?.unwrap_or(Certificate::Generated),
            named_certificates: named.into_iter().collect::<Option<_>>()?,
            trusted_proxies,
            proof,
            rate,
        })
    }
}
