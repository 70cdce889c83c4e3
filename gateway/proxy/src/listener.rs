//! Accepting clients: bounded, never stopped by one that misbehaves.

use crate::client::Client;
use crate::gateway::{Route, Shared};
use crate::registry::Registered;
use crate::session::{Facts, Session};
use crate::settings::{ListenerSettings, ListenerTls, TlsSource};
use crate::workers::{Worker, Workers};
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

/// One listener, as all its workers see it.
pub(crate) struct WayIn {
    pub(crate) shared: Arc<Shared>,
    pub(crate) route: Arc<Route>,
    pub(crate) settings: ListenerSettings,
    pub(crate) workers: Arc<Workers>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

/// Accepts on one worker until told to stop.
pub(crate) async fn accept(way_in: Arc<WayIn>, worker: Arc<Worker>, socket: TcpListener) {
    let mut failing = false;
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = way_in.stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                failing = false;
                admit(&way_in, &worker, stream, peer);
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(listener = &*way_in.settings.name, kind = ?error.kind(), "a client could not be accepted");
                }
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Starts a session, or turns the client away where there is no room.
fn admit(way_in: &Arc<WayIn>, accepted: &Arc<Worker>, stream: TcpStream, peer: SocketAddr) {
    let (shared, settings) = (&way_in.shared, &way_in.settings);
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
    prepare(&stream);
    let worker = way_in.workers.choose(accepted);
    let on_worker = worker.enter();
    let way_in_for_session = Arc::clone(way_in);
    if Arc::ptr_eq(&worker, accepted) {
        way_in.tasks.spawn_on(
            async move {
                let _on_worker = on_worker;
                serve(&way_in_for_session, stream, peer, registered).await;
            },
            &worker.handle,
        );
        return;
    }
    // A socket belongs to the runtime it was registered with, so it moves as a bare one.
    let Ok(stream) = stream.into_std() else { return };
    way_in.tasks.spawn_on(
        async move {
            let _on_worker = on_worker;
            if let Ok(stream) = TcpStream::from_std(stream) {
                serve(&way_in_for_session, stream, peer, registered).await;
            }
        },
        &worker.handle,
    );
}

async fn serve(way_in: &WayIn, stream: TcpStream, peer: SocketAddr, registered: Registered) {
    let (shared, route) = (Arc::clone(&way_in.shared), Arc::clone(&way_in.route));
    let facts = Facts {
        listener: Arc::clone(&way_in.settings.name),
        peer,
        secure: false,
        start_tls: None,
    };
    match &way_in.settings.tls {
        ListenerTls::None => plain(shared, route, stream, facts, registered).await,
        ListenerTls::StartTls(source) => {
            let start_tls = Some(Arc::clone(source));
            plain(shared, route, stream, Facts { start_tls, ..facts }, registered).await;
        }
        ListenerTls::Ldaps(source) => {
            let stop = way_in.stop.clone();
            tls(shared, route, stream, facts, Arc::clone(source), registered, stop).await;
        }
    }
}

/// A socket without these options works all the same.
fn prepare(stream: &TcpStream) {
    // Small answers must not wait for the acknowledgement of smaller ones.
    let _ = stream.set_nodelay(true);
    // A client that vanished without a word is found out even while it owes us nothing.
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 6);
    let _ = SockRef::from(stream).set_tcp_keepalive(&keepalive);
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
    stop: CancellationToken,
) {
    let peer = facts.peer;
    let handshake = Box::pin(TlsAcceptor::from(source()).accept(stream));
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(shared.limits.tls, handshake) => shaken,
        // Nothing of this client is under way that could be finished.
        () = stop.cancelled() => return,
    };
    match shaken {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_that_vanished_is_found_out_by_the_kernel_within_three_minutes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        prepare(&stream);
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        let found_out = socket.tcp_keepalive_time().unwrap()
            + socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
        assert!(found_out <= Duration::from_mins(3), "{found_out:?}");
        assert!(stream.nodelay().unwrap());
    }
}
