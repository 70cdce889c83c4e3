//! Whose turn it is to write an entry, within this process.

use crate::local::answer::Answer;
use crate::local::path::NamePath;
use postern_identity::records::RecordsError;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// How many writes may have their turn at once; entries share them by their place.
const TURNS: usize = 256;
/// How long one waits for its turn.
const LONGEST: Duration = Duration::from_secs(10);

/// The turns of one directory. Waiting is in order of coming.
pub(crate) struct Turns {
    places: Vec<Mutex<()>>,
    spread: RandomState,
    repairs: Mutex<()>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            places: (0..TURNS).map(|_| Mutex::new(())).collect(),
            spread: RandomState::new(),
            repairs: Mutex::default(),
        }
    }
}

impl Turns {
    /// Waits for the turn of whoever writes at this place; it ends with what is returned.
    pub(in crate::local) async fn wait(&self, path: &NamePath) -> Result<Option<MutexGuard<'_, ()>>, Answer> {
        let place = usize::try_from(self.spread.hash_one(path.octets())).unwrap_or_default() % TURNS;
        let Some(turn) = self.places.get(place) else {
            return Ok(None);
        };
        match tokio::time::timeout(LONGEST, turn.lock()).await {
            Ok(turn) => Ok(Some(turn)),
            Err(_) => Err(RecordsError::Busy.into()),
        }
    }

    /// Waits for the turn of whoever repairs what names an entry, and found that others did so, too: one entry may be named by many that move.
    pub(super) async fn repair(&self) -> Result<MutexGuard<'_, ()>, Answer> {
        let turn = tokio::time::timeout(LONGEST, self.repairs.lock()).await;
        turn.map_err(|_| RecordsError::Busy.into())
    }
}
