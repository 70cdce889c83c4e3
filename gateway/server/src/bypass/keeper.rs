//! The bypass while the program runs: begun, told again and again, ended.

use super::{Bypass, BypassError};
use postern_identity::audit::{Audit, Event, Outcome};
use postern_identity::{Clock, Timestamp};
use postern_policy::LivePolicy;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How often the log says that a bypass is in force.
const ALARM: Duration = Duration::from_mins(1);

/// Puts the bypass that was asked for in force, and ends it.
pub struct BypassKeeper {
    state_dir: PathBuf,
    live: Arc<LivePolicy>,
    audit: Arc<dyn Audit>,
    clock: Arc<dyn Clock>,
    in_force: Option<Bypass>,
    /// What was wrong with the file at the last look, so that it is told once.
    failed: Option<BypassError>,
}

impl BypassKeeper {
    /// None is in force yet.
    pub fn new(state_dir: PathBuf, live: Arc<LivePolicy>, audit: Arc<dyn Audit>, clock: Arc<dyn Clock>) -> Self {
        Self {
            state_dir,
            live,
            audit,
            clock,
            in_force: None,
            failed: None,
        }
    }

    /// Looks at what was asked for. True if that changed anything.
    pub fn look(&mut self) -> bool {
        let now = self.clock.now();
        let asked = match Bypass::read(&self.state_dir) {
            Ok(asked) => {
                self.failed = None;
                asked.filter(|bypass| bypass.holds(now))
            }
            Err(error) => {
                if self.failed.replace(error) != Some(error) {
                    tracing::error!(target: "postern", path = %super::path(&self.state_dir).display(), what = %error,
                        "somebody asked for a bypass in a way that does not count");
                }
                None
            }
        };
        if asked == self.in_force {
            if let Some(bypass) = &asked {
                // Until somebody hears it.
                tracing::error!(target: "postern", until = %bypass.until, by = %bypass.by,
                    "a bypass is in force: every route shows what its directory says");
            }
            return false;
        }
        match &asked {
            Some(bypass) => self.begin(bypass),
            None => self.end(),
        }
        self.in_force = asked;
        true
    }

    /// How long until there is a reason to look again. `None` while none is in force.
    pub fn next(&self) -> Option<Duration> {
        let left = self.in_force.as_ref()?.until.duration_since(self.clock.now());
        Some(Duration::try_from(left).unwrap_or(Duration::ZERO).min(ALARM))
    }

    /// When the bypass that is in force ends.
    pub fn until(&self) -> Option<Timestamp> {
        self.in_force.as_ref().map(|bypass| bypass.until)
    }

    /// Or goes on under another end.
    fn begin(&self, bypass: &Bypass) {
        let _ = self.live.bypass(true);
        tracing::error!(target: "postern", until = %bypass.until, by = %bypass.by, reason = bypass.reason.as_deref(),
            generation = self.live.number(), "a bypass begins: every route shows what its directory says");
        self.record("bypass", &bypass.by);
    }

    fn end(&self) {
        let _ = self.live.bypass(false);
        tracing::warn!(target: "postern", generation = self.live.number(), "the bypass has ended: the policies are in force again");
        self.record("bypass-end", self.in_force.as_ref().map_or("", |bypass| &bypass.by));
        // What is over must not begin again when a clock is set back. A file that does not count stays as evidence.
        if self.failed.is_none() {
            let _ = Bypass::remove(&self.state_dir);
        }
    }

    fn record(&self, operation: &'static str, by: &str) {
        self.audit.record(&Event {
            route: "*",
            client: None,
            session: 0,
            account: by,
            resolved: None,
            operation,
            outcome: Outcome::Allowed,
            result_code: 0,
            rule: "built-in:bypass",
            standing: None,
            server: None,
            owned: None,
            generation: self.live.number(),
        });
    }
}
