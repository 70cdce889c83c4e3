//! How many wrong passwords of one account may reach its directory.

use postern_directory::LockoutPolicy;
use postern_identity::decide::GuardRules;
use std::num::NonZeroU32;

/// The most that are let up for one account in one window, whatever its directory would bear.
pub(super) const MOST: u8 = 8;
/// So many at the end of a budget are for networks the account has lately been signed in to from.
const KEPT: u8 = 2;

/// What may go up for one account in one window. One less than locks it, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Through every gateway and around them, by what the directory counts.
    pub total: u8,
    /// Through this process: its share of that, at least one. With more nodes than `total` that is more than there is to share, and
    /// only what the directory was last seen to count keeps them together below it.
    pub share: u8,
    /// How long one counts, in seconds; 0 is until the next success.
    pub window_seconds: u32,
}

impl Budget {
    /// By the account's own lockout, or by the rules where it has none that can be read.
    pub fn new(policy: LockoutPolicy, rules: &GuardRules, nodes: NonZeroU32) -> Self {
        let (threshold, window_seconds) = match policy {
            LockoutPolicy::Locks {
                threshold,
                interval_seconds,
            } => (threshold, interval_seconds),
            LockoutPolicy::Never | LockoutPolicy::Unknown => (rules.attempts, rules.window_seconds),
        };
        Self::of(total(threshold), window_seconds, nodes)
    }

    /// With so many in all.
    pub(super) fn of(total: u8, window_seconds: u32, nodes: NonZeroU32) -> Self {
        let share = u32::from(total) / nodes;
        Self {
            total,
            share: u8::try_from(share).unwrap_or(MOST).max(1),
            window_seconds,
        }
    }

    /// How many are left to a network: `spent` went up through this process, `others` past it.
    pub fn left(&self, spent: u8, others: u8, known: bool) -> u8 {
        let limit = |all: u8| if known { all } else { all - kept(all) };
        let of_share = limit(self.share).saturating_sub(spent);
        let of_total = limit(self.total).saturating_sub(spent.saturating_add(others));
        of_share.min(of_total)
    }
}

/// One wrong password less than locks, and never none: where the first wrong one locks, nobody could sign in otherwise.
pub(super) fn total(threshold: u32) -> u8 {
    u8::try_from(threshold.saturating_sub(1)).unwrap_or(MOST).clamp(1, MOST)
}

/// At least one is left to networks nobody knows: after a start nobody knows any.
fn kept(all: u8) -> u8 {
    KEPT.min(all.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(threshold: u32, nodes: u32) -> Budget {
        let policy = LockoutPolicy::Locks {
            threshold,
            interval_seconds: 600,
        };
        Budget::new(policy, &GuardRules::default(), NonZeroU32::new(nodes).unwrap())
    }

    #[test]
    fn one_less_than_locks_may_go_up_and_the_last_two_only_from_known_networks() {
        for (threshold, strangers, known) in [(5, 2, 4), (4, 1, 3), (3, 1, 2), (2, 1, 1), (1, 1, 1), (100, 6, 8)] {
            let budget = budget(threshold, 1);
            assert_eq!(
                (budget.left(0, 0, false), budget.left(0, 0, true)),
                (strangers, known),
                "{threshold}"
            );
            assert_eq!(budget.left(known, 0, true), 0);
            assert_eq!(budget.left(0, known, true), 0);
        }
    }

    #[test]
    fn nodes_share_it_and_what_the_directory_counts_bounds_them_together() {
        assert_eq!(budget(9, 2).share, 4);
        assert_eq!(budget(9, 2).left(4, 0, true), 0);
        assert_eq!(budget(9, 2).left(3, 4, true), 1);
        assert_eq!(budget(9, 2).left(3, 5, true), 0);
        // Less than one each: one each, as long as the directory counts fewer than would lock.
        assert_eq!(
            (
                budget(3, 5).share,
                budget(3, 5).left(0, 1, true),
                budget(3, 5).left(0, 2, true)
            ),
            (1, 1, 0)
        );
    }

    #[test]
    fn where_the_directory_does_not_tell_the_rules_do() {
        let budget = Budget::new(LockoutPolicy::Unknown, &GuardRules::default(), NonZeroU32::MIN);
        assert_eq!((budget.total, budget.window_seconds), (4, 900));
    }
}
