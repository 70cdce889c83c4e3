//! One round of SHA over the password and a salt that follows the hash (`{SSHA}`) or over the password alone (`{SHA}`).

use aws_lc_rs::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

/// Far more than anybody writes.
const MOST_SALT: usize = 128;

#[derive(Clone, Copy)]
pub(super) struct Kind {
    algorithm: &'static Algorithm,
    salted: bool,
}

/// Of a scheme's name in capitals.
pub(super) fn kind(name: &[u8]) -> Option<Kind> {
    let (algorithm, salted) = match name {
        b"SHA" => (&SHA1_FOR_LEGACY_USE_ONLY, false),
        b"SHA256" => (&SHA256, false),
        b"SHA384" => (&SHA384, false),
        b"SHA512" => (&SHA512, false),
        b"SSHA" => (&SHA1_FOR_LEGACY_USE_ONLY, true),
        b"SSHA256" => (&SHA256, true),
        b"SSHA384" => (&SHA384, true),
        b"SSHA512" => (&SHA512, true),
        _ => return None,
    };
    Some(Kind { algorithm, salted })
}

/// A stored hash.
pub(in super::super) struct Digested {
    algorithm: &'static Algorithm,
    hash: Vec<u8>,
    salt: Vec<u8>,
}

impl Digested {
    pub(super) fn read(kind: Kind, text: &[u8]) -> Option<Self> {
        if text.len() > 512 {
            return None;
        }
        let octets = STANDARD.decode(text).ok()?;
        let (hash, salt) = octets.split_at_checked(kind.algorithm.output_len())?;
        let fits = if kind.salted {
            (1..=MOST_SALT).contains(&salt.len())
        } else {
            salt.is_empty()
        };
        fits.then(|| Self {
            algorithm: kind.algorithm,
            hash: hash.to_vec(),
            salt: salt.to_vec(),
        })
    }

    pub(super) fn fits(&self, given: &[u8]) -> bool {
        let mut context = Context::new(self.algorithm);
        context.update(given);
        context.update(&self.salt);
        context.finish().as_ref().ct_eq(&self.hash).into()
    }
}
