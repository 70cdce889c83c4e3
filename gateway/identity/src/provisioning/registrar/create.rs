//! An account or a group is made: what must be unique is promised to whoever comes first, on whatever node.

use super::super::account_state;
use super::super::edit::Edit;
use super::super::error::{EditFault, EditFaultKind, ProvisioningError};
use super::super::ports::Draft;
use super::super::resource::{Resource, ResourceKind};
use super::super::schema::Uniqueness;
use super::super::value::{Attributes, Key, Value};
use super::owner::{Rules, of_directory};
use super::record::{Done, Recorded};
use super::{Actor, Registrar};
use crate::authority::Decision;
use crate::password::StandingChange;
use crate::records::{Hash, RecordsError, ReservedValue};
use crate::reset::asked::fold;
use aws_lc_rs::digest::{SHA256, digest};
use std::sync::Arc;
use std::time::Duration;

/// For how long a value is promised: longer than any directory takes.
const PROMISED: Duration = Duration::from_mins(1);

/// Values that are promised to whoever holds this.
pub(super) struct Promise {
    values: Vec<ReservedValue>,
    holder: Hash,
}

impl Registrar {
    pub(super) async fn make(
        &self,
        actor: Actor<'_>,
        kind: ResourceKind,
        wish: Edit,
    ) -> Result<Resource, ProvisioningError> {
        let wanted = account_state::changes(&Attributes::default(), &wish.attributes)?;
        let is = |change| wanted.contains(&change);
        let (must_change, lock) = (is(StandingChange::ForceChange), is(StandingChange::Lock));
        if (wish.password.is_some() || must_change || lock) && !actor.may_password {
            return Err(ProvisioningError::NoScope);
        }
        let draft = Draft {
            kind,
            attributes: account_state::take(&wish.attributes),
            password: wish.password,
            active: !matches!(wish.attributes.get(&Key::core("active")), Some(Value::Boolean(false))),
            must_change: wish_of_must_change(&wanted),
            members: wish.members.replace.unwrap_or(wish.members.add),
        };
        if draft.must_change == Some(true) && draft.password.is_none() {
            let detail = "passwordMustChange needs a password to be changed";
            return Err(EditFault::new(EditFaultKind::InvalidValue, detail).into());
        }
        let mut recorded = Recorded::begun(actor, kind, Done::Created);
        let made = self.make_drafted(actor, &draft, lock, &mut recorded).await;
        self.record_result(&recorded, &made);
        made
    }

    async fn make_drafted(
        &self,
        actor: Actor<'_>,
        draft: &Draft,
        lock: bool,
        recorded: &mut Recorded<'_>,
    ) -> Result<Resource, ProvisioningError> {
        if draft.password.is_some() {
            let owner = self.owner_of_new(actor, draft).await?;
            recorded.owner(&owner);
            self.may_write(&owner, None)?;
        }
        let promise = self.promise(draft.kind, &draft.attributes).await?;
        let made = self.parts.directory.create(actor.reach, draft).await;
        // Whoever is not sure that it was not made leaves the promise to end by itself.
        if !matches!(made, Err(ProvisioningError::OutcomeUnknown)) {
            self.release(&promise).await;
        }
        let mut resource = made?;
        recorded.made(&resource, &draft.attributes, draft.password.is_some());
        if lock && let Some(person) = resource.person.clone() {
            let locked = self.parts.people.change_standing(&person, StandingChange::Lock).await;
            if let Err(fault) = locked {
                // What was made without its lock would let somebody in.
                let removed = self
                    .parts
                    .directory
                    .delete(actor.reach, draft.kind, resource.id, None)
                    .await;
                return Err(removed.map_or(ProvisioningError::OutcomeUnknown, |_| of_directory(fault)));
            }
            let wanted = super::Wanted::default_shown();
            let read = self.parts.directory.read(actor.reach, draft.kind, resource.id, &wanted);
            resource = read.await.map_err(|_| ProvisioningError::OutcomeUnknown)?;
        }
        self.show_beside_done(&mut resource).await;
        Ok(resource)
    }

    async fn owner_of_new(&self, actor: Actor<'_>, draft: &Draft) -> Result<Decision, ProvisioningError> {
        match self.rules() {
            Rules::Nobodys(decision) => Ok(decision),
            Rules::None => self.parts.directory.owner_of_new(actor.reach, draft, None).await,
            Rules::These(rules) => {
                self.parts
                    .directory
                    .owner_of_new(actor.reach, draft, Some(&rules))
                    .await
            }
        }
    }

    /// Promises every unique value of these attributes to one of us alone.
    pub(super) async fn promise(
        &self,
        kind: ResourceKind,
        attributes: &Attributes,
    ) -> Result<Promise, ProvisioningError> {
        let mut holder = [0; 32];
        if !self.parts.chance.fill(&mut holder) {
            return Err(ProvisioningError::Unavailable);
        }
        let directory = Arc::clone(&self.parts.directory.directory().0);
        let unique = self
            .types
            .of(kind)
            .core
            .attributes
            .iter()
            .filter(|attribute| attribute.uniqueness != Uniqueness::None);
        let (mut values, mut first) = (Vec::new(), None);
        for attribute in unique {
            let Some(text) = attributes.text(&attribute.name) else {
                continue;
            };
            first.get_or_insert_with(|| Arc::clone(&attribute.name));
            values.push(ReservedValue {
                directory: Arc::clone(&directory),
                kind: format!("{}.{}", kind.as_str(), attribute.name).into(),
                value: hash_of(&fold(text)),
            });
        }
        let promise = Promise { values, holder };
        if promise.values.is_empty() {
            return Ok(promise);
        }
        let at = self.parts.clock.now();
        let until = at.checked_add(PROMISED).unwrap_or(at);
        match self
            .parts
            .reservations
            .reserve(&promise.values, &promise.holder, at, until)
            .await
        {
            Ok(()) => Ok(promise),
            Err(RecordsError::Taken) => Err(ProvisioningError::Taken {
                attribute: first.unwrap_or_else(|| "userName".into()),
            }),
            Err(_) => Err(ProvisioningError::Unavailable),
        }
    }

    pub(super) async fn release(&self, promise: &Promise) {
        if !promise.values.is_empty() {
            // It ends by itself where this fails.
            let _ = self.parts.reservations.release(&promise.values, &promise.holder).await;
        }
    }
}

fn wish_of_must_change(wanted: &[StandingChange]) -> Option<bool> {
    if wanted.contains(&StandingChange::ForceChange) {
        Some(true)
    } else {
        wanted.contains(&StandingChange::WithdrawForceChange).then_some(false)
    }
}

fn hash_of(text: &str) -> Hash {
    digest(&SHA256, text.as_bytes()).as_ref().try_into().unwrap_or([0; 32])
}
