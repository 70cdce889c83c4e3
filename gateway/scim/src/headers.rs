//! What a request says of itself: its form, the form it wants, the state it knows (RFC 7644 §3.8, §3.14).

use crate::error::ScimError;
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};
use postern_identity::provisioning::Version;
use postern_web::Fault;
use std::sync::Arc;

/// The most versions one header names.
const MOST_VERSIONS: usize = 64;

/// What `If-Match` and `If-None-Match` name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Whatever it is (`*`).
    Any,
    /// One of these.
    OneOf(Vec<Version>),
}

/// Refuses whoever wants nothing that we can give.
pub(crate) fn acceptable(headers: &HeaderMap) -> Result<(), ScimError> {
    let mut wanted = headers.get_all(ACCEPT).iter().peekable();
    if wanted.peek().is_none() {
        return Ok(());
    }
    let fits = |kind: &str| {
        matches!(
            kind,
            "*/*" | "application/*" | "application/scim+json" | "application/json"
        )
    };
    for line in wanted {
        let Ok(line) = line.to_str() else { continue };
        for range in line.split(',') {
            let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
            let kind = parts.next().unwrap_or_default();
            let refused = parts.any(|part| matches!(part.as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
            if (fits(&kind) || kind.is_empty()) && !refused {
                return Ok(());
            }
        }
    }
    Err(ScimError::new(
        StatusCode::NOT_ACCEPTABLE,
        "answers are application/scim+json",
    ))
}

/// Refuses a body that is not JSON in UTF-8.
pub(crate) fn is_json(headers: &HeaderMap) -> Result<(), ScimError> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(said), None) = (types.next(), types.next()) else {
        return Err(Fault::WrongMediaType.into());
    };
    let said = said.to_str().unwrap_or_default().to_ascii_lowercase();
    let (kind, parameters) = said.split_once(';').unwrap_or((&said, ""));
    let fits = matches!(kind.trim(), "application/scim+json" | "application/json");
    let mut parameters = parameters
        .split(';')
        .map(str::trim)
        .filter(|parameter| !parameter.is_empty());
    let readable = parameters.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim() == "charset" => matches!(value.trim().trim_matches('"'), "utf-8" | "utf8"),
        _ => true,
    });
    if fits && readable && !headers.contains_key(CONTENT_ENCODING) {
        Ok(())
    } else {
        Err(Fault::WrongMediaType.into())
    }
}

/// The states in which a change may be made.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<Condition>, ScimError> {
    condition(headers, &IF_MATCH)
}

/// The states that need not be sent again.
pub(crate) fn if_none_match(headers: &HeaderMap) -> Result<Option<Condition>, ScimError> {
    condition(headers, &IF_NONE_MATCH)
}

/// Weak or strong: what we send is weak, and compared as it stands (RFC 7644 §3.14).
fn condition(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Condition>, ScimError> {
    let unreadable = || ScimError::bad("invalidVers", format!("{name} is no list of entity tags"));
    let mut versions = Vec::new();
    let mut is_there = false;
    for line in headers.get_all(name) {
        is_there = true;
        for tag in line.to_str().map_err(|_| unreadable())?.split(',') {
            let tag = tag.trim();
            if tag == "*" {
                return Ok(Some(Condition::Any));
            }
            let opaque = tag.strip_prefix("W/").or_else(|| tag.strip_prefix("w/")).unwrap_or(tag);
            let opaque = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let opaque = opaque.filter(|opaque| !opaque.contains('"')).ok_or_else(unreadable)?;
            if versions.len() >= MOST_VERSIONS {
                return Err(unreadable());
            }
            versions.push(Version(Arc::from(opaque)));
        }
    }
    Ok(is_there.then_some(Condition::OneOf(versions)))
}

impl Condition {
    /// The versions it names; none where any will do.
    pub(crate) fn versions(&self) -> Option<&[Version]> {
        match self {
            Self::Any => None,
            Self::OneOf(versions) => Some(versions),
        }
    }

    /// Whether this state is among them.
    pub(crate) fn holds(&self, version: &Version) -> bool {
        self.versions().is_none_or(|versions| versions.contains(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    }

    #[test]
    fn what_programs_accept_is_read_as_they_mean_it() {
        for value in [
            "application/scim+json",
            "application/json",
            "*/*",
            "text/html, application/*;q=0.8",
            "application/scim+json; charset=utf-8",
            "Application/SCIM+JSON",
        ] {
            assert!(acceptable(&with(ACCEPT, value)).is_ok(), "{value}");
        }
        assert!(acceptable(&HeaderMap::new()).is_ok());
        for value in ["text/html", "application/xml", "application/json;q=0"] {
            let refused = acceptable(&with(ACCEPT, value)).unwrap_err();
            assert_eq!(refused.status, StatusCode::NOT_ACCEPTABLE, "{value}");
        }
    }

    #[test]
    fn a_body_is_json_in_utf_8_or_nothing() {
        for value in [
            "application/scim+json",
            "application/json; charset=utf-8",
            "application/scim+json;charset=\"UTF-8\"",
        ] {
            assert!(is_json(&with(CONTENT_TYPE, value)).is_ok(), "{value}");
        }
        for value in [
            "text/plain",
            "application/json; charset=utf-16",
            "application/xml",
            "application/scim+json;charset=latin1",
        ] {
            assert_eq!(
                is_json(&with(CONTENT_TYPE, value)).unwrap_err().status,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "{value}"
            );
        }
        assert!(is_json(&HeaderMap::new()).is_err());
    }

    #[test]
    fn states_are_compared_without_regard_to_their_weakness() {
        let version = Version("20261122-1".into());
        for value in ["W/\"20261122-1\"", "\"20261122-1\"", "W/\"a\", \"20261122-1\"", "*"] {
            assert!(
                if_match(&with(IF_MATCH, value)).unwrap().unwrap().holds(&version),
                "{value}"
            );
        }
        assert!(!if_match(&with(IF_MATCH, "\"other\"")).unwrap().unwrap().holds(&version));
        assert_eq!(if_match(&HeaderMap::new()).unwrap(), None);
        for value in ["20261122-1", "W/20261122", "\"a", ""] {
            assert!(if_match(&with(IF_MATCH, value)).is_err(), "{value}");
        }
    }
}
