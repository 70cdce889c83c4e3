//! Certificates made for one test.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use std::fs;
use std::path::{Path, PathBuf};

/// An authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A server's certificate and key, PEM.
#[derive(Clone)]
pub struct ServerCertificate {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl Authority {
    /// One of this name.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    /// Its own certificate in a file, for those who trust it.
    pub fn write(&self, file: &Path) -> PathBuf {
        fs::write(file, self.issuer.pem()).unwrap();
        file.to_owned()
    }

    /// A certificate for localhost and 127.0.0.1, good for many years.
    pub fn for_localhost(&self) -> ServerCertificate {
        self.issue(&["localhost", "127.0.0.1"], 2099)
    }

    /// A certificate for these names, valid from the first day of 2020 to the last of `last_year`.
    pub fn issue(&self, names: &[&str], last_year: i32) -> ServerCertificate {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(last_year, 12, 31);
        let key = KeyPair::generate().unwrap();
        ServerCertificate {
            certificate: params.signed_by(&key, &self.issuer).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}
