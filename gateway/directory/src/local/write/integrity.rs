//! Names in other entries follow the entry they name, in the same unit of work: they are rewritten where it moves, and go where it goes.
//!
//! Only attributes that say who somebody is to somebody are looked after ([`REFERRING`]), as slapd's refint overlay does where it is asked
//! to. Where the last value of an attribute goes that its entry must have (the last member of a group), the base entry's name takes its
//! place, as with that overlay's `refint_nothing`: it is nobody's account, the entry stays lawful, and nobody's deletion is held up by a group.

use crate::local::answer::Answer;
use crate::local::entry::{Attribute, Entry};
use crate::local::path::{NamePath, WrittenName};
use crate::local::schema::Schema;
use postern_identity::records::{Entries, EntryRow, Position, Reach, RecordsError, Selection, Wanted};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// The attributes whose values follow whom they name, by key.
pub(crate) const REFERRING: [&str; 7] = [
    "member",
    "uniquemember",
    "owner",
    "manager",
    "seealso",
    "roleoccupant",
    "secretary",
];

/// The most that is repaired with an entry that moves or goes.
pub(super) const MOST_REPAIRED: MostRepaired = MostRepaired {
    entries: 10_000,
    octets: 64 * 1024 * 1024,
};

/// How much is repaired at once: all of it is held until it is written, as one unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct MostRepaired {
    pub(super) entries: usize,
    /// Of their bodies. A store takes no larger unit.
    pub(super) octets: usize,
}

/// The rows read at once.
const PAGE: u32 = 500;

/// What becomes of a name.
pub(super) struct Following<'a> {
    pub(super) schema: &'a Schema,
    /// Where what it names stood.
    pub(super) from: &'a NamePath,
    /// Its name from now on. `None`: it is gone.
    pub(super) to: Option<&'a str>,
    /// What takes the place of a last value that has to be there.
    pub(super) nobody: &'a str,
}

/// What becomes of a value.
pub(super) enum Fate {
    Stays,
    Goes,
    Becomes(Vec<u8>),
}

/// Every entry that names one within `path`, but `itself`. More than `most` of them are more than is repaired at once.
pub(super) async fn referring(
    entries: &dyn Entries,
    tree: &str,
    path: &NamePath,
    itself: i64,
    most: MostRepaired,
) -> Result<BTreeMap<i64, EntryRow>, Answer> {
    let mut found = BTreeMap::new();
    let mut octets = 0_usize;
    for attribute in REFERRING {
        let mut after: Option<Position> = None;
        loop {
            let wanted = Wanted {
                reach: Reach::Within(Arc::new([])),
                by: Selection::Between {
                    attribute: attribute.into(),
                    from: Arc::clone(path.octets()),
                    to: behind(path.octets()),
                },
                after: after.take(),
                limit: PAGE,
            };
            let page = entries.select(tree, &wanted).await?;
            for row in page.rows.into_iter().filter(|row| row.id != itself) {
                let length = row.body.len();
                if found.insert(row.id, row).is_none() {
                    octets = octets.saturating_add(length);
                }
            }
            if found.len() > most.entries || octets > most.octets {
                return Err(RecordsError::TooLarge.into());
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    Ok(found)
}

/// The first octets behind everything that begins with these.
fn behind(prefix: &[u8]) -> Option<Arc<[u8]>> {
    let mut behind = prefix.to_vec();
    while let Some(last) = behind.pop() {
        if let Some(next) = last.checked_add(1) {
            behind.push(next);
            return Some(behind.into());
        }
    }
    None
}

impl Following<'_> {
    /// Rewrites every name in an entry that is within the old place. Whether there was one.
    pub(super) fn repair(&self, entry: &mut Entry) -> bool {
        let mut changed: Vec<Attribute> = Vec::new();
        for attribute in entry.attributes() {
            if !REFERRING.iter().any(|key| attribute.is_of(key)) {
                continue;
            }
            if let Some(values) = self.followed(attribute) {
                changed.push(Attribute {
                    description: Arc::clone(&attribute.description),
                    values,
                });
            }
        }
        let is_changed = !changed.is_empty();
        for Attribute { description, values } in changed {
            let must_stay = values.is_empty();
            entry.set(&description, values);
            if must_stay && self.schema.check(entry).is_err() {
                entry.set(&description, vec![self.nobody.as_bytes().to_vec()]);
            }
        }
        is_changed
    }

    /// The attribute's values from now on; `None` if none of them is meant.
    fn followed(&self, attribute: &Attribute) -> Option<Vec<Vec<u8>>> {
        let kind = self.schema.attribute(attribute.base().as_bytes())?;
        let mut is_changed = false;
        let mut values: Vec<Vec<u8>> = Vec::with_capacity(attribute.values.len());
        for value in &attribute.values {
            match self.renamed(value, &*kind.key == "uniquemember") {
                Fate::Stays => values.push(value.clone()),
                Fate::Goes => is_changed = true,
                Fate::Becomes(renamed) => {
                    is_changed = true;
                    values.push(renamed);
                }
            }
        }
        if !is_changed {
            return None;
        }
        // One that was named by its new name already is named once.
        let mut seen = HashSet::with_capacity(values.len());
        values.retain(|value| kind.normal(value).map_or(true, |normal| seen.insert(normal)));
        Some(values)
    }

    pub(super) fn renamed(&self, value: &[u8], may_have_uid: bool) -> Fate {
        let (name, uid) = if may_have_uid {
            optional_uid(value)
        } else {
            (value, &[][..])
        };
        let Ok(path) = self.schema.path(name) else {
            return Fate::Stays;
        };
        let Some(to) = self.to else {
            // What is gone had nothing below it: a name below it was nobody's before, too.
            return if path == *self.from { Fate::Goes } else { Fate::Stays };
        };
        if !path.is_within(self.from) {
            return Fate::Stays;
        }
        let mut renamed = Vec::with_capacity(value.len() + to.len());
        let mut rest = name;
        for _ in self.from.depth()..path.depth() {
            let Ok(Some(written)) = WrittenName::first(rest) else {
                return Fate::Stays;
            };
            renamed.extend_from_slice(written.rdn);
            renamed.push(b',');
            rest = written.rest;
        }
        renamed.extend_from_slice(to.as_bytes());
        renamed.extend_from_slice(uid);
        Fate::Becomes(renamed)
    }
}

/// A name and the UID behind it (RFC 4517 §3.3.21), with its `#`.
fn optional_uid(value: &[u8]) -> (&[u8], &[u8]) {
    if !value.ends_with(b"'B") {
        return (value, &[]);
    }
    let at = value.iter().rposition(|&octet| octet == b'#');
    at.and_then(|at| value.split_at_checked(at)).unwrap_or((value, &[]))
}
