//! Whose a password is: shown beside what was read, and asked anew before one is written.

use super::super::account_state;
use super::super::error::ProvisioningError;
use super::super::query::Wanted;
use super::super::resource::{Resource, ResourceKind};
use super::super::schema::Returned;
use super::Registrar;
use crate::authority::{Authority, AuthorityRules, Decision, Reads, without_rules};
use crate::decide::RuleName;
use crate::directory::DirectoryError;
use crate::person::Person;
use crate::reset::{Action, ProgressState, RouteAuthority};
use std::borrow::Cow;
use std::sync::Arc;

impl Registrar {
    /// What is to be read so that whose the password is can be shown.
    pub(super) fn wanting_owner<'w>(&self, kind: ResourceKind, wanted: &'w Wanted) -> Cow<'w, Wanted> {
        if kind != ResourceKind::User || !self.wants_owner(wanted) {
            return Cow::Borrowed(wanted);
        }
        let reads = match self.parts.authority.of_route(&self.parts.route) {
            RouteAuthority::Rules(rules) => Arc::new(rules.reads().clone()),
            RouteAuthority::NoRules | RouteAuthority::NoRoute => Arc::new(Reads::default()),
        };
        Cow::Owned(Wanted {
            owner: Some(reads),
            ..wanted.clone()
        })
    }

    fn wants_owner(&self, wanted: &Wanted) -> bool {
        let asked =
            |keys: &std::collections::BTreeSet<_>| account_state::owner_keys().iter().any(|key| keys.contains(key));
        match &wanted.keys {
            Some(keys) => asked(keys),
            None => {
                self.parts.owner_shown == Returned::Default
                    && !account_state::owner_keys()
                        .iter()
                        .all(|key| wanted.without.contains(key))
            }
        }
    }

    /// Puts what the directory does not know among a resource's attributes.
    pub(super) async fn show_beside(&self, resource: &mut Resource, wanted: &Wanted) -> Result<(), ProvisioningError> {
        let Some(person) = resource.person.clone() else {
            return Ok(());
        };
        if wanted.owner.is_some() {
            let owner = match (self.rules(), &resource.owner_facts) {
                (Rules::Nobodys(decision), _) => decision,
                (Rules::None, Some(facts)) => without_rules(&facts.source, facts.credential),
                (Rules::These(rules), Some(facts)) => match rules.decide(facts) {
                    // What was not shown in passing may be told when it is asked for.
                    unknown if unknown.authority == Authority::Unknown => self.owner(&person).await?,
                    decision => decision,
                },
                (_, None) => self.owner(&person).await?,
            };
            let url = self.reset_url(&owner, &person);
            account_state::show_owner(&mut resource.attributes, &owner, url.as_deref());
        }
        let status = account_state::reset_status_key();
        if let (Some(desk), true) = (
            &self.parts.desk,
            wanted.keys.as_ref().is_some_and(|keys| keys.contains(&status)),
        ) {
            let progress = desk.progress(&person.key).await;
            let progress = progress.map_err(|_| ProvisioningError::Unavailable)?;
            account_state::show_reset_status(&mut resource.attributes, status_word(progress.state));
        }
        Ok(())
    }

    /// The same for each of a list. Whoever went meanwhile is left out.
    /// The same of what was just changed. It is done, so that what cannot be told now is left out and is no fault.
    pub(super) async fn show_beside_done(&self, resource: &mut Resource) {
        let wanted = self.wanting_owner(resource.kind, &Wanted::default_shown()).into_owned();
        if let Err(error) = self.show_beside(resource, &wanted).await {
            tracing::debug!(target: "postern::provisioning", %error, "whose a password is cannot be told now");
        }
    }

    pub(super) async fn show_beside_all(
        &self,
        resources: &mut Vec<Resource>,
        wanted: &Wanted,
    ) -> Result<(), ProvisioningError> {
        let mut there = Vec::with_capacity(resources.len());
        for mut resource in std::mem::take(resources) {
            match self.show_beside(&mut resource, wanted).await {
                Ok(()) => there.push(resource),
                Err(ProvisioningError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        *resources = there;
        Ok(())
    }

    /// Whose the account's password is, read anew.
    pub(super) async fn owner(&self, person: &Person) -> Result<Decision, ProvisioningError> {
        let decided = match self.rules() {
            Rules::Nobodys(decision) => return Ok(decision),
            Rules::None => self.parts.people.owner(person, None).await,
            Rules::These(rules) => self.parts.people.owner(person, Some(&rules)).await,
        };
        decided.map_err(of_directory)
    }

    /// Whether a password may be written that is this one's.
    pub(super) fn may_write(&self, owner: &Decision, person: Option<&Person>) -> Result<(), ProvisioningError> {
        match &owner.authority {
            authority if authority.permits_local_write() => Ok(()),
            authority if authority.is_a_providers() => Err(ProvisioningError::Federated {
                page: person
                    .and_then(|person| self.reset_url(owner, person))
                    .or_else(|| owner.page.clone()),
            }),
            _ => Err(ProvisioningError::OwnerUnknown),
        }
    }

    /// Where the owner of an account gets a new password: the provider's page, ours, or nowhere.
    fn reset_url(&self, owner: &Decision, person: &Person) -> Option<Arc<str>> {
        let login = person.logins.first().map(String::as_str);
        match &owner.authority {
            Authority::Local(_) => self.parts.reset_page.clone(),
            Authority::Provider(provider) | Authority::Both { provider, .. } => {
                let page = self
                    .parts
                    .providers
                    .page(provider, Action::Reset, login.or(person.upn.as_deref()));
                page.map(|page| page.url).or_else(|| owner.page.clone())
            }
            Authority::Unknown => None,
        }
    }

    pub(super) fn rules(&self) -> Rules {
        match self.parts.authority.of_route(&self.parts.route) {
            RouteAuthority::Rules(rules) => Rules::These(rules),
            RouteAuthority::NoRules => Rules::None,
            RouteAuthority::NoRoute => Rules::Nobodys(Decision {
                authority: Authority::Unknown,
                rule: RuleName::built_in("no-policy-for-route"),
                page: None,
                pinned: false,
                told_to: Arc::default(),
            }),
        }
    }
}

/// What is to be asked.
pub(super) enum Rules {
    /// No policy speaks of the route.
    Nobodys(Decision),
    /// There are none.
    None,
    /// These.
    These(Arc<AuthorityRules>),
}

fn status_word(state: ProgressState) -> &'static str {
    match state {
        ProgressState::None => "none",
        ProgressState::InProgress => "inProgress",
        ProgressState::Done => "done",
        ProgressState::Blocked => "blocked",
    }
}

/// What a directory says to those who look after people, in the words of provisioning.
pub(super) fn of_directory(fault: DirectoryError) -> ProvisioningError {
    match fault {
        DirectoryError::NotFound => ProvisioningError::NotFound,
        DirectoryError::Ambiguous | DirectoryError::TooMany => ProvisioningError::TooMany,
        DirectoryError::Refused(refusal) => ProvisioningError::Password(refusal),
        DirectoryError::NotPossible => ProvisioningError::NotPossible,
        DirectoryError::OutcomeUnknown => ProvisioningError::OutcomeUnknown,
        DirectoryError::NotAllowed | DirectoryError::Unprotected => ProvisioningError::NotAllowed,
        DirectoryError::Unavailable => ProvisioningError::Unavailable,
    }
}
