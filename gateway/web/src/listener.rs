//! Accepting browsers and programs: TLS, then HTTP/2 or HTTP/1.1, bounded in number and time, every task joined at the end.

use crate::crowd::Crowd;
use crate::edge::{Edge, Sites};
use crate::settings::{Bounds, WebSettings};
use axum::body::Body;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use rustls::ServerConfig;
use rustls::server::ResolvesServerCert;
use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, interval_at, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// After the system refused a connection (no more descriptors, no more memory), before asking again.
const BREATH: Duration = Duration::from_millis(50);
/// The most octets of a request's headers, and the most of them.
const LARGEST_HEADER: u32 = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// Requests of one connection at once.
const MOST_STREAMS: u32 = 32;
/// For a connection that owes nothing to close.
const GOODBYE: Duration = Duration::from_secs(2);
/// A peer that vanished without a word is found out.
const ALIVE: Duration = Duration::from_secs(20);

/// The TLS could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up with the versions this program has")]
pub struct NoTls;

/// Serves the sites until told to stop, then lets answers under way finish. Ends when every task has.
pub async fn serve(
    listener: TcpListener,
    settings: WebSettings,
    sites: Sites,
    stop: CancellationToken,
) -> Result<(), NoTls> {
    let WebSettings {
        certificates,
        trusted,
        rate,
        counts,
        bounds,
        seed,
    } = settings;
    let house = Arc::new(House {
        acceptor: TlsAcceptor::from(Arc::new(tls(certificates)?)),
        crowd: Crowd::new(bounds.connections_per_network, Arc::clone(&trusted)),
        edge: Edge::new(sites, trusted, rate, bounds.answer, &seed).counted_in(counts),
        bounds,
        tasks: TaskTracker::new(),
        stop,
        end: CancellationToken::new(),
    });
    accept(&house, &listener).await;
    drop(listener);
    house.tasks.close();
    if timeout(bounds.drain, house.tasks.wait()).await.is_err() {
        house.end.cancel();
        house.tasks.wait().await;
    }
    Ok(())
}

/// What all connections share.
struct House {
    acceptor: TlsAcceptor,
    crowd: Crowd,
    edge: Edge,
    bounds: Bounds,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// The time to finish is over, too.
    end: CancellationToken,
}

/// TLS 1.2 and 1.3; HTTP/2 for whoever can.
fn tls(certificates: Arc<dyn ResolvesServerCert>) -> Result<ServerConfig, NoTls> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| NoTls)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

async fn accept(house: &Arc<House>, listener: &TcpListener) {
    let permits = Arc::new(Semaphore::new(house.bounds.connections.max(1)));
    let mut failing = false;
    loop {
        let accepted = async {
            let permit = Arc::clone(&permits)
                .acquire_owned()
                .await
                .map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>((listener.accept().await?, permit))
        };
        let accepted = tokio::select! {
            () = house.stop.cancelled() => return,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok(((stream, peer), permit)) => {
                failing = false;
                let Some(place) = house.crowd.enter(peer.ip()) else {
                    tracing::debug!(target: "postern::http", client = crate::edge::rough(peer.ip()), "too many connections of one network");
                    continue;
                };
                let at_work = Arc::clone(house);
                house.tasks.spawn(async move {
                    let _held = (permit, place);
                    let end = at_work.end.clone();
                    end.run_until_cancelled(converse(at_work, stream, peer)).await;
                });
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(target: "postern::http", kind = ?error.kind(), "a connection could not be taken");
                }
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

async fn converse(house: Arc<House>, stream: TcpStream, peer: SocketAddr) {
    // Works all the same without.
    let _ = stream.set_nodelay(true);
    let Some(stream) = shaken(&house, stream).await else {
        return;
    };
    let second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let asked = Arc::new(Asked::default());
    let service = Answering {
        house: Arc::clone(&house),
        peer: peer.ip(),
        asked: Arc::clone(&asked),
    };
    let stream = TokioIo::new(stream);
    if second {
        let connection = hyper::server::conn::http2::Builder::new(Owned(Arc::clone(&house)))
            .timer(TokioTimer::new())
            .max_concurrent_streams(MOST_STREAMS)
            .max_header_list_size(LARGEST_HEADER)
            .keep_alive_interval(ALIVE)
            .keep_alive_timeout(ALIVE)
            .serve_connection(stream, service);
        watched(&house, connection, &asked).await;
    } else {
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(house.bounds.header)
            .max_buf_size(usize::try_from(LARGEST_HEADER).unwrap_or(usize::MAX))
            .max_headers(MOST_HEADERS)
            .serve_connection(stream, service);
        watched(&house, connection, &asked).await;
    }
}

async fn shaken(house: &House, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
    let shaking = timeout(house.bounds.handshake, house.acceptor.accept(stream));
    tokio::select! {
        // A client that cannot speak TLS, or takes too long, has nothing to tell.
        shaken = shaking => shaken.ok()?.ok(),
        () = house.stop.cancelled() => None,
    }
}

/// One connection to its end: by itself, or asked to finish because it is old, asks nothing, or everything ends.
async fn watched<C: GracefulConnection>(house: &House, connection: C, asked: &Asked) {
    let mut connection = std::pin::pin!(connection);
    let began = Instant::now();
    let mut looks = interval_at(began + house.bounds.header, house.bounds.header);
    let mut seen = 0;
    loop {
        tokio::select! {
            // A connection that breaks has nothing to tell.
            _ = connection.as_mut() => return,
            () = house.stop.cancelled() => break,
            () = sleep_until(began + house.bounds.connection) => break,
            _ = looks.tick() => {
                let idle = asked.nothing_since(seen);
                seen = asked.begun.load(Ordering::Relaxed);
                if idle {
                    break;
                }
            }
        }
    }
    connection.as_mut().graceful_shutdown();
    // A client that never began HTTP/2 does not hear of it: where no answer is owed, a short while is enough.
    let owed = asked.begun.load(Ordering::Relaxed) != asked.ended.load(Ordering::Relaxed);
    let finish = if owed {
        house.bounds.answer
    } else {
        house.bounds.header.min(GOODBYE)
    };
    let _ = timeout(finish, connection).await;
}

/// What one connection has asked.
#[derive(Default)]
struct Asked {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Asked {
    /// Whether nothing is under way and nothing has begun since so many had.
    fn nothing_since(&self, seen: u64) -> bool {
        let begun = self.begun.load(Ordering::Relaxed);
        begun == seen && begun == self.ended.load(Ordering::Relaxed)
    }
}

/// A request under way; it has ended when this is dropped, whether it was answered or given up.
struct UnderWay(Arc<Asked>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Answers a connection's requests.
struct Answering {
    house: Arc<House>,
    peer: IpAddr,
    asked: Arc<Asked>,
}

impl Service<Request<Incoming>> for Answering {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (house, peer) = (Arc::clone(&self.house), self.peer);
        self.asked.begun.fetch_add(1, Ordering::Relaxed);
        let under_way = UnderWay(Arc::clone(&self.asked));
        Box::pin(async move {
            let _under_way = under_way;
            Ok(house.edge.answer(peer, request).await)
        })
    }
}

/// Runs what HTTP/2 needs run beside a connection, as tasks that are waited for like connections.
#[derive(Clone)]
struct Owned(Arc<House>);

impl<F> Executor<F> for Owned
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, task: F) {
        let end = self.0.end.clone();
        self.0.tasks.spawn(async move {
            end.run_until_cancelled(task).await;
        });
    }
}

#[cfg(test)]
mod tests;
