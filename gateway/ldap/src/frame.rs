//! The header of a message and nothing behind it: how long, whose, what.
//!
//! This runs for every message in both directions. It allocates nothing and looks at no more than sixteen octets.

use crate::ber;
use crate::message::MessageId;
use crate::tag;
use thiserror::Error;

/// Where one message ends and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The whole message, in octets, with its own tag and length.
    pub length: usize,
    /// The message id (RFC 4511 §4.1.1.1).
    pub id: MessageId,
    /// The identifier octet of the operation: see [`tag`].
    pub operation: u8,
    /// Where the message id's element begins.
    pub id_offset: usize,
    /// Where the operation's element begins.
    pub operation_offset: usize,
}

/// Why octets are not the beginning of a message. The stream cannot be read on after any of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The first octet is not that of a SEQUENCE: another protocol, or a TLS client on a plain port.
    #[error("not an LDAP message")]
    NotLdap,
    /// It announces more octets than the limit.
    #[error("the message is larger than the limit")]
    TooLarge,
    /// Lengths or tags LDAP does not allow.
    #[error("the message is malformed")]
    Malformed,
}

/// Reads the header of the message that begins `octets`. `None` if too few octets are there to tell. The message itself may not
/// be complete: compare [`Header::length`] with what is there. The announced length is checked against `limit` at once.
#[inline]
pub fn walk(octets: &[u8], limit: usize) -> Result<Option<Header>, FrameError> {
    let Some((&first, after_tag)) = octets.split_first() else {
        return Ok(None);
    };
    if first != tag::SEQUENCE {
        return Err(FrameError::NotLdap);
    }
    let Some((content, prefix)) = ber::length(after_tag).map_err(|_| FrameError::Malformed)? else {
        return Ok(None);
    };
    let id_offset = 1 + prefix;
    let length = id_offset + content;
    if length > limit {
        return Err(FrameError::TooLarge);
    }
    if content < 5 {
        return Err(FrameError::Malformed); // an id and an operation take at least five octets
    }
    let id_element = octets.get(id_offset..).unwrap_or_default();
    let (id, operation_offset) = match id_element {
        // One octet of id, the usual case.
        [tag::INTEGER, 1, id, _, ..] if *id < 0x80 => (u32::from(*id), id_offset + 3),
        [tag::INTEGER, 2, high, low, _, ..] if *high < 0x80 => (u32::from(*high) << 8 | u32::from(*low), id_offset + 4),
        _ => match long_id(id_element)? {
            Some((id, octets)) => (id, id_offset + octets),
            None => return Ok(None),
        },
    };
    if operation_offset >= length {
        return Err(FrameError::Malformed);
    }
    let Some(&operation) = octets.get(operation_offset) else {
        return Ok(None);
    };
    Ok(Some(Header {
        length,
        id: MessageId(id),
        operation,
        id_offset,
        operation_offset,
    }))
}

/// The id in whatever form BER allows, and how many octets its element took.
#[cold]
fn long_id(element: &[u8]) -> Result<Option<(u32, usize)>, FrameError> {
    let Some((&first, after_tag)) = element.split_first() else {
        return Ok(None);
    };
    if first != tag::INTEGER {
        return Err(FrameError::Malformed);
    }
    let Some((content, prefix)) = ber::length(after_tag).map_err(|_| FrameError::Malformed)? else {
        return Ok(None);
    };
    if content == 0 || content > 8 {
        return Err(FrameError::Malformed);
    }
    let Some(digits) = after_tag.get(prefix..prefix + content) else {
        return Ok(None);
    };
    let id = ber::non_negative(digits).map_err(|_| FrameError::Malformed)?;
    Ok(Some((id, 1 + prefix + content)))
}

/// Appends the complete message `octets`, of which `header` is the header, to `out` under another id. Everything behind
/// the id is copied as it is.
pub fn rewrite_id(octets: &[u8], header: &Header, id: MessageId, out: &mut Vec<u8>) {
    let tail = octets.get(header.operation_offset..header.length).unwrap_or_default();
    // The id's element in its fewest octets.
    let digits = id.0.to_be_bytes();
    let (element, used) = match id.0 {
        0..=0x7f => ([tag::INTEGER, 1, digits[3], 0, 0, 0], 3),
        0x80..=0x7fff => ([tag::INTEGER, 2, digits[2], digits[3], 0, 0], 4),
        0x8000..=0x007f_ffff => ([tag::INTEGER, 3, digits[1], digits[2], digits[3], 0], 5),
        _ => ([tag::INTEGER, 4, digits[0], digits[1], digits[2], digits[3]], 6),
    };
    let (length, count) = ber::length_octets(used + tail.len());
    out.reserve(1 + count + used + tail.len());
    out.push(tag::SEQUENCE);
    out.extend_from_slice(length.get(..count).unwrap_or_default());
    out.extend_from_slice(element.get(..used).unwrap_or_default());
    out.extend_from_slice(tail);
}

#[cfg(test)]
mod tests;
