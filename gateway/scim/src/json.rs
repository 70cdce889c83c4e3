//! Resources as JSON: lenient in, strict out.

use crate::wire::Named;
use postern_identity::Secret;
use postern_identity::provisioning::{
    Attributes, Edit, EditFault, EditFaultKind, Resource, ResourceId, TypeSchema, Wanted,
};

/// How much a client is forgiven: an option of its token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Wrong types are converted where it is clear what was meant, unknown names are passed over, what is there already or gone already is well.
    #[default]
    Lenient,
    /// As the RFCs have it.
    Strict,
}

/// What a whole resource is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// POST.
    Create,
    /// PUT.
    Replace,
}

/// A whole resource as it was sent.
pub struct Incoming {
    /// Without those nobody may write, `password` and `members`; `active` is among them.
    pub attributes: Attributes,
    /// The password. None for null and nothing.
    pub password: Option<Secret>,
    /// The ids of a group's members, as they were spelled; `None`: nothing was said of members.
    pub members: Option<Vec<String>>,
}

/// How ids are spelled: [`Provisioned::id`](postern_identity::provisioning::Provisioned::id).
pub type ReadId<'a> = &'a (dyn Fn(&str) -> Option<ResourceId> + Sync);

/// Reads a request's body: an object in UTF-8, without duplicate keys, no deeper than 32, in bounded memory.
pub fn read(_octets: &[u8]) -> Result<serde_json::Value, EditFault> {
    Err(EditFault::new(EditFaultKind::InvalidSyntax, ""))
}

/// Reads a whole resource.
pub fn resource(
    _body: serde_json::Value,
    _types: &TypeSchema,
    _direction: Direction,
    _strictness: Strictness,
) -> Result<Incoming, EditFault> {
    Err(EditFault::new(EditFaultKind::InvalidSyntax, ""))
}

impl Incoming {
    /// What PUT makes of the resource as it was read: what nobody may write stays, as do `active` and the account's state where nothing was said
    /// of them; members too.
    pub fn onto(self, _current: &Resource, _types: &TypeSchema, _read_id: ReadId<'_>) -> Result<Edit, EditFault> {
        Err(EditFault::new(EditFaultKind::InvalidSyntax, ""))
    }
}

/// What a client wants to see (RFC 7644 §3.9).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Projection {
    only: Option<Vec<Named>>,
    without: Vec<Named>,
}

impl Projection {
    /// From `attributes` and `excludedAttributes`: lists with commas, or one name each. Both given is `invalidValue`.
    pub fn new(
        _attributes: Option<&[&str]>,
        _excluded: Option<&[&str]>,
        _types: &TypeSchema,
    ) -> Result<Self, EditFault> {
        Ok(Self {
            only: None,
            without: Vec::new(),
        })
    }

    /// What has to be read for it.
    pub fn wanted(&self, _types: &TypeSchema) -> Wanted {
        let _ = (&self.only, &self.without);
        Wanted::everything()
    }
}

/// Shows a resource; `base_url` without a slash at its end, as `https://host/scim/v2`.
pub fn show(
    _resource: &Resource,
    _id_text: &str,
    _types: &TypeSchema,
    _projection: &Projection,
    _base_url: &str,
) -> serde_json::Value {
    serde_json::Value::Null
}
