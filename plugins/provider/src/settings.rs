//! What is configured of a provider, and what is wrong with it.

use crate::{One, product};
use std::sync::Arc;
use url::Host;

/// The longest name or title, in characters.
const LONGEST_NAME: usize = 100;

/// One provider. Whoever reads configuration makes these; a product needs some of it and refuses the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// As authority rules name it.
    pub name: String,
    /// `entra`, `google`, `okta`, `keycloak` or `generic`.
    pub kind: String,
    /// What people call it. `None`: its name.
    pub title: Option<String>,
    /// `okta`, `keycloak`: where it is, with a port where it is not 443.
    pub host: Option<String>,
    /// `keycloak`: the realm.
    pub realm: Option<String>,
    /// `keycloak`: the client people come as. `None`: the realm's own account pages, and then `return_url` is theirs too.
    pub client: Option<String>,
    /// `keycloak`: where that client sends them afterwards, an address its settings there allow.
    pub return_url: Option<String>,
    /// `generic`: the address where a password is reset. Values of its query may be `{login}`, `{user}` or `{domain}`.
    pub reset: Option<String>,
    /// `generic`: the same where it is changed.
    pub change: Option<String>,
    /// `generic`: the same where a lock is lifted.
    pub unlock: Option<String>,
    /// Mail domains whose people are all its own, by which anybody may be sent there at once.
    pub domains: Vec<String>,
    /// Whether it stands on the page for everybody.
    pub offered: bool,
    /// `entra`: whether the sign-in name goes along as a parameter its maker does not document. It works today.
    pub hint: bool,
}

/// Which provider, which of its keys, and what about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {what}")]
pub struct SettingsError {
    /// Its place among those that were given, from 0.
    pub place: usize,
    /// The key.
    pub key: &'static str,
    /// What is wrong.
    pub what: Wrong,
}

/// What is wrong, and what would be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It has to be there.
    #[error("this kind of provider needs it")]
    Missing,
    /// It means nothing there.
    #[error("this kind of provider has no use for it: leave it out")]
    NotOfThisKind,
    /// Another provider has it too.
    #[error("another provider has it already: each is one provider's")]
    Twice,
    /// Empty, too long, or with control characters.
    #[error("it is one line of 1 to 100 characters")]
    NotALine,
    /// Not one we know.
    #[error("it is one of entra, google, okta, keycloak, generic")]
    NoKind,
    /// Not a host.
    #[error("it is a host and nothing else, such as login.example.org, with a port where that is not 443")]
    NotAHost,
    /// Not a domain of mail addresses.
    #[error("it is a domain of mail addresses, such as example.org")]
    NotADomain,
    /// Not an address of a page.
    #[error(
        "it is the whole address of a page, https://host/path, and where it has {{login}}, {{user}} or {{domain}}, these are whole values of its query: ?name={{login}}"
    )]
    NotAPage,
}

/// Which key is wrong, and what about it.
pub(crate) type Mistake = (&'static str, Wrong);

pub(crate) fn parse(one: &Settings) -> Result<One, Mistake> {
    let name = line("name", &one.name)?;
    let title = match &one.title {
        Some(title) => line("title", title)?,
        None => Arc::clone(&name),
    };
    Ok(One {
        name,
        title,
        offered: one.offered,
        pages: product::pages(one)?,
    })
}

/// As DNS knows them.
pub(crate) fn domains(configured: &[String]) -> Result<Vec<String>, Mistake> {
    let each = configured
        .iter()
        .map(|text| domain(text).ok_or(("domains", Wrong::NotADomain)));
    each.collect()
}

/// A domain in its ASCII form and in lower case (RFC 5891), with a dot in it.
pub(crate) fn domain(text: &str) -> Option<String> {
    // Hosts of URLs may be escaped; what somebody typed is not.
    if text.contains('%') {
        return None;
    }
    let Ok(Host::Domain(domain)) = Host::parse(text) else {
        return None;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    };
    (domain.contains('.') && domain.split('.').all(is_label)).then_some(domain)
}

fn line(key: &'static str, text: &str) -> Result<Arc<str>, Mistake> {
    let sound = (1..=LONGEST_NAME).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(char::is_control);
    if sound {
        Ok(text.into())
    } else {
        Err((key, Wrong::NotALine))
    }
}
