//! A clock too coarse to cost anything: one number that a task moves on every tenth of a second.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Ticks in a second.
pub(crate) const A_SECOND: u32 = 10;

/// Tenths of a second since the gateway started.
#[derive(Debug, Default)]
pub(crate) struct Ticker(AtomicU32);

impl Ticker {
    /// Now.
    #[inline]
    pub(crate) fn now(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Moves it on for ever; ends with its task.
    pub(crate) async fn run(&self) {
        let start = tokio::time::Instant::now();
        let mut interval = tokio::time::interval(Duration::from_millis(1000 / u64::from(A_SECOND)));
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            interval.tick().await;
            let passed = start.elapsed().as_millis() * u128::from(A_SECOND) / 1000;
            self.0
                .store(u32::try_from(passed).unwrap_or(u32::MAX), Ordering::Relaxed);
        }
    }
}

/// A limit in ticks, at least one.
pub(crate) fn ticks(limit: Duration) -> u32 {
    u32::try_from(limit.as_millis() * u128::from(A_SECOND) / 1000)
        .unwrap_or(u32::MAX)
        .max(1)
}
