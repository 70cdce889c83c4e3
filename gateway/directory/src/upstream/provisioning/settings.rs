//! What is configured of provisioning one directory, and the mapping that comes of it.

use super::defaults::{self, Usual};
use super::mapping::{Codec, Mapping, Matching, Members, Place, Row, TypeMapping};
use super::places;
use crate::upstream::dialect::DialectName;
use postern_identity::DistinguishedName;
use postern_identity::provisioning::ResourceKind;
use std::collections::BTreeMap;
use std::time::Duration;
use thiserror::Error;

/// How one directory is provisioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisioningSettings {
    /// Accounts.
    pub users: TypeSettings,
    /// Groups.
    pub groups: TypeSettings,
    /// How many connections of our own are used at once.
    pub lanes: usize,
    /// Entries of a page of a long search: at most what the directory shows the service account at once.
    pub page_size: u32,
    /// The most entries one search may look at.
    pub lookthrough: usize,
    /// The most members of a group that are read.
    pub most_members: usize,
    /// How long one request may take at the directory, a long search for each of its pages.
    pub patience: Duration,
}

/// How one kind is. What is not said is as the product has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeSettings {
    /// Where they are, and where new ones are put.
    pub base: Option<String>,
    /// The object classes of new entries. The first is the one that every entry of the kind has.
    pub object_classes: Vec<String>,
    /// The attribute that names entries.
    pub rdn: Option<String>,
    /// By place (`name.givenName`, `emails.work`), the LDAP attribute; an empty one unmaps it.
    pub attributes: BTreeMap<String, String>,
    /// The DN that stands in an empty group.
    pub placeholder_member: Option<String>,
}

/// What is wrong with them. Whoever wrote them is to blame.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MappingError {
    /// No resource has such an attribute.
    #[error(
        "{kind} have no attribute \"{place}\": write for example \"name.givenName\", \"emails.work\" or \"addresses.work.locality\""
    )]
    NoSuchPlace {
        /// `users` or `groups`.
        kind: &'static str,
        /// As written.
        place: String,
    },
    /// Not an attribute description (RFC 4512 §2.5).
    #[error("\"{attribute}\" is not an LDAP attribute")]
    NotAnAttribute {
        /// As written.
        attribute: String,
    },
    /// Two things would be written to one attribute.
    #[error("the LDAP attribute \"{attribute}\" is mapped twice: unmap one of the two with \"\"")]
    MappedTwice {
        /// Which.
        attribute: String,
    },
    /// It must be mapped.
    #[error("\"{place}\" must be mapped")]
    Needed {
        /// Which.
        place: &'static str,
    },
    /// Not a DN.
    #[error("\"{dn}\" is not a distinguished name")]
    NotAName {
        /// As written.
        dn: String,
    },
}

impl Default for ProvisioningSettings {
    /// 8 connections, pages of 500, a million entries looked at, 200,000 members, 15 s.
    fn default() -> Self {
        Self {
            users: TypeSettings::default(),
            groups: TypeSettings::default(),
            lanes: 8,
            page_size: 500,
            lookthrough: 2_000_000,
            most_members: 200_000,
            patience: Duration::from_secs(15),
        }
    }
}

impl ProvisioningSettings {
    /// The mapping for this product, whose people and groups lie below `base` where nothing else is said.
    pub fn mapping(&self, dialect: DialectName, base: &str) -> Result<Mapping, MappingError> {
        Ok(Mapping {
            users: of_kind(ResourceKind::User, dialect, base, &self.users)?,
            groups: of_kind(ResourceKind::Group, dialect, base, &self.groups)?,
        })
    }
}

fn of_kind(
    kind: ResourceKind,
    dialect: DialectName,
    base: &str,
    settings: &TypeSettings,
) -> Result<TypeMapping, MappingError> {
    let usual = defaults::usual(kind, dialect);
    // Whom our own directory puts in the place of a last member that is removed.
    let nobody = (dialect == DialectName::Embedded && !base.is_empty()).then(|| base.to_owned());
    let object_classes = if settings.object_classes.is_empty() {
        usual.object_classes.iter().map(|&class| class.to_owned()).collect()
    } else {
        settings.object_classes.clone()
    };
    for name in object_classes.iter().chain(&settings.rdn) {
        check_attribute(name)?;
    }
    let within = |place: &str| match place {
        "" => base.to_owned(),
        place => format!("{place},{base}"),
    };
    let (base, container) = match &settings.base {
        Some(own) => (own.clone(), own.clone()),
        None => (within(usual.base), within(usual.container)),
    };
    let class = object_classes.first().cloned().unwrap_or_default();
    Ok(TypeMapping {
        kind,
        below: name(&base)?,
        base,
        container,
        members: (kind == ResourceKind::Group)
            .then(|| members(&class, settings.placeholder_member.as_deref().or(nobody.as_deref())))
            .transpose()?,
        object_classes,
        never_class: usual.never_class.map(str::to_owned),
        name_otherwise: usual.name_otherwise.map(str::to_owned),
        rdn: settings.rdn.clone().unwrap_or_else(|| usual.rdn.to_owned()),
        rows: rows(kind, &usual, settings)?,
        class,
    })
}

fn rows(kind: ResourceKind, usual: &Usual, settings: &TypeSettings) -> Result<Vec<Row>, MappingError> {
    let plural = match kind {
        ResourceKind::User => "users",
        ResourceKind::Group => "groups",
    };
    let find = |spelled: &str| {
        places::place(kind, spelled).ok_or_else(|| MappingError::NoSuchPlace {
            kind: plural,
            place: spelled.to_owned(),
        })
    };
    let mut rows = Vec::with_capacity(usual.rows.len() + settings.attributes.len());
    for (spelled, attribute) in usual.rows {
        rows.push(row(find(spelled)?, attribute, usual));
    }
    for (spelled, attribute) in &settings.attributes {
        let place = find(spelled)?;
        let at = rows.iter().position(|row: &Row| row.place == place);
        rows.retain(|row| row.place != place);
        if !attribute.is_empty() {
            check_attribute(attribute)?;
            rows.insert(at.unwrap_or(rows.len()).min(rows.len()), row(place, attribute, usual));
        }
    }
    for (place, row) in rows.iter().enumerate() {
        let again = rows
            .iter()
            .skip(place + 1)
            .any(|other| other.attribute.eq_ignore_ascii_case(&row.attribute));
        if again {
            return Err(MappingError::MappedTwice {
                attribute: row.attribute.clone(),
            });
        }
    }
    let needed = match kind {
        ResourceKind::User => "userName",
        ResourceKind::Group => "displayName",
    };
    let is_needed =
        |row: &&Row| matches!(&row.place, Place::Simple(key) if key.extension.is_none() && &*key.name == needed);
    match rows.iter().find(is_needed) {
        Some(_) => Ok(rows),
        None => Err(MappingError::Needed { place: needed }),
    }
}

fn row(place: Place, attribute: &str, usual: &Usual) -> Row {
    let codec = match places::codec(&place, attribute) {
        // There it is text like any other.
        Codec::PostalAddress if usual.plain_postal_addresses => Codec::Text,
        codec => codec,
    };
    let loose = [
        "telephoneNumber",
        "mobile",
        "homePhone",
        "pager",
        "facsimileTelephoneNumber",
        "labeledURI",
    ];
    let matching = match codec {
        Codec::Text if loose.iter().any(|name| name.eq_ignore_ascii_case(attribute)) => Matching::LOOSE,
        Codec::Text | Codec::Country => Matching::TEXT,
        Codec::User | Codec::Moment | Codec::Boolean | Codec::Integer => Matching::LOOSE,
        Codec::Octets | Codec::Certificate | Codec::Photo | Codec::PostalAddress | Codec::LabeledUri => Matching::NONE,
    };
    let several = !usual.single.iter().any(|name| name.eq_ignore_ascii_case(attribute));
    Row {
        place,
        attribute: attribute.to_owned(),
        codec,
        several,
        matching,
    }
}

fn members(class: &str, placeholder: Option<&str>) -> Result<Members, MappingError> {
    let attribute = if class.eq_ignore_ascii_case("groupOfUniqueNames") {
        "uniqueMember"
    } else {
        "member"
    };
    // What the standard's own classes demand (RFC 4519 §3.5, §3.6), until the directory's schema says otherwise.
    let demands = class.eq_ignore_ascii_case("groupOfUniqueNames") || class.eq_ignore_ascii_case("groupOfNames");
    let placeholder = placeholder.or(demands.then_some(defaults::PLACEHOLDER));
    if let Some(dn) = placeholder {
        name(dn)?;
    }
    Ok(Members {
        attribute: attribute.to_owned(),
        placeholder: placeholder.map(str::to_owned),
    })
}

fn name(dn: &str) -> Result<DistinguishedName, MappingError> {
    DistinguishedName::parse(dn.as_bytes()).map_err(|_| MappingError::NotAName { dn: dn.to_owned() })
}

/// A descr or an OID, and options.
fn check_attribute(attribute: &str) -> Result<(), MappingError> {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.'))
    };
    if attribute.len() <= 128 && attribute.split(';').all(plain) {
        return Ok(());
    }
    Err(MappingError::NotAnAttribute {
        attribute: attribute.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern_identity::provisioning::Key;

    const BASE: &str = "dc=example,dc=org";

    fn with(attributes: &[(&str, &str)]) -> ProvisioningSettings {
        let mut settings = ProvisioningSettings::default();
        settings.users.attributes = attributes
            .iter()
            .map(|(place, attribute)| ((*place).to_owned(), (*attribute).to_owned()))
            .collect();
        settings
    }

    #[test]
    fn every_product_has_a_mapping() {
        for dialect in DialectName::ALL {
            let mapping = ProvisioningSettings::default().mapping(dialect, BASE).unwrap();
            assert!(mapping.users.simple("userName").is_some(), "{dialect:?}");
            assert!(mapping.groups.simple("displayName").is_some(), "{dialect:?}");
            assert!(mapping.groups.naming_row().is_some(), "{dialect:?}");
            assert!(mapping.groups.members.is_some() && mapping.users.members.is_none());
        }
    }

    #[test]
    fn an_attribute_is_mapped_elsewhere_or_not_at_all() {
        let mapping = with(&[("name.formatted", ""), ("displayName", "cn"), ("nickName", "initials")]);
        let users = mapping.mapping(DialectName::OpenLdap, BASE).unwrap().users;
        assert_eq!(users.rows_of(&Key::core("name")).count(), 2);
        assert_eq!(users.simple("displayName").unwrap().attribute, "cn");
        assert_eq!(users.simple("nickName").unwrap().attribute, "initials");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let refused = |attributes: &[(&str, &str)]| with(attributes).mapping(DialectName::OpenLdap, BASE).unwrap_err();
        assert!(matches!(
            refused(&[("password", "userPassword")]),
            MappingError::NoSuchPlace { .. }
        ));
        assert!(matches!(
            refused(&[("nickName", "a b")]),
            MappingError::NotAnAttribute { .. }
        ));
        assert!(matches!(
            refused(&[("nickName", "CN")]),
            MappingError::MappedTwice { .. }
        ));
        assert!(matches!(refused(&[("userName", "")]), MappingError::Needed { .. }));
        let mut settings = ProvisioningSettings::default();
        settings.groups.base = Some("nowhere".to_owned());
        assert!(matches!(
            settings.mapping(DialectName::OpenLdap, BASE),
            Err(MappingError::NotAName { .. })
        ));
    }

    #[test]
    fn groups_name_members_by_the_attribute_of_their_class() {
        let mut settings = ProvisioningSettings::default();
        settings.groups.object_classes = vec!["groupOfUniqueNames".to_owned()];
        let members = settings
            .mapping(DialectName::Ds389, BASE)
            .unwrap()
            .groups
            .members
            .unwrap();
        assert_eq!(
            (members.attribute.as_str(), members.placeholder.is_some()),
            ("uniqueMember", true)
        );
        let members = settings_members(DialectName::ActiveDirectory);
        assert_eq!((members.attribute.as_str(), members.placeholder), ("member", None));
    }

    fn settings_members(dialect: DialectName) -> Members {
        ProvisioningSettings::default()
            .mapping(dialect, BASE)
            .unwrap()
            .groups
            .members
            .unwrap()
    }
}
