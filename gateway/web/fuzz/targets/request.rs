//! Any request: a target, lines of headers, a body. Whatever it is, a door of ours answers it whole, and nothing in it breaks one.

#![no_main]

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use http::HeaderMap;
use postern_identity::reset::PublicUrl;
use postern_web::{Cookie, Edge, Fault, ProblemsAlone, Rate, Site, Sites, Visit, body};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

const COOKIE: Cookie = Cookie::hidden("__Host-postern-reset");
const PEER: &str = "192.0.2.7";

static EDGE: LazyLock<Edge> = LazyLock::new(|| {
    let form = |request: Request| async move {
        let (parts, sent) = request.into_parts();
        let fields = body::form(&parts.headers, sent, &["name", "code"]).await?;
        Ok::<_, Fault>(fields.text("name").unwrap_or_default().to_owned())
    };
    let json = |request: Request| async move {
        let (parts, sent) = request.into_parts();
        let octets = body::json_octets(&parts.headers, sent).await?;
        body::json_of::<std::collections::BTreeMap<String, String>>(octets.expose()).map(|_| "read")
    };
    let shown = |visit: Visit, headers: HeaderMap| async move {
        let held = COOKIE.read(&headers).is_some();
        format!("{} {held}", visit.client)
    };
    let router = Router::new()
        .route("/", get(shown))
        .route("/l/{token}", get(shown))
        .route("/form", post(form))
        .route("/json", post(json));
    let site = Arc::new(Site::new("people", PublicUrl::from_configuration("https://id.example.org").expect("an address")));
    let mut sites = Sites::default();
    sites.add(site, router, Arc::new(ProblemsAlone)).expect("the only one");
    let rate = Rate {
        at_once: u32::MAX,
        each_second: u32::MAX,
    };
    let trusted = Arc::new(|address: std::net::IpAddr| address.is_ipv4());
    Edge::new(sites, trusted, rate, Duration::from_secs(30), &[7; 32])
});
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let Some(request) = request(octets) else { return };
    let response = RUNTIME.block_on(EDGE.answer(PEER.parse().expect("an address"), request));
    assert!(!response.status().is_server_error(), "{response:?}");
    assert!(!response.status().is_redirection(), "nobody here leads anywhere: {response:?}");
    for header in ["content-security-policy", "x-content-type-options", "cache-control", "x-request-id"] {
        assert!(response.headers().contains_key(header), "{header}: {response:?}");
    }
});

/// `POST /form`, lines of headers, an empty line, the body.
fn request(octets: &[u8]) -> Option<http::Request<Body>> {
    let mut rest = octets;
    let mut line = || {
        let end = rest.iter().position(|octet| *octet == b'\n')?;
        let (line, behind) = rest.split_at(end);
        rest = behind.get(1..)?;
        Some(line)
    };
    let first = line()?;
    let space = first.iter().position(|octet| *octet == b' ')?;
    let mut request = http::Request::builder().method(&first[..space]).uri(&first[space + 1..]);
    while let Some(header) = line().filter(|line| !line.is_empty()) {
        let colon = header.iter().position(|octet| *octet == b':')?;
        request = request.header(&header[..colon], header[colon + 1..].trim_ascii());
    }
    request.body(Body::from(rest.to_vec())).ok()
}
