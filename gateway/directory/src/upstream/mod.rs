//! One directory and the servers that hold it.

pub mod account_facts;
pub mod active_directory;
pub mod applicants;
mod bind_controls;
pub mod bind_name;
pub mod capabilities;
pub mod choice;
mod connect;
pub mod dialect;
pub mod ds389;
pub mod entry;
pub mod error;
mod exchange;
pub mod freeipa;
pub mod health;
mod in_process;
pub mod lockout;
pub mod openldap;
mod order;
pub mod people;
pub mod person;
pub mod provisioning;
mod reading;
pub mod rights;
pub mod service;
pub mod settings;
mod tls;
pub mod unicode_password;
pub mod write;
mod writes;

use crate::transport::Transport;
use arc_swap::ArcSwap;
use capabilities::Capabilities;
use choice::{AccountHash, Candidate, Want};
use connect::{Protection, Way};
use dialect::Dialect;
use error::{ConnectError, LookUpError, SetupError};
use health::{Health, Load};
use order::Order;
use postern_identity::{Clock, DirectoryName, DistinguishedName, Timestamp};
use postern_ldap::ResultCode;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use service::lane::Lane;
use service::{Account, ServiceLanes};
use settings::{Balance, Role, ServerUrl, Settings};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::Instant;
use writes::{Writes, Wrote};

/// One directory: connections to it, and what is known of it. Shared.
pub struct Upstream {
    settings: Settings,
    servers: Vec<Server>,
    tls: Option<Arc<ClientConfig>>,
    /// What connects to the directory where it has no server of its own.
    inside: Option<Inside>,
    order: Order,
    /// How many choices were made, so that equal servers take turns.
    turns: AtomicUsize,
    writes: Writes,
    capabilities: ArcSwap<Capabilities>,
    dialect: Box<dyn Dialect>,
    clock: Arc<dyn Clock>,
}

/// A fresh connection: nothing has been said on it but StartTLS, and its identity is anonymous (RFC 4513 §4), or our service account's
/// where that was asked for.
pub struct Connection {
    /// What carries its frames.
    pub transport: Transport,
    /// Which server took it.
    pub server: ServerIndex,
}

/// What hands out connections to a directory that has no server of its own: nothing has been said on them.
pub type Inside = Box<dyn Fn() -> Result<Transport, ConnectError> + Send + Sync>;

/// A server by its place in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServerIndex(pub usize);

struct Server {
    url: ServerUrl,
    written: String,
    /// Of `written`.
    hash: u64,
    verified_as: Option<ServerName<'static>>,
    role: Role,
    weight: u32,
    health: Health,
}

impl Upstream {
    /// Checks the settings and reads the certificate authorities. Contacts nobody.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Arc<Self>, SetupError> {
        if settings.is_in_process() {
            return Err(SetupError::InProcess);
        }
        Self::build(settings, None, clock).map(Arc::new)
    }

    fn build(settings: Settings, inside: Option<Inside>, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        if settings.servers.is_empty() {
            return Err(SetupError::NoServer);
        }
        if let Some(base) = &settings.base_dn {
            DistinguishedName::parse(base.as_bytes()).map_err(|_| SetupError::BaseDn)?;
        }
        let mut servers = Vec::with_capacity(settings.servers.len());
        for configured in &settings.servers {
            let url = &configured.url;
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
                hash: choice::hash_of(&server),
                written: server,
                verified_as,
                role: configured.role,
                weight: configured.weight.max(1),
                health: Health::new(configured.drain),
            });
        }
        let needs_tls = servers.iter().any(|server| server.verified_as.is_some());
        let tls = needs_tls
            .then(|| tls::client_config(&settings.tls, Arc::clone(&clock)))
            .transpose()?;
        Ok(Self {
            order: Order::new(
                servers.len(),
                settings.retry_after,
                settings.connect_timeout + settings.retry_after,
            ),
            turns: AtomicUsize::new(0),
            writes: Writes::new(if servers.len() > 1 {
                settings.read_your_writes
            } else {
                std::time::Duration::ZERO
            }),
            servers,
            tls,
            inside,
            capabilities: ArcSwap::default(),
            dialect: settings.dialect.dialect(),
            settings,
            clock,
        })
    }

    /// A fresh connection for reading to the first server that is there; see [`Upstream::connect_for`].
    pub async fn connect(&self) -> Result<Connection, ConnectError> {
        self.connect_for(&Want::default()).await
    }

    /// A fresh connection to the first of [`Upstream::candidates`] that takes it. Each server gets [`Settings::connect_timeout`]. The
    /// error is that of the server tried last; the others are logged.
    pub async fn connect_for(&self, want: &Want) -> Result<Connection, ConnectError> {
        let mut fault = ConnectError::Unresolved;
        for server in self.candidates(want) {
            match self.connect_to(server).await {
                Ok(connection) => return Ok(connection),
                Err(failed) => fault = failed,
            }
        }
        Err(fault)
    }

    /// A fresh connection to this server and no other.
    pub async fn connect_to(&self, index: ServerIndex) -> Result<Connection, ConnectError> {
        let server = self.servers.get(index.0).ok_or(ConnectError::Unresolved)?;
        self.order.about_to_try(index.0, Instant::now());
        let deadline = Instant::now() + self.settings.connect_timeout;
        match self.reach(server, deadline).await {
            Ok(transport) => {
                if self.order.reached(index.0) {
                    tracing::info!(upstream = %self.settings.name, server = %server.written,
                        "a directory server is there again");
                }
                Ok(Connection {
                    transport,
                    server: index,
                })
            }
            Err(failed) => {
                // Once per loss: a client that tries again and again does not fill the log.
                if self.order.missed(index.0, Instant::now()) {
                    tracing::warn!(upstream = %self.settings.name, server = %server.written, error = %failed,
                        "a directory server cannot be reached");
                }
                server.health.suspect();
                Err(failed)
            }
        }
    }

    /// A fresh connection, signed in as our service account: for whoever acts for others with the proxied authorization control (RFC 4370).
    pub async fn connect_as_service(&self, want: &Want) -> Result<Connection, ConnectError> {
        let unknown = ConnectError::ServiceAccountRefused(ResultCode::UNWILLING_TO_PERFORM);
        let account = self.settings.service_account.as_ref().ok_or(unknown)?;
        let mut lane = Lane::anonymous(self.connect_for(want).await?);
        lane.bind(account, self.settings.allow_plaintext, self.settings.answer_timeout)
            .await?;
        lane.into_connection()
    }

    /// The servers in the order in which they are to be tried for this. Those that are passed over come last: when nobody else is there
    /// they are tried all the same. One that is being drained is not among them.
    pub fn candidates(&self, want: &Want) -> Vec<ServerIndex> {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        self.ranked(want, turn)
    }

    /// Whether a lane to this server may carry a new sign-in for this, or a better one is there.
    pub fn suits(&self, server: ServerIndex, want: &Want) -> bool {
        match self.servers.as_slice() {
            [_] => true,
            // Whoever is there already need not move up while it can stay: the order is for those who come.
            _ if self.is_plain() && !self.writes.any() => !self.is_draining(server),
            _ => self.ranked(want, self.turns.load(Ordering::Relaxed)).first() == Some(&server),
        }
    }

    /// Whether it matters now whose sign-in a lane is for: if not, [`Want::account`] need not be worked out.
    pub fn asks_whose(&self) -> bool {
        self.servers.len() > 1 && (self.settings.balance == Balance::Spread || self.writes.any())
    }

    /// Whether the servers differ in nothing but their order.
    fn is_plain(&self) -> bool {
        self.settings.balance == Balance::Ordered && self.servers.iter().all(|server| server.role == Role::Any)
    }

    fn ranked(&self, want: &Want, turn: usize) -> Vec<ServerIndex> {
        if self.servers.len() == 1 {
            return vec![ServerIndex(0)];
        }
        let now = Instant::now();
        let wrote = want
            .account
            .map_or(Wrote::Nowhere, |account| self.writes.of(account, now));
        let want = Want {
            writes: want.writes || wrote == Wrote::Somewhere,
            ..*want
        };
        let mut candidates: Vec<Candidate> = self
            .servers
            .iter()
            .enumerate()
            .filter(|(_, server)| !server.health.is_draining())
            .map(|(index, server)| Candidate {
                index,
                away: self.order.away(index, now),
                role: server.role,
                weight: server.weight,
                hash: server.hash,
                load: server.health.load(),
                wrote: wrote == Wrote::To(index),
            })
            .collect();
        if candidates.len() > 1 {
            choice::rank(&mut candidates, self.settings.balance, &want, turn);
        }
        candidates
            .into_iter()
            .map(|candidate| ServerIndex(candidate.index))
            .collect()
    }

    /// Tells that a connection to this server has fallen silent: it is passed over for [`Settings::retry_after`] while another is there.
    pub fn lost(&self, server: ServerIndex) {
        self.order.lost(server.0, Instant::now());
        if let Some(server) = self.servers.get(server.0) {
            server.health.suspect();
        }
    }

    /// Tells that a write of this account was sent to this server: its next sign-ins go there too, for [`Settings::read_your_writes`].
    pub fn wrote(&self, account: AccountHash, server: ServerIndex) {
        // A reader takes none: it refers them.
        if self
            .servers
            .get(server.0)
            .is_some_and(|server| server.role != Role::Reader)
        {
            self.writes.note(account, Wrote::To(server.0), Instant::now());
        }
    }

    /// Tells that a write of this account was referred elsewhere: its next sign-ins go where writes are taken.
    pub fn must_write(&self, account: AccountHash) {
        self.writes.note(account, Wrote::Somewhere, Instant::now());
    }

    /// Whether [`Upstream::wrote`] is of any use.
    pub fn remembers_writes(&self) -> bool {
        self.writes.is_kept()
    }

    /// Counts a lane to this server for as long as it is held.
    pub fn lane(&self, server: ServerIndex) -> Option<Load> {
        Some(self.servers.get(server.0)?.health.lane())
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

    /// Reads the rootDSE (RFC 4512 §5.1) of the first server that is there, and keeps what it says.
    pub async fn discover(&self) -> Result<Arc<Capabilities>, ConnectError> {
        let connection = self.connect().await?;
        self.discover_on(connection).await
    }

    /// Reads it anonymously, or as the service account where that is refused.
    async fn discover_on(&self, connection: Connection) -> Result<Arc<Capabilities>, ConnectError> {
        let (server, patience) = (connection.server, self.settings.answer_timeout);
        let mut lane = Lane::anonymous(connection);
        let found = match lane.root_dse(capabilities::ATTRIBUTES, patience).await {
            Err(ConnectError::RootDseRefused(code)) => {
                let Some(account) = &self.settings.service_account else {
                    return Err(ConnectError::RootDseRefused(code));
                };
                let mut lane = Lane::anonymous(self.connect_to(server).await?);
                lane.bind(account, self.settings.allow_plaintext, patience).await?;
                lane.root_dse(capabilities::ATTRIBUTES, patience).await?
            }
            other => other?,
        };
        let mut found = Capabilities::read(&found);
        if let Some(server) = self.servers.get(server.0) {
            server.health.tells_policy(found.password_policy);
        }
        // What one server may be asked, another ignores: the control is not critical.
        found.password_policy |= self.servers.iter().any(|server| server.health.told_policy());
        let found = Arc::new(found);
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

    /// The time, as this directory is told it.
    pub fn now(&self) -> Timestamp {
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
