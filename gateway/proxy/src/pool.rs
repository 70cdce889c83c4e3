//! Lanes between sessions. One pool a route, so that lanes never cross from one route, directory or TLS identity to another; within
//! it lanes are kept by server.

use crate::lane::{Lane, LaneIdentity};
use crate::settings::{LaneMode, LaneSettings};
use postern_directory::{ConnectError, ServerIndex, Upstream, Want};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

/// The lanes of one route.
pub(crate) struct Pool {
    settings: LaneSettings,
    upstream: Arc<Upstream>,
    in_use: Arc<Semaphore>,
    idle: Mutex<Idle>,
    idle_count: AtomicUsize,
    closed: AtomicBool,
}

/// Lanes that wait, by server.
#[derive(Default)]
struct Idle {
    by_server: Vec<VecDeque<(Lane, Instant)>>,
}

/// Why there is no lane.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoLane {
    /// All are in use and none came back in time.
    #[error("all connections to the directory are in use")]
    Busy,
    /// No server could be reached.
    #[error("no directory server can be reached")]
    Unreachable(#[source] ConnectError),
}

impl Pool {
    pub(crate) fn new(settings: LaneSettings, upstream: Arc<Upstream>) -> Self {
        let by_server = upstream.servers().map(|_| VecDeque::new()).collect();
        Self {
            settings,
            upstream,
            in_use: Arc::new(Semaphore::new(settings.most)),
            idle: Mutex::new(Idle { by_server }),
            idle_count: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        }
    }

    /// A lane for a bind, to the best server for it that is there: the one given back last, if it is still quiet, else a fresh one. Nothing
    /// but a bind may be the first thing on a lane that was given back.
    pub(crate) async fn take(&self, want: &Want) -> Result<Lane, NoLane> {
        let place = self.place().await?;
        let mut fault = ConnectError::Unresolved;
        for server in self.upstream.candidates(want) {
            while let Some((mut lane, _)) = self.pop(server) {
                if lane.is_quiet() {
                    lane.place = Some(place);
                    lane.load = self.upstream.lane(server);
                    return Ok(lane);
                }
            }
            match self.upstream.connect_to(server).await {
                Ok(connection) => return Ok(self.lane(connection, place)),
                Err(failed) => fault = failed,
            }
        }
        Err(NoLane::Unreachable(fault))
    }

    /// A lane nobody has used.
    pub(crate) async fn fresh(&self, want: &Want) -> Result<Lane, NoLane> {
        let place = self.place().await?;
        let connection = self.upstream.connect_for(want).await.map_err(NoLane::Unreachable)?;
        Ok(self.lane(connection, place))
    }

    /// Takes back a lane of which [`Lane::is_clean`] and on which no answer is owed. Closes it if it may not be kept.
    pub(crate) fn give_back(&self, mut lane: Lane) {
        lane.place = None;
        lane.load = None;
        if self.settings.mode == LaneMode::Dedicated
            || self.closed.load(Ordering::Acquire)
            || !lane.is_clean()
            || self.upstream.is_draining(lane.server)
        {
            return;
        }
        lane.identity = LaneIdentity::Stale;
        lane.reused = true;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.count() >= self.settings.idle && !idle.makes_room(lane.server) {
            return;
        }
        if let Some(lanes) = idle.by_server.get_mut(lane.server.0) {
            lanes.push_back((lane, Instant::now()));
            self.idle_count.store(idle.count(), Ordering::Relaxed);
        }
    }

    /// Closes lanes that have waited too long, were closed from the other side, or lead to a server that is drained.
    pub(crate) fn sweep(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        for lanes in &mut idle.by_server {
            lanes.retain_mut(|(lane, since)| {
                now.duration_since(*since) < self.settings.idle_time
                    && lane.is_quiet()
                    && !self.upstream.is_draining(lane.server)
            });
        }
        self.idle_count.store(idle.count(), Ordering::Relaxed);
    }

    /// Closes every idle lane and keeps none from now on.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.by_server.iter_mut().for_each(VecDeque::clear);
        self.idle_count.store(0, Ordering::Relaxed);
    }

    /// Lanes in use and lanes waiting.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (
            self.settings.most - self.in_use.available_permits(),
            self.idle_count.load(Ordering::Relaxed),
        )
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit, NoLane> {
        if let Ok(place) = Arc::clone(&self.in_use).try_acquire_owned() {
            return Ok(place);
        }
        match timeout(self.settings.wait, Arc::clone(&self.in_use).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(NoLane::Busy),
        }
    }

    fn lane(&self, connection: postern_directory::Connection, place: OwnedSemaphorePermit) -> Lane {
        let mut lane = Lane::new(connection.transport, connection.server, Some(place));
        lane.load = self.upstream.lane(connection.server);
        lane
    }

    /// The lane to this server given back last is the warmest. Popping it does not wait.
    fn pop(&self, server: ServerIndex) -> Option<(Lane, Instant)> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = idle.by_server.get_mut(server.0)?.pop_back();
        self.idle_count.store(idle.count(), Ordering::Relaxed);
        lane
    }
}

impl Idle {
    /// Closes a lane of another server that has more of them: those to a server nobody can use now must not keep out those to one that serves.
    fn makes_room(&mut self, server: ServerIndex) -> bool {
        let own = self.by_server.get(server.0).map_or(0, VecDeque::len);
        let most = self.by_server.iter_mut().max_by_key(|lanes| lanes.len());
        most.is_some_and(|lanes| lanes.len() > own && lanes.pop_front().is_some())
    }

    fn count(&self) -> usize {
        self.by_server.iter().map(VecDeque::len).sum()
    }
}
