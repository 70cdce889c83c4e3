//! What went by the guard: wrong passwords from before the start, and from routes where it is off.

use super::Guard;
use super::names::{Named, Names};
use postern_directory::WithFailures;
use postern_identity::DistinguishedName;
use std::sync::Arc;
use std::time::Duration;

/// The most accounts with wrong passwords against them that are remembered from the look after the start.
const MOST_WITH_FAILURES: u32 = 4096;
/// How often that look is tried while the directory does not answer, and how long after the last time.
const ATTEMPTS_TO_LOOK: u32 = 300;
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);

impl Guard {
    /// Looks once, soon after the start, who has wrong passwords against them already, so that not everybody's first sign-in has to be preceded
    /// by a look-up. Until it succeeds, and where it cannot, that is how it is. Ends with the time in which it matters.
    pub(crate) async fn look_at_everybody(self: Arc<Self>) {
        let Some(lanes) = self.lanes.as_ref().filter(|_| self.one_server) else {
            return;
        };
        for _ in 0..ATTEMPTS_TO_LOOK {
            match lanes.with_failures(MOST_WITH_FAILURES).await {
                Ok(Some(WithFailures { below, names })) => {
                    tracing::info!(target: "postern::guard", %below, accounts = names.len(),
                        "looked who has wrong passwords against them already");
                    let _ = self.looked_below.set(below);
                    self.table
                        .looked_at(names.iter().map(|name| Names::account(name, &self.keys)));
                    return;
                }
                Ok(None) => return,
                Err(_) => tokio::time::sleep(BETWEEN_LOOKS).await,
            }
        }
    }

    /// Whether that has been done where this name is; asked before an account's first attempt alone. Names that are no DNs may be anywhere.
    pub(super) fn was_looked_at(&self, name: &[u8]) -> bool {
        self.looked_below.get().is_some_and(|below| {
            DistinguishedName::parse(name).is_ok_and(|name| !name.is_root() && name.is_within(below))
        })
    }

    /// A password went up without leave, on a route where the guard is off, and was wrong unless `right`: what the directory has counted is to be
    /// asked before the next one with leave.
    pub(crate) fn went_unasked(&self, name: &[u8], right: bool) {
        if right || self.lanes.is_none() {
            return;
        }
        let now = self.ticker.now();
        match self.names.of(name, &self.keys, now) {
            Named::Subject(subject) => self.table.ask_first(subject, now),
            // Whose it is would have to be asked: so everybody is in doubt for a while.
            Named::Unresolved { .. } => self.table.doubt_everybody(now),
            Named::Impossible => {}
        }
    }
}
