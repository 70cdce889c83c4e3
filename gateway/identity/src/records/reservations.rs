//! Values that are promised to somebody before they stand in a directory: two who make an account of the same name at once, on whatever node,
//! are not both told that it is free. A store keeps no value, only what it hashes to.

use super::Stored;
use super::resets::Hash;
use crate::clock::Timestamp;
use std::sync::Arc;

/// The most values that are reserved together.
pub const MOST_TOGETHER: usize = 256;

/// What is promised, and to whom. It ends by itself, so that whoever dies keeps nothing from others for long.
pub trait Reservations: Send + Sync {
    /// Promises all of these values to a holder until then, or none of them: [`Taken`](super::RecordsError::Taken) if another holds one at `at`. What
    /// is this holder's already is its own until then from now on. A few that are over are taken away with it, more than are made. More than
    /// [`MOST_TOGETHER`]: [`TooLarge`](super::RecordsError::TooLarge).
    fn reserve<'a>(
        &'a self,
        values: &'a [ReservedValue],
        holder: &'a Hash,
        at: Timestamp,
        until: Timestamp,
    ) -> Stored<'a, ()>;

    /// Lets these go, as far as they are this holder's.
    fn release<'a>(&'a self, values: &'a [ReservedValue], holder: &'a Hash) -> Stored<'a, ()>;
}

/// A value that one alone may have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReservedValue {
    /// The name of the directory in which.
    pub directory: Arc<str>,
    /// What it is there: "userName", for example.
    pub kind: Arc<str>,
    /// What it hashes to, in the form in which it is compared.
    pub value: Hash,
}
