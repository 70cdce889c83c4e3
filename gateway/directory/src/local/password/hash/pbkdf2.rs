//! PBKDF2 (RFC 8018 §5.2) as slapd's pw-pbkdf2 writes it: `iterations$salt$key`, in base 64 without padding and with `.` for `+`.

use aws_lc_rs::pbkdf2::{
    Algorithm, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA384, PBKDF2_HMAC_SHA512, verify,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::num::NonZeroU32;

/// About a second.
const MOST_ITERATIONS: u32 = 2_000_000;

#[derive(Clone, Copy)]
pub(super) struct Kind {
    algorithm: Algorithm,
    length: usize,
}

/// Of a scheme's name in capitals.
pub(super) fn kind(name: &[u8]) -> Option<Kind> {
    let (algorithm, length) = match name {
        b"PBKDF2" | b"PBKDF2-SHA1" => (PBKDF2_HMAC_SHA1, 20),
        b"PBKDF2-SHA256" => (PBKDF2_HMAC_SHA256, 32),
        b"PBKDF2-SHA384" => (PBKDF2_HMAC_SHA384, 48),
        b"PBKDF2-SHA512" => (PBKDF2_HMAC_SHA512, 64),
        _ => return None,
    };
    Some(Kind { algorithm, length })
}

/// A stored key.
pub(in super::super) struct Derived {
    algorithm: Algorithm,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    key: Vec<u8>,
}

impl Derived {
    pub(super) fn read(kind: Kind, text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let mut parts = text.split('$');
        let iterations: NonZeroU32 = parts.next()?.parse().ok()?;
        let (salt, key) = (octets(parts.next()?)?, octets(parts.next()?)?);
        let is_one = parts.next().is_none()
            && iterations.get() <= MOST_ITERATIONS
            && (1..=128).contains(&salt.len())
            && key.len() == kind.length;
        is_one.then_some(Self {
            algorithm: kind.algorithm,
            iterations,
            salt,
            key,
        })
    }

    pub(super) fn fits(&self, given: &[u8]) -> bool {
        // HMAC fills keys up with zeros, so a password and the same with NULs behind it are one to it; not to us.
        given.last() != Some(&0) && verify(self.algorithm, self.iterations, &self.salt, given, &self.key).is_ok()
    }
}

fn octets(text: &str) -> Option<Vec<u8>> {
    if text.len() > 512 {
        return None;
    }
    STANDARD_NO_PAD
        .decode(text.trim_end_matches('=').replace('.', "+"))
        .ok()
}
