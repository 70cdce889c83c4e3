//! A change by somebody who knows the present password.

use super::around::Around;
use super::done::{Became, changed};
use super::halt::Halt;
use super::page::{Page, write};
use super::password::{lengths, refusal, rules};
use askama::Template;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use postern_identity::reset::{Change, Identifier, Offer, Refused};

#[derive(Template)]
#[template(path = "change.html")]
struct ChangeForm<'a> {
    page: &'a Page<'a>,
    login: &'a str,
    expired: bool,
    forgotten: bool,
    rules: Vec<String>,
    confirm: bool,
    shortest: u32,
    longest: u32,
}

/// `/change`
pub(super) async fn show(around: Around, _: Body) -> Result<Response, Halt> {
    let offer = offered(&around).await?;
    let hint = around
        .asked("login")
        .filter(|hint| Identifier::parse(hint).is_some())
        .unwrap_or_default();
    written(&around, &offer, &hint, Vec::new())
}

/// Changes it. What is not known to be this person's account, its right password and theirs to change is one answer.
pub(super) async fn execute(around: Around, body: Body) -> Result<Response, Halt> {
    let mut fields = around.form(body, &["login", "old", "new", "confirm"]).await?;
    let offer = offered(&around).await?;
    let words = around.words();
    let (old, new, confirm) = (
        fields.secret("old").unwrap_or_default(),
        fields.secret("new").unwrap_or_default(),
        fields.secret("confirm").unwrap_or_default(),
    );
    let login = fields.text("login").unwrap_or_default();
    let identifier = Identifier::parse(login);
    let mut wrong = Vec::new();
    if identifier.is_none() {
        let blank = login.trim().is_empty();
        wrong.push((
            "login",
            if blank {
                words.name_missing()
            } else {
                words.name_unusable()
            },
        ));
    }
    if old.is_empty() {
        wrong.push(("old", words.old_missing()));
    }
    if new.is_empty() {
        wrong.push(("new", words.password_missing()));
    } else if offer.confirm && !new.same_as(&confirm) {
        wrong.push(("confirm", words.confirm_differs()));
    }
    let Some(identifier) = identifier.filter(|_| wrong.is_empty()) else {
        return written(&around, &offer, login, wrong);
    };
    let change = Change {
        identifier: &identifier,
        old: &old,
        new: &new,
    };
    let done = match around.portal.service.change(&around.caller(), change).await {
        Ok(done) => done,
        Err(Refused::NotSignedIn) => return written(&around, &offer, login, vec![("old", words.change_refused())]),
        Err(refused) => match refusal(words, &refused) {
            Some(texts) => {
                return written(
                    &around,
                    &offer,
                    login,
                    texts.into_iter().map(|text| ("new", text)).collect(),
                );
            }
            None => return Err(refused.into()),
        },
    };
    let page = Page::new(&around, words.done_title())?.back_to("/change");
    let mut texts = changed(words);
    if done.previous_seconds > 0 {
        texts.push(words.done_previous(done.previous_seconds.div_ceil(60)));
    }
    let mut links = around.sign_in();
    links.push((words.back_to_start(), "/".to_owned()));
    write(
        StatusCode::OK,
        &page,
        &Became {
            page: &page,
            results: Vec::new(),
            texts,
            links,
        },
    )
}

async fn offered(around: &Around) -> Result<Offer, Halt> {
    let offer = around.portal.service.offer(around.visit.site.name()).await?;
    let here = offer.features.change || offer.features.expired_change;
    if here {
        Ok(offer)
    } else {
        Err(Halt::Refused(Refused::NotOffered))
    }
}

fn written(around: &Around, offer: &Offer, login: &str, wrong: Vec<(&'static str, String)>) -> Result<Response, Halt> {
    let words = around.words();
    let status = if wrong.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let mut page = Page::new(around, words.change_title())?.help_desk(offer.help_desk.clone());
    for (field, text) in wrong {
        page.error(field, text);
    }
    let (shortest, longest) = lengths(&offer.password, &[]);
    let template = ChangeForm {
        page: &page,
        login,
        expired: offer.features.expired_change,
        forgotten: offer.features.reset && offer.features.forgot_link,
        rules: rules(words, &offer.password, &[]),
        confirm: offer.confirm,
        shortest,
        longest,
    };
    write(status, &page, &template)
}
