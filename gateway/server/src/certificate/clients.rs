//! Certificates of clients: whose are accepted, and whether one must be shown.

use super::{CertificateError, certificates, octets, provider};
use crate::config::ClientCertificates;
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use std::sync::Arc;

/// The authorities of a PEM file; `None` if there is none or one is broken.
pub fn authorities(pem: &[u8]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).ok()?;
    }
    Some(roots)
}

/// What is asked of clients in a handshake: a certificate of one of these authorities, valid now, and made for clients (RFC 5280 §4.2.1.12).
pub fn asked_of_clients(settings: &ClientCertificates) -> Result<Arc<dyn ClientCertVerifier>, CertificateError> {
    let pem = octets(&settings.ca_file).map_err(|_| CertificateError::Authorities)?;
    let roots = authorities(&pem).ok_or(CertificateError::Authorities)?;
    let asked = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    let asked = if settings.required {
        asked
    } else {
        asked.allow_unauthenticated()
    };
    asked.build().map_err(|_| CertificateError::Authorities)
}
