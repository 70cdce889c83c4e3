//! `postern serve`: everything made, started, kept up to date and stopped. The file to read first.

use crate::bypass::keeper::BypassKeeper;
use crate::certificate::{CertificateError, HotCertificate};
use crate::config::{Certificate, Configuration, Listener, StorePlace};
use crate::control::{Control, ControlError};
use crate::doors::{self, Doors};
use crate::health;
use crate::keep::{self, Keeper};
use crate::kept::{Kept, KeptError};
use crate::lifecycle::open_files;
use crate::lifecycle::service_manager::ServiceManager;
use crate::lifecycle::signals::{Signals, Wish};
use crate::metrics::http::{self, Pages};
use crate::metrics::own::OwnCounts;
use crate::metrics::readiness::Readiness;
use crate::metrics::servers::ServerCounts;
use crate::metrics::{CountSource, Metrics};
use crate::reload::{CertificateReload, PolicyReload};
use crate::self_service::{self, Ground, HttpDoor, KeyError, Onboarding, SelfServiceHouse, SignInsHeard};
use crate::store;
use crate::telemetry;
use crate::watch::Watch;
use postern_directory::Upstream;
use postern_identity::Clock;
use postern_identity::audit::Audit;
use postern_policy::{LivePolicy, RouteFacts, Rulebook};
use postern_proxy::{GuardSeed, Workers};
use std::fs::File;
use std::future::Future;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long tasks have to end when everything else has.
const ENDING: Duration = Duration::from_secs(2);

/// How long the store has to write what was handed to it.
const WRITING: Duration = Duration::from_secs(10);

/// Why the program cannot run, or not go on. The machine is to blame: the configuration was checked before.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Standard output cannot be written to, or no thread could be started for it.
    #[error("the log cannot be started")]
    Telemetry,
    /// No threads, or no signals.
    #[error("the runtime cannot be started")]
    Runtime,
    /// A certificate cannot be loaded or made.
    #[error("listener {listener}: {error}")]
    Certificate {
        /// Whose.
        listener: String,
        /// Why.
        error: CertificateError,
    },
    /// The TLS library refused its own defaults.
    #[error("TLS cannot be set up")]
    Tls,
    /// A directory cannot be set up.
    #[error("directory {directory}: {error}")]
    Directory {
        /// Which.
        directory: String,
        /// Why, in words of that room.
        error: postern_directory::SetupError,
    },
    /// An address cannot be listened on.
    #[error("{name} cannot listen on {address}: {reason}")]
    Listen {
        /// Which listener.
        name: String,
        /// Where.
        address: SocketAddr,
        /// Why.
        reason: &'static str,
    },
    /// There is no control socket.
    #[error("{0}")]
    Control(#[from] ControlError),
    /// What is kept cannot be opened.
    #[error("{0}")]
    Kept(#[from] KeptError),
    /// What was to be put into directories before the first client came was not.
    #[error("the directories cannot be filled: {0}")]
    Fill(String),
    /// A secret of self-service cannot be made or read.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// A filter of leaked passwords cannot be read. It could, when the configuration was checked.
    #[error("{}: {why}", file.display())]
    Leaked {
        /// Which.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// A directory cannot be provisioned: by which route, and why.
    #[error("[[scim]] of route {0}: {1}")]
    Provisioning(String, String),
    /// Mail cannot be set up. It was checked before.
    #[error("mail cannot be set up")]
    Mail,
    /// Providers cannot be set up. They were checked before.
    #[error("the providers cannot be set up")]
    Providers,
    /// A listener's route is not there.
    #[error("there is no route {route}")]
    Route {
        /// Its name.
        route: String,
    },
}

impl ServeError {
    /// Whether whoever wrote the configuration is to blame, and not the machine.
    pub fn is_misconfigured(&self) -> bool {
        matches!(self, Self::Kept(error) if error.is_misconfigured())
    }
}

/// Puts into embedded directories what is to be there before the first client comes; an error is told in its words.
pub type Fill = Box<dyn for<'a> FnOnce(&'a Kept) -> Filling<'a> + Send>;
/// While that is done.
pub type Filling<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// Called once clients are served.
pub type OnReady = Box<dyn FnOnce() + Send>;

/// What is to be served: a sound configuration and its policies.
pub struct Prepared {
    /// The configuration.
    pub configuration: Configuration,
    /// What policies may know of the routes.
    pub routes: Vec<RouteFacts>,
    /// The first policies.
    pub book: Rulebook,
    /// Of the set they were compiled from, for the next reload.
    pub kept: postern_policy::Kept,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Who started us, if they want to know how it goes.
    pub service_manager: ServiceManager,
    /// What is to be in the directories first.
    pub fill: Option<Fill>,
    /// Called once clients are served.
    pub on_ready: Option<OnReady>,
    /// Whether it is a demonstration: mail is caught, and there is a token that everybody knows.
    pub is_demo: bool,
}

/// Serves until a signal ends it.
pub fn run(prepared: Prepared) -> Result<(), ServeError> {
    // Not `Stdout`, which keeps what could not be written.
    let sink = File::from(
        std::io::stdout()
            .as_fd()
            .try_clone_to_owned()
            .map_err(|_| ServeError::Telemetry)?,
    );
    let started = telemetry::start(&prepared.configuration.telemetry, &prepared.clock, Box::new(sink))
        .map_err(|_| ServeError::Telemetry)?;
    let served = on_threads(prepared, &started);
    if let Err(error) = &served {
        tracing::error!(target: "postern", %error, "the program ends");
    }
    started.writer.close();
    served
}

/// Clients have threads of their own; everything else shares one.
fn on_threads(prepared: Prepared, started: &telemetry::Started) -> Result<(), ServeError> {
    let count = prepared
        .configuration
        .server
        .workers
        .or(std::thread::available_parallelism().ok());
    let workers = Workers::start(count.unwrap_or(NonZeroUsize::MIN)).map_err(|_| ServeError::Runtime)?;
    let workers = Arc::new(workers);
    // Pages are served there too.
    let housekeepers = if prepared.configuration.http.is_some() { 2 } else { 1 };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime
        .worker_threads(housekeepers)
        .enable_all()
        .thread_name("housekeeping")
        .build();
    let served = runtime.map_err(|_| ServeError::Runtime).and_then(|runtime| {
        let served = runtime.block_on(serve(prepared, started, Arc::clone(&workers)));
        runtime.shutdown_timeout(ENDING);
        served
    });
    workers.stop();
    served
}

/// What is kept is open for as long as anything is served.
async fn serve(prepared: Prepared, started: &telemetry::Started, workers: Arc<Workers>) -> Result<(), ServeError> {
    let signals = Signals::listen().map_err(|_| ServeError::Runtime)?;
    let configuration = &prepared.configuration;
    tracing::info!(target: "postern", version = env!("CARGO_PKG_VERSION"), configuration = %configuration.path.display(), "starting");
    tell_open_files(configuration.limits.connections);
    // Before anything is opened: a second gateway on the same folder has to know that it is one.
    let control = store::is_used(configuration)
        .then(|| Control::listen(&configuration.server.state_dir))
        .transpose()?;
    let kept = Kept::open(configuration, &prepared.clock).await?;
    let served = with_kept(prepared, started, workers, signals, kept.as_ref().zip(control)).await;
    if let Some(kept) = kept
        && tokio::time::timeout(WRITING, kept.close()).await.is_err()
    {
        tracing::error!(target: "postern", "the store did not come to its end in time");
    }
    if served.is_ok() {
        tracing::info!(target: "postern", "stopped");
    }
    served
}

/// The walk: directories, policies, doors, telemetry, readiness; then signals and changed files until the end.
async fn with_kept(
    prepared: Prepared,
    started: &telemetry::Started,
    workers: Arc<Workers>,
    mut signals: Signals,
    kept: Option<(&Kept, Control)>,
) -> Result<(), ServeError> {
    let mut configuration = prepared.configuration;
    let (kept, control) = kept.unzip();
    if let Some(kept) = kept {
        kept.make_first_entries().await?;
        if let Some(fill) = prepared.fill {
            fill(kept).await.map_err(ServeError::Fill)?;
        }
    }
    let book = Arc::new(kept.map_or_else(|| store::book(&configuration, None), |kept| kept.book(&configuration)));

    let certificates = certificates(&configuration, &prepared.clock)?;
    let upstreams = upstreams(&mut configuration, kept, &prepared.clock)?;
    let live = Arc::new(LivePolicy::new(prepared.book, Arc::clone(&prepared.clock)));
    let readiness = Arc::new(Readiness::new(
        upstreams.iter().map(|upstream| Arc::clone(&upstream.name().0)),
    ));
    readiness.policies_are_in_force();

    let audit = Arc::clone(&started.audit) as Arc<dyn Audit>;
    let heard = configuration
        .http
        .is_some()
        .then(|| SignInsHeard::new(Arc::clone(&audit)));
    let doors = Doors::new(
        &configuration,
        &upstreams,
        Arc::clone(&live) as _,
        heard.as_ref().map_or_else(|| Arc::clone(&audit), SignInsHeard::audit),
        workers,
        guard_seed()?,
    );
    let house = match kept.zip(heard) {
        None => None,
        Some((kept, heard)) => {
            let ground = Ground {
                upstreams: &upstreams,
                records: kept.records(),
                reservations: kept.reservations(),
                live: Arc::clone(&live),
                book: Arc::clone(&book),
                audit,
                clock: Arc::clone(&prepared.clock),
                others: doors.others(Arc::clone(&prepared.clock)),
                is_demo: prepared.is_demo,
            };
            Some((SelfServiceHouse::build(&configuration, ground).await?, heard))
        }
    };
    let mut sources: Vec<Arc<dyn CountSource>> = vec![
        doors.counts(),
        Arc::new(OwnCounts {
            live: Arc::clone(&live),
            lines: started.lines.clone(),
            certificates: shown(&configuration.listeners, &certificates),
        }),
        Arc::new(ServerCounts(upstreams.clone())),
    ];
    sources.extend(house.as_ref().map(|(house, _)| house.counts()));
    let metrics = Metrics::new(sources);
    let reloads = metrics.reloads();

    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    if let Some(address) = configuration.telemetry.metrics_address {
        let listener = doors::listen(address).map_err(|error| ServeError::Listen {
            name: "telemetry.metrics_address".to_owned(),
            address,
            reason: doors::reason(&error),
        })?;
        let address = listener.local_addr().unwrap_or(address);
        tracing::info!(target: "postern", %address, "health and metrics are served");
        let pages = Arc::new(Pages {
            metrics,
            readiness: Arc::clone(&readiness),
        });
        tasks.spawn(http::serve(listener, pages, stop.clone()));
    }
    for upstream in &upstreams {
        for server in upstream.servers() {
            let watched = health::watch(Arc::clone(upstream), server, Arc::clone(&readiness), health::jitter());
            let stop = stop.clone();
            tasks.spawn(async move { stop.run_until_cancelled(watched).await });
        }
    }
    if let Some((kept, control)) = kept.zip(control) {
        let onboarding = Onboarding {
            records: kept.records(),
            directories: self_service::directories(&configuration, &upstreams),
            most: configuration.onboarded_most(),
            clock: Arc::clone(&prepared.clock),
        };
        let offered = Arc::new(kept.offered(Arc::clone(&book), onboarding));
        tasks.spawn(control.serve(offered, stop.clone()));
    }
    let mut bypass = BypassKeeper::new(
        configuration.server.state_dir.clone(),
        Arc::clone(&live),
        Arc::clone(&started.audit) as _,
        Arc::clone(&prepared.clock),
    );
    // One that was asked for before holds from the first client on.
    bypass.look();
    let asked = Arc::new(Notify::new());
    // Before anybody is told that we are ready: a file saved from then on is noticed.
    let watch = Watch::new(keep::targets(&configuration), Arc::clone(&asked));
    for (listener, address) in doors.open(&configuration.listeners, &certificates)? {
        tracing::info!(target: "postern", listener = %listener, %address, "listening");
    }
    if let (Some((house, _)), StorePlace::Sqlite(_)) = (&house, &configuration.store.place) {
        house.pick_up().await;
    }
    let mut http = match house {
        Some((house, heard)) => house.open(&configuration, &certificates, heard, &tasks, &stop)?,
        None => None,
    };
    if let Some(http) = &http {
        tracing::info!(target: "postern", listener = "http", address = %http.address, "listening");
    }
    readiness.listeners_are_open();

    let keeper = Keeper {
        policies: PolicyReload::new(
            configuration.server.policies.clone(),
            prepared.routes,
            Arc::clone(&live),
            prepared.kept,
            reloads,
        ),
        certificates,
        bypass,
        configuration: (configuration.path.clone(), configuration.fingerprint),
        upstreams,
        book,
    };
    let manager = Arc::new(prepared.service_manager);
    tasks.spawn(keep::keep(watch, keeper, Arc::clone(&manager), stop.clone()));

    manager.ready(keep::SERVING);
    tracing::info!(target: "postern", generation = live.number(), "serving");
    if let Some(on_ready) = prepared.on_ready {
        on_ready();
    }

    while signals.next().await == Wish::Reload {
        tracing::info!(target: "postern", "asked to reload");
        asked.notify_one();
    }

    readiness.stopping();
    manager.stopping();
    tracing::info!(target: "postern", seconds = configuration.limits.drain.as_secs(), "stopping: clients may finish");
    let patience = configuration.limits.drain;
    let at_once = tokio::select! {
        // Not even for a directory that keeps a sign-in waiting.
        _ = tokio::time::timeout(patience + ENDING, drain(&doors, http.as_mut(), patience)) => false,
        () = signals.stop() => true,
    };
    if at_once {
        tracing::info!(target: "postern", "stopping at once");
        let _ = tokio::time::timeout(ENDING, doors.end_now()).await;
    }
    if let Some(http) = &http {
        http.end_now();
    }
    stop.cancel();
    tasks.close();
    if tokio::time::timeout(ENDING, tasks.wait()).await.is_err() {
        tracing::warn!(target: "postern", "some tasks did not end in time");
    }
    Ok(())
}

/// All doors at once: who is at one does not keep the others open.
async fn drain(doors: &Doors, http: Option<&mut HttpDoor>, patience: Duration) {
    let pages = async {
        if let Some(http) = http {
            http.drain().await;
        }
    };
    tokio::join!(doors.drain(patience), pages);
}

/// Fresh for each process: what the guard remembers of names and passwords is of no use to anybody else.
fn guard_seed() -> Result<GuardSeed, ServeError> {
    let mut seed = GuardSeed([0; 32]);
    rustls::crypto::aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut seed.0)
        .map_err(|_| ServeError::Tls)?;
    Ok(seed)
}

fn tell_open_files(connections: usize) {
    let files = open_files::allow(connections);
    if files.bound < files.needed {
        tracing::warn!(target: "postern", bound = files.bound, needed = files.needed, connections,
            "fewer files may be open than that many connections need; raise the limit (LimitNOFILE, ulimit -n)");
    }
}

/// One for each source, however many listeners show it.
fn certificates(configuration: &Configuration, clock: &Arc<dyn Clock>) -> Result<Vec<CertificateReload>, ServeError> {
    let mut certificates: Vec<CertificateReload> = Vec::new();
    let listeners = configuration.listeners.iter();
    let shown = listeners.flat_map(|listener| listener.certificates().map(move |source| (&*listener.name, source)));
    let pages = configuration.http.iter();
    let pages = pages.flat_map(|http| http.certificates().map(|source| ("http", source)));
    for (listener, source) in shown.chain(pages) {
        if certificates.iter().any(|known| known.source() == source) {
            continue;
        }
        let state_dir = configuration.server.state_dir.clone();
        let certificate = CertificateReload::first(source.clone(), state_dir, Arc::clone(clock));
        let certificate = certificate.map_err(|error| ServeError::Certificate {
            listener: listener.to_owned(),
            error,
        })?;
        certificate.warn_if_over();
        certificates.push(certificate);
    }
    Ok(certificates)
}

fn upstreams(
    configuration: &mut Configuration,
    kept: Option<&Kept>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<Upstream>>, ServeError> {
    let settings = std::mem::take(&mut configuration.directories);
    settings
        .into_iter()
        .map(|settings| {
            if let Some(told) = crate::commands::check::without_policy(&settings) {
                tracing::warn!(target: "postern", "{told}");
            }
            let directory = settings.name.to_string();
            let made = match kept.filter(|_| settings.is_in_process()) {
                Some(kept) => kept.upstream(settings, Arc::clone(clock)),
                None => Upstream::new(settings, Arc::clone(clock)),
            };
            made.map_err(|error| ServeError::Directory { directory, error })
        })
        .collect()
}

/// Each with the listener that shows it.
fn shown(listeners: &[Listener], certificates: &[CertificateReload]) -> Vec<(Arc<str>, Vec<Arc<HotCertificate>>)> {
    let hot = |source: &Certificate| {
        let known = certificates.iter().find(|known| known.source() == source)?;
        Some(Arc::clone(known.hot()))
    };
    listeners
        .iter()
        .map(|listener| {
            (
                Arc::clone(&listener.name),
                listener.certificates().filter_map(hot).collect(),
            )
        })
        .collect()
}
