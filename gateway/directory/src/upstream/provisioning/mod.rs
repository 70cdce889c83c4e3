//! Users and groups of one directory for programs that provision them: [`Provisioned`] over service lanes, one for all products.
//!
//! **The walk.** [`ProvisioningSettings`] and the product make a [`mapping`] of attributes; what the directory's schema does not know is taken out of
//! it at start ([`subschema`]), and what is left is what programs are told there is ([`schema`]). A query is compiled into a filter that finds
//! everything it means and perhaps more ([`compile`]), scanned for ids or read at once ([`scan`]), and what was found too much is taken out by the heart's own
//! evaluation. Entries become resources ([`decode`], [`read`]), with the ids of those they name ([`known`]), their groups ([`groups`]), how they stand
//! ([`facts`]), what tells whose their passwords are ([`owner`]) and a [`version`]. What is changed: [`writing`].
//!
//! **To add an attribute**: a row in [`defaults`], and its place in [`places`] if programs have no such thing yet.

mod compile;
mod decode;
mod defaults;
mod facts;
mod groups;
mod ids;
mod known;
mod lanes;
pub mod mapping;
mod owner;
mod places;
mod port;
mod read;
mod scan;
mod schema;
pub mod settings;
mod subschema;
mod version;
mod wants;
mod writing;

use super::Upstream;
use super::dialect::{Dialect, DialectName};
use super::entry::Entry;
use super::person::PersonAttributes;
use super::service::ServiceLanes;
use known::Known;
use lanes::Lanes;
use mapping::Mapping;
use moka::sync::Cache;
use postern_identity::provisioning::{ProvisioningError, Reach, ResourceKind, Returned, Types, account_state};
use postern_ldap::filter;
use settings::{MappingError, ProvisioningSettings};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use subschema::Described;
use thiserror::Error;
use tokio::time::timeout;

/// How long a directory is waited for at start, twice at most.
const START: Duration = Duration::from_secs(5);
/// How long a policy is taken as it was read.
const POLICY_KEPT: Duration = Duration::from_secs(30);
/// How many policies are kept.
const MOST_POLICIES: u64 = 1000;

/// The users and groups of one directory.
pub struct Provisioner {
    lanes: Lanes,
    mapping: Mapping,
    types: Arc<Types>,
    settings: ProvisioningSettings,
    /// Which attributes tell of a person.
    attributes: PersonAttributes,
    /// With what the heart adds of an account's state: what filters and orders are looked at with.
    all_types: Types,
    /// Whether the directory surely knows slapd's lock.
    knows_lock: bool,
    known: Known,
    policies: Cache<String, Option<Arc<Entry>>>,
    /// Groups in which nobody stood for no member a moment ago.
    settled: Cache<String, ()>,
    /// What rules of passwords' owners have to know is read over these.
    service: ServiceLanes,
    /// Whether the server has said that it knows no permissive modify.
    not_permissive: AtomicBool,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StartError {
    /// The settings are wrong.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// No base is configured, and the directory does not name exactly one, or was not asked yet.
    #[error("no base to look below is known: set base_dn, or base under users and groups")]
    NoBase,
}

impl Provisioner {
    /// For this directory, which is asked for its schema: what that does not have is not mapped. Where it cannot be asked, the mapping is taken as it
    /// is configured. `attributes`: what tells of a person, as everywhere else.
    pub async fn start(
        upstream: Arc<Upstream>,
        settings: ProvisioningSettings,
        attributes: PersonAttributes,
    ) -> Result<Self, StartError> {
        if !upstream.capabilities().known {
            // Whether it is there is for readiness to tell.
            let _ = timeout(START, upstream.discover()).await;
        }
        let configured = settings.groups.placeholder_member.is_some();
        let mut own = Self::new(upstream, settings, attributes)?;
        let described = timeout(START, Described::read(&own.lanes)).await;
        match described.unwrap_or(Err(ProvisioningError::TooSlow)) {
            Ok(described) => {
                let product = own.product();
                described.fit(&mut own.mapping, product, configured);
                own.knows_lock = described.knows("pwdAccountLockedTime");
                own.tell();
            }
            Err(fault) => {
                tracing::warn!(upstream = %own.upstream().name(), error = %fault,
                    "the directory's schema cannot be read: everything configured is taken for mapped");
            }
        }
        Ok(own)
    }

    /// The same without asking.
    pub fn new(
        upstream: Arc<Upstream>,
        settings: ProvisioningSettings,
        attributes: PersonAttributes,
    ) -> Result<Self, StartError> {
        let base = match (&settings.users.base, &settings.groups.base) {
            (Some(_), Some(_)) => String::new(),
            _ => base_of(&upstream).ok_or(StartError::NoBase)?,
        };
        let mapping = settings.mapping(upstream.settings().dialect, &base)?;
        let types = schema::types(&mapping);
        let mut own = Self {
            service: ServiceLanes::new(Arc::clone(&upstream)),
            not_permissive: AtomicBool::new(false),
            lanes: Lanes::new(upstream, &settings),
            all_types: types.clone(),
            types: Arc::new(types),
            knows_lock: false,
            mapping,
            settings,
            attributes,
            known: Known::new(),
            settled: Cache::builder()
                .max_capacity(MOST_POLICIES)
                .time_to_live(POLICY_KEPT)
                .build(),
            policies: Cache::builder()
                .max_capacity(MOST_POLICIES)
                .time_to_live(POLICY_KEPT)
                .build(),
        };
        own.tell();
        Ok(own)
    }

    /// Says what there is by what is mapped.
    fn tell(&mut self) {
        let types = schema::types(&self.mapping);
        let product = self.product();
        let can = |change| facts::can(product, change);
        self.all_types = account_state::extend(&types, facts::told(product), can, Returned::Default);
        self.types = Arc::new(types);
    }

    /// Which attribute holds what.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    fn upstream(&self) -> &Arc<Upstream> {
        self.lanes.upstream()
    }

    fn product(&self) -> DialectName {
        self.upstream().settings().dialect
    }

    fn dialect(&self) -> &dyn Dialect {
        self.upstream().dialect()
    }

    /// Where a search for this kind begins; `None`: nothing of it is within reach.
    fn base_within(&self, reach: &Reach, kind: ResourceKind) -> Option<String> {
        let mapping = self.mapping.of(kind);
        match &reach.base {
            Some(own) if !mapping.below.is_within(own) => own.is_within(&mapping.below).then(|| own.to_string()),
            _ => Some(mapping.base.clone()),
        }
    }

    /// What every entry of this kind fulfils: its class, and a name.
    fn kind_filter(&self, kind: ResourceKind) -> Vec<u8> {
        let mapping = self.mapping.of(kind);
        let class = |class: &str| filter::equality(b"objectClass", class.as_bytes());
        let mut all = vec![class(&mapping.class)];
        if let Some(never) = &mapping.never_class {
            all.push(filter::not(&class(never)));
        }
        let name = match kind {
            ResourceKind::User => mapping.simple("userName"),
            ResourceKind::Group => mapping.simple("displayName"),
        };
        // Whoever has no name is nobody a program could know.
        if let Some(row) = name.filter(|_| mapping.name_otherwise.is_none()) {
            all.push(filter::present(row.base_type().as_bytes()));
        }
        filter::all(&all)
    }

    /// RFC 4511 §4.5.1.5 counts seconds, and 0 is no limit.
    fn time_limit(&self) -> u32 {
        u32::try_from(self.lanes.patience().as_secs())
            .unwrap_or(u32::MAX)
            .max(1)
    }
}

/// Where people are, where nothing says so for provisioning alone.
fn base_of(upstream: &Upstream) -> Option<String> {
    if let Some(base) = &upstream.settings().base_dn {
        return Some(base.clone());
    }
    let capabilities = upstream.capabilities();
    match capabilities.naming_contexts.as_slice() {
        [only] => Some(only.clone()),
        _ => capabilities.default_naming_context.clone(),
    }
}

#[cfg(test)]
mod tests;
