//! Which groups users are in: as their entries say, or by one search for all users of a page.

use super::Provisioner;
use super::ids;
use super::known::{Named, first_rdn};
use super::lanes::{Found, refused};
use crate::upstream::dialect::DialectName;
use crate::upstream::entry::Entry;
use crate::upstream::service::request::{Filter, Scope, Search};
use postern_identity::DistinguishedName;
use postern_identity::provisioning::{ProvisioningError, ResourceId, ResourceKind, Value};
use postern_ldap::{Message, ResultCode, filter};
use std::collections::HashMap;

/// The most members of a group that one filter names.
const MOST_NAMED: usize = 2000;
/// Groups of a page: each may come with all its members.
const PAGE: u32 = 100;
/// The most groups that name one of a page of users.
const MOST_GROUPS: usize = 50_000;

impl Provisioner {
    /// What finds everybody who is in a group, and perhaps others who are called the same elsewhere. `None`: they are too many to name.
    pub(super) async fn everybody_in(&self, dn: &str) -> Result<Option<Vec<u8>>, ProvisioningError> {
        let Some(members) = &self.mapping.groups.members else {
            return Ok(None);
        };
        let search = Search {
            base: dn,
            scope: Scope::Base,
            filter: Filter::Any,
            attributes: &[&members.attribute],
            size_limit: 1,
            time_limit: self.time_limit(),
        };
        let Found { entries, code } = self.lanes.search(&search).await?;
        if !matches!(code, ResultCode::SUCCESS | ResultCode::NO_SUCH_OBJECT) {
            return Err(refused(code));
        }
        let values = entries.iter().flat_map(|shown| shown.entry.values(&members.attribute));
        let named: Vec<Option<Vec<u8>>> = values
            .take(MOST_NAMED + 1)
            .map(|dn| {
                let (attribute, value) = first_rdn(std::str::from_utf8(dn).ok()?)?;
                Some(filter::equality(attribute.as_bytes(), &value))
            })
            .collect();
        // One that cannot be named would be missed.
        let all: Option<Vec<Vec<u8>>> = named.into_iter().collect();
        Ok(all
            .filter(|all| !all.is_empty() && all.len() <= MOST_NAMED)
            .map(|all| filter::any(&all)))
    }

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
        let mut entries = Vec::new();
        let mut take = |message: &Message<'_>| {
            entries.push(Entry::read_plain(message)?.0);
            Ok(())
        };
        match self.lanes.scan(&search, (PAGE, MOST_GROUPS), &mut take).await? {
            ResultCode::SUCCESS => {}
            ResultCode::NO_SUCH_OBJECT => return Ok(of),
            other => return Err(refused(other)),
        }
        for group in &entries {
            let Some(named) = self.named(group) else {
                continue;
            };
            self.known.learn(&named);
            let element = self.element(&named, "direct");
            if let Some(id) = only {
                of.entry(id).or_default().push(element);
                continue;
            }
            for value in group.values(&members.attribute) {
                let name = DistinguishedName::parse(value).ok();
                if let Some(id) = name.and_then(|name| by_name.get(&name)) {
                    of.entry(*id).or_default().push(element.clone());
                }
            }
        }
        Ok(of)
    }
}
