//! From what went wrong to the wire (RFC 7644 §3.12): one table. No DN, host or text of a directory is in any of it.

use crate::wire::{WireFault, WireFaultKind};
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use postern_identity::PasswordRule;
use postern_identity::provisioning::{EditFault, EditFaultKind, ProvisioningError};
use postern_identity::reset::Refused;
use postern_web::{Fault, RequestId};
use serde_json::json;
use std::borrow::Cow;

/// What every body of ours is.
pub const SCIM_JSON: &str = "application/scim+json";
/// RFC 7644 §3.12.
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// An error as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimError {
    /// The status.
    pub status: StatusCode,
    /// RFC 7644 table 9.
    pub scim_type: Option<&'static str>,
    /// For whoever wrote the client.
    pub detail: Cow<'static, str>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ScimError {
    /// Without a scimType.
    pub fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            scim_type: None,
            detail: detail.into(),
            headers: Vec::new(),
        }
    }

    /// 400 with a scimType.
    pub fn bad(scim_type: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            scim_type: Some(scim_type),
            ..Self::new(StatusCode::BAD_REQUEST, detail)
        }
    }

    fn typed(mut self, scim_type: &'static str) -> Self {
        self.scim_type = Some(scim_type);
        self
    }

    fn after(mut self, seconds: u64) -> Self {
        self.headers.push((RETRY_AFTER, HeaderValue::from(seconds)));
        self
    }

    /// As a response.
    pub fn answer(self) -> Response {
        let mut document = json!({
            "schemas": [ERROR],
            "status": self.status.as_u16().to_string(),
            "detail": self.detail,
        });
        if let (Some(scim_type), Some(members)) = (self.scim_type, document.as_object_mut()) {
            members.insert("scimType".to_owned(), scim_type.into());
        }
        let mut response = Response::new(Body::from(document.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}

/// What a fault before the door is on this door's wire, with what may be done instead where that was said.
pub fn of_edge(fault: Fault) -> Response {
    ScimError::from(fault).answer()
}

impl From<Fault> for ScimError {
    fn from(fault: Fault) -> Self {
        let status = fault.status();
        let detail = match fault {
            Fault::Malformed(part) => return Self::bad("invalidSyntax", format!("{part} cannot be read")),
            Fault::NoToken { .. } => "a bearer token is needed",
            Fault::NoScope => "the token may not do this",
            Fault::NotOurForm => "this cannot be done here",
            Fault::NotFound => "there is no such endpoint",
            Fault::WrongMethod => "this method cannot be used here",
            Fault::TooLarge => "the request is too large",
            Fault::AddressTooLong => "the address is too long; POST to .search takes longer filters",
            Fault::WrongMediaType => "the body has to be application/scim+json or application/json, in UTF-8",
            Fault::NoSuchSite => "no site is called so here",
            Fault::TooMany { .. } => "too many requests; come back later",
            Fault::Broken => "something went wrong",
            Fault::Unavailable => "it cannot be done now; come back later",
        };
        // The challenge and when to come back stand in the fault's own answer.
        let problem = fault.problem().answer(RequestId::NONE);
        let kept = [WWW_AUTHENTICATE, RETRY_AFTER, ALLOW];
        let headers = kept
            .into_iter()
            .filter_map(|name| problem.headers().get(&name).cloned().map(|value| (name, value)));
        let mut error = Self {
            headers: headers.collect(),
            ..Self::new(status, detail)
        };
        if fault == Fault::Unavailable {
            error = error.after(5);
        }
        error
    }
}

impl From<EditFault> for ScimError {
    fn from(fault: EditFault) -> Self {
        Self::bad(scim_type(fault.kind), fault.detail)
    }
}

fn scim_type(kind: EditFaultKind) -> &'static str {
    match kind {
        EditFaultKind::InvalidValue => "invalidValue",
        EditFaultKind::Mutability => "mutability",
        EditFaultKind::InvalidPath => "invalidPath",
        EditFaultKind::NoTarget => "noTarget",
        EditFaultKind::InvalidSyntax => "invalidSyntax",
        EditFaultKind::InvalidFilter => "invalidFilter",
    }
}

impl From<WireFault> for ScimError {
    fn from(fault: WireFault) -> Self {
        let scim_type = match fault.kind {
            WireFaultKind::Filter => "invalidFilter",
            WireFaultKind::Path => "invalidPath",
        };
        Self::bad(scim_type, fault.detail)
    }
}

impl From<ProvisioningError> for ScimError {
    fn from(error: ProvisioningError) -> Self {
        use ProvisioningError as E;
        match error {
            E::NotFound => Self::new(StatusCode::NOT_FOUND, "there is no such resource"),
            E::Taken { attribute } => {
                Self::new(StatusCode::CONFLICT, format!("another resource has this {attribute}")).typed("uniqueness")
            }
            E::Changed => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "the resource is not in the state that If-Match names",
            ),
            E::Contended => Self::new(
                StatusCode::CONFLICT,
                "others kept changing the resource at the same moment; try again",
            )
            .after(1),
            E::Edit(fault) => fault.into(),
            E::Federated { page } => Self::bad(
                "mutability",
                match page {
                    Some(page) => format!("the password belongs to a provider and is changed there: {page}"),
                    None => "the password belongs to a provider and is changed there".to_owned(),
                },
            ),
            E::OwnerUnknown => Self::bad("mutability", "nobody knows whose this password is, so it is not written"),
            E::Password(refusal) => Self::bad("invalidValue", password_words(refusal.rule)),
            E::NotPossible => Self::bad("mutability", "the directory has no such change"),
            E::TooMany => Self::bad("tooMany", "more than can be looked at; narrow the filter"),
            E::HasEntriesBelow => Self::new(StatusCode::CONFLICT, "other entries lie below this one"),
            E::NoScope => Self::new(StatusCode::FORBIDDEN, "the token may not do this"),
            E::NotAllowed => Self::new(
                StatusCode::FORBIDDEN,
                "the gateway's own account may not do this in the directory",
            ),
            E::Refused { code } => Self::new(StatusCode::BAD_REQUEST, format!("the directory refused it (result {code})"))
                .typed("invalidValue"),
            E::TooSlow => Self::new(StatusCode::GATEWAY_TIMEOUT, "the directory took too long; nothing was changed").after(5),
            E::OutcomeUnknown => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the directory did not answer: the change may have been made, in part or as a whole, or not; read the resource before trying again",
            )
            .after(5),
            E::Unavailable => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the directory cannot be reached; nothing was changed",
            )
            .after(5),
        }
    }
}

/// Never the directory's own words.
pub(crate) fn password_words(rule: Option<PasswordRule>) -> &'static str {
    match rule {
        Some(PasswordRule::TooShort) => "the password is too short for the directory",
        Some(PasswordRule::TooLong) => "the password is too long for the directory",
        Some(PasswordRule::TooYoung) => "the present password has not been in use long enough",
        Some(PasswordRule::History) => "the password, or one like it, was used before",
        Some(PasswordRule::Quality) => "the password is too simple, or too like the account's own name",
        Some(PasswordRule::Dictionary) => "the password is in a list of words or of leaked passwords",
        Some(PasswordRule::Policy) => "the password breaks a rule of the directory: length, history or quality",
        Some(PasswordRule::Transport) => "the directory takes passwords over protected connections alone",
        Some(PasswordRule::Forbidden | PasswordRule::WrongOld | PasswordRule::OldNeeded) | None => {
            "the directory did not take the password"
        }
    }
}

/// What self-service refuses.
impl From<Refused> for ScimError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooMany { after } => Fault::TooMany { after }.into(),
            Refused::Unavailable => Fault::Unavailable.into(),
            Refused::Unusable(_) => Self::bad("invalidValue", "a value cannot be used"),
            Refused::NotAllowed => Fault::NoScope.into(),
            _ => Self::new(StatusCode::FORBIDDEN, "this is not offered here, or not now"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::PasswordRefusal;
    use std::time::Duration;

    async fn body(response: Response) -> serde_json::Value {
        use http_body_util::BodyExt as _;
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    #[tokio::test]
    async fn every_fault_before_the_door_is_a_scim_error_with_its_headers() {
        for fault in [
            Fault::Malformed("the address"),
            Fault::NoToken { shown: false },
            Fault::NoToken { shown: true },
            Fault::NoScope,
            Fault::NotFound,
            Fault::WrongMethod,
            Fault::TooLarge,
            Fault::AddressTooLong,
            Fault::WrongMediaType,
            Fault::TooMany {
                after: Duration::from_millis(1_500),
            },
            Fault::Broken,
            Fault::Unavailable,
        ] {
            let response = of_edge(fault);
            assert_eq!(response.headers()[CONTENT_TYPE], SCIM_JSON, "{fault:?}");
            let status = response.status();
            assert_eq!(status, fault.status(), "{fault:?}");
            assert_eq!(
                response.headers().contains_key(WWW_AUTHENTICATE),
                matches!(status.as_u16(), 401 | 403),
                "{fault:?}"
            );
            assert_eq!(
                response.headers().contains_key(RETRY_AFTER),
                matches!(status.as_u16(), 429 | 503),
                "{fault:?}"
            );
            let said = body(response).await;
            assert_eq!(said["schemas"], json!([ERROR]));
            assert_eq!(said["status"], status.as_u16().to_string());
        }
    }

    #[tokio::test]
    async fn a_provider_s_password_is_refused_with_the_provider_s_page() {
        let page = Some("https://sso.example.com/forgot".into());
        let response = ScimError::from(ProvisioningError::Federated { page }).answer();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let said = body(response).await;
        assert_eq!(said["scimType"], "mutability");
        assert!(
            said["detail"]
                .as_str()
                .unwrap()
                .contains("https://sso.example.com/forgot")
        );
    }

    #[test]
    fn what_is_not_known_to_be_undone_is_not_called_undone() {
        let unknown = ScimError::from(ProvisioningError::OutcomeUnknown);
        assert_eq!(unknown.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(unknown.detail.contains("may have been made"));
        let away = ScimError::from(ProvisioningError::Unavailable);
        assert!(away.detail.contains("nothing was changed"));
    }

    #[test]
    fn a_refused_password_is_refused_in_words_of_ours() {
        for rule in PasswordRule::ALL.into_iter().map(Some).chain([None]) {
            let refusal = PasswordRefusal {
                rule,
                result_code: 19,
                told_by: "text",
            };
            let error = ScimError::from(ProvisioningError::Password(refusal));
            assert_eq!(error.scim_type, Some("invalidValue"));
        }
    }
}
