//! Proofs: the link of a message, and its code.

use super::asked::{By, Caller, Holder, Proof, SessionKey};
use super::context::{Base, Context, Held, Loaded, later};
use super::desk::Desk;
use super::events::Step;
use super::footing::Footing;
use super::gates::{Evaluation, Fact, evaluate_both};
use super::judge::{Bar, Judged, Wish};
use super::keys::{Digest, Purpose, read_code, token};
use super::ports::{FactorClass, LetterKind};
use super::request::RACES;
use super::stages::{Challenge, Kept, Proven, Subject};
use super::told::{Ending, Landing, Refused};
use super::trouble::Trouble;
use crate::audit::Outcome;
use crate::clock::Timestamp;
use crate::directory::{Applicant, DirectoryError};
use crate::records::{RecordsError, ResetChange, Spent};
use crate::secret::Secret;

/// The place of the context's tries in [`Tries::open`](super::limits::Tries::open).
const CONTEXT: usize = 0;

impl Desk {
    /// What stands behind a link. Nothing changes by it.
    pub(super) async fn look_at(&self, caller: &Caller<'_>, token: &Secret) -> Result<Landing, Refused> {
        let Some(context) = self.by_link(caller, token).await? else {
            return Ok(Landing::Over(Ending::Unknown));
        };
        let Some(subject) = context.stage.subject() else {
            return Ok(Landing::Over(Ending::Unknown));
        };
        if let Err(ending) = self.good_link(&context, token) {
            return Ok(Landing::Over(ending));
        }
        let opening = &context.base.opening;
        Ok(Landing::Good {
            action: opening.action,
            masked: masked(&subject.login),
            asked_at: opening.at,
            asked_from: opening.from.as_deref().unwrap_or_default().to_owned(),
        })
    }

    /// Goes on from a link. Its page is asked for by whoever follows it: a program has no business there.
    pub(super) async fn go_on(&self, caller: &Caller<'_>, token: &Secret) -> Result<SessionKey, Refused> {
        if caller.by != By::Browser {
            return Err(Refused::NotAllowed);
        }
        for _ in 0..RACES {
            let Some(context) = self.by_link(caller, token).await? else {
                return Err(Refused::Over(Ending::Unknown));
            };
            let challenge = self.good_link(&context, token).map_err(Refused::Over)?.clone();
            match self.pass(caller, context, &challenge).await {
                Err(Passing::Race) => {}
                Err(Passing::Refused(refused)) => return Err(refused),
                Ok(key) => return Ok(key),
            }
        }
        Err(Refused::Unavailable)
    }

    async fn by_link(&self, caller: &Caller<'_>, token: &Secret) -> Result<Option<Loaded>, Refused> {
        let context = self.by_token(Purpose::Token, token).await?;
        Ok(context.filter(|context| *context.base.opening.route == *caller.route))
    }

    fn good_link<'a>(&self, context: &'a Loaded, token: &Secret) -> Result<&'a Challenge, Ending> {
        let challenge = match &context.stage {
            Kept::Requested(_) => return Err(Ending::Unknown),
            Kept::Challenged(stage) => match stage.void {
                Some(ending) => return Err(ending),
                None => stage.challenge.as_ref(),
            },
            Kept::Proving(stage) => stage.challenge.as_ref(),
            Kept::Ready(stage) => stage.challenge.as_ref(),
            Kept::Executing(_) | Kept::Executed(_) => return Err(Ending::Used),
            Kept::Over(stage) => return Err(stage.ending),
        };
        let challenge = challenge.ok_or(Ending::Used)?;
        let is_this = |kept: Digest| self.parts.keys.matches(Purpose::Token, &[token.expose()], &kept.0);
        if !challenge.link.is_some_and(is_this) {
            return Err(Ending::Superseded);
        }
        if self.now() >= challenge.link_until.min(context.base.expires_at) {
            return Err(Ending::Expired);
        }
        Ok(challenge)
    }

    /// Compares a code. It is counted before it is looked at, and what is told of a wrong one depends on nobody's account.
    pub(super) async fn compare(
        &self,
        caller: &Caller<'_>,
        holder: Holder<'_>,
        proof: Proof<'_>,
    ) -> Result<SessionKey, Refused> {
        let Proof::Code { factor, code } = proof;
        for _ in 0..RACES {
            let (context, held) = self.held_context(caller, holder).await?;
            let at = self.now();
            let account = match (&context.stage, context.footing(held, at)) {
                (_, Footing::Over(ending)) => return Err(Refused::Over(ending)),
                // For whoever holds it no longer, nobody's.
                (_, Footing::Open) => context.stage.subject().filter(|_| held == Held::Now).cloned(),
                (Kept::Proving(stage), Footing::Proven) if at < context.base.expires_at => Some(stage.account.clone()),
                (Kept::Proving(_), Footing::Proven) => return Err(Refused::Over(Ending::Expired)),
                _ => return Err(Refused::Over(Ending::Used)),
            };
            let tries = self.tries(&context.base, account.as_ref());
            let spent = self.spend_in_turn(&[&tries.open, &tries.silent], at).await?;
            let left = match spent.first() {
                Some(Spent::Taken { left }) => *left,
                Some(Spent::UsedUp { which, .. }) => return Err(self.used_up(caller, context, held, *which).await?),
                None => return Err(Refused::Unavailable),
            };
            let may = matches!(spent.get(1), Some(Spent::Taken { .. }));
            if !may {
                self.record_locked(caller, &context, "account");
            }
            let challenge = context.open_challenge(held).filter(|challenge| {
                let is_right = self.is_code(&context, challenge, factor, code);
                is_right && may && at < challenge.code_until
            });
            let Some(challenge) = challenge.cloned() else {
                self.crash("prove:wrong");
                self.record_failed(caller, &context, factor);
                let left = (left <= 2).then_some(left);
                return Err(Refused::WrongProof { left });
            };
            match self.pass(caller, context, &challenge).await {
                Err(Passing::Race) => {
                    // It was right: what it cost is given back before it is counted again.
                    self.forget_tries(&tries).await?;
                }
                Err(Passing::Refused(refused)) => {
                    if refused == Refused::Unavailable {
                        self.forget_tries(&tries).await?;
                    }
                    return Err(refused);
                }
                Ok(key) => return Ok(key),
            }
        }
        Err(Refused::Unavailable)
    }

    fn is_code(&self, context: &Loaded, challenge: &Challenge, factor: &str, code: &Secret) -> bool {
        let Some(kept) = challenge.code.filter(|_| *challenge.factor == *factor) else {
            return false;
        };
        let Some(code) = read_code(code) else { return false };
        let parts: [&[u8]; 3] = [&context.base.id.0, factor.as_bytes(), code.expose()];
        self.parts.keys.matches(Purpose::Code, &parts, &kept.0)
    }

    /// T3: tries are used up: of this code, or of the whole context. Whoever guessed has no more of it; the link, which nobody guesses, still holds.
    async fn used_up(
        &self,
        caller: &Caller<'_>,
        mut context: Loaded,
        held: Held,
        which: usize,
    ) -> Result<Refused, Trouble> {
        let refused = if which == CONTEXT {
            context.base.asked_over = Some(Ending::Locked);
            Refused::Over(Ending::Locked)
        } else {
            context.base.spent = true;
            Refused::WrongProof { left: Some(0) }
        };
        self.record_locked(caller, &context, if which == CONTEXT { "context" } else { "challenge" });
        let proving = held == Held::Now && matches!(context.stage, Kept::Proving(_));
        let change = if proving && which == CONTEXT {
            context.end(Ending::Locked, self.now())?
        } else {
            context.stay()?.1
        };
        match self.parts.records.commit_reset(vec![change]).await {
            // Whoever was faster: the tries stay used up, and the next one gets here again.
            Ok(()) | Err(RecordsError::Changed) => Ok(refused),
            Err(error) => Err(error.into()),
        }
    }

    /// A proof is right. Whether the account is still what it was is asked before anything comes of it.
    async fn pass(&self, caller: &Caller<'_>, context: Loaded, challenge: &Challenge) -> Result<SessionKey, Passing> {
        let at = self.now();
        let Some(subject) = context.stage.subject().cloned() else {
            return Err(Refused::Over(Ending::Unknown).into());
        };
        let (facts, results, waits) = match &context.stage {
            Kept::Proving(stage) => (stage.facts.clone(), Vec::new(), None),
            Kept::Ready(stage) => (stage.facts.clone(), stage.results.clone(), stage.not_before),
            _ => (Vec::new(), Vec::new(), None),
        };
        let directory = self.directory(&subject.directory)?;
        let applicant = match directory.again(&subject.key()).await {
            Ok(applicant) => applicant,
            Err(DirectoryError::NotFound) => return Err(self.overtaken(caller, context, Ending::Changed).await),
            Err(error) => return Err(Trouble::from(error).into()),
        };
        let wish = Wish::Action(context.base.action());
        let judged = self
            .judge(context.base.route(), wish, &**directory, &applicant, at)
            .await?;
        let Some(judged) = judged else {
            return Err(self.overtaken(caller, context, Ending::Changed).await);
        };
        if judged.bar == Some(Bar::NotOffered) {
            return Err(Refused::NotOffered.into());
        }
        if let Some(ending) = self.still_stands(&subject, &applicant, &judged) {
            return Err(self.overtaken(caller, context, ending).await);
        }
        let class = self
            .factor(&challenge.factor)
            .map_or(FactorClass::Knowledge, |factor| factor.class());
        let facts = with_fact(facts, &context, challenge, class, at);
        let evaluation = evaluate_both(&context.base.id, &facts, &subject.rules, &judged.rules, &self.known);
        let accounts = self
            .accounts(&context.base, &subject, &applicant, &judged, &facts, at)
            .await?;
        let is_enough = evaluation == Evaluation::Sufficient;
        let lives = judged.rules.lifetimes;
        let until = later(at, lives.ready.min(subject.rules.lifetimes.ready));
        let until = until
            .min(later(context.base.opening.at, lives.context))
            .min(context.base.expires_at);
        // A link is as good as the code: whoever guessed codes before, its owner has shown up.
        let keys = self.tries(&context.base, Some(&subject)).keys();
        let mut base = context.base;
        let waiting = if is_enough {
            self.wait(
                &mut base,
                &applicant,
                [&subject.rules, &judged.rules],
                challenge,
                waits,
                at,
            )?
        } else {
            None
        };
        let until = waiting
            .as_ref()
            .map_or(until, |waiting| waiting.until.min(base.expires_at));
        let key = self.new_key(caller, &mut base)?;
        let progress = self
            .progress_change(&subject, |progress| progress.began(base.opening.action, at))
            .await?;
        let mut unit = vec![progress];
        let begins_to_wait = waiting.as_ref().is_some_and(super::wait::Waiting::begins);
        let more = if is_enough {
            None
        } else {
            // The next factor's message, in the same unit: it is not forgotten.
            base.attempt = base.attempt.saturating_add(1);
            base.attempt_at = at;
            base.spent = false;
            let factors = self.next_factors(&base, &facts, &subject.rules, &judged.rules);
            // What people wrote of themselves is one proof, however much of it there is: it is not asked for twice.
            let is_first = facts.iter().all(|fact| !fact.self_asserted);
            let rules = super::rules::ResetRules {
                self_asserted: judged.rules.self_asserted && is_first,
                ..(*judged.rules).clone()
            };
            let (person, rules) = (&applicant.person, &rules);
            let kind = LetterKind::Challenge;
            self.challenge(&base, person, rules, &factors, kind, at).await?.ok()
        };
        let proven = Context {
            base,
            stage: Proven {
                account: subject.clone(),
                facts,
                challenge: waiting
                    .as_ref()
                    .and_then(|waiting| waiting.challenge.clone())
                    .unwrap_or_else(|| challenge.clone()),
                accounts,
                results,
                not_before: waiting.as_ref().map(|waiting| waiting.not_before),
            },
        };
        let base = if is_enough {
            let (next, change) = proven.ready(until)?;
            unit.push(change);
            unit.extend(waiting.into_iter().flat_map(|waiting| waiting.changes));
            next.base
        } else {
            let (challenge, changes) = more.map(|made| (made.challenge, made.changes)).unzip();
            let (next, change) = proven.proving(challenge)?;
            unit.push(change);
            unit.extend(changes.into_iter().flatten());
            next.base
        };
        // After the context: whoever counts holds nothing else.
        unit.push(ResetChange::Restore { keys });
        self.crash("prove:before-commit");
        match self.parts.records.commit_reset(unit).await {
            Ok(()) => {}
            Err(RecordsError::Changed) => return Err(Passing::Race),
            Err(error) => return Err(Trouble::from(error).into()),
        }
        self.crash("prove:committed");
        let told = ["reset.factor_passed", "reset.authenticated", "reset.waiting"].into_iter();
        for name in told.take(1 + usize::from(is_enough) + usize::from(begins_to_wait)) {
            let step = Step {
                caller: Some(caller),
                factor: Some(&challenge.factor),
                ..Step::of(name, Outcome::Allowed)
            };
            self.record_found(&base, &applicant, &judged, &step);
        }
        Ok(key)
    }

    /// Why it stands no longer, if it does not.
    pub(super) fn still_stands(&self, subject: &Subject, applicant: &Applicant, judged: &Judged) -> Option<Ending> {
        match &judged.bar {
            Some(Bar::Held) => return Some(Ending::NotMe),
            Some(_) => return Some(Ending::Changed),
            None => {}
        }
        let same = self.is_unchanged(&subject.baseline, applicant, judged);
        (!same || !judged.owner.authority.permits_local_write()).then_some(Ending::Changed)
    }

    /// What it stood on is gone.
    async fn overtaken(&self, caller: &Caller<'_>, context: Loaded, ending: Ending) -> Passing {
        let base = context.base.clone();
        let change = match context.stage.clone() {
            Kept::Challenged(stage) => context.at(*stage).void(ending),
            _ => context.end(ending, self.now()),
        };
        let change = match change {
            Ok(change) => change,
            Err(trouble) => return trouble.into(),
        };
        match self.parts.records.commit_reset(vec![change]).await {
            Ok(()) => {
                self.record(
                    &base,
                    &Step {
                        caller: Some(caller),
                        reason: Some(ending.as_str()),
                        ..Step::of("reset.aborted", Outcome::Refused)
                    },
                );
                Refused::Over(ending).into()
            }
            Err(RecordsError::Changed) => Passing::Race,
            Err(error) => Trouble::from(error).into(),
        }
    }

    /// T16: a browser gets a new key with each proof, and whatever it held before is good for nothing.
    fn new_key(&self, caller: &Caller<'_>, base: &mut Base) -> Result<SessionKey, Trouble> {
        let context = base.id;
        if caller.by != By::Browser {
            return Ok(SessionKey {
                context,
                secret: Secret::default(),
            });
        }
        let secret = token(&*self.parts.chance).ok_or(Trouble::NoChance)?;
        let parts: [&[u8]; 2] = [&context.0, secret.expose()];
        base.holder = Some(Digest(self.parts.keys.hash(Purpose::Session, &parts)));
        Ok(SessionKey { context, secret })
    }

    fn record_failed(&self, caller: &Caller<'_>, context: &Loaded, factor: &str) {
        let key = context.stage.subject().map(Subject::key);
        // What somebody typed as a factor's name is none of ours to keep, unless it is one.
        let factor = self.factor(factor).map(|factor| factor.name());
        self.record(
            &context.base,
            &Step {
                caller: Some(caller),
                account: key.as_ref(),
                factor,
                ..Step::of("reset.factor_failed", Outcome::Failed)
            },
        );
    }

    fn record_locked(&self, caller: &Caller<'_>, context: &Loaded, scope: &str) {
        let key = context.stage.subject().map(Subject::key);
        self.record(
            &context.base,
            &Step {
                caller: Some(caller),
                account: key.as_ref(),
                reason: Some(scope),
                ..Step::of("reset.locked", Outcome::Refused)
            },
        );
    }
}

/// What becomes of a right proof that leads no further.
enum Passing {
    /// Somebody else was faster: read anew.
    Race,
    Refused(Refused),
}

impl From<Refused> for Passing {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Trouble> for Passing {
    fn from(trouble: Trouble) -> Self {
        Self::Refused(trouble.into())
    }
}

impl Loaded {
    /// The challenge whose code may be typed here.
    fn open_challenge(&self, held: Held) -> Option<&Challenge> {
        match &self.stage {
            _ if held != Held::Now => None,
            Kept::Challenged(stage) if stage.void.is_none() => stage.challenge.as_ref(),
            Kept::Proving(stage) => stage.challenge.as_ref(),
            _ => None,
        }
    }
}

/// F2: each challenge is one fact, however often it is shown.
fn with_fact(
    mut facts: Vec<Fact>,
    context: &Loaded,
    challenge: &Challenge,
    class: FactorClass,
    at: Timestamp,
) -> Vec<Fact> {
    // Shown again it is as old as it was: nobody waits twice for it.
    let shown = facts.iter().find(|fact| fact.attempt == challenge.attempt);
    let at = shown.map_or(at, |fact| fact.at);
    facts.retain(|fact| fact.attempt != challenge.attempt);
    facts.push(Fact {
        context: context.base.id,
        factor: challenge.factor.clone(),
        class,
        instance: challenge.instance,
        attempt: challenge.attempt,
        at,
        self_asserted: challenge.self_asserted,
    });
    facts
}

/// `j•••e`: enough for its owner.
pub(super) fn masked(login: &str) -> String {
    let mut letters = login.chars();
    match (letters.next(), letters.next_back()) {
        (Some(first), Some(last)) if login.chars().count() > 2 => format!("{first}•••{last}"),
        (Some(first), _) => format!("{first}•••"),
        _ => "•••".to_owned(),
    }
}
