//! What a path leads to.

use super::Template;
use super::read::{fault, read_only};
use crate::json::convert::normal;
use crate::wire::name::{attribute_of, sub_of};
use postern_identity::provisioning::{
    Attribute, EditFault, EditFaultKind, Filter, Key, Mutability, Operand, Operator, ResourceKind, TypeSchema, Value,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a path leads to.
pub(super) struct Place<'t> {
    types: &'t TypeSchema,
    pub(super) key: Key,
    pub(super) attribute: &'t Attribute,
    pub(super) filter: Option<Filter>,
    pub(super) sub: Option<&'t Attribute>,
}

impl<'t> Place<'t> {
    pub(super) fn new(
        types: &'t TypeSchema,
        key: Key,
        filter: Option<Filter>,
        sub: Option<Arc<str>>,
    ) -> Result<Self, EditFault> {
        let unknown = || fault(EditFaultKind::InvalidPath, "there is no such attribute");
        let attribute = attribute_of(&key, types).ok_or_else(unknown)?;
        let sub = match sub {
            None => None,
            Some(name) => Some(sub_of(attribute, &name).ok_or_else(unknown)?),
        };
        Ok(Self {
            types,
            key,
            attribute,
            filter,
            sub,
        })
    }

    pub(super) fn is(&self, name: &str, kind: ResourceKind) -> bool {
        self.types.kind == kind && self.key.extension.is_none() && self.key.name.as_ref() == name
    }

    pub(super) fn is_read_only(&self) -> bool {
        let is = |one: &Attribute| one.mutability == Mutability::ReadOnly;
        is(self.attribute) || self.sub.is_some_and(is)
    }

    pub(super) fn name(&self) -> String {
        match self.sub {
            None => self.attribute.name.to_string(),
            Some(sub) => format!("{}.{}", self.attribute.name, sub.name),
        }
    }
}

/// What an element is made like where none fulfils the filter: `[type eq "work"]` makes one of type work.
pub(super) fn template(filter: &Filter, attribute: &Attribute) -> Template {
    let terms = match filter {
        Filter::And(terms) => terms.as_slice(),
        single => std::slice::from_ref(single),
    };
    let mut template = BTreeMap::new();
    for term in terms {
        let Filter::Compare {
            path,
            operator: Operator::Eq,
            operand,
        } = term
        else {
            return Ok(None);
        };
        let value = match operand {
            Operand::Text(text) => Value::text(text.as_str()),
            Operand::Boolean(value) => Value::Boolean(*value),
            Operand::Integer(value) => Value::Integer(*value),
            Operand::Decimal(value) => Value::Decimal(*value),
            Operand::Moment(at) => Value::Moment(*at),
            Operand::Null => return Ok(None),
        };
        let Some(sub) = path.sub.as_ref().and_then(|sub| attribute.sub(sub)) else {
            return Ok(None);
        };
        if sub.mutability == Mutability::ReadOnly {
            return Err(read_only(&format!("{}.{}", attribute.name, sub.name)));
        }
        if let Some(value) = normal(attribute, sub, value)? {
            template.insert(Arc::clone(&sub.name), value);
        }
    }
    Ok(Some(template))
}
