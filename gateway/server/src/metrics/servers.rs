//! What is told of each directory server.

use super::{CountSource, Kind, Name, Sample};
use postern_directory::Upstream;
use std::sync::Arc;

static UP: Name = Name {
    name: "postern_directory_server_up",
    help: "Whether a directory server is taken to be there",
    kind: Kind::Gauge,
};
static DRAINING: Name = Name {
    name: "postern_directory_server_draining",
    help: "Whether nothing new is sent to a directory server",
    kind: Kind::Gauge,
};
static LANES: Name = Name {
    name: "postern_directory_server_lanes",
    help: "Connections to a directory server that sessions hold",
    kind: Kind::Gauge,
};
static CHECKS: Name = Name {
    name: "postern_directory_server_checks",
    help: "Looks whether a directory server is well, by result",
    kind: Kind::Counter,
};

/// The servers of every directory.
pub(crate) struct ServerCounts(pub(crate) Vec<Arc<Upstream>>);

impl CountSource for ServerCounts {
    fn collect(&self, out: &mut dyn FnMut(Sample<'_>)) {
        for upstream in &self.0 {
            let directory: &str = &upstream.name().0;
            for report in upstream.reports() {
                let labels = [("directory", directory), ("server", report.server)];
                let mut tell = |name, labels: &[(&'static str, &str)], value| out(Sample { name, labels, value });
                tell(&UP, &labels, u64::from(report.up));
                tell(&DRAINING, &labels, u64::from(report.draining));
                tell(&LANES, &labels, u64::try_from(report.lanes).unwrap_or(u64::MAX));
                for (result, count) in [("succeeded", report.well), ("failed", report.unwell)] {
                    let [directory, server] = labels;
                    tell(&CHECKS, &[directory, server, ("result", result)], count);
                }
            }
        }
    }
}
