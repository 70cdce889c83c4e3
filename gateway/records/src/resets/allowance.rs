//! What is counted: the generic cell rate algorithm (ITU-T I.371, annex A). Of each allowance only the moment is kept at which all that was
//! taken will be back.

use super::words::{BACK, RESTORE};
use super::{Cells, Connection};
use crate::unit::Answer;
use postern_identity::Timestamp;
use postern_identity::records::{Allowance, Hash, Spent};
use std::collections::BTreeMap;

/// Takes one of each, or none. All are held first, in one order, so that two who ask for the same do not wait for each other.
pub(super) async fn spend<C: Connection>(on: &mut C, allowances: &[Allowance], at: Timestamp) -> Answer<Spent> {
    let now = at.as_microsecond();
    let mut back: BTreeMap<Hash, i64> = allowances.iter().map(|allowance| (allowance.key, now)).collect();
    for (key, back_at) in &mut back {
        let rows = on.rows(C::WORDS.back_at, &[key.into(), now.into()]).await?;
        if let Some(row) = rows.first() {
            *back_at = row.number(0)?;
        }
    }
    let mut least = u32::MAX;
    for (which, allowance) in allowances.iter().enumerate() {
        let Some(back_at) = back.get_mut(&allowance.key) else {
            continue;
        };
        match taken(allowance, *back_at, now) {
            Ok((new, left)) => {
                *back_at = new;
                least = least.min(left);
            }
            Err(until) => {
                let until = Timestamp::from_microsecond(until).unwrap_or(Timestamp::MAX);
                return Ok(Spent::UsedUp { which, until });
            }
        }
    }
    for (key, back_at) in &back {
        on.run(BACK, &[key.into(), (*back_at).into()]).await?;
    }
    Ok(Spent::Taken { left: least })
}

pub(super) async fn restore<C: Connection>(on: &mut C, keys: &[Hash]) -> Answer<u64> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let mut rows = 0;
    for key in &keys {
        rows += on.run(RESTORE, &[key.into()]).await?;
    }
    Ok(rows)
}

/// When all is back once one more is taken, and how many more could be taken now; or when one could be.
fn taken(allowance: &Allowance, back_at: i64, now: i64) -> Result<(i64, u32), i64> {
    let every = i64::try_from(allowance.every.as_micros()).unwrap_or(i64::MAX).max(1);
    let burst = i64::from(allowance.burst.max(1));
    let whole = every.saturating_mul(burst);
    let latest = now.saturating_add(whole);
    // Never further ahead than all of it: a clock that once was wrong, or an allowance that was smaller, keeps nobody out for longer.
    let new = back_at.clamp(now, latest).saturating_add(every);
    if new > latest {
        return Err(new.saturating_sub(whole));
    }
    let left = latest.saturating_sub(new) / every;
    Ok((new, u32::try_from(left).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn of(burst: u32, every: u64) -> Allowance {
        Allowance {
            key: [0; 32],
            burst,
            every: Duration::from_micros(every),
        }
    }

    proptest! {
        /// A bucket that fills by one each `every`, counted in microseconds of filling.
        #[test]
        fn it_is_a_bucket_that_is_filled_again(burst in 1_u32..6, every in 1_i64..50, waits in proptest::collection::vec(0_i64..80, 1..60)) {
            let allowance = of(burst, every.unsigned_abs());
            let full = i64::from(burst) * every;
            let (mut now, mut filled, mut back_at) = (1_000, full, 0);
            for wait in waits {
                now += wait;
                filled = full.min(filled + wait);
                match taken(&allowance, back_at, now) {
                    Ok((new, left)) => {
                        prop_assert!(filled >= every);
                        filled -= every;
                        prop_assert_eq!(i64::from(left), filled / every);
                        back_at = new;
                    }
                    Err(until) => {
                        prop_assert!(filled < every);
                        prop_assert_eq!(until - now, every - filled);
                        prop_assert!(taken(&allowance, back_at, until - 1).is_err());
                        prop_assert!(taken(&allowance, back_at, until).is_ok());
                    }
                }
            }
        }

        #[test]
        fn no_numbers_are_too_large(burst in any::<u32>(), every in any::<u64>(), back_at in any::<i64>(), now in any::<i64>()) {
            let _ = taken(&of(burst, every), back_at, now);
        }
    }

    #[test]
    fn a_clock_that_was_wrong_keeps_nobody_out_for_longer_than_all_of_it() {
        let allowance = of(3, 10);
        assert_eq!(taken(&allowance, i64::MAX, 100), Err(110));
        assert_eq!(taken(&allowance, i64::MAX, 110), Err(120), "as long as it is not swept");
    }
}
