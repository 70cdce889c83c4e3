//! A filter in which single items are replaced; everything around them stays octet for octet.

use super::{DEEPEST, MOST_PARTS, present};
use crate::WireError;
use crate::ber::{Cursor, Element, Writer, truth};
use crate::tag;

/// One item of a filter: everything but and, or, not.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    /// What it asks.
    pub kind: Kind,
    /// The attribute description; none only where an extensible match names none.
    pub attribute: Option<&'a [u8]>,
    /// The matching rule an extensible match names.
    pub rule: Option<&'a [u8]>,
    /// The assertion value; empty for [`Kind::Present`]. For [`Kind::Substrings`] the content of the list of pieces.
    pub value: &'a [u8],
    /// Whether an extensible match also looks at the entry's DN.
    pub in_name: bool,
}

/// What an item asks, by its tag (RFC 4511 §4.5.1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the items of RFC 4511 §4.5.1.7")]
pub enum Kind {
    Equality = 0xa3,
    Substrings = 0xa4,
    GreaterOrEqual = 0xa5,
    LessOrEqual = 0xa6,
    Present = 0x87,
    Approximate = 0xa8,
    Extensible = 0xa9,
}

/// What becomes of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewritten {
    /// It stays.
    Same,
    /// This filter takes its place, already encoded: true and false exactly where the item is.
    Put(Vec<u8>),
    /// It is neither true nor false of any entry (RFC 4511 §4.5.1.7, Undefined), whatever the server would say.
    Undefined,
}

impl Item<'_> {
    /// The item with another attribute and value, encoded.
    pub fn with(&self, attribute: &[u8], value: &[u8]) -> Vec<u8> {
        let mut out = Writer::with_capacity(attribute.len() + value.len() + 32);
        match self.kind {
            Kind::Present => return present(attribute),
            Kind::Substrings => out.nested(self.kind as u8, |inside| {
                inside.octets(attribute).element(tag::SEQUENCE, value);
            }),
            Kind::Extensible => out.nested(self.kind as u8, |inside| {
                if let Some(rule) = self.rule {
                    inside.element(0x81, rule);
                }
                if self.attribute.is_some() {
                    inside.element(0x82, attribute);
                }
                inside.element(0x83, value);
                if self.in_name {
                    inside.element(0x84, &[0xff]);
                }
            }),
            _ => out.nested(self.kind as u8, |inside| {
                inside.octets(attribute).octets(value);
            }),
        };
        out.finish()
    }
}

/// The filter with every item as `rewrite` says; `None` if all stay. What is undefined is put as something that is never true where it counts,
/// under however many nots: an entry comes back only if the whole is true. Not recursive, and as bounded as [`super::walk`].
pub fn rewrite<E: From<WireError>>(
    filter: Element<'_>,
    mut rewrite: impl FnMut(&Item<'_>) -> Result<Rewritten, E>,
) -> Result<Option<Vec<u8>>, E> {
    let mut levels = vec![Level::new(0, filter.whole, false)];
    let mut parts = 0;
    let mut changed = false;
    loop {
        let depth = levels.len();
        let Some(level) = levels.last_mut() else {
            return Err(WireError::Unexpected.into());
        };
        if level.rest.is_empty() {
            let Some(done) = levels.pop() else {
                return Err(WireError::Unexpected.into());
            };
            match levels.last_mut() {
                Some(outer) => {
                    outer.out.element(done.tag, &done.out.finish());
                }
                None => return Ok(changed.then(|| done.out.finish())),
            }
            continue;
        }
        parts += 1;
        if parts > MOST_PARTS {
            return Err(WireError::TooMany.into());
        }
        let part = level.rest.element()?;
        if matches!(part.tag, 0xa0..=0xa2) {
            if depth >= DEEPEST {
                return Err(WireError::TooDeep.into());
            }
            if part.tag == 0xa2 {
                Cursor::new(part.content).only()?;
            }
            let negated = level.negated != (part.tag == 0xa2);
            levels.push(Level::new(part.tag, part.content, negated));
            continue;
        }
        let item = item(part, &mut parts)?;
        match rewrite(&item)? {
            Rewritten::Same => {
                level.out.raw(part.whole);
            }
            Rewritten::Put(other) => {
                changed = true;
                level.out.raw(&other);
            }
            Rewritten::Undefined => {
                changed = true;
                let always = present(b"objectClass");
                level.out.raw(&if level.negated { always } else { super::not(&always) });
            }
        }
    }
}

/// One and, or, not that has been entered.
struct Level<'a> {
    tag: u8,
    rest: Cursor<'a>,
    out: Writer,
    /// Whether an odd number of nots is around it.
    negated: bool,
}

impl<'a> Level<'a> {
    fn new(tag: u8, content: &'a [u8], negated: bool) -> Self {
        Self {
            tag,
            rest: Cursor::new(content),
            out: Writer::with_capacity(content.len() + 16),
            negated,
        }
    }
}

/// Reads an item to its end.
fn item<'a>(part: Element<'a>, parts: &mut usize) -> Result<Item<'a>, WireError> {
    let mut inside = Cursor::new(part.content);
    let mut item = Item {
        kind: Kind::Present,
        attribute: None,
        rule: None,
        value: &[],
        in_name: false,
    };
    match part.tag {
        0x87 => {
            item.attribute = Some(part.content);
            return Ok(item);
        }
        0xa3 | 0xa5 | 0xa6 | 0xa8 => {
            item.kind = match part.tag {
                0xa3 => Kind::Equality,
                0xa5 => Kind::GreaterOrEqual,
                0xa6 => Kind::LessOrEqual,
                _ => Kind::Approximate,
            };
            item.attribute = Some(inside.octets()?);
            item.value = inside.octets()?;
        }
        0xa4 => {
            item.kind = Kind::Substrings;
            item.attribute = Some(inside.octets()?);
            item.value = inside.expect(tag::SEQUENCE)?;
            let mut pieces = Cursor::new(item.value);
            while !pieces.is_empty() {
                *parts += 1;
                if *parts > MOST_PARTS {
                    return Err(WireError::TooMany);
                }
                if !matches!(pieces.element()?.tag, 0x80..=0x82) {
                    return Err(WireError::Unexpected);
                }
            }
        }
        0xa9 => {
            item.kind = Kind::Extensible;
            item.rule = inside.optional(0x81)?;
            item.attribute = inside.optional(0x82)?;
            item.value = inside.expect(0x83)?;
            item.in_name = inside.optional(0x84)?.map(truth).transpose()?.unwrap_or_default();
        }
        _ => return Err(WireError::Unexpected),
    }
    inside.finish()?;
    Ok(item)
}

#[cfg(test)]
mod tests;
