//! `[secrets]`: the keys that hide what is kept of resets from whoever reads the store.

use super::reading::{Reading, Text, text_of};
use postern_identity::Secret;
use postern_identity::reset::keys::SHORTEST_KEY;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;

/// The keys, where the file says any. No `Debug`: it holds secrets.
#[derive(Default)]
pub struct Secrets {
    /// What is made now is made with it. `None`: with the one in the state folder, which is made if there is none.
    pub key: Option<Secret>,
    /// What was made with it still holds.
    pub previous: Option<Secret>,
}

/// The keys that hide what is kept of resets from whoever reads the store.
#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct SecretsTable {
    /// The key, at least 32 characters that nobody can guess; rather key_file. Gateways with one store need the same. Default: one is made in
    /// the state folder, self-service.key.
    #[schemars(with = "Option<String>")]
    key: Text,
    /// A file that holds the key alone, readable by the program alone.
    #[schemars(with = "Option<String>")]
    key_file: Text,
    /// The key before this one: links and codes that were sent with it still hold.
    #[schemars(with = "Option<String>")]
    previous_key: Text,
    /// A file that holds the key before this one.
    #[schemars(with = "Option<String>")]
    previous_key_file: Text,
}

impl SecretsTable {
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<Secrets> {
        let key = key("key", &self.key, &self.key_file, span, reading)?;
        let previous = self::key(
            "previous_key",
            &self.previous_key,
            &self.previous_key_file,
            span,
            reading,
        )?;
        Some(Secrets { key, previous })
    }
}

#[allow(
    clippy::option_option,
    reason = "a problem that was told of, nothing given, or a key"
)]
fn key(
    name: &'static str,
    inline: &Text,
    file: &Text,
    span: &Range<usize>,
    reading: &mut Reading<'_>,
) -> Option<Option<Secret>> {
    let Some(written) = text_of(inline.as_ref()).or(text_of(file.as_ref())) else {
        return Some(None);
    };
    let secret = reading.secret(name, inline.as_ref(), file.as_ref(), span)?;
    if secret.expose().len() < SHORTEST_KEY {
        let remedy = format!("at least {SHORTEST_KEY} characters: openssl rand -hex 32 makes such a key");
        return reading.none(&written.span(), format!("{name} is too short"), remedy);
    }
    Some(Some(secret))
}
