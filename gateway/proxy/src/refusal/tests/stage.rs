//! The stage on which refusals are provoked: one session, a server that behaves as told, rules, and the record.

mod last_grace;

use crate::client::Client;
use crate::door::Arrival;
use crate::gateway::Gateway;
use crate::guard::{GuardSeed, GuardSettings};
use crate::session::{Facts, Session};
use crate::settings::{LaneSettings, Limits, RouteSettings, TlsSource};
use crate::shown_as::ShownAs;
use crate::sign_in::SignInSettings;
use crate::workers::Workers;
use postern_directory::names::{Finding, NameSearch};
use postern_directory::{DialectName, NameForm, NameRules, ServerUrl, ServiceAccount, Settings, Upstream};
use postern_identity::audit::{Audit, Event, Outcome};
use postern_identity::clock::FixedClock;
use postern_identity::decide::{
    Admission, BindQuestion, BindVerdict, Decide, Generation, Operations, References, RouteAnswer, RouteQuestion,
    RouteRules, RuleName, Ruled, Surface, TlsRule,
};
use postern_identity::{DirectoryName, Proven, Secret, State, Timestamp};
use postern_ldap::ber::Writer;
use postern_ldap::control::ppolicy::PasswordPolicyResponse;
use postern_ldap::control::proxied_authorization::ActingAs;
use postern_ldap::{Message, MessageId, ResultCode, answer, frame, result, tag};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpListener;

/// How the server behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
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
    /// Two entries to every search.
    Twins,
    /// 49 to every bind.
    Wrong,
    /// 10 to everything but binds.
    Refers,
    /// Every password must be changed; anything else is not answered.
    MustChange,
    /// Every password is right, says the password policy control.
    Active,
    /// Searches find cn=a,dc=example; nobody may act for it.
    HasAccount,
    /// The same, and whatever is not asked in its name is refused with 123.
    LetsAct,
    /// Every password is right; the service account finds every entry but cn=none and cn=lost marked as somebody else's.
    Marked,
    /// The password has expired and one grace sign-in is left after the first; the entry says so to the service account.
    LastGrace,
}

/// What is set up, and what is sent.
pub(crate) struct Scene {
    pub(crate) rules: Option<RouteRules>,
    pub(crate) rule: Option<&'static str>,
    pub(crate) limits: Limits,
    pub(crate) lanes: LaneSettings,
    pub(crate) service_account: bool,
    pub(crate) peer: SocketAddr,
    pub(crate) secure: bool,
    pub(crate) offers_tls: bool,
    pub(crate) sign_in: SignInSettings,
    pub(crate) arrival: Arrival,
    pub(crate) server: Server,
    pub(crate) dialect: DialectName,
    pub(crate) names: Option<NameRules>,
    pub(crate) shown_as: ShownAs,
    pub(crate) requests: Vec<Vec<u8>>,
}

/// A session that nobody runs yet, and everything around it.
pub(crate) struct Stage {
    pub(crate) gateway: Gateway,
    pub(crate) session: Session,
    pub(crate) near: DuplexStream,
    pub(crate) record: Arc<Record>,
    pub(crate) decide: Arc<Fixed>,
}

/// Sends the requests one by one, waiting for an answer where one must come, and gives back every code and line.
pub(crate) async fn play(mut scene: Scene) -> (Vec<ResultCode>, Vec<Line>) {
    let address = serve(scene.server).await;
    let requests = std::mem::take(&mut scene.requests);
    let Stage {
        gateway,
        session,
        mut near,
        record,
        decide: _,
    } = set_up(scene, address);
    let task = tokio::spawn(session.run());
    let mut codes = Vec::new();
    let last = requests.len() - 1;
    for (place, request) in requests.iter().enumerate() {
        near.write_all(request).await.unwrap();
        // Binds are answered, and so is whatever is refused in the end; a question put to a mute server is not.
        let header = frame::walk(request, 1 << 20).unwrap().unwrap();
        if place == last || header.operation == tag::BIND_REQUEST {
            codes.push(receive(&mut near).await);
        }
    }
    gateway.end_now().await;
    task.await.unwrap();
    (codes, record.lines())
}

/// What a scene needs, in front of the server at this address.
pub(crate) fn set_up(scene: Scene, address: SocketAddr) -> Stage {
    let url = ServerUrl::parse(&format!("ldap://{address}")).unwrap_or_else(|_| unreachable!());
    let clock = Arc::new(FixedClock(Timestamp::UNIX_EPOCH));
    let mut settings = Settings::new(DirectoryName("d".into()), vec![url]);
    settings.dialect = scene.dialect;
    let last_grace = scene.server == Server::LastGrace;
    settings.base_dn = Some(if last_grace { "cn=a" } else { "dc=example" }.to_owned());
    settings.service_account = (scene.service_account || last_grace || scene.names.is_some()).then(|| ServiceAccount {
        dn: "cn=service".to_owned(),
        password: Secret::new(b"right".as_slice()),
    });
    let upstream = Upstream::new(settings, clock).unwrap_or_else(|_| unreachable!());
    let record = Arc::new(Record::default());
    let decide = Arc::new(Fixed::new(scene.rules));
    let route = RouteSettings {
        name: "r".into(),
        upstream,
        lanes: scene.lanes,
        sign_in: scene.sign_in,
        names: scene.names,
        ldap_url: None,
        shown_as: scene.shown_as,
    };
    let gateway = Gateway::new(
        Arc::clone(&decide) as Arc<dyn Decide>,
        Arc::clone(&record) as Arc<dyn Audit>,
        scene.limits,
        vec![route],
        Arc::new(Workers::here()),
        &GuardSettings {
            seed: GuardSeed([1; 32]),
            nodes: NonZeroU32::MIN,
        },
    );
    let (near, far) = tokio::io::duplex(64 * 1024);
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
        arrival: scene.arrival,
    };
    let route = Arc::clone(&shared.routes["r"]);
    let session = Session::new(
        Arc::clone(shared),
        route,
        Client::InProcess(Box::new(far)),
        facts,
        registered,
    );
    Stage {
        gateway,
        session,
        near,
        record,
        decide,
    }
}

/// No handshake begins in these scenes.
pub(crate) fn no_tls() -> Arc<rustls::ServerConfig> {
    unreachable!()
}

pub(crate) async fn receive(near: &mut DuplexStream) -> ResultCode {
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

pub(crate) async fn serve(server: Server) -> SocketAddr {
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
                        let request: Vec<u8> = held.drain(..header.length).collect();
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
                            (Server::Wrong, tag::BIND_REQUEST) => {
                                let code = ResultCode::INVALID_CREDENTIALS;
                                answer::result(header.id, tag::BIND_RESPONSE, code, "", &[])
                            }
                            (Server::Active | Server::Marked, tag::BIND_REQUEST) => {
                                let nothing = PasswordPolicyResponse::default().control();
                                answer::result(header.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[&nothing])
                            }
                            (Server::HasAccount | Server::LetsAct, tag::SEARCH_REQUEST | tag::EXTENDED_REQUEST) => {
                                for_account(&request, server == Server::LetsAct)
                            }
                            (Server::Marked, tag::SEARCH_REQUEST) => super::owned::found(&request),
                            (Server::MustChange, tag::BIND_REQUEST) => {
                                answer::result(header.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[&must_change])
                            }
                            (Server::LastGrace, tag::BIND_REQUEST) => answer::result(
                                header.id,
                                tag::BIND_RESPONSE,
                                ResultCode::SUCCESS,
                                "",
                                &[&last_grace::one_left()],
                            ),
                            (Server::LastGrace, tag::SEARCH_REQUEST) => [
                                last_grace::entry(header.id),
                                answer::result(header.id, tag::SEARCH_DONE, ResultCode::SUCCESS, "", &[]),
                            ]
                            .concat(),
                            (_, tag::BIND_REQUEST) => {
                                answer::result(header.id, tag::BIND_RESPONSE, ResultCode::SUCCESS, "", &[])
                            }
                            (Server::Closes, _) => return,
                            (Server::Twins, tag::SEARCH_REQUEST) => {
                                let mut both = [entry(header.id, "cn=a"), entry(header.id, "cn=b")].concat();
                                both.extend(answer::result(
                                    header.id,
                                    tag::SEARCH_DONE,
                                    ResultCode::SUCCESS,
                                    "",
                                    &[],
                                ));
                                both
                            }
                            (Server::Mute | Server::MustChange, _) => continue,
                            (Server::Refers, other) => {
                                let response = tag::response_to(other).unwrap_or_default();
                                answer::result(header.id, response, ResultCode::REFERRAL, "", &[])
                            }
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

/// What a directory answers that has one account, cn=a,dc=example, and whose service account is the first on a connection to search.
fn for_account(request: &[u8], lets_act: bool) -> Vec<u8> {
    let message = Message::parse(request).unwrap();
    let acting = ActingAs::parse(message.controls).unwrap();
    let own = acting == Some(ActingAs::AuthorizationId(b"dn:cn=a,dc=example"));
    let id = message.id;
    if message.operation.tag == tag::EXTENDED_REQUEST {
        let value: &[u8] = if lets_act && own {
            b"dn:cn=a,dc=example"
        } else {
            b"dn:cn=service"
        };
        return answer::extended(id, ResultCode::SUCCESS, "", None, Some(value));
    }
    let done = |code| answer::result(id, tag::SEARCH_DONE, code, "", &[]);
    if own {
        return done(ResultCode::SUCCESS);
    }
    // Only the look-up of the account asks for its id.
    if !request.windows(9).any(|part| part == b"entryUUID") {
        return done(ResultCode::AUTHORIZATION_DENIED);
    }
    let mut entry = Writer::new();
    entry.octets(b"cn=a,dc=example").nested(tag::SEQUENCE, |list| {
        list.nested(tag::SEQUENCE, |attribute| {
            attribute.octets(b"entryUUID").nested(tag::SET, |set| {
                set.octets(b"9f0a4c1e-0000-4000-8000-000000000001");
            });
        });
    });
    let entry = answer::message(id, tag::SEARCH_ENTRY, &entry.finish(), &[]);
    [entry, done(ResultCode::SUCCESS)].concat()
}

/// A bind with a SASL mechanism.
pub(crate) fn sasl_bind(mechanism: &str, credentials: &[u8]) -> Vec<u8> {
    let mut body = Writer::new();
    body.integer(3).octets(b"").nested(0xa3, |sasl| {
        sasl.octets(mechanism.as_bytes()).octets(credentials);
    });
    answer::message(MessageId(1), tag::BIND_REQUEST, &body.finish(), &[])
}

fn entry(id: MessageId, dn: &str) -> Vec<u8> {
    let mut content = Writer::new();
    content.octets(dn.as_bytes()).element(tag::SEQUENCE, &[]);
    answer::message(id, tag::SEARCH_ENTRY, &content.finish(), &[])
}

/// A route that takes login names.
pub(crate) fn login_names() -> NameRules {
    NameRules {
        accept: vec![NameForm::Dn, NameForm::Uid],
        domains: Vec::new(),
        upn_suffixes: Vec::new(),
        finding: Finding::Search(NameSearch::default()),
    }
}

pub(crate) fn bind_request(version: u32, choice: u8, content: &[u8]) -> Vec<u8> {
    let mut body = Writer::new();
    body.integer(version).octets(b"cn=a").element(choice, content);
    answer::message(MessageId(1), tag::BIND_REQUEST, &body.finish(), &[])
}

pub(crate) fn search(id: u32, base: &str, controls: &[&[u8]]) -> Vec<u8> {
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

pub(crate) fn modify(id: u32) -> Vec<u8> {
    let mut body = Writer::new();
    body.octets(b"cn=a").element(tag::SEQUENCE, &[]);
    answer::message(MessageId(id), tag::MODIFY_REQUEST, &body.finish(), &[])
}

pub(crate) fn rule() -> RuleName {
    RuleName::built_in("of-the-test")
}

pub(crate) fn rules() -> RouteRules {
    RouteRules {
        route: "r".into(),
        generation: 0,
        surface: Ruled::new(Surface::Ppolicy.into(), rule()),
        operations: Ruled::new(Operations::all(), rule()),
        read_only: Ruled::new(false, rule()),
        base_dns: None,
        denied_attributes: None,
        size_limit: None,
        time_limit: None,
        tls: Ruled::new(TlsRule::ForPasswords, rule()),
        anonymous: Ruled::new(true, rule()),
        references: Ruled::new(References::Drop, rule()),
        keep_last_grace: Ruled::new(false, rule()),
        extended_operations: Ruled::new(Vec::new(), rule()),
        proxied_authorization: Ruled::new(Vec::new(), rule()),
        authority: None,
        guard: None,
        max_bound_age: None,
        recheck: Ruled::new(0, rule()),
    }
}

pub(crate) struct Fixed {
    generation: Arc<Generation>,
    rules: Mutex<Option<Arc<RouteRules>>>,
    /// What comes with a verdict, where rules depend on who it is. Nobody has a reason to ask for them then.
    judged: Mutex<Option<Arc<RouteRules>>>,
}

impl Fixed {
    /// These rules for every route, until they are changed.
    pub(crate) fn new(rules: Option<RouteRules>) -> Self {
        Self {
            generation: Arc::default(),
            rules: Mutex::new(rules.map(Arc::new)),
            judged: Mutex::default(),
        }
    }

    /// Whoever signs in has these from now on.
    pub(crate) fn judge(&self, rules: &Arc<RouteRules>) {
        *self.judged.lock().unwrap() = Some(Arc::clone(rules));
    }

    /// Others from now on.
    pub(crate) fn change(&self, rules: RouteRules) {
        *self.rules.lock().unwrap() = Some(Arc::new(rules));
        self.generation.set(self.generation.get() + 1);
    }
}

impl Decide for Fixed {
    fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.generation)
    }

    fn route(&self, question: &RouteQuestion<'_>) -> Option<RouteAnswer> {
        let conditional = self.judged.lock().unwrap().is_some();
        assert!(!conditional || question.account.is_none(), "judged already");
        let rules = self.rules.lock().unwrap().clone()?;
        Some(RouteAnswer {
            conditional,
            ..RouteAnswer::always(rules)
        })
    }

    fn sign_in(&self, question: &BindQuestion<'_>) -> (BindVerdict, Option<Arc<RouteRules>>) {
        (self.bind(question), self.judged.lock().unwrap().clone())
    }

    fn bind(&self, question: &BindQuestion<'_>) -> BindVerdict {
        let admission = match (question.proven, question.standing.state) {
            (Proven::Yes, State::MustChange) => Admission::Restrict,
            (Proven::Yes, State::Active | State::ExpiredGrace { .. }) => Admission::Allow,
            _ => Admission::Refuse,
        };
        BindVerdict {
            admission,
            surface: Surface::Ppolicy.into(),
            told_as: None,
            text: None,
            notice: false,
            rule: rule(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) rule: String,
    pub(crate) outcome: Outcome,
    pub(crate) code: u32,
}

#[derive(Default)]
pub(crate) struct Record(Mutex<Vec<Line>>);

impl Record {
    /// What went on record so far, once.
    pub(crate) fn lines(&self) -> Vec<Line> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

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
