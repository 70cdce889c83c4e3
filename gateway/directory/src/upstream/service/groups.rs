//! Which groups an account is in.
//!
//! Groups are asked whom they name, and what an account says of itself is not looked at: who may write a group decides who is in it, and not
//! every directory keeps the account's own list for the server to write. Nesting is followed level by level, or by the server where
//! the product has a rule for that.

use super::people::{Amount, is_name};
use super::{Scope, ServiceLanes};
use crate::upstream::error::LookUpError;
use crate::upstream::person::Memberships;
use postern_identity::person::{DEEPEST_NESTING, MOST_GROUPS, Nesting};
use postern_identity::{DistinguishedName, Person};
use postern_ldap::{ResultCode, filter};
use std::collections::HashSet;

/// How many groups one search asks about.
const AT_ONCE: usize = 50;

impl ServiceLanes {
    /// The DNs of the groups below the base that name an account, each once; nested, also those that name one of these, up to
    /// [`DEEPEST_NESTING`] deep. [`LookUpError::TooMany`]: more than [`MOST_GROUPS`], or deeper; half a list would be a wrong one.
    pub async fn groups(&self, person: &Person, nesting: Nesting) -> Result<Vec<String>, LookUpError> {
        let memberships = self.upstream.dialect().memberships();
        if !is_name(&person.dn) {
            return Err(LookUpError::NotFound);
        }
        let mut known = Known::default();
        let mut level = vec![person.dn.clone()];
        if memberships.primary
            && let Some(primary) = self.primary_group(&person.dn).await?
        {
            known.add(&primary);
            if nesting == Nesting::Nested {
                level.push(primary);
            }
        }
        // Those that name the account by its login name, and by its DN; from then on only by DN.
        let mut logins = person.logins.as_slice();
        for _ in 0..DEEPEST_NESTING {
            let mut found = Vec::new();
            for names in level.chunks(AT_ONCE) {
                let wanted = naming(&memberships, names, logins, nesting);
                logins = &[];
                for group in self.named(&wanted).await? {
                    if known.add(&group) {
                        found.push(group);
                    }
                }
                if known.groups.len() > MOST_GROUPS {
                    return Err(LookUpError::TooMany);
                }
            }
            // Where the server follows nesting, one answer is all.
            if found.is_empty() || nesting == Nesting::Direct || memberships.chain.is_some() {
                return Ok(known.groups);
            }
            level = found;
        }
        Err(LookUpError::TooMany)
    }

    async fn named(&self, wanted: &[u8]) -> Result<Vec<String>, LookUpError> {
        let most = u32::try_from(MOST_GROUPS).unwrap_or(u32::MAX);
        let base = self.base()?;
        // Names alone (RFC 4511 §4.5.1.8).
        let search = self.search(&base, Scope::Subtree, wanted, &["1.1"], most);
        let found = self.ask(&search, Amount::Paged).await?;
        match found.code {
            ResultCode::SUCCESS => Ok(found.entries.iter().map(|entry| entry.dn().to_owned()).collect()),
            ResultCode::NO_SUCH_OBJECT => Ok(Vec::new()),
            ResultCode::SIZE_LIMIT_EXCEEDED | ResultCode::ADMIN_LIMIT_EXCEEDED => Err(LookUpError::TooMany),
            other => Err(LookUpError::SearchRefused(other)),
        }
    }

    /// The group of the account's own domain whose relative id the account holds ([MS-ADTS] 3.1.1.4.5.20, [MS-DTYP] 2.4.2.2): it names its
    /// members nowhere.
    async fn primary_group(&self, dn: &str) -> Result<Option<String>, LookUpError> {
        let any = filter::present(b"objectClass");
        let asked = ["primaryGroupID", "objectSid"];
        let search = self.search(dn, Scope::Base, &any, &asked, 1);
        let found = self.ask(&search, Amount::AtOnce).await?;
        // Half a list would be a wrong one.
        if !matches!(found.code, ResultCode::SUCCESS | ResultCode::NO_SUCH_OBJECT) {
            return Err(LookUpError::SearchRefused(found.code));
        }
        let entry = found.entries.first();
        let id = entry.and_then(|entry| entry.text("primaryGroupID")?.parse::<u32>().ok());
        let sid = entry.and_then(|entry| entry.values("objectSid").next());
        let Some(group) = id.zip(sid).and_then(|(id, sid)| beside(sid, id)) else {
            return Ok(None);
        };
        let groups = self.named(&filter::equality(b"objectSid", &group)).await?;
        Ok(groups.into_iter().next())
    }
}

/// The security id of the same domain with another relative id: its last four octets, least significant first.
pub(super) fn beside(sid: &[u8], relative: u32) -> Option<Vec<u8>> {
    let domain = sid.len().checked_sub(4).filter(|&length| length >= 8)?;
    let mut other = sid.get(..domain)?.to_vec();
    other.extend_from_slice(&relative.to_le_bytes());
    Some(other)
}

/// The filter for groups that name one of these.
fn naming(memberships: &Memberships, names: &[String], logins: &[String], nesting: Nesting) -> Vec<u8> {
    let mut parts = Vec::new();
    for name in names {
        match (memberships.chain, nesting, memberships.by_dn.first()) {
            (Some(rule), Nesting::Nested, Some(attribute)) => {
                parts.push(filter::extensible(
                    attribute.as_bytes(),
                    rule.as_bytes(),
                    name.as_bytes(),
                ));
            }
            _ => parts.extend(
                memberships
                    .by_dn
                    .iter()
                    .map(|attribute| filter::equality(attribute.as_bytes(), name.as_bytes())),
            ),
        }
    }
    for login in logins {
        let by_login = memberships.by_login.iter();
        parts.extend(by_login.map(|attribute| filter::equality(attribute.as_bytes(), login.as_bytes())));
    }
    filter::any(&parts)
}

/// The groups found, in the order in which they were, whatever way their names are spelled.
#[derive(Default)]
struct Known {
    groups: Vec<String>,
    seen: HashSet<String>,
}

impl Known {
    /// Whether it is new.
    fn add(&mut self, group: &str) -> bool {
        let spelled = DistinguishedName::parse(group.as_bytes()).map(|name| name.to_string());
        let new = self.seen.insert(spelled.unwrap_or_else(|_| group.to_ascii_lowercase()));
        if new {
            self.groups.push(group.to_owned());
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_id_is_put_in_the_place_of_the_accounts() {
        let sid = [
            1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 80, 4, 0, 0,
        ];
        let group = beside(&sid, 513).unwrap();
        assert_eq!((&group[..24], &group[24..]), (&sid[..24], &[1, 2, 0, 0][..]));
        assert_eq!(beside(&[1, 1, 0, 0], 513), None);
        assert_eq!(beside(&[], 513), None);
    }

    #[test]
    fn names_stay_assertion_values() {
        let names = ["cn=*)(uid=*,dc=org".to_owned()];
        let wanted = naming(&Memberships::USUAL, &names, &["a*".to_owned()], Nesting::Nested);
        let parts = filter::any(&[
            filter::equality(b"member", names[0].as_bytes()),
            filter::equality(b"uniqueMember", names[0].as_bytes()),
            filter::equality(b"memberUid", b"a*"),
        ]);
        assert_eq!(wanted, parts);
    }

    #[test]
    fn a_group_is_known_in_every_spelling() {
        let mut known = Known::default();
        assert!(known.add("cn=A,dc=org"));
        assert!(!known.add("CN=a, dc=org"));
        assert!(known.add("cn=b,dc=org"));
        assert_eq!(known.groups, ["cn=A,dc=org", "cn=b,dc=org"]);
    }
}
