//! [`Applicants`] over the service account's lanes: what self-service asks of a directory.

use super::account_facts::PolicyFigures;
use super::people::{People, told};
use super::service::applicants::{Looking, is_base};
use super::service::facts::FactsWanted;
use super::service::writes::Change;
use postern_identity::authority::{AuthorityRules, Credential, Decision, Reads, without_rules};
use postern_identity::directory::{Applicant, Applicants, Reply};
use postern_identity::{AccountKey, Directory, PasswordRule, Person, Secret, StandingChange, State};

/// Who may help themselves, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicantSettings {
    /// Where they are looked for. Empty: nobody may.
    pub bases: Vec<SearchBase>,
    /// Whether an account without a link to a person may not.
    pub link_required: bool,
}

impl ApplicantSettings {
    /// Everybody below the directory's base, by login name and mail address.
    pub fn usual(names: Vec<String>) -> Self {
        Self {
            bases: vec![SearchBase {
                base_dn: None,
                names,
                disabled_by: Vec::new(),
                enabled_by: Vec::new(),
                locked_by: Vec::new(),
                absent_is_enabled: false,
            }],
            link_required: false,
        }
    }
}

/// One place where accounts are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchBase {
    /// Below this. `None`: the directory's base.
    pub base_dn: Option<String>,
    /// The attributes that hold the names that are taken; any one of them will do.
    pub names: Vec<String>,
    /// Boolean attributes: any that is true, and the account may not come in.
    pub disabled_by: Vec<String>,
    /// Boolean attributes: any that is false, and the account may not come in.
    pub enabled_by: Vec<String>,
    /// Boolean attributes: any that is true, and the account is locked, which may be mended here.
    pub locked_by: Vec<String>,
    /// Whether an absent attribute of `enabled_by` counts as true. It fails closed where nobody says so.
    pub absent_is_enabled: bool,
}

impl SearchBase {
    /// Whether `base_dn` is a DN.
    pub fn is_sound(&self) -> bool {
        self.base_dn.as_deref().is_none_or(is_base)
    }
}

impl People {
    fn looking(&self) -> Looking<'_> {
        Looking {
            settings: &self.settings().applicants,
            attributes: &self.settings().attributes,
        }
    }
}

impl Applicants for People {
    fn applicant<'a>(&'a self, name: &'a str) -> Reply<'a, Applicant> {
        Box::pin(async move { self.lanes().applicant(self.looking(), name).await.map_err(told) })
    }

    fn with_mail<'a>(&'a self, mail: &'a str) -> Reply<'a, Vec<Applicant>> {
        Box::pin(async move {
            let found = self.lanes().applicants_with_mail(self.looking(), mail).await;
            found.map_err(told)
        })
    }

    fn again<'a>(&'a self, key: &'a AccountKey) -> Reply<'a, Applicant> {
        Box::pin(async move { self.lanes().applicant_again(self.looking(), key).await.map_err(told) })
    }

    fn owner<'a>(&'a self, person: &'a Person, rules: Option<&'a AuthorityRules>) -> Reply<'a, Decision> {
        Box::pin(async move {
            let nothing = Reads::default();
            let wanted = FactsWanted {
                server: None,
                name: person.dn.as_bytes(),
                reads: rules.map_or(&nothing, AuthorityRules::reads),
                credential: true,
                below: false,
            };
            match self.lanes().facts(&wanted).await {
                Ok(entry) => Ok(match rules {
                    Some(rules) => rules.decide(&entry.facts),
                    None => without_rules(&entry.facts.source, entry.facts.credential),
                }),
                // Without rules nothing of the entry matters, and writing it will tell.
                Err(_) if rules.is_none() => Ok(without_rules(self.name(), Credential::Unknown)),
                Err(fault) => Err(told(fault)),
            }
        })
    }

    fn password_rules<'a>(&'a self, person: &'a Person) -> Reply<'a, Vec<(PasswordRule, u32)>> {
        Box::pin(async move {
            let lanes = self.lanes();
            let account = lanes
                .look_up_bind_name(&person.dn, lanes.patience())
                .await
                .map_err(told)?;
            let Some(policy) = account.policy_dn else {
                return Ok(Vec::new());
            };
            let policy = lanes
                .one_entry(&policy, PolicyFigures::PASSWORD_ATTRIBUTES)
                .await
                .map_err(told)?;
            Ok(policy.map_or_else(Vec::new, |policy| rules_of(&PolicyFigures::read(&policy))))
        })
    }

    fn reset_password<'a>(&'a self, person: &'a Person, new: &'a Secret) -> Reply<'a, ()> {
        Box::pin(async move {
            self.write(person, Change::Chosen { new }).await?;
            self.chosen_by_its_owner(person).await;
            Ok(())
        })
    }
}

impl People {
    /// Some products take every write of ours for a help desk's, and want the password changed once more. The owner chose this one. It is written,
    /// whatever becomes of this.
    pub(super) async fn chosen_by_its_owner(&self, person: &Person) {
        let standing = self.standing(person).await;
        if standing.is_ok_and(|standing| standing.state == State::MustChange) {
            let withdrawn = self.change_standing(person, StandingChange::WithdrawForceChange).await;
            if let Err(error) = withdrawn {
                tracing::warn!(target: "postern::directory", directory = %self.name(), %error,
                    "a password was set by its owner, and the directory still wants it changed");
            }
        }
    }
}

fn rules_of(figures: &PolicyFigures) -> Vec<(PasswordRule, u32)> {
    let told = [
        (PasswordRule::TooShort, figures.min_length),
        (PasswordRule::History, figures.history),
        (PasswordRule::TooYoung, figures.min_age),
    ];
    told.into_iter()
        .filter_map(|(rule, number)| Some((rule, u32::try_from(number?).unwrap_or(u32::MAX))))
        .filter(|(_, number)| *number > 0)
        .collect()
}

/// A person as the directory has them, and nothing else, may be asked about.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_that_there_are_are_told() {
        let figures = PolicyFigures {
            min_length: Some(12),
            history: Some(0),
            ..PolicyFigures::default()
        };
        assert_eq!(rules_of(&figures), [(PasswordRule::TooShort, 12)]);
    }
}
