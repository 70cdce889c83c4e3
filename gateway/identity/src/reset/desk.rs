//! The desk at which all of it happens: what it is made of, and who answers what.

use super::asked::{Caller, Change, ContextId, Execution, Holder, Proof, Request, SessionKey};
use super::context::{Context, Loaded, load};
use super::judge::of_key;
use super::keys::{Keys, Purpose};
use super::link::PublicUrl;
use super::ports::{Aftermath, Chance, Channel, Compose, Factor, Guarding, Page, Provider, Screen, Source, Switches};
use super::recover::LetGo;
use super::rules::{DecideReset, Features, ResetQuestion, ResetRules};
use super::service::{Answer, SelfService};
use super::told::{Changed, Landing, Offer, Opened, ProviderOffer, Refused, TargetResult, View};
use super::trouble::Trouble;
use crate::account::{AccountKey, DirectoryName};
use crate::audit::Audit;
use crate::authority::AuthorityRules;
use crate::clock::{Clock, Timestamp};
use crate::directory::Applicants;
use crate::records::ResetRecords;
use crate::secret::Secret;
use std::sync::{Arc, Mutex};

/// Everything self-service is made of.
pub struct DeskParts {
    /// The routes that have pages.
    pub routes: Vec<RouteOfDesk>,
    /// Every directory whose people may help themselves. A person's other accounts are looked for in all of them.
    pub directories: Vec<Arc<dyn Applicants>>,
    /// What is kept.
    pub records: Arc<dyn ResetRecords>,
    /// What policy says of self-service.
    pub decide: Arc<dyn DecideReset>,
    /// What policy says of whose passwords are whose.
    pub authority: Arc<dyn AuthorityOfRoutes>,
    /// The administrators' switches.
    pub switches: Arc<dyn Switches>,
    /// Who looks at new passwords.
    pub screen: Arc<dyn Screen>,
    /// The providers there are.
    pub providers: Arc<dyn Provider>,
    /// Who writes letters.
    pub compose: Arc<dyn Compose>,
    /// Who carries them.
    pub channel: Arc<dyn Channel>,
    /// The guard of the doors over LDAP.
    pub guarding: Arc<dyn Guarding>,
    /// Who has to know of a change.
    pub aftermath: Arc<dyn Aftermath>,
    /// The record.
    pub audit: Arc<dyn Audit>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// The keys of what is kept.
    pub keys: Keys,
    /// The ways to prove oneself.
    pub factors: Vec<Arc<dyn Factor>>,
    /// The ways a new password comes about; the first is used.
    pub sources: Vec<Arc<dyn Source>>,
    /// The most messages an hour that anybody may ask for, over all routes. What tells of a change is not counted.
    pub letters_an_hour: u32,
    /// Mail addresses of those who hear when a privileged account was reset. From configuration.
    pub administrators: Vec<Arc<str>>,
    /// Where a test may stop everything.
    pub crash: Arc<dyn Crash>,
}

/// A route that has pages.
#[derive(Debug, Clone)]
pub struct RouteOfDesk {
    /// Its name.
    pub name: Arc<str>,
    /// The directory it leads to.
    pub directory: DirectoryName,
    /// Where its pages are. `None`: nothing is offered on it.
    pub public_url: Option<PublicUrl>,
}

/// Whose passwords are whose, by the rules of the day.
pub trait AuthorityOfRoutes: Send + Sync {
    /// What the rules of a route say. Asked each time.
    fn of_route(&self, route: &str) -> RouteAuthority;
}

/// What the rules of a route say of whose passwords are whose.
#[derive(Debug, Clone)]
pub enum RouteAuthority {
    /// No policy speaks of the route: nobody may write there.
    NoRoute,
    /// There are no rules: every account is its directory's own, unless its entry says otherwise.
    NoRules,
    /// These.
    Rules(Arc<AuthorityRules>),
}

/// Where a test may stop everything, between one thing that lasts and the next.
pub trait Crash: Send + Sync {
    /// The machine has come to this point. Whoever stops it there does not return.
    fn reached(&self, _point: &'static str) {}
}

/// Nothing stops it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCrash;

impl Crash for NoCrash {}

/// Self-service. Whoever holds the same records may have another one: nothing is kept in it that is needed.
///
/// Whoever runs it calls [`recover_at_start`](Self::recover_at_start) first where nobody else holds the records, then [`work_once`](Self::work_once)
/// when something was asked for and whenever it says that more is due, [`recover`](Self::recover) every few seconds, and now and then
/// [`sweep`](Self::sweep).
pub struct Desk {
    pub(super) parts: DeskParts,
    pub(super) known: Vec<super::gates::Known>,
    /// Whoever was writing and was let go of: a client hung up, say.
    pub(super) let_go: Mutex<Vec<LetGo>>,
}

impl Desk {
    /// From its parts.
    pub fn new(parts: DeskParts) -> Self {
        let known = super::gates::known(&parts.factors);
        let let_go = Mutex::default();
        Self { parts, known, let_go }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    pub(super) fn route(&self, name: &str) -> Option<(&RouteOfDesk, &PublicUrl)> {
        let route = self.parts.routes.iter().find(|route| *route.name == *name)?;
        route.public_url.as_ref().map(|url| (route, url))
    }

    pub(super) fn directory(&self, name: &str) -> Result<&Arc<dyn Applicants>, Trouble> {
        let found = self.parts.directories.iter().find(|known| *known.name().0 == *name);
        found.ok_or(Trouble::NoDirectory)
    }

    pub(super) fn factor(&self, name: &str) -> Option<&Arc<dyn Factor>> {
        self.parts.factors.iter().find(|factor| factor.name() == name)
    }

    /// The rules of a route, of which directory's people it may be, before anybody is known; and what is offered under them now.
    pub(super) async fn rules(&self, route: &str, directory: &DirectoryName) -> Option<(Arc<ResetRules>, Features)> {
        let rules = self.parts.decide.reset(&ResetQuestion {
            route,
            directory: Some(&directory.0),
            account: None,
            groups: &[],
        })?;
        // F4: rules nobody can ever meet offer nothing that needs a proof.
        let provable = rules.factors.iter().any(|factor| self.factor(factor).is_some());
        let mut features = if self.parts.switches.self_service(directory).await {
            rules.features
        } else {
            Features::default()
        };
        features.reset &= provable;
        features.unlock &= provable;
        features.forgot_link &= features.reset;
        Some((rules, features))
    }

    /// A context by its name.
    pub(super) async fn context(&self, id: &ContextId) -> Result<Option<Loaded>, Trouble> {
        let row = self.parts.records.context(id).await?;
        row.as_ref().map(load).transpose()
    }

    /// The context a token leads to.
    pub(super) async fn by_token(&self, purpose: Purpose, token: &Secret) -> Result<Option<Loaded>, Trouble> {
        for handle in self.parts.keys.hashes(purpose, &[token.expose()]) {
            if let Some(row) = self.parts.records.by_handle(&handle).await? {
                return load(&row).map(Some);
            }
        }
        Ok(None)
    }

    /// The live contexts of an account.
    pub(super) async fn live_of(&self, account: &AccountKey) -> Result<Vec<Loaded>, Trouble> {
        let mut live = Vec::new();
        for subject in self.parts.keys.hashes(Purpose::Account, &of_key(account)) {
            for row in self.parts.records.live_of(&subject).await? {
                live.push(load(&row)?);
            }
        }
        Ok(live)
    }

    pub(super) fn crash(&self, point: &'static str) {
        self.parts.crash.reached(point);
    }

    async fn offer_of(&self, route: &str) -> Result<Offer, Refused> {
        let (of, _) = self.route(route).ok_or(Refused::NotOffered)?;
        let (rules, features) = self.rules(route, &of.directory).await.ok_or(Refused::NotOffered)?;
        Ok(Offer {
            features,
            providers: self.parts.providers.offered().into_iter().map(offered).collect(),
            help_desk: rules.help_desk.clone(),
            confirm: rules.password.confirm,
            password: rules.password.clone(),
        })
    }
}

/// A provider's page, for a door.
pub(super) fn offered(page: Page) -> ProviderOffer {
    ProviderOffer {
        name: page.provider,
        title: page.title,
        host: page.host,
        url: page.url,
    }
}

impl<S> Context<S> {
    /// The same context, at a stage that was looked up.
    pub(super) fn at<T>(self, stage: T) -> Context<T> {
        Context { base: self.base, stage }
    }
}

impl SelfService for Desk {
    fn offer<'a>(&'a self, route: &'a str) -> Answer<'a, Offer> {
        Box::pin(self.offer_of(route))
    }

    fn request<'a>(&'a self, caller: &'a Caller<'a>, request: &'a Request) -> Answer<'a, Opened> {
        Box::pin(self.open(caller, request))
    }

    fn again<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()> {
        Box::pin(self.send_again(caller, holder))
    }

    fn landing<'a>(&'a self, caller: &'a Caller<'a>, token: &'a Secret) -> Answer<'a, Landing> {
        Box::pin(self.look_at(caller, token))
    }

    fn follow<'a>(&'a self, caller: &'a Caller<'a>, token: &'a Secret) -> Answer<'a, SessionKey> {
        Box::pin(self.go_on(caller, token))
    }

    fn not_me<'a>(&'a self, caller: &'a Caller<'a>, token: &'a Secret) -> Answer<'a, ()> {
        Box::pin(self.hold(caller, token))
    }

    fn prove<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>, proof: Proof<'a>) -> Answer<'a, SessionKey> {
        Box::pin(self.compare(caller, holder, proof))
    }

    fn view<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, View> {
        Box::pin(self.tell(caller, holder))
    }

    fn execute<'a>(
        &'a self,
        caller: &'a Caller<'a>,
        holder: Holder<'a>,
        execution: Execution<'a>,
    ) -> Answer<'a, Vec<TargetResult>> {
        Box::pin(self.carry_out(caller, holder, execution))
    }

    fn renewed<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, Option<SessionKey>> {
        Box::pin(self.renew(caller, holder))
    }

    fn more_time<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()> {
        Box::pin(self.give_more_time(caller, holder))
    }

    fn cancel<'a>(&'a self, caller: &'a Caller<'a>, holder: Holder<'a>) -> Answer<'a, ()> {
        Box::pin(self.give_up(caller, holder))
    }

    fn change<'a>(&'a self, caller: &'a Caller<'a>, change: Change<'a>) -> Answer<'a, Changed> {
        Box::pin(self.change_by_old(caller, change))
    }
}
