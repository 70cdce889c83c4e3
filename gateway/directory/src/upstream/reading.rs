//! What a dialect makes of an answer or an entry, before the evidence is put beside it.

use postern_identity::{Cause, Evidence, Proven, Source, Standing, State, Warning};
use postern_ldap::ResultCode;

/// What the answer to a bind means.
#[derive(Clone, Copy)]
pub(in crate::upstream) struct Reading {
    pub(in crate::upstream) state: State,
    pub(in crate::upstream) cause: Option<Cause>,
    pub(in crate::upstream) warning: Option<Warning>,
    /// Which control, text or code said so: a fixed word, never a value.
    pub(in crate::upstream) told_by: &'static str,
    pub(in crate::upstream) proven: Proven,
}

impl Reading {
    /// The password was confirmed.
    pub(in crate::upstream) fn proven(state: State, told_by: &'static str) -> Self {
        Self {
            state,
            proven: Proven::Yes,
            ..Self::unknown(told_by)
        }
    }

    /// The password is wrong, or must look so.
    pub(in crate::upstream) fn wrong(told_by: &'static str) -> Self {
        Self {
            proven: Proven::No,
            ..Self::unknown(told_by)
        }
    }

    /// Nothing is known, the password neither.
    pub(in crate::upstream) fn unknown(told_by: &'static str) -> Self {
        Self {
            state: State::Unknown,
            cause: None,
            warning: None,
            told_by,
            proven: Proven::Unknown,
        }
    }

    pub(in crate::upstream) fn because(self, cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            ..self
        }
    }

    /// With the result code that carried it as evidence.
    pub(in crate::upstream) fn of(self, code: ResultCode) -> (Standing, Proven) {
        let standing = Standing {
            state: self.state,
            cause: self.cause,
            warning: self.warning,
            evidence: Evidence {
                source: Source::Bind,
                result_code: Some(code.0),
                told_by: self.told_by,
            },
        };
        (standing, self.proven)
    }
}

/// What an entry means, and which attribute said so.
pub(in crate::upstream) struct Judged {
    pub(in crate::upstream) state: State,
    pub(in crate::upstream) cause: Option<Cause>,
    pub(in crate::upstream) told_by: &'static str,
}

/// An attribute says something that cannot be read, or is not shown and would decide.
#[derive(Debug)]
pub(in crate::upstream) struct Unreadable(pub(in crate::upstream) &'static str);

impl Judged {
    pub(in crate::upstream) fn new(state: State, told_by: &'static str) -> Self {
        Self {
            state,
            cause: None,
            told_by,
        }
    }

    pub(in crate::upstream) fn because(self, cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            ..self
        }
    }
}

impl From<Unreadable> for Judged {
    fn from(Unreadable(told_by): Unreadable) -> Self {
        Self::new(State::Unknown, told_by)
    }
}

impl From<Judged> for Standing {
    fn from(judged: Judged) -> Self {
        Self {
            state: judged.state,
            cause: judged.cause,
            warning: None,
            evidence: Evidence {
                source: Source::Entry,
                result_code: None,
                told_by: judged.told_by,
            },
        }
    }
}
