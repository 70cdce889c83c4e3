//! Whose an account's password is, asked by a command that changes accounts: on every route to the directory, the strictest answer counts.

use super::asking::{AskError, Asking, Found};
use postern_directory::local::schema::Schema;
use postern_identity::authority::{AuthorityRules, Credential, Decision, Fact, Facts, Group, Truth, without_rules};
use postern_identity::{DirectoryName, DistinguishedName};
use postern_ldap::ResultCode;
use postern_ldap::filter;
use postern_ldap::search::Scope;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How deep groups are looked for in groups.
const DEEPEST_NESTING: usize = 10;
/// Stored passwords that say that somebody else checks them.
const ELSEWHERE: [&[u8]; 3] = [b"{SASL}", b"{KERBEROS}", b"{UNIX}"];

/// The rules of every route to a directory; `None` for a route without any.
pub struct Owners {
    directory: DirectoryName,
    base: String,
    schema: Schema,
    rules: Vec<Option<Arc<AuthorityRules>>>,
}

impl Owners {
    /// Of these routes to a directory whose entries lie under `base`. Without a route, the directory's own.
    pub fn new(
        directory: DirectoryName,
        base: String,
        schema: Schema,
        mut rules: Vec<Option<Arc<AuthorityRules>>>,
    ) -> Self {
        if rules.is_empty() {
            rules.push(None);
        }
        Self {
            directory,
            base,
            schema,
            rules,
        }
    }

    /// The groups that decide whose a password is.
    pub fn groups(&self) -> Vec<Group> {
        let groups = self.rules.iter().flatten().flat_map(|rules| &rules.reads().groups);
        groups.cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The attributes an entry must be read with.
    pub fn reads(&self) -> BTreeSet<String> {
        let reads = self.rules.iter().flatten().flat_map(|rules| &rules.reads().attributes);
        reads.map(ToString::to_string).collect()
    }

    /// Whose the password of this entry is, as it is or as it would be. `entry` holds at least what [`Owners::reads`] names, and
    /// `userPassword`, by the names the directory has for them; rules may have others.
    pub async fn decide(&self, entry: &Found, asking: &mut Asking) -> Result<Decision, AskError> {
        let mut facts = Facts::new(
            self.directory.clone(),
            DistinguishedName::parse(entry.dn.as_bytes()).ok(),
        );
        facts.credential = credential(entry.values("userPassword"));
        let groups: BTreeSet<&Group> = self
            .rules
            .iter()
            .flatten()
            .flat_map(|rules| &rules.reads().groups)
            .collect();
        if !groups.is_empty() {
            let all = memberships(&self.base, &entry.dn, groups.iter().any(|group| group.nested), asking).await?;
            for group in groups {
                let depth = if group.nested { DEEPEST_NESTING } else { 1 };
                let member = all.iter().take(depth).flatten().any(|name| *name == group.name);
                facts.set_group(group.clone(), Truth::from(member));
            }
        }
        let mut strictest: Option<Decision> = None;
        for rules in &self.rules {
            let Some(rules) = rules else {
                keep_stricter(&mut strictest, without_rules(&self.directory, facts.credential));
                continue;
            };
            for attribute in &rules.reads().attributes {
                let fact = self.fact(entry, attribute.as_str());
                facts.set(attribute.clone(), fact);
            }
            keep_stricter(&mut strictest, rules.decide(&facts));
        }
        strictest.ok_or(AskError::Silent)
    }

    /// As a gateway reads it: values beside it, with an option or of a type below it, may mean anything.
    fn fact(&self, entry: &Found, attribute: &str) -> Fact {
        let known = self.schema.attribute(attribute.as_bytes());
        let values = entry.values(known.map_or(attribute, |known| &known.name));
        if !values.is_empty() {
            return Fact::Values(values.iter().map(|value| value.as_slice().into()).collect());
        }
        let beside = |(name, values): &(String, Vec<Vec<u8>>)| {
            let other = self.schema.attribute(name.as_bytes());
            let covers = known
                .zip(other)
                .is_some_and(|(known, other)| self.schema.covers(known, other));
            !values.is_empty() && covers
        };
        if entry.attributes.iter().any(beside) {
            Fact::Unknown
        } else {
            Fact::Absent
        }
    }
}

/// Of two answers the one by which less may be written here.
fn keep_stricter(kept: &mut Option<Decision>, other: Decision) {
    if kept.as_ref().is_none_or(|kept| kept.authority.permits_local_write()) {
        *kept = Some(other);
    }
}

fn credential(values: &[Vec<u8>]) -> Credential {
    let elsewhere = |value: &Vec<u8>| {
        let starts = |prefix: &&[u8]| {
            value
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        ELSEWHERE.iter().any(starts)
    };
    match values {
        [] => Credential::Absent,
        values if values.iter().any(elsewhere) => Credential::Elsewhere,
        _ => Credential::Here,
    }
}

/// The groups that name this entry, those that name these, and so on.
async fn memberships(
    base: &str,
    dn: &str,
    nested: bool,
    asking: &mut Asking,
) -> Result<Vec<Vec<DistinguishedName>>, AskError> {
    let mut levels: Vec<Vec<DistinguishedName>> = Vec::new();
    let mut looked_for = vec![dn.to_owned()];
    let mut seen = BTreeSet::new();
    while !looked_for.is_empty() && levels.len() < if nested { DEEPEST_NESTING } else { 1 } {
        let mut found = Vec::new();
        for name in &looked_for {
            let any = filter::any(&[
                filter::equality(b"member", name.as_bytes()),
                filter::equality(b"uniqueMember", name.as_bytes()),
            ]);
            let told = asking
                .search(base, Scope::Subtree, &any, &["1.1"], |group| found.push(group.dn))
                .await;
            match told {
                // A directory that is being filled has no base yet, and so no groups.
                Ok(())
                | Err(AskError::Refused {
                    code: ResultCode::NO_SUCH_OBJECT,
                    ..
                }) => {}
                Err(error) => return Err(error),
            }
        }
        found.retain(|name| seen.insert(name.to_lowercase()));
        levels.push(
            found
                .iter()
                .filter_map(|name| DistinguishedName::parse(name.as_bytes()).ok())
                .collect(),
        );
        looked_for = found;
    }
    Ok(levels)
}
