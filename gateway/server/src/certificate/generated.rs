//! A certificate authority and a certificate for this machine, where the administrator has configured none.
//!
//! Made in the state folder: `ca.pem` for clients to trust, `server.pem`, and both keys, readable by the program alone. They
//! are used again as long as they are valid; the server's certificate is made anew a month before it ends, the authority as well.
//! Programs that share a state folder take turns at making them.

use super::{CertificateError, octets};
use postern_identity::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};

const DAY: u64 = 24 * 60 * 60;
const AUTHORITY_DAYS: u64 = 3650;
const SERVER_DAYS: u64 = 397;
/// This long before its end a certificate is made anew.
const RENEW_DAYS: u64 = 30;
/// How long another program may take to make them, and how often it is seen whether it has.
const TURN: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Who may reach this machine under which name.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// For clients to trust.
    pub authority: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Sees that usable files are in the state folder, and says where.
pub fn ensure(state_dir: &Path, now: Timestamp) -> Result<Files, CertificateError> {
    let files = Files {
        authority: state_dir.join("ca.pem"),
        certificate: state_dir.join("server.pem"),
        key: state_dir.join("server-key.pem"),
    };
    let authority_key = state_dir.join("ca-key.pem");
    // Nothing without a usable authority; with one, whether the server's certificate is usable too.
    let usable = || {
        let authority = lasting(&files.authority, now).filter(|_| belong(&files.authority, &authority_key))?;
        let server = lasting(&files.certificate, now).filter(|server| issued_by(server, &authority));
        let pair = server.is_some() && super::load(&files.certificate, &files.key).is_ok();
        Some(pair)
    };
    if usable() == Some(true) {
        return Ok(files);
    }
    let folder = DirBuilder::new().recursive(true).mode(0o700).create(state_dir);
    folder.map_err(|_| CertificateError::StateFolder)?;
    let _turn = turn(state_dir)?;
    // Somebody may have made them meanwhile.
    let found = usable();
    if found == Some(true) {
        return Ok(files);
    }
    if found.is_none() {
        let key = KeyPair::generate().map_err(|_| CertificateError::Making)?;
        let made = authority_params(now)?
            .self_signed(&key)
            .map_err(|_| CertificateError::Making)?;
        write(&authority_key, &key.serialize_pem(), 0o600)?;
        write(&files.authority, &made.pem(), 0o644)?;
    }
    let text = octets(&authority_key).map_err(|_| CertificateError::KeyUnreadable)?;
    let text = String::from_utf8(text).map_err(|_| CertificateError::KeyUseless)?;
    let authority_key = KeyPair::from_pem(&text).map_err(|_| CertificateError::KeyUseless)?;
    // The issuer's name, use and key identifier follow from the same parameters and the same key.
    let issuer = Issuer::new(authority_params(now)?, authority_key);
    let key = KeyPair::generate().map_err(|_| CertificateError::Making)?;
    let made = server_params(now)?
        .signed_by(&key, &issuer)
        .map_err(|_| CertificateError::Making)?;
    write(&files.key, &key.serialize_pem(), 0o600)?;
    write(&files.certificate, &made.pem(), 0o644)?;
    Ok(files)
}

/// The lock by which programs that share the folder take turns; given up when dropped, and when its program ends.
fn turn(state_dir: &Path) -> Result<File, CertificateError> {
    let mut options = OpenOptions::new();
    let lock = options.write(true).create(true).truncate(false).mode(0o600);
    let lock = lock
        .open(state_dir.join("lock"))
        .map_err(|_| CertificateError::StateFolder)?;
    let end = Instant::now() + TURN;
    loop {
        match lock.try_lock() {
            // A file system without locks has no way to take turns.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(lock),
            Err(TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(LOOK_AGAIN),
            Err(TryLockError::WouldBlock) => return Err(CertificateError::Locked),
        }
    }
}

fn authority_params(now: Timestamp) -> Result<CertificateParams, CertificateError> {
    let mut params = valid_for(CertificateParams::default(), now, AUTHORITY_DAYS)?;
    params.distinguished_name = named("Postern local certificate authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn server_params(now: Timestamp) -> Result<CertificateParams, CertificateError> {
    let names: Vec<String> = NAMES.map(str::to_owned).into();
    let mut params = CertificateParams::new(names).map_err(|_| CertificateError::Making)?;
    // GnuTLS, and with it Debian's LDAP tools, wants a common name even where it is not what it compares.
    params.distinguished_name = named("localhost");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    valid_for(params, now, SERVER_DAYS)
}

fn named(common_name: &str) -> rcgen::DistinguishedName {
    let mut name = rcgen::DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// From yesterday, since clocks differ, for that many days.
fn valid_for(mut params: CertificateParams, now: Timestamp, days: u64) -> Result<CertificateParams, CertificateError> {
    let now = u64::try_from(now.as_second()).map_err(|_| CertificateError::Making)?;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(now.saturating_sub(DAY));
    params.not_after = epoch + Duration::from_secs(now + days * DAY);
    Ok(params)
}

/// The first certificate of a file, if it is valid now and for a while to come.
fn lasting(path: &Path, now: Timestamp) -> Option<CertificateDer<'static>> {
    let certificate = CertificateDer::from_pem_slice(&octets(path).ok()?).ok()?;
    let (_, parsed) = X509Certificate::from_der(&certificate).ok()?;
    let (from, until) = (
        parsed.validity().not_before.timestamp(),
        parsed.validity().not_after.timestamp(),
    );
    let renew = i64::try_from(RENEW_DAYS * DAY).ok()?;
    (from <= now.as_second() && now.as_second() + renew < until).then_some(certificate)
}

/// Whether a certificate and a key are a pair.
fn belong(certificate: &Path, key: &Path) -> bool {
    super::load(certificate, key).is_ok()
}

/// Whether the one names the other's key as its issuer's.
fn issued_by(server: &CertificateDer<'_>, authority: &CertificateDer<'_>) -> bool {
    let identifier = |certificate: &CertificateDer<'_>, of_issuer: bool| -> Option<Vec<u8>> {
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        parsed
            .extensions()
            .iter()
            .find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::AuthorityKeyIdentifier(issuer) if of_issuer => {
                    Some(issuer.key_identifier.as_ref()?.0.to_vec())
                }
                ParsedExtension::SubjectKeyIdentifier(own) if !of_issuer => Some(own.0.to_vec()),
                _ => None,
            })
    };
    identifier(server, true).is_some_and(|issuer| identifier(authority, false) == Some(issuer))
}

/// Written beside and renamed, so that a reader finds the old or the new; never open to more than it should be.
fn write(path: &Path, pem: &str, mode: u32) -> Result<(), CertificateError> {
    let beside = path.with_extension("new");
    let written = (|| {
        // A leftover may have another mode: it is not written into.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&beside)?;
        file.write_all(pem.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    written.map_err(|_| CertificateError::StateFolder)
}
