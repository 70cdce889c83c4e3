//! Server certificates: read from files, or made where none is configured, and changed while clients are connected.

mod clients;
pub mod generated;
mod hot;

pub use clients::{asked_of_clients, authorities};
pub use hot::{ByName, HotCertificate, server_config};

use postern_identity::Timestamp;
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;

/// The largest file of certificates or keys that is read.
const LARGEST_FILE: u64 = 1024 * 1024;

/// Why a certificate cannot be used. Whoever wrote the files is to blame, or the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// The certificate's file cannot be read.
    #[error("the certificate file cannot be read")]
    CertificateUnreadable,
    /// It holds no certificate, or something broken.
    #[error("the certificate file holds no PEM certificate that can be used")]
    CertificateUseless,
    /// The key's file cannot be read.
    #[error("the key file cannot be read")]
    KeyUnreadable,
    /// It holds no key of a kind that is known.
    #[error("the key file holds no PEM key that can be used")]
    KeyUseless,
    /// They are not a pair.
    #[error("the key does not belong to the certificate")]
    Mismatch,
    /// It is over, and the one in force is not.
    #[error("the certificate has expired already")]
    Expired,
    /// The state folder cannot be written.
    #[error("the state folder cannot be written")]
    StateFolder,
    /// Another program keeps the state folder to itself.
    #[error("another program holds the lock of the state folder")]
    Locked,
    /// No certificate came about.
    #[error("no certificate could be made")]
    Making,
    /// The file of clients' authorities cannot be read, or holds none.
    #[error("the file of clients' authorities cannot be used")]
    Authorities,
}

/// A certificate with its key, ready to be shown.
pub struct Loaded {
    /// What the handshake needs.
    pub key: Arc<CertifiedKey>,
    /// The last moment the server's own certificate is valid.
    pub expires: Timestamp,
}

/// Reads a certificate and its key, and sees that they belong together.
pub fn load(certificate: &Path, key: &Path) -> Result<Loaded, CertificateError> {
    let chain = octets(certificate).map_err(|_| CertificateError::CertificateUnreadable)?;
    let chain = certificates(&chain).ok_or(CertificateError::CertificateUseless)?;
    let expires = chain
        .first()
        .and_then(expires)
        .ok_or(CertificateError::CertificateUseless)?;
    let key = octets(key).map_err(|_| CertificateError::KeyUnreadable)?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| CertificateError::KeyUseless)?;
    let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => CertificateError::Mismatch,
        _ => CertificateError::KeyUseless,
    })?;
    Ok(Loaded {
        key: Arc::new(certified),
        expires,
    })
}

/// The certificates of a PEM file; `None` if there is none or one is broken.
pub fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    (!chain.is_empty() && chain.iter().all(|certificate| expires(certificate).is_some())).then_some(chain)
}

/// The one TLS provider of the program.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default()
        .cloned()
        .unwrap_or_else(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

fn expires(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (rest, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let until = parsed.validity().not_after.timestamp();
    rest.is_empty().then(|| Timestamp::from_second(until).ok())?
}

pub(crate) fn octets(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for somebody to write to it.
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut octets = Vec::new();
    File::open(path)?.take(LARGEST_FILE).read_to_end(&mut octets)?;
    Ok(octets)
}

#[cfg(test)]
mod tests;
