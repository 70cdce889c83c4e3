//! Seams: what one step of a session leaves to the next. The session is nobody's task here: each step is called by its name.

use super::{Identity, Leave, Session};
use crate::door::Arrival;
use crate::guard::{Asked, Attempt, Held, TestedBy};
use crate::lane::LaneLoss;
use crate::refusal::tests::stage::{Fixed, Scene, Server, Stage, receive, rule, rules, set_up};
use crate::settings::{LaneSettings, Limits};
use crate::sign_in::SignInSettings;
use postern_directory::{DialectName, ServerIndex};
use postern_identity::decide::{GuardRules, RouteRules, Ruled};
use postern_identity::{AccountKey, DirectoryName, Evidence, Source, Standing, State};
use postern_ldap::ber::Writer;
use postern_ldap::control::ppolicy::{PasswordPolicyResponse, PolicyWarning};
use postern_ldap::extended::{self, PasswordModify};
use postern_ldap::{Header, MessageId, ResultCode, answer, bind, frame, oid, tag};
use std::future::Future;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;
use zeroize::Zeroizing;

const NAME: &str = "cn=a,dc=example";

/// What a server does with a request.
enum Reply {
    Send(Vec<u8>),
    Nothing,
    HangUp,
}

/// A server that is told what to do, by the number of the connection, of the request on it, and the request.
async fn server(replies: impl Fn(usize, usize, &Header, &[u8]) -> Reply + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut connections = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            connections += 1;
            let (connection, replies) = (connections, replies.clone());
            tokio::spawn(async move {
                let (mut held, mut requests) = (Vec::new(), 0);
                while stream.read_buf(&mut held).await.unwrap_or(0) > 0 {
                    while let Ok(Some(header)) = frame::walk(&held, 1 << 20)
                        && header.length <= held.len()
                    {
                        let request: Vec<u8> = held.drain(..header.length).collect();
                        requests += 1;
                        match replies(connection, requests, &header, &request) {
                            Reply::Send(octets) => stream.write_all(&octets).await.unwrap(),
                            Reply::Nothing => {}
                            Reply::HangUp => return,
                        }
                    }
                }
            });
        }
    });
    address
}

fn stage(address: SocketAddr, service_account: bool, rules: RouteRules) -> Stage {
    let scene = Scene {
        rules: Some(rules),
        rule: None,
        limits: Limits::default(),
        lanes: LaneSettings::default(),
        service_account,
        peer: "127.0.0.1:4000".parse().unwrap(),
        secure: false,
        offers_tls: false,
        sign_in: SignInSettings::default(),
        arrival: Arrival::default(),
        server: Server::Answers, // another one is at the address
        dialect: DialectName::OpenLdap,
        names: None,
        shown_as: crate::shown_as::ShownAs::default(),
        requests: Vec::new(),
    };
    set_up(scene, address)
}

/// Rules with a guard that lets one wrong password less than these up.
fn guarded(attempts: u32) -> RouteRules {
    let guard = GuardRules {
        attempts,
        ..GuardRules::default()
    };
    RouteRules {
        guard: Some(Ruled::new(guard, rule())),
        ..rules()
    }
}

fn done(header: &Header, code: ResultCode) -> Reply {
    match tag::response_to(header.operation) {
        Some(response) => Reply::Send(answer::result(header.id, response, code, "", &[])),
        None => Reply::Nothing,
    }
}

fn must_change(header: &Header) -> Reply {
    let control = PasswordPolicyResponse {
        warning: None,
        error: Some(2),
    }
    .control();
    let success = ResultCode::SUCCESS;
    Reply::Send(answer::result(header.id, tag::BIND_RESPONSE, success, "", &[&control]))
}

fn active(header: &Header) -> Reply {
    let control = PasswordPolicyResponse::default().control();
    let success = ResultCode::SUCCESS;
    Reply::Send(answer::result(header.id, tag::BIND_RESPONSE, success, "", &[&control]))
}

/// Whether a bind comes with this password.
fn is_with(request: &[u8], password: &[u8]) -> bool {
    request.windows(password.len()).any(|part| part == password)
}

fn sign_in(id: u32, password: &str) -> Vec<u8> {
    bind::simple(MessageId(id), NAME.as_bytes(), password.as_bytes(), &[])
}

fn new_password(id: u32, password: &str) -> Vec<u8> {
    let change = PasswordModify {
        identity: None,
        old: None,
        new: Some(password.as_bytes()),
    };
    extended::request(MessageId(id), oid::PASSWORD_MODIFY, Some(&change.value()), &[])
}

impl Session {
    /// One request, done in sequence.
    fn step(&mut self, request: Vec<u8>) -> impl Future<Output = ControlFlow<Leave>> {
        self.request(Zeroizing::new(request))
    }

    /// What the guard would say to one more guess at the account.
    fn guess(&self, password: &str) -> Option<Held> {
        let guard = self.rules.as_ref().unwrap().guard.as_ref().unwrap();
        let asked = self.route.guard.ask_now(&Attempt {
            name: NAME.as_bytes(),
            password: password.as_bytes(),
            by: TestedBy::SignIn,
            client: self.facts.peer.ip(),
            rules: &guard.value,
        });
        match asked.expect("nothing to wait for") {
            Asked::Go(reservation) => {
                reservation.settle(crate::guard::Outcome::Released);
                None
            }
            Asked::Held(held) => Some(held),
            Asked::Late => Some(Held::Spent), // by what was lost: it does not go up either
        }
    }
}

#[tokio::test]
async fn a_request_that_would_have_to_be_waited_for_a_second_time_is_answered() {
    let decide: Arc<OnceLock<Arc<Fixed>>> = Arc::default();
    let others = Arc::clone(&decide);
    let anonymous = bind::simple(MessageId(1), b"", b"", &[]);
    let (nobody, binds) = (anonymous.clone(), Arc::new(AtomicUsize::new(0)));
    let address = server(move |_, _, header, request| {
        // While its lane is made ready, rules come by which the guard would have to ask whose this odd name is.
        if request == nobody && binds.fetch_add(1, Ordering::SeqCst) == 1 {
            others.get().unwrap().change(guarded(5));
        }
        done(header, ResultCode::SUCCESS)
    })
    .await;
    let mut stage = stage(address, true, rules());
    assert!(decide.set(Arc::clone(&stage.decide)).is_ok());
    assert!(stage.session.step(anonymous).await.is_continue());
    assert_eq!(receive(&mut stage.near).await, ResultCode::SUCCESS);
    stage.session.give_lane_back();
    let mut compare = Writer::new();
    compare
        .octets(b"employeeNumber=1,dc=example")
        .nested(tag::SEQUENCE, |asserted| {
            asserted.octets(b"userPassword").octets(b"guess");
        });
    let compare = answer::message(MessageId(7), tag::COMPARE_REQUEST, &compare.finish(), &[]);
    stage.record.lines();
    assert!(stage.session.step(compare).await.is_continue());
    assert_eq!(receive(&mut stage.near).await, ResultCode::UNAVAILABLE);
    assert_eq!(stage.record.lines().len(), 1);
    stage.gateway.end_now().await;
}

#[tokio::test]
async fn a_sign_in_after_a_password_change_counts_once_however_often_the_first_was_sent() {
    let address = server(|_, number, header, _| match (header.operation, number) {
        (tag::BIND_REQUEST, 1) => must_change(header),
        (tag::BIND_REQUEST, _) => done(header, ResultCode::INVALID_CREDENTIALS),
        _ => done(header, ResultCode::SUCCESS),
    })
    .await;
    // Two wrong ones may go up from a network the account was signed in to from.
    let mut stage = stage(address, false, guarded(3));
    let session = &mut stage.session;
    assert!(session.step(sign_in(1, "right")).await.is_continue());
    assert!(matches!(session.identity, Identity::Restricted(_)));
    session.binds_sent = 2; // as where its first lane was found dead
    assert!(session.step(new_password(2, "new")).await.is_continue());
    assert_eq!(session.guess("another"), None);
    stage.gateway.end_now().await;
}

#[tokio::test]
async fn a_bind_that_was_sent_twice_and_answered_with_nonsense_counts_twice() {
    let address = server(|connection, number, header, _| match (connection, number) {
        (1, 1) => active(header),
        (1, _) => Reply::HangUp,
        // A bind response of nothing.
        _ => Reply::Send(answer::message(header.id, tag::BIND_RESPONSE, b"", &[])),
    })
    .await;
    let mut stage = stage(address, false, guarded(3));
    let session = &mut stage.session;
    assert!(session.step(sign_in(1, "right")).await.is_continue());
    session.give_lane_back();
    assert!(session.step(sign_in(2, "guess")).await.is_continue());
    assert_eq!(session.binds_sent, 2);
    assert_eq!(session.guess("another"), Some(Held::Spent));
    stage.gateway.end_now().await;
}

#[tokio::test]
async fn a_password_that_may_have_been_written_makes_a_wrong_one_worth_asking_whatever_became_of_the_request() {
    for way in 0..3 {
        let address = server(|_, _, header, request| match header.operation {
            tag::BIND_REQUEST if is_with(request, b"later") => done(header, ResultCode::INVALID_CREDENTIALS),
            tag::BIND_REQUEST => active(header),
            _ => Reply::Nothing,
        })
        .await;
        let mut stage = stage(address, false, guarded(9));
        let session = &mut stage.session;
        assert!(session.step(sign_in(1, "later")).await.is_continue());
        assert!(session.step(sign_in(2, "right")).await.is_continue());
        assert!(session.step(new_password(3, "later")).await.is_continue());
        assert_eq!(session.guess("later"), Some(Held::Repeated), "{way}");
        match way {
            0 => {
                let abandon = answer::abandon(MessageId(4), MessageId(3));
                let header = frame::walk(&abandon, 1 << 20).unwrap().unwrap();
                let _ = session.admit(&header, &abandon);
            }
            1 => assert!(session.step(sign_in(4, "right")).await.is_continue()),
            _ => assert!(session.lane_lost(LaneLoss::Closed).await.is_break()),
        }
        assert_eq!(session.guess("later"), None, "{way}");
        stage.gateway.end_now().await;
    }
}

#[tokio::test]
async fn whoever_is_let_in_has_the_rules_that_came_with_the_verdict_and_whoever_is_turned_away_has_nobodys() {
    let address = server(|_, _, header, request| {
        if is_with(request, b"right") {
            return active(header);
        }
        if is_with(request, b"wrong") {
            return done(header, ResultCode::INVALID_CREDENTIALS);
        }
        // A standing these rules turn away.
        let control = PasswordPolicyResponse {
            warning: Some(PolicyWarning::TimeBeforeExpiration(60)),
            error: None,
        }
        .control();
        let success = ResultCode::SUCCESS;
        Reply::Send(answer::result(header.id, tag::BIND_RESPONSE, success, "", &[&control]))
    })
    .await;
    let mut stage = stage(address, false, rules());
    let judged = Arc::new(rules());
    stage.decide.judge(&judged);
    stage.decide.change(rules());
    let session = &mut stage.session;
    for (id, password, is_let_in) in [
        (1, "right", true),
        (2, "wrong", false),
        (3, "right", true),
        (4, "expires soon", false),
        (5, "right", true),
    ] {
        assert!(session.step(sign_in(id, password)).await.is_continue());
        assert_eq!(session.is_bound(), is_let_in, "{id}");
        let taken = session.rules.as_ref().unwrap();
        assert_eq!(Arc::ptr_eq(taken, &judged), is_let_in, "{id}");
    }
    stage.gateway.end_now().await;
}

#[tokio::test]
async fn what_was_looked_up_before_a_password_was_changed_is_not_acted_on_afterwards() {
    let address = server(|_, _, header, request| match header.operation {
        tag::BIND_REQUEST if is_with(request, NAME.as_bytes()) => must_change(header),
        tag::SEARCH_REQUEST => {
            let mut entry = Writer::new();
            entry.octets(NAME.as_bytes()).nested(tag::SEQUENCE, |list| {
                list.nested(tag::SEQUENCE, |attribute| {
                    attribute.octets(b"entryUUID").nested(tag::SET, |values| {
                        values.octets(b"9f0a4c1e-0000-4000-8000-000000000001");
                    });
                });
            });
            let entry = answer::message(header.id, tag::SEARCH_ENTRY, &entry.finish(), &[]);
            let end = answer::result(header.id, tag::SEARCH_DONE, ResultCode::SUCCESS, "", &[]);
            Reply::Send([entry, end].concat())
        }
        _ => done(header, ResultCode::SUCCESS),
    })
    .await;
    let mut rules = rules();
    rules.recheck.value = 3600;
    let mut stage = stage(address, true, rules);
    let session = &mut stage.session;
    assert!(session.step(sign_in(1, "right")).await.is_continue());
    assert!(matches!(session.identity, Identity::Restricted(_)));
    assert!(session.outstayed().is_none()); // it is watched from now on
    let period = Duration::from_hours(1);
    let watched = session
        .route
        .rechecks
        .watch(ServerIndex(0), NAME.as_bytes(), period)
        .unwrap();
    let asked = Instant::now() + Duration::from_nanos(1);
    // Its entry shows nothing against it any more.
    session.judge_by_entry().await;
    assert!(matches!(session.identity, Identity::Bound(_)));
    let key = AccountKey {
        directory: DirectoryName("d".into()),
        id: "1".into(),
    };
    let before = Standing {
        state: State::MustChange,
        ..Standing::unknown(Evidence {
            source: Source::Entry,
            result_code: None,
            told_by: "pwdReset",
        })
    };
    watched.learn(Some(Ok((key, before))), asked);
    for _ in 0..2 {
        assert!(session.outstayed().is_none());
    }
    assert!(matches!(session.identity, Identity::Bound(_)));
    stage.gateway.end_now().await;
}
