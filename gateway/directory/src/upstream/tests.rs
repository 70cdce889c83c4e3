//! Connections against servers that are played here, good and bad.

use super::*;
use postern_identity::clock::FixedClock;
use postern_ldap::{MessageId, ResultCode, answer, oid, tag};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

fn settings(urls: &[String]) -> Settings {
    let servers = urls.iter().map(|url| ServerUrl::parse(url).unwrap()).collect();
    Settings::new(DirectoryName("people".into()), servers)
}

fn upstream(settings: Settings) -> Result<Arc<Upstream>, SetupError> {
    Upstream::new(settings, Arc::new(FixedClock("2026-11-22T12:00:00Z".parse().unwrap())))
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ldap://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// An address where nobody listens.
async fn nobody() -> String {
    let (listener, url) = listener().await;
    drop(listener);
    url
}

/// Takes one connection, reads one message and answers it with these octets, then waits for the other side to go.
async fn answering(octets: Vec<u8>) -> (String, JoinHandle<()>) {
    let (listener, url) = listener().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_message(&mut stream).await;
        stream.write_all(&octets).await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    (url, server)
}

async fn read_message(stream: &mut TcpStream) -> Vec<u8> {
    let mut octets = vec![0; 2];
    stream.read_exact(&mut octets).await.unwrap();
    let mut rest = vec![0; usize::from(octets[1])];
    stream.read_exact(&mut rest).await.unwrap();
    octets.extend(rest);
    octets
}

/// The failure of a connection secured with StartTLS to a server that answers it so.
async fn start_tls_fault(octets: Vec<u8>) -> ConnectError {
    let (url, server) = answering(octets).await;
    let authorities = tempfile::NamedTempFile::new().unwrap();
    let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(authorities.path(), authority.cert.pem()).unwrap();
    let mut settings = settings(&[url]);
    settings.start_tls = true;
    settings.tls.ca_file = Some(authorities.path().to_owned());
    let fault = upstream(settings).unwrap().connect().await.err().unwrap();
    server.await.unwrap();
    fault
}

fn start_tls_answer(code: ResultCode) -> Vec<u8> {
    answer::extended(MessageId(1), code, "", Some(oid::START_TLS), None)
}

#[tokio::test]
async fn a_refused_start_tls_is_not_a_plain_connection() {
    let fault = start_tls_fault(start_tls_answer(ResultCode::PROTOCOL_ERROR)).await;
    assert_eq!(fault, ConnectError::StartTlsRefused(ResultCode::PROTOCOL_ERROR));
}

#[tokio::test]
async fn octets_injected_behind_the_answer_to_start_tls_end_the_connection() {
    let mut octets = start_tls_answer(ResultCode::SUCCESS);
    octets.extend(answer::result(
        MessageId(1),
        tag::BIND_RESPONSE,
        ResultCode::SUCCESS,
        "",
        &[],
    ));
    assert_eq!(start_tls_fault(octets).await, ConnectError::Protocol);
}

#[tokio::test]
async fn another_answer_than_the_one_to_start_tls_ends_the_connection() {
    let bind = answer::result(MessageId(1), tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[]);
    assert_eq!(start_tls_fault(bind).await, ConnectError::Protocol);
    let other = answer::extended(MessageId(2), ResultCode::SUCCESS, "", Some(oid::START_TLS), None);
    assert_eq!(start_tls_fault(other).await, ConnectError::Protocol);
    let notice = answer::notice_of_disconnection(ResultCode::UNAVAILABLE, "going down");
    assert_eq!(start_tls_fault(notice).await, ConnectError::HungUp);
    assert_eq!(
        start_tls_fault(b"HTTP/1.1 400 Bad Request".to_vec()).await,
        ConnectError::Protocol
    );
    // A message that says it is two gigabytes long.
    assert_eq!(
        start_tls_fault(vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2]).await,
        ConnectError::Protocol
    );
}

#[tokio::test]
async fn a_server_that_takes_the_connection_and_says_nothing_runs_out_of_time() {
    let (_listener, url) = listener().await;
    let (authorities, mut settings) = (tempfile::NamedTempFile::new().unwrap(), settings(&[url]));
    let authority = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(authorities.path(), authority.cert.pem()).unwrap();
    settings.start_tls = true;
    settings.tls.ca_file = Some(authorities.path().to_owned());
    settings.connect_timeout = Duration::from_millis(30);
    let fault = upstream(settings).unwrap().connect().await.err();
    assert_eq!(fault, Some(ConnectError::TimedOut));
}

#[tokio::test]
async fn the_second_server_is_taken_when_the_first_refuses() {
    let (_listener, second) = listener().await;
    let upstream = upstream(settings(&[nobody().await, second.clone()])).unwrap();
    assert!(!upstream.healthy(), "nobody was asked yet");
    let connection = upstream.connect().await.unwrap();
    assert_eq!(connection.server, ServerIndex(1));
    assert_eq!(upstream.server_name(connection.server), second);
    assert!(upstream.healthy());
}

#[tokio::test]
async fn a_lost_server_is_passed_over_while_another_is_there() {
    let ((_first, first), (_second, second)) = (listener().await, listener().await);
    let mut settings = settings(&[first, second]);
    settings.retry_after = Duration::from_hours(1);
    let upstream = upstream(settings).unwrap();
    assert_eq!(upstream.connect().await.unwrap().server, ServerIndex(0));
    upstream.lost(ServerIndex(0));
    assert_eq!(upstream.connect().await.unwrap().server, ServerIndex(1));
    upstream.lost(ServerIndex(1));
    assert_eq!(
        upstream.connect().await.unwrap().server,
        ServerIndex(0),
        "the one lost first, when both are lost"
    );
}

#[tokio::test]
async fn with_nobody_there_the_connection_is_refused_and_nothing_is_healthy() {
    let upstream = upstream(settings(&[nobody().await])).unwrap();
    assert_eq!(upstream.connect().await.err(), Some(ConnectError::Refused));
    assert!(!upstream.healthy());
}

#[test]
fn plain_text_off_this_machine_must_be_allowed() {
    let far = || settings(&["ldap://directory.example.org".to_owned()]);
    let refused = SetupError::Plaintext {
        server: "ldap://directory.example.org:389".to_owned(),
    };
    assert_eq!(upstream(far()).err(), Some(refused));
    assert!(
        upstream(Settings {
            allow_plaintext: true,
            ..far()
        })
        .is_ok()
    );
    assert!(upstream(settings(&["ldap://127.0.0.1".to_owned()])).is_ok());
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    assert_eq!(upstream(settings(&[])).err(), Some(SetupError::NoServer));
    let url = || settings(&["ldaps://127.0.0.1".to_owned()]);
    let twice = Settings {
        start_tls: true,
        ..url()
    };
    assert!(matches!(upstream(twice), Err(SetupError::StartTlsOverTls { .. })));
    let base = Settings {
        base_dn: Some("people".to_owned()),
        ..url()
    };
    assert_eq!(upstream(base).err(), Some(SetupError::BaseDn));
    let directory = tempfile::tempdir().unwrap();
    let with_authorities = |name: &str| {
        let mut settings = url();
        settings.tls.ca_file = Some(directory.path().join(name));
        upstream(settings).err()
    };
    assert!(matches!(
        with_authorities("missing.pem"),
        Some(SetupError::CaFileUnreadable { .. })
    ));
    std::fs::write(directory.path().join("empty.pem"), "no certificate here\n").unwrap();
    assert!(matches!(
        with_authorities("empty.pem"),
        Some(SetupError::CaFileUseless { .. })
    ));
}

#[tokio::test]
async fn plain_text_goes_by_the_address_and_not_by_the_name() {
    let way = Way {
        host: "192.0.2.1",
        port: 389,
        protection: Protection::Nothing { anywhere: false },
    };
    let deadline = Instant::now() + Duration::from_secs(3);
    assert_eq!(
        connect::connect(&way, deadline).await.err(),
        Some(ConnectError::PlaintextRefused)
    );
}

#[tokio::test]
async fn a_server_that_takes_connections_and_answers_nothing_is_down_until_it_answers() {
    let ((_mute, first), (_second, second)) = (listener().await, listener().await);
    let mut settings = settings(&[first, second]);
    settings.check_timeout = Duration::from_millis(30);
    let upstream = upstream(settings).unwrap();
    assert_eq!(
        upstream.connect().await.unwrap().server,
        ServerIndex(0),
        "it looks well"
    );
    assert_eq!(upstream.check(ServerIndex(0)).await, Err(ConnectError::TimedOut));
    assert!(upstream.is_away(ServerIndex(0)) && !upstream.answers());
    assert_eq!(upstream.connect().await.unwrap().server, ServerIndex(1));
    let reports: Vec<_> = upstream.reports().map(|report| (report.up, report.unwell)).collect();
    assert_eq!(reports, [(false, 1), (true, 0)]);
}

#[tokio::test]
async fn a_client_that_finds_a_server_gone_has_it_asked_at_once() {
    let upstream = upstream(settings(&[nobody().await])).unwrap();
    assert!(upstream.connect().await.is_err());
    let suspected = upstream.suspected(ServerIndex(0));
    tokio::time::timeout(Duration::from_secs(10), suspected).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_drained_server_is_no_candidate_and_its_people_have_their_time() {
    let urls = ["ldap://127.0.0.1:1", "ldap://127.0.0.1:2"].map(str::to_owned);
    let mut settings = settings(&urls);
    settings.drain_after = Duration::from_secs(30);
    let upstream = upstream(settings).unwrap();
    let first = ServerUrl::parse(&urls[0]).unwrap();
    let all = |upstream: &Upstream| upstream.candidates(&Want::default());
    assert_eq!(all(&upstream), [ServerIndex(0), ServerIndex(1)]);
    assert!(
        upstream.drain(&first, true) && !upstream.drain(&first, true),
        "news once"
    );
    assert_eq!(all(&upstream), [ServerIndex(1)]);
    assert!(!upstream.suits(ServerIndex(0), &Want::default()));
    assert_eq!(upstream.drained_for(ServerIndex(0)), Some(Duration::ZERO));
    tokio::time::advance(Duration::from_secs(31)).await;
    assert_eq!(upstream.drained_for(ServerIndex(0)), Some(Duration::from_secs(1)));
    assert!(upstream.drain(&first, false));
    assert_eq!(upstream.drained_for(ServerIndex(0)), None);
    assert_eq!(all(&upstream), [ServerIndex(0), ServerIndex(1)]);
}

#[tokio::test]
async fn whoever_was_written_signs_in_where_writes_went_and_readers_take_none() {
    let urls = ["ldap://127.0.0.1:1", "ldap://127.0.0.1:2"].map(str::to_owned);
    let mut settings = settings(&urls);
    settings.servers[0].role = Role::Reader;
    settings.servers[1].role = Role::Writer;
    let upstream = upstream(settings).unwrap();
    let want = |name: &str| Want {
        account: Some(AccountHash::of(name.as_bytes())),
        writes: false,
    };
    let first = |name: &str| upstream.candidates(&want(name))[0].0;
    assert_eq!(first("cn=a"), 0);
    upstream.wrote(AccountHash::of(b"CN=A"), ServerIndex(1));
    assert_eq!((first("cn=a"), first("cn=b")), (1, 0));
    upstream.wrote(AccountHash::of(b"cn=b"), ServerIndex(0));
    assert_eq!(first("cn=b"), 0, "a reader has referred it and taken nothing");
    upstream.must_write(AccountHash::of(b"cn=b"));
    assert_eq!(first("cn=b"), 1);
}

#[test]
fn a_url_is_ours_by_host_and_port_and_the_two_usual_ports_are_one_server() {
    let urls = ["ldaps://One.example.org", "ldaps://two.example.org:1636"].map(str::to_owned);
    let upstream = upstream(settings(&urls)).unwrap();
    for (url, own) in [
        ("ldap://one.example.org", true),
        ("ldaps://ONE.example.org:636", true),
        ("ldap://one.example.org:3890", false),
        ("ldaps://two.example.org:1636", true),
        ("ldap://two.example.org", false),
        ("ldap://three.example.org", false),
    ] {
        assert_eq!(upstream.is_own(&ServerUrl::parse(url).unwrap()), own, "{url}");
    }
}
