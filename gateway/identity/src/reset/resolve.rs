//! Whom a name means, found out after everybody has had their answer; and the message that goes to them, or none.

use super::asked::{Action, ContextId};
use super::context::{Base, Loaded};
use super::desk::Desk;
use super::events::{Step, shortened};
use super::gates::{Evaluation, Fact, evaluate_both};
use super::judge::{Judged, Wish};
use super::letters::{KeptPage, Sheet, login};
use super::ports::{LetterKind, Page};
use super::request::RACES;
use super::rules::ResetRules;
use super::stages::{Challenge, Kept, Requested, Subject};
use super::told::Ending;
use super::trouble::Trouble;
use crate::account::AccountKey;
use crate::audit::Outcome;
use crate::authority::Authority;
use crate::clock::Timestamp;
use crate::directory::{Applicant, DirectoryError};
use crate::records::{Job, ResetChange, Spent};
use std::sync::Arc;

/// The job of finding out whom a name means.
pub(super) const RESOLVE: &str = "resolve";
/// The job of sending a message again.
pub(super) const AGAIN: &str = "again";

/// What is needed for it. Sealed: it holds what somebody typed.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Resolve {
    pub context: ContextId,
    pub identifier: String,
    /// Nothing is to come of it.
    pub idle: bool,
    /// Because the name was asked for too often.
    pub limited: bool,
}

/// Whose message is to be sent again.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Again {
    pub context: ContextId,
    pub attempt: u32,
    /// Nothing is to come of it.
    pub idle: bool,
}

/// What came of looking.
pub(super) struct Found {
    pub account: Option<(Subject, Challenge)>,
    /// What is committed with it: what leads to the context, letters.
    pub changes: Vec<ResetChange>,
}

impl Found {
    fn nobody() -> Self {
        Self {
            account: None,
            changes: Vec::new(),
        }
    }
}

impl Desk {
    /// Does the job of [`RESOLVE`].
    pub(super) async fn resolve(&self, job: &Job) -> Result<(), Trouble> {
        let plain = self.parts.keys.open(RESOLVE, &job.payload).ok_or(Trouble::Unreadable)?;
        let resolve: Resolve = serde_json::from_slice(plain.expose()).map_err(|_| Trouble::Unreadable)?;
        for _ in 0..RACES {
            let at = self.now();
            let Some(loaded) = self.context(&resolve.context).await? else {
                return self.done(job).await;
            };
            if !matches!(loaded.stage, Kept::Requested(_)) || at >= loaded.base.expires_at {
                return self.done(job).await;
            }
            let found = self.find(&loaded, &resolve, at).await?;
            let others = match &found.account {
                Some((subject, _)) => self.superseded(&loaded, &subject.key()).await?,
                None => Vec::new(),
            };
            let (_, change) = loaded.at(Requested {}).challenged(found.account)?;
            let mut unit = vec![change];
            unit.extend(found.changes);
            unit.extend(others);
            unit.push(done(job));
            self.crash("resolve:before-commit");
            match self.parts.records.commit_reset(unit).await.map_err(Trouble::from) {
                Err(error) if error.is_lost_race() => {}
                other => {
                    self.crash("resolve:committed");
                    return other;
                }
            }
        }
        Err(Trouble::Records(crate::records::RecordsError::Busy))
    }

    async fn find(&self, loaded: &Loaded, resolve: &Resolve, at: Timestamp) -> Result<Found, Trouble> {
        let base = &loaded.base;
        if resolve.idle {
            let reason = if resolve.limited {
                "too_many_requests"
            } else {
                "domain_of_provider"
            };
            self.not_eligible(base, None, reason, None);
            return Ok(Found::nobody());
        }
        if base.action() == Action::Reminder {
            let letter = self.remind(base, &resolve.identifier, at).await?;
            return Ok(Found {
                account: None,
                changes: letter,
            });
        }
        let directory = self.directory(&base.opening.directory)?;
        let applicant = match directory.applicant(&resolve.identifier).await {
            Ok(applicant) => applicant,
            // R10: nobody, or more than one, is nobody.
            Err(error @ (DirectoryError::NotFound | DirectoryError::Ambiguous | DirectoryError::TooMany)) => {
                let reason = if error == DirectoryError::NotFound {
                    "unknown"
                } else {
                    "ambiguous"
                };
                self.not_eligible(base, None, reason, None);
                return Ok(Found::nobody());
            }
            Err(error) => return Err(error.into()),
        };
        self.found(loaded, &applicant, LetterKind::Challenge, at).await
    }

    /// What comes of an account that was found: a message that proves something, one that names its provider, or nothing.
    pub(super) async fn found(
        &self,
        loaded: &Loaded,
        applicant: &Applicant,
        kind: LetterKind,
        at: Timestamp,
    ) -> Result<Found, Trouble> {
        let base = &loaded.base;
        let directory = self.directory(&base.opening.directory)?;
        let wish = Wish::Action(base.action());
        let Some(judged) = self.judge(base.route(), wish, &**directory, applicant, at).await? else {
            self.not_eligible(base, Some(applicant), "no_policy", None);
            return Ok(Found::nobody());
        };
        if let Some(bar) = &judged.bar {
            self.not_eligible(base, Some(applicant), bar.as_str(), Some(&judged));
            return Ok(Found::nobody());
        }
        if judged.owner.authority.is_a_providers() {
            let changes = self.hand_over(base, applicant, &judged, at).await?;
            return Ok(Found { account: None, changes });
        }
        if !judged.owner.authority.permits_local_write() {
            self.not_eligible(base, Some(applicant), "owner_unknown", Some(&judged));
            return Ok(Found::nobody());
        }
        let subject = self.subject(applicant, &judged);
        let factors = self.next_factors(base, &[], &subject.rules, &judged.rules);
        let made = self
            .challenge(base, &applicant.person, &judged.rules, &factors, kind, at)
            .await?;
        match made {
            Ok(made) => Ok(Found {
                account: Some((subject, made.challenge)),
                changes: made.changes,
            }),
            Err(why) => {
                self.not_eligible(base, Some(applicant), why.as_str(), Some(&judged));
                Ok(Found::nobody())
            }
        }
    }

    /// Whose a context is, as the account is now.
    pub(super) fn subject(&self, applicant: &Applicant, judged: &Judged) -> Subject {
        let person = &applicant.person;
        Subject {
            hash: self.account(person),
            directory: Arc::clone(&person.key.directory.0),
            id: Arc::clone(&person.key.id),
            login: login(person),
            baseline: judged.baseline.clone(),
            rules: (*judged.rules).clone(),
        }
    }

    /// The factors that would bring a context further: the one that was asked for alone, if one was.
    pub(super) fn next_factors(
        &self,
        base: &Base,
        facts: &[Fact],
        start: &ResetRules,
        now: &ResetRules,
    ) -> Vec<Arc<str>> {
        let asked = base.opening.factor.as_ref().filter(|_| facts.is_empty());
        match evaluate_both(&base.id, facts, start, now, &self.known) {
            Evaluation::Sufficient => Vec::new(),
            Evaluation::Needs(next) => next
                .into_iter()
                .filter(|factor| asked.is_none_or(|asked| asked == factor))
                .collect(),
        }
    }

    /// R17: their password is kept elsewhere. Said in their mailbox, and nowhere else.
    async fn hand_over(
        &self,
        base: &Base,
        applicant: &Applicant,
        judged: &Judged,
        at: Timestamp,
    ) -> Result<Vec<ResetChange>, Trouble> {
        let person = &applicant.person;
        let page = self.page(judged, base.action(), &login(person));
        let address = person.mails.first();
        let (Some(page), Some(address)) = (page, address) else {
            let reason = if address.is_none() { "no_address" } else { "no_page" };
            self.not_eligible(base, Some(applicant), reason, Some(judged));
            return Ok(Vec::new());
        };
        let limits = self.letters(base.route(), address, &judged.rules.limits);
        if let Spent::UsedUp { .. } = self.spend(&limits, at).await? {
            self.not_eligible(base, Some(applicant), "too_many_letters", Some(judged));
            return Ok(Vec::new());
        }
        let sheet = Sheet {
            id: self.letter_id(&[b"not here", &base.id.0]),
            provider: Some(KeptPage::from(page)),
            ..Sheet::new(base, LetterKind::NotHere, address, Some(person), at)
        };
        self.record_found(
            base,
            applicant,
            judged,
            &Step::of("reset.handed_over", Outcome::Refused),
        );
        Ok(vec![self.letter_job(&sheet)?])
    }

    /// The page of whoever keeps a password.
    pub(super) fn page(&self, judged: &Judged, action: Action, login: &str) -> Option<Page> {
        let (Authority::Provider(provider) | Authority::Both { provider, .. }) = &judged.owner.authority else {
            return None;
        };
        let page = self.parts.providers.page(provider, action, Some(login));
        page.or_else(|| page_of_rule(provider, judged.owner.page.as_ref()?))
    }

    /// T10: messages for the same account on the same route that have proven nothing yet. Whoever asked for them is not told.
    async fn superseded(&self, loaded: &Loaded, account: &AccountKey) -> Result<Vec<ResetChange>, Trouble> {
        let mut changes = Vec::new();
        let others = self.live_of(account).await?.into_iter();
        for other in others.filter(|other| other.base.id != loaded.base.id) {
            if *other.base.opening.route != *loaded.base.opening.route {
                continue;
            }
            if let Kept::Challenged(stage) = other.stage.clone() {
                changes.push(other.at(*stage).void(Ending::Superseded)?);
            }
        }
        Ok(changes)
    }

    /// Does the job of [`AGAIN`]: the same message while its code holds, so that whichever arrives works; then a new one.
    pub(super) async fn send_message_again(&self, job: &Job) -> Result<(), Trouble> {
        let again: Again = serde_json::from_slice(&job.payload).map_err(|_| Trouble::Unreadable)?;
        let at = self.now();
        let context = self.context(&again.context).await?.filter(|_| !again.idle);
        let Some(context) = context.filter(|context| at < context.base.expires_at) else {
            return self.done(job).await;
        };
        let (stage, start) = match context.stage.clone() {
            Kept::Challenged(stage) if stage.void.is_none() => match stage.account.clone() {
                Some(subject) => (Kept::Challenged(stage), subject),
                None => return self.done(job).await,
            },
            Kept::Proving(stage) => {
                let subject = stage.account.clone();
                (Kept::Proving(stage), subject)
            }
            _ => return self.done(job).await,
        };
        let before = match &stage {
            Kept::Challenged(stage) => stage.challenge.clone(),
            Kept::Proving(stage) => stage.challenge.clone(),
            _ => None,
        };
        let directory = self.directory(&start.directory)?;
        let applicant = match directory.again(&start.key()).await {
            Ok(applicant) => applicant,
            Err(DirectoryError::NotFound) => return self.done(job).await,
            Err(error) => return Err(error.into()),
        };
        let wish = Wish::Action(context.base.action());
        let judged = self
            .judge(context.base.route(), wish, &**directory, &applicant, at)
            .await?;
        let judged = judged.filter(|judged| self.still_stands(&start, &applicant, judged).is_none());
        let Some(judged) = judged else {
            self.record_of(
                &context.base,
                &start,
                &Step {
                    reason: Some("changed"),
                    ..Step::of("reset.not_eligible", Outcome::Refused)
                },
            );
            return self.done(job).await;
        };
        let number = context.base.attempt;
        let same = before.filter(|challenge| challenge.number == number && at < challenge.code_until);
        let (challenge, mut unit) = if let Some(mut challenge) = same {
            let address = applicant.person.mails.first().map_or("", String::as_str);
            let limits = self.letters(context.base.route(), address, &judged.rules.limits);
            if let Spent::UsedUp { .. } = self.spend(&limits, at).await? {
                return self.done(job).await;
            }
            challenge.sends = challenge.sends.saturating_add(1);
            let sends = challenge.sends.to_be_bytes();
            let id = self.letter_id(&[b"again", &challenge.attempt.0, &sends]);
            let letter = self.letter_anew(&challenge.letter, id)?;
            (challenge, vec![letter])
        } else {
            let facts = match &stage {
                Kept::Proving(stage) => stage.facts.as_slice(),
                _ => &[],
            };
            let factors = self.next_factors(&context.base, facts, &start.rules, &judged.rules);
            let (person, rules) = (&applicant.person, &judged.rules);
            let made = self
                .challenge(&context.base, person, rules, &factors, LetterKind::Challenge, at)
                .await?;
            let Ok(made) = made else { return self.done(job).await };
            (made.challenge, made.changes)
        };
        let change = match stage {
            Kept::Challenged(stage) => context.at(*stage).challenged_anew(challenge)?.1,
            Kept::Proving(stage) => context.at(*stage).challenged(challenge)?.1,
            _ => return self.done(job).await,
        };
        unit.push(change);
        unit.push(done(job));
        self.parts.records.commit_reset(unit).await.map_err(Trouble::from)
    }

    pub(super) async fn done(&self, job: &Job) -> Result<(), Trouble> {
        Ok(self.parts.records.commit_reset(vec![done(job)]).await?)
    }

    /// Why something is not done for somebody. Nobody outside is told.
    pub(super) fn not_eligible(
        &self,
        base: &Base,
        applicant: Option<&Applicant>,
        reason: &str,
        judged: Option<&Judged>,
    ) {
        let step = Step {
            account: applicant.map(|applicant| &applicant.person.key),
            entry: applicant.map(|applicant| shortened(&applicant.person.dn)),
            reason: Some(reason),
            rule: judged.map(|judged| judged.owner.rule.as_str()),
            authority: judged.map(|judged| &judged.owner.authority),
            ..Step::of("reset.not_eligible", Outcome::Refused)
        };
        self.record(base, &step);
    }

    pub(super) fn record_found(&self, base: &Base, applicant: &Applicant, judged: &Judged, step: &Step<'_>) {
        self.record(
            base,
            &Step {
                account: Some(&applicant.person.key),
                entry: Some(&applicant.person.dn),
                rule: Some(judged.owner.rule.as_str()),
                authority: Some(&judged.owner.authority),
                ..*step
            },
        );
    }
}

/// This job is done.
pub(super) fn done(job: &Job) -> ResetChange {
    ResetChange::Done {
        job: job.id,
        attempt: job.attempt,
    }
}

/// A page that an authority rule names, where no provider of that name is configured.
fn page_of_rule(provider: &Arc<str>, url: &Arc<str>) -> Option<Page> {
    let rest = url.strip_prefix("https://")?;
    let host = rest
        .split(['/', '?', '#'])
        .next()
        .filter(|host| !host.is_empty() && !host.contains('@'))?;
    Some(Page {
        provider: Arc::clone(provider),
        title: Arc::clone(provider),
        host: host.into(),
        url: Arc::clone(url),
    })
}
