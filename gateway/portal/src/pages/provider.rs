//! Page 18: the password is kept elsewhere. Nobody is sent away without having seen where to; addresses are configuration's alone.

use super::around::Around;
use super::halt::Halt;
use super::page::{Page, write};
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use postern_identity::reset::ProviderOffer;
use postern_web::Fault;

#[derive(Template)]
#[template(path = "provider.html")]
struct Elsewhere<'a> {
    page: &'a Page<'a>,
    host: &'a str,
    url: &'a str,
}

/// `/provider/{name}`
pub(super) async fn show(around: Around, _: Body) -> Result<Response, Halt> {
    let name = around.uri.path().rsplit('/').next().unwrap_or_default();
    let offer = around.portal.service.offer(around.visit.site.name()).await?;
    match offer.providers.iter().find(|provider| *provider.name == *name) {
        Some(provider) => lead(&around, provider),
        None => Err(Halt::Fault(Fault::NotFound)),
    }
}

/// The page, for this one.
pub(super) fn lead(around: &Around, provider: &ProviderOffer) -> Result<Response, Halt> {
    let words = around.words();
    let page = Page::new(around, words.provider_title(&provider.title))?;
    write(
        StatusCode::OK,
        &page,
        &Elsewhere {
            page: &page,
            host: &provider.host,
            url: &provider.url,
        },
    )
}
