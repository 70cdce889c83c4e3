//! Search filters (RFC 4511 §4.5.1.7), walked without recursion.

use crate::WireError;
use crate::ber::{Cursor, Element};

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
                    let mut inside = Cursor::new(part.content);
                    inside.element()?;
                    inside.finish()?;
                }
                levels.push(Cursor::new(part.content));
            }
            // equality, substrings, greater or equal, less or equal, approximate
            0xa3..=0xa6 | 0xa8 => {
                let mut inside = Cursor::new(part.content);
                visit(Named::Attribute(inside.octets()?));
                inside.element()?;
                inside.finish()?;
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
                inside.optional(0x84)?;
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
