//! Lanes between sessions. One pool a route, so that lanes never cross from one route, directory or TLS identity to another.

use crate::lane::{Lane, LaneIdentity};
use crate::settings::{LaneMode, LaneSettings};
use crate::workers::{self, Home};
use postern_directory::{ConnectError, Upstream};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

/// The lanes of one route.
pub(crate) struct Pool {
    settings: LaneSettings,
    upstream: Arc<Upstream>,
    in_use: Arc<Semaphore>,
    /// By the worker whose runtime a lane is registered with: another one would be woken through it.
    idle: Mutex<Idle>,
    idle_count: AtomicUsize,
    closed: AtomicBool,
}

/// Lanes that wait, those given back last at the back.
#[derive(Default)]
struct Idle {
    homes: Vec<VecDeque<(Lane, Instant)>>,
    count: usize,
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
        Self {
            settings,
            upstream,
            in_use: Arc::new(Semaphore::new(settings.most)),
            idle: Mutex::default(),
            idle_count: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        }
    }

    /// A lane for a bind: the one given back last, if it is still quiet, else a fresh one. Nothing but a bind may be the first thing on a
    /// lane that was given back.
    pub(crate) async fn take(&self) -> Result<Lane, NoLane> {
        let place = self.place().await?;
        while let Some((mut lane, _)) = self.pop() {
            // A lane to a stand-in goes when its principal is due to be tried again.
            if lane.is_quiet() && self.upstream.prefers(lane.server) {
                lane.place = Some(place);
                return Ok(lane);
            }
        }
        self.connect(place).await
    }

    /// A lane nobody has used.
    pub(crate) async fn fresh(&self) -> Result<Lane, NoLane> {
        let place = self.place().await?;
        self.connect(place).await
    }

    /// Takes back a lane of which [`Lane::is_clean`] and on which no answer is owed. Closes it if it may not be kept.
    pub(crate) fn give_back(&self, mut lane: Lane) {
        lane.place = None;
        if self.settings.mode == LaneMode::Dedicated || self.closed.load(Ordering::Acquire) || !lane.is_clean() {
            return;
        }
        lane.identity = LaneIdentity::Stale;
        lane.reused = true;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = idle.keep(lane, self.settings.idle);
        self.idle_count.store(idle.count, Ordering::Relaxed);
        drop(idle);
        drop(closed);
    }

    /// Closes lanes that have waited too long or were closed from the other side.
    pub(crate) fn sweep(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        for lanes in &mut idle.homes {
            lanes.retain_mut(|(lane, since)| now.duration_since(*since) < self.settings.idle_time && lane.is_quiet());
        }
        idle.count = idle.homes.iter().map(VecDeque::len).sum();
        self.idle_count.store(idle.count, Ordering::Relaxed);
    }

    /// Closes every idle lane and keeps none from now on.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Idle::default();
        self.idle_count.store(0, Ordering::Relaxed);
    }

    /// Lanes in use and lanes waiting.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (
            self.settings.most - self.in_use.available_permits(),
            self.idle_count.load(Ordering::Relaxed),
        )
    }

    async fn place(&self) -> Result<tokio::sync::OwnedSemaphorePermit, NoLane> {
        if let Ok(place) = Arc::clone(&self.in_use).try_acquire_owned() {
            return Ok(place);
        }
        match timeout(self.settings.wait, Arc::clone(&self.in_use).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(NoLane::Busy),
        }
    }

    async fn connect(&self, place: tokio::sync::OwnedSemaphorePermit) -> Result<Lane, NoLane> {
        let connection = self.upstream.connect().await.map_err(NoLane::Unreachable)?;
        Ok(Lane::new(connection.transport, connection.server, Some(place)))
    }

    /// The lane given back last on this worker is the warmest. Popping it does not wait.
    fn pop(&self) -> Option<(Lane, Instant)> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = idle.homes.get_mut(workers::home())?.pop_back()?;
        idle.count -= 1;
        self.idle_count.store(idle.count, Ordering::Relaxed);
        Some(lane)
    }
}

impl Idle {
    /// Keeps a lane on this worker. Returns the one that must go for it: where `most` wait already, the oldest of the worker that
    /// has the most, so that no worker takes all places; or the lane itself, if that is this worker.
    fn keep(&mut self, lane: Lane, most: usize) -> Option<Lane> {
        let home: Home = workers::home();
        if self.homes.len() <= home {
            self.homes.resize_with(home + 1, VecDeque::new);
        }
        let mut closed = None;
        if self.count >= most {
            let fullest = (0..self.homes.len()).max_by_key(|home| self.homes.get(*home).map_or(0, VecDeque::len));
            match fullest
                .filter(|fullest| *fullest != home)
                .and_then(|fullest| self.homes.get_mut(fullest))
            {
                Some(lanes) => closed = lanes.pop_front().map(|(lane, _)| lane),
                None => return Some(lane),
            }
            if closed.is_none() {
                return Some(lane);
            }
        } else {
            self.count += 1;
        }
        if let Some(lanes) = self.homes.get_mut(home) {
            lanes.push_back((lane, Instant::now()));
        }
        closed
    }
}
