//! Language and colours, chosen by a form at the foot of every page.

use super::around::{Around, LANGUAGE, THEME};
use super::halt::Halt;
use super::page::Theme;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{HeaderValue, LOCATION};
use postern_web::{Fault, Fields};
use std::time::Duration;

const YEAR: Duration = Duration::from_hours(365 * 24);

/// `/language`
pub(super) async fn language(around: Around, body: Body) -> Result<Response, Halt> {
    let fields = around.form(body, &["language", "back"]).await?;
    let offered = around.portal.brand.languages();
    let chosen = fields
        .text("language")
        .and_then(|tag| crate::words::of_tag(tag, offered));
    let chosen = chosen.ok_or(Halt::Fault(Fault::Malformed("the language")))?;
    let mut response = back(&fields)?;
    LANGUAGE.set(response.headers_mut(), chosen.tag(), Some(YEAR));
    Ok(response)
}

/// `/theme`
pub(super) async fn theme(around: Around, body: Body) -> Result<Response, Halt> {
    let fields = around.form(body, &["theme", "back"]).await?;
    let theme = Theme::of(fields.text("theme"));
    let mut response = back(&fields)?;
    THEME.set(response.headers_mut(), theme.as_str(), Some(YEAR));
    Ok(response)
}

/// To the page the form stood on: a path of ours, of letters that lead nowhere else.
fn back(fields: &Fields) -> Result<Response, Halt> {
    let path = fields.text("back").unwrap_or("/");
    let ours = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 300
        && path
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'/' | b'-' | b'_'));
    let path = if ours { path } else { "/" };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::from_str(path).map_err(|_| Halt::Fault(Fault::Malformed("the path")))?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}
