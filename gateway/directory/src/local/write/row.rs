//! The rows a write is about, and the steps that put a changed entry back.

use super::change::constraint;
use super::controls::Shown;
use crate::local::LocalDirectory;
use crate::local::access::{Access, Rights};
use crate::local::answer::Answer;
use crate::local::apart;
use crate::local::bind::difference;
use crate::local::entry::Entry;
use crate::local::password::Policy;
use crate::local::path::NamePath;
use crate::local::schema::Schema;
use postern_identity::records::{EntryChange, EntryRow, Indexed, Reach, RecordsError, Selection, ValueApart, Wanted};
use postern_ldap::ResultCode;
use std::sync::Arc;

/// An entry as it is kept, and as it is to be.
pub(super) struct Open {
    pub(super) row: EntryRow,
    pub(super) before: Entry,
    pub(super) entry: Entry,
    /// What is kept apart of it and was put back, by key.
    pub(super) whole: Vec<&'static str>,
}

impl LocalDirectory {
    /// The place a request names; `invalid` is what is said of a name that is none.
    pub(super) fn place(&self, dn: &[u8], invalid: &'static str) -> Result<NamePath, Answer> {
        self.schema
            .path(dn)
            .map_err(|_| Answer::new(ResultCode::INVALID_DN_SYNTAX, invalid))
    }

    /// The place of an entry that is to be written. `root_dse` is what is said of the root DSE.
    pub(super) fn place_within(&self, dn: &[u8], root_dse: &'static str) -> Result<NamePath, Answer> {
        let path = self.place(dn, "invalid DN")?;
        if path.is_root() {
            return Err(unwilling(root_dse));
        }
        if !path.is_within(&self.base) {
            return Err(unwilling("no global superior knowledge"));
        }
        Ok(path)
    }

    /// The row at a place. Where there is none, or it may not be seen, the nearest above is told to whoever may see that.
    pub(super) async fn row(&self, path: &NamePath, access: &Access) -> Result<EntryRow, Answer> {
        match self.nearest(path).await? {
            Some(row) if access.is_displaced_by(&row) => Err(Answer::forbidden()),
            Some(row) if row.path == *path.octets() && access.knows_of(&row) => Ok(row),
            _ => Err(self.not_there(path, access).await),
        }
    }

    /// What is answered of a place that is empty, or holds what may not be seen: the same of both.
    pub(super) async fn not_there(&self, path: &NamePath, access: &Access) -> Answer {
        let answer = self.missing(path, access).await;
        if answer.code == ResultCode::SUCCESS {
            // It came to be meanwhile.
            return RecordsError::Changed.into();
        }
        answer
    }

    /// The row at a place, or the nearest above it.
    pub(super) async fn nearest(&self, path: &NamePath) -> Result<Option<EntryRow>, Answer> {
        let mut places = vec![path.clone()];
        while let Some(above) = places.last().and_then(NamePath::above) {
            if above.is_root() {
                break;
            }
            places.push(above);
        }
        let octets: Vec<&[u8]> = places.iter().map(|path| &**path.octets()).collect();
        Ok(self.entries.nearest(&self.tree, &octets).await?)
    }

    /// The entry at a place, to be changed.
    pub(super) async fn open(&self, path: &NamePath, access: &Access) -> Result<Open, Answer> {
        Open::new(self.row(path, access).await?)
    }

    /// Sees that no other entry has a value that is one entry's alone, and says so again when the unit is written. Only values that are new
    /// are looked at.
    pub(super) async fn unique(
        &self,
        before: &[Indexed],
        after: &[Indexed],
        but: Option<i64>,
        unit: &mut Vec<EntryChange>,
    ) -> Result<(), Answer> {
        for indexed in after {
            if !self.is_alone(&indexed.attribute) || before.binary_search(indexed).is_ok() {
                continue;
            }
            let wanted = Wanted {
                reach: Reach::Within(Arc::clone(self.base.octets())),
                by: Selection::Equal(indexed.clone()),
                after: None,
                limit: 2,
            };
            let found = self.entries.select(&self.tree, &wanted).await?;
            if found.rows.iter().any(|row| Some(row.id) != but) {
                return Err(Self::not_alone(&indexed.attribute));
            }
            unit.push(EntryChange::Unique {
                indexed: indexed.clone(),
                but,
            });
        }
        Ok(())
    }

    /// Whether values of this attribute are one entry's alone.
    pub(super) fn is_alone(&self, key: &str) -> bool {
        let mut unique = self.settings.unique.iter();
        unique.any(|name| {
            self.schema
                .attribute(name.as_bytes())
                .is_some_and(|attribute| *attribute.key == *key)
        })
    }

    /// The keys of the attributes whose values are one entry's alone.
    pub(super) fn keys_alone(&self) -> Vec<Arc<str>> {
        let named = self.settings.unique.iter();
        named
            .filter_map(|name| self.schema.attribute(name.as_bytes()))
            .map(|attribute| Arc::clone(&attribute.key))
            .collect()
    }

    pub(super) fn not_alone(key: &str) -> Answer {
        constraint(format!(
            "{key}: another entry has this value, and it may be one entry's alone"
        ))
    }

    /// What the schema has against an entry that is to be made.
    pub(super) fn check_new(&self, entry: &mut Entry) -> Result<(), Answer> {
        let class = self
            .schema
            .check(entry)
            .and_then(|()| self.schema.structural_class(entry));
        let class = class.map_err(|fault| Answer::new(fault.code, fault.text))?;
        readable_policy(entry)?;
        entry.set("structuralObjectClass", vec![class.name.as_bytes().to_vec()]);
        Ok(())
    }
}

impl Open {
    pub(super) fn new(row: EntryRow) -> Result<Self, Answer> {
        let before = Entry::decode(&row.body).ok_or(RecordsError::Unavailable)?;
        Ok(Self {
            entry: before.clone(),
            before,
            row,
            whole: Vec::new(),
        })
    }

    /// As it was.
    pub(super) fn shown_before<'a>(&'a self, rights: Rights<'a>) -> Shown<'a> {
        Shown {
            name: &self.row.name,
            entry: &self.before,
            rights,
        }
    }

    /// As it is to be, under the name it had.
    pub(super) fn shown_after<'a>(&'a self, rights: Rights<'a>) -> Shown<'a> {
        Shown {
            entry: &self.entry,
            ..self.shown_before(rights)
        }
    }

    /// The steps that put the entry back.
    pub(super) fn put_changed(&self, schema: &Schema, unit: &mut Vec<EntryChange>) {
        let (before, after) = (schema.indexed(&self.before), schema.indexed(&self.entry));
        self.put(schema, &before, &after, unit);
    }

    /// The same, where it is known what it was and is found by; both in order. One step changes its version.
    pub(super) fn put(&self, schema: &Schema, before: &[Indexed], after: &[Indexed], unit: &mut Vec<EntryChange>) {
        let (without, mut with) = difference(before, after);
        let mut entry = self.entry.clone();
        let mut apart = apart::split(schema, &mut entry, &self.whole);
        // Of those that are kept apart already only what is new is put there.
        let is_kept = |value: &ValueApart| {
            self.whole.contains(&&*value.indexed.attribute) && before.binary_search(&value.indexed).is_ok()
        };
        with.retain(|indexed| !apart.iter().any(|value| value.indexed.attribute == indexed.attribute));
        apart.retain(|value| !is_kept(value));
        unit.push(EntryChange::Replace {
            id: self.row.id,
            version: self.row.version,
            body: entry.encode().into(),
            without,
            with,
        });
        if !apart.is_empty() {
            unit.push(EntryChange::Apart {
                path: Arc::clone(&self.row.path),
                without: Vec::new(),
                with: apart,
            });
        }
    }
}

/// A password policy that cannot be read would keep everybody out who goes by it.
pub(super) fn readable_policy(entry: &Entry) -> Result<(), Answer> {
    let is_policy = |class: &Vec<u8>| class.eq_ignore_ascii_case(b"pwdPolicy");
    if !entry.values("objectClass").iter().any(is_policy) {
        return Ok(());
    }
    match Policy::read(entry) {
        Ok(_) => Ok(()),
        Err(fault) => Err(Answer::new(ResultCode::INVALID_ATTRIBUTE_SYNTAX, fault.to_string())),
    }
}

pub(super) fn unwilling(text: &'static str) -> Answer {
    Answer::new(ResultCode::UNWILLING_TO_PERFORM, text)
}
