//! Who owns a password.

use crate::account::DirectoryName;
use std::sync::Arc;

/// Who may write this account's password. The engine that finds it out comes with the rules it needs; until then every account
/// of a directory is that directory's own.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_authority_never_permits_a_write() {
        assert!(!Authority::Unknown.permits_local_write());
        assert!(!Authority::Provider("sso".into()).permits_local_write());
        assert!(Authority::Local(DirectoryName("people".into())).permits_local_write());
    }
}
