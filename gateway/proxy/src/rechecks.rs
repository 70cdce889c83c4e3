//! How accounts stand that are signed in, looked up again now and then: one look-up an account and server, however many sessions it has,
//! one after another, by the directory's service account. A look-up that fails says nothing of the account and is only counted.

use crate::changed::Changed;
use postern_directory::{LookUpError, ServerIndex, ServiceLanes, Upstream};
use postern_identity::{AccountKey, DistinguishedName, Standing};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// How often it is looked whether a look-up is due.
const TURN: Duration = Duration::from_millis(500);

/// The accounts of one directory that are signed in.
pub(crate) struct Rechecks {
    upstream: Arc<Upstream>,
    lanes: ServiceLanes,
    watched: Mutex<HashMap<Who, Weak<Watched>>>,
    changed: Changed,
    /// Spreads those who came together over their period.
    turn: AtomicU32,
    found: AtomicU64,
    gone: AtomicU64,
    failed: AtomicU64,
}

/// An account as one server knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Who {
    server: ServerIndex,
    /// In normal form.
    name: Box<str>,
}

/// An account that somebody is signed in as. The sessions hold it; it is forgotten with the last.
pub(crate) struct Watched {
    server: ServerIndex,
    /// As the first of its sessions wrote it.
    name: Box<str>,
    /// Of the last finding; 0 before the first.
    number: AtomicU32,
    state: Mutex<State>,
}

struct State {
    due: Instant,
    period: Duration,
    /// Who was found under the name first: somebody else under it later is not the one who signed in.
    key: Option<AccountKey>,
    /// The last, and when it was asked for.
    finding: Option<(Finding, Instant)>,
    /// When it was asked for that it is gone, the last time it was: whoever signed in before that is not the account that may stand there now.
    gone_at: Option<Instant>,
}

/// What a look-up showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The account stands like this.
    Stands(Standing),
    /// It is no more, or another one has its name.
    Gone,
}

impl Rechecks {
    pub(crate) fn new(upstream: Arc<Upstream>) -> Self {
        Self {
            lanes: ServiceLanes::new(Arc::clone(&upstream)),
            upstream,
            watched: Mutex::default(),
            changed: Changed::default(),
            turn: AtomicU32::new(0),
            found: AtomicU64::new(0),
            gone: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    pub(crate) fn is_of(&self, upstream: &Arc<Upstream>) -> bool {
        Arc::ptr_eq(&self.upstream, upstream)
    }

    /// The accounts that were changed through other doors.
    pub(crate) fn changed(&self) -> &Changed {
        &self.changed
    }

    /// The directory's name.
    pub(crate) fn directory(&self) -> &str {
        &self.upstream.name().0
    }

    /// Watches the account a session is signed in as on this server. `None` where nobody can look it up: without a service account, or where
    /// the name is no text.
    pub(crate) fn watch(&self, server: ServerIndex, name: &[u8], period: Duration) -> Option<Arc<Watched>> {
        self.upstream.settings().service_account.as_ref()?;
        let written = std::str::from_utf8(name).ok()?;
        let normal = DistinguishedName::parse(name).map_or_else(|_| written.to_owned(), |name| name.to_string());
        let who = Who {
            server,
            name: normal.into(),
        };
        let mut all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&who).and_then(Weak::upgrade) {
            let mut state = known.state();
            state.period = state.period.min(period);
            state.due = state.due.min(Instant::now() + period);
            drop(state);
            return Some(known);
        }
        let watched = Arc::new(Watched {
            server,
            name: written.into(),
            number: AtomicU32::new(0),
            state: Mutex::new(State {
                due: Instant::now() + self.first_after(period),
                period,
                key: None,
                finding: None,
                gone_at: None,
            }),
        });
        all.insert(who, Arc::downgrade(&watched));
        Some(watched)
    }

    /// From a quarter to three quarters of the period: who it is must be known soon, and not everybody's at once.
    fn first_after(&self, period: Duration) -> Duration {
        // Steps of the golden ratio fall evenly, however many there are.
        let turn = u64::from(self.turn.fetch_add(0x9e37_79b9, Ordering::Relaxed));
        let half = u64::try_from(period.as_millis() / 2).unwrap_or(u64::MAX >> 32);
        period / 4 + Duration::from_millis(half.saturating_mul(turn) >> 32)
    }

    /// Looks up whoever is due, for ever; ends with its task.
    pub(crate) async fn run(&self) {
        let mut interval = tokio::time::interval(TURN);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            for watched in self.due() {
                self.look(&watched).await;
            }
        }
    }

    /// Calls `each` with the results of look-ups and how many there were.
    pub(crate) fn counts(&self, mut each: impl FnMut(&'static str, u64)) {
        for (result, count) in [("found", &self.found), ("gone", &self.gone), ("failed", &self.failed)] {
            each(result, count.load(Ordering::Relaxed));
        }
    }

    /// Those whose time has come. Forgets those whose last session has ended.
    fn due(&self) -> Vec<Arc<Watched>> {
        let now = Instant::now();
        let mut due = Vec::new();
        let mut all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, watched| {
            let Some(watched) = watched.upgrade() else {
                return false;
            };
            if watched.state().due <= now {
                due.push(watched);
            }
            true
        });
        due
    }

    async fn look(&self, watched: &Watched) {
        let asked = Instant::now();
        // A server that is away would have everybody else wait for its deadline.
        let looked = if self.upstream.is_away(watched.server) {
            None
        } else {
            Some(self.lanes.look_up_on(watched.server, &watched.name).await)
        };
        let looked = looked.map(|looked| looked.map(|account| (account.key, account.standing)));
        let count = match watched.learn(looked, asked) {
            Some(Finding::Stands(_)) => &self.found,
            Some(Finding::Gone) => &self.gone,
            None => &self.failed,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

impl Watched {
    /// Takes up what a look-up asked for at this time brought, if it says anything of the account. `None` is none at all.
    pub(crate) fn learn(
        &self,
        looked: Option<Result<(AccountKey, Standing), LookUpError>>,
        asked: Instant,
    ) -> Option<Finding> {
        let mut state = self.state();
        state.due = Instant::now() + state.period;
        let finding = match looked? {
            Ok((key, standing)) if state.key.get_or_insert_with(|| key.clone()) == &key => Finding::Stands(standing),
            // Only who was there before can have gone: the service account may not see everybody.
            Ok(_) => Finding::Gone,
            Err(LookUpError::NotFound) if state.key.is_some() => Finding::Gone,
            Err(_) => return None,
        };
        if finding == Finding::Gone {
            state.key = None;
            state.gone_at = Some(asked);
        }
        state.finding = Some((finding.clone(), asked));
        self.number.fetch_add(1, Ordering::Release);
        Some(finding)
    }

    /// The number of the last finding.
    pub(crate) fn number(&self) -> u32 {
        self.number.load(Ordering::Acquire)
    }

    /// The last finding, if it was asked for after `since`; that the account is gone, if it has been since, whoever has its name by now.
    pub(crate) fn finding(&self, since: Instant) -> Option<Finding> {
        let state = self.state();
        if state.gone_at.is_some_and(|asked| asked > since) {
            return Some(Finding::Gone);
        }
        let (finding, _) = state.finding.as_ref().filter(|(_, asked)| *asked > since)?;
        Some(finding.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::{DirectoryName, Evidence, Source};

    fn found(id: &str) -> (AccountKey, Standing) {
        let key = AccountKey {
            directory: DirectoryName("people".into()),
            id: id.into(),
        };
        (key, standing())
    }

    fn standing() -> Standing {
        Standing::unknown(Evidence {
            source: Source::Entry,
            result_code: None,
            told_by: "test",
        })
    }

    fn watched() -> Watched {
        Watched {
            server: ServerIndex(0),
            name: "uid=alice,dc=example".into(),
            number: AtomicU32::new(0),
            state: Mutex::new(State {
                due: Instant::now(),
                period: Duration::from_secs(1),
                key: None,
                finding: None,
                gone_at: None,
            }),
        }
    }

    #[test]
    fn who_signed_in_before_an_account_was_gone_is_gone_though_another_has_its_name_by_now() {
        for gone in [Err(LookUpError::NotFound), Ok(found("another"))] {
            let watched = watched();
            let began = Instant::now();
            let at = |seconds| began + Duration::from_secs(seconds);
            watched.learn(Some(Ok(found("first"))), at(1));
            assert_eq!(watched.finding(began), Some(Finding::Stands(standing())));
            assert_eq!(watched.learn(Some(gone), at(2)), Some(Finding::Gone));
            watched.learn(Some(Ok(found("anew"))), at(4));
            assert_eq!(
                watched.finding(began),
                Some(Finding::Gone),
                "nobody had looked at it yet"
            );
            assert_eq!(
                watched.finding(at(3)),
                Some(Finding::Stands(standing())),
                "the new one stays"
            );
        }
    }

    #[test]
    fn what_cannot_be_looked_up_or_was_never_seen_is_not_gone() {
        let watched = watched();
        let began = Instant::now();
        for nothing in [
            None,
            Some(Err(LookUpError::NotFound)),
            Some(Err(LookUpError::Ambiguous)),
        ] {
            assert_eq!(watched.learn(nothing, began + Duration::from_secs(1)), None);
        }
        assert_eq!((watched.finding(began), watched.number()), (None, 0));
    }
}
