//! What lists have found, as ids of 16 octets each, shared by whoever asks the same.

use postern_identity::provisioning::{Query, Reach, ResourceId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long later pages are cut from what the first one found.
const KEPT: Duration = Duration::from_mins(10);
/// A first page is cut from what was found less than so many times as long ago as finding it took.
const WORTH: u32 = 10;
/// And in no case longer ago than this.
const FRESH: Duration = Duration::from_mins(1);
/// The most lists that are kept.
const MOST_LISTS: usize = 1_024;

/// Which list: whose, how far it reaches, of what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Which {
    caller: Arc<str>,
    what: Arc<str>,
}

impl Which {
    pub(super) fn new(caller: &Arc<str>, reach: &Reach, query: &Query) -> Self {
        let base = reach.base.as_ref().map(ToString::to_string);
        // A query's own form: names are looked up in it, so that spellings are no difference.
        Self {
            caller: Arc::clone(caller),
            what: format!("{base:?} {query:?}").into(),
        }
    }
}

/// When a list was begun to be found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    at: Instant,
    writes: u64,
}

struct List {
    ids: Arc<Vec<ResourceId>>,
    begun: Begun,
    took: Duration,
}

/// The lists, and how many ids they hold together.
pub(super) struct Kept {
    lists: Mutex<HashMap<Which, List>>,
    writes: AtomicU64,
    room: usize,
}

impl Kept {
    pub(super) fn new(room: usize) -> Self {
        Self {
            lists: Mutex::default(),
            writes: AtomicU64::new(0),
            room,
        }
    }

    /// Something was written through us.
    pub(super) fn written(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn begin(&self) -> Begun {
        Begun {
            at: Instant::now(),
            writes: self.writes.load(Ordering::Relaxed),
        }
    }

    /// A list that may still be used: for a first page one that is as good as new.
    pub(super) fn get(&self, which: &Which, anew: bool) -> Option<Arc<Vec<ResourceId>>> {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let usable = |list: &List| {
            let age = now.duration_since(list.begun.at);
            if anew {
                list.begun.writes == self.writes.load(Ordering::Relaxed) && age < (list.took * WORTH).min(FRESH)
            } else {
                age < KEPT
            }
        };
        let own = lists.get(which).filter(|list| usable(list));
        // Another caller's of the same reach is as good, where it is as good as new.
        let found = own.or_else(|| {
            let same = |other: &&Which| anew && other.what == which.what;
            lists
                .iter()
                .find(|(other, list)| same(other) && usable(list))
                .map(|(_, list)| list)
        })?;
        Some(Arc::clone(&found.ids))
    }

    pub(super) fn put(&self, which: &Which, begun: Begun, ids: Arc<Vec<ResourceId>>) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        lists.retain(|_, list| now.duration_since(list.begun.at) < KEPT);
        let took = now.duration_since(begun.at);
        lists.insert(which.clone(), List { ids, begun, took });
        let held = |lists: &HashMap<Which, List>| lists.values().map(|list| list.ids.len()).sum::<usize>();
        while lists.len() > 1 && (lists.len() > MOST_LISTS || held(&lists) > self.room) {
            let oldest = lists
                .iter()
                .filter(|(other, _)| *other != which)
                .min_by_key(|(_, list)| list.begun.at);
            let Some(oldest) = oldest.map(|(oldest, _)| oldest.clone()) else {
                break;
            };
            lists.remove(&oldest);
        }
        // One list that is larger than all the room is not kept: its pages are found anew.
        if held(&lists) > self.room {
            lists.remove(which);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::provisioning::ResourceKind;

    fn which(caller: &str, kind: ResourceKind) -> Which {
        let query = Query {
            kind,
            filter: None,
            sort: None,
        };
        Which::new(&caller.into(), &Reach::default(), &query)
    }

    fn ids(count: u8) -> Arc<Vec<ResourceId>> {
        Arc::new((0..count).map(|id| ResourceId([id; 16])).collect())
    }

    #[tokio::test(start_paused = true)]
    async fn later_pages_are_cut_from_what_the_first_found_and_first_pages_look_anew() {
        let kept = Kept::new(100);
        let users = which("hr", ResourceKind::User);
        let begun = kept.begin();
        tokio::time::advance(Duration::from_millis(100)).await;
        kept.put(&users, begun, ids(3));
        assert!(kept.get(&users, true).is_some(), "it took long, and is as good as new");
        kept.written();
        assert!(kept.get(&users, true).is_none(), "something was written");
        assert_eq!(kept.get(&users, false).unwrap().len(), 3);
        tokio::time::advance(KEPT).await;
        assert!(kept.get(&users, false).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn another_caller_s_list_is_used_for_a_first_page_alone() {
        let kept = Kept::new(100);
        let begun = kept.begin();
        tokio::time::advance(Duration::from_secs(1)).await;
        kept.put(&which("hr", ResourceKind::User), begun, ids(3));
        assert!(kept.get(&which("okta", ResourceKind::User), true).is_some());
        assert!(kept.get(&which("okta", ResourceKind::User), false).is_none());
        assert!(kept.get(&which("okta", ResourceKind::Group), true).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_kept_than_there_is_room() {
        let kept = Kept::new(10);
        for caller in ["a", "b", "c"] {
            tokio::time::advance(Duration::from_secs(1)).await;
            kept.put(&which(caller, ResourceKind::User), kept.begin(), ids(4));
        }
        assert!(
            kept.get(&which("a", ResourceKind::User), false).is_none(),
            "the oldest went"
        );
        assert!(kept.get(&which("c", ResourceKind::User), false).is_some());
        kept.put(&which("d", ResourceKind::User), kept.begin(), ids(11));
        assert!(
            kept.get(&which("d", ResourceKind::User), false).is_none(),
            "larger than all the room"
        );
    }
}
