//! Cookies: ours are bound to the host, sent over TLS alone, and believed only if there is one of the name.

use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use std::time::Duration;

/// The most octets of all cookies of a request that are looked at; more are none.
const LARGEST: usize = 8 * 1024;
/// The longest value of one of ours.
const LONGEST_VALUE: usize = 1024;

/// One of our cookies, by its name. With the prefix `__Host-` no other host, not even one below ours, can set it (RFC 6265bis §4.1.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookie {
    name: &'static str,
    script: bool,
}

impl Cookie {
    /// A cookie no script can read. The name begins with `__Host-`.
    pub const fn hidden(name: &'static str) -> Self {
        Self { name, script: false }
    }

    /// A preference, such as a language: scripts of our own may read it.
    pub const fn preference(name: &'static str) -> Self {
        Self { name, script: true }
    }

    /// Its value. `None` where there is none, more than one (somebody else set one of them), or one that we cannot have set.
    pub fn read(self, headers: &HeaderMap) -> Option<&str> {
        let lines = || headers.get_all(COOKIE).iter();
        if lines().map(HeaderValue::len).sum::<usize>() > LARGEST {
            return None;
        }
        // HTTP/2 may send each pair as a header of its own (RFC 9113 §8.2.3).
        let mut values = lines()
            .flat_map(|line| line.as_bytes().split(|octet| *octet == b';'))
            .filter_map(|pair| self.value_of(pair.trim_ascii()));
        let value = values.next()?;
        let usable = values.next().is_none() && fits(value);
        usable.then(|| std::str::from_utf8(value).ok()).flatten()
    }

    fn value_of(self, pair: &[u8]) -> Option<&[u8]> {
        pair.strip_prefix(self.name.as_bytes())?.strip_prefix(b"=")
    }

    /// Sets it: for so long, or until the browser ends. What cannot stand in a cookie is not set.
    pub fn set(self, headers: &mut HeaderMap, value: &str, age: Option<Duration>) {
        if !fits(value.as_bytes()) {
            return;
        }
        let name = self.name;
        let age = age.map_or_else(String::new, |age| format!("; Max-Age={}", age.as_secs()));
        let hidden = if self.script { "" } else { "; HttpOnly" };
        let line = format!("{name}={value}; Path=/; Secure; SameSite=Lax{hidden}{age}");
        if let Ok(mut line) = HeaderValue::try_from(line) {
            line.set_sensitive(true);
            headers.append(SET_COOKIE, line);
        }
    }

    /// Takes it back.
    pub fn clear(self, headers: &mut HeaderMap) {
        self.set(headers, "", Some(Duration::ZERO));
    }
}

/// What may stand in a cookie (RFC 6265 §4.1.1, `cookie-octet`).
fn fits(value: &[u8]) -> bool {
    value.len() <= LONGEST_VALUE
        && value
            .iter()
            .all(|octet| matches!(octet, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OURS: Cookie = Cookie::hidden("__Host-postern-reset");

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_read_wherever_it_stands() {
        for lines in [
            &[b"__Host-postern-reset=a.b-_".as_slice()][..],
            &[b"x=1; __Host-postern-reset=a.b-_;y=2"],
            &[b"x=1", b"__Host-postern-reset=a.b-_"],
        ] {
            assert_eq!(OURS.read(&headers(lines)), Some("a.b-_"));
        }
    }

    #[test]
    fn two_of_a_name_are_none_and_so_is_what_we_never_set() {
        for lines in [
            &[b"__Host-postern-reset=a; __Host-postern-reset=a".as_slice()][..],
            &[b"__Host-postern-reset=a", b"__Host-postern-reset=b"],
            &[b"__host-postern-reset=a"],
            &[b"__Host-postern-reset =a"],
            &[b"__Host-postern-resets=a"],
            &[b"__Host-postern-reset=\"a\""],
            &[b"__Host-postern-reset=a b"],
            &[b"__Host-postern-reset=\xc3\xa4"],
            &[b""],
            &[],
        ] {
            assert_eq!(OURS.read(&headers(lines)), None, "{lines:?}");
        }
        let much = format!("__Host-postern-reset=a; x={}", "x".repeat(LARGEST));
        assert_eq!(OURS.read(&headers(&[much.as_bytes()])), None);
    }

    #[test]
    fn what_is_set_is_for_this_host_over_tls_and_for_no_script() {
        let mut headers = HeaderMap::new();
        OURS.set(&mut headers, "a", Some(Duration::from_mins(2)));
        OURS.set(&mut headers, "a; Domain=evil", None);
        OURS.clear(&mut headers);
        Cookie::preference("postern-theme").set(&mut headers, "dark", None);
        let lines: Vec<_> = headers.get_all(SET_COOKIE).iter().collect();
        assert_eq!(
            lines,
            [
                "__Host-postern-reset=a; Path=/; Secure; SameSite=Lax; HttpOnly; Max-Age=120",
                "__Host-postern-reset=; Path=/; Secure; SameSite=Lax; HttpOnly; Max-Age=0",
                "postern-theme=dark; Path=/; Secure; SameSite=Lax",
            ]
        );
        assert!(lines.iter().all(|line| line.is_sensitive()));
    }

    proptest! {
        #[test]
        fn any_header_is_read_to_its_end(line in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = HeaderValue::from_bytes(&line) {
                let mut headers = HeaderMap::new();
                headers.append(COOKIE, value);
                if let Some(value) = OURS.read(&headers) {
                    prop_assert!(fits(value.as_bytes()));
                }
            }
        }

        #[test]
        fn what_is_set_is_what_is_read(value in "[a-zA-Z0-9._-]{1,200}") {
            let mut set = HeaderMap::new();
            OURS.set(&mut set, &value, None);
            let line = set.get(SET_COOKIE).unwrap().to_str().unwrap();
            let pair = line.split(';').next().unwrap();
            let sent = headers(&[b"a=b", pair.as_bytes()]);
            prop_assert_eq!(OURS.read(&sent), Some(value.as_str()));
        }
    }
}
