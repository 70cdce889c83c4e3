//! Page 1, and what is not there.

use super::around::Around;
use super::halt::Halt;
use super::page::{Page, write};
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use postern_identity::reset::{Offer, Refused};

#[derive(Template)]
#[template(path = "start.html")]
struct Start<'a> {
    page: &'a Page<'a>,
    offer: &'a Offer,
}

/// What this route offers now.
pub(super) async fn show(around: Around, _: Body) -> Result<Response, Halt> {
    let offer = around.portal.service.offer(around.visit.site.name()).await?;
    let features = &offer.features;
    let anything = (features.reset && features.forgot_link)
        || features.unlock
        || features.change
        || features.expired_change
        || features.reminder
        || !offer.providers.is_empty();
    if !anything {
        return Err(Halt::Refused(Refused::NotOffered));
    }
    let page = Page::new(&around, around.words().start_title())?.help_desk(offer.help_desk.clone());
    write(
        StatusCode::OK,
        &page,
        &Start {
            page: &page,
            offer: &offer,
        },
    )
}

/// Page 19: what is to come, and is not there yet.
pub(super) async fn not_offered(_: Around, _: Body) -> Result<Response, Halt> {
    Err(Halt::Refused(Refused::NotOffered))
}
