//! A certificate that can be exchanged while it is in use. Connections that stand keep the one they began with.

use super::{Loaded, provider};
use arc_swap::ArcSwap;
use postern_identity::Timestamp;
use rustls::ServerConfig;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
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

/// Certificates by the name a client asks for, and one for everybody else.
#[derive(Debug)]
pub struct ByName {
    /// For those who ask for no name, or for another.
    pub otherwise: Arc<HotCertificate>,
    /// The names, in lower case, and what is shown to those who ask for them.
    pub named: Vec<(Vec<Box<str>>, Arc<HotCertificate>)>,
}

impl ByName {
    fn of(&self, asked: Option<&str>) -> &Arc<HotCertificate> {
        let asked_for =
            |names: &[Box<str>]| asked.is_some_and(|asked| names.iter().any(|name| name.eq_ignore_ascii_case(asked)));
        self.named
            .iter()
            .find(|(names, _)| asked_for(names))
            .map_or(&self.otherwise, |(_, certificate)| certificate)
    }
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.of(hello.server_name()).resolve(hello)
    }
}

/// TLS 1.2 and 1.3 with the certificate in force at each handshake, and what is asked of clients, if anything is.
pub fn server_config(
    certificates: Arc<dyn ResolvesServerCert>,
    clients: Option<Arc<dyn ClientCertVerifier>>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let Some(clients) = clients else {
        let mut config = builder.with_no_client_auth().with_cert_resolver(certificates);
        // Tickets instead of a table of sessions: no lock between threads, and nothing is held for clients that went away.
        if let Ok(tickets) = rustls::crypto::aws_lc_rs::Ticketer::new() {
            config.ticketer = tickets;
        }
        config.send_tls13_tickets = 1;
        return Ok(Arc::new(config));
    };
    let mut config = builder
        .with_client_cert_verifier(clients)
        .with_cert_resolver(certificates);
    // Nothing is resumed: a session that is taken up again is not asked for its certificate, which may have ended meanwhile.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}
