//! Sites: one a route, known by exactly the host and port that configuration gives it.

use http::header::{HOST, HeaderMap};
use http::{Uri, Version};
use postern_identity::reset::PublicUrl;
use std::sync::Arc;

/// A route's site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    name: Arc<str>,
    public_url: PublicUrl,
}

impl Site {
    /// `name` is the route's.
    pub fn new(name: impl Into<Arc<str>>, public_url: PublicUrl) -> Self {
        Self {
            name: name.into(),
            public_url,
        }
    }

    /// The route's name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Where people reach it.
    pub fn public_url(&self) -> &PublicUrl {
        &self.public_url
    }

    /// The authority requests name it by.
    pub(crate) fn authority(&self) -> String {
        normal(self.public_url.authority())
    }

    /// How browsers are told to come over TLS alone (RFC 6797), as an age and whether for names below it too. `None` for this machine's own name,
    /// which others serve too. A name of two parts is a whole organisation's: what stands below it is not ours to speak for.
    pub(crate) fn strict_transport(&self) -> Option<&'static str> {
        let authority = self.public_url.authority();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        if host == "localhost" || host.ends_with(".localhost") {
            return None;
        }
        Some(if host.split('.').count() > 2 {
            "max-age=31536000; includeSubDomains"
        } else {
            "max-age=31536000"
        })
    }
}

/// Which authority a request names. `None`: none, more than one, one as a proxy is asked, or nothing that can be one. What proxies say of a
/// host (Forwarded, X-Forwarded-Host) is not asked.
pub(crate) fn named(version: Version, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return None;
    }
    let host = match host {
        Some(host) => Some(readable(host.as_bytes())?),
        None => None,
    };
    if version < Version::HTTP_2 {
        // RFC 9112 §3.2.2 would have a whole address win over Host: nothing that comes to us needs one.
        return if uri.authority().is_none() { host } else { None };
    }
    // RFC 9113 §8.3.1: they are the same where both stand.
    let authority = readable(uri.authority()?.as_str().as_bytes())?;
    host.is_none_or(|host| host == authority).then_some(authority)
}

/// An authority as it can be one of ours, in the form it is compared in.
fn readable(octets: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(octets).ok()?;
    let sound = !text.is_empty()
        && text.len() <= 255
        && text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b':' | b'[' | b']'));
    sound.then(|| normal(text))
}

fn normal(authority: &str) -> String {
    authority.strip_suffix(":443").unwrap_or(authority).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn site(url: &str) -> Site {
        Site::new("people", PublicUrl::from_configuration(url).unwrap())
    }

    fn named_by(version: Version, uri: &str, hosts: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_str(host).unwrap());
        }
        headers.insert("x-forwarded-host", HeaderValue::from_static("id.example.org"));
        headers.insert("forwarded", HeaderValue::from_static("host=id.example.org"));
        named(version, &uri.parse().unwrap(), &headers)
    }

    #[test]
    fn a_host_is_compared_without_case_and_the_port_that_goes_without_saying() {
        let one = |host| named_by(Version::HTTP_11, "/", &[host]);
        assert_eq!(
            one("ID.example.ORG:443"),
            Some(site("https://id.example.org").authority())
        );
        assert_eq!(
            one("id.example.org"),
            Some(site("https://Id.example.org:443/").authority())
        );
        assert_ne!(one("id.example.org:8443"), one("id.example.org"));
        assert_ne!(one("id.example.org."), one("id.example.org"));
    }

    #[test]
    fn no_host_two_hosts_and_whole_addresses_name_nothing() {
        assert_eq!(named_by(Version::HTTP_11, "/", &[]), None);
        assert_eq!(named_by(Version::HTTP_11, "/", &["a", "a"]), None);
        assert_eq!(named_by(Version::HTTP_11, "https://a/", &["a"]), None);
        assert_eq!(named_by(Version::HTTP_11, "https://evil/", &["a"]), None);
        assert_eq!(named_by(Version::HTTP_2, "https://a/", &["b"]), None);
        assert_eq!(named_by(Version::HTTP_2, "/", &["a"]), None);
        assert_eq!(named_by(Version::HTTP_2, "https://a/", &[]).as_deref(), Some("a"));
        assert_eq!(
            named_by(Version::HTTP_2, "https://A:443/", &["a"]).as_deref(),
            Some("a")
        );
        for host in ["", "a b", "u@a", "a/b", "a,b", "a?b", "a#b", "a\\b", "a%62"] {
            assert_eq!(named_by(Version::HTTP_11, "/", &[host]), None, "{host}");
        }
    }

    #[test]
    fn browsers_are_held_to_tls_for_what_is_ours_to_speak_for() {
        let told = |url| site(url).strict_transport();
        assert_eq!(
            told("https://id.example.org"),
            Some("max-age=31536000; includeSubDomains")
        );
        assert_eq!(told("https://example.org:8443"), Some("max-age=31536000"));
        assert_eq!(told("https://localhost:8443"), None);
        assert_eq!(told("https://id.localhost"), None);
    }

    proptest! {
        #[test]
        fn only_what_is_written_like_an_authority_is_one(octets in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(authority) = readable(&octets) {
                prop_assert!(authority.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || b".-:[]".contains(&octet)));
            }
        }
    }
}
