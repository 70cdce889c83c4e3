//! Counts how often something happens, in places: each a leaky bucket kept as one number.

use crate::limits::Rate;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// So many buckets with one rate. What falls on the same place shares it.
pub(crate) struct Meter {
    rate: Rate,
    began: Instant,
    /// When a place would be full again if nothing more came: nanoseconds since the beginning.
    full_at: Mutex<Vec<u64>>,
}

impl Meter {
    /// All full.
    pub(crate) fn new(rate: Rate, places: usize) -> Self {
        Self {
            rate,
            began: Instant::now(),
            full_at: Mutex::new(vec![0; places]),
        }
    }

    /// Counts one. The error is how long to wait.
    pub(crate) fn spend(&self, place: usize) -> Result<(), Duration> {
        let Rate { at_once, each_second } = self.rate;
        let cost = 1_000_000_000 / u64::from(each_second.max(1));
        let room = cost.saturating_mul(u64::from(at_once.max(1)));
        let now = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(full_at) = full_at.get_mut(place) else {
            return Ok(());
        };
        let then = (*full_at).max(now).saturating_add(cost);
        let over = then.saturating_sub(now).saturating_sub(room);
        if over > 0 {
            return Err(Duration::from_nanos(over));
        }
        *full_at = then;
        Ok(())
    }
}
