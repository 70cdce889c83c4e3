//! The pages: each handler asks self-service one thing and shows what it was told. What comes next is always read from how the context stands, never
//! from the page somebody came from.

mod around;
mod change;
mod done;
mod files;
mod halt;
mod link;
mod page;
mod password;
mod preferences;
mod provider;
mod request;
mod sent;
mod start;
mod texts;
mod unlock;

use crate::portal::Inner as Portal;
use around::Around;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use halt::Halt;
use http::HeaderMap;
use postern_web::{Fault, Visit};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Every address there is. GET and HEAD change nothing, wherever they lead.
pub(crate) fn router(portal: Arc<Portal>) -> Router {
    Router::new()
        .route("/", get(handled(start::show)))
        .route(
            "/reset",
            get(handled(request::reset)).post(handled(request::send_reset)),
        )
        .route(
            "/unlock",
            get(handled(request::unlock)).post(handled(request::send_unlock)),
        )
        .route("/name", get(handled(request::name)).post(handled(request::send_name)))
        .route("/reset/sent", get(handled(sent::show)))
        .route("/reset/code", post(handled(sent::prove)))
        .route("/reset/again", post(handled(sent::again)))
        .route("/reset/longer", post(handled(sent::longer)))
        .route("/reset/cancel", post(handled(sent::cancel)))
        .route(
            "/reset/l/{token}",
            get(handled(link::landing)).post(handled(link::follow)),
        )
        .route(
            "/reset/not-me/{token}",
            get(handled(link::ask_not_me)).post(handled(link::not_me)),
        )
        .route(
            "/reset/password",
            get(handled(password::show)).post(handled(password::execute)),
        )
        .route("/unlock/now", get(handled(unlock::show)).post(handled(unlock::execute)))
        .route("/reset/done", get(handled(done::show)))
        .route("/change", get(handled(change::show)).post(handled(change::execute)))
        .route("/provider/{name}", get(handled(provider::show)))
        .route("/enroll", get(handled(start::not_offered)))
        .route("/help", get(handled(texts::help)))
        .route("/privacy", get(handled(texts::privacy)))
        .route("/accessibility", get(handled(texts::accessibility)))
        .route("/language", post(handled(preferences::language)))
        .route("/theme", post(handled(preferences::theme)))
        .route("/.well-known/change-password", get(handled(files::change_password)))
        .route("/style.css", get(handled(files::style)))
        .route("/script.js", get(handled(files::script)))
        .route("/icon.svg", get(handled(files::icon)))
        .route("/logo.svg", get(handled(files::logo)))
        .route("/logo-dark.svg", get(handled(files::logo_dark)))
        .route("/manifest.webmanifest", get(handled(files::manifest)))
        .with_state(portal)
}

/// The page of a fault.
pub(crate) fn fault(portal: &Arc<Portal>, visit: &Visit, headers: &HeaderMap, fault: Fault) -> Response {
    let around = Around::of_headers(Arc::clone(portal), visit.clone(), headers.clone());
    halt::fault(&around, fault)
}

type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler for axum, of a function that may stop halfway with something to be told instead.
fn handled<H, F>(handler: H) -> impl Fn(State<Arc<Portal>>, Visit, Request) -> Answering + Clone + Send + Sync + 'static
where
    H: Fn(Around, Body) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<Response, Halt>> + Send + 'static,
{
    move |State(portal): State<Arc<Portal>>, visit: Visit, request: Request| {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let around = Around::new(portal, visit, parts);
            match handler(around.clone(), body).await {
                Ok(response) => response,
                Err(halt) => halt::page(&around, halt),
            }
        })
    }
}
