//! Page 3, the same for everybody: a message may be on its way; and page 6, the code of it.

use super::around::{Around, go, go_with, let_go, place};
use super::halt::{self, Halt};
use super::page::{Page, write};
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use postern_identity::reset::{Action, Ending, Holder, Proof, Refused, SessionKey, Stage, View};

#[derive(Template)]
#[template(path = "sent.html")]
struct OnItsWay<'a> {
    page: &'a Page<'a>,
    text: String,
    codes: bool,
    until: String,
    tries_left: Option<u32>,
    resend_in: Option<u32>,
    again: bool,
    too_soon: bool,
}

/// `/reset/sent`
pub(super) async fn show(around: Around, _: Body) -> Result<Response, Halt> {
    let session = around.held()?;
    let view = around
        .portal
        .service
        .view(&around.caller(), Holder::Browser(&session))
        .await?;
    let here = place(&view)?;
    if here != "/reset/sent" {
        return Ok(go(here));
    }
    let sent = around.asked("sent");
    written(&around, &view, StatusCode::OK, sent.as_deref(), None, None)
}

/// The code, typed.
pub(super) async fn prove(around: Around, body: Body) -> Result<Response, Halt> {
    let mut fields = around.form(body, &["code"]).await?;
    let session = around.held()?;
    let holder = Holder::Browser(&session);
    let view = around.portal.service.view(&around.caller(), holder).await?;
    let code = fields
        .secret("code")
        .filter(|code| !code.expose().trim_ascii().is_empty());
    let Some(code) = code else {
        return written(
            &around,
            &view,
            StatusCode::UNPROCESSABLE_ENTITY,
            None,
            Some(around.words().code_missing()),
            None,
        );
    };
    let factor = view.next.first().map_or("mail", |factor| factor);
    match around
        .portal
        .service
        .prove(&around.caller(), holder, Proof::Code { factor, code: &code })
        .await
    {
        Ok(session) => on(&around, &session).await,
        Err(Refused::WrongProof { left }) => written(
            &around,
            &view,
            StatusCode::UNPROCESSABLE_ENTITY,
            None,
            Some(around.words().code_wrong()),
            left,
        ),
        Err(refused) => Err(refused.into()),
    }
}

/// To wherever the context is now.
pub(super) async fn on(around: &Around, session: &SessionKey) -> Result<Response, Halt> {
    let view = around
        .portal
        .service
        .view(&around.caller(), Holder::Browser(session))
        .await?;
    Ok(go_with(place(&view)?, session))
}

/// The message again. The answer says nothing of whether there was one.
pub(super) async fn again(around: Around, body: Body) -> Result<Response, Halt> {
    around.form(body, &[]).await?;
    let session = around.held()?;
    match around
        .portal
        .service
        .again(&around.caller(), Holder::Browser(&session))
        .await
    {
        Ok(()) => Ok(go("/reset/sent?sent=again")),
        Err(Refused::TooMany { after }) if after.as_secs() <= 300 => Ok(go("/reset/sent?sent=soon")),
        Err(refused) => Err(refused.into()),
    }
}

/// More time for the last step. What was typed is not kept.
pub(super) async fn longer(around: Around, body: Body) -> Result<Response, Halt> {
    around.form(body, &[]).await?;
    let session = around.held()?;
    let (service, holder) = (&around.portal.service, Holder::Browser(&session));
    service.more_time(&around.caller(), holder).await?;
    Ok(go(place(&service.view(&around.caller(), holder).await?)?))
}

/// Given up.
pub(super) async fn cancel(around: Around, body: Body) -> Result<Response, Halt> {
    around.form(body, &[]).await?;
    if let Some(session) = around.session() {
        match around
            .portal
            .service
            .cancel(&around.caller(), Holder::Browser(&session))
            .await
        {
            // Whatever it was, it is not held any more.
            Ok(()) | Err(Refused::NoContext | Refused::Over(_)) => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    let mut response = halt::page(&around, Halt::Over(Ending::Cancelled));
    let_go(&mut response);
    Ok(response)
}

fn written(
    around: &Around,
    view: &View,
    status: StatusCode,
    sent: Option<&str>,
    wrong: Option<String>,
    tries_left: Option<u32>,
) -> Result<Response, Halt> {
    let words = around.words();
    let steps = if view.action == Action::Reminder { 2 } else { 3 };
    let title = if view.stage == Stage::Proving {
        words.proving_title()
    } else {
        words.sent_title()
    };
    let mut page = Page::new(around, title)?.step(2, steps).back_to("/reset/sent");
    if let Some(wrong) = wrong {
        page.error("code", wrong);
    }
    let text = match (view.stage, view.action) {
        (Stage::Proving, _) => words.proving_text(),
        (_, Action::Reset) => words.sent_reset(),
        (_, Action::Unlock) => words.sent_unlock(),
        (_, Action::Reminder) => words.sent_reminder(),
    };
    let resend_in = view
        .resend_at
        .and_then(|at| u32::try_from(at.as_second() - around.now().as_second()).ok());
    let template = OnItsWay {
        page: &page,
        text,
        codes: view.action != Action::Reminder,
        until: around.time(view.expires_at),
        tries_left,
        resend_in: resend_in.filter(|seconds| *seconds > 0),
        again: sent == Some("again"),
        too_soon: sent == Some("soon"),
    };
    write(status, &page, &template)
}
