//! The mail catcher of a demonstration: what would be sent is shown at `/demo/outbox` instead. There is none in any other mode.

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use postern_identity::Clock;
use postern_identity::reset::{Channel, ChannelError, Message};
use serde::Serialize;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// The most that are kept; the oldest go first.
const MOST: usize = 200;

/// What would have been sent, newest first.
pub struct Catcher {
    caught: Mutex<VecDeque<Caught>>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone, Serialize)]
struct Caught {
    to: String,
    subject: String,
    text: String,
    html: String,
    at: String,
}

impl Catcher {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            caught: Mutex::default(),
            clock,
        }
    }

    fn all(&self) -> Vec<Caught> {
        let caught = self.caught.lock().unwrap_or_else(PoisonError::into_inner);
        caught.iter().cloned().collect()
    }
}

impl Channel for Catcher {
    fn name(&self) -> &'static str {
        "mail"
    }

    fn send<'a>(&'a self, message: &'a Message) -> Pin<Box<dyn Future<Output = Result<(), ChannelError>> + Send + 'a>> {
        let caught = Caught {
            to: message.to.to_string(),
            subject: message.subject.clone(),
            text: message.text.clone(),
            html: message.html.clone(),
            at: self.clock.now().to_string(),
        };
        let mut all = self.caught.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_front(caught);
        all.truncate(MOST);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// `/demo/outbox` for people, `/demo/outbox.json` for programs.
pub(crate) fn router(catcher: Arc<Catcher>) -> Router {
    Router::new()
        .route("/demo/outbox", get(page))
        .route("/demo/outbox.json", get(list))
        .with_state(catcher)
}

async fn list(State(catcher): State<Arc<Catcher>>) -> Response {
    let text = serde_json::to_string_pretty(&catcher.all()).unwrap_or_else(|_| "[]".to_owned());
    answer("application/json", text)
}

/// Plain text and links: what a mail program would show of the text.
async fn page(State(catcher): State<Arc<Catcher>>) -> Response {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Mails of the demonstration</title></head><body><h1>Mails of the demonstration</h1>\
         <p>Nothing is sent: what would be is shown here, the newest first. <a href=\"/demo/outbox\">Look again</a></p>",
    );
    for caught in catcher.all() {
        let (to, subject, at) = (escaped(&caught.to), escaped(&caught.subject), escaped(&caught.at));
        let _ = write!(page, "<hr><h2>{subject}</h2><p>To {to}, {at}</p><pre>");
        for line in caught.text.lines() {
            page.push_str(&linked(line));
            page.push('\n');
        }
        page.push_str("</pre>");
    }
    page.push_str("</body></html>");
    answer("text/html; charset=utf-8", page)
}

fn answer(kind: &'static str, text: String) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], text).into_response()
}

/// A line in which each word that is an address leads there.
fn linked(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let shown = escaped(word);
        if word.starts_with("https://") {
            format!("<a href=\"{shown}\">{shown}</a>")
        } else {
            shown
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mail_says_is_text() {
        assert_eq!(escaped("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert_eq!(
            linked("go to https://a/\"><script> now"),
            "go to <a href=\"https://a/&quot;&gt;&lt;script&gt;\">https://a/&quot;&gt;&lt;script&gt;</a> now"
        );
    }
}
