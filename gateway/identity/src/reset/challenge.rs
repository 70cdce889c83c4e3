//! A message that proves something: its link, its code, and what is remembered of them.

use super::context::{Base, KEPT, later};
use super::desk::Desk;
use super::keys::{Digest, Purpose, code, token};
use super::letters::Sheet;
use super::ports::{Factor, LetterKind};
use super::rules::ResetRules;
use super::stages::Challenge;
use super::trouble::Trouble;
use crate::clock::Timestamp;
use crate::person::Person;
use crate::records::{ResetChange, Spent};
use std::sync::Arc;

/// A message that is to be sent.
pub(super) struct Made {
    pub challenge: Challenge,
    /// What leads to its context, and the letter.
    pub changes: Vec<ResetChange>,
}

/// Why none is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotMade {
    /// No factor that the rules allow reaches this person.
    NoAddress,
    /// The only ones are such as people can write into their own entries, and the rules do not take those.
    SelfAsserted,
    /// The mailbox, or the route, has had as many as it may.
    TooMany,
}

impl NotMade {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::NoAddress => "no_address",
            Self::SelfAsserted => "self_asserted",
            Self::TooMany => "too_many_letters",
        }
    }
}

impl Desk {
    /// A message of the first of these factors that reaches the person, at the address in their entry and no other.
    pub(super) async fn challenge(
        &self,
        base: &Base,
        person: &Person,
        rules: &ResetRules,
        factors: &[Arc<str>],
        kind: LetterKind,
        at: Timestamp,
    ) -> Result<Result<Made, NotMade>, Trouble> {
        let reaching = factors.iter().find_map(|name| {
            let factor = self.factor(name)?;
            let addresses = factor.addresses(person);
            let own = |address: &Arc<str>| person.self_asserted.iter().any(|own| **own == **address);
            let given = addresses.iter().find(|address| !own(address));
            let address = given.or_else(|| addresses.first().filter(|_| rules.takes_self_asserted()))?;
            Some((factor, Arc::clone(address), given.is_none()))
        });
        let Some((factor, address, self_asserted)) = reaching else {
            let is_reached = |name: &Arc<str>| {
                let factor = self.factor(name);
                factor.is_some_and(|factor| !factor.addresses(person).is_empty())
            };
            // F13: there is one, and it is not enough to go by.
            let why_not = if factors.iter().any(is_reached) {
                NotMade::SelfAsserted
            } else {
                NotMade::NoAddress
            };
            return Ok(Err(why_not));
        };
        let limits = self.letters(base.route(), &address, &rules.limits);
        if let Spent::UsedUp { .. } = self.spend(&limits, at).await? {
            return Ok(Err(NotMade::TooMany));
        }
        let made = self.make(base, person, rules, &**factor, &address, kind, at);
        made.map(|mut made| {
            made.challenge.self_asserted = self_asserted;
            Ok(made)
        })
    }

    #[allow(clippy::too_many_arguments, reason = "each is another thing")]
    fn make(
        &self,
        base: &Base,
        person: &Person,
        rules: &ResetRules,
        factor: &dyn Factor,
        address: &str,
        kind: LetterKind,
        at: Timestamp,
    ) -> Result<Made, Trouble> {
        let chance = &*self.parts.chance;
        let form = factor.challenge();
        let lives = rules.lifetimes;
        let until = |lifetime| later(at, lifetime).min(base.expires_at);
        let (link_until, code_until) = (until(lives.link), until(lives.code));
        let fresh = || token(chance).ok_or(Trouble::NoChance);
        let link = form.link.then(fresh).transpose()?;
        // A code is typed by whoever asked; where nobody did, nobody can.
        let characters = form.code.filter(|_| kind == LetterKind::Challenge);
        let typed = characters.map(|characters| code(characters, chance).ok_or(Trouble::NoChance));
        let typed = typed.transpose()?;
        let not_me = fresh()?;
        let attempt = fresh()?;
        let keys = &self.parts.keys;
        let attempt = Digest(keys.hash(Purpose::Job, &[b"attempt", attempt.expose()]));
        let purge_at = later(base.expires_at, KEPT);
        let handle = |purpose, token: &[u8]| ResetChange::Handle {
            handle: keys.hash(purpose, &[token]),
            context: base.id,
            purge_at,
        };
        let mut changes = vec![handle(Purpose::NotMe, not_me.expose())];
        changes.extend(link.as_ref().map(|link| handle(Purpose::Token, link.expose())));
        let kept_link = link
            .as_ref()
            .map(|link| Digest(keys.hash(Purpose::Token, &[link.expose()])));
        let kept_code = typed.as_ref().map(|typed| {
            let parts: [&[u8]; 3] = [&base.id.0, factor.name().as_bytes(), typed.expose()];
            Digest(keys.hash(Purpose::Code, &parts))
        });
        let sheet = Sheet {
            id: self.letter_id(&[b"challenge", &attempt.0]),
            link_until: link.as_ref().map(|_| link_until),
            code_until: typed.as_ref().map(|_| code_until),
            token: link,
            code: typed,
            not_me: Some(not_me),
            help_desk: rules.help_desk.clone(),
            factor: Some(factor.name().into()),
            until: link_until.max(code_until),
            ..Sheet::new(base, kind, address, Some(person), at)
        };
        let letter = self.seal_sheet(&sheet)?;
        changes.push(self.sealed_letter_job(&sheet.id, letter.clone(), sheet.until));
        let folded = super::asked::fold(address);
        let challenge = Challenge {
            attempt,
            number: base.attempt,
            factor: factor.name().into(),
            instance: Digest(keys.hash(Purpose::Mailbox, &[folded.as_bytes()])),
            link: kept_link,
            code: kept_code,
            link_until,
            code_until,
            self_asserted: false,
            sends: 1,
            letter,
        };
        Ok(Made { challenge, changes })
    }
}
