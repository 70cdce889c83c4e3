//! Reading BER in place. Every step checks what it is told against what is there.

use crate::WireError;
use crate::tag;
use std::fmt;

/// One element: tag, content, and both with the length between them. Its `Debug` shows sizes: the content may be a password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// The content octets.
    pub content: &'a [u8],
    /// Tag, length and content as they were sent.
    pub whole: &'a [u8],
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({:#04x}, {} octets)", self.tag, self.content.len())
    }
}

/// A place in a run of elements. Its `Debug` shows how much is left, not what.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({} octets left)", self.rest.len())
    }
}

impl<'a> Cursor<'a> {
    /// At the first element of `octets`.
    pub fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Fails unless everything has been read.
    pub fn finish(&self) -> Result<(), WireError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(WireError::Trailing)
        }
    }

    /// The tag of the next element, if there is one.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The only element: nothing may follow it.
    pub fn only(mut self) -> Result<Element<'a>, WireError> {
        let element = self.element()?;
        self.finish()?;
        Ok(element)
    }

    /// The content of the only element, which must have this tag.
    pub fn only_of(self, tag: u8) -> Result<&'a [u8], WireError> {
        self.only().and_then(|element| {
            if element.tag == tag {
                Ok(element.content)
            } else {
                Err(WireError::Unexpected)
            }
        })
    }

    /// The next element, whatever it is.
    pub fn element(&mut self) -> Result<Element<'a>, WireError> {
        let (&tag, after_tag) = self.rest.split_first().ok_or(WireError::Truncated)?;
        if tag & 0x1f == 0x1f {
            return Err(WireError::Unexpected); // a tag number of 31 or more: LDAP has none
        }
        let (length, octets) = length(after_tag)?.ok_or(WireError::Truncated)?;
        let start = 1 + octets;
        let end = start.checked_add(length).ok_or(WireError::Truncated)?;
        let (whole, rest) = self.rest.split_at_checked(end).ok_or(WireError::Truncated)?;
        let content = whole.get(start..).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(Element { tag, content, whole })
    }

    /// The content of the next element, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<&'a [u8], WireError> {
        if self.peek() != Some(tag) {
            return Err(if self.is_empty() {
                WireError::Truncated
            } else {
                WireError::Unexpected
            });
        }
        self.element().map(|element| element.content)
    }

    /// The content of the next element if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, WireError> {
        if self.peek() == Some(tag) {
            self.expect(tag).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A cursor into the next element, which must have this tag.
    pub fn enter(&mut self, tag: u8) -> Result<Self, WireError> {
        self.expect(tag).map(Self::new)
    }

    /// An OCTET STRING.
    pub fn octets(&mut self) -> Result<&'a [u8], WireError> {
        self.expect(tag::OCTET_STRING)
    }

    /// A non-negative INTEGER that fits 31 bits (RFC 4511's `maxInt`).
    pub fn integer(&mut self) -> Result<u32, WireError> {
        self.expect(tag::INTEGER).and_then(non_negative)
    }

    /// A non-negative ENUMERATED.
    pub fn enumerated(&mut self) -> Result<u32, WireError> {
        self.expect(tag::ENUMERATED).and_then(non_negative)
    }

    /// A BOOLEAN: zero is false, anything else true. LDAP wants FF for true (RFC 4511 §5.1), real clients send 01.
    pub fn boolean(&mut self) -> Result<bool, WireError> {
        self.expect(tag::BOOLEAN).and_then(truth)
    }
}

/// The value of a BOOLEAN's content.
pub(crate) fn truth(content: &[u8]) -> Result<bool, WireError> {
    match content {
        [octet] => Ok(*octet != 0),
        _ => Err(WireError::Number),
    }
}

/// The value of an INTEGER's content, if it is between 0 and 2³¹ − 1; needless leading zeros are allowed.
pub fn non_negative(content: &[u8]) -> Result<u32, WireError> {
    let (&first, _) = content.split_first().ok_or(WireError::Number)?;
    if first & 0x80 != 0 || content.len() > 8 {
        return Err(WireError::Number);
    }
    let value = content
        .iter()
        .fold(0_u64, |value, &octet| value << 8 | u64::from(octet));
    if value <= 0x7fff_ffff {
        u32::try_from(value).map_err(|_| WireError::Number)
    } else {
        Err(WireError::Number)
    }
}

/// Reads a length: its value and how many octets it took. `None` if there are too few octets to tell.
pub(crate) fn length(octets: &[u8]) -> Result<Option<(usize, usize)>, WireError> {
    let Some((&first, rest)) = octets.split_first() else {
        return Ok(None);
    };
    if first < 0x80 {
        return Ok(Some((usize::from(first), 1)));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 {
        return Err(WireError::Length); // 80 is the indefinite form; 85 and up cannot be a message of ours
    }
    let Some(digits) = rest.get(..count) else {
        return Ok(None);
    };
    let value = digits
        .iter()
        .fold(0_usize, |value, &octet| value << 8 | usize::from(octet));
    Ok(Some((value, 1 + count)))
}
