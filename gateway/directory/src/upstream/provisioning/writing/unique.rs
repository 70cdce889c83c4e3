//! Whether another resource has a value already of which there may be one: asked before it is written, for directories know of names alone.

use super::super::Provisioner;
use super::super::mapping::{Place, Row, TypeMapping};
use super::encode::{Encoded, Worth, spelled};
use postern_identity::provisioning::{ProvisioningError, ResourceId, ResourceKind};
use postern_ldap::filter;

/// Refuses what another than `own` has.
pub(super) async fn check(
    provisioner: &Provisioner,
    mapping: &TypeMapping,
    new: &Encoded<'_>,
    old: Option<&Encoded<'_>>,
    own: Option<ResourceId>,
) -> Result<(), ProvisioningError> {
    let mut claims: Vec<(&Row, &[u8])> = Vec::new();
    for (row, values) in &new.rows {
        let Some(Worth::Octets(value)) = values.first() else {
            continue;
        };
        let is_new = old.is_none_or(|old| old.first(&row.attribute) != Some(value));
        if is_new && is_unique(mapping.kind, row) {
            claims.push((row, value));
        }
    }
    if claims.is_empty() {
        return Ok(());
    }
    let equal = claims
        .iter()
        .map(|(row, value)| filter::equality(row.attribute.as_bytes(), value));
    let wanted = filter::all(&[
        filter::equality(b"objectClass", mapping.class.as_bytes()),
        filter::any(&equal.collect::<Vec<_>>()),
    ]);
    let attributes: Vec<&str> = claims.iter().map(|(row, _)| row.attribute.as_str()).collect();
    // Of one's own, and one more: who it is is told by what it holds.
    for (id, entry) in provisioner.some(&mapping.base, &wanted, &attributes, 8).await? {
        if own.is_some() && id == own {
            continue;
        }
        for (row, value) in &claims {
            let is_it = |held: &[u8]| held == *value || (!is_external_id(row) && is_alike(held, value));
            if entry.values(row.base_type()).any(is_it) {
                return Err(taken(row));
            }
        }
        // What the directory alone takes for the same, it will not take twice.
        if let [(row, _)] = claims.as_slice()
            && !is_external_id(row)
        {
            return Err(taken(row));
        }
    }
    Ok(())
}

/// RFC 7643 §4.1.1 for names; what a program calls its own (§3.1) would be found twice otherwise.
fn is_unique(kind: ResourceKind, row: &Row) -> bool {
    let name = match kind {
        ResourceKind::User => "userName",
        ResourceKind::Group => "displayName",
    };
    matches!(&row.place, Place::Simple(key) if key.extension.is_none() && (*key.name == *name || *key.name == *"externalId"))
}

fn taken(row: &Row) -> ProvisioningError {
    ProvisioningError::Taken {
        attribute: spelled(&row.place).into(),
    }
}

fn is_external_id(row: &Row) -> bool {
    matches!(&row.place, Place::Simple(key) if *key.name == *"externalId")
}

fn is_alike(one: &[u8], other: &[u8]) -> bool {
    let folded = |octets: &[u8]| {
        let text = String::from_utf8_lossy(octets).to_lowercase();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    folded(one) == folded(other)
}
