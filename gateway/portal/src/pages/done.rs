//! Pages 13 and 15: what became of it, account by account.

use super::around::{Around, go, place};
use super::halt::Halt;
use super::page::{Page, write};
use crate::words::Words;
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use postern_identity::reset::{Action, Holder, Stage, TargetOutcome, View};

/// Also the last page of a change with the present password.
#[derive(Template)]
#[template(path = "done.html")]
pub(super) struct Became<'a> {
    pub(super) page: &'a Page<'a>,
    /// The account, what became of it, and whether that is what was wanted.
    pub(super) results: Vec<(String, String, bool)>,
    pub(super) texts: Vec<String>,
    /// What stands on each link, and where it leads.
    pub(super) links: Vec<(String, String)>,
}

/// `/reset/done`
pub(super) async fn show(around: Around, _: Body) -> Result<Response, Halt> {
    let session = around.held()?;
    let view = around
        .portal
        .service
        .view(&around.caller(), Holder::Browser(&session))
        .await?;
    let words = around.words();
    if let (Stage::Waiting, Some(then)) = (view.stage, view.not_before) {
        let page = Page::new(&around, words.waiting_title())?.step(2, 3);
        let became = Became {
            page: &page,
            results: Vec::new(),
            texts: vec![words.waiting_text(around.time(then)), words.waiting_link()],
            links: vec![(words.back_to_start(), "/".to_owned())],
        };
        return write(StatusCode::OK, &page, &became);
    }
    if view.stage == Stage::Executing {
        let page = Page::new(&around, words.executing_title())?.step(3, 3);
        let links = vec![(words.look_again(), "/reset/done".to_owned())];
        let became = Became {
            page: &page,
            results: Vec::new(),
            texts: vec![words.executing_text()],
            links,
        };
        return write(StatusCode::OK, &page, &became);
    }
    if !matches!(view.stage, Stage::Done | Stage::Partial) {
        return Ok(go(place(&view)?));
    }
    let good = |outcome| outcome == TargetOutcome::Done;
    let all = view.results.iter().all(|result| good(result.outcome));
    let any = view.results.iter().any(|result| good(result.outcome));
    let unlock = view.action == Action::Unlock;
    let title = match (all, any, unlock) {
        (true, _, true) => words.unlocked_title(),
        (true, _, false) => words.done_title(),
        (false, true, _) => words.partly_done_title(),
        (false, false, _) => words.not_done_title(),
    };
    let page = Page::new(&around, title)?.step(3, 3);
    let results = if view.results.len() == 1 && all {
        Vec::new()
    } else {
        told(words, &view)
    };
    let mut links = around.sign_in();
    if view.stage == Stage::Partial {
        links.insert(
            0,
            (
                words.try_again(),
                if unlock { "/unlock/now" } else { "/reset/password" }.to_owned(),
            ),
        );
    }
    links.push((words.back_to_start(), "/".to_owned()));
    let texts = match (any, unlock) {
        (false, _) => Vec::new(),
        (true, true) => vec![words.unlocked_text(), words.unlocked_again(), words.done_notice()],
        (true, false) => changed(words),
    };
    write(
        StatusCode::OK,
        &page,
        &Became {
            page: &page,
            results,
            texts,
            links,
        },
    )
}

/// What to think of after a new password.
pub(super) fn changed(words: &Words) -> Vec<String> {
    vec![
        words.done_sign_in_text(),
        words.done_devices(),
        words.done_stored(),
        words.done_notice(),
    ]
}

fn told(words: &Words, view: &View) -> Vec<(String, String, bool)> {
    view.results
        .iter()
        .map(|result| {
            let outcome = match (result.outcome, view.action) {
                (TargetOutcome::Done, Action::Unlock) => words.outcome_unlocked(),
                (TargetOutcome::Done, _) => words.outcome_done(),
                (TargetOutcome::Refused, _) => words.outcome_refused(),
                (TargetOutcome::NotHere, _) => words.outcome_not_here(),
                (TargetOutcome::Changed, _) => words.outcome_changed_meanwhile(),
                (TargetOutcome::Later, _) => words.outcome_later(),
                (TargetOutcome::BeingFoundOut, _) => words.outcome_being_found_out(),
                (TargetOutcome::NotAllowed, _) => words.outcome_not_allowed(),
            };
            (
                words.account_at(&result.login, &result.directory),
                outcome,
                result.outcome == TargetOutcome::Done,
            )
        })
        .collect()
}

impl Around {
    /// Where people sign in, if the site says so.
    pub(super) fn sign_in(&self) -> Vec<(String, String)> {
        let address = self.portal.brand.sign_in();
        address
            .map(|address| (self.words().done_sign_in(), address.to_owned()))
            .into_iter()
            .collect()
    }
}
