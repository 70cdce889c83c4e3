//! How much is examined for one request: counted, paused over so that others have their turn, and ended when it is too much.

use tokio::time::Instant;

/// So much is examined before others of the thread have their turn: some milliseconds.
pub(super) const IN_A_ROW: u64 = 20_000;

/// What an entry may usually cost: what was spent on one that matches is given back up to this, for what matches may be as much as it is.
const USUAL: u64 = 1_000;

/// The least that any request may examine: large groups are entries, too.
const LEAST: u64 = if cfg!(test) { 20_000 } else { 1_000_000 };

/// What one request may still examine. Its unit is a value looked at by a part of a filter; long values count more.
#[derive(Debug)]
pub struct Work {
    left: u64,
    in_a_row: u64,
    deadline: Option<Instant>,
}

/// Why an entry is not looked at to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdone {
    /// There was more to examine than one request may.
    Work,
    /// Its time is over.
    Time,
}

impl Work {
    /// As much as so many entries usually cost, until then.
    pub fn for_entries(most: u32, deadline: Option<Instant>) -> Self {
        Self {
            left: u64::from(most).saturating_mul(USUAL).max(LEAST),
            in_a_row: 0,
            deadline,
        }
    }

    /// As much as there is, until then.
    pub fn unlimited(deadline: Option<Instant>) -> Self {
        Self {
            left: u64::MAX,
            in_a_row: 0,
            deadline,
        }
    }

    /// What is left.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Whether the time is over.
    pub fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// An entry matched, before which so much was left.
    pub fn matched(&mut self, before: u64) {
        let spent = before.saturating_sub(self.left);
        self.left = self.left.saturating_add(spent.min(USUAL));
    }

    /// So much was examined.
    pub(super) async fn done(&mut self, examined: u64) -> Result<(), Overdone> {
        self.left = self.left.checked_sub(examined).ok_or(Overdone::Work)?;
        self.in_a_row = self.in_a_row.saturating_add(examined);
        if self.in_a_row >= IN_A_ROW {
            self.in_a_row = 0;
            tokio::task::yield_now().await;
            if self.is_late() {
                return Err(Overdone::Time);
            }
        }
        Ok(())
    }
}
