//! Keyed hashes, so that neither a name nor a password stands in memory, and nobody outside can make two of either meet.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use std::hash::Hasher as _;
#[expect(
    deprecated,
    reason = "SipHash 2-4 under a key of our own: what took its place in std has no key, or not ours"
)]
use std::hash::SipHasher;
use subtle::ConstantTimeEq as _;

/// Random octets from which this process's keys are made. No `Debug`, and never written anywhere.
#[derive(Clone)]
pub struct GuardSeed(pub [u8; 32]);

/// The keys of one directory's guard. Names are hashed at every sign-in, so theirs is SipHash, which nobody without the key can make meet
/// either. Passwords are hashed after wrong ones alone.
pub(super) struct Keys {
    #[expect(deprecated, reason = "as above")]
    names: SipHasher,
    passwords: hmac::Key,
}

impl Keys {
    /// Each directory has its own.
    pub(super) fn new(seed: &GuardSeed, directory: &str) -> Self {
        let seed = hmac::Key::new(HMAC_SHA256, &seed.0);
        let derived = |purpose: &[u8]| {
            let mut context = hmac::Context::with_key(&seed);
            context.update(purpose);
            context.update(directory.as_bytes());
            context.sign()
        };
        let names = derived(b"names\0");
        let (first_half, second_half) = names.as_ref().split_at(8);
        #[expect(deprecated, reason = "as above")]
        let names = SipHasher::new_with_keys(first(first_half), first(second_half));
        Self {
            names,
            passwords: hmac::Key::new(HMAC_SHA256, derived(b"passwords\0").as_ref()),
        }
    }

    /// What stands for a name.
    pub(super) fn name(&self, text: &[u8]) -> u64 {
        let mut hash = self.names.clone();
        hash.write(text);
        hash.finish()
    }

    /// What stands for a password of one account, tried by a name of this form.
    pub(super) fn password(&self, subject: u64, form: u8, password: &[u8]) -> u64 {
        let mut context = hmac::Context::with_key(&self.passwords);
        context.update(&subject.to_be_bytes());
        context.update(&[form]);
        context.update(password);
        first(context.sign().as_ref())
    }
}

fn first(octets: &[u8]) -> u64 {
    octets.first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first))
}

/// 1 if they are the same, told in constant time.
pub(super) fn same(one: u64, other: u64) -> u8 {
    one.ct_eq(&other).unwrap_u8()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_differ_by_key_directory_purpose_account_and_octets() {
        let keys = Keys::new(&GuardSeed([1; 32]), "a");
        let mut all = vec![
            keys.name(b"x"),
            keys.name(b"y"),
            keys.password(1, 0, b"x"),
            keys.password(2, 0, b"x"),
            keys.password(1, 1, b"x"),
            keys.password(1, 0, b"y"),
            Keys::new(&GuardSeed([1; 32]), "b").name(b"x"),
            Keys::new(&GuardSeed([2; 32]), "a").name(b"x"),
        ];
        assert_eq!(keys.name(b"x"), Keys::new(&GuardSeed([1; 32]), "a").name(b"x"));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
