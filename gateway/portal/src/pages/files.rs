//! The files of the pages, all our own, and what other programs look for at a fixed place.

use super::around::{Around, go};
use super::halt::Halt;
use crate::brand::{Brand, Logo};
use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use postern_identity::reset::Refused;
use postern_web::Fault;
use serde_json::json;

/// `/.well-known/change-password` (W3C, "A Well-Known URL for Changing Passwords"): leads there, and is not the page itself.
pub(super) async fn change_password(_: Around, _: Body) -> Result<Response, Halt> {
    Ok(go("/change"))
}

/// `/style.css`
pub(super) async fn style(around: Around, _: Body) -> Result<Response, Halt> {
    Ok(file("text/css; charset=utf-8", styled(&around.portal.brand)))
}

/// `/script.js`
pub(super) async fn script(_: Around, _: Body) -> Result<Response, Halt> {
    Ok(file(
        "text/javascript; charset=utf-8",
        include_str!("../../assets/script.js").to_owned(),
    ))
}

/// `/icon.svg`
pub(super) async fn icon(around: Around, _: Body) -> Result<Response, Halt> {
    let accent = around.portal.brand.accent().to_string();
    Ok(file(
        "image/svg+xml",
        include_str!("../../assets/icon.svg").replace("#0b57a4", &accent),
    ))
}

/// `/logo.svg`
pub(super) async fn logo(around: Around, _: Body) -> Result<Response, Halt> {
    drawn(around.portal.brand.logo())
}

/// `/logo-dark.svg`
pub(super) async fn logo_dark(around: Around, _: Body) -> Result<Response, Halt> {
    drawn(around.portal.brand.logo_dark())
}

fn drawn(logo: Option<&Logo>) -> Result<Response, Halt> {
    logo.map(|logo| file("image/svg+xml", logo.as_svg().to_owned()))
        .ok_or(Halt::Fault(Fault::NotFound))
}

/// `/manifest.webmanifest`: what a telephone needs to put the pages among its programs.
pub(super) async fn manifest(around: Around, _: Body) -> Result<Response, Halt> {
    let brand = &around.portal.brand;
    if brand.kiosk() {
        return Err(Halt::Refused(Refused::NotOffered));
    }
    let words = around.words();
    let manifest = json!({
        "name": crate::words::plain(&words.page_title(words.start_title(), brand.name())),
        "short_name": brand.name(),
        "lang": words.language().tag(),
        "dir": words.language().direction(),
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": brand.accent().to_string(),
        "icons": [{ "src": "/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any" }],
    });
    Ok(file("application/manifest+json", manifest.to_string()))
}

/// The style with the brand's two colours put in. Both were read as colours, and can be nothing else.
fn styled(brand: &Brand) -> String {
    include_str!("../../assets/style.css")
        .replace("#0b57a4", &brand.accent().to_string())
        .replace("#8ac2ff", &brand.accent_dark().to_string())
}

/// Kept by browsers for a while: none of it is anybody's.
fn file(kind: &'static str, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}
