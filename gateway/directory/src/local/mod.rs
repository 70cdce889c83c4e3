//! The embedded directory: an LDAP server in this process, reached by lanes that carry the same frames as any other's.
//!
//! **The walk.** [`LocalDirectory::connect`] gives the end of a lane (`stream`): frames go in, each becomes an `operation` in the name of the
//! connection's `session`, and what it answers comes out. Names, entries, values and filters are read by the `schema`; rows come from the port
//! [`Entries`]. A search makes a `plan` of which index to use and looks at each entry for itself (`matching`); what somebody may not read
//! (`access`) is as if it were not there. Members of large groups are kept `apart` and put back only where somebody needs them.
//!
//! Aliases are entries like others and never followed, and there are no references.
//!
//! **To add a control**: read it in the operation it is for, beside its OID in that operation's list of known ones, and name it in `root_dse`.

pub(crate) mod access;
pub(crate) mod answer;
mod apart;
mod bind;
mod compare;
pub mod entry;
pub mod filter;
pub mod ldif;
pub(crate) mod matching;
mod missing;
pub(crate) mod operation;
mod paging;
pub mod password;
pub mod path;
mod plan;
pub(crate) mod requested;
mod root_dse;
pub mod schema;
mod search;
pub(crate) mod session;
mod sort;
mod stream;
pub(crate) mod virtual_attributes;
mod write;

pub use access::{AccessRule, AccessRules, May, What, Who};
pub use session::SERVICE_NAME;
pub use write::{LoadFault, Loaded, Loader};

use crate::transport::Transport;
use crate::upstream::settings::ServiceAccount;
use aws_lc_rs::rand;
use password::Hasher;
use path::{NameFault, NamePath};
use postern_identity::records::Entries;
use postern_identity::{Clock, DirectoryName, Secret};
use schema::Schema;
use session::Actor;
use std::sync::Arc;
use std::time::Duration;
use stream::LocalStream;
use thiserror::Error;

/// What an embedded directory is made of.
#[derive(Debug, Clone)]
pub struct LocalSettings {
    /// Its name: also that of its tree in the store.
    pub name: DirectoryName,
    /// The name of its first entry, which all others are below.
    pub base_dn: String,
    /// The names of administrators and of groups of them.
    pub administrators: Vec<String>,
    /// Who may read and write what.
    pub access: AccessRules,
    /// Attributes of which no two entries may have the same value.
    pub unique: Vec<String>,
    /// How much one request may cost.
    pub limits: LocalLimits,
}

impl LocalSettings {
    /// Everything but name and base as usual.
    pub fn new(name: DirectoryName, base_dn: impl Into<String>) -> Self {
        Self {
            name,
            base_dn: base_dn.into(),
            administrators: Vec::new(),
            access: AccessRules::default(),
            unique: vec!["uid".to_owned()],
            limits: LocalLimits::default(),
        }
    }
}

/// How much one request may cost. The control socket and the shell are bound by none of these but `sorted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalLimits {
    /// The most entries one search reads without giving them. What it may compare is bound by it, too: a thousand values for each.
    pub look_through: u32,
    /// How long one search may take.
    pub search_time: Duration,
    /// The most entries that are sorted.
    pub sorted: usize,
}

impl Default for LocalLimits {
    fn default() -> Self {
        Self {
            look_through: 20_000,
            search_time: Duration::from_mins(1),
            sorted: 10_000,
        }
    }
}

/// Why a directory cannot be made of its settings: whoever wrote them is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LocalSetupError {
    /// Its base is no name, or one without any part.
    #[error("base_dn is not the name of an entry")]
    BaseDn,
    /// An administrator, or a name in a rule, is none.
    #[error("a name among the administrators or access rules cannot be read: {0}")]
    Name(NameFault),
}

/// One embedded directory. Shared.
pub struct LocalDirectory {
    pub(crate) settings: LocalSettings,
    pub(crate) schema: Schema,
    pub(crate) entries: Arc<dyn Entries>,
    pub(crate) hasher: Arc<Hasher>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Its name in the store.
    pub(crate) tree: Arc<str>,
    pub(crate) base: NamePath,
    pub(crate) default_policy: NamePath,
    subschema_path: NamePath,
    service_path: NamePath,
    service_password: Option<Secret>,
    access: access::Compiled,
    unrecorded: bind::Unrecorded,
    turns: write::Turns,
    sequence: write::Sequence,
}

impl LocalDirectory {
    /// Makes one. Asks the store nothing.
    pub fn new(
        settings: LocalSettings,
        schema: Schema,
        entries: Arc<dyn Entries>,
        hasher: Arc<Hasher>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, LocalSetupError> {
        let path = |name: &str| schema.path(name.as_bytes());
        let base = path(&settings.base_dn).map_err(|_| LocalSetupError::BaseDn)?;
        if base.is_root() {
            return Err(LocalSetupError::BaseDn);
        }
        let access = access::Compiled::new(&settings.access, &settings.administrators, &schema);
        let default_policy = format!("cn=default,ou=policies,{}", settings.base_dn);
        Ok(Arc::new(Self {
            base,
            default_policy: path(&default_policy).map_err(LocalSetupError::Name)?,
            subschema_path: path(root_dse::SUBSCHEMA).map_err(LocalSetupError::Name)?,
            service_path: path(SERVICE_NAME).map_err(LocalSetupError::Name)?,
            service_password: random_password(),
            access: access.map_err(LocalSetupError::Name)?,
            unrecorded: bind::Unrecorded::default(),
            turns: write::Turns::default(),
            sequence: write::Sequence::default(),
            tree: Arc::clone(&settings.name.0),
            settings,
            schema,
            entries,
            hasher,
            clock,
        }))
    }

    /// A way in for somebody who has not signed in yet.
    pub fn connect(self: &Arc<Self>) -> Transport {
        self.connect_as(Actor::Anonymous)
    }

    /// A way in for whoever has the machine: the control socket and the shell. It may do everything.
    pub fn connect_as_root(self: &Arc<Self>) -> Transport {
        self.connect_as(Actor::Root)
    }

    fn connect_as(self: &Arc<Self>, actor: Actor) -> Transport {
        Transport::InProcess(Box::new(LocalStream::new(Arc::clone(self), actor)))
    }

    /// Our own account here. Its password was made up at the start and is nowhere else; the store knows nothing of it.
    pub fn service_account(&self) -> ServiceAccount {
        ServiceAccount {
            dn: SERVICE_NAME.to_owned(),
            password: self
                .service_password
                .as_ref()
                .map_or_else(Secret::default, Secret::duplicate),
        }
    }
}

/// 256 bits in hexadecimal. `None`: there is no randomness, and then nobody signs in by it.
fn random_password() -> Option<Secret> {
    let mut octets = [0_u8; 32];
    rand::fill(&mut octets).ok()?;
    let digits = octets.iter().flat_map(|octet| [octet >> 4, octet & 15]);
    let hexadecimal: Vec<u8> = digits
        .map(|digit| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })
        .collect();
    Some(Secret::new(hexadecimal))
}

#[cfg(test)]
pub(crate) mod tests;
