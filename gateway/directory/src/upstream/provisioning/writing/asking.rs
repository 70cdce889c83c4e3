//! What has to be known before something is written.

use super::super::Provisioner;
use super::super::ids;
use super::super::lanes::refused;
use super::difference::Names;
use crate::upstream::entry::Entry;
use crate::upstream::service::request::{Filter, Scope, Search};
use postern_identity::DistinguishedName;
use postern_identity::provisioning::{EditFault, EditFaultKind, ProvisioningError, Reach, ResourceId};
use postern_ldap::{ResultCode, filter};
use std::collections::BTreeMap;

impl Provisioner {
    /// At most so many of the entries below `base` that fit, with these attributes and their ids.
    pub(super) async fn some(
        &self,
        base: &str,
        wanted: &[u8],
        attributes: &[&str],
        most: u32,
    ) -> Result<Vec<(Option<ResourceId>, Entry)>, ProvisioningError> {
        let found = self.found(base, Scope::Subtree, wanted, attributes, most).await?;
        match found.0 {
            ResultCode::SUCCESS | ResultCode::SIZE_LIMIT_EXCEEDED => Ok(found.1),
            ResultCode::NO_SUCH_OBJECT => Ok(Vec::new()),
            code => Err(refused(code)),
        }
    }

    /// One entry by its name; `None`: it is not there.
    pub(super) async fn entry_at(
        &self,
        dn: &str,
        attributes: &[&str],
    ) -> Result<Option<(Option<ResourceId>, Entry)>, ProvisioningError> {
        let any = filter::present(b"objectClass");
        let (code, entries) = self.found(dn, Scope::Base, &any, attributes, 1).await?;
        match code {
            ResultCode::SUCCESS => Ok(entries.into_iter().next()),
            ResultCode::NO_SUCH_OBJECT | ResultCode::INVALID_DN_SYNTAX => Ok(None),
            code => Err(refused(code)),
        }
    }

    async fn found(
        &self,
        base: &str,
        scope: Scope,
        wanted: &[u8],
        attributes: &[&str],
        most: u32,
    ) -> Result<(ResultCode, Vec<(Option<ResourceId>, Entry)>), ProvisioningError> {
        let mut listed = vec![self.dialect().stable_id()];
        listed.extend_from_slice(attributes);
        let search = Search {
            base,
            scope,
            filter: Filter::Made(wanted),
            attributes: &listed,
            size_limit: most,
            time_limit: self.time_limit(),
        };
        let found = self.lanes.search(&search).await?;
        let entries = found.entries.into_iter().map(|shown| {
            let id = ids::of_entry(self.product(), self.dialect(), &shown.entry);
            (id, shown.entry)
        });
        Ok((found.code, entries.collect()))
    }

    /// The DNs of these users and groups, within the caller's reach. One that is nobody's is a fault of the caller's, told by the attribute it
    /// stands in.
    pub(super) async fn dns(
        &self,
        within: &Reach,
        wanted: &[ResourceId],
        attribute: &str,
    ) -> Result<BTreeMap<ResourceId, String>, ProvisioningError> {
        let found = self.by_ids(wanted).await?;
        let mut dns = BTreeMap::new();
        for id in wanted {
            let named = found.get(id).filter(|named| is_within(within, &named.dn));
            let named = named.ok_or_else(|| nobody(attribute))?;
            dns.insert(*id, named.dn.to_string());
        }
        Ok(dns)
    }

    /// The DNs of users who are named by their ids, as those are spelled.
    pub(super) async fn names<'i>(
        &self,
        within: &Reach,
        spelled: impl Iterator<Item = &'i str>,
    ) -> Result<Names, ProvisioningError> {
        let mut wanted = BTreeMap::new();
        for text in spelled {
            let id = ids::parse(self.product(), text).ok_or_else(|| nobody("manager"))?;
            wanted.insert(id, text.to_owned());
        }
        if wanted.is_empty() {
            return Ok(Names::new());
        }
        let ids: Vec<ResourceId> = wanted.keys().copied().collect();
        let found = self.dns(within, &ids, "manager").await?;
        let spelled = |(id, dn)| Some((wanted.get(&id)?.clone(), dn));
        Ok(found.into_iter().filter_map(spelled).collect())
    }
}

/// Whether an entry is one the caller may see.
pub(super) fn is_within(reach: &Reach, dn: &str) -> bool {
    match &reach.base {
        None => true,
        Some(base) => DistinguishedName::parse(dn.as_bytes()).is_ok_and(|name| name.is_within(base)),
    }
}

pub(super) fn nobody(attribute: &str) -> ProvisioningError {
    EditFault::new(
        EditFaultKind::InvalidValue,
        format!("{attribute} names a resource that is not there"),
    )
    .into()
}
