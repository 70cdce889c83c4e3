//! Names in other entries follow the entry they name, where the product does not see to that itself. What was asked for is done by then: what
//! cannot be repaired is told to the administrator, and not to the program.

use super::super::Provisioner;
use super::super::lanes::refused;
use super::super::mapping::Codec;
use super::members::{self, Outcome};
use super::message::{self, Change};
use super::sending;
use crate::upstream::dialect::DialectName;
use crate::upstream::entry::Entry;
use crate::upstream::service::request::{Filter, Scope, Search};
use crate::upstream::write::ModificationKind;
use postern_identity::provisioning::ProvisioningError;
use postern_ldap::{ResultCode, filter};
use std::collections::BTreeSet;

/// The most entries that are repaired for one.
const MOST: usize = 10_000;

/// What named `old` names `new`, or nobody any more.
pub(super) async fn follow(provisioner: &Provisioner, old: &str, new: Option<&str>) {
    if sees_to_it_itself(provisioner.product()) {
        return;
    }
    let mut attributes: Vec<&str> = vec!["member", "uniqueMember"];
    let mapping = provisioner.mapping();
    let rows = mapping.users.rows.iter().chain(&mapping.groups.rows);
    let references = rows
        .filter(|row| row.codec == Codec::User)
        .map(|row| row.attribute.as_str());
    let members = mapping.groups.members.iter().map(|members| members.attribute.as_str());
    for attribute in references.chain(members) {
        if !attributes.iter().any(|known| known.eq_ignore_ascii_case(attribute)) {
            attributes.push(attribute);
        }
    }
    // Mostly nobody is left who names it: then one search says so.
    match naming(provisioner, &attributes, old).await {
        Ok(entries) if entries.is_empty() => return,
        _ => {}
    }
    let mut lost = 0;
    for attribute in attributes {
        match naming(provisioner, &[attribute], old).await {
            Ok(entries) => {
                for dn in entries {
                    if repair(provisioner, &dn, attribute, old, new).await.is_err() {
                        lost += 1;
                    }
                }
            }
            // An attribute that the directory does not know names nobody.
            Err(ProvisioningError::Refused { .. }) => {}
            Err(_) => lost += 1,
        }
    }
    if lost > 0 {
        tracing::warn!(target: "postern::directory", directory = %provisioner.upstream().name(), lost,
            "an entry was renamed or removed, and not everything that names it could be repaired");
    }
}

/// Active Directory and FreeIPA keep references true, and so does our own directory.
fn sees_to_it_itself(product: DialectName) -> bool {
    match product {
        DialectName::ActiveDirectory | DialectName::FreeIpa | DialectName::Embedded => true,
        DialectName::OpenLdap | DialectName::Ds389 => false,
    }
}

/// The entries that name it by one of these attributes.
async fn naming(
    provisioner: &Provisioner,
    attributes: &[&str],
    dn: &str,
) -> Result<BTreeSet<String>, ProvisioningError> {
    let mapping = provisioner.mapping();
    let mut bases = vec![mapping.users.base.as_str()];
    if !mapping.groups.below.is_within(&mapping.users.below) {
        bases.push(&mapping.groups.base);
    }
    let named = attributes
        .iter()
        .map(|attribute| filter::equality(attribute.as_bytes(), dn.as_bytes()));
    let wanted = filter::any(&named.collect::<Vec<_>>());
    let mut found = BTreeSet::new();
    for base in bases {
        let search = Search {
            base,
            scope: Scope::Subtree,
            filter: Filter::Made(&wanted),
            attributes: &["1.1"], // names alone (RFC 4511 §4.5.1.8)
            size_limit: 0,
            time_limit: provisioner.time_limit(),
        };
        let code = provisioner
            .lanes
            .scan(&search, (provisioner.settings.page_size, MOST), &mut |message| {
                let entry = Entry::read(message)?;
                found.insert(entry.dn().to_owned());
                Ok(())
            })
            .await?;
        if !matches!(code, ResultCode::SUCCESS | ResultCode::NO_SUCH_OBJECT) {
            return Err(refused(code));
        }
    }
    Ok(found)
}

/// One modify that takes the old name away and adds the new one. What a plug-in of the directory's has done already is no error.
async fn repair(
    provisioner: &Provisioner,
    dn: &str,
    attribute: &str,
    old: &str,
    new: Option<&str>,
) -> Result<(), ProvisioningError> {
    let one = |kind, name: &str| Change::new(kind, attribute, vec![name.as_bytes().to_vec()]);
    let gone = one(ModificationKind::Delete, old);
    let mut changes = vec![gone.clone()];
    changes.extend(new.map(|new| one(ModificationKind::Add, new)));
    match sending::send(&provisioner.lanes, dn, &message::modify(dn, &changes))
        .await?
        .code
    {
        ResultCode::SUCCESS | ResultCode::NO_SUCH_ATTRIBUTE | ResultCode::NO_SUCH_OBJECT => Ok(()),
        // The new name is there: only the old one has to go.
        ResultCode::ATTRIBUTE_OR_VALUE_EXISTS => {
            let code = sending::send(&provisioner.lanes, dn, &message::modify(dn, &[gone]))
                .await?
                .code;
            match code {
                ResultCode::SUCCESS | ResultCode::NO_SUCH_ATTRIBUTE => Ok(()),
                code => Err(super::outcome::refused(code)),
            }
        }
        // It was the last one of a group that must have one.
        ResultCode::OBJECT_CLASS_VIOLATION => match members::leave(provisioner, dn, attribute, old).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused(code) => Err(super::outcome::refused(code)),
        },
        code => Err(super::outcome::refused(code)),
    }
}
