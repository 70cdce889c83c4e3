//! Errors as programs read them: problem documents (RFC 9457). One table says what each fault is.

use crate::fault::Fault;
use crate::visit::RequestId;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Where the kinds of problem are described, on every site: a kind's `type` is this and its name.
pub const TYPES: &str = "/api/problems/";

/// A kind of problem. Its name is the last part of its `type`, and for ever the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Such as `too-many-requests`.
    pub name: &'static str,
    /// The status it comes with.
    pub status: StatusCode,
    /// What it is, in a few plain words.
    pub title: &'static str,
}

/// One, said.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: Kind,
    detail: Option<String>,
    more: Map<String, Value>,
    after: Option<Duration>,
    challenge: Option<&'static str>,
}

impl Problem {
    /// Of this kind.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            detail: None,
            more: Map::new(),
            after: None,
            challenge: None,
        }
    }

    /// What it is this time, in words of ours.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// A member of its own (RFC 9457 §3.2).
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// When to come back.
    #[must_use]
    pub fn after(mut self, after: Duration) -> Self {
        self.after = Some(after);
        self
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// As an answer. `instance` is the request's number, which stands in our log.
    pub fn answer(self, instance: RequestId) -> Response {
        let Kind { name, status, title } = self.kind;
        let mut document = self.more;
        document.insert("type".to_owned(), format!("{TYPES}{name}").into());
        document.insert("title".to_owned(), title.into());
        document.insert("status".to_owned(), status.as_u16().into());
        document.insert("instance".to_owned(), format!("urn:request:{instance}").into());
        if let Some(detail) = self.detail {
            document.insert("detail".to_owned(), detail.into());
        }
        let mut response = Response::new(Body::from(Value::Object(document).to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(after) = self.after {
            // Rounded up: who comes back then is not told the same again.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

macro_rules! kinds {
    ($($constant:ident = $name:literal, $status:ident, $title:literal;)*) => {
        $(const $constant: Kind = Kind { name: $name, status: StatusCode::$status, title: $title };)*
        /// Every kind that can come before a door.
        pub const KINDS: &[Kind] = &[$($constant),*];
    };
}

kinds! {
    MALFORMED = "malformed", BAD_REQUEST, "The request cannot be read";
    NO_TOKEN = "no-token", UNAUTHORIZED, "A token is needed";
    NO_SCOPE = "no-scope", FORBIDDEN, "The token may not do this";
    NOT_OUR_FORM = "not-our-form", FORBIDDEN, "The form did not come from a page shown here";
    NOT_FOUND = "not-found", NOT_FOUND, "Nothing is here";
    WRONG_METHOD = "wrong-method", METHOD_NOT_ALLOWED, "This cannot be done here";
    TOO_LARGE = "too-large", PAYLOAD_TOO_LARGE, "The request is too large";
    ADDRESS_TOO_LONG = "address-too-long", URI_TOO_LONG, "The address is too long";
    WRONG_MEDIA_TYPE = "wrong-media-type", UNSUPPORTED_MEDIA_TYPE, "The content cannot be read in this form";
    NO_SUCH_SITE = "no-such-site", MISDIRECTED_REQUEST, "No site is called so here";
    TOO_MANY = "too-many-requests", TOO_MANY_REQUESTS, "Too many requests";
    BROKEN = "broken", INTERNAL_SERVER_ERROR, "Something went wrong here";
    UNAVAILABLE = "unavailable", SERVICE_UNAVAILABLE, "It cannot be done now";
}

impl Fault {
    /// Which problem it is.
    pub fn problem(self) -> Problem {
        let problem = Problem::new(match self {
            Self::Malformed(_) => MALFORMED,
            Self::NoToken { .. } => NO_TOKEN,
            Self::NoScope => NO_SCOPE,
            Self::NotOurForm => NOT_OUR_FORM,
            Self::NotFound => NOT_FOUND,
            Self::WrongMethod => WRONG_METHOD,
            Self::TooLarge => TOO_LARGE,
            Self::AddressTooLong => ADDRESS_TOO_LONG,
            Self::WrongMediaType => WRONG_MEDIA_TYPE,
            Self::NoSuchSite => NO_SUCH_SITE,
            Self::TooMany { .. } => TOO_MANY,
            Self::Broken => BROKEN,
            Self::Unavailable => UNAVAILABLE,
        });
        match self {
            Self::Malformed(part) => problem.detail(format!("{part} cannot be read")),
            Self::TooMany { after } => problem.after(after),
            // RFC 6750 §3.
            Self::NoToken { shown } => Problem {
                challenge: Some(if shown {
                    "Bearer realm=\"postern\", error=\"invalid_token\""
                } else {
                    "Bearer realm=\"postern\""
                }),
                ..problem
            },
            Self::NoScope => Problem {
                challenge: Some("Bearer realm=\"postern\", error=\"insufficient_scope\""),
                ..problem
            },
            _ => problem,
        }
    }

    /// The status it comes with, on a page as in a problem document.
    pub fn status(self) -> StatusCode {
        self.problem().kind.status
    }
}

/// An error without a request to name: what a door that lets one through answers. The layers around a door put the request's number in.
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.problem().answer(RequestId { process: 0, number: 0 });
        response.extensions_mut().insert(self);
        response
    }
}

/// What is told of a kind to whoever looks its `type` up.
pub fn described(kind: Kind) -> Value {
    json!({ "type": format!("{TYPES}{}", kind.name), "title": kind.title, "status": kind.status.as_u16() })
}
