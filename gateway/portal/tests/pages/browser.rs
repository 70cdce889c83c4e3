//! A browser without scripts: it keeps cookies, fills in the forms it was shown and follows redirections.

use crate::staged::{Always, Staged};
use axum::body::Body;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt as _;
use postern_identity::clock::Timestamp;
use postern_identity::reset::{Chance, PublicUrl, SelfService};
use postern_identity::{Clock, Secret};
use postern_portal::{Brand, Portal, Ports, ProofSettings, Settings};
use postern_web::{Fault, FaultPages as _, Faulty, RequestId, Site, Visit};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt as _;

/// A site with its pages.
pub(crate) struct House {
    pub(crate) portal: Portal,
    pub(crate) staged: Arc<Staged>,
    pub(crate) clock: Arc<Hands>,
    site: Arc<Site>,
}

/// A clock that is set by hand.
pub(crate) struct Hands(AtomicI64);

impl Hands {
    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

struct Counting(AtomicU64);

impl Chance for Counting {
    fn fill(&self, octets: &mut [u8]) -> bool {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        for (place, octet) in octets.iter_mut().enumerate() {
            *octet = u8::try_from((number >> (8 * (place % 8))) & 255).unwrap();
        }
        true
    }
}

/// No work is asked for.
pub(crate) fn house() -> House {
    house_with(
        Brand::plain("Example"),
        ProofSettings {
            bits: 0,
            ..ProofSettings::default()
        },
    )
}

pub(crate) fn house_with(brand: Brand, proof: ProofSettings) -> House {
    let clock = Arc::new(Hands(AtomicI64::new(1_795_359_600)));
    let staged = Arc::new(Staged::new(Arc::clone(&clock) as Arc<dyn Clock>));
    let url = PublicUrl::from_configuration("https://id.example.org").unwrap();
    let site = Arc::new(Site::new("people", url));
    let portal = Portal::new(
        Settings {
            site: Arc::clone(&site),
            brand: Arc::new(brand),
            proof,
        },
        Ports {
            service: Arc::clone(&staged) as Arc<dyn SelfService>,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            chance: Arc::new(Counting(AtomicU64::new(0))),
            uses: Arc::new(Always),
            secret: Secret::new([7; 32]),
        },
    );
    House {
        portal,
        staged,
        clock,
        site,
    }
}

impl House {
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser {
            house: self,
            cookies: Mutex::default(),
            language: "en".to_owned(),
        }
    }

    /// As the edge does it: a fault becomes a page.
    async fn answer(&self, request: Request<Body>) -> Response {
        let visit = Visit {
            id: RequestId::NONE,
            client: "192.0.2.7".parse().unwrap(),
            site: Arc::clone(&self.site),
        };
        let (path, headers) = (request.uri().path().to_owned(), request.headers().clone());
        let mut request = request;
        request.extensions_mut().insert(visit.clone());
        let mut response = self.portal.router().oneshot(request).await.unwrap();
        let routers_own = match response.status() {
            StatusCode::NOT_FOUND if !response.headers().contains_key(CONTENT_TYPE) => Some(Fault::NotFound),
            StatusCode::METHOD_NOT_ALLOWED => Some(Fault::WrongMethod),
            _ => None,
        };
        if let Some(fault) = response.extensions().get::<Fault>().copied().or(routers_own) {
            response = self.portal.answer(
                fault,
                &Faulty {
                    visit: &visit,
                    path: &path,
                    headers: &headers,
                },
            );
        }
        response
    }
}

/// See the module.
pub(crate) struct Browser<'a> {
    house: &'a House,
    pub(crate) cookies: Mutex<BTreeMap<String, String>>,
    pub(crate) language: String,
}

/// What it was shown.
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Shown {
    pub(crate) fn to(&self) -> &str {
        self.headers
            .get(LOCATION)
            .map_or("", |location| location.to_str().unwrap())
    }

    pub(crate) fn title(&self) -> String {
        between(&self.text, "<h1>", "</h1>")
            .unwrap_or_default()
            .replace(['\u{2068}', '\u{2069}'], "")
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> Option<&str> {
        let rest = self.text.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
        rest.split('"').next()
    }
}

pub(crate) fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    text.split_once(from)?.1.split_once(to).map(|(inside, _)| inside)
}

impl Browser<'_> {
    pub(crate) async fn get(&self, path: &str) -> Shown {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn head(&self, path: &str) -> Shown {
        self.ask(Method::HEAD, path, None).await
    }

    /// A form of a page, with its hidden fields taken from there.
    pub(crate) async fn send(&self, page: &Shown, path: &str, fields: &[(&str, &str)]) -> Shown {
        let mut all: Vec<(&str, &str)> = Vec::new();
        for hidden in ["form", "attempt", "proof", "ticket"] {
            let value = page
                .hidden(hidden)
                .filter(|_| !fields.iter().any(|(name, _)| *name == hidden));
            let form = page
                .text
                .split(&format!("action=\"{path}\""))
                .nth(1)
                .and_then(|rest| rest.split("</form>").next());
            let there = form.is_some_and(|form| form.contains(&format!("name=\"{hidden}\"")));
            all.extend(value.filter(|_| there || hidden == "form").map(|value| (hidden, value)));
        }
        all.extend_from_slice(fields);
        let octets = |text: &str| {
            text.bytes()
                .fold(String::new(), |written, octet| written + &format!("%{octet:02X}"))
        };
        let body: Vec<String> = all
            .iter()
            .map(|(name, value)| format!("{name}={}", octets(value)))
            .collect();
        self.ask(Method::POST, path, Some(body.join("&"))).await
    }

    /// The same, and wherever it leads.
    pub(crate) async fn send_and_follow(&self, page: &Shown, path: &str, fields: &[(&str, &str)]) -> Shown {
        let mut shown = self.send(page, path, fields).await;
        while shown.status == StatusCode::SEE_OTHER {
            let to = shown.to().to_owned();
            shown = self.get(&to).await;
        }
        shown
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, form: Option<String>) -> Shown {
        let cookies: Vec<String> = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(ACCEPT_LANGUAGE, &self.language);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        let request = match form {
            Some(form) => request
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header("sec-fetch-site", "same-origin")
                .body(Body::from(form)),
            None => request.body(Body::empty()),
        };
        let response = self.house.answer(request.unwrap()).await;
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(SET_COOKIE) {
            let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if rest.contains("Max-Age=0") {
                cookies.remove(name)
            } else {
                cookies.insert(name.to_owned(), value.to_owned())
            };
        }
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Shown {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    /// Asks for a new password and stands on "check your mailbox".
    pub(crate) async fn asked(&self, path: &str, name: &str) -> Shown {
        let page = self.get(path).await;
        self.send_and_follow(&page, path, &[("name", name)]).await
    }

    /// Stands on the page for the new password.
    pub(crate) async fn proven(&self, path: &str, name: &str) -> Shown {
        let page = self.asked(path, name).await;
        self.send_and_follow(&page, "/reset/code", &[("code", crate::staged::CODE)])
            .await
    }
}

/// For the tests of waiting.
pub(crate) const A_WAIT: Duration = Duration::from_secs(10);
