//! What must hold of an entry for a write of it to be done at all: the assertion control (RFC 4528), where the server has it.

use super::super::lanes::Shown;
use super::super::{Provisioner, ids, version};
use crate::upstream::write::WriteRequest;
use postern_identity::provisioning::{Resource, ResourceKind, Wanted};
use postern_ldap::control::{assertion, read_entry};
use postern_ldap::{filter, oid};

/// What is asserted.
pub(super) struct Asked {
    /// Whether any change since is one too many.
    pub(super) exact: bool,
    /// Whether the server itself sees to that.
    pub(super) holds_at_the_server: bool,
    /// The entry's id; empty where no assertion can be made.
    id: Vec<u8>,
    /// Its change number.
    change: Option<Vec<u8>>,
    /// Whether the entry was renamed by us, so that its version is another.
    pub(super) renamed: bool,
}

impl Asked {
    /// That it is this entry and no other that has its name by now, and, with `exact`, as it was read.
    pub(super) fn of(provisioner: &Provisioner, resource: &Resource, exact: bool) -> Self {
        let capabilities = provisioner.upstream().capabilities();
        let knows = capabilities
            .controls
            .iter()
            .any(|control| control.as_bytes() == oid::ASSERTION);
        let dialect = provisioner.upstream().dialect();
        let product = provisioner.product();
        let change = version::change(product, &resource.version).filter(|_| exact && knows);
        let change = change.map(|number| filter::equality(b"entryCSN", number.as_bytes()));
        let id = ids::value(product, dialect, resource.id);
        Self {
            exact,
            holds_at_the_server: change.is_some(),
            id: if knows {
                filter::equality(dialect.stable_id().as_bytes(), &id)
            } else {
                Vec::new()
            },
            change,
            renamed: false,
        }
    }

    /// The same for what follows a rename of ours.
    pub(super) fn of_the_entry_alone(&self) -> Self {
        Self {
            exact: self.exact,
            holds_at_the_server: false,
            id: self.id.clone(),
            change: None,
            renamed: true,
        }
    }

    /// The request with the assertion.
    pub(super) fn put_on(&self, request: WriteRequest) -> WriteRequest {
        let parts: Vec<Vec<u8>> = [Some(self.id.clone()).filter(|id| !id.is_empty()), self.change.clone()]
            .into_iter()
            .flatten()
            .collect();
        match parts.as_slice() {
            [] => request,
            [one] => request.with_control(assertion::control(one)),
            several => request.with_control(assertion::control(&filter::all(several))),
        }
    }
}

/// The request with a wish to be shown the entry as it is then (RFC 4527), where the server can.
pub(super) fn with_entry_after(provisioner: &Provisioner, request: WriteRequest, attributes: &[&str]) -> WriteRequest {
    let capabilities = provisioner.upstream().capabilities();
    let mut listed = capabilities.controls.iter();
    if !listed.any(|control| control.as_bytes() == oid::POST_READ) {
        return request;
    }
    let attributes: Vec<&[u8]> = attributes.iter().map(|attribute| attribute.as_bytes()).collect();
    request.with_control(read_entry::request(oid::POST_READ, &attributes, false))
}

/// The resource that an entry is which was shown so. `None`: it was not, or not so that its id is told.
pub(super) async fn resource_after(
    provisioner: &Provisioner,
    shown: Option<Shown>,
    kind: ResourceKind,
    wanted: &Wanted,
) -> Option<Resource> {
    let shown = shown?;
    ids::of_entry(provisioner.product(), provisioner.dialect(), &shown.entry)?;
    // What else has to be asked for it is asked again with it, if it could not be told.
    provisioner.resources(vec![shown], kind, wanted).await.ok()?.pop()
}
