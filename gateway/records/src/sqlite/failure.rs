//! What SQLite's errors mean for whoever asked. Their own words go nowhere: they may hold a statement.

use postern_identity::records::RecordsError;

/// `https://sqlite.org/rescode.html`; the low octet is the primary code.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
pub(super) const READ_ONLY: i32 = 8;
const INPUT_OUTPUT: i32 = 10;
pub(super) const CORRUPT: i32 = 11;
pub(super) const FULL: i32 = 13;
pub(super) const CANNOT_OPEN: i32 = 14;
const TOO_BIG: i32 = 18;
pub(super) const NO_DATABASE: i32 = 26;

/// While reading.
pub(super) fn reading(error: &sqlx::Error) -> RecordsError {
    match primary(error) {
        Some(BUSY | LOCKED) => RecordsError::Busy,
        code => {
            say(code);
            RecordsError::Unavailable
        }
    }
}

/// While writing, before the commit: the transaction is undone.
pub(super) fn writing(error: &sqlx::Error) -> RecordsError {
    match primary(error) {
        Some(BUSY | LOCKED) => RecordsError::Busy,
        Some(READ_ONLY | FULL | INPUT_OUTPUT | CANNOT_OPEN) => RecordsError::CannotWrite,
        Some(TOO_BIG) => RecordsError::TooLarge,
        code => {
            say(code);
            RecordsError::Unavailable
        }
    }
}

/// By the commit itself. After an error of the disk its last octets may be there after all, when the machine starts again.
pub(super) fn committing(error: &sqlx::Error) -> RecordsError {
    match primary(error) {
        Some(BUSY | LOCKED) => RecordsError::Busy,
        Some(READ_ONLY | FULL) => RecordsError::CannotWrite,
        code => {
            say(code);
            RecordsError::OutcomeUnknown
        }
    }
}

pub(super) fn primary(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<i32>().ok().map(|extended| extended & 0xff)
}

pub(super) fn is_no_database(error: &sqlx::Error) -> bool {
    primary(error) == Some(NO_DATABASE)
}

fn say(code: Option<i32>) {
    if let Some(CORRUPT | NO_DATABASE) = code {
        tracing::error!(code, "the store's file is damaged: restore a copy");
    } else {
        tracing::error!(code, "the store's file cannot be used: look at the disk it is on");
    }
}

/// At the end, when everything is committed.
pub(super) fn closing(error: &sqlx::Error) {
    tracing::warn!(
        code = primary(error),
        "the store's file was not closed in order; the next start puts it in order"
    );
}
