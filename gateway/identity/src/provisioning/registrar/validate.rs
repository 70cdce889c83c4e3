//! Whether a password would do: as far as that can be told without writing it.

use super::super::error::ProvisioningError;
use super::super::query::Wanted;
use super::super::resource::{ResourceId, ResourceKind};
use super::{Actor, Registrar};
use crate::password::PasswordRule;
use crate::reset::{Finding, PasswordRules};
use crate::secret::Secret;

/// What there is against a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Against {
    /// What our own screen has against it.
    pub findings: Vec<Finding>,
    /// What the directory's rules, as far as it tells them, have against it.
    pub rules: Vec<PasswordRule>,
}

impl Against {
    /// Whether there is nothing. The directory may still refuse it.
    pub fn is_nothing(&self) -> bool {
        self.findings.is_empty() && self.rules.is_empty()
    }
}

impl Registrar {
    pub(super) async fn look_at(
        &self,
        actor: Actor<'_>,
        user: Option<ResourceId>,
        password: &Secret,
    ) -> Result<Against, ProvisioningError> {
        if !actor.may_password {
            return Err(ProvisioningError::NoScope);
        }
        let mut words: Vec<String> = Vec::new();
        let mut rules = Vec::new();
        if let Some(user) = user {
            let wanted = Wanted {
                owner: None,
                ..Wanted::default_shown()
            };
            let resource = self
                .parts
                .directory
                .read(actor.reach, ResourceKind::User, user, &wanted)
                .await?;
            if let Some(person) = &resource.person {
                words.extend(
                    person
                        .logins
                        .iter()
                        .cloned()
                        .chain(person.display_name.clone())
                        .chain(person.mails.iter().cloned()),
                );
                // What a directory does not tell of its rules is found out when the password is written.
                let told = self.parts.people.password_rules(person).await.unwrap_or_default();
                let length = std::str::from_utf8(password.expose()).map_or(0, |text| text.chars().count());
                for (rule, figure) in told {
                    if rule == PasswordRule::TooShort && length < usize::try_from(figure).unwrap_or(usize::MAX) {
                        rules.push(rule);
                    }
                }
            }
        }
        // The directory's own length holds for what programs write, not the one that people are asked for.
        let screening = PasswordRules {
            shortest: 1,
            strength: 0,
            ..PasswordRules::default()
        };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let screened = self.parts.screen.screen(password, &screening, &words);
        Ok(Against {
            findings: screened.findings,
            rules,
        })
    }
}
