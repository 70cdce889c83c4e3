//! What the API is tried on: self-service that does as it is scripted, records in memory, and a client.

use super::super::{ApiPorts, routes};
use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use postern_identity::clock::FixedClock;
use postern_identity::records::resets::{ContextRow, Job, Onboarded, Waiting};
use postern_identity::records::{Allowance, Hash, KeptAnswer, RecordsError, ResetChange, ResetRecords, Spent, Stored};
use postern_identity::reset::asked::Method;
use postern_identity::reset::{AccountView, Request as Asked};
use postern_identity::reset::{
    Action, Answer, By, Caller, Change, Changed, ContextId, Ending, Execution, Finding, Holder, Landing, Offer, Opened,
    PasswordRules, Proof, ProviderOffer, PublicUrl, Refused, SelfService, SessionKey, Stage, TargetOutcome,
    TargetResult, View,
};
use postern_identity::standing::StateName;
use postern_identity::{PasswordRule, Secret, Timestamp};
use postern_web::{Bearers, Edge, ProblemsAlone, Rate, Site, Sites, Token, Tokens};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const NOW: &str = "2026-11-22T12:00:00Z";

/// Self-service that knows one code (`RIGHT`), and passwords by what becomes of them.
#[derive(Default)]
pub(super) struct Scripted {
    contexts: Mutex<HashMap<ContextId, Context>>,
    /// What was asked, one line each.
    pub(super) asked: Mutex<Vec<String>>,
    /// While it is held, requests wait.
    pub(super) gate: tokio::sync::Mutex<()>,
}

struct Context {
    token: String,
    route: String,
    action: Action,
    stage: Stage,
    results: Vec<TargetResult>,
}

impl Scripted {
    fn say(&self, line: String) {
        self.asked.lock().unwrap().push(line);
    }

    /// The caller's own context.
    fn of<T>(
        &self,
        caller: &Caller<'_>,
        holder: Holder<'_>,
        then: impl FnOnce(&mut Context) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let By::Program { token, .. } = caller.by else {
            panic!("a browser")
        };
        let mut contexts = self.contexts.lock().unwrap();
        let context = contexts.get_mut(&holder.context()).ok_or(Refused::NoContext)?;
        if context.token != token || context.route != caller.route {
            return Err(Refused::NoContext);
        }
        then(context)
    }
}

fn never<'a, T>() -> Answer<'a, T> {
    panic!("no program asks this")
}

impl SelfService for Scripted {
    fn offer<'a>(&'a self, _: &'a str) -> Answer<'a, Offer> {
        never()
    }

    fn request<'a>(&'a self, caller: &'a Caller<'a>, request: &'a Asked) -> Answer<'a, Opened> {
        Box::pin(async move {
            drop(self.gate.lock().await);
            let By::Program { token, may_vouch } = caller.by else {
                panic!("a browser")
            };
            let name = request.identifier.as_str();
            self.say(format!(
                "request {} {name} by {token} on {} in {}",
                request.action.as_str(),
                caller.route,
                caller.language
            ));
            match name {
                "flood" => {
                    return Err(Refused::TooMany {
                        after: Duration::from_secs(7),
                    });
                }
                "down" => return Err(Refused::Unavailable),
                "off" => return Err(Refused::NotOffered),
                _ => {}
            }
            let vouched = matches!(request.method, Some(Method::Vouched { .. }));
            assert!(!vouched || may_vouch);
            let mut contexts = self.contexts.lock().unwrap();
            let context = ContextId(u128::try_from(contexts.len() + 1).unwrap().to_be_bytes());
            let stage = if vouched { Stage::Ready } else { Stage::Asked };
            contexts.insert(
                context,
                Context {
                    token: token.to_owned(),
                    route: caller.route.to_owned(),
                    action: request.action,
                    stage,
                    results: Vec::new(),
                },
            );
            let provider = name.ends_with("@sso.example").then(|| ProviderOffer {
                name: "sso".into(),
                title: "Example SSO".into(),
                host: "sso.example".into(),
                url: "https://sso.example/forgot".into(),
            });
            Ok(Opened {
                context,
                session: SessionKey {
                    context,
                    secret: Secret::new("session"),
                },
                provider,
            })
        })
    }

    fn again<'a>(&'a self, _: &'a Caller<'a>, _: Holder<'a>) -> Answer<'a, ()> {
        never()
    }
    fn landing<'a>(&'a self, _: &'a Caller<'a>, _: &'a Secret) -> Answer<'a, Landing> {
        never()
    }
    fn follow<'a>(&'a self, _: &'a Caller<'a>, _: &'a Secret) -> Answer<'a, SessionKey> {
        never()
    }
    fn not_me<'a>(&'a self, _: &'a Caller<'a>, _: &'a Secret) -> Answer<'a, ()> {
        never()
    }

    fn prove<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>, proof: Proof<'a>) -> Answer<'a, SessionKey> {
        Box::pin(async move {
            self.say("prove".to_owned());
            self.of(caller, holder, |context| {
                let Proof::Code { factor, code } = proof;
                if factor != "mail" {
                    return Err(Refused::Unusable("factor"));
                }
                if code.expose() != b"RIGHT" {
                    return Err(Refused::WrongProof { left: Some(2) });
                }
                context.stage = Stage::Ready;
                Ok(SessionKey {
                    context: holder.context(),
                    secret: Secret::new("session"),
                })
            })
        })
    }

    fn view<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, View> {
        Box::pin(async move {
            self.of(caller, holder, |context| {
                let proven = !matches!(context.stage, Stage::Asked);
                Ok(View {
                    context: holder.context(),
                    action: context.action,
                    stage: context.stage,
                    expires_at: NOW.parse().unwrap(),
                    next: if proven { Vec::new() } else { vec!["mail".into()] },
                    resend_at: Some(NOW.parse().unwrap()),
                    not_before: None,
                    accounts: if proven { vec![account()] } else { Vec::new() },
                    password: PasswordRules::default(),
                    directory_rules: Vec::new(),
                    results: context.results.clone(),
                })
            })
        })
    }

    fn execute<'a>(
        &'a self,
        caller: &'a Caller<'a>,
        holder: Holder<'a>,
        execution: Execution<'a>,
    ) -> Answer<'a, Vec<TargetResult>> {
        Box::pin(async move {
            self.say(format!("execute {:?} {:?}", execution.accounts, execution.idempotency));
            self.of(caller, holder, |context| {
                match context.stage {
                    Stage::Ready => {}
                    Stage::Done => return Err(Refused::Over(Ending::Used)),
                    Stage::Over(ending) => return Err(Refused::Over(ending)),
                    _ => return Err(Refused::NotReady),
                }
                match execution.new.map(Secret::expose) {
                    Some(b"in the history") => return Err(Refused::Password(Some(PasswordRule::History))),
                    Some(b"short") => {
                        return Err(Refused::Screened(vec![
                            Finding::TooShort { shortest: 15 },
                            Finding::Leaked,
                        ]));
                    }
                    _ => {}
                }
                context.stage = Stage::Done;
                context.results = vec![TargetResult {
                    directory: "people".into(),
                    login: "bob".into(),
                    outcome: TargetOutcome::Done,
                }];
                Ok(context.results.clone())
            })
        })
    }

    fn renewed<'a>(&'a self, _: &'a Caller<'a>, _: Holder<'a>) -> Answer<'a, Option<SessionKey>> {
        never()
    }

    fn more_time<'a>(&'a self, _: &'a Caller<'a>, _: Holder<'a>) -> Answer<'a, ()> {
        never()
    }

    fn cancel<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()> {
        Box::pin(async move {
            self.of(caller, holder, |context| {
                context.stage = Stage::Over(Ending::Cancelled);
                Ok(())
            })
        })
    }

    fn change<'a>(&'a self, _: &'a Caller<'a>, _: Change<'a>) -> Answer<'a, Changed> {
        never()
    }
}

fn account() -> AccountView {
    AccountView {
        directory: "people".into(),
        login: "bob".to_owned(),
        standing: StateName::MustChange,
        eligible: true,
        provider: None,
    }
}

/// What the API keeps.
#[derive(Default)]
pub(super) struct Kept {
    answers: Mutex<HashMap<Hash, KeptAnswer>>,
    spent: Mutex<HashSet<Hash>>,
    /// While true, nothing can be read or written.
    pub(super) away: Mutex<bool>,
}

impl Kept {
    fn there(&self) -> Result<(), RecordsError> {
        if *self.away.lock().unwrap() {
            Err(RecordsError::Unavailable)
        } else {
            Ok(())
        }
    }

    /// All octets that are kept.
    pub(super) fn octets(&self) -> Vec<u8> {
        self.answers
            .lock()
            .unwrap()
            .values()
            .flat_map(|kept| kept.answer.to_vec())
            .collect()
    }
}

impl ResetRecords for Kept {
    fn kept_answer<'a>(&'a self, key: &'a Hash) -> Stored<'a, Option<KeptAnswer>> {
        Box::pin(async move {
            self.there()?;
            Ok(self.answers.lock().unwrap().get(key).cloned())
        })
    }
    fn commit_reset(&self, unit: Vec<ResetChange>) -> Stored<'_, ()> {
        Box::pin(async move {
            self.there()?;
            for change in unit {
                let ResetChange::Keep(kept) = change else {
                    panic!("{change:?}")
                };
                assert!(self.answers.lock().unwrap().insert(kept.key, kept).is_none());
            }
            Ok(())
        })
    }
    fn spend<'a>(&'a self, allowances: &'a [Allowance], at: Timestamp) -> Stored<'a, Spent> {
        Box::pin(async move {
            self.there()?;
            let fresh = self.spent.lock().unwrap().insert(allowances[0].key);
            Ok(if fresh {
                Spent::Taken { left: 0 }
            } else {
                Spent::UsedUp { which: 0, until: at }
            })
        })
    }
    fn restore<'a>(&'a self, keys: &'a [Hash]) -> Stored<'a, ()> {
        Box::pin(async move {
            self.there()?;
            self.spent.lock().unwrap().remove(&keys[0]);
            Ok(())
        })
    }
    fn context<'a>(&'a self, _: &'a ContextId) -> Stored<'a, Option<ContextRow>> {
        unasked()
    }
    fn by_handle<'a>(&'a self, _: &'a Hash) -> Stored<'a, Option<ContextRow>> {
        unasked()
    }
    fn live_of<'a>(&'a self, _: &'a Hash) -> Stored<'a, Vec<ContextRow>> {
        unasked()
    }
    fn abandoned(&self, _: Timestamp, _: u32) -> Stored<'_, Vec<ContextRow>> {
        unasked()
    }
    fn held<'a>(&'a self, _: &'a Hash, _: Timestamp) -> Stored<'a, Option<Timestamp>> {
        unasked()
    }
    fn take_due(&self, _: Timestamp, _: Timestamp, _: u32) -> Stored<'_, Vec<Job>> {
        unasked()
    }
    fn waiting(&self) -> Stored<'_, Waiting> {
        unasked()
    }
    fn progress<'a>(&'a self, _: &'a Hash) -> Stored<'a, Option<Arc<[u8]>>> {
        unasked()
    }
    fn onboarded<'a>(&'a self, _: &'a str) -> Stored<'a, Vec<Onboarded>> {
        unasked()
    }
    fn sweep(&self, _: Timestamp, _: u32) -> Stored<'_, u64> {
        unasked()
    }
}

fn unasked<'a, T>() -> Stored<'a, T> {
    panic!("the API asks for answers alone")
}

/// The whole of it, behind the edge every request passes.
pub(super) struct House {
    edge: Edge,
    pub(super) service: Arc<Scripted>,
    pub(super) kept: Arc<Kept>,
}

/// One answer.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Got {
    /// Whether it is this problem, with this status.
    pub(super) fn is(&self, status: u16, name: &str) -> bool {
        self.status == status
            && self.headers[CONTENT_TYPE] == "application/problem+json"
            && self.body["type"] == format!("/api/problems/{name}")
            && self.body["status"] == status
    }
}

pub(super) fn stage() -> House {
    let token = |name: &str, value: &str, scopes: &[&str]| {
        Token::new(
            name,
            &[&Secret::new(value)],
            scopes.iter().map(|scope| (*scope).into()).collect(),
        )
    };
    let all = ["reset:request", "reset:vouched", "reset:read"];
    let tokens = Tokens::new(vec![
        token("desk", "desk-token", &all),
        token("other", "other-token", &all),
        token("plain", "plain-token", &["reset:request"]),
        token("reader", "reader-token", &["reset:read"]),
    ]);
    let (service, kept) = (Arc::new(Scripted::default()), Arc::new(Kept::default()));
    let router = routes(ApiPorts {
        service: Arc::clone(&service) as Arc<dyn SelfService>,
        bearers: Arc::new(Bearers::new(tokens, Vec::new())),
        records: Arc::clone(&kept) as Arc<dyn ResetRecords>,
        clock: Arc::new(FixedClock(NOW.parse().unwrap())),
        secret: Secret::new([7; 32]),
    });
    let mut sites = Sites::default();
    for (name, url) in [
        ("people", "https://id.example.org"),
        ("school", "https://school.example.org"),
    ] {
        let site = Arc::new(Site::new(name, PublicUrl::from_configuration(url).unwrap()));
        sites.add(site, router.clone(), Arc::new(ProblemsAlone)).unwrap();
    }
    House {
        edge: Edge::new(
            sites,
            Arc::new(|_| false),
            Rate::default(),
            Duration::from_secs(30),
            &[7; 32],
        ),
        service,
        kept,
    }
}

impl House {
    pub(super) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Got {
        let mut request = Request::builder().method(method).uri(path);
        let missing = |name: &str| !headers.iter().any(|(given, _)| *given == name);
        if missing("host") {
            request = request.header(HOST, "id.example.org");
        }
        if missing("authorization") {
            request = request.header(AUTHORIZATION, "Bearer desk-token");
        }
        if missing("content-type") {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let response = self.edge.answer("192.0.2.7".parse().unwrap(), request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Got {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: if body.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&body).unwrap()
            },
        }
    }

    pub(super) async fn post(&self, path: &str, body: &'static str) -> Got {
        self.send("POST", path, &[], body).await
    }

    /// Opens a context and gives its address.
    pub(super) async fn opened(&self, body: &'static str) -> String {
        let got = self.post("/api/v1/resets", body).await;
        assert_eq!(got.status, StatusCode::ACCEPTED, "{got:?}");
        format!("/api/v1/resets/{}", got.body["id"].as_str().unwrap())
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.service.asked.lock().unwrap().clone()
    }
}
