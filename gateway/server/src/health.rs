//! Every server of every directory, asked now and then whether it is well: at once when a client found that it is not.

use crate::metrics::readiness::Readiness;
use postern_directory::{ServerIndex, Upstream};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

/// How soon a server that does not answer is asked again.
const SILENT: Duration = Duration::from_millis(500);
/// The least time between two looks, however many clients complain.
const BREATH: Duration = Duration::from_millis(100);

/// Watches one server for ever; ends with its task. `jitter` gives a number for each wait, so that many gateways do not ask in step.
pub(crate) async fn watch(
    upstream: Arc<Upstream>,
    server: ServerIndex,
    readiness: Arc<Readiness>,
    mut jitter: impl FnMut() -> u32 + Send,
) {
    loop {
        let told = upstream.check(server).await;
        let directory = &upstream.name().0;
        let answers = upstream.answers();
        if readiness.directory_answered(directory, answers) {
            if answers {
                tracing::info!(target: "postern", %directory, "the directory answers");
            } else if let Err(error) = &told {
                tracing::warn!(target: "postern", %directory, %error, "the directory does not answer");
            }
        }
        let wait = if told.is_ok() {
            upstream.settings().check_interval
        } else {
            SILENT.min(upstream.settings().check_interval)
        };
        tokio::time::sleep(BREATH.min(wait)).await;
        let rest = spread(wait.saturating_sub(BREATH), jitter());
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = upstream.suspected(server) => {}
        }
    }
}

/// Numbers of the system's chance.
pub(crate) fn jitter() -> impl FnMut() -> u32 + Send {
    let chance = RandomState::new();
    let mut turn = 0_u64;
    move || {
        turn += 1;
        let mut hasher = chance.build_hasher();
        hasher.write_u64(turn);
        u32::try_from(hasher.finish() >> 32).unwrap_or_default()
    }
}

/// Nine to eleven tenths of a wait, by chance.
fn spread(wait: Duration, chance: u32) -> Duration {
    let fifth = wait / 5;
    let share = (fifth.as_micros() * u128::from(chance)) >> 32;
    wait.saturating_sub(fifth / 2) + Duration::from_micros(u64::try_from(share).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_spread_around_itself() {
        let wait = Duration::from_secs(10);
        assert_eq!(spread(wait, 0), Duration::from_secs(9));
        assert_eq!(spread(wait, u32::MAX / 2 + 1), Duration::from_secs(10));
        assert!(spread(wait, u32::MAX) <= Duration::from_secs(11));
        assert_eq!(spread(Duration::ZERO, u32::MAX), Duration::ZERO);
        let mut jitter = jitter();
        let numbers: std::collections::HashSet<u32> = (0..16).map(|_| jitter()).collect();
        assert!(numbers.len() > 8, "{numbers:?}");
    }
}
