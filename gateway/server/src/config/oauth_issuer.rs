//! `[[oauth_issuer]]`: issuers of OAuth 2.0 access tokens, and what they are believed of programs.

use super::api_token::{ResourceTypes, Scope, limits, rate};
use super::reading::{Reading, Text, text_of};
use crate::certificate::authorities;
use postern_policy::problem::quoted;
use postern_web::{IssuerSettings, KeyAddress, KeySource, Keys, KeysError};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// The claims that issuers put scopes and roles into.
const SCOPE_CLAIMS: [&str; 3] = ["scp", "scope", "roles"];
/// The longest name an issuer gives to anything.
const LONGEST: usize = 512;

/// An issuer.
pub struct OauthIssuer {
    /// Who it is, and what it is believed.
    pub settings: IssuerSettings,
    /// PEM, the authorities that the certificates of its servers may be from; without it, those of this machine.
    pub authorities: Option<String>,
}

/// An issuer of OAuth 2.0 access tokens: JWTs signed with RS256, PS256, ES256 or EdDSA.
#[derive(Deserialize, JsonSchema)]
pub(super) struct OauthIssuerTable {
    /// Its name. Its programs are called so in the record, with a colon and their client's name behind it.
    #[schemars(with = "String")]
    name: Text,
    /// What it calls itself in its tokens (iss), letter by letter, such as https://login.microsoftonline.com/TENANT/v2.0.
    #[schemars(with = "String")]
    issuer: Text,
    /// What it calls us in its tokens (aud): one of these must be there, letter by letter.
    #[schemars(with = "Vec<String>", length(min = 1))]
    audience: Words,
    /// Where its public keys are (a JSON Web Key Set), https, without a redirect. Default: where its own description says,
    /// at /.well-known/openid-configuration behind its name.
    #[schemars(with = "Option<String>")]
    jwks_url: Text,
    /// A file with its public keys instead. It is read again as keys are.
    #[schemars(with = "Option<String>")]
    jwks_file: Text,
    /// The certificate authority of its servers, PEM. Empty or left out: those this machine trusts.
    #[schemars(with = "Option<String>")]
    ca_file: Text,
    /// Whether its keys may come from this machine over http. For tests.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    allow_plaintext_loopback: Option<Spanned<bool>>,
    /// The claims that say what a program may do.
    #[schemars(with = "Option<Vec<String>>", length(min = 1), extend("default" = ["scp", "scope", "roles"]))]
    scope_claims: Words,
    /// What their words mean here, such as `{ Provision = ["scim:read", "scim:write"] }`. Other words mean nothing.
    #[schemars(with = "BTreeMap<String, Vec<Scope>>")]
    scopes: Option<Spanned<BTreeMap<String, Spanned<Vec<Scope>>>>>,
    /// The only clients it speaks for (azp, appid, client_id or cid of its tokens). Default: every client of its own.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    client_ids: Words,
    /// The only subjects it speaks for (sub of its tokens). Default: every subject.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    subjects: Words,
    /// Over SCIM its programs reach this entry and what is below it. Default: everything that SCIM shows.
    #[schemars(with = "Option<String>")]
    scim_base_dn: Text,
    /// Over SCIM they reach resources of these types. Default: every type.
    #[schemars(with = "Option<Vec<super::api_token::ResourceType>>", length(min = 1))]
    scim_resource_types: ResourceTypes,
    /// So many requests of each of them each second, and twice as many at once; more are told to wait (429).
    #[schemars(with = "Option<u32>", range(min = 1, max = 100_000), extend("default" = 200))]
    requests_per_second: Option<Spanned<u64>>,
}

/// Several values that may be left out.
type Words = Option<Spanned<Vec<Spanned<String>>>>;

impl OauthIssuerTable {
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<OauthIssuer> {
        let name = reading.name("oauth_issuer", self.name.as_ref());
        let issuer = self
            .issuer
            .as_ref()
            .and_then(|written| exact("issuer", written, reading));
        let audiences = words("audience", self.audience.as_ref(), reading);
        let keys = self.keys(issuer.as_deref(), span, reading);
        let authorities = match text_of(self.ca_file.as_ref()) {
            None => Some(None),
            Some(written) => ca_file(written, reading).map(Some),
        };
        let scope_claims = match &self.scope_claims {
            None => Some(SCOPE_CLAIMS.map(str::to_owned).to_vec()),
            written => words("scope_claims", written.as_ref(), reading),
        };
        let client_ids = words("client_ids", self.client_ids.as_ref(), reading);
        let subjects = words("subjects", self.subjects.as_ref(), reading);
        let meanings = self.scopes?;
        let meant: Vec<Scope> = meanings
            .get_ref()
            .values()
            .flat_map(|scopes| scopes.get_ref().clone())
            .collect();
        if meanings.get_ref().is_empty() {
            let what = "scopes gives nothing: no token of this issuer could do anything";
            reading.problem(
                &meanings.span(),
                what,
                "such as { \"Provision\" = [\"scim:read\", \"scim:write\"] }",
            );
        }
        let limits = limits(&self.scim_base_dn, self.scim_resource_types, &meant, reading);
        let scopes = meanings.into_inner().into_iter().map(|(word, scopes)| {
            let scopes = scopes.into_inner().into_iter().map(|scope| scope.as_str().into());
            (word, scopes.collect())
        });
        let scopes = scopes.collect();
        Some(OauthIssuer {
            settings: IssuerSettings {
                name: name?,
                issuer: issuer?,
                audiences: audiences?,
                keys: keys?,
                scope_claims: scope_claims?,
                scopes,
                client_ids: client_ids?,
                subjects: subjects?,
                limits: limits?,
                rate: rate(self.requests_per_second),
            },
            authorities: authorities?,
        })
    }

    /// Where the keys are: said once, or where the issuer itself says. `table` is where the table stands.
    fn keys(&self, issuer: Option<&str>, table: &Range<usize>, reading: &mut Reading<'_>) -> Option<KeySource> {
        let plaintext = self
            .allow_plaintext_loopback
            .as_ref()
            .is_some_and(|written| *written.get_ref());
        match (text_of(self.jwks_url.as_ref()), text_of(self.jwks_file.as_ref())) {
            (Some(_), Some(file)) => reading.none(&file.span(), "jwks_url and jwks_file are both given", "one of them"),
            (Some(url), None) => match KeyAddress::parse(url.get_ref(), plaintext) {
                Some(address) => Some(KeySource::Address(address)),
                None => reading.none(
                    &url.span(),
                    "jwks_url is not an https address",
                    "such as https://login.example.org/keys; http on this machine alone, with allow_plaintext_loopback = true",
                ),
            },
            (None, Some(file)) => {
                let (path, text) = reading.text_file("jwks_file", file)?;
                let what = match Keys::parse(text.as_bytes()).err() {
                    None => return Some(KeySource::File(path)),
                    Some(KeysError::Shape) => "is no JSON Web Key Set",
                    Some(KeysError::TooMany) => "has more than 64 keys",
                    Some(KeysError::Unusable) => "has no key with a kid that verifies RS256, PS256, ES256 or EdDSA",
                    Some(KeysError::Private) => "has a secret or private key, which must be nobody's but the issuer's",
                };
                let what = format!("jwks_file {} {what}", quoted(&path.to_string_lossy()));
                reading.none(&file.span(), what, "the issuer's public keys: {\"keys\": [...]}")
            }
            (None, None) if reading.told_of(table, "jwks_url") || reading.told_of(table, "jwks_file") => None,
            (None, None) => match KeyAddress::of_discovery(issuer?, plaintext) {
                Some(address) => Some(KeySource::Discovery(address)),
                None => reading.none(
                    &self.issuer.as_ref().map_or(table.clone(), Spanned::span),
                    "issuer is not an https address, so it does not say where its keys are",
                    "jwks_url or jwks_file beside it",
                ),
            },
        }
    }
}

fn ca_file(written: &Spanned<String>, reading: &mut Reading<'_>) -> Option<String> {
    let (_, pem) = reading.text_file("ca_file", written)?;
    if authorities(pem.as_bytes()).is_none() {
        let remedy = "a file in PEM form with what the key's name says";
        return reading.none(&written.span(), "ca_file cannot be used", remedy);
    }
    Some(pem)
}

/// What is compared letter by letter: something, in one piece.
fn exact(key: &'static str, written: &Spanned<String>, reading: &mut Reading<'_>) -> Option<String> {
    let text = written.get_ref();
    if text.is_empty() || text.len() > LONGEST || !text.bytes().all(|octet| octet.is_ascii_graphic()) {
        let what = format!("{} in {key} is in no token", quoted(text));
        return reading.none(
            &written.span(),
            what,
            "letter by letter what the issuer writes, without spaces",
        );
    }
    Some(text.clone())
}

/// Those of a list; none where there is no list.
fn words(
    key: &'static str,
    written: Option<&Spanned<Vec<Spanned<String>>>>,
    reading: &mut Reading<'_>,
) -> Option<Vec<String>> {
    let all = written.into_iter().flat_map(Spanned::get_ref);
    let all: Vec<_> = all.map(|one| exact(key, one, reading)).collect();
    all.into_iter().collect()
}
