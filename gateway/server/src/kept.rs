//! Everything that is kept, open: the store and the embedded directories in it.

use crate::config::{Configuration, Embedded, Hashing};
use crate::control::{Offered, OfferedDirectory};
use crate::self_service::Onboarding;
use crate::settings::SettingsBook;
use crate::store;
use postern_directory::local::password::{Hasher, HasherSettings};
use postern_directory::local::path::WrittenName;
use postern_directory::local::{LoadFault, Loader, LocalDirectory, LocalSetupError};
use postern_directory::{Settings, SetupError, Transport, Upstream};
use postern_identity::records::{Entries, RecordsError, Reservations, ResetRecords};
use postern_identity::{Clock, DirectoryName};
use postern_records::{OpenError, Store};
use std::sync::Arc;
use thiserror::Error;

/// Everything that is kept.
pub struct Kept {
    store: Arc<Store>,
    directories: Vec<Directory>,
    clock: Arc<dyn Clock>,
}

struct Directory {
    name: DirectoryName,
    base_dn: String,
    local: Arc<LocalDirectory>,
    hasher: Arc<Hasher>,
}

/// Why it cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeptError {
    /// The store; it says itself who can mend it.
    #[error("{0}")]
    Store(#[from] OpenError),
    /// An embedded directory's settings.
    #[error("directory {directory}: {error}")]
    Directory {
        /// Its name.
        directory: DirectoryName,
        /// Why.
        error: LocalSetupError,
    },
    /// The store did not say what is in a directory.
    #[error("directory {directory} cannot be read: {error}")]
    Unreadable {
        /// Its name.
        directory: DirectoryName,
        /// Why.
        error: RecordsError,
    },
    /// The first entries of a directory were not made.
    #[error("directory {directory}: its first entries cannot be made: {fault}")]
    First {
        /// Its name.
        directory: DirectoryName,
        /// Why.
        fault: LoadFault,
    },
}

impl KeptError {
    /// Whether whoever wrote the configuration is to blame, and not the machine.
    pub fn is_misconfigured(&self) -> bool {
        match self {
            Self::Store(error) => store::is_misconfigured(error),
            Self::Directory { .. } | Self::First { .. } => true,
            Self::Unreadable { .. } => false,
        }
    }
}

impl Kept {
    /// Opens the store and what is in it, within a runtime; `None` where nothing is kept. [`Kept::close`] ends it.
    pub async fn open(configuration: &Configuration, clock: &Arc<dyn Clock>) -> Result<Option<Self>, KeptError> {
        let Some(store) = store::open(configuration).await? else {
            return Ok(None);
        };
        let made = configuration
            .embedded
            .iter()
            .map(|embedded| directory(embedded, &store, clock));
        match made.collect() {
            Ok(directories) => Ok(Some(Self {
                store,
                directories,
                clock: Arc::clone(clock),
            })),
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    }

    /// Makes the first entries of each directory that has none: its base, and the policy of those who name no other.
    pub async fn make_first_entries(&self) -> Result<(), KeptError> {
        for directory in &self.directories {
            let unreadable = |error| KeptError::Unreadable {
                directory: directory.name.clone(),
                error,
            };
            if self.store.count(&directory.name.0).await.map_err(unreadable)? > 0 {
                continue;
            }
            let Err(fault) = make_first(directory).await else {
                tracing::info!(target: "postern", directory = %directory.name, base_dn = %directory.base_dn,
                    "the directory was empty: its base and its password policy have been made");
                continue;
            };
            // Another gateway with the same store may have been faster.
            if self.store.count(&directory.name.0).await.map_err(unreadable)? == 0 {
                let directory = directory.name.clone();
                return Err(KeptError::First { directory, fault });
            }
        }
        Ok(())
    }

    /// The embedded directory of this name.
    pub fn directory(&self, name: &str) -> Option<&Arc<LocalDirectory>> {
        let found = self.directories.iter().find(|directory| *directory.name.0 == *name);
        found.map(|directory| &directory.local)
    }

    /// The directory of these settings as everything else knows directories.
    pub fn upstream(&self, settings: Settings, clock: Arc<dyn Clock>) -> Result<Arc<Upstream>, SetupError> {
        let local = Arc::clone(self.directory(&settings.name.0).ok_or(SetupError::NoServer)?);
        let account = local.service_account();
        Upstream::in_process(settings, account, Box::new(move || Ok(local.connect())), clock)
    }

    /// The settings of this configuration as they hold now.
    pub fn book(&self, configuration: &Configuration) -> SettingsBook {
        store::book(configuration, Some(Arc::clone(&self.store) as _))
    }

    /// What is kept of resets.
    pub fn records(&self) -> Arc<dyn ResetRecords> {
        Arc::clone(&self.store) as _
    }

    /// What is promised to whoever makes an account.
    pub fn reservations(&self) -> Arc<dyn Reservations> {
        Arc::clone(&self.store) as _
    }

    /// What the control socket may give.
    pub fn offered(&self, settings: Arc<SettingsBook>, onboarding: Onboarding) -> Offered {
        let directories = self.directories.iter().map(|directory| {
            let (root, service) = (Arc::clone(&directory.local), Arc::clone(&directory.local));
            OfferedDirectory {
                name: Arc::clone(&directory.name.0),
                as_root: Box::new(move || -> Transport { root.connect_as_root() }),
                service_account: Box::new(move || service.service_account()),
            }
        });
        Offered {
            directories: directories.collect(),
            settings,
            onboarding,
            clock: Arc::clone(&self.clock),
        }
    }

    /// Ends it: nothing more is hashed, and what was handed to the store is written.
    pub async fn close(self) {
        let hashers: Vec<_> = self
            .directories
            .iter()
            .map(|directory| Arc::clone(&directory.hasher))
            .collect();
        let hashing = tokio::task::spawn_blocking(move || {
            for hasher in hashers {
                hasher.close();
            }
        });
        let _ = hashing.await;
        self.store.close().await;
    }
}

fn directory(embedded: &Embedded, store: &Arc<Store>, clock: &Arc<dyn Clock>) -> Result<Directory, KeptError> {
    let (name, base_dn) = (embedded.local.name.clone(), embedded.local.base_dn.clone());
    let hasher = Hasher::start(hashing(&embedded.hashing));
    let entries: Arc<dyn Entries> = Arc::clone(store) as _;
    let made = LocalDirectory::new(
        embedded.local.clone(),
        embedded.schema.clone(),
        entries,
        Arc::clone(&hasher),
        Arc::clone(clock),
    );
    match made {
        Ok(local) => Ok(Directory {
            name,
            base_dn,
            local,
            hasher,
        }),
        Err(error) => Err(KeptError::Directory { directory: name, error }),
    }
}

fn hashing(hashing: &Hashing) -> HasherSettings {
    HasherSettings {
        threads: hashing.threads,
        queue: hashing.queue,
        cost: hashing.cost.clone(),
        ..HasherSettings::default()
    }
}

async fn make_first(directory: &Directory) -> Result<(), LoadFault> {
    let base = &directory.base_dn;
    let mut loader = Loader::new(&directory.local);
    let entries = [
        (base.clone(), base_entry(base).unwrap_or_default()),
        (
            format!("ou=policies,{base}"),
            attributes(&[("objectClass", "organizationalUnit"), ("ou", "policies")]),
        ),
        (format!("cn=default,ou=policies,{base}"), attributes(POLICY)),
    ];
    for (place, (name, attributes)) in (1..).zip(entries) {
        loader.take(place, &name, attributes).await?;
    }
    loader.finish().await.map(drop)
}

/// The policy of accounts that name no other, as it is made in an empty directory: a password that somebody else has set must be changed, ten
/// wrong ones lock for a quarter of an hour, none expires.
const POLICY: &[(&str, &str)] = &[
    ("objectClass", "applicationProcess"),
    ("objectClass", "pwdPolicy"),
    ("cn", "default"),
    ("pwdAttribute", "userPassword"),
    ("pwdMustChange", "TRUE"),
    ("pwdAllowUserChange", "TRUE"),
    ("pwdCheckQuality", "1"),
    ("pwdMinLength", "10"),
    ("pwdInHistory", "3"),
    ("pwdMaxAge", "0"),
    ("pwdLockout", "TRUE"),
    ("pwdMaxFailure", "10"),
    ("pwdFailureCountInterval", "900"),
    ("pwdLockoutDuration", "900"),
];

/// Attributes with their values.
type Attributes = Vec<(String, Vec<Vec<u8>>)>;

/// The entry a directory begins with. `None`: no class of entries fits that name.
pub(crate) fn base_entry(base_dn: &str) -> Option<Attributes> {
    let written = WrittenName::first(base_dn.as_bytes()).ok()??;
    let [(attribute, value)] = written.pairs.as_slice() else {
        return None;
    };
    let attribute = std::str::from_utf8(attribute).ok()?.to_ascii_lowercase();
    let classes: &[&str] = match attribute.as_str() {
        "dc" => &["dcObject", "organization"],
        "o" => &["organization"],
        "ou" => &["organizationalUnit"],
        "c" => &["country"],
        "l" => &["locality"],
        _ => return None,
    };
    let classes = classes.iter().map(|class| class.as_bytes().to_vec()).collect();
    let mut made = vec![("objectClass".to_owned(), classes)];
    if attribute == "dc" {
        made.push(("o".to_owned(), vec![value.clone()]));
    }
    made.push((attribute, vec![value.clone()]));
    Some(made)
}

fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    let mut all = Attributes::new();
    for (name, value) in pairs {
        let value = value.as_bytes().to_vec();
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value),
            None => all.push(((*name).to_owned(), vec![value])),
        }
    }
    all
}
