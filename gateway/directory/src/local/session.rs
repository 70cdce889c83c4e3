//! Who a connection is, to the embedded directory.

use super::access::Access;
use super::path::NamePath;
use crate::transport::Share;
use postern_identity::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};

/// The name our own account signs in by. It has no entry.
pub const SERVICE_NAME: &str = "cn=postern";

/// In whose name operations are done. It does not change: a bind makes another one.
pub(crate) struct Session {
    /// Who that is.
    pub(crate) actor: Actor,
    /// What it may read, as it was found out a moment ago.
    access: Mutex<Option<(Timestamp, Arc<Access>)>>,
    /// In whose share passwords are hashed.
    pub(crate) share: Share,
}

/// Somebody who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Actor {
    /// Nobody.
    Anonymous,
    /// Whoever has an entry here.
    Account {
        /// Its entry.
        id: i64,
        /// Its whole name as it is written there.
        name: Arc<str>,
        /// Where it stands.
        path: NamePath,
        /// It may do nothing but change its own password: everything else is answered [`Answer::change_first`](super::answer::Answer::change_first).
        must_change: bool,
    },
    /// The gateway's own account: it may do everything but read hashes of passwords, and act for others.
    Service,
    /// Whoever has the machine: the control socket and the shell.
    Root,
}

impl Session {
    /// A session of this one, in our own share.
    pub(crate) fn new(actor: Actor) -> Self {
        Self::within(Share::OURS, actor)
    }

    /// A session of this one, in this share.
    pub(crate) fn within(share: Share, actor: Actor) -> Self {
        Self {
            actor,
            access: Mutex::new(None),
            share,
        }
    }

    /// Whether it may do nothing but change its own password.
    pub(crate) fn must_change(&self) -> bool {
        matches!(self.actor, Actor::Account { must_change: true, .. })
    }

    /// What was found at or after `since` of what it may read.
    pub(super) fn access_since(&self, since: Timestamp) -> Option<Arc<Access>> {
        let kept = self.access.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref()
            .filter(|(at, _)| *at >= since)
            .map(|(_, access)| Arc::clone(access))
    }

    /// Keeps what was found for a moment.
    pub(super) fn keep_access(&self, at: Timestamp, access: &Arc<Access>) {
        *self.access.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, Arc::clone(access)));
    }
}

impl Actor {
    /// The name by which it is written into what it makes and changes, and by which it is told who it is; nobody's is empty.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Anonymous => "",
            Self::Account { name, .. } => name,
            Self::Service | Self::Root => SERVICE_NAME,
        }
    }

    /// Where its entry stands, if it has one.
    pub(crate) fn path(&self) -> Option<&NamePath> {
        match self {
            Self::Account { path, .. } => Some(path),
            _ => None,
        }
    }
}
