//! Waiting for an event by looking at it.

use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks until `look` sees something and returns it. Panics with `what` when `deadline` has passed.
pub fn eventually<T>(what: &str, deadline: Duration, look: impl FnMut() -> Option<T>) -> T {
    within(deadline, look).unwrap_or_else(|| panic!("not within {deadline:?}: {what}"))
}

/// As [`eventually`], but tells that the deadline passed.
pub fn within<T>(deadline: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + deadline;
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::park_timeout(PAUSE);
    }
}
