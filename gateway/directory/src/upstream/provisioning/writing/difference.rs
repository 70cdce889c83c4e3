//! What has to be sent for an entry to hold other values: values deleted and values added, so that what is not mapped, and what somebody
//! else adds meanwhile, stays. Values are put in the place of others only where the directory cannot compare them.

use super::encode::{Encoded, Worth};
use super::message::Change;
use crate::upstream::provisioning::mapping::{Codec, Equality, Row};
use crate::upstream::write::ModificationKind;
use std::collections::BTreeMap;

/// The DNs of users by their ids, as they are spelled.
pub(super) type Names = BTreeMap<String, String>;

/// Attributes of the standards that have no rule for equality, so that no single value of them can be deleted.
const INCOMPARABLE: [&str; 6] = [
    "facsimileTelephoneNumber",
    "jpegPhoto",
    "photo",
    "audio",
    "thumbnailPhoto",
    "personalSignature",
];

/// The changes that lead from the one to the other, both of one mapping. Users whose DN is not among `names` are left out.
pub(super) fn between(before: &Encoded<'_>, after: &Encoded<'_>, names: &Names) -> Vec<Change> {
    let mut changes = Vec::new();
    for ((row, old), (_, new)) in before.rows.iter().zip(&after.rows) {
        let gone: Vec<Vec<u8>> = missing_in(old, new).filter_map(|value| octets(value, names)).collect();
        let come: Vec<Vec<u8>> = missing_in(new, old).filter_map(|value| octets(value, names)).collect();
        if gone.is_empty() && come.is_empty() {
            continue;
        }
        if !is_comparable(row) {
            let all = new.iter().filter_map(|value| octets(value, names)).collect();
            changes.push(Change::new(ModificationKind::Replace, &row.attribute, all));
            continue;
        }
        if !gone.is_empty() {
            changes.push(Change::new(ModificationKind::Delete, &row.attribute, gone));
        }
        if !come.is_empty() {
            changes.push(Change::new(ModificationKind::Add, &row.attribute, come));
        }
    }
    changes
}

/// A value as it is sent.
pub(super) fn octets(value: &Worth, names: &Names) -> Option<Vec<u8>> {
    match value {
        Worth::Octets(octets) => Some(octets.clone()),
        Worth::User(id) => names.get(id).map(|dn| dn.as_bytes().to_vec()),
    }
}

fn missing_in<'v>(values: &'v [Worth], others: &'v [Worth]) -> impl Iterator<Item = &'v Worth> {
    values.iter().filter(|value| !others.contains(value))
}

/// By the directory's own schema where that was read, or else by the standards'.
fn is_comparable(row: &Row) -> bool {
    let is_text = matches!(row.codec, Codec::Text | Codec::Country);
    !(is_text && row.matching.equality == Equality::None)
        && row.codec != Codec::Photo
        && !INCOMPARABLE
            .iter()
            .any(|name| name.eq_ignore_ascii_case(row.base_type()))
}

#[cfg(test)]
mod tests;
