//! Controls (RFC 4511 §4.1.11): the list, and those a proxy must read or write.

use crate::WireError;
use crate::ber::{Cursor, Writer};
use crate::tag;
use std::fmt;

pub mod assertion;
pub mod netscape;
pub mod paged;
pub mod permissive_modify;
pub mod ppolicy;
pub mod proxied_authorization;
pub mod read_entry;
pub mod sort;

/// The most controls one message may carry.
pub const MOST_CONTROLS: usize = 64;

/// One control. Its `Debug` shows sizes alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Control<'a> {
    /// Its OID.
    pub oid: &'a [u8],
    /// Whether the request must fail if it is not honoured.
    pub critical: bool,
    /// Its value, if there is one; an empty value is not an absent one.
    pub value: Option<&'a [u8]>,
    /// The whole control as it was sent.
    pub whole: &'a [u8],
}

impl fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("critical", &self.critical)
            .field("octets", &self.whole.len())
            .finish_non_exhaustive()
    }
}

/// The controls of a message. Their `Debug` shows the size alone.
#[derive(Clone, Copy)]
pub struct Controls<'a> {
    content: &'a [u8],
}

impl fmt::Debug for Controls<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Controls({} octets)", self.content.len())
    }
}

impl<'a> Controls<'a> {
    /// No controls.
    pub fn none() -> Self {
        Self { content: &[] }
    }

    /// From the content of `[0] Controls`.
    pub fn new(content: &'a [u8]) -> Self {
        Self { content }
    }

    /// The content of `[0] Controls`.
    pub fn content(&self) -> &'a [u8] {
        self.content
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.content.is_empty()
    }

    /// Each control, at most [`MOST_CONTROLS`] of them; the first fault ends the list.
    pub fn iter(&self) -> Iter<'a> {
        Iter {
            rest: Cursor::new(self.content),
            left: MOST_CONTROLS,
        }
    }

    /// The first control of this OID.
    pub fn find(&self, oid: &[u8]) -> Result<Option<Control<'a>>, WireError> {
        for control in self {
            let control = control?;
            if control.oid == oid {
                return Ok(Some(control));
            }
        }
        Ok(None)
    }

    /// The only control of this OID; a second one is a fault. Servers differ on which of two they follow, so where a control
    /// decides who acts or what is tested, ask here.
    pub fn sole(&self, oid: &[u8]) -> Result<Option<Control<'a>>, WireError> {
        let mut found = None;
        for control in self {
            let control = control?;
            if control.oid == oid && found.replace(control).is_some() {
                return Err(WireError::TooMany);
            }
        }
        Ok(found)
    }
}

impl<'a> IntoIterator for Controls<'a> {
    type Item = Result<Control<'a>, WireError>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &Controls<'a> {
    type Item = Result<Control<'a>, WireError>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Reads controls one by one.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    rest: Cursor<'a>,
    left: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Result<Control<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let control = if self.left == 0 {
            Err(WireError::TooMany)
        } else {
            parse(&mut self.rest)
        };
        self.left = self.left.saturating_sub(1);
        if control.is_err() {
            self.rest = Cursor::new(&[]);
        }
        Some(control)
    }
}

fn parse<'a>(cursor: &mut Cursor<'a>) -> Result<Control<'a>, WireError> {
    let element = cursor.element()?;
    if element.tag != tag::SEQUENCE {
        return Err(WireError::Unexpected);
    }
    let mut inside = Cursor::new(element.content);
    let oid = inside.octets()?;
    let critical = inside
        .optional(tag::BOOLEAN)?
        .map(crate::ber::truth)
        .transpose()?
        .unwrap_or(false);
    let value = inside.optional(tag::OCTET_STRING)?;
    inside.finish()?;
    Ok(Control {
        oid,
        critical,
        value,
        whole: element.whole,
    })
}

/// A control's octets. The criticality is written only if it is true, the default being false.
pub fn encode(oid: &[u8], critical: bool, value: Option<&[u8]>) -> Vec<u8> {
    let mut writer = Writer::with_capacity(oid.len() + value.map_or(0, <[u8]>::len) + 16);
    writer.nested(tag::SEQUENCE, |inside| {
        inside.octets(oid);
        if critical {
            inside.boolean(true);
        }
        if let Some(value) = value {
            inside.octets(value);
        }
    });
    writer.finish()
}

#[cfg(test)]
mod tests;
