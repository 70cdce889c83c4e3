//! Page 2, for each thing that can be asked for: who are you?

use super::around::{Around, go_with};
use super::halt::Halt;
use super::page::{Page, write};
use super::provider;
use crate::proof_of_work::{Sent, Shown};
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use postern_identity::reset::{Action, Features, Identifier, Offer, Refused, Request};
use postern_web::{FORM_FIELD, Fields};

#[derive(Template)]
#[template(path = "request.html")]
struct WhoAreYou<'a> {
    page: &'a Page<'a>,
    intro: String,
    action: &'static str,
    reminder: bool,
    name: &'a str,
    challenge: Option<String>,
    bits: u8,
}

#[derive(Template)]
#[template(path = "wait.html")]
struct Wait<'a> {
    page: &'a Page<'a>,
    action: &'static str,
    name: &'a str,
    ticket: String,
    seconds: u32,
}

/// `/reset`
pub(super) async fn reset(around: Around, _: Body) -> Result<Response, Halt> {
    ask(&around, Action::Reset).await
}

/// `/unlock`
pub(super) async fn unlock(around: Around, _: Body) -> Result<Response, Halt> {
    ask(&around, Action::Unlock).await
}

/// `/name`
pub(super) async fn name(around: Around, _: Body) -> Result<Response, Halt> {
    ask(&around, Action::Reminder).await
}

/// The form of `/reset`.
pub(super) async fn send_reset(around: Around, body: Body) -> Result<Response, Halt> {
    send(&around, body, Action::Reset).await
}

/// The form of `/unlock`.
pub(super) async fn send_unlock(around: Around, body: Body) -> Result<Response, Halt> {
    send(&around, body, Action::Unlock).await
}

/// The form of `/name`.
pub(super) async fn send_name(around: Around, body: Body) -> Result<Response, Halt> {
    send(&around, body, Action::Reminder).await
}

async fn ask(around: &Around, action: Action) -> Result<Response, Halt> {
    let offer = offered(around, action).await?;
    // A hint in the address, such as an application's: it is shown, and nothing is done with it.
    let hint = around
        .asked("login")
        .filter(|hint| Identifier::parse(hint).is_some())
        .unwrap_or_default();
    let page = page(around, action, &offer)?;
    form(around, &page, action, &hint, StatusCode::OK)
}

async fn send(around: &Around, body: Body, action: Action) -> Result<Response, Halt> {
    let fields = around.form(body, &["name", "proof", "answer", "ticket"]).await?;
    let offer = offered(around, action).await?;
    let typed = fields.text("name").unwrap_or_default();
    let Some(identifier) = Identifier::parse(typed) else {
        let mut page = page(around, action, &offer)?;
        let blank = typed.trim().is_empty();
        page.error(
            "name",
            if blank {
                around.words().name_missing()
            } else {
                around.words().name_unusable()
            },
        );
        return form(around, &page, action, "", StatusCode::UNPROCESSABLE_ENTITY);
    };
    match around
        .portal
        .proofs
        .check(sent(&fields, typed), around.visit.client, around.now())
        .await
    {
        Shown::Enough => {}
        Shown::Unavailable => return Err(Halt::Refused(Refused::Unavailable)),
        Shown::TooMany { after } => return Err(Halt::Refused(Refused::TooMany { after })),
        Shown::Wait { ticket, seconds } => return wait(around, action, &offer, typed, ticket, seconds),
    }
    let request = Request {
        action,
        identifier,
        method: None,
        credential: None,
    };
    let opened = around.portal.service.request(&around.caller(), &request).await?;
    match &opened.provider {
        Some(offer) => provider::lead(around, offer),
        None => Ok(go_with("/reset/sent", &opened.session)),
    }
}

fn sent<'a>(fields: &'a Fields, name: &'a str) -> Sent<'a> {
    Sent {
        form: fields.text(FORM_FIELD).unwrap_or_default(),
        name,
        challenge: fields.text("proof"),
        answer: fields.text("answer"),
        ticket: fields.text("ticket"),
    }
}

/// What the route offers, if it offers this.
async fn offered(around: &Around, action: Action) -> Result<Offer, Halt> {
    let offer = around.portal.service.offer(around.visit.site.name()).await?;
    let Features {
        reset,
        unlock,
        reminder,
        ..
    } = offer.features;
    let here = match action {
        Action::Reset => reset,
        Action::Unlock => unlock,
        Action::Reminder => reminder,
    };
    if here {
        Ok(offer)
    } else {
        Err(Halt::Refused(Refused::NotOffered))
    }
}

fn page<'a>(around: &'a Around, action: Action, offer: &Offer) -> Result<Page<'a>, Halt> {
    let words = around.words();
    let (title, steps) = match action {
        Action::Reset => (words.reset_title(), 3),
        Action::Unlock => (words.unlock_title(), 3),
        Action::Reminder => (words.reminder_title(), 2),
    };
    Ok(Page::new(around, title)?
        .step(1, steps)
        .help_desk(offer.help_desk.clone()))
}

fn path(action: Action) -> &'static str {
    match action {
        Action::Reset => "/reset",
        Action::Unlock => "/unlock",
        Action::Reminder => "/name",
    }
}

fn form(around: &Around, page: &Page<'_>, action: Action, name: &str, status: StatusCode) -> Result<Response, Halt> {
    let words = around.words();
    let proofs = &around.portal.proofs;
    let challenge = if proofs.bits() == 0 {
        None
    } else {
        proofs.challenge(page.form.value(), around.now())
    };
    let intro = match action {
        Action::Reset => words.reset_intro(),
        Action::Unlock => words.unlock_intro(),
        Action::Reminder => words.reminder_intro(),
    };
    let template = WhoAreYou {
        page,
        intro,
        action: path(action),
        reminder: action == Action::Reminder,
        name,
        challenge,
        bits: proofs.bits(),
    };
    write(status, page, &template)
}

fn wait(
    around: &Around,
    action: Action,
    offer: &Offer,
    name: &str,
    ticket: String,
    seconds: u32,
) -> Result<Response, Halt> {
    let mut page = page(around, action, offer)?;
    page.title = around.words().wait_title();
    write(
        StatusCode::OK,
        &page,
        &Wait {
            page: &page,
            action: path(action),
            name,
            ticket,
            seconds,
        },
    )
}
