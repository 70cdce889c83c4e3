//! Accepting clients: bounded, never stopped by one that misbehaves. Before a session begins, a connection from a trusted load balancer
//! says whose it is, TLS shakes hands where it comes first, and the door says which route that makes.

use crate::client::Client;
use crate::client_certificate::ClientCertificate;
use crate::door::{self, Arrival, Door};
use crate::gateway::Shared;
use crate::proxy_header::{self, HeaderError, Parsed};
use crate::refusal::Refusal;
use crate::registry::{Full, Registered};
use crate::session::{Facts, Session};
use crate::settings::{ListenerTls, TlsSource};
use crate::workers::{Worker, Workers};
use postern_identity::audit::{Event, Outcome};
use postern_ldap::{ResultCode, answer};
use socket2::{SockRef, TcpKeepalive};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// After the system refused a connection (no more descriptors, no more memory), before asking again.
const BREATH: Duration = Duration::from_millis(50);

/// How long a silent client is taken to be there before the kernel asks.
const KEEPALIVE: Duration = Duration::from_mins(1);

/// One listener, as all its workers see it.
pub(crate) struct WayIn {
    pub(crate) shared: Arc<Shared>,
    pub(crate) door: Arc<Door>,
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
                    tracing::warn!(listener = &*way_in.door.settings.name, kind = ?error.kind(), "a client could not be accepted");
                }
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Starts a session, or turns the client away where there is no room.
fn admit(way_in: &Arc<WayIn>, accepted: &Arc<Worker>, stream: TcpStream, peer: SocketAddr) {
    let limits = &way_in.shared.limits;
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let passed_on = way_in.door.trusts(peer.ip());
    // Whose connection a load balancer passes on is not known yet.
    let per_address = if passed_on { 0 } else { limits.connections_per_address };
    let entered = way_in.shared.registry.enter(peer.ip(), limits.connections, per_address);
    let registered = match entered {
        Ok(registered) => registered,
        Err(full) => return no_room(&way_in.door, &stream, peer, full),
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
    let (shared, door) = (&way_in.shared, &way_in.door);
    let passed_on = door.trusts(peer.ip());
    let facts = Facts {
        peer,
        secure: false,
        start_tls: None,
        arrival: Arrival {
            door: Some(Arc::clone(door)),
            from_afar: passed_on && !peer.ip().is_loopback(),
            ..Arrival::default()
        },
    };
    let arrived = if passed_on || matches!(door.settings.tls, ListenerTls::Ldaps(_)) {
        let arriving = Box::pin(arrive(shared, door, stream, facts, registered));
        tokio::select! {
            arrived = arriving => arrived,
            // Nothing of this client is under way that could be finished.
            () = way_in.stop.cancelled() => None,
        }
    } else {
        Some((Client::Plain(stream), facts, registered))
    };
    let Some((client, mut facts, registered)) = arrived else {
        return;
    };
    if let ListenerTls::StartTls(source) = &door.settings.tls {
        facts.start_tls = Some(Arc::clone(source));
    }
    let route = Arc::clone(door.route_of(&facts.connection()));
    Session::new(Arc::clone(shared), route, client, facts, registered)
        .run()
        .await;
}

/// A socket without these options works all the same.
fn prepare(stream: &TcpStream) {
    // Small answers must not wait for the acknowledgement of smaller ones.
    let _ = stream.set_nodelay(true);
    // A client that vanished without a word is found out even while it owes us nothing.
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE / 6);
    let _ = SockRef::from(stream).set_tcp_keepalive(&keepalive);
}

/// What comes before the first message: whose connection it is, and TLS. `None` if it ends here.
async fn arrive(
    shared: &Shared,
    door: &Door,
    mut stream: TcpStream,
    mut facts: Facts,
    mut registered: Registered,
) -> Option<(Client, Facts, Registered)> {
    let deadline = Instant::now() + shared.limits.tls;
    if door.trusts(facts.peer.ip()) {
        let peer = facts.peer;
        let refusal = match timeout_at(deadline, header(&mut stream)).await {
            Ok(Ok(client)) => {
                facts.peer = client.unwrap_or(peer);
                None
            }
            Ok(Err(NoClient::Gone)) => return None,
            Ok(Err(NoClient::Header(error))) => {
                tracing::warn!(listener = &*door.settings.name, %peer, reason = %error, "a PROXY protocol header cannot be used");
                Some(if error == HeaderError::Version1 {
                    Refusal::ProxyHeaderVersion1
                } else {
                    Refusal::ProxyHeader
                })
            }
            Err(_) => Some(Refusal::ProxyHeaderLate),
        };
        if let Some(refusal) = refusal {
            let (_, code, text) = refusal.entry();
            turned_away(shared, door, &facts, registered.number, refusal);
            say(door, &stream, code, text);
            return None;
        }
        let per_address = shared.limits.connections_per_address;
        if let Err(full) = registered.count_for(facts.peer.ip(), per_address) {
            no_room(door, &stream, facts.peer, full);
            return None;
        }
    }
    let ListenerTls::Ldaps(source) = &door.settings.tls else {
        return Some((Client::Plain(stream), facts, registered));
    };
    match shake_hands(source, stream, deadline).await {
        Ok(stream) => {
            facts.take_from(&stream);
            Some((Client::Tls(stream), facts, registered))
        }
        Err(NoTls::Certificate) => {
            turned_away(shared, door, &facts, registered.number, Refusal::ClientCertificate);
            None
        }
        Err(NoTls::Failed) => {
            tracing::debug!(client = %facts.peer, "a TLS handshake failed");
            None
        }
        Err(NoTls::Late) => {
            tracing::debug!(client = %facts.peer, "a TLS handshake took too long");
            None
        }
    }
}

/// Why no TLS came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTls {
    /// The client's certificate is missing or not to be trusted.
    Certificate,
    /// Anything else.
    Failed,
    /// It took too long.
    Late,
}

/// The server's part of a handshake, before its deadline.
pub(crate) async fn shake_hands(
    source: &TlsSource,
    stream: TcpStream,
    deadline: Instant,
) -> Result<Box<TlsStream<TcpStream>>, NoTls> {
    match timeout_at(deadline, TlsAcceptor::from(source()).accept(stream)).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => {
            let reason = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
            Err(match reason {
                // Only clients show certificates here.
                Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
                    NoTls::Certificate
                }
                _ => NoTls::Failed,
            })
        }
        Err(_) => Err(NoTls::Late),
    }
}

impl Facts {
    /// What a finished handshake tells.
    pub(crate) fn take_from(&mut self, stream: &TlsStream<TcpStream>) {
        let (_, connection) = stream.get_ref();
        self.secure = true;
        self.arrival.server_name = door::server_name(connection.server_name());
        let own = connection.peer_certificates().and_then(<[_]>::first);
        self.arrival.certificate = own.map(|der| Box::new(ClientCertificate::read(der)));
    }
}

/// Why a load balancer's connection has no client.
enum NoClient {
    /// It went away, as health checks of a mere port do.
    Gone,
    /// What it sent is no header.
    Header(HeaderError),
}

/// Reads a PROXY protocol header and not one octet behind it.
async fn header(stream: &mut TcpStream) -> Result<Option<SocketAddr>, NoClient> {
    let mut octets: Vec<u8> = Vec::new();
    loop {
        let wanted = match proxy_header::parse(&octets).map_err(NoClient::Header)? {
            Parsed::Header { client, .. } => return Ok(client),
            Parsed::More(wanted) => wanted,
        };
        let here = octets.len();
        octets.resize(wanted, 0);
        let room = octets.get_mut(here..).unwrap_or_default();
        match stream.read(room).await {
            Ok(0) if here > 0 => return Err(NoClient::Header(HeaderError::Malformed)),
            Ok(0) | Err(_) => return Err(NoClient::Gone),
            Ok(count) => octets.truncate(here + count),
        }
    }
}

/// A connection that ends before it has a session goes on record all the same.
pub(crate) fn turned_away(shared: &Shared, door: &Door, facts: &Facts, session: u64, refusal: Refusal) {
    let (rule, code, _) = refusal.entry();
    shared.audit.record(&Event {
        route: &door.route_of(&facts.connection()).name,
        client: Some(facts.peer),
        session,
        account: "",
        resolved: None,
        operation: "connect",
        outcome: Outcome::Refused,
        result_code: code.0,
        rule,
        standing: None,
        server: None,
        owned: None,
        generation: shared.generation.get(),
    });
}

fn no_room(door: &Door, stream: &TcpStream, client: SocketAddr, full: Full) {
    tracing::warn!(listener = &*door.settings.name, %client, reason = ?full, "no room for a client");
    say(door, stream, ResultCode::BUSY, "too many clients");
}

/// One attempt, for those who listen; under TLS it would not be understood.
fn say(door: &Door, stream: &TcpStream, code: ResultCode, text: &str) {
    if !matches!(door.settings.tls, ListenerTls::Ldaps(_)) {
        let _ = stream.try_write(&answer::notice_of_disconnection(code, text));
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
