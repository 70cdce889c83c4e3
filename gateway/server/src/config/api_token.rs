//! `[[api_token]]`: programs that may ask for resets over the API.

use super::reading::{Reading, Text, text_of};
use postern_identity::Secret;
use postern_web::Token;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// The fewest octets of a token.
const SHORTEST: usize = 16;

/// A program's token. No `Debug`: it holds secrets.
pub struct ApiToken {
    /// What audit lines call it.
    pub name: Arc<str>,
    /// The value, and the next one while both hold. Empty: the one in the state folder, which is made if there is none.
    pub values: Vec<Secret>,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Scope {
    /// Open, prove and execute resets.
    #[serde(rename = "reset:request")]
    Request,
    /// Vouch for people: no proof is asked for.
    #[serde(rename = "reset:vouched")]
    Vouched,
    /// Read how a reset it has opened stands.
    #[serde(rename = "reset:read")]
    Read,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Request, Self::Vouched, Self::Read];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "reset:request",
            Self::Vouched => "reset:vouched",
            Self::Read => "reset:read",
        }
    }
}

/// A program that may ask for resets over the API.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ApiTokenTable {
    /// Its name, for the record.
    #[schemars(with = "String")]
    name: Text,
    /// Its secret, at least 16 characters; rather secret_file. Default: one is made in the state folder, NAME.token.
    #[schemars(with = "Option<String>")]
    secret: Text,
    /// A file that holds the secret alone, readable by the program alone.
    #[schemars(with = "Option<String>")]
    secret_file: Text,
    /// The next secret, which holds beside the first while programs are told of it.
    #[schemars(with = "Option<String>")]
    next_secret: Text,
    /// A file that holds the next secret alone.
    #[schemars(with = "Option<String>")]
    next_secret_file: Text,
    /// What it may do.
    #[schemars(with = "Vec<Scope>", length(min = 1))]
    scopes: Option<Spanned<Vec<Spanned<Scope>>>>,
}

impl ApiTokenTable {
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<ApiToken> {
        let name = reading.name("api_token", self.name.as_ref());
        let given = text_of(self.secret.as_ref()).or(text_of(self.secret_file.as_ref()));
        let first = given.map(|_| token("secret", &self.secret, &self.secret_file, span, reading));
        let next = text_of(self.next_secret.as_ref()).or(text_of(self.next_secret_file.as_ref()));
        let next = next.map(|_| token("next_secret", &self.next_secret, &self.next_secret_file, span, reading));
        let values = first.into_iter().chain(next).collect::<Option<Vec<_>>>()?;
        let scopes = self.scopes?.into_inner().into_iter().map(Spanned::into_inner).collect();
        Some(ApiToken {
            name: name?,
            values,
            scopes,
        })
    }
}

/// A secret that can stand in a header (RFC 6750 §2.1) and is no word.
fn token(
    key: &'static str,
    inline: &Text,
    file: &Text,
    span: &Range<usize>,
    reading: &mut Reading<'_>,
) -> Option<Secret> {
    let secret = reading.secret(key, inline.as_ref(), file.as_ref(), span)?;
    let written = text_of(inline.as_ref()).or(text_of(file.as_ref()));
    let span = written.map_or(span.clone(), Spanned::span);
    if secret.expose().len() < SHORTEST || !Token::can_be_shown(&secret) {
        let remedy = "at least 16 letters, digits, -, ., _, ~, + and /, with = at the end alone, and at most 512: openssl rand -hex 32 makes one";
        return reading.none(&span, format!("{key} cannot be a token"), remedy);
    }
    Some(secret)
}
