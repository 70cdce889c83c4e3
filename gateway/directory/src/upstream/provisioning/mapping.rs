//! Which LDAP attribute holds what of a user or a group: the one table that reading, searching, writing and `/Schemas` go by.

use postern_identity::DistinguishedName;
use postern_identity::provisioning::{Key, ResourceKind};
use std::sync::Arc;

/// The enterprise extension (RFC 7643 §4.3).
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Both kinds.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// Accounts.
    pub users: TypeMapping,
    /// Groups.
    pub groups: TypeMapping,
}

/// One kind.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeMapping {
    /// Which.
    pub kind: ResourceKind,
    /// Its entries are this one and those below it.
    pub base: String,
    /// The same, made comparable.
    pub below: DistinguishedName,
    /// New entries are put right below this one, which is [`TypeMapping::base`] or below it.
    pub container: String,
    /// The object classes of new entries.
    pub object_classes: Vec<String>,
    /// The object class every entry of the kind has: part of every filter.
    pub class: String,
    /// An object class that none of them has, where the product derives what is meant from `class` too.
    pub never_class: Option<String>,
    /// What a user is called where the attribute of `userName` is not there: for reading alone.
    pub name_otherwise: Option<String>,
    /// The attribute that names entries. Which of the rows it is, if any, is [`TypeMapping::naming_row`].
    pub rdn: String,
    /// What holds what. Several rows of one place are filled in their order.
    pub rows: Vec<Row>,
    /// How a group names its members; `None` for users.
    pub members: Option<Members>,
}

/// One attribute of the directory and what it is here.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it is.
    pub place: Place,
    /// The LDAP attribute description, with options if it has any (`userCertificate;binary`).
    pub attribute: String,
    /// How its values are written.
    pub codec: Codec,
    /// Whether an entry may have several values of it. Where the place is one value, the one in the RDN or else the first is it, and the others
    /// are left alone.
    pub several: bool,
    /// How the directory compares its values.
    pub matching: Matching,
}

/// Where a value is in the tree of [`Attributes`](postern_identity::provisioning::Attributes).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// `title`.
    Simple(Key),
    /// `name.givenName`, `manager.value`.
    Sub(Key, Arc<str>),
    /// `emails[type eq "work"].value`: of a multi-valued complex attribute, what the elements of one type hold.
    Element {
        /// Of which attribute.
        key: Key,
        /// The type; `None` where elements have none (`x509Certificates`, `roles`).
        kind: Option<Arc<str>>,
        /// The sub-attribute. Of `value` each LDAP value is an element; all others of one type are one element.
        sub: Arc<str>,
    },
}

/// How values are written in LDAP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// As they are. Empty text is no value: directoryString forbids it (RFC 4517 §3.3.6).
    Text,
    /// `TRUE`, `FALSE` (RFC 4517 §3.3.3).
    Boolean,
    /// RFC 4517 §3.3.16.
    Integer,
    /// GeneralizedTime (RFC 4517 §3.3.13).
    Moment,
    /// Octets as they are.
    Octets,
    /// A certificate: octets that are DER.
    Certificate,
    /// A picture: octets here, a `data:` URI there.
    Photo,
    /// A DN here, the id of a user there.
    User,
    /// Lines apart by `$` here (RFC 4517 §3.3.28), by line feeds there.
    PostalAddress,
    /// ISO 3166-1 alpha-2.
    Country,
    /// A URI and, after a space, what to call it (RFC 2079): the URI alone there.
    LabeledUri,
}

/// How the directory compares the values of an attribute: by its own schema where that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matching {
    /// For equality.
    pub equality: Equality,
    /// Whether it looks for parts of values.
    pub substrings: bool,
    /// Whether it knows an order.
    pub ordering: bool,
}

/// What is equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Equality {
    /// Without regard to case.
    IgnoreCase,
    /// With it.
    Exact,
    /// By a rule that takes more values for equal than either (telephone numbers, times, names).
    Loose,
    /// By none that helps: only what is there and what is not can be asked.
    None,
}

/// How groups name their members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// The attribute: a DN a value.
    pub attribute: String,
    /// The DN that stands in an empty group, where its class demands a member. Never shown.
    pub placeholder: Option<String>,
}

impl Mapping {
    /// Of this kind.
    pub fn of(&self, kind: ResourceKind) -> &TypeMapping {
        match kind {
            ResourceKind::User => &self.users,
            ResourceKind::Group => &self.groups,
        }
    }
}

impl TypeMapping {
    /// The row whose values name the entry, if there is one: writing it renames the entry.
    pub fn naming_row(&self) -> Option<&Row> {
        self.rows
            .iter()
            .find(|row| row.attribute.eq_ignore_ascii_case(&self.rdn))
    }

    /// The rows of one attribute, whatever sub-attributes and types they are for.
    pub fn rows_of<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.place.key() == key)
    }

    /// The row of a simple attribute of the core schema.
    pub fn simple(&self, name: &str) -> Option<&Row> {
        let named =
            |row: &&Row| matches!(&row.place, Place::Simple(key) if key.extension.is_none() && *key.name == *name);
        self.rows.iter().find(named)
    }

    /// The types that elements of a multi-valued attribute may have, in the order of their rows.
    pub fn kinds_of(&self, key: &Key) -> Vec<Arc<str>> {
        let mut kinds: Vec<Arc<str>> = Vec::new();
        for row in self.rows_of(key) {
            if let Place::Element { kind: Some(kind), .. } = &row.place
                && !kinds.contains(kind)
            {
                kinds.push(Arc::clone(kind));
            }
        }
        kinds
    }
}

impl Row {
    /// One with the usual text.
    pub fn text(place: Place, attribute: &str) -> Self {
        Self {
            place,
            attribute: attribute.to_owned(),
            codec: Codec::Text,
            several: true,
            matching: Matching::TEXT,
        }
    }

    /// The attribute's name without options.
    pub fn base_type(&self) -> &str {
        self.attribute.split(';').next().unwrap_or(&self.attribute)
    }
}

impl Place {
    /// The attribute it is in.
    pub fn key(&self) -> &Key {
        match self {
            Self::Simple(key) | Self::Sub(key, _) | Self::Element { key, .. } => key,
        }
    }
}

impl Matching {
    /// As most text is compared: caseIgnoreMatch and caseIgnoreSubstringsMatch (RFC 4517 §4.2.11, §4.2.13).
    pub const TEXT: Self = Self {
        equality: Equality::IgnoreCase,
        substrings: true,
        ordering: false,
    };
    /// By equality that is looser than ours.
    pub const LOOSE: Self = Self {
        equality: Equality::Loose,
        substrings: false,
        ordering: false,
    };
    /// Whether it is there.
    pub const NONE: Self = Self {
        equality: Equality::None,
        substrings: false,
        ordering: false,
    };
}
