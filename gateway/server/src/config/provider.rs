//! `[[provider]]`: outside identity providers, whose pages people are sent to.

use super::reading::{Reading, Text, Word, text_of};
use postern_provider::{Providers, Settings, SettingsError};
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// Whose product it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ProviderKind {
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

impl ProviderKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Google => "google",
            Self::Okta => "okta",
            Self::Keycloak => "keycloak",
            Self::Generic => "generic",
        }
    }
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
    /// okta, keycloak: the host of its pages, such as example.okta.com.
    #[schemars(with = "Option<String>")]
    host: Text,
    /// keycloak: the realm.
    #[schemars(with = "Option<String>")]
    realm: Text,
    /// keycloak: the client people come as. Default: the realm's own account pages.
    #[schemars(with = "Option<String>")]
    client: Text,
    /// keycloak: where that client sends them afterwards.
    #[schemars(with = "Option<String>")]
    return_url: Text,
    /// generic: the page where a forgotten password is reset, https alone. {login}, {user} and {domain} stand for the person's, each as a whole value
    /// of its query.
    #[schemars(with = "Option<String>")]
    reset: Text,
    /// generic: the page where a password is changed.
    #[schemars(with = "Option<String>")]
    change: Text,
    /// generic: the page where a lock is lifted.
    #[schemars(with = "Option<String>")]
    unlock: Text,
    /// Mail domains that are its own as a whole: whoever types such an address is sent there at once, whether there is such a person or not.
    #[schemars(with = "Option<Vec<String>>")]
    domains: Option<Spanned<Vec<String>>>,
    /// Whether it stands on the page for everybody.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    offered: Option<Spanned<bool>>,
    /// entra: whether the sign-in name goes along as a parameter that is not documented.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    hint: Option<Spanned<bool>>,
}

/// A provider, with where each of its keys stands.
pub(super) struct Read {
    settings: Settings,
    table: Range<usize>,
    spans: Vec<(&'static str, Range<usize>)>,
}

impl ProviderTable {
    /// `table` is where it stands.
    pub(super) fn read(self, table: Range<usize>, reading: &mut Reading<'_>) -> Option<Read> {
        let name = reading.name("provider", self.name.as_ref());
        let kind = *self.kind.as_ref()?.get_ref();
        let texts = [
            ("name", &self.name),
            ("title", &self.title),
            ("host", &self.host),
            ("realm", &self.realm),
            ("client", &self.client),
            ("return_url", &self.return_url),
            ("reset", &self.reset),
            ("change", &self.change),
            ("unlock", &self.unlock),
        ];
        let spans = texts
            .into_iter()
            .filter_map(|(key, written)| Some((key, text_of(written.as_ref())?.span())));
        let mut spans: Vec<_> = spans.collect();
        spans.extend(self.domains.as_ref().map(|written| ("domains", written.span())));
        spans.extend(self.hint.as_ref().map(|written| ("hint", written.span())));
        let text = |written: &Text| text_of(written.as_ref()).map(|written| written.get_ref().clone());
        Some(Read {
            settings: Settings {
                name: name?.to_string(),
                kind: kind.as_str().to_owned(),
                title: text(&self.title),
                host: text(&self.host),
                realm: text(&self.realm),
                client: text(&self.client),
                return_url: text(&self.return_url),
                reset: text(&self.reset),
                change: text(&self.change),
                unlock: text(&self.unlock),
                domains: self.domains.map(Spanned::into_inner).unwrap_or_default(),
                offered: self.offered.is_some_and(Spanned::into_inner),
                hint: self.hint.is_some_and(Spanned::into_inner),
            },
            table,
            spans,
        })
    }
}

/// What fits is the plug-in's to know: each alone, and then all of them together.
pub(super) fn checked(read: &[Read], reading: &mut Reading<'_>) -> Vec<Settings> {
    let mut sound = true;
    for one in read {
        if let Err(error) = Providers::new(vec![one.settings.clone()]) {
            sound = false;
            one.tell(error, reading);
        }
    }
    let settings: Vec<Settings> = read.iter().map(|one| one.settings.clone()).collect();
    if let (true, Err(error)) = (sound, Providers::new(settings.clone()))
        && let Some(one) = read.get(error.place)
    {
        one.tell(error, reading);
    }
    settings
}

impl Read {
    fn tell(&self, error: SettingsError, reading: &mut Reading<'_>) {
        let span = self.spans.iter().find(|(key, _)| *key == error.key);
        let (span, what) = match span {
            Some((_, span)) => (span, format!("{} does not fit", error.key)),
            None => (&self.table, format!("this provider has no {}", error.key)),
        };
        reading.problem(span, what, error.what.to_string());
    }
}
