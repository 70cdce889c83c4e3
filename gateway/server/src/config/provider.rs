//! `[[provider]]`: outside identity providers, whose pages people are sent to.

use super::reading::{Reading, Text, Word, text_of};
use postern_policy::problem::quoted;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use toml::Spanned;

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The name by which policies speak of it.
    pub name: Arc<str>,
    /// Whose product it is.
    pub kind: ProviderKind,
    /// What people call it.
    pub title: Arc<str>,
    /// The host of its pages, where the kind does not know it.
    pub host: Option<Arc<str>>,
    /// Keycloak's realm.
    pub realm: Option<Arc<str>>,
    /// Keycloak's client.
    pub client: Option<Arc<str>>,
    /// The page where a forgotten password is reset, where the kind does not know it.
    pub reset_url: Option<Arc<str>>,
    /// The page where a password is changed.
    pub change_url: Option<Arc<str>>,
    /// The page where a lock is lifted.
    pub unlock_url: Option<Arc<str>>,
    /// Mail domains that are its own as a whole, in lower case.
    pub domains: Vec<Arc<str>>,
    /// Whether it stands on the page for everybody.
    pub offered: bool,
    /// Whether the sign-in name is put into addresses where that is not documented.
    pub hint: bool,
}

/// Whose product it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// Microsoft Entra ID.
    Entra,
    /// Google.
    Google,
    /// Okta; host is the organisation's.
    Okta,
    /// Keycloak; with host and realm.
    Keycloak,
    /// Another; with the addresses of its pages.
    Generic,
}

/// An outside identity provider, whose pages people are sent to.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ProviderTable {
    /// Its name, by which [[authority]] rules in policy files speak of it.
    #[schemars(with = "String")]
    name: Text,
    /// Whose product it is.
    #[schemars(with = "ProviderKind")]
    kind: Word<ProviderKind>,
    /// What people call it. Default: its name.
    #[schemars(with = "Option<String>")]
    title: Text,
    /// The host of its pages, for okta and keycloak, such as example.okta.com.
    #[schemars(with = "Option<String>")]
    host: Text,
    /// keycloak: the realm.
    #[schemars(with = "Option<String>")]
    realm: Text,
    /// keycloak: the client people come back to. Default: account.
    #[schemars(with = "Option<String>")]
    client: Text,
    /// The page where a forgotten password is reset: https alone. {login}, {mail} and {upn} stand for the person's.
    #[schemars(with = "Option<String>")]
    reset_url: Text,
    /// The page where a password is changed.
    #[schemars(with = "Option<String>")]
    change_url: Text,
    /// The page where a lock is lifted.
    #[schemars(with = "Option<String>")]
    unlock_url: Text,
    /// Mail domains that are its own as a whole: whoever types such an address is sent there at once, whether there is such a person or not.
    #[schemars(with = "Option<Vec<String>>")]
    domains: Option<Spanned<Vec<Spanned<String>>>>,
    /// Whether it stands on the page for everybody.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    offered: Option<Spanned<bool>>,
    /// Whether the sign-in name is put into an address where the provider takes it without documenting it.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    hint: Option<Spanned<bool>>,
}

impl ProviderTable {
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &std::ops::Range<usize>, reading: &mut Reading<'_>) -> Option<Provider> {
        let name = reading.name("provider", self.name.as_ref());
        let kind = *self.kind?.get_ref();
        let host = match text_of(self.host.as_ref()) {
            None => None,
            Some(written) if is_host(written.get_ref()) => Some(lower(written.get_ref())),
            Some(written) => {
                let what = format!("{} is not a host", quoted(written.get_ref()));
                return reading.none(&written.span(), what, "such as login.example.org, without https://");
            }
        };
        let realm = text_of(self.realm.as_ref());
        let client = text_of(self.client.as_ref());
        for (key, written) in [("realm", realm), ("client", client)] {
            if let Some(written) = written.filter(|_| kind != ProviderKind::Keycloak) {
                let what = format!("{key} of a provider that is no Keycloak");
                reading.problem(&written.span(), what, "leave it out, or kind = \"keycloak\"");
            }
        }
        let url = |key: &str, written: &Text, reading: &mut Reading<'_>| {
            let written = text_of(written.as_ref())?;
            let url = written.get_ref();
            let sound = url.len() <= 1_000
                && url.bytes().all(|octet| octet.is_ascii_graphic())
                && url.strip_prefix("https://").is_some_and(|rest| {
                    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
                    is_host(authority)
                });
            sound.then(|| Arc::<str>::from(url.as_str())).or_else(|| {
                let what = format!("{key} is not the address of a page");
                reading.none(
                    &written.span(),
                    what,
                    "such as https://sso.example.org/forgot?login={login}",
                )
            })
        };
        let reset_url = url("reset_url", &self.reset_url, reading);
        let change_url = url("change_url", &self.change_url, reading);
        let unlock_url = url("unlock_url", &self.unlock_url, reading);
        let lacks = match kind {
            ProviderKind::Okta if host.is_none() => Some(("host", "host = \"example.okta.com\"")),
            ProviderKind::Keycloak if host.is_none() => Some(("host", "host = \"sso.example.org\"")),
            ProviderKind::Keycloak if realm.is_none() => Some(("realm", "realm = \"master\", or another")),
            ProviderKind::Generic
                if text_of(self.reset_url.as_ref()).is_none() && !reading.told_of(span, "reset_url") =>
            {
                Some(("reset_url", "reset_url = \"https://sso.example.org/forgot\""))
            }
            _ => None,
        };
        if let Some((key, remedy)) = lacks {
            reading.problem(span, format!("this provider has no {key}"), remedy);
        }
        let mut domains: Vec<Arc<str>> = Vec::new();
        for written in self.domains.iter().flat_map(Spanned::get_ref) {
            if is_host(written.get_ref()) && !written.get_ref().contains(':') {
                domains.push(lower(written.get_ref()));
            } else {
                let what = format!("{} is not a domain", quoted(written.get_ref()));
                reading.problem(&written.span(), what, "such as example.org, without an @");
            }
        }
        let name = name?;
        Some(Provider {
            title: text_of(self.title.as_ref())
                .map_or_else(|| Arc::clone(&name), |title| title.get_ref().as_str().into()),
            name,
            kind,
            host,
            realm: realm.map(|realm| realm.get_ref().as_str().into()),
            client: client.map(|client| client.get_ref().as_str().into()),
            reset_url,
            change_url,
            unlock_url,
            domains,
            offered: self.offered.is_some_and(Spanned::into_inner),
            hint: self.hint.is_some_and(Spanned::into_inner),
        })
    }
}

fn lower(text: &str) -> Arc<str> {
    text.to_lowercase().into()
}

/// A host name, with or without a port.
fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "443"));
    let known = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '.');
    !host.is_empty() && host.len() <= 253 && host.chars().all(known) && port.parse::<u16>().is_ok_and(|port| port > 0)
}
