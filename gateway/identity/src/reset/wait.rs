//! F9: where the rules ask for it, a proof is good only after a while. Everybody who should know is told at once, and the link to go on with comes
//! when the time is over.

use super::context::{Base, Context, later};
use super::desk::Desk;
use super::keys::{Digest, Purpose, token};
use super::letters::{LETTER, Sheet};
use super::limits::DAY;
use super::ports::LetterKind;
use super::rules::ResetRules;
use super::stages::{Challenge, Ready};
use super::trouble::Trouble;
use crate::clock::Timestamp;
use crate::directory::Applicant;
use crate::records::{NewJob, ResetChange};
use std::time::Duration;

/// How long, and what goes out for it.
pub(super) struct Waiting {
    /// The last step may be taken from then on.
    pub not_before: Timestamp,
    /// And until then.
    pub until: Timestamp,
    /// The link to go on with, where the wait begins now.
    pub challenge: Option<Challenge>,
    /// The letters, likewise.
    pub changes: Vec<ResetChange>,
}

impl Waiting {
    /// Whether it begins now.
    pub(super) fn begins(&self) -> bool {
        self.challenge.is_some()
    }
}

impl Desk {
    /// What a proof that suffices has to wait for, by both sets of rules. `begun`: since when it waits already. The context then lives long enough.
    pub(super) fn wait(
        &self,
        base: &mut Base,
        applicant: &Applicant,
        rules: [&ResetRules; 2],
        proven: &Challenge,
        begun: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<Option<Waiting>, Trouble> {
        let ready = rules
            .iter()
            .map(|rules| rules.lifetimes.ready)
            .min()
            .unwrap_or_default();
        let until = |not_before: Timestamp| later(not_before.max(at), ready);
        if let Some(not_before) = begun {
            return Ok(Some(Waiting {
                not_before,
                until: until(not_before),
                challenge: None,
                changes: Vec::new(),
            }));
        }
        let wait = longest(rules);
        if wait.is_zero() {
            return Ok(None);
        }
        let not_before = later(at, wait);
        base.expires_at = base.expires_at.max(later(not_before, DAY));
        let is_privileged = applicant.protected || rules.iter().any(|rules| rules.privileged);
        let (challenge, mut changes) = self.way_back(base, applicant, proven, not_before)?;
        changes.extend(self.tell_of_the_wait(base, applicant, is_privileged, not_before, at)?);
        Ok(Some(Waiting {
            not_before,
            until: until(not_before),
            challenge: Some(challenge),
            changes,
        }))
    }

    /// To the mailbox where the proof went, once the time is over: a link, good for a day.
    fn way_back(
        &self,
        base: &Base,
        applicant: &Applicant,
        proven: &Challenge,
        not_before: Timestamp,
    ) -> Result<(Challenge, Vec<ResetChange>), Trouble> {
        let fresh = || token(&*self.parts.chance).ok_or(Trouble::NoChance);
        let (link, not_me) = (fresh()?, fresh()?);
        let keys = &self.parts.keys;
        let purge_at = later(base.expires_at, super::context::KEPT);
        let handle = |purpose, token: &[u8]| ResetChange::Handle {
            handle: keys.hash(purpose, &[token]),
            context: base.id,
            purge_at,
        };
        let changes = vec![
            handle(Purpose::Token, link.expose()),
            handle(Purpose::NotMe, not_me.expose()),
        ];
        let until = base.expires_at;
        let kept = Digest(keys.hash(Purpose::Token, &[link.expose()]));
        let before = self.open_sheet(&proven.letter)?;
        let sheet = Sheet {
            id: self.letter_id(&[b"waited", &proven.attempt.0]),
            token: Some(link),
            not_me: Some(not_me),
            link_until: Some(until),
            factor: Some(proven.factor.clone()),
            until,
            ..Sheet::new(
                base,
                LetterKind::Challenge,
                &before.to,
                Some(&applicant.person),
                base.opening.at,
            )
        };
        let letter = self.seal_sheet(&sheet)?;
        let mut changes = changes;
        changes.push(ResetChange::Enqueue(NewJob {
            kind: LETTER.into(),
            key: keys.hash(Purpose::Job, &[LETTER.as_bytes(), sheet.id.as_bytes()]),
            payload: letter.clone().into(),
            at: not_before,
            purge_at: later(until, Duration::from_hours(1)),
        }));
        let challenge = Challenge {
            link: Some(kept),
            code: None,
            link_until: until,
            code_until: until,
            letter,
            ..proven.clone()
        };
        Ok((challenge, changes))
    }

    /// To every address, with a way to say "it was not me"; and to administrators, where the account is a privileged one.
    fn tell_of_the_wait(
        &self,
        base: &Base,
        applicant: &Applicant,
        is_privileged: bool,
        not_before: Timestamp,
        at: Timestamp,
    ) -> Result<Vec<ResetChange>, Trouble> {
        let person = &applicant.person;
        let mut changes = Vec::new();
        let id = |whose: &[u8], to: &str| self.letter_id(&[b"waiting", whose, &base.id.0, to.as_bytes()]);
        for mail in &person.mails {
            let not_me = token(&*self.parts.chance).ok_or(Trouble::NoChance)?;
            changes.push(ResetChange::Handle {
                handle: self.parts.keys.hash(Purpose::NotMe, &[not_me.expose()]),
                context: base.id,
                purge_at: later(base.expires_at, super::context::KEPT),
            });
            let sheet = Sheet {
                id: id(b"owner", mail),
                not_me: Some(not_me),
                link_until: Some(not_before),
                ..Sheet::new(base, LetterKind::Waiting, mail, Some(person), at)
            };
            changes.push(self.letter_job(&sheet)?);
        }
        let administrators = self.parts.administrators.iter().filter(|_| is_privileged);
        for administrator in administrators {
            let sheet = Sheet {
                id: id(b"administrator", administrator),
                logins: vec![super::letters::login(person)],
                link_until: Some(not_before),
                ..Sheet::new(base, LetterKind::Waiting, administrator, None, at)
            };
            changes.push(self.letter_job(&sheet)?);
        }
        Ok(changes)
    }
}

/// Whether the last step is asked for too soon, by what was said then or by what the rules say now. Whoever a program vouches for was seen by
/// somebody, and does not wait.
pub(super) fn has_to_wait(context: &Context<Ready>, rules: [&ResetRules; 2], at: Timestamp) -> bool {
    let ready = &context.stage;
    let proven = ready.facts.iter().map(|fact| fact.at).max();
    let by_rules = proven
        .filter(|_| context.base.vouched().is_none())
        .map(|proven| later(proven, longest(rules)));
    ready.not_before.max(by_rules).is_some_and(|then| at < then)
}

fn longest(rules: [&ResetRules; 2]) -> Duration {
    let waits = rules.iter().map(|rules| rules.lifetimes.cool_down);
    waits.max().unwrap_or_default()
}
