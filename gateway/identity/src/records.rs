//! The ports to what is kept: entries of embedded directories, settings, resets, and what is reserved.
//!
//! Whoever holds them asks for rows and hands over units of work; a unit is done as a whole or not at all, and once it is answered it
//! outlives the process and the machine. What a row means, and when it may change, is the caller's to know.

pub mod entries;
pub mod reservations;
pub mod resets;
pub mod settings;

pub use entries::{
    Entries, EntryChange, EntryRow, Indexed, NamedRow, Names, NewEntry, Page, Position, Reach, Selection, ValueApart,
    Wanted,
};
pub use reservations::{Reservations, ReservedValue};
pub use resets::{
    Allowance, ContextRow, Hash, Job, KeptAnswer, NewJob, Onboarded, ResetChange, ResetRecords, Spent, Waiting,
};
pub use settings::{SettingRow, Settings};

use std::future::Future;
use std::pin::Pin;
use thiserror::Error;

/// What the store answers in its own time. Every one has a deadline of the store's own.
pub type Stored<'a, T> = Pin<Box<dyn Future<Output = Result<T, RecordsError>> + Send + 'a>>;

/// Everything that is kept.
pub trait Records: Entries + Settings + ResetRecords + Reservations {}

impl<R: Entries + Settings + ResetRecords + Reservations> Records for R {}

/// Why the store did not do it. Nothing of a unit that failed was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordsError {
    /// Something the unit rests on has changed since it was read: read again and try again.
    #[error("it was changed meanwhile")]
    Changed,
    /// There is an entry at that place.
    #[error("there is one already")]
    Taken,
    /// There is none above that place.
    #[error("there is none above it")]
    NothingAbove,
    /// There are others below it.
    #[error("there are others below it")]
    NotALeaf,
    /// Larger, or more at once, than is kept.
    #[error("it is too large")]
    TooLarge,
    /// No room is left, or nothing may be written. Reading goes on.
    #[error("nothing can be written")]
    CannotWrite,
    /// Too many wait already, or it took too long. Nothing was changed.
    #[error("the store is busy")]
    Busy,
    /// A unit was sent and its answer is not known: it was done or not. It is never sent again.
    #[error("the store did not answer: the change may have been made or not")]
    OutcomeUnknown,
    /// The store cannot be reached, or what it holds cannot be read.
    #[error("the store cannot be read")]
    Unavailable,
}
