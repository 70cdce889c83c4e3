//! What the program itself counts: policies, log lines, certificates.

use super::{CountSource, Kind, Name, Sample};
use crate::certificate::HotCertificate;
use crate::telemetry::Lines;
use postern_policy::LivePolicy;
use std::sync::Arc;

static GENERATION: Name = Name {
    name: "postern_policy_generation",
    help: "The number of the policy set in force",
    kind: Kind::Gauge,
};
static CONDITIONS_UNCLEAR: Name = Name {
    name: "postern_policy_conditions_unclear",
    help: "Questions answered with the strictest in reach, because a condition could not be evaluated",
    kind: Kind::Counter,
};
static BYPASS: Name = Name {
    name: "postern_bypass_active",
    help: "1 while a bypass makes every route transparent",
    kind: Kind::Gauge,
};
static LINES_LOST: Name = Name {
    name: "postern_log_lines_lost",
    help: "Log lines that could not be written",
    kind: Kind::Counter,
};
static CERTIFICATE_EXPIRES: Name = Name {
    name: "postern_certificate_expires_timestamp_seconds",
    help: "When a listener's certificate ends, of several the first, in seconds since 1970",
    kind: Kind::Gauge,
};

/// What the program itself counts.
pub(crate) struct OwnCounts {
    pub(crate) live: Arc<LivePolicy>,
    pub(crate) lines: Lines,
    /// By the listener that shows them; of several the first to end is told.
    pub(crate) certificates: Vec<(Arc<str>, Vec<Arc<HotCertificate>>)>,
}

impl CountSource for OwnCounts {
    fn collect(&self, out: &mut dyn FnMut(Sample<'_>)) {
        let mut tell = |name, labels: &[(&'static str, &str)], value| out(Sample { name, labels, value });
        tell(&GENERATION, &[], self.live.number());
        tell(&BYPASS, &[], u64::from(self.live.is_bypassed()));
        tell(&CONDITIONS_UNCLEAR, &[], self.live.unclear());
        tell(&LINES_LOST, &[], self.lines.lost());
        for (listener, certificates) in &self.certificates {
            if let Some(first) = certificates.iter().map(|certificate| certificate.expires()).min() {
                let expires = u64::try_from(first.as_second()).unwrap_or(0);
                tell(&CERTIFICATE_EXPIRES, &[("listener", listener)], expires);
            }
        }
    }
}
