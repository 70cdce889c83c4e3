//! A change by somebody who knows the present password. Whatever keeps us from knowing that they do is one answer.

use super::asked::{Action, By, Caller, Change, ContextId};
use super::context::{Asker, Base, Context, Opening};
use super::desk::Desk;
use super::events::{hexadecimal, shortened};
use super::judge::{Judged, Wish};
use super::keys::Purpose;
use super::letters::login;
use super::limits::{DAY, roughly};
use super::ports::{AccountChange, Finding};
use super::request::{RACES, until_then};
use super::stages::{Accounts, Executed};
use super::told::{Changed, Ending, Refused};
use super::trouble::Trouble;
use crate::audit::{Outcome, ResetEvent};
use crate::clock::Timestamp;
use crate::directory::{Applicant, Applicants, DirectoryError};
use crate::password::PasswordRule;
use crate::records::{RecordsError, ResetChange, Spent};
use std::sync::Arc;

/// What was found of whoever wants a change.
struct Known<'a> {
    directory: &'a Arc<dyn Applicants>,
    applicant: Applicant,
    judged: Judged,
}

impl Desk {
    /// Changes it. Whatever came to "not taken" is answered at one pace.
    pub(super) async fn change_by_old(&self, caller: &Caller<'_>, change: Change<'_>) -> Result<Changed, Refused> {
        let begun = self.now();
        let answer = self.try_to_change(caller, change).await;
        if answer == Err(Refused::NotSignedIn) {
            self.parts.guarding.pace(begun).await;
        }
        answer
    }

    async fn try_to_change(&self, caller: &Caller<'_>, change: Change<'_>) -> Result<Changed, Refused> {
        let at = self.now();
        let (route, _) = self.route(caller.route).ok_or(Refused::NotOffered)?;
        let (rules, features) = self
            .rules(caller.route, &route.directory)
            .await
            .ok_or(Refused::NotOffered)?;
        if !features.change && !features.expired_change {
            return Err(Refused::NotOffered);
        }
        let limits = &rules.limits;
        let of_network = self.requests_of_network("change", caller, limits);
        if let Spent::UsedUp { until, .. } = self.spend(&[of_network], at).await? {
            return Err(Refused::TooMany {
                after: until_then(at, until),
            });
        }
        if change.old.is_empty() {
            return Err(Refused::Unusable("old"));
        }
        if change.new.is_empty() {
            return Err(Refused::Unusable("new"));
        }
        // What can be said of the new password without knowing anybody: the same for every name.
        let screened = self
            .parts
            .screen
            .screen(change.new, &rules.password, &[change.identifier.as_str()]);
        let mut findings = screened.findings;
        if change.old.same_as(change.new) {
            findings.push(Finding::Same);
        }
        if !findings.is_empty() {
            return Err(Refused::Screened(findings));
        }
        let name = self
            .parts
            .keys
            .hash(Purpose::Name, &[change.identifier.folded().as_bytes()]);
        let record = |applicant: Option<&Applicant>, judged: Option<&Judged>, outcome, reason: &str| {
            self.record_change(caller, &name, applicant, judged, outcome, reason, rules.generation);
        };
        let of_name = self.rate(
            &[b"changes", caller.route.as_bytes(), &name],
            limits.tries_of_account,
            DAY,
        );
        if let Spent::UsedUp { .. } = self.spend(&[of_name], at).await? {
            record(None, None, Outcome::Refused, "too_many_requests");
            return Err(Refused::NotSignedIn);
        }
        let known = match self
            .find_to_change(caller, &route.directory.0, change.identifier.as_str(), at)
            .await?
        {
            Ok(known) => known,
            Err((reason, applicant)) => {
                record(applicant.as_ref(), None, Outcome::Refused, &reason);
                return Err(Refused::NotSignedIn);
            }
        };
        let person = &known.applicant.person;
        let guarding = &self.parts.guarding;
        let Some(attempt) = guarding.attempt(caller.route, caller.client, person, change.old).await else {
            record(Some(&known.applicant), Some(&known.judged), Outcome::Refused, "guarded");
            return Err(Refused::NotSignedIn);
        };
        self.crash("change:before-write");
        let answer = known
            .directory
            .write_password(person, Some(change.old), change.new)
            .await;
        let refused = match answer {
            Ok(()) => {
                attempt.right();
                None
            }
            Err(DirectoryError::Refused(refusal)) => Some(match refusal.rule {
                // Said of a new password alone, so the old one was looked at and found right.
                Some(rule) if speaks_of_the_new(rule) => {
                    attempt.right();
                    (Refused::Password(Some(rule)), rule.as_str())
                }
                Some(PasswordRule::WrongOld) | None => {
                    attempt.wrong();
                    (Refused::NotSignedIn, "wrong_old")
                }
                Some(rule) => {
                    attempt.untested();
                    (Refused::NotSignedIn, rule.as_str())
                }
            }),
            // Dropped, it counts as wrong: it may have been tested.
            Err(DirectoryError::OutcomeUnknown) => Some((Refused::Unavailable, "outcome_unknown")),
            Err(DirectoryError::NotFound) => Some((Refused::NotSignedIn, "unknown")),
            Err(error) => {
                attempt.untested();
                Some(match error {
                    DirectoryError::NotAllowed | DirectoryError::NotPossible => (Refused::NotSignedIn, "not_allowed"),
                    _ => (Refused::Unavailable, "unavailable"),
                })
            }
        };
        if let Some((refused, reason)) = refused {
            let outcome = if refused == Refused::Unavailable {
                Outcome::Unavailable
            } else {
                Outcome::Failed
            };
            record(Some(&known.applicant), Some(&known.judged), outcome, reason);
            return Err(refused);
        }
        self.crash("change:written");
        self.parts.aftermath.account_changed(person, AccountChange::Password);
        record(Some(&known.applicant), Some(&known.judged), Outcome::Allowed, "done");
        // E7: it is done, whatever becomes of the rest.
        if let Err(trouble) = self.after_change(caller, &known, at).await {
            tracing::warn!(trouble = %trouble, "the notice of a changed password could not be kept");
        }
        Ok(Changed {
            login: login(person).to_string(),
            previous_seconds: known.directory.previous_password_seconds(),
        })
    }

    /// Whoever may change it here. Why not, for the record alone.
    async fn find_to_change(
        &self,
        caller: &Caller<'_>,
        directory: &str,
        name: &str,
        at: Timestamp,
    ) -> Result<Result<Known<'_>, (String, Option<Applicant>)>, Refused> {
        let directory = self.directory(directory)?;
        let applicant = match directory.applicant(name).await {
            Ok(applicant) => applicant,
            Err(DirectoryError::NotFound) => return Ok(Err(("unknown".to_owned(), None))),
            Err(DirectoryError::Ambiguous | DirectoryError::TooMany) => return Ok(Err(("ambiguous".to_owned(), None))),
            Err(error) => return Err(Trouble::from(error).into()),
        };
        let judged = self
            .judge(caller.route, Wish::Change, &**directory, &applicant, at)
            .await?;
        let reason = match &judged {
            None => "no_policy",
            Some(judged) => match &judged.bar {
                Some(bar) => bar.as_str(),
                None if judged.owner.authority.permits_local_write() => "",
                None => "not_here",
            },
        };
        match judged {
            Some(judged) if reason.is_empty() => Ok(Ok(Known {
                directory,
                applicant,
                judged,
            })),
            _ => Ok(Err((reason.to_owned(), Some(applicant)))),
        }
    }

    /// What else was open for the account is over, and its owner is told at every address.
    async fn after_change(&self, caller: &Caller<'_>, known: &Known<'_>, at: Timestamp) -> Result<(), Trouble> {
        let person = &known.applicant.person;
        let mut id = [0; 16];
        if !self.parts.chance.fill(&mut id) {
            return Err(Trouble::NoChance);
        }
        let rules = &known.judged.rules;
        let base = Self::base(ContextId(id), at, rules, |rules| Opening {
            route: caller.route.into(),
            action: Action::Reset,
            directory: Arc::clone(&person.key.directory.0),
            asker: Asker::SignIn,
            name: self.account(person),
            factor: None,
            language: caller.language.into(),
            from: Some(roughly(caller.client).into()),
            at,
            rules,
        });
        for _ in 0..RACES {
            let privileged = known.applicant.protected || rules.privileged;
            let mut unit = vec![self.closed(&base, known, at)?];
            unit.extend(self.kill_others(&person.key, None, Ending::Changed, at).await?);
            unit.push(self.progress_of(&person.key, |progress| progress.changed(at)).await?);
            unit.extend(self.notices(&base, person, privileged, at)?);
            match self.parts.records.commit_reset(unit).await {
                Err(RecordsError::Changed) => {}
                other => return Ok(other?),
            }
        }
        Err(Trouble::Records(RecordsError::Busy))
    }

    /// A context that is done already: what its letters' "it was not me" leads to.
    fn closed(&self, base: &Base, known: &Known<'_>, at: Timestamp) -> Result<ResetChange, Trouble> {
        let executed = Executed {
            account: Some(self.subject(&known.applicant, &known.judged)),
            accounts: Accounts::default(),
            results: Vec::new(),
            at,
        };
        let context = Context {
            base: base.clone(),
            stage: executed,
        };
        context.row().map(ResetChange::Open)
    }

    #[allow(clippy::too_many_arguments, reason = "each is a field of the record")]
    fn record_change(
        &self,
        caller: &Caller<'_>,
        name: &[u8; 32],
        applicant: Option<&Applicant>,
        judged: Option<&Judged>,
        outcome: Outcome,
        reason: &str,
        generation: u64,
    ) {
        let identifier = hexadecimal(name);
        self.parts.audit.reset(&ResetEvent {
            name: "reset.changed_by_old",
            outcome,
            context: None,
            route: caller.route,
            action: "change",
            client: Some(caller.client),
            token: match caller.by {
                By::Program { token, .. } => Some(token),
                By::Browser => None,
            },
            account: applicant.map(|applicant| &applicant.person.key),
            entry: applicant.map(|applicant| shortened(&applicant.person.dn)),
            identifier: Some(&identifier),
            factor: None,
            reason: Some(reason),
            rule: judged.map(|judged| judged.owner.rule.as_str()),
            authority: judged.map(|judged| &judged.owner.authority),
            generation,
        });
    }
}

/// Whether a directory says this of a new password only after it has found the old one right.
fn speaks_of_the_new(rule: PasswordRule) -> bool {
    matches!(
        rule,
        PasswordRule::TooShort
            | PasswordRule::TooLong
            | PasswordRule::TooYoung
            | PasswordRule::History
            | PasswordRule::Quality
            | PasswordRule::Dictionary
            | PasswordRule::Policy
    )
}
