//! What can be wrong with a request before a door looks at it, split by who is to blame. Doors use the same ones for the same things.

use std::time::Duration;

/// Why a request gets no answer of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    // The client's.
    /// The request cannot be read. Which part, in words that may be shown.
    #[error("{0} cannot be read")]
    Malformed(&'static str),
    /// No token, or none that we know.
    #[error("a token is needed")]
    NoToken {
        /// Whether one was shown (RFC 6750 §3: only then it is called invalid).
        shown: bool,
    },
    /// The token is known and may not do this.
    #[error("the token may not do this")]
    NoScope,
    /// The form was not filled in on a page of ours, or too long ago.
    #[error("the form did not come from a page of ours")]
    NotOurForm,
    /// Nothing is here.
    #[error("nothing is here")]
    NotFound,
    /// Not with this method.
    #[error("this cannot be done here")]
    WrongMethod,
    /// The body is larger than anything we take.
    #[error("the request is too large")]
    TooLarge,
    /// The address is longer than any of ours.
    #[error("the address is too long")]
    AddressTooLong,
    /// The body is not in the form that is read here.
    #[error("the content cannot be read in this form")]
    WrongMediaType,
    /// No site of ours is called so.
    #[error("no site is called so here")]
    NoSuchSite,
    /// The client's network asks too often.
    #[error("too many requests")]
    TooMany {
        /// When to come back.
        after: Duration,
    },
    // Ours.
    /// Something broke.
    #[error("something went wrong")]
    Broken,
    /// It took too long, or something we need is not there.
    #[error("it cannot be done now")]
    Unavailable,
}
