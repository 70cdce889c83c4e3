//! Time as a value that is passed in, so that a test can own it.

pub use jiff::Timestamp;

/// Wall-clock time. Deadlines use the runtime's monotonic clock instead; this is for what a directory wrote into an entry.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// A clock that stands still, for tests and for asking "what would have been".
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}
