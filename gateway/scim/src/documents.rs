//! What there is to provision, as documents (RFC 7643 §5 to §7): made from the [`Types`] the directory really holds. Nothing in them is null, and every
//! word is spelled as the RFC spells it, for Entra reads them to the letter.

mod own;
#[cfg(test)]
mod tests;

use crate::json::endpoint;
use crate::wire::name::{REFERENCE, refers};
use postern_identity::provisioning::{
    Attribute, Mutability, ResourceKind, Returned, Schema, Shape, TypeSchema, Types, Uniqueness,
};
use serde_json::{Map, Value, json};

const SERVICE_PROVIDER_CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// What `ServiceProviderConfig` says besides what is always so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Passwords can be written.
    pub change_password: bool,
    /// Most resources of one answer.
    pub max_results: u32,
    /// Resources of one answer if the caller says nothing.
    pub page_size: u32,
    /// Where people read about it.
    pub documentation: Option<String>,
}

/// `/ServiceProviderConfig`. Bulk is not there, and says 0 where its numbers are: parsers want them.
pub fn service_provider_config(offer: &Offer, base_url: &str) -> Value {
    let mut config = json!({
        "schemas": [SERVICE_PROVIDER_CONFIG],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": offer.max_results },
        "changePassword": { "supported": offer.change_password },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": {
            "cursor": false,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": offer.page_size,
            "maxPageSize": offer.max_results,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A token in the Authorization header (RFC 6750)",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{base_url}/ServiceProviderConfig"),
        },
    });
    if let (Some(object), Some(documentation)) = (config.as_object_mut(), &offer.documentation) {
        object.insert("documentationUri".into(), documentation.as_str().into());
    }
    config
}

/// Everything under `/Schemas`.
pub fn schemas(types: &Types, base_url: &str) -> Vec<Value> {
    let mut seen: Vec<&str> = Vec::new();
    let mut documents = Vec::new();
    for schema in every(types) {
        if !seen.iter().any(|urn| urn.eq_ignore_ascii_case(&schema.urn)) {
            seen.push(&schema.urn);
            documents.push(schema_document(schema, base_url));
        }
    }
    documents
}

/// `/Schemas/{urn}`.
pub fn schema(types: &Types, urn: &str, base_url: &str) -> Option<Value> {
    every(types)
        .find(|schema| schema.urn.eq_ignore_ascii_case(urn))
        .map(|schema| schema_document(schema, base_url))
}

fn every(types: &Types) -> impl Iterator<Item = &Schema> {
    types.user.schemas().chain(types.group.schemas()).chain(own::schemas())
}

/// Everything under `/ResourceTypes`.
pub fn resource_types(types: &Types, base_url: &str) -> Vec<Value> {
    vec![
        type_document(&types.user, base_url),
        type_document(&types.group, base_url),
    ]
}

/// `/ResourceTypes/{name}`.
pub fn resource_type(types: &Types, name: &str, base_url: &str) -> Option<Value> {
    let kind = ResourceKind::ALL.into_iter().find(|kind| kind.as_str() == name)?;
    Some(type_document(types.of(kind), base_url))
}

fn type_document(types: &TypeSchema, base_url: &str) -> Value {
    let name = types.kind.as_str();
    let extensions: Vec<Value> = types
        .extensions
        .iter()
        .map(|schema| json!({ "schema": &*schema.urn, "required": false }))
        .collect();
    let mut document = json!({
        "schemas": [RESOURCE_TYPE],
        "id": name,
        "name": name,
        "endpoint": format!("/{}", endpoint(types.kind)),
        "description": match types.kind {
            ResourceKind::User => "An account",
            ResourceKind::Group => "A group",
        },
        "schema": &*types.core.urn,
        "meta": { "resourceType": "ResourceType", "location": format!("{base_url}/ResourceTypes/{name}") },
    });
    if let (Some(object), false) = (document.as_object_mut(), extensions.is_empty()) {
        object.insert("schemaExtensions".into(), extensions.into());
    }
    document
}

fn schema_document(schema: &Schema, base_url: &str) -> Value {
    // RFC 7643 §3.1: common attributes are in no schema.
    let of_its_own = schema
        .attributes
        .iter()
        .filter(|attribute| attribute.name.as_ref() != "externalId");
    json!({
        "schemas": [SCHEMA],
        "id": &*schema.urn,
        "name": &*schema.name,
        "description": &*schema.description,
        "attributes": of_its_own.map(attribute_document).collect::<Vec<_>>(),
        "meta": { "resourceType": "Schema", "location": format!("{base_url}/Schemas/{}", schema.urn) },
    })
}

/// RFC 7643 §7: every characteristic is said, for some clients know no defaults.
fn attribute_document(attribute: &Attribute) -> Value {
    let mut document = Map::new();
    let mut say = |name: &str, value: Value| document.insert(name.to_owned(), value);
    say("name", (*attribute.name).into());
    say("type", type_word(&attribute.shape).into());
    say("multiValued", attribute.multi_valued.into());
    say("description", (*attribute.description).into());
    say("required", attribute.required.into());
    say("mutability", mutability_word(attribute.mutability).into());
    say("returned", returned_word(attribute.returned).into());
    match &attribute.shape {
        Shape::Complex(subs) => {
            let derived = (refers(attribute) && attribute.sub("$ref").is_none()).then_some(&*REFERENCE);
            say(
                "subAttributes",
                subs.iter().chain(derived).map(attribute_document).collect(),
            );
        }
        Shape::Reference(types) => {
            say(
                "referenceTypes",
                types.iter().map(|kind| Value::from(&**kind)).collect(),
            );
        }
        _ => {}
    }
    let is_complex = matches!(attribute.shape, Shape::Complex(_));
    if !is_complex {
        say("caseExact", attribute.case_exact.into());
        say("uniqueness", uniqueness_word(attribute.uniqueness).into());
    }
    if !attribute.canonical.is_empty() {
        say(
            "canonicalValues",
            attribute.canonical.iter().map(|value| Value::from(&**value)).collect(),
        );
    }
    Value::Object(document)
}

fn type_word(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text => "string",
        Shape::Boolean => "boolean",
        Shape::Decimal => "decimal",
        Shape::Integer => "integer",
        Shape::Moment => "dateTime",
        Shape::Octets => "binary",
        Shape::Reference(_) => "reference",
        Shape::Complex(_) => "complex",
    }
}

fn mutability_word(mutability: Mutability) -> &'static str {
    match mutability {
        Mutability::ReadOnly => "readOnly",
        Mutability::ReadWrite => "readWrite",
        Mutability::Immutable => "immutable",
        Mutability::WriteOnly => "writeOnly",
    }
}

fn returned_word(returned: Returned) -> &'static str {
    match returned {
        Returned::Always => "always",
        Returned::Never => "never",
        Returned::Default => "default",
        Returned::Request => "request",
    }
}

fn uniqueness_word(uniqueness: Uniqueness) -> &'static str {
    match uniqueness {
        Uniqueness::None => "none",
        Uniqueness::Server => "server",
    }
}
