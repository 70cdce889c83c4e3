//! Who owns a password, and the rules by which that is found out.
//!
//! [`AuthorityRules`] are asked with the [`Facts`] of an entry and give a [`Decision`]: whose its password is, and by which rule. What
//! is not known is not guessed: a rule whose [`Condition`] cannot be told ends the search with [`Authority::Unknown`], and unknown is
//! never written. Reading facts is a directory's business, writing rules down a policy's.

mod condition;
mod facts;
mod filter;
mod rules;
#[cfg(test)]
mod tests;

pub use condition::{Condition, CredentialWord};
pub use facts::{Credential, Fact, Facts, Group, Truth};
pub use filter::Filter;
pub use rules::{AuthorityRule, AuthorityRules, Decision, GroupUse, Owner, Pin, Provider, Reads, without_rules};

use crate::account::DirectoryName;
use std::fmt;
use std::sync::Arc;

/// Who may write this account's password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// The directory itself: we may write.
    Local(DirectoryName),
    /// An outside identity provider, by its configured name: never written here.
    Provider(Arc<str>),
    /// Both: a local write must be carried to the provider as well.
    Both {
        /// Where the local copy lives.
        directory: DirectoryName,
        /// Who else holds it.
        provider: Arc<str>,
    },
    /// Nobody knows. Never treated as [`Authority::Local`].
    Unknown,
}

impl Authority {
    /// Whether a credential may be written into the directory. Unknown is not local.
    pub fn permits_local_write(&self) -> bool {
        matches!(self, Self::Local(_))
    }

    /// Whether an outside provider holds the password, alone or not.
    pub fn is_a_providers(&self) -> bool {
        matches!(self, Self::Provider(_) | Self::Both { .. })
    }
}

/// `directory people`, `provider sso`, `directory people and provider sso`, `unknown`.
impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(directory) => write!(f, "directory {directory}"),
            Self::Provider(provider) => write!(f, "provider {provider}"),
            Self::Both { directory, provider } => write!(f, "directory {directory} and provider {provider}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}
