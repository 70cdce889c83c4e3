//! Attributes that are not kept but worked out: only where somebody asks for them or searches by them.

use super::LocalDirectory;
use super::access::Access;
use super::root_dse::SUBSCHEMA;
use postern_identity::records::{EntryRow, Indexed, RecordsError};
use std::collections::HashSet;
use std::sync::Arc;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Virtual {
    /// The groups that have it among their members.
    MemberOf,
    /// Whether there is anything below it (X.501 §14.4.4).
    HasSubordinates,
    /// Its own name (RFC 5020).
    EntryDn,
    /// Where the schema is (RFC 4512 §4.2).
    SubschemaSubentry,
}

/// All of them.
pub(crate) const ALL: &[Virtual] = &[
    Virtual::MemberOf,
    Virtual::HasSubordinates,
    Virtual::EntryDn,
    Virtual::SubschemaSubentry,
];

/// The attributes of groups that name their members.
pub(crate) const MEMBERS: &[&str] = &["member", "uniquemember"];

/// The most groups that are told of one entry.
const MOST_GROUPS: usize = 10_000;
/// Groups asked for at once.
const AT_ONCE: u32 = 256;

impl Virtual {
    /// The key of the attribute.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::MemberOf => "memberof",
            Self::HasSubordinates => "hassubordinates",
            Self::EntryDn => "entrydn",
            Self::SubschemaSubentry => "subschemasubentry",
        }
    }

    /// The attribute as it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MemberOf => "memberOf",
            Self::HasSubordinates => "hasSubordinates",
            Self::EntryDn => "entryDN",
            Self::SubschemaSubentry => "subschemaSubentry",
        }
    }
}

impl LocalDirectory {
    /// The values one of them has in an entry, as far as they may be known.
    pub(crate) async fn worked_out(
        &self,
        which: Virtual,
        row: &EntryRow,
        access: &Access,
    ) -> Result<Vec<Vec<u8>>, RecordsError> {
        Ok(match which {
            Virtual::MemberOf => self.groups_of(row, access).await?,
            Virtual::HasSubordinates => {
                let any = self.entries.has_children(&self.tree, row.id).await?;
                vec![if any { b"TRUE".to_vec() } else { b"FALSE".to_vec() }]
            }
            Virtual::EntryDn => vec![row.name.as_bytes().to_vec()],
            Virtual::SubschemaSubentry => vec![SUBSCHEMA.as_bytes().to_vec()],
        })
    }

    async fn groups_of(&self, row: &EntryRow, access: &Access) -> Result<Vec<Vec<u8>>, RecordsError> {
        let mut names: Vec<Vec<u8>> = Vec::new();
        let mut known: HashSet<i64> = HashSet::new();
        for attribute in MEMBERS {
            let Some(kind) = self.schema.attribute(attribute.as_bytes()) else {
                continue;
            };
            let Ok(value) = kind.normal(row.name.as_bytes()) else {
                continue;
            };
            let value = Indexed {
                attribute: Arc::clone(&kind.key),
                value: value.into(),
            };
            let mut after = None;
            loop {
                let page = self.entries.names(&self.tree, &value, after.as_ref(), AT_ONCE).await?;
                for group in page.rows {
                    let rights = access.to(&group.path);
                    let may_be_told = rights.may_see() && rights.may_read(&kind.key) && names.len() < MOST_GROUPS;
                    if may_be_told && known.insert(group.id) {
                        names.push(group.name.as_bytes().to_vec());
                    }
                }
                match page.next {
                    Some(next) if names.len() < MOST_GROUPS => after = Some(next),
                    _ => break,
                }
            }
        }
        Ok(names)
    }
}
