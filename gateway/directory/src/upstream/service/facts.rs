//! What rules about an entry's owner have to know of it ([`postern_identity::authority`]).
//!
//! That an attribute is not shown proves nothing: access rules hide. It is absent where the server says, by a filter, that it is not
//! there; where it says neither (RFC 4511 §4.5.1.7: the filter is Undefined), it is not known.

use super::groups::beside;
use super::lane::{Found, Lane};
use super::{Filter, LONGEST_NAME, Scope, Search, ServiceLanes, whole_seconds};
use crate::upstream::ServerIndex;
use crate::upstream::choice::{AccountHash, Want};
use crate::upstream::dialect::DialectName;
use crate::upstream::entry::Entry;
use crate::upstream::error::{ConnectError, LookUpError};
use postern_identity::authority::{Credential, Fact, Facts, Group, Reads, Truth};
use postern_identity::{AttributeName, DistinguishedName};
use postern_ldap::{ResultCode, filter};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How deep groups are looked for in groups, where the server does not do it.
const DEEPEST_NESTING: usize = 10;
/// How many groups are looked at for that.
const MOST_GROUPS: usize = 256;
/// Active Directory's rule for membership through groups (LDAP_MATCHING_RULE_IN_CHAIN).
const IN_CHAIN: &[u8] = b"1.2.840.113556.1.4.1941";
/// Attributes in which groups name their members.
const MEMBERS: [&[u8]; 2] = [b"member", b"uniqueMember"];
/// Attributes in which groups have members whose DNs they do not name: login names (RFC 2307) and searches.
const MEMBERS_OTHERWISE: [&[u8]; 2] = [b"memberUid", b"memberURL"];
/// Stored passwords that say that somebody else checks them: saslauthd, Kerberos, the system.
const ELSEWHERE: [&[u8]; 3] = [b"{SASL}", b"{KERBEROS}", b"{UNIX}"];

/// What is to be known of an entry.
#[derive(Clone, Copy)]
pub struct FactsWanted<'a> {
    /// As this server knows it: the one that a write would go to. `None`: one that takes writes.
    pub server: Option<ServerIndex>,
    /// Its name, in any spelling the directory takes.
    pub name: &'a [u8],
    /// What rules read.
    pub reads: &'a Reads,
    /// Whether its own credential matters.
    pub credential: bool,
    /// Whether it matters that entries lie below it.
    pub below: bool,
}

/// What is known of an entry.
#[derive(Debug, Clone)]
pub struct EntryFacts {
    /// Its DN, as the directory writes it.
    pub dn: String,
    /// What rules ask for.
    pub facts: Facts,
    /// Whether entries lie below it, as far as the service account sees; if nobody asked, so it is assumed.
    pub has_entries_below: bool,
}

impl ServiceLanes {
    /// What rules ask for of an entry that is there. Waits no longer than [`answer_timeout`](crate::Settings::answer_timeout).
    pub async fn facts(&self, wanted: &FactsWanted<'_>) -> Result<EntryFacts, LookUpError> {
        self.on_lane(wanted, true).await
    }

    /// The same of an entry that is yet to be made: only groups can name it already, and whatever it will hold is for whoever asks to say.
    pub async fn facts_of_new(&self, wanted: &FactsWanted<'_>) -> Result<EntryFacts, LookUpError> {
        self.on_lane(wanted, false).await
    }

    async fn on_lane(&self, wanted: &FactsWanted<'_>, is_there: bool) -> Result<EntryFacts, LookUpError> {
        let name = std::str::from_utf8(wanted.name).ok();
        let name = name.filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME && !name.contains('\0'));
        let Some(name) = name else {
            return Err(LookUpError::SearchRefused(ResultCode::INVALID_DN_SYNTAX));
        };
        let patience = self.upstream.settings().answer_timeout;
        let deadline = Instant::now() + patience;
        let late = || LookUpError::from(ConnectError::TimedOut);
        let waited = timeout_at(deadline, self.permits.acquire()).await;
        let Ok(Ok(_permit)) = waited else {
            return Err(late());
        };
        let want = Want {
            account: Some(AccountHash::of(wanted.name)),
            writes: true,
        };
        let first = wanted
            .server
            .or_else(|| self.upstream.candidates(&want).first().copied());
        if let Some(mut lane) = self.take_kept(first).await {
            let read = timeout_at(deadline, self.read_facts(&mut lane, name, wanted, is_there, patience)).await;
            match read.map_err(|_| late())? {
                // It broke under us: nothing was changed, so it can be asked again.
                Err(LookUpError::Connect(_)) => {}
                read => {
                    self.keep(lane);
                    return read;
                }
            }
        }
        let fresh = timeout_at(deadline, self.fresh(wanted.server, &want, patience)).await;
        let mut lane = fresh.map_err(|_| late())??;
        let read = timeout_at(deadline, self.read_facts(&mut lane, name, wanted, is_there, patience)).await;
        let read = read.unwrap_or_else(|_| Err(late()));
        match &read {
            Err(LookUpError::Connect(_)) => self.upstream.lost(lane.server()),
            _ => self.keep(lane),
        }
        read
    }

    async fn read_facts(
        &self,
        lane: &mut Lane,
        name: &str,
        wanted: &FactsWanted<'_>,
        is_there: bool,
        patience: Duration,
    ) -> Result<EntryFacts, LookUpError> {
        let mut asking = Asking { lane, patience };
        let source = self.upstream.name().clone();
        if !is_there {
            let mut facts = Facts::new(source, DistinguishedName::parse(name.as_bytes()).ok());
            for group in &wanted.reads.groups {
                let member = self.is_member(&mut asking, name, group).await?;
                facts.set_group(group.clone(), member);
            }
            return Ok(EntryFacts {
                dn: name.to_owned(),
                facts,
                has_entries_below: false,
            });
        }
        let mut attributes: Vec<&str> = wanted.reads.attributes.iter().map(AttributeName::as_str).collect();
        let password = password_attribute(self.upstream.settings().dialect).filter(|_| wanted.credential);
        attributes.extend(password);
        if attributes.is_empty() {
            attributes.push("1.1"); // its name alone (RFC 4511 §4.5.1.8)
        }
        let entry = asking.entry(name, &attributes).await?;
        let dn = entry.dn().to_owned();
        let mut facts = Facts::new(source, DistinguishedName::parse(dn.as_bytes()).ok());
        let mut missing = Vec::new();
        for attribute in &wanted.reads.attributes {
            let values: Vec<Box<[u8]>> = entry.values(attribute.as_str()).map(Box::from).collect();
            if values.is_empty() {
                missing.push(attribute);
            } else {
                facts.set(attribute.clone(), Fact::Values(values));
            }
        }
        for (attribute, is_absent) in asking.absent(&dn, &missing).await? {
            facts.set(attribute, if is_absent { Fact::Absent } else { Fact::Unknown });
        }
        if let Some(password) = password {
            facts.credential = asking.credential(&dn, &entry, password).await?;
        }
        for group in &wanted.reads.groups {
            let member = self.is_member(&mut asking, &dn, group).await?;
            facts.set_group(group.clone(), member);
        }
        let has_entries_below = !wanted.below || asking.has_entries_below(&dn).await?;
        Ok(EntryFacts {
            dn,
            facts,
            has_entries_below,
        })
    }

    /// Whether a group names an entry; where the group does not show whom it names, nobody can tell.
    async fn is_member(&self, asking: &mut Asking<'_>, dn: &str, group: &Group) -> Result<Truth, LookUpError> {
        let is_active_directory = self.upstream.settings().dialect == DialectName::ActiveDirectory;
        let name = group.name.to_string();
        let named = if group.nested && is_active_directory {
            filter::any(&[in_chain(MEMBERS[0], dn), names(dn)])
        } else {
            names(dn)
        };
        if asking.fits(&name, &named).await? {
            return Ok(Truth::Yes);
        }
        if is_active_directory {
            match self.is_primary(asking, dn, group).await? {
                Truth::No => {}
                told => return Ok(told),
            }
        }
        if asking
            .fits(&name, &filter::any(&MEMBERS_OTHERWISE.map(filter::present)))
            .await?
        {
            return Ok(Truth::CannotTell);
        }
        let members = MEMBERS.map(filter::present);
        let empty = members.each_ref().map(|some| filter::not(some));
        // It shows members, or that it has none.
        let shows = filter::any(&[filter::any(&members), filter::all(&empty)]);
        if !asking.fits(&name, &shows).await? {
            return Ok(Truth::CannotTell);
        }
        if !group.nested || is_active_directory {
            return Ok(Truth::No);
        }
        self.is_in_a_group_of(asking, dn, group).await
    }

    /// Whether a group is the one that an account of Active Directory is in without being named ([MS-ADTS] 3.1.1.4.5.20), or that one is in it.
    async fn is_primary(&self, asking: &mut Asking<'_>, dn: &str, group: &Group) -> Result<Truth, LookUpError> {
        let entry = match asking.entry(dn, &["primaryGroupID", "objectSid"]).await {
            Ok(entry) => entry,
            // It is yet to be made, and gets its group then; rules of groups cannot be told of it.
            Err(LookUpError::NotFound) => return Ok(Truth::CannotTell),
            Err(fault) => return Err(fault),
        };
        let relative = entry.text("primaryGroupID").and_then(|id| id.parse::<u32>().ok());
        let Some(relative) = relative else {
            // What is no account has none.
            let none = filter::not(&filter::present(b"primaryGroupID"));
            let none = asking.fits(dn, &none).await?;
            return Ok(if none { Truth::No } else { Truth::CannotTell });
        };
        let primary = entry.values("objectSid").next().and_then(|sid| beside(sid, relative));
        let Some(primary) = primary else {
            return Ok(Truth::CannotTell);
        };
        let is_it = filter::equality(b"objectSid", &primary);
        let name = group.name.to_string();
        if asking.fits(&name, &is_it).await? {
            return Ok(Truth::Yes);
        }
        // A group shows what it is, or nobody can tell that it is another.
        if !asking.fits(&name, &filter::present(b"objectSid")).await? {
            return Ok(Truth::CannotTell);
        }
        if !group.nested {
            return Ok(Truth::No);
        }
        let base = self.around(&group.name)?;
        match asking.named_by(&base, &is_it, 1).await?.as_deref() {
            Some([primary]) if asking.fits(&name, &in_chain(MEMBERS[0], primary)).await? => Ok(Truth::Yes),
            Some([_]) => Ok(Truth::No),
            _ => Ok(Truth::CannotTell),
        }
    }

    /// The whole tree that a group is in: those in between may be anywhere in it.
    fn around(&self, group: &DistinguishedName) -> Result<String, LookUpError> {
        let capabilities = self.upstream.capabilities();
        let holds = |context: &&String| {
            DistinguishedName::parse(context.as_bytes()).is_ok_and(|context| group.is_within(&context))
        };
        match capabilities.naming_contexts.iter().find(holds) {
            Some(context) => Ok(context.clone()),
            None => self.base(),
        }
    }

    /// Whether one of the groups that an entry is in, or that those are in, is this one.
    async fn is_in_a_group_of(&self, asking: &mut Asking<'_>, dn: &str, wanted: &Group) -> Result<Truth, LookUpError> {
        let base = self.around(&wanted.name)?;
        let mut seen = HashSet::new();
        let mut level = vec![dn.to_owned()];
        for _ in 0..DEEPEST_NESTING {
            let mut next = Vec::new();
            for member in &level {
                let Some(groups) = asking.named_by(&base, &names(member), MOST_GROUPS).await? else {
                    return Ok(Truth::CannotTell);
                };
                for group in groups {
                    let Ok(name) = DistinguishedName::parse(group.as_bytes()) else {
                        return Ok(Truth::CannotTell);
                    };
                    if name == wanted.name {
                        return Ok(Truth::Yes);
                    }
                    if seen.insert(name) {
                        next.push(group);
                    }
                }
                if seen.len() > MOST_GROUPS {
                    return Ok(Truth::CannotTell);
                }
            }
            if next.is_empty() {
                return Ok(Truth::No);
            }
            level = next;
        }
        Ok(Truth::CannotTell)
    }
}

/// A lane that is asked one thing after another.
struct Asking<'l> {
    lane: &'l mut Lane,
    patience: Duration,
}

impl Asking<'_> {
    async fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: Filter<'_>,
        attributes: &[&str],
        size_limit: u32,
    ) -> Result<Found, LookUpError> {
        let search = Search {
            base,
            scope,
            filter,
            attributes,
            size_limit,
            time_limit: whole_seconds(self.patience),
        };
        Ok(self.lane.search(&search, self.patience).await?)
    }

    async fn entry(&mut self, name: &str, attributes: &[&str]) -> Result<Entry, LookUpError> {
        let mut found = self.search(name, Scope::Base, Filter::Any, attributes, 1).await?;
        match (found.code, found.entries.pop()) {
            (ResultCode::SUCCESS, Some(entry)) => Ok(entry),
            (ResultCode::SUCCESS | ResultCode::NO_SUCH_OBJECT, _) => Err(LookUpError::NotFound),
            (code, _) => Err(LookUpError::SearchRefused(code)),
        }
    }

    /// Whether the server says that the entry fits. That it says nothing may mean that it does not, or that nobody may know.
    async fn fits(&mut self, name: &str, filter: &[u8]) -> Result<bool, LookUpError> {
        let found = self
            .search(name, Scope::Base, Filter::Made(filter), &["1.1"], 1)
            .await?;
        Ok(found.code == ResultCode::SUCCESS && !found.entries.is_empty())
    }

    /// Which of these attributes the server says the entry does not have.
    async fn absent(
        &mut self,
        dn: &str,
        missing: &[&AttributeName],
    ) -> Result<Vec<(AttributeName, bool)>, LookUpError> {
        let none = |attribute: &AttributeName| filter::not(&filter::present(attribute.as_str().as_bytes()));
        let all: Vec<_> = missing.iter().map(|attribute| none(attribute)).collect();
        if all.is_empty() {
            return Ok(Vec::new());
        }
        // Mostly they are all absent, and one question is enough.
        if self.fits(dn, &filter::all(&all)).await? {
            return Ok(missing.iter().map(|attribute| ((*attribute).clone(), true)).collect());
        }
        let mut told = Vec::with_capacity(missing.len());
        for attribute in missing {
            let is_absent = missing.len() > 1 && self.fits(dn, &none(attribute)).await?;
            told.push(((*attribute).clone(), is_absent));
        }
        Ok(told)
    }

    async fn credential(&mut self, dn: &str, entry: &Entry, attribute: &str) -> Result<Credential, LookUpError> {
        if let Some(shown) = credential_shown(entry, attribute) {
            return Ok(shown);
        }
        let none = filter::not(&filter::present(attribute.as_bytes()));
        Ok(if self.fits(dn, &none).await? {
            Credential::Absent
        } else {
            Credential::Unknown
        })
    }

    async fn has_entries_below(&mut self, dn: &str) -> Result<bool, LookUpError> {
        let found = self.search(dn, Scope::Subtree, Filter::Any, &["1.1"], 2).await?;
        Ok(found.code != ResultCode::SUCCESS || found.entries.len() > 1)
    }

    /// The entries below a base that fit; `None` if there are more than `most`, or the server would not say.
    async fn named_by(&mut self, base: &str, filter: &[u8], most: usize) -> Result<Option<Vec<String>>, LookUpError> {
        let limit = u32::try_from(most).unwrap_or(u32::MAX);
        let found = self
            .search(base, Scope::Subtree, Filter::Made(filter), &["1.1"], limit)
            .await?;
        let names = found.entries.iter().map(|entry| entry.dn().to_owned());
        Ok((found.code == ResultCode::SUCCESS).then(|| names.collect()))
    }
}

/// What an entry shows of its credential; `None`: nothing, which proves nothing.
pub(in crate::upstream) fn credential_shown(entry: &Entry, attribute: &str) -> Option<Credential> {
    let says_elsewhere = |value: &[u8]| {
        let begins = |scheme: &&[u8]| {
            value
                .get(..scheme.len())
                .is_some_and(|own| own.eq_ignore_ascii_case(scheme))
        };
        ELSEWHERE.iter().any(begins)
    };
    if entry.values(attribute).any(says_elsewhere) {
        return Some(Credential::Elsewhere);
    }
    entry.has(attribute).then_some(Credential::Here)
}

/// Where passwords stand that can be read at all.
pub(in crate::upstream) fn password_attribute(dialect: DialectName) -> Option<&'static str> {
    match dialect {
        DialectName::OpenLdap | DialectName::Ds389 | DialectName::FreeIpa => Some("userPassword"),
        // They show them to nobody.
        DialectName::ActiveDirectory | DialectName::Embedded => None,
    }
}

/// The filter for groups that name an entry.
fn names(dn: &str) -> Vec<u8> {
    filter::any(&MEMBERS.map(|attribute| filter::equality(attribute, dn.as_bytes())))
}

/// `(attribute:1.2.840.113556.1.4.1941:=dn)`.
fn in_chain(attribute: &[u8], dn: &str) -> Vec<u8> {
    let mut writer = postern_ldap::ber::Writer::with_capacity(dn.len() + 64);
    writer.nested(0xa9, |inside| {
        inside
            .element(0x81, IN_CHAIN)
            .element(0x82, attribute)
            .element(0x83, dn.as_bytes());
    });
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_ldap::filter::Named;

    #[test]
    fn a_name_stays_one_value_of_a_filter() {
        for dn in ["cn=*)(uid=*,dc=x", "cn=a,dc=x"] {
            for made in [names(dn), in_chain(b"member", dn)] {
                let element = postern_ldap::ber::Cursor::new(&made).only().unwrap();
                filter::walk(element, |part| {
                    assert!(
                        matches!(part, Named::Attribute(name) if MEMBERS.contains(&name))
                            || part == Named::MatchingRule(IN_CHAIN)
                    );
                })
                .unwrap();
                assert!(made.windows(dn.len()).any(|part| part == dn.as_bytes()));
            }
        }
    }
}
