//! The doors, opened: what the configuration says of listeners and routes, given to the rooms that serve them.

use crate::certificate::{ByName, HotCertificate, asked_of_clients, server_config};
use crate::config::{self, Certificate, Configuration, LaneMode, Limits, Listener, Route};
use crate::metrics::{CountSource, Kind, Name, Sample};
use crate::reload::CertificateReload;
use crate::serve::ServeError;
use postern_directory::Upstream;
use postern_identity::Clock;
use postern_identity::audit::Audit;
use postern_identity::decide::Decide;
use postern_proxy::{
    Count, Gateway, GuardSeed, GuardSettings, LaneSettings, ListenerSettings, ListenerTls, OtherDoors, RouteSettings,
    TlsSource, Workers,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};

/// Connections the kernel keeps for us until they are taken.
const BACKLOG: u32 = 4096;

/// Every door of the program. Clients come in as soon as one is open.
pub struct Doors {
    ldap: Arc<Gateway>,
}

impl Doors {
    /// Builds the LDAP front. Must be called inside a runtime.
    pub fn new(
        configuration: &Configuration,
        upstreams: &[Arc<Upstream>],
        decide: Arc<dyn Decide>,
        audit: Arc<dyn Audit>,
        workers: Arc<Workers>,
        seed: GuardSeed,
    ) -> Self {
        let routes = configuration
            .routes
            .iter()
            .filter_map(|route| route_settings(route, upstreams))
            .collect();
        let guard = GuardSettings {
            seed,
            nodes: configuration.server.nodes,
        };
        let ldap = Gateway::new(decide, audit, limits(&configuration.limits), routes, workers, &guard);
        Self { ldap: Arc::new(ldap) }
    }

    /// Opens every listener, or none. The addresses are those the kernel gave.
    pub fn open(
        &self,
        listeners: &[Listener],
        certificates: &[CertificateReload],
    ) -> Result<Vec<(Arc<str>, SocketAddr)>, ServeError> {
        let mut sockets = Vec::with_capacity(listeners.len());
        for listener in listeners {
            let socket = listen(listener.address).map_err(|error| ServeError::Listen {
                name: listener.name.to_string(),
                address: listener.address,
                reason: reason(&error),
            })?;
            sockets.push((socket, listener_settings(listener, certificates)?));
        }
        let mut opened = Vec::with_capacity(sockets.len());
        for (socket, settings) in sockets {
            let address = socket.local_addr().unwrap_or(settings.address);
            opened.push((Arc::clone(&settings.name), address));
            let route = settings.route.to_string();
            self.ldap
                .listen(socket, settings)
                .map_err(|_| ServeError::Route { route })?;
        }
        Ok(opened)
    }

    /// The guard and the sessions, for doors beside these.
    pub(crate) fn others(&self, clock: Arc<dyn Clock>) -> OtherDoors {
        self.ldap.other_doors(clock)
    }

    /// What is counted at the doors.
    pub fn counts(&self) -> Arc<dyn CountSource> {
        Arc::new(LdapCounts(Arc::clone(&self.ldap)))
    }

    /// Takes no more clients and lets those there are finish.
    pub async fn drain(&self, patience: Duration) {
        self.ldap.drain(patience).await;
    }

    /// Ends everything at once.
    pub async fn end_now(&self) {
        self.ldap.end_now().await;
    }
}

/// Listens on an address, also where connections of a former process still linger.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Why an address cannot be listened on, in words.
pub(crate) fn reason(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => "another program listens there",
        std::io::ErrorKind::PermissionDenied => "permission denied",
        std::io::ErrorKind::AddrNotAvailable => "this machine does not have that address",
        _ => "the system refused",
    }
}

fn route_settings(route: &Route, upstreams: &[Arc<Upstream>]) -> Option<RouteSettings> {
    let upstream = upstreams.iter().find(|upstream| upstream.name().0 == route.directory)?;
    Some(RouteSettings {
        name: Arc::clone(&route.name),
        upstream: Arc::clone(upstream),
        lanes: LaneSettings {
            mode: match route.lanes.mode {
                LaneMode::Recycled => postern_proxy::LaneMode::Recycled,
                LaneMode::Dedicated => postern_proxy::LaneMode::Dedicated,
            },
            most: route.lanes.most,
            idle: route.lanes.idle,
            idle_time: route.lanes.idle_time,
            wait: route.lanes.wait,
        },
        sign_in: route.sign_in.clone(),
        names: route.names.clone(),
        ldap_url: route.ldap_url.clone(),
        shown_as: route.shown_as.clone(),
    })
}

fn listener_settings(listener: &Listener, certificates: &[CertificateReload]) -> Result<ListenerSettings, ServeError> {
    let tls = match &listener.tls {
        config::ListenerTls::None => ListenerTls::None,
        config::ListenerTls::StartTls(source) => ListenerTls::StartTls(tls_source(listener, source, certificates)?),
        config::ListenerTls::Ldaps(source) => ListenerTls::Ldaps(tls_source(listener, source, certificates)?),
    };
    let (name, route) = (Arc::clone(&listener.name), Arc::clone(&listener.route));
    let mut settings = ListenerSettings::new(name, listener.address, tls, route);
    settings.choices.clone_from(&listener.choices);
    settings.proxy_protocol.clone_from(&listener.proxy_protocol);
    Ok(settings)
}

/// One configuration for all handshakes; the certificates in it are those in force at each.
fn tls_source(
    listener: &Listener,
    source: &Certificate,
    certificates: &[CertificateReload],
) -> Result<TlsSource, ServeError> {
    let named = listener.named_certificates.iter();
    let shown = ByName {
        otherwise: hot(source, certificates)?,
        named: named
            .map(|(names, source)| Ok((names.clone(), hot(source, certificates)?)))
            .collect::<Result<_, ServeError>>()?,
    };
    let clients = listener.client_certificates.as_ref().map(asked_of_clients).transpose();
    let clients = clients.map_err(|error| ServeError::Certificate {
        listener: listener.name.to_string(),
        error,
    })?;
    let config = server_config(Arc::new(shown), clients).map_err(|_| ServeError::Tls)?;
    Ok(Arc::new(move || Arc::clone(&config)))
}

fn hot(source: &Certificate, certificates: &[CertificateReload]) -> Result<Arc<HotCertificate>, ServeError> {
    let known = certificates.iter().find(|known| known.source() == source);
    Ok(Arc::clone(known.ok_or(ServeError::Tls)?.hot()))
}

fn limits(limits: &Limits) -> postern_proxy::Limits {
    postern_proxy::Limits {
        connections: limits.connections,
        connections_per_address: limits.connections_per_address,
        frame_before_bind: limits.frame_before_bind,
        frame: limits.frame,
        answer: limits.answer,
        operations_in_flight: limits.operations_in_flight,
        first_octet: limits.first_octet,
        tls: limits.tls,
        request: limits.request,
        bind: limits.bind,
        operation: limits.operation,
        idle: limits.idle,
        write_stall: limits.write_stall,
    }
}

static BINDS: Name = Name {
    name: "postern_ldap_binds",
    help: "Sign-ins by route and outcome",
    kind: Kind::Counter,
};
static OPERATIONS: Name = Name {
    name: "postern_ldap_operations",
    help: "LDAP operations by route, operation and result",
    kind: Kind::Counter,
};
static SESSIONS: Name = Name {
    name: "postern_ldap_sessions",
    help: "Connected LDAP clients",
    kind: Kind::Gauge,
};
static RECHECKS: Name = Name {
    name: "postern_ldap_rechecks",
    help: "Accounts looked up again while somebody is signed in as them, by directory and result",
    kind: Kind::Counter,
};
static SECOND_LOOKS: Name = Name {
    name: "postern_ldap_second_looks",
    help: "Entries read after a sign-in whose answer did not say how the account stands, by directory and result",
    kind: Kind::Counter,
};
static LANES_IN_USE: Name = Name {
    name: "postern_ldap_lanes_in_use",
    help: "Connections to the directory that sessions hold, by route",
    kind: Kind::Gauge,
};
static LANES_IDLE: Name = Name {
    name: "postern_ldap_lanes_idle",
    help: "Connections to the directory that wait for a session, by route",
    kind: Kind::Gauge,
};

static GUARD_HELD: Name = Name {
    name: "postern_guard_held",
    help: "Passwords the guard answered itself as wrong, by directory and reason",
    kind: Kind::Counter,
};
static GUARD_LOOK_UPS: Name = Name {
    name: "postern_guard_look_ups",
    help: "Accounts the guard looked up, by directory and result",
    kind: Kind::Counter,
};
static GUARD_REMEMBERED: Name = Name {
    name: "postern_guard_remembered",
    help: "Accounts, and names that may be nobody's, the guard remembers, by directory",
    kind: Kind::Gauge,
};

struct LdapCounts(Arc<Gateway>);

impl CountSource for LdapCounts {
    fn collect(&self, out: &mut dyn FnMut(Sample<'_>)) {
        let gauge = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        self.0.counts(|count| {
            let mut tell = |name, labels: &[(&'static str, &str)], value| out(Sample { name, labels, value });
            match count {
                Count::Binds { route, outcome, count } => {
                    tell(&BINDS, &[("route", route), ("outcome", outcome.as_str())], count);
                }
                Count::Operations {
                    route,
                    operation,
                    result,
                    count,
                } => {
                    let labels = [("route", route), ("operation", operation.as_str()), ("result", result)];
                    tell(&OPERATIONS, &labels, count);
                }
                Count::GuardHeld { directory, held, count } => {
                    tell(
                        &GUARD_HELD,
                        &[("directory", directory), ("reason", held.as_str())],
                        count,
                    );
                }
                Count::GuardLookUps {
                    directory,
                    result,
                    count,
                } => tell(&GUARD_LOOK_UPS, &[("directory", directory), ("result", result)], count),
                Count::GuardRemembered { directory, kind, count } => {
                    tell(
                        &GUARD_REMEMBERED,
                        &[("directory", directory), ("kind", kind)],
                        gauge(count),
                    );
                }
                Count::Rechecks {
                    directory,
                    result,
                    count,
                } => tell(&RECHECKS, &[("directory", directory), ("result", result)], count),
                Count::SecondLooks {
                    directory,
                    result,
                    count,
                } => {
                    let labels = [("directory", directory), ("result", result)];
                    tell(&SECOND_LOOKS, &labels, count);
                }
                Count::Sessions(count) => tell(&SESSIONS, &[], gauge(count)),
                Count::LanesInUse { route, count } => tell(&LANES_IN_USE, &[("route", route)], gauge(count)),
                Count::LanesIdle { route, count } => tell(&LANES_IDLE, &[("route", route)], gauge(count)),
            }
        });
    }
}
