//! The last step of an unlock: nothing to type, one button.

use super::around::{Around, go, go_renewed, may_be_sent_again, place};
use super::halt::Halt;
use super::page::{Page, write};
use super::password::{ACCOUNTS, Choice, choices, chosen};
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use postern_identity::reset::{Action, Execution, Holder, Stage, View};

#[derive(Template)]
#[template(path = "unlock_now.html")]
struct UnlockNow<'a> {
    page: &'a Page<'a>,
    attempt: String,
    until: String,
    login: &'a str,
    accounts: Vec<Choice>,
}

/// `/unlock/now`
pub(super) async fn show(around: Around, _: Body) -> Result<Response, Halt> {
    let session = around.held()?;
    let view = around
        .portal
        .service
        .view(&around.caller(), Holder::Browser(&session))
        .await?;
    if ready(&view) {
        written(&around, &view, false)
    } else {
        Ok(go(place(&view)?))
    }
}

/// Unlocks.
pub(super) async fn execute(around: Around, body: Body) -> Result<Response, Halt> {
    let mut known = vec!["attempt"];
    known.extend(ACCOUNTS);
    let fields = around.form(body, &known).await?;
    let session = around.held()?;
    let holder = Holder::Browser(&session);
    let view = around.portal.service.view(&around.caller(), holder).await?;
    let again = may_be_sent_again(view.stage);
    if !ready(&view) && !again {
        return Ok(go(place(&view)?));
    }
    let chosen = chosen(&fields, &view);
    if !again && chosen.is_empty() && view.accounts.len() > 1 {
        return written(&around, &view, true);
    }
    let execution = Execution {
        new: None,
        accounts: &chosen,
        idempotency: fields.text("attempt"),
    };
    around
        .portal
        .service
        .execute(&around.caller(), holder, execution)
        .await?;
    go_renewed(&around, &session).await
}

fn ready(view: &View) -> bool {
    view.action == Action::Unlock && matches!(view.stage, Stage::Ready | Stage::Partial)
}

fn written(around: &Around, view: &View, none_chosen: bool) -> Result<Response, Halt> {
    let words = around.words();
    let mut page = Page::new(around, words.unlock_title())?.step(3, 3);
    let chosen: Option<&[usize]> = if none_chosen { Some(&[]) } else { None };
    if none_chosen {
        page.error("accounts", words.accounts_missing());
    }
    let status = if none_chosen {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let template = UnlockNow {
        page: &page,
        attempt: around.attempt()?,
        until: around.time(view.expires_at),
        login: view.accounts.first().map_or("", |account| account.login.as_str()),
        accounts: choices(words, view, chosen),
    };
    write(status, &page, &template)
}
