//! How large a thing of a reset may be.

use crate::LONGEST_PATH;
use postern_identity::records::resets::LARGEST_BODY;
use postern_identity::records::{RecordsError, ResetChange};

/// Changes of one unit.
const LONGEST_UNIT: usize = 1_000;
/// Octets of a kind of job, and of a directory's name. With the longest key of somebody onboarded it fits into a row of PostgreSQL's index.
const LONGEST_WORD: usize = 256;

/// The octets of a unit, if it may be kept. Every change counts for some octets more than it holds.
pub(crate) fn weight(unit: &[ResetChange]) -> Result<usize, RecordsError> {
    if unit.len() > LONGEST_UNIT {
        return Err(RecordsError::TooLarge);
    }
    unit.iter().try_fold(0_usize, |sum, change| {
        let octets = match change {
            ResetChange::Open(row) | ResetChange::Replace(row) => bounded(row.body.len(), LARGEST_BODY)?,
            ResetChange::Enqueue(job) => {
                bounded(job.kind.len(), LONGEST_WORD)? + bounded(job.payload.len(), LARGEST_BODY)?
            }
            ResetChange::Keep(kept) => bounded(kept.answer.len(), LARGEST_BODY)?,
            ResetChange::Progress { body, .. } => bounded(body.len(), LARGEST_BODY)?,
            ResetChange::Onboard { who, .. } => {
                bounded(who.directory.len(), LONGEST_WORD)?
                    + bounded(who.key.len(), LONGEST_PATH)?
                    + bounded(who.name.len(), LARGEST_BODY)?
            }
            ResetChange::Offboard { directory, key } => {
                bounded(directory.len(), LONGEST_WORD)? + bounded(key.len(), LONGEST_PATH)?
            }
            ResetChange::Handle { .. }
            | ResetChange::Done { .. }
            | ResetChange::Again { .. }
            | ResetChange::Hold { .. }
            | ResetChange::Release { .. } => 0,
            ResetChange::Restore { keys } => keys.len().saturating_mul(100),
        };
        Ok(sum + octets + 100)
    })
}

fn bounded(octets: usize, most: usize) -> Result<usize, RecordsError> {
    if octets > most {
        Err(RecordsError::TooLarge)
    } else {
        Ok(octets)
    }
}
