//! Search filters (RFC 4511 §4.5.1.7): walked without recursion, and the plain ones made.

pub mod rewrite;
pub mod text;

use crate::WireError;
use crate::ber::{Cursor, Element, Writer, truth};
use crate::tag;

/// How deep a filter may nest.
pub const DEEPEST: usize = 100;
/// The most parts a filter may have.
pub const MOST_PARTS: usize = 4096;

/// Calls `visit` with each attribute description and matching rule the filter names, in order; stops at the first fault.
/// A matching rule of an extensible match stands beside its attribute because it can stand for it.
pub fn walk<'a>(filter: Element<'a>, mut visit: impl FnMut(Named<'a>)) -> Result<(), WireError> {
    let mut levels = vec![Cursor::new(filter.whole)];
    let mut parts = 0;
    while let Some(level) = levels.last_mut() {
        if level.is_empty() {
            levels.pop();
            continue;
        }
        parts += 1;
        if parts > MOST_PARTS {
            return Err(WireError::TooMany);
        }
        let part = level.element()?;
        match part.tag {
            // and, or, not
            0xa0..=0xa2 => {
                if levels.len() >= DEEPEST {
                    return Err(WireError::TooDeep);
                }
                if part.tag == 0xa2 {
                    Cursor::new(part.content).only()?;
                }
                levels.push(Cursor::new(part.content));
            }
            // equality, greater or equal, less or equal, approximate
            0xa3 | 0xa5 | 0xa6 | 0xa8 => {
                let mut inside = Cursor::new(part.content);
                visit(Named::Attribute(inside.octets()?));
                inside.octets()?;
                inside.finish()?;
            }
            // substrings: initial, any, final
            0xa4 => {
                let mut inside = Cursor::new(part.content);
                visit(Named::Attribute(inside.octets()?));
                let mut pieces = inside.enter(tag::SEQUENCE)?;
                inside.finish()?;
                while !pieces.is_empty() {
                    parts += 1;
                    if parts > MOST_PARTS {
                        return Err(WireError::TooMany);
                    }
                    if !matches!(pieces.element()?.tag, 0x80..=0x82) {
                        return Err(WireError::Unexpected);
                    }
                }
            }
            // present
            0x87 => visit(Named::Attribute(part.content)),
            // extensible
            0xa9 => {
                let mut inside = Cursor::new(part.content);
                if let Some(rule) = inside.optional(0x81)? {
                    visit(Named::MatchingRule(rule));
                }
                if let Some(attribute) = inside.optional(0x82)? {
                    visit(Named::Attribute(attribute));
                } else {
                    visit(Named::AnyAttribute);
                }
                inside.expect(0x83)?;
                inside.optional(0x84)?.map(truth).transpose()?;
                inside.finish()?;
            }
            _ => return Err(WireError::Unexpected),
        }
    }
    Ok(())
}

/// What a part of a filter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// An attribute description.
    Attribute(&'a [u8]),
    /// A matching rule.
    MatchingRule(&'a [u8]),
    /// Every attribute the rule fits: an extensible match without an attribute.
    AnyAttribute,
}

/// `(attribute=value)`, as octets. The value needs no escaping: that belongs to the text form (RFC 4515).
pub fn equality(attribute: &[u8], value: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(attribute.len() + value.len() + 16);
    writer.nested(0xa3, |inside| {
        inside.octets(attribute).octets(value);
    });
    writer.finish()
}

/// `(attribute:rule:=value)`, as octets.
pub fn extensible(attribute: &[u8], rule: &[u8], value: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(attribute.len() + rule.len() + value.len() + 16);
    writer.nested(0xa9, |inside| {
        inside.element(0x81, rule).element(0x82, attribute).element(0x83, value);
    });
    writer.finish()
}

/// `(attribute=*)`, as octets.
pub fn present(attribute: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(attribute.len() + 8);
    writer.element(0x87, attribute);
    writer.finish()
}

/// `(&…)`, as octets; of no filters it is true (RFC 4526).
pub fn all(filters: &[Vec<u8>]) -> Vec<u8> {
    set(0xa0, filters)
}

/// `(|…)`, as octets; of no filters it is false (RFC 4526).
pub fn any(filters: &[Vec<u8>]) -> Vec<u8> {
    set(0xa1, filters)
}

/// `(!…)`, as octets.
pub fn not(filter: &[u8]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(filter.len() + 8);
    writer.element(0xa2, filter);
    writer.finish()
}

fn set(tag: u8, filters: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(filters.iter().map(Vec::len).sum::<usize>() + 8);
    writer.nested(tag, |inside| {
        for filter in filters {
            inside.raw(filter);
        }
    });
    writer.finish()
}

#[cfg(test)]
mod tests;
