//! Whose passwords are whose once everything is in. While a file is read nobody knows of a group that comes behind its members, or waits to be
//! written with them. So what is somebody else's by then is taken out again.

use crate::output::Output;
use crate::shell::asking::{AskError, Asking};
use crate::shell::owner::Owners;
use postern_directory::local::schema::Schema;
use postern_identity::authority::Group;
use postern_ldap::change::NewChange;
use postern_ldap::search::Scope;
use postern_ldap::{ResultCode, filter};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// How deep groups are looked for in groups.
const DEEPEST_NESTING: usize = 10;
/// So many are named; of the rest it is said how many they are.
const MOST_NAMED: usize = 20;
/// Modify's replace (RFC 4511 §4.6).
const REPLACE: u32 = 2;

/// The entries that got a password, where a group may make it somebody else's: a number for each, of eight octets.
pub(super) struct Passwords {
    groups: Vec<Group>,
    spread: RandomState,
    taken: HashSet<u64>,
}

/// What was taken back.
#[derive(Default)]
pub(super) struct TakenBack {
    named: Vec<String>,
    count: usize,
}

impl Passwords {
    /// None yet.
    pub(super) fn new(owners: &Owners) -> Self {
        Self {
            groups: owners.groups(),
            spread: RandomState::new(),
            taken: HashSet::new(),
        }
    }

    /// An entry got one.
    pub(super) fn took(&mut self, dn: &str, schema: &Schema) {
        if !self.groups.is_empty()
            && let Some(number) = self.number(dn.as_bytes(), schema)
        {
            self.taken.insert(number);
        }
    }

    /// Asks once more of every member of such a group that got a password, and takes out what is not the directory's own.
    pub(super) async fn judge(
        self,
        owners: &Owners,
        schema: &Schema,
        asking: &mut Asking,
    ) -> Result<TakenBack, AskError> {
        let mut back = TakenBack::default();
        if self.taken.is_empty() {
            return Ok(back);
        }
        for group in &self.groups {
            let mut level = vec![group.name.to_string()];
            let mut seen: HashSet<u64> = HashSet::new();
            for _ in 0..if group.nested { DEEPEST_NESTING } else { 1 } {
                let mut below = Vec::new();
                for name in &level {
                    for member in members(name, asking).await? {
                        let Some(number) = self.number(member.as_bytes(), schema) else {
                            continue;
                        };
                        if !seen.insert(number) {
                            continue;
                        }
                        if self.taken.contains(&number) {
                            take_back(&member, owners, asking, &mut back).await?;
                        } else if group.nested {
                            below.push(member);
                        }
                    }
                }
                level = below;
            }
        }
        Ok(back)
    }

    fn number(&self, dn: &[u8], schema: &Schema) -> Option<u64> {
        schema.path(dn).ok().map(|path| self.spread.hash_one(path.octets()))
    }
}

impl TakenBack {
    /// Whether there was nothing.
    pub(super) fn is_nothing(&self) -> bool {
        self.count == 0
    }

    /// Names them.
    pub(super) fn tell(&self, out: &mut Output<'_>) {
        for named in &self.named {
            out.problem(named);
        }
        if self.count > self.named.len() {
            out.problem(format_args!("and {} more like these", self.count - self.named.len()));
        }
    }
}

/// Whom a group names; nobody, if it is not there.
async fn members(group: &str, asking: &mut Asking) -> Result<Vec<String>, AskError> {
    let mut names = Vec::new();
    let attributes = ["member", "uniqueMember"];
    let told = asking
        .search(
            group,
            Scope::Base,
            &filter::present(b"objectClass"),
            &attributes,
            |found| {
                for value in attributes.iter().flat_map(|attribute| found.values(attribute)) {
                    names.extend(std::str::from_utf8(value).map(str::to_owned));
                }
            },
        )
        .await;
    match told {
        Ok(())
        | Err(AskError::Refused {
            code: ResultCode::NO_SUCH_OBJECT,
            ..
        }) => Ok(names),
        Err(error) => Err(error),
    }
}

async fn take_back(dn: &str, owners: &Owners, asking: &mut Asking, back: &mut TakenBack) -> Result<(), AskError> {
    let mut found = Vec::new();
    let told = asking
        .search(
            dn,
            Scope::Base,
            &filter::present(b"objectClass"),
            &["*", "+"],
            |entry| found.push(entry),
        )
        .await;
    match told {
        Ok(()) => {}
        // It was written down as one that would come, and did not.
        Err(AskError::Refused {
            code: ResultCode::NO_SUCH_OBJECT,
            ..
        }) => return Ok(()),
        Err(error) => return Err(error),
    }
    for entry in found {
        if entry.values("userPassword").is_empty() {
            continue;
        }
        let decision = owners.decide(&entry, asking).await?;
        if decision.authority.permits_local_write() {
            continue;
        }
        let none = NewChange {
            operation: REPLACE,
            attribute: b"userPassword",
            values: &[],
        };
        asking.modify(&entry.dn, &[none]).await?;
        back.count += 1;
        if back.named.len() < MOST_NAMED {
            back.named.push(format!(
                "{} brought a password, and its password is not this directory's but of {} (rule {}), by a group that came with it: its \
                 userPassword was taken out",
                entry.dn, decision.authority, decision.rule
            ));
        }
    }
    Ok(())
}
