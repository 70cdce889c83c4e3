//! Compare (RFC 4511 §4.10).

use crate::WireError;
use crate::message::Message;
use crate::tag;

/// A compare request. The value may be a password: no `Debug`.
#[derive(Clone, Copy)]
pub struct CompareRequest<'a> {
    /// The entry.
    pub entry: &'a [u8],
    /// The attribute description.
    pub attribute: &'a [u8],
    /// The value asserted.
    pub value: &'a [u8],
}

impl<'a> CompareRequest<'a> {
    /// Reads the operation of a message.
    pub fn parse(message: &Message<'a>) -> Result<Self, WireError> {
        if message.operation.tag != tag::COMPARE_REQUEST {
            return Err(WireError::Unexpected);
        }
        let mut body = message.body();
        let entry = body.octets()?;
        let mut assertion = body.enter(tag::SEQUENCE)?;
        body.finish()?;
        let compare = Self {
            entry,
            attribute: assertion.octets()?,
            value: assertion.octets()?,
        };
        assertion.finish()?;
        Ok(compare)
    }
}
