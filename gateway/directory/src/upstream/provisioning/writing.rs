//! What is changed: entries made, rewritten, renamed and removed, and who is in a group.
//!
//! A resource's tree becomes values ([`encode`]) and two trees the [`difference`] between them, which one modify writes ([`write`]), after a
//! [`rename`] where that is needed. New entries are made in steps ([`create`]), members change value by value ([`members`]). Everything is sent
//! once ([`sending`]), under a [`premise`] where the server knows those, and one table says what a refusal means ([`outcome`]).

mod adjust;
mod asking;
mod create;
mod delete;
mod difference;
mod encode;
mod members;
mod message;
mod outcome;
mod owner_of_new;
mod premise;
mod rdn;
mod references;
mod rename;
mod sending;
mod unique;
mod write;

use super::Provisioner;
use postern_identity::authority::{AuthorityRules, Decision};
use postern_identity::provisioning::{
    Attributes, Draft, MembersChange, ProvisioningError, Reach, Resource, ResourceId, ResourceKind,
};

impl Provisioner {
    /// [`Provisioned::owner_of_new`](postern_identity::provisioning::Provisioned::owner_of_new).
    pub(super) async fn owner_of_draft(
        &self,
        reach: &Reach,
        draft: &Draft,
        rules: Option<&AuthorityRules>,
    ) -> Result<Decision, ProvisioningError> {
        owner_of_new::owner_of_new(self, reach, draft, rules).await
    }

    /// [`Provisioned::create`](postern_identity::provisioning::Provisioned::create).
    pub(super) async fn make(&self, reach: &Reach, draft: &Draft) -> Result<Resource, ProvisioningError> {
        create::create(self, reach, draft).await
    }

    /// [`Provisioned::write`](postern_identity::provisioning::Provisioned::write).
    pub(super) async fn change(
        &self,
        before: &Resource,
        after: &Attributes,
        exact: bool,
    ) -> Result<Resource, ProvisioningError> {
        write::write(self, before, after, exact).await
    }

    /// [`Provisioned::change_members`](postern_identity::provisioning::Provisioned::change_members).
    pub(super) async fn change_group(
        &self,
        reach: &Reach,
        group: ResourceId,
        change: &MembersChange,
    ) -> Result<(), ProvisioningError> {
        members::change(self, reach, group, change).await
    }

    /// [`Provisioned::delete`](postern_identity::provisioning::Provisioned::delete).
    pub(super) async fn remove(
        &self,
        reach: &Reach,
        kind: ResourceKind,
        id: ResourceId,
        exact: Option<&Resource>,
    ) -> Result<Resource, ProvisioningError> {
        delete::delete(self, reach, kind, id, exact).await
    }
}

#[cfg(test)]
mod tests;
