//! Metrics for Prometheus, and the small HTTP server that tells them and the program's health.
//!
//! What this room counts itself is registered here; whoever counts elsewhere, per thread and without locks, is asked
//! through a [`CountSource`] when somebody scrapes.

pub mod http;
pub(crate) mod own;
pub mod readiness;
pub(crate) mod servers;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Counts and gauges that somebody else keeps.
pub trait CountSource: Send + Sync {
    /// Hands every count to `out`, those of one name in any order.
    fn collect(&self, out: &mut dyn FnMut(Sample<'_>));
}

/// One number of a [`CountSource`].
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// What it counts.
    pub name: &'static Name,
    /// Which part of it.
    pub labels: &'a [(&'static str, &'a str)],
    /// How many.
    pub value: u64,
}

/// The name of a metric.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// As scraped, for a counter without the `_total` that is put behind it.
    pub name: &'static str,
    /// What it is, in words without an end.
    pub help: &'static str,
    /// Whether it can go down.
    pub kind: Kind,
}

/// Whether a number can go down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It only rises.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// How a reload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReloadResult {
    /// New policies are in force.
    Succeeded,
    /// The policies in force stay.
    Failed,
}

impl EncodeLabelValue for ReloadResult {
    fn encode(&self, encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>) -> fmt::Result {
        let word = match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        };
        fmt::Write::write_str(encoder, word)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabels {
    result: ReloadResult,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// Everything that is scraped.
pub struct Metrics {
    registry: Registry,
    reloads: Reloads,
}

/// Counts reloads of the policies. Shared.
#[derive(Debug, Clone, Default)]
pub struct Reloads(Family<ReloadLabels, Counter>);

impl Reloads {
    /// One more.
    pub fn count(&self, result: ReloadResult) {
        self.0.get_or_create(&ReloadLabels { result }).inc();
    }
}

impl Metrics {
    /// With these sources beside our own.
    pub fn new(sources: Vec<Arc<dyn CountSource>>) -> Self {
        let mut registry = Registry::default();
        let reloads = Reloads::default();
        // Both exist from the start: an alert on a metric that is not there would never fire.
        for result in [ReloadResult::Succeeded, ReloadResult::Failed] {
            drop(reloads.0.get_or_create(&ReloadLabels { result }));
        }
        registry.register(
            "postern_policy_reloads",
            "Reloads of the policies by result",
            reloads.0.clone(),
        );
        registry.register(
            "postern_build",
            "The program's version",
            Info::new(Build {
                version: env!("CARGO_PKG_VERSION"),
            }),
        );
        registry.register_collector(Box::new(Sources(sources)));
        Self { registry, reloads }
    }

    /// Where reloads are counted.
    pub fn reloads(&self) -> Reloads {
        self.reloads.clone()
    }

    /// Everything as text, in the OpenMetrics format.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut out = String::with_capacity(16 * 1024);
        encode(&mut out, &self.registry)?;
        Ok(out)
    }
}

struct Sources(Vec<Arc<dyn CountSource>>);

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sources").field(&self.0.len()).finish()
    }
}

type Numbers = Vec<(Vec<(&'static str, String)>, u64)>;

impl Collector for Sources {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        // A name is described once, whatever the order its numbers came in.
        let mut by_name: BTreeMap<&'static Name, Numbers> = BTreeMap::new();
        for source in &self.0 {
            source.collect(&mut |sample| {
                let labels = sample
                    .labels
                    .iter()
                    .map(|(name, value)| (*name, (*value).to_owned()))
                    .collect();
                by_name.entry(sample.name).or_default().push((labels, sample.value));
            });
        }
        for (name, numbers) in by_name {
            let kind = match name.kind {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge => MetricType::Gauge,
            };
            let mut metric = encoder.encode_descriptor(name.name, &format!("{}.", name.help), None, kind)?;
            for (labels, value) in numbers {
                if labels.is_empty() {
                    // At most one: a second would be the same time series again. Written without empty braces.
                    number(name.kind, value, metric)?;
                    break;
                }
                number(name.kind, value, metric.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

fn number(kind: Kind, value: u64, metric: MetricEncoder<'_>) -> fmt::Result {
    match kind {
        Kind::Counter => ConstCounter::new(value).encode(metric),
        Kind::Gauge => ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)).encode(metric),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SESSIONS: Name = Name {
        name: "postern_ldap_sessions",
        help: "Connected clients",
        kind: Kind::Gauge,
    };
    static BINDS: Name = Name {
        name: "postern_ldap_binds",
        help: "Sign-ins by route and outcome",
        kind: Kind::Counter,
    };

    struct Mixed;

    impl CountSource for Mixed {
        fn collect(&self, out: &mut dyn FnMut(Sample<'_>)) {
            for (route, value) in [("a", 1), ("b\"\n", 2)] {
                let labels = &[("route", route), ("outcome", "allowed")];
                out(Sample {
                    name: &BINDS,
                    labels,
                    value,
                });
                out(Sample {
                    name: &SESSIONS,
                    labels: &[],
                    value: 7 * value,
                });
            }
        }
    }

    #[test]
    fn everything_is_told_under_the_names_that_scripts_read() {
        let metrics = Metrics::new(vec![Arc::new(Mixed)]);
        metrics.reloads().count(ReloadResult::Failed);
        let text = metrics.text().unwrap();
        for line in [
            "postern_policy_reloads_total{result=\"failed\"} 1",
            "postern_policy_reloads_total{result=\"succeeded\"} 0",
            "postern_ldap_binds_total{route=\"a\",outcome=\"allowed\"} 1",
            "postern_ldap_binds_total{route=\"b\\\"\\n\",outcome=\"allowed\"} 2",
            concat!("postern_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert_eq!(text.matches("# TYPE postern_ldap_binds counter").count(), 1);
        assert!(text.contains("\npostern_ldap_sessions 7\n"), "{text}");
    }
}
