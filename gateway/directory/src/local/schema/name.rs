//! Which names there are, in the form in which names, identifiers and the values of names are compared.

use super::by_name::{ByName, by_name};
use super::rule::Rule;
use super::syntax::Syntax;
use crate::local::path::NameFault;
use std::sync::Arc;

/// The deepest a name may stand in the value of a name.
const DEEPEST: u8 = 3;

/// Every name and OID of every attribute type and object class.
#[derive(Default)]
pub(crate) struct Names {
    pub(super) attributes: ByName<Compared>,
    pub(super) classes: ByName<Arc<str>>,
}

/// What a name's value is compared by.
pub(super) struct Compared {
    pub(super) key: Arc<str>,
    pub(super) syntax: Syntax,
    pub(super) equality: Option<Rule>,
}

impl Names {
    /// A pair of an RDN: the attribute's key and the value's normal form.
    pub(in crate::local) fn normal_pair(
        &self,
        attribute: &[u8],
        value: &[u8],
        depth: u8,
    ) -> Result<(&str, Vec<u8>), NameFault> {
        let compared = by_name(&self.attributes, attribute).ok_or(NameFault::UnknownAttribute)?;
        let rule = compared.equality.ok_or(NameFault::UnknownAttribute)?;
        if depth >= DEEPEST {
            return Err(NameFault::Value);
        }
        compared.syntax.check(value, self, depth + 1)?;
        let mut normal = Vec::with_capacity(value.len());
        rule.normal_into(value, self, depth + 1, &mut normal)?;
        Ok((&compared.key, normal))
    }

    /// Appends an identifier in the one spelling of it: the first name of what has that name or OID, or its own small letters.
    pub(super) fn identifier_into(&self, value: &[u8], out: &mut Vec<u8>) {
        if let Some(key) = by_name(&self.classes, value) {
            out.extend_from_slice(key.as_bytes());
        } else if let Some(compared) = by_name(&self.attributes, value) {
            out.extend_from_slice(compared.key.as_bytes());
        } else {
            out.extend(value.iter().map(u8::to_ascii_lowercase));
        }
    }
}
