//! What a program wants changed of one resource.

use super::resource::ResourceId;
use super::value::Attributes;
use crate::secret::Secret;

/// A wish, worked out on the resource as it was read.
pub struct Edit {
    /// Everything the resource is to hold, of what was read: what is missing here is removed. Members have their own say below.
    pub attributes: Attributes,
    /// A new password.
    pub password: Option<Secret>,
    /// A group's members.
    pub members: MembersChange,
}

/// What becomes of a group's members. Nothing of it needs the group read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MembersChange {
    /// These and no others, before `add` and `remove` are done.
    pub replace: Option<Vec<ResourceId>>,
    /// These are in it then; who is in it already is no error.
    pub add: Vec<ResourceId>,
    /// These are not; who is not in it is no error.
    pub remove: Vec<ResourceId>,
}

impl MembersChange {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.replace.is_none() && self.add.is_empty() && self.remove.is_empty()
    }
}
