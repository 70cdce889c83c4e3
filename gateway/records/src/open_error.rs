//! Why a store is not opened. Each says who can help, and how; none holds an engine's own words.

use std::path::PathBuf;
use thiserror::Error;

/// Why a store is not opened. Nothing in it was touched.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// Whoever wrote the address.
    #[error("the store's address is wrong: {0}")]
    Address(&'static str),
    /// Whoever runs the other process.
    #[error("{} is in use by another process. One at a time: end that one first, or use PostgreSQL, which several may share", file.display())]
    InUse {
        /// The database file.
        file: PathBuf,
    },
    /// Whoever chose the file.
    #[error("{} {why}", file.display())]
    File {
        /// The file or folder it is about.
        file: PathBuf,
        /// What is wrong and what would be right.
        why: FileFault,
    },
    /// Whoever installed this version.
    #[error(
        "{store} was written by a newer version (its schema is {found}, this program knows {known}). Install that version again, or restore a copy from before"
    )]
    Newer {
        /// The file, or the server and its database.
        store: String,
        /// The schema that is there.
        found: i64,
        /// The newest this program has.
        known: i64,
    },
    /// Whoever changed it, or the disk.
    #[error("{store} does not hold what its schema {version} holds: {what}. Restore a copy; nothing was changed")]
    Damaged {
        /// The file, or the server and its database.
        store: String,
        /// What it says of itself.
        version: i64,
        /// A table or index, or that it cannot be read.
        what: String,
    },
    /// Whoever runs the database server, or the network.
    #[error("{store} cannot be reached: {why}")]
    Unreachable {
        /// The server and its database.
        store: String,
        /// What happened, in words of ours.
        why: &'static str,
    },
    /// Whoever gave the account its rights.
    #[error("{store} does not let us in: {why}")]
    Refused {
        /// The server and its database.
        store: String,
        /// What is missing.
        why: &'static str,
    },
}

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FileFault {
    /// A folder stands there.
    #[error("is no file. Name a file in an existing folder")]
    NoFile,
    /// Its folder is not there.
    #[error("cannot be made: its folder is not there. Make the folder, owned by the user who runs this program")]
    NoFolder,
    /// Rights are missing.
    #[error("may not be read and written. Give it and its folder to the user who runs this program")]
    Rights,
    /// It holds something else.
    #[error("is not a store of ours. Name another file; this one was not touched")]
    NotOurs,
    /// No room is left.
    #[error("cannot be written: no room is left on the disk, or it is mounted read-only")]
    NoRoom,
    /// Anything else the system said.
    #[error("cannot be read or written: the system reports an error. Look into its log, and at the disk")]
    System,
}
