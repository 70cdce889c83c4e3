//! Extended operations (RFC 4511 §4.12) and the two whose values we read: password modify (RFC 3062) and cancel (RFC 3909).

use crate::WireError;
use crate::ber::{Cursor, Writer};
use crate::message::{Message, MessageId};
use crate::{oid, tag};

/// An extended request. The value may hold passwords: no `Debug`.
#[derive(Clone, Copy)]
pub struct ExtendedRequest<'a> {
    /// What is asked for.
    pub oid: &'a [u8],
    /// Its value, if any.
    pub value: Option<&'a [u8]>,
}

impl<'a> ExtendedRequest<'a> {
    /// Reads the operation of a message.
    pub fn parse(message: &Message<'a>) -> Result<Self, WireError> {
        if message.operation.tag != tag::EXTENDED_REQUEST {
            return Err(WireError::Unexpected);
        }
        let mut body = message.body();
        let request = Self {
            oid: body.expect(0x80)?,
            value: body.optional(0x81)?,
        };
        body.finish()?;
        Ok(request)
    }
}

/// The name and value of an extended response. The value may be a password a server made up: no `Debug`.
#[derive(Clone, Copy)]
pub struct ExtendedResponse<'a> {
    /// `[10]`, if sent.
    pub name: Option<&'a [u8]>,
    /// `[11]`, if sent.
    pub value: Option<&'a [u8]>,
}

impl<'a> ExtendedResponse<'a> {
    /// Reads what follows the LDAPResult of an extended response: [`crate::result::LdapResult::rest`].
    pub fn parse(rest: &'a [u8]) -> Result<Self, WireError> {
        let mut rest = Cursor::new(rest);
        let response = Self {
            name: rest.optional(0x8a)?,
            value: rest.optional(0x8b)?,
        };
        rest.finish()?;
        Ok(response)
    }
}

/// RFC 3062's request value. Holds passwords by reference: no `Debug`.
#[derive(Clone, Copy, Default)]
pub struct PasswordModify<'a> {
    /// Whose password; absent means the session's own. A DN, or an authorization id.
    pub identity: Option<&'a [u8]>,
    /// The old password, if given.
    pub old: Option<&'a [u8]>,
    /// The new one; absent asks the server to make one up.
    pub new: Option<&'a [u8]>,
}

impl<'a> PasswordModify<'a> {
    /// Reads the value of a request; an absent value is a request without any field.
    pub fn parse(value: Option<&'a [u8]>) -> Result<Self, WireError> {
        let Some(value) = value else { return Ok(Self::default()) };
        let mut outer = Cursor::new(value);
        let mut inside = outer.enter(tag::SEQUENCE)?;
        outer.finish()?;
        let request = Self {
            identity: inside.optional(0x80)?,
            old: inside.optional(0x81)?,
            new: inside.optional(0x82)?,
        };
        inside.finish()?;
        Ok(request)
    }

    /// The value of a request. It holds the passwords: wipe it after use.
    pub fn value(&self) -> Vec<u8> {
        let room = [self.identity, self.old, self.new]
            .iter()
            .map(|field| field.map_or(0, <[u8]>::len) + 6)
            .sum::<usize>();
        let mut writer = Writer::with_capacity(room + 6);
        writer.nested(tag::SEQUENCE, |inside| {
            for (tag, field) in [(0x80, self.identity), (0x81, self.old), (0x82, self.new)] {
                if let Some(field) = field {
                    inside.element(tag, field);
                }
            }
        });
        writer.finish()
    }
}

/// The message a cancel request (RFC 3909 §2) is about.
pub fn cancelled_id(value: Option<&[u8]>) -> Result<MessageId, WireError> {
    let mut outer = Cursor::new(value.ok_or(WireError::Truncated)?);
    let mut inside = outer.enter(tag::SEQUENCE)?;
    outer.finish()?;
    let id = MessageId(inside.integer()?);
    inside.finish()?;
    Ok(id)
}

/// The message an abandon request (RFC 4511 §4.11) is about.
pub fn abandoned_id(message: &Message<'_>) -> Result<MessageId, WireError> {
    if message.operation.tag != tag::ABANDON_REQUEST {
        return Err(WireError::Unexpected);
    }
    crate::ber::non_negative(message.operation.content).map(MessageId)
}

/// An extended request as we send it.
pub fn request(id: MessageId, oid: &[u8], value: Option<&[u8]>, controls: &[&[u8]]) -> Vec<u8> {
    let mut content = Writer::with_capacity(oid.len() + value.map_or(0, <[u8]>::len) + 16);
    content.element(0x80, oid);
    if let Some(value) = value {
        content.element(0x81, value);
    }
    let mut content = content.finish();
    let octets = crate::answer::message(id, tag::EXTENDED_REQUEST, &content, controls);
    content.fill(0);
    octets
}

/// A StartTLS request.
pub fn start_tls(id: MessageId) -> Vec<u8> {
    request(id, oid::START_TLS, None, &[])
}
