//! One directory and the servers that hold it.

pub mod capabilities;
mod connect;
pub mod dialect;
pub mod entry;
pub mod error;
mod exchange;
pub mod lockout;
pub mod openldap;
mod order;
pub mod service;
pub mod settings;
mod tls;

use crate::transport::Transport;
use arc_swap::ArcSwap;
use capabilities::Capabilities;
use connect::{Protection, Way};
use dialect::Dialect;
use error::{ConnectError, LookUpError, SetupError};
use order::Order;
use postern_identity::{Clock, DirectoryName, DistinguishedName, Timestamp};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use service::lane::Lane;
use service::{Account, ServiceLanes};
use settings::{ServerUrl, Settings};
use std::sync::Arc;
use tokio::time::Instant;

/// One directory: connections to it, and what is known of it. Shared.
pub struct Upstream {
    settings: Settings,
    servers: Vec<Server>,
    tls: Option<Arc<ClientConfig>>,
    order: Order,
    capabilities: ArcSwap<Capabilities>,
    dialect: Box<dyn Dialect>,
    clock: Arc<dyn Clock>,
}

/// A fresh connection: nothing has been said on it but StartTLS, and its identity is anonymous (RFC 4513 §4).
pub struct Connection {
    /// What carries its frames.
    pub transport: Transport,
    /// Which server took it.
    pub server: ServerIndex,
}

/// A server by its place in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServerIndex(pub usize);

struct Server {
    url: ServerUrl,
    written: String,
    verified_as: Option<ServerName<'static>>,
}

impl Upstream {
    /// Checks the settings and reads the certificate authorities. Contacts nobody.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Arc<Self>, SetupError> {
        if settings.servers.is_empty() {
            return Err(SetupError::NoServer);
        }
        if let Some(base) = &settings.base_dn {
            DistinguishedName::parse(base.as_bytes()).map_err(|_| SetupError::BaseDn)?;
        }
        let mut servers = Vec::with_capacity(settings.servers.len());
        for url in &settings.servers {
            let server = url.to_string();
            let secured = url.is_tls() || settings.start_tls;
            if url.is_tls() && settings.start_tls {
                return Err(SetupError::StartTlsOverTls { server });
            }
            if !secured && !url.is_loopback() && !settings.allow_plaintext {
                return Err(SetupError::Plaintext { server });
            }
            let verified_as = secured.then(|| tls::server_name(url, &settings.tls)).transpose()?;
            servers.push(Server {
                url: url.clone(),
                written: server,
                verified_as,
            });
        }
        let needs_tls = servers.iter().any(|server| server.verified_as.is_some());
        let tls = needs_tls
            .then(|| tls::client_config(&settings.tls, Arc::clone(&clock)))
            .transpose()?;
        Ok(Arc::new(Self {
            order: Order::new(
                servers.len(),
                settings.retry_after,
                settings.connect_timeout + settings.retry_after,
            ),
            servers,
            tls,
            capabilities: ArcSwap::default(),
            dialect: settings.dialect.dialect(),
            settings,
            clock,
        }))
    }

    /// A fresh connection to the first server in order that is not passed over, and to the next one at once where that
    /// fails. Each server gets [`Settings::connect_timeout`]. The error is that of the server tried last; the others are logged.
    pub async fn connect(&self) -> Result<Connection, ConnectError> {
        let mut fault = ConnectError::Unresolved;
        for index in self.order.candidates(Instant::now()) {
            let Some(server) = self.servers.get(index) else {
                continue;
            };
            let deadline = Instant::now() + self.settings.connect_timeout;
            match connect::connect(&self.way(server), deadline).await {
                Ok(transport) => {
                    if self.order.reached(index) {
                        tracing::info!(upstream = %self.settings.name, server = %server.written,
                            "a directory server is there again");
                    }
                    return Ok(Connection {
                        transport,
                        server: ServerIndex(index),
                    });
                }
                Err(failed) => {
                    fault = failed;
                    // Once per loss: a client that tries again and again does not fill the log.
                    if self.order.missed(index, Instant::now()) {
                        tracing::warn!(upstream = %self.settings.name, server = %server.written, error = %failed,
                            "a directory server cannot be reached");
                    }
                }
            }
        }
        Err(fault)
    }

    /// Whether a kept connection to this server is still the one to use: no server before it in order is due to be tried.
    pub fn prefers(&self, server: ServerIndex) -> bool {
        self.order.is_first(server.0, Instant::now())
    }

    /// Tells that an established connection broke: the server is passed over for [`Settings::retry_after`] while another is there.
    pub fn lost(&self, server: ServerIndex) {
        self.order.lost(server.0, Instant::now());
    }

    /// The server for logs: `ldap://host:port`.
    pub fn server_name(&self, server: ServerIndex) -> &str {
        self.servers
            .get(server.0)
            .map_or("no such server", |server| &server.written)
    }

    /// What was last discovered; before that, nothing is known.
    pub fn capabilities(&self) -> Arc<Capabilities> {
        self.capabilities.load_full()
    }

    /// Reads the rootDSE (RFC 4512 §5.1) anonymously, or as the service account where that is refused, and keeps what it says.
    /// Whoever watches [`Upstream::healthy`] calls this on a timer: it finds a dead server while nobody signs in.
    pub async fn discover(&self) -> Result<Arc<Capabilities>, ConnectError> {
        let mut lane = Lane::anonymous(self.connect().await?);
        let found = match lane
            .root_dse(capabilities::ATTRIBUTES, self.settings.answer_timeout)
            .await
        {
            Err(ConnectError::RootDseRefused(code)) => {
                let Some(account) = &self.settings.service_account else {
                    return Err(ConnectError::RootDseRefused(code));
                };
                let mut lane = Lane::anonymous(self.connect().await?);
                lane.bind(account, self.settings.allow_plaintext, self.settings.answer_timeout)
                    .await?;
                lane.root_dse(capabilities::ATTRIBUTES, self.settings.answer_timeout)
                    .await?
            }
            other => other?,
        };
        let found = Arc::new(Capabilities::read(&found));
        self.capabilities.store(Arc::clone(&found));
        Ok(found)
    }

    /// Finds one account with a lane of its own. Whoever asks more than once holds [`ServiceLanes`].
    pub async fn look_up(self: &Arc<Self>, user: &str) -> Result<Account, LookUpError> {
        ServiceLanes::new(Arc::clone(self)).look_up(user).await
    }

    /// How this product says things.
    pub fn dialect(&self) -> &dyn Dialect {
        self.dialect.as_ref()
    }

    /// The directory's configured name.
    pub fn name(&self) -> &DirectoryName {
        &self.settings.name
    }

    /// Whether the last attempt to reach some server succeeded, for readiness.
    pub fn healthy(&self) -> bool {
        self.order.any_reached()
    }

    /// What it was made from.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn way<'a>(&'a self, server: &'a Server) -> Way<'a> {
        let protection = match (&self.tls, &server.verified_as) {
            (Some(config), Some(name)) => Protection::Tls {
                config,
                name,
                after_start_tls: !server.url.is_tls(),
            },
            _ => Protection::Nothing {
                anywhere: self.settings.allow_plaintext,
            },
        };
        Way {
            host: server.url.host(),
            port: server.url.port(),
            protection,
        }
    }
}

#[cfg(test)]
mod tests;
