//! A credential in memory: never printed, never serialized, wiped when dropped.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The octets of a password, token or key.
///
/// Deliberately without `Debug`, `Display`, `Serialize` and `Clone`: the compiler refuses to log it or to multiply it by
/// accident. Passwords are arbitrary octets (RFC 4513 §5.1.3 gives them no character set), so this is not a string.
#[derive(Default)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes over the octets; the caller's copy, if it made one, is the caller's to wipe.
    pub fn new(octets: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(octets.into()))
    }

    /// The octets, for the one line that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// True for a credential of no octets, which RFC 4513 §5.1.2 makes an *unauthenticated* bind.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares in time that depends on the lengths alone.
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }

    /// A second copy where two owners are meant, said aloud.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_octets_are_the_same_and_others_are_not() {
        assert!(Secret::new("a\0b").same_as(&Secret::new("a\0b")));
        assert!(!Secret::new("a").same_as(&Secret::new("b")));
        assert!(!Secret::new("a").same_as(&Secret::new("aa")));
        assert!(Secret::default().is_empty());
    }
}
