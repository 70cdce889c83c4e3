//! What is shown instead of a page: it is over, it is not offered, too much, not now, not understood.

use super::around::{Around, let_go};
use super::page::{Message, Page, write};
use crate::words::Words;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER};
use postern_identity::reset::{Ending, Refused};
use postern_web::Fault;
use std::time::Duration;

/// Why there is no page of its own.
pub(crate) enum Halt {
    /// It is over, and why.
    Over(Ending),
    /// A link of a message is, and why. What this browser has under way besides is not touched by it.
    DeadLink(Ending),
    /// Self-service says no.
    Refused(Refused),
    /// Something with the request, or with us.
    Fault(Fault),
}

impl From<Refused> for Halt {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// What is told.
struct Told {
    status: StatusCode,
    title: String,
    text: String,
    /// Whether the request's number is of use to whoever is asked for help.
    number: bool,
    after: Option<Duration>,
    /// Whether it is said where to begin again.
    again: bool,
    /// Whether the browser holds no context any more.
    lets_go: bool,
}

/// The page of it. A fault is answered by the edge, which then asks for its page.
pub(crate) fn page(around: &Around, halt: Halt) -> Response {
    let words = around.words();
    match halt {
        Halt::Over(ending) => finished(around, over(words, ending)),
        Halt::DeadLink(ending) => {
            let told = Told {
                lets_go: false,
                ..over(words, ending)
            };
            finished(around, told)
        }
        Halt::Refused(refused) => finished(around, refusal(words, &refused)),
        Halt::Fault(fault) => fault.into_response(),
    }
}

/// Page 25.
pub(crate) fn fault(around: &Around, fault: Fault) -> Response {
    finished(around, fault_told(around.words(), fault))
}

fn finished(around: &Around, told: Told) -> Response {
    // If even this cannot be written there is nothing kind left to say.
    written(around, told).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn written(around: &Around, told: Told) -> Result<Response, Halt> {
    let words = around.words();
    let page = Page::new(around, told.title)?.back_to("/");
    let links = if told.again {
        vec![(words.start_again(), "/reset"), (words.back_to_start(), "/")]
    } else {
        vec![(words.back_to_start(), "/")]
    };
    let number = told.number.then(|| around.visit.id.to_string());
    let mut response = write(
        told.status,
        &page,
        &Message {
            page: &page,
            texts: vec![told.text],
            number,
            links,
        },
    )?;
    if told.lets_go {
        let_go(&mut response);
    }
    if let Some(after) = told.after {
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    Ok(response)
}

/// Page 16: each ending in words of its own.
fn over(words: &Words, ending: Ending) -> Told {
    let (title, text) = match ending {
        Ending::Expired => (words.over_expired_title(), words.over_expired_text()),
        Ending::Used => (words.over_used_title(), words.over_used_text()),
        Ending::Superseded => (words.over_superseded_title(), words.over_superseded_text()),
        Ending::Cancelled => (words.over_cancelled_title(), words.over_cancelled_text()),
        Ending::NotMe => (words.over_not_me_title(), words.over_not_me_text()),
        Ending::Locked => (words.over_locked_title(), words.over_locked_text()),
        Ending::Changed => (words.over_changed_title(), words.over_changed_text()),
        Ending::Unknown => (words.over_unknown_title(), words.over_unknown_text()),
    };
    // What was given up on this very page was asked for.
    let status = if ending == Ending::Cancelled {
        StatusCode::OK
    } else {
        StatusCode::GONE
    };
    Told {
        status,
        title,
        text,
        number: false,
        after: None,
        again: true,
        lets_go: true,
    }
}

fn refusal(words: &Words, refused: &Refused) -> Told {
    let plain = |status, title, text| Told {
        status,
        title,
        text,
        number: false,
        after: None,
        again: false,
        lets_go: false,
    };
    match refused {
        Refused::NotOffered | Refused::NotAllowed => plain(StatusCode::NOT_FOUND, words.off_title(), words.off_text()),
        Refused::TooMany { after } => too_many(words, *after),
        Refused::NoContext => over(words, Ending::Unknown),
        Refused::Over(ending) => over(words, *ending),
        Refused::Unavailable => Told {
            after: Some(Duration::from_mins(1)),
            ..plain(StatusCode::SERVICE_UNAVAILABLE, words.later_title(), words.later_text())
        },
        // Each of these is said on the page it belongs to; elsewhere it means that the form was not filled in on that page.
        Refused::WrongProof { .. }
        | Refused::NotReady
        | Refused::Screened(_)
        | Refused::Password(_)
        | Refused::NotSignedIn
        | Refused::OtherRequest
        | Refused::Unusable(_) => plain(
            StatusCode::BAD_REQUEST,
            words.bad_request_title(),
            words.bad_request_text(),
        ),
    }
}

/// Page 20.
fn too_many(words: &Words, after: Duration) -> Told {
    let minutes = u32::try_from(after.as_secs().div_ceil(60)).unwrap_or(u32::MAX).max(1);
    Told {
        status: StatusCode::TOO_MANY_REQUESTS,
        title: words.many_title(),
        text: words.many_text(minutes),
        number: false,
        after: Some(after),
        again: false,
        lets_go: false,
    }
}

fn fault_told(words: &Words, fault: Fault) -> Told {
    let (title, text) = match fault {
        Fault::TooMany { after } => return too_many(words, after),
        Fault::NotOurForm => (words.stale_form_title(), words.stale_form_text()),
        Fault::NotFound => (words.not_found_title(), words.not_found_text()),
        Fault::NoSuchSite => (words.wrong_host_title(), words.wrong_host_text()),
        Fault::Broken => (words.broken_title(), words.broken_text()),
        Fault::Unavailable => (words.later_title(), words.later_text()),
        Fault::Malformed(_)
        | Fault::NoToken { .. }
        | Fault::NoScope
        | Fault::WrongMethod
        | Fault::TooLarge
        | Fault::AddressTooLong
        | Fault::WrongMediaType => (words.bad_request_title(), words.bad_request_text()),
    };
    Told {
        status: fault.status(),
        title,
        text,
        number: true,
        after: None,
        again: false,
        lets_go: false,
    }
}
