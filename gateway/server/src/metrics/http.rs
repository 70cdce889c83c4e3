//! The HTTP server for health and metrics: three pages, plain text, no more than it needs.

use super::Metrics;
use super::readiness::Readiness;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Connections at once; more wait until one ends.
const MOST_CONNECTIONS: usize = 64;
/// From connecting, or from the last answer, to a whole request header.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// The longest a connection lives.
const CONNECTION_TIME: Duration = Duration::from_mins(5);
/// The most octets of a request header.
const LARGEST_HEADER: usize = 16 * 1024;
/// After a failed accept (no descriptors left) the next is not tried at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What the pages tell.
pub struct Pages {
    /// For `/metrics`.
    pub metrics: Metrics,
    /// For `/readyz`.
    pub readiness: Arc<Readiness>,
}

/// Serves until told to stop, then lets answers under way finish.
pub async fn serve(listener: TcpListener, pages: Arc<Pages>, stop: CancellationToken) {
    let connections = TaskTracker::new();
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let accepted = async {
            // Closed never: the semaphore lives as long as this loop.
            let permit = Arc::clone(&permits).acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((listener.accept().await?.0, permit))
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, permit)) => {
                let (pages, stop) = (Arc::clone(&pages), stop.clone());
                connections.spawn(async move {
                    let _permit = permit;
                    // A connection that breaks or stays too long has nothing to tell.
                    let _ = tokio::time::timeout(CONNECTION_TIME, converse(stream, pages, stop)).await;
                });
            }
            Err(error) => {
                tracing::warn!(target: "postern::metrics", kind = ?error.kind(), "a connection could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn converse(stream: TcpStream, pages: Arc<Pages>, stop: CancellationToken) {
    let service = service_fn(move |request| {
        let pages = Arc::clone(&pages);
        async move { Ok::<_, Infallible>(answer(&request, &pages)) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(LARGEST_HEADER)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(HEADER_TIME, connection).await;
        }
    }
}

fn answer(request: &Request<Incoming>, pages: &Pages) -> Response<Full<Bytes>> {
    page(request.method(), request.uri().path(), pages)
}

fn page(method: &Method, path: &str, pages: &Pages) -> Response<Full<Bytes>> {
    if !matches!(path, "/healthz" | "/readyz" | "/metrics") {
        return text(
            StatusCode::NOT_FOUND,
            "not found: /healthz, /readyz and /metrics are here\n".to_owned(),
        );
    }
    if method != Method::GET && method != Method::HEAD {
        let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n".to_owned());
        refused
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match path {
        "/healthz" => text(StatusCode::OK, "ok\n".to_owned()),
        "/readyz" => match pages.readiness.state() {
            Ok(()) => text(StatusCode::OK, "ready\n".to_owned()),
            Err(reason) => text(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
        },
        _ => match pages.metrics.text() {
            Ok(metrics) => {
                let mut told = text(StatusCode::OK, metrics);
                let open_metrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                told.headers_mut()
                    .insert(CONTENT_TYPE, HeaderValue::from_static(open_metrics));
                told
            }
            Err(_) => text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the metrics could not be written\n".to_owned(),
            ),
        },
    }
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn started() -> (
        std::net::SocketAddr,
        Arc<Readiness>,
        CancellationToken,
        tokio::task::JoinHandle<()>,
    ) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let readiness = Arc::new(Readiness::new([]));
        let pages = Arc::new(Pages {
            metrics: Metrics::new(Vec::new()),
            readiness: Arc::clone(&readiness),
        });
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(listener, pages, stop.clone()));
        (address, readiness, stop, server)
    }

    async fn ask(address: std::net::SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(format!("{request}\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn each_page_tells_what_it_should() {
        let (address, readiness, stop, server) = started().await;
        assert!(ask(address, "GET /healthz HTTP/1.1").await.starts_with("HTTP/1.1 200"));
        let not_ready = ask(address, "GET /readyz HTTP/1.1").await;
        assert!(
            not_ready.starts_with("HTTP/1.1 503") && not_ready.ends_with("not ready: no policies are in force yet\n")
        );
        readiness.policies_are_in_force();
        readiness.listeners_are_open();
        assert!(ask(address, "GET /readyz HTTP/1.1").await.starts_with("HTTP/1.1 200"));
        assert!(
            ask(address, "GET /metrics HTTP/1.1")
                .await
                .contains("postern_policy_reloads_total")
        );
        assert!(ask(address, "GET / HTTP/1.1").await.starts_with("HTTP/1.1 404"));
        assert!(ask(address, "POST /metrics HTTP/1.1").await.starts_with("HTTP/1.1 405"));
        assert!(ask(address, "nonsense").await.starts_with("HTTP/1.1 400"));
        stop.cancel();
        server.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_asks_is_let_go() {
        let (address, _, stop, server) = started().await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut octets = Vec::new();
        // Ends, or the test would.
        let _ = silent.read_to_end(&mut octets).await;
        stop.cancel();
        server.await.unwrap();
    }
}
