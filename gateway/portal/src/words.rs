//! The words of the pages and letters, in the language of whoever reads them.

mod language;
mod moment;
#[cfg(test)]
mod tests;

pub use language::Language;
pub(crate) use language::{negotiate, of_tag};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

// One function for each message, made by build.rs.
include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// All words of one language.
pub(crate) struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

/// Something counted, for the plural forms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count(i64);

impl From<u32> for Count {
    fn from(count: u32) -> Self {
        Self(count.into())
    }
}

impl From<&&u32> for Count {
    fn from(count: &&u32) -> Self {
        Self((**count).into())
    }
}

impl From<&u32> for Count {
    fn from(count: &u32) -> Self {
        Self((*count).into())
    }
}

impl Words {
    /// build.rs has read the same text and found nothing wrong with it.
    pub(crate) fn of(language: Language) -> Self {
        let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        let resource = FluentResource::try_new(language.source().to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }

    /// Which language they are of.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// A message with its variables, each set apart by U+2068 and U+2069, so that a name in another script does not turn the sentence around.
    fn say(&self, name: &'static str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(name).and_then(|message| message.value()) else {
            return name.to_owned();
        };
        let arguments: FluentArgs<'_> = values.iter().cloned().collect();
        self.bundle
            .format_pattern(pattern, Some(&arguments), &mut Vec::new())
            .into_owned()
    }
}

/// The same without what sets variables apart: for the subject of a letter in a language that is written from left to right.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .filter(|letter| !matches!(letter, '\u{2066}'..='\u{2069}'))
        .collect()
}
