//! The threads that serve clients, one runtime each: a session and its lane live on one of them from beginning to end.
//!
//! With one runtime over all threads, a thread that reads a long answer is followed by another that wakes for each of its packets
//! and finds nothing to do: a third more processor time for large searches. So each thread has a runtime of its own, accepts
//! clients itself from the shared socket, and hands one over only where another thread has clearly fewer.

use std::cell::Cell;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// A worker's number, from 0.
pub(crate) type Home = usize;

thread_local! {
    static HOME: Cell<Home> = const { Cell::new(0) };
}

/// The worker this thread is; 0 on threads that are none.
pub(crate) fn home() -> Home {
    HOME.get()
}

/// The threads, owned. Must be [stopped](Workers::stop) outside any runtime.
pub struct Workers {
    each: Vec<Arc<Worker>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    stop: CancellationToken,
}

/// One of them.
pub(crate) struct Worker {
    pub(crate) handle: Handle,
    sessions: AtomicUsize,
}

/// A session's mark on its worker, taken away when it is dropped.
pub(crate) struct OnWorker(Arc<Worker>);

/// How long a thread's runtime may take to end what blocks in it, such as a look-up of a host name.
const ENDING: Duration = Duration::from_secs(1);

/// A client is handed over only to a worker that has this many sessions fewer: handing over costs more than it brings.
const CLEARLY_FEWER: usize = 2;

impl Workers {
    /// Starts them.
    pub fn start(count: NonZeroUsize) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let (mut workers, mut threads) = (Vec::new(), Vec::new());
        for number in 0..count.get() {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            workers.push(Arc::new(Worker::new(runtime.handle().clone())));
            let stop = stop.clone();
            let thread = std::thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn(move || {
                    HOME.set(number);
                    runtime.block_on(stop.cancelled());
                    runtime.shutdown_timeout(ENDING);
                })?;
            threads.push(thread);
        }
        Ok(Self {
            each: workers,
            threads: Mutex::new(threads),
            stop,
        })
    }

    /// No threads of their own: everything runs in the runtime this is called in.
    pub fn here() -> Self {
        Self {
            each: vec![Arc::new(Worker::new(Handle::current()))],
            threads: Mutex::default(),
            stop: CancellationToken::new(),
        }
    }

    /// Ends the threads and waits for them. Sessions that still run end where they stand.
    pub fn stop(&self) {
        self.stop.cancel();
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // It has nothing to tell: a panic in it was told when it happened.
            let _ = thread.join();
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Worker>> {
        self.each.iter()
    }

    /// Who serves a client that `accepted` took: itself, unless another has clearly fewer sessions.
    pub(crate) fn choose(&self, accepted: &Arc<Worker>) -> Arc<Worker> {
        let own = accepted.count();
        let least = self.each.iter().min_by_key(|worker| worker.count());
        Arc::clone(
            least
                .filter(|worker| worker.count() + CLEARLY_FEWER <= own)
                .unwrap_or(accepted),
        )
    }
}

impl Worker {
    fn new(handle: Handle) -> Self {
        Self {
            handle,
            sessions: AtomicUsize::new(0),
        }
    }

    /// Marks a session as this worker's.
    pub(crate) fn enter(self: &Arc<Self>) -> OnWorker {
        self.sessions.fetch_add(1, Ordering::Relaxed);
        OnWorker(Arc::clone(self))
    }

    fn count(&self) -> usize {
        self.sessions.load(Ordering::Relaxed)
    }
}

impl Drop for OnWorker {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_stays_where_it_was_accepted_until_another_worker_has_clearly_fewer() {
        let workers = Workers::start(NonZeroUsize::new(2).unwrap()).unwrap();
        let (first, second) = (&workers.each[0], &workers.each[1]);
        let one = first.enter();
        assert!(Arc::ptr_eq(&workers.choose(first), first));
        let two = first.enter();
        assert!(Arc::ptr_eq(&workers.choose(first), second));
        assert!(Arc::ptr_eq(&workers.choose(second), second));
        drop((one, two));
        assert!(Arc::ptr_eq(&workers.choose(first), first));
        workers.stop();
    }

    #[test]
    fn each_worker_is_a_thread_of_its_own_and_knows_its_number() {
        let workers = Workers::start(NonZeroUsize::new(3).unwrap()).unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        for worker in workers.iter() {
            let tell = tell.clone();
            worker
                .handle
                .spawn(async move { tell.send((home(), std::thread::current().id())).unwrap() });
        }
        let mut seen: Vec<_> = (0..3).map(|_| told.recv().unwrap()).collect();
        seen.sort_by_key(|(home, _)| *home);
        assert_eq!(seen.iter().map(|(home, _)| *home).collect::<Vec<_>>(), [0, 1, 2]);
        seen.dedup_by_key(|(_, thread)| *thread);
        assert_eq!(seen.len(), 3);
        workers.stop();
    }
}
