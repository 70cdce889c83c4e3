//! Forms are taken from our own pages alone (ASVS 5 §3.5.1, §3.5.3): each holds a value that only a page shown to this very browser can
//! have, and what the browser says of where it comes from must not speak against it.

use crate::cookie::Cookie;
use crate::fault::Fault;
use crate::site::Site;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{HeaderMap, ORIGIN};
use postern_identity::Secret;
use postern_identity::reset::Chance;
use std::sync::Arc;

/// What a browser keeps for its forms. Nobody is known by it.
const COOKIE: Cookie = Cookie::hidden("__Host-postern-form");

/// The name of the hidden field.
pub const FORM_FIELD: &str = "form";

/// Makes and checks the values of forms.
pub struct Forms {
    key: hmac::Key,
    chance: Arc<dyn Chance>,
}

/// What a page with forms needs: the value of the hidden field [`FORM_FIELD`], the same for all forms of the page.
pub struct FormToken {
    token: String,
    fresh: Option<String>,
}

impl Forms {
    /// `secret`: one of all nodes that serve a site, so that a form of one can be sent to another. What it is used for here is kept apart from
    /// its other uses.
    pub fn new(secret: &Secret, chance: Arc<dyn Chance>) -> Self {
        let derived = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret.expose()),
            b"postern web forms",
        );
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
            chance,
        }
    }

    /// For a page that is about to be shown. The browser keeps the cookie it has. An error where there is no chance to be had.
    pub fn token(&self, headers: &HeaderMap, site: &Site) -> Result<FormToken, Fault> {
        if let Some(held) = held(headers) {
            return Ok(FormToken {
                token: self.sign(site, held),
                fresh: None,
            });
        }
        let mut random = [0; 32];
        if !self.chance.fill(&mut random) {
            return Err(Fault::Broken);
        }
        let fresh = URL_SAFE_NO_PAD.encode(random);
        Ok(FormToken {
            token: self.sign(site, &fresh),
            fresh: Some(fresh),
        })
    }

    /// Whether a form that was sent is one of ours: `token` is what stood in [`FORM_FIELD`].
    pub fn check(&self, headers: &HeaderMap, site: &Site, token: Option<&str>) -> Result<(), Fault> {
        same_site(headers, site)?;
        let held = held(headers).ok_or(Fault::NotOurForm)?;
        let token = token.and_then(|token| URL_SAFE_NO_PAD.decode(token).ok());
        let token = token.ok_or(Fault::NotOurForm)?;
        hmac::verify(&self.key, &signed(site, held), &token).map_err(|_| Fault::NotOurForm)
    }

    fn sign(&self, site: &Site, held: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, &signed(site, held)))
    }
}

impl FormToken {
    /// For the hidden field.
    pub fn value(&self) -> &str {
        &self.token
    }

    /// Puts the cookie on the answer with the page, if the browser has none yet.
    pub fn keep(&self, headers: &mut HeaderMap) {
        if let Some(fresh) = &self.fresh {
            COOKIE.set(headers, fresh, None);
        }
    }
}

/// What the browser says of where a request comes from. Our pages send no referrer, and so browsers call the origin of their forms `null`
/// (Fetch §3.2); those that do not yet say `Sec-Fetch-Site` are then known by the form's value alone.
pub fn same_site(headers: &HeaderMap, site: &Site) -> Result<(), Fault> {
    let mut fetched_from = headers.get_all("sec-fetch-site").iter();
    let mut origins = headers.get_all(ORIGIN).iter();
    let at_most_one = [fetched_from.next(), fetched_from.next(), origins.next(), origins.next()];
    let [fetched_from, None, origin, None] = at_most_one else {
        return Err(Fault::NotOurForm);
    };
    let told = fetched_from.is_none_or(|from| from == "same-origin");
    let ours = origin.is_none_or(|origin| origin == "null" || origin == site.public_url().as_str());
    if told && ours { Ok(()) } else { Err(Fault::NotOurForm) }
}

/// The cookie, where it is as we make them.
fn held(headers: &HeaderMap) -> Option<&str> {
    COOKIE.read(headers).filter(|value| value.len() == 43)
}

/// No site's name holds a NUL.
fn signed(site: &Site, held: &str) -> Vec<u8> {
    [site.name().as_bytes(), b"\0", held.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use http::header::{COOKIE as COOKIE_HEADER, SET_COOKIE};
    use postern_identity::reset::PublicUrl;

    struct Counting;
    impl Chance for Counting {
        fn fill(&self, octets: &mut [u8]) -> bool {
            octets.fill(7);
            true
        }
    }
    struct None_;
    impl Chance for None_ {
        fn fill(&self, _: &mut [u8]) -> bool {
            false
        }
    }

    fn site(name: &str) -> Site {
        let url = PublicUrl::from_configuration("https://id.example.org").unwrap();
        Site::new(name, url)
    }

    fn forms() -> Forms {
        Forms::new(&Secret::new(*b"0123456789abcdef0123456789abcdef"), Arc::new(Counting))
    }

    /// A page is shown; the browser comes back with its cookie.
    fn shown(forms: &Forms) -> (String, HeaderMap) {
        let token = forms.token(&HeaderMap::new(), &site("people")).unwrap();
        let mut answer = HeaderMap::new();
        token.keep(&mut answer);
        let set = answer.get(SET_COOKIE).unwrap().to_str().unwrap();
        let mut headers = HeaderMap::new();
        let pair = set.split(';').next().unwrap();
        headers.insert(COOKIE_HEADER, HeaderValue::from_str(pair).unwrap());
        (token.value().to_owned(), headers)
    }

    fn with(headers: &HeaderMap, more: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = headers.clone();
        for (name, value) in more {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_form_of_a_page_shown_to_this_browser_is_taken() {
        let forms = forms();
        let (token, headers) = shown(&forms);
        let site = site("people");
        for origin in [
            &[][..],
            &[("origin", "https://id.example.org")],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("origin", "null")],
        ] {
            assert_eq!(
                forms.check(&with(&headers, origin), &site, Some(&token)),
                Ok(()),
                "{origin:?}"
            );
        }
        // A page shown later keeps the cookie, and both forms hold.
        let later = forms.token(&headers, &site).unwrap();
        assert_eq!(later.value(), token);
        let mut answer = HeaderMap::new();
        later.keep(&mut answer);
        assert!(answer.is_empty());
    }

    #[test]
    fn a_form_from_elsewhere_is_refused_even_with_the_right_value() {
        let forms = forms();
        let (token, headers) = shown(&forms);
        for origin in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "https://id.example.org.evil.example")],
            &[("origin", "http://id.example.org")],
            &[("origin", "https://id.example.org:8443")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://id.example.org")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
            &[("origin", "https://id.example.org"), ("origin", "https://evil.example")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        ] {
            let answer = forms.check(&with(&headers, origin), &site("people"), Some(&token));
            assert_eq!(answer, Err(Fault::NotOurForm), "{origin:?}");
        }
    }

    #[test]
    fn a_value_of_another_browser_site_or_key_is_refused() {
        let forms = forms();
        let (token, headers) = shown(&forms);
        let refused = |headers: &HeaderMap, site: &Site, token: Option<&str>| {
            assert_eq!(forms.check(headers, site, token), Err(Fault::NotOurForm));
        };
        refused(&headers, &site("people"), None);
        refused(&headers, &site("people"), Some(""));
        refused(&headers, &site("people"), Some(&token[1..]));
        refused(&headers, &site("people"), Some(&format!("{token}A")));
        refused(&HeaderMap::new(), &site("people"), Some(&token));
        refused(&headers, &site("others"), Some(&token));
        let others = HeaderValue::from_str(&format!("__Host-postern-form={}", "A".repeat(43))).unwrap();
        let mut another_browser = HeaderMap::new();
        another_browser.insert(COOKIE_HEADER, others);
        refused(&another_browser, &site("people"), Some(&token));
        let another_key = Forms::new(&Secret::new("another"), Arc::new(Counting));
        assert!(another_key.check(&headers, &site("people"), Some(&token)).is_err());
        assert!(forms.check(&headers, &site("people"), Some(&token)).is_ok());
    }

    #[test]
    fn a_cookie_that_is_none_of_ours_is_replaced_and_no_chance_is_an_error() {
        let mut headers = HeaderMap::new();
        headers.insert(
            COOKIE_HEADER,
            HeaderValue::from_static("__Host-postern-form=chosen-by-somebody"),
        );
        assert!(forms().token(&headers, &site("people")).unwrap().fresh.is_some());
        let forms = Forms::new(&Secret::new("k"), Arc::new(None_));
        assert!(forms.token(&HeaderMap::new(), &site("people")).is_err());
    }
}
