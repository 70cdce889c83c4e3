//! What all sessions share, and the handle by which the program owns them.

use crate::accounts::{Accounts, NameChanges};
use crate::door::Door;
use crate::guard::{Guard, GuardSettings};
use crate::listener::{self, WayIn};
use crate::metrics::{Count, Counters};
use crate::pool::Pool;
use crate::rechecks::Rechecks;
use crate::registry::{Phase, Registry};
use crate::remembered::Remembered;
use crate::second_looks::SecondLooks;
use crate::settings::{Limits, ListenerSettings, RouteSettings};
use crate::shape::Shape;
use crate::sign_in::SignInSettings;
use crate::suffix::Suffix;
use crate::ticker::Ticker;
use crate::workers::Workers;
use postern_directory::{ServiceLanes, Upstream};
use postern_identity::audit::Audit;
use postern_identity::decide::{Decide, Generation};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The LDAP front.
pub struct Gateway {
    shared: Arc<Shared>,
    workers: Arc<Workers>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// What every session may look at.
pub(crate) struct Shared {
    pub(crate) decide: Arc<dyn Decide>,
    pub(crate) generation: Arc<Generation>,
    pub(crate) audit: Arc<dyn Audit>,
    pub(crate) limits: Limits,
    pub(crate) registry: Arc<Registry>,
    pub(crate) ticker: Arc<Ticker>,
    pub(crate) remembered: Remembered,
    pub(crate) routes: HashMap<Arc<str>, Arc<Route>>,
    /// One a directory.
    rechecks: Vec<Arc<Rechecks>>,
    /// One a directory.
    second_looks: Vec<Arc<SecondLooks>>,
}

/// A route while it runs.
pub(crate) struct Route {
    pub(crate) name: Arc<str>,
    pub(crate) upstream: Arc<Upstream>,
    /// The service account's own few connections.
    pub(crate) service: ServiceLanes,
    pub(crate) pool: Pool,
    /// Of the directory, shared by its routes.
    pub(crate) rechecks: Arc<Rechecks>,
    /// Of the directory, shared by its routes.
    pub(crate) second_looks: Arc<SecondLooks>,
    /// See [`RouteSettings::ldap_url`].
    pub(crate) ldap_url: Option<Arc<str>>,
    /// Under which suffix clients know the directory, if it is another.
    pub(crate) suffix: Option<Suffix>,
    /// As which product clients know it, if it is another.
    pub(crate) shape: Option<Shape>,
    pub(crate) counters: Counters,
    pub(crate) sign_in: SignInSettings,
    /// Whose the bind names are, where not every one goes to the directory as it was sent.
    pub(crate) accounts: Option<Arc<Accounts>>,
    /// What all routes to the same directory share, if one of them has `accounts`.
    pub(crate) name_changes: Option<Arc<NameChanges>>,
    /// Of its directory: routes to the same one share it.
    pub(crate) guard: Arc<Guard>,
}

/// Why a front cannot be set up: the configuration is to blame.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SetupError {
    /// A listener names a route that is not there.
    #[error("there is no route of this name")]
    NoSuchRoute,
    /// The system would not let the workers share the socket.
    #[error("the socket cannot be shared")]
    Socket,
}

/// How often lanes that wait are looked after.
const SWEEP: Duration = Duration::from_secs(5);

impl Gateway {
    /// A front without listeners. Starts its housekeeping, so it must be called inside a runtime.
    /// Clients are served on `workers`, which outlive it.
    pub fn new(
        decide: Arc<dyn Decide>,
        audit: Arc<dyn Audit>,
        limits: Limits,
        routes: Vec<RouteSettings>,
        workers: Arc<Workers>,
        guard: &GuardSettings,
    ) -> Self {
        let name_changes = name_changes(&routes);
        let ticker = Arc::<Ticker>::default();
        let mut guards: Vec<(Arc<Upstream>, Arc<Guard>)> = Vec::new();
        let mut rechecks: Vec<Arc<Rechecks>> = Vec::new();
        let mut second_looks: Vec<Arc<SecondLooks>> = Vec::new();
        let routes = routes
            .into_iter()
            .map(|settings| {
                let name_changes = name_changes.get(&Arc::as_ptr(&settings.upstream)).cloned();
                let names = settings.names.filter(|rules| !rules.is_as_sent());
                let accounts = names
                    .zip(name_changes.clone())
                    .map(|(rules, changes)| Arc::new(Accounts::new(rules, Arc::clone(&settings.upstream), changes)));
                let guard = guard_of(&mut guards, &settings.upstream, guard, &ticker);
                let known = rechecks.iter().find(|rechecks| rechecks.is_of(&settings.upstream));
                let of_directory = if let Some(known) = known {
                    Arc::clone(known)
                } else {
                    let new = Arc::new(Rechecks::new(Arc::clone(&settings.upstream)));
                    rechecks.push(Arc::clone(&new));
                    new
                };
                let looks = second_looks_of(&mut second_looks, &settings.upstream);
                let route = Route {
                    second_looks: looks,
                    accounts,
                    name_changes,
                    rechecks: of_directory,
                    ldap_url: settings.ldap_url,
                    suffix: settings.shown_as.suffix.map(Suffix::new),
                    shape: settings
                        .shown_as
                        .shape
                        .map(|shape| Shape::new(shape, Arc::clone(&settings.upstream))),
                    name: Arc::clone(&settings.name),
                    pool: Pool::new(settings.lanes, Arc::clone(&settings.upstream)),
                    service: ServiceLanes::new(Arc::clone(&settings.upstream)),
                    upstream: settings.upstream,
                    counters: Counters::new(),
                    guard,
                    sign_in: settings.sign_in,
                };
                (settings.name, Arc::new(route))
            })
            .collect();
        let generation = decide.generation();
        let shared = Arc::new(Shared {
            decide,
            generation,
            audit,
            limits,
            registry: Arc::default(),
            ticker,
            remembered: Remembered::new(),
            routes,
            rechecks,
            second_looks,
        });
        let gateway = Self {
            shared,
            workers,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        let ticker = Arc::clone(&gateway.shared.ticker);
        gateway.until_the_end(async move { ticker.run().await });
        for rechecks in &gateway.shared.rechecks {
            let rechecks = Arc::clone(rechecks);
            gateway.until_the_end(async move { rechecks.run().await });
        }
        for (_, guard) in guards {
            gateway.until_the_end(guard.look_at_everybody());
        }
        for route in gateway.shared.routes.values() {
            let mapped = Arc::clone(route);
            gateway.until_the_end(async move {
                if let Some(suffix) = &mapped.suffix {
                    suffix.learn(&mapped.service, &mapped.name).await;
                }
            });
            let shaped = Arc::clone(route);
            gateway.until_the_end(async move {
                if let Some(shape) = &shaped.shape {
                    shape.run(&shaped.service).await;
                }
            });
        }
        let shared = Arc::clone(&gateway.shared);
        gateway.until_the_end(async move {
            let mut interval = tokio::time::interval(SWEEP);
            loop {
                interval.tick().await;
                shared.routes.values().for_each(|route| route.pool.sweep());
            }
        });
        gateway
    }

    /// Takes clients from an open socket, on every worker.
    pub fn listen(&self, socket: TcpListener, settings: ListenerSettings) -> Result<(), SetupError> {
        let door = Door::new(settings, &self.shared.routes).ok_or(SetupError::NoSuchRoute)?;
        let socket = socket.into_std().map_err(|_| SetupError::Socket)?;
        let way_in = Arc::new(WayIn {
            shared: Arc::clone(&self.shared),
            door: Arc::new(door),
            workers: Arc::clone(&self.workers),
            tasks: self.tasks.clone(),
            stop: self.stop.clone(),
        });
        for worker in self.workers.iter() {
            let socket = socket.try_clone().map_err(|_| SetupError::Socket)?;
            let socket = {
                let _runtime = worker.handle.enter();
                TcpListener::from_std(socket).map_err(|_| SetupError::Socket)?
            };
            let accept = listener::accept(Arc::clone(&way_in), Arc::clone(worker), socket);
            self.tasks.spawn_on(accept, &worker.handle);
        }
        Ok(())
    }

    /// Stops taking clients, lets sessions finish what is in flight for at most `patience`, ends the rest, and waits for every
    /// task.
    pub async fn drain(&self, patience: Duration) {
        self.stop.cancel();
        self.tasks.close();
        self.shared.registry.set_phase(Phase::Draining);
        if tokio::time::timeout(patience, self.tasks.wait()).await.is_err() {
            self.end_now().await;
        }
        self.shared.routes.values().for_each(|route| route.pool.close());
    }

    /// Ends every session at once and waits for the tasks.
    pub async fn end_now(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.shared.registry.set_phase(Phase::Ending);
        self.tasks.wait().await;
    }

    /// Calls `each` with every count and gauge.
    pub fn counts(&self, mut each: impl FnMut(Count<'_>)) {
        each(Count::Sessions(self.shared.registry.count()));
        for rechecks in &self.shared.rechecks {
            rechecks.counts(|result, count| {
                each(Count::Rechecks {
                    directory: rechecks.directory(),
                    result,
                    count,
                });
            });
        }
        for looks in &self.shared.second_looks {
            looks.counts(|result, count| {
                each(Count::SecondLooks {
                    directory: looks.directory(),
                    result,
                    count,
                });
            });
        }
        for route in self.shared.routes.values() {
            let name = &*route.name;
            route.counters.binds(|outcome, count| {
                each(Count::Binds {
                    route: name,
                    outcome,
                    count,
                });
            });
            route.counters.operations(|operation, result, count| {
                each(Count::Operations {
                    route: name,
                    operation,
                    result,
                    count,
                });
            });
            let (in_use, idle) = route.pool.counts();
            each(Count::LanesInUse {
                route: name,
                count: in_use,
            });
            each(Count::LanesIdle {
                route: name,
                count: idle,
            });
        }
        self.guard_counts(each);
    }

    /// Calls `each` with every count of the guards, one for each directory.
    fn guard_counts(&self, mut each: impl FnMut(Count<'_>)) {
        let mut told: Vec<&Arc<Guard>> = Vec::new();
        for route in self.shared.routes.values() {
            if told.iter().any(|known| Arc::ptr_eq(known, &route.guard)) {
                continue;
            }
            told.push(&route.guard);
            let directory = &*route.upstream.name().0;
            route
                .guard
                .held_counts(|held, count| each(Count::GuardHeld { directory, held, count }));
            route.guard.look_ups(|result, count| {
                each(Count::GuardLookUps {
                    directory,
                    result,
                    count,
                });
            });
            let (accounts, names) = route.guard.sizes();
            for (kind, count) in [("account", accounts), ("name", names)] {
                each(Count::GuardRemembered { directory, kind, count });
            }
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn until_the_end(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = task => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

/// One for each directory of which some route takes other names than DNs.
fn name_changes(routes: &[RouteSettings]) -> HashMap<*const Upstream, Arc<NameChanges>> {
    let named: Vec<_> = routes.iter().filter(|route| route.names.is_some()).collect();
    let changes = named.iter().map(|route| {
        let same = named
            .iter()
            .filter(|other| Arc::ptr_eq(&other.upstream, &route.upstream));
        let changes = NameChanges::new(&route.upstream, same.filter_map(|route| route.names.as_ref()));
        (Arc::as_ptr(&route.upstream), Arc::new(changes))
    });
    changes.collect()
}

/// The guard of a directory, made when the first route to it is.
fn guard_of(
    guards: &mut Vec<(Arc<Upstream>, Arc<Guard>)>,
    upstream: &Arc<Upstream>,
    settings: &GuardSettings,
    ticker: &Arc<Ticker>,
) -> Arc<Guard> {
    if let Some((_, guard)) = guards.iter().find(|(known, _)| Arc::ptr_eq(known, upstream)) {
        return Arc::clone(guard);
    }
    let guard = Guard::new(upstream, settings, Arc::clone(ticker));
    guards.push((Arc::clone(upstream), Arc::clone(&guard)));
    guard
}

/// The looks at a directory's entries, made when the first route to it is.
fn second_looks_of(all: &mut Vec<Arc<SecondLooks>>, upstream: &Arc<Upstream>) -> Arc<SecondLooks> {
    if let Some(known) = all.iter().find(|looks| looks.is_of(upstream)) {
        return Arc::clone(known);
    }
    let looks = Arc::new(SecondLooks::new(Arc::clone(upstream)));
    all.push(Arc::clone(&looks));
    looks
}
