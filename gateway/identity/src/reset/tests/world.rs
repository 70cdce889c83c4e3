//! Everything around the desk, in memory; and the people who come to it.

use super::doubles::{Deciding, Doubles, Read, lock};
use super::people::People;
use super::records::Memory;
use crate::account::DirectoryName;
use crate::clock::Timestamp;
use crate::directory::Applicants;
use crate::reset::asked::{Action, By, Caller, ContextId, Execution, Holder, Identifier, Proof, Request, SessionKey};
use crate::reset::desk::{Desk, DeskParts, RouteOfDesk};
use crate::reset::factors::Mail;
use crate::reset::keys::Keys;
use crate::reset::link::PublicUrl;
use crate::reset::ports::Factor;
use crate::reset::rules::{Features, Lifetimes, Limits, PasswordRules, ResetRules};
use crate::reset::service::SelfService as _;
use crate::reset::sources::Typed;
use crate::reset::told::{Opened, Refused, TargetResult};
use crate::secret::Secret;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The rules of the world: the same for everybody, but for some.
pub(super) struct Policy {
    pub general: Option<ResetRules>,
    /// For accounts whose DN has this in it.
    pub special: Vec<(String, ResetRules)>,
    /// For accounts in this group.
    pub of_group: Vec<(String, ResetRules)>,
}

pub(super) struct World {
    pub people: Arc<People>,
    pub others: Arc<People>,
    pub records: Arc<Memory>,
    pub policy: Arc<Mutex<Policy>>,
    pub switch: Arc<Doubles>,
    pub public_url: Option<PublicUrl>,
    pub factors: Vec<Arc<dyn Factor>>,
    /// The master key, and the one before.
    pub keys: (u8, Option<u8>),
    pub letters_an_hour: u32,
}

pub(super) fn start() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

pub(super) fn rules() -> ResetRules {
    ResetRules {
        route: "main".into(),
        generation: 1,
        rules: Vec::new(),
        features: Features {
            forgot_link: true,
            reset: true,
            change: true,
            expired_change: true,
            unlock: true,
            reminder: true,
        },
        factors: vec!["mail".into()],
        gates: 1,
        self_asserted: false,
        privileged: false,
        onboarded_only: false,
        reads_groups: false,
        lifetimes: Lifetimes::default(),
        limits: Limits::default(),
        password: PasswordRules::default(),
        mail_at_sign_in: true,
        help_desk: Some("Ask at the gate.".into()),
    }
}

impl World {
    /// alice, bob (must change), carol (locked), erin (a provider's), and in the other directory an account of alice's.
    pub(super) fn new() -> Self {
        let people = People::new("people");
        people.add("alice", |entry| {
            entry.person.link = Some("4711".into());
            entry.person.mails.push("alice@home.example".into());
        });
        people.add("bob", |entry| entry.state = crate::standing::State::MustChange);
        people.add("carol", |entry| entry.state = super::people::LOCKED);
        people.add("erin", |entry| entry.provider = Some("sso"));
        let others = People::new("others");
        others.add("asmith", |entry| entry.person.link = Some("4711".into()));
        let policy = Policy {
            general: Some(rules()),
            special: Vec::new(),
            of_group: Vec::new(),
        };
        let doubles = Doubles::new();
        Self {
            people: Arc::new(people),
            others: Arc::new(others),
            records: Arc::default(),
            policy: Arc::new(Mutex::new(policy)),
            switch: Arc::new(doubles),
            public_url: Some(PublicUrl::from_configuration("https://id.example.org").unwrap()),
            factors: vec![Arc::new(Mail)],
            keys: (7, None),
            letters_an_hour: 10_000,
        }
    }

    /// A desk over what is kept: after a crash, another one.
    pub(super) fn desk(&self) -> Desk {
        let doubles = &self.switch;
        Desk::new(DeskParts {
            routes: vec![RouteOfDesk {
                name: "main".into(),
                directory: DirectoryName("people".into()),
                public_url: self.public_url.clone(),
            }],
            directories: vec![
                Arc::clone(&self.people) as Arc<dyn Applicants>,
                Arc::clone(&self.others) as Arc<dyn Applicants>,
            ],
            records: Arc::clone(&self.records) as _,
            decide: Arc::new(Deciding(Arc::clone(&self.policy))),
            authority: Arc::clone(doubles) as _,
            switches: Arc::clone(doubles) as _,
            screen: Arc::clone(doubles) as _,
            providers: Arc::clone(doubles) as _,
            compose: Arc::clone(doubles) as _,
            channel: Arc::clone(doubles) as _,
            guarding: Arc::clone(doubles) as _,
            aftermath: Arc::clone(doubles) as _,
            audit: Arc::clone(doubles) as _,
            clock: Arc::clone(doubles) as _,
            chance: Arc::clone(doubles) as _,
            keys: Keys::new(&master(self.keys.0), self.keys.1.map(master).as_ref()).unwrap(),
            factors: self.factors.clone(),
            sources: vec![Arc::new(Typed)],
            letters_an_hour: self.letters_an_hour,
            administrators: vec!["admins@example.org".into()],
            crash: Arc::clone(doubles) as _,
        })
    }

    pub(super) fn pass(&self, seconds: u64) {
        let mut now = lock(&self.switch.now);
        *now = now.checked_add(Duration::from_secs(seconds)).unwrap();
    }

    pub(super) fn with_rules(&self, change: impl FnOnce(&mut ResetRules)) {
        let mut policy = lock(&self.policy);
        let rules = policy.general.as_mut().unwrap();
        change(rules);
        rules.generation += 1;
    }

    pub(super) fn letters(&self) -> Vec<Read> {
        lock(&self.switch.letters).clone()
    }

    pub(super) fn last_letter(&self) -> Read {
        self.letters().last().cloned().unwrap()
    }

    pub(super) fn reasons(&self, name: &str) -> Vec<String> {
        let lines = lock(&self.switch.lines);
        lines
            .iter()
            .filter(|line| line.name == name)
            .filter_map(|line| line.reason.clone())
            .collect()
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        lock(&self.switch.lines).iter().map(|line| line.name).collect()
    }
}

fn master(octet: u8) -> Secret {
    Secret::new([octet; 32])
}

pub(super) fn browser() -> Caller<'static> {
    from(1)
}

pub(super) fn from(host: u8) -> Caller<'static> {
    Caller {
        route: "main",
        client: IpAddr::V4(Ipv4Addr::new(192, 0, 2, host)),
        language: "en",
        by: By::Browser,
    }
}

pub(super) fn program(may_vouch: bool) -> Caller<'static> {
    Caller {
        by: By::Program {
            token: "intranet",
            may_vouch,
        },
        ..browser()
    }
}

pub(super) fn asking(action: Action, name: &str) -> Request {
    Request {
        action,
        identifier: Identifier::parse(name).unwrap(),
        method: None,
        credential: None,
    }
}

pub(super) const NEW: &str = "correct horse battery staple";

impl Desk {
    pub(super) async fn ask(&self, action: Action, name: &str) -> Result<Opened, Refused> {
        self.request(&browser(), &asking(action, name)).await
    }

    /// Until nothing is due.
    pub(super) async fn work(&self) {
        while self.work_once().await.unwrap().done > 0 {}
    }

    pub(super) async fn type_code(&self, key: &SessionKey, code: &Secret) -> Result<SessionKey, Refused> {
        let proof = Proof::Code { factor: "mail", code };
        self.prove(&browser(), Holder::Browser(key), proof).await
    }

    pub(super) async fn set(&self, key: &SessionKey, new: &str) -> Result<Vec<TargetResult>, Refused> {
        let new = Secret::new(new);
        let execution = Execution {
            new: Some(&new),
            accounts: &[],
            idempotency: None,
        };
        self.execute(&browser(), Holder::Browser(key), execution).await
    }
}

/// What a browser holds after the last step.
impl Desk {
    pub(super) async fn renewed_key(&self, key: &SessionKey) -> SessionKey {
        let renewed = self.renewed(&browser(), Holder::Browser(key)).await;
        renewed.unwrap().unwrap()
    }
}

/// A key by another owner: what a test holds twice.
pub(super) fn copy(key: &SessionKey) -> SessionKey {
    SessionKey {
        context: key.context,
        secret: key.secret.duplicate(),
    }
}

pub(super) fn no_context() -> ContextId {
    ContextId([9; 16])
}

impl World {
    /// Somebody who has typed the code that was sent to them.
    pub(super) async fn proven(&self, desk: &Desk, action: Action, name: &str) -> SessionKey {
        let opened = desk.ask(action, name).await.unwrap();
        desk.work().await;
        desk.type_code(&opened.session, &self.last_letter().code())
            .await
            .unwrap()
    }
}
