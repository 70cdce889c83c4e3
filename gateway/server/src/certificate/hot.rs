//! A certificate that can be exchanged while it is in use. Connections that stand keep the one they began with.

use super::{Loaded, provider};
use arc_swap::ArcSwap;
use postern_identity::Timestamp;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::fmt;
use std::sync::Arc;

/// The certificate in force.
pub struct HotCertificate {
    current: ArcSwap<Loaded>,
}

impl HotCertificate {
    /// Begins with this one.
    pub fn new(first: Loaded) -> Self {
        Self {
            current: ArcSwap::from_pointee(first),
        }
    }

    /// Puts another in force; false if it is the one that is.
    pub fn replace(&self, next: Loaded) -> bool {
        let same = self.current.load().key.cert == next.key.cert;
        if !same {
            self.current.store(Arc::new(next));
        }
        !same
    }

    /// The last moment it is valid.
    pub fn expires(&self) -> Timestamp {
        self.current.load().expires
    }
}

impl ResolvesServerCert for HotCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.load().key))
    }
}

/// The key is not shown.
impl fmt::Debug for HotCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HotCertificate")
            .field("expires", &self.expires())
            .finish_non_exhaustive()
    }
}

/// TLS 1.2 and 1.3 with the certificate in force at each handshake.
pub fn server_config(certificate: Arc<HotCertificate>) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    // Tickets instead of a table of sessions: no lock between threads, and nothing is held for clients that went away.
    if let Ok(tickets) = rustls::crypto::aws_lc_rs::Ticketer::new() {
        config.ticketer = tickets;
    }
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}
