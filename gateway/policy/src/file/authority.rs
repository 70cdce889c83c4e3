//! `[[authority]]`: whose a password is.

use super::{RouteNames, words};
use postern_identity::authority::CredentialWord as IdentityWord;
use schemars::JsonSchema;
use serde::Deserialize;

/// One rule of whose a password is. The rules of a route are asked in the order of their files and then of their lines; the first that
/// holds decides. A rule that cannot be told, because something it asks for could not be read, ends the search: then nobody may write.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorityTable {
    /// The rule's name, for the record and `postern explain`: letters, digits, "-" and "_".
    #[schemars(length(min = 1))]
    pub(crate) name: String,
    /// The route's name, a list of names, or "*" for all.
    pub(crate) route: RouteNames,
    /// Whose the password is: "local" (the directory's own), "provider", "both" or "unknown". Only "local" may be written here. Left out where break_glass is true.
    pub(crate) owner: Option<OwnerWord>,
    /// The provider's name, as people know it. For "provider" and "both".
    #[schemars(length(min = 1))]
    pub(crate) provider: Option<String>,
    /// Where the provider has its password changed: an https address that is told to whoever tries here. Default: none is told.
    #[schemars(length(min = 1))]
    pub(crate) page: Option<String>,
    /// Who is told whose a password is, and the page, when they would write it: accounts at and below these names. Default: the account itself alone; to everybody else it is answered as if they had no right to write it.
    #[schemars(length(min = 1))]
    pub(crate) told_to: Option<Vec<String>>,
    /// Whom the rule is about. Default: everybody. The last rule of a route has to be about everybody.
    pub(crate) when: Option<WhenTable>,
    /// True: these accounts and the members of these groups are the directory's own before any rule is asked. For those by which one gets in when everything else is broken. Default: false.
    pub(crate) break_glass: Option<bool>,
    /// With break_glass: the accounts' names.
    #[schemars(length(min = 1))]
    pub(crate) accounts: Option<Vec<String>>,
    /// With break_glass: the groups' names.
    #[schemars(length(min = 1))]
    pub(crate) groups: Option<Vec<String>>,
}

/// Whom a rule is about. Every key that is set has to hold; of a list, one of its items.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhenTable {
    /// The entry is at or below one of these names.
    pub(crate) subtree: Option<Texts>,
    /// An LDAP filter (RFC 4515) that the entry fits, such as "(ipaUserAuthType=idp)". Compared without regard to case; there is no ">=", "<=" or "~=".
    #[schemars(length(min = 1))]
    pub(crate) filter: Option<String>,
    /// An attribute the entry has, with this value if one is given.
    pub(crate) attribute: Option<AttributeTable>,
    /// The entry is a member of one of these groups.
    pub(crate) group: Option<Texts>,
    /// True: members of groups in those groups count too. Default: false.
    pub(crate) nested: Option<bool>,
    /// A mail address of the entry is in one of these domains. What lies below a domain is another one.
    pub(crate) mail_domain: Option<Texts>,
    /// The entry's userPrincipalName is in one of these domains.
    pub(crate) upn_domain: Option<Texts>,
    /// Whether the entry has a credential: "yes", "no", or "elsewhere" (one that says that somebody else checks the password, such as "{SASL}…"). What the service account may not see is neither.
    pub(crate) credential: Option<CredentialWord>,
    /// The directory that holds the entry, by its name in the configuration.
    pub(crate) source: Option<Texts>,
    /// All of these hold.
    #[schemars(length(min = 1))]
    pub(crate) all: Option<Vec<WhenTable>>,
    /// One of these holds.
    #[schemars(length(min = 1))]
    pub(crate) any: Option<Vec<WhenTable>>,
    /// This does not hold.
    pub(crate) not: Option<Box<WhenTable>>,
}

/// An attribute of an entry.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttributeTable {
    /// Its name.
    #[schemars(length(min = 1))]
    pub(crate) name: String,
    /// A value it has. Default: any.
    pub(crate) value: Option<String>,
}

/// One text or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Texts {
    /// One.
    One(#[schemars(length(min = 1))] String),
    /// Several.
    Several(#[schemars(length(min = 1))] Vec<String>),
}

impl Texts {
    pub(crate) fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }
}

/// Whose a password is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OwnerWord {
    Local,
    Provider,
    Both,
    Unknown,
}

words! {
    /// What an entry's own credential is.
    CredentialWord for IdentityWord { Yes, No, Elsewhere }
}
