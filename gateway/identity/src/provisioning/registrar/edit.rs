//! A resource is changed or removed.

use super::super::account_state;
use super::super::edit::{Edit, MembersChange};
use super::super::error::ProvisioningError;
use super::super::query::Wanted;
use super::super::resource::{Resource, ResourceId, ResourceKind, Version};
use super::super::schema::Uniqueness;
use super::super::value::{Attributes, Key};
use super::create::Promise;
use super::owner::of_directory;
use super::record::{Done, Recorded};
use super::{Actor, Registrar, Wish};
use crate::password::StandingChange;
use crate::person::Person;
use crate::reset::AccountChange;
use crate::secret::Secret;
use std::sync::Arc;

/// How often a change is tried anew where others change the same at the same moment.
const TRIES: usize = 5;

impl Registrar {
    pub(super) async fn change(
        &self,
        actor: Actor<'_>,
        (kind, id): (ResourceKind, ResourceId),
        expected: Option<&[Version]>,
        with_members: bool,
        wish: Wish<'_>,
    ) -> Result<Resource, ProvisioningError> {
        let mut recorded = Recorded::begun(actor, kind, Done::Changed);
        let mut result = Err(ProvisioningError::Contended);
        for _ in 0..TRIES {
            result = self
                .change_once(actor, (kind, id), expected, with_members, wish, &mut recorded)
                .await;
            if result.as_ref().err() != Some(&ProvisioningError::Contended) {
                break;
            }
        }
        self.record_result(&recorded, &result);
        result
    }

    async fn change_once(
        &self,
        actor: Actor<'_>,
        (kind, id): (ResourceKind, ResourceId),
        expected: Option<&[Version]>,
        with_members: bool,
        wish: Wish<'_>,
        recorded: &mut Recorded<'_>,
    ) -> Result<Resource, ProvisioningError> {
        let wanted = Wanted {
            members: with_members,
            ..Wanted::default_shown()
        };
        let before = self.parts.directory.read(actor.reach, kind, id, &wanted).await?;
        if expected.is_some_and(|versions| !versions.contains(&before.version)) {
            return Err(ProvisioningError::Changed);
        }
        let edit = wish(&before)?;
        let standing = account_state::changes(&before.attributes, &edit.attributes)?;
        recorded.edited(&before, &edit, &standing);
        let after = account_state::take(&edit.attributes);
        let own = account_state::take(&before.attributes);
        self.may(actor, &before, &edit, &standing, recorded).await?;
        let mut now = before.clone();
        if after != own {
            let promise = self.promise_changed(kind, &before, &edit).await?;
            let written = self.parts.directory.write(&before, &after, expected.is_some()).await;
            self.release(&promise).await;
            now = written?;
        }
        let wrote = after != own;
        if let Err((done, fault)) = self.change_rest(actor, &before, &now, &edit, &standing).await {
            let mut is_as_before = done == 0;
            // The attributes are put back: a change is made as a whole, as far as a directory without transactions can.
            if wrote && is_as_before && fault != ProvisioningError::OutcomeUnknown {
                let mut back = now.clone();
                back.attributes = after;
                is_as_before = self.parts.directory.write(&back, &own, false).await.is_ok();
            }
            return Err(if is_as_before { fault } else { partly(fault) });
        }
        let has_rest = edit.password.is_some() || !standing.is_empty();
        let mut resource = if has_rest || now.attributes == before.attributes {
            let wanted = Wanted::default_shown();
            let read = self.parts.directory.read(actor.reach, kind, id, &wanted).await;
            read.map_err(|fault| if wrote || has_rest { partly(fault) } else { fault })?
        } else {
            now
        };
        self.show_beside_done(&mut resource).await;
        Ok(resource)
    }

    /// Whether all of it may be done, before any of it is.
    async fn may(
        &self,
        actor: Actor<'_>,
        before: &Resource,
        edit: &Edit,
        standing: &[StandingChange],
        recorded: &mut Recorded<'_>,
    ) -> Result<(), ProvisioningError> {
        let of_password = |change: &StandingChange| !matches!(change, StandingChange::Enable | StandingChange::Disable);
        if (edit.password.is_some() || standing.iter().any(of_password)) && !actor.may_password {
            return Err(ProvisioningError::NoScope);
        }
        if let Some(impossible) = standing.iter().find(|change| !self.parts.directory.can(**change)) {
            tracing::debug!(target: "postern::provisioning", change = impossible.as_str(), "a directory has no such change");
            return Err(ProvisioningError::NotPossible);
        }
        // A change of a password that is not here is forced on nobody.
        let writes = edit.password.is_some() || standing.contains(&StandingChange::ForceChange);
        if let (true, Some(person)) = (writes, &before.person) {
            let owner = self.owner(person).await?;
            recorded.owner(&owner);
            self.may_write(&owner, Some(person))?;
        }
        Ok(())
    }

    /// Members, the password, and how the account stands, in this order: what a rule of the directory may refuse comes first, so that nothing else is
    /// done then. Whoever is to be kept out is kept out before anybody is let in ([`account_state::changes`]). A fault comes with how much was done
    /// before it that stays.
    async fn change_rest(
        &self,
        actor: Actor<'_>,
        before: &Resource,
        now: &Resource,
        edit: &Edit,
        standing: &[StandingChange],
    ) -> Result<(), (usize, ProvisioningError)> {
        let mut done = 0;
        if !edit.members.is_empty() {
            let changed = self
                .parts
                .directory
                .change_members(actor.reach, before.id, &edit.members)
                .await;
            changed.map_err(|fault| (done, fault))?;
            done += 1;
        }
        let Some(person) = now.person.as_ref().or(before.person.as_ref()) else {
            return Ok(());
        };
        if let Some(password) = &edit.password {
            self.write_password(person, password)
                .await
                .map_err(|fault| (done, fault))?;
            done += 1;
        }
        for change in standing {
            self.stand(person, *change).await.map_err(|fault| (done, fault))?;
            done += 1;
        }
        Ok(())
    }

    async fn write_password(&self, person: &Person, password: &Secret) -> Result<(), ProvisioningError> {
        // Asked anew right before: what was the directory's own a moment ago may be a provider's now.
        let owner = self.owner(person).await?;
        self.may_write(&owner, Some(person))?;
        // Held to the directory's rules, and not to be changed once more: programs bring passwords that people chose elsewhere. Whoever wants it changed
        // says so in the same request.
        let written = self.parts.people.reset_password(person, password).await;
        if !matches!(
            written,
            Err(crate::DirectoryError::Refused(_) | crate::DirectoryError::Unavailable)
        ) {
            self.parts.aftermath.account_changed(person, AccountChange::Password);
        }
        written.map_err(of_directory)
    }

    async fn stand(&self, person: &Person, change: StandingChange) -> Result<(), ProvisioningError> {
        let changed = self.parts.people.change_standing(person, change).await;
        let told = match change {
            StandingChange::Disable | StandingChange::Lock | StandingChange::ForceChange => AccountChange::Stopped,
            StandingChange::Unlock | StandingChange::Enable | StandingChange::WithdrawForceChange => {
                AccountChange::Unlocked
            }
        };
        if !matches!(
            changed,
            Err(crate::DirectoryError::NotPossible | crate::DirectoryError::Unavailable)
        ) {
            self.parts.aftermath.account_changed(person, told);
        }
        changed.map_err(of_directory)
    }

    async fn promise_changed(
        &self,
        kind: ResourceKind,
        before: &Resource,
        edit: &Edit,
    ) -> Result<Promise, ProvisioningError> {
        let mut changed = Attributes::default();
        let unique = self
            .types
            .of(kind)
            .core
            .attributes
            .iter()
            .filter(|attribute| attribute.uniqueness != Uniqueness::None);
        for attribute in unique {
            let key = Key::core(Arc::clone(&attribute.name));
            let value = edit.attributes.get(&key);
            if let Some(value) = value.filter(|value| before.attributes.get(&key) != Some(value)) {
                changed.set(key, value.clone());
            }
        }
        self.promise(kind, &changed).await
    }

    pub(super) async fn members_alone(
        &self,
        actor: Actor<'_>,
        group: ResourceId,
        change: &MembersChange,
    ) -> Result<(), ProvisioningError> {
        let mut recorded = Recorded::begun(actor, ResourceKind::Group, Done::Changed);
        recorded.members(&self.key(group), change);
        let mut result = Err(ProvisioningError::Contended);
        for _ in 0..TRIES {
            result = self.parts.directory.change_members(actor.reach, group, change).await;
            if result.as_ref().err() != Some(&ProvisioningError::Contended) {
                break;
            }
        }
        self.record_result(&recorded, &result);
        result
    }

    pub(super) async fn remove(
        &self,
        actor: Actor<'_>,
        kind: ResourceKind,
        id: ResourceId,
        expected: Option<&[Version]>,
    ) -> Result<(), ProvisioningError> {
        let mut recorded = Recorded::begun(actor, kind, Done::Removed);
        let result = self.remove_recorded(actor, (kind, id), expected, &mut recorded).await;
        self.record_result(&recorded, &result);
        result
    }

    async fn remove_recorded(
        &self,
        actor: Actor<'_>,
        (kind, id): (ResourceKind, ResourceId),
        expected: Option<&[Version]>,
        recorded: &mut Recorded<'_>,
    ) -> Result<(), ProvisioningError> {
        recorded.which(&self.key(id));
        let exact = match expected {
            None => None,
            Some(versions) => {
                let before = self
                    .parts
                    .directory
                    .read(actor.reach, kind, id, &Wanted::default_shown())
                    .await?;
                if !versions.contains(&before.version) {
                    return Err(ProvisioningError::Changed);
                }
                Some(before)
            }
        };
        let removed = self
            .parts
            .directory
            .delete(actor.reach, kind, id, exact.as_ref())
            .await?;
        recorded.removed(&removed);
        if let Some(person) = &removed.person {
            self.parts.aftermath.account_changed(person, AccountChange::Stopped);
        }
        Ok(())
    }
}

/// What a fault is called where a part of the change stays: nobody is told that nothing was changed.
fn partly(fault: ProvisioningError) -> ProvisioningError {
    match fault {
        ProvisioningError::Unavailable | ProvisioningError::TooSlow | ProvisioningError::Contended => {
            ProvisioningError::OutcomeUnknown
        }
        told => told,
    }
}
