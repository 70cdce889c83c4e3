//! Page 26: help, which is also the guide to be printed; privacy; accessibility.

use super::around::Around;
use super::halt::Halt;
use super::page::{Message, Page, write};
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use postern_identity::reset::Offer;

#[derive(Template)]
#[template(path = "help.html")]
struct Help<'a> {
    page: &'a Page<'a>,
    offer: &'a Offer,
    address: &'a str,
}

/// `/help`
pub(super) async fn help(around: Around, _: Body) -> Result<Response, Halt> {
    let offer = around.portal.service.offer(around.visit.site.name()).await?;
    let page = Page::new(&around, around.words().help_title())?.help_desk(offer.help_desk.clone());
    let address = around.portal.site.public_url().as_str();
    write(
        StatusCode::OK,
        &page,
        &Help {
            page: &page,
            offer: &offer,
            address,
        },
    )
}

/// `/privacy`
pub(super) async fn privacy(around: Around, _: Body) -> Result<Response, Halt> {
    let words = around.words();
    let texts = vec![
        words.privacy_kept(),
        words.privacy_not_kept(),
        words.privacy_cookies(),
        words.privacy_more(),
    ];
    plain(&around, words.privacy_title(), texts)
}

/// `/accessibility`
pub(super) async fn accessibility(around: Around, _: Body) -> Result<Response, Halt> {
    let words = around.words();
    let texts = vec![
        words.accessibility_text(),
        words.accessibility_time(),
        words.accessibility_contact(),
    ];
    plain(&around, words.accessibility_title(), texts)
}

fn plain(around: &Around, title: String, texts: Vec<String>) -> Result<Response, Halt> {
    let page = Page::new(around, title)?;
    let links = vec![(around.words().back_to_start(), "/")];
    write(
        StatusCode::OK,
        &page,
        &Message {
            page: &page,
            texts,
            number: None,
            links,
        },
    )
}
