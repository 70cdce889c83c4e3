//! Pre-read and post-read (RFC 4527): the entry as it was before a change, or is after it.

use crate::WireError;
use crate::ber::{Cursor, Writer};
use crate::entry::SearchEntry;
use crate::search::Attributes;
use crate::tag;

/// The attribute descriptions a request control's value asks for (RFC 4527 §3.1), as in a search.
pub fn requested(value: &[u8]) -> Result<Attributes<'_>, WireError> {
    Cursor::new(value).only_of(tag::SEQUENCE).map(Attributes::new)
}

/// A whole request control; `oid` is [`crate::oid::PRE_READ`] or [`crate::oid::POST_READ`].
pub fn request(oid: &[u8], attributes: &[&[u8]], critical: bool) -> Vec<u8> {
    let mut value = Writer::new();
    value.nested(tag::SEQUENCE, |list| {
        for attribute in attributes {
            list.octets(attribute);
        }
    });
    super::encode(oid, critical, Some(&value.finish()))
}

/// The entry in a response control's value (RFC 4527 §3.1), and the tag it came under.
#[derive(Clone, Copy)]
pub struct ReadEntry<'a> {
    /// The entry.
    pub entry: SearchEntry<'a>,
    /// The tag of a SearchResultEntry, as slapd writes it, or that of a plain SEQUENCE.
    pub tag: u8,
}

impl<'a> ReadEntry<'a> {
    /// Reads a response control's value.
    pub fn parse(value: &'a [u8]) -> Result<Self, WireError> {
        let element = Cursor::new(value).only()?;
        if !matches!(element.tag, tag::SEARCH_ENTRY | tag::SEQUENCE) {
            return Err(WireError::Unexpected);
        }
        Ok(Self {
            entry: SearchEntry::read(element.content)?,
            tag: element.tag,
        })
    }

    /// A whole response control with this content of a SearchResultEntry in the place of the entry's (see [`SearchEntry::edited`]).
    pub fn control(&self, oid: &[u8], critical: bool, content: &[u8]) -> Vec<u8> {
        let mut value = Writer::with_capacity(content.len() + 8);
        value.element(self.tag, content);
        super::encode(oid, critical, Some(&value.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Controls;
    use crate::entry::Edit;
    use crate::oid;

    /// As slapd 2.5 answers a modify that asked for `o` and `description` after it.
    const POST_READ: &[u8] = b"\x30\x3a\x04\x0e1.3.6.1.1.13.2\x04\x28\x64\x26\x04\x04dc=x\x30\x1e\
        \x30\x08\x04\x01o\x31\x03\x04\x01x\x30\x12\x04\x0bdescription\x31\x03\x04\x01v";

    #[test]
    fn the_entry_slapd_sends_is_read_and_written_back_under_its_tag() {
        let control = Controls::new(POST_READ).find(oid::POST_READ).unwrap().unwrap();
        let read = ReadEntry::parse(control.value.unwrap()).unwrap();
        assert_eq!((read.entry.dn, read.tag), (&b"dc=x"[..], tag::SEARCH_ENTRY));
        let all = read.entry.edited(|_, _| Edit::Keep).unwrap();
        assert_eq!(read.control(oid::POST_READ, false, &all), POST_READ);
        let none = read.entry.edited(|_, _| Edit::Drop).unwrap();
        assert_eq!(
            read.control(oid::POST_READ, false, &none),
            b"\x30\x1c\x04\x0e1.3.6.1.1.13.2\x04\x0a\x64\x08\x04\x04dc=x\x30\x00"
        );
    }

    #[test]
    fn a_plain_sequence_is_read_and_anything_else_refused() {
        assert!(ReadEntry::parse(b"\x30\x08\x04\x04dc=x\x30\x00").is_ok());
        assert!(ReadEntry::parse(b"\x65\x08\x04\x04dc=x\x30\x00").is_err());
        assert!(ReadEntry::parse(b"\x30\x08\x04\x04dc=x\x30\x00\x00").is_err());
    }

    #[test]
    fn the_attributes_asked_for_come_out_as_they_went_in() {
        let octets = request(oid::PRE_READ, &[b"cn", b"*"], true);
        let control = Controls::new(&octets).find(oid::PRE_READ).unwrap().unwrap();
        let asked: Result<Vec<_>, _> = requested(control.value.unwrap()).unwrap().collect();
        assert_eq!(asked, Ok(vec![&b"cn"[..], b"*"]));
        assert!(requested(b"\x30\x00\x00").is_err());
    }
}
