//! Why something was not done, by who is to blame.

use crate::password::PasswordRefusal;
use std::borrow::Cow;
use std::sync::Arc;
use thiserror::Error;

/// Why a provisioning request has no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProvisioningError {
    /// There is no such resource, or it is not within the caller's reach.
    #[error("there is no such resource")]
    NotFound,
    /// Another resource has this value already.
    #[error("another resource has this {attribute}")]
    Taken {
        /// The attribute, as the schema spells it.
        attribute: Arc<str>,
    },
    /// The resource is not in the state the caller knows (If-Match).
    #[error("the resource has changed")]
    Changed,
    /// Somebody else kept changing it at the same moment. It can be tried again.
    #[error("it was changed by others meanwhile")]
    Contended,
    /// What the caller wants cannot be.
    #[error("{0}")]
    Edit(EditFault),
    /// The password is a provider's: it is never written here.
    #[error("the password is kept by a provider")]
    Federated {
        /// Where it can be changed.
        page: Option<Arc<str>>,
    },
    /// Nobody knows whose the password is, so it is not written.
    #[error("nobody knows whose this password is")]
    OwnerUnknown,
    /// The directory did not take the password.
    #[error("the directory did not take the password")]
    Password(PasswordRefusal),
    /// The directory has no such change.
    #[error("this directory has no such change")]
    NotPossible,
    /// More than is looked at at once.
    #[error("there are too many to look at")]
    TooMany,
    /// Others lie below the entry.
    #[error("other entries lie below it")]
    HasEntriesBelow,
    /// The caller's token may not do it.
    #[error("the token may not do this")]
    NoScope,
    /// The service account may not do it.
    #[error("the service account cannot do this")]
    NotAllowed,
    /// The directory refused it for a reason of its own.
    #[error("the directory refused it with result {code}")]
    Refused {
        /// RFC 4511 §4.1.9.
        code: u32,
    },
    /// A deadline passed before anything was changed.
    #[error("it took too long")]
    TooSlow,
    /// It was sent and not answered: it may have been done or not. It is never sent again.
    #[error("the change may have been made or not")]
    OutcomeUnknown,
    /// The directory cannot be reached. Nothing was changed.
    #[error("the directory cannot be reached")]
    Unavailable,
}

/// What is wrong with what a caller wants.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct EditFault {
    /// Which kind of wrong.
    pub kind: EditFaultKind,
    /// For the caller: which attribute, what would be right. Never a value of a secret, never a DN.
    pub detail: Cow<'static, str>,
}

/// Kinds of wrong, as RFC 7644 table 9 has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EditFaultKind {
    /// A value does not fit its attribute.
    InvalidValue,
    /// The attribute cannot be written so.
    Mutability,
    /// The path means nothing.
    InvalidPath,
    /// There is nothing to do it to.
    NoTarget,
    /// It is not what a request looks like.
    InvalidSyntax,
    /// The filter means nothing, or cannot be answered.
    InvalidFilter,
}

impl EditFault {
    /// One.
    pub fn new(kind: EditFaultKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

impl From<EditFault> for ProvisioningError {
    fn from(fault: EditFault) -> Self {
        Self::Edit(fault)
    }
}
