//! Whether an entry is as the schema wants it (RFC 4512 §2.4, §2.5), with slapd's codes and texts: clients match on them.

use super::build::ClassKind;
use super::{AttributeType, ObjectClass, Schema};
use crate::local::entry::{Attribute, Entry};
use crate::local::path::WrittenName;
use postern_ldap::ResultCode;
use std::collections::HashMap;
use std::sync::Arc;

/// Why an entry is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFault {
    /// What the client is answered.
    pub code: ResultCode,
    /// The text for a person: names of attributes and classes, never values.
    pub text: String,
}

impl SchemaFault {
    const UNDEFINED_ATTRIBUTE_TYPE: ResultCode = ResultCode(17);
    const ATTRIBUTE_OR_VALUE_EXISTS: ResultCode = ResultCode(20);
    const INVALID_ATTRIBUTE_SYNTAX: ResultCode = ResultCode(21);
    const NAMING_VIOLATION: ResultCode = ResultCode(64);
    const OBJECT_CLASS_VIOLATION: ResultCode = ResultCode(65);
    const OBJECT_CLASS_MODS_PROHIBITED: ResultCode = ResultCode(69);

    fn new(code: ResultCode, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }

    fn class(text: impl Into<String>) -> Self {
        Self::new(Self::OBJECT_CLASS_VIOLATION, text)
    }
}

impl Schema {
    /// Checks a whole entry as it would be kept: its values, its classes, what they require and allow.
    pub fn check(&self, entry: &Entry) -> Result<(), SchemaFault> {
        let mut kinds = Vec::with_capacity(entry.attributes().len());
        for attribute in entry.attributes() {
            kinds.push(self.check_values(attribute)?);
        }
        let classes = self.classes(entry)?;
        structural(&classes)?;
        for class in &classes {
            if class.kind == ClassKind::Abstract && !classes.iter().any(|other| other.superiors.contains(&class.key)) {
                let text = format!("instantiation of abstract objectClass '{}' not allowed", class.name);
                return Err(SchemaFault::class(text));
            }
            for key in &class.required {
                let has = kinds
                    .iter()
                    .any(|kind| kind.key == *key || kind.superiors.contains(key));
                if !has {
                    let name = self.attribute(key.as_bytes()).map_or(&**key, |kind| &kind.name);
                    let text = format!("object class '{}' requires attribute '{name}'", class.name);
                    return Err(SchemaFault::class(text));
                }
            }
        }
        let anything = classes.iter().any(|class| &*class.key == "extensibleobject");
        for (kind, attribute) in kinds.iter().zip(entry.attributes()) {
            if anything || kind.operational {
                continue;
            }
            let listed = |key: &Arc<str>| *key == kind.key || kind.superiors.contains(key);
            if !classes
                .iter()
                .any(|class| class.required.iter().chain(&class.allowed).any(listed))
            {
                let text = format!("attribute '{}' not allowed", attribute.description);
                return Err(SchemaFault::class(text));
            }
        }
        Ok(())
    }

    /// Checks what has changed besides: an entry stays what it is (RFC 4512 §2.4.2).
    pub fn check_change(&self, before: &Entry, after: &Entry) -> Result<(), SchemaFault> {
        // slapd's order: what it is comes before what it has.
        if let (Ok(old), Ok(new)) = (self.structural_class(before), self.structural_class(after))
            && old.key != new.key
        {
            let text = format!(
                "structural object class modification from '{}' to '{}' not allowed",
                old.name, new.name
            );
            return Err(SchemaFault::new(SchemaFault::OBJECT_CLASS_MODS_PROHIBITED, text));
        }
        self.check(after)
    }

    /// Checks that an entry has what its name says of it (RFC 4512 §2.3.1).
    pub fn check_naming(&self, entry: &Entry, name: &WrittenName<'_>) -> Result<(), SchemaFault> {
        for (attribute, value) in &name.pairs {
            let violation = |text: String| SchemaFault::new(SchemaFault::NAMING_VIOLATION, text);
            let kind = self
                .attribute(attribute)
                .ok_or_else(|| violation("naming attribute is not known".to_owned()))?;
            if kind.operational {
                return Err(violation(format!("naming attribute '{}' is operational", kind.name)));
            }
            let values = entry.values(&kind.key);
            if values.is_empty() {
                return Err(violation(format!(
                    "naming attribute '{}' is not present in entry",
                    kind.name
                )));
            }
            let wanted = kind.normal(value).ok();
            if wanted.is_none() || !values.iter().any(|value| kind.normal(value).ok() == wanted) {
                let text = format!("value of naming attribute '{}' is not present in entry", kind.name);
                return Err(violation(text));
            }
        }
        Ok(())
    }

    /// What an entry is: the lowest of its structural classes (RFC 4512 §2.4.2).
    pub fn structural_class(&self, entry: &Entry) -> Result<&ObjectClass, SchemaFault> {
        structural(&self.classes(entry)?)
    }

    /// Checks the description and values of one attribute, on their own.
    pub fn check_values(&self, attribute: &Attribute) -> Result<&Arc<AttributeType>, SchemaFault> {
        let description = &attribute.description;
        let undefined =
            |why: &str| SchemaFault::new(SchemaFault::UNDEFINED_ATTRIBUTE_TYPE, format!("{description}: {why}"));
        let Some(kind) = self.described(description.as_bytes()).map(|described| described.kind) else {
            let ordinary = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b';');
            return Err(undefined(if description.bytes().all(ordinary) {
                "attribute type undefined"
            } else {
                "AttributeDescription contains inappropriate characters"
            }));
        };
        // Most attributes have one value, and it is like no other.
        let several = attribute.values.len() > 1;
        let mut seen = HashMap::with_capacity(if several { attribute.values.len() } else { 0 });
        for (place, value) in attribute.values.iter().enumerate() {
            let invalid = || {
                let text = format!("{description}: value #{place} invalid per syntax");
                SchemaFault::new(SchemaFault::INVALID_ATTRIBUTE_SYNTAX, text)
            };
            kind.check(value).map_err(|_| invalid())?;
            if &*kind.key == "objectclass" && self.object_class(value).is_none() {
                return Err(invalid());
            }
            let normal = kind.normal(value).map_err(|_| invalid())?;
            if several && let Some(first) = seen.insert(normal, place) {
                return Err(SchemaFault::new(
                    SchemaFault::ATTRIBUTE_OR_VALUE_EXISTS,
                    format!("{description}: value #{first} provided more than once"),
                ));
            }
        }
        if kind.single_value && attribute.values.len() > 1 {
            return Err(SchemaFault::new(
                ResultCode::CONSTRAINT_VIOLATION,
                format!("{description}: multiple values provided"),
            ));
        }
        Ok(kind)
    }

    fn classes(&self, entry: &Entry) -> Result<Vec<&ObjectClass>, SchemaFault> {
        let values = entry.values("objectclass");
        if values.is_empty() {
            return Err(SchemaFault::class("no objectClass attribute"));
        }
        values
            .iter()
            .map(|value| {
                self.object_class(value)
                    .ok_or_else(|| SchemaFault::class("unrecognized objectClass"))
            })
            .collect()
    }
}

/// The lowest structural class of which all others are superiors. A posixGroup beside another counts as auxiliary: RFC 2307 made it
/// structural, RFC 2307bis auxiliary, and directories have both.
fn structural<'a>(classes: &[&'a ObjectClass]) -> Result<&'a ObjectClass, SchemaFault> {
    let all = || {
        classes
            .iter()
            .copied()
            .filter(|class| class.kind == ClassKind::Structural)
    };
    let others = all().any(|class| &*class.key != "posixgroup");
    let mut lowest: Option<&ObjectClass> = None;
    for class in all().filter(|class| !others || &*class.key != "posixgroup") {
        match lowest {
            Some(known) if known.key == class.key || known.superiors.contains(&class.key) => {}
            Some(known) if !class.superiors.contains(&known.key) => {
                let text = format!("invalid structural object class chain ({}/{})", known.name, class.name);
                return Err(SchemaFault::class(text));
            }
            _ => lowest = Some(class),
        }
    }
    lowest.ok_or_else(|| SchemaFault::class("no structural object class provided"))
}

#[cfg(test)]
mod tests;
