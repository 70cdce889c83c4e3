//! Who is in a group: modifies of just those values, however many others there are.
//!
//! Nothing of the group is read, so that two who change it at once change nothing of one another's. That somebody is in it already, or
//! is not, is no error: permissive modify says so to the server where it has that; elsewhere the values it objects to are found by halves.

use super::super::Provisioner;
use super::asking::{is_within, nobody};
use super::create::{Blank, put as put_into};
use super::message::{self, Change};
use super::{outcome, sending};
use crate::upstream::dialect::DialectName;
use crate::upstream::write::ModificationKind;
use postern_identity::provisioning::{
    Key, MembersChange, Provisioned as _, ProvisioningError, Reach, ResourceId, ResourceKind, Value, Wanted,
};
use postern_ldap::control::permissive_modify;
use postern_ldap::{ResultCode, oid};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How many values one modify has at most.
pub(super) const AT_ONCE: usize = 1000;

/// How a modify ended.
pub(super) enum Outcome {
    Done,
    Refused(ResultCode),
}

/// What is done with members.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

pub(super) async fn change(
    provisioner: &Provisioner,
    reach: &Reach,
    group: ResourceId,
    change: &MembersChange,
) -> Result<(), ProvisioningError> {
    let (come, go) = match &change.replace {
        None => (
            change.add.iter().copied().collect(),
            change.remove.iter().copied().collect(),
        ),
        Some(others) => replacing(provisioner, reach, group, change, others).await?,
    };
    let wanted = come.iter().chain(&go).copied();
    let ids: Vec<ResourceId> = wanted.chain([group]).collect();
    match send(provisioner, reach, group, &ids, (&come, &go)).await {
        // What was known of the group may be half a minute old.
        Err((ProvisioningError::NotFound, Some(known))) => {
            provisioner.known.forget(&known, group);
            let again = send(provisioner, reach, group, &ids, (&come, &go)).await;
            again.map_err(|(fault, _)| fault)
        }
        ended => ended.map_err(|(fault, _)| fault),
    }
}

/// Whoever comes comes first, so that at no time fewer are in it than before and after. A fault comes with the name the group was looked for by.
async fn send(
    provisioner: &Provisioner,
    reach: &Reach,
    group: ResourceId,
    ids: &[ResourceId],
    (come, go): (&BTreeSet<ResourceId>, &BTreeSet<ResourceId>),
) -> Result<(), (ProvisioningError, Option<Arc<str>>)> {
    let found = provisioner.by_ids(ids).await.map_err(|fault| (fault, None))?;
    let within = |id: &ResourceId| found.get(id).filter(|named| is_within(reach, &named.dn));
    let named = within(&group).filter(|named| named.kind == ResourceKind::Group);
    let dn = &named.ok_or((ProvisioningError::NotFound, None))?.dn;
    let mut new = Vec::with_capacity(come.len());
    for id in come {
        let named = within(id).ok_or_else(|| (nobody("members"), None))?;
        new.push(named.dn.to_string());
    }
    // Who is gone is in no group, as far as anybody can tell.
    let old = go.iter().filter(|id| !come.contains(*id)).filter_map(within);
    let old: Vec<String> = old.map(|named| named.dn.to_string()).collect();
    let told = |fault| (fault, Some(Arc::clone(dn)));
    for some in new.chunks(AT_ONCE) {
        add(provisioner, dn, some).await.map_err(told)?;
    }
    for some in old.chunks(AT_ONCE) {
        remove(provisioner, dn, some).await.map_err(told)?;
    }
    Ok(())
}

/// Who comes and who goes where the group is to have these and no others: that has to be read.
async fn replacing(
    provisioner: &Provisioner,
    reach: &Reach,
    group: ResourceId,
    change: &MembersChange,
    others: &[ResourceId],
) -> Result<(BTreeSet<ResourceId>, BTreeSet<ResourceId>), ProvisioningError> {
    let wanted = Wanted {
        members: true,
        ..Wanted::nothing()
    };
    let read = provisioner.read(reach, ResourceKind::Group, group, &wanted).await?;
    let listed = read.attributes.get(&Key::core("members")).map_or(&[][..], Value::each);
    let there: BTreeSet<ResourceId> = listed
        .iter()
        .filter_map(|member| match member.sub("value")? {
            Value::Text(id) => provisioner.id(id),
            _ => None,
        })
        .collect();
    let mut wanted: BTreeSet<ResourceId> = others.iter().chain(&change.add).copied().collect();
    for id in &change.remove {
        wanted.remove(id);
    }
    let come = wanted.difference(&there).copied().collect();
    let go = there.difference(&wanted).copied().collect();
    Ok((come, go))
}

/// The members of a new group, or whoever stands for none.
pub(super) fn put(provisioner: &Provisioner, blank: &mut Blank, members: Vec<String>) {
    let Some(mapped) = provisioner.mapping().groups.members.as_ref() else {
        return;
    };
    let is_group = |(name, values): &(String, Vec<Vec<u8>>)| {
        name.eq_ignore_ascii_case("objectClass")
            && values
                .iter()
                .any(|class| class.eq_ignore_ascii_case(provisioner.mapping().groups.class.as_bytes()))
    };
    if !blank.attributes.iter().any(is_group) {
        return;
    }
    let mut values: Vec<Vec<u8>> = members.into_iter().map(String::into_bytes).collect();
    if values.is_empty() {
        values.extend(mapped.placeholder.as_ref().map(|dn| dn.as_bytes().to_vec()));
    }
    put_into(blank, &mapped.attribute, values);
}

/// Adds at most [`AT_ONCE`] members. Whoever stands for none in an empty group goes.
pub(super) async fn add(provisioner: &Provisioner, group: &str, members: &[String]) -> Result<(), ProvisioningError> {
    let Some(mapped) = provisioner.mapping().groups.members.as_ref() else {
        return Err(ProvisioningError::NotPossible);
    };
    let one = |kind, dn: &String| Change::new(kind, &mapped.attribute, vec![dn.as_bytes().to_vec()]);
    // A deletion costs some servers the whole attribute: nobody is taken out of a group in which nobody stood a moment ago.
    let placeholder = mapped.placeholder.as_ref();
    let placeholder = placeholder.filter(|_| !provisioner.settled.contains_key(group));
    let stand_in = placeholder.map(|dn| one(ModificationKind::Delete, dn));
    let ended = if may_be_permissive(provisioner) {
        // What is to be deleted has to be there, though the control says otherwise: so it is put there first, which changes nothing.
        let mut values = octets(members);
        values.extend(placeholder.map(|dn| dn.as_bytes().to_vec()));
        let come = Change::new(ModificationKind::Add, &mapped.attribute, values);
        let changes: Vec<Change> = std::iter::once(come).chain(stand_in.clone()).collect();
        permissive(provisioner, group, &changes).await?
    } else {
        None
    };
    let ended = if let Some(ended) = ended.filter(|ended| !is_objection(provisioner, Way::In, ended)) {
        ended
    } else {
        let ended = by_halves(provisioner, group, &mapped.attribute, members, Way::In).await?;
        if let (Outcome::Done, Some(stand_in)) = (&ended, stand_in) {
            let request = message::modify(group, &[stand_in]);
            match sending::send(&provisioner.lanes, group, &request).await?.code {
                ResultCode::SUCCESS | ResultCode::NO_SUCH_ATTRIBUTE | ResultCode::OBJECT_CLASS_VIOLATION => {}
                code => return Err(outcome::refused(code)),
            }
        }
        ended
    };
    match ended {
        Outcome::Done => {
            if placeholder.is_some() {
                provisioner.settled.insert(group.to_owned(), ());
            }
            Ok(())
        }
        // Of Active Directory's a member that is gone since is not there, as the group may be.
        Outcome::Refused(ResultCode::NO_SUCH_OBJECT) => match provisioner.entry_at(group, &[]).await? {
            Some(_) => Err(super::asking::nobody("members")),
            None => Err(ProvisioningError::NotFound),
        },
        Outcome::Refused(code) => Err(outcome::refused(code)),
    }
}

/// Removes at most [`AT_ONCE`] members. Where the last one goes and the class demands one, somebody stands for none.
async fn remove(provisioner: &Provisioner, group: &str, members: &[String]) -> Result<(), ProvisioningError> {
    let Some(mapped) = provisioner.mapping().groups.members.as_ref() else {
        return Err(ProvisioningError::NotPossible);
    };
    let go = Change::new(ModificationKind::Delete, &mapped.attribute, octets(members));
    let ended = if may_be_permissive(provisioner) {
        permissive_remove(provisioner, group, &mapped.attribute, mapped.placeholder.as_deref(), go).await?
    } else {
        None
    };
    let ended = match ended.filter(|ended| !is_objection(provisioner, Way::Out, ended)) {
        Some(ended) => ended,
        None => by_halves(provisioner, group, &mapped.attribute, members, Way::Out).await?,
    };
    match ended {
        Outcome::Done => Ok(()),
        Outcome::Refused(code) => Err(outcome::refused(code)),
    }
}

/// As [`permissive`]. slapd objects all the same where the last of the values is not there: then all are put there first, which changes nothing.
async fn permissive_remove(
    provisioner: &Provisioner,
    group: &str,
    attribute: &str,
    placeholder: Option<&str>,
    go: Change,
) -> Result<Option<Outcome>, ProvisioningError> {
    let mut changes = vec![go.clone()];
    for _ in 0..2 {
        match permissive(provisioner, group, &changes).await? {
            Some(Outcome::Refused(ResultCode::NO_SUCH_ATTRIBUTE)) if go.values.len() == 1 => {
                return Ok(Some(Outcome::Done));
            }
            Some(Outcome::Refused(ResultCode::NO_SUCH_ATTRIBUTE)) if changes.len() == 1 => {
                changes.insert(0, Change::new(ModificationKind::Add, attribute, go.values.clone()));
            }
            Some(Outcome::Refused(ResultCode::OBJECT_CLASS_VIOLATION)) if placeholder.is_some() => {
                provisioner.settled.invalidate(group);
                let stand_in = nobody_in(placeholder, attribute);
                changes = stand_in.into_iter().chain(changes).collect();
            }
            ended => return Ok(ended),
        }
    }
    permissive(provisioner, group, &changes).await
}

/// Takes one name out of a group that must have a member.
pub(super) async fn leave(
    provisioner: &Provisioner,
    group: &str,
    attribute: &str,
    member: &str,
) -> Result<Outcome, ProvisioningError> {
    by_halves(provisioner, group, attribute, &[member.to_owned()], Way::Out).await
}

fn nobody_in(placeholder: Option<&str>, attribute: &str) -> Vec<Change> {
    let one = |dn: &str| Change::new(ModificationKind::Add, attribute, vec![dn.as_bytes().to_vec()]);
    placeholder.map(one).into_iter().collect()
}

/// One modify that takes what is so already for done. `None`: the server knows no such thing.
async fn permissive(
    provisioner: &Provisioner,
    group: &str,
    changes: &[Change],
) -> Result<Option<Outcome>, ProvisioningError> {
    let request = message::modify(group, changes).with_control(permissive_modify::control(true));
    match sending::send(&provisioner.lanes, group, &request).await?.code {
        ResultCode::SUCCESS => Ok(Some(Outcome::Done)),
        ResultCode::UNAVAILABLE_CRITICAL_EXTENSION => {
            provisioner.not_permissive.store(true, Ordering::Relaxed);
            Ok(None)
        }
        code => Ok(Some(Outcome::Refused(code))),
    }
}

/// slapd has it and does not list it; of the others it is believed what they list.
fn may_be_permissive(provisioner: &Provisioner) -> bool {
    if provisioner.not_permissive.load(Ordering::Relaxed) {
        return false;
    }
    let capabilities = provisioner.upstream().capabilities();
    let mut listed = capabilities.controls.iter();
    provisioner.product() == DialectName::OpenLdap || listed.any(|control| control.as_bytes() == oid::PERMISSIVE_MODIFY)
}

/// One modify; what the server objects to because it is so already is found by halves. A single value that is so already is done.
async fn by_halves(
    provisioner: &Provisioner,
    group: &str,
    attribute: &str,
    members: &[String],
    way: Way,
) -> Result<Outcome, ProvisioningError> {
    let mut left: Vec<&[String]> = vec![members];
    while let Some(some) = left.pop() {
        let (kind, so_already) = match way {
            Way::In => (ModificationKind::Add, ResultCode::ATTRIBUTE_OR_VALUE_EXISTS),
            Way::Out => (ModificationKind::Delete, ResultCode::NO_SUCH_ATTRIBUTE),
        };
        let these = Change::new(kind, attribute, octets(some));
        let mut code = sending::send(
            &provisioner.lanes,
            group,
            &message::modify(group, std::slice::from_ref(&these)),
        )
        .await?
        .code;
        if code == ResultCode::OBJECT_CLASS_VIOLATION && way == Way::Out {
            let placeholder = provisioner.mapping().groups.members.as_ref();
            let placeholder = placeholder.and_then(|members| members.placeholder.as_deref());
            provisioner.settled.invalidate(group);
            let changes: Vec<Change> = nobody_in(placeholder, attribute).into_iter().chain([these]).collect();
            code = sending::send(&provisioner.lanes, group, &message::modify(group, &changes))
                .await?
                .code;
        }
        match code {
            ResultCode::SUCCESS => {}
            code if code == so_already || is_so_already(provisioner, way, code) => {
                if some.len() > 1 {
                    let (first, second) = some.split_at(some.len() / 2);
                    left.extend([second, first]);
                }
            }
            code => return Ok(Outcome::Refused(code)),
        }
    }
    Ok(Outcome::Done)
}

/// Samba takes the control, and objects to members that are in already or are not all the same.
fn is_objection(provisioner: &Provisioner, way: Way, ended: &Outcome) -> bool {
    matches!(ended, Outcome::Refused(code) if is_so_already(provisioner, way, *code))
}

/// Active Directory has codes of its own for it.
fn is_so_already(provisioner: &Provisioner, way: Way, code: ResultCode) -> bool {
    provisioner.product() == DialectName::ActiveDirectory
        && match way {
            Way::In => code == ResultCode::ENTRY_ALREADY_EXISTS,
            Way::Out => code == ResultCode::UNWILLING_TO_PERFORM,
        }
}

fn octets(members: &[String]) -> Vec<Vec<u8>> {
    members.iter().map(|dn| dn.as_bytes().to_vec()).collect()
}
