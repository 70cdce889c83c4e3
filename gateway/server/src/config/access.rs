//! `[[directory.access]]`: who may read and write what in an embedded directory.

use super::embedded::entry_name;
use super::reading::{Reading, Text, Word, text_of};
use postern_directory::local::schema::Schema;
use postern_directory::local::{AccessRule, May, What, Who};
use postern_policy::problem::quoted;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// Entries as such, among attributes.
const ENTRY: &str = "entry";

/// What a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum MayWord {
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
    #[schemars(with = "MayWord")]
    may: Word<MayWord>,
}

impl AccessTable {
    /// `span` is where the table stands.
    pub(super) fn read(self, span: &Range<usize>, schema: &Schema, reading: &mut Reading<'_>) -> Option<AccessRule> {
        let who = self.who.as_ref().map(|word| *word.get_ref());
        let named = matches!(who, Some(WhoWord::Account | WhoWord::Group | WhoWord::Subtree));
        let dn = entry_name("dn", text_of(self.dn.as_ref()), schema, reading).ok()?;
        match (text_of(self.dn.as_ref()), who) {
            (None, _) if named => {
                return reading.none(
                    span,
                    "it is not said which",
                    "dn = \"cn=helpdesk,ou=groups,dc=example,dc=org\"",
                );
            }
            (Some(written), Some(_)) if !named => {
                let remedy = "leave it out, or who = \"account\", \"group\" or \"subtree\"";
                reading.problem(&written.span(), "dn for those who are not told by one", remedy);
            }
            _ => {}
        }
        let within = entry_name("within", text_of(self.within.as_ref()), schema, reading).ok()?;
        let mut attributes = Vec::new();
        for written in self.attributes.iter().flat_map(Spanned::get_ref) {
            if written.get_ref() != ENTRY && schema.attribute(written.get_ref().as_bytes()).is_none() {
                let what = format!("{} is not an attribute of the schema", quoted(written.get_ref()));
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
            WhoWord::Subtree => Who::Within(dn?),
        };
        let what = What { within, attributes };
        let may = match self.may?.into_inner() {
            MayWord::Nothing => May::Nothing,
            MayWord::Read => May::Read,
            MayWord::Write => May::Write,
        };
        Some(AccessRule { who, what, may })
    }
}
