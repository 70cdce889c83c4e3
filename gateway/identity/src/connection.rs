//! What is known of a client's connection before and beside who signs in on it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// The facts of one connection that rules may ask for. They change only when TLS starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionFacts {
    /// The name of the listener it came in on.
    pub listener: Arc<str>,
    /// The client's address: the one a trusted load balancer named, else the other end of the connection. An IPv4 client is
    /// an IPv4 address, also on a listener that takes both.
    pub client: IpAddr,
    /// Whether it is protected by TLS.
    pub protected: bool,
    /// The server name the client asked for in its TLS handshake (RFC 6066 §3), in lower case.
    pub server_name: Option<Arc<str>>,
    /// The subject of the client's certificate, once verified, as an RFC 4514 string.
    pub certificate_subject: Option<Arc<str>>,
}

impl ConnectionFacts {
    /// Facts to ask "what would be" with where nobody is connected: a protected connection from 192.0.2.1 (RFC 5737), on a listener
    /// without a name.
    pub fn example() -> Self {
        Self {
            listener: Arc::from(""),
            client: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            protected: true,
            server_name: None,
            certificate_subject: None,
        }
    }
}
