//! Where an issuer says something: an https address, or an http one on this machine where that is allowed.

use http::Uri;
use http::uri::Scheme;
use rustls::pki_types::ServerName;

/// The longest address.
const LONGEST: usize = 1024;

/// An address that is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAddress {
    pub(super) host: String,
    pub(super) port: u16,
    /// The path and what is asked of it.
    pub(super) target: String,
    /// As the `Host` of a request says it.
    pub(super) authority: String,
    /// Without it, this machine is spoken to without TLS.
    pub(super) server_name: Option<ServerName<'static>>,
    plaintext_loopback: bool,
}

impl KeyAddress {
    /// `None`: it is none, or not https. With `plaintext_loopback` http on this machine is taken as well.
    pub fn parse(written: &str, plaintext_loopback: bool) -> Option<Self> {
        // What an address hides behind # is nothing to fetch, and a reader that drops it has not read it all.
        if written.len() > LONGEST || written.contains('#') {
            return None;
        }
        let uri: Uri = written.parse().ok()?;
        let authority = uri.authority()?.as_str();
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        if authority.contains('@') || host.is_empty() {
            return None;
        }
        let is_tls = *uri.scheme()? == Scheme::HTTPS;
        let here = matches!(host, "localhost" | "127.0.0.1" | "::1");
        let plain = *uri.scheme()? == Scheme::HTTP && plaintext_loopback && here;
        if !is_tls && !plain {
            return None;
        }
        let server_name = ServerName::try_from(host.to_owned()).ok()?;
        let port = match uri.port() {
            Some(port) => port.as_u16(),
            // What stands behind a colon and is no port.
            None if authority.ends_with(':') || authority.len() != uri.host()?.len() => return None,
            None if is_tls => 443,
            None => 80,
        };
        let target = uri.path_and_query().map_or("", |target| target.as_str());
        let root = if target.starts_with('/') { "" } else { "/" };
        Some(Self {
            host: host.to_owned(),
            port,
            target: format!("{root}{target}"),
            authority: authority.to_owned(),
            server_name: is_tls.then_some(server_name),
            plaintext_loopback,
        })
    }

    /// Where an issuer describes itself (OpenID Connect Discovery 1.0 §4): its name with a path behind it.
    pub fn of_discovery(issuer: &str, plaintext_loopback: bool) -> Option<Self> {
        let base = issuer.strip_suffix('/').unwrap_or(issuer);
        // It would move the path into the query.
        if base.contains('?') {
            return None;
        }
        Self::parse(&format!("{base}/.well-known/openid-configuration"), plaintext_loopback)
    }

    /// What an answer from here may lead on to.
    pub(super) fn leads_to(&self, written: &str) -> Option<Self> {
        Self::parse(written, self.plaintext_loopback)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_is_https_or_on_this_machine() {
        let of = |written| KeyAddress::parse(written, false);
        let keys = of("https://login.example.org/tenant/keys?v=2").unwrap();
        assert_eq!((&*keys.host, keys.port), ("login.example.org", 443));
        assert_eq!(keys.target, "/tenant/keys?v=2");
        assert!(keys.server_name.is_some());
        assert_eq!(of("https://login.example.org?v=2").unwrap().target, "/?v=2");
        let other = of("https://[2001:db8::1]:8443").unwrap();
        assert_eq!((&*other.host, other.port), ("2001:db8::1", 8443));
        assert_eq!((&*other.target, &*other.authority), ("/", "[2001:db8::1]:8443"));
        for wrong in [
            "http://login.example.org/keys",
            "http://127.0.0.1/keys",
            "https://somebody@login.example.org/keys",
            "https:///keys",
            "https://login.example.org:/keys",
            "https://login.example.org:99999/keys",
            "https://login.example.org/keys#here",
            "https://login example.org/",
            "https://login.example.org/a b",
            "https://login.example.org/a\r\nHost: other",
            "ftp://login.example.org/",
            "login.example.org",
            "/keys",
            "",
        ] {
            assert!(of(wrong).is_none(), "{wrong}");
        }
        assert!(of(&format!("https://a/{}", "a".repeat(LONGEST))).is_none());
        for here in ["http://localhost:1/k", "http://127.0.0.1:1/k", "http://[::1]:1/k"] {
            assert!(KeyAddress::parse(here, true).unwrap().server_name.is_none(), "{here}");
        }
        assert!(KeyAddress::parse("http://login.example.org/k", true).is_none());
        assert!(KeyAddress::parse("http://127.0.0.1.example.org/k", true).is_none());
    }

    #[test]
    fn an_issuer_describes_itself_behind_its_name() {
        let of = |issuer| KeyAddress::of_discovery(issuer, false).map(|found| found.target);
        let wanted = Some("/tenant/v2.0/.well-known/openid-configuration".to_owned());
        assert_eq!(of("https://login.example.org/tenant/v2.0"), wanted);
        assert_eq!(of("https://login.example.org/tenant/v2.0/"), wanted);
        assert_eq!(of("https://login.example.org/?tenant=1"), None);
        assert_eq!(of("urn:example"), None);
    }

    proptest! {
        #[test]
        fn nothing_but_one_line_is_asked_for(written in "https://[ -~]{0,40}") {
            if let Some(found) = KeyAddress::parse(&written, true) {
                prop_assert!(found.target.starts_with('/'));
                prop_assert!(found.target.bytes().chain(found.authority.bytes()).all(|octet| octet.is_ascii_graphic()));
            }
        }
    }
}
