//! A whole message cut in three: id, operation, controls (RFC 4511 §4.1.1).

use crate::WireError;
use crate::ber::{Cursor, Element};
use crate::control::Controls;
use crate::tag;
use std::fmt;

/// A message id: 0 for unsolicited notifications, else 1 to 2³¹ − 1 (RFC 4511 §4.1.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub u32);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A view of one complete message.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The id.
    pub id: MessageId,
    /// The id's element as it was sent.
    pub id_element: &'a [u8],
    /// The operation.
    pub operation: Element<'a>,
    /// The controls; none is the same as an empty list.
    pub controls: Controls<'a>,
}

impl<'a> Message<'a> {
    /// Cuts a message. `octets` must hold exactly one.
    pub fn parse(octets: &'a [u8]) -> Result<Self, WireError> {
        let mut outer = Cursor::new(octets);
        let mut inner = outer.enter(tag::SEQUENCE)?;
        outer.finish()?;
        let before = inner.rest();
        let id = MessageId(inner.integer()?);
        let id_element = before
            .get(..before.len() - inner.rest().len())
            .ok_or(WireError::Truncated)?;
        let operation = inner.element()?;
        // Active Directory puts the name of its disconnection notice behind the operation instead of into it: anything
        // but controls is passed over.
        let mut controls = Controls::none();
        while !inner.is_empty() {
            let element = inner.element()?;
            if element.tag == tag::CONTROLS {
                controls = Controls::new(element.content);
            } else if element.tag & 0xc0 != 0x80 {
                return Err(WireError::Unexpected);
            }
        }
        Ok(Self {
            id,
            id_element,
            operation,
            controls,
        })
    }

    /// A cursor into the operation.
    pub fn body(&self) -> Cursor<'a> {
        Cursor::new(self.operation.content)
    }
}
