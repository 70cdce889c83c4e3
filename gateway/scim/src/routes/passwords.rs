//! Requests about passwords and names (draft-hunt-scim-password-mgmt-00 §4): what they bring about goes to the person's own mailbox, and the answer is the same
//! for everybody, known or not.

use super::{Asked, At, Door, document, settle};
use crate::error::{ScimError, password_words};
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use postern_identity::Secret;
use postern_identity::provisioning::{Against, ResourceId};
use postern_identity::reset::{Action, By, Caller, Finding, Identifier, Request as Resetting};
use postern_web::Visit;
use serde_json::{Map, Value, json};

const RESET: &str = "urn:ietf:params:scim:schemas:core:2.0:password:PasswordResetRequest";
const RECOVER: &str = "urn:ietf:params:scim:schemas:core:2.0:password:UsernameRecoverRequest";
const VALIDATE: &str = "urn:ietf:params:scim:schemas:core:2.0:password:PasswordValidateRequest";

/// `/PasswordResetRequests`: a message with a link goes to whoever is meant.
pub(super) async fn reset(at: At, visit: Visit, request: Request) -> Response {
    let answered = async {
        let (asked, body) = Asked::of(&at, &visit, request).await?;
        asked.caller.may_password()?;
        let members = object(asked.json(body).await?)?;
        if member(&members, "password").is_some() || member(&members, "challenges").is_some() {
            let detail = "passwords are reset by their owners alone: send userName, and they get a message";
            return Err(ScimError::bad("invalidValue", detail));
        }
        let name = text(&members, "userName")?;
        begin(&at, &visit, &asked, Action::Reset, name).await?;
        Ok(document(
            StatusCode::OK,
            &json!({ "schemas": [RESET], "userName": name }),
        ))
    };
    settle(answered.await)
}

/// `/UsernameRecoverRequests`: the names go to the mailbox, and nowhere else.
pub(super) async fn recover(at: At, visit: Visit, request: Request) -> Response {
    let answered = async {
        let (asked, body) = Asked::of(&at, &visit, request).await?;
        asked.caller.may_password()?;
        let members = object(asked.json(body).await?)?;
        let mail = text(&members, "email")?;
        begin(&at, &visit, &asked, Action::Reminder, mail).await?;
        Ok(document(
            StatusCode::OK,
            &json!({ "schemas": [RECOVER], "email": mail }),
        ))
    };
    settle(answered.await)
}

/// `/PasswordValidateRequests`: as far as can be told without writing it, which the answer says.
pub(super) async fn validate(at: At, visit: Visit, request: Request) -> Response {
    let answered = async {
        let (asked, body) = Asked::of(&at, &visit, request).await?;
        asked.caller.may_password()?;
        let members = object(asked.json(body).await?)?;
        let password = Secret::new(text(&members, "password")?);
        let user = match member(&members, "$ref").or_else(|| member(&members, "ref")) {
            None => None,
            Some(reference) => Some(user_of(&at, reference)?),
        };
        let against = at.directory.validate(asked.caller.actor(), user, &password).await?;
        if !against.is_nothing() {
            return Err(ScimError::bad("invalidValue", why(&against)));
        }
        let detail = "partial: nothing is known against it; the directory may refuse it when it is written";
        Ok(document(
            StatusCode::OK,
            &json!({ "schemas": [VALIDATE], "detail": detail }),
        ))
    };
    settle(answered.await)
}

async fn begin(door: &Door, visit: &Visit, asked: &Asked, action: Action, name: &str) -> Result<(), ScimError> {
    let unusable = || ScimError::bad("invalidValue", "that can be nobody's name");
    let identifier = Identifier::parse(name).ok_or_else(unusable)?;
    let Some(service) = &door.self_service else {
        return Err(ScimError::new(StatusCode::FORBIDDEN, "this is not offered here"));
    };
    let caller = Caller {
        route: &door.settings.route,
        client: visit.client,
        language: "en",
        by: By::Program {
            token: asked.caller.name(),
            may_vouch: false,
        },
    };
    let request = Resetting {
        action,
        identifier,
        method: None,
        credential: None,
    };
    service.request(&caller, &request).await?;
    Ok(())
}

fn why(against: &Against) -> String {
    let findings = against.findings.iter().map(|finding| match finding {
        Finding::TooShort { .. } => "it is too short",
        Finding::TooLong { .. } => "it is too long",
        Finding::Leaked => "it has turned up in leaks",
        Finding::Context => "it holds a name of the person or the organisation",
        Finding::Weak => "it is easy to guess",
        Finding::NotText => "it is no text",
        Finding::Same => "it is the present one",
    });
    let rules = against.rules.iter().map(|rule| password_words(Some(*rule)));
    let all: Vec<&str> = findings.chain(rules).collect();
    format!("partial: {}", all.join("; "))
}

/// `https://host/scim/v2/Users/{id}`, `/Users/{id}` or `Users/{id}`.
fn user_of(door: &Door, reference: &Value) -> Result<ResourceId, ScimError> {
    let id = reference
        .as_str()
        .and_then(|reference| reference.rsplit_once("Users/"))
        .map(|(_, id)| id);
    let id = id.and_then(|id| door.directory.id(id));
    id.ok_or_else(|| ScimError::bad("invalidValue", "$ref is no user here"))
}

fn object(body: Value) -> Result<Map<String, Value>, ScimError> {
    match body {
        Value::Object(members) => Ok(members),
        _ => Err(ScimError::bad("invalidSyntax", "a request is a JSON object")),
    }
}

/// Names without regard to case (RFC 7643 §2.1); null is nothing.
fn member<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    let found = members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value).filter(|value| !value.is_null())
}

fn text<'m>(members: &'m Map<String, Value>, name: &'static str) -> Result<&'m str, ScimError> {
    let found = member(members, name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty());
    found.ok_or_else(|| ScimError::bad("invalidValue", format!("{name} is needed, as text")))
}
