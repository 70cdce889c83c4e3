//! `[[directory.access]]`: who may read and write what in an embedded directory.

use super::directory::distinguished_name;
use super::reading::{Reading, Text, Word, text_of};
use postern_identity::AttributeName;
use postern_policy::problem::quoted;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// One rule, as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRule {
    /// For whom.
    pub who: Who,
    /// Entries at and below this name; without it all.
    pub within: Option<String>,
    /// These attributes; without any all, and entries as such.
    pub attributes: Vec<String>,
    /// What is allowed.
    pub may: May,
}

/// For whom a rule is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Everybody.
    Anybody,
    /// Whoever has not signed in.
    Anonymous,
    /// Whoever has.
    SignedIn,
    /// Whoever's entry it is.
    Themselves,
    /// The directory's administrators.
    Administrators,
    /// The account of this name.
    Account(String),
    /// The members of the group of this name.
    Group(String),
    /// The accounts at and below this name.
    Subtree(String),
}

/// What a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum May {
    /// Nothing: as if it were not there.
    Nothing,
    /// Reading, comparing and finding.
    Read,
    /// Reading and writing.
    Write,
}

/// For whom a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WhoWord {
    /// Everybody, signed in or not.
    Anybody,
    /// Whoever has not signed in.
    Anonymous,
    /// Whoever has.
    SignedIn,
    /// Whoever's entry it is.
    #[serde(rename = "self")]
    Themselves,
    /// The directory's administrators.
    Administrators,
    /// The account of the name dn.
    Account,
    /// The members of the group of the name dn.
    Group,
    /// The accounts at and below the name dn.
    Subtree,
}

/// One rule. The first that fits somebody and something decides; where none does, nothing is allowed.
#[derive(Deserialize, JsonSchema)]
pub(super) struct AccessTable {
    /// For whom.
    #[schemars(with = "WhoWord")]
    who: Word<WhoWord>,
    /// Which account, group or subtree.
    #[schemars(with = "Option<String>")]
    dn: Text,
    /// On entries at and below this name. Default: on all.
    #[schemars(with = "Option<String>")]
    within: Text,
    /// On these attributes; "entry" stands for entries as such. Default: on all, and on entries as such.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    attributes: Option<Spanned<Vec<Spanned<String>>>>,
    /// What is allowed. Hashes of passwords are read by nobody, whatever is said here.
    #[schemars(with = "May")]
    may: Word<May>,
}

impl AccessTable {
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, reading: &mut Reading<'_>) -> Option<AccessRule> {
        let who = self.who.as_ref().map(|word| *word.get_ref());
        let named = matches!(who, Some(WhoWord::Account | WhoWord::Group | WhoWord::Subtree));
        let dn = distinguished_name("dn", self.dn.as_ref(), reading);
        match (text_of(self.dn.as_ref()), who) {
            (None, _) if named => {
                return reading.none(span, "it is not said which", "dn = \"cn=helpdesk,ou=groups,dc=example,dc=org\"");
            }
            (Some(written), Some(_)) if !named => {
                let remedy = "leave it out, or who = \"account\", \"group\" or \"subtree\"";
                reading.problem(&written.span(), "dn for those who are not told by one", remedy);
            }
            _ => {}
        }
        let within = match text_of(self.within.as_ref()) {
            None => None,
            Some(written) => Some(distinguished_name("within", Some(written), reading)?),
        };
        let mut attributes = Vec::new();
        for written in self.attributes.iter().flat_map(Spanned::get_ref) {
            if AttributeName::parse(written.get_ref().as_bytes()).is_err() {
                let what = format!("{} is not the name of an attribute", quoted(written.get_ref()));
                return reading.none(&written.span(), what, "such as mail, or \"entry\"");
            }
            attributes.push(written.get_ref().clone());
        }
        let who = match who? {
            WhoWord::Anybody => Who::Anybody,
            WhoWord::Anonymous => Who::Anonymous,
            WhoWord::SignedIn => Who::SignedIn,
            WhoWord::Themselves => Who::Themselves,
            WhoWord::Administrators => Who::Administrators,
            WhoWord::Account => Who::Account(dn?),
            WhoWord::Group => Who::Group(dn?),
            WhoWord::Subtree => Who::Subtree(dn?),
        };
        Some(AccessRule {
            who,
            within,
            attributes,
            may: self.may?.into_inner(),
        })
    }
}
