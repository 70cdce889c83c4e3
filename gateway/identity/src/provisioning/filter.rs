//! Filters (RFC 7644 §3.4.2.2) whose names and operands have been looked up in a schema: nothing in one is a string somebody typed any more but
//! operands.

use super::value::Key;
use crate::clock::Timestamp;
use std::sync::Arc;

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All hold.
    And(Vec<Filter>),
    /// One holds.
    Or(Vec<Filter>),
    /// It does not hold. Two-valued: what is absent makes a comparison false, and its negation true.
    Not(Box<Filter>),
    /// The attribute has a value that is not empty (`pr`).
    Present(Path),
    /// Some value of the attribute compares so. With [`Operand::Null`] alone: `eq` not present, `ne` present.
    Compare {
        /// Of which.
        path: Path,
        /// How.
        operator: Operator,
        /// With what; of the attribute's own shape.
        operand: Operand,
    },
    /// One element of a multi-valued complex attribute fulfils all of it: paths inside are of this attribute, with a sub-attribute each.
    Element {
        /// Which attribute.
        attribute: Key,
        /// What one element fulfils.
        filter: Box<Filter>,
    },
    /// Nothing fulfils it: the attribute is one that is never there.
    Never,
}

/// An attribute or sub-attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// The attribute. `id`, `meta` and `schemas` have keys of the core schema here.
    pub key: Key,
    /// The sub-attribute in the schema's spelling. A multi-valued complex attribute without one means its `value`, already filled in.
    pub sub: Option<Arc<str>>,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the words of RFC 7644 table 3")]
pub enum Operator {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

/// With what.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the words of `Value`")]
pub enum Operand {
    Text(String),
    Boolean(bool),
    Integer(i64),
    Decimal(f64),
    Moment(Timestamp),
    Null,
}

/// Whether one of the attributes a filter asks about is such.
pub fn any_path(filter: &Filter, such: &dyn Fn(&Path) -> bool) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| any_path(part, such)),
        Filter::Not(part) => any_path(part, such),
        Filter::Present(path) | Filter::Compare { path, .. } => such(path),
        Filter::Element { attribute, filter } => {
            let whole = Path {
                key: attribute.clone(),
                sub: None,
            };
            such(&whole) || any_path(filter, such)
        }
        Filter::Never => false,
    }
}
