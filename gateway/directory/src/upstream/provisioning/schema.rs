//! What the mapping says a directory can hold, in the words of RFC 7643: nothing that no attribute is mapped to.

use super::mapping::{Codec, ENTERPRISE, Equality, Mapping, Place, Row, TypeMapping};
use super::places::{ADDRESS, NAME, OF_ENTERPRISE, VALUED};
use postern_identity::provisioning::{
    Attribute, Key, Mutability, ResourceKind, Schema, Shape, TypeSchema, Types, Uniqueness,
};
use std::sync::Arc;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// Simple attributes of users in the order in which they are shown, and what they are for.
const SIMPLE: &[(&str, &str)] = &[
    ("displayName", "The name that is shown."),
    ("nickName", "A casual name."),
    ("profileUrl", "A page about the user."),
    ("title", "The user's title, as in \"Vice President\"."),
    ("userType", "How the user belongs to the organization."),
    ("preferredLanguage", "The languages the user prefers."),
    ("locale", "Where the user is, for numbers and dates."),
    ("timezone", "The user's time zone."),
];

/// The types a mapping makes.
pub(super) fn types(mapping: &Mapping) -> Types {
    Types {
        user: user(&mapping.users),
        group: group(&mapping.groups),
    }
}

fn user(mapping: &TypeMapping) -> TypeSchema {
    let mut attributes = Vec::new();
    attributes.push(Attribute {
        required: true,
        uniqueness: Uniqueness::Server,
        ..simple(mapping, &Key::core("userName"), "The name the user signs in with.")
            .unwrap_or_else(|| Attribute::new("userName", Shape::Text, "The name the user signs in with."))
    });
    attributes.extend(external_id(mapping));
    let name: Vec<Attribute> = NAME.iter().filter_map(|sub| sub_text(mapping, "name", sub)).collect();
    if !name.is_empty() {
        attributes.push(Attribute::new(
            "name",
            Shape::Complex(name),
            "The parts of the user's name.",
        ));
    }
    attributes.extend(
        SIMPLE
            .iter()
            .filter_map(|(name, description)| simple(mapping, &Key::core(*name), description)),
    );
    attributes.extend(VALUED.iter().filter_map(|name| valued(mapping, name)));
    attributes.extend(addresses(mapping));
    attributes.push(groups());
    TypeSchema {
        kind: ResourceKind::User,
        core: Schema {
            urn: USER.into(),
            name: "User".into(),
            description: "User Account".into(),
            attributes,
        },
        extensions: enterprise(mapping).into_iter().collect(),
    }
}

fn group(mapping: &TypeMapping) -> TypeSchema {
    let description = "The group's name.";
    let mut attributes = vec![Attribute {
        required: true,
        uniqueness: Uniqueness::Server,
        ..simple(mapping, &Key::core("displayName"), description)
            .unwrap_or_else(|| Attribute::new("displayName", Shape::Text, description))
    }];
    attributes.extend(external_id(mapping));
    if mapping.members.is_some() {
        attributes.push(members());
    }
    TypeSchema {
        kind: ResourceKind::Group,
        core: Schema {
            urn: GROUP.into(),
            name: "Group".into(),
            description: "Group".into(),
            attributes,
        },
        extensions: Vec::new(),
    }
}

fn simple(mapping: &TypeMapping, key: &Key, description: &str) -> Option<Attribute> {
    let row = mapping
        .rows
        .iter()
        .find(|row| row.place == Place::Simple(key.clone()))?;
    Some(attribute(&key.name, row, description))
}

fn attribute(name: &str, row: &Row, description: &str) -> Attribute {
    let mut attribute = Attribute::new(name, shape(name, row), description);
    // References and octets have one spelling (RFC 7643 §2.3.6, §2.3.7).
    attribute.case_exact = !matches!(attribute.shape, Shape::Text) || row.matching.equality == Equality::Exact;
    attribute
}

fn shape(name: &str, row: &Row) -> Shape {
    match row.codec {
        Codec::Boolean => Shape::Boolean,
        Codec::Integer => Shape::Integer,
        Codec::Moment => Shape::Moment,
        Codec::Octets | Codec::Certificate => Shape::Octets,
        Codec::Photo => Shape::Reference(vec!["external".into()]),
        Codec::Text | Codec::LabeledUri if matches!(name, "profileUrl" | "photos") => {
            Shape::Reference(vec!["external".into()])
        }
        Codec::Text | Codec::User | Codec::PostalAddress | Codec::Country | Codec::LabeledUri => Shape::Text,
    }
}

/// It is the caller's, and compared as it is written (RFC 7643 §3.1).
fn external_id(mapping: &TypeMapping) -> Option<Attribute> {
    let found = simple(
        mapping,
        &Key::core("externalId"),
        "The resource's id at the program that provisions it.",
    )?;
    Some(Attribute {
        case_exact: true,
        ..found
    })
}

fn sub_text(mapping: &TypeMapping, key: &str, sub: &str) -> Option<Attribute> {
    let place = Place::Sub(Key::core(key), sub.into());
    let row = mapping.rows.iter().find(|row| row.place == place)?;
    let description = match sub {
        "formatted" => "The full name.",
        "familyName" => "The family name.",
        "givenName" => "The given name.",
        "middleName" => "The middle name.",
        "honorificPrefix" => "The title before the name.",
        _ => "What follows the name.",
    };
    Some(attribute(sub, row, description))
}

/// A multi-valued attribute whose elements have a value, a type where the mapping has types, and one of which is the primary one.
fn valued(mapping: &TypeMapping, name: &str) -> Option<Attribute> {
    let key = Key::core(name);
    let row = mapping.rows_of(&key).next()?;
    let mut subs = vec![Attribute {
        required: true,
        ..attribute_of_value(name, row)
    }];
    subs.extend(kind_of(mapping, &key));
    if mapping.rows_of(&key).count() > 1 || row.several {
        subs.push(primary());
    }
    let description = match name {
        "emails" => "E-mail addresses.",
        "phoneNumbers" => "Telephone numbers.",
        "ims" => "Instant messaging addresses.",
        "photos" => "Pictures of the user.",
        "entitlements" => "What the user may do.",
        "roles" => "The user's roles.",
        _ => "The user's certificates.",
    };
    Some(Attribute {
        multi_valued: true,
        ..Attribute::new(name, Shape::Complex(subs), description)
    })
}

fn attribute_of_value(name: &str, row: &Row) -> Attribute {
    let shape = shape(name, row);
    let case_exact = shape != Shape::Text || row.matching.equality == Equality::Exact;
    Attribute {
        case_exact,
        ..Attribute::new("value", shape, "The value.")
    }
}

fn kind_of(mapping: &TypeMapping, key: &Key) -> Option<Attribute> {
    let canonical = mapping.kinds_of(key);
    (!canonical.is_empty()).then(|| Attribute {
        canonical,
        ..Attribute::new(
            "type",
            Shape::Text,
            "What it is for. Each of these has its place in the directory.",
        )
    })
}

/// Which one is, is the directory's order to say: that of the first type.
fn primary() -> Attribute {
    Attribute {
        mutability: Mutability::ReadWrite,
        ..Attribute::new(
            "primary",
            Shape::Boolean,
            "Whether it is the one to use first: the first one is.",
        )
    }
}

fn addresses(mapping: &TypeMapping) -> Option<Attribute> {
    let key = Key::core("addresses");
    let is_mapped = |wanted: &str| {
        mapping
            .rows_of(&key)
            .find(|row| matches!(&row.place, Place::Element { sub, .. } if &**sub == wanted))
    };
    let mut subs: Vec<Attribute> = ADDRESS
        .iter()
        .filter_map(|&sub| Some(attribute(sub, is_mapped(sub)?, "A part of the address.")))
        .collect();
    if subs.is_empty() {
        return None;
    }
    subs.extend(kind_of(mapping, &key));
    Some(Attribute {
        multi_valued: true,
        ..Attribute::new("addresses", Shape::Complex(subs), "Postal addresses.")
    })
}

fn enterprise(mapping: &TypeMapping) -> Option<Schema> {
    let mut attributes: Vec<Attribute> = OF_ENTERPRISE
        .iter()
        .filter_map(|name| simple(mapping, &Key::of(ENTERPRISE, *name), "As the organization has it."))
        .collect();
    if mapping.rows_of(&Key::of(ENTERPRISE, "manager")).next().is_some() {
        let subs = vec![
            id_of("value", "The manager's id.", Mutability::ReadWrite),
            reference("$ref", &["User"], "The manager's URI.", Mutability::ReadWrite),
        ];
        attributes.push(Attribute::new("manager", Shape::Complex(subs), "The user's manager."));
    }
    (!attributes.is_empty()).then(|| Schema {
        urn: ENTERPRISE.into(),
        name: "EnterpriseUser".into(),
        description: "Enterprise User".into(),
        attributes,
    })
}

/// They are changed by changing the groups (RFC 7643 §4.1.2).
fn groups() -> Attribute {
    let subs = vec![
        id_of("value", "The group's id.", Mutability::ReadOnly),
        reference("$ref", &["Group"], "The group's URI.", Mutability::ReadOnly),
        read_only("display", "The group's name."),
        Attribute {
            canonical: vec!["direct".into()],
            ..read_only("type", "How the user is in it.")
        },
    ];
    Attribute {
        multi_valued: true,
        mutability: Mutability::ReadOnly,
        ..Attribute::new("groups", Shape::Complex(subs), "The groups the user is in.")
    }
}

/// RFC 7643 §4.2: a member comes and goes as a whole.
fn members() -> Attribute {
    let subs = vec![
        id_of("value", "The member's id.", Mutability::Immutable),
        reference("$ref", &["User", "Group"], "The member's URI.", Mutability::Immutable),
        Attribute {
            mutability: Mutability::Immutable,
            canonical: vec!["User".into(), "Group".into()],
            ..Attribute::new("type", Shape::Text, "What the member is.")
        },
        read_only("display", "The member's name."),
    ];
    Attribute {
        multi_valued: true,
        ..Attribute::new("members", Shape::Complex(subs), "The group's members.")
    }
}

fn id_of(name: &str, description: &str, mutability: Mutability) -> Attribute {
    Attribute {
        case_exact: true,
        mutability,
        ..Attribute::new(name, Shape::Text, description)
    }
}

fn reference(name: &str, to: &[&str], description: &str, mutability: Mutability) -> Attribute {
    let to: Vec<Arc<str>> = to.iter().map(|&to| to.into()).collect();
    Attribute {
        case_exact: true,
        mutability,
        ..Attribute::new(name, Shape::Reference(to), description)
    }
}

fn read_only(name: &str, description: &str) -> Attribute {
    Attribute {
        mutability: Mutability::ReadOnly,
        ..Attribute::new(name, Shape::Text, description)
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::ProvisioningSettings;
    use super::*;
    use crate::upstream::dialect::DialectName;

    fn types_with(dialect: DialectName, attributes: &[(&str, &str)]) -> Types {
        let mut settings = ProvisioningSettings::default();
        settings.users.attributes = attributes
            .iter()
            .map(|&(place, to)| (place.to_owned(), to.to_owned()))
            .collect();
        types(&settings.mapping(dialect, "dc=example,dc=org").unwrap())
    }

    #[test]
    fn what_is_not_mapped_is_not_in_the_schema() {
        let usual = types_with(DialectName::OpenLdap, &[]);
        assert!(usual.user.attribute(None, "nickName").is_none());
        assert!(usual.user.attribute(None, "externalId").is_none());
        assert!(usual.user.attribute(None, "photos").is_none());
        let other = types_with(
            DialectName::OpenLdap,
            &[("nickName", "initials"), ("title", ""), ("enterprise.manager", "")],
        );
        assert!(other.user.attribute(None, "nickName").is_some());
        assert!(other.user.attribute(None, "title").is_none());
        assert!(other.user.attribute(Some(ENTERPRISE), "manager").is_none());
        assert!(other.user.attribute(Some(ENTERPRISE), "department").is_some());
    }

    #[test]
    fn every_row_has_its_attribute_and_its_key() {
        for dialect in DialectName::ALL {
            let mapping = ProvisioningSettings::default()
                .mapping(dialect, "dc=example,dc=org")
                .unwrap();
            let types = types(&mapping);
            for row in mapping.users.rows.iter().chain(&mapping.groups.rows) {
                let key = row.place.key();
                let kind = if mapping.users.rows.contains(row) {
                    ResourceKind::User
                } else {
                    ResourceKind::Group
                };
                let attribute = types.of(kind).of(key).unwrap_or_else(|| panic!("{dialect:?} {key:?}"));
                match &row.place {
                    Place::Simple(_) => assert!(!attribute.multi_valued),
                    Place::Sub(_, sub) => assert!(attribute.sub(sub).is_some()),
                    Place::Element { sub, kind, .. } => {
                        assert!(attribute.multi_valued && attribute.sub(sub).is_some());
                        if let Some(kind) = kind {
                            assert!(attribute.sub("type").unwrap().canonical.contains(kind));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_rfc_7643_says_of_names_and_members_is_said() {
        let types = types_with(DialectName::Embedded, &[]);
        let (_, name) = types.user.attribute(None, "USERNAME").unwrap();
        assert!(name.required && !name.case_exact && name.uniqueness == Uniqueness::Server);
        let (_, external) = types.user.attribute(None, "externalId").unwrap();
        assert!(external.case_exact);
        let (_, members) = types.group.attribute(None, "members").unwrap();
        assert_eq!(members.sub("value").unwrap().mutability, Mutability::Immutable);
        let (_, groups) = types.user.attribute(None, "groups").unwrap();
        assert_eq!(groups.mutability, Mutability::ReadOnly);
    }
}
