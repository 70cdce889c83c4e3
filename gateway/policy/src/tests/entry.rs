//! The entry of a policy test, and whose its password is.

use super::case::Expect;
use super::{Differences, Unfit};
use crate::file::authority::Texts;
use crate::file::words;
use postern_identity::authority::{Credential, Decision, Fact, Facts, Truth, without_rules};
use postern_identity::decide::RouteRules;
use postern_identity::{AttributeName, Authority, DirectoryName, DistinguishedName};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// An entry whose password is to be written. It holds what is listed, and surely nothing else.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryTable {
    /// Its name.
    #[schemars(length(min = 1))]
    pub(crate) name: String,
    /// Its attributes: a value or several each.
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, Texts>,
    /// Attributes that the service account may not see. Default: none.
    pub(crate) hidden: Option<Vec<String>>,
    /// The groups it is a member of, by their names. Default: none.
    pub(crate) groups: Option<Vec<String>>,
    /// Its own credential: "here", "elsewhere", "absent" or "unknown". Default: "here".
    pub(crate) credential: Option<KnownWord>,
    /// The directory that holds it. Default: "directory".
    pub(crate) source: Option<String>,
}

words! {
    /// What is known of an entry's own credential.
    KnownWord for Credential { Here, Elsewhere, Absent, Unknown }
}
words! {
    /// Whose a password is.
    OwnedWord for Owned { Local, Provider, Both, Unknown }
}

/// Whose a password is, without whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owned {
    Local,
    Provider,
    Both,
    Unknown,
}

impl Owned {
    fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Provider => "provider",
            Self::Both => "both",
            Self::Unknown => "unknown",
        }
    }
}

/// Whose the entry's password is on a route.
pub(super) fn decide(entry: &EntryTable, rules: &RouteRules) -> Result<Decision, Unfit> {
    let facts = entry.facts(rules)?;
    Ok(match &rules.authority {
        Some(authority) => authority.decide(&facts),
        None => without_rules(&facts.source, facts.credential),
    })
}

pub(super) fn of_decision(expect: &Expect, decision: &Decision, differences: &mut Differences) {
    let (owner, provider) = match &decision.authority {
        Authority::Local(_) => (Owned::Local, ""),
        Authority::Provider(provider) => (Owned::Provider, &**provider),
        Authority::Both { provider, .. } => (Owned::Both, &**provider),
        Authority::Unknown => (Owned::Unknown, ""),
    };
    differences.word("owner", owner, expect.owner, Owned::as_str);
    if let Some(wanted) = expect.provider.as_deref().filter(|wanted| *wanted != provider) {
        differences.add("provider", provider, wanted);
    }
}

impl EntryTable {
    fn facts(&self, rules: &RouteRules) -> Result<Facts, Unfit> {
        let dn = |text: &str| {
            DistinguishedName::parse(text.as_bytes())
                .ok()
                .filter(|name| !name.is_root())
                .ok_or((
                    "the entry or a group of it has no distinguished name",
                    "a name like \"uid=alice,ou=people,dc=example,dc=org\"",
                ))
        };
        let attribute = |text: &str| {
            AttributeName::parse(text.as_bytes()).map_err(|_| {
                (
                    "an attribute of the entry is not an attribute",
                    "a name like \"employeeType\" or an OID",
                )
            })
        };
        let source = self.source.as_deref().unwrap_or("directory");
        let mut facts = Facts::new(DirectoryName(source.into()), Some(dn(&self.name)?));
        facts.credential = self.credential.map_or(Credential::Here, Into::into);
        if let Some(authority) = &rules.authority {
            for read in &authority.reads().attributes {
                facts.set(read.clone(), Fact::Absent);
            }
        }
        for (name, values) in &self.attributes {
            let values = values.texts().iter().map(|value| value.as_bytes().into());
            facts.set(attribute(name)?, Fact::Values(values.collect()));
        }
        for name in self.hidden.iter().flatten() {
            facts.forget(&attribute(name)?);
        }
        let groups = self.groups.iter().flatten().map(|group| dn(group));
        let groups = groups.collect::<Result<Vec<_>, _>>()?;
        if let Some(authority) = &rules.authority {
            for read in &authority.reads().groups {
                facts.set_group(read.clone(), Truth::from(groups.contains(&read.name)));
            }
        }
        Ok(facts)
    }
}
