//! What attributes and object classes there are (RFC 4512), what fits in them and how their values are compared (RFC 4517).
//!
//! [`Schema::standard`] is read from the definitions in `standard/`; a file adds to it ([`Schema::extended`]). Everything is worked out
//! once, so that looking up, comparing and checking take no locks and resolve nothing.

mod attribute;
mod build;
mod by_name;
mod check;
mod definition;
mod indexed;
mod name;
mod prepare;
mod rule;
mod source;
mod subschema;
mod syntax;
mod time;
mod words;

pub use attribute::{AttributeType, Described};
pub use build::{ClassKind, ObjectClass};
pub use check::SchemaFault;
pub use indexed::{INDEXED_OCTETS, indexed_part};
pub use rule::{Purpose, Rule};
pub use source::SchemaError;
pub use syntax::Syntax;

use super::entry::Entry;
use super::path::{NameFault, NamePath};
pub(in crate::local) use name::Names;
pub(in crate::local) use prepare::Part;
pub(in crate::local) use rule::named as rule_named;

use by_name::{ByName, by_name};
use definition::Definition;
use std::sync::{Arc, OnceLock};
use thiserror::Error;

/// Definitions, worked out. A clone is another handle.
#[derive(Clone)]
pub struct Schema {
    inner: Arc<Inner>,
}

struct Inner {
    definitions: Vec<Definition>,
    attributes: Vec<Arc<AttributeType>>,
    classes: Vec<Arc<ObjectClass>>,
    /// By every name in lower case, and by OID.
    attributes_by_name: ByName<usize>,
    classes_by_name: ByName<usize>,
    names: Arc<Names>,
    subschema: OnceLock<Entry>,
}

/// A value does not fit its attribute's syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the value does not fit")]
pub struct ValueFault;

impl Schema {
    /// An attribute type by any of its names or its OID; options are no part of it.
    pub fn attribute(&self, description: &[u8]) -> Option<&AttributeType> {
        self.attribute_handle(description).map(|found| &**found)
    }

    /// As [`Schema::attribute`], to be kept.
    pub fn attribute_handle(&self, description: &[u8]) -> Option<&Arc<AttributeType>> {
        let base = description.split(|&octet| octet == b';').next()?;
        let place = *by_name(&self.inner.attributes_by_name, base)?;
        self.inner.attributes.get(place)
    }

    /// An object class by any of its names or its OID.
    pub fn object_class(&self, name: &[u8]) -> Option<&ObjectClass> {
        let place = *by_name(&self.inner.classes_by_name, name)?;
        self.inner.classes.get(place).map(|found| &**found)
    }

    /// All attribute types, in the order of their definitions.
    pub fn attributes(&self) -> &[Arc<AttributeType>] {
        &self.inner.attributes
    }

    /// All object classes, in the order of their definitions.
    pub fn object_classes(&self) -> &[Arc<ObjectClass>] {
        &self.inner.classes
    }

    /// Whether what is `found` counts where `wanted` was asked for: it is that type or one below it (`name` covers `cn`).
    pub fn covers(&self, wanted: &AttributeType, found: &AttributeType) -> bool {
        wanted.key == found.key || found.superiors.contains(&wanted.key)
    }

    /// Where a name stands (RFC 4514, and the older spellings servers take).
    pub fn path(&self, dn: &[u8]) -> Result<NamePath, NameFault> {
        NamePath::read(dn, &self.inner.names)
    }

    /// A value in the form in which a rule compares, whatever its attribute.
    pub(in crate::local) fn normal_by(&self, rule: Rule, value: &[u8]) -> Result<Vec<u8>, ValueFault> {
        let mut out = Vec::new();
        self.normal_by_into(rule, value, &mut out)?;
        Ok(out)
    }

    /// As [`Schema::normal_by`], behind what is in `out`.
    pub(in crate::local) fn normal_by_into(
        &self,
        rule: Rule,
        value: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ValueFault> {
        rule.normal_into(value, &self.inner.names, 0, out)
    }
}

/// What is defined before anybody adds to it, in the order in which it is read.
const STANDARD_FILES: [(&str, &str); 7] = [
    ("system.schema", include_str!("standard/system.schema")),
    ("core.schema", include_str!("standard/core.schema")),
    ("cosine.schema", include_str!("standard/cosine.schema")),
    ("inetorgperson.schema", include_str!("standard/inetorgperson.schema")),
    ("posix.schema", include_str!("standard/posix.schema")),
    ("policy.schema", include_str!("standard/policy.schema")),
    ("provisioning.schema", include_str!("standard/provisioning.schema")),
];

#[cfg(test)]
mod tests;
