//! An address with places for what is known of a person.

use std::fmt::Write as _;
use std::sync::Arc;
use url::Url;

/// A longer sign-in name is left out, in octets.
const LONGEST_LOGIN: usize = 512;
/// The longest address that is taken, in octets.
const LONGEST_TEMPLATE: usize = 2000;

/// `https://host[:port]/path[?query]`. What is put in stands in values of the query, so it can reach neither host nor path.
pub(crate) struct Template {
    /// Up to the question mark.
    page: Url,
    /// The parameters in order: as written, or a name and what its value is.
    parameters: Vec<Parameter>,
}

enum Parameter {
    AsWritten(String),
    Filled { name: String, with: Part },
}

/// What can be put in.
#[derive(Clone, Copy)]
enum Part {
    /// The sign-in name.
    Login,
    /// Of `user@domain` the user; of any other sign-in name all of it.
    User,
    /// Of `user@domain` the domain.
    Domain,
}

impl Template {
    /// `None`: not https, with a user or a fragment, or with a brace that is no whole value of the query.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let sound = text.len() <= LONGEST_TEMPLATE
            && text.starts_with("https://")
            && !text
                .chars()
                .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '#'));
        if !sound {
            return None;
        }
        let (page, query) = match text.split_once('?') {
            Some((page, query)) => (page, Some(query)),
            None => (text, None),
        };
        if page.contains(['{', '}', '@']) {
            return None;
        }
        let page = Url::parse(page)
            .ok()
            .filter(|url| url.scheme() == "https" && url.host().is_some())?;
        let parameters = query.into_iter().flat_map(|query| query.split('&')).map(parameter);
        let template = Self {
            page,
            parameters: parameters.collect::<Option<_>>()?,
        };
        template.fill(None).is_some().then_some(template)
    }

    /// Host and port, as they are shown.
    pub(crate) fn host(&self) -> Arc<str> {
        let host = self.page.host_str().unwrap_or_default();
        match self.page.port() {
            Some(port) => format!("{host}:{port}").into(),
            None => host.into(),
        }
    }

    /// Whether there is a place for anything.
    pub(crate) fn takes_anything(&self) -> bool {
        self.parameters
            .iter()
            .any(|parameter| matches!(parameter, Parameter::Filled { .. }))
    }

    /// The address. A parameter for what is not known is left out. `None` is never to be seen: it would be another host than the configured one.
    pub(crate) fn fill(&self, login: Option<&str>) -> Option<String> {
        let login = login
            .filter(|login| !login.is_empty() && login.len() <= LONGEST_LOGIN && !login.chars().any(char::is_control));
        let mut address = self.page.as_str().to_owned();
        let mut between = '?';
        for parameter in &self.parameters {
            let (name, value) = match parameter {
                Parameter::AsWritten(text) => (text.as_str(), None),
                Parameter::Filled { name, with } => {
                    let Some(value) = login.and_then(|login| with.of(login)) else {
                        continue;
                    };
                    (name.as_str(), Some(encode(value)))
                }
            };
            address.push(between);
            address.push_str(name);
            if let Some(value) = value {
                address.push('=');
                address.push_str(&value);
            }
            between = '&';
        }
        let same = Url::parse(&address).ok()?;
        let stays = same.scheme() == "https"
            && same.host() == self.page.host()
            && same.port() == self.page.port()
            && same.path() == self.page.path();
        stays.then_some(address)
    }
}

impl Part {
    fn of(self, login: &str) -> Option<&str> {
        match (self, login.rsplit_once('@')) {
            (Self::Login, _) | (Self::User, None) => Some(login),
            (Self::User, Some((user, _))) => Some(user).filter(|user| !user.is_empty()),
            (Self::Domain, Some((_, domain))) => Some(domain).filter(|domain| !domain.is_empty()),
            (Self::Domain, None) => None,
        }
    }
}

fn parameter(text: &str) -> Option<Parameter> {
    if !text.contains(['{', '}']) {
        return Some(Parameter::AsWritten(text.to_owned()));
    }
    let (name, value) = text.split_once('=')?;
    let with = match value {
        "{login}" => Part::Login,
        "{user}" => Part::User,
        "{domain}" => Part::Domain,
        _ => return None,
    };
    (!name.is_empty() && !name.contains(['{', '}'])).then(|| Parameter::Filled {
        name: name.to_owned(),
        with,
    })
}

/// All but unreserved characters as octets of UTF-8 (RFC 3986 §2.1, §2.3).
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(octet));
        } else {
            // Writing into a String does not fail.
            let _ = write!(encoded, "%{octet:02X}");
        }
    }
    encoded
}
