//! Several resources at once.

use super::Provisioner;
use postern_identity::provisioning::{ProvisioningError, Query, Reach, Resource, ResourceId, ResourceKind, Wanted};
use postern_ldap::filter;
use std::collections::HashMap;

/// How many are asked for with one search.
const MOST_AT_ONCE: usize = 1000;

impl Provisioner {
    /// All that the query means, if they are at most `most`: one search.
    #[allow(clippy::unused_async)]
    pub(super) async fn find_few(
        &self,
        _reach: &Reach,
        _query: &Query,
        _most: usize,
        _wanted: &Wanted,
    ) -> Result<Option<Vec<Resource>>, ProvisioningError> {
        Err(ProvisioningError::NotPossible)
    }

    /// The ids of all that the query means, in its order.
    #[allow(clippy::unused_async)]
    pub(super) async fn list_ids(&self, _reach: &Reach, _query: &Query) -> Result<Vec<ResourceId>, ProvisioningError> {
        Err(ProvisioningError::NotPossible)
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
        let mut found = Vec::with_capacity(ids.len());
        for batch in ids.chunks(MOST_AT_ONCE) {
            let any: Vec<Vec<u8>> = batch.iter().map(|&id| self.id_filter(id)).collect();
            let fits = filter::all(&[self.kind_filter(kind), filter::any(&any)]);
            let entries = self.entries(&base, &fits, kind, wanted, batch.len()).await?;
            found.extend(self.resources(entries.unwrap_or_default(), kind, wanted).await?);
        }
        let mut by_id: HashMap<ResourceId, Resource> =
            found.into_iter().map(|resource| (resource.id, resource)).collect();
        Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
    }
}
