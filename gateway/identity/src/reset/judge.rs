//! Whether something may be done for an account, asked anew at every step: when a message is made, when it proves something, and when it is written.

use super::asked::Action;
use super::desk::{Desk, RouteAuthority};
use super::keys::{Digest, Purpose};
use super::rules::{Features, ResetQuestion, ResetRules};
use super::stages::Baseline;
use super::trouble::Trouble;
use crate::account::AccountKey;
use crate::authority::{Authority, Decision};
use crate::clock::Timestamp;
use crate::decide::RuleName;
use crate::directory::{Admittance, Applicant, Applicants};
use crate::name::DistinguishedName;
use crate::person::{Nesting, Person};
use crate::standing::{LockedBy, State};
use std::sync::Arc;

/// What is to be done for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// What a context was opened for.
    Action(Action),
    /// A change by somebody who knows the present password.
    Change,
}

/// What was found.
pub(super) struct Judged {
    /// The rules for this account now.
    pub rules: Arc<ResetRules>,
    /// Whose its password is.
    pub owner: Decision,
    /// How it is now.
    pub baseline: Baseline,
    /// The groups it is in, where the rules look at them.
    groups: Option<Vec<String>>,
    /// Why it may not come in. `None`: it may, as far as its password is its directory's.
    pub bar: Option<Bar>,
}

/// Why somebody may not come in. For the record alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bar {
    /// The directory's switch is off, or policy does not offer it to this account.
    NotOffered,
    /// By an attribute of its entry.
    Attribute(Arc<str>),
    /// Nothing links it to a person.
    NoLink,
    /// By how it stands.
    Standing(&'static str),
    /// It is not onboarded.
    NotOnboarded,
    /// The directory protects it, and no rules speak of such accounts.
    Privileged,
    /// Somebody said "it was not me".
    Held,
}

impl Bar {
    /// As in audit lines.
    pub fn as_str(&self) -> &str {
        match self {
            Self::NotOffered => "not_offered",
            Self::Attribute(_) => "attribute",
            Self::NoLink => "no_link",
            Self::Standing(state) => state,
            Self::NotOnboarded => "not_onboarded",
            Self::Privileged => "privileged",
            Self::Held => "held",
        }
    }
}

/// Why an account may not come in, by its rules and its entry alone. Besides them the directory's switch is asked, who is onboarded, whether
/// somebody said "it was not me", and whose the password is.
pub fn bar(wish: Wish, rules: &ResetRules, applicant: &Applicant) -> Option<Bar> {
    by_entry(&applicant.entry, wish, rules.features)
        .or_else(|| by_standing(applicant.standing.state, wish, rules.features))
        .or_else(|| (applicant.protected && !rules.privileged).then_some(Bar::Privileged))
}

impl Desk {
    /// Looks at an account. `None`: no policy speaks of it.
    pub(super) async fn judge(
        &self,
        route: &str,
        wish: Wish,
        directory: &dyn Applicants,
        applicant: &Applicant,
        at: Timestamp,
    ) -> Result<Option<Judged>, Trouble> {
        let person = &applicant.person;
        let name = directory.name();
        let ask = |account: Option<&str>, groups: &[String]| {
            self.parts.decide.reset(&ResetQuestion {
                route,
                directory: Some(&name.0),
                account,
                groups,
            })
        };
        let Some(general) = ask(None, &[]) else {
            return Ok(None);
        };
        let groups = if general.reads_groups {
            Some(directory.groups(person, Nesting::Nested).await?)
        } else {
            None
        };
        let Some(rules) = ask(Some(&person.dn), groups.as_deref().unwrap_or_default()) else {
            return Ok(None);
        };
        let owner = self.owner(route, directory, person).await?;
        let bar = if !self.parts.switches.self_service(name).await {
            Some(Bar::NotOffered)
        } else if let Some(bar) = bar(wish, &rules, applicant) {
            Some(bar)
        } else if rules.onboarded_only && !self.is_onboarded(directory, person, groups.as_deref()).await? {
            Some(Bar::NotOnboarded)
        } else if self.is_held(&person.key, at).await? {
            Some(Bar::Held)
        } else {
            None
        };
        Ok(Some(Judged {
            baseline: self.baseline(applicant, groups.as_deref()),
            groups,
            rules,
            owner,
            bar,
        }))
    }

    /// Whether an account, or a group it is in at this moment, is onboarded.
    async fn is_onboarded(
        &self,
        directory: &dyn Applicants,
        person: &Person,
        groups: Option<&[String]>,
    ) -> Result<bool, Trouble> {
        let name = &directory.name().0;
        if self.parts.records.is_onboarded(name, &[&person.key.id]).await? {
            return Ok(true);
        }
        let read = match groups {
            Some(_) => Vec::new(),
            None => directory.groups(person, Nesting::Nested).await?,
        };
        let groups = groups.unwrap_or(&read).iter();
        let compared = groups.filter_map(|group| DistinguishedName::parse(group.as_bytes()).ok());
        let compared: Vec<_> = compared.map(|group| group.to_string()).collect();
        let keys: Vec<_> = compared.iter().map(String::as_str).collect();
        Ok(!keys.is_empty() && self.parts.records.is_onboarded(name, &keys).await?)
    }

    /// Whose the account's password is, by the rules of now.
    pub(super) async fn owner(
        &self,
        route: &str,
        directory: &dyn Applicants,
        person: &Person,
    ) -> Result<Decision, Trouble> {
        match self.parts.authority.of_route(route) {
            RouteAuthority::NoRules => Ok(directory.owner(person, None).await?),
            RouteAuthority::Rules(rules) => Ok(directory.owner(person, Some(&rules)).await?),
            RouteAuthority::NoRoute => Ok(Decision {
                authority: Authority::Unknown,
                rule: RuleName::built_in("no-policy-for-route"),
                page: None,
                pinned: false,
                told_to: Arc::default(),
            }),
        }
    }

    /// What stands for an account in the store.
    pub(super) fn account(&self, person: &Person) -> Digest {
        Digest(self.parts.keys.hash(Purpose::Account, &of_key(&person.key)))
    }

    /// Whether nothing may be asked for an account.
    async fn is_held(&self, key: &AccountKey, at: Timestamp) -> Result<bool, Trouble> {
        for account in self.parts.keys.hashes(Purpose::Account, &of_key(key)) {
            if self.parts.records.held(&account, at).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn baseline(&self, applicant: &Applicant, groups: Option<&[String]>) -> Baseline {
        let person = &applicant.person;
        Baseline {
            mark: applicant.password_mark.clone(),
            contacts: self.of_contacts(&[&person.mails, &person.phones]),
            groups: groups.map(|groups| self.of_contacts(&[groups])),
        }
    }

    /// One hash of lists, whatever their order.
    fn of_contacts(&self, lists: &[&[String]]) -> Digest {
        with_parts(lists, |parts| Digest(self.parts.keys.hash(Purpose::Contacts, parts)))
    }

    /// T11, T12: whether the account still is what it was when its message was made.
    pub(super) fn is_unchanged(&self, before: &Baseline, applicant: &Applicant, now: &Judged) -> bool {
        let same = |kept: &Digest, lists: &[&[String]]| {
            with_parts(lists, |parts| {
                self.parts.keys.matches(Purpose::Contacts, parts, &kept.0)
            })
        };
        let person = &applicant.person;
        let same_groups = match (&before.groups, &now.groups) {
            (Some(before), Some(now)) => same(before, &[now]),
            (None, None) => true,
            _ => false,
        };
        before.mark == applicant.password_mark
            && same(&before.contacts, &[&person.mails, &person.phones])
            && same_groups
    }
}

fn with_parts<T>(lists: &[&[String]], tell: impl FnOnce(&[&[u8]]) -> T) -> T {
    let counts: Vec<_> = lists.iter().map(|list| list.len().to_be_bytes()).collect();
    let mut parts: Vec<&[u8]> = Vec::new();
    for (list, count) in lists.iter().zip(&counts) {
        let mut list: Vec<_> = list.iter().map(String::as_bytes).collect();
        list.sort_unstable();
        parts.push(count);
        parts.extend(list);
    }
    tell(&parts)
}

/// The parts by which an account is hashed.
pub(super) fn of_key(key: &AccountKey) -> [&[u8]; 2] {
    [key.directory.0.as_bytes(), key.id.as_bytes()]
}

/// Whether an action is offered by these features.
pub(super) fn offers(features: Features, action: Action) -> bool {
    match action {
        Action::Reset => features.reset,
        Action::Unlock => features.unlock,
        Action::Reminder => features.reminder,
    }
}

fn by_entry(entry: &Admittance, wish: Wish, features: Features) -> Option<Bar> {
    let offered = match wish {
        Wish::Action(action) => offers(features, action),
        Wish::Change => features.change || features.expired_change,
    };
    match entry {
        _ if !offered => Some(Bar::NotOffered),
        Admittance::Open => None,
        Admittance::Shut { attribute } => Some(Bar::Attribute(Arc::clone(attribute))),
        Admittance::NoLink => Some(Bar::NoLink),
        // S2.15: whoever may lift the lock may come in to do so, and whoever sets a new password here lifts it too.
        Admittance::Locked { attribute } => match wish {
            Wish::Action(Action::Unlock | Action::Reset) if features.unlock => None,
            Wish::Action(Action::Reminder) => None,
            Wish::Action(_) | Wish::Change => Some(Bar::Attribute(Arc::clone(attribute))),
        },
    }
}

/// F14: a lock that failures left is one's own to lift; what an administrator did is not. What is not known is not guessed.
fn by_standing(state: State, wish: Wish, features: Features) -> Option<Bar> {
    let shut = Some(Bar::Standing(state.name().as_str()));
    match (state, wish) {
        (State::Disabled | State::AccountExpired | State::NotYetValid | State::Unknown, _) => shut,
        (
            State::Locked {
                by: LockedBy::Failures, ..
            },
            Wish::Action(_),
        )
        | (_, Wish::Action(Action::Reminder)) => None,
        (State::Locked { .. }, _) => shut,
        (State::MustChange | State::Expired, Wish::Change) if !features.expired_change => shut,
        (State::MustChange | State::Expired, Wish::Change) => None,
        (_, Wish::Change) if !features.change => shut,
        _ => None,
    }
}
