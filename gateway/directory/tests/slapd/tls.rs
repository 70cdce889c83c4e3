//! No connection comes about to a server that is not the one meant.

use crate::certificates::Authority;
use crate::server::Slapd;
use crate::{settings, upstream};
use postern_directory::{ConnectError, Settings, Transport, Upstream};
use postern_identity::clock::FixedClock;
use std::path::Path;
use std::sync::Arc;

/// StartTLS and LDAPS to the same server.
fn both_ways(slapd: &Slapd, authorities: &Path) -> [Settings; 2] {
    let mut start_tls = settings(&[&slapd.plain_url()], authorities);
    start_tls.start_tls = true;
    [start_tls, settings(&[&slapd.tls_url()], authorities)]
}

/// What comes of connecting both ways with settings changed like this.
async fn outcome(slapd: &Slapd, authorities: &Path, change: impl Fn(&mut Settings)) -> Option<ConnectError> {
    let mut outcomes = Vec::new();
    for mut settings in both_ways(slapd, authorities) {
        change(&mut settings);
        let connected = upstream(settings).connect().await;
        if let Ok(connection) = &connected {
            assert!(matches!(connection.transport, Transport::Tls(_)));
        }
        outcomes.push(connected.err());
    }
    assert_eq!(outcomes[0], outcomes[1], "StartTLS and LDAPS");
    outcomes[0]
}

#[tokio::test]
async fn a_server_is_taken_by_address_or_name_if_a_known_authority_vouches_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let stranger = Authority::new(folder.path(), "stranger");
    let slapd = Slapd::start(&authority.issue(&["127.0.0.1", "localhost"], 2099));
    assert_eq!(outcome(&slapd, &authority.file, |_| {}).await, None);
    let by_name = |settings: &mut Settings| settings.tls.server_name = Some("localhost".to_owned());
    assert_eq!(outcome(&slapd, &authority.file, by_name).await, None);
    let other_name = |settings: &mut Settings| settings.tls.server_name = Some("directory.example.org".to_owned());
    assert_eq!(
        outcome(&slapd, &authority.file, other_name).await,
        Some(ConnectError::CertificateWrongName)
    );
    assert_eq!(
        outcome(&slapd, &stranger.file, |_| {}).await,
        Some(ConnectError::CertificateUnknownAuthority)
    );
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_unless_that_name_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start(&authority.issue(&["directory.example.org"], 2099));
    assert_eq!(
        outcome(&slapd, &authority.file, |_| {}).await,
        Some(ConnectError::CertificateWrongName)
    );
    let meant = |settings: &mut Settings| settings.tls.server_name = Some("directory.example.org".to_owned());
    assert_eq!(outcome(&slapd, &authority.file, meant).await, None);
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start(&authority.issue(&["127.0.0.1"], 2021));
    assert_eq!(
        outcome(&slapd, &authority.file, |_| {}).await,
        Some(ConnectError::CertificateExpired)
    );
    // It was good in its day, and not before: certificates go by our clock.
    for (day, expected) in [
        ("2021-06-01T00:00:00Z", None),
        ("2019-12-31T00:00:00Z", Some(ConnectError::CertificateNotYetValid)),
    ] {
        for settings in both_ways(&slapd, &authority.file) {
            let upstream = Upstream::new(settings, Arc::new(FixedClock(day.parse().unwrap()))).unwrap();
            assert_eq!(upstream.connect().await.err(), expected, "{day}");
        }
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path(), "authority");
    let slapd = Slapd::start(&authority.issue(&["127.0.0.1"], 2099));
    let plain_port_for_tls = format!("ldaps://127.0.0.1:{}", slapd.plain_port);
    let fault = upstream(settings(&[&plain_port_for_tls], &authority.file))
        .connect()
        .await
        .err();
    assert!(
        matches!(fault, Some(ConnectError::Tls | ConnectError::HungUp)),
        "{fault:?}"
    );
    let mut tls_port_for_plain = settings(&[&format!("ldap://127.0.0.1:{}", slapd.tls_port)], &authority.file);
    tls_port_for_plain.start_tls = true;
    let fault = upstream(tls_port_for_plain).connect().await.err();
    assert!(
        matches!(fault, Some(ConnectError::Protocol | ConnectError::HungUp)),
        "{fault:?}"
    );
}
