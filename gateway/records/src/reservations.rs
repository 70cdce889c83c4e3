//! Reservations on either engine, with one set of statements.

use crate::resets::{Connection, Value};
use crate::unit::Stop;
use postern_identity::Timestamp;
use postern_identity::records::reservations::MOST_TOGETHER;
use postern_identity::records::{Hash, RecordsError, ReservedValue};

/// Octets of a directory's name, and of a kind: with the hash they fit into a row of PostgreSQL's index.
const LONGEST_WORD: usize = 256;
/// How many more that are over are taken away with each that is made.
const OVER_WITH_EACH: usize = 4;

/// What is written.
pub(crate) enum Work {
    Reserve {
        values: Vec<ReservedValue>,
        holder: Hash,
        at: Timestamp,
        until: Timestamp,
    },
    Release {
        values: Vec<ReservedValue>,
        holder: Hash,
    },
}

/// Of another holder only what is over gives way: then no row is changed.
const RESERVE: &str = "INSERT INTO reservations (directory, kind, value, holder, held_until) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (directory, kind, value) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
    WHERE reservations.holder = excluded.holder OR reservations.held_until <= $6";
const RELEASE: &str = "DELETE FROM reservations WHERE directory = $1 AND kind = $2 AND value = $3 AND holder = $4";
macro_rules! over {
    () => {
        "DELETE FROM reservations WHERE (directory, kind, value) IN \
            (SELECT directory, kind, value FROM reservations WHERE held_until <= $1 ORDER BY held_until LIMIT $2 + 0"
    };
}
/// One connection writes: nothing has to be held.
pub(crate) const SQLITE_OVER: &str = concat!(over!(), ")");
/// What another holds is left out: it is being taken anew, or away.
pub(crate) const POSTGRES_OVER: &str = concat!(over!(), " FOR UPDATE SKIP LOCKED)");

/// Every statement, for the tests that ask how each is done.
#[cfg(test)]
pub(crate) const ALL: [&str; 2] = [RESERVE, RELEASE];

/// Copied in one order for all, so that two never wait for each other, and each once.
pub(crate) fn ordered(values: &[ReservedValue]) -> Result<Vec<ReservedValue>, RecordsError> {
    let too_long = |value: &ReservedValue| value.directory.len() > LONGEST_WORD || value.kind.len() > LONGEST_WORD;
    if values.len() > MOST_TOGETHER || values.iter().any(too_long) {
        return Err(RecordsError::TooLarge);
    }
    let mut values = values.to_vec();
    values.sort_unstable();
    values.dedup();
    Ok(values)
}

/// Does it within a transaction, or says why not; what was done by then is the caller's to undo.
pub(crate) async fn work<C: Connection>(on: &mut C, work: &Work) -> Result<(), Stop> {
    match work {
        Work::Reserve {
            values,
            holder,
            at,
            until,
        } => {
            for value in values {
                let [directory, kind, hash] = key(value);
                let row = [directory, kind, hash, holder.into(), (*until).into(), (*at).into()];
                if on.run(RESERVE, &row).await? == 0 {
                    return Err(RecordsError::Taken.into());
                }
            }
            let most = i64::try_from(values.len() * OVER_WITH_EACH).unwrap_or(i64::MAX);
            on.run(C::WORDS.reservations_over, &[(*at).into(), most.into()]).await?;
        }
        Work::Release { values, holder } => {
            for value in values {
                let [directory, kind, hash] = key(value);
                on.run(RELEASE, &[directory, kind, hash, holder.into()]).await?;
            }
        }
    }
    Ok(())
}

fn key(value: &ReservedValue) -> [Value<'_>; 3] {
    [(&*value.directory).into(), (&*value.kind).into(), (&value.value).into()]
}
