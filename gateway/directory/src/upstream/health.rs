//! How each server is: asked now and then, suspected when a client found it silent, and drained when somebody says so.

use super::error::ConnectError;
use super::order::Away;
use super::settings::ServerUrl;
use super::{Connection, ServerIndex, Upstream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// What is known of one server besides whether it is passed over.
#[derive(Default)]
pub(super) struct Health {
    /// Whether it told everything when it was last asked.
    answered: AtomicBool,
    /// Whether it was ever seen to know the password policy control.
    told_policy: AtomicBool,
    /// Since when nothing new is sent there.
    draining: AtomicBool,
    draining_since: Mutex<Option<Instant>>,
    /// Lanes in use to it.
    lanes: Arc<AtomicUsize>,
    /// Checks by how they ended.
    well: AtomicU64,
    unwell: AtomicU64,
    suspicion: Notify,
}

/// A lane in use to a server, counted until it is dropped.
pub struct Load(Arc<AtomicUsize>);

impl Drop for Load {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A server as metrics show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerReport<'a> {
    /// `ldap://host:port`.
    pub server: &'a str,
    /// Whether it is taken to be there.
    pub up: bool,
    /// Whether nothing new is sent there.
    pub draining: bool,
    /// Lanes in use to it, of all routes.
    pub lanes: usize,
    /// Checks it passed.
    pub well: u64,
    /// Checks it did not pass.
    pub unwell: u64,
}

impl Health {
    pub(super) fn new(drain: bool) -> Self {
        let health = Self::default();
        health.drain(drain);
        health
    }

    /// It may not be well: it is to be asked soon.
    pub(super) fn suspect(&self) {
        self.suspicion.notify_one();
    }

    pub(super) fn load(&self) -> usize {
        self.lanes.load(Ordering::Relaxed)
    }

    pub(super) fn lane(&self) -> Load {
        self.lanes.fetch_add(1, Ordering::Relaxed);
        Load(Arc::clone(&self.lanes))
    }

    pub(super) fn tells_policy(&self, tells: bool) {
        self.told_policy.store(tells, Ordering::Relaxed);
    }

    pub(super) fn told_policy(&self) -> bool {
        self.told_policy.load(Ordering::Relaxed)
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// True if that is news.
    fn drain(&self, drain: bool) -> bool {
        let mut since = self.draining_since.lock().unwrap_or_else(PoisonError::into_inner);
        if since.is_some() == drain {
            return false;
        }
        *since = drain.then(Instant::now);
        self.draining.store(drain, Ordering::Release);
        true
    }

    fn draining_since(&self) -> Option<Instant> {
        *self.draining_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upstream {
    /// The servers of the settings, in their order.
    pub fn servers(&self) -> impl Iterator<Item = ServerIndex> + use<> {
        (0..self.servers.len()).map(ServerIndex)
    }

    /// Asks one server for its rootDSE on a fresh connection, within [`Settings::check_timeout`](super::Settings), and keeps what it says. One that
    /// does not answer is passed over until it does; one that refuses has answered.
    pub async fn check(&self, index: ServerIndex) -> Result<(), ConnectError> {
        let Some(server) = self.servers.get(index.0) else {
            return Err(ConnectError::Unresolved);
        };
        let deadline = Instant::now() + self.settings.check_timeout;
        let asking = async {
            let transport = self.reach(server, deadline).await?;
            let connection = Connection {
                transport,
                server: index,
            };
            self.discover_on(connection).await.map(drop)
        };
        let told = timeout_at(deadline, asking)
            .await
            .unwrap_or(Err(ConnectError::TimedOut));
        let well = matches!(
            told,
            Ok(()) | Err(ConnectError::RootDseRefused(_) | ConnectError::ServiceAccountRefused(_))
        );
        server.health.answered.store(told.is_ok(), Ordering::Release);
        let count = if well {
            &server.health.well
        } else {
            &server.health.unwell
        };
        count.fetch_add(1, Ordering::Relaxed);
        let news = self.order.asked(index.0, well, Instant::now());
        match &told {
            Err(error) if news && !well => {
                tracing::warn!(upstream = %self.settings.name, server = %server.written, %error,
                    "a directory server is down: nothing is sent there until it answers");
            }
            _ if news => {
                tracing::info!(upstream = %self.settings.name, server = %server.written,
                    "a directory server is there again");
            }
            _ => {}
        }
        told
    }

    /// Returns when a client has found this server silent or gone since the last return.
    pub async fn suspected(&self, index: ServerIndex) {
        match self.servers.get(index.0) {
            Some(server) => server.health.suspicion.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Whether some server told everything when it was last asked, for readiness.
    pub fn answers(&self) -> bool {
        self.servers
            .iter()
            .any(|server| server.health.answered.load(Ordering::Acquire))
    }

    /// From now on nothing new is sent to the server of this URL, or it serves again. False if there is no such server or that is no news.
    pub fn drain(&self, url: &ServerUrl, drain: bool) -> bool {
        let mut news = false;
        for server in self.servers.iter().filter(|server| server.url == *url) {
            if server.health.drain(drain) {
                news = true;
                tracing::info!(upstream = %self.settings.name, server = %server.written, drain,
                    "{}", if drain { "a directory server is drained" } else { "a directory server serves again" });
            }
        }
        news
    }

    /// Whether nothing new is to be sent there.
    pub fn is_draining(&self, index: ServerIndex) -> bool {
        self.servers
            .get(index.0)
            .is_none_or(|server| server.health.is_draining())
    }

    /// For how long whoever is still signed in there has stayed beyond [`Settings::drain_after`](super::Settings); `None` if it is not drained.
    pub fn drained_for(&self, index: ServerIndex) -> Option<Duration> {
        let server = self.servers.get(index.0).filter(|server| server.health.is_draining())?;
        let since = server.health.draining_since()?;
        Some(since.elapsed().saturating_sub(self.settings.drain_after))
    }

    /// Whether it is passed over now.
    pub fn is_away(&self, index: ServerIndex) -> bool {
        self.order.away(index.0, Instant::now()) != Away::Not
    }

    /// Each server as metrics show it.
    pub fn reports(&self) -> impl Iterator<Item = ServerReport<'_>> {
        self.servers.iter().enumerate().map(|(index, server)| ServerReport {
            server: &server.written,
            up: self.order.away(index, Instant::now()) == Away::Not,
            draining: server.health.is_draining(),
            lanes: server.health.load(),
            well: server.health.well.load(Ordering::Relaxed),
            unwell: server.health.unwell.load(Ordering::Relaxed),
        })
    }

    /// Whether a URL leads to one of these servers: by host, and by port, where 389 and 636 count as the same server's.
    pub fn is_own(&self, url: &ServerUrl) -> bool {
        self.own(url).is_some()
    }

    /// The server a URL leads to, if it is one of these.
    pub(super) fn own(&self, url: &ServerUrl) -> Option<ServerIndex> {
        let usual = |url: &ServerUrl| matches!(url.port(), 389 | 636);
        let place = self.servers.iter().position(|server| {
            server.url.host() == url.host() && (server.url.port() == url.port() || (usual(&server.url) && usual(url)))
        });
        place.map(ServerIndex)
    }
}
