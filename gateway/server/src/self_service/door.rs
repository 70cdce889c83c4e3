//! The door over HTTPS: one site for each address of ours, with its pages and the API.

use super::catcher::{self, Catcher};
use super::issuers;
use super::keys::{self, KeyError};
use super::scim::{self, ProvisionedRoute};
use super::waking::Waking;
use crate::certificate::{ByName, HotCertificate};
use crate::config::{ApiToken, Certificate, Configuration, Http, Route, Scope};
use crate::reload::CertificateReload;
use crate::serve::ServeError;
use aws_lc_rs::hmac;
use axum::Router;
use postern_identity::records::ResetRecords;
use postern_identity::reset::{Chance, SelfService};
use postern_identity::{Clock, Secret};
use postern_portal::api::{self, ApiPorts};
use postern_portal::{Brand, Portal, ProofSettings, UsesInStore};
use postern_web::{Bearers, Bounds, RequestCounts, Site, Sites, Token, Tokens, Trusted, WebSettings};
use std::path::Path;
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// A demonstration's tokens, which everybody knows: what each is called, and its scopes. No configuration can name them.
const DEMO_TOKENS: [(&str, &str, &[Scope]); 2] = [
    ("demo", "demo-api-token", &Scope::RESET),
    ("demo-scim", "demo-scim-token", &Scope::SCIM),
];

/// What the sites are made of.
pub(super) struct House<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) service: Arc<Waking>,
    pub(super) records: Arc<dyn ResetRecords>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) chance: Arc<dyn Chance>,
    /// The master key; what is used of it here is kept apart from its other uses.
    pub(super) key: &'a Secret,
    pub(super) catcher: Option<Arc<Catcher>>,
    /// Where changes are carried through.
    pub(super) tasks: TaskTracker,
    /// What programs provision.
    pub(super) provisioned: Vec<ProvisionedRoute>,
}

impl House<'_> {
    /// A site for each address. Of several routes with one address the first has it.
    pub(super) fn sites(&self, proof: ProofSettings, bearers: &Arc<Bearers>) -> Sites {
        let mut sites = Sites::default();
        for route in of_addresses(&self.configuration.routes) {
            let Some(public_url) = route.portal.clone() else {
                continue;
            };
            let site = Arc::new(Site::new(Arc::clone(&route.name), public_url));
            let portal = Portal::new(
                postern_portal::Settings {
                    site: Arc::clone(&site),
                    brand: brand(self.configuration, route),
                    proof,
                },
                postern_portal::Ports {
                    service: Arc::clone(&self.service) as Arc<dyn SelfService>,
                    clock: Arc::clone(&self.clock),
                    chance: Arc::clone(&self.chance),
                    uses: Arc::new(UsesInStore(Arc::clone(&self.records))),
                    secret: self.derived("pages"),
                },
            );
            let programs = api::routes(ApiPorts {
                service: Arc::clone(&self.service) as Arc<dyn SelfService>,
                bearers: Arc::clone(bearers),
                records: Arc::clone(&self.records),
                clock: Arc::clone(&self.clock),
                secret: self.derived("programs"),
            });
            let mut router: Router = portal.router().merge(programs);
            if let Some(catcher) = &self.catcher {
                router = router.merge(catcher::router(Arc::clone(catcher)));
            }
            for (place, provisioned) in self.provisioned.iter().enumerate() {
                let service = Arc::clone(&self.service) as Arc<dyn SelfService>;
                router = router.merge(provisioned.router(place == 0, &site, &service, bearers, &self.tasks));
            }
            let faults = scim::Faults { pages: portal };
            // Each address is there once.
            let _ = sites.add_with(site, router, Arc::new(faults), Some(scim::FOR_PROGRAMS));
        }
        sites
    }

    fn derived(&self, label: &str) -> Secret {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.expose());
        Secret::new(hmac::sign(&key, format!("postern door {label}").as_bytes()).as_ref())
    }

    /// The programs that may ask.
    pub(super) fn bearers(&self) -> Result<Bearers, ServeError> {
        let issuers = issuers::of(self.configuration, &self.clock)?;
        Ok(Bearers::new(self.tokens()?, issuers))
    }

    /// Those of the configuration, each with the secret it gives or one that is made.
    fn tokens(&self) -> Result<Tokens, KeyError> {
        let state_dir = &self.configuration.server.state_dir;
        let mut tokens = Vec::new();
        for token in &self.configuration.api_tokens {
            tokens.push(of_program(token, state_dir, &*self.chance)?);
        }
        if self.catcher.is_some() {
            for (name, value, scopes) in DEMO_TOKENS {
                tokens.push(Token::new(name, &[&Secret::new(value)], words(scopes)));
            }
        }
        Ok(Tokens::new(tokens))
    }
}

fn of_program(token: &ApiToken, state_dir: &Path, chance: &dyn Chance) -> Result<Token, KeyError> {
    let made = match token.values.as_slice() {
        [] => Some(keys::kept(state_dir, &keys::token_file(&token.name), chance)?),
        _ => None,
    };
    let values: Vec<&Secret> = token.values.iter().chain(&made).collect();
    let made = Token::new(Arc::clone(&token.name), &values, words(&token.scopes));
    Ok(made.within(token.limits.clone()).at_rate(token.rate))
}

fn words(scopes: &[Scope]) -> Vec<Arc<str>> {
    scopes.iter().map(|scope| scope.as_str().into()).collect()
}

/// The routes whose pages are served: the first of each address.
pub(super) fn of_addresses(routes: &[Route]) -> Vec<&Route> {
    let mut first: Vec<&Route> = Vec::new();
    for route in routes.iter().filter(|route| route.portal.is_some()) {
        if !first.iter().any(|known| known.portal == route.portal) {
            first.push(route);
        }
    }
    first
}

/// How a route's pages and letters look.
pub(super) fn brand(configuration: &Configuration, route: &Route) -> Arc<Brand> {
    let brands = &configuration.brands;
    let named = route.brand.as_deref().unwrap_or("default");
    match brands.get(named) {
        Some(brand) => Arc::clone(brand),
        None => Arc::new(plain()),
    }
}

/// Where nobody has said how pages look.
pub(super) fn plain() -> Brand {
    Brand::plain("Postern")
}

/// How the listener behaves.
pub(super) fn settings(
    http: &Http,
    configuration: &Configuration,
    certificates: &[CertificateReload],
    counts: Arc<RequestCounts>,
    seed: [u8; 32],
) -> Option<WebSettings> {
    let hot = |source: &Certificate| -> Option<Arc<HotCertificate>> {
        let found = certificates.iter().find(|certificate| certificate.source() == source);
        found.map(|certificate| Arc::clone(certificate.hot()))
    };
    let named = http.named_certificates.iter();
    let named = named.map(|(names, source)| Some((names.clone(), hot(source)?)));
    let proxies = http.trusted_proxies.clone();
    let trusted: Trusted = Arc::new(move |address| proxies.iter().any(|network| network.holds(address)));
    Some(WebSettings {
        certificates: Arc::new(ByName {
            otherwise: hot(&http.certificate)?,
            named: named.collect::<Option<_>>()?,
        }),
        trusted,
        rate: http.rate,
        counts,
        bounds: Bounds {
            drain: configuration.limits.drain,
            ..Bounds::default()
        },
        seed,
    })
}
