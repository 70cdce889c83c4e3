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
    // The usual forms of length, with all of the header there: at fixed places, so that one comparison of sizes is enough. Whatever
    // is not one of them, or wrong, is for the long way to say.
    let header = match octets.first_chunk::<LONGEST_USUAL>() {
        Some(&[tag::SEQUENCE, length @ 0..=0x7f, ref id @ ..]) => usual(2, usize::from(length), id, limit),
        Some(&[tag::SEQUENCE, 0x81, length, ref id @ ..]) => usual(3, usize::from(length), id, limit),
        Some(&[tag::SEQUENCE, 0x82, a, b, ref id @ ..]) => usual(4, usize::from(u16::from_be_bytes([a, b])), id, limit),
        Some(&[tag::SEQUENCE, 0x84, a @ 0..=0x7f, b, c, d, ref id @ ..]) => {
            usual(6, u32::from_be_bytes([a, b, c, d]) as usize, id, limit)
        }
        _ => None,
    };
    match header {
        Some(header) => Ok(Some(header)),
        None => long_walk(octets, limit),
    }
}

/// Four octets of length, three of id, and their tags.
const LONGEST_USUAL: usize = 12;

/// The header of a message with an id of one to three octets, `id_offset` octets from its beginning.
#[inline]
fn usual(id_offset: usize, content: usize, id: &[u8], limit: usize) -> Option<Header> {
    let (id, id_octets, operation) = match *id {
        [tag::INTEGER, 1, id @ 0..=0x7f, operation, ..] => (u32::from(id), 3, operation),
        [tag::INTEGER, 2, a @ 0..=0x7f, b, operation, ..] => (u32::from_be_bytes([0, 0, a, b]), 4, operation),
        [tag::INTEGER, 3, a @ 0..=0x7f, b, c, operation, ..] => (u32::from_be_bytes([0, a, b, c]), 5, operation),
        _ => return None,
    };
    let length = id_offset + content; // less than 2³¹ + 6
    (length <= limit && id_octets + 2 <= content).then_some(Header {
        length,
        id: MessageId(id),
        operation,
        id_offset,
        operation_offset: id_offset + id_octets,
    })
}

/// The same for every form BER allows, and for octets that end within the header.
#[cold]
fn long_walk(octets: &[u8], limit: usize) -> Result<Option<Header>, FrameError> {
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
    // Four octets of length and the header can be more than a 32-bit `usize` holds.
    let length = match id_offset.checked_add(content) {
        Some(length) if length <= limit => length,
        _ => return Err(FrameError::TooLarge),
    };
    if content < 5 {
        return Err(FrameError::Malformed); // an id and an operation take at least five octets
    }
    let Some((id, id_octets)) = long_id(octets.get(id_offset..).unwrap_or_default())? else {
        return Ok(None);
    };
    let operation_offset = id_offset + id_octets;
    if operation_offset + 2 > length {
        return Err(FrameError::Malformed); // no room for the operation's tag and length
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

/// Whether anything follows the operation in a complete message: controls, as a rule. Also true where the operation's length
/// cannot be right, so that whoever asks looks closer.
#[inline]
pub fn has_controls(octets: &[u8], header: &Header) -> bool {
    let operation = octets
        .get(header.operation_offset + 1..header.length)
        .unwrap_or_default();
    match ber::length(operation) {
        Ok(Some((content, prefix))) => operation.len() - prefix != content,
        _ => true,
    }
}

/// The id in whatever form BER allows, and how many octets its element took.
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

/// Appends the complete message `octets`, of which `header` is the header, to `out` under another id, which is at most 2³¹ − 1.
/// Everything behind the id is copied as it is.
#[inline]
#[allow(
    clippy::unusual_byte_groupings,
    reason = "grouped as the octets are: tag and length, length, tag and length, id"
)]
pub fn rewrite_id(octets: &[u8], header: &Header, id: MessageId, out: &mut Vec<u8>) {
    // Not the header of these octets: nothing.
    let Some(whole) = octets.get(..header.length) else {
        return;
    };
    let Some(tail) = whole.get(header.operation_offset..) else {
        return;
    };
    // Each usual form of length and id is one number with its octets side by side: a comparison, some arithmetic and a store. The few
    // sizes where the longer id makes the length longer, too, are left to the long way.
    let (size, number) = (tail.len() as u64, u64::from(id.0));
    match (size, id.0) {
        (0xfd..=0xfffb, 0..=0x7f) => append::<7>(out, 0x3082_0000_0201_00 | (size + 3) << 24 | number),
        (0xfd..=0xfffb, 0x80..=0x7fff) => append::<8>(out, 0x3082_0000_0202_0000 | (size + 4) << 32 | number),
        (0..=0x7b, 0..=0x7f) => append::<5>(out, 0x30_00_0201_00 | (size + 3) << 24 | number),
        (0..=0x7b, 0x80..=0x7fff) => append::<6>(out, 0x30_00_0202_0000 | (size + 4) << 32 | number),
        (0x7d..=0xfb, 0..=0x7f) => append::<6>(out, 0x3081_00_0201_00 | (size + 3) << 24 | number),
        (0x7d..=0xfb, 0x80..=0x7fff) => append::<7>(out, 0x3081_00_0202_0000 | (size + 4) << 32 | number),
        _ => long_head(out, tail.len(), id),
    }
    out.extend_from_slice(tail);
}

/// Appends the last `OCTETS` octets of a number.
#[inline]
fn append<const OCTETS: usize>(out: &mut Vec<u8>, number: u64) {
    if let Some(octets) = number.to_be_bytes().last_chunk::<OCTETS>() {
        out.extend_from_slice(octets);
    }
}

/// What stands before `tail` octets under a larger id or in a larger message.
#[cold]
fn long_head(out: &mut Vec<u8>, tail: usize, id: MessageId) {
    let [a, b, c, d] = id.0.to_be_bytes();
    let (element, used) = match id.0 {
        0..=0x7f => ([tag::INTEGER, 1, d, 0, 0, 0], 3),
        0x80..=0x7fff => ([tag::INTEGER, 2, c, d, 0, 0], 4),
        0x8000..=0x007f_ffff => ([tag::INTEGER, 3, b, c, d, 0], 5),
        _ => ([tag::INTEGER, 4, a, b, c, d], 6),
    };
    let (length, count) = ber::length_octets(used + tail);
    out.push(tag::SEQUENCE);
    out.extend_from_slice(length.get(..count).unwrap_or_default());
    out.extend_from_slice(element.get(..used).unwrap_or_default());
}

#[cfg(test)]
mod tests;
