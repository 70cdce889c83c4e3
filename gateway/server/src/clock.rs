//! The machine's own clock: the one place that asks it.

use postern_identity::{Clock, Timestamp};

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "everybody else is given a clock, and this is the one"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
