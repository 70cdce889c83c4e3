//! What is known of a request before a door sees it.

use crate::fault::Fault;
use crate::site::Site;
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// A request, as every door may know it: an extension of the request, and so an extractor.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Its number, for the log, the page of an error and whoever asks about it.
    pub id: RequestId,
    /// The client's own address, past trusted proxies.
    pub client: IpAddr,
    /// The site it came to.
    pub site: Arc<Site>,
}

impl<S: Sync> FromRequestParts<S> for Visit {
    /// No request reaches a door without one.
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or(Fault::Broken)
    }
}

/// A request's number: it tells nothing, and no other request of this process has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId {
    /// Drawn when the process began, so that numbers of two nodes differ.
    pub(crate) process: u32,
    /// Counted.
    pub(crate) number: u64,
}

impl RequestId {
    /// Of no request: for what asks a door without the edge, as its tests do.
    pub const NONE: Self = Self { process: 0, number: 0 };
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.process, self.number)
    }
}
