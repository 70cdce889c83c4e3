//! Making an entry that was read hold something else: a rename where what names it changes, and one modify of what differs.

use super::super::Provisioner;
use super::super::lanes::Shown;
use super::super::mapping::TypeMapping;
use super::adjust::adjusted;
use super::difference::{self, Names};
use super::encode::Encoded;
use super::message::Change;
use super::rename::{self, Renaming};
use super::{message, outcome, premise, references, sending, unique};
use postern_identity::provisioning::{Attributes, Provisioned as _, ProvisioningError, Reach, Resource, Wanted};
use postern_ldap::ResultCode;

pub(super) async fn write(
    provisioner: &Provisioner,
    before: &Resource,
    after: &Attributes,
    exact: bool,
) -> Result<Resource, ProvisioningError> {
    let mapping = provisioner.mapping().of(before.kind);
    let (old, new) = Encoded::both(mapping, &before.attributes, after)?;
    unique::check(provisioner, mapping, &new, Some(&old), Some(before.id)).await?;
    let names = names(provisioner, &old, &new).await?;
    let mut changes = difference::between(&old, &new, &names);
    let asked = premise::Asked::of(provisioner, before, exact);
    if exact && !asked.holds_at_the_server || changes.is_empty() {
        let now = read(provisioner, before).await?;
        if exact && now.version != before.version {
            return Err(ProvisioningError::Changed);
        }
        if changes.is_empty() {
            return Ok(now);
        }
    }
    let renaming = rename::plan(mapping, &before.dn, &new, &mut changes)?;
    let made = match &renaming {
        None => modify(provisioner, mapping, before, &before.dn, &changes, &asked).await?,
        Some(renaming) => {
            renamed(provisioner, mapping, before, renaming, &asked).await?;
            provisioner.known.forget(&before.dn, before.id);
            // Its change number is another by now.
            let only_the_entry = asked.of_the_entry_alone();
            let done = modify(
                provisioner,
                mapping,
                before,
                &renaming.new_dn,
                &changes,
                &only_the_entry,
            )
            .await;
            match done {
                Err(fault) => return Err(rename::take_back(provisioner, renaming, fault).await),
                Ok(_) => references::follow(provisioner, &before.dn, Some(&renaming.new_dn)).await,
            }
            None
        }
    };
    match premise::resource_after(provisioner, made, before.kind, &Wanted::default_shown()).await {
        Some(resource) => Ok(resource),
        None => read(provisioner, before).await,
    }
}

async fn read(provisioner: &Provisioner, resource: &Resource) -> Result<Resource, ProvisioningError> {
    let wanted = Wanted::default_shown();
    provisioner
        .read(&Reach::default(), resource.kind, resource.id, &wanted)
        .await
}

/// The DNs of whom the entry comes to name, who must be there, and of whom it named, who may be gone.
async fn names(provisioner: &Provisioner, old: &Encoded<'_>, new: &Encoded<'_>) -> Result<Names, ProvisioningError> {
    let come = new.users().filter(|id| !old.users().any(|other| other == *id));
    let mut names = provisioner.names(&Reach::default(), come).await?;
    for gone in old.users().filter(|id| !new.users().any(|other| other == *id)) {
        if let Ok(found) = provisioner.names(&Reach::default(), std::iter::once(gone)).await {
            names.extend(found);
        }
    }
    Ok(names)
}

async fn renamed(
    provisioner: &Provisioner,
    mapping: &TypeMapping,
    before: &Resource,
    renaming: &Renaming,
    asked: &premise::Asked,
) -> Result<(), ProvisioningError> {
    let request = asked.put_on(message::rename(&before.dn, &renaming.new_rdn));
    match sending::send(&provisioner.lanes, &before.dn, &request).await?.code {
        ResultCode::SUCCESS => Ok(()),
        ResultCode::ENTRY_ALREADY_EXISTS => Err(ProvisioningError::Taken {
            attribute: renaming.named.clone().into(),
        }),
        code => Err(why(provisioner, mapping, before, asked, code).await),
    }
}

async fn modify(
    provisioner: &Provisioner,
    mapping: &TypeMapping,
    before: &Resource,
    dn: &str,
    changes: &[Change],
    asked: &premise::Asked,
) -> Result<Option<Shown>, ProvisioningError> {
    if changes.is_empty() {
        return Ok(None);
    }
    let wanted = Wanted::default_shown();
    let told = provisioner.asked(mapping.kind, &wanted);
    let request = |changes| {
        let request = asked.put_on(message::modify(dn, changes));
        premise::with_entry_after(provisioner, request, &told)
    };
    let answer = sending::send(&provisioner.lanes, dn, &request(changes)).await?;
    let code = match answer.code {
        ResultCode::SUCCESS => return Ok(answer.after),
        code => code,
    };
    // The entry may hold what is meant under another spelling, or lack a class for it; or somebody else has changed it.
    let fault = why(provisioner, mapping, before, asked, code).await;
    let may_fit = matches!(
        code,
        ResultCode::NO_SUCH_ATTRIBUTE | ResultCode::ATTRIBUTE_OR_VALUE_EXISTS | ResultCode::OBJECT_CLASS_VIOLATION
    );
    if !may_fit || fault != outcome::refused(code) {
        return Err(fault);
    }
    let Some(changes) = adjusted(provisioner, mapping, dn, changes).await? else {
        return Err(fault);
    };
    if changes.is_empty() {
        return Ok(None);
    }
    let answer = sending::send(&provisioner.lanes, dn, &request(&changes)).await?;
    match answer.code {
        ResultCode::SUCCESS => Ok(answer.after),
        code => Err(why(provisioner, mapping, before, asked, code).await),
    }
}

/// What a refusal means of an entry that others may have changed, moved or removed meanwhile.
async fn why(
    provisioner: &Provisioner,
    mapping: &TypeMapping,
    before: &Resource,
    asked: &premise::Asked,
    code: ResultCode,
) -> ProvisioningError {
    let others_may_have = matches!(
        code,
        ResultCode::NO_SUCH_ATTRIBUTE
            | ResultCode::ATTRIBUTE_OR_VALUE_EXISTS
            | ResultCode::CONSTRAINT_VIOLATION
            // 389 Directory Server's word for a second value where there may be one.
            | ResultCode::OBJECT_CLASS_VIOLATION
            | ResultCode::NO_SUCH_OBJECT
            | ResultCode::ASSERTION_FAILED
            | ResultCode::NOT_ALLOWED_ON_RDN
    );
    if !others_may_have {
        return outcome::refused(code);
    }
    let changed = if asked.exact {
        ProvisioningError::Changed
    } else {
        ProvisioningError::Contended
    };
    match provisioner
        .read(&Reach::default(), mapping.kind, before.id, &Wanted::nothing())
        .await
    {
        Err(fault) => fault,
        // Another entry has its name, or it has another name by now.
        Ok(_) if matches!(code, ResultCode::NO_SUCH_OBJECT | ResultCode::ASSERTION_FAILED) => changed,
        Ok(now) if now.version != before.version && !asked.renamed => changed,
        Ok(_) => outcome::refused(code),
    }
}
