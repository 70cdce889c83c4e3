use super::*;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

fn days(count: i64) -> Timestamp {
    now() + Duration::from_secs(count.unsigned_abs() * 86_400)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The certificate a client that trusts `authority` is shown under this name.
fn handshake(
    hot: &Arc<HotCertificate>,
    authority: &Path,
    name: &str,
) -> Result<CertificateDer<'static>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&fs::read(authority).unwrap()).unwrap() {
        roots.add(certificate).unwrap();
    }
    let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_webpki_verifier(verifier.build().unwrap())
        .with_no_client_auth();
    let name: ServerName<'static> = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut server = ServerConnection::new(server_config(Arc::clone(hot) as _, None).unwrap()).unwrap();
    while client.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets().unwrap();
        let mut wire = Vec::new();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(client.peer_certificates().unwrap()[0].clone().into_owned())
}

/// Certificates that are valid at the machine's own time: handshakes look at that.
fn machine_now() -> Timestamp {
    let since = fs::metadata("/proc/self").unwrap().modified().unwrap();
    Timestamp::try_from(since).unwrap()
}

#[test]
fn a_made_certificate_is_trusted_by_who_trusts_the_made_authority() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("deep/state");
    let files = generated::ensure(&state, machine_now()).unwrap();
    let hot = Arc::new(HotCertificate::new(load(&files.certificate, &files.key).unwrap()));
    for name in ["localhost", "127.0.0.1", "::1"] {
        handshake(&hot, &files.authority, name).unwrap();
    }
    assert!(handshake(&hot, &files.authority, "example.org").is_err());
    assert_eq!(mode(&files.key), 0o600);
    assert_eq!(mode(&state.join("ca-key.pem")), 0o600);
    assert_eq!(mode(&state), 0o700);
    let other = tempfile::tempdir().unwrap();
    let stranger = generated::ensure(other.path(), machine_now()).unwrap();
    assert!(handshake(&hot, &stranger.authority, "localhost").is_err());
}

#[test]
fn made_files_are_used_again_until_a_month_before_their_end() {
    let folder = tempfile::tempdir().unwrap();
    let made = generated::ensure(folder.path(), now()).unwrap();
    let contents = |path: &Path| fs::read(path).unwrap();
    let (authority, server) = (contents(&made.authority), contents(&made.certificate));
    generated::ensure(folder.path(), days(366)).unwrap();
    assert_eq!(
        (contents(&made.authority), contents(&made.certificate)),
        (authority.clone(), server.clone())
    );
    generated::ensure(folder.path(), days(368)).unwrap();
    assert_eq!(contents(&made.authority), authority);
    assert_ne!(contents(&made.certificate), server);
    generated::ensure(folder.path(), days(3640)).unwrap();
    assert_ne!(contents(&made.authority), authority);
}

#[test]
fn missing_or_spoiled_made_files_are_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let made = generated::ensure(folder.path(), now()).unwrap();
    for name in ["server.pem", "server-key.pem", "ca.pem", "ca-key.pem"] {
        let path = folder.path().join(name);
        for spoil in [b"".as_slice(), b"-----BEGIN CERTIFICATE-----\n"] {
            fs::write(&path, spoil).unwrap();
            generated::ensure(folder.path(), now()).unwrap();
            load(&made.certificate, &made.key).unwrap();
            load(&made.authority, &folder.path().join("ca-key.pem")).unwrap();
        }
        fs::remove_file(&path).unwrap();
        generated::ensure(folder.path(), now()).unwrap();
        load(&made.certificate, &made.key).unwrap();
    }
}

#[test]
fn a_leaf_of_another_authority_is_not_used() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = generated::ensure(one.path(), now()).unwrap();
    let second = generated::ensure(two.path(), now()).unwrap();
    fs::copy(&second.certificate, &first.certificate).unwrap();
    fs::copy(&second.key, &first.key).unwrap();
    let foreign = fs::read(&first.certificate).unwrap();
    generated::ensure(one.path(), now()).unwrap();
    assert_ne!(fs::read(&first.certificate).unwrap(), foreign);
}

#[test]
fn a_pair_that_is_none_is_refused() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = generated::ensure(one.path(), now()).unwrap();
    let second = generated::ensure(two.path(), now()).unwrap();
    let error = |certificate: &Path, key: &Path| load(certificate, key).map(|_| ()).unwrap_err();
    assert_eq!(error(&first.certificate, &second.key), CertificateError::Mismatch);
    assert_eq!(error(&first.key, &first.key), CertificateError::CertificateUseless);
    assert_eq!(
        error(&first.certificate, &first.certificate),
        CertificateError::KeyUseless
    );
    assert_eq!(error(one.path(), &first.key), CertificateError::CertificateUnreadable);
    assert_eq!(error(&first.certificate, one.path()), CertificateError::KeyUnreadable);
}

#[test]
fn a_replaced_certificate_is_shown_at_the_next_handshake() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = generated::ensure(one.path(), machine_now()).unwrap();
    let second = generated::ensure(two.path(), machine_now()).unwrap();
    let hot = Arc::new(HotCertificate::new(load(&first.certificate, &first.key).unwrap()));
    let shown = handshake(&hot, &first.authority, "localhost").unwrap();
    assert!(!hot.replace(load(&first.certificate, &first.key).unwrap()));
    assert!(hot.replace(load(&second.certificate, &second.key).unwrap()));
    assert_ne!(handshake(&hot, &second.authority, "localhost").unwrap(), shown);
    assert!(!format!("{hot:?}").contains("key"));
}

#[test]
fn programs_that_start_at_once_on_one_state_folder_agree_on_one_authority() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let at_once = std::sync::Barrier::new(8);
        let start = || {
            at_once.wait();
            let files = generated::ensure(folder.path(), machine_now()).unwrap();
            let authority = fs::read(&files.authority).unwrap();
            let hot = Arc::new(HotCertificate::new(load(&files.certificate, &files.key).unwrap()));
            handshake(&hot, &files.authority, "localhost").unwrap();
            authority
        };
        let authorities: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            started.into_iter().map(|started| started.join().unwrap()).collect()
        });
        assert!(authorities.iter().all(|authority| *authority == authorities[0]));
    }
}
