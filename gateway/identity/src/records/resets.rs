//! Reset contexts, what is counted about them, and what is still to be sent. A store keeps octets; what they hold is the heart's.

use super::Stored;
use crate::clock::Timestamp;
use crate::reset::ContextId;
use std::sync::Arc;
use std::time::Duration;

/// A keyed hash: of an account, of a name somebody typed, of a token. The store never has what it is of.
pub type Hash = [u8; 32];

/// The most octets of a body, a payload or an answer.
pub const LARGEST_BODY: usize = 64 * 1024;
/// The most live contexts of one account that are told.
pub const MOST_LIVE: usize = 64;

/// Everything about resets that is kept.
pub trait ResetRecords: Send + Sync {
    /// One context.
    fn context<'a>(&'a self, id: &'a ContextId) -> Stored<'a, Option<ContextRow>>;

    /// The context a handle (the hash of a link's token) leads to.
    fn by_handle<'a>(&'a self, handle: &'a Hash) -> Stored<'a, Option<ContextRow>>;

    /// The live contexts of one account, newest first, at most [`MOST_LIVE`].
    fn live_of<'a>(&'a self, subject: &'a Hash) -> Stored<'a, Vec<ContextRow>>;

    /// Live contexts whose lease ran out before `at`, oldest first.
    fn abandoned(&self, at: Timestamp, most: u32) -> Stored<'_, Vec<ContextRow>>;

    /// Does all of this, in order, or nothing.
    fn commit_reset(&self, unit: Vec<ResetChange>) -> Stored<'_, ()>;

    /// Takes one from each of these allowances, or from none of them if one is used up. Counted before the answer is given, however many ask at once.
    fn spend<'a>(&'a self, allowances: &'a [Allowance], at: Timestamp) -> Stored<'a, Spent>;

    /// Each of these groups as [`spend`](Self::spend) takes them, one after the other until one is used up; what was taken by then stays taken. As
    /// many answers as groups were asked.
    fn spend_in_turn<'a>(&'a self, groups: &'a [&'a [Allowance]], at: Timestamp) -> Stored<'a, Vec<Spent>> {
        Box::pin(async move {
            let mut all = Vec::with_capacity(groups.len());
            for group in groups {
                let spent = self.spend(group, at).await?;
                all.push(spent);
                if let Spent::UsedUp { .. } = spent {
                    break;
                }
            }
            Ok(all)
        })
    }

    /// Gives back what [`spend`](Self::spend) took of these, whole: as if nothing had ever been taken.
    fn restore<'a>(&'a self, keys: &'a [Hash]) -> Stored<'a, ()>;

    /// Until when a thing is held (see [`ResetChange::Hold`]), if it is at `at`.
    fn held<'a>(&'a self, key: &'a Hash, at: Timestamp) -> Stored<'a, Option<Timestamp>>;

    /// Takes the jobs that are due at `at`, oldest first, and nobody else gets them until `lease`.
    fn take_due(&self, at: Timestamp, lease: Timestamp, most: u32) -> Stored<'_, Vec<Job>>;

    /// How many jobs wait, and since when the oldest is due.
    fn waiting(&self) -> Stored<'_, Waiting>;

    /// What was answered to this request before.
    fn kept_answer<'a>(&'a self, key: &'a Hash) -> Stored<'a, Option<KeptAnswer>>;

    /// How self-service last went for an account.
    fn progress<'a>(&'a self, subject: &'a Hash) -> Stored<'a, Option<Arc<[u8]>>>;

    /// Who is onboarded in a directory, by name.
    fn onboarded<'a>(&'a self, directory: &'a str) -> Stored<'a, Vec<Onboarded>>;

    /// Whether somebody with any of these [keys](Onboarded::key) is onboarded in a directory.
    fn is_onboarded<'a>(&'a self, directory: &'a str, keys: &'a [&'a str]) -> Stored<'a, bool> {
        Box::pin(async move {
            let all = self.onboarded(directory).await?;
            Ok(all.iter().any(|one| keys.contains(&&*one.key)))
        })
    }

    /// Takes away what is over by `at`: contexts, handles, allowances, answers, holds, jobs that are done. How many rows. At most `most` of each.
    fn sweep(&self, at: Timestamp, most: u32) -> Stored<'_, u64>;
}

/// One context as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextRow {
    /// Its public name.
    pub id: ContextId,
    /// One more with every change; 1 when it is opened.
    pub version: i64,
    /// Whether anything can still come of it.
    pub live: bool,
    /// Whose it is, once somebody is known.
    pub subject: Option<Hash>,
    /// Whoever executes it has until then; afterwards it is found by [`ResetRecords::abandoned`].
    pub lease: Option<Timestamp>,
    /// It is taken away then.
    pub purge_at: Timestamp,
    /// What is in it.
    pub body: Arc<[u8]>,
}

/// One step of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResetChange {
    /// Makes a context, of version 1. [`Taken`](super::RecordsError::Taken) if there is one.
    Open(ContextRow),
    /// Puts this in the place of the context with this id. [`Changed`](super::RecordsError::Changed) unless it is still of the version given, which goes
    /// up by one.
    Replace(ContextRow),
    /// A handle leads to a context. [`Taken`](super::RecordsError::Taken) if it leads somewhere.
    Handle {
        /// The hash of a token.
        handle: Hash,
        /// Where it leads.
        context: ContextId,
        /// It is taken away then.
        purge_at: Timestamp,
    },
    /// A job is to be done. Another with the same key is there already, done or not: nothing happens.
    Enqueue(NewJob),
    /// This job is done and taken care of. [`Changed`](super::RecordsError::Changed) if it is done already or no longer this taker's.
    Done {
        /// Which.
        job: i64,
        /// As it was taken.
        attempt: u32,
    },
    /// This job is to be taken again at `at`. Errors as of [`ResetChange::Done`].
    Again {
        /// Which.
        job: i64,
        /// As it was taken.
        attempt: u32,
        /// When.
        at: Timestamp,
    },
    /// An answer is kept for whoever asks the same again. [`Taken`](super::RecordsError::Taken) if there is one for that key.
    Keep(KeptAnswer),
    /// A thing is held until then, or longer where it is already.
    Hold {
        /// Which: the hash of an account, for example.
        key: Hash,
        /// Until when.
        until: Timestamp,
    },
    /// A thing is held no longer.
    Release {
        /// Which.
        key: Hash,
    },
    /// Gives back what was taken of these, as [`ResetRecords::restore`] does.
    Restore {
        /// Which.
        keys: Vec<Hash>,
    },
    /// How self-service last went for an account.
    Progress {
        /// Whose.
        subject: Hash,
        /// What is told of it.
        body: Arc<[u8]>,
    },
    /// Somebody may come in. Already so: nothing happens. More than `most` in the directory then: [`TooLarge`](super::RecordsError::TooLarge).
    Onboard {
        /// Who.
        who: Onboarded,
        /// The most users and groups a directory may have, where there is a cap.
        most: Option<u64>,
    },
    /// Somebody may come in no longer.
    Offboard {
        /// In which directory.
        directory: Arc<str>,
        /// Which: see [`Onboarded::key`].
        key: Arc<str>,
    },
}

/// How often a thing may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Of what: the hash of a name, a network, an account, with what is counted.
    pub key: Hash,
    /// As often as this at once; at least 1.
    pub burst: u32,
    /// One more after each such time.
    pub every: Duration,
}

/// Whether it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// From each. The least that is left of any.
    Taken {
        /// How many more would be taken now.
        left: u32,
    },
    /// From none.
    UsedUp {
        /// Which: its place in what was asked.
        which: usize,
        /// When one will be there.
        until: Timestamp,
    },
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// What is to be done is the heart's word: "resolve", "letter", ….
    pub kind: Arc<str>,
    /// Only one job ever has it.
    pub key: Hash,
    /// What is needed for it, sealed where it holds anything secret.
    pub payload: Arc<[u8]>,
    /// Not before.
    pub at: Timestamp,
    /// It is taken away then, done or not.
    pub purge_at: Timestamp,
}

/// A job that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// What is to be done.
    pub kind: Arc<str>,
    /// What is needed for it.
    pub payload: Arc<[u8]>,
    /// 1 the first time it is taken.
    pub attempt: u32,
    /// When it was due first.
    pub since: Timestamp,
}

/// What waits to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// How many jobs.
    pub jobs: u64,
    /// The oldest is due since.
    pub since: Option<Timestamp>,
}

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The hash of who asked and their key.
    pub key: Hash,
    /// The hash of what was asked.
    pub request: Hash,
    /// The answer.
    pub answer: Arc<[u8]>,
    /// It is taken away then.
    pub purge_at: Timestamp,
}

/// Somebody who may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onboarded {
    /// In which directory.
    pub directory: Arc<str>,
    /// An account's stable id, or a group's DN in the form in which DNs are compared.
    pub key: Arc<str>,
    /// Whether it is a group, with whoever is in it at the time.
    pub group: bool,
    /// What it was called, to be shown.
    pub name: Arc<str>,
    /// Since when.
    pub at: Timestamp,
}
