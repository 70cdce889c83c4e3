//! The accounts of one person, once they are known: the one the proof is about first, then whatever is linked to it in any directory.

use super::context::Base;
use super::desk::Desk;
use super::gates::{Evaluation, Fact, evaluate};
use super::judge::{Judged, Wish};
use super::letters::login;
use super::stages::{Accounts, Subject, Target};
use super::trouble::Trouble;
use crate::account::AccountKey;
use crate::authority::Authority;
use crate::clock::Timestamp;
use crate::directory::{Applicant, Applicants};
use crate::password::PasswordRule;
use std::sync::Arc;

/// The most accounts of one person that are shown.
pub(super) const MOST_ACCOUNTS: usize = 16;

impl Desk {
    /// The list. What cannot be looked at now is left out: nothing is offered that is not known.
    pub(super) async fn accounts(
        &self,
        base: &Base,
        subject: &Subject,
        applicant: &Applicant,
        judged: &Judged,
        facts: &[Fact],
        at: Timestamp,
    ) -> Result<Accounts, Trouble> {
        let own = self.directory(&subject.directory)?;
        let mut list = vec![self.target(base, applicant, judged, facts)];
        let mut seen: Vec<AccountKey> = vec![applicant.person.key.clone()];
        if let Some(link) = applicant.person.link.as_deref().filter(|link| !link.is_empty()) {
            for directory in &self.parts.directories {
                let others = directory.of_one_person(link).await.unwrap_or_default();
                for person in others {
                    if list.len() >= MOST_ACCOUNTS || seen.contains(&person.key) {
                        continue;
                    }
                    seen.push(person.key.clone());
                    let target = self.other(base, &**directory, &person.key, facts, at).await?;
                    list.extend(target);
                }
            }
        }
        let told = own.password_rules(&applicant.person).await.unwrap_or_default();
        let told = told.into_iter().map(|(rule, number)| (rule.as_str().into(), number));
        Ok(Accounts {
            list,
            directory_rules: told.collect(),
        })
    }

    async fn other(
        &self,
        base: &Base,
        directory: &dyn Applicants,
        key: &AccountKey,
        facts: &[Fact],
        at: Timestamp,
    ) -> Result<Option<Target>, Trouble> {
        let Ok(applicant) = directory.again(key).await else {
            return Ok(None);
        };
        let wish = Wish::Action(base.action());
        match self.judge(base.route(), wish, directory, &applicant, at).await {
            Ok(Some(judged)) => Ok(Some(self.target(base, &applicant, &judged, facts))),
            Ok(None) | Err(Trouble::Directory(_)) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    fn target(&self, base: &Base, applicant: &Applicant, judged: &Judged, facts: &[Fact]) -> Target {
        let person = &applicant.person;
        let is_proven = evaluate(&base.id, facts, &judged.rules, &self.known) == Evaluation::Sufficient;
        Target {
            directory: Arc::clone(&person.key.directory.0),
            id: Arc::clone(&person.key.id),
            login: login(person),
            standing: applicant.standing.state.name().as_str().into(),
            eligible: judged.bar.is_none() && judged.owner.authority.permits_local_write() && is_proven,
            provider: match &judged.owner.authority {
                Authority::Provider(provider) | Authority::Both { provider, .. } => Some(Arc::clone(provider)),
                Authority::Local(_) | Authority::Unknown => None,
            },
            mark: applicant.password_mark.clone(),
        }
    }
}

/// The rule of that name.
pub(super) fn rule_named(name: &str) -> Option<PasswordRule> {
    PasswordRule::ALL.into_iter().find(|rule| rule.as_str() == name)
}
