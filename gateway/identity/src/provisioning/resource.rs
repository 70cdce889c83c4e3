//! Users and groups as a directory holds them.

use super::value::Attributes;
use crate::authority::Facts;
use crate::clock::Timestamp;
use crate::person::Person;
use crate::standing::Standing;
use std::fmt;
use std::sync::Arc;

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceKind {
    /// An account.
    User,
    /// A group.
    Group,
}

impl ResourceKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::User, Self::Group];

    /// The name of the type: `User`, `Group`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }
}

/// The stable id of an entry: entryUUID, objectGUID or nsUniqueId, 16 octets in every product, in the order in which it is written.
/// How it is spelled is its directory's to say ([`Provisioned::id_text`](super::Provisioned::id_text)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub [u8; 16]);

/// What distinguishes one state of a resource from the next (RFC 7644 §3.14): opaque, letters, digits, `-` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(pub Arc<str>);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One user or group, as it was read.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Which kind.
    pub kind: ResourceKind,
    /// Its stable id.
    pub id: ResourceId,
    /// This state of it.
    pub version: Version,
    /// Since when there is such an entry.
    pub created: Option<Timestamp>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// What it holds, of what was wanted.
    pub attributes: Attributes,
    /// The entry's DN. Never shown to programs.
    pub dn: String,
    /// The account; `None` for groups.
    pub person: Option<Person>,
    /// How the account stands; `None` for groups, and where nobody wanted to know.
    pub facts: Option<AccountFacts>,
    /// What rules ask of the account, where that was wanted and could be seen beyond doubt: a value that was shown, or a server that said that there is none
    /// and shows us such values elsewhere. `None`: whoever wants to know asks [`Applicants::owner`](crate::directory::Applicants::owner).
    pub owner_facts: Option<Facts>,
}

/// How an account stands, and what the directory keeps of it besides. What it does not tell is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFacts {
    /// How it stands, by its entry and policy.
    pub standing: Standing,
    /// Whether the account is switched on: not [`State::Disabled`](crate::State::Disabled), whatever else holds.
    pub active: bool,
    /// The password must be changed at the next sign-in.
    pub must_change: Option<bool>,
    /// The owner may not change it.
    pub cannot_change: Option<bool>,
    /// It never expires.
    pub never_expires: Option<bool>,
    /// It was set.
    pub password_set: Option<Timestamp>,
    /// It expires.
    pub expires: Option<Timestamp>,
    /// Grace sign-ins left.
    pub grace_left: Option<u32>,
    /// The last sign-in.
    pub last_success: Option<Timestamp>,
    /// The last wrong password.
    pub last_failure: Option<Timestamp>,
    /// Wrong passwords counted now.
    pub failures: Option<u32>,
    /// When it was locked.
    pub locked_at: Option<Timestamp>,
    /// When that ends by itself.
    pub locked_until: Option<Timestamp>,
    /// When the account itself ends.
    pub account_ends: Option<Timestamp>,
}
