//! Lanes between sessions. One pool a route, so that lanes never cross from one route, directory or TLS identity to another; within
//! it lanes are kept by server.

use crate::lane::{Lane, LaneIdentity};
use crate::settings::{LaneMode, LaneSettings};
use crate::workers;
use postern_directory::{ConnectError, Connection, Load, ServerIndex, Share, Upstream, Want};
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
    /// By the worker whose runtime a lane is registered with: another one would be woken through it.
    idle: Mutex<Idle>,
    idle_count: AtomicUsize,
    closed: AtomicBool,
}

/// Lanes that wait, those given back last at the back.
struct Idle {
    /// Each worker's, one for each server.
    queues: Vec<VecDeque<(Box<Lane>, Instant)>>,
    servers: usize,
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
        let servers = upstream.servers().count();
        Self {
            settings,
            upstream,
            in_use: Arc::new(Semaphore::new(settings.most)),
            idle: Mutex::new(Idle::new(servers)),
            idle_count: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        }
    }

    /// A lane for a bind, to the best server for it that is there: the one given back last, if it is still quiet, else a fresh one. Nothing
    /// but a bind may be the first thing on a lane that was given back. What is asked on it counts to `share`; so below.
    pub(crate) async fn take(&self, want: &Want, share: Share) -> Result<Box<Lane>, NoLane> {
        let place = self.place().await?;
        let mut fault = ConnectError::Unresolved;
        for server in self.upstream.candidates(want) {
            // Counted from now on: whoever chooses while we connect sees it.
            let load = self.upstream.lane(server);
            while let Some((mut lane, _)) = self.pop(server) {
                if lane.is_quiet() {
                    lane.transport.serve(share);
                    lane.place = Some(place);
                    lane.load = load;
                    return Ok(lane);
                }
            }
            // Boxed, for it is rare: what every sign-in waits in stays small. So below.
            match Box::pin(self.upstream.connect_to(server)).await {
                Ok(connection) => return Ok(fresh(connection, share, place, load)),
                Err(failed) => fault = failed,
            }
        }
        Err(NoLane::Unreachable(fault))
    }

    /// A lane nobody has used.
    pub(crate) async fn fresh(&self, want: &Want, share: Share) -> Result<Box<Lane>, NoLane> {
        let place = self.place().await?;
        let connection = Box::pin(self.upstream.connect_for(want))
            .await
            .map_err(NoLane::Unreachable)?;
        let load = self.upstream.lane(connection.server);
        Ok(fresh(connection, share, place, load))
    }

    /// A lane nobody has used, signed in as our service account.
    pub(crate) async fn service(&self, want: &Want, share: Share) -> Result<Box<Lane>, NoLane> {
        let place = self.place().await?;
        let connection = Box::pin(self.upstream.connect_as_service(want))
            .await
            .map_err(NoLane::Unreachable)?;
        let load = self.upstream.lane(connection.server);
        Ok(fresh(connection, share, place, load))
    }

    /// Takes back a lane of which [`Lane::is_clean`] and on which no answer is owed. Closes it if it may not be kept.
    pub(crate) fn give_back(&self, mut lane: Box<Lane>) {
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
        let closed = idle.keep(lane, self.settings.idle);
        self.idle_count.store(idle.count, Ordering::Relaxed);
        drop(idle);
        drop(closed);
    }

    /// Closes lanes that have waited too long, were closed from the other side, or lead to a server that is drained.
    pub(crate) fn sweep(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        for lanes in &mut idle.queues {
            lanes.retain_mut(|(lane, since)| {
                now.duration_since(*since) < self.settings.idle_time
                    && lane.is_quiet()
                    && !self.upstream.is_draining(lane.server)
            });
        }
        idle.count = idle.queues.iter().map(VecDeque::len).sum();
        self.idle_count.store(idle.count, Ordering::Relaxed);
    }

    /// Closes every idle lane and keeps none from now on.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.queues.clear();
        idle.count = 0;
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

    /// The lane to this server given back last on this worker is the warmest. Popping it does not wait.
    fn pop(&self, server: ServerIndex) -> Option<(Box<Lane>, Instant)> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let place = idle.place(server);
        let lane = idle.queues.get_mut(place)?.pop_back()?;
        idle.count -= 1;
        self.idle_count.store(idle.count, Ordering::Relaxed);
        Some(lane)
    }
}

fn fresh(mut connection: Connection, share: Share, place: OwnedSemaphorePermit, load: Option<Load>) -> Box<Lane> {
    connection.transport.serve(share);
    let mut lane = Box::new(Lane::new(connection.transport, connection.server, Some(place)));
    lane.load = load;
    lane
}

impl Idle {
    fn new(servers: usize) -> Self {
        Self {
            queues: Vec::new(),
            servers,
            count: 0,
        }
    }

    /// Which queue is this worker's to this server.
    fn place(&self, server: ServerIndex) -> usize {
        workers::home() * self.servers + server.0
    }

    /// Keeps a lane on this worker. Returns the one that must go for it: where `most` wait already, the oldest of the longest
    /// queue, so that no worker takes all places, nor a server that nobody can use now; or the lane itself, if that is its queue.
    fn keep(&mut self, lane: Box<Lane>, most: usize) -> Option<Box<Lane>> {
        let place = self.place(lane.server);
        if self.queues.len() <= place {
            self.queues.resize_with(place + 1, VecDeque::new);
        }
        let mut closed = None;
        if self.count >= most {
            let longest = (0..self.queues.len()).max_by_key(|place| self.queues.get(*place).map_or(0, VecDeque::len));
            match longest
                .filter(|longest| *longest != place)
                .and_then(|longest| self.queues.get_mut(longest))
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
        if let Some(lanes) = self.queues.get_mut(place) {
            lanes.push_back((lane, Instant::now()));
        }
        closed
    }
}
