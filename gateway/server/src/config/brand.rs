//! `[brand.NAME]`: how a route's pages and letters look, and what they are called.

use super::reading::{Reading, Text, text_of};
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use toml::Spanned;

/// How pages look. What of it can be shown is the portal's to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// What people call the organisation.
    pub name: Arc<str>,
    /// An SVG file, shown on light ground.
    pub logo_file: Option<PathBuf>,
    /// Another for dark ground.
    pub logo_dark_file: Option<PathBuf>,
    /// The colour of links and buttons on light ground, `#rrggbb`.
    pub accent: Option<Arc<str>>,
    /// The same on dark ground.
    pub accent_dark: Option<Arc<str>>,
    /// Whom to ask.
    pub help_desk: HelpDesk,
    /// Imprint, privacy notice and the like: title and address.
    pub legal: Vec<(Arc<str>, Arc<str>)>,
    /// The languages offered, the first by default; empty: all.
    pub languages: Vec<Arc<str>>,
    /// For a login screen or a public terminal: nothing leads away.
    pub kiosk: bool,
    /// Where people sign in.
    pub sign_in: Option<Arc<str>>,
    /// The zone in which times are told.
    pub time_zone: Option<Arc<str>>,
}

/// Whom to ask.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HelpDesk {
    /// In a sentence.
    pub text: Option<Arc<str>>,
    /// A telephone number.
    pub phone: Option<Arc<str>>,
    /// A page of theirs.
    pub url: Option<Arc<str>>,
}

/// How a route's pages and letters look, and what they are called.
#[derive(Deserialize, JsonSchema)]
pub(super) struct BrandTable {
    /// What people call the organisation.
    #[schemars(with = "String")]
    name: Text,
    /// Its logo, an SVG file without scripts and references.
    #[schemars(with = "Option<String>")]
    logo_file: Text,
    /// The logo for dark ground. Default: the same.
    #[schemars(with = "Option<String>")]
    logo_dark_file: Text,
    /// The colour of links and buttons on light ground, #rrggbb. It has to be readable there: a contrast of 4.5 to 1.
    #[schemars(with = "Option<String>")]
    accent: Text,
    /// The same on dark ground.
    #[schemars(with = "Option<String>")]
    accent_dark: Text,
    /// Whom to ask where the pages cannot help.
    #[schemars(with = "Option<HelpDeskTable>")]
    help_desk: Option<HelpDeskTable>,
    /// Imprint, privacy notice and the like.
    #[schemars(with = "Option<Vec<LegalTable>>")]
    legal: Option<Vec<Spanned<LegalTable>>>,
    /// The languages offered: en, de, fr, ar. The first is used where nothing else is known. Default: all of them.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    languages: Option<Spanned<Vec<Spanned<String>>>>,
    /// Whether the pages are for a login screen or a public terminal: nothing leads away from them then.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    kiosk: Option<Spanned<bool>>,
    /// Where people sign in afterwards: a web address.
    #[schemars(with = "Option<String>")]
    sign_in: Text,
    /// The zone in which times are told, such as Europe/Berlin.
    #[schemars(with = "Option<String>", extend("default" = "UTC"))]
    time_zone: Text,
}

/// Whom to ask.
#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct HelpDeskTable {
    /// In a sentence, as plain text.
    #[schemars(with = "Option<String>")]
    text: Text,
    /// A telephone number.
    #[schemars(with = "Option<String>")]
    phone: Text,
    /// A page of theirs.
    #[schemars(with = "Option<String>")]
    url: Text,
}

/// A page of the organisation's.
#[derive(Deserialize, JsonSchema)]
pub(super) struct LegalTable {
    /// What stands on the link.
    #[schemars(with = "String")]
    title: Text,
    /// A web address.
    #[schemars(with = "String")]
    url: Text,
}

impl BrandTable {
    pub(super) fn read(self, reading: &mut Reading<'_>) -> Option<Brand> {
        let logo = |key: &str, written: &Text, reading: &mut Reading<'_>| {
            let written = text_of(written.as_ref())?;
            reading.text_file(key, written).map(|(path, _)| path)
        };
        let logo_file = logo("logo_file", &self.logo_file, reading);
        let logo_dark_file = logo("logo_dark_file", &self.logo_dark_file, reading);
        let accent = colour("accent", &self.accent, reading);
        let accent_dark = colour("accent_dark", &self.accent_dark, reading);
        let desk = self.help_desk.unwrap_or_default();
        let help_desk = HelpDesk {
            text: plain(&desk.text),
            phone: plain(&desk.phone),
            url: page("url", &desk.url, reading),
        };
        let mut legal = Vec::new();
        for table in self.legal.unwrap_or_default() {
            let table = table.into_inner();
            if let Some((title, url)) = plain(&table.title).zip(page("url", &table.url, reading)) {
                legal.push((title, url));
            }
        }
        let languages = self.languages.iter().flat_map(Spanned::get_ref);
        let languages = languages.map(|tag| Arc::from(tag.get_ref().as_str())).collect();
        Some(Brand {
            name: plain(&self.name)?,
            logo_file,
            logo_dark_file,
            accent,
            accent_dark,
            help_desk,
            legal,
            languages,
            kiosk: self.kiosk.is_some_and(Spanned::into_inner),
            sign_in: page("sign_in", &self.sign_in, reading),
            time_zone: plain(&self.time_zone),
        })
    }
}

fn plain(written: &Text) -> Option<Arc<str>> {
    text_of(written.as_ref()).map(|written| written.get_ref().as_str().into())
}

/// Over TLS alone.
fn page(key: &str, written: &Text, reading: &mut Reading<'_>) -> Option<Arc<str>> {
    let written = text_of(written.as_ref())?;
    let url = reading.web_url(key, written)?;
    if url.starts_with("https://") {
        return Some(url.into());
    }
    reading.none(&written.span(), format!("{key} is not protected by TLS"), "https://")
}

fn colour(key: &str, written: &Text, reading: &mut Reading<'_>) -> Option<Arc<str>> {
    let written = text_of(written.as_ref())?;
    let text = written.get_ref();
    let sound = text
        .strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|octet| octet.is_ascii_hexdigit()));
    sound
        .then(|| text.as_str().into())
        .or_else(|| reading.none(&written.span(), format!("{key} is not a colour"), "such as #1a5fb4"))
}
