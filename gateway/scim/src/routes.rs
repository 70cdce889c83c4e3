//! The endpoints (RFC 7644 §3, §4).
//!
//! Every answer of theirs, errors too, is `application/scim+json`. What no route has is 404, what a route has not is 405 with `Allow`.

mod discovery;
mod passwords;
mod resources;
mod search;

use crate::caller::Caller;
use crate::documents::Offer;
use crate::error::{SCIM_JSON, ScimError};
use crate::json::Strictness;
use crate::lists::Lists;
use crate::{headers, json};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any, get, post};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use postern_identity::Secret;
use postern_identity::provisioning::{Provisioning, ResourceKind};
use postern_identity::reset::SelfService;
use postern_web::{Bearers, Fault, Visit, body};
use serde_json::Value;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// The largest body that is read, in octets: a group of some ten thousand members.
pub const LARGEST_BODY: usize = 2 * 1024 * 1024;

/// What the door asks.
pub struct ScimPorts {
    /// Users and groups.
    pub directory: Arc<dyn Provisioning>,
    /// For forgotten passwords and names; `None`: no such requests are taken.
    pub self_service: Option<Arc<dyn SelfService>>,
    /// Who may ask.
    pub bearers: Arc<Bearers>,
    /// Where changes are carried through, whether or not somebody still waits for the answer.
    pub tasks: TaskTracker,
}

/// How it behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The address it is reached by, without a slash at the end: `https://host/scim/v2`.
    pub base_url: Arc<str>,
    /// The route whose policies hold.
    pub route: Arc<str>,
    /// Resources of one answer if the caller says nothing.
    pub page_size: usize,
    /// The most resources of one answer.
    pub max_results: usize,
    /// Ids that are kept for later pages, in all.
    pub snapshot_ids: usize,
    /// Whether requests are forgiven what vendors get wrong.
    pub strictness: Strictness,
}

/// What handlers share.
pub(crate) struct Door {
    pub(crate) directory: Arc<dyn Provisioning>,
    pub(crate) self_service: Option<Arc<dyn SelfService>>,
    pub(crate) bearers: Arc<Bearers>,
    pub(crate) settings: Settings,
    pub(crate) lists: Lists,
    tasks: TaskTracker,
}

pub(crate) type At = axum::extract::State<Arc<Door>>;
pub(crate) type Answered = Result<Response, ScimError>;

/// The endpoints below a base such as `/scim/v2`, to be merged with those of the other doors.
pub fn routes(bases: &[&str], ports: ScimPorts, settings: Settings) -> Router {
    let door = Door {
        lists: Lists::new(
            Arc::clone(&ports.directory),
            settings.max_results,
            settings.snapshot_ids,
        ),
        directory: ports.directory,
        self_service: ports.self_service,
        bearers: ports.bearers,
        settings,
        tasks: ports.tasks,
    };
    let mut inside: Router<Arc<Door>> = Router::new();
    for (path, kind) in [
        ("/Users", ResourceKind::User),
        ("/users", ResourceKind::User),
        ("/Groups", ResourceKind::Group),
        ("/groups", ResourceKind::Group),
    ] {
        let collection = get(move |at: At, visit: Visit, request: Request| search::get_list(at, kind, visit, request))
            .post(move |at: At, visit: Visit, request: Request| resources::create(at, kind, visit, request));
        let one = get(move |at: At, visit: Visit, id, request: Request| resources::read(at, kind, visit, id, request))
            .put(move |at: At, visit: Visit, id, request: Request| resources::replace(at, kind, visit, id, request))
            .patch(move |at: At, visit: Visit, id, request: Request| resources::patch(at, kind, visit, id, request))
            .delete(move |at: At, visit: Visit, id, request: Request| resources::delete(at, kind, visit, id, request));
        let searching =
            post(move |at: At, visit: Visit, request: Request| search::post_search(at, kind, visit, request));
        inside = inside
            .route(path, collection.clone())
            .route(&format!("{path}/"), collection)
            .route(&format!("{path}/.search"), searching)
            .route(&format!("{path}/{{id}}"), one);
    }
    let inside = inside
        .route("/ServiceProviderConfig", get(discovery::config))
        .route("/ServiceProviderConfig/", get(discovery::config))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/", get(discovery::schemas))
        .route("/Schemas/{urn}", get(discovery::schema))
        .route("/ResourceTypes", get(discovery::types))
        .route("/ResourceTypes/", get(discovery::types))
        .route("/ResourceTypes/{name}", get(discovery::resource_type))
        // Both spellings of the draft's.
        .route("/PasswordResetRequests", post(passwords::reset))
        .route("/PasswordResetRequest", post(passwords::reset))
        .route("/UsernameRecoverRequests", post(passwords::recover))
        .route("/UsernameRecoverRequest", post(passwords::recover))
        .route("/UserNameRecoverRequest", post(passwords::recover))
        .route("/PasswordValidateRequests", post(passwords::validate))
        .route("/PasswordValidateRequest", post(passwords::validate))
        .route("/Me", any(not_here))
        .route("/Bulk", any(not_here))
        .route("/.search", any(not_here))
        .route("/", any(not_here))
        .method_not_allowed_fallback(async || ScimError::from(Fault::WrongMethod).answer())
        .fallback(nothing)
        .with_state(Arc::new(door));
    let mut router = Router::new();
    for base in bases {
        router = router.nest(base, inside.clone());
    }
    router
}

/// What there is in the RFC and not here.
async fn not_here(at: At, visit: Visit, headers: HeaderMap) -> Response {
    let answered = async {
        Caller::of(&at.bearers, &headers, &visit).await?;
        Err(ScimError::new(StatusCode::NOT_IMPLEMENTED, "this is not offered here"))
    };
    settle(answered.await)
}

/// What there is nowhere. Whoever has no token learns nothing of what there is.
async fn nothing(at: At, visit: Visit, headers: HeaderMap) -> Response {
    let answered = async {
        Caller::of(&at.bearers, &headers, &visit).await?;
        Err(Fault::NotFound.into())
    };
    settle(answered.await)
}

/// A request whose caller is known, with what it holds.
pub(crate) struct Asked {
    pub(crate) caller: Caller,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Option<String>,
}

impl Asked {
    pub(crate) async fn of(door: &Door, visit: &Visit, request: Request) -> Result<(Self, Body), ScimError> {
        let caller = Caller::of(&door.bearers, request.headers(), visit).await?;
        headers::acceptable(request.headers())?;
        let (parts, body) = request.into_parts();
        let asked = Self {
            caller,
            headers: parts.headers,
            query: parts.uri.query().map(str::to_owned),
        };
        Ok((asked, body))
    }

    /// The JSON object it holds. It may hold a password: the octets are wiped.
    pub(crate) async fn json(&self, body: Body) -> Result<Value, ScimError> {
        headers::is_json(&self.headers)?;
        let octets: Secret = body::whole_up_to(body, LARGEST_BODY).await?;
        Ok(json::read(octets.expose())?)
    }
}

impl Door {
    /// How ids are read.
    pub(crate) fn offer(&self) -> Offer {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Offer {
            change_password: true,
            max_results: number(self.settings.max_results),
            page_size: number(self.settings.page_size),
            documentation: None,
        }
    }
}

/// Carries a change through to its end: a client that hangs up in the middle leaves nothing half done.
pub(crate) async fn carried(door: &Door, change: impl Future<Output = Answered> + Send + 'static) -> Response {
    match door.tasks.spawn(change).await {
        Ok(answered) => settle(answered),
        Err(_) => ScimError::from(Fault::Broken).answer(),
    }
}

/// An answer, whichever way it went.
pub(crate) fn settle(answered: Answered) -> Response {
    answered.unwrap_or_else(ScimError::answer)
}

/// A document.
pub(crate) fn document(status: StatusCode, document: &Value) -> Response {
    let mut response = Response::new(Body::from(document.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
    response
}

#[cfg(test)]
mod tests;
