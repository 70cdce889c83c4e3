//! One resource: made, read, replaced, patched, removed (RFC 7644 §3.3 to §3.6).

use super::search::projection_of_query;
use super::{Asked, At, Door, carried, document, settle};
use crate::error::ScimError;
use crate::headers::{Condition, if_match, if_none_match};
use crate::json::{self, Projection, show};
use crate::patch::Patch;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::response::Response;
use http::StatusCode;
use http::header::{ETAG, HeaderMap, HeaderName, HeaderValue, LOCATION};
use postern_identity::provisioning::{
    Edit, EditFault, EditFaultKind, MembersChange, ProvisioningError, Resource, ResourceId, ResourceKind, Version,
    Wanted,
};
use postern_web::Visit;
use serde_json::Value;
use std::sync::Arc;

const PREFER: HeaderName = HeaderName::from_static("prefer");

/// POST.
pub(super) async fn create(at: At, kind: ResourceKind, visit: Visit, request: Request) -> Response {
    let (asked, body) = match sent(&at, kind, &visit, request).await {
        Ok(sent) => sent,
        Err(fault) => return fault.answer(),
    };
    let door = Arc::clone(&at);
    let change = async move {
        let types = at.directory.types().of(kind);
        let projection = projection_of_query(asked.query.as_deref(), types)?;
        let incoming = json::resource(body, types, at.settings.strictness)?;
        let members = ids(&at, &incoming.members.unwrap_or_default())?;
        let edit = Edit {
            attributes: incoming.attributes,
            password: incoming.password,
            members: MembersChange {
                add: members,
                ..MembersChange::default()
            },
        };
        let made = at.directory.create(asked.caller.actor(), kind, edit).await;
        at.lists.written();
        let made = anew(&at, &asked, made?, &projection).await;
        let mut response = shown(&at, StatusCode::CREATED, &made, &projection);
        if let Ok(location) = HeaderValue::try_from(location(&at, &made)) {
            response.headers_mut().insert(LOCATION, location);
        }
        Ok(response)
    };
    carried(&door, change).await
}

/// GET.
pub(super) async fn read(at: At, kind: ResourceKind, visit: Visit, id: Path<String>, request: Request) -> Response {
    let answered = async {
        let (asked, _) = Asked::of(&at, &visit, request).await?;
        asked.caller.may_read(Some(kind))?;
        let types = at.directory.types().of(kind);
        let projection = projection_of_query(asked.query.as_deref(), types)?;
        let known = if_none_match(&asked.headers)?;
        let id = one(&at, &id)?;
        let wanted = projection.wanted(types);
        let resource = at.directory.read(asked.caller.actor(), kind, id, &wanted).await?;
        if known.is_some_and(|known| known.holds(&resource.version)) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            tag(response.headers_mut(), &resource.version);
            return Ok(response);
        }
        Ok(shown(&at, StatusCode::OK, &resource, &projection))
    };
    settle(answered.await)
}

/// PUT. It never makes anything.
pub(super) async fn replace(at: At, kind: ResourceKind, visit: Visit, id: Path<String>, request: Request) -> Response {
    let (asked, body) = match sent(&at, kind, &visit, request).await {
        Ok(sent) => sent,
        Err(fault) => return fault.answer(),
    };
    let door = Arc::clone(&at);
    let change = async move {
        let types = Arc::clone(at.directory.types());
        let types = types.of(kind);
        let projection = projection_of_query(asked.query.as_deref(), types)?;
        let id = one(&at, &id)?;
        let expected = if_match(&asked.headers)?;
        let wish = |resource: &Resource| {
            let incoming = json::resource(body.clone(), types, at.settings.strictness)?;
            incoming.onto(resource, types, &|text| at.directory.id(text))
        };
        let changed = at
            .directory
            .edit(
                asked.caller.actor(),
                (kind, id),
                versions(expected.as_ref()),
                false,
                &wish,
            )
            .await;
        at.lists.written();
        let changed = anew(&at, &asked, changed?, &projection).await;
        Ok(shown(&at, StatusCode::OK, &changed, &projection))
    };
    carried(&door, change).await
}

/// PATCH.
pub(super) async fn patch(at: At, kind: ResourceKind, visit: Visit, id: Path<String>, request: Request) -> Response {
    let (asked, body) = match sent(&at, kind, &visit, request).await {
        Ok(sent) => sent,
        Err(fault) => return fault.answer(),
    };
    let door = Arc::clone(&at);
    let change = async move {
        let types = Arc::clone(at.directory.types());
        let types = types.of(kind);
        let projection = projection_of_query(asked.query.as_deref(), types)?;
        let id = one(&at, &id)?;
        let expected = if_match(&asked.headers)?;
        let patch = Patch::read(body, types, at.settings.strictness)?;
        let read_id = |text: &str| at.directory.id(text);
        let answers = answers_with_body(kind, &asked);
        let members = match expected {
            // Whoever names a state wants it compared: that needs the group read.
            None => patch.members_alone(&read_id)?,
            Some(_) => None,
        };
        if let Some(change) = members {
            let changed = at.directory.change_members(asked.caller.actor(), id, &change).await;
            at.lists.written();
            changed?;
            if !answers {
                return Ok(nothing());
            }
            let wanted = projection.wanted(types);
            let read = at.directory.read(asked.caller.actor(), kind, id, &wanted).await;
            // It is done, whether it can be seen now or not.
            return Ok(read.map_or_else(
                |_| nothing(),
                |resource| shown(&at, StatusCode::OK, &resource, &projection),
            ));
        }
        let wish = |resource: &Resource| patch.apply(resource, types, &read_id);
        let changed = at
            .directory
            .edit(
                asked.caller.actor(),
                (kind, id),
                versions(expected.as_ref()),
                patch.needs_members(),
                &wish,
            )
            .await;
        at.lists.written();
        let changed = changed?;
        if !answers {
            let mut response = nothing();
            tag(response.headers_mut(), &changed.version);
            return Ok(response);
        }
        let changed = anew(&at, &asked, changed, &projection).await;
        Ok(shown(&at, StatusCode::OK, &changed, &projection))
    };
    carried(&door, change).await
}

/// DELETE.
pub(super) async fn delete(at: At, kind: ResourceKind, visit: Visit, id: Path<String>, request: Request) -> Response {
    let asked = match allowed(&at, kind, &visit, request).await {
        Ok((asked, _)) => asked,
        Err(fault) => return fault.answer(),
    };
    let door = Arc::clone(&at);
    let change = async move {
        let expected = if_match(&asked.headers)?;
        let id = one(&at, &id)?;
        let removed = at
            .directory
            .delete(asked.caller.actor(), kind, id, versions(expected.as_ref()))
            .await;
        at.lists.written();
        removed?;
        Ok(nothing())
    };
    carried(&door, change).await
}

/// Whoever may write this kind, and what was sent: read to its end before anything is begun, so that no change waits for a client.
async fn sent(door: &Door, kind: ResourceKind, visit: &Visit, request: Request) -> Result<(Asked, Value), ScimError> {
    let (asked, body) = allowed(door, kind, visit, request).await?;
    let body = asked.json(body).await?;
    Ok((asked, body))
}

async fn allowed(door: &Door, kind: ResourceKind, visit: &Visit, request: Request) -> Result<(Asked, Body), ScimError> {
    let (asked, body) = Asked::of(door, visit, request).await?;
    asked.caller.may_write(kind)?;
    Ok((asked, body))
}

/// Users are answered with, groups are not unless somebody wants them: they may be large (RFC 7644 §3.5.2).
fn answers_with_body(kind: ResourceKind, asked: &Asked) -> bool {
    let prefers = |wanted: &str| {
        let mut lines = asked
            .headers
            .get_all(&PREFER)
            .iter()
            .filter_map(|line| line.to_str().ok());
        lines.any(|line| {
            line.split([',', ';'])
                .any(|part| part.trim().eq_ignore_ascii_case(wanted))
        })
    };
    let names = |query: &str| {
        query
            .split('&')
            .any(|pair| pair.starts_with("attributes=") || pair.starts_with("excludedAttributes="))
    };
    asked.query.as_deref().is_some_and(names)
        || prefers("return=representation")
        || (kind == ResourceKind::User && !prefers("return=minimal"))
}

/// The resource with what a caller wants to see beside what a change answers: members, and what is shown on request.
async fn anew(door: &Door, asked: &Asked, resource: Resource, projection: &Projection) -> Resource {
    let wanted = projection.wanted(door.directory.types().of(resource.kind));
    let beyond = wanted.keys.is_some() || (resource.kind == ResourceKind::Group && wanted.members);
    if !beyond || wanted == Wanted::nothing() {
        return resource;
    }
    let read = door
        .directory
        .read(asked.caller.actor(), resource.kind, resource.id, &wanted)
        .await;
    // It was done, and is gone again or cannot be seen now: what we know of it is the answer, and no fault is.
    read.unwrap_or(resource)
}

fn one(door: &Door, id: &str) -> Result<ResourceId, ScimError> {
    Ok(door.directory.id(id).ok_or(ProvisioningError::NotFound)?)
}

fn ids(door: &Door, texts: &[String]) -> Result<Vec<ResourceId>, ScimError> {
    let unknown = || EditFault::new(EditFaultKind::InvalidValue, "a member is no resource here");
    let ids: Option<Vec<ResourceId>> = texts.iter().map(|text| door.directory.id(text)).collect();
    Ok(ids.ok_or_else(unknown)?)
}

fn versions(expected: Option<&Condition>) -> Option<&[Version]> {
    expected.and_then(Condition::versions)
}

fn location(door: &Door, resource: &Resource) -> String {
    let id = door.directory.id_text(resource.id);
    format!("{}/{}s/{id}", door.settings.base_url, resource.kind.as_str())
}

fn shown(door: &Door, status: StatusCode, resource: &Resource, projection: &Projection) -> Response {
    let types = door.directory.types().of(resource.kind);
    let id = door.directory.id_text(resource.id);
    let mut response = document(status, &show(resource, &id, types, projection, &door.settings.base_url));
    tag(response.headers_mut(), &resource.version);
    response
}

fn tag(headers: &mut HeaderMap, version: &Version) {
    if let Ok(value) = HeaderValue::try_from(format!("W/\"{version}\"")) {
        headers.insert(ETAG, value);
    }
}

fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
