//! Refusals before there is a session: what a client meets while it arrives, at a listener on a real socket.

use super::stage::{Fixed, Record};
use crate::gateway::Gateway;
use crate::guard::{GuardSeed, GuardSettings};
use crate::network::Network;
use crate::refusal::Refusal;
use crate::settings::{LaneSettings, Limits, ListenerSettings, ListenerTls, RouteSettings, TlsSource};
use crate::shown_as::ShownAs;
use crate::sign_in::SignInSettings;
use crate::workers::Workers;
use postern_directory::{ServerUrl, Settings, Upstream};
use postern_identity::audit::{Audit, Outcome};
use postern_identity::clock::FixedClock;
use postern_identity::{DirectoryName, Timestamp};
use postern_ldap::{Message, ResultCode, result};
use rcgen::{CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

/// Whether this one is met before there is a session.
pub(super) fn is_about(refusal: Refusal) -> bool {
    matches!(
        refusal,
        Refusal::ProxyHeader | Refusal::ProxyHeaderVersion1 | Refusal::ProxyHeaderLate | Refusal::ClientCertificate
    )
}

/// The client meets it and is told, as far as it can be; exactly one line goes on record.
pub(super) async fn play(refusal: Refusal) {
    let (name, code, _) = refusal.entry();
    let mut limits = Limits::default();
    let mut listener = listener();
    if refusal == Refusal::ProxyHeaderLate {
        limits.tls = Duration::from_millis(50);
    }
    let authority = authority();
    if refusal == Refusal::ClientCertificate {
        listener.tls = ListenerTls::Ldaps(asking_for_certificates(&authority));
    } else {
        listener.proxy_protocol = vec![Network::parse("127.0.0.0/8").unwrap()];
    }
    let (gateway, record, address) = open(listener, limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let answer = match refusal {
        Refusal::ClientCertificate => {
            let connector = TlsConnector::from(trusting(&authority));
            let name = ServerName::try_from("localhost").unwrap();
            // The server's verdict comes after the client's part of the handshake is done.
            let mut told = Vec::new();
            if let Ok(mut stream) = connector.connect(name, stream).await {
                assert!(stream.read_to_end(&mut told).await.is_err(), "no alert came");
            }
            assert_eq!(told, b"");
            None
        }
        Refusal::ProxyHeaderVersion1 => {
            stream
                .write_all(b"PROXY TCP4 192.0.2.7 198.51.100.1 4242 389\r\n")
                .await
                .unwrap();
            Some(notice(&mut stream).await)
        }
        Refusal::ProxyHeader => {
            stream
                .write_all(b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0")
                .await
                .unwrap();
            Some(notice(&mut stream).await)
        }
        _ => Some(notice(&mut stream).await),
    };
    assert!(answer.is_none_or(|told| told == code), "{refusal:?}: {answer:?}");
    gateway.drain(Duration::from_secs(5)).await;
    let lines = record.lines();
    assert_eq!(lines.len(), 1, "{refusal:?}: {lines:?}");
    let line = &lines[0];
    assert_eq!(
        (line.rule.as_str(), line.outcome, line.code),
        (name, Outcome::Refused, code.0)
    );
}

#[tokio::test]
async fn who_is_not_trusted_speaks_for_itself_and_its_header_is_no_ldap() {
    let mut settings = listener();
    settings.proxy_protocol = vec![Network::parse("192.0.2.0/24").unwrap()];
    let (gateway, record, address) = open(settings, Limits::default()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0").await.unwrap();
    let mut told = Vec::new();
    let _ = stream.read_to_end(&mut told).await;
    assert_eq!(told, b"");
    gateway.drain(Duration::from_secs(5)).await;
    assert!(record.lines().is_empty());
}

#[tokio::test]
async fn the_limit_for_each_address_counts_clients_and_not_their_load_balancer() {
    let mut settings = listener();
    settings.proxy_protocol = vec![Network::parse("127.0.0.1").unwrap()];
    let limits = Limits {
        connections_per_address: 1,
        ..Limits::default()
    };
    let (gateway, _, address) = open(settings, limits).await;
    let mut kept = Vec::new();
    for (client, told) in [(1, false), (2, false), (1, true), (3, false)] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&header_of(client)).await.unwrap();
        if told {
            assert_eq!(notice(&mut stream).await, ResultCode::BUSY);
        } else {
            is_served(&mut stream).await;
        }
        kept.push(stream);
    }
    drop(kept);
    let gone = async {
        while gateway.shared().registry.count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone)
        .await
        .expect("they are gone");
    // Who left makes room for the next of that address.
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&header_of(1)).await.unwrap();
    is_served(&mut stream).await;
    gateway.end_now().await;
}

/// The header of a client 192.0.2.`last`.
fn header_of(last: u8) -> Vec<u8> {
    let addresses = [192, 0, 2, last, 0, 0, 0, 0, 9, 9, 1, 1];
    [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", &addresses[..]].concat()
}

/// StartTLS is not offered: that it is answered shows that there is a session.
async fn is_served(stream: &mut TcpStream) {
    let request = postern_ldap::extended::start_tls(postern_ldap::MessageId(1));
    stream.write_all(&request).await.unwrap();
    let mut octets = [0; 16];
    stream.read_exact(&mut octets).await.unwrap();
    // A notice of disconnection would be message 0.
    assert_eq!(octets[..5].last(), Some(&1), "{octets:02x?}");
}

fn listener() -> ListenerSettings {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    ListenerSettings::new("l".into(), address, ListenerTls::None, "r".into())
}

/// A gateway with one listener before a directory that is not there.
async fn open(listener: ListenerSettings, limits: Limits) -> (Gateway, Arc<Record>, SocketAddr) {
    let url = ServerUrl::parse("ldap://127.0.0.1:1").unwrap_or_else(|_| unreachable!());
    let settings = Settings::new(DirectoryName("d".into()), vec![url]);
    let clock = Arc::new(FixedClock(Timestamp::UNIX_EPOCH));
    let route = RouteSettings {
        name: "r".into(),
        upstream: Upstream::new(settings, clock).unwrap_or_else(|_| unreachable!()),
        lanes: LaneSettings::default(),
        sign_in: SignInSettings::default(),
        names: None,
        ldap_url: None,
        shown_as: ShownAs::default(),
    };
    let record = Arc::new(Record::default());
    let audit = Arc::clone(&record) as Arc<dyn Audit>;
    let gateway = Gateway::new(
        Arc::new(Fixed::new(None)),
        audit,
        limits,
        vec![route],
        Arc::new(Workers::here()),
        &GuardSettings {
            seed: GuardSeed([1; 32]),
            nodes: NonZeroU32::MIN,
        },
    );
    let socket = TcpListener::bind(listener.address).await.unwrap();
    let address = socket.local_addr().unwrap();
    gateway.listen(socket, listener).unwrap();
    (gateway, record, address)
}

/// The code of the notice of disconnection, and then the end.
async fn notice(stream: &mut TcpStream) -> ResultCode {
    let mut octets = Vec::new();
    // What was not read of ours makes the kernel end the connection with a reset; the notice has come by then.
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut octets))
        .await
        .expect("an end in time");
    let message = Message::parse(&octets).expect("a notice");
    assert_eq!(message.id.0, 0);
    result::LdapResult::parse(&message).unwrap().code
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn asking_for_certificates(authority: &CertifiedIssuer<'static, KeyPair>) -> TlsSource {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(authority)), Arc::clone(&provider))
        .build()
        .unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    Arc::new(move || Arc::clone(&config))
}

fn trusting(authority: &CertifiedIssuer<'static, KeyPair>) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots(authority))
        .with_no_client_auth();
    Arc::new(config)
}

fn roots(authority: &CertifiedIssuer<'static, KeyPair>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    roots
}
