//! `[[api_token]]`: programs that may ask for resets over the API, or provision over SCIM; and what such programs may do, however they are known.

use super::directory::distinguished_name;
use super::reading::{Reading, Text, text_of};
use postern_identity::Secret;
use postern_web::{Rate, Token, TokenLimits, USUAL_RATE};
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
    /// How far it reaches over SCIM.
    pub limits: TokenLimits,
    /// How often it may ask.
    pub rate: Rate,
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
    /// SCIM: read people and groups.
    #[serde(rename = "scim:read")]
    ScimRead,
    /// SCIM: make, change and remove people, but for passwords and how accounts stand. It lets nobody read.
    #[serde(rename = "scim:write")]
    ScimWrite,
    /// SCIM: set passwords, and how accounts stand: locked, disabled, to be changed.
    #[serde(rename = "scim:password")]
    ScimPassword,
    /// SCIM: make, change and remove groups, and who is in them.
    #[serde(rename = "scim:groups")]
    ScimGroups,
}

/// A type of resource of SCIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ResourceType {
    /// People.
    User,
    /// Groups.
    Group,
}

impl Scope {
    /// Those of resets.
    pub const RESET: [Self; 3] = [Self::Request, Self::Vouched, Self::Read];
    /// Those of SCIM.
    pub const SCIM: [Self; 4] = [Self::ScimRead, Self::ScimWrite, Self::ScimPassword, Self::ScimGroups];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "reset:request",
            Self::Vouched => "reset:vouched",
            Self::Read => "reset:read",
            Self::ScimRead => "scim:read",
            Self::ScimWrite => "scim:write",
            Self::ScimPassword => "scim:password",
            Self::ScimGroups => "scim:groups",
        }
    }
}

/// A program that may ask for resets over the API, or provision over SCIM.
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
    /// Over SCIM it reaches this entry and what is below it. Default: everything that SCIM shows.
    #[schemars(with = "Option<String>")]
    scim_base_dn: Text,
    /// Over SCIM it reaches resources of these types. Default: every type.
    #[schemars(with = "Option<Vec<ResourceType>>", length(min = 1))]
    scim_resource_types: ResourceTypes,
    /// So many requests each second, and twice as many at once; more are told to wait (429).
    #[schemars(with = "Option<u32>", range(min = 1, max = 100_000), extend("default" = 200))]
    requests_per_second: Option<Spanned<u64>>,
}

/// Types of resources that may be left out.
pub(super) type ResourceTypes = Option<Spanned<Vec<Spanned<ResourceType>>>>;

impl ApiTokenTable {
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<ApiToken> {
        let name = reading.name("api_token", self.name.as_ref());
        let given = text_of(self.secret.as_ref()).or(text_of(self.secret_file.as_ref()));
        let first = given.map(|_| token("secret", &self.secret, &self.secret_file, span, reading));
        let next = text_of(self.next_secret.as_ref()).or(text_of(self.next_secret_file.as_ref()));
        let next = next.map(|_| token("next_secret", &self.next_secret, &self.next_secret_file, span, reading));
        let values = first.into_iter().chain(next).collect::<Option<Vec<_>>>()?;
        let scopes: Vec<_> = self.scopes?.into_inner().into_iter().map(Spanned::into_inner).collect();
        let limits = limits(&self.scim_base_dn, self.scim_resource_types, &scopes, reading)?;
        Some(ApiToken {
            name: name?,
            values,
            scopes,
            limits,
            rate: rate(self.requests_per_second),
        })
    }
}

/// How far a program with these scopes reaches over SCIM.
pub(super) fn limits(
    base_dn: &Text,
    resource_types: ResourceTypes,
    scopes: &[Scope],
    reading: &mut Reading<'_>,
) -> Option<TokenLimits> {
    let base = text_of(base_dn.as_ref());
    let base_span = base.map(Spanned::span);
    let read = distinguished_name("scim_base_dn", base, reading);
    let types_span = resource_types.as_ref().map(Spanned::span);
    // Where there is none at all, that has been told.
    if !scopes.is_empty() && !scopes.iter().any(|scope| Scope::SCIM.contains(scope)) {
        for (key, span) in [("scim_base_dn", &base_span), ("scim_resource_types", &types_span)] {
            if let Some(span) = span {
                let what = format!("{key} limits nothing: no scope here is one of SCIM");
                reading.problem(
                    span,
                    what,
                    format!("\"scim:read\" or another of SCIM in scopes, or no {key}"),
                );
            }
        }
    }
    if base_span.is_some() && read.is_none() {
        return None;
    }
    let types = resource_types.map(Spanned::into_inner).unwrap_or_default();
    let types = types.into_iter().map(|one| match one.into_inner() {
        ResourceType::User => "User".into(),
        ResourceType::Group => "Group".into(),
    });
    Some(TokenLimits {
        base_dn: read.map(Into::into),
        resource_types: types.collect(),
    })
}

/// How often a program may ask.
pub(super) fn rate(each_second: Option<Spanned<u64>>) -> Rate {
    let each_second = each_second.and_then(|written| u32::try_from(written.into_inner()).ok());
    Rate::of_program(each_second.unwrap_or(USUAL_RATE))
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
        let remedy =
            "16 to 512 letters, digits, -, ., _, ~, + and /, with = at the end alone: openssl rand -hex 32 makes one";
        return reading.none(&span, format!("{key} cannot be a token"), remedy);
    }
    Some(secret)
}
