//! Which groups users are in: as their entries say, or by one search for all users of a page.

use super::Provisioner;
use super::ids;
use super::known::Named;
use super::lanes::{Found, refused};
use crate::upstream::dialect::DialectName;
use crate::upstream::entry::Entry;
use crate::upstream::service::request::{Filter, Scope, Search};
use postern_identity::DistinguishedName;
use postern_identity::provisioning::{ProvisioningError, ResourceId, ResourceKind, Value};
use postern_ldap::{ResultCode, filter};
use std::collections::HashMap;

impl Provisioner {
    /// Whether entries say which groups they are in. slapd and 389 Directory Server do so only with an overlay or plug-in that may be new, so
    /// that not every entry says so yet.
    pub(super) fn tells_groups(&self) -> bool {
        match self.product() {
            DialectName::ActiveDirectory | DialectName::FreeIpa | DialectName::Embedded => true,
            DialectName::OpenLdap | DialectName::Ds389 => false,
        }
    }

    /// The groups of each of these users, as elements of `groups`.
    pub(super) async fn groups_of(
        &self,
        users: &[Entry],
        names: &HashMap<DistinguishedName, Named>,
    ) -> Result<HashMap<ResourceId, Vec<Value>>, ProvisioningError> {
        let id_of = |entry: &Entry| ids::of_entry(self.product(), self.dialect(), entry);
        if self.tells_groups() {
            let told = |entry: &Entry| {
                let groups = entry.values("memberOf").filter_map(|dn| {
                    let named = names.get(&DistinguishedName::parse(dn).ok()?)?;
                    (named.kind == ResourceKind::Group).then(|| self.element(named, "direct"))
                });
                groups.collect()
            };
            return Ok(users
                .iter()
                .filter_map(|entry| Some((id_of(entry)?, told(entry))))
                .collect());
        }
        self.groups_naming(users).await
    }

    /// By one search for groups that name one of them.
    async fn groups_naming(&self, users: &[Entry]) -> Result<HashMap<ResourceId, Vec<Value>>, ProvisioningError> {
        let mapping = &self.mapping.groups;
        let mut of: HashMap<ResourceId, Vec<Value>> = HashMap::new();
        let mut by_name = HashMap::with_capacity(users.len());
        for user in users {
            if let (Some(id), Ok(name)) = (
                ids::of_entry(self.product(), self.dialect(), user),
                DistinguishedName::parse(user.dn().as_bytes()),
            ) {
                by_name.insert(name, id);
            }
        }
        let Some(members) = mapping.members.as_ref().filter(|_| !by_name.is_empty()) else {
            return Ok(of);
        };
        let naming: Vec<Vec<u8>> = users
            .iter()
            .map(|user| filter::equality(members.attribute.as_bytes(), user.dn().as_bytes()))
            .collect();
        let wanted = filter::all(&[self.kind_filter(ResourceKind::Group), filter::any(&naming)]);
        let mut asked = self.naming_attributes();
        // Of one user, every group that is found names them.
        let only = match by_name.values().next() {
            Some(&id) if by_name.len() == 1 => Some(id),
            _ => {
                asked.push(&members.attribute);
                None
            }
        };
        let search = Search {
            base: &mapping.base,
            scope: Scope::Subtree,
            filter: Filter::Made(&wanted),
            attributes: &asked,
            size_limit: 0,
            time_limit: self.time_limit(),
        };
        let Found { entries, code } = self.lanes.search(&search).await?;
        match code {
            ResultCode::SUCCESS => {}
            ResultCode::NO_SUCH_OBJECT => return Ok(of),
            other => return Err(refused(other)),
        }
        for shown in &entries {
            let Some(named) = self.named(&shown.entry) else {
                continue;
            };
            self.known.learn(&named);
            let element = self.element(&named, "direct");
            if let Some(id) = only {
                of.entry(id).or_default().push(element);
                continue;
            }
            for value in shown.entry.values(&members.attribute) {
                let name = DistinguishedName::parse(value).ok();
                if let Some(id) = name.and_then(|name| by_name.get(&name)) {
                    of.entry(*id).or_default().push(element.clone());
                }
            }
        }
        Ok(of)
    }
}
