//! Every refusal of the table, provoked: the client gets its code, and exactly one line with its rule goes on record.

use super::Refusal;
use crate::client::Client;
use crate::gateway::Gateway;
use crate::session::{Facts, Session};
use crate::settings::{LaneSettings, Limits, RouteSettings, TlsSource};
use postern_directory::{ServerUrl, Settings, Upstream};
use postern_identity::audit::{Audit, Event, Outcome};
use postern_identity::clock::FixedClock;
use postern_identity::decide::{
    Admission, BindQuestion, BindVerdict, Decide, Generation, Operation, Operations, References, RouteRules, RuleName,
    Ruled, Surface, TlsRule,
};
use postern_identity::{AttributeName, DirectoryName, DistinguishedName, Proven, State, Timestamp};
use postern_ldap::ber::Writer;
use postern_ldap::control::{self, ppolicy::PasswordPolicyResponse};
use postern_ldap::extended::{self, PasswordModify};
use postern_ldap::{MessageId, ResultCode, answer, bind, frame, oid, result, tag};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpListener;

#[tokio::test]
async fn every_refusal_gives_its_code_and_leaves_exactly_one_line() {
    for refusal in Refusal::ALL {
        let (name, code, _) = refusal.entry();
        let scene = scene(refusal);
        let rule = scene.rule.unwrap_or(name);
        let code = if refusal == Refusal::Restricted {
            ResultCode::INSUFFICIENT_ACCESS_RIGHTS
        } else {
            code
        };
        let (answers, lines) = play(scene).await;
        assert!(answers.contains(&code), "{refusal:?}: answers {answers:?}");
        let refused: Vec<_> = lines
            .iter()
            .filter(|line| matches!(line.outcome, Outcome::Refused | Outcome::Unavailable))
            .collect();
        assert_eq!(refused.len(), 1, "{refusal:?}: {refused:?}");
        assert_eq!(
            (refused[0].rule.as_str(), refused[0].code),
            (rule, code.0),
            "{refusal:?}"
        );
    }
}

#[tokio::test]
async fn a_bind_that_cannot_be_read_is_answered_under_its_own_id() {
    let mut scene = scene(Refusal::Malformed);
    scene.requests = vec![answer::message(
        MessageId(7),
        tag::BIND_REQUEST,
        b"\x02\x01\x03\x04",
        &[],
    )];
    let (answers, lines) = play(scene).await;
    assert_eq!(answers, [ResultCode::PROTOCOL_ERROR]);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

/// Plays one scene in which the last request must be refused with this code.
async fn refused(scene: Scene, code: ResultCode) {
    let (answers, lines) = play(scene).await;
    assert_eq!(answers.last(), Some(&code), "{lines:?}");
    assert!(
        lines.last().is_some_and(|line| line.outcome == Outcome::Refused),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_bind_whose_controls_cannot_be_walked_reaches_nobody() {
    // Our own control could not be joined to them, and a must-change account would look like any other.
    let many: Vec<Vec<u8>> = (0..65)
        .map(|number| control::encode(format!("1.2.{number}").as_bytes(), false, None))
        .collect();
    let many: Vec<&[u8]> = many.iter().map(Vec::as_slice).collect();
    for controls in [&many[..], &[&[0x31, 0][..]]] {
        let mut scene = scene(Refusal::Malformed);
        scene.server = Server::MustChange;
        scene.requests = vec![bind::simple(MessageId(1), b"cn=a", b"right", controls)];
        refused(scene, ResultCode::PROTOCOL_ERROR).await;
    }
}

#[tokio::test]
async fn a_control_whose_oid_is_not_plainly_one_is_refused_even_beside_a_listed_extension() {
    let mut scene = scene(Refusal::ExtensionNotAllowed);
    scene.rules.as_mut().unwrap().extended_operations.value = vec!["1.2.3".into()];
    let acting = control::encode(b"2.16.840.1.113730.3.4.18\0z", true, Some(b"dn:cn=other"));
    scene.requests = vec![extended::request(MessageId(1), b"1.2.3", None, &[&acting])];
    refused(scene, ResultCode::PROTOCOL_ERROR).await;
}

#[tokio::test]
async fn a_listed_extension_is_let_through_but_not_in_the_clear_from_afar() {
    for (peer, code) in [
        ("127.0.0.1:4", ResultCode::SUCCESS),
        ("192.0.2.7:4", ResultCode::CONFIDENTIALITY_REQUIRED),
    ] {
        let mut scene = scene(Refusal::ExtensionNotAllowed);
        scene.rules.as_mut().unwrap().extended_operations.value = vec!["1.2.3".into()];
        scene.peer = peer.parse().unwrap();
        scene.requests = vec![extended::request(MessageId(1), b"1.2.3", None, &[])];
        assert_eq!(play(scene).await.0, [code], "{peer}");
    }
}

#[tokio::test]
async fn a_restricted_session_cannot_read_or_test_by_controls() {
    for other in [oid::POST_READ, oid::ASSERTION] {
        let mut scene = scene(Refusal::Restricted);
        let control = control::encode(other, true, Some(b"\x30\x03\x04\x01*"));
        let change = PasswordModify {
            identity: None,
            old: None,
            new: Some(b"n"),
        }
        .value();
        let change = extended::request(MessageId(2), oid::PASSWORD_MODIFY, Some(&change), &[&control]);
        scene.requests = vec![scene.requests.remove(0), change];
        refused(scene, ResultCode::INSUFFICIENT_ACCESS_RIGHTS).await;
    }
}

#[test]
fn every_refusal_has_a_name_of_its_own() {
    let mut names: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.entry().0).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Refusal::ALL.len());
}

/// How the server behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Server {
    Answers,
    NotThere,
    /// Takes everything and says nothing but to binds.
    Mute,
    /// Not even to binds.
    Deaf,
    /// Closes on anything but a bind.
    Closes,
    /// 51 to every bind.
    Busy,
    /// Every password must be changed; anything else is not answered.
    MustChange,
}

/// What is set up, and what is sent.
struct Scene {
    rules: Option<RouteRules>,
    rule: Option<&'static str>,
    limits: Limits,
    lanes: LaneSettings,
    peer: SocketAddr,
    secure: bool,
    offers_tls: bool,
    server: Server,
    requests: Vec<Vec<u8>>,
}

fn scene(refusal: Refusal) -> Scene {
    let mut scene = Scene {
        rules: Some(rules()),
        rule: None,
        limits: Limits::default(),
        lanes: LaneSettings {
            wait: Duration::from_millis(10),
            ..LaneSettings::default()
        },
        peer: "127.0.0.1:4000".parse().unwrap(),
        secure: false,
        offers_tls: false,
        server: Server::Answers,
        requests: vec![search(1, "dc=example", &[])],
    };
    let sign_in = || bind::simple(MessageId(1), b"cn=a", b"right", &[]);
    let policy = |scene: &mut Scene, change: fn(&mut RouteRules)| {
        scene.rule = Some("built-in:of-the-test");
        change(scene.rules.as_mut().unwrap());
    };
    match refusal {
        Refusal::EmptyPassword => scene.requests = vec![bind::simple(MessageId(1), b"cn=a", b"", &[])],
        Refusal::EmptyName => scene.requests = vec![bind::simple(MessageId(1), b"", b"right", &[])],
        Refusal::NotVersion3 => scene.requests = vec![bind_request(2, 0x80, b"right")],
        Refusal::SaslNotOffered => scene.requests = vec![bind_request(3, 0xa3, b"\x04\x05PLAIN")],
        Refusal::UnknownAuthentication => scene.requests = vec![bind_request(3, 0x85, b"x")],
        Refusal::PlaintextPassword => {
            policy(&mut scene, |_| {});
            scene.peer = "192.0.2.7:4000".parse().unwrap();
            scene.requests = vec![sign_in()];
        }
        Refusal::TlsRequired => {
            policy(&mut scene, |rules| rules.tls.value = TlsRule::Always);
            scene.requests = vec![sign_in()];
        }
        Refusal::OperationNotAllowed => {
            policy(&mut scene, |rules| {
                rules.operations.value = [Operation::Bind].into_iter().collect();
            });
        }
        Refusal::ReadOnly => {
            policy(&mut scene, |rules| rules.read_only.value = true);
            scene.requests = vec![modify(1)];
        }
        Refusal::AnonymousNotAllowed => policy(&mut scene, |rules| rules.anonymous.value = false),
        Refusal::BaseNotAllowed => policy(&mut scene, |rules| {
            let base = DistinguishedName::parse(b"dc=elsewhere").unwrap();
            rules.base_dns = Some(Ruled::new(vec![base], rule()));
        }),
        Refusal::AttributeNotAllowed => {
            policy(&mut scene, |rules| {
                let name = AttributeName::parse(b"objectClass").unwrap();
                rules.denied_attributes = Some(Ruled::new(vec![name], rule()));
            });
        }
        Refusal::ExtensionNotAllowed => {
            policy(&mut scene, |_| {});
            scene.requests = vec![extended::request(MessageId(1), b"1.2.3", None, &[])];
        }
        Refusal::ProxiedAuthorization => {
            policy(&mut scene, |_| {});
            let control = control::encode(oid::PROXIED_AUTHORIZATION, true, Some(b"dn:cn=b"));
            scene.requests = vec![search(1, "dc=example", &[&control])];
        }
        Refusal::Transaction => {
            let control = control::encode(oid::TRANSACTION_SPECIFICATION, true, Some(b"1"));
            scene.requests = vec![search(1, "dc=example", &[&control])];
        }
        Refusal::Restricted => {
            policy(&mut scene, |_| {});
            scene.server = Server::MustChange;
            scene.requests = vec![sign_in(), search(2, "dc=example", &[])];
        }
        Refusal::RestrictedBusy => {
            scene.server = Server::MustChange;
            let who = extended::request(MessageId(2), oid::WHO_AM_I, None, &[]);
            let change = PasswordModify {
                identity: None,
                old: None,
                new: Some(b"n"),
            }
            .value();
            let change = extended::request(MessageId(3), oid::PASSWORD_MODIFY, Some(&change), &[]);
            scene.requests = vec![sign_in(), who, change];
        }
        Refusal::TooManyOperations => {
            scene.limits.operations_in_flight = 1;
            scene.server = Server::Mute;
            scene.requests = vec![search(1, "dc=example", &[]), search(2, "dc=example", &[])];
        }
        Refusal::Malformed => {
            scene.requests = vec![answer::message(MessageId(1), tag::MODIFY_REQUEST, b"\x04\x01x", &[])];
        }
        Refusal::StartTlsNotOffered => scene.requests = vec![extended::start_tls(MessageId(1))],
        Refusal::StartTlsAlready => {
            scene.secure = true;
            scene.offers_tls = true;
            scene.requests = vec![extended::start_tls(MessageId(1))];
        }
        Refusal::StartTlsBusy => {
            scene.offers_tls = true;
            scene.server = Server::Mute;
            scene.requests = vec![search(1, "dc=example", &[]), extended::start_tls(MessageId(2))];
        }
        Refusal::LanesBusy => scene.lanes.most = 0,
        Refusal::DirectoryUnreachable => scene.server = Server::NotThere,
        Refusal::DirectoryLost => scene.server = Server::Closes,
        Refusal::DirectorySilent => {
            scene.server = Server::Deaf;
            scene.limits.bind = Duration::from_millis(50);
            scene.requests = vec![sign_in()];
        }
        Refusal::OutcomeUnknown => {
            scene.server = Server::Closes;
            scene.requests = vec![modify(1)];
        }
        Refusal::DirectoryRefused => {
            scene.server = Server::Busy;
            scene.requests = vec![sign_in()];
        }
        Refusal::NoRules => scene.rules = None,
    }
    scene
}

/// Sends the requests one by one, waiting for an answer where one must come, and gives back every code and line.
async fn play(scene: Scene) -> (Vec<ResultCode>, Vec<Line>) {
    let address = serve(scene.server).await;
    let url = ServerUrl::parse(&format!("ldap://{address}")).unwrap_or_else(|_| unreachable!());
    let clock = Arc::new(FixedClock(Timestamp::UNIX_EPOCH));
    let settings = Settings::new(DirectoryName("d".into()), vec![url]);
    let upstream = Upstream::new(settings, clock).unwrap_or_else(|_| unreachable!());
    let record = Arc::new(Record::default());
    let decide = Arc::new(Fixed {
        generation: Arc::default(),
        rules: scene.rules.map(Arc::new),
    });
    let route = RouteSettings {
        name: "r".into(),
        upstream,
        lanes: scene.lanes,
    };
    let gateway = Gateway::new(decide, Arc::clone(&record) as Arc<dyn Audit>, scene.limits, vec![route]);
    let (mut near, far) = tokio::io::duplex(64 * 1024);
    let shared = gateway.shared();
    let registered = shared
        .registry
        .enter(scene.peer.ip(), 10, 0)
        .unwrap_or_else(|_| unreachable!());
    let start_tls: Option<TlsSource> = scene.offers_tls.then(|| Arc::new(no_tls) as TlsSource);
    let facts = Facts {
        peer: scene.peer,
        secure: scene.secure,
        start_tls,
    };
    let route = Arc::clone(&shared.routes["r"]);
    let session = Session::new(
        Arc::clone(shared),
        route,
        Client::InProcess(Box::new(far)),
        facts,
        registered,
    );
    let task = tokio::spawn(session.run());
    let mut codes = Vec::new();
    let last = scene.requests.len() - 1;
    for (place, request) in scene.requests.iter().enumerate() {
        near.write_all(request).await.unwrap();
        // Binds are answered, and so is whatever is refused in the end; a question put to a mute server is not.
        let header = frame::walk(request, 1 << 20).unwrap().unwrap();
        if place == last || header.operation == tag::BIND_REQUEST {
            codes.push(receive(&mut near).await);
        }
    }
    gateway.end_now().await;
    task.await.unwrap();
    let lines = std::mem::take(&mut *record.0.lock().unwrap());
    (codes, lines)
}

/// No handshake begins in these scenes.
fn no_tls() -> Arc<rustls::ServerConfig> {
    unreachable!()
}

async fn receive(near: &mut DuplexStream) -> ResultCode {
    let mut held = Vec::new();
    loop {
        if let Ok(Some(header)) = frame::walk(&held, 1 << 20)
            && held.len() >= header.length
        {
            assert_ne!(header.id, MessageId(0), "a notice, or an answer to nothing");
            return result::peek_code(&held[..header.length], &header).expect("a response");
        }
        let read = tokio::time::timeout(Duration::from_secs(10), near.read_buf(&mut held)).await;
        assert!(
            read.expect("an answer in time").unwrap() > 0,
            "the session ended without an answer"
        );
    }
}

async fn serve(server: Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    if server == Server::NotThere {
        return address; // closed with the listener
    }
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut held = Vec::new();
                while stream.read_buf(&mut held).await.unwrap_or(0) > 0 {
                    while let Ok(Some(header)) = frame::walk(&held, 1 << 20) {
                        if held.len() < header.length {
                            break;
                        }
                        held.drain(..header.length);
                        let must_change = PasswordPolicyResponse {
                            warning: None,
                            error: Some(2),
                        }
                        .control();
                        let reply = match (server, header.operation) {
                            (Server::Deaf, _) => continue,
                            (Server::Busy, _) => {
                                answer::result(header.id, tag::BIND_RESPONSE, ResultCode::BUSY, "", &[])
                            }
                            (Server::MustChange, tag::BIND_REQUEST) => {
                                answer::result(header.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[&must_change])
                            }
                            (_, tag::BIND_REQUEST) => {
                                answer::result(header.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[])
                            }
                            (Server::Closes, _) => return,
                            (Server::Mute | Server::MustChange, _) => continue,
                            (_, other) => match tag::response_to(other) {
                                Some(response) => answer::result(header.id, response, ResultCode::SUCCESS, "", &[]),
                                None => continue,
                            },
                        };
                        stream.write_all(&reply).await.unwrap();
                    }
                }
            });
        }
    });
    address
}

fn bind_request(version: u32, choice: u8, content: &[u8]) -> Vec<u8> {
    let mut body = Writer::new();
    body.integer(version).octets(b"cn=a").element(choice, content);
    answer::message(MessageId(1), tag::BIND_REQUEST, &body.finish(), &[])
}

fn search(id: u32, base: &str, controls: &[&[u8]]) -> Vec<u8> {
    let mut body = Writer::new();
    body.octets(base.as_bytes())
        .enumerated(0)
        .enumerated(0)
        .integer(0)
        .integer(0)
        .boolean(false);
    body.element(0x87, b"objectClass").element(tag::SEQUENCE, &[]);
    answer::message(MessageId(id), tag::SEARCH_REQUEST, &body.finish(), controls)
}

fn modify(id: u32) -> Vec<u8> {
    let mut body = Writer::new();
    body.octets(b"cn=a").element(tag::SEQUENCE, &[]);
    answer::message(MessageId(id), tag::MODIFY_REQUEST, &body.finish(), &[])
}

fn rule() -> RuleName {
    RuleName::built_in("of-the-test")
}

fn rules() -> RouteRules {
    RouteRules {
        route: "r".into(),
        generation: 0,
        surface: Ruled::new(Surface::Ppolicy, rule()),
        operations: Ruled::new(Operations::all(), rule()),
        read_only: Ruled::new(false, rule()),
        base_dns: None,
        denied_attributes: None,
        size_limit: None,
        time_limit: None,
        tls: Ruled::new(TlsRule::ForPasswords, rule()),
        anonymous: Ruled::new(true, rule()),
        references: Ruled::new(References::Drop, rule()),
        extended_operations: Ruled::new(Vec::new(), rule()),
        proxied_authorization: Ruled::new(Vec::new(), rule()),
    }
}

struct Fixed {
    generation: Arc<Generation>,
    rules: Option<Arc<RouteRules>>,
}

impl Decide for Fixed {
    fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.generation)
    }

    fn route(&self, _: &str) -> Option<Arc<RouteRules>> {
        self.rules.clone()
    }

    fn bind(&self, question: &BindQuestion<'_>) -> BindVerdict {
        let admission = match (question.proven, question.standing.state) {
            (Proven::Yes, State::MustChange) => Admission::Restrict,
            (Proven::Yes, State::Active) => Admission::Allow,
            _ => Admission::Refuse,
        };
        BindVerdict {
            admission,
            surface: Surface::Ppolicy,
            text: None,
            rule: rule(),
        }
    }
}

#[derive(Debug)]
struct Line {
    rule: String,
    outcome: Outcome,
    code: u32,
}

#[derive(Default)]
struct Record(Mutex<Vec<Line>>);

impl Audit for Record {
    fn record(&self, event: &Event<'_>) {
        let line = Line {
            rule: event.rule.to_owned(),
            outcome: event.outcome,
            code: event.result_code,
        };
        self.0.lock().unwrap().push(line);
    }
}
