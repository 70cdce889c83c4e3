//! Which account is meant, for good.

use std::fmt;
use std::sync::Arc;

/// The configured name of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DirectoryName(pub Arc<str>);

impl fmt::Display for DirectoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account by the directory that holds it and the id that survives a rename there: entryUUID, objectGUID or
/// nsUniqueId. Never a DN, which changes and comes back as somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountKey {
    /// The directory that holds it.
    pub directory: DirectoryName,
    /// The stable id as that directory writes it.
    pub id: Arc<str>,
}
