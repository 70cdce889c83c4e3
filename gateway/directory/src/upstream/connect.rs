//! One connection to one server: resolved, connected and secured before its deadline.

use super::error::ConnectError;
use super::exchange::{Exchange, parse};
use crate::transport::Transport;
use postern_ldap::result::LdapResult;
use postern_ldap::{ResultCode, extended, tag};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

/// The most addresses of one name that are tried.
const MOST_ADDRESSES: usize = 8;
/// How long a connection is silent before the kernel asks whether the server is still there, and how often it asks then.
const KEEPALIVE_AFTER: Duration = Duration::from_mins(1);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);

/// How a server is reached.
pub(super) struct Way<'a> {
    /// A name or an address.
    pub(super) host: &'a str,
    /// Its port.
    pub(super) port: u16,
    /// What protects the connection.
    pub(super) protection: Protection<'a>,
}

/// What protects a connection.
pub(super) enum Protection<'a> {
    /// TLS from the first octet, or after StartTLS.
    Tls {
        config: &'a Arc<ClientConfig>,
        name: &'a ServerName<'static>,
        after_start_tls: bool,
    },
    /// Nothing. Off this machine only if `anywhere`.
    Nothing { anywhere: bool },
}

/// Connects before `deadline`.
pub(super) async fn connect(way: &Way<'_>, deadline: Instant) -> Result<Transport, ConnectError> {
    let stream = reach(way, deadline).await?;
    match &way.protection {
        Protection::Nothing { .. } => Ok(Transport::Plain(stream)),
        Protection::Tls {
            config,
            name,
            after_start_tls,
        } => {
            let stream = if *after_start_tls {
                start_tls(stream, deadline).await?
            } else {
                stream
            };
            let handshake = TlsConnector::from(Arc::clone(config)).connect((*name).clone(), stream);
            match timeout_at(deadline, handshake).await {
                Ok(Ok(secured)) => Ok(Transport::Tls(Box::new(secured))),
                Ok(Err(fault)) => Err(super::tls::handshake_error(&fault)),
                Err(_) => Err(ConnectError::TimedOut),
            }
        }
    }
}

/// A TCP connection to the first address that takes one. Each address gets an equal share of the time that is left.
async fn reach(way: &Way<'_>, deadline: Instant) -> Result<TcpStream, ConnectError> {
    let found = match timeout_at(deadline, tokio::net::lookup_host((way.host, way.port))).await {
        Ok(Ok(found)) => found,
        Ok(Err(_)) => return Err(ConnectError::Unresolved),
        Err(_) => return Err(ConnectError::TimedOut),
    };
    let addresses: Vec<SocketAddr> = found.take(MOST_ADDRESSES).collect();
    let mut fault = ConnectError::Unresolved;
    for (tried, address) in addresses.iter().enumerate() {
        // "localhost" is what the resolver says it is; plain text goes by the address.
        if matches!(way.protection, Protection::Nothing { anywhere: false })
            && !address.ip().to_canonical().is_loopback()
        {
            fault = ConnectError::PlaintextRefused;
            continue;
        }
        let left = u32::try_from(addresses.len() - tried).unwrap_or(1);
        let share = deadline.saturating_duration_since(Instant::now()) / left;
        match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                prepare(&stream);
                return Ok(stream);
            }
            Ok(Err(failed)) => {
                fault = match failed.kind() {
                    io::ErrorKind::ConnectionRefused => ConnectError::Refused,
                    io::ErrorKind::TimedOut => ConnectError::TimedOut,
                    // Of several addresses, one without a way there (no IPv6 here) says the least.
                    _ if fault == ConnectError::Refused || fault == ConnectError::TimedOut => fault,
                    _ => ConnectError::Unreachable,
                }
            }
            Err(_) => fault = ConnectError::TimedOut,
        }
    }
    Err(fault)
}

/// A socket without these options works all the same.
fn prepare(stream: &TcpStream) {
    // Requests are small and somebody waits for each.
    let _ = stream.set_nodelay(true);
    // Lanes may stand idle for long: a server that is gone, or a firewall that forgot, must come to light.
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_AFTER)
        .with_interval(KEEPALIVE_EVERY);
    let _ = SockRef::from(stream).set_tcp_keepalive(&keepalive);
}

/// StartTLS (RFC 4511 §4.14). Anything behind the answer was injected: a server waits for the handshake.
async fn start_tls(stream: TcpStream, deadline: Instant) -> Result<TcpStream, ConnectError> {
    let mut exchange = Exchange::new(stream);
    let id = exchange.next_id();
    exchange.send(&extended::start_tls(id), deadline).await?;
    let answer = exchange.receive(id, deadline).await?;
    let message = parse(&answer)?;
    if message.operation.tag != tag::EXTENDED_RESPONSE {
        return Err(ConnectError::Protocol);
    }
    let result = LdapResult::parse(&message).map_err(|_| ConnectError::Protocol)?;
    if result.code != ResultCode::SUCCESS {
        return Err(ConnectError::StartTlsRefused(result.code));
    }
    exchange.into_stream()
}
