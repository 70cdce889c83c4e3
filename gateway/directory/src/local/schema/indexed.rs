//! What entries are found by without reading all of them.

use super::Schema;
use crate::local::entry::Entry;
use postern_identity::records::Indexed;
use std::sync::Arc;

/// The keys of the standard types that are indexed; of those a file defines, all that can be compared are.
pub(super) const STANDARD: &[&str] = &[
    "cn",
    "createtimestamp",
    "dc",
    "departmentnumber",
    "displayname",
    "employeenumber",
    "entrycsn",
    "entryuuid",
    "gidnumber",
    "givenname",
    "mail",
    "manager",
    "member",
    "memberuid",
    "modifytimestamp",
    "o",
    "objectclass",
    "ou",
    "owner",
    "posternscimexternalid",
    "pwdaccountlockedtime",
    "pwdpolicysubentry",
    "roleoccupant",
    "secretary",
    "seealso",
    "sn",
    "telephonenumber",
    "uid",
    "uidnumber",
    "uniquemember",
];

/// How much of a value is indexed: as much as stores keep. Longer ones are found by their beginning, and have to be compared as a whole.
pub const INDEXED_OCTETS: usize = 2_000;

/// The part of a normal form that is indexed.
pub fn indexed_part(normal: &[u8]) -> &[u8] {
    normal.get(..INDEXED_OCTETS).unwrap_or(normal)
}

impl Schema {
    /// Every value an entry is found by, in normal form; sorted, each once. A value that does not fit its syntax is not among them. An
    /// object class counts with those above it, and no option of a description counts.
    pub fn indexed(&self, entry: &Entry) -> Vec<Indexed> {
        let mut found = Vec::new();
        for attribute in entry.attributes() {
            let Some(kind) = self.attribute(attribute.description.as_bytes()) else {
                continue;
            };
            if !kind.indexed {
                continue;
            }
            for value in &attribute.values {
                if &*kind.key == "objectclass"
                    && let Some(class) = self.object_class(value)
                {
                    for key in class.superiors.iter().chain([&class.key]) {
                        found.push(Indexed {
                            attribute: Arc::clone(&kind.key),
                            value: key.as_bytes().into(),
                        });
                    }
                } else if let Ok(normal) = kind.normal(value) {
                    found.push(Indexed {
                        attribute: Arc::clone(&kind.key),
                        value: indexed_part(&normal).into(),
                    });
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
