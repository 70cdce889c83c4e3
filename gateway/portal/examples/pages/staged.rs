//! Self-service as a play: every state there is, by what is typed. It asks nobody, keeps nothing for long and changes nothing.
//!
//! | typed as a name | what happens |
//! |---|---|
//! | `somebody@sso.example` | a provider's |
//! | `busy`, `down` | too many requests; not now |
//! | `one` | one account |
//! | anything else | three accounts |
//!
//! The right code is `K7M2 9QXR`. Links end in `good`, `unlock` or the name of an ending. Of new passwords `leaked …` and `weak …` are refused by us,
//! `old …`, `simple …` and `unsaid …` by the directory, `later …` is done for some accounts alone, and all others are taken.

#![allow(clippy::unwrap_used, reason = "a play for tests and for looking at")]

use postern_identity::clock::Timestamp;
use postern_identity::password::PasswordRule;
use postern_identity::reset::{
    AccountView, Action, Answer, Caller, Change, Changed, ContextId, Ending, Execution, Features, Finding, Holder,
    Landing, Offer, Opened, PasswordRules, Proof, ProviderOffer, Refused, Request, SelfService, SessionKey, Stage,
    TargetOutcome, TargetResult, View,
};
use postern_identity::standing::StateName;
use postern_identity::{Clock, Secret};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const CODE: &str = "K7M29QXR";

pub(crate) struct Staged {
    clock: Arc<dyn Clock>,
    features: Mutex<Features>,
    contexts: Mutex<HashMap<ContextId, (Vec<u8>, View)>>,
    drawn: AtomicU64,
    wrong: AtomicU32,
    /// What was asked, in words, in its order.
    pub(crate) asked: Mutex<Vec<String>>,
}

pub(crate) const EVERYTHING: Features = Features {
    forgot_link: true,
    reset: true,
    change: true,
    expired_change: true,
    unlock: true,
    reminder: true,
};

/// Nothing was ever used before.
pub(crate) struct Always;

impl postern_portal::Uses for Always {
    fn first<'a>(
        &'a self,
        _: &'a [u8; 32],
        _: postern_identity::clock::Timestamp,
    ) -> std::pin::Pin<Box<dyn Future<Output = Option<bool>> + Send + 'a>> {
        Box::pin(std::future::ready(Some(true)))
    }
}

impl Staged {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            features: Mutex::new(EVERYTHING),
            contexts: Mutex::default(),
            drawn: AtomicU64::new(1),
            wrong: AtomicU32::new(0),
            asked: Mutex::default(),
        }
    }

    /// What is offered from now on.
    #[allow(dead_code, reason = "the program of the example offers everything")]
    pub(crate) fn offer_only(&self, features: Features) {
        *self.features.lock().unwrap() = features;
    }

    /// A context is somewhere else from now on. `cookie`: what the browser holds of it.
    #[allow(dead_code, reason = "tests alone")]
    pub(crate) fn set_of(&self, cookie: &str, change: impl FnOnce(&mut View)) {
        let context: ContextId = cookie.split('.').next().unwrap().parse().unwrap();
        change(&mut self.contexts.lock().unwrap().get_mut(&context).unwrap().1);
    }

    fn note(&self, what: impl Into<String>) {
        self.asked.lock().unwrap().push(what.into());
    }

    fn draw(&self) -> [u8; 16] {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        u128::from(number)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
            .to_be_bytes()
    }

    fn at(&self, seconds: i64) -> Timestamp {
        Timestamp::from_second(self.clock.now().as_second() + seconds).unwrap()
    }

    fn open(&self, action: Action, name: &str) -> SessionKey {
        let context = ContextId(self.draw());
        let view = View {
            context,
            action,
            stage: Stage::Asked,
            expires_at: self.at(7_200),
            next: vec!["mail".into()],
            resend_at: Some(self.at(60)),
            not_before: None,
            accounts: accounts(name),
            password: rules(),
            directory_rules: vec![
                (PasswordRule::TooShort, 16),
                (PasswordRule::History, 5),
                (PasswordRule::Quality, 0),
            ],
            results: Vec::new(),
        };
        self.keep(view)
    }

    /// A new secret for a context: the old one is dead.
    fn keep(&self, view: View) -> SessionKey {
        let (context, secret) = (view.context, self.draw().to_vec());
        self.contexts.lock().unwrap().insert(context, (secret.clone(), view));
        SessionKey {
            context,
            secret: Secret::new(secret),
        }
    }

    fn held(&self, holder: Holder<'_>) -> Result<View, Refused> {
        let Holder::Browser(key) = holder else {
            return Err(Refused::NotAllowed);
        };
        let contexts = self.contexts.lock().unwrap();
        let (_, view) = contexts
            .get(&key.context)
            .filter(|(secret, _)| secret == key.secret.expose())
            .ok_or(Refused::NoContext)?;
        match view.stage {
            Stage::Over(ending) => Err(Refused::Over(ending)),
            _ => Ok(view.clone()),
        }
    }

    fn change_view(&self, view: View) {
        if let Some((_, kept)) = self.contexts.lock().unwrap().get_mut(&view.context) {
            *kept = view;
        }
    }
}

pub(crate) fn rules() -> PasswordRules {
    PasswordRules::default()
}

fn provider() -> ProviderOffer {
    ProviderOffer {
        name: "example-sso".into(),
        title: "Example SSO".into(),
        host: "sso.example.com".into(),
        url: "https://sso.example.com/forgot?login=somebody%40sso.example".into(),
    }
}

fn accounts(name: &str) -> Vec<AccountView> {
    let account = |directory: &str, login: &str, standing, eligible| AccountView {
        directory: directory.into(),
        login: login.into(),
        standing,
        eligible,
        provider: None,
    };
    let mut all = vec![
        account("people", "jdoe", StateName::Expired, true),
        account("windows", "EXAMPLE\\jdoe", StateName::Locked, true),
        account("archive", "jdoe", StateName::Disabled, false),
        AccountView {
            provider: Some(provider()),
            ..account("partners", "jdoe@sso.example", StateName::Active, false)
        },
    ];
    if name == "one" {
        all.truncate(1);
    }
    all
}

fn answer<'a, T: Send + 'a>(result: Result<T, Refused>) -> Answer<'a, T> {
    Box::pin(std::future::ready(result))
}

impl SelfService for Staged {
    fn offer<'a>(&'a self, _: &'a str) -> Answer<'a, Offer> {
        let features = *self.features.lock().unwrap();
        let providers = if features == Features::default() {
            Vec::new()
        } else {
            vec![provider()]
        };
        answer(Ok(Offer {
            features,
            providers,
            help_desk: None,
            confirm: true,
            password: rules(),
        }))
    }

    fn request<'a>(&'a self, caller: &'a Caller<'a>, request: &'a Request) -> Answer<'a, Opened> {
        let name = request.identifier.as_str();
        self.note(format!("request {} {name} {}", request.action.as_str(), caller.route));
        let over = match name {
            "busy" => Some(Refused::TooMany {
                after: Duration::from_secs(125),
            }),
            "down" => Some(Refused::Unavailable),
            _ => None,
        };
        let session = self.open(request.action, name);
        let provider = name.ends_with("@sso.example").then(provider);
        answer(over.map_or(
            Ok(Opened {
                context: session.context,
                session,
                provider,
            }),
            Err,
        ))
    }

    fn again<'a>(&'a self, _: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()> {
        self.note("again");
        answer(self.held(holder).map(|_| ()))
    }

    fn landing<'a>(&'a self, _: &'a Caller<'a>, token: &'a Secret) -> Answer<'a, Landing> {
        let token = std::str::from_utf8(token.expose()).unwrap().to_owned();
        self.note(format!("landing {token}"));
        let good = |action| Landing::Good {
            action,
            masked: "j•••e".into(),
            asked_at: self.at(-90),
            asked_from: "192.0.2.0/24".into(),
        };
        answer(Ok(match token.as_str() {
            "good" => good(Action::Reset),
            "unlock" => good(Action::Unlock),
            other => Landing::Over(ending(other)),
        }))
    }

    fn follow<'a>(&'a self, _: &'a Caller<'a>, token: &'a Secret) -> Answer<'a, SessionKey> {
        let token = std::str::from_utf8(token.expose()).unwrap().to_owned();
        self.note(format!("follow {token}"));
        let action = match token.as_str() {
            "good" => Action::Reset,
            "unlock" => Action::Unlock,
            other => return answer(Err(Refused::Over(ending(other)))),
        };
        let session = self.open(action, "many");
        let view = self.held(Holder::Browser(&session)).unwrap();
        answer(Ok(self.keep(View {
            stage: Stage::Ready,
            ..view
        })))
    }

    fn not_me<'a>(&'a self, _: &'a Caller<'a>, _: &'a Secret) -> Answer<'a, ()> {
        self.note("not me");
        answer(Ok(()))
    }

    fn prove<'a>(&'a self, _: &'a Caller<'a>, holder: Holder<'a>, proof: Proof<'a>) -> Answer<'a, SessionKey> {
        self.note("prove");
        let Proof::Code { code, .. } = proof;
        let typed: Vec<u8> = code
            .expose()
            .iter()
            .filter(|octet| octet.is_ascii_alphanumeric())
            .map(u8::to_ascii_uppercase)
            .collect();
        answer(self.held(holder).and_then(|view| {
            if typed == CODE.as_bytes() {
                return Ok(self.keep(View {
                    stage: Stage::Ready,
                    ..view
                }));
            }
            let left = 2_u32.saturating_sub(self.wrong.fetch_add(1, Ordering::Relaxed));
            Err(Refused::WrongProof { left: Some(left) })
        }))
    }

    fn view<'a>(&'a self, _: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, View> {
        answer(self.held(holder))
    }

    fn execute<'a>(
        &'a self,
        _: &'a Caller<'a>,
        holder: Holder<'a>,
        execution: Execution<'a>,
    ) -> Answer<'a, Vec<TargetResult>> {
        self.note(format!(
            "execute {:?} key={}",
            execution.accounts,
            execution.idempotency.is_some_and(|key| key.len() == 22)
        ));
        answer(self.held(holder).and_then(|view| {
            let new = execution
                .new
                .map(|new| String::from_utf8_lossy(new.expose()).into_owned())
                .unwrap_or_default();
            let shortest = rules().shortest;
            let findings = match new.split(' ').next().unwrap_or_default() {
                "leaked" => vec![Finding::Leaked],
                "weak" => vec![Finding::TooShort { shortest }, Finding::Weak, Finding::Context],
                "old" => return Err(Refused::Password(Some(PasswordRule::History))),
                "simple" => return Err(Refused::Password(Some(PasswordRule::Quality))),
                "unsaid" => return Err(Refused::Password(None)),
                _ => Vec::new(),
            };
            if !findings.is_empty() {
                return Err(Refused::Screened(findings));
            }
            let chosen = if execution.accounts.is_empty() {
                &[0]
            } else {
                execution.accounts
            };
            let results: Vec<TargetResult> = chosen
                .iter()
                .filter_map(|number| view.accounts.get(*number))
                .enumerate()
                .map(|(place, account)| TargetResult {
                    directory: Arc::clone(&account.directory),
                    login: account.login.clone(),
                    outcome: if place > 0 && new.starts_with("later") {
                        TargetOutcome::Later
                    } else {
                        TargetOutcome::Done
                    },
                })
                .collect();
            let all = results.iter().all(|result| result.outcome == TargetOutcome::Done);
            let stage = if all { Stage::Done } else { Stage::Partial };
            self.change_view(View {
                stage,
                results: results.clone(),
                ..view
            });
            Ok(results)
        }))
    }

    fn renewed<'a>(&'a self, _: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, Option<SessionKey>> {
        answer(self.held(holder).map(|view| Some(self.keep(view))))
    }

    fn more_time<'a>(&'a self, _: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()> {
        self.note("more time");
        answer(self.held(holder).map(|view| {
            let expires_at = self.at(600);
            self.change_view(View { expires_at, ..view });
        }))
    }

    fn cancel<'a>(&'a self, _: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()> {
        self.note("cancel");
        answer(self.held(holder).map(|view| {
            self.change_view(View {
                stage: Stage::Over(Ending::Cancelled),
                ..view
            });
        }))
    }

    fn change<'a>(&'a self, _: &'a Caller<'a>, change: Change<'a>) -> Answer<'a, Changed> {
        self.note(format!("change {}", change.identifier.as_str()));
        let new = String::from_utf8_lossy(change.new.expose()).into_owned();
        answer(match (change.old.expose(), new.as_str()) {
            (b"right", "old") => Err(Refused::Password(Some(PasswordRule::History))),
            (b"right", _) => Ok(Changed {
                login: "jdoe".to_owned(),
                previous_seconds: 3_600,
            }),
            _ => Err(Refused::NotSignedIn),
        })
    }
}

fn ending(name: &str) -> Ending {
    [
        Ending::Expired,
        Ending::Used,
        Ending::Superseded,
        Ending::Cancelled,
        Ending::NotMe,
        Ending::Locked,
        Ending::Changed,
    ]
    .into_iter()
    .find(|ending| ending.as_str() == name)
    .unwrap_or(Ending::Unknown)
}
