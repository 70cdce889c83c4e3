//! One site's pages, put together.

use crate::brand::Brand;
use crate::pages;
use crate::proof_of_work::{ProofSettings, Proofs, Uses};
use crate::words::{Language, Words};
use axum::Router;
use axum::response::Response;
use postern_identity::reset::{Chance, SelfService};
use postern_identity::{Clock, Secret};
use postern_web::{Fault, FaultPages, Faulty, Forms, Site};
use std::sync::Arc;

/// What configuration says of a site.
pub struct Settings {
    /// Its route and where people reach it.
    pub site: Arc<Site>,
    /// How it looks.
    pub brand: Arc<Brand>,
    /// The work asked of whoever wants a message.
    pub proof: ProofSettings,
}

/// What the pages ask.
pub struct Ports {
    /// Everything that is done.
    pub service: Arc<dyn SelfService>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random octets.
    pub chance: Arc<dyn Chance>,
    /// Counts over all nodes that serve the site what is good once.
    pub uses: Arc<dyn Uses>,
    /// One of all nodes that serve the site: a form, a challenge of one can be sent to another. At least 32 octets.
    pub secret: Secret,
}

/// One site's pages, and its answers to what goes wrong before them.
#[derive(Clone)]
pub struct Portal(Arc<Inner>);

/// See [`Portal`].
pub(crate) struct Inner {
    pub(crate) site: Arc<Site>,
    pub(crate) brand: Arc<Brand>,
    pub(crate) service: Arc<dyn SelfService>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
    pub(crate) forms: Forms,
    pub(crate) proofs: Proofs,
    words: [Words; 4],
}

impl Portal {
    /// Whole, without asking anybody anything yet.
    pub fn new(settings: Settings, ports: Ports) -> Self {
        Self(Arc::new(Inner {
            forms: Forms::new(&ports.secret, Arc::clone(&ports.chance)),
            proofs: Proofs::new(settings.proof, &ports.secret, Arc::clone(&ports.chance), ports.uses),
            site: settings.site,
            brand: settings.brand,
            service: ports.service,
            clock: ports.clock,
            chance: ports.chance,
            words: Language::ALL.map(Words::of),
        }))
    }

    /// The pages and their files, to be merged with the site's other doors.
    pub fn router(&self) -> Router {
        pages::router(Arc::clone(&self.0))
    }
}

/// People get a page, programs a problem document.
impl FaultPages for Portal {
    fn answer(&self, fault: Fault, request: &Faulty<'_>) -> Response {
        if request.path.starts_with("/api/") {
            return fault.problem().answer(request.visit.id);
        }
        pages::fault(&self.0, request.visit, request.headers, fault)
    }
}

impl Inner {
    pub(crate) fn words(&self, language: Language) -> &Words {
        let [english, german, french, arabic] = &self.words;
        match language {
            Language::English => english,
            Language::German => german,
            Language::French => french,
            Language::Arabic => arabic,
        }
    }
}
