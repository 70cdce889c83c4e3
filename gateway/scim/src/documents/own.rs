//! The schemas of what describes the service itself (RFC 7643 §8.7.2).

use super::{RESOURCE_TYPE, SCHEMA, SERVICE_PROVIDER_CONFIG};
use postern_identity::provisioning::{Attribute, Mutability, Schema, Shape};
use std::sync::LazyLock;

/// `ServiceProviderConfig`, `ResourceType` and `Schema`.
pub(super) fn schemas() -> &'static [Schema] {
    &*OWN
}

static OWN: LazyLock<[Schema; 3]> = LazyLock::new(|| {
    [
        schema(
            SERVICE_PROVIDER_CONFIG,
            "ServiceProviderConfig",
            "What this service can do",
            config(),
        ),
        schema(
            RESOURCE_TYPE,
            "ResourceType",
            "A type of resource and where it is",
            resource_type(),
        ),
        schema(
            SCHEMA,
            "Schema",
            "A schema: the attributes of a resource or extension",
            vec![
                required("id", Shape::Reference(vec!["uri".into()]), "The schema's URN"),
                required("name", Shape::Text, "The schema's name"),
                one("description", Shape::Text, "What it is for"),
                many("attributes", attributes(true), "Its attributes"),
            ],
        ),
    ]
});

fn config() -> Vec<Attribute> {
    let supported = || required("supported", Shape::Boolean, "Whether there is such a thing");
    let number = |name| required(name, Shape::Integer, "The most there may be");
    vec![
        one(
            "documentationUri",
            Shape::Reference(vec!["external".into()]),
            "Where people read about it",
        ),
        required("patch", Shape::Complex(vec![supported()]), "PATCH"),
        required(
            "bulk",
            Shape::Complex(vec![supported(), number("maxOperations"), number("maxPayloadSize")]),
            "Bulk requests",
        ),
        required(
            "filter",
            Shape::Complex(vec![supported(), number("maxResults")]),
            "Filters",
        ),
        required(
            "changePassword",
            Shape::Complex(vec![supported()]),
            "Changes of passwords",
        ),
        required("sort", Shape::Complex(vec![supported()]), "Sorted lists"),
        required("etag", Shape::Complex(vec![supported()]), "Versions of resources"),
        one(
            "pagination",
            Shape::Complex(vec![
                required("cursor", Shape::Boolean, "Pages by cursor"),
                required("index", Shape::Boolean, "Pages by index"),
                one(
                    "defaultPaginationMethod",
                    Shape::Text,
                    "What is done if nothing is said",
                ),
                one(
                    "defaultPageSize",
                    Shape::Integer,
                    "How many are shown if nothing is said",
                ),
                one("maxPageSize", Shape::Integer, "How many are shown at most"),
            ]),
            "How lists are read in pages (RFC 9865)",
        ),
        Attribute {
            required: true,
            ..many(
                "authenticationSchemes",
                vec![
                    required("type", Shape::Text, "Which scheme"),
                    required("name", Shape::Text, "Its name"),
                    required("description", Shape::Text, "What it is"),
                    one(
                        "specUri",
                        Shape::Reference(vec!["external".into()]),
                        "Where it is specified",
                    ),
                    one("primary", Shape::Boolean, "Whether it is the one to prefer"),
                ],
                "How clients say who they are",
            )
        },
    ]
}

fn resource_type() -> Vec<Attribute> {
    let uri = || Shape::Reference(vec!["uri".into()]);
    vec![
        one("id", Shape::Text, "The type's id"),
        required("name", Shape::Text, "The type's name"),
        one("description", Shape::Text, "What it is"),
        required("endpoint", uri(), "Where its resources are, below the base address"),
        required("schema", uri(), "Its core schema"),
        many(
            "schemaExtensions",
            vec![
                required("schema", uri(), "An extension"),
                required("required", Shape::Boolean, "Whether every resource has it"),
            ],
            "Its extensions",
        ),
    ]
}

fn attributes(with_subs: bool) -> Vec<Attribute> {
    let mut all = vec![
        required("name", Shape::Text, "The attribute's name"),
        required("type", Shape::Text, "What its values are"),
        required("multiValued", Shape::Boolean, "Whether it has several"),
        one("description", Shape::Text, "What it is for"),
        one("required", Shape::Boolean, "Whether it must be there"),
        Attribute {
            multi_valued: true,
            ..one("canonicalValues", Shape::Text, "Values that are suggested")
        },
        one("caseExact", Shape::Boolean, "Whether case matters"),
        one("mutability", Shape::Text, "Who may write it"),
        one("returned", Shape::Text, "When it is shown"),
        one("uniqueness", Shape::Text, "Among whom values differ"),
        Attribute {
            multi_valued: true,
            ..one("referenceTypes", Shape::Text, "To what it may refer")
        },
    ];
    if with_subs {
        all.push(many(
            "subAttributes",
            attributes(false),
            "The parts of a complex attribute",
        ));
    }
    all
}

fn schema(urn: &str, name: &str, description: &str, attributes: Vec<Attribute>) -> Schema {
    Schema {
        urn: urn.into(),
        name: name.into(),
        description: description.into(),
        attributes,
    }
}

fn one(name: &str, shape: Shape, description: &str) -> Attribute {
    Attribute {
        mutability: Mutability::ReadOnly,
        ..Attribute::new(name, shape, description)
    }
}

fn required(name: &str, shape: Shape, description: &str) -> Attribute {
    Attribute {
        required: true,
        ..one(name, shape, description)
    }
}

fn many(name: &str, subs: Vec<Attribute>, description: &str) -> Attribute {
    Attribute {
        multi_valued: true,
        ..one(name, Shape::Complex(subs), description)
    }
}
