//! One directory in memory, and everybody else a registrar knows.

use crate::account::{AccountKey, DirectoryName};
use crate::audit::{Audit, Event, Outcome, ProvisioningEvent};
use crate::authority::{Authority, AuthorityRules, Decision};
use crate::clock::{FixedClock, Timestamp};
use crate::decide::RuleName;
use crate::directory::{Applicant, Applicants, Directory, DirectoryError, Reply as Answer};
use crate::password::{PasswordRefusal, PasswordRule, StandingChange};
use crate::person::{Nesting, Person};
use crate::provisioning::ports::Told;
use crate::provisioning::{
    AccountFacts, Actor, Attribute, Attributes, Draft, Key, MembersChange, Provisioned, ProvisioningError, Query,
    Reach, Registrar, RegistrarParts, Reply, Resource, ResourceId, ResourceKind, Returned, Schema, Shape, TypeSchema,
    Types, Uniqueness, Value, Version, Wanted,
};
use crate::records::{Hash, RecordsError, Reservations, ReservedValue, Stored};
use crate::reset::ports::{AccountChange, Aftermath, Chance, Page, Provider, Screen, Screened};
use crate::reset::{Action, AuthorityOfRoutes, PasswordRules, RouteAuthority};
use crate::secret::Secret;
use crate::standing::{Evidence, Source, Standing, State};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The only account there is.
pub(super) const BOB: ResourceId = ResourceId([7; 16]);

/// What a directory does next, in the order of asking.
#[derive(Default)]
pub(super) struct Script {
    /// Everything that was done, in order.
    pub(super) done: Vec<String>,
    /// How often a write finds that others were faster.
    pub(super) contended: usize,
    /// What a create answers.
    pub(super) create: Option<ProvisioningError>,
    /// The password is refused.
    pub(super) refuses: bool,
    /// It reads so often, and is away then.
    pub(super) reads: Option<usize>,
    /// It writes so often, and is away then.
    pub(super) writes: Option<usize>,
    /// How accounts stand cannot be changed now.
    pub(super) stands_still: bool,
    /// After so many questions the password is a provider's.
    pub(super) provider_after: Option<usize>,
    pub(super) asked_owner: usize,
    pub(super) title: Option<String>,
    pub(super) version: u32,
    /// Values that are promised.
    pub(super) promised: Vec<ReservedValue>,
    /// Lines of the record: name, outcome, everything else.
    pub(super) lines: Vec<(&'static str, Outcome, String)>,
}

pub(super) struct Stage {
    name: DirectoryName,
    types: Arc<Types>,
    script: Mutex<Script>,
}

pub(super) fn actor(may_password: bool) -> Actor<'static> {
    static EVERYWHERE: Reach = Reach { base: None };
    Actor {
        token: "hr",
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        reach: &EVERYWHERE,
        may_password,
    }
}

/// A registrar and what stands behind it.
pub(super) fn set() -> (Registrar, Arc<Stage>) {
    let text = |name: &str| Attribute::new(name, Shape::Text, "");
    let user_name = Attribute {
        required: true,
        uniqueness: Uniqueness::Server,
        ..text("userName")
    };
    let schema = |urn: &str, attributes| Schema {
        urn: urn.into(),
        name: urn.into(),
        description: "".into(),
        attributes,
    };
    let of = |kind, core| TypeSchema {
        kind,
        core,
        extensions: Vec::new(),
    };
    let types = Types {
        user: of(ResourceKind::User, schema("user", vec![user_name, text("title")])),
        group: of(ResourceKind::Group, schema("group", vec![text("displayName")])),
    };
    let stage = Arc::new(Stage {
        name: DirectoryName("people".into()),
        types: Arc::new(types),
        script: Mutex::default(),
    });
    let registrar = Registrar::new(RegistrarParts {
        route: "applications".into(),
        directory: Arc::clone(&stage) as _,
        people: Arc::clone(&stage) as _,
        authority: Arc::clone(&stage) as _,
        providers: Arc::clone(&stage) as _,
        reset_page: Some("https://id.example.org/reset".into()),
        owner_shown: Returned::Request,
        desk: None,
        screen: Arc::clone(&stage) as _,
        aftermath: Arc::clone(&stage) as _,
        reservations: Arc::clone(&stage) as _,
        chance: Arc::clone(&stage) as _,
        audit: Arc::clone(&stage) as _,
        clock: Arc::new(FixedClock("2026-11-22T12:00:00Z".parse().unwrap())),
    });
    (registrar, stage)
}

impl Stage {
    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn did(&self, what: impl Into<String>) {
        self.script().done.push(what.into());
    }

    fn bob(&self) -> Resource {
        let script = self.script();
        let mut attributes = Attributes::default();
        attributes.set(Key::core("userName"), Value::text("bob"));
        attributes.set(Key::core("active"), Value::Boolean(true));
        if let Some(title) = &script.title {
            attributes.set(Key::core("title"), Value::text(title.clone()));
        }
        Resource {
            kind: ResourceKind::User,
            id: BOB,
            version: Version(script.version.to_string().into()),
            created: None,
            modified: None,
            attributes,
            dn: "uid=bob,dc=org".to_owned(),
            person: Some(self.person()),
            facts: Some(facts()),
            owner_facts: None,
        }
    }

    fn person(&self) -> Person {
        Person {
            key: AccountKey {
                directory: self.name.clone(),
                id: self.id_text(BOB).into(),
            },
            dn: "uid=bob,dc=org".to_owned(),
            logins: vec!["bob".to_owned()],
            upn: None,
            display_name: None,
            mails: Vec::new(),
            phones: Vec::new(),
            self_asserted: Vec::new(),
            language: None,
            manager: None,
            link: None,
        }
    }

    fn owner(&self) -> Decision {
        let mut script = self.script();
        script.asked_owner += 1;
        let is_a_provider_s = script.provider_after.is_some_and(|after| script.asked_owner > after);
        Decision {
            authority: if is_a_provider_s {
                Authority::Provider("sso".into())
            } else {
                Authority::Local(self.name.clone())
            },
            rule: RuleName::built_in("test"),
            page: None,
            pinned: false,
            told_to: Arc::default(),
        }
    }
}

/// Whether it answers once more.
fn left(times: &mut Option<usize>) -> bool {
    match times {
        None => true,
        Some(0) => false,
        Some(left) => {
            *left -= 1;
            true
        }
    }
}

fn facts() -> AccountFacts {
    AccountFacts {
        standing: Standing {
            state: State::Active,
            cause: None,
            warning: None,
            evidence: Evidence {
                source: Source::Entry,
                result_code: None,
                told_by: "test",
            },
        },
        active: true,
        must_change: Some(false),
        cannot_change: None,
        never_expires: None,
        password_set: None,
        expires: None,
        grace_left: None,
        last_success: None,
        last_failure: None,
        failures: None,
        locked_at: None,
        locked_until: None,
        account_ends: None,
    }
}

impl Provisioned for Stage {
    fn directory(&self) -> &DirectoryName {
        &self.name
    }

    fn types(&self) -> &Arc<Types> {
        &self.types
    }

    fn can(&self, _: StandingChange) -> bool {
        true
    }

    fn tells(&self) -> Told {
        Told {
            must_change: true,
            locked: true,
            ..Told::default()
        }
    }

    fn id(&self, _: &str) -> Option<ResourceId> {
        Some(BOB)
    }

    fn id_text(&self, id: ResourceId) -> String {
        format!("id-{}", id.0[0])
    }

    fn read<'a>(&'a self, _: &'a Reach, _: ResourceKind, _: ResourceId, _: &'a Wanted) -> Reply<'a, Resource> {
        self.did("read");
        let answers = left(&mut self.script().reads);
        Box::pin(async move {
            if answers {
                Ok(self.bob())
            } else {
                Err(ProvisioningError::Unavailable)
            }
        })
    }

    fn find<'a>(&'a self, _: &'a Reach, _: &'a Query, _: usize, _: &'a Wanted) -> Reply<'a, Option<Vec<Resource>>> {
        self.did("find");
        Box::pin(async { Ok(Some(vec![self.bob()])) })
    }

    fn list<'a>(&'a self, _: &'a Reach, _: &'a Query) -> Reply<'a, Vec<ResourceId>> {
        self.did("list");
        Box::pin(async { Ok(vec![BOB]) })
    }

    fn fetch<'a>(
        &'a self,
        _: &'a Reach,
        _: ResourceKind,
        _: &'a [ResourceId],
        _: &'a Wanted,
    ) -> Reply<'a, Vec<Resource>> {
        Box::pin(async { Ok(vec![self.bob()]) })
    }

    fn owner_of_new<'a>(&'a self, _: &'a Reach, _: &'a Draft, _: Option<&'a AuthorityRules>) -> Reply<'a, Decision> {
        Box::pin(async { Ok(self.owner()) })
    }

    fn create<'a>(&'a self, _: &'a Reach, _: &'a Draft) -> Reply<'a, Resource> {
        self.did("create");
        Box::pin(async {
            match self.script().create.clone() {
                Some(fault) => Err(fault),
                None => Ok(()),
            }?;
            Ok(self.bob())
        })
    }

    fn write<'a>(&'a self, _: &'a Resource, after: &'a Attributes, exact: bool) -> Reply<'a, Resource> {
        let title = after.text("title").map(str::to_owned);
        self.did(format!("write {} {exact}", title.as_deref().unwrap_or("-")));
        Box::pin(async move {
            {
                let mut script = self.script();
                if !left(&mut script.writes) {
                    return Err(ProvisioningError::Unavailable);
                }
                if script.contended > 0 {
                    script.contended -= 1;
                    return Err(ProvisioningError::Contended);
                }
                script.title = title;
                script.version += 1;
            }
            Ok(self.bob())
        })
    }

    fn change_members<'a>(&'a self, _: &'a Reach, _: ResourceId, change: &'a MembersChange) -> Reply<'a, ()> {
        self.did(format!("members +{} -{}", change.add.len(), change.remove.len()));
        Box::pin(async { Ok(()) })
    }

    fn delete<'a>(
        &'a self,
        _: &'a Reach,
        _: ResourceKind,
        _: ResourceId,
        _: Option<&'a Resource>,
    ) -> Reply<'a, Resource> {
        self.did("delete");
        Box::pin(async { Ok(self.bob()) })
    }
}

impl Directory for Stage {
    fn name(&self) -> &DirectoryName {
        &self.name
    }

    fn find<'a>(&'a self, _: &'a str) -> Answer<'a, Person> {
        Box::pin(async { Ok(self.person()) })
    }

    fn by_key<'a>(&'a self, _: &'a AccountKey) -> Answer<'a, Person> {
        Box::pin(async { Ok(self.person()) })
    }

    fn of_one_person<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<Person>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn groups<'a>(&'a self, _: &'a Person, _: Nesting) -> Answer<'a, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn manager<'a>(&'a self, _: &'a Person) -> Answer<'a, Option<AccountKey>> {
        Box::pin(async { Ok(None) })
    }

    fn standing<'a>(&'a self, _: &'a Person) -> Answer<'a, Standing> {
        Box::pin(async { Ok(facts().standing) })
    }

    fn write_password<'a>(&'a self, _: &'a Person, _: Option<&'a Secret>, _: &'a Secret) -> Answer<'a, ()> {
        Box::pin(async { Err(DirectoryError::NotPossible) })
    }

    fn change_standing<'a>(&'a self, _: &'a Person, change: StandingChange) -> Answer<'a, ()> {
        self.did(change.as_str());
        let still = self.script().stands_still;
        Box::pin(async move {
            if still {
                Err(DirectoryError::Unavailable)
            } else {
                Ok(())
            }
        })
    }

    fn previous_password_seconds(&self) -> u32 {
        0
    }
}

impl Applicants for Stage {
    fn applicant<'a>(&'a self, _: &'a str) -> Answer<'a, Applicant> {
        Box::pin(async { Err(DirectoryError::NotFound) })
    }

    fn with_mail<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<Applicant>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn again<'a>(&'a self, _: &'a AccountKey) -> Answer<'a, Applicant> {
        Box::pin(async { Err(DirectoryError::NotFound) })
    }

    fn owner<'a>(&'a self, _: &'a Person, _: Option<&'a AuthorityRules>) -> Answer<'a, Decision> {
        Box::pin(async { Ok(Self::owner(self)) })
    }

    fn reset_password<'a>(&'a self, _: &'a Person, _: &'a Secret) -> Answer<'a, ()> {
        self.did("password");
        let refusal = PasswordRefusal {
            rule: Some(PasswordRule::History),
            result_code: 19,
            told_by: "text",
        };
        let refused = self.script().refuses;
        Box::pin(async move {
            if refused {
                Err(DirectoryError::Refused(refusal))
            } else {
                Ok(())
            }
        })
    }

    fn password_rules<'a>(&'a self, _: &'a Person) -> Answer<'a, Vec<(PasswordRule, u32)>> {
        Box::pin(async { Ok(vec![(PasswordRule::TooShort, 12)]) })
    }
}

impl AuthorityOfRoutes for Stage {
    fn of_route(&self, _: &str) -> RouteAuthority {
        RouteAuthority::NoRules
    }
}

impl Provider for Stage {
    fn page(&self, provider: &str, _: Action, _: Option<&str>) -> Option<Page> {
        Some(Page {
            provider: provider.into(),
            title: "Sign-in".into(),
            host: "sso.example.com".into(),
            url: "https://sso.example.com/forgot".into(),
        })
    }

    fn of_domain(&self, _: &str) -> Option<Arc<str>> {
        None
    }

    fn offered(&self) -> Vec<Page> {
        Vec::new()
    }
}

impl Screen for Stage {
    fn screen(&self, _: &Secret, _: &PasswordRules, _: &[&str]) -> Screened {
        Screened::default()
    }
}

impl Aftermath for Stage {
    fn account_changed(&self, _: &Person, what: AccountChange) {
        self.did(format!("told {what:?}"));
    }
}

impl Reservations for Stage {
    fn reserve<'a>(&'a self, values: &'a [ReservedValue], _: &'a Hash, _: Timestamp, _: Timestamp) -> Stored<'a, ()> {
        Box::pin(async {
            let mut script = self.script();
            if values.iter().any(|value| script.promised.contains(value)) {
                return Err(RecordsError::Taken);
            }
            script.promised.extend(values.iter().cloned());
            Ok(())
        })
    }

    fn release<'a>(&'a self, values: &'a [ReservedValue], _: &'a Hash) -> Stored<'a, ()> {
        Box::pin(async {
            self.script().promised.retain(|value| !values.contains(value));
            Ok(())
        })
    }
}

impl Chance for Stage {
    fn fill(&self, octets: &mut [u8]) -> bool {
        octets.fill(1);
        true
    }
}

impl Audit for Stage {
    fn record(&self, _: &Event<'_>) {}

    fn provisioning(&self, event: &ProvisioningEvent<'_>) {
        let rest = format!("{:?} {:?} {:?}", event.changes, event.reason, event.authority);
        self.script().lines.push((event.name, event.outcome, rest));
    }
}
