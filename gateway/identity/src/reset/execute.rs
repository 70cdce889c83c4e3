//! The last step: everything is asked once more, one of all who try gets to write, and each account comes to something of its own.

use super::asked::{Action, Caller, Execution, Holder};
use super::context::{Context, later};
use super::desk::Desk;
use super::events::Step;
use super::finish::Written;
use super::footing::Footing;
use super::gates::{Evaluation, VOUCHED, evaluate_both};
use super::judge::{Bar, Judged, Wish};
use super::keys::{Digest, Purpose, token};
use super::limits::DAY;
use super::request::{RACES, until_then};
use super::stages::{Executing, Kept, Ready, Subject};
use super::told::{Ending, Refused, TargetOutcome, TargetResult};
use super::trouble::Trouble;
use super::view::stricter;
use super::wait::has_to_wait;
use crate::audit::Outcome;
use crate::clock::Timestamp;
use crate::directory::{Applicant, DirectoryError};
use crate::records::{RecordsError, Spent};
use crate::secret::Secret;
use std::time::Duration;

/// Whoever writes has the context for so long; afterwards somebody looks what became of it. Longer than any directory takes to answer, or not to,
/// and than the clocks of two gateways differ.
pub(super) const WRITING: Duration = Duration::from_mins(6);

/// What everything was asked for once more, and found good.
struct Checked {
    subject: Subject,
    applicant: Applicant,
    judged: Judged,
}

/// Why it is not written now.
enum Hindered {
    Refused(Refused),
    /// What it stood on is gone: the context is over.
    Over(Ending),
}

impl From<Refused> for Hindered {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Trouble> for Hindered {
    fn from(trouble: Trouble) -> Self {
        Self::Refused(trouble.into())
    }
}

impl Desk {
    /// Carries it out.
    pub(super) async fn carry_out(
        &self,
        caller: &Caller<'_>,
        holder: Holder<'_>,
        execution: Execution<'_>,
    ) -> Result<Vec<TargetResult>, Refused> {
        let (context, _) = self.held_context(caller, holder).await?;
        let asked = self.asked_once(&context.base, holder, &execution);
        if let Some(asked) = &asked
            && let Some(answer) = self.answered_before(asked).await?
        {
            return Ok(answer);
        }
        for _ in 0..RACES {
            let (context, held) = self.held_context(caller, holder).await?;
            let at = self.now();
            let ready = match (&context.stage, context.footing(held, at)) {
                (_, Footing::Over(ending)) => return Err(Refused::Over(ending)),
                (_, Footing::Open) | (Kept::Proving(_), Footing::Proven) => return Err(Refused::NotReady),
                // What was done is told again, and nothing is done again.
                (Kept::Executed(stage), Footing::Proven) => return Ok(stage.results.clone()),
                (Kept::Executing(stage), Footing::Proven) if stage.lease <= at => {
                    let executing = stage.as_ref().clone();
                    Box::pin(self.find_out(context.at(executing))).await?;
                    continue;
                }
                // Somebody is writing, with the same proof: a second press of the button, as a rule.
                (Kept::Executing(stage), Footing::Proven) => return Ok(under_way(stage)),
                (Kept::Ready(stage), Footing::Proven) if at < stage.until.min(context.base.expires_at) => {
                    stage.as_ref().clone()
                }
                (Kept::Ready(_), Footing::Proven) => return Err(Refused::Over(Ending::Expired)),
                _ => return Err(Refused::Unavailable),
            };
            let context = context.at(ready);
            let new = self.new_password(context.base.action(), &execution)?;
            let checked = match self.check(&context, at).await {
                Ok(checked) => checked,
                Err(Hindered::Refused(refused)) => return Err(refused),
                Err(Hindered::Over(ending)) => return Err(self.ended(caller, context, ending, at).await?),
            };
            if let Some(new) = &new {
                self.look_at_password(&context, &checked, new)?;
            }
            let mut context = self.with_account(context, &checked, at).await?;
            let chosen = chosen(&context.stage, execution.accounts)?;
            let done = self.spend_done(&context, &checked, at).await?;
            if let Spent::UsedUp { until, .. } = done {
                return Err(Refused::TooMany {
                    after: until_then(at, until),
                });
            }
            self.crash("execute:before-claim");
            self.name_successor(&mut context.base, holder);
            let (executing, change) = context.executing(chosen, self.claim()?, at, later(at, WRITING))?;
            let executing = match self.parts.records.commit_reset(vec![change]).await {
                Ok(()) => executing,
                Err(RecordsError::Changed) => continue,
                // Nobody heard whether we have it: then it is looked up, and nothing is written unless we do.
                Err(RecordsError::OutcomeUnknown) => {
                    let ours = self.same_execution(&executing).await?;
                    ours.ok_or(Refused::Unavailable)?
                }
                Err(error) => return Err(error.into()),
            };
            let writing = self.writing(&executing);
            self.crash("execute:claimed");
            self.record_of(
                &executing.base,
                &checked.subject,
                &Step {
                    caller: Some(caller),
                    rule: Some(checked.judged.owner.rule.as_str()),
                    authority: Some(&checked.judged.owner.authority),
                    entry: Some(&checked.applicant.person.dn),
                    ..Step::of("reset.execute_started", Outcome::Allowed)
                },
            );
            let written = self.write(&executing, new.as_ref()).await;
            self.crash("execute:written");
            let answer = self.finish(Some(caller), executing, written, asked.as_ref()).await;
            writing.ended();
            return answer;
        }
        Err(Refused::Unavailable)
    }

    fn claim(&self) -> Result<Digest, Trouble> {
        let random = token(&*self.parts.chance).ok_or(Trouble::NoChance)?;
        Ok(Digest(self.parts.keys.hash(Purpose::Job, &[b"claim", random.expose()])))
    }

    /// What is written. A password is taken as it is.
    fn new_password(&self, action: Action, execution: &Execution<'_>) -> Result<Option<Secret>, Refused> {
        match action {
            Action::Reset => {
                let source = self.parts.sources.first().ok_or(Refused::NotOffered)?;
                let new = source.password(execution.new, &*self.parts.chance);
                new.map(Some).ok_or(Refused::Unusable("new"))
            }
            Action::Unlock if execution.new.is_some() => Err(Refused::Unusable("new")),
            Action::Unlock => Ok(None),
            Action::Reminder => Err(Refused::NotReady),
        }
    }

    /// Everything that was asked before, asked once more: switch, policy, standing, whose the password is, what the account was, what was proven.
    async fn check(&self, context: &Context<Ready>, at: Timestamp) -> Result<Checked, Hindered> {
        let base = &context.base;
        let (subject, applicant) = match &context.stage.account {
            Some(subject) => {
                let directory = self.directory(&subject.directory)?;
                let applicant = match directory.again(&subject.key()).await {
                    Ok(applicant) => applicant,
                    Err(DirectoryError::NotFound) => return Err(Hindered::Over(Ending::Changed)),
                    Err(error) => return Err(Trouble::from(error).into()),
                };
                (Some(subject.clone()), applicant)
            }
            None => (None, self.vouched_for(context).await?),
        };
        let directory = self.directory(&applicant.person.key.directory.0)?;
        let wish = Wish::Action(base.action());
        let judged = self.judge(base.route(), wish, &**directory, &applicant, at).await?;
        let judged = judged.ok_or(Hindered::Over(Ending::Changed))?;
        if judged.bar == Some(Bar::NotOffered) {
            self.not_eligible(base, Some(&applicant), Bar::NotOffered.as_str(), Some(&judged));
            return Err(Refused::NotOffered.into());
        }
        let subject = match subject {
            Some(subject) => {
                if let Some(ending) = self.still_stands(&subject, &applicant, &judged) {
                    return Err(Hindered::Over(ending));
                }
                subject
            }
            // Whose it is decides the writing; a provider's comes to "not here" like everybody else's.
            None if judged.bar.is_some() => {
                let reason = judged.bar.as_ref().map_or("", |bar| bar.as_str());
                self.not_eligible(base, Some(&applicant), reason, Some(&judged));
                return Err(Hindered::Over(Ending::Unknown));
            }
            None => self.subject(&applicant, &judged),
        };
        if has_to_wait(context, [&subject.rules, &judged.rules], at) {
            return Err(Refused::NotReady.into());
        }
        let (facts, rules) = (&context.stage.facts, &subject.rules);
        match evaluate_both(&base.id, facts, rules, &judged.rules, &self.known) {
            Evaluation::Sufficient => Ok(Checked {
                subject,
                applicant,
                judged,
            }),
            Evaluation::Needs(_) => {
                self.not_eligible(base, Some(&applicant), "more_proof_needed", Some(&judged));
                Err(Refused::NotReady.into())
            }
        }
    }

    /// Whom a program vouches for. Only now is anybody looked for.
    async fn vouched_for(&self, context: &Context<Ready>) -> Result<Applicant, Hindered> {
        let base = &context.base;
        let vouched = base.vouched().ok_or(Hindered::Over(Ending::Unknown))?;
        let name = self.parts.keys.open(VOUCHED, &vouched.named);
        let name = name.as_ref().and_then(|name| std::str::from_utf8(name.expose()).ok());
        let name = name.ok_or(Trouble::Unreadable)?;
        let directory = self.directory(&base.opening.directory)?;
        match directory.applicant(name).await {
            Ok(applicant) => Ok(applicant),
            Err(error @ (DirectoryError::NotFound | DirectoryError::Ambiguous | DirectoryError::TooMany)) => {
                let reason = if error == DirectoryError::NotFound {
                    "unknown"
                } else {
                    "ambiguous"
                };
                self.not_eligible(base, None, reason, None);
                Err(Hindered::Over(Ending::Unknown))
            }
            Err(error) => Err(Trouble::from(error).into()),
        }
    }

    /// The accounts of somebody who is known only now.
    async fn with_account(
        &self,
        mut context: Context<Ready>,
        checked: &Checked,
        at: Timestamp,
    ) -> Result<Context<Ready>, Refused> {
        if context.stage.account.is_none() {
            let (applicant, judged) = (&checked.applicant, &checked.judged);
            let facts = &context.stage.facts;
            let accounts = self.accounts(&context.base, &checked.subject, applicant, judged, facts, at);
            context.stage.accounts = accounts.await?;
            context.stage.account = Some(checked.subject.clone());
            // Whatever it comes to is said of the account itself.
            if let Some(first) = context.stage.accounts.list.first_mut() {
                first.eligible = true;
            }
        }
        Ok(context)
    }

    fn look_at_password(&self, context: &Context<Ready>, checked: &Checked, new: &Secret) -> Result<(), Refused> {
        let person = &checked.applicant.person;
        let rules = stricter(
            &stricter(&context.base.opening.rules.password, &checked.subject.rules.password),
            &checked.judged.rules.password,
        );
        let mut words: Vec<&str> = person.logins.iter().map(String::as_str).collect();
        words.extend(person.upn.as_deref());
        words.extend(person.display_name.as_deref());
        words.extend(person.mails.iter().map(String::as_str));
        let screened = self.parts.screen.screen(new, &rules, &words);
        if screened.findings.is_empty() {
            return Ok(());
        }
        let reason = screened
            .findings
            .iter()
            .map(|finding| finding.as_str())
            .collect::<Vec<_>>()
            .join(",");
        self.record_of(
            &context.base,
            &checked.subject,
            &Step {
                reason: Some(&reason),
                ..Step::of("reset.password_screened", Outcome::Refused)
            },
        );
        Err(Refused::Screened(screened.findings))
    }

    async fn spend_done(&self, context: &Context<Ready>, checked: &Checked, at: Timestamp) -> Result<Spent, Refused> {
        // What is tried again within one context was counted before.
        let action = context.base.action();
        let limits = &checked.judged.rules.limits;
        let most = match action {
            Action::Unlock => limits.unlocks,
            Action::Reset | Action::Reminder => limits.resets,
        };
        let account = &checked.subject.hash.0;
        let once = self.allowance(&[b"done in", &context.base.id.0], 1, DAY);
        let allowance = self.rate(&[b"done", action.as_str().as_bytes(), account], most, DAY);
        let spent = self.spend_in_turn(&[&[once], &[allowance]], at).await?;
        let Some(spent) = spent.get(1).copied() else {
            return Ok(Spent::Taken { left: 0 });
        };
        if let Spent::UsedUp { .. } = spent {
            self.parts.records.restore(&[once.key]).await?;
        }
        Ok(spent)
    }

    /// What it stood on is gone.
    async fn ended(
        &self,
        caller: &Caller<'_>,
        context: Context<Ready>,
        ending: Ending,
        at: Timestamp,
    ) -> Result<Refused, Trouble> {
        let base = context.base.clone();
        let change = context.end(ending, at)?;
        match self.parts.records.commit_reset(vec![change]).await {
            // Whoever was faster has changed it in a way of their own; it is not written here either way.
            Ok(()) | Err(RecordsError::Changed) => {}
            Err(error) => return Err(error.into()),
        }
        self.record(
            &base,
            &Step {
                caller: Some(caller),
                reason: Some(ending.as_str()),
                ..Step::of("reset.aborted", Outcome::Refused)
            },
        );
        Ok(Refused::Over(ending))
    }

    /// Writes what was chosen, the first one first.
    async fn write(&self, context: &Context<Executing>, new: Option<&Secret>) -> Vec<Written> {
        let mut written: Vec<Written> = Vec::new();
        for number in &context.stage.chosen {
            let Some(target) = context.stage.ready.accounts.list.get(*number) else {
                continue;
            };
            let one = self.write_one(context, target, new).await;
            let goes_on = !one.is_open();
            written.push(one);
            if !goes_on {
                break;
            }
        }
        written
    }
}

/// What is being written, as it is told meanwhile.
fn under_way(stage: &Executing) -> Vec<TargetResult> {
    let list = &stage.ready.accounts.list;
    let targets = stage.chosen.iter().filter_map(|number| list.get(*number));
    targets
        .map(|target| target.came_to(TargetOutcome::BeingFoundOut))
        .collect()
}

/// Which accounts, by number: those asked for, each once, the first one first. Only what was offered can be chosen.
fn chosen(ready: &Ready, asked: &[usize]) -> Result<Vec<usize>, Refused> {
    let mut chosen = if asked.is_empty() { vec![0] } else { asked.to_vec() };
    chosen.sort_unstable();
    chosen.dedup();
    let may = |number: &usize| ready.accounts.list.get(*number).is_some_and(|target| target.eligible);
    if !chosen.iter().all(may) {
        return Err(Refused::Unusable("accounts"));
    }
    let is_done = |number: &usize| {
        ready.accounts.list.get(*number).is_some_and(|target| {
            ready.results.iter().any(|result| {
                result.directory == target.directory
                    && result.login == *target.login
                    && result.outcome == TargetOutcome::Done
            })
        })
    };
    // What is done is not done again.
    chosen.retain(|number| !is_done(number));
    if chosen.is_empty() {
        Err(Refused::Unusable("accounts"))
    } else {
        Ok(chosen)
    }
}
