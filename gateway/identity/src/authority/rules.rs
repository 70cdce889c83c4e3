//! The rules in their order, and what they make of an entry.

use super::Authority;
use super::condition::Condition;
use super::facts::{Credential, Facts, Group, Truth};
use super::filter::Filter;
use crate::account::DirectoryName;
use crate::decide::RuleName;
use crate::name::{AttributeName, DistinguishedName};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whose passwords are whose on a route. Never changed once made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityRules {
    pins: Vec<Pin>,
    rules: Vec<AuthorityRule>,
    reads: Reads,
    /// Groups of which a member more may be one whose password may be written.
    loosening: BTreeSet<Group>,
}

/// Accounts that are the directory's own whatever any rule says: those by which one gets in when everything else is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The rule's name.
    pub name: RuleName,
    /// These entries.
    pub accounts: Vec<DistinguishedName>,
    /// Members of these groups.
    pub groups: Vec<Group>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityRule {
    /// Its name.
    pub name: RuleName,
    /// Whom it is about. `None`: everybody.
    pub condition: Option<Condition>,
    /// Whose their passwords are.
    pub owner: Owner,
    /// Who is told so, besides the account itself, when they would write one: accounts at and below these names.
    pub told_to: Arc<[DistinguishedName]>,
}

/// Whose a password is, by a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The directory's that holds the entry.
    Local,
    /// An outside provider's.
    Provider(Provider),
    /// Both have it.
    Both(Provider),
    /// Nobody is to guess.
    Unknown,
}

/// Somebody outside who keeps passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// As people and the record know it.
    pub name: Arc<str>,
    /// Where a password is changed there.
    pub page: Option<Arc<str>>,
}

/// What is to be known of an entry before the rules can be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// These attributes.
    pub attributes: BTreeSet<AttributeName>,
    /// Whether it is a member of these.
    pub groups: BTreeSet<Group>,
    /// Names it may lie at or below, or be.
    pub names: BTreeSet<DistinguishedName>,
}

/// What a member more of a group means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupUse {
    /// One more whose password is not the directory's own.
    Tightens,
    /// It may be one more whose password is.
    Either,
}

/// Whose a password is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whose.
    pub authority: Authority,
    /// The rule that says so, or could not be told.
    pub rule: RuleName,
    /// Where a provider's password is changed.
    pub page: Option<Arc<str>>,
    /// Whether a pin says so.
    pub pinned: bool,
    /// Who is told, besides the account itself: accounts at and below these names.
    pub told_to: Arc<[DistinguishedName]>,
}

impl Decision {
    /// Whether somebody of this name is told whose the password is.
    pub fn is_told_to(&self, actor: &DistinguishedName) -> bool {
        self.told_to.iter().any(|name| actor.is_within(name))
    }
}

impl AuthorityRules {
    /// Pins are asked before every rule, rules in this order.
    pub fn new(pins: Vec<Pin>, rules: Vec<AuthorityRule>) -> Self {
        let mut reads = Reads::default();
        let mut loosening = BTreeSet::new();
        for pin in &pins {
            reads.names.extend(pin.accounts.iter().cloned());
            reads.groups.extend(pin.groups.iter().cloned());
            loosening.extend(pin.groups.iter().cloned());
        }
        for rule in &rules {
            let Some(condition) = &rule.condition else { continue };
            condition.visit(&mut |part, negated| {
                reads.add(part);
                if let Condition::Member(groups) = part
                    && (negated || rule.owner == Owner::Local)
                {
                    loosening.extend(groups.iter().cloned());
                }
            });
        }
        Self {
            pins,
            rules,
            reads,
            loosening,
        }
    }

    /// What is to be known of an entry.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Whose the password of an entry is. The first rule that holds decides; one that cannot be told ends the search, for whatever
    /// follows might be wrong.
    pub fn decide(&self, facts: &Facts) -> Decision {
        self.decide_aloud(facts, |_, _| {})
    }

    /// The same; `hear` is told of each pin and rule that was asked.
    pub fn decide_aloud(&self, facts: &Facts, mut hear: impl FnMut(&RuleName, Truth)) -> Decision {
        for pin in &self.pins {
            let truth = pin.holds(facts);
            hear(&pin.name, truth);
            // A pin that cannot be told pins nobody: the rules below are the stricter ones.
            if truth == Truth::Yes {
                return Decision {
                    authority: Authority::Local(facts.source.clone()),
                    rule: pin.name.clone(),
                    page: None,
                    pinned: true,
                    told_to: Arc::default(),
                };
            }
        }
        for rule in &self.rules {
            let truth = rule
                .condition
                .as_ref()
                .map_or(Truth::Yes, |condition| condition.holds(facts));
            hear(&rule.name, truth);
            match truth {
                Truth::No => {}
                Truth::Yes => return of_rule(rule, facts),
                Truth::CannotTell => return unknown(rule.name.clone(), &rule.told_to),
            }
        }
        unknown(RuleName::built_in("no-authority-rule"), &Arc::default())
    }

    /// What must go on being true of an entry for the answer to stay what it is, as far as a filter can say it. `None`: nothing that it
    /// could say.
    pub fn premise(&self, facts: &Facts) -> Option<Filter> {
        let mut premise = Vec::new();
        if self.pins.iter().any(|pin| pin.holds(facts) == Truth::Yes) {
            return None;
        }
        for rule in &self.rules {
            let Some(condition) = &rule.condition else { break };
            let filter = condition.as_filter(facts);
            if condition.holds(facts) == Truth::Yes {
                premise.push(filter);
                break;
            }
            premise.push(Filter::Not(Box::new(filter)));
        }
        let premise = Filter::All(premise).simplified();
        (premise != Filter::constant(true)).then_some(premise)
    }

    /// Whether the answers for entries below `old` surely stay what they are when it becomes `new`: no rule can tell the two places apart,
    /// and nothing that rules name lies in either.
    pub fn are_alike(&self, old: &DistinguishedName, new: &DistinguishedName) -> bool {
        let names = self.reads.names.iter();
        let mut names = names.chain(self.reads.groups.iter().map(|group| &group.name));
        // Groups list whom they name by the name of before.
        self.reads.groups.is_empty()
            && names.all(|known| {
                let is_beside = |place: &DistinguishedName| place.is_surely_outside(known);
                let same = (is_beside(old) && is_beside(new)) || (old.is_within(known) && new.is_within(known));
                same && known.is_surely_outside(old) && known.is_surely_outside(new)
            })
    }

    /// Whether this may be the entry of a group that a rule asks for. `None`: it surely is not. Else whether a member more can only make
    /// passwords somebody else's.
    pub fn group_named(&self, name: &DistinguishedName) -> Option<GroupUse> {
        let mut named = None;
        for group in self.reads.groups.iter().filter(|group| !group.name.is_surely_not(name)) {
            let of_group = if self.loosening.contains(group) {
                GroupUse::Either
            } else {
                GroupUse::Tightens
            };
            named = named.max(Some(of_group));
        }
        named
    }
}

impl Pin {
    fn holds(&self, facts: &Facts) -> Truth {
        let is = |account: &DistinguishedName| match &facts.name {
            Some(name) if name == account => Truth::Yes,
            Some(name) if name.is_surely_not(account) => Truth::No,
            _ => Truth::CannotTell,
        };
        let by_name = self.accounts.iter().map(is);
        Truth::any(by_name.chain(self.groups.iter().map(|group| facts.is_member(group))))
    }
}

impl Reads {
    fn add(&mut self, part: &Condition) {
        match part {
            Condition::Within(bases) => self.names.extend(bases.iter().cloned()),
            Condition::Filter(filter) => filter.visit(&mut |attribute| {
                self.attributes.insert(attribute.clone());
            }),
            Condition::Domain(attribute, _) => {
                self.attributes.insert(attribute.clone());
            }
            Condition::Member(groups) => self.groups.extend(groups.iter().cloned()),
            // Always known, or made of others.
            Condition::Credential(_)
            | Condition::Source(_)
            | Condition::All(_)
            | Condition::Any(_)
            | Condition::Not(_) => {}
        }
    }
}

/// Whose a password is where no rule was written: the directory's own, unless the entry itself says that somebody else checks it.
pub fn without_rules(source: &DirectoryName, credential: Credential) -> Decision {
    if credential == Credential::Elsewhere {
        return unknown(RuleName::built_in("password-checked-elsewhere"), &Arc::default());
    }
    Decision {
        authority: Authority::Local(source.clone()),
        rule: RuleName::built_in("directory-owns-password"),
        page: None,
        pinned: false,
        told_to: Arc::default(),
    }
}

fn of_rule(rule: &AuthorityRule, facts: &Facts) -> Decision {
    let (authority, page) = match &rule.owner {
        // Writing over such a value would cut the account off from whoever checks its password.
        Owner::Local if facts.credential == Credential::Elsewhere => {
            return unknown(RuleName::built_in("password-checked-elsewhere"), &rule.told_to);
        }
        Owner::Local => (Authority::Local(facts.source.clone()), None),
        Owner::Provider(provider) => (Authority::Provider(Arc::clone(&provider.name)), provider.page.clone()),
        Owner::Both(provider) => (both(&facts.source, provider), provider.page.clone()),
        Owner::Unknown => (Authority::Unknown, None),
    };
    Decision {
        authority,
        rule: rule.name.clone(),
        page,
        pinned: false,
        told_to: Arc::clone(&rule.told_to),
    }
}

fn both(source: &DirectoryName, provider: &Provider) -> Authority {
    Authority::Both {
        directory: source.clone(),
        provider: Arc::clone(&provider.name),
    }
}

fn unknown(rule: RuleName, told_to: &Arc<[DistinguishedName]>) -> Decision {
    Decision {
        authority: Authority::Unknown,
        rule,
        page: None,
        pinned: false,
        told_to: Arc::clone(told_to),
    }
}

#[cfg(test)]
impl AuthorityRules {
    pub(super) fn rules_for_test(&self) -> Vec<AuthorityRule> {
        self.rules.clone()
    }

    pub(super) fn pins_for_test(&self) -> Vec<Pin> {
        self.pins.clone()
    }
}
