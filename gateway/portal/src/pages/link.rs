//! Pages 4, 17 and 22: what a message leads to. Looking changes nothing, for programs look at links before people do (RFC 9110 §9.2.1).

use super::around::{Around, place};
use super::halt::Halt;
use super::page::{Message, Page, write};
use super::sent;
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use postern_identity::Secret;
use postern_identity::reset::{Action, Holder, Landing, Refused, SessionKey, Stage, View};

#[derive(Template)]
#[template(path = "landing.html")]
struct Arrived<'a> {
    page: &'a Page<'a>,
    token: &'a str,
    asked: String,
}

#[derive(Template)]
#[template(path = "other.html")]
struct Other<'a> {
    page: &'a Page<'a>,
    token: &'a str,
    asked: String,
    masked: &'a str,
    login: Option<String>,
    go_on: &'static str,
}

#[derive(Template)]
#[template(path = "not_me.html")]
struct NotMe<'a> {
    page: &'a Page<'a>,
    token: &'a str,
}

/// `/reset/l/{token}`
pub(super) async fn landing(around: Around, _: Body) -> Result<Response, Halt> {
    let token = around.last()?;
    let landing = around
        .portal
        .service
        .landing(&around.caller(), &Secret::new(token))
        .await?;
    let (action, masked, asked_at, place) = match landing {
        Landing::Good {
            action,
            masked,
            asked_at,
            asked_from,
        } => (action, masked, asked_at, asked_from),
        Landing::Over(ending) => return Err(Halt::DeadLink(ending)),
    };
    let words = around.words();
    let when = around.time(asked_at);
    let asked = if place.is_empty() {
        words.letter_asked(when)
    } else {
        words.landing_asked(when, place)
    };
    if let Some((_, view)) = begun(&around).await {
        let page = Page::new(&around, words.other_title())?;
        let login = view.accounts.first().map(|account| account.login.clone());
        let go_on = self::place(&view)?;
        let other = Other {
            page: &page,
            token,
            asked,
            masked: &masked,
            login,
            go_on,
        };
        return write(StatusCode::OK, &page, &other);
    }
    let site = around.portal.brand.name();
    let title = match action {
        Action::Unlock => words.landing_unlock(&masked, site),
        Action::Reset | Action::Reminder => words.landing_reset(&masked, site),
    };
    let page = Page::new(&around, title)?.step(2, 3);
    write(
        StatusCode::OK,
        &page,
        &Arrived {
            page: &page,
            token,
            asked,
        },
    )
}

/// Goes on from it: the proof that a link is. Then the token is out of the address.
pub(super) async fn follow(around: Around, body: Body) -> Result<Response, Halt> {
    let token = Secret::new(around.last()?);
    around.form(body, &[]).await?;
    let begun = begun(&around).await;
    let followed = around.portal.service.follow(&around.caller(), &token).await;
    let session = followed.map_err(|refused| match refused {
        Refused::Over(ending) => Halt::DeadLink(ending),
        refused => Halt::Refused(refused),
    })?;
    if let Some((other, _)) = begun.filter(|(other, _)| other.context != session.context) {
        // It was said on the page that this one is given up. If it cannot be, it runs out.
        let _ = around
            .portal
            .service
            .cancel(&around.caller(), Holder::Browser(&other))
            .await;
    }
    sent::on(&around, &session).await
}

/// `/reset/not-me/{token}`
pub(super) async fn ask_not_me(around: Around, _: Body) -> Result<Response, Halt> {
    let token = around.last()?;
    let page = Page::new(&around, around.words().not_me_title())?;
    write(StatusCode::OK, &page, &NotMe { page: &page, token })
}

/// It was not me.
pub(super) async fn not_me(around: Around, body: Body) -> Result<Response, Halt> {
    let token = Secret::new(around.last()?);
    around.form(body, &[]).await?;
    around.portal.service.not_me(&around.caller(), &token).await?;
    let words = around.words();
    let page = Page::new(&around, words.not_me_done_title())?.back_to("/");
    let texts = vec![words.not_me_done_text()];
    let links = vec![(words.back_to_start(), "/")];
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

/// What this browser has already shown a proof for, and is not done with.
async fn begun(around: &Around) -> Option<(SessionKey, View)> {
    let session = around.session()?;
    let view = around
        .portal
        .service
        .view(&around.caller(), Holder::Browser(&session))
        .await
        .ok()?;
    matches!(view.stage, Stage::Ready | Stage::Executing | Stage::Partial).then_some((session, view))
}
