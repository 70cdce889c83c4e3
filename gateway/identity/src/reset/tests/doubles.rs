//! The small doubles: rules, letters, clock, chance and the rest.

use super::world::{Policy, start};
use crate::account::DirectoryName;
use crate::audit::{Audit, Event, Outcome, ResetEvent};
use crate::clock::{Clock, Timestamp};
use crate::person::Person;
use crate::reset::asked::Action;
use crate::reset::desk::{AuthorityOfRoutes, Crash, RouteAuthority};
use crate::reset::ports::{
    AccountChange, Aftermath, Attempt, Attempting, ChallengeForm, Chance, Channel, ChannelError, Compose, Factor,
    FactorClass, Finding, Guarding, Letter, LetterKind, Message, Page, Provider, Screen, Screened, Switches,
};
use crate::reset::rules::{DecideReset, PasswordRules, ResetQuestion, ResetRules};
use crate::secret::Secret;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a letter held, as its reader has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    pub kind: LetterKind,
    pub to: String,
    pub id: String,
    pub logins: Vec<String>,
    pub link: Option<String>,
    pub code: Option<String>,
    pub not_me: Option<String>,
    pub provider: Option<String>,
    pub language: String,
}

impl Read {
    pub(super) fn token(&self) -> Secret {
        Secret::new(self.link.as_deref().unwrap().rsplit('/').next().unwrap())
    }

    pub(super) fn not_me_token(&self) -> Secret {
        Secret::new(self.not_me.as_deref().unwrap().rsplit('/').next().unwrap())
    }

    pub(super) fn code(&self) -> Secret {
        Secret::new(self.code.clone().unwrap())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub name: &'static str,
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub account: Option<String>,
    pub rest: String,
}

/// At which point, and what.
pub(super) type Happens = (&'static str, Box<dyn Fn() + Send>);

/// The small doubles, in one.
pub(super) struct Doubles {
    pub on: AtomicBool,
    pub now: Mutex<Timestamp>,
    chance: AtomicU64,
    pub no_chance: AtomicBool,
    pub letters: Mutex<Vec<Read>>,
    pub channel_fails: Mutex<Option<ChannelError>>,
    pub lines: Mutex<Vec<Line>>,
    pub told: Mutex<Vec<(String, AccountChange)>>,
    pub guarded: AtomicBool,
    pub attempts: Arc<Mutex<Vec<&'static str>>>,
    pub crash_at: Mutex<Option<&'static str>>,
    pub reached: Mutex<Vec<&'static str>>,
    /// Something happens elsewhere while the machine is there.
    pub at: Mutex<Option<Happens>>,
    pub screened: Mutex<Vec<PasswordRules>>,
    pub no_route: AtomicBool,
}

impl Doubles {
    pub(super) fn new() -> Self {
        Self {
            on: AtomicBool::new(true),
            now: Mutex::new(start()),
            chance: AtomicU64::new(1),
            no_chance: AtomicBool::new(false),
            letters: Mutex::default(),
            channel_fails: Mutex::default(),
            lines: Mutex::default(),
            told: Mutex::default(),
            guarded: AtomicBool::new(false),
            attempts: Arc::default(),
            crash_at: Mutex::default(),
            reached: Mutex::default(),
            at: Mutex::default(),
            screened: Mutex::default(),
            no_route: AtomicBool::new(false),
        }
    }
}

pub(super) struct Deciding(pub Arc<Mutex<Policy>>);

impl DecideReset for Deciding {
    fn reset(&self, question: &ResetQuestion<'_>) -> Option<Arc<ResetRules>> {
        let policy = lock(&self.0);
        let general = policy.general.as_ref()?;
        let by_name = question
            .account
            .and_then(|dn| policy.special.iter().find(|(part, _)| dn.contains(&**part)));
        let by_group = policy
            .of_group
            .iter()
            .find(|(group, _)| question.groups.contains(group));
        let (_, rules) = by_name
            .or(by_group)
            .map_or((None, general), |(name, rules)| (Some(name), rules));
        Some(Arc::new(rules.clone()))
    }
}

impl AuthorityOfRoutes for Doubles {
    fn of_route(&self, _route: &str) -> RouteAuthority {
        if self.no_route.load(Ordering::Relaxed) {
            RouteAuthority::NoRoute
        } else {
            RouteAuthority::NoRules
        }
    }
}

impl Switches for Doubles {
    fn self_service<'a>(&'a self, _: &'a DirectoryName) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move { self.on.load(Ordering::Relaxed) })
    }
}

impl Screen for Doubles {
    fn screen(&self, password: &Secret, rules: &PasswordRules, words: &[&str]) -> Screened {
        lock(&self.screened).push(rules.clone());
        let mut findings = Vec::new();
        if password.expose().len() < rules.shortest as usize {
            findings.push(Finding::TooShort {
                shortest: rules.shortest,
            });
        }
        if words.iter().any(|word| word.as_bytes() == password.expose()) {
            findings.push(Finding::Context);
        }
        Screened {
            findings,
            ..Screened::default()
        }
    }
}

impl Provider for Doubles {
    fn page(&self, provider: &str, _: Action, login: Option<&str>) -> Option<Page> {
        (provider == "sso").then(|| Page {
            provider: "sso".into(),
            title: "Example SSO".into(),
            host: "sso.example.com".into(),
            url: format!("https://sso.example.com/forgot?login={}", login.unwrap_or_default()).into(),
        })
    }

    fn of_domain(&self, typed: &str) -> Option<Arc<str>> {
        typed.ends_with("@sso.example.com").then(|| "sso".into())
    }

    fn offered(&self) -> Vec<Page> {
        Vec::new()
    }
}

impl Compose for Doubles {
    fn compose(&self, letter: &Letter) -> Message {
        let text = |value: &Option<crate::reset::Link>| value.as_ref().map(|link| link.as_str().to_owned());
        let read = Read {
            kind: letter.kind,
            to: letter.to.to_string(),
            id: letter.id.to_string(),
            logins: letter.logins.iter().map(ToString::to_string).collect(),
            link: text(&letter.link),
            code: letter
                .code
                .as_ref()
                .map(|code| String::from_utf8_lossy(code.expose()).into_owned()),
            not_me: text(&letter.not_me),
            provider: letter.provider.as_ref().map(|page| page.url.to_string()),
            language: letter.language.to_string(),
        };
        Message {
            to: Arc::clone(&letter.to),
            id: Arc::clone(&letter.id),
            subject: String::new(),
            text: serde_json::to_string(&(
                &read.logins,
                &read.link,
                &read.code,
                &read.not_me,
                &read.provider,
                &read.language,
            ))
            .unwrap(),
            html: String::new(),
            language: letter.language.to_string(),
            kind: letter.kind,
            from: None,
        }
    }
}

impl Channel for Doubles {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn send<'a>(&'a self, message: &'a Message) -> Pin<Box<dyn Future<Output = Result<(), ChannelError>> + Send + 'a>> {
        Box::pin(async move {
            if let Some(error) = *lock(&self.channel_fails) {
                return Err(error);
            }
            let (logins, link, code, not_me, provider, language) = serde_json::from_str(&message.text).unwrap();
            let read = Read {
                kind: message.kind,
                to: message.to.to_string(),
                id: message.id.to_string(),
                logins,
                link,
                code,
                not_me,
                provider,
                language,
            };
            lock(&self.letters).push(read);
            Ok(())
        })
    }
}

impl Guarding for Doubles {
    fn attempt<'a>(&'a self, _: &'a str, _: IpAddr, _: &'a Person, _: &'a Secret) -> Attempting<'a> {
        Box::pin(async move {
            if self.guarded.load(Ordering::Relaxed) {
                return None;
            }
            lock(&self.attempts).push("taken");
            let attempt: Box<dyn Attempt> = Box::new(Trying(Arc::clone(&self.attempts)));
            Some(attempt)
        })
    }

    fn pace(&self, _: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        lock(&self.attempts).push("paced");
        Box::pin(std::future::ready(()))
    }
}

struct Trying(Arc<Mutex<Vec<&'static str>>>);

impl Attempt for Trying {
    fn right(self: Box<Self>) {
        lock(&self.0).push("right");
    }

    fn wrong(self: Box<Self>) {
        lock(&self.0).push("wrong");
    }

    fn untested(self: Box<Self>) {
        lock(&self.0).push("untested");
    }
}

impl Aftermath for Doubles {
    fn account_changed(&self, person: &Person, what: AccountChange) {
        lock(&self.told).push((person.logins.first().cloned().unwrap_or_default(), what));
    }
}

impl Audit for Doubles {
    fn record(&self, _: &Event<'_>) {}

    fn reset(&self, event: &ResetEvent<'_>) {
        lock(&self.lines).push(Line {
            name: event.name,
            outcome: event.outcome,
            reason: event.reason.map(str::to_owned),
            account: event.account.map(|account| account.id.to_string()),
            rest: format!("{event:?}"),
        });
    }
}

impl Clock for Doubles {
    fn now(&self) -> Timestamp {
        *lock(&self.now)
    }
}

impl Chance for Doubles {
    fn fill(&self, octets: &mut [u8]) -> bool {
        for chunk in octets.chunks_mut(8) {
            let mut next = self.chance.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            next = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            next = (next ^ (next >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            next ^= next >> 31;
            let octets = next.to_be_bytes();
            chunk.copy_from_slice(&octets[..chunk.len()]);
        }
        !self.no_chance.load(Ordering::Relaxed)
    }
}

impl Crash for Doubles {
    fn reached(&self, point: &'static str) {
        lock(&self.reached).push(point);
        if let Some((at, happens)) = &*lock(&self.at)
            && *at == point
        {
            happens();
        }
        let mut crash_at = lock(&self.crash_at);
        if *crash_at == Some(point) {
            *crash_at = None;
            drop(crash_at);
            // Unwinds without the hook: nothing is printed, as after a kill.
            std::panic::resume_unwind(Box::new(point));
        }
    }
}

/// A factor of another kind.
pub(super) struct Phone;

impl Factor for Phone {
    fn name(&self) -> &'static str {
        "phone"
    }

    fn class(&self) -> FactorClass {
        FactorClass::Phone
    }

    fn addresses(&self, person: &Person) -> Vec<Arc<str>> {
        person.phones.iter().map(|phone| phone.as_str().into()).collect()
    }

    fn challenge(&self) -> ChallengeForm {
        ChallengeForm {
            link: false,
            code: Some(8),
        }
    }
}
