//! Search requests (RFC 4511 §4.5.1).

use crate::WireError;
use crate::ber::{Cursor, Element, Writer};
use crate::frame::Header;
use crate::message::{Message, MessageId};
use crate::{splice, tag};
use std::fmt;

/// The most attributes one search may ask for by name.
pub const MOST_ATTRIBUTES: usize = 4096;

/// A search request. Its `Debug` shows numbers: base and filter are somebody's data.
#[derive(Clone, Copy)]
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

impl fmt::Debug for SearchRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchRequest")
            .field("scope", &self.scope)
            .field("size_limit", &self.size_limit)
            .field("time_limit", &self.time_limit)
            .finish_non_exhaustive()
    }
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
        Attributes::new(self.attributes)
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
    let Ok(Some((content, prefix))) = crate::ber::length(operation) else {
        return false;
    };
    match operation.get(prefix..).and_then(|rest| rest.get(..content)) {
        // An empty base and scope 0, in the shortest form.
        Some([tag::OCTET_STRING, 0, tag::ENUMERATED, 1, scope, ..]) => *scope == 0,
        // A base of some length in the shortest form: not the rootDSE.
        Some([tag::OCTET_STRING, 1..=0x7f, ..]) => false,
        _ => Message::parse(octets)
            .and_then(|message| SearchRequest::parse(&message))
            .is_ok_and(|search| search.is_root_dse()),
    }
}

/// The search request of a message with its limits lowered to these maxima, the rest untouched; `None` if it keeps to them. No limit
/// asked for (0) is lowered to the maximum; a maximum of 0 is none. An error means that it is no search: do not let it pass unlimited.
pub fn limited(message: &Message<'_>, size: u32, time: u32) -> Result<Option<Vec<u8>>, WireError> {
    let search = SearchRequest::parse(message)?;
    let size = lowered(search.size_limit, size);
    let time = lowered(search.time_limit, time);
    if (size, time) == (search.size_limit, search.time_limit) {
        return Ok(None);
    }
    let mut body = message.body();
    body.octets()?;
    body.enumerated()?;
    body.enumerated()?;
    let whole = message.operation.content;
    let before = whole
        .get(..whole.len() - body.rest().len())
        .ok_or(WireError::Truncated)?;
    body.integer()?;
    body.integer()?;
    let mut content = Writer::with_capacity(whole.len() + 8);
    content.raw(before).integer(size).integer(time).raw(body.rest());
    Ok(Some(splice::with_content(message, &content.finish())))
}

/// The search with another filter, already encoded, and another list of attributes, where they are given; the rest untouched.
pub fn altered<A: AsRef<[u8]>>(
    message: &Message<'_>,
    filter: Option<&[u8]>,
    attributes: Option<&[A]>,
) -> Result<Vec<u8>, WireError> {
    SearchRequest::parse(message)?;
    let mut body = message.body();
    for _ in 0..6 {
        body.element()?; // base, scope, aliases, size, time, types alone
    }
    let whole = message.operation.content;
    let before = whole
        .get(..whole.len() - body.rest().len())
        .ok_or(WireError::Truncated)?;
    let written = body.element()?;
    let mut content = Writer::with_capacity(whole.len() * 2);
    content.raw(before).raw(filter.unwrap_or(written.whole));
    match attributes {
        None => content.raw(body.rest()),
        Some(attributes) => content.nested(crate::tag::SEQUENCE, |list| {
            for attribute in attributes {
                list.octets(attribute.as_ref());
            }
        }),
    };
    Ok(splice::with_content(message, &content.finish()))
}

fn lowered(asked: u32, most: u32) -> u32 {
    match (asked, most) {
        (asked, 0) => asked,
        (0, most) => most,
        (asked, most) => asked.min(most),
    }
}

/// A search as we send it.
#[derive(Clone, Copy)]
pub struct NewSearch<'a> {
    /// The base.
    pub base: &'a [u8],
    /// How deep.
    pub scope: Scope,
    /// The most entries wanted; 0 is no limit.
    pub size_limit: u32,
    /// The most seconds wanted; 0 is no limit.
    pub time_limit: u32,
    /// The filter's octets: see [`crate::filter`].
    pub filter: &'a [u8],
    /// The attributes wanted; none is all user attributes.
    pub attributes: &'a [&'a [u8]],
}

impl NewSearch<'_> {
    /// The whole message, with already encoded controls. Aliases are never followed.
    pub fn message(&self, id: MessageId, controls: &[&[u8]]) -> Vec<u8> {
        let scope = match self.scope {
            Scope::Base => 0,
            Scope::One => 1,
            Scope::Subtree => 2,
            Scope::Other(number) => number,
        };
        let mut content = Writer::with_capacity(64 + self.base.len() + self.filter.len());
        content
            .octets(self.base)
            .enumerated(scope)
            .enumerated(0)
            .integer(self.size_limit)
            .integer(self.time_limit)
            .boolean(false)
            .raw(self.filter)
            .nested(tag::SEQUENCE, |list| {
                for attribute in self.attributes {
                    list.octets(attribute);
                }
            });
        crate::answer::message(id, tag::SEARCH_REQUEST, &content.finish(), controls)
    }
}

/// Attribute descriptions one by one; the first fault ends the list.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    rest: Cursor<'a>,
    left: usize,
}

impl<'a> Attributes<'a> {
    /// From the content of a list.
    pub(crate) fn new(list: &'a [u8]) -> Self {
        Self {
            rest: Cursor::new(list),
            left: MOST_ATTRIBUTES,
        }
    }
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

#[cfg(test)]
mod tests;
