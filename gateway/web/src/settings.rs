//! What the room is made with.

use crate::client::Trusted;
use crate::counts::RequestCounts;
use crate::limits::Rate;
use rustls::server::ResolvesServerCert;
use std::sync::Arc;
use std::time::Duration;

/// How the listener behaves.
pub struct WebSettings {
    /// Whose certificate is shown. It may be exchanged while it is in use.
    pub certificates: Arc<dyn ResolvesServerCert>,
    /// Which addresses are proxies of ours, whose word on a client's address is taken.
    pub trusted: Trusted,
    /// How often one network may ask.
    pub rate: Rate,
    /// Where answered requests are counted.
    pub counts: Arc<RequestCounts>,
    /// Bounds.
    pub bounds: Bounds,
    /// Random: which networks are counted together, and where the numbers of requests begin.
    pub seed: [u8; 32],
}

/// How many and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at once; more wait.
    pub connections: usize,
    /// Connections of one network at once, proxies of ours aside; more are closed.
    pub connections_per_network: usize,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// From connecting, or from the last answer, to a whole request header; and without any request.
    pub header: Duration,
    /// The longest a connection lives before it is asked to begin again.
    pub connection: Duration,
    /// For a door's answer, with reading what was sent.
    pub answer: Duration,
    /// At the end, for answers under way.
    pub drain: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 4_096,
            connections_per_network: 256,
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(20),
            connection: Duration::from_mins(10),
            answer: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}
