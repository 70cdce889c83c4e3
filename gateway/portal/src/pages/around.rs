//! What stands around a request: whose it is, in which language and colours, and how to go on.

use super::halt::Halt;
use crate::portal::Inner as Portal;
use crate::words::{Language, Words, negotiate};
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue, LOCATION};
use http::request::Parts;
use http::{StatusCode, Uri};
use postern_identity::Secret;
use postern_identity::clock::Timestamp;
use postern_identity::reset::{Action, By, Caller, Ending, Holder, Refused, SessionKey, Stage, View};
use postern_web::{Cookie, FORM_FIELD, Fault, Fields, Visit};
use std::sync::Arc;

/// The context a browser holds.
const SESSION: Cookie = Cookie::hidden("__Host-postern-reset");
/// What somebody chose, as words of ours.
pub(super) const LANGUAGE: Cookie = Cookie::preference("postern-language");
/// See above.
pub(super) const THEME: Cookie = Cookie::preference("postern-theme");

/// See the module.
#[derive(Clone)]
pub(crate) struct Around(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) portal: Arc<Portal>,
    pub(crate) visit: Visit,
    pub(crate) headers: HeaderMap,
    pub(crate) uri: Uri,
    language: Language,
}

impl std::ops::Deref for Around {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Around {
    pub(super) fn new(portal: Arc<Portal>, visit: Visit, parts: Parts) -> Self {
        let asked = Fields::of_query(parts.uri.query().unwrap_or_default(), &["lang"]).ok();
        let asked = asked.as_ref().and_then(|query| query.text("lang"));
        let wishes = parts
            .headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|wishes| wishes.to_str().ok());
        let language = negotiate(asked, LANGUAGE.read(&parts.headers), wishes, portal.brand.languages());
        Self(Arc::new(Inner {
            portal,
            visit,
            headers: parts.headers,
            uri: parts.uri,
            language,
        }))
    }

    /// Where the request itself is not to be had any more.
    pub(super) fn of_headers(portal: Arc<Portal>, visit: Visit, headers: HeaderMap) -> Self {
        let mut parts = http::Request::new(()).into_parts().0;
        parts.headers = headers;
        Self::new(portal, visit, parts)
    }

    pub(crate) fn words(&self) -> &Words {
        self.portal.words(self.language)
    }

    /// As self-service knows whoever asks.
    pub(crate) fn caller(&self) -> Caller<'_> {
        Caller {
            route: self.visit.site.name(),
            client: self.visit.client,
            language: self.language.tag(),
            by: By::Browser,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.portal.clock.now()
    }

    /// A time, in words.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        self.words().time(at, self.portal.brand.time_zone())
    }

    /// The last part of the path, as it was sent: links' ends are letters, digits, `-` and `_`.
    pub(crate) fn last(&self) -> Result<&str, Halt> {
        let last = self.uri.path().rsplit('/').next().unwrap_or_default();
        let plain = !last.is_empty()
            && last.len() <= 200
            && last
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
        if plain {
            Ok(last)
        } else {
            Err(Halt::Over(Ending::Unknown))
        }
    }

    /// A field of the query.
    pub(crate) fn asked(&self, name: &'static str) -> Option<String> {
        let query = Fields::of_query(self.uri.query().unwrap_or_default(), &[name]).ok()?;
        query.text(name).map(str::to_owned)
    }

    /// A form of ours, with exactly these fields besides the one all forms have.
    pub(crate) async fn form(&self, body: Body, known: &[&'static str]) -> Result<Fields, Halt> {
        let mut all = known.to_vec();
        all.push(FORM_FIELD);
        let fields = postern_web::body::form(&self.headers, body, &all)
            .await
            .map_err(Halt::Fault)?;
        self.portal
            .forms
            .check(&self.headers, &self.visit.site, fields.text(FORM_FIELD))
            .map_err(Halt::Fault)?;
        Ok(fields)
    }

    /// The context this browser holds, where its cookie is one of ours.
    pub(crate) fn session(&self) -> Option<SessionKey> {
        let (context, secret) = SESSION.read(&self.headers)?.split_once('.')?;
        let secret = URL_SAFE_NO_PAD
            .decode(secret)
            .ok()
            .filter(|secret| !secret.is_empty())?;
        Some(SessionKey {
            context: context.parse().ok()?,
            secret: Secret::new(secret),
        })
    }

    /// The same, where nothing can be done without.
    pub(crate) fn held(&self) -> Result<SessionKey, Halt> {
        self.session().ok_or(Halt::Refused(Refused::NoContext))
    }

    /// Random letters that tell one sending of a form from another.
    pub(crate) fn attempt(&self) -> Result<String, Halt> {
        let mut random = [0; 16];
        if self.portal.chance.fill(&mut random) {
            Ok(URL_SAFE_NO_PAD.encode(random))
        } else {
            Err(Halt::Fault(Fault::Broken))
        }
    }
}

/// To another page of ours.
pub(super) fn go(path: &'static str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(path));
    response
}

/// To another page of ours, and the browser holds this context from now on.
pub(super) fn go_with(path: &'static str, session: &SessionKey) -> Response {
    let mut response = go(path);
    let value = format!(
        "{}.{}",
        session.context,
        URL_SAFE_NO_PAD.encode(session.secret.expose())
    );
    SESSION.set(response.headers_mut(), &value, None);
    response
}

/// After the last step: to what was done, with the key that has taken the place of the browser's.
pub(super) async fn go_renewed(around: &Around, session: &SessionKey) -> Result<Response, Halt> {
    let (service, holder) = (&around.portal.service, Holder::Browser(session));
    let renewed = service.renewed(&around.caller(), holder).await?;
    Ok(renewed.map_or_else(|| go("/reset/done"), |session| go_with("/reset/done", &session)))
}

/// Whether the last step may have been taken already, by a form that is sent again: then the same answer is given once more.
pub(super) fn may_be_sent_again(stage: Stage) -> bool {
    matches!(stage, Stage::Executing | Stage::Over(Ending::Used))
}

/// The browser holds no context any more.
pub(super) fn let_go(response: &mut Response) {
    SESSION.clear(response.headers_mut());
}

/// The page a context is at.
pub(super) fn place(view: &View) -> Result<&'static str, Halt> {
    match (view.stage, view.action) {
        (Stage::Asked | Stage::Proving, _) | (Stage::Ready, Action::Reminder) => Ok("/reset/sent"),
        (Stage::Ready, Action::Reset) => Ok("/reset/password"),
        (Stage::Ready, Action::Unlock) => Ok("/unlock/now"),
        (Stage::Waiting | Stage::Executing | Stage::Partial | Stage::Done, _) => Ok("/reset/done"),
        (Stage::Over(ending), _) => Err(Halt::Over(ending)),
    }
}
