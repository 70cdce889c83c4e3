//! TLS towards a server: whom to trust, which name to find in the certificate, and what a failure means.

use super::error::{ConnectError, SetupError};
use super::settings::{ServerUrl, TlsSettings};
use postern_identity::Clock;
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The configuration every connection of an upstream shares. The provider is passed in here and nowhere global, and
/// certificates are judged by our clock.
pub(super) fn client_config(settings: &TlsSettings, clock: Arc<dyn Clock>) -> Result<Arc<ClientConfig>, SetupError> {
    let roots = match &settings.ca_file {
        Some(path) => roots_in(path)?,
        None => system_roots()?,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_details(provider, Arc::new(OurTime(clock)))
        .with_safe_default_protocol_versions()
        .map_err(|_| SetupError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The name a server's certificate must be for: a DNS name or an IP address.
pub(super) fn server_name(url: &ServerUrl, settings: &TlsSettings) -> Result<ServerName<'static>, SetupError> {
    let name = settings.server_name.as_deref().unwrap_or(url.host());
    ServerName::try_from(name.to_owned()).map_err(|_| SetupError::ServerName)
}

fn roots_in(path: &Path) -> Result<RootCertStore, SetupError> {
    let unreadable = || SetupError::CaFileUnreadable { path: path.to_owned() };
    let useless = || SetupError::CaFileUseless { path: path.to_owned() };
    let pem = std::fs::read(path).map_err(|_| unreadable())?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| useless())?;
        roots.add(certificate).map_err(|_| useless())?;
    }
    if roots.is_empty() { Err(useless()) } else { Ok(roots) }
}

/// The machine's authorities. Single ones that cannot be used are left out: on every machine there are some.
fn system_roots() -> Result<RootCertStore, SetupError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        Err(SetupError::NoSystemRoots)
    } else {
        Ok(roots)
    }
}

/// What a failed handshake means. Only the certificate's faults are told apart; everything else is "no TLS came about".
pub(super) fn handshake_error(error: &io::Error) -> ConnectError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(reason)) => certificate_error(reason),
        None if error.kind() == io::ErrorKind::UnexpectedEof || error.kind() == io::ErrorKind::ConnectionReset => {
            ConnectError::HungUp
        }
        _ => ConnectError::Tls,
    }
}

fn certificate_error(reason: &CertificateError) -> ConnectError {
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => ConnectError::CertificateExpired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ConnectError::CertificateNotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ConnectError::CertificateWrongName
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => ConnectError::CertificateUnknownAuthority,
        _ => ConnectError::CertificateRefused,
    }
}

/// Our clock as rustls asks for it. A time before 1970 is no time, and no certificate is valid then.
struct OurTime(Arc<dyn Clock>);

impl TimeProvider for OurTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for OurTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OurTime")
    }
}
