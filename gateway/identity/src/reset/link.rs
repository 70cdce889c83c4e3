//! Addresses of our own pages. They are made of configuration: nothing a request says (Host, Forwarded, …) can get into one.

use std::fmt;
use std::sync::Arc;

/// Where people reach a route's pages, as configured: `https://host[:port]`, without a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PublicUrl(Arc<str>);

/// It is no address of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPublicUrl {
    /// Pages are reached over TLS alone.
    #[error("it does not begin with https://")]
    NotHttps,
    /// There is more than host and port in it, or no host.
    #[error("it is not a host, with or without a port")]
    NotAHost,
}

impl PublicUrl {
    /// From configuration, and from nowhere else.
    pub fn from_configuration(text: &str) -> Result<Self, NoPublicUrl> {
        let rest = text.strip_prefix("https://").ok_or(NoPublicUrl::NotHttps)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let sound = !authority.is_empty()
            && authority.len() <= 255
            && authority
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b':' | b'[' | b']'));
        if !sound {
            return Err(NoPublicUrl::NotAHost);
        }
        Ok(Self(format!("https://{}", authority.to_ascii_lowercase()).into()))
    }

    /// Host and port, as a request names them (RFC 9110 §7.2), in lower case.
    pub fn authority(&self) -> &str {
        self.0.strip_prefix("https://").unwrap_or_default()
    }

    /// `https://host[:port]`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A page of ours. `path` begins with a slash.
    pub fn link(&self, path: &'static str) -> Link {
        Link(format!("{}{path}", self.0))
    }

    /// A page of ours that takes a token at its end. `path` begins and ends with a slash; the token is letters, digits, `-` and `_` alone.
    pub fn link_with(&self, path: &'static str, token: &str) -> Option<Link> {
        let fits = !token.is_empty()
            && token
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
        fits.then(|| Link(format!("{}{path}{token}", self.0)))
    }
}

/// A whole address of a page of ours. It may hold a token: no `Debug` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// For the one message it stands in.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_over_tls_are_ours() {
        assert_eq!(
            PublicUrl::from_configuration("https://ID.example.org:8443/")
                .unwrap()
                .authority(),
            "id.example.org:8443"
        );
        for no in [
            "http://a",
            "https://",
            "https://a/b",
            "https://a?b",
            "https://u@a",
            "https://a b",
            "//a",
        ] {
            assert!(PublicUrl::from_configuration(no).is_err(), "{no}");
        }
    }

    #[test]
    fn a_token_cannot_leave_its_place() {
        let url = PublicUrl::from_configuration("https://a").unwrap();
        assert_eq!(
            url.link_with("/reset/l/", "aB-_9").unwrap().as_str(),
            "https://a/reset/l/aB-_9"
        );
        for no in ["", "a/b", "a?b", "a#b", "ä", "a\r\nb"] {
            assert!(url.link_with("/reset/l/", no).is_none());
        }
    }
}
