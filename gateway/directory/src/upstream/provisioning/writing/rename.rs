//! A change of what names an entry: another RDN first, then the rest, and back where the rest cannot be.

use super::super::Provisioner;
use super::super::mapping::TypeMapping;
use super::encode::{Encoded, spelled};
use super::message::{self, Change};
use super::rdn::{Named, joined};
use super::sending;
use crate::upstream::write::ModificationKind;
use postern_identity::provisioning::{EditFault, EditFaultKind, ProvisioningError};
use postern_ldap::ResultCode;

/// One rename.
#[derive(Debug)]
pub(super) struct Renaming {
    /// The new first RDN.
    pub(super) new_rdn: String,
    /// The new name.
    pub(super) new_dn: String,
    old_rdn: String,
    /// What it is to programs.
    pub(super) named: String,
}

/// The rename that changes need, which are then without what the rename does itself: a value that stands in the RDN goes, so the RDN gets
/// another one of that attribute.
pub(super) fn plan(
    mapping: &TypeMapping,
    dn: &str,
    new: &Encoded<'_>,
    changes: &mut Vec<Change>,
) -> Result<Option<Renaming>, ProvisioningError> {
    let Some(named) = Named::parse(dn) else { return Ok(None) };
    let mut found: Option<Renaming> = None;
    for (kind, value) in &named.parts {
        let is_of = |change: &Change, what| change.kind == what && change.attribute.eq_ignore_ascii_case(kind);
        let goes = changes.iter().any(|change| {
            is_of(change, ModificationKind::Delete) && change.values.iter().any(|gone| is_alike(gone, value))
        });
        if !goes {
            continue;
        }
        let row = mapping.rows.iter().find(|row| row.attribute.eq_ignore_ascii_case(kind));
        let spelled = row.map_or_else(|| (*kind).to_owned(), |row| spelled(&row.place));
        let refuse = |what: &str| {
            let detail = format!("{spelled} names the entry and {what}");
            ProvisioningError::from(EditFault::new(EditFaultKind::InvalidValue, detail))
        };
        let first = new.first(kind).ok_or_else(|| refuse("must have a value"))?.to_vec();
        if found.is_some() {
            // Of an RDN of several values no two change at once.
            return Err(refuse("cannot be changed together with what else names it"));
        }
        let rdn = |value: &[u8]| named.with(kind, value).ok_or_else(|| refuse("must be text"));
        let new_rdn = rdn(&first)?;
        for change in changes.iter_mut() {
            if is_of(change, ModificationKind::Delete) {
                change.values.retain(|gone| !is_alike(gone, value));
            } else if is_of(change, ModificationKind::Add) {
                change.values.retain(|come| *come != first);
            }
        }
        found = Some(Renaming {
            new_dn: joined(&new_rdn, named.parent),
            new_rdn,
            old_rdn: rdn(value)?,
            named: spelled,
        });
    }
    changes.retain(|change| change.kind == ModificationKind::Replace || !change.values.is_empty());
    Ok(found)
}

/// Gives the entry its old name again, and answers why. Where that cannot be done nobody knows what there is.
pub(super) async fn take_back(
    provisioner: &Provisioner,
    renaming: &Renaming,
    fault: ProvisioningError,
) -> ProvisioningError {
    if fault == ProvisioningError::OutcomeUnknown {
        return fault;
    }
    let back = message::rename(&renaming.new_dn, &renaming.old_rdn);
    let done = sending::send(&provisioner.lanes, &renaming.new_dn, &back).await;
    if let Ok(answer) = done
        && answer.code == ResultCode::SUCCESS
    {
        return fault;
    }
    tracing::warn!(target: "postern::directory", directory = %provisioner.upstream().name(),
        "an entry was renamed, what else was to be changed could not be, and the old name could not be given back");
    ProvisioningError::OutcomeUnknown
}

/// As the names of entries are compared.
fn is_alike(one: &[u8], other: &[u8]) -> bool {
    one == other || String::from_utf8_lossy(one).to_lowercase() == String::from_utf8_lossy(other).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::difference::{Names, between};
    use super::super::encode::tests::{mapping, tree};
    use super::*;
    use crate::upstream::dialect::DialectName;
    use postern_identity::provisioning::Value;

    fn planned(dn: &str, before: &str, after: &str) -> (Option<Renaming>, Vec<Change>) {
        let mapping = mapping(DialectName::OpenLdap).users;
        let of = |name: &str| tree(&[("userName", Value::text(name)), ("title", Value::text(name))]);
        let (old, new) = Encoded::both(&mapping, &of(before), &of(after)).unwrap();
        let mut changes = between(&old, &new, &Names::new());
        let renaming = plan(&mapping, dn, &new, &mut changes).unwrap();
        (renaming, changes)
    }

    #[test]
    fn another_value_of_what_names_an_entry_is_a_rename_and_no_modify() {
        let (renaming, changes) = planned("uid=bob,ou=people,dc=x", "bob", "rob,ert");
        let renaming = renaming.unwrap();
        assert_eq!(renaming.new_rdn, "uid=rob\\,ert");
        assert_eq!(renaming.new_dn, "uid=rob\\,ert,ou=people,dc=x");
        assert_eq!(
            (renaming.old_rdn.as_str(), renaming.named.as_str()),
            ("uid=bob", "userName")
        );
        let left: Vec<_> = changes.iter().map(|change| change.attribute.as_str()).collect();
        assert_eq!(left, ["title", "title"]);
    }

    #[test]
    fn an_entry_that_is_named_otherwise_keeps_its_name() {
        let (renaming, changes) = planned("cn=Bob,ou=people,dc=x", "bob", "robert");
        assert!(renaming.is_none());
        assert_eq!(changes.len(), 4);
    }

    #[test]
    fn of_an_rdn_of_two_parts_the_other_stays() {
        let (renaming, _) = planned("cn=Bob+uid=BOB,dc=x", "bob", "robert");
        assert_eq!(renaming.unwrap().new_rdn, "cn=Bob+uid=robert");
    }
}
