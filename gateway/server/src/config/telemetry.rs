//! `[telemetry]`: what is told to whoever runs it.

use super::reading::{Reading, Text, Word};
use schemars::JsonSchema;
use serde::Deserialize;
use std::net::SocketAddr;
use tracing_subscriber::EnvFilter;

/// What is logged unless the configuration says otherwise. `ldap3_proto` prints passwords; no filter turns it on.
pub const DEFAULT_FILTER: &str = "info,ldap3_proto=off";

/// What is told to whoever runs it.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// How lines are written.
    pub log_format: LogFormat,
    /// Which lines, in the words of tracing's environment filter.
    pub log_filter: String,
    /// Where health and metrics are served over plain HTTP; `None`: nowhere.
    pub metrics_address: Option<SocketAddr>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line, for a log collector.
    #[default]
    Json,
    /// For a terminal.
    Human,
}

/// What is told to whoever runs it.
#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct TelemetryTable {
    /// "json" for a log collector, "human" for a terminal.
    #[schemars(with = "Option<LogFormat>", extend("default" = "json"))]
    log_format: Word<LogFormat>,
    /// What is logged: error, warn, info, debug or trace, also by part: "info,postern_proxy=debug". Audit lines are always written.
    #[schemars(with = "Option<String>", extend("default" = DEFAULT_FILTER))]
    log_filter: Text,
    /// Where /healthz, /readyz and /metrics are served over plain HTTP: keep it inside. Empty: nowhere.
    #[schemars(with = "Option<String>", extend("default" = "127.0.0.1:9464"))]
    metrics_address: Text,
}

impl TelemetryTable {
    pub(super) fn read(self, reading: &mut Reading<'_>) -> Telemetry {
        let mut log_filter = DEFAULT_FILTER.to_owned();
        if let Some(written) = self.log_filter {
            if EnvFilter::try_new(written.get_ref()).is_ok() {
                log_filter.clone_from(written.get_ref());
            } else {
                reading.problem(
                    &written.span(),
                    "log_filter cannot be read",
                    "a level, or parts with levels: \"info,postern_proxy=debug\"",
                );
            }
        }
        let metrics_address = match self.metrics_address {
            Some(written) if written.get_ref().is_empty() => None,
            Some(written) => {
                let address = reading.address("metrics_address", &written);
                if let Some(address) = address {
                    reading.claim(address, "health and metrics", &written.span());
                }
                address
            }
            None => Some(SocketAddr::from(([127, 0, 0, 1], 9464))),
        };
        Telemetry {
            log_format: self.log_format.map(toml::Spanned::into_inner).unwrap_or_default(),
            log_filter,
            metrics_address,
        }
    }
}
