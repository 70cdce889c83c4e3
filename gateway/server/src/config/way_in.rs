//! What `[[listener]]` says of who comes in: load balancers before it, names clients ask for, networks, certificates.

use super::listener::{Certificate, ClientCertificates, TlsWord, pair};
use super::reading::{Reading, Text, text_of};
use crate::certificate;
use postern_policy::problem::quoted;
use postern_proxy::{Network, RouteChoice};
use rustls_pki_types::ServerName;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// Load balancers that say whose connection they pass on.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ProxyProtocolTable {
    /// Where they are: networks such as 10.0.0.0/8, or addresses. From there the header is required; from elsewhere none is read.
    #[schemars(with = "Vec<String>", length(min = 1))]
    trusted: Option<Spanned<Vec<Spanned<String>>>>,
}

/// A certificate for clients that ask for a server by one of these names.
#[derive(Deserialize, JsonSchema)]
pub(super) struct NamedCertificateTable {
    /// The host name, or a list of them, that clients ask for (SNI).
    #[schemars(with = "OneOrMore")]
    server_name: Option<Spanned<OneOrMore>>,
    /// The certificate and those above it, PEM.
    #[schemars(with = "String")]
    certificate_file: Text,
    /// Its key, PEM, readable by the program alone.
    #[schemars(with = "String")]
    key_file: Text,
}

/// Certificates of clients.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ClientCertificatesTable {
    /// The authorities whose certificates are accepted, PEM.
    #[schemars(with = "String")]
    ca_file: Text,
    /// Whether nobody comes in without one.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    required: Option<Spanned<bool>>,
}

/// A route for some clients of a listener.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ChooseTable {
    /// The host name, or a list of them, that the client asks for (SNI). Left out: whatever it asks for.
    #[schemars(with = "Option<OneOrMore>")]
    server_name: Option<Spanned<OneOrMore>>,
    /// Where the client comes from: networks such as 10.0.0.0/8, or addresses. Left out: from anywhere.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    networks: Option<Spanned<Vec<Spanned<String>>>>,
    /// Its route.
    #[schemars(with = "String")]
    route: Text,
}

/// A text, or a list of texts.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    Several(#[schemars(length(min = 1))] Vec<String>),
}

impl ProxyProtocolTable {
    pub(super) fn read(self, reading: &mut Reading<'_>) -> Vec<Network> {
        networks("trusted", self.trusted, reading)
    }
}

impl NamedCertificateTable {
    pub(super) fn read(self, tls: TlsWord, reading: &mut Reading<'_>) -> Option<(Vec<Box<str>>, Certificate)> {
        let written = self.server_name?;
        let names = server_names(&written, tls, reading)?;
        let certificate = text_of(self.certificate_file.as_ref());
        let key = text_of(self.key_file.as_ref());
        match pair(certificate, key, reading)? {
            Some(certificate) => Some((names, certificate)),
            None => reading.none(
                &written.span(),
                "a certificate by name without certificate_file and key_file",
                "name the files beside it",
            ),
        }
    }
}

impl ClientCertificatesTable {
    pub(super) fn read(
        self,
        tls: TlsWord,
        span: &Range<usize>,
        reading: &mut Reading<'_>,
    ) -> Option<ClientCertificates> {
        if tls == TlsWord::None {
            reading.problem(
                span,
                "client_certificates on a listener without TLS",
                "leave it out, or tls = \"starttls\" or \"ldaps\"",
            );
        }
        let ca_file = self.ca_file?;
        let ca_file = reading.readable("ca_file", &ca_file, |octets| certificate::authorities(octets).is_some())?;
        let required = self.required.is_some_and(Spanned::into_inner);
        Some(ClientCertificates { ca_file, required })
    }
}

impl ChooseTable {
    /// The choice, and where its route is named.
    pub(super) fn read(
        self,
        tls: TlsWord,
        span: &Range<usize>,
        reading: &mut Reading<'_>,
    ) -> Option<(RouteChoice, Range<usize>)> {
        if self.server_name.is_none() && self.networks.is_none() {
            return reading.none(
                span,
                "this choice fits every client",
                "server_name or networks; for everybody there is the listener's own route",
            );
        }
        let server_names = match &self.server_name {
            Some(written) => server_names(written, tls, reading)?,
            None => Vec::new(),
        };
        let written = self.networks.as_ref().map_or(0, |list| list.get_ref().len());
        let networks = networks("networks", self.networks, reading);
        // A choice with fewer networks than were written is another choice, one with none fits everybody.
        if networks.len() != written {
            return None;
        }
        let route = self.route?;
        let choice = RouteChoice {
            server_names,
            networks,
            route: route.get_ref().as_str().into(),
        };
        Some((choice, route.span()))
    }
}

/// Host names in lower case, as they are compared.
fn server_names(written: &Spanned<OneOrMore>, tls: TlsWord, reading: &mut Reading<'_>) -> Option<Vec<Box<str>>> {
    let names = match written.get_ref() {
        OneOrMore::One(name) => std::slice::from_ref(name),
        OneOrMore::Several(names) => names,
    };
    if tls == TlsWord::None {
        return reading.none(
            &written.span(),
            "server_name on a listener without TLS: nobody asks for one there",
            "leave it out, or tls = \"starttls\" or \"ldaps\"",
        );
    }
    let mut out = Vec::with_capacity(names.len());
    for name in names {
        // RFC 6066 §3: a host name, no address, without a dot at its end.
        match ServerName::try_from(name.as_str()) {
            Ok(ServerName::DnsName(_)) if !name.ends_with('.') => out.push(name.to_ascii_lowercase().into()),
            _ => {
                return reading.none(
                    &written.span(),
                    format!("{} is not a host name", quoted(name)),
                    "a name such as ldap.example.org",
                );
            }
        }
    }
    Some(out)
}

pub(super) fn networks(
    key: &str,
    written: Option<Spanned<Vec<Spanned<String>>>>,
    reading: &mut Reading<'_>,
) -> Vec<Network> {
    let written = written.map(Spanned::into_inner).unwrap_or_default();
    let mut networks = Vec::with_capacity(written.len());
    for text in &written {
        match Network::parse(text.get_ref()) {
            Some(network) => networks.push(network),
            None => reading.problem(
                &text.span(),
                format!("{} in {key} is not a network", quoted(text.get_ref())),
                "such as 10.0.0.0/8, 2001:db8::/32 or an address; no bits set behind those that count",
            ),
        }
    }
    networks
}
