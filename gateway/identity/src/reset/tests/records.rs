//! The store, in memory: every unit whole or not at all.

use crate::clock::Timestamp;
use crate::records::resets::MOST_LIVE;
use crate::records::{
    Allowance, ContextRow, Hash, Job, KeptAnswer, NewJob, Onboarded, RecordsError, ResetChange, ResetRecords, Spent,
    Stored, Waiting,
};
use crate::reset::ContextId;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
pub(super) struct Memory {
    state: Mutex<State>,
    /// Every call, by name, in order.
    pub calls: Mutex<Vec<&'static str>>,
    pub down: AtomicBool,
    /// The next unit is done, and its answer lost.
    pub silent_once: AtomicBool,
}

#[derive(Default, Clone)]
struct State {
    contexts: BTreeMap<ContextId, ContextRow>,
    handles: HashMap<Hash, (ContextId, Timestamp)>,
    jobs: Vec<Waits>,
    job_keys: HashSet<Hash>,
    allowances: HashMap<Hash, i128>,
    holds: HashMap<Hash, Timestamp>,
    answers: HashMap<Hash, KeptAnswer>,
    progress: HashMap<Hash, Arc<[u8]>>,
    onboarded: Vec<Onboarded>,
    next_job: i64,
}

#[derive(Clone)]
struct Waits {
    id: i64,
    job: NewJob,
    due: Timestamp,
    attempt: u32,
    done: bool,
}

impl Memory {
    fn state<T>(
        &self,
        name: &'static str,
        tell: impl FnOnce(&mut State) -> Result<T, RecordsError>,
    ) -> Result<T, RecordsError> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(name);
        if self.down.load(Ordering::Relaxed) {
            return Err(RecordsError::Unavailable);
        }
        tell(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Everything that is kept, as octets: for looking whether something is in it.
    pub(super) fn everything(&self) -> Vec<u8> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::new();
        state.contexts.values().for_each(|row| all.extend_from_slice(&row.body));
        state
            .jobs
            .iter()
            .for_each(|waits| all.extend_from_slice(&waits.job.payload));
        state
            .answers
            .values()
            .for_each(|kept| all.extend_from_slice(&kept.answer));
        state.progress.values().for_each(|body| all.extend_from_slice(body));
        all
    }

    pub(super) fn shapes(&self) -> Vec<(String, bool)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state
            .jobs
            .iter()
            .map(|waits| (waits.job.kind.to_string(), waits.done))
            .collect()
    }
}

fn micros(at: Timestamp) -> i128 {
    i128::from(at.as_microsecond())
}

fn back(at: i128) -> Timestamp {
    i64::try_from(at)
        .ok()
        .and_then(|at| Timestamp::from_microsecond(at).ok())
        .unwrap_or(Timestamp::MAX)
}

fn apply(state: &mut State, change: ResetChange) -> Result<(), RecordsError> {
    match change {
        ResetChange::Open(row) => {
            if state.contexts.contains_key(&row.id) {
                return Err(RecordsError::Taken);
            }
            state.contexts.insert(row.id, ContextRow { version: 1, ..row });
        }
        ResetChange::Replace(row) => {
            let kept = state.contexts.get_mut(&row.id).ok_or(RecordsError::Changed)?;
            if kept.version != row.version {
                return Err(RecordsError::Changed);
            }
            *kept = ContextRow {
                version: row.version + 1,
                ..row
            };
        }
        ResetChange::Handle {
            handle,
            context,
            purge_at,
        } => {
            if state.handles.insert(handle, (context, purge_at)).is_some() {
                return Err(RecordsError::Taken);
            }
        }
        ResetChange::Enqueue(job) => {
            if state.job_keys.insert(job.key) {
                state.next_job += 1;
                state.jobs.push(Waits {
                    id: state.next_job,
                    due: job.at,
                    job,
                    attempt: 0,
                    done: false,
                });
            }
        }
        ResetChange::Done { job, attempt } => taken(state, job, attempt)?.done = true,
        ResetChange::Again { job, attempt, at } => taken(state, job, attempt)?.due = at,
        ResetChange::Keep(kept) => {
            if state.answers.insert(kept.key, kept).is_some() {
                return Err(RecordsError::Taken);
            }
        }
        ResetChange::Hold { key, until } => {
            let held = state.holds.entry(key).or_insert(until);
            *held = until.max(*held);
        }
        ResetChange::Restore { keys } => {
            state.allowances.retain(|key, _| !keys.contains(key));
        }
        ResetChange::Release { key } => {
            state.holds.remove(&key);
        }
        ResetChange::Progress { subject, body } => {
            state.progress.insert(subject, body);
        }
        ResetChange::Onboard { who, .. } => state.onboarded.push(who),
        ResetChange::Offboard { directory, key } => {
            state
                .onboarded
                .retain(|one| one.directory != directory || one.key != key);
        }
    }
    Ok(())
}

fn taken(state: &mut State, job: i64, attempt: u32) -> Result<&mut Waits, RecordsError> {
    let waits = state.jobs.iter_mut().find(|waits| waits.id == job);
    waits
        .filter(|waits| !waits.done && waits.attempt == attempt)
        .ok_or(RecordsError::Changed)
}

impl ResetRecords for Memory {
    fn context<'a>(&'a self, id: &'a ContextId) -> Stored<'a, Option<ContextRow>> {
        Box::pin(async move { self.state("context", |state| Ok(state.contexts.get(id).cloned())) })
    }

    fn by_handle<'a>(&'a self, handle: &'a Hash) -> Stored<'a, Option<ContextRow>> {
        Box::pin(async move {
            self.state("by_handle", |state| {
                let leads = state.handles.get(handle);
                Ok(leads.and_then(|(id, _)| state.contexts.get(id)).cloned())
            })
        })
    }

    fn live_of<'a>(&'a self, subject: &'a Hash) -> Stored<'a, Vec<ContextRow>> {
        Box::pin(async move {
            self.state("live_of", |state| {
                let rows = state
                    .contexts
                    .values()
                    .filter(|row| row.live && row.subject == Some(*subject));
                Ok(rows.take(MOST_LIVE).cloned().collect())
            })
        })
    }

    fn abandoned(&self, at: Timestamp, most: u32) -> Stored<'_, Vec<ContextRow>> {
        Box::pin(async move {
            self.state("abandoned", |state| {
                let rows = state
                    .contexts
                    .values()
                    .filter(|row| row.live && row.lease.is_some_and(|lease| lease < at));
                Ok(rows.take(most as usize).cloned().collect())
            })
        })
    }

    fn commit_reset(&self, unit: Vec<ResetChange>) -> Stored<'_, ()> {
        Box::pin(async move {
            self.state("commit", |state| {
                let mut next = state.clone();
                for change in unit {
                    apply(&mut next, change)?;
                }
                *state = next;
                if self.silent_once.swap(false, Ordering::Relaxed) {
                    return Err(RecordsError::OutcomeUnknown);
                }
                Ok(())
            })
        })
    }

    fn spend<'a>(&'a self, allowances: &'a [Allowance], at: Timestamp) -> Stored<'a, Spent> {
        Box::pin(async move {
            self.state("spend", |state| {
                let now = micros(at);
                let mut left = u32::MAX;
                let mut next = Vec::new();
                for (which, allowance) in allowances.iter().enumerate() {
                    let every = i128::try_from(allowance.every.as_micros())
                        .unwrap_or(i128::MAX / 4)
                        .max(1);
                    let tat = state.allowances.get(&allowance.key).copied().unwrap_or(now).max(now);
                    let after = tat + every;
                    let room = now + every * i128::from(allowance.burst) - after;
                    if room < 0 {
                        let until = back(now - room);
                        return Ok(Spent::UsedUp { which, until });
                    }
                    left = left.min(u32::try_from(room / every).unwrap_or(u32::MAX));
                    next.push((allowance.key, after));
                }
                state.allowances.extend(next);
                Ok(Spent::Taken { left })
            })
        })
    }

    fn restore<'a>(&'a self, keys: &'a [Hash]) -> Stored<'a, ()> {
        Box::pin(async move {
            self.state("restore", |state| {
                state.allowances.retain(|key, _| !keys.contains(key));
                Ok(())
            })
        })
    }

    fn held<'a>(&'a self, key: &'a Hash, at: Timestamp) -> Stored<'a, Option<Timestamp>> {
        Box::pin(async move {
            self.state("held", |state| {
                Ok(state.holds.get(key).copied().filter(|until| *until > at))
            })
        })
    }

    fn take_due(&self, at: Timestamp, lease: Timestamp, most: u32) -> Stored<'_, Vec<Job>> {
        Box::pin(async move {
            self.state("take_due", |state| {
                let due = state.jobs.iter_mut().filter(|waits| !waits.done && waits.due <= at);
                let jobs = due.take(most as usize).map(|waits| {
                    waits.attempt += 1;
                    waits.due = lease;
                    Job {
                        id: waits.id,
                        kind: Arc::clone(&waits.job.kind),
                        payload: Arc::clone(&waits.job.payload),
                        attempt: waits.attempt,
                        since: waits.job.at,
                    }
                });
                Ok(jobs.collect())
            })
        })
    }

    fn waiting(&self) -> Stored<'_, Waiting> {
        Box::pin(async move {
            self.state("waiting", |state| {
                let open = state.jobs.iter().filter(|waits| !waits.done);
                Ok(Waiting {
                    jobs: u64::try_from(open.clone().count()).unwrap_or(0),
                    since: open.map(|waits| waits.due).min(),
                })
            })
        })
    }

    fn kept_answer<'a>(&'a self, key: &'a Hash) -> Stored<'a, Option<KeptAnswer>> {
        Box::pin(async move { self.state("kept_answer", |state| Ok(state.answers.get(key).cloned())) })
    }

    fn progress<'a>(&'a self, subject: &'a Hash) -> Stored<'a, Option<Arc<[u8]>>> {
        Box::pin(async move { self.state("progress", |state| Ok(state.progress.get(subject).cloned())) })
    }

    fn onboarded<'a>(&'a self, directory: &'a str) -> Stored<'a, Vec<Onboarded>> {
        Box::pin(async move {
            self.state("onboarded", |state| {
                let here = state.onboarded.iter().filter(|one| *one.directory == *directory);
                Ok(here.cloned().collect())
            })
        })
    }

    fn sweep(&self, at: Timestamp, _most: u32) -> Stored<'_, u64> {
        Box::pin(async move {
            self.state("sweep", |state| {
                let before = state.contexts.len() + state.handles.len() + state.jobs.len() + state.answers.len();
                state.contexts.retain(|_, row| row.purge_at > at);
                state.handles.retain(|_, (_, purge_at)| *purge_at > at);
                state.jobs.retain(|waits| waits.job.purge_at > at);
                state.answers.retain(|_, kept| kept.purge_at > at);
                let after = state.contexts.len() + state.handles.len() + state.jobs.len() + state.answers.len();
                Ok(u64::try_from(before - after).unwrap_or(0))
            })
        })
    }
}
