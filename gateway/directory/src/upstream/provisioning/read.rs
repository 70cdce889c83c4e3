//! From entries to resources, with what else has to be asked for them.

use super::Provisioner;
use super::known::Named;
use super::lanes::{Found, Shown, refused};
use super::mapping::{Codec, TypeMapping};
use super::{decode, facts, ids, version};
use crate::upstream::account_facts::AccountTimes;
use crate::upstream::entry::Entry;
use crate::upstream::service::facts::password_attribute;
use crate::upstream::service::request::{Filter, Scope, Search};
use postern_identity::provisioning::account_state;
use postern_identity::provisioning::{
    Key, ProvisioningError, Reach, Resource, ResourceId, ResourceKind, Value, Wanted,
};
use postern_identity::{AccountKey, AttributeName, DistinguishedName};
use postern_ldap::{ResultCode, filter};
use std::collections::HashMap;
use std::sync::Arc;

/// When an entry was made and changed, in every product.
const TIMES: &[&str] = &["createTimestamp", "modifyTimestamp", "whenCreated", "whenChanged"];

impl Provisioner {
    /// One resource: one search.
    pub(super) async fn read_one(
        &self,
        reach: &Reach,
        kind: ResourceKind,
        id: ResourceId,
        wanted: &Wanted,
    ) -> Result<Resource, ProvisioningError> {
        let base = self.base_within(reach, kind).ok_or(ProvisioningError::NotFound)?;
        let wanted_filter = filter::all(&[self.kind_filter(kind), self.id_filter(id)]);
        // Two of one id would be a broken directory.
        let entries = self.entries(&base, &wanted_filter, kind, wanted, 2).await?;
        let entries = entries.ok_or(ProvisioningError::NotFound)?;
        let mut resources = self.resources(entries, kind, wanted).await?;
        resources.retain(|resource| resource.id == id);
        resources.pop().ok_or(ProvisioningError::NotFound)
    }

    /// The entries of a kind that fit, at most so many with what is wanted; `None`: there are more.
    pub(super) async fn entries(
        &self,
        base: &str,
        fits: &[u8],
        kind: ResourceKind,
        wanted: &Wanted,
        most: usize,
    ) -> Result<Option<Vec<Shown>>, ProvisioningError> {
        let asked = self.asked(kind, wanted);
        let search = Search {
            base,
            scope: Scope::Subtree,
            filter: Filter::Made(fits),
            attributes: &asked,
            size_limit: u32::try_from(most).unwrap_or(u32::MAX),
            time_limit: self.time_limit(),
        };
        let Found { entries, code } = self.lanes.search(&search).await?;
        match code {
            ResultCode::SUCCESS if entries.len() <= most => Ok(Some(entries)),
            ResultCode::SUCCESS | ResultCode::SIZE_LIMIT_EXCEEDED => Ok(None),
            ResultCode::NO_SUCH_OBJECT => Ok(Some(Vec::new())),
            other => Err(refused(other)),
        }
    }

    /// What is asked for by name, so that what is wanted can be told, and the version.
    pub(super) fn asked<'a>(&'a self, kind: ResourceKind, wanted: &'a Wanted) -> Vec<&'a str> {
        self.asked_for(kind, wanted, true)
    }

    /// The same; `versions`: whether anybody looks at versions.
    pub(super) fn asked_for<'a>(&'a self, kind: ResourceKind, wanted: &'a Wanted, versions: bool) -> Vec<&'a str> {
        let mapping = self.mapping.of(kind);
        let mut asked: Vec<&str> = vec![self.dialect().stable_id()];
        asked.extend(TIMES);
        asked.extend(version::attributes(self.product(), kind));
        let everything = versions && version::needs_everything(self.product());
        for row in &mapping.rows {
            if everything || wanted.wants(row.place.key()) {
                asked.push(&row.attribute);
            }
        }
        asked.extend(mapping.name_otherwise.as_deref());
        if kind == ResourceKind::User {
            if versions {
                asked.extend(self.attributes.all());
            }
            if wanted.facts {
                asked.extend(self.dialect().standing_attributes());
                asked.extend(facts::attributes(self.product()));
            }
            if wanted.groups && self.tells_groups() {
                asked.push("memberOf");
            }
            if let Some(reads) = &wanted.owner {
                asked.extend(reads.attributes.iter().map(AttributeName::as_str));
                asked.extend(password_attribute(self.product()));
            }
        }
        if let Some(members) = mapping.members.as_ref().filter(|_| wanted.members) {
            asked.push(&members.attribute);
        }
        asked.sort_unstable_by_key(|name| name.to_ascii_lowercase());
        asked.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
        asked
    }

    /// The resources that entries are, in the same order. An entry that shows no id is none.
    pub(super) async fn resources(
        &self,
        entries: Vec<Shown>,
        kind: ResourceKind,
        wanted: &Wanted,
    ) -> Result<Vec<Resource>, ProvisioningError> {
        let mapping = self.mapping.of(kind);
        let mut whole = Vec::with_capacity(entries.len());
        for shown in entries {
            whole.push(self.whole(shown, mapping).await?);
        }
        let names = self.by_names(Self::names_in(mapping, &whole, wanted)).await?;
        let mut groups = match kind {
            ResourceKind::User if wanted.groups => self.groups_of(&whole, &names).await?,
            _ => HashMap::new(),
        };
        let mut resources = Vec::with_capacity(whole.len());
        for entry in &whole {
            let Some(mut resource) = self.resource(entry, kind, wanted, &names) else {
                tracing::warn!(upstream = %self.upstream().name(), "an entry shows no id and cannot be provisioned");
                continue;
            };
            if kind == ResourceKind::User && wanted.facts {
                let policy = self.policy(entry).await?;
                let now = self.upstream().now();
                let facts = facts::read(self.product(), self.dialect(), entry, policy.as_deref(), now);
                account_state::show(&mut resource.attributes, &facts, facts::told(self.product()), now);
                resource.facts = Some(facts);
            }
            if let Some(groups) = groups.remove(&resource.id) {
                resource.attributes.set(Key::core("groups"), Value::Many(groups));
            }
            resources.push(resource);
        }
        if let (ResourceKind::User, Some(reads)) = (kind, &wanted.owner) {
            self.tell_owner_facts(&mut resources, &whole, reads).await?;
        }
        Ok(resources)
    }

    fn resource(
        &self,
        entry: &Entry,
        kind: ResourceKind,
        wanted: &Wanted,
        names: &HashMap<DistinguishedName, Named>,
    ) -> Option<Resource> {
        let mapping = self.mapping.of(kind);
        let id = ids::of_entry(self.product(), self.dialect(), entry)?;
        let id_of = |dn: &str| {
            let name = DistinguishedName::parse(dn.as_bytes()).ok()?;
            let named = names.get(&name).filter(|named| named.kind == ResourceKind::User)?;
            Some(ids::text(self.product(), named.id))
        };
        let mut attributes = decode::attributes(mapping, entry, &|key| wanted.wants(key), &id_of);
        if let Some(members) = mapping.members.as_ref().filter(|_| wanted.members) {
            let values = entry.values(&members.attribute);
            let mut elements: Vec<Value> = values.filter_map(|dn| self.member(dn, names)).collect();
            elements.dedup();
            attributes.set(Key::core("members"), Value::Many(elements));
        }
        let times = AccountTimes::read(entry);
        let person = (kind == ResourceKind::User).then(|| {
            let value = entry.values(self.dialect().stable_id()).next();
            let spelled = value.and_then(|value| self.dialect().stable_id_text(value));
            let key = AccountKey {
                directory: self.upstream().name().clone(),
                id: spelled.unwrap_or_else(|| ids::text(self.product(), id)).into(),
            };
            self.attributes.read(entry, key)
        });
        Some(Resource {
            kind,
            id,
            version: version::of(self.product(), mapping, entry),
            created: times.created,
            modified: times.modified,
            attributes,
            dn: entry.dn().to_owned(),
            person,
            facts: None,
            owner_facts: None,
        })
    }

    /// A member as an element; `None`: a placeholder, or somebody who is not here.
    fn member(&self, dn: &[u8], names: &HashMap<DistinguishedName, Named>) -> Option<Value> {
        let name = DistinguishedName::parse(dn).ok()?;
        let named = names.get(&name)?;
        Some(self.element(named, named.kind.as_str()))
    }

    /// `{value, type, display?}`.
    pub(super) fn element(&self, named: &Named, kind: &str) -> Value {
        let display = named
            .display
            .as_deref()
            .map(|display| ("display", Value::text(display)));
        let own = [
            ("value", Value::Text(ids::text(self.product(), named.id))),
            ("type", Value::text(kind)),
        ];
        Value::complex(own.into_iter().chain(display))
    }

    /// The names in entries that have to be looked up.
    fn names_in<'e>(
        mapping: &'e TypeMapping,
        entries: &'e [Entry],
        wanted: &'e Wanted,
    ) -> impl Iterator<Item = &'e str> {
        let rows = mapping
            .rows
            .iter()
            .filter(|row| row.codec == Codec::User && wanted.wants(row.place.key()));
        let members = mapping
            .members
            .as_ref()
            .filter(|_| wanted.members)
            .map(|members| members.attribute.as_str());
        let groups = (mapping.members.is_none() && wanted.groups).then_some("memberOf");
        let attributes: Vec<&str> = rows
            .map(super::mapping::Row::base_type)
            .chain(members)
            .chain(groups)
            .collect();
        entries.iter().flat_map(move |entry| {
            let attributes = attributes.clone();
            attributes
                .into_iter()
                .flat_map(|attribute| entry.values(attribute))
                .filter_map(|value| std::str::from_utf8(value).ok())
        })
    }

    /// An entry with all values of an attribute that came in parts ([MS-ADTS] 3.1.1.3.1.3.3): Active Directory shows 1,500 at once.
    async fn whole(&self, shown: Shown, mapping: &TypeMapping) -> Result<Entry, ProvisioningError> {
        let (mut entry, mut more) = (shown.entry, shown.more);
        let Some(members) = &mapping.members else {
            return Ok(entry);
        };
        while let Some((attribute, next)) = more {
            if !attribute.eq_ignore_ascii_case(&members.attribute) {
                break;
            }
            if entry.values(&attribute).count() > self.settings.most_members {
                return Err(ProvisioningError::TooMany);
            }
            let part = format!("{attribute};range={next}-*");
            let any = filter::present(b"objectClass");
            let search = Search {
                base: entry.dn(),
                scope: Scope::Base,
                filter: Filter::Made(&any),
                attributes: &[&part],
                size_limit: 1,
                time_limit: self.time_limit(),
            };
            let Found { mut entries, code } = self.lanes.search(&search).await?;
            let part = match (code, entries.pop()) {
                (ResultCode::SUCCESS, Some(part)) => part,
                (ResultCode::SUCCESS | ResultCode::NO_SUCH_OBJECT, _) => return Err(ProvisioningError::Contended),
                (other, _) => return Err(refused(other)),
            };
            // It goes on, or it ends.
            more = part.more.filter(|(_, after)| *after > next);
            entry.add_values(part.entry);
        }
        if entry.values(&members.attribute).count() > self.settings.most_members {
            return Err(ProvisioningError::TooMany);
        }
        Ok(entry)
    }

    /// The policy of an account: as it was at most half a minute ago.
    async fn policy(&self, account: &Entry) -> Result<Option<Arc<Entry>>, ProvisioningError> {
        let dialect = self.dialect();
        let named = dialect.policy_reference().and_then(|attribute| account.text(attribute));
        let configured = || self.upstream().settings().default_policy_dn.clone();
        let named = named.map(str::to_owned).or_else(configured);
        let Some(dn) = named.or_else(|| dialect.default_policy(account.dn())) else {
            return Ok(None);
        };
        if let Some(policy) = self.policies.get(&dn) {
            return Ok(policy);
        }
        let any = filter::present(b"objectClass");
        let attributes: Vec<&str> = dialect
            .policy_attributes()
            .iter()
            .chain(facts::POLICY_ATTRIBUTES)
            .copied()
            .collect();
        let search = Search {
            base: &dn,
            scope: Scope::Base,
            filter: Filter::Made(&any),
            attributes: &attributes,
            size_limit: 1,
            time_limit: self.time_limit(),
        };
        let Found { entries, code } = self.lanes.search(&search).await?;
        let found = entries.into_iter().next().filter(|_| code == ResultCode::SUCCESS);
        let policy = found.map(|shown| Arc::new(shown.entry));
        self.policies.insert(dn, policy.clone());
        Ok(policy)
    }
}
