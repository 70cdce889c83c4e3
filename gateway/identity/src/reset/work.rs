//! What is done after everybody has had their answer: jobs are taken, leases that ran out are looked after, what is over is taken away.

use super::context::later;
use super::desk::Desk;
use super::events::Step;
use super::letters::LETTER;
use super::resolve::{AGAIN, RESOLVE, done};
use super::sign_in::SIGN_IN;
use super::trouble::Trouble;
use crate::records::{Job, RecordsError, ResetChange};
use futures_util::future::join_all;
use std::time::Duration;

/// Jobs that are done side by side.
const AT_ONCE: u32 = 16;
/// Nobody else takes a job for so long: longer than any port's patience, several times over.
const LEASE: Duration = Duration::from_mins(2);
/// The most rows of each kind that one sweep takes away.
const SWEPT_AT_ONCE: u32 = 1_000;

/// What one round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worked {
    /// Jobs that were taken. Some: there may be more to do at once.
    pub done: u32,
}

impl Desk {
    /// Takes what is due and does it. A job that fails is tried again later, and keeps nobody else's back.
    pub async fn work_once(&self) -> Result<Worked, RecordsError> {
        let at = self.now();
        let jobs = self.parts.records.take_due(at, later(at, LEASE), AT_ONCE).await?;
        join_all(jobs.iter().map(|job| self.work_on(job))).await;
        Ok(Worked {
            done: u32::try_from(jobs.len()).unwrap_or(u32::MAX),
        })
    }

    /// Takes away what is over. How many rows; as often as it takes away any there may be more.
    pub async fn sweep(&self) -> Result<u64, RecordsError> {
        self.parts.records.sweep(self.now(), SWEPT_AT_ONCE).await
    }

    async fn work_on(&self, job: &Job) {
        let worked = match &*job.kind {
            RESOLVE => self.resolve(job).await,
            AGAIN => self.send_message_again(job).await,
            SIGN_IN => self.mail_to_sign_in(job).await,
            LETTER => self.send_letter(job).await,
            // A newer program's: it will see to it.
            _ => return,
        };
        let Err(trouble) = worked else { return };
        tracing::warn!(job = &*job.kind, attempt = job.attempt, trouble = %trouble, "a job of self-service is tried again");
        if trouble == Trouble::Unreadable {
            // Nobody will ever be able to read it.
            let _ = self.done(job).await;
            return;
        }
        let at = later(self.now(), pause(job.attempt));
        let again = ResetChange::Again {
            job: job.id,
            attempt: job.attempt,
            at,
        };
        // Where that fails too, the lease runs out and somebody takes it.
        let _ = self.parts.records.commit_reset(vec![again]).await;
    }

    async fn send_letter(&self, job: &Job) -> Result<(), Trouble> {
        let change = match self.send(job).await? {
            None => done(job),
            Some(at) => ResetChange::Again {
                job: job.id,
                attempt: job.attempt,
                at,
            },
        };
        Ok(self.parts.records.commit_reset(vec![change]).await?)
    }

    /// Puts on record that something of the heart's own went wrong in a context.
    pub(super) fn record_trouble(&self, base: &super::context::Base, name: &'static str, trouble: Trouble) {
        let reason = trouble.to_string();
        self.record(
            base,
            &Step {
                reason: Some(&reason),
                ..Step::of(name, crate::audit::Outcome::Unavailable)
            },
        );
    }
}

/// How long to wait after so many attempts: 5 s, doubled each time, a quarter of an hour at most.
pub(super) fn pause(attempt: u32) -> Duration {
    let doubled = 1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX);
    Duration::from_secs(doubled.saturating_mul(5).min(15 * 60))
}
