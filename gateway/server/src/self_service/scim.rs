//! Directories that programs provision, and the part of each site where they do.

use crate::config::{Configuration, Scim};
use crate::serve::ServeError;
use axum::Router;
use axum::response::Response;
use postern_directory::Upstream;
use postern_directory::upstream::provisioning::Provisioner;
use postern_identity::Clock;
use postern_identity::audit::Audit;
use postern_identity::provisioning::{Provisioning, Registrar, RegistrarParts};
use postern_identity::records::Reservations;
use postern_identity::reset::{Aftermath, AuthorityOfRoutes, Chance, Desk, Provider, Screen, SelfService};
use postern_portal::Portal;
use postern_scim::{LARGEST_BODY, ScimPorts, Settings, routes};
use postern_web::{Bearers, Fault, FaultPages, Faulty, ForPrograms, Site};
use std::sync::Arc;
use tokio_util::task::TaskTracker;

/// Where programs provision, on every site.
const PREFIX: &str = "/scim/";

/// What registrars are made of besides the configuration.
pub(super) struct Ground<'a> {
    pub(super) upstreams: &'a [Arc<Upstream>],
    pub(super) authority: Arc<dyn AuthorityOfRoutes>,
    pub(super) providers: Arc<dyn Provider>,
    pub(super) desk: &'a Arc<Desk>,
    pub(super) screen: Arc<dyn Screen>,
    pub(super) aftermath: Arc<dyn Aftermath>,
    pub(super) reservations: Arc<dyn Reservations>,
    pub(super) chance: &'a Arc<dyn Chance>,
    pub(super) audit: Arc<dyn Audit>,
    pub(super) clock: &'a Arc<dyn Clock>,
}

/// One `[[scim]]` table, ready to be served.
pub(super) struct ProvisionedRoute {
    scim: Scim,
    directory: Arc<str>,
    registrar: Arc<Registrar>,
}

/// A registrar for each table.
pub(super) async fn provisioned(
    configuration: &Configuration,
    ground: &Ground<'_>,
) -> Result<Vec<ProvisionedRoute>, ServeError> {
    let mut provisioned = Vec::new();
    for scim in &configuration.scim {
        let route = configuration.routes.iter().find(|route| route.name == scim.route);
        let upstream = route.and_then(|route| {
            ground
                .upstreams
                .iter()
                .find(|upstream| upstream.name().0 == route.directory)
        });
        // The configuration was checked.
        let (Some(route), Some(upstream)) = (route, upstream) else {
            continue;
        };
        let unusable = |why: String| ServeError::Provisioning(scim.route.to_string(), why);
        let configured = configuration
            .applicants
            .iter()
            .find(|one| one.directory == route.directory);
        let attributes = super::people::attributes(upstream, configured);
        let directory = Provisioner::start(Arc::clone(upstream), scim.provisioning.clone(), attributes);
        let directory = directory.await.map_err(|error| unusable(error.to_string()))?;
        let registrar = Registrar::new(RegistrarParts {
            route: Arc::clone(&scim.route),
            directory: Arc::new(directory),
            people: Arc::new(super::people::of(upstream, configured)),
            authority: Arc::clone(&ground.authority),
            providers: Arc::clone(&ground.providers),
            reset_page: route
                .portal
                .as_ref()
                .map(|portal| format!("https://{}/reset", portal.authority()).into()),
            owner_shown: scim.owner_shown,
            desk: Some(Arc::clone(ground.desk)),
            screen: Arc::clone(&ground.screen),
            aftermath: Arc::clone(&ground.aftermath),
            reservations: Arc::clone(&ground.reservations),
            chance: Arc::clone(ground.chance),
            audit: Arc::clone(&ground.audit),
            clock: Arc::clone(ground.clock),
        });
        provisioned.push(ProvisionedRoute {
            scim: scim.clone(),
            directory: Arc::clone(&route.directory),
            registrar: Arc::new(registrar),
        });
    }
    Ok(provisioned)
}

impl ProvisionedRoute {
    /// Its endpoints on a site: below its directory's name, and, for the first, below `/scim/v2` too.
    pub(super) fn router(
        &self,
        is_first: bool,
        site: &Site,
        service: &Arc<dyn SelfService>,
        bearers: &Arc<Bearers>,
        tasks: &TaskTracker,
    ) -> Router {
        let own = format!("/scim/{}/v2", self.directory);
        let mut router = Router::new();
        for base in [Some("/scim/v2"), Some(own.as_str())]
            .into_iter()
            .skip(usize::from(!is_first))
            .flatten()
        {
            let settings = Settings {
                base_url: format!("https://{}{base}", site.public_url().authority()).into(),
                route: Arc::clone(&self.scim.route),
                page_size: self.scim.page_size,
                max_results: self.scim.max_results,
                snapshot_ids: self.scim.snapshot_ids,
                strictness: self.scim.strictness,
            };
            let ports = ScimPorts {
                directory: Arc::clone(&self.registrar) as Arc<dyn Provisioning>,
                self_service: Some(Arc::clone(service)),
                bearers: Arc::clone(bearers),
                tasks: tasks.clone(),
            };
            router = router.merge(routes(&[base], ports, settings));
        }
        router
    }
}

/// What is allowed programs there.
pub(super) const FOR_PROGRAMS: ForPrograms = ForPrograms {
    prefix: PREFIX,
    largest_body: LARGEST_BODY,
};

/// Faults before a door: pages for people, SCIM's errors where programs provision.
pub(super) struct Faults {
    pub(super) pages: Portal,
}

impl FaultPages for Faults {
    fn answer(&self, fault: Fault, request: &Faulty<'_>) -> Response {
        if request.path.starts_with(PREFIX) {
            postern_scim::error::of_edge(fault)
        } else {
            self.pages.answer(fault, request)
        }
    }
}
