//! What is kept up to date while the program runs: policies and certificates; and a word if the configuration has changed.

use crate::bypass::{self, keeper::BypassKeeper};
use crate::config::{self, Certificate, Configuration, Fingerprint, Http, Listener};
use crate::lifecycle::service_manager::ServiceManager;
use crate::reload::{CertificateReload, PolicyReload, Reload};
use crate::settings::SettingsBook;
use crate::watch::{Cause, Target, Watch};
use postern_directory::Upstream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// What the service manager is told while clients are served.
pub(crate) const SERVING: &str = "Serving";

/// Everything that may change on disk.
pub(crate) struct Keeper {
    pub(crate) policies: PolicyReload,
    pub(crate) certificates: Vec<CertificateReload>,
    pub(crate) bypass: BypassKeeper,
    /// The file, and what it was when it was last looked at.
    pub(crate) configuration: (PathBuf, Fingerprint),
    /// The directories, of whose servers it may say anew which are drained.
    pub(crate) upstreams: Vec<Arc<Upstream>>,
    /// The settings, of which it may say something else.
    pub(crate) book: Arc<SettingsBook>,
}

/// Looks whenever there is a reason to, away from the threads that serve clients.
pub(crate) async fn keep(mut watch: Watch, keeper: Keeper, manager: Arc<ServiceManager>, stop: CancellationToken) {
    let keeper = Arc::new(Mutex::new(keeper));
    // What changed between the first read and the watch would otherwise wait for the clock.
    let mut first = true;
    loop {
        let cause = if std::mem::take(&mut first) {
            Cause::Changed
        } else {
            let due = keeper.lock().unwrap_or_else(PoisonError::into_inner).bypass.next();
            tokio::select! {
                () = stop.cancelled() => return,
                cause = watch.next() => cause,
                () = tokio::time::sleep(due.unwrap_or_default()), if due.is_some() => Cause::Poll,
            }
        };
        let asked = cause == Cause::Asked;
        if asked {
            manager.reloading();
        }
        let keeper = Arc::clone(&keeper);
        let looked = tokio::task::spawn_blocking(move || look_quietly(&keeper)).await;
        match looked.unwrap_or(None) {
            Some(false) if asked => tracing::info!(target: "postern", "nothing has changed since the last look"),
            Some(_) => {}
            None => tracing::error!(target: "postern", "a reload ended early; what was in force stays"),
        }
        if asked {
            manager.ready(SERVING);
        }
    }
}

/// How much a look gives way to those who serve clients: a third of their share of a processor. With none of it a thousand new routes
/// would hold up somebody; with much more a busy machine would never come to a look.
const NICENESS: i32 = 5;

/// Looks on a thread of its own. `None` if it did not come to its end.
fn look_quietly(keeper: &Mutex<Keeper>) -> Option<bool> {
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            // Linux gives each thread a niceness of its own; where it cannot be had, it is only less kind.
            let _ = rustix::process::nice(NICENESS);
            keeper.lock().unwrap_or_else(PoisonError::into_inner).look()
        });
        looking.join().ok()
    })
}

impl Keeper {
    /// Whether there was anything to tell.
    fn look(&mut self) -> bool {
        let mut news = self.policies.attempt() != Reload::Unchanged;
        for certificate in &mut self.certificates {
            news |= certificate.attempt() != Reload::Unchanged;
        }
        news |= self.bypass.look();
        let (path, known) = &mut self.configuration;
        if let Some(now) = Fingerprint::of(path).filter(|now| now != known) {
            *known = now;
            news = true;
            if at_once(path, &self.upstreams, &self.book) {
                tracing::info!(target: "postern", configuration = %path.display(),
                    "the configuration file has changed; which servers are drained and its values of settings are in force, anything else needs a restart");
            } else {
                tracing::warn!(target: "postern", configuration = %path.display(),
                    "the configuration file has changed; a restart puts it in force (postern check tells what is wrong with it)");
            }
        }
        news
    }
}

/// Puts in force what of a changed configuration needs no restart: which servers it drains, and its values of settings. Whether there was
/// anything new; nothing is if there is a mistake in it.
fn at_once(path: &Path, upstreams: &[Arc<Upstream>], book: &SettingsBook) -> bool {
    let environment = |name: &str| std::env::var(name).ok();
    let Some(configuration) = config::read(path, &environment).configuration else {
        return false;
    };
    let mut news = book.file_says(&configuration.values);
    for settings in &configuration.directories {
        let known = upstreams.iter().find(|upstream| *upstream.name() == settings.name);
        for server in &settings.servers {
            news |= known.is_some_and(|upstream| upstream.drain(&server.url, server.drain));
        }
    }
    news
}

/// What to watch for that.
pub(crate) fn targets(configuration: &Configuration) -> Vec<Target> {
    let mut targets = vec![
        Target::Folder(configuration.server.policies.clone()),
        Target::File(configuration.path.clone()),
        Target::File(bypass::path(&configuration.server.state_dir)),
    ];
    let listeners = configuration.listeners.iter().flat_map(Listener::certificates);
    let pages = configuration.http.iter().flat_map(Http::certificates);
    for source in listeners.chain(pages) {
        if let Certificate::Files { certificate, key } = source {
            targets.extend([certificate, key].map(|path| Target::File(path.clone())));
        }
    }
    targets
}
