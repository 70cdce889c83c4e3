//! Threads that do nothing but hash. A hash takes about 10 ms and 19 MiB by design, so there are as many as cores, each with its memory
//! from the start, and a queue of bounded length before them: what does not fit is turned away at once, not later.
//!
//! The queue is shared out: each [`Share`] that has something in it has its turn, whoever came first, and where it is full, whoever has most
//! in it gives a place to whoever has less. So one client that asks without end is in its own way alone.
//!
//! A password is in the queue only while somebody waits for the answer: a caller that goes away takes its work with it.

use super::hash::{self, Cost, Fits, Memory, Stored};
use super::random::{Randomness, SystemRandomness};
use crate::transport::Share;
use postern_identity::Secret;
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::sync::oneshot;

/// Values of one entry that are compared; those behind them are as if they were not there.
const MOST_VALUES: usize = 8;

/// How much is hashed at once, and how.
pub struct HasherSettings {
    /// Threads; none is one for each core.
    pub threads: Option<NonZeroUsize>,
    /// What may wait beside what is being done.
    pub queue: usize,
    /// How long anybody waits for an answer.
    pub deadline: Duration,
    /// What is written from now on.
    pub cost: Cost,
    /// Where salts come from.
    pub randomness: Arc<dyn Randomness>,
}

impl Default for HasherSettings {
    fn default() -> Self {
        Self {
            threads: None,
            queue: 256,
            deadline: Duration::from_secs(5),
            cost: Cost::default(),
            randomness: Arc::new(SystemRandomness::default()),
        }
    }
}

/// More is asked than can be hashed, or nothing can be any more. Says nothing of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be hashed")]
pub struct HasherBusy;

/// What came of a comparison. No `Debug`: a hash is in it.
#[derive(Clone, PartialEq, Eq)]
pub enum Verified {
    /// The password fits one of the values.
    Right {
        /// What the one value should be replaced by, where it is not as would be written today. Never where there are several.
        rehash: Option<Vec<u8>>,
    },
    /// It fits none, or there is none that can be read, or there is no account.
    Wrong,
}

/// The threads and their queue.
pub struct Hasher {
    shared: Arc<Shared>,
    deadline: Duration,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// Something was put into the queue, or it was closed.
    changed: Condvar,
    length: usize,
    cost: Cost,
    randomness: Arc<dyn Randomness>,
}

#[derive(Default)]
struct Queue {
    /// In order of number.
    jobs: VecDeque<Job>,
    next: u64,
    /// That of the job taken last.
    round: u64,
    closed: bool,
}

struct Job {
    number: u64,
    share: Share,
    /// Each share has one job in a round. The first round is done first, and in it who came first.
    round: u64,
    work: Work,
    answer: oneshot::Sender<Done>,
}

enum Work {
    Verify { stored: Vec<Vec<u8>>, given: Secret },
    Matches { stored: Vec<u8>, given: Secret },
    Hash(Secret),
}

enum Done {
    Verified(Verified),
    Matches(bool),
    Hash(Vec<u8>),
}

impl Hasher {
    /// Starts the threads. One that cannot be started is logged; if none can, everything is [`HasherBusy`].
    pub fn start(settings: HasherSettings) -> Arc<Self> {
        let count = settings
            .threads
            .or_else(|| thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get);
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            changed: Condvar::new(),
            length: settings.queue,
            cost: settings.cost,
            randomness: settings.randomness,
        });
        let threads = (0..count)
            .filter_map(|number| {
                let shared = Arc::clone(&shared);
                thread::Builder::new()
                    .name(format!("hasher-{number}"))
                    .spawn(move || shared.run())
                    .inspect_err(|error| tracing::error!(%error, "a thread that hashes passwords could not be started"))
                    .ok()
            })
            .collect::<Vec<_>>();
        if threads.is_empty() {
            shared.lock().closed = true;
        }
        Arc::new(Self {
            shared,
            deadline: settings.deadline,
            threads: Mutex::new(threads),
        })
    }

    /// What is asked in this share.
    pub fn within(&self, share: Share) -> HasherShare<'_> {
        HasherShare { hasher: self, share }
    }

    /// As [`HasherShare::verify`], in our own share.
    pub async fn verify(&self, stored: Vec<Vec<u8>>, given: Secret) -> Result<Verified, HasherBusy> {
        self.within(Share::OURS).verify(stored, given).await
    }

    /// As [`HasherShare::matches`], in our own share.
    pub async fn matches(&self, stored: Vec<u8>, given: Secret) -> Result<bool, HasherBusy> {
        self.within(Share::OURS).matches(stored, given).await
    }

    /// As [`HasherShare::hash`], in our own share.
    pub async fn hash(&self, password: Secret) -> Result<Vec<u8>, HasherBusy> {
        self.within(Share::OURS).hash(password).await
    }

    /// Takes nothing more, drops what waits and waits for the threads: no longer than one hash takes.
    pub fn close(&self) {
        {
            let mut queue = self.shared.lock();
            queue.closed = true;
            queue.jobs.clear();
        }
        self.shared.changed.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread that hashes passwords had ended early");
            }
        }
    }

    async fn ask(&self, share: Share, work: Work) -> Result<Done, HasherBusy> {
        let (answer, asked) = oneshot::channel();
        let number = self.shared.put(share, work, answer)?;
        let _withdrawn = Place {
            shared: &self.shared,
            number,
        };
        match tokio::time::timeout(self.deadline, asked).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) | Err(_) => Err(HasherBusy),
        }
    }
}

/// A [`Hasher`], as one of those has it who share it.
#[derive(Clone, Copy)]
pub struct HasherShare<'a> {
    hasher: &'a Hasher,
    share: Share,
}

impl<'a> From<&'a Hasher> for HasherShare<'a> {
    fn from(hasher: &'a Hasher) -> Self {
        hasher.within(Share::OURS)
    }
}

impl<'a> From<&'a Arc<Hasher>> for HasherShare<'a> {
    fn from(hasher: &'a Arc<Hasher>) -> Self {
        hasher.within(Share::OURS)
    }
}

impl HasherShare<'_> {
    /// Whether the password fits one of an account's values of `userPassword`. Give no values where there is no account, or where it must
    /// not be looked at: that takes as long as a wrong password.
    pub async fn verify(&self, stored: Vec<Vec<u8>>, given: Secret) -> Result<Verified, HasherBusy> {
        match self.hasher.ask(self.share, Work::Verify { stored, given }).await? {
            Done::Verified(verified) => Ok(verified),
            _ => Err(HasherBusy),
        }
    }

    /// Whether the password fits this one value: for old passwords, and without covering up how long that took.
    pub async fn matches(&self, stored: Vec<u8>, given: Secret) -> Result<bool, HasherBusy> {
        match self.hasher.ask(self.share, Work::Matches { stored, given }).await? {
            Done::Matches(matches) => Ok(matches),
            _ => Err(HasherBusy),
        }
    }

    /// The value of `userPassword` for a new password.
    pub async fn hash(&self, password: Secret) -> Result<Vec<u8>, HasherBusy> {
        match self.hasher.ask(self.share, Work::Hash(password)).await? {
            Done::Hash(value) => Ok(value),
            _ => Err(HasherBusy),
        }
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.close();
    }
}

/// A caller's place in the queue: given up when it no longer waits, whatever the reason.
struct Place<'a> {
    shared: &'a Shared,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        // In order of number. Whatever is not there is being done, or done.
        if let Ok(at) = queue.jobs.binary_search_by_key(&self.number, |job| job.number) {
            queue.jobs.remove(at);
        }
    }
}

impl Queue {
    /// The round in which the next job of a share is done.
    fn round_of(&self, share: Share) -> u64 {
        let own = self.jobs.iter().filter(|job| job.share == share);
        let last = own.map(|job| job.round).max();
        last.map_or(self.round, |last| last.saturating_add(1))
    }

    /// Turns away what would be done last, unless that is what comes now: a job of this round.
    fn make_room(&mut self, round: u64) -> Result<(), HasherBusy> {
        let last = (0..).zip(&self.jobs).max_by_key(|(_, job)| (job.round, job.number));
        match last {
            Some((at, job)) if job.round > round => {
                // Its caller sees that nobody will answer.
                self.jobs.remove(at);
                Ok(())
            }
            _ => Err(HasherBusy),
        }
    }

    /// The next to be done.
    fn take(&mut self) -> Option<Job> {
        let first = (0..).zip(&self.jobs).min_by_key(|(_, job)| (job.round, job.number));
        let (at, _) = first?;
        let job = self.jobs.remove(at)?;
        self.round = job.round;
        Some(job)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, share: Share, work: Work, answer: oneshot::Sender<Done>) -> Result<u64, HasherBusy> {
        let number = {
            let mut queue = self.lock();
            if queue.closed {
                return Err(HasherBusy);
            }
            let round = queue.round_of(share);
            if queue.jobs.len() >= self.length {
                queue.make_room(round)?;
            }
            let number = queue.next;
            queue.next = number.wrapping_add(1);
            queue.jobs.push_back(Job {
                number,
                share,
                round,
                work,
                answer,
            });
            number
        };
        self.changed.notify_one();
        Ok(number)
    }

    /// A thread's life.
    fn run(&self) {
        let Some(mut memory) = Memory::for_cost(&self.cost) else {
            tracing::error!("there is no memory for a thread that hashes passwords");
            return;
        };
        while let Some(Job { work, answer, .. }) = self.next() {
            if answer.is_closed() {
                continue;
            }
            // A fault in a hash function is one answer that does not come, not a thread that is gone.
            let done = catch_unwind(AssertUnwindSafe(|| self.work(work, &mut memory)));
            memory.wipe();
            if let Ok(Some(done)) = done {
                // Nobody may wait any more.
                drop(answer.send(done));
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.take() {
                return Some(job);
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self, work: Work, memory: &mut Memory) -> Option<Done> {
        Some(match work {
            Work::Verify { stored, given } => Done::Verified(self.verify(&stored, &given, memory)),
            Work::Matches { stored, given } => {
                Done::Matches(Stored::read(&stored).fits(given.expose(), &self.cost, memory) == Fits::Yes)
            }
            Work::Hash(password) => {
                Done::Hash(hash::write(password.expose(), &self.cost, &*self.randomness, memory).ok()?)
            }
        })
    }

    /// A wrong password costs one hash of our own at least, whatever is stored; so does a right one, that is hashed anew.
    fn verify(&self, stored: &[Vec<u8>], given: &Secret, memory: &mut Memory) -> Verified {
        let mut as_long = false;
        for value in stored.iter().take(MOST_VALUES) {
            let value = Stored::read(value);
            match value.fits(given.expose(), &self.cost, memory) {
                Fits::Yes => {
                    let rehash = if stored.len() == 1 && !value.is_of(&self.cost) {
                        // Without randomness the old value stays for now.
                        hash::write(given.expose(), &self.cost, &*self.randomness, memory).ok()
                    } else {
                        None
                    };
                    return Verified::Right { rehash };
                }
                Fits::No => as_long = true,
                Fits::NoButAtAnotherCost => {}
            }
        }
        if !as_long {
            hash::decoy(given.expose(), &self.cost, memory);
        }
        Verified::Wrong
    }
}

#[cfg(test)]
mod tests;
