//! Removing an entry.

use super::super::Provisioner;
use super::{message, outcome, premise, references, sending};
use postern_identity::provisioning::{
    Provisioned as _, ProvisioningError, Reach, Resource, ResourceId, ResourceKind, Wanted,
};
use postern_ldap::ResultCode;

pub(super) async fn delete(
    provisioner: &Provisioner,
    reach: &Reach,
    kind: ResourceKind,
    id: ResourceId,
    exact: Option<&Resource>,
) -> Result<Resource, ProvisioningError> {
    let wanted = Wanted::default_shown();
    let now = provisioner.read(reach, kind, id, &wanted).await?;
    if exact.is_some_and(|known| known.version != now.version) {
        return Err(ProvisioningError::Changed);
    }
    let asked = premise::Asked::of(provisioner, &now, exact.is_some());
    let request = asked.put_on(message::delete(&now.dn));
    match sending::send(&provisioner.lanes, &now.dn, &request).await?.code {
        ResultCode::SUCCESS => provisioner.known.forget(&now.dn, id),
        ResultCode::ASSERTION_FAILED if exact.is_some() => return Err(ProvisioningError::Changed),
        // Another entry has its name, and it has another.
        ResultCode::ASSERTION_FAILED => return Err(ProvisioningError::Contended),
        code => return Err(outcome::refused(code)),
    }
    references::follow(provisioner, &now.dn, None).await;
    Ok(now)
}
