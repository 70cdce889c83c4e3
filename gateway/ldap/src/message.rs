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

/// A view of one complete message. Its `Debug` shows numbers alone: the operation may hold a password.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The id.
    pub id: MessageId,
    /// The id's element as it was sent.
    pub id_element: &'a [u8],
    /// The operation.
    pub operation: Element<'a>,
    /// The controls; none is the same as an empty list.
    pub controls: Controls<'a>,
    /// What a server put between the operation and the controls, and behind them.
    pub(crate) strays: [&'a [u8]; 2],
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id.0)
            .field("operation", &self.operation)
            .field("controls", &self.controls)
            .finish_non_exhaustive()
    }
}

impl<'a> Message<'a> {
    /// Cuts a message. `octets` must hold exactly one.
    ///
    /// Behind the operation of a request nothing may stand but one list of controls: of two lists slapd follows the first, of an
    /// unknown element and a list none, and what we check must be what the server follows. In a response unknown elements are
    /// passed over (RFC 4511 §4), for Active Directory puts the name of its disconnection notice there.
    pub fn parse(octets: &'a [u8]) -> Result<Self, WireError> {
        let mut outer = Cursor::new(octets);
        let mut inner = outer.enter(tag::SEQUENCE)?;
        outer.finish()?;
        let start = inner.rest();
        let id = MessageId(inner.integer()?);
        let id_element = passed(start, &inner)?;
        let operation = inner.element()?;
        let before = inner.rest();
        skip_strays(&mut inner, operation.tag)?;
        let between = passed(before, &inner)?;
        let controls = inner
            .optional(tag::CONTROLS)?
            .map_or_else(Controls::none, Controls::new);
        let behind = inner.rest();
        skip_strays(&mut inner, operation.tag)?;
        inner.finish()?;
        Ok(Self {
            id,
            id_element,
            operation,
            controls,
            strays: [between, behind],
        })
    }

    /// A cursor into the operation.
    pub fn body(&self) -> Cursor<'a> {
        Cursor::new(self.operation.content)
    }
}

/// Passes over the elements a response may have beside its controls.
fn skip_strays(inner: &mut Cursor<'_>, operation: u8) -> Result<(), WireError> {
    while let Some(tag) = inner.peek().filter(|&tag| tag != tag::CONTROLS) {
        // Of the context class, as any later addition to LDAPMessage would be.
        if tag::is_request(operation) || tag & 0xc0 != 0x80 {
            return Err(WireError::Unexpected);
        }
        inner.element()?;
    }
    Ok(())
}

/// The octets between `start` and where the cursor is now.
fn passed<'a>(start: &'a [u8], now: &Cursor<'_>) -> Result<&'a [u8], WireError> {
    start.get(..start.len() - now.rest().len()).ok_or(WireError::Truncated)
}

#[cfg(test)]
mod tests;
