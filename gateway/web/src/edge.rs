//! What happens to a request, in this order: its address is read, its site and its client found out, its network's limit asked; then its door
//! answers, within a deadline and whatever breaks; and every answer leaves with its headers and one line in the log.

use crate::body::LARGEST_BODY;
use crate::client::{self, Trusted};
use crate::counts::RequestCounts;
use crate::fault::Fault;
use crate::headers;
use crate::limits::{Limits, Rate};
use crate::path;
use crate::site::{self, Site};
use crate::visit::{RequestId, Visit};
use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use futures_util::FutureExt as _;
use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use http_body_util::Limited;
use std::collections::HashMap;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tower::ServiceExt as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How a site says that something is wrong: as a page to people, as a problem document to programs.
pub trait FaultPages: Send + Sync {
    /// The answer. The status is [`Fault::status`]; what the fault's problem puts into headers (`Retry-After`) is put on by whoever asks.
    fn answer(&self, fault: Fault, request: &Faulty<'_>) -> Response;
}

/// The request something is wrong with.
pub struct Faulty<'a> {
    /// Whose it is.
    pub visit: &'a Visit,
    /// Where it was sent. It may hold a token: never shown, never logged.
    pub path: &'a str,
    /// Its headers, for the language.
    pub headers: &'a HeaderMap,
}

/// How often one network may ask where programs ask: each of them has a limit of its own by its token, behind this one.
const OF_PROGRAMS: Rate = Rate {
    at_once: 10_000,
    each_second: 5_000,
};

/// Problem documents for everybody, for sites without pages.
pub struct ProblemsAlone;

impl FaultPages for ProblemsAlone {
    fn answer(&self, fault: Fault, request: &Faulty<'_>) -> Response {
        fault.problem().answer(request.visit.id)
    }
}

/// The sites there are, by what requests name them.
#[derive(Default)]
pub struct Sites(HashMap<String, Served>);

struct Served {
    site: Arc<Site>,
    router: Router,
    faults: Arc<dyn FaultPages>,
    programs: Option<ForPrograms>,
}

/// A part of a site that programs alone use, each known by its token: they ask more, and send more at once, than a network of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForPrograms {
    /// Where it begins: `/scim/`.
    pub prefix: &'static str,
    /// The largest body there, in octets.
    pub largest_body: usize,
}

/// Two sites have one address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is the address of two sites")]
pub struct SameAddress(pub String);

impl Sites {
    /// Adds a site with its doors' routes.
    pub fn add(&mut self, site: Arc<Site>, router: Router, faults: Arc<dyn FaultPages>) -> Result<(), SameAddress> {
        self.add_with(site, router, faults, None)
    }

    /// Adds a site of which a part is for programs.
    pub fn add_with(
        &mut self,
        site: Arc<Site>,
        router: Router,
        faults: Arc<dyn FaultPages>,
        programs: Option<ForPrograms>,
    ) -> Result<(), SameAddress> {
        let authority = site.authority();
        if self.0.contains_key(&authority) {
            return Err(SameAddress(authority));
        }
        let router = router.layer(middleware::from_fn(remember_route));
        let served = Served {
            site,
            router,
            faults,
            programs,
        };
        self.0.insert(authority, served);
        Ok(())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The part of an address that stands in a program's text: `/reset/l/{token}`.
#[derive(Debug, Clone)]
struct Route(MatchedPath);

async fn remember_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(Route(route));
    }
    response
}

/// Everything a request passes. [`serve`](crate::serve) makes one; a door's tests ask one directly.
pub struct Edge {
    sites: Sites,
    trusted: Trusted,
    limits: Limits,
    /// Of networks, where programs ask.
    programs: Limits,
    answer_within: Duration,
    process: u32,
    requests: AtomicU64,
    counts: Arc<RequestCounts>,
}

impl Edge {
    /// `seed`: random, for which networks are counted together and for the numbers of requests.
    pub fn new(sites: Sites, trusted: Trusted, rate: Rate, answer_within: Duration, seed: &[u8; 32]) -> Self {
        let process = seed.first_chunk().copied().unwrap_or_default();
        Self {
            sites,
            trusted,
            limits: Limits::new(rate, seed),
            programs: Limits::new(OF_PROGRAMS, seed),
            answer_within,
            process: u32::from_be_bytes(process),
            requests: AtomicU64::new(0),
            counts: Arc::default(),
        }
    }

    /// What it answers is counted here.
    #[must_use]
    pub fn counted_in(mut self, counts: Arc<RequestCounts>) -> Self {
        self.counts = counts;
        self
    }

    /// Answers one request of this peer's, and puts it into the log.
    pub async fn answer<B>(&self, peer: IpAddr, request: http::Request<B>) -> Response
    where
        B: hyper::body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let (response, line) = self.answered(peer, request).await;
        line.write();
        self.counts.count(line.site.as_deref(), line.route(), line.status);
        response
    }

    async fn answered<B>(&self, peer: IpAddr, request: http::Request<B>) -> (Response, Line)
    where
        B: hyper::body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let began = Instant::now();
        let id = RequestId {
            process: self.process,
            number: self.requests.fetch_add(1, Ordering::Relaxed) + 1,
        };
        let client = client::address(peer, request.headers(), &*self.trusted);
        let method = request.method().clone();
        let served = self.served(&request);
        let mut response = match served {
            Ok(served) => self.through(served, id, client, request).await,
            Err(fault) => fault.problem().answer(id),
        };
        let site = served.ok().map(|served| &*served.site);
        headers::put_on(response.headers_mut(), site);
        if let Ok(id) = HeaderValue::try_from(id.to_string()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        if method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        let line = Line {
            request: id,
            method: known(&method),
            site: site.map(|site| Arc::clone(site.name())),
            route: response.extensions_mut().remove(),
            status: response.status().as_u16(),
            milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            client: rough(client),
        };
        (response, line)
    }

    fn served<B>(&self, request: &http::Request<B>) -> Result<&Served, Fault> {
        let authority = site::named(request.version(), request.uri(), request.headers());
        let authority = authority.ok_or(Fault::Malformed("the name of the site"))?;
        self.sites.0.get(&authority).ok_or(Fault::NoSuchSite)
    }

    async fn through<B>(&self, served: &Served, id: RequestId, client: IpAddr, request: http::Request<B>) -> Response
    where
        B: hyper::body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let visit = Visit {
            id,
            client,
            site: Arc::clone(&served.site),
        };
        let asked = (request.uri().path().to_owned(), request.headers().clone());
        let programs = served.programs.as_ref();
        let programs = programs.filter(|programs| request.uri().path().starts_with(programs.prefix));
        let largest = programs.map_or(LARGEST_BODY, |programs| programs.largest_body);
        let limits = if programs.is_some() {
            &self.programs
        } else {
            &self.limits
        };
        let answered = match before(limits, largest, client, &request) {
            Ok(()) => self.door(served, visit.clone(), largest, request).await,
            Err(fault) => Err(fault),
        };
        let mut response = answered.unwrap_or_else(axum::response::IntoResponse::into_response);
        let Some(fault) = fault_in(&response) else {
            return response;
        };
        let faulty = Faulty {
            visit: &visit,
            path: &asked.0,
            headers: &asked.1,
        };
        let mut page = served.faults.answer(fault, &faulty);
        *page.status_mut() = fault.status();
        for (name, value) in fault.problem().answer(id).headers() {
            if name != CONTENT_TYPE && name != CONTENT_LENGTH {
                page.headers_mut().insert(name, value.clone());
            }
        }
        // What may be done instead (RFC 9110 §15.5.6), and which route it was.
        if let Some(allow) = response.headers_mut().remove(ALLOW) {
            page.headers_mut().insert(ALLOW, allow);
        }
        if let Some(route) = response.extensions_mut().remove::<Route>() {
            page.extensions_mut().insert(route);
        }
        page
    }

    async fn door<B>(
        &self,
        served: &Served,
        visit: Visit,
        largest: usize,
        request: http::Request<B>,
    ) -> Result<Response, Fault>
    where
        B: hyper::body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let id = visit.id;
        let mut request = request.map(|body| Body::new(Limited::new(body, largest)));
        request.extensions_mut().insert(visit);
        let answering = AssertUnwindSafe(served.router.clone().oneshot(request)).catch_unwind();
        match timeout(self.answer_within, answering).await {
            Ok(Ok(Ok(response))) => Ok(response),
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(_)) => {
                // What it was panicking about may hold anything: the number alone is told.
                tracing::error!(target: "postern::http", request = %id, "a request broke; this is a defect of Postern");
                Err(Fault::Broken)
            }
            Err(_) => Err(Fault::Unavailable),
        }
    }
}

/// What is looked at before the door.
fn before<B: hyper::body::Body>(
    limits: &Limits,
    largest: usize,
    client: IpAddr,
    request: &http::Request<B>,
) -> Result<(), Fault> {
    path::plain(request.uri())?;
    limits.spend(client).map_err(|after| Fault::TooMany { after })?;
    let announced = request.body().size_hint().lower();
    if announced > u64::try_from(largest).unwrap_or(u64::MAX) {
        return Err(Fault::TooLarge);
    }
    Ok(())
}

/// The fault a door answered with, or what an error that nobody wrote out amounts to: a router's own 404, an extractor's own text.
fn fault_in(response: &Response) -> Option<Fault> {
    if let Some(fault) = response.extensions().get::<Fault>() {
        return Some(*fault);
    }
    let status = response.status();
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .map_or(&b""[..], HeaderValue::as_bytes);
    let written = !kind.is_empty() && !kind.starts_with(b"text/plain");
    if written || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    Some(match status {
        StatusCode::NOT_FOUND => Fault::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Fault::WrongMethod,
        StatusCode::PAYLOAD_TOO_LARGE => Fault::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Fault::WrongMediaType,
        StatusCode::SERVICE_UNAVAILABLE => Fault::Unavailable,
        status if status.is_server_error() => Fault::Broken,
        _ => Fault::Malformed("the request"),
    })
}

/// One line a request. Never its query, the values in its path, its cookies or what it holds; of the client the network.
#[derive(Debug)]
struct Line {
    request: RequestId,
    method: &'static str,
    site: Option<Arc<str>>,
    route: Option<Route>,
    status: u16,
    milliseconds: u64,
    client: String,
}

impl Line {
    /// The address as the program writes it, where the request has reached one.
    fn route(&self) -> Option<&str> {
        self.route.as_ref().map(|route| route.0.as_str())
    }

    fn write(&self) {
        let Self {
            request,
            method,
            status,
            milliseconds,
            client,
            ..
        } = self;
        let site = self.site.as_deref().unwrap_or("-");
        let path = self.route().unwrap_or("-");
        if *status >= 500 {
            tracing::warn!(target: "postern::http", %request, method, site, path, status, milliseconds, client, "answered");
        } else if matches!(*method, "GET" | "HEAD") {
            tracing::debug!(target: "postern::http", %request, method, site, path, status, milliseconds, client, "answered");
        } else {
            tracing::info!(target: "postern::http", %request, method, site, path, status, milliseconds, client, "answered");
        }
    }
}

/// Methods have names that clients choose.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("-")
}

/// The network an address is in: enough to see where trouble comes from, and nobody's own.
pub fn rough(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests;
