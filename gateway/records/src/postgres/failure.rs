//! What PostgreSQL's errors mean for whoever asked. Their own words go nowhere: they may hold a statement or a value.

use postern_identity::records::RecordsError;

/// While reading, or before a commit was sent: nothing was changed.
pub(super) fn before_commit(error: &sqlx::Error) -> RecordsError {
    match error {
        sqlx::Error::Database(error) => by_code(error.code().as_deref().unwrap_or_default()),
        sqlx::Error::PoolTimedOut => RecordsError::Busy,
        _ => {
            tracing::error!(what = kind(error), "the store's server cannot be used");
            RecordsError::Unavailable
        }
    }
}

/// By the commit itself: what the server answered is sure, silence is not.
pub(super) fn committing(error: &sqlx::Error) -> RecordsError {
    let sqlx::Error::Database(error) = error else {
        tracing::error!(what = kind(error), "the store's server did not answer a commit");
        return RecordsError::OutcomeUnknown;
    };
    match error.code().as_deref().unwrap_or_default() {
        // The session was ended from outside, or the server is going down: after the commit or before, it does not say.
        code if code.starts_with("57P") || code.starts_with("08") || code.starts_with("XX") => {
            RecordsError::OutcomeUnknown
        }
        code => by_code(code),
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn by_code(code: &str) -> RecordsError {
    match code {
        "40001" | "40P01" | "23503" => RecordsError::Changed, // serialization, deadlock; a row we rested on went away
        // lock or statement timeout, too many connections, no memory (that for locks is shared by all who ask)
        "55P03" | "57014" | "53300" | "53200" => RecordsError::Busy,
        "25006" | "53100" => RecordsError::CannotWrite, // read-only, disk full
        _ if code.starts_with("54") => RecordsError::TooLarge,
        _ => {
            tracing::error!(code, "the store's server refused a statement");
            RecordsError::Unavailable
        }
    }
}

fn kind(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Io(_) => "connection",
        sqlx::Error::Tls(_) => "TLS",
        sqlx::Error::Protocol(_) => "protocol",
        sqlx::Error::PoolClosed => "closed",
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => "row",
        _ => "other",
    }
}
