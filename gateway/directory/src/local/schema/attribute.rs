//! Attribute types (RFC 4512 §2.5).

use super::name::Names;
use super::rule::Rule;
use super::syntax::Syntax;
use super::{Schema, ValueFault};
use std::fmt;
use std::sync::Arc;

/// One attribute type, with what it has from those above it.
#[allow(clippy::struct_excessive_bools, reason = "the flags of RFC 4512 §4.1.2")]
pub struct AttributeType {
    /// Its OID.
    pub oid: Arc<str>,
    /// Its first name, as spelled in its definition.
    pub name: Arc<str>,
    /// Its first name in small letters: what it is known by here.
    pub key: Arc<str>,
    /// All its names.
    pub names: Vec<Arc<str>>,
    /// The keys of the types above it.
    pub superiors: Vec<Arc<str>>,
    /// The keys of the types below it, and its own first.
    pub covered: Vec<Arc<str>>,
    /// What its values may be.
    pub syntax: Syntax,
    /// How values are equal. `None`: they are not compared.
    pub equality: Option<Rule>,
    /// How values follow each other. `None`: they do not.
    pub ordering: Option<Rule>,
    /// How parts of values are found. `None`: they are not.
    pub substring: Option<Rule>,
    /// Whether there is at most one value.
    pub single_value: bool,
    /// Whether clients may change it.
    pub user_modifiable: bool,
    /// Whether it is the directory's (RFC 4512 §3.4), given only to who asks for it.
    pub operational: bool,
    /// Whether entries are found by it without reading all of them.
    pub indexed: bool,
    pub(super) known: Arc<Names>,
}

/// An attribute description that was read.
pub struct Described<'a> {
    /// Its type.
    pub kind: &'a Arc<AttributeType>,
    /// Its one spelling: the type's name, then the options in small letters and in order.
    pub canonical: Arc<str>,
}

impl AttributeType {
    /// Whether a value fits the syntax. Bounds of length in definitions are what servers take at least (RFC 4512 §4.1.2): none is set here.
    pub fn check(&self, value: &[u8]) -> Result<(), ValueFault> {
        self.syntax.check(value, &self.known, 0)
    }

    /// A value in the form in which it is compared. By the equality rule, equal values are equal octets; where there is an ordering
    /// rule, their order is the order of the octets; of text, the form of an initial part begins the form of the whole. A value of a
    /// type without equality rule is its own form.
    pub fn normal(&self, value: &[u8]) -> Result<Vec<u8>, ValueFault> {
        let mut out = Vec::with_capacity(value.len());
        self.normal_into(value, &mut out)?;
        Ok(out)
    }

    /// As [`AttributeType::normal`], behind what is in `out`.
    pub fn normal_into(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), ValueFault> {
        if let Some(rule) = self.equality {
            return rule.normal_into(value, &self.known, 0, out);
        }
        out.extend_from_slice(value);
        Ok(())
    }
}

impl fmt::Debug for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttributeType({})", self.name)
    }
}

impl Schema {
    /// Reads an attribute description (RFC 4512 §2.5). `None`: there is no such type, or the options are none.
    pub fn described(&self, description: &[u8]) -> Option<Described<'_>> {
        let kind = self.attribute_handle(description)?;
        let mut parts = description.split(|&octet| octet == b';');
        parts.next();
        let mut options = Vec::new();
        for option in parts {
            if option.is_empty()
                || !option
                    .iter()
                    .all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
            {
                return None;
            }
            options.push(String::from_utf8(option.to_ascii_lowercase()).ok()?);
        }
        options.sort_unstable();
        options.dedup();
        let canonical = if options.is_empty() {
            Arc::clone(&kind.name)
        } else {
            format!("{};{}", kind.name, options.join(";")).into()
        };
        Some(Described { kind, canonical })
    }
}
