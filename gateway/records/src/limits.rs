//! How large a thing may be. The same on both engines, so that what one keeps the other can take over.

use postern_identity::records::{EntryChange, Indexed, RecordsError};

/// Octets of a path. PostgreSQL's index rows end at 2,704.
pub const LONGEST_PATH: usize = 2_000;
/// Octets of a value an entry is found by. Nothing is found by a longer one.
pub const LONGEST_VALUE: usize = 2_000;
/// Octets of a value that is kept apart, as it was written.
pub const LONGEST_APART: usize = 64 * 1024;
/// Octets of an entry's name.
pub const LONGEST_NAME: usize = 64 * 1024;
/// Octets of an entry's body.
pub const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// Octets of everything in one unit.
pub const LARGEST_UNIT: usize = 64 * 1024 * 1024;
/// Entries that one [`EntryChange::Move`] takes along.
pub const MOST_MOVED: i64 = 50_000;
/// Octets of a setting's name, and of its value.
pub const LONGEST_SETTING: usize = 64 * 1024;

/// Octets of bodies after which a page ends, however many rows were asked for.
pub(crate) const PAGE_OCTETS: usize = 4 * 1024 * 1024;
/// Octets of a body from which on it is read once a page, however many values find its entry. Below, reading it again costs less than asking
/// whether it was.
macro_rules! small {
    () => {
        "4096"
    };
}
pub(crate) use small;
/// [`LONGEST_VALUE`], as statements have it.
macro_rules! longest {
    () => {
        "2000"
    };
}
pub(crate) use longest;
/// Values of an attribute that are looked at for one page where a piece is looked for in each: some milliseconds, and others have their turn.
pub(crate) const MOST_LOOKED_AT: i64 = if cfg!(test) { 150 } else { 50_000 };
/// Values looked at for one page at least: with a limit of 1 and entries out of reach, a row at a time would be slow.
const FEWEST_LOOKED_AT: u32 = 64;

/// How many values are looked at for a page of this many rows.
pub(crate) fn looked_at(limit: u32) -> i64 {
    i64::from(limit.max(FEWEST_LOOKED_AT))
}

/// The octets of a unit, if it may be kept. Every change counts for some octets more than it holds.
pub(crate) fn weight(unit: &[EntryChange]) -> Result<usize, RecordsError> {
    let mut sum = 0_usize;
    for change in unit {
        sum = sum.saturating_add(100).saturating_add(match change {
            EntryChange::Insert(entry) => {
                bounded(entry.path.len(), LONGEST_PATH)?
                    + entry.above.as_ref().map_or(0, |above| above.len())
                    + bounded(entry.name.len(), LONGEST_NAME)?
                    + bounded(entry.body.len(), LARGEST_BODY)?
                    + indexed(&entry.indexed)?
            }
            EntryChange::Replace {
                body, without, with, ..
            } => bounded(body.len(), LARGEST_BODY)? + indexed(without)? + indexed(with)?,
            EntryChange::Move { path, above, name, .. } => {
                bounded(path.len(), LONGEST_PATH)?
                    + above.as_ref().map_or(0, |above| above.len())
                    + bounded(name.len(), LONGEST_NAME)?
            }
            EntryChange::Apart { path, without, with } => {
                with.iter().try_fold(path.len() + indexed(without)?, |sum, value| {
                    let written = bounded(value.written.len(), LONGEST_APART)?;
                    Ok::<_, RecordsError>(sum + 50 + written + bounded(value.indexed.value.len(), LONGEST_VALUE)?)
                })?
            }
            EntryChange::Unique { indexed, .. } => indexed.value.len(),
            EntryChange::Delete { .. } | EntryChange::Expect { .. } => 0,
        });
    }
    bounded(sum, LARGEST_UNIT)
}

fn indexed(values: &[Indexed]) -> Result<usize, RecordsError> {
    values.iter().try_fold(0_usize, |sum, indexed| {
        Ok(sum + 50 + bounded(indexed.value.len(), LONGEST_VALUE)?)
    })
}

fn bounded(octets: usize, most: usize) -> Result<usize, RecordsError> {
    if octets > most {
        Err(RecordsError::TooLarge)
    } else {
        Ok(octets)
    }
}

/// What stands behind everything that begins so: the first octets that do no longer. Where there are none, octets longer than any kept.
pub(crate) fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    behind_all()
}

/// What stands behind everything that is kept.
pub(crate) fn behind_all() -> Vec<u8> {
    vec![u8::MAX; LONGEST_PATH.max(LONGEST_VALUE) + 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_have_the_same_longest_value() {
        assert_eq!(longest!(), LONGEST_VALUE.to_string());
    }

    #[test]
    fn what_is_behind_a_prefix_is_behind_all_that_begins_so_and_before_the_rest() {
        assert_eq!(behind(b"ab"), b"ac");
        assert_eq!(behind(b"a\xff\xff"), b"b");
        assert!(behind(b"").as_slice() > [u8::MAX; LONGEST_PATH].as_slice());
        assert!(behind(b"\xff").as_slice() > [u8::MAX; LONGEST_PATH].as_slice());
    }
}
