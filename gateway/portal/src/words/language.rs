//! Which language somebody reads.

/// The longest `Accept-Language` that is looked at, in octets, and the most languages in it.
const LONGEST_WISH: usize = 512;
const MOST_WISHES: usize = 20;

/// The languages there are words in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "languages by their names")]
pub enum Language {
    English,
    German,
    French,
    Arabic,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 4] = [Self::English, Self::German, Self::French, Self::Arabic];

    /// As a tag (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Arabic => "ar",
        }
    }

    /// What those who speak it call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
            Self::Arabic => "العربية",
        }
    }

    /// The direction it is written in.
    pub fn direction(self) -> &'static str {
        if self == Self::Arabic { "rtl" } else { "ltr" }
    }

    pub(crate) fn source(self) -> &'static str {
        match self {
            Self::English => include_str!("../../words/en.ftl"),
            Self::German => include_str!("../../words/de.ftl"),
            Self::French => include_str!("../../words/fr.ftl"),
            Self::Arabic => include_str!("../../words/ar.ftl"),
        }
    }
}

/// The language of a site's that a tag means: `de-AT` is German.
pub(crate) fn of_tag(tag: &str, offered: &[Language]) -> Option<Language> {
    let primary = tag.split(['-', '_']).next().unwrap_or(tag).trim();
    offered
        .iter()
        .copied()
        .find(|language| language.tag().eq_ignore_ascii_case(primary))
}

/// What was asked for in the address, else what was chosen before, else what the browser wishes (RFC 9110 §12.5.4), else the site's first.
pub(crate) fn negotiate(
    asked: Option<&str>,
    chosen: Option<&str>,
    wishes: Option<&str>,
    offered: &[Language],
) -> Language {
    asked
        .and_then(|tag| of_tag(tag, offered))
        .or_else(|| chosen.and_then(|tag| of_tag(tag, offered)))
        .or_else(|| wishes.and_then(|wishes| best(wishes, offered)))
        .or_else(|| offered.first().copied())
        .unwrap_or(Language::English)
}

/// The wish of the highest weight that there are words for; of two of a weight the earlier.
fn best(wishes: &str, offered: &[Language]) -> Option<Language> {
    if wishes.len() > LONGEST_WISH {
        return None;
    }
    let mut best: Option<(u32, Language)> = None;
    for wish in wishes.split(',').take(MOST_WISHES) {
        let (tag, weight) = wish
            .split_once(';')
            .map_or((wish, 1_000), |(tag, rest)| (tag, thousandths(rest)));
        let Some(language) = of_tag(tag, offered) else { continue };
        if weight > best.map_or(0, |(weight, _)| weight) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// `q=0.8` as 800; what is no weight is none.
fn thousandths(weight: &str) -> u32 {
    let Some(number) = weight.trim().strip_prefix("q=") else {
        return 0;
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole, part.parse::<u32>()) {
        ("0", Ok(part)) => part,
        ("1", _) => 1_000,
        _ => 0,
    }
}
