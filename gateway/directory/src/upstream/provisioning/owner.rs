//! What rules have to know of accounts that were read, to say whose each password is: seen in what was read, and asked for once for all of them
//! where it was not.

use super::Provisioner;
use crate::upstream::entry::Entry;
use crate::upstream::service::facts::{credential_shown, password_attribute};
use crate::upstream::service::request::{Filter, Scope, Search};
use postern_identity::authority::{Credential, Fact, Facts, Reads};
use postern_identity::provisioning::{ProvisioningError, Resource, ResourceId};
use postern_identity::{AttributeName, DistinguishedName};
use postern_ldap::{ResultCode, filter};
use std::collections::{HashMap, HashSet};

/// How many are asked about with one search.
const MOST_AT_ONCE: usize = 500;

impl Provisioner {
    /// Fills in [`Resource::owner_facts`]. Rules of groups cost searches for each account, and are left to whoever asks for one.
    pub(super) async fn tell_owner_facts(
        &self,
        resources: &mut [Resource],
        entries: &[Entry],
        reads: &Reads,
    ) -> Result<(), ProvisioningError> {
        if !reads.groups.is_empty() {
            return Ok(());
        }
        let by_dn: HashMap<&str, &Entry> = entries.iter().map(|entry| (entry.dn(), entry)).collect();
        let mut absent: Vec<(&AttributeName, HashSet<ResourceId>)> = Vec::new();
        for attribute in &reads.attributes {
            let missing = resources.iter().filter(|resource| {
                let entry = by_dn.get(resource.dn.as_str());
                entry.is_some_and(|entry| !entry.has(attribute.as_str()))
            });
            let missing: Vec<ResourceId> = missing.map(|resource| resource.id).collect();
            absent.push((attribute, self.without(attribute, &missing).await?));
        }
        let password = password_attribute(self.product());
        for resource in resources {
            let Some(entry) = by_dn.get(resource.dn.as_str()) else {
                continue;
            };
            let name = DistinguishedName::parse(resource.dn.as_bytes()).ok();
            let mut facts = Facts::new(self.upstream().name().clone(), name);
            // That none is shown proves nothing.
            let credential = password.and_then(|password| credential_shown(entry, password));
            facts.credential = credential.unwrap_or(Credential::Unknown);
            for (attribute, proven) in &absent {
                let values: Vec<Box<[u8]>> = entry.values(attribute.as_str()).map(Box::from).collect();
                let fact = match values.is_empty() {
                    false => Fact::Values(values),
                    true if proven.contains(&resource.id) => Fact::Absent,
                    true => Fact::Unknown,
                };
                facts.set((*attribute).clone(), fact);
            }
            resource.owner_facts = Some(facts);
        }
        Ok(())
    }

    /// Those of these of which the directory says that they do not have this attribute (RFC 4511 §4.5.1.7: where it may not say, the filter is Undefined).
    async fn without(
        &self,
        attribute: &AttributeName,
        ids: &[ResourceId],
    ) -> Result<HashSet<ResourceId>, ProvisioningError> {
        let mut proven = HashSet::with_capacity(ids.len());
        for batch in ids.chunks(MOST_AT_ONCE) {
            let any: Vec<Vec<u8>> = batch.iter().map(|&id| self.id_filter(id)).collect();
            let none = filter::not(&filter::present(attribute.as_str().as_bytes()));
            let fits = filter::all(&[filter::any(&any), none]);
            let search = Search {
                base: &self.mapping.users.base,
                scope: Scope::Subtree,
                filter: Filter::Made(&fits),
                attributes: &[self.dialect().stable_id()],
                size_limit: u32::try_from(batch.len()).unwrap_or(u32::MAX),
                time_limit: self.time_limit(),
            };
            let found = self.lanes.search(&search).await?;
            if found.code == ResultCode::SUCCESS {
                let ids = found.entries.iter();
                proven
                    .extend(ids.filter_map(|shown| super::ids::of_entry(self.product(), self.dialect(), &shown.entry)));
            }
        }
        Ok(proven)
    }
}
