//! Finding people: one account by a name or a key, all accounts of one person, whose account a manager's is.
//!
//! Each question is one search or two, and each search takes a lane for itself: one that breaks a kept lane is asked once more on a fresh
//! one.

use super::lane::{Found, Lane};
use super::{Filter, Scope, Search, ServiceLanes, stable_id_of, whole_seconds};
use crate::names::{Finding, Meant, NameRules};
use crate::upstream::choice::Want;
use crate::upstream::entry::Entry;
use crate::upstream::error::{ConnectError, LookUpError};
use crate::upstream::person::PersonAttributes;
use postern_identity::name::LONGEST_NAME;
use postern_identity::{AccountKey, DistinguishedName, Person};
use postern_ldap::{ResultCode, filter};

/// The most accounts one person has in one directory.
const MOST_ACCOUNTS: u32 = 100;

/// How a search is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Amount {
    /// All in one answer.
    AtOnce,
    /// In pages.
    Paged,
}

impl ServiceLanes {
    /// The one account a name means under these rules.
    pub async fn person(
        &self,
        rules: &NameRules,
        attributes: &PersonAttributes,
        name: &str,
    ) -> Result<Person, LookUpError> {
        let usual = self.upstream.dialect().login_attributes();
        let condition = match &rules.finding {
            Finding::Search(search) => search.filter.clone(),
            Finding::Template(_) => None,
        };
        let condition = condition.unwrap_or_else(|| filter::present(b"objectClass"));
        let entry = match rules.read(name.as_bytes(), &usual) {
            Meant::Nobody => return Err(LookUpError::NotFound),
            Meant::Itself => self.entry_at(name, &condition, attributes).await?,
            Meant::Entry(dn, _) => self.entry_at(&dn, &condition, attributes).await?,
            Meant::OneOf(search, claims) => {
                let equal: Vec<Vec<u8>> = claims
                    .iter()
                    .map(|claim| filter::equality(claim.attribute.as_bytes(), claim.value.as_bytes()))
                    .collect();
                let wanted = filter::all(&[filter::any(&equal), condition]);
                let base = search.base_dn.clone().map_or_else(|| self.base(), Ok)?;
                self.sole(&base, Scope::Subtree, &wanted, attributes).await?
            }
        };
        self.person_of(&entry, attributes)
    }

    /// The account with this key, wherever it is now.
    pub async fn person_by_key(&self, key: &AccountKey, attributes: &PersonAttributes) -> Result<Person, LookUpError> {
        let dialect = self.upstream.dialect();
        let value = dialect.stable_id_value(&key.id).ok_or(LookUpError::NotFound)?;
        if key.directory != *self.upstream.name() {
            return Err(LookUpError::NotFound);
        }
        let wanted = filter::equality(dialect.stable_id().as_bytes(), &value);
        let entry = self.sole(&self.base()?, Scope::Subtree, &wanted, attributes).await?;
        // An id that is compared more loosely than we do is not the one that was asked for.
        let person = self.person_of(&entry, attributes)?;
        if person.key == *key {
            Ok(person)
        } else {
            Err(LookUpError::NotFound)
        }
    }

    /// Every account with this link; none where no attribute for it is named.
    pub async fn people_of_one(&self, attributes: &PersonAttributes, link: &str) -> Result<Vec<Person>, LookUpError> {
        let Some(attribute) = attributes.link.as_deref() else {
            return Ok(Vec::new());
        };
        // An empty value would be everybody's of whom nothing is known.
        if link.is_empty() || link.chars().all(char::is_whitespace) {
            return Ok(Vec::new());
        }
        let wanted = filter::equality(attribute.as_bytes(), link.as_bytes());
        let base = self.base()?;
        let asked = self.asked(attributes);
        let search = self.search(&base, Scope::Subtree, &wanted, &asked, MOST_ACCOUNTS);
        let found = self.ask(&search, Amount::AtOnce).await?;
        match found.code {
            ResultCode::SUCCESS => {}
            ResultCode::NO_SUCH_OBJECT => return Ok(Vec::new()),
            ResultCode::SIZE_LIMIT_EXCEEDED => return Err(LookUpError::TooMany),
            other => return Err(LookUpError::SearchRefused(other)),
        }
        let people = found.entries.iter().map(|entry| self.person_of(entry, attributes));
        people.collect()
    }

    /// Whose account this entry is. `None` where it is gone or shows no id.
    pub async fn key_of(&self, dn: &str) -> Result<Option<AccountKey>, LookUpError> {
        if !is_name(dn) {
            return Ok(None);
        }
        let wanted = filter::present(b"objectClass");
        let asked = [self.upstream.dialect().stable_id()];
        let search = self.search(dn, Scope::Base, &wanted, &asked, 1);
        let found = self.ask(&search, Amount::AtOnce).await?;
        match found.code {
            ResultCode::SUCCESS => Ok(found.entries.first().and_then(|entry| self.key(entry))),
            ResultCode::NO_SUCH_OBJECT | ResultCode::INVALID_DN_SYNTAX | ResultCode::INSUFFICIENT_ACCESS_RIGHTS => {
                Ok(None)
            }
            other => Err(LookUpError::SearchRefused(other)),
        }
    }

    /// The entry with this DN, if it is below the base and what is asked of accounts is true of it.
    async fn entry_at(&self, dn: &str, condition: &[u8], attributes: &PersonAttributes) -> Result<Entry, LookUpError> {
        let base = self.base()?;
        let below = DistinguishedName::parse(base.as_bytes()).map_err(|_| LookUpError::NoBase)?;
        if !is_name(dn) || !DistinguishedName::parse(dn.as_bytes()).is_ok_and(|name| name.is_within(&below)) {
            return Err(LookUpError::NotFound);
        }
        self.sole(dn, Scope::Base, condition, attributes).await
    }

    async fn sole(
        &self,
        base: &str,
        scope: Scope,
        wanted: &[u8],
        attributes: &PersonAttributes,
    ) -> Result<Entry, LookUpError> {
        let asked = self.asked(attributes);
        // One more than there may be: two are as bad as a thousand.
        let search = self.search(base, scope, wanted, &asked, 2);
        let Found { mut entries, code } = self.ask(&search, Amount::AtOnce).await?;
        match (code, entries.len()) {
            (ResultCode::SUCCESS, 0) | (ResultCode::NO_SUCH_OBJECT | ResultCode::INVALID_DN_SYNTAX, _) => {
                Err(LookUpError::NotFound)
            }
            (ResultCode::SUCCESS, 1) => entries.pop().ok_or(LookUpError::NotFound),
            (ResultCode::SUCCESS, _) | (ResultCode::SIZE_LIMIT_EXCEEDED, 2..) => Err(LookUpError::Ambiguous),
            (other, _) => Err(LookUpError::SearchRefused(other)),
        }
    }

    fn asked<'a>(&self, attributes: &'a PersonAttributes) -> Vec<&'a str> {
        let mut asked: Vec<&str> = vec![self.upstream.dialect().stable_id()];
        asked.extend(attributes.all());
        asked
    }

    fn person_of(&self, entry: &Entry, attributes: &PersonAttributes) -> Result<Person, LookUpError> {
        let key = self.key(entry).ok_or(LookUpError::NoStableId)?;
        Ok(attributes.read(entry, key))
    }

    pub(super) fn key(&self, entry: &Entry) -> Option<AccountKey> {
        stable_id_of(self.upstream.dialect(), entry).map(|id| AccountKey {
            directory: self.upstream.name().clone(),
            id: id.into(),
        })
    }

    pub(super) fn search<'a>(
        &self,
        base: &'a str,
        scope: Scope,
        wanted: &'a [u8],
        attributes: &'a [&'a str],
        size_limit: u32,
    ) -> Search<'a> {
        Search {
            base,
            scope,
            filter: Filter::Made(wanted),
            attributes,
            size_limit,
            time_limit: whole_seconds(self.upstream.settings().answer_timeout),
        }
    }

    /// One search, where writes go: a server that lags may still hold what is another's now.
    pub(super) async fn ask(&self, search: &Search<'_>, amount: Amount) -> Result<Found, LookUpError> {
        let patience = self.upstream.settings().answer_timeout;
        let _permit = self.permit(patience).await?;
        let want = Want {
            account: None,
            writes: true,
        };
        let first = self.upstream.candidates(&want).first().copied();
        if let Some(mut lane) = self.take_kept(first).await
            && let Ok(found) = self.ask_on(&mut lane, search, amount).await
        {
            self.done_with(lane, &found, amount);
            return Ok(found);
        }
        let mut lane = self.fresh(None, &want, patience).await?;
        match self.ask_on(&mut lane, search, amount).await {
            Ok(found) => {
                self.done_with(lane, &found, amount);
                Ok(found)
            }
            Err(fault) => {
                self.upstream.lost(lane.server());
                Err(fault.into())
            }
        }
    }

    async fn ask_on(&self, lane: &mut Lane, search: &Search<'_>, amount: Amount) -> Result<Found, ConnectError> {
        let patience = self.upstream.settings().answer_timeout;
        match amount {
            Amount::AtOnce => lane.search(search, patience).await,
            Amount::Paged => lane.search_all(search, patience).await,
        }
    }

    /// A lane with a page still to come is closed.
    fn done_with(&self, lane: Lane, found: &Found, amount: Amount) {
        if amount == Amount::AtOnce || found.code == ResultCode::SUCCESS {
            self.keep(lane);
        }
    }
}

/// Whether it is a DN that may be asked for.
pub(super) fn is_name(dn: &str) -> bool {
    let readable = dn.len() <= LONGEST_NAME && !dn.contains('\0');
    readable && DistinguishedName::parse(dn.as_bytes()).is_ok_and(|name| !name.is_root())
}
