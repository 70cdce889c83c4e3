//! For tests: what a directory can hold, and who is in it.

use postern_identity::provisioning::{
    Attribute, Attributes, Key, Mutability, Resource, ResourceId, ResourceKind, Returned, Schema, Shape, TypeSchema,
    Types, Uniqueness, Value, Version,
};

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const STATE: &str = "urn:ietf:params:scim:schemas:extension:account:2.0:Password";
pub(crate) const BASE: &str = "https://scim.example.org/scim/v2";

pub(crate) fn text(name: &str) -> Attribute {
    Attribute::new(name, Shape::Text, "Some text.")
}

fn many(name: &str, subs: Vec<Attribute>) -> Attribute {
    Attribute {
        multi_valued: true,
        ..Attribute::new(name, Shape::Complex(subs), "Several values.")
    }
}

fn slots(kinds: &[&str]) -> Vec<Attribute> {
    let kind = Attribute {
        canonical: kinds.iter().map(|kind| (*kind).into()).collect(),
        ..text("type")
    };
    let value = Attribute {
        required: true,
        ..text("value")
    };
    vec![value, kind, Attribute::new("primary", Shape::Boolean, "")]
}

fn read_only(attribute: Attribute) -> Attribute {
    Attribute {
        mutability: Mutability::ReadOnly,
        ..attribute
    }
}

fn immutable(attribute: Attribute) -> Attribute {
    Attribute {
        mutability: Mutability::Immutable,
        ..attribute
    }
}

pub(crate) fn types() -> Types {
    Types {
        user: user(),
        group: group(),
    }
}

pub(crate) fn user() -> TypeSchema {
    let user_name = Attribute {
        required: true,
        uniqueness: Uniqueness::Server,
        ..text("userName")
    };
    let external_id = Attribute {
        case_exact: true,
        ..text("externalId")
    };
    let core = vec![
        user_name,
        external_id,
        Attribute::new(
            "name",
            Shape::Complex(vec![text("formatted"), text("familyName"), text("givenName")]),
            "A name.",
        ),
        text("displayName"),
        text("title"),
        immutable(text("userType")),
        Attribute::new("active", Shape::Boolean, "Switched on."),
        many("emails", slots(&["work", "home"])),
        many("phoneNumbers", slots(&["work", "mobile"])),
        many("addresses", vec![text("locality"), text("region"), text("type")]),
        many("x509Certificates", vec![Attribute::new("value", Shape::Octets, "")]),
        read_only(many(
            "groups",
            ["value", "display", "type"].map(|name| read_only(text(name))).into(),
        )),
        Attribute {
            returned: Returned::Request,
            ..text("nickName")
        },
    ];
    let manager = Shape::Complex(vec![text("value"), read_only(text("displayName"))]);
    let state = vec![
        Attribute::new("passwordMustChange", Shape::Boolean, ""),
        read_only(Attribute::new("loginAttempts", Shape::Integer, "")),
        read_only(Attribute::new("createDate", Shape::Moment, "")),
    ];
    TypeSchema {
        kind: ResourceKind::User,
        core: schema(USER, "User", core),
        extensions: vec![
            schema(
                ENTERPRISE,
                "EnterpriseUser",
                vec![
                    text("employeeNumber"),
                    text("department"),
                    Attribute::new("manager", manager, "Whose boss."),
                ],
            ),
            schema(
                STATE,
                "Password",
                vec![
                    Attribute::new("passwordState", Shape::Complex(state), ""),
                    Attribute::new("score", Shape::Decimal, ""),
                    Attribute::new("size", Shape::Integer, ""),
                ],
            ),
        ],
    }
}

pub(crate) fn group() -> TypeSchema {
    let members = vec![
        immutable(text("value")),
        immutable(text("type")),
        read_only(text("display")),
    ];
    let display_name = Attribute {
        required: true,
        ..text("displayName")
    };
    TypeSchema {
        kind: ResourceKind::Group,
        core: schema(
            GROUP,
            "Group",
            vec![display_name, text("externalId"), many("members", members)],
        ),
        extensions: Vec::new(),
    }
}

fn schema(urn: &str, name: &str, attributes: Vec<Attribute>) -> Schema {
    Schema {
        urn: urn.into(),
        name: name.into(),
        description: "For tests.".into(),
        attributes,
    }
}

/// Ids are spelled `id-7`.
pub(crate) fn read_id(text: &str) -> Option<ResourceId> {
    let number: u8 = text.strip_prefix("id-")?.parse().ok()?;
    Some(ResourceId([number; 16]))
}

pub(crate) fn email(value: &str, kind: &str) -> Value {
    Value::complex([("value", Value::text(value)), ("type", Value::text(kind))])
}

/// Number 7.
pub(crate) fn alice() -> Resource {
    let mut attributes = Attributes::default();
    attributes.set(Key::core("userName"), Value::text("alice"));
    attributes.set(
        Key::core("name"),
        Value::complex([
            ("givenName", Value::text("Alice")),
            ("familyName", Value::text("Adams")),
        ]),
    );
    attributes.set(Key::core("title"), Value::text("Engineer"));
    attributes.set(Key::core("active"), Value::Boolean(true));
    attributes.set(
        Key::core("emails"),
        Value::Many(vec![
            email("alice@work.example", "work"),
            email("alice@home.example", "home"),
        ]),
    );
    attributes.set(
        Key::core("groups"),
        Value::Many(vec![Value::complex([
            ("value", Value::text("id-1")),
            ("display", Value::text("staff")),
        ])]),
    );
    attributes.set(Key::core("nickName"), Value::text("Al"));
    attributes.set(Key::of(ENTERPRISE, "department"), Value::text("Tools"));
    attributes.set(
        Key::of(ENTERPRISE, "manager"),
        Value::complex([("value", Value::text("id-9"))]),
    );
    resource(ResourceKind::User, attributes)
}

/// Number 7, without its members.
pub(crate) fn staff() -> Resource {
    let mut attributes = Attributes::default();
    attributes.set(Key::core("displayName"), Value::text("staff"));
    resource(ResourceKind::Group, attributes)
}

pub(crate) fn member(id: &str, kind: &str) -> Value {
    Value::complex([("value", Value::text(id)), ("type", Value::text(kind))])
}

pub(crate) fn resource(kind: ResourceKind, attributes: Attributes) -> Resource {
    Resource {
        kind,
        id: ResourceId([7; 16]),
        version: Version("v1".into()),
        created: Some("2026-01-02T03:04:05Z".parse().unwrap()),
        modified: Some("2026-02-03T04:05:06Z".parse().unwrap()),
        attributes,
        dn: "cn=never shown".into(),
        person: None,
        facts: None,
        owner_facts: None,
    }
}
