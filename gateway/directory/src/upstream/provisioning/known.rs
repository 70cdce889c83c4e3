//! Whose a DN is and where an id is: looked up in batches, and remembered for a while.

use super::Provisioner;
use super::decode::parent;
use super::ids;
use super::lanes::{Found, refused};
use super::mapping::{Place, TypeMapping};
use crate::upstream::entry::Entry;
use crate::upstream::service::request::{Filter, Scope, Search};
use moka::sync::Cache;
use postern_identity::DistinguishedName;
use postern_identity::name::LONGEST_NAME;
use postern_identity::provisioning::{ProvisioningError, ResourceId, ResourceKind};
use postern_ldap::{ResultCode, filter};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// How many are remembered.
const MOST_KNOWN: u64 = 50_000;
/// For how long: who was renamed by others is found under the old name for that long at most.
const KNOWN_FOR: Duration = Duration::from_secs(30);
/// How many are looked up with one search.
const BATCH: usize = 200;

/// A user or a group by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) id: ResourceId,
    pub(super) kind: ResourceKind,
    /// As the directory writes it.
    pub(super) dn: Arc<str>,
    /// What to call it.
    pub(super) display: Option<Arc<str>>,
}

/// What is remembered of names and ids.
pub(super) struct Known {
    by_name: Cache<DistinguishedName, Named>,
    by_id: Cache<ResourceId, Named>,
}

impl Known {
    pub(super) fn new() -> Self {
        Self {
            by_name: Cache::builder()
                .max_capacity(MOST_KNOWN)
                .time_to_live(KNOWN_FOR)
                .build(),
            by_id: Cache::builder()
                .max_capacity(MOST_KNOWN)
                .time_to_live(KNOWN_FOR)
                .build(),
        }
    }

    pub(super) fn learn(&self, named: &Named) {
        if let Ok(name) = DistinguishedName::parse(named.dn.as_bytes()) {
            self.by_name.insert(name, named.clone());
            self.by_id.insert(named.id, named.clone());
        }
    }

    /// After a rename or a removal.
    pub(super) fn forget(&self, dn: &str, id: ResourceId) {
        self.by_id.invalidate(&id);
        if let Ok(name) = DistinguishedName::parse(dn.as_bytes()) {
            self.by_name.invalidate(&name);
        }
    }
}

impl Provisioner {
    /// The users and groups of these names; who is neither, or not here, is not among them.
    pub(super) async fn by_names<'n>(
        &self,
        dns: impl Iterator<Item = &'n str>,
    ) -> Result<HashMap<DistinguishedName, Named>, ProvisioningError> {
        let (mut found, mut missing) = (HashMap::new(), HashMap::new());
        for dn in dns.filter(|dn| dn.len() <= LONGEST_NAME && !dn.contains('\0')) {
            let Ok(name) = DistinguishedName::parse(dn.as_bytes()) else {
                continue;
            };
            if name.is_root() || found.contains_key(&name) {
                continue;
            }
            match self.known.by_name.get(&name) {
                Some(named) => {
                    found.insert(name, named);
                }
                None => {
                    missing.insert(name, dn);
                }
            }
        }
        for mapping in self.bases() {
            let (here, elsewhere): (Vec<_>, Vec<_>) = missing
                .into_iter()
                .partition(|(name, _)| name.is_within(&mapping.below));
            missing = elsewhere.into_iter().collect();
            for batch in here.chunks(BATCH) {
                let wanted: HashSet<&DistinguishedName> = batch.iter().map(|(name, _)| name).collect();
                for named in self.look_up_names(mapping, batch).await? {
                    if let Ok(name) = DistinguishedName::parse(named.dn.as_bytes()) {
                        self.known.learn(&named);
                        if wanted.contains(&name) {
                            found.insert(name, named);
                        }
                    }
                }
            }
        }
        Ok(found)
    }

    /// The users and groups with these ids; those that are gone are not among them.
    pub(super) async fn by_ids(&self, ids: &[ResourceId]) -> Result<HashMap<ResourceId, Named>, ProvisioningError> {
        let (mut found, mut missing) = (HashMap::new(), Vec::new());
        for &id in ids {
            match self.known.by_id.get(&id) {
                Some(named) => {
                    found.insert(id, named);
                }
                None => missing.push(id),
            }
        }
        missing.sort_unstable();
        missing.dedup();
        for mapping in self.bases() {
            missing.retain(|id| !found.contains_key(id));
            for batch in missing.chunks(BATCH) {
                let any: Vec<Vec<u8>> = batch.iter().map(|&id| self.id_filter(id)).collect();
                for named in self
                    .look_up(&mapping.base, Scope::Subtree, &filter::any(&any), batch.len())
                    .await?
                {
                    self.known.learn(&named);
                    found.insert(named.id, named);
                }
            }
        }
        Ok(found)
    }

    /// `(entryUUID=…)`.
    pub(super) fn id_filter(&self, id: ResourceId) -> Vec<u8> {
        let value = ids::value(self.product(), self.dialect(), id);
        filter::equality(self.dialect().stable_id().as_bytes(), &value)
    }

    /// Who an entry is: it has shown its id and its object classes.
    pub(super) fn named(&self, entry: &Entry) -> Option<Named> {
        let id = ids::of_entry(self.product(), self.dialect(), entry)?;
        let kind = ResourceKind::ALL
            .into_iter()
            .find(|&kind| is_one(self.mapping.of(kind), entry))?;
        let display = display_attributes(self.mapping.of(kind)).find_map(|attribute| entry.text(attribute));
        Some(Named {
            id,
            kind,
            dn: entry.dn().into(),
            display: display.map(Arc::from),
        })
    }

    /// What has to be asked for so that [`Provisioner::named`] can say.
    pub(super) fn naming_attributes(&self) -> Vec<&str> {
        let mut asked = vec![self.dialect().stable_id(), "objectClass"];
        for kind in ResourceKind::ALL {
            asked.extend(display_attributes(self.mapping.of(kind)));
        }
        asked
    }

    /// The mappings to look below: one where both are below the same.
    fn bases(&self) -> Vec<&TypeMapping> {
        let (users, groups) = (&self.mapping.users, &self.mapping.groups);
        match () {
            () if groups.below.is_within(&users.below) => vec![users],
            () if users.below.is_within(&groups.below) => vec![groups],
            () => vec![users, groups],
        }
    }

    /// One entry by its name; more by the values in their names, which every product finds by an index, and not by their DNs, which few do.
    async fn look_up_names(
        &self,
        mapping: &TypeMapping,
        batch: &[(DistinguishedName, &str)],
    ) -> Result<Vec<Named>, ProvisioningError> {
        if let [(_, dn)] = batch {
            return self.look_up(dn, Scope::Base, &filter::present(b"objectClass"), 1).await;
        }
        let mut any = Vec::with_capacity(batch.len());
        for (_, dn) in batch {
            // A name that begins with octets of its own (`#04…`) is nobody's whom a program could have made.
            let first = first_rdn(dn);
            any.extend(first.map(|(attribute, value)| filter::equality(attribute.as_bytes(), &value)));
        }
        // Others elsewhere may be called the same.
        let most = batch.len().saturating_mul(20).max(1000);
        self.look_up(&mapping.base, Scope::Subtree, &filter::any(&any), most)
            .await
    }

    async fn look_up(
        &self,
        base: &str,
        scope: Scope,
        wanted: &[u8],
        most: usize,
    ) -> Result<Vec<Named>, ProvisioningError> {
        let asked = self.naming_attributes();
        let search = Search {
            base,
            scope,
            filter: Filter::Made(wanted),
            attributes: &asked,
            size_limit: u32::try_from(most).unwrap_or(u32::MAX),
            time_limit: self.time_limit(),
        };
        let Found { entries, code } = self.lanes.search(&search).await?;
        match code {
            ResultCode::SUCCESS => Ok(entries.iter().filter_map(|shown| self.named(&shown.entry)).collect()),
            ResultCode::NO_SUCH_OBJECT | ResultCode::INVALID_DN_SYNTAX => Ok(Vec::new()),
            other => Err(refused(other)),
        }
    }
}

/// Whether an entry has the object class of its kind and not the one that none of them has.
fn is_one(mapping: &TypeMapping, entry: &Entry) -> bool {
    let has = |class: &str| {
        entry
            .values("objectClass")
            .any(|own| own.eq_ignore_ascii_case(class.as_bytes()))
    };
    has(&mapping.class) && !mapping.never_class.as_deref().is_some_and(has)
}

/// What they are called by.
fn display_attributes(mapping: &TypeMapping) -> impl Iterator<Item = &str> {
    let of = |name: &'static str| {
        let is = move |row: &&super::mapping::Row| matches!(&row.place, Place::Simple(key) if key.extension.is_none() && &*key.name == name);
        mapping.rows.iter().find(is).map(super::mapping::Row::base_type)
    };
    [of("displayName"), of("userName")].into_iter().flatten()
}

/// The attribute and the value of the first part of a DN (RFC 4514 §3).
pub(super) fn first_rdn(dn: &str) -> Option<(&str, Vec<u8>)> {
    let first = parent(dn).map_or(dn, |rest| dn.get(..dn.len() - rest.len()).unwrap_or(dn));
    let first = first.trim_end_matches(' ');
    let first = first.strip_suffix([',', ';']).unwrap_or(first);
    let (attribute, written) = first.split_once('=')?;
    let written = written.trim_start_matches(' ').as_bytes();
    if written.starts_with(b"#") {
        return None;
    }
    let mut value = Vec::with_capacity(written.len());
    let mut rest = written.iter().copied().peekable();
    let mut kept = 0;
    while let Some(octet) = rest.next() {
        match octet {
            b'+' => break,
            b'\\' => {
                let escaped = rest.next()?;
                let high = char::from(escaped).to_digit(16);
                let low = rest.peek().and_then(|&low| char::from(low).to_digit(16));
                match high.zip(low) {
                    Some((high, low)) => {
                        rest.next();
                        value.push(u8::try_from(high * 16 + low).ok()?);
                    }
                    None => value.push(escaped),
                }
                kept = value.len();
            }
            b' ' => value.push(b' '),
            other => {
                value.push(other);
                kept = value.len();
            }
        }
    }
    value.truncate(kept);
    Some((attribute.trim_matches(' '), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_of_a_name_is_read_with_its_escapes() {
        let read = |dn| {
            let (attribute, value) = first_rdn(dn).unwrap();
            (attribute.to_owned(), String::from_utf8(value).unwrap())
        };
        for (dn, attribute, value) in [
            ("uid=a,dc=x", "uid", "a"),
            ("CN = Lovelace\\, Ada , dc=x", "CN", "Lovelace, Ada"),
            ("cn=a\\2cb\\c3\\bc,dc=x", "cn", "a,bü"),
            ("cn=a\\ ,dc=x", "cn", "a "),
            ("cn=a+uid=b,dc=x", "cn", "a"),
            ("cn=\\#a", "cn", "#a"),
            ("cn=*)(uid=\\2a", "cn", "*)(uid=*"),
        ] {
            assert_eq!(read(dn), (attribute.to_owned(), value.to_owned()), "{dn}");
        }
        assert_eq!(first_rdn("cn=#0402,dc=x"), None);
        assert_eq!(first_rdn("dc"), None);
    }
}
