//! Simple paged results (RFC 2696).

use crate::WireError;
use crate::ber::{Cursor, Writer};
use crate::{oid, tag};

/// The value, the same in requests and responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PagedResults<'a> {
    /// Page size in a request, an estimate of the total in a response.
    pub size: u32,
    /// Where to go on; empty at the beginning and at the end. Only the server that made it knows what it means.
    pub cookie: &'a [u8],
}

impl<'a> PagedResults<'a> {
    /// Reads a control's value.
    pub fn parse(value: &'a [u8]) -> Result<Self, WireError> {
        let mut outer = Cursor::new(value);
        let mut inside = outer.enter(tag::SEQUENCE)?;
        outer.finish()?;
        let paged = Self {
            size: inside.integer()?,
            cookie: inside.octets()?,
        };
        inside.finish()?;
        Ok(paged)
    }

    /// The whole control.
    pub fn control(&self, critical: bool) -> Vec<u8> {
        let mut value = Writer::new();
        value.nested(tag::SEQUENCE, |inside| {
            inside.integer(self.size).octets(self.cookie);
        });
        super::encode(oid::PAGED_RESULTS, critical, Some(&value.finish()))
    }
}
