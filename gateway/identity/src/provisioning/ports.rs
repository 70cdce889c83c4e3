//! The port to a directory, for those who provision it.

use super::edit::MembersChange;
use super::error::ProvisioningError;
use super::query::{Query, Reach, Wanted};
use super::resource::{Resource, ResourceId, ResourceKind};
use super::schema::Types;
use super::value::Attributes;
use crate::account::DirectoryName;
use crate::authority::{AuthorityRules, Decision};
use crate::password::StandingChange;
use crate::secret::Secret;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What a directory answers in its own time. Every one has a deadline.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProvisioningError>> + Send + 'a>>;

/// Users and groups of one directory, through its mapping. Whoever holds it has asked [`Authority`](crate::Authority) before a password is handed over.
pub trait Provisioned: Send + Sync {
    /// As configured.
    fn directory(&self) -> &DirectoryName;

    /// What it can hold: mapped attributes alone, without those of an account's state, which the heart adds by what the directory tells and can.
    fn types(&self) -> &Arc<Types>;

    /// Whether the product has such a change.
    fn can(&self, change: StandingChange) -> bool;

    /// Which [`AccountFacts`](super::AccountFacts) it tells besides the standing.
    fn tells(&self) -> Told;

    /// The id that is spelled so; `None`: none is.
    fn id(&self, text: &str) -> Option<ResourceId>;

    /// How this directory spells it.
    fn id_text(&self, id: ResourceId) -> String;

    /// One resource: one search.
    fn read<'a>(
        &'a self,
        reach: &'a Reach,
        kind: ResourceKind,
        id: ResourceId,
        wanted: &'a Wanted,
    ) -> Reply<'a, Resource>;

    /// All that the query means, if they are at most `most`, in its order: one search. `None`: there are more.
    fn find<'a>(
        &'a self,
        reach: &'a Reach,
        query: &'a Query,
        most: usize,
        wanted: &'a Wanted,
    ) -> Reply<'a, Option<Vec<Resource>>>;

    /// The ids of all that the query means, in its order: one search, in pages.
    fn list<'a>(&'a self, reach: &'a Reach, query: &'a Query) -> Reply<'a, Vec<ResourceId>>;

    /// These, in this order, without those that are gone: one search.
    fn fetch<'a>(
        &'a self,
        reach: &'a Reach,
        kind: ResourceKind,
        ids: &'a [ResourceId],
        wanted: &'a Wanted,
    ) -> Reply<'a, Vec<Resource>>;

    /// Whose the password of the account that a draft would make is.
    fn owner_of_new<'a>(
        &'a self,
        reach: &'a Reach,
        draft: &'a Draft,
        rules: Option<&'a AuthorityRules>,
    ) -> Reply<'a, Decision>;

    /// Makes it, in as many steps as the product needs; where one fails, nothing is left behind. Answers it as everything that is shown by default.
    fn create<'a>(&'a self, reach: &'a Reach, draft: &'a Draft) -> Reply<'a, Resource>;

    /// Makes the entry that was read as `before` hold `after`: only what differs is written, value by value, and nothing of what is not mapped. What
    /// was changed by others meanwhile is [`ProvisioningError::Contended`]; with `exact`, any change of the entry since is
    /// [`ProvisioningError::Changed`]. Answers it as everything that is shown by default, without members.
    fn write<'a>(&'a self, before: &'a Resource, after: &'a Attributes, exact: bool) -> Reply<'a, Resource>;

    /// Changes a group's members: modifies of just those values, without reading it.
    fn change_members<'a>(&'a self, reach: &'a Reach, group: ResourceId, change: &'a MembersChange) -> Reply<'a, ()>;

    /// Removes it, and repairs what refers to it where the product does not. With a resource that was read before, only in the state it had then.
    fn delete<'a>(
        &'a self,
        reach: &'a Reach,
        kind: ResourceKind,
        id: ResourceId,
        exact: Option<&'a Resource>,
    ) -> Reply<'a, Resource>;
}

/// What is to be made.
pub struct Draft {
    /// A user or a group.
    pub kind: ResourceKind,
    /// What it is to hold.
    pub attributes: Attributes,
    /// Its first password.
    pub password: Option<Secret>,
    /// Whether the account is switched on.
    pub active: bool,
    /// Whether its owner must change the password first. `None`: as the directory has it.
    pub must_change: Option<bool>,
    /// A group's members.
    pub members: Vec<ResourceId>,
}

/// Which facts a directory tells of its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each stands for one attribute")]
#[allow(missing_docs, reason = "the fields of `AccountFacts`")]
pub struct Told {
    pub must_change: bool,
    pub cannot_change: bool,
    pub never_expires: bool,
    pub password_set: bool,
    pub expires: bool,
    pub grace_left: bool,
    pub last_success: bool,
    pub last_failure: bool,
    pub failures: bool,
    pub locked: bool,
}
