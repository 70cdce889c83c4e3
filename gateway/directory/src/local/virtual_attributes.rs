//! Attributes that are not kept but worked out: only where somebody asks for them or searches by them.

use super::LocalDirectory;
use super::access::Access;
use super::path::NamePath;
use super::root_dse::SUBSCHEMA;
use postern_identity::records::{EntryRow, Indexed, Reach, RecordsError, Selection, Wanted};
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
        let mut names: Vec<(i64, Vec<u8>)> = Vec::new();
        for attribute in MEMBERS {
            let Some(kind) = self.schema.attribute(attribute.as_bytes()) else {
                continue;
            };
            let Ok(value) = kind.normal(row.name.as_bytes()) else {
                continue;
            };
            let mut wanted = Wanted {
                reach: Reach::Within(Arc::clone(NamePath::root().octets())),
                by: Selection::Equal(Indexed {
                    attribute: Arc::clone(&kind.key),
                    value: value.into(),
                }),
                after: None,
                limit: 256,
            };
            loop {
                let page = self.entries.select(&self.tree, &wanted).await?;
                for group in page.rows {
                    let rights = access.to(&group.path);
                    let known = names.iter().any(|(id, _)| *id == group.id);
                    if !known && rights.may_see() && rights.may_read(&kind.key) && names.len() < MOST_GROUPS {
                        names.push((group.id, group.name.as_bytes().to_vec()));
                    }
                }
                match page.next {
                    Some(next) if names.len() < MOST_GROUPS => wanted.after = Some(next),
                    _ => break,
                }
            }
        }
        Ok(names.into_iter().map(|(_, name)| name).collect())
    }
}
