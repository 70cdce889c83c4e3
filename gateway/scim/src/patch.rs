//! PATCH (RFC 7644 §3.5.2).

use crate::json::{ReadId, Strictness};
use postern_identity::provisioning::{Edit, EditFault, EditFaultKind, MembersChange, Resource, TypeSchema};

/// A PATCH request, its names and values looked up.
pub struct Patch {}

impl Patch {
    /// Reads one.
    pub fn read(_body: serde_json::Value, _types: &TypeSchema, _strictness: Strictness) -> Result<Self, EditFault> {
        Err(EditFault::new(EditFaultKind::InvalidSyntax, ""))
    }

    /// What it is, if it is about nothing but a group's members by their ids: then nothing needs to be read.
    pub fn members_alone(&self, _read_id: ReadId<'_>) -> Result<Option<MembersChange>, EditFault> {
        Ok(None)
    }

    /// Whether [`apply`](Self::apply) needs the group's members read: those are chosen by something besides their ids.
    pub fn needs_members(&self) -> bool {
        false
    }

    /// Works it out on a resource as it was read, in order; any fault, and nothing is changed. It can be done again on the resource read anew.
    pub fn apply(&self, _resource: &Resource, _types: &TypeSchema, _read_id: ReadId<'_>) -> Result<Edit, EditFault> {
        Err(EditFault::new(EditFaultKind::InvalidSyntax, ""))
    }
}
