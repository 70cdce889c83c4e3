//! Search result entries (RFC 4511 §4.5.2): read in place, and copied without some of their attributes.

use crate::WireError;
use crate::ber::{Cursor, Writer};
use crate::change::AttributeValues;
use crate::message::Message;
use crate::tag;
use std::borrow::Cow;

/// A view of one entry.
#[derive(Clone, Copy)]
pub struct SearchEntry<'a> {
    /// Its DN.
    pub dn: &'a [u8],
    attributes: &'a [u8],
}

impl<'a> SearchEntry<'a> {
    /// Reads the operation of a message.
    pub fn parse(message: &Message<'a>) -> Result<Self, WireError> {
        if message.operation.tag != tag::SEARCH_ENTRY {
            return Err(WireError::Unexpected);
        }
        Self::read(message.operation.content)
    }

    /// Reads the content of a SearchResultEntry, wherever it stands.
    pub(crate) fn read(content: &'a [u8]) -> Result<Self, WireError> {
        let mut body = Cursor::new(content);
        let entry = Self {
            dn: body.octets()?,
            attributes: body.expect(tag::SEQUENCE)?,
        };
        body.finish()?;
        Ok(entry)
    }

    /// The attributes; the first fault ends them.
    pub fn attributes(&self) -> impl Iterator<Item = Result<AttributeValues<'a>, WireError>> + use<'a> {
        let mut rest = Cursor::new(self.attributes);
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let attribute = AttributeValues::parse(&mut rest);
            if attribute.is_err() {
                rest = Cursor::new(&[]);
            }
            Some(attribute)
        })
    }

    /// The content of a SearchResultEntry in which `edit` decided on every attribute: it is asked with the description and an empty
    /// value, and again with each value where it answered [`Edit::Choose`]. An empty value is kept with its attribute or not at all.
    pub fn edited(&self, edit: impl FnMut(&[u8], &[u8]) -> Edit) -> Result<Vec<u8>, WireError> {
        self.edited_with(&[], edit)
    }

    /// The content of a SearchResultEntry under this name in which `revise` decided on the values of every attribute, with `more` attributes
    /// behind the others, already encoded. What it calls [`Values::Same`] stays octet for octet.
    pub fn revised(
        &self,
        dn: &[u8],
        more: &[u8],
        mut revise: impl FnMut(&[u8], &mut Vec<Cow<'a, [u8]>>) -> Values,
    ) -> Result<Vec<u8>, WireError> {
        let mut kept = Writer::with_capacity(self.attributes.len() + more.len());
        let mut rest = Cursor::new(self.attributes);
        while !rest.is_empty() {
            let before = rest.rest();
            let attribute = AttributeValues::parse(&mut rest)?;
            let whole = before
                .get(..before.len() - rest.rest().len())
                .ok_or(WireError::Truncated)?;
            let mut values: Vec<Cow<'a, [u8]>> = attribute.values().map(Cow::Borrowed).collect();
            match revise(attribute.description, &mut values) {
                Values::Same => {
                    kept.raw(whole);
                }
                Values::Gone => {}
                Values::Changed => encode(&mut kept, attribute.description, &values),
            }
        }
        kept.raw(more);
        let mut content = Writer::with_capacity(dn.len() + self.attributes.len() + more.len() + 16);
        content.octets(dn).element(tag::SEQUENCE, &kept.finish());
        Ok(content.finish())
    }

    /// As [`SearchEntry::edited`], with `more` attributes behind the others, already encoded.
    pub fn edited_with(&self, more: &[u8], mut edit: impl FnMut(&[u8], &[u8]) -> Edit) -> Result<Vec<u8>, WireError> {
        let mut kept = Writer::with_capacity(self.attributes.len());
        let mut rest = Cursor::new(self.attributes);
        while !rest.is_empty() {
            let before = rest.rest();
            let attribute = AttributeValues::parse(&mut rest)?;
            let whole = before
                .get(..before.len() - rest.rest().len())
                .ok_or(WireError::Truncated)?;
            // Asked once per attribute, and once more per value where it wants to choose among them.
            match edit(attribute.description, &[]) {
                Edit::Keep => {
                    kept.raw(whole);
                }
                Edit::Drop => {}
                Edit::Choose => {
                    let values: Vec<&[u8]> = attribute
                        .values()
                        .filter(|value| edit(attribute.description, value) == Edit::Keep)
                        .collect();
                    if !values.is_empty() {
                        kept.nested(tag::SEQUENCE, |out| {
                            out.octets(attribute.description).nested(tag::SET, |set| {
                                for value in &values {
                                    set.octets(value);
                                }
                            });
                        });
                    }
                }
            }
        }
        kept.raw(more);
        let mut content = Writer::with_capacity(self.dn.len() + self.attributes.len() + more.len() + 16);
        content.octets(self.dn).element(tag::SEQUENCE, &kept.finish());
        Ok(content.finish())
    }
}

/// One attribute of an entry with these values, behind what is written already.
pub fn encode<V: AsRef<[u8]>>(out: &mut Writer, description: &[u8], values: &[V]) {
    out.nested(tag::SEQUENCE, |attribute| {
        attribute.octets(description).nested(tag::SET, |set| {
            for value in values {
                set.octets(value.as_ref());
            }
        });
    });
}

/// What becomes of an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// They stay as they are.
    Same,
    /// They are now those that are left in the list, also if none is.
    Changed,
    /// They go, and the attribute with them.
    Gone,
}

/// What becomes of an attribute or value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// It stays.
    Keep,
    /// It goes.
    Drop,
    /// Ask about each value.
    Choose,
}

#[cfg(test)]
mod tests;
