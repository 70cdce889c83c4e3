//! What there is (RFC 7644 §4).

use super::{Asked, At, document, settle};
use crate::documents;
use crate::error::ScimError;
use axum::extract::{Path, Request};
use axum::response::Response;
use http::StatusCode;
use postern_web::{Fault, Fields, Visit};
use serde_json::{Value, json};

/// `/ServiceProviderConfig`.
pub(super) async fn config(at: At, visit: Visit, request: Request) -> Response {
    let answered = async {
        looked(&at, &visit, request).await?;
        let config = documents::service_provider_config(&at.offer(), &at.settings.base_url);
        Ok(document(StatusCode::OK, &config))
    };
    settle(answered.await)
}

/// `/Schemas`.
pub(super) async fn schemas(at: At, visit: Visit, request: Request) -> Response {
    let answered = async {
        looked(&at, &visit, request).await?;
        Ok(list(&documents::schemas(at.directory.types(), &at.settings.base_url)))
    };
    settle(answered.await)
}

/// `/Schemas/{urn}`.
pub(super) async fn schema(at: At, visit: Visit, urn: Path<String>, request: Request) -> Response {
    let answered = async {
        looked(&at, &visit, request).await?;
        one(documents::schema(at.directory.types(), &urn, &at.settings.base_url))
    };
    settle(answered.await)
}

/// `/ResourceTypes`.
pub(super) async fn types(at: At, visit: Visit, request: Request) -> Response {
    let answered = async {
        looked(&at, &visit, request).await?;
        Ok(list(&documents::resource_types(
            at.directory.types(),
            &at.settings.base_url,
        )))
    };
    settle(answered.await)
}

/// `/ResourceTypes/{name}`.
pub(super) async fn resource_type(at: At, visit: Visit, name: Path<String>, request: Request) -> Response {
    let answered = async {
        looked(&at, &visit, request).await?;
        one(documents::resource_type(
            at.directory.types(),
            &name,
            &at.settings.base_url,
        ))
    };
    settle(answered.await)
}

/// Whoever may look may see this, and nobody may filter it (RFC 7644 §4).
async fn looked(at: &At, visit: &Visit, request: Request) -> Result<(), ScimError> {
    let (asked, _) = Asked::of(at, visit, request).await?;
    asked.caller.may_read(None)?;
    let query = Fields::of_query(asked.query.as_deref().unwrap_or_default(), &["filter"])?;
    if query.text("filter").is_some() {
        return Err(ScimError::new(
            StatusCode::FORBIDDEN,
            "what describes the service cannot be filtered",
        ));
    }
    Ok(())
}

fn one(found: Option<Value>) -> Result<Response, ScimError> {
    let found = found.ok_or(Fault::NotFound)?;
    Ok(document(StatusCode::OK, &found))
}

fn list(resources: &[Value]) -> Response {
    let count = resources.len();
    document(
        StatusCode::OK,
        &json!({
            "schemas": [super::search::LIST_RESPONSE],
            "totalResults": count,
            "startIndex": 1,
            "itemsPerPage": count,
            "Resources": resources,
        }),
    )
}
