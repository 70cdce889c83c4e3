//! Several resources at once: a few by one search, the ids of many by one search in pages, and those of a page by one search.

use super::Provisioner;
use super::compile::{Compiler, Part, and};
use super::ids;
use super::lanes::refused;
use super::wants::{ids_in, names_meta, needed, strip};
use crate::upstream::dialect::DialectName;
use crate::upstream::error::ConnectError;
use crate::upstream::service::request::{Filter as Fits, Scope, Search};
use postern_identity::provisioning::evaluate::{SortKey, compare_for_sort, compare_keys, evaluate, sort_key};
use postern_identity::provisioning::{
    Filter, ProvisioningError, Query, Reach, Resource, ResourceId, ResourceKind, Wanted,
};
use postern_ldap::entry::SearchEntry;
use postern_ldap::{Message, ResultCode, filter};
use std::collections::HashMap;

/// How many are asked for with one search.
const MOST_AT_ONCE: usize = 500;

/// Entries of a page of a long search in the directory in this process.
const PAGE_OF_OUR_OWN: u32 = 2000;

/// What a query is searched with.
struct Plan {
    base: String,
    fits: Vec<u8>,
    /// Whether all that is found is meant.
    exact: bool,
}

impl Provisioner {
    /// All that the query means, if they are at most `most`: one search. `None`: there may be more.
    pub(super) async fn find_few(
        &self,
        reach: &Reach,
        query: &Query,
        most: usize,
        wanted: &Wanted,
    ) -> Result<Option<Vec<Resource>>, ProvisioningError> {
        let Some(plan) = self.plan(reach, query).await? else {
            return Ok(Some(Vec::new()));
        };
        let more = needed(query.filter.as_ref(), query.sort.as_ref(), wanted);
        let Some(entries) = self.entries(&plan.base, &plan.fits, query.kind, &more, most).await? else {
            return Ok(None);
        };
        let mut found = self.resources(entries, query.kind, &more).await?;
        // Whatever was read anyway is looked at again: directories take more for equal than programs do.
        if let Some(filter) = &query.filter {
            found.retain(|resource| self.is_meant(filter, resource));
        }
        let types = self.all_types.of(query.kind);
        match &query.sort {
            Some(sort) => found.sort_by(|one, other| compare_for_sort(one, other, sort, types)),
            None => found.sort_by_key(|resource| resource.id),
        }
        for resource in &mut found {
            strip(resource, wanted);
        }
        Ok(Some(found))
    }

    /// The ids of all that the query means, in its order: one search, in pages.
    pub(super) async fn list_ids(&self, reach: &Reach, query: &Query) -> Result<Vec<ResourceId>, ProvisioningError> {
        let Some(plan) = self.plan(reach, query).await? else {
            return Ok(Vec::new());
        };
        if plan.exact && query.sort.is_none() {
            let mut found = self.ids_alone(&plan).await?;
            found.sort_unstable();
            return Ok(found);
        }
        let wanted = needed(
            query.filter.as_ref().filter(|_| !plan.exact),
            query.sort.as_ref(),
            &Wanted::nothing(),
        );
        let types = self.all_types.of(query.kind);
        let mut found: Vec<(Option<SortKey>, ResourceId)> = Vec::new();
        let versions = query.filter.as_ref().is_some_and(names_meta);
        let asked = self.asked_for(query.kind, &wanted, versions);
        let search = Self::search_in(&plan, &asked);
        let mut pages = self
            .lanes
            .pages(&search, self.page_size(), self.settings.lookthrough)
            .await?;
        while let Some(page) = pages.next().await? {
            for resource in self.resources(page, query.kind, &wanted).await? {
                let is_meant = plan.exact
                    || query
                        .filter
                        .as_ref()
                        .is_none_or(|filter| self.is_meant(filter, &resource));
                if is_meant {
                    let key = query
                        .sort
                        .as_ref()
                        .and_then(|sort| sort_key(&resource, &sort.path, types));
                    found.push((key, resource.id));
                }
            }
        }
        let descending = query.sort.as_ref().is_some_and(|sort| sort.descending);
        found.sort_by(|(one, id), (other, of)| {
            compare_keys(one.as_ref(), other.as_ref(), descending).then_with(|| id.cmp(of))
        });
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    /// These, in this order, without those that are gone: one search.
    pub(super) async fn fetch_all(
        &self,
        reach: &Reach,
        kind: ResourceKind,
        ids: &[ResourceId],
        wanted: &Wanted,
    ) -> Result<Vec<Resource>, ProvisioningError> {
        let Some(base) = self.base_within(reach, kind) else {
            return Ok(Vec::new());
        };
        let mut found: Vec<Resource> = Vec::with_capacity(ids.len());
        for batch in ids.chunks(MOST_AT_ONCE) {
            let any: Vec<Vec<u8>> = batch.iter().map(|&id| self.id_filter(id)).collect();
            let fits = filter::all(&[self.kind_filter(kind), filter::any(&any)]);
            let entries = self.entries(&base, &fits, kind, wanted, batch.len()).await?;
            let entries = entries.ok_or(ProvisioningError::TooMany)?;
            found.extend(self.resources(entries, kind, wanted).await?);
        }
        let mut by_id: HashMap<ResourceId, Resource> =
            found.into_iter().map(|resource| (resource.id, resource)).collect();
        Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
    }

    /// `None`: nothing can be found.
    async fn plan(&self, reach: &Reach, query: &Query) -> Result<Option<Plan>, ProvisioningError> {
        let Some(base) = self.base_within(reach, query.kind) else {
            return Ok(None);
        };
        let part = match &query.filter {
            None => Part::Everything { exact: true },
            Some(filter) => self.compile(query.kind, filter).await?,
        };
        let own = Part::Some {
            fits: self.kind_filter(query.kind),
            exact: true,
        };
        Ok(match and([own, part].into_iter()) {
            Part::Some { fits, exact } => Some(Plan { base, fits, exact }),
            Part::Nothing | Part::Everything { .. } => None,
        })
    }

    /// With the entries whose ids it names looked up.
    async fn compile(&self, kind: ResourceKind, filter: &Filter) -> Result<Part, ProvisioningError> {
        let id = |text: &str| ids::parse(self.product(), text);
        let named = ids_in(filter, &id);
        let names = match named.as_slice() {
            [] => HashMap::new(),
            some => self.by_ids(some).await?,
        };
        let mut members = HashMap::new();
        for (id, named) in &names {
            let asks = kind == ResourceKind::User && named.kind == ResourceKind::Group && !self.tells_groups();
            if asks && let Some(fits) = self.everybody_in(&named.dn).await? {
                members.insert(*id, fits);
            }
        }
        let names = names.into_iter().map(|(id, named)| (id, named.dn)).collect();
        let compiler = Compiler {
            product: self.product(),
            mapping: self.mapping.of(kind),
            names: &names,
            id: &id,
            id_filter: &|id| self.id_filter(id),
            tells_groups: self.tells_groups(),
            members: &members,
            knows_lock: self.knows_lock,
        };
        Ok(compiler.compile(filter))
    }

    fn is_meant(&self, filter: &Filter, resource: &Resource) -> bool {
        let id = ids::text(self.product(), resource.id);
        evaluate(filter, resource, &id, self.all_types.of(resource.kind))
    }

    /// Nothing but ids is asked for, and nothing else kept.
    async fn ids_alone(&self, plan: &Plan) -> Result<Vec<ResourceId>, ProvisioningError> {
        let (product, stable) = (self.product(), self.dialect().stable_id());
        let asked = [stable];
        let search = Self::search_in(plan, &asked);
        let mut found = Vec::new();
        let pages = (self.page_size(), self.settings.lookthrough);
        let mut take = |message: &Message<'_>| {
            let entry = SearchEntry::parse(message).map_err(|_| ConnectError::Protocol)?;
            let mut attributes = entry.attributes();
            let id = attributes.find_map(|attribute| ids::of_value(product, attribute.ok()?.values().next()?));
            found.extend(id);
            Ok(())
        };
        match self.lanes.scan(&search, pages, &mut take).await? {
            ResultCode::SUCCESS => Ok(found),
            ResultCode::NO_SUCH_OBJECT => Ok(Vec::new()),
            other => Err(refused(other)),
        }
    }

    /// The directory in this process has no limit of its own.
    fn page_size(&self) -> u32 {
        match self.product() {
            DialectName::Embedded => self.settings.page_size.max(PAGE_OF_OUR_OWN),
            _ => self.settings.page_size.max(1),
        }
    }

    fn search_in<'a>(plan: &'a Plan, asked: &'a [&'a str]) -> Search<'a> {
        Search {
            base: &plan.base,
            scope: Scope::Subtree,
            filter: Fits::Made(&plan.fits),
            attributes: asked,
            size_limit: 0,
            time_limit: 0,
        }
    }
}
