//! What the configuration may say of the front, as values.

use crate::network::Network;
use crate::shown_as::ShownAs;
use crate::sign_in::SignInSettings;
use postern_directory::{NameRules, Upstream};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Where clients come in.
#[derive(Clone)]
pub struct ListenerSettings {
    /// Its name, for logs.
    pub name: Arc<str>,
    /// The address it was configured with.
    pub address: SocketAddr,
    /// TLS from the first octet, on request, or not at all.
    pub tls: ListenerTls,
    /// The route of clients that no choice below is for.
    pub route: Arc<str>,
    /// Routes for some of its clients: the first that fits.
    pub choices: Vec<RouteChoice>,
    /// Peers that must say whose connection they pass on, with a PROXY protocol header (version 2). From nobody else one is read.
    pub proxy_protocol: Vec<Network>,
}

impl ListenerSettings {
    /// A listener on which everybody is on one route and speaks for itself.
    pub fn new(name: Arc<str>, address: SocketAddr, tls: ListenerTls, route: Arc<str>) -> Self {
        Self {
            name,
            address,
            tls,
            route,
            choices: Vec::new(),
            proxy_protocol: Vec::new(),
        }
    }
}

/// A route for those clients of a listener that fit both lists; an empty list fits everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteChoice {
    /// Names clients ask for in the TLS handshake (RFC 6066 §3), in lower case.
    pub server_names: Vec<Box<str>>,
    /// Where clients come from.
    pub networks: Vec<Network>,
    /// Their route.
    pub route: Arc<str>,
}

/// The TLS configuration in force, asked for at every handshake so that certificates can change under way.
pub type TlsSource = Arc<dyn Fn() -> Arc<rustls::ServerConfig> + Send + Sync>;

/// How a listener uses TLS.
#[derive(Clone)]
pub enum ListenerTls {
    /// Not at all.
    None,
    /// When the client asks (RFC 4511 §4.14).
    StartTls(TlsSource),
    /// From the first octet.
    Ldaps(TlsSource),
}

/// A named way in.
#[derive(Clone)]
pub struct RouteSettings {
    /// Its name, by which policy files speak of it.
    pub name: Arc<str>,
    /// The directory behind it.
    pub upstream: Arc<Upstream>,
    /// How connections to the directory are used.
    pub lanes: LaneSettings,
    /// How its clients may sign in besides the simple bind.
    pub sign_in: SignInSettings,
    /// Which bind names are taken beside DNs. `None`: every name goes to the directory as it was sent.
    pub names: Option<NameRules>,
    /// Where clients reach this route, as `ldap://host:port` or `ldaps://host:port` without a slash at the end: what references name instead of
    /// the directory's own servers. Without it they are left out.
    pub ldap_url: Option<Arc<str>>,
    /// What it shows of its directory otherwise than it is.
    pub shown_as: ShownAs,
}

/// How a route uses connections to its directory.
#[derive(Debug, Clone, Copy)]
pub struct LaneSettings {
    /// Whether a lane that a session gives back clean may serve another.
    pub mode: LaneMode,
    /// The most lanes in use at once.
    pub most: usize,
    /// The most lanes kept for the next session.
    pub idle: usize,
    /// How long a lane is kept unused.
    pub idle_time: Duration,
    /// How long a session waits for a lane when all are in use, before it is told 51 (busy).
    pub wait: Duration,
}

/// Lane modes (README, "Lanes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneMode {
    /// A clean lane serves the next session.
    Recycled,
    /// A lane serves one session and is closed with it.
    Dedicated,
}

impl Default for LaneSettings {
    fn default() -> Self {
        Self {
            mode: LaneMode::Recycled,
            most: 1024,
            idle: 64,
            idle_time: Duration::from_mins(1),
            wait: Duration::from_secs(1),
        }
    }
}

/// Bounds on what clients and servers may make us hold or wait for.
#[derive(Debug, Clone, Copy)]
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
    /// For a TLS handshake, and before it for a PROXY protocol header.
    pub tls: Duration,
    /// From the first octet of a request to its last.
    pub request: Duration,
    /// For a directory's answer to a bind, or to anything else we wait for before reading on.
    pub bind: Duration,
    /// For any other answer; searches that stay open by their nature are spared.
    pub operation: Duration,
    /// Without any request.
    pub idle: Duration,
    /// For a client that does not read what it asked for.
    pub write_stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_address: 0,
            frame_before_bind: 256 * 1024,
            frame: 4 * 1024 * 1024,
            answer: 64 * 1024 * 1024,
            operations_in_flight: 256,
            first_octet: Duration::from_secs(30),
            tls: Duration::from_secs(10),
            request: Duration::from_secs(30),
            bind: Duration::from_secs(15),
            operation: Duration::from_mins(2),
            idle: Duration::from_mins(15),
            write_stall: Duration::from_secs(30),
        }
    }
}
