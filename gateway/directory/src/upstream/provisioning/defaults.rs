//! What each product holds by default.

use crate::upstream::dialect::DialectName;
use postern_identity::provisioning::ResourceKind;

/// Who stands in an empty group where the class demands a member: nobody, by a name no directory has.
pub(super) const PLACEHOLDER: &str = "cn=empty-membership-placeholder";

/// One kind in one product.
pub(super) struct Usual {
    /// Where they are, below the directory's base.
    pub(super) base: &'static str,
    /// Where new ones are put, below the directory's base.
    pub(super) container: &'static str,
    /// Of new entries; the first is what every one has.
    pub(super) object_classes: &'static [&'static str],
    /// What none has.
    pub(super) never_class: Option<&'static str>,
    /// What stands for a missing name.
    pub(super) name_otherwise: Option<&'static str>,
    /// What names them.
    pub(super) rdn: &'static str,
    /// By place, the attribute.
    pub(super) rows: &'static [(&'static str, &'static str)],
    /// Which of the attributes have one value at most.
    pub(super) single: &'static [&'static str],
    /// Whether postal addresses are text without a syntax of their own.
    pub(super) plain_postal_addresses: bool,
}

pub(super) fn usual(kind: ResourceKind, dialect: DialectName) -> Usual {
    match (kind, dialect) {
        (ResourceKind::User, DialectName::OpenLdap | DialectName::Ds389) => PERSON,
        (ResourceKind::User, DialectName::Embedded) => Usual {
            object_classes: &["inetOrgPerson", "posternScimObject"],
            rows: const { &with_external_id(PERSON_ROWS) },
            ..PERSON
        },
        (ResourceKind::User, DialectName::FreeIpa) => Usual {
            base: "cn=users,cn=accounts",
            container: "cn=users,cn=accounts",
            object_classes: &["inetOrgPerson", "inetUser"],
            ..PERSON
        },
        (ResourceKind::User, DialectName::ActiveDirectory) => Usual {
            base: "",
            container: "cn=Users",
            object_classes: &["user"],
            never_class: Some("computer"),
            name_otherwise: Some("sAMAccountName"),
            rdn: "cn",
            rows: OF_ACTIVE_DIRECTORY,
            single: SINGLE_OF_ACTIVE_DIRECTORY,
            plain_postal_addresses: true,
        },
        (ResourceKind::Group, DialectName::OpenLdap | DialectName::Ds389) => GROUP,
        (ResourceKind::Group, DialectName::Embedded) => Usual {
            object_classes: &["groupOfNames", "posternScimObject"],
            rows: &[("displayName", "cn"), ("externalId", "posternScimExternalId")],
            ..GROUP
        },
        (ResourceKind::Group, DialectName::FreeIpa) => Usual {
            base: "cn=groups,cn=accounts",
            container: "cn=groups,cn=accounts",
            object_classes: &["groupOfNames", "nestedGroup", "ipaUserGroup"],
            ..GROUP
        },
        (ResourceKind::Group, DialectName::ActiveDirectory) => Usual {
            container: "cn=Users",
            object_classes: &["group"],
            single: &["cn"],
            ..GROUP
        },
    }
}

/// inetOrgPerson (RFC 2798), as slapd and 389 Directory Server have it.
const PERSON: Usual = Usual {
    base: "",
    container: "",
    object_classes: &["inetOrgPerson"],
    never_class: None,
    name_otherwise: None,
    rdn: "uid",
    rows: PERSON_ROWS,
    single: &[
        "displayName",
        "employeeNumber",
        "preferredLanguage",
        "posternScimExternalId",
    ],
    plain_postal_addresses: false,
};

/// groupOfNames (RFC 4519 §3.5).
const GROUP: Usual = Usual {
    base: "",
    container: "",
    object_classes: &["groupOfNames"],
    never_class: None,
    name_otherwise: None,
    rdn: "cn",
    rows: &[("displayName", "cn")],
    single: &["posternScimExternalId"],
    plain_postal_addresses: false,
};

/// What an inetOrgPerson may have of what a user has.
const PERSON_ROWS: &[(&str, &str); 26] = &[
    ("userName", "uid"),
    ("name.formatted", "cn"),
    ("name.familyName", "sn"),
    ("name.givenName", "givenName"),
    ("displayName", "displayName"),
    ("profileUrl", "labeledURI"),
    ("title", "title"),
    ("userType", "employeeType"),
    ("preferredLanguage", "preferredLanguage"),
    ("emails.work", "mail"),
    ("phoneNumbers.work", "telephoneNumber"),
    ("phoneNumbers.mobile", "mobile"),
    ("phoneNumbers.home", "homePhone"),
    ("phoneNumbers.fax", "facsimileTelephoneNumber"),
    ("phoneNumbers.pager", "pager"),
    ("addresses.work.formatted", "postalAddress"),
    ("addresses.work.streetAddress", "street"),
    ("addresses.work.locality", "l"),
    ("addresses.work.region", "st"),
    ("addresses.work.postalCode", "postalCode"),
    ("addresses.home.formatted", "homePostalAddress"),
    ("enterprise.employeeNumber", "employeeNumber"),
    ("enterprise.department", "departmentNumber"),
    ("enterprise.organization", "o"),
    ("enterprise.division", "ou"),
    ("enterprise.manager", "manager"),
];

/// What a user of Active Directory has. `cn` is none of it: it must be one of its kind where the entry is, which names of people are not.
const OF_ACTIVE_DIRECTORY: &[(&str, &str)] = &[
    ("userName", "userPrincipalName"),
    ("name.familyName", "sn"),
    ("name.givenName", "givenName"),
    ("name.middleName", "middleName"),
    ("name.honorificPrefix", "personalTitle"),
    ("name.honorificSuffix", "generationQualifier"),
    ("displayName", "displayName"),
    ("profileUrl", "wWWHomePage"),
    ("title", "title"),
    ("userType", "employeeType"),
    ("preferredLanguage", "preferredLanguage"),
    ("emails.work", "mail"),
    ("emails.other", "otherMailbox"),
    ("phoneNumbers.work", "telephoneNumber"),
    ("phoneNumbers.mobile", "mobile"),
    ("phoneNumbers.home", "homePhone"),
    ("phoneNumbers.fax", "facsimileTelephoneNumber"),
    ("phoneNumbers.pager", "pager"),
    ("addresses.work.streetAddress", "streetAddress"),
    ("addresses.work.locality", "l"),
    ("addresses.work.region", "st"),
    ("addresses.work.postalCode", "postalCode"),
    ("addresses.work.country", "c"),
    ("addresses.home.formatted", "homePostalAddress"),
    ("enterprise.employeeNumber", "employeeNumber"),
    ("enterprise.department", "department"),
    ("enterprise.organization", "company"),
    ("enterprise.division", "division"),
    ("enterprise.manager", "manager"),
];

/// Until its schema says so: nearly all.
const SINGLE_OF_ACTIVE_DIRECTORY: &[&str] = &[
    "userPrincipalName",
    "cn",
    "sn",
    "givenName",
    "middleName",
    "personalTitle",
    "generationQualifier",
    "displayName",
    "wWWHomePage",
    "title",
    "employeeType",
    "preferredLanguage",
    "mail",
    "telephoneNumber",
    "mobile",
    "homePhone",
    "facsimileTelephoneNumber",
    "pager",
    "streetAddress",
    "l",
    "st",
    "postalCode",
    "c",
    "homePostalAddress",
    "employeeNumber",
    "department",
    "company",
    "division",
    "manager",
];

/// The rows and the embedded directory's place for `externalId`.
const fn with_external_id(rows: &[(&'static str, &'static str); 26]) -> [(&'static str, &'static str); 27] {
    let mut all = [("externalId", "posternScimExternalId"); 27];
    let mut place = 0;
    #[allow(clippy::indexing_slicing, reason = "counted at compile time")]
    while place < rows.len() {
        all[place] = rows[place];
        place += 1;
    }
    all
}
