//! What becomes of a context once something was written, or was not: one unit for all of it.

use super::asked::{Action, Caller, Execution, Holder};
use super::context::{Base, Context, KEPT, later, load};
use super::desk::Desk;
use super::events::Step;
use super::keys::{Purpose, token};
use super::letters::{NOTICE, Sheet};
use super::limits::DAY;
use super::ports::{AccountChange, LetterKind};
use super::stages::{Executing, Kept, Target};
use super::told::{Ending, Refused, TargetOutcome, TargetResult};
use super::trouble::Trouble;
use crate::audit::Outcome;
use crate::clock::Timestamp;
use crate::password::PasswordRule;
use crate::person::Person;
use crate::records::{Hash, KeptAnswer, RecordsError, ResetChange, Spent};
use std::sync::Arc;
use std::time::Duration;

/// What was sent and not answered is done by then, or never.
pub(super) const SETTLING: Duration = Duration::from_secs(20);
/// How often the last unit is tried: what was written is to be known of.
const TRIED: usize = 16;

/// What became of one account.
pub(super) struct Written {
    pub directory: Arc<str>,
    pub id: Arc<str>,
    pub result: TargetResult,
    pub outcome: TargetOutcome,
    /// What the directory had against it.
    pub rule: Option<PasswordRule>,
    /// Whose it is, where it was done.
    pub person: Option<Person>,
    /// When its password was last written, now.
    pub mark: Option<Arc<str>>,
    pub privileged: bool,
}

impl Written {
    pub(super) fn not(target: &Target, outcome: TargetOutcome) -> Self {
        Self {
            directory: Arc::clone(&target.directory),
            id: Arc::clone(&target.id),
            result: target.came_to(outcome),
            outcome,
            rule: None,
            person: None,
            mark: target.mark.clone(),
            privileged: false,
        }
    }

    /// It was sent and not answered: it is being found out.
    pub(super) fn is_open(&self) -> bool {
        self.outcome == TargetOutcome::BeingFoundOut
    }
}

/// A request that is to be answered once.
pub(super) struct AskedOnce {
    keys: Vec<Hash>,
    requests: Vec<Hash>,
}

impl Desk {
    /// What stands for a request with a key of its own. Of the new password it holds sixteen bits: enough to tell another request from the same,
    /// and nothing to guess by.
    pub(super) fn asked_once(&self, base: &Base, holder: Holder<'_>, execution: &Execution<'_>) -> Option<AskedOnce> {
        let key = execution.idempotency?;
        let keys = &self.parts.keys;
        let session = match holder {
            Holder::Browser(key) => key.secret.expose(),
            Holder::Program(_) => base.token().unwrap_or_default().as_bytes(),
        };
        let numbers: Vec<u8> = execution
            .accounts
            .iter()
            .flat_map(|number| number.to_be_bytes())
            .collect();
        let new = execution.new.map_or(&[][..], |new| new.expose());
        let of_new = keys.hashes(Purpose::Asked, &[b"new", session, new]);
        let request = |of_new: &Hash| {
            let few = of_new.get(..2).unwrap_or_default();
            let given = [u8::from(execution.new.is_some())];
            keys.hashes(Purpose::Asked, &[b"execute", &numbers, &given, few])
        };
        Some(AskedOnce {
            keys: keys.hashes(Purpose::Answer, &[&base.id.0, session, key.as_bytes()]),
            requests: of_new.iter().flat_map(request).collect(),
        })
    }

    /// What was answered to it before.
    pub(super) async fn answered_before(&self, asked: &AskedOnce) -> Result<Option<Vec<TargetResult>>, Refused> {
        for key in &asked.keys {
            if let Some(kept) = self.parts.records.kept_answer(key).await? {
                if !asked.requests.contains(&kept.request) {
                    return Err(Refused::OtherRequest);
                }
                let answer = serde_json::from_slice(&kept.answer);
                return answer.map(Some).map_err(|_| Refused::Unavailable);
            }
        }
        Ok(None)
    }

    /// Commits what was written, and answers.
    pub(super) async fn finish(
        &self,
        caller: Option<&Caller<'_>>,
        context: Context<Executing>,
        written: Vec<Written>,
        asked: Option<&AskedOnce>,
    ) -> Result<Vec<TargetResult>, Refused> {
        let at = self.now();
        let results = merged(&context.stage.ready.results, &written);
        let base = context.base.clone();
        let is_any = |outcome| written.iter().any(|one| one.outcome == outcome);
        if is_any(TargetOutcome::BeingFoundOut) {
            self.tell_others(&written, base.action());
            self.have_it_found_out(context, at).await;
            return Ok(results);
        }
        let is_nothing = !is_any(TargetOutcome::Done) && context.stage.ready.results.is_empty();
        let first = written.first();
        let hindered = match first.map(|one| (one.outcome, one.rule)) {
            Some((TargetOutcome::Refused, rule)) if is_nothing => Some(Refused::Password(rule)),
            Some((TargetOutcome::Later, _)) | None if is_nothing => Some(Refused::Unavailable),
            _ => None,
        };
        if let Some(refused) = hindered {
            return Err(self.not_written(context, refused, at).await?);
        }
        self.tell_others(&written, base.action());
        let mut known = context;
        for _ in 0..TRIED {
            let unit = self
                .last_unit(&known, &written, &results, asked, caller.is_some(), at)
                .await;
            let committed = match unit {
                Ok(unit) => self.parts.records.commit_reset(unit).await.map_err(Trouble::from),
                Err(trouble) => Err(trouble),
            };
            match committed {
                Ok(()) => {
                    self.crash("execute:committed");
                    self.record_finished(caller, &base, &written, &results);
                    return Ok(results);
                }
                Err(error) if error.is_lost_race() => match self.same_execution(&known).await {
                    Ok(Some(again)) => known = again,
                    // Somebody found it out already, or nobody can say now: either way it is known, or will be once the lease has run out.
                    Ok(None) | Err(_) => return Ok(results),
                },
                Err(trouble) => {
                    self.record_trouble(&base, "reset.finished", trouble);
                    return Ok(results);
                }
            }
        }
        Ok(results)
    }

    /// We write no more of it: whoever looks next need not wait as for somebody who was killed.
    async fn have_it_found_out(&self, context: Context<Executing>, at: Timestamp) {
        let mut known = context;
        for _ in 0..TRIED {
            let mut next = known.clone();
            next.stage.lease = later(at, SETTLING).min(known.stage.lease);
            let Ok((_, change)) = next.stay() else { return };
            match self.parts.records.commit_reset(vec![change]).await {
                Err(RecordsError::Changed) => match self.same_execution(&known).await {
                    Ok(Some(again)) => known = again,
                    Ok(None) | Err(_) => return,
                },
                // Else the lease stays what it was.
                _ => return,
            }
        }
    }

    /// The same context as it is now, if it still is being written by us.
    pub(super) async fn same_execution(
        &self,
        known: &Context<Executing>,
    ) -> Result<Option<Context<Executing>>, Trouble> {
        let row = self.parts.records.context(&known.base.id).await?;
        let Some(loaded) = row.as_ref().map(load).transpose()? else {
            return Ok(None);
        };
        match loaded.stage.clone() {
            Kept::Executing(stage) if stage.claim == known.stage.claim => Ok(Some(loaded.at(*stage))),
            _ => Ok(None),
        }
    }

    /// F17: nothing was written, and the proof is kept for another try; but not for ever.
    async fn not_written(
        &self,
        context: Context<Executing>,
        refused: Refused,
        at: Timestamp,
    ) -> Result<Refused, Trouble> {
        let ready = &context.stage.ready;
        let base = &context.base;
        let until = later(at, base.opening.rules.lifetimes.ready)
            .max(ready.until)
            .min(base.expires_at);
        let mut is_last = false;
        if let (Refused::Password(rule), Some(account)) = (&refused, &ready.account) {
            let most = account.rules.limits.refused_passwords;
            let allowance = self.allowance(&[b"refused passwords", &base.id.0], most, DAY * 365);
            let spent = self.spend(&[allowance], at).await?;
            is_last = matches!(spent, Spent::UsedUp { .. } | Spent::Taken { left: 0 });
            self.record_of(
                base,
                account,
                &Step {
                    reason: Some(rule.map_or("unsaid", PasswordRule::as_str)),
                    ..Step::of("reset.password_refused", Outcome::Failed)
                },
            );
        }
        let mut known = context;
        for _ in 0..TRIED {
            let change = if is_last {
                known.clone().end(Ending::Locked, at)?
            } else {
                known.clone().back(until)?.1
            };
            match self.parts.records.commit_reset(vec![change]).await {
                Ok(()) => break,
                Err(RecordsError::Changed) => match self.same_execution(&known).await? {
                    Some(again) => known = again,
                    None => break,
                },
                Err(error) => return Err(error.into()),
            }
        }
        Ok(refused)
    }

    /// The end of it, or of a part: nothing else of the account's is left open, everybody who should know is written to, and whoever asks again is
    /// told the same.
    async fn last_unit(
        &self,
        context: &Context<Executing>,
        written: &[Written],
        results: &[TargetResult],
        asked: Option<&AskedOnce>,
        asked_by_somebody: bool,
        at: Timestamp,
    ) -> Result<Vec<ResetChange>, Trouble> {
        let base = &context.base;
        let mut unit = Vec::new();
        for one in written {
            // Also whose password may have been written, for all we know.
            let Some(person) = &one.person else { continue };
            unit.extend(
                self.kill_others(&person.key, Some(&base.id), Ending::Changed, at)
                    .await?,
            );
            let action = base.action();
            unit.push(
                self.progress_of(&person.key, |progress| progress.finished(action, at))
                    .await?,
            );
            unit.extend(self.notices(base, person, one.privileged, at)?);
        }
        if let Some(asked) = asked
            && let (Some(key), Some(request)) = (asked.keys.first(), asked.requests.first())
        {
            unit.push(ResetChange::Keep(KeptAnswer {
                key: *key,
                request: *request,
                answer: serde_json::to_vec(results).map_err(|_| Trouble::Unreadable)?.into(),
                purge_at: later(base.expires_at, KEPT),
            }));
        }
        let mut next = context.clone();
        if asked_by_somebody {
            next.base.renew();
        }
        remember_marks(&mut next, written);
        let may_be_tried = |result: &TargetResult| {
            matches!(
                result.outcome,
                TargetOutcome::Later | TargetOutcome::Refused | TargetOutcome::NotAllowed
            )
        };
        let change = if results.iter().any(may_be_tried) && at < base.expires_at {
            let until = later(at, base.opening.rules.lifetimes.ready).min(base.expires_at);
            next.partly(results.to_vec(), until)?.1
        } else {
            next.executed(results.to_vec(), at)?.1
        };
        unit.push(change);
        Ok(unit)
    }

    /// E1: to every address, with a way to say "it was not me".
    pub(super) fn notices(
        &self,
        base: &Base,
        person: &Person,
        privileged: bool,
        at: Timestamp,
    ) -> Result<Vec<ResetChange>, Trouble> {
        let kind = match base.action() {
            Action::Unlock => LetterKind::Unlocked,
            Action::Reset | Action::Reminder => LetterKind::Changed,
        };
        let of_account: [&[u8]; 2] = [person.key.directory.0.as_bytes(), person.key.id.as_bytes()];
        let mut changes = Vec::new();
        let id = |kind: &[u8], to: &str| {
            let [directory, account] = of_account;
            self.letter_id(&[b"notice", kind, &base.id.0, directory, account, to.as_bytes()])
        };
        for mail in &person.mails {
            let not_me = token(&*self.parts.chance).ok_or(Trouble::NoChance)?;
            changes.push(ResetChange::Handle {
                handle: self.parts.keys.hash(Purpose::NotMe, &[not_me.expose()]),
                context: base.id,
                purge_at: later(base.expires_at, KEPT),
            });
            let sheet = Sheet {
                id: id(b"owner", mail),
                not_me: Some(not_me),
                ..Sheet::new(base, kind, mail, Some(person), at)
            };
            changes.push(self.letter_job(&sheet)?);
        }
        if privileged {
            for administrator in &self.parts.administrators {
                let sheet = Sheet {
                    id: id(b"administrator", administrator),
                    logins: vec![super::letters::login(person)],
                    until: later(at, NOTICE),
                    ..Sheet::new(base, LetterKind::Privileged, administrator, None, at)
                };
                changes.push(self.letter_job(&sheet)?);
            }
        }
        Ok(changes)
    }

    /// Sessions and remembered answers elsewhere.
    fn tell_others(&self, written: &[Written], action: Action) {
        let what = match action {
            Action::Unlock => AccountChange::Unlocked,
            Action::Reset | Action::Reminder => AccountChange::Password,
        };
        for person in written.iter().filter_map(|one| one.person.as_ref()) {
            self.parts.aftermath.account_changed(person, what);
        }
    }

    fn record_finished(&self, caller: Option<&Caller<'_>>, base: &Base, written: &[Written], results: &[TargetResult]) {
        let done = results
            .iter()
            .filter(|result| result.outcome == TargetOutcome::Done)
            .count();
        let (outcome, reason) = match done {
            0 => (Outcome::Refused, "nothing"),
            some if some == results.len() => (Outcome::Allowed, "all"),
            _ => (Outcome::Allowed, "some"),
        };
        self.record(
            base,
            &Step {
                caller,
                reason: Some(reason),
                ..Step::of("reset.finished", outcome)
            },
        );
        // E2: then the notice went where the code went, if anywhere.
        for person in written.iter().filter_map(|one| one.person.as_ref()) {
            if person.mails.len() < 2 {
                self.record(
                    base,
                    &Step {
                        caller,
                        account: Some(&person.key),
                        reason: Some("one_address"),
                        ..Step::of("reset.notice_weak", Outcome::Allowed)
                    },
                );
            }
        }
    }
}

/// What was done before, with what has become of it now.
fn merged(before: &[TargetResult], written: &[Written]) -> Vec<TargetResult> {
    let is_same =
        |one: &TargetResult, other: &TargetResult| one.directory == other.directory && one.login == other.login;
    let kept = before
        .iter()
        .filter(|old| !written.iter().any(|new| is_same(old, &new.result)));
    let mut results: Vec<_> = kept.cloned().collect();
    results.extend(written.iter().map(|one| one.result.clone()));
    results
}

/// What we wrote ourselves is no change behind anybody's back.
fn remember_marks(context: &mut Context<Executing>, written: &[Written]) {
    let ready = &mut context.stage.ready;
    for one in written.iter().filter(|one| one.outcome == TargetOutcome::Done) {
        for target in &mut ready.accounts.list {
            if target.directory == one.directory && target.id == one.id {
                target.mark.clone_from(&one.mark);
            }
        }
        if let Some(account) = &mut ready.account
            && account.directory == one.directory
            && account.id == one.id
        {
            account.baseline.mark.clone_from(&one.mark);
        }
    }
}
