//! How a site looks and what it is called. Everything in here is looked at when the configuration is read, so that nothing unreadable and nothing
//! that can run is ever shown.

mod colour;
mod logo;
#[cfg(test)]
mod tests;

pub use colour::Colour;
pub use logo::{Logo, NoLogo};

use crate::words::Language;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// What a brand is made of.
pub struct BrandParts {
    /// What people call the organisation.
    pub name: Arc<str>,
    /// Shown on light ground.
    pub logo: Option<Logo>,
    /// Shown on dark ground; where there is none, [`logo`](Self::logo) is.
    pub logo_dark: Option<Logo>,
    /// Links and buttons on light ground.
    pub accent: Colour,
    /// Links and buttons on dark ground.
    pub accent_dark: Colour,
    /// Whom to ask.
    pub help_desk: HelpDesk,
    /// Imprint, privacy notice and the like.
    pub legal: Vec<LegalLink>,
    /// The languages offered; the first where nothing else is known. Empty: all.
    pub languages: Vec<Language>,
    /// For a login screen or a public terminal: no link leads away from these pages.
    pub kiosk: bool,
    /// Where people sign in, for the last page. `https://` alone.
    pub sign_in: Option<Arc<str>>,
    /// The zone in which times are told.
    pub time_zone: TimeZone,
}

/// Whom to ask. All of it plain text, said as it stands.
#[derive(Debug, Clone, Default)]
pub struct HelpDesk {
    /// In a sentence.
    pub text: Option<Arc<str>>,
    /// A telephone number.
    pub phone: Option<Arc<str>>,
    /// A page of theirs. `https://` alone.
    pub url: Option<Arc<str>>,
}

/// A page of the organisation's, such as an imprint.
#[derive(Debug, Clone)]
pub struct LegalLink {
    /// What stands on the link.
    pub title: Arc<str>,
    /// `https://` alone.
    pub url: Arc<str>,
}

/// A brand that can be shown.
pub struct Brand {
    parts: BrandParts,
    mail_from: Option<Arc<str>>,
}

/// What is wrong with a brand, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrandError {
    /// Nobody can read it.
    #[error(
        "{which} has a contrast of {contrast} to 1 with the ground of the pages: at least 4.5 to 1 is needed (WCAG 2.2, 1.4.3); a {remedy} colour has more"
    )]
    Contrast {
        /// `accent` or `accent_dark`.
        which: &'static str,
        /// As a decimal number.
        contrast: String,
        /// `darker` or `lighter`.
        remedy: &'static str,
    },
    /// It is not an address that people are sent to.
    #[error("{0} must begin with https://")]
    NotHttps(&'static str),
    /// A site has to be called something.
    #[error("a brand needs a name of at most 60 characters, on one line")]
    Name,
}

impl Brand {
    /// Checked.
    pub fn new(mut parts: BrandParts) -> Result<Self, BrandError> {
        let name = parts.name.trim();
        if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
            return Err(BrandError::Name);
        }
        for (which, colour, grounds, remedy) in [
            ("accent", parts.accent, colour::LIGHT_GROUNDS, "darker"),
            ("accent_dark", parts.accent_dark, colour::DARK_GROUNDS, "lighter"),
        ] {
            if let Some(contrast) = colour.too_like(&grounds) {
                return Err(BrandError::Contrast {
                    which,
                    contrast,
                    remedy,
                });
            }
        }
        let addresses = [
            ("help_desk.url", parts.help_desk.url.as_ref()),
            ("sign_in", parts.sign_in.as_ref()),
        ];
        let legal = parts.legal.iter().map(|link| ("legal.url", Some(&link.url)));
        for (which, address) in addresses.into_iter().chain(legal) {
            if address.is_some_and(|address| !leads_over_tls(address)) {
                return Err(BrandError::NotHttps(which));
            }
        }
        if parts.languages.is_empty() {
            parts.languages = Language::ALL.to_vec();
        }
        Ok(Self { parts, mail_from: None })
    }

    /// One that goes with anything, for a site nobody has given one.
    pub fn plain(name: impl Into<Arc<str>>) -> Self {
        Self {
            parts: BrandParts {
                name: name.into(),
                logo: None,
                logo_dark: None,
                accent: Colour::BLUE,
                accent_dark: Colour::LIGHT_BLUE,
                help_desk: HelpDesk::default(),
                legal: Vec::new(),
                languages: Language::ALL.to_vec(),
                kiosk: false,
                sign_in: None,
                time_zone: TimeZone::UTC,
            },
            mail_from: None,
        }
    }

    /// The same, and its letters come from this name and address. Whoever reads the configuration has made sure that it is one.
    #[must_use]
    pub fn writing_from(mut self, mail_from: Option<Arc<str>>) -> Self {
        self.mail_from = mail_from;
        self
    }

    /// The same, for a login screen.
    #[must_use]
    pub fn for_kiosk(mut self) -> Self {
        self.parts.kiosk = true;
        self
    }

    /// Whom its letters come from, where that is not the same for all sites.
    pub(crate) fn mail_from(&self) -> Option<&Arc<str>> {
        self.mail_from.as_ref()
    }

    pub(crate) fn name(&self) -> &str {
        &self.parts.name
    }

    pub(crate) fn languages(&self) -> &[Language] {
        &self.parts.languages
    }

    pub(crate) fn time_zone(&self) -> &TimeZone {
        &self.parts.time_zone
    }

    pub(crate) fn help_desk(&self) -> &HelpDesk {
        &self.parts.help_desk
    }

    pub(crate) fn kiosk(&self) -> bool {
        self.parts.kiosk
    }

    pub(crate) fn accent(&self) -> Colour {
        self.parts.accent
    }

    pub(crate) fn accent_dark(&self) -> Colour {
        self.parts.accent_dark
    }

    pub(crate) fn logo(&self) -> Option<&Logo> {
        self.parts.logo.as_ref()
    }

    pub(crate) fn logo_dark(&self) -> Option<&Logo> {
        self.parts.logo_dark.as_ref()
    }

    /// Nothing that leads away is shown at a login screen.
    pub(crate) fn legal(&self) -> &[LegalLink] {
        if self.parts.kiosk { &[] } else { &self.parts.legal }
    }

    pub(crate) fn sign_in(&self) -> Option<&str> {
        self.parts.sign_in.as_deref().filter(|_| !self.parts.kiosk)
    }

    pub(crate) fn help_desk_url(&self) -> Option<&str> {
        self.parts.help_desk.url.as_deref().filter(|_| !self.parts.kiosk)
    }
}

fn leads_over_tls(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| url.scheme() == "https" && url.has_host() && url.username().is_empty())
}
