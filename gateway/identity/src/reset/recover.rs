//! What became of a write nobody heard the end of: the directory is asked, and nothing is written again before it has answered.

use super::asked::{Action, ContextId};
use super::context::{Context, later, load};
use super::desk::Desk;
use super::events::Step;
use super::finish::{SETTLING, Written};
use super::keys::Digest;
use super::limits::DAY;
use super::stages::{Executing, Kept, Target};
use super::told::TargetOutcome;
use super::trouble::Trouble;
use crate::audit::Outcome;
use crate::clock::Timestamp;
use crate::directory::DirectoryError;
use crate::records::RecordsError;
use crate::standing::{LockedBy, State};
use std::sync::PoisonError;

/// Contexts that are looked at in one round.
const AT_ONCE: u32 = 32;

/// The most that are remembered; what is more waits for its lease.
const MOST_LET_GO: usize = 1_024;

/// A write that was let go of.
pub(super) struct LetGo {
    context: ContextId,
    claim: Digest,
    at: Timestamp,
}

/// A write that is under way here.
pub(super) struct Writing<'a> {
    desk: &'a Desk,
    one: Option<(ContextId, Digest)>,
}

impl Writing<'_> {
    pub(super) fn ended(mut self) {
        self.one = None;
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let Some((context, claim)) = self.one.take() else {
            return;
        };
        let at = self.desk.now();
        let mut let_go = self.desk.let_go.lock().unwrap_or_else(PoisonError::into_inner);
        if let_go.len() < MOST_LET_GO {
            let_go.push(LetGo { context, claim, at });
        }
    }
}

impl Desk {
    /// Looks after contexts whose lease ran out: whoever was writing is gone. How many of them are known of now.
    pub async fn recover(&self) -> Result<u32, RecordsError> {
        self.recover_those(self.now()).await
    }

    /// The same for whoever is alone with these records and has just started: nobody can be writing, and no lease needs to run out. To be called
    /// before anything is asked of the desk, and again as long as it finds any.
    pub async fn recover_at_start(&self) -> Result<u32, RecordsError> {
        self.recover_those(later(self.now(), DAY)).await
    }

    async fn recover_those(&self, leased_until: Timestamp) -> Result<u32, RecordsError> {
        let rows = self.parts.records.abandoned(leased_until, AT_ONCE).await?;
        let mut found_out = 0;
        for row in &rows {
            let Ok(loaded) = load(row) else { continue };
            let Kept::Executing(stage) = loaded.stage.clone() else {
                continue;
            };
            let base = loaded.base.clone();
            match Box::pin(self.find_out(loaded.at(*stage))).await {
                Ok(()) => found_out += 1,
                Err(trouble) => self.record_trouble(&base, "reset.recovered", trouble),
            }
        }
        for one in self.let_go_of(self.now()) {
            let Ok(Some(loaded)) = self.context(&one.context).await else {
                continue;
            };
            let Kept::Executing(stage) = loaded.stage.clone() else {
                continue;
            };
            if stage.claim == one.claim && Box::pin(self.find_out(loaded.at(*stage))).await.is_ok() {
                found_out += 1;
            }
        }
        Ok(found_out)
    }

    /// Whoever holds this is writing; dropped before it has ended, it is known that nobody writes any more.
    pub(super) fn writing(&self, context: &Context<Executing>) -> Writing<'_> {
        Writing {
            desk: self,
            one: Some((context.base.id, context.stage.claim)),
        }
    }

    /// Those whose last word the directory has had time for, each once. Where that does not come to an end, their leases do.
    fn let_go_of(&self, at: Timestamp) -> Vec<LetGo> {
        let mut let_go = self.let_go.lock().unwrap_or_else(PoisonError::into_inner);
        let (due, rest) = let_go.drain(..).partition(|one| later(one.at, SETTLING) <= at);
        *let_go = rest;
        due
    }

    /// What became of this one. Nobody else is writing it: its lease has run out, and whoever comes first commits.
    pub(super) async fn find_out(&self, context: Context<Executing>) -> Result<(), Trouble> {
        let mut written = Vec::new();
        for number in &context.stage.chosen {
            let Some(target) = context.stage.ready.accounts.list.get(*number) else {
                continue;
            };
            written.push(self.look_what_became(&context, target).await?);
        }
        self.crash("recover:looked");
        for one in &written {
            let step = Step {
                reason: Some(if one.outcome == TargetOutcome::Done {
                    "done"
                } else {
                    "not_done"
                }),
                ..Step::of("reset.recovered", Outcome::Allowed)
            };
            self.record(&context.base, &step);
        }
        // Nobody waits for the answer.
        let _ = self.finish(None, context, written, None).await;
        Ok(())
    }

    async fn look_what_became(&self, context: &Context<Executing>, target: &Target) -> Result<Written, Trouble> {
        let directory = self.directory(&target.directory)?;
        let applicant = match directory.again(&target.key()).await {
            Ok(applicant) => applicant,
            Err(DirectoryError::NotFound) => return Ok(Written::not(target, TargetOutcome::Changed)),
            Err(error) => return Err(error.into()),
        };
        let is_locked = matches!(
            applicant.standing.state,
            State::Locked {
                by: LockedBy::Failures,
                ..
            }
        );
        let outcome = match (context.base.action(), &target.mark, &applicant.password_mark) {
            (Action::Unlock, _, _) if is_locked => TargetOutcome::Later,
            (Action::Unlock, _, _) => TargetOutcome::Done,
            (_, Some(before), Some(now)) if before == now => TargetOutcome::Later,
            (_, None | Some(_), Some(_)) => TargetOutcome::Done,
            // It does not say, and nothing is written twice: its owner is told that it may have changed, and can begin anew.
            (_, _, None) => TargetOutcome::Changed,
        };
        let mut one = Written::not(target, outcome);
        one.mark.clone_from(&applicant.password_mark);
        one.privileged = applicant.protected;
        if outcome == TargetOutcome::Done || applicant.password_mark.is_none() {
            one.person = Some(applicant.person);
        }
        Ok(one)
    }
}
