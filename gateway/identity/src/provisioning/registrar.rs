//! The use-cases of provisioning: who owns a password is asked before one is written, what must be unique is reserved, other doors hear of it, and every
//! change is on record.
//!
//! **The walk of a change** ([`Registrar::edit`]). The resource is read; the door works its wish out on it; whose the password is is asked, if the wish
//! touches it; attributes are written, then members, then the password, then how the account stands, each by the directory; what fails after
//! the first is put back; the other doors are told; one line goes on record.

mod create;
mod edit;
mod owner;
mod record;
mod validate;

use super::edit::{Edit, MembersChange};
use super::error::{EditFault, EditFaultKind, ProvisioningError};
use super::filter::{Filter, Path};
use super::ports::{Provisioned, Reply};
use super::query::{Query, Reach, Wanted};
use super::resource::{Resource, ResourceId, ResourceKind, Version};
use super::schema::{Returned, Types};
use super::{account_state, filter};
use crate::account::{AccountKey, DirectoryName};
use crate::audit::Audit;
use crate::clock::Clock;
use crate::directory::Applicants;
use crate::password::StandingChange;
use crate::records::Reservations;
use crate::reset::ports::{Aftermath, Chance, Provider, Screen};
use crate::reset::{AuthorityOfRoutes, Desk};
use crate::secret::Secret;
use std::net::IpAddr;
use std::sync::Arc;
pub use validate::Against;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// The name of the program's token.
    pub token: &'a str,
    /// From where.
    pub client: IpAddr,
    /// Where it may look and write.
    pub reach: &'a Reach,
    /// Whether it may write passwords, and change how accounts stand besides switching them on and off.
    pub may_password: bool,
}

/// What a door works out on a resource as it was read. It is asked again where others changed it meanwhile.
pub type Wish<'a> = &'a (dyn Fn(&Resource) -> Result<Edit, EditFault> + Send + Sync);

/// What doors ask, of one directory.
pub trait Provisioning: Send + Sync {
    /// As configured.
    fn directory(&self) -> &DirectoryName;

    /// What it can hold, with the state of accounts.
    fn types(&self) -> &Arc<Types>;

    /// The id that is spelled so; `None`: none is.
    fn id(&self, text: &str) -> Option<ResourceId>;

    /// How it is spelled.
    fn id_text(&self, id: ResourceId) -> String;

    /// One resource.
    fn read<'a>(
        &'a self,
        actor: Actor<'a>,
        kind: ResourceKind,
        id: ResourceId,
        wanted: &'a Wanted,
    ) -> Reply<'a, Resource>;

    /// All that the query means, if they are at most `most`. `None`: there are more.
    fn find<'a>(
        &'a self,
        actor: Actor<'a>,
        query: &'a Query,
        most: usize,
        wanted: &'a Wanted,
    ) -> Reply<'a, Option<Vec<Resource>>>;

    /// The ids of all that the query means, in its order.
    fn list<'a>(&'a self, actor: Actor<'a>, query: &'a Query) -> Reply<'a, Vec<ResourceId>>;

    /// These, in this order, without those that are gone.
    fn fetch<'a>(
        &'a self,
        actor: Actor<'a>,
        kind: ResourceKind,
        ids: &'a [ResourceId],
        wanted: &'a Wanted,
    ) -> Reply<'a, Vec<Resource>>;

    /// Makes a resource.
    fn create<'a>(&'a self, actor: Actor<'a>, kind: ResourceKind, wish: Edit) -> Reply<'a, Resource>;

    /// Changes one. With `expected`, only in one of these states. Answers it as everything that is shown by default, without members.
    fn edit<'a>(
        &'a self,
        actor: Actor<'a>,
        which: (ResourceKind, ResourceId),
        expected: Option<&'a [Version]>,
        with_members: bool,
        wish: Wish<'a>,
    ) -> Reply<'a, Resource>;

    /// Changes a group's members and nothing else, without reading it.
    fn change_members<'a>(&'a self, actor: Actor<'a>, group: ResourceId, change: &'a MembersChange) -> Reply<'a, ()>;

    /// Removes one.
    fn delete<'a>(
        &'a self,
        actor: Actor<'a>,
        kind: ResourceKind,
        id: ResourceId,
        expected: Option<&'a [Version]>,
    ) -> Reply<'a, ()>;

    /// What there is against a password, for this account or for anybody's, as far as that can be told without writing it.
    fn validate<'a>(&'a self, actor: Actor<'a>, user: Option<ResourceId>, password: &'a Secret) -> Reply<'a, Against>;
}

/// One directory's provisioning.
pub struct Registrar {
    pub(super) parts: RegistrarParts,
    types: Arc<Types>,
}

/// What it is made of.
pub struct RegistrarParts {
    /// The route whose policies hold.
    pub route: Arc<str>,
    /// Users and groups.
    pub directory: Arc<dyn Provisioned>,
    /// The same accounts, for passwords and standing.
    pub people: Arc<dyn Applicants>,
    /// The rules of the day.
    pub authority: Arc<dyn AuthorityOfRoutes>,
    /// Providers' pages.
    pub providers: Arc<dyn Provider>,
    /// Our own page for a new password: `https://host/reset`. `None`: there is none.
    pub reset_page: Option<Arc<str>>,
    /// When whose the password is is shown.
    pub owner_shown: Returned,
    /// How self-service last went.
    pub desk: Option<Arc<Desk>>,
    /// Looks at passwords before a directory does.
    pub screen: Arc<dyn Screen>,
    /// Who else holds sessions.
    pub aftermath: Arc<dyn Aftermath>,
    /// What is promised to whoever makes an account.
    pub reservations: Arc<dyn Reservations>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// The record.
    pub audit: Arc<dyn Audit>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Registrar {
    /// Of these.
    pub fn new(parts: RegistrarParts) -> Self {
        let directory = &parts.directory;
        let types = account_state::extend(
            directory.types(),
            directory.tells(),
            |change: StandingChange| directory.can(change),
            parts.owner_shown,
        );
        Self {
            types: Arc::new(types),
            parts,
        }
    }

    fn key(&self, id: ResourceId) -> AccountKey {
        AccountKey {
            directory: self.parts.directory.directory().clone(),
            id: self.parts.directory.id_text(id).into(),
        }
    }
}

impl Provisioning for Registrar {
    fn directory(&self) -> &DirectoryName {
        self.parts.directory.directory()
    }

    fn types(&self) -> &Arc<Types> {
        &self.types
    }

    fn id(&self, text: &str) -> Option<ResourceId> {
        self.parts.directory.id(text)
    }

    fn id_text(&self, id: ResourceId) -> String {
        self.parts.directory.id_text(id)
    }

    fn read<'a>(
        &'a self,
        actor: Actor<'a>,
        kind: ResourceKind,
        id: ResourceId,
        wanted: &'a Wanted,
    ) -> Reply<'a, Resource> {
        Box::pin(async move {
            let wanted = self.wanting_owner(kind, wanted);
            let mut resource = self.parts.directory.read(actor.reach, kind, id, &wanted).await?;
            self.show_beside(&mut resource, &wanted).await?;
            Ok(resource)
        })
    }

    fn find<'a>(
        &'a self,
        actor: Actor<'a>,
        query: &'a Query,
        most: usize,
        wanted: &'a Wanted,
    ) -> Reply<'a, Option<Vec<Resource>>> {
        Box::pin(async move {
            can_be_asked(query)?;
            let wanted = self.wanting_owner(query.kind, wanted);
            let found = self.parts.directory.find(actor.reach, query, most, &wanted).await?;
            let Some(mut resources) = found else {
                return Ok(None);
            };
            self.show_beside_all(&mut resources, &wanted).await?;
            Ok(Some(resources))
        })
    }

    fn list<'a>(&'a self, actor: Actor<'a>, query: &'a Query) -> Reply<'a, Vec<ResourceId>> {
        Box::pin(async move {
            can_be_asked(query)?;
            self.parts.directory.list(actor.reach, query).await
        })
    }

    fn fetch<'a>(
        &'a self,
        actor: Actor<'a>,
        kind: ResourceKind,
        ids: &'a [ResourceId],
        wanted: &'a Wanted,
    ) -> Reply<'a, Vec<Resource>> {
        Box::pin(async move {
            let wanted = self.wanting_owner(kind, wanted);
            let mut resources = self.parts.directory.fetch(actor.reach, kind, ids, &wanted).await?;
            self.show_beside_all(&mut resources, &wanted).await?;
            Ok(resources)
        })
    }

    fn create<'a>(&'a self, actor: Actor<'a>, kind: ResourceKind, wish: Edit) -> Reply<'a, Resource> {
        Box::pin(self.make(actor, kind, wish))
    }

    fn edit<'a>(
        &'a self,
        actor: Actor<'a>,
        which: (ResourceKind, ResourceId),
        expected: Option<&'a [Version]>,
        with_members: bool,
        wish: Wish<'a>,
    ) -> Reply<'a, Resource> {
        Box::pin(self.change(actor, which, expected, with_members, wish))
    }

    fn change_members<'a>(&'a self, actor: Actor<'a>, group: ResourceId, change: &'a MembersChange) -> Reply<'a, ()> {
        Box::pin(self.members_alone(actor, group, change))
    }

    fn delete<'a>(
        &'a self,
        actor: Actor<'a>,
        kind: ResourceKind,
        id: ResourceId,
        expected: Option<&'a [Version]>,
    ) -> Reply<'a, ()> {
        Box::pin(self.remove(actor, kind, id, expected))
    }

    fn validate<'a>(&'a self, actor: Actor<'a>, user: Option<ResourceId>, password: &'a Secret) -> Reply<'a, Against> {
        Box::pin(self.look_at(actor, user, password))
    }
}

/// Whose a password is is worked out for each account by rules, so nobody can look for accounts by it.
fn can_be_asked(query: &Query) -> Result<(), ProvisioningError> {
    let asks =
        |path: &Path| account_state::owner_keys().contains(&path.key) || path.key == account_state::reset_status_key();
    let filters = query
        .filter
        .as_ref()
        .is_some_and(|filter| filter::any_path(filter, &asks));
    if filters || query.sort.as_ref().is_some_and(|sort| asks(&sort.path)) {
        let detail = "this attribute is worked out for each account, and cannot be looked for";
        return Err(EditFault::new(EditFaultKind::InvalidFilter, detail).into());
    }
    Ok(())
}

impl Filter {
    /// Whether it asks for what one resource has, or a few: `userName eq "bob"`. `unique`: whether a path is of such a value.
    pub fn is_of_one(&self, unique: &dyn Fn(&Path) -> bool) -> bool {
        match self {
            Self::Compare { path, operator, .. } => *operator == filter::Operator::Eq && unique(path),
            Self::And(parts) => parts.iter().any(|part| part.is_of_one(unique)),
            Self::Element { filter, .. } => filter.is_of_one(unique),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
