//! Self-service, put together: the desk with its ports, those who work for it, and the door over HTTPS.
//!
//! **The walk.** [`SignInsHeard`] stands before the doors over LDAP, so that they can tell of sign-ins. [`SelfServiceHouse::build`] makes the keys,
//! the people of each directory, letters, mail and the [`Desk`] of them; [`SelfServiceHouse::open`] listens, and starts `worker`. The switches are
//! asked anew at each request, policies are those in force; brands, providers, tokens and mail are those of the start.

mod catcher;
mod counts;
mod door;
mod issuers;
mod keys;
mod onboarding;
pub(crate) mod people;
mod ports;
mod scim;
mod sign_ins;
mod waking;
mod worker;

pub use keys::KeyError;
pub use onboarding::{Answer, Asked, Onboarding, Shown, Whom};

use crate::config::Configuration;
use crate::doors;
use crate::metrics::CountSource;
use crate::reload::CertificateReload;
use crate::serve::ServeError;
use crate::settings::SettingsBook;
use catcher::Catcher;
use counts::ResetCounts;
use door::House;
use ports::{BookSwitches, LiveAuthority, NoMail, Randomness};
use postern_directory::Upstream;
use postern_identity::audit::Audit;
use postern_identity::directory::Applicants;
use postern_identity::records::{Reservations, ResetRecords};
use postern_identity::reset::factors::Mail as MailFactor;
use postern_identity::reset::sources::Typed;
use postern_identity::reset::{Chance, Channel, Desk, DeskParts, Keys, NoCrash, RouteOfDesk};
use postern_identity::{Clock, DirectoryName, Secret};
use postern_password_screen::{Leaked, NewPasswords};
use postern_policy::LivePolicy;
use postern_portal::Letters;
use postern_provider::Providers;
use postern_proxy::OtherDoors;
use sign_ins::{Met, SignIns};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use waking::Waking;
use worker::Work;

/// How long a start waits for directories to tell what became of writes.
const PICKING_UP: Duration = Duration::from_secs(5);

/// Made before the doors over LDAP, which tell it of sign-ins.
pub(crate) struct SignInsHeard {
    audit: Arc<SignIns>,
    met: mpsc::Receiver<Met>,
}

impl SignInsHeard {
    pub(crate) fn new(audit: Arc<dyn Audit>) -> Self {
        let (audit, met) = SignIns::new(audit);
        Self {
            audit: Arc::new(audit),
            met,
        }
    }

    /// The record, for the doors.
    pub(crate) fn audit(&self) -> Arc<dyn Audit> {
        Arc::clone(&self.audit) as _
    }
}

/// What it is made of besides the configuration.
pub(crate) struct Ground<'a> {
    pub(crate) upstreams: &'a [Arc<Upstream>],
    pub(crate) records: Arc<dyn ResetRecords>,
    pub(crate) reservations: Arc<dyn Reservations>,
    pub(crate) live: Arc<LivePolicy>,
    pub(crate) book: Arc<SettingsBook>,
    pub(crate) audit: Arc<dyn Audit>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The doors over LDAP: their guard is everybody's.
    pub(crate) others: OtherDoors,
    /// Whether it is a demonstration: mail is caught.
    pub(crate) is_demo: bool,
}

/// Self-service, ready to be opened.
pub(crate) struct SelfServiceHouse {
    provisioned: Vec<scim::ProvisionedRoute>,
    desk: Arc<Desk>,
    records: Arc<dyn ResetRecords>,
    counts: Arc<ResetCounts>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    key: Secret,
    catcher: Option<Arc<Catcher>>,
}

/// The door, while it is open.
pub(crate) struct HttpDoor {
    /// Where it is.
    pub(crate) address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl SelfServiceHouse {
    /// Made of its parts. Nothing listens and nothing works yet; directories that are provisioned are asked for their schemas.
    pub(crate) async fn build(configuration: &Configuration, ground: Ground<'_>) -> Result<Self, ServeError> {
        let chance: Arc<dyn Chance> = Arc::new(Randomness::new());
        let key = match &configuration.secrets.key {
            Some(key) => key.duplicate(),
            None => keys::kept(&configuration.server.state_dir, keys::KEY, &*chance)?,
        };
        let keys = Keys::new(&key, configuration.secrets.previous.as_ref())
            .map_err(|_| KeyError::Short(configuration.server.state_dir.join(keys::KEY)))?;
        let routes = door::of_addresses(&configuration.routes);
        let brands = configuration
            .routes
            .iter()
            .map(|route| (Arc::clone(&route.name), door::brand(configuration, route)));
        let letters = Letters::new(brands, Arc::new(door::plain()));
        let catcher = ground
            .is_demo
            .then(|| Arc::new(Catcher::new(Arc::clone(&ground.clock))));
        let channel = channel(configuration, catcher.as_ref(), &ground.clock)?;
        let names = routes.iter().map(|route| &*route.name);
        let audit = Arc::clone(&ground.audit);
        let counts = Arc::new(ResetCounts::new(ground.audit, names));
        let providers = Providers::new(configuration.providers.clone()).map_err(|_| ServeError::Providers)?;
        let others = Arc::new(ground.others);
        let providers = Arc::new(providers);
        let screen = Arc::new(NewPasswords::new(leaked(configuration)?));
        let authority = Arc::new(LiveAuthority(Arc::clone(&ground.live)));
        let desk = Desk::new(DeskParts {
            routes: routes
                .iter()
                .map(|route| RouteOfDesk {
                    name: Arc::clone(&route.name),
                    directory: DirectoryName(Arc::clone(&route.directory)),
                    public_url: route.portal.clone(),
                })
                .collect(),
            directories: directories(configuration, ground.upstreams),
            records: Arc::clone(&ground.records),
            decide: Arc::clone(&ground.live) as _,
            authority: Arc::clone(&authority) as _,
            switches: Arc::new(BookSwitches(ground.book)),
            screen: Arc::clone(&screen) as _,
            providers: Arc::clone(&providers) as _,
            compose: Arc::new(letters),
            channel,
            guarding: Arc::clone(&others) as _,
            aftermath: Arc::clone(&others) as _,
            audit: Arc::clone(&counts) as _,
            clock: Arc::clone(&ground.clock),
            chance: Arc::clone(&chance),
            keys,
            factors: vec![Arc::new(MailFactor)],
            sources: vec![Arc::new(Typed)],
            letters_an_hour: configuration.mail.as_ref().map_or(u32::MAX, |mail| mail.per_hour),
            administrators: configuration
                .mail
                .as_ref()
                .map_or_else(Vec::new, |mail| mail.administrators.clone()),
            crash: Arc::new(NoCrash),
        });
        let desk = Arc::new(desk);
        let provisioned = scim::provisioned(
            configuration,
            &scim::Ground {
                upstreams: ground.upstreams,
                authority,
                providers,
                desk: &desk,
                screen,
                aftermath: others,
                reservations: ground.reservations,
                chance: &chance,
                audit,
                clock: &ground.clock,
            },
        )
        .await?;
        Ok(Self {
            provisioned,
            desk,
            records: ground.records,
            counts,
            clock: ground.clock,
            chance,
            key,
            catcher,
        })
    }

    /// What is counted.
    pub(crate) fn counts(&self) -> Arc<dyn CountSource> {
        Arc::clone(&self.counts) as _
    }

    /// Finds out what became of writes that the last process did not see the end of. Before anybody is let in, and only by whoever has the store
    /// to itself: nobody else can be writing then.
    pub(crate) async fn pick_up(&self) {
        let all = async { while let Ok(1..) = self.desk.recover_at_start().await {} };
        // What a directory does not tell now is asked again later.
        let _ = tokio::time::timeout(PICKING_UP, all).await;
    }

    /// Listens, and starts those who work. What works ends with `stop`, the door when it is told to.
    pub(crate) fn open(
        self,
        configuration: &Configuration,
        certificates: &[CertificateReload],
        heard: SignInsHeard,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Option<HttpDoor>, ServeError> {
        let Some(http) = &configuration.http else {
            return Ok(None);
        };
        let bell = Arc::new(Notify::new());
        let house = House {
            configuration,
            service: Arc::new(Waking {
                desk: Arc::clone(&self.desk),
                bell: Arc::clone(&bell),
                tasks: tasks.clone(),
            }),
            records: Arc::clone(&self.records),
            clock: Arc::clone(&self.clock),
            chance: Arc::clone(&self.chance),
            key: &self.key,
            catcher: self.catcher,
            provisioned: self.provisioned,
            tasks: tasks.clone(),
        };
        let bearers = Arc::new(house.bearers()?);
        bearers.keep_fresh(tasks, stop);
        let sites = house.sites(http.proof, &bearers);
        if sites.is_empty() {
            tracing::warn!(target: "postern", "[http] without a route whose portal_url is https://host, without a path: no pages are served");
        }
        let mut seed = [0; 32];
        if !self.chance.fill(&mut seed) {
            return Err(ServeError::Tls);
        }
        let settings =
            door::settings(http, configuration, certificates, self.counts.requests(), seed).ok_or(ServeError::Tls)?;
        let listener = doors::listen(http.address).map_err(|error| ServeError::Listen {
            name: "http".to_owned(),
            address: http.address,
            reason: doors::reason(&error),
        })?;
        let address = listener.local_addr().unwrap_or(http.address);
        let end = CancellationToken::new();
        let serving = tokio::spawn({
            let end = end.clone();
            async move {
                if let Err(error) = postern_web::serve(listener, settings, sites, end).await {
                    tracing::error!(target: "postern", %error, "the pages are not served");
                }
            }
        });
        let work = Work {
            desk: self.desk,
            records: self.records,
            counts: self.counts,
            clock: self.clock,
            bell,
        };
        worker::start(work, heard.met, tasks, stop);
        Ok(Some(HttpDoor {
            address,
            stop: end,
            serving,
        }))
    }
}

impl HttpDoor {
    /// Takes nobody in any more, and waits for the answers under way.
    pub(crate) async fn drain(&mut self) {
        self.stop.cancel();
        let _ = (&mut self.serving).await;
    }

    /// Ends at once.
    pub(crate) fn end_now(&self) {
        self.serving.abort();
    }
}

/// The people of every directory.
pub(crate) fn directories(configuration: &Configuration, upstreams: &[Arc<Upstream>]) -> Vec<Arc<dyn Applicants>> {
    let people = upstreams.iter().map(|upstream| {
        let configured = configuration.applicants.iter();
        let configured = configured.clone().find(|one| one.directory == upstream.name().0);
        Arc::new(people::of(upstream, configured)) as Arc<dyn Applicants>
    });
    people.collect()
}

fn channel(
    configuration: &Configuration,
    catcher: Option<&Arc<Catcher>>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Channel>, ServeError> {
    if let Some(catcher) = catcher {
        return Ok(Arc::clone(catcher) as _);
    }
    let Some(mail) = &configuration.mail else {
        tracing::warn!(target: "postern", "no [mail] is configured: nobody can prove who they are by mail");
        return Ok(Arc::new(NoMail));
    };
    let made = postern_delivery_smtp::Mail::new(mail.settings(), Arc::clone(clock));
    Ok(Arc::new(made.map_err(|_| ServeError::Mail)?))
}

/// The filter that ships, and those that are configured.
fn leaked(configuration: &Configuration) -> Result<Vec<Leaked>, ServeError> {
    let mut filters = Vec::new();
    for path in &configuration.leaked_files {
        let read = Leaked::open(path);
        filters.push(read.map_err(|error| ServeError::Leaked {
            file: path.clone(),
            why: error.to_string(),
        })?);
    }
    filters.push(Leaked::shipped().map_err(|error| ServeError::Leaked {
        file: "the one that ships".into(),
        why: error.to_string(),
    })?);
    Ok(filters)
}
