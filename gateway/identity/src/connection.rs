//! What is known of a client's connection before and beside who signs in on it.

use std::net::IpAddr;
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
