//! One account is written. Whose its password is is asked right before, and what it comes to is the account's alone.

use super::asked::Action;
use super::context::{Base, Context};
use super::desk::Desk;
use super::events::Step;
use super::finish::Written;
use super::gates::{Evaluation, evaluate};
use super::judge::{Judged, Wish};
use super::stages::{Executing, Target};
use super::told::TargetOutcome;
use super::trouble::Trouble;
use crate::audit::Outcome;
use crate::directory::{Applicant, Applicants, DirectoryError};
use crate::password::{PasswordRule, StandingChange};
use crate::secret::Secret;
use crate::standing::{LockedBy, State};

impl Desk {
    pub(super) async fn write_one(
        &self,
        context: &Context<Executing>,
        target: &Target,
        new: Option<&Secret>,
    ) -> Written {
        let base = &context.base;
        let at = self.now();
        let looked = self.look_again(context, target, at).await;
        let (applicant, judged) = match looked {
            Ok(Ok(found)) => found,
            Ok(Err(outcome)) => return Written::not(target, outcome),
            Err(trouble) => {
                self.record_trouble(base, "reset.executed", trouble);
                return Written::not(target, TargetOutcome::Later);
            }
        };
        let Ok(directory) = self.directory(&target.directory) else {
            return Written::not(target, TargetOutcome::Later);
        };
        self.crash("execute:before-write");
        let answer = match (base.action(), new) {
            (Action::Reset, Some(new)) => directory.reset_password(&applicant.person, new).await,
            (Action::Unlock, None) => unlock(&**directory, &applicant).await,
            _ => return Written::not(target, TargetOutcome::NotAllowed),
        };
        let (outcome, rule) = came_to(answer);
        self.record_found(
            base,
            &applicant,
            &judged,
            &Step {
                reason: Some(rule.map_or(word(outcome), PasswordRule::as_str)),
                ..Step::of("reset.executed", recorded(outcome))
            },
        );
        let mut written = Written {
            outcome,
            rule,
            privileged: judged.rules.privileged || applicant.protected,
            ..Written::not(target, outcome)
        };
        if outcome == TargetOutcome::Done {
            self.crash("execute:between");
            let after = self.make_usable(base, &**directory, &applicant, &judged).await;
            written.person = Some(after.person);
            written.mark = after.password_mark;
        }
        written
    }

    /// Everything once more, for this account by itself.
    async fn look_again(
        &self,
        context: &Context<Executing>,
        target: &Target,
        at: crate::clock::Timestamp,
    ) -> Result<Result<(Applicant, Judged), TargetOutcome>, Trouble> {
        let base = &context.base;
        let directory = self.directory(&target.directory)?;
        let applicant = match directory.again(&target.key()).await {
            Ok(applicant) => applicant,
            Err(DirectoryError::NotFound) => return Ok(Err(TargetOutcome::Changed)),
            Err(error) => return Err(error.into()),
        };
        if applicant.password_mark != target.mark {
            return Ok(Err(TargetOutcome::Changed));
        }
        let wish = Wish::Action(base.action());
        let judged = self.judge(base.route(), wish, &**directory, &applicant, at).await?;
        let Some(judged) = judged.filter(|judged| judged.bar.is_none()) else {
            return Ok(Err(TargetOutcome::Changed));
        };
        if !judged.owner.authority.permits_local_write() {
            self.record_found(
                base,
                &applicant,
                &judged,
                &Step {
                    reason: Some("not_here"),
                    ..Step::of("reset.executed", Outcome::Refused)
                },
            );
            return Ok(Err(TargetOutcome::NotHere));
        }
        let facts = &context.stage.ready.facts;
        if evaluate(&base.id, facts, &judged.rules, &self.known) != Evaluation::Sufficient {
            return Ok(Err(TargetOutcome::NotAllowed));
        }
        Ok(Ok((applicant, judged)))
    }

    /// After a new password: what still keeps its owner from signing in, and is theirs to lift, is lifted. How the account is then.
    async fn make_usable(
        &self,
        base: &Base,
        directory: &dyn Applicants,
        before: &Applicant,
        judged: &Judged,
    ) -> Applicant {
        let Ok(mut after) = directory.again(&before.person.key).await else {
            return before.clone();
        };
        let change = match after.standing.state {
            _ if base.action() != Action::Reset => None,
            State::Locked {
                by: LockedBy::Failures, ..
            } if judged.rules.features.unlock => Some(StandingChange::Unlock),
            // S1.19: its owner has just set it.
            State::MustChange => Some(StandingChange::WithdrawForceChange),
            _ => None,
        };
        let Some(change) = change else { return after };
        let answer = directory.change_standing(&before.person, change).await;
        let outcome = if answer.is_ok() {
            Outcome::Allowed
        } else {
            Outcome::Failed
        };
        self.record_found(
            base,
            before,
            judged,
            &Step {
                reason: Some(change.as_str()),
                ..Step::of("reset.standing_changed", outcome)
            },
        );
        if let Ok(again) = directory.again(&before.person.key).await {
            after = again;
        }
        after
    }
}

/// F14: the lock that failures left, and nothing else. Where there is none, nothing is written.
async fn unlock(directory: &dyn Applicants, applicant: &Applicant) -> Result<(), DirectoryError> {
    match applicant.standing.state {
        State::Locked {
            by: LockedBy::Failures, ..
        } => {
            directory
                .change_standing(&applicant.person, StandingChange::Unlock)
                .await
        }
        _ => Ok(()),
    }
}

fn came_to(answer: Result<(), DirectoryError>) -> (TargetOutcome, Option<PasswordRule>) {
    let outcome = match answer {
        Ok(()) => TargetOutcome::Done,
        Err(DirectoryError::Refused(refusal)) => return (TargetOutcome::Refused, refusal.rule),
        Err(DirectoryError::OutcomeUnknown) => TargetOutcome::BeingFoundOut,
        Err(DirectoryError::Unavailable | DirectoryError::Unprotected) => TargetOutcome::Later,
        Err(DirectoryError::NotAllowed | DirectoryError::NotPossible) => TargetOutcome::NotAllowed,
        Err(DirectoryError::NotFound | DirectoryError::Ambiguous | DirectoryError::TooMany) => TargetOutcome::Changed,
    };
    (outcome, None)
}

fn word(outcome: TargetOutcome) -> &'static str {
    match outcome {
        TargetOutcome::Done => "done",
        TargetOutcome::Refused => "refused",
        TargetOutcome::NotHere => "not_here",
        TargetOutcome::Changed => "changed",
        TargetOutcome::Later => "later",
        TargetOutcome::BeingFoundOut => "being_found_out",
        TargetOutcome::NotAllowed => "not_allowed",
    }
}

fn recorded(outcome: TargetOutcome) -> Outcome {
    match outcome {
        TargetOutcome::Done => Outcome::Allowed,
        TargetOutcome::Refused | TargetOutcome::NotAllowed => Outcome::Failed,
        TargetOutcome::NotHere | TargetOutcome::Changed => Outcome::Refused,
        TargetOutcome::Later | TargetOutcome::BeingFoundOut => Outcome::Unavailable,
    }
}
