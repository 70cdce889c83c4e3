//! What is counted: the generic cell rate algorithm (ITU-T I.371, annex A). Of each allowance only the moment is kept at which all that was
//! taken will be back.

use super::words::{BACK, RESTORE};
use super::{Cells, Connection, Statement};
use crate::unit::Answer;
use postern_identity::Timestamp;
use postern_identity::records::{Allowance, Hash, Spent};
use std::collections::BTreeMap;

/// Of each group takes one of each, or none, in turn until one is used up. All are held first, in one order, so that two who ask for the same do
/// not wait for each other.
pub(super) async fn spend<C: Connection>(on: &mut C, groups: &[Vec<Allowance>], at: Timestamp) -> Answer<Vec<Spent>> {
    let now = at.as_microsecond();
    let all = groups.iter().flatten();
    let mut back: BTreeMap<Hash, i64> = all.map(|allowance| (allowance.key, now)).collect();
    let asked = back.keys();
    let asked: Vec<_> = asked
        .map(|key| Statement::of(C::WORDS.back_at, vec![key.into(), now.into()]))
        .collect();
    let told = on.rows_of_each(&asked).await?;
    for (back_at, rows) in back.values_mut().zip(&told) {
        if let Some(row) = rows.first() {
            *back_at = row.number(0)?;
        }
    }
    let mut spent = Vec::with_capacity(groups.len());
    for group in groups {
        let one = whole(group, &mut back, now);
        spent.push(one);
        if let Spent::UsedUp { .. } = one {
            break;
        }
    }
    if spent.iter().any(|one| matches!(one, Spent::Taken { .. })) {
        let kept = back.iter();
        let kept: Vec<_> = kept
            .map(|(key, back_at)| Statement::of(BACK, vec![key.into(), (*back_at).into()]))
            .collect();
        on.run_each(&kept).await?;
    }
    Ok(spent)
}

/// All of a group, or none of it.
fn whole(group: &[Allowance], back: &mut BTreeMap<Hash, i64>, now: i64) -> Spent {
    let mut least = u32::MAX;
    let mut next = BTreeMap::new();
    for (which, allowance) in group.iter().enumerate() {
        let before = next.get(&allowance.key).or_else(|| back.get(&allowance.key));
        match taken(allowance, before.copied().unwrap_or(now), now) {
            Ok((new, left)) => {
                next.insert(allowance.key, new);
                least = least.min(left);
            }
            Err(until) => {
                let until = Timestamp::from_microsecond(until).unwrap_or(Timestamp::MAX);
                return Spent::UsedUp { which, until };
            }
        }
    }
    back.extend(next);
    Spent::Taken { left: least }
}

pub(super) async fn restore<C: Connection>(on: &mut C, keys: &[Hash]) -> Answer<u64> {
    let rows = on.run_each(&restored(keys)).await?;
    Ok(rows.into_iter().sum())
}

/// In one order, as they are held.
pub(super) fn restored(keys: &[Hash]) -> Vec<Statement<'_>> {
    let mut keys: Vec<_> = keys.iter().collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .map(|key| Statement::of(RESTORE, vec![key.into()]))
        .collect()
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
