use super::*;
use crate::edge::ProblemsAlone;
use crate::limits::Rate;
use crate::site::Site;
use axum::Router;
use axum::routing::get;
use postern_identity::reset::PublicUrl;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use std::sync::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

/// A server of one site, its address, and what ends it.
struct Started {
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<Result<(), NoTls>>,
    /// `/waiting` has begun.
    begun: Arc<Notify>,
    /// `/waiting` may answer.
    answer: Arc<Notify>,
    dropped: Arc<Mutex<u32>>,
}

struct Dropped(Arc<Mutex<u32>>);
impl Drop for Dropped {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
    }
}

async fn started(bounds: Bounds) -> Started {
    let (begun, answer, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::default());
    let (tell, wait, drops) = (Arc::clone(&begun), Arc::clone(&answer), Arc::clone(&dropped));
    let router = Router::new().route("/", get(|| async { "here" })).route(
        "/waiting",
        get(move || async move {
            let _dropped = Dropped(drops);
            tell.notify_one();
            wait.notified().await;
            "waited"
        }),
    );
    let mut sites = Sites::default();
    let site = Site::new(
        "people",
        PublicUrl::from_configuration("https://id.example.org").unwrap(),
    );
    sites.add(Arc::new(site), router, Arc::new(ProblemsAlone)).unwrap();
    let made = rcgen::generate_simple_self_signed(["id.example.org".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let certified = CertifiedKey::from_der(vec![made.cert.der().clone()], key, &provider).unwrap();
    let settings = WebSettings {
        certificates: Arc::new(SingleCertAndKey::from(certified)),
        trusted: Arc::new(|_| false),
        rate: Rate::default(),
        counts: Arc::default(),
        bounds,
        seed: [7; 32],
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(serve(listener, settings, sites, stop.clone()));
    Started {
        address,
        stop,
        server,
        begun,
        answer,
        dropped,
    }
}

/// These tests are not about certificates.
#[derive(Debug)]
struct Anybody(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

type Connection = tokio_rustls::client::TlsStream<TcpStream>;

async fn connected(address: SocketAddr, protocol: &[u8]) -> std::io::Result<Connection> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Arc::new(Anybody(provider.signature_verification_algorithms));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("id.example.org").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

async fn send(connection: &mut Connection, path: &str, more: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: id.example.org\r\n{more}\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    connection.flush().await.unwrap();
}

/// Everything until the end of the connection, however it ends.
async fn rest(connection: &mut Connection) -> String {
    let mut octets = Vec::new();
    let _ = connection.read_to_end(&mut octets).await;
    String::from_utf8_lossy(&octets).into_owned()
}

impl Started {
    async fn ends(self) {
        self.stop.cancel();
        self.server.await.unwrap().unwrap();
        assert!(TcpStream::connect(self.address).await.is_err());
    }
}

#[tokio::test]
async fn a_site_is_served_over_both_versions_of_http() {
    let started = started(Bounds::default()).await;
    let mut first = connected(started.address, b"http/1.1").await.unwrap();
    send(&mut first, "/", "Connection: close\r\n").await;
    let answer = rest(&mut first).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhere"),
        "{answer}"
    );

    let mut second = connected(started.address, b"h2").await.unwrap();
    assert_eq!(second.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut octets = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    // GET, https and / by their numbers, and a literal authority (RFC 7541 §6.1, §6.2.2).
    let block = [&[0x82, 0x87, 0x84, 0x01, 14][..], b"id.example.org"].concat();
    octets.extend([0, 0, u8::try_from(block.len()).unwrap(), 0x01, 0x05, 0, 0, 0, 1]);
    octets.extend(block);
    second.write_all(&octets).await.unwrap();
    second.flush().await.unwrap();
    // Frames until the answer's headers; their first octet is status 200 by its number.
    let status = loop {
        let mut head = [0; 9];
        second.read_exact(&mut head).await.unwrap();
        let mut payload = vec![0; usize::from(head[1]) * 256 + usize::from(head[2])];
        second.read_exact(&mut payload).await.unwrap();
        if head[3] == 0x01 {
            break payload[0];
        }
    };
    assert_eq!(status, 0x88);
    drop(second);
    started.ends().await;
}

#[tokio::test]
async fn plain_text_is_not_answered() {
    let started = started(Bounds::default()).await;
    let mut plain = TcpStream::connect(started.address).await.unwrap();
    plain
        .write_all(b"GET / HTTP/1.1\r\nHost: id.example.org\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    started.ends().await;
}

#[tokio::test]
async fn an_answer_under_way_is_finished_before_the_end() {
    let started = started(Bounds::default()).await;
    let mut client = connected(started.address, b"http/1.1").await.unwrap();
    send(&mut client, "/waiting", "").await;
    started.begun.notified().await;
    started.stop.cancel();
    started.answer.notify_one();
    let answer = rest(&mut client).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("waited"),
        "{answer}"
    );
    started.ends().await;
}

#[tokio::test]
async fn a_connection_that_asks_nothing_is_closed_at_once_at_the_end() {
    let for_ever = Duration::from_hours(1);
    let bounds = Bounds {
        header: for_ever,
        connection: for_ever,
        drain: for_ever,
        ..Bounds::default()
    };
    let started = started(bounds).await;
    let mut client = connected(started.address, b"http/1.1").await.unwrap();
    send(&mut client, "/", "").await;
    let mut first = [0; 12];
    client.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let ended = timeout(Duration::from_mins(1), started.ends()).await;
    assert!(ended.is_ok(), "it was waited for");
}

#[tokio::test]
async fn an_answer_that_never_comes_does_not_hold_up_the_end() {
    let bounds = Bounds {
        drain: Duration::from_millis(1),
        ..Bounds::default()
    };
    let started = started(bounds).await;
    let mut client = connected(started.address, b"http/1.1").await.unwrap();
    send(&mut client, "/waiting", "").await;
    started.begun.notified().await;
    let dropped = Arc::clone(&started.dropped);
    started.ends().await;
    assert_eq!(*dropped.lock().unwrap(), 1);
    assert!(!rest(&mut client).await.starts_with("HTTP"));
}

#[tokio::test]
async fn whoever_asks_nothing_is_let_go_and_its_place_is_free_again() {
    let bounds = Bounds {
        connections: 1,
        handshake: Duration::from_millis(250),
        header: Duration::from_millis(50),
        ..Bounds::default()
    };
    let started = started(bounds).await;
    // Without TLS, without a request over either version, and with half of one.
    let mut silent = TcpStream::connect(started.address).await.unwrap();
    let _ = silent.read_to_end(&mut Vec::new()).await;
    for protocol in [&b"http/1.1"[..], b"h2"] {
        // Before the server is asked, a handshake that took too long here is tried again.
        let mut idle = loop {
            if let Ok(idle) = connected(started.address, protocol).await {
                break idle;
            }
        };
        if protocol != b"h2" {
            idle.write_all(b"GET / HTT").await.unwrap();
        }
        rest(&mut idle).await;
    }
    started.ends().await;
}

#[tokio::test]
async fn one_network_does_not_take_every_connection() {
    let bounds = Bounds {
        connections_per_network: 1,
        ..Bounds::default()
    };
    let started = started(bounds).await;
    let mut first = connected(started.address, b"http/1.1").await.unwrap();
    assert!(connected(started.address, b"http/1.1").await.is_err());
    send(&mut first, "/", "Connection: close\r\n").await;
    assert!(rest(&mut first).await.starts_with("HTTP/1.1 200"));
    started.ends().await;
}

#[tokio::test]
async fn endless_headers_are_refused() {
    let started = started(Bounds::default()).await;
    for more in [format!("X: {}\r\n", "x".repeat(20_000)), "X: x\r\n".repeat(70)] {
        let mut client = connected(started.address, b"http/1.1").await.unwrap();
        send(&mut client, "/", &more).await;
        let answer = rest(&mut client).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    started.ends().await;
}
