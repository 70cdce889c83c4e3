//! `[brand.NAME]`: how a route's pages and letters look, and what they are called.

use super::reading::{Reading, Text, text_of};
use jiff::tz::TimeZone;
use postern_delivery_smtp::Mailbox;
use postern_policy::problem::{one_of, quoted};
use postern_portal::{Brand, BrandError, BrandParts, Colour, HelpDesk, Language, LegalLink, Logo};
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

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
    /// Whom its mails come from, where that is not [mail] from: somebody@example.org, or Accounts <somebody@example.org>.
    #[schemars(with = "Option<String>")]
    mail_from: Text,
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
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<Brand> {
        let logo = logo("logo_file", &self.logo_file, reading);
        let logo_dark = self::logo("logo_dark_file", &self.logo_dark_file, reading);
        let accent = colour("accent", &self.accent, Colour::BLUE, reading);
        let accent_dark = colour("accent_dark", &self.accent_dark, Colour::LIGHT_BLUE, reading);
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
                legal.push(LegalLink { title, url });
            }
        }
        let mut languages = Vec::new();
        for tag in self.languages.iter().flat_map(Spanned::get_ref) {
            if let Some(language) = Language::ALL.into_iter().find(|known| known.tag() == tag.get_ref()) {
                languages.push(language);
            } else {
                let what = format!("{} is no language of the pages", quoted(tag.get_ref()));
                let known = Language::ALL.map(Language::tag);
                reading.problem(&tag.span(), what, one_of(tag.get_ref(), known));
            }
        }
        let time_zone = match text_of(self.time_zone.as_ref()) {
            None => Some(TimeZone::UTC),
            Some(written) => TimeZone::get(written.get_ref()).ok().or_else(|| {
                let what = format!("{} is no time zone", quoted(written.get_ref()));
                reading.none(&written.span(), what, "such as Europe/Berlin")
            }),
        };
        let mail_from = match text_of(self.mail_from.as_ref()) {
            None => Some(None),
            Some(written) if Mailbox::parse_named(written.get_ref()).is_ok() => {
                Some(Some(written.get_ref().as_str().into()))
            }
            Some(written) => reading.none(
                &written.span(),
                "mail_from is no mail address",
                "somebody@example.org, or Accounts <somebody@example.org>",
            ),
        };
        let spans = [
            ("name", self.name.as_ref()),
            ("accent", self.accent.as_ref()),
            ("accent_dark", self.accent_dark.as_ref()),
        ];
        let at = |key: &str| {
            let found = spans.iter().find(|(known, _)| *known == key);
            found
                .and_then(|(_, written)| written.map(Spanned::span))
                .unwrap_or_else(|| span.clone())
        };
        let made = Brand::new(BrandParts {
            name: self.name.as_ref()?.get_ref().as_str().into(),
            logo: logo?,
            logo_dark: logo_dark?,
            accent: accent?,
            accent_dark: accent_dark?,
            help_desk,
            legal,
            languages,
            kiosk: self.kiosk.is_some_and(Spanned::into_inner),
            sign_in: page("sign_in", &self.sign_in, reading),
            time_zone: time_zone?,
        });
        match made {
            Ok(brand) => Some(brand.writing_from(mail_from?)),
            Err(BrandError::Contrast {
                which,
                contrast,
                remedy,
            }) => reading.none(
                &at(which),
                format!("{which} has a contrast of {contrast} to 1 with the ground of the pages: nobody can read it"),
                format!("a {remedy} colour, with at least 4.5 to 1"),
            ),
            Err(error @ BrandError::Name) => reading.none(&at("name"), "this is no name", error.to_string()),
            Err(error) => reading.none(span, "this brand cannot be shown", error.to_string()),
        }
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

/// `None` if it cannot be shown.
#[allow(
    clippy::option_option,
    reason = "a problem that was told of, nothing given, or a logo"
)]
fn logo(key: &str, written: &Text, reading: &mut Reading<'_>) -> Option<Option<Logo>> {
    let Some(written) = text_of(written.as_ref()) else {
        return Some(None);
    };
    let (_, text) = reading.text_file(key, written)?;
    match Logo::from_svg(text.as_bytes()) {
        Ok(logo) => Some(Some(logo)),
        Err(error) => reading.none(&written.span(), format!("{key} cannot be shown"), error.to_string()),
    }
}

fn colour(key: &str, written: &Text, otherwise: Colour, reading: &mut Reading<'_>) -> Option<Colour> {
    let Some(written) = text_of(written.as_ref()) else {
        return Some(otherwise);
    };
    written.get_ref().parse().ok().or_else(|| {
        let what = format!("{key} is not a colour");
        reading.none(&written.span(), what, "such as #1a5fb4")
    })
}
