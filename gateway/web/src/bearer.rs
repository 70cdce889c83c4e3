//! Who asks: a program with a token of ours, or one that an issuer of OAuth 2.0 speaks for (RFC 6750, RFC 9068).
//!
//! **The walk.** One credential is taken out of the one header. Where it is a token of the configuration, that is who asks. Otherwise it is read
//! as a signed JWT (`jwt`), which says by whom it was made; of the issuers that are known by exactly this name (`issuer`) the keys are asked
//! (`keeper`, `keys`) whether they signed it, and only then what it says is believed, as far as that goes (`claims`). Every refusal is the same
//! octets; the log has the reason.

mod address;
mod claims;
mod fetch;
mod issuer;
mod jwt;
mod keeper;
mod keys;

pub use address::KeyAddress;
pub use issuer::{Issuer, IssuerSettings, tls_for_keys};
pub use keeper::KeySource;
pub use keys::{Keys, KeysError};

use crate::fault::Fault;
use crate::tokens::{Token, Tokens, shown};
use http::header::HeaderMap;
use jwt::Jwt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The longest credential that is looked at, in octets.
const LONGEST: usize = 8 * 1024;

/// Everybody who may ask.
#[derive(Default)]
pub struct Bearers {
    tokens: Tokens,
    issuers: Vec<Issuer>,
}

impl Bearers {
    /// Programs with tokens of ours, and those these issuers speak for.
    pub fn new(tokens: Tokens, issuers: Vec<Issuer>) -> Self {
        Self { tokens, issuers }
    }

    /// Starts a task for each issuer, which reads its keys and keeps them fresh until `stop`.
    pub fn keep_fresh(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        for issuer in &self.issuers {
            tasks.spawn(Arc::clone(issuer.keys()).keep_fresh(stop.clone()));
        }
    }

    /// Who asks, and no more often than they may. Waits for nothing but an issuer's keys, where it signed with one that is new.
    pub async fn of(&self, headers: &HeaderMap) -> Result<Arc<Token>, Fault> {
        let shown = shown(headers, LONGEST)?;
        match self.tokens.of_value(shown) {
            Err(Fault::NoToken { .. }) if !self.issuers.is_empty() => self.of_jwt(shown).await,
            settled => settled,
        }
    }

    async fn of_jwt(&self, shown: &[u8]) -> Result<Arc<Token>, Fault> {
        let jwt = Jwt::parse(shown).map_err(|why| why.told(None))?;
        let mut fault = None;
        // Of one issuer several may be known: each speaks for other programs.
        for issuer in self.issuers.iter().filter(|issuer| jwt.is_of(issuer.issuer())) {
            match issuer.token(&jwt).await {
                Ok(token) => return issuer.metered(token),
                Err(why) => fault = Some(why.told(Some(issuer.name()))),
            }
        }
        Err(fault.unwrap_or_else(|| Refused::Issuer.told(None)))
    }
}

/// Why a JWT is nobody's. For the log alone: whoever showed it is told that it is invalid, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Refused {
    // Before anything in it is believed.
    /// Three parts, each base64url without padding.
    #[error("it is no signed JWT")]
    Shape,
    /// Or a member stands there twice.
    #[error("its header cannot be read")]
    Header,
    /// Never `none`, and nothing that takes a secret.
    #[error("it is signed in a way that is not accepted")]
    Algorithm,
    /// RFC 7515 §4.1.11.
    #[error("its header has members that must be understood and are not")]
    Critical,
    /// RFC 8725 §3.11: what was made for something else.
    #[error("it is another type of token than one for access")]
    Type,
    #[error("its claims cannot be read")]
    Claims,
    #[error("nobody known has issued it")]
    Issuer,
    #[error("its issuer has no such key")]
    Key,
    #[error("its signature is wrong")]
    Signature,
    #[error("its issuer's keys could not be read")]
    KeysAway,
    // Signed by the issuer.
    #[error("it is meant for another audience")]
    Audience,
    #[error("it has expired, or does not say when it will")]
    Expired,
    #[error("it is not valid yet")]
    NotYet,
    /// RFC 9449, RFC 8705: whoever shows it would have to show a key as well.
    #[error("it is bound to a key, which cannot be seen here")]
    Bound,
    #[error("it does not say whose it is")]
    Nobody,
    #[error("its client or subject is not on the list")]
    NotListed,
}

impl Refused {
    /// Tells the log why, and says what is answered.
    fn told(self, issuer: Option<&str>) -> Fault {
        match self {
            // Nobody but the issuer brings this about, so it cannot flood the log.
            Self::Audience | Self::Expired | Self::NotYet | Self::Bound | Self::Nobody | Self::NotListed => {
                tracing::info!(target: "postern::http", issuer, why = %self, "a token of an issuer was refused");
            }
            _ => tracing::debug!(target: "postern::http", issuer, why = %self, "a token of an issuer was refused"),
        }
        match self {
            Self::KeysAway => Fault::Unavailable,
            _ => Fault::NoToken { shown: true },
        }
    }
}

#[cfg(test)]
mod tests;
