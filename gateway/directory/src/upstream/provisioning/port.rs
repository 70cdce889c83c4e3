//! The port, and where each of its functions is.

use super::{Provisioner, facts, ids};
use postern_identity::authority::{AuthorityRules, Decision};
use postern_identity::provisioning::ports::Told;
use postern_identity::provisioning::{
    Attributes, Draft, MembersChange, Provisioned, Query, Reach, Reply, Resource, ResourceId, ResourceKind, Types,
    Wanted,
};
use postern_identity::{DirectoryName, StandingChange};
use std::sync::Arc;

impl Provisioned for Provisioner {
    fn directory(&self) -> &DirectoryName {
        self.upstream().name()
    }

    fn types(&self) -> &Arc<Types> {
        &self.types
    }

    fn can(&self, change: StandingChange) -> bool {
        facts::can(self.product(), change)
    }

    fn tells(&self) -> Told {
        facts::told(self.product())
    }

    fn id(&self, text: &str) -> Option<ResourceId> {
        ids::parse(self.product(), text)
    }

    fn id_text(&self, id: ResourceId) -> String {
        ids::text(self.product(), id)
    }

    fn read<'a>(
        &'a self,
        reach: &'a Reach,
        kind: ResourceKind,
        id: ResourceId,
        wanted: &'a Wanted,
    ) -> Reply<'a, Resource> {
        Box::pin(self.read_one(reach, kind, id, wanted))
    }

    fn find<'a>(
        &'a self,
        reach: &'a Reach,
        query: &'a Query,
        most: usize,
        wanted: &'a Wanted,
    ) -> Reply<'a, Option<Vec<Resource>>> {
        Box::pin(self.find_few(reach, query, most, wanted))
    }

    fn list<'a>(&'a self, reach: &'a Reach, query: &'a Query) -> Reply<'a, Vec<ResourceId>> {
        Box::pin(self.list_ids(reach, query))
    }

    fn fetch<'a>(
        &'a self,
        reach: &'a Reach,
        kind: ResourceKind,
        ids: &'a [ResourceId],
        wanted: &'a Wanted,
    ) -> Reply<'a, Vec<Resource>> {
        Box::pin(self.fetch_all(reach, kind, ids, wanted))
    }

    fn owner_of_new<'a>(
        &'a self,
        reach: &'a Reach,
        draft: &'a Draft,
        rules: Option<&'a AuthorityRules>,
    ) -> Reply<'a, Decision> {
        Box::pin(self.owner_of_draft(reach, draft, rules))
    }

    fn create<'a>(&'a self, reach: &'a Reach, draft: &'a Draft) -> Reply<'a, Resource> {
        Box::pin(self.make(reach, draft))
    }

    fn write<'a>(&'a self, before: &'a Resource, after: &'a Attributes, exact: bool) -> Reply<'a, Resource> {
        Box::pin(self.change(before, after, exact))
    }

    fn change_members<'a>(&'a self, reach: &'a Reach, group: ResourceId, change: &'a MembersChange) -> Reply<'a, ()> {
        Box::pin(self.change_group(reach, group, change))
    }

    fn delete<'a>(
        &'a self,
        reach: &'a Reach,
        kind: ResourceKind,
        id: ResourceId,
        exact: Option<&'a Resource>,
    ) -> Reply<'a, Resource> {
        Box::pin(self.remove(reach, kind, id, exact))
    }
}
