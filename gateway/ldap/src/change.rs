//! Modify, add, delete and modifyDN (RFC 4511 §4.6 to §4.9).

use crate::WireError;
use crate::ber::{Cursor, Writer};
use crate::message::{Message, MessageId};
use crate::tag;

/// The most changes or attributes one request may carry.
pub const MOST_CHANGES: usize = 4096;

/// A modify request, wholly checked.
#[derive(Clone, Copy)]
pub struct ModifyRequest<'a> {
    /// The entry.
    pub entry: &'a [u8],
    changes: &'a [u8],
}

/// One change of a modify request. Values may be passwords: no `Debug`.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// 0 add, 1 delete, 2 replace, 3 increment (RFC 4525).
    pub operation: u32,
    /// The attribute and its values.
    pub attribute: AttributeValues<'a>,
}

/// An attribute description and values.
#[derive(Clone, Copy)]
pub struct AttributeValues<'a> {
    /// The attribute description.
    pub description: &'a [u8],
    values: &'a [u8],
}

impl<'a> AttributeValues<'a> {
    pub(crate) fn parse(cursor: &mut Cursor<'a>) -> Result<Self, WireError> {
        let mut inside = cursor.enter(tag::SEQUENCE)?;
        let parsed = Self {
            description: inside.octets()?,
            values: inside.expect(tag::SET)?,
        };
        inside.finish()?;
        let mut values = Cursor::new(parsed.values);
        while !values.is_empty() {
            values.octets()?;
        }
        Ok(parsed)
    }

    /// The values.
    pub fn values(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = Cursor::new(self.values);
        std::iter::from_fn(move || if rest.is_empty() { None } else { rest.octets().ok() })
    }
}

impl<'a> ModifyRequest<'a> {
    /// Reads the operation of a message, every change of it.
    pub fn parse(message: &Message<'a>) -> Result<Self, WireError> {
        if message.operation.tag != tag::MODIFY_REQUEST {
            return Err(WireError::Unexpected);
        }
        let mut body = message.body();
        let modify = Self {
            entry: body.octets()?,
            changes: body.expect(tag::SEQUENCE)?,
        };
        body.finish()?;
        let mut rest = Cursor::new(modify.changes);
        let mut count = 0;
        while !rest.is_empty() {
            count += 1;
            if count > MOST_CHANGES {
                return Err(WireError::TooMany);
            }
            change(&mut rest)?;
        }
        Ok(modify)
    }

    /// The changes, in order.
    pub fn changes(&self) -> impl Iterator<Item = Change<'a>> + use<'a> {
        let mut rest = Cursor::new(self.changes);
        std::iter::from_fn(move || if rest.is_empty() { None } else { change(&mut rest).ok() })
    }
}

fn change<'a>(cursor: &mut Cursor<'a>) -> Result<Change<'a>, WireError> {
    let mut inside = cursor.enter(tag::SEQUENCE)?;
    let parsed = Change {
        operation: inside.enumerated()?,
        attribute: AttributeValues::parse(&mut inside)?,
    };
    inside.finish()?;
    Ok(parsed)
}

/// A change as we send it. Values may be passwords: no `Debug`.
#[derive(Clone, Copy)]
pub struct NewChange<'a> {
    /// 0 add, 1 delete, 2 replace.
    pub operation: u32,
    /// The attribute description.
    pub attribute: &'a [u8],
    /// The values.
    pub values: &'a [&'a [u8]],
}

/// A modify request as we send it. The result holds the values, which
/// may be passwords: wipe it after use.
pub fn modify(id: MessageId, entry: &[u8], changes: &[NewChange<'_>], controls: &[&[u8]]) -> Vec<u8> {
    // Room for everything at once, so that no copy of a password is left behind by a growing buffer.
    let room: usize = changes
        .iter()
        .map(|change| 32 + change.attribute.len() + change.values.iter().map(|value| value.len() + 6).sum::<usize>())
        .sum();
    let mut content = Writer::with_capacity(32 + entry.len() + room);
    content.octets(entry).nested(tag::SEQUENCE, |list| {
        for change in changes {
            list.nested(tag::SEQUENCE, |out| {
                out.enumerated(change.operation).nested(tag::SEQUENCE, |inside| {
                    inside.octets(change.attribute).nested(tag::SET, |set| {
                        for value in change.values {
                            set.octets(value);
                        }
                    });
                });
            });
        }
    });
    let mut content = content.finish();
    let octets = crate::answer::message(id, tag::MODIFY_REQUEST, &content, controls);
    content.fill(0);
    octets
}

/// An add request, wholly checked.
#[derive(Clone, Copy)]
pub struct AddRequest<'a> {
    /// The entry.
    pub entry: &'a [u8],
    attributes: &'a [u8],
}

impl<'a> AddRequest<'a> {
    /// Reads the operation of a message, every attribute of it.
    pub fn parse(message: &Message<'a>) -> Result<Self, WireError> {
        if message.operation.tag != tag::ADD_REQUEST {
            return Err(WireError::Unexpected);
        }
        let mut body = message.body();
        let add = Self {
            entry: body.octets()?,
            attributes: body.expect(tag::SEQUENCE)?,
        };
        body.finish()?;
        let mut rest = Cursor::new(add.attributes);
        let mut count = 0;
        while !rest.is_empty() {
            count += 1;
            if count > MOST_CHANGES {
                return Err(WireError::TooMany);
            }
            AttributeValues::parse(&mut rest)?;
        }
        Ok(add)
    }

    /// The attributes, in order.
    pub fn attributes(&self) -> impl Iterator<Item = AttributeValues<'a>> + use<'a> {
        let mut rest = Cursor::new(self.attributes);
        std::iter::from_fn(move || {
            if rest.is_empty() {
                None
            } else {
                AttributeValues::parse(&mut rest).ok()
            }
        })
    }
}

/// The DN of a delete request, which is the whole of it.
pub fn deleted_entry<'a>(message: &Message<'a>) -> Result<&'a [u8], WireError> {
    if message.operation.tag == tag::DELETE_REQUEST {
        Ok(message.operation.content)
    } else {
        Err(WireError::Unexpected)
    }
}

/// A modifyDN request. An RDN may hold a password: no `Debug`.
#[derive(Clone, Copy)]
pub struct ModifyDnRequest<'a> {
    /// The entry.
    pub entry: &'a [u8],
    /// Its new RDN.
    pub new_rdn: &'a [u8],
    /// Whether the values of the old RDN go.
    pub delete_old_rdn: bool,
    /// Its new parent, if it moves.
    pub new_superior: Option<&'a [u8]>,
}

impl<'a> ModifyDnRequest<'a> {
    /// Reads the operation of a message.
    pub fn parse(message: &Message<'a>) -> Result<Self, WireError> {
        if message.operation.tag != tag::MODIFY_DN_REQUEST {
            return Err(WireError::Unexpected);
        }
        let mut body = message.body();
        let request = Self {
            entry: body.octets()?,
            new_rdn: body.octets()?,
            delete_old_rdn: body.boolean()?,
            new_superior: body.optional(0x80)?,
        };
        body.finish()?;
        Ok(request)
    }
}
