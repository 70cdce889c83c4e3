//! Accepting clients: bounded, never stopped by one that misbehaves.

use crate::client::Client;
use crate::gateway::{Route, Shared};
use crate::registry::Registered;
use crate::session::{Facts, Session};
use crate::settings::{ListenerSettings, ListenerTls, TlsSource};
use postern_ldap::{ResultCode, answer};
use socket2::{SockRef, TcpKeepalive};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// After the system refused a connection (no more descriptors, no more memory), before asking again.
const BREATH: Duration = Duration::from_millis(50);

/// How long a silent client is taken to be there before the kernel asks.
const KEEPALIVE: Duration = Duration::from_mins(1);

/// Accepts until told to stop.
pub(crate) async fn accept(
    shared: Arc<Shared>,
    route: Arc<Route>,
    socket: TcpListener,
    settings: ListenerSettings,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                failing = false;
                admit(&shared, &route, stream, peer, &settings, &tasks);
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(listener = &*settings.name, kind = ?error.kind(), "a client could not be accepted");
                }
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Starts a session, or turns the client away where there is no room.
fn admit(
    shared: &Arc<Shared>,
    route: &Arc<Route>,
    stream: TcpStream,
    peer: SocketAddr,
    settings: &ListenerSettings,
    tasks: &TaskTracker,
) {
    let limits = &shared.limits;
    let entered = shared
        .registry
        .enter(peer.ip(), limits.connections, limits.connections_per_address);
    let registered = match entered {
        Ok(registered) => registered,
        Err(full) => {
            tracing::warn!(listener = &*settings.name, client = %peer, reason = ?full, "no room for a client");
            // One attempt, for those who listen; under TLS it would not be understood.
            if !matches!(settings.tls, ListenerTls::Ldaps(_)) {
                let notice = answer::notice_of_disconnection(ResultCode::BUSY, "too many clients");
                let _ = stream.try_write(&notice);
            }
            return;
        }
    };
    // Small answers must not wait for the acknowledgement of smaller ones.
    let _ = stream.set_nodelay(true);
    // A client that vanished without a word is found out even while it owes us nothing.
    let _ = SockRef::from(&stream)
        .set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 6));
    let shared = Arc::clone(shared);
    let route = Arc::clone(route);
    let facts = Facts {
        listener: Arc::clone(&settings.name),
        peer,
        secure: false,
        start_tls: None,
    };
    match &settings.tls {
        ListenerTls::None => tasks.spawn(plain(shared, route, stream, facts, registered)),
        ListenerTls::StartTls(source) => {
            let start_tls = Some(Arc::clone(source));
            tasks.spawn(plain(shared, route, stream, Facts { start_tls, ..facts }, registered))
        }
        ListenerTls::Ldaps(source) => tasks.spawn(tls(shared, route, stream, facts, Arc::clone(source), registered)),
    };
}

async fn plain(shared: Arc<Shared>, route: Arc<Route>, stream: TcpStream, facts: Facts, registered: Registered) {
    Session::new(shared, route, Client::Plain(stream), facts, registered)
        .run()
        .await;
}

async fn tls(
    shared: Arc<Shared>,
    route: Arc<Route>,
    stream: TcpStream,
    facts: Facts,
    source: TlsSource,
    registered: Registered,
) {
    let peer = facts.peer;
    let handshake = Box::pin(TlsAcceptor::from(source()).accept(stream));
    match tokio::time::timeout(shared.limits.tls, handshake).await {
        Ok(Ok(stream)) => {
            let facts = Facts { secure: true, ..facts };
            Session::new(shared, route, Client::Tls(Box::new(stream)), facts, registered)
                .run()
                .await;
        }
        Ok(Err(_)) => tracing::debug!(client = %peer, "a TLS handshake failed"),
        Err(_) => tracing::debug!(client = %peer, "a TLS handshake took too long"),
    }
}
