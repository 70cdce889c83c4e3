//! An issuer of tokens: what it is believed, and of whom.

use super::Refused;
use super::claims::Claims;
use super::jwt::Jwt;
use super::keeper::{Keeper, KeySource, Pace};
use crate::fault::Fault;
use crate::limits::Rate;
use crate::meter::Meter;
use crate::tokens::{Token, TokenLimits};
use aws_lc_rs::digest::{SHA256, digest};
use postern_identity::Clock;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Programs of one issuer are counted in so many places. Two that fall on one share it.
const PLACES: usize = 256;

/// What is said of an issuer.
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// What it is called here.
    pub name: Arc<str>,
    /// What it calls itself: `iss`, letter by letter.
    pub issuer: String,
    /// What it calls us: one of these is in `aud`.
    pub audiences: Vec<String>,
    /// Where its keys are.
    pub keys: KeySource,
    /// The claims that say what a program may do.
    pub scope_claims: Vec<String>,
    /// What each word of them means here. Others mean nothing.
    pub scopes: Vec<(String, Vec<Arc<str>>)>,
    /// The only clients it speaks for. Empty: all of its own.
    pub client_ids: Vec<String>,
    /// The only subjects. Empty: all.
    pub subjects: Vec<String>,
    /// How far its programs reach.
    pub limits: TokenLimits,
    /// How often each of them may ask.
    pub rate: Rate,
}

/// An issuer, with its keys.
pub struct Issuer {
    settings: IssuerSettings,
    keys: Arc<Keeper>,
    clock: Arc<dyn Clock>,
    meter: Meter,
}

impl Issuer {
    /// `tls` is how its keys are fetched: see [`tls_for_keys`]. Nothing is fetched yet.
    pub fn new(settings: IssuerSettings, tls: Arc<ClientConfig>, clock: Arc<dyn Clock>) -> Self {
        Self::at_pace(settings, tls, clock, Pace::default())
    }

    pub(super) fn at_pace(settings: IssuerSettings, tls: Arc<ClientConfig>, clock: Arc<dyn Clock>, pace: Pace) -> Self {
        let (name, source) = (Arc::clone(&settings.name), settings.keys.clone());
        Self {
            keys: Arc::new(Keeper::new(name, settings.issuer.clone(), source, tls, pace)),
            meter: Meter::new(settings.rate, PLACES),
            settings,
            clock,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.settings.name
    }

    pub(super) fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    pub(super) fn keys(&self) -> &Arc<Keeper> {
        &self.keys
    }

    /// Whose it is, if this issuer signed it and speaks for them.
    pub(super) async fn token(&self, jwt: &Jwt<'_>) -> Result<Token, Refused> {
        self.keys.verify(jwt).await?;
        let claims = Claims(&jwt.claims);
        claims.meant_for(&self.settings.audiences)?;
        claims.holds_at(self.clock.now().as_second())?;
        claims.is_unbound()?;
        let (client, subject) = (claims.client()?, claims.subject()?);
        let listed = |list: &[String], name: Option<&str>| {
            list.is_empty() || name.is_some_and(|name| list.iter().any(|listed| listed == name))
        };
        if !listed(&self.settings.client_ids, client) || !listed(&self.settings.subjects, subject) {
            return Err(Refused::NotListed);
        }
        let name = client.or(subject).ok_or(Refused::Nobody)?;
        let mut scopes: Vec<Arc<str>> = Vec::new();
        for word in claims.scopes(&self.settings.scope_claims)? {
            let meant = self.settings.scopes.iter().filter(|(known, _)| known == word);
            for scope in meant.flat_map(|(_, scopes)| scopes) {
                if !scopes.contains(scope) {
                    scopes.push(Arc::clone(scope));
                }
            }
        }
        // No token of the configuration has a name with a colon: nobody is taken for another.
        let name = format!("{}:{name}", self.settings.name);
        Ok(Token::new(name, &[], scopes).within(self.settings.limits.clone()))
    }

    /// Counts one request of this program.
    pub(super) fn metered(&self, token: Token) -> Result<Arc<Token>, Fault> {
        let tag = digest(&SHA256, token.name().as_bytes());
        let octets: [u8; 8] = tag.as_ref().first_chunk().copied().unwrap_or_default();
        let place = usize::from_be_bytes(octets) % PLACES;
        self.meter.spend(place).map_err(|after| Fault::TooMany { after })?;
        Ok(Arc::new(token))
    }
}

/// How keys are fetched: servers show a certificate of one of these authorities, valid by our clock. `None`: no TLS comes about with the program's
/// own cryptography, which is a defect.
pub fn tls_for_keys(authorities: RootCertStore, clock: Arc<dyn Clock>) -> Option<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_details(provider, Arc::new(OurTime(clock)))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(authorities)
        .with_no_client_auth();
    Some(Arc::new(config))
}

/// Our clock as rustls asks for it. A time before 1970 is no time, and no certificate is valid then.
struct OurTime(Arc<dyn Clock>);

impl TimeProvider for OurTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for OurTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OurTime")
    }
}
