//! What keeps the machine from going on, and is nobody's fault outside.

use super::told::Refused;
use crate::directory::DirectoryError;
use crate::records::RecordsError;
use thiserror::Error;

/// Something we need is not there. Nobody outside is told which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Trouble {
    /// A directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The store.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// Randomness.
    #[error("there is no randomness")]
    NoChance,
    /// What is kept was not written by this program, or by other keys.
    #[error("what is kept cannot be read")]
    Unreadable,
    /// The configuration knows nothing of a directory that is needed.
    #[error("a directory is not configured")]
    NoDirectory,
}

impl From<Trouble> for Refused {
    fn from(_: Trouble) -> Self {
        Self::Unavailable
    }
}

impl From<RecordsError> for Refused {
    fn from(_: RecordsError) -> Self {
        Self::Unavailable
    }
}

impl Trouble {
    /// Whether somebody else was faster: whoever reads anew may go on.
    pub(super) fn is_lost_race(self) -> bool {
        matches!(self, Self::Records(RecordsError::Changed))
    }
}
