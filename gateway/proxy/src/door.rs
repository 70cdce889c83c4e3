//! A listener while it runs: which route a client that comes in by it is on. What is known of the connection decides, never what is said
//! on it, and the first choice that fits wins.

use crate::client_certificate::ClientCertificate;
use crate::gateway::Route;
use crate::network::Network;
use crate::settings::ListenerSettings;
use postern_identity::ConnectionFacts;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A listener and the routes it leads to.
pub(crate) struct Door {
    pub(crate) settings: ListenerSettings,
    route: Arc<Route>,
    choices: Vec<Choice>,
}

struct Choice {
    server_names: Vec<Box<str>>,
    networks: Vec<Network>,
    route: Arc<Route>,
}

/// How a connection came in.
#[derive(Default)]
pub(crate) struct Arrival {
    /// The listener; none for connections inside this process.
    pub(crate) door: Option<Arc<Door>>,
    /// Whether a load balancer on another machine passes it on: then its octets cross a network, wherever the client is.
    pub(crate) from_afar: bool,
    /// The name the client asked for in the TLS handshake, in lower case.
    pub(crate) server_name: Option<Arc<str>>,
    /// The client's certificate, if it showed one; verified.
    pub(crate) certificate: Option<Box<ClientCertificate>>,
}

impl Door {
    /// `None` if it names a route that is not there.
    pub(crate) fn new(settings: ListenerSettings, routes: &HashMap<Arc<str>, Arc<Route>>) -> Option<Self> {
        let route = Arc::clone(routes.get(&settings.route)?);
        let choices = settings.choices.iter().map(|choice| {
            Some(Choice {
                server_names: choice.server_names.clone(),
                networks: choice.networks.clone(),
                route: Arc::clone(routes.get(&choice.route)?),
            })
        });
        let choices = choices.collect::<Option<_>>()?;
        Some(Self {
            settings,
            route,
            choices,
        })
    }

    /// The route of a connection.
    pub(crate) fn route_of(&self, facts: &ConnectionFacts) -> &Arc<Route> {
        self.choices
            .iter()
            .find(|choice| choice.fits(facts))
            .map_or(&self.route, |choice| &choice.route)
    }

    /// Whether connections of this peer begin with a PROXY protocol header.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.settings.proxy_protocol.iter().any(|network| network.holds(peer))
    }
}

impl Choice {
    fn fits(&self, facts: &ConnectionFacts) -> bool {
        let named = |names: &[Box<str>]| {
            let asked = facts.server_name.as_deref();
            names.is_empty() || asked.is_some_and(|asked| names.iter().any(|name| **name == *asked))
        };
        let inside =
            |networks: &[Network]| networks.is_empty() || networks.iter().any(|network| network.holds(facts.client));
        named(&self.server_names) && inside(&self.networks)
    }
}

/// The server name a client asked for, as it is compared: in lower case, without the dot at its end.
pub(crate) fn server_name(asked: Option<&str>) -> Option<Arc<str>> {
    let asked = asked?;
    let name = asked.strip_suffix('.').unwrap_or(asked);
    Some(name.to_ascii_lowercase().into())
}
