//! Making an entry: in as many steps as the product needs, and none of it is left where one of them fails.

mod of_active_directory;
mod password;

use super::super::lanes::Shown;
use super::super::mapping::TypeMapping;
use super::super::{Provisioner, ids};
use super::encode::Encoded;
use super::{difference, members, message, outcome, premise, rdn, sending, unique};
use crate::upstream::dialect::DialectName;
use crate::upstream::write::WriteRequest;
use postern_identity::provisioning::{
    Draft, Provisioned as _, ProvisioningError, Reach, Resource, ResourceId, ResourceKind, Wanted,
};
use postern_identity::{DistinguishedName, StandingChange};
use postern_ldap::ResultCode;

/// How many other names are tried where the one an entry would have is another's.
const OTHER_NAMES: u32 = 4;

/// An entry that is to be made.
pub(super) struct Blank {
    /// Its name.
    pub(super) dn: String,
    /// What it holds.
    pub(super) attributes: Vec<(String, Vec<Vec<u8>>)>,
}

pub(super) async fn create(
    provisioner: &Provisioner,
    reach: &Reach,
    draft: &Draft,
) -> Result<Resource, ProvisioningError> {
    let mapping = provisioner.mapping().of(draft.kind);
    let encoded = Encoded::of(mapping, &draft.attributes)?;
    if let Some(password) = &draft.password {
        password::check(provisioner, password)?;
    }
    let container = container(mapping, reach)?;
    unique::check(provisioner, mapping, &encoded, None, None).await?;
    let names = provisioner.names(reach, encoded.users()).await?;
    let members = provisioner.dns(reach, &draft.members, "members").await?;
    let mut blank = blank(provisioner, mapping, &encoded, &container);
    for (row, values) in &encoded.rows {
        let values: Vec<Vec<u8>> = values
            .iter()
            .filter_map(|value| difference::octets(value, &names))
            .collect();
        put(&mut blank, &row.attribute, values);
    }
    let mut members = members.into_values().collect::<Vec<_>>();
    let more = members.split_off(members.len().min(members::AT_ONCE));
    members::put(provisioner, &mut blank, members);
    let (id, made) = add(provisioner, mapping, &encoded, &mut blank).await?;
    match finish(provisioner, draft, &blank.dn, more).await {
        // It is as it was added, and in no group yet.
        Ok(Steps::None) if made.is_some() => {
            let wanted = Wanted {
                groups: false,
                ..shown()
            };
            match premise::resource_after(provisioner, made, draft.kind, &wanted).await {
                Some(resource) => Ok(resource),
                None => provisioner.read(reach, draft.kind, id, &shown()).await,
            }
        }
        Ok(_) => provisioner.read(reach, draft.kind, id, &shown()).await,
        // What became of the last step is not known, and the entry is of no use in either case.
        Err(fault) => Err(take_back(provisioner, &blank.dn, fault).await),
    }
}

/// Whether anything was done after the entry was there.
enum Steps {
    None,
    Some,
}

/// What is answered: everything that is shown by default.
pub(super) fn shown() -> Wanted {
    Wanted {
        members: true,
        ..Wanted::everything()
    }
}

/// An entry with its name, its classes and what it must hold besides the mapping's rows.
pub(super) fn blank(provisioner: &Provisioner, mapping: &TypeMapping, encoded: &Encoded<'_>, container: &str) -> Blank {
    let named = encoded.text(&mapping.rdn).unwrap_or_default();
    let classes = mapping.object_classes.iter().map(|class| class.as_bytes().to_vec());
    let mut blank = Blank {
        dn: rdn::below(&mapping.rdn, named, container),
        attributes: vec![("objectClass".to_owned(), classes.collect())],
    };
    for (attribute, value) in &encoded.besides {
        put(&mut blank, attribute, vec![value.clone()]);
    }
    if provisioner.product() == DialectName::ActiveDirectory {
        of_active_directory::complete(mapping, encoded, &mut blank);
    }
    blank
}

/// Where new entries go: the mapping's own place, or the caller's where that lies elsewhere.
pub(super) fn container(mapping: &TypeMapping, reach: &Reach) -> Result<String, ProvisioningError> {
    let Some(base) = &reach.base else {
        return Ok(mapping.container.clone());
    };
    let own = DistinguishedName::parse(mapping.container.as_bytes()).map_err(|_| ProvisioningError::NotAllowed)?;
    if own.is_within(base) {
        Ok(mapping.container.clone())
    } else if base.is_within(&mapping.below) {
        Ok(base.to_string())
    } else {
        Err(ProvisioningError::NotAllowed)
    }
}

/// Values of an attribute, beside those that are there.
pub(super) fn put(blank: &mut Blank, attribute: &str, values: Vec<Vec<u8>>) {
    if values.is_empty() {
        return;
    }
    match blank
        .attributes
        .iter_mut()
        .find(|(name, _)| name.eq_ignore_ascii_case(attribute))
    {
        Some((_, there)) => {
            let new: Vec<_> = values.into_iter().filter(|value| !there.contains(value)).collect();
            there.extend(new);
        }
        None => blank.attributes.push((attribute.to_owned(), values)),
    }
}

/// Adds the entry, under another name if its own is another's and names nobody.
async fn add(
    provisioner: &Provisioner,
    mapping: &TypeMapping,
    encoded: &Encoded<'_>,
    blank: &mut Blank,
) -> Result<(ResourceId, Option<Shown>), ProvisioningError> {
    let wanted = shown();
    for attempt in 1..=OTHER_NAMES {
        let request = message::add(&blank.dn, &blank.attributes);
        let request = premise::with_entry_after(provisioner, request, &provisioner.asked(mapping.kind, &wanted));
        let answer = sending::send(&provisioner.lanes, &blank.dn, &request).await?;
        match answer.code {
            ResultCode::SUCCESS => {
                let told = answer.after.as_ref();
                let told =
                    told.and_then(|shown| ids::of_entry(provisioner.product(), provisioner.dialect(), &shown.entry));
                return match told {
                    Some(id) => Ok((id, answer.after)),
                    None => Ok((read_id(provisioner, &blank.dn).await?, None)),
                };
            }
            ResultCode::ENTRY_ALREADY_EXISTS => {
                let is_name = provisioner.entry_at(&blank.dn, &[]).await?.is_some();
                if !another_name(provisioner, mapping, encoded, blank, is_name, attempt) {
                    return Err(taken(mapping.kind));
                }
            }
            // A plug-in that keeps values unique, or a rule about the value itself: whoever came first says which.
            ResultCode::CONSTRAINT_VIOLATION => {
                unique::check(provisioner, mapping, encoded, None, None).await?;
                return Err(outcome::refused(answer.code));
            }
            // Where the container is not there, nothing is wrong with the request.
            ResultCode::NO_SUCH_OBJECT => return Err(ProvisioningError::Refused { code: answer.code.0 }),
            code => return Err(outcome::refused(code)),
        }
    }
    Err(taken(mapping.kind))
}

/// Changes what was another's, if that is no name of the mapping's. `is_name`: it was the entry's DN.
fn another_name(
    provisioner: &Provisioner,
    mapping: &TypeMapping,
    encoded: &Encoded<'_>,
    blank: &mut Blank,
    is_name: bool,
    attempt: u32,
) -> bool {
    if is_name {
        let own = mapping.naming_row().is_some() || mapping.kind == ResourceKind::Group;
        let named = encoded.text(&mapping.rdn);
        let user = mapping.simple("userName").and_then(|row| encoded.text(&row.attribute));
        let (false, Some(named), Some(user)) = (own, named, user) else {
            return false;
        };
        let parent = rdn::Named::parse(&blank.dn).map(|named| named.parent.to_owned());
        let other = match attempt {
            1 if named != user => format!("{named} ({user})"),
            _ => format!("{named} ({user}) {attempt}"),
        };
        blank.dn = rdn::below(&mapping.rdn, &other, &parent.unwrap_or_default());
        for (attribute, values) in &mut blank.attributes {
            if attribute.eq_ignore_ascii_case(&mapping.rdn) {
                *values = vec![other.clone().into_bytes()];
            }
        }
        return true;
    }
    provisioner.product() == DialectName::ActiveDirectory
        && of_active_directory::another_account_name(mapping, blank, attempt)
}

fn taken(kind: ResourceKind) -> ProvisioningError {
    let attribute = match kind {
        ResourceKind::User => "userName",
        ResourceKind::Group => "displayName",
    };
    ProvisioningError::Taken {
        attribute: attribute.into(),
    }
}

async fn read_id(provisioner: &Provisioner, dn: &str) -> Result<ResourceId, ProvisioningError> {
    let found = provisioner.entry_at(dn, &[]).await?;
    found.and_then(|(id, _)| id).ok_or(ProvisioningError::NotAllowed)
}

/// Everything after the entry is there.
async fn finish(
    provisioner: &Provisioner,
    draft: &Draft,
    dn: &str,
    members: Vec<String>,
) -> Result<Steps, ProvisioningError> {
    for some in members.chunks(members::AT_ONCE) {
        members::add(provisioner, dn, some).await?;
    }
    if draft.kind == ResourceKind::Group {
        return Ok(if members.is_empty() { Steps::None } else { Steps::Some });
    }
    let begins_off = provisioner.product() == DialectName::ActiveDirectory;
    let made_up = (begins_off && draft.active && draft.password.is_none()).then(password::nobodys);
    let made_up = made_up.transpose()?;
    let password = draft.password.as_ref().or(made_up.as_ref());
    if let Some(password) = password {
        password::write(provisioner, dn, password).await?;
    }
    let must_change = draft.must_change.map(|must| {
        if must {
            StandingChange::ForceChange
        } else {
            StandingChange::WithdrawForceChange
        }
    });
    let switch = match (draft.active, begins_off) {
        (true, true) => Some(StandingChange::Enable),
        (false, false) => Some(StandingChange::Disable),
        _ => None,
    };
    let changes: Vec<StandingChange> = must_change.into_iter().chain(switch).collect();
    for change in &changes {
        stand(provisioner, dn, *change).await?;
    }
    let nothing = password.is_none() && changes.is_empty();
    Ok(if nothing { Steps::None } else { Steps::Some })
}

/// Changes how the new account stands.
async fn stand(provisioner: &Provisioner, dn: &str, change: StandingChange) -> Result<(), ProvisioningError> {
    let dialect = provisioner.dialect();
    let read = provisioner.entry_at(dn, dialect.standing_attributes()).await?;
    let (_, entry) = read.ok_or(ProvisioningError::NotFound)?;
    let changes = dialect.change_standing(change, &entry, provisioner.upstream().now());
    let changes = changes.ok_or(ProvisioningError::NotPossible)?;
    if changes.is_empty() {
        return Ok(());
    }
    let request = WriteRequest::modify(dn, &changes);
    match sending::send(&provisioner.lanes, dn, &request).await?.code {
        ResultCode::SUCCESS => Ok(()),
        code => Err(outcome::refused(code)),
    }
}

/// Removes what was begun, and answers why. Where it cannot be removed nobody knows what there is.
async fn take_back(provisioner: &Provisioner, dn: &str, fault: ProvisioningError) -> ProvisioningError {
    let removed = sending::send(&provisioner.lanes, dn, &message::delete(dn)).await;
    let is_gone = removed.is_ok_and(|answer| matches!(answer.code, ResultCode::SUCCESS | ResultCode::NO_SUCH_OBJECT));
    if !is_gone {
        tracing::warn!(target: "postern::directory", directory = %provisioner.upstream().name(),
            "an entry could not be made whole, and could not be removed again either");
        return ProvisioningError::OutcomeUnknown;
    }
    match fault {
        // It is gone, whatever had become of it.
        ProvisioningError::OutcomeUnknown => ProvisioningError::Unavailable,
        fault => fault,
    }
}
