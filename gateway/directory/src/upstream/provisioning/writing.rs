//! What is changed.

use super::Provisioner;
use postern_identity::authority::{AuthorityRules, Decision};
use postern_identity::provisioning::{
    Attributes, Draft, MembersChange, ProvisioningError, Reach, Resource, ResourceId, ResourceKind,
};

#[allow(clippy::unused_async, reason = "what they will wait for is a directory")]
impl Provisioner {
    /// [`Provisioned::owner_of_new`](postern_identity::provisioning::Provisioned::owner_of_new).
    pub(super) async fn owner_of_draft(
        &self,
        _reach: &Reach,
        _draft: &Draft,
        _rules: Option<&AuthorityRules>,
    ) -> Result<Decision, ProvisioningError> {
        Err(ProvisioningError::NotPossible)
    }

    /// [`Provisioned::create`](postern_identity::provisioning::Provisioned::create).
    pub(super) async fn make(&self, _reach: &Reach, _draft: &Draft) -> Result<Resource, ProvisioningError> {
        Err(ProvisioningError::NotPossible)
    }

    /// [`Provisioned::write`](postern_identity::provisioning::Provisioned::write).
    pub(super) async fn change(
        &self,
        _before: &Resource,
        _after: &Attributes,
        _exact: bool,
    ) -> Result<Resource, ProvisioningError> {
        Err(ProvisioningError::NotPossible)
    }

    /// [`Provisioned::change_members`](postern_identity::provisioning::Provisioned::change_members).
    pub(super) async fn change_group(
        &self,
        _reach: &Reach,
        _group: ResourceId,
        _change: &MembersChange,
    ) -> Result<(), ProvisioningError> {
        Err(ProvisioningError::NotPossible)
    }

    /// [`Provisioned::delete`](postern_identity::provisioning::Provisioned::delete).
    pub(super) async fn remove(
        &self,
        _reach: &Reach,
        _kind: ResourceKind,
        _id: ResourceId,
        _exact: Option<&Resource>,
    ) -> Result<Resource, ProvisioningError> {
        Err(ProvisioningError::NotPossible)
    }
}
