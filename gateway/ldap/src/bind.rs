//! Bind (RFC 4511 §4.2).

use crate::WireError;
use crate::ber::{Cursor, Writer};
use crate::message::{Message, MessageId};
use crate::tag;

/// A bind request. Holds a password by reference: no `Debug`.
#[derive(Clone, Copy)]
pub struct BindRequest<'a> {
    /// The protocol version; 3 is the only one there is.
    pub version: u32,
    /// The name: often but not always a DN.
    pub name: &'a [u8],
    /// How the name is to be proven.
    pub authentication: Authentication<'a>,
}

/// The authentication choice.
#[derive(Clone, Copy)]
pub enum Authentication<'a> {
    /// `[0]`: a password.
    Simple(&'a [u8]),
    /// `[3]`: a SASL mechanism (RFC 4513 §5.2).
    Sasl {
        /// The mechanism's name.
        mechanism: &'a [u8],
        /// Its credentials, if any.
        credentials: Option<&'a [u8]>,
    },
    /// Anything else, by its tag.
    Other(u8),
}

impl<'a> BindRequest<'a> {
    /// Reads the operation of a message.
    pub fn parse(message: &Message<'a>) -> Result<Self, WireError> {
        if message.operation.tag != tag::BIND_REQUEST {
            return Err(WireError::Unexpected);
        }
        let mut body = message.body();
        let version = body.integer()?;
        let name = body.octets()?;
        let choice = body.element()?;
        body.finish()?;
        let authentication = match choice.tag {
            0x80 => Authentication::Simple(choice.content),
            0xa3 => {
                let mut sasl = Cursor::new(choice.content);
                let mechanism = sasl.octets()?;
                let credentials = sasl.optional(tag::OCTET_STRING)?;
                sasl.finish()?;
                Authentication::Sasl { mechanism, credentials }
            }
            other => Authentication::Other(other),
        };
        Ok(Self {
            version,
            name,
            authentication,
        })
    }
}

/// A simple bind request with already encoded controls. The result holds the password: wipe it after use.
pub fn simple(id: MessageId, name: &[u8], password: &[u8], controls: &[&[u8]]) -> Vec<u8> {
    // Room for everything at once, so that no copy of the password is left behind by a growing buffer.
    let room = 64 + name.len() + password.len() + controls.iter().map(|control| control.len()).sum::<usize>();
    let mut body = Writer::with_capacity(room);
    body.integer(3).octets(name).element(0x80, password);
    let mut body = body.finish();
    let octets = crate::answer::message(id, tag::BIND_REQUEST, &body, controls);
    body.fill(0);
    octets
}

/// The SASL credentials of a bind response, `[7]`, if there are any.
pub fn server_credentials<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    let mut body = message.body();
    while let Ok(element) = body.element() {
        if element.tag == 0x87 {
            return Some(element.content);
        }
    }
    None
}
