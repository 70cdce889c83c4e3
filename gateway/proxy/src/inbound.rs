//! Requests read and not yet acted on. They may hold passwords, so whatever goes is wiped.

use postern_ldap::{FrameError, Header, frame};
use zeroize::Zeroize;

/// Octets of a client, the acted-on ones gone.
#[derive(Default)]
pub(crate) struct Inbound {
    octets: Vec<u8>,
    start: usize,
}

impl Inbound {
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.octets.len()
    }

    /// What is there.
    pub(crate) fn rest(&self) -> &[u8] {
        self.octets.get(self.start..).unwrap_or_default()
    }

    /// Whether a whole message is there, or something that never will be one.
    pub(crate) fn is_ready(&self, limit: usize) -> bool {
        let rest = self.rest();
        match frame::walk(rest, limit) {
            Ok(Some(header)) => rest.len() >= header.length,
            Ok(None) => false,
            Err(_) => true,
        }
    }

    pub(crate) fn push(&mut self, octets: &[u8]) {
        if self.start > 0 {
            self.octets.copy_within(self.start.., 0);
            let left = self.octets.len() - self.start;
            self.octets.get_mut(left..).unwrap_or_default().zeroize();
            self.octets.truncate(left);
            self.start = 0;
        }
        let needed = self.octets.len() + octets.len();
        if needed > self.octets.capacity() {
            // Grown by hand, so that the old place can be wiped.
            let mut grown = Vec::with_capacity(needed.next_power_of_two());
            grown.extend_from_slice(&self.octets);
            self.octets.zeroize();
            self.octets = grown;
        }
        self.octets.extend_from_slice(octets);
    }

    /// The first `count` octets have been acted on.
    pub(crate) fn consume(&mut self, count: usize) {
        let end = (self.start + count).min(self.octets.len());
        self.octets.get_mut(self.start..end).unwrap_or_default().zeroize();
        self.start = end;
        if self.is_empty() {
            self.octets = Vec::new();
            self.start = 0;
        }
    }

    /// Takes everything out, to be looked at while the session is borrowed. Give it back with [`Inbound::put_back`].
    pub(crate) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// The other half of [`Inbound::take`].
    pub(crate) fn put_back(&mut self, taken: Self) {
        *self = taken;
    }
}

impl Drop for Inbound {
    fn drop(&mut self) {
        self.octets.zeroize();
    }
}

/// The header of the whole message that begins `octets`: `Ok(None)` if more must come.
#[inline]
pub(crate) fn next(octets: &[u8], limit: usize) -> Result<Option<Header>, FrameError> {
    let header = frame::walk(octets, limit)?;
    Ok(header.filter(|header| octets.len() >= header.length))
}
