//! `[limits]`: bounds on what clients and servers may make the program hold or wait for.

use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// Bounds on what clients and servers may make the program hold or wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connected clients altogether.
    pub connections: usize,
    /// Connected clients from one address; 0 is no limit of its own.
    pub connections_per_address: usize,
    /// Octets of one request before a successful bind.
    pub frame_before_bind: usize,
    /// Octets of one request after it.
    pub frame: usize,
    /// Octets of one answer from a directory.
    pub answer: usize,
    /// Operations of one session waiting for an answer.
    pub operations_in_flight: usize,
    /// From connecting to the first octet.
    pub first_octet: Duration,
    /// For a TLS handshake.
    pub tls: Duration,
    /// From the first octet of a request to its last.
    pub request: Duration,
    /// For a directory's answer to a bind.
    pub bind: Duration,
    /// For any other answer.
    pub operation: Duration,
    /// Without any request.
    pub idle: Duration,
    /// For a client that does not read what it asked for.
    pub write_stall: Duration,
    /// For clients to finish when the program stops.
    pub drain: Duration,
}

/// Bounds on what clients and servers may make the program hold or wait for.
#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct LimitsTable {
    /// Connected clients altogether.
    #[schemars(range(min = 1, max = 10_000_000), extend("default" = 20000))]
    connections: Option<u64>,
    /// Connected clients from one address. 0: no limit of its own.
    #[schemars(range(min = 0, max = 10_000_000), extend("default" = 0))]
    connections_per_address: Option<u64>,
    /// Octets of one request before a successful sign-in.
    #[schemars(range(min = 1024, max = 1_073_741_824), extend("default" = 262_144))]
    frame_octets_before_bind: Option<u64>,
    /// Octets of one request after it.
    #[schemars(range(min = 1024, max = 1_073_741_824), extend("default" = 4_194_304))]
    frame_octets: Option<u64>,
    /// Octets of one answer from a directory.
    #[schemars(range(min = 1024, max = 1_073_741_824), extend("default" = 67_108_864))]
    answer_octets: Option<u64>,
    /// Operations of one session waiting for an answer.
    #[schemars(range(min = 1, max = 65_536), extend("default" = 256))]
    operations_in_flight: Option<u64>,
    /// Seconds from connecting to the first octet.
    #[schemars(range(min = 1, max = 86_400), extend("default" = 30))]
    time_to_first_octet_seconds: Option<u64>,
    /// Seconds for a TLS handshake.
    #[schemars(range(min = 1, max = 86_400), extend("default" = 10))]
    tls_seconds: Option<u64>,
    /// Seconds from the first octet of a request to its last.
    #[schemars(range(min = 1, max = 86_400), extend("default" = 30))]
    request_seconds: Option<u64>,
    /// Seconds a directory has to answer a sign-in.
    #[schemars(range(min = 1, max = 86_400), extend("default" = 15))]
    bind_seconds: Option<u64>,
    /// Seconds a directory has for any other answer.
    #[schemars(range(min = 1, max = 86_400), extend("default" = 120))]
    operation_seconds: Option<u64>,
    /// Seconds a client may stay without a request.
    #[schemars(range(min = 1, max = 604_800), extend("default" = 900))]
    idle_seconds: Option<u64>,
    /// Seconds a client may leave unread what it asked for.
    #[schemars(range(min = 1, max = 86_400), extend("default" = 30))]
    write_stall_seconds: Option<u64>,
    /// Seconds clients have to finish when the program stops.
    #[schemars(range(min = 0, max = 3_600), extend("default" = 10))]
    drain_seconds: Option<u64>,
}

impl LimitsTable {
    pub(super) fn read(&self) -> Limits {
        let number =
            |written: Option<u64>, default| written.map_or(default, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let seconds = |written: Option<u64>, default| Duration::from_secs(written.unwrap_or(default));
        Limits {
            connections: number(self.connections, 20_000),
            connections_per_address: number(self.connections_per_address, 0),
            frame_before_bind: number(self.frame_octets_before_bind, 256 * 1024),
            frame: number(self.frame_octets, 4 * 1024 * 1024),
            answer: number(self.answer_octets, 64 * 1024 * 1024),
            operations_in_flight: number(self.operations_in_flight, 256),
            first_octet: seconds(self.time_to_first_octet_seconds, 30),
            tls: seconds(self.tls_seconds, 10),
            request: seconds(self.request_seconds, 30),
            bind: seconds(self.bind_seconds, 15),
            operation: seconds(self.operation_seconds, 120),
            idle: seconds(self.idle_seconds, 900),
            write_stall: seconds(self.write_stall_seconds, 30),
            drain: seconds(self.drain_seconds, 10),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        LimitsTable::default().read()
    }
}
