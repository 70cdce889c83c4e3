//! Search requests (RFC 4511 §4.5.1).

use crate::WireError;
use crate::ber::{Cursor, Element};
use crate::frame::Header;
use crate::message::Message;
use crate::tag;

/// The most attributes one search may ask for by name.
pub const MOST_ATTRIBUTES: usize = 4096;

/// A search request.
#[derive(Debug, Clone, Copy)]
pub struct SearchRequest<'a> {
    /// The base, usually a DN.
    pub base: &'a [u8],
    /// How deep.
    pub scope: Scope,
    /// Whether aliases are followed: 0 never, 1 below the base, 2 at the base, 3 always.
    pub deref_aliases: u32,
    /// The most entries wanted; 0 is no limit.
    pub size_limit: u32,
    /// The most seconds wanted; 0 is no limit.
    pub time_limit: u32,
    /// Names of attributes without values.
    pub types_only: bool,
    /// The filter: see [`crate::filter`].
    pub filter: Element<'a>,
    attributes: &'a [u8],
}

/// The scope of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The base alone.
    Base,
    /// The entries directly below it.
    One,
    /// The base and everything below it.
    Subtree,
    /// Everything below it, without the base (draft-sermersheim-ldap-subordinate-scope), and any other number.
    Other(u32),
}

impl<'a> SearchRequest<'a> {
    /// Reads the operation of a message.
    pub fn parse(message: &Message<'a>) -> Result<Self, WireError> {
        if message.operation.tag != tag::SEARCH_REQUEST {
            return Err(WireError::Unexpected);
        }
        let mut body = message.body();
        let base = body.octets()?;
        let scope = match body.enumerated()? {
            0 => Scope::Base,
            1 => Scope::One,
            2 => Scope::Subtree,
            other => Scope::Other(other),
        };
        let deref_aliases = body.enumerated()?;
        let size_limit = body.integer()?;
        let time_limit = body.integer()?;
        let types_only = body.boolean()?;
        let filter = body.element()?;
        let attributes = body.expect(tag::SEQUENCE)?;
        body.finish()?;
        Ok(Self {
            base,
            scope,
            deref_aliases,
            size_limit,
            time_limit,
            types_only,
            filter,
            attributes,
        })
    }

    /// The attribute descriptions asked for, at most [`MOST_ATTRIBUTES`]. An empty list asks for all user attributes.
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes {
            rest: Cursor::new(self.attributes),
            left: MOST_ATTRIBUTES,
        }
    }

    /// Whether this reads the rootDSE.
    pub fn is_root_dse(&self) -> bool {
        self.base.is_empty() && self.scope == Scope::Base
    }
}

/// Whether a complete search request reads the rootDSE, without reading the rest of it.
#[inline]
pub fn is_root_dse(octets: &[u8], header: &Header) -> bool {
    let Some(operation) = octets.get(header.operation_offset + 1..header.length) else {
        return false;
    };
    let Ok(Some((_, prefix))) = crate::ber::length(operation) else {
        return false;
    };
    match operation.get(prefix..) {
        // An empty base and scope 0, in the shortest form.
        Some([tag::OCTET_STRING, 0, tag::ENUMERATED, 1, scope, ..]) => *scope == 0,
        // A base of some length in the shortest form: not the rootDSE.
        Some([tag::OCTET_STRING, 1..=0x7f, ..]) => false,
        _ => Message::parse(octets)
            .and_then(|message| SearchRequest::parse(&message))
            .is_ok_and(|search| search.is_root_dse()),
    }
}

/// Attribute descriptions one by one; the first fault ends the list.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    rest: Cursor<'a>,
    left: usize,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<&'a [u8], WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let attribute = if self.left == 0 {
            Err(WireError::TooMany)
        } else {
            self.rest.octets()
        };
        self.left = self.left.saturating_sub(1);
        if attribute.is_err() {
            self.rest = Cursor::new(&[]);
        }
        Some(attribute)
    }
}
