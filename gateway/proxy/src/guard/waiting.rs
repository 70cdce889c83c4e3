//! Attempts that wait for others of the same account to come back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Who waits, by account. Empty nearly always: then waking costs one look at a number.
#[derive(Default)]
pub(super) struct Waiting {
    count: AtomicUsize,
    places: Mutex<HashMap<u64, (Arc<Notify>, usize)>>,
}

/// A place among those who wait for one account, given up when dropped.
pub(super) struct Place<'w> {
    waiting: &'w Waiting,
    subject: u64,
    /// What wakes it.
    pub(super) notify: Arc<Notify>,
}

impl Waiting {
    /// From now on this one is woken. Whoever enters must look again before it waits.
    pub(super) fn enter(&self, subject: u64) -> Place<'_> {
        self.count.fetch_add(1, Ordering::SeqCst);
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let (notify, count) = places.entry(subject).or_default();
        *count += 1;
        Place {
            waiting: self,
            subject,
            notify: Arc::clone(notify),
        }
    }

    /// One attempt came back: one more may go.
    pub(super) fn wake_one(&self, subject: u64) {
        self.wake(subject, Notify::notify_one);
    }

    /// What holds for all of them has changed.
    pub(super) fn wake_all(&self, subject: u64) {
        self.wake(subject, Notify::notify_waiters);
    }

    fn wake(&self, subject: u64, how: impl FnOnce(&Notify)) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((notify, _)) = places.get(&subject) {
            how(notify);
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut places = self.waiting.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = places.get_mut(&self.subject) {
            *count -= 1;
            if *count == 0 {
                places.remove(&self.subject);
            }
        }
        self.waiting.count.fetch_sub(1, Ordering::SeqCst);
    }
}
