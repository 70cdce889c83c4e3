//! Counts, kept per worker and summed when somebody asks.

use crate::guard::Held;
use postern_identity::audit::Outcome;
use postern_identity::decide::Operation;
use postern_ldap::ResultCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Result codes that have a label of their own; all others share "other".
const RESULTS: [(u32, &str); 26] = [
    (0, "success"),
    (1, "operations_error"),
    (2, "protocol_error"),
    (3, "time_limit_exceeded"),
    (4, "size_limit_exceeded"),
    (5, "compare_false"),
    (6, "compare_true"),
    (7, "auth_method_not_supported"),
    (8, "stronger_auth_required"),
    (10, "referral"),
    (11, "admin_limit_exceeded"),
    (12, "unavailable_critical_extension"),
    (13, "confidentiality_required"),
    (16, "no_such_attribute"),
    (19, "constraint_violation"),
    (20, "attribute_or_value_exists"),
    (32, "no_such_object"),
    (34, "invalid_dn_syntax"),
    (49, "invalid_credentials"),
    (50, "insufficient_access_rights"),
    (51, "busy"),
    (52, "unavailable"),
    (53, "unwilling_to_perform"),
    (65, "object_class_violation"),
    (68, "entry_already_exists"),
    (80, "other_80"),
];
const OTHER: usize = RESULTS.len();
const SHARDS: usize = 8;

/// The counts of one route.
pub(crate) struct Counters {
    shards: Box<[Shard]>,
}

/// One worker's share, on cache lines of its own.
#[repr(align(128))]
struct Shard {
    operations: [[AtomicU64; RESULTS.len() + 1]; Operation::ALL.len()],
    binds: [AtomicU64; Outcome::ALL.len()],
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS)
                .map(|_| Shard {
                    operations: std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0))),
                    binds: std::array::from_fn(|_| AtomicU64::new(0)),
                })
                .collect(),
        }
    }

    /// One operation was answered with this code.
    #[inline]
    pub(crate) fn operation(&self, operation: Operation, code: ResultCode) {
        let slot = RESULTS.iter().position(|(known, _)| *known == code.0).unwrap_or(OTHER);
        if let Some(count) = self
            .shard()
            .and_then(|shard| shard.operations.get(operation as usize))
            .and_then(|row| row.get(slot))
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One sign-in ended like this.
    #[inline]
    pub(crate) fn bind(&self, outcome: Outcome) {
        if let Some(count) = self.shard().and_then(|shard| shard.binds.get(outcome as usize)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Calls `each` with operation, result and count of everything that ever happened.
    pub(crate) fn operations(&self, mut each: impl FnMut(Operation, &'static str, u64)) {
        for operation in Operation::ALL {
            for slot in 0..=OTHER {
                let sum = self
                    .shards
                    .iter()
                    .filter_map(|shard| shard.operations.get(operation as usize)?.get(slot))
                    .map(|count| count.load(Ordering::Relaxed))
                    .sum();
                if sum > 0 {
                    each(operation, RESULTS.get(slot).map_or("other", |(_, label)| label), sum);
                }
            }
        }
    }

    /// Calls `each` with every outcome and its count, zero too.
    pub(crate) fn binds(&self, mut each: impl FnMut(Outcome, u64)) {
        for outcome in Outcome::ALL {
            let sum = self
                .shards
                .iter()
                .filter_map(|shard| shard.binds.get(outcome as usize))
                .map(|count| count.load(Ordering::Relaxed))
                .sum();
            each(outcome, sum);
        }
    }

    fn shard(&self) -> Option<&Shard> {
        self.shards.get(worker())
    }
}

/// A small number that stays with the thread.
fn worker() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
    }
    NUMBER.with(|number| *number)
}

/// One count or gauge of the front, for whoever exposes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count<'a> {
    /// Sign-ins on a route by outcome.
    Binds {
        /// The route.
        route: &'a str,
        /// How they ended.
        outcome: Outcome,
        /// How many.
        count: u64,
    },
    /// Operations on a route by result.
    Operations {
        /// The route.
        route: &'a str,
        /// The operation.
        operation: Operation,
        /// The result's name.
        result: &'static str,
        /// How many.
        count: u64,
    },
    /// Passwords the guard of a directory answered itself.
    GuardHeld {
        /// The directory.
        directory: &'a str,
        /// Why.
        held: Held,
        /// How many.
        count: u64,
    },
    /// Accounts the guard of a directory looked up.
    GuardLookUps {
        /// The directory.
        directory: &'a str,
        /// What came of it: "found", "not_found", "failed".
        result: &'static str,
        /// How many.
        count: u64,
    },
    /// What the guard of a directory remembers.
    GuardRemembered {
        /// The directory.
        directory: &'a str,
        /// "account", or "name" for what may be nobody's.
        kind: &'static str,
        /// How many.
        count: usize,
    },
    /// Connected clients.
    Sessions(usize),
    /// Accounts looked up again while somebody is signed in as them.
    Rechecks {
        /// The directory.
        directory: &'a str,
        /// What came of it: "found", "gone" or "failed".
        result: &'static str,
        /// How many.
        count: u64,
    },
    /// Entries read after a sign-in whose answer did not say how the account stands.
    SecondLooks {
        /// The directory.
        directory: &'a str,
        /// What came of it: "found", "shared" with another sign-in, or "failed".
        result: &'static str,
        /// How many.
        count: u64,
    },
    /// Lanes of a route that sessions hold.
    LanesInUse {
        /// The route.
        route: &'a str,
        /// How many.
        count: usize,
    },
    /// Lanes of a route that wait for a session.
    LanesIdle {
        /// The route.
        route: &'a str,
        /// How many.
        count: usize,
    },
}
